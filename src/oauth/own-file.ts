/**
 * A file of our own in the folder of the operating system for a user's settings, readable by its owner alone: written as a whole or not
 * at all, by one process at a time, and used only when it is ours beyond doubt.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, posix, resolve, win32 } from 'node:path';
import { withLock } from './lock.js';
import { WrongUse } from './wrong-use.js';

/** What differs from file to file in the sentences. */
export interface Words {
  /** One of the things that are kept. */
  one: string;
  many: string;
  /** What to do when somebody else may have read or changed them. */
  afterLeak: string;
}

/** What of the machine decides where the file lies. */
export interface Home {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  home: string;
}

export const thisHome = (): Home => ({ platform: process.platform, env: process.env, home: homedir() });

/** The folder of the settings of this user. */
export function configFolder({ platform, env, home }: Home = thisHome()): string {
  if (env.MCP_VERDICT_CONFIG_DIR) return resolve(env.MCP_VERDICT_CONFIG_DIR);
  if (platform === 'win32') return win32.join(env.APPDATA || win32.join(home, 'AppData', 'Roaming'), 'mcp-verdict');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'mcp-verdict');
  // By the XDG Base Directory Specification a relative path in it is not valid.
  const base =
    env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : posix.join(home, '.config');
  return posix.join(base, 'mcp-verdict');
}

/** Thousands of sign-ins. */
const MAX_BYTES = 4 * 1024 * 1024;
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Windows keeps the folder of a user's settings from others by inheritance, and knows no mode. */
const me = (): number | undefined => process.geteuid?.();

function belongsToUs(path: string, uid: number): void {
  const own = me();
  if (own !== undefined && uid !== own)
    throw new WrongUse(
      `${path} belongs to another user (id ${uid}, and mcp-verdict runs as ${own}), so it is not used. Run mcp-verdict as that user, or set MCP_VERDICT_CONFIG_DIR to a folder of your own.`,
    );
}

const isOpenTo = (mode: number, forbidden: number): boolean => me() !== undefined && (mode & forbidden) !== 0;
const octal = (mode: number): string => (mode & 0o777).toString(8);

/** A path as a word for a POSIX shell: that of macOS has a space in it. */
const word = (path: string): string => (/^[\w/.:@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/** Create the folder, or look whether it may hold secrets. One that was made for us is closed to others; one that was named is left as it is. */
export function prepareFolder(folder: string, named: boolean, one: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = statSync(folder);
  if (!named && found.uid === me() && found.mode & 0o077) {
    chmodSync(folder, 0o700);
    return;
  }
  belongsToUs(folder, found.uid);
  if (isOpenTo(found.mode, 0o022))
    throw new WrongUse(
      `${folder} can be changed by other users of this machine (mode ${octal(found.mode)}), so no ${one} is kept there. Close it: chmod go-w ${word(folder)}`,
    );
}

/** The text of the file; undefined when there is none. */
function readOwn(path: string, { afterLeak }: Words): string | undefined {
  let handle: number;
  try {
    // Windows cannot open without following.
    if (lstatSync(path).isSymbolicLink()) throw Object.assign(new Error(), { code: 'ELOOP' });
    handle = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP')
      throw new WrongUse(
        `${path} is a symbolic link, so it is not used: it could lead a write anywhere. Put the file itself there, or remove the link.`,
      );
    throw new WrongUse(`${path} cannot be read (${code || 'unknown error'}).`);
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) throw new WrongUse(`${path} is no file, so it is not used. Move it away.`);
    belongsToUs(path, found.uid);
    if (isOpenTo(found.mode, 0o077))
      throw new WrongUse(
        `${path} can be read or changed by other users of this machine (mode ${octal(found.mode)}), so it is not used. If nobody has read it, close it: chmod 600 ${word(path)}. ${afterLeak}`,
      );
    if (found.size > MAX_BYTES) throw new WrongUse(`${path} is larger than 4 MB, so it is none of ours. Move it away.`);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

/** All or nothing: whoever reads meanwhile finds the old file or the new one, also when the power fails. */
function writeOwn(folder: string, file: string, text: string, stillOurs: () => boolean): boolean {
  const isTemporary = (name: string) =>
    name.startsWith(`${file}.`) && /^[0-9a-f]+\.tmp$/.test(name.slice(file.length + 1));
  // Whoever wrote them is gone: this runs under the lock.
  for (const name of readdirSync(folder).filter(isTemporary)) rmSync(join(folder, name));
  const path = join(folder, file);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = openSync(temporary, flags, 0o600);
  try {
    try {
      // The mask of the process may have taken rights away from the owner.
      if (me() !== undefined) fchmodSync(handle, 0o600);
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (!stillOurs()) return false;
    try {
      renameSync(temporary, path);
    } catch (error) {
      // Windows: somebody looks into the file at this moment. It is tried again.
      if (process.platform === 'win32' && /^(?:EPERM|EACCES|EBUSY)$/.test(codeOf(error))) return false;
      throw error;
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  if (process.platform !== 'win32') {
    // The new name, too, must outlive a power failure.
    const entry = openSync(folder, constants.O_RDONLY);
    fsyncSync(entry);
    closeSync(entry);
  }
  return true;
}

export interface OwnFile {
  /** Where it lies, whether or not it exists. */
  readonly path: string;
  /** Its text; undefined when there is none. @throws WrongUse when it is not fit to be used. */
  read(): string | undefined;
  /** Change it with nobody in between; null leaves it as it is. @throws WrongUse with the cure. */
  change(edit: (text: string | undefined) => string | null): Promise<void>;
}

/** The file of that name (`x.json`) in the settings of this user. */
export function ownFile(name: string, words: Words, home: Home = thisHome()): OwnFile {
  const folder = configFolder(home);
  const path = join(folder, name);
  const read = () => readOwn(path, words);
  return {
    path,
    read,
    async change(edit) {
      try {
        prepareFolder(folder, Boolean(home.env.MCP_VERDICT_CONFIG_DIR), words.one);
        const lock = join(folder, name.replace(/\.json$/, '.lock'));
        await withLock(lock, `its ${words.many}`, (stillOurs) => {
          const after = edit(read());
          return after === null || writeOwn(folder, name, after, stillOurs);
        });
      } catch (error) {
        if (error instanceof WrongUse) throw error;
        throw new WrongUse(
          `${path} cannot be written (${codeOf(error) || 'unknown error'}). Make its folder writable, or set MCP_VERDICT_CONFIG_DIR to another one.`,
        );
      }
    },
  };
}
