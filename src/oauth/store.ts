/**
 * Sign-ins that a person asked us to remember: one file in the folder of the operating system for a user's settings, readable by its
 * owner alone. What is found there is used only when it is ours beyond doubt; a file that is damaged, or from a later version, is left
 * as it is.
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
import { z } from 'zod';
import { withLock } from './lock.js';
import type { Kept } from './sign-in.js';
import { WrongUse } from './wrong-use.js';

export const STORE_FORMAT = 'mcp-verdict.tokens/1';

const remembered = z.object({
  /** The URL of the MCP server, to the letter. */
  resource: z.string(),
  /** The issuer of the authorization server, to the letter. Tokens of one are never shown to another. */
  issuer: z.string(),
  clientId: z.string(),
  clientSecret: z.string().optional(),
  /** How we became a client, and the redirect URI that belongs to it. */
  registration: z.object({
    how: z.enum(['given', 'document', 'dynamic']),
    redirectUri: z.string().optional(),
  }),
  tokenAuthMethod: z.string().optional(),
  /** Where a dynamic registration can be taken back, and the token that opens it (RFC 7592). */
  management: z.object({ url: z.string(), token: z.string() }).optional(),
  /** Where the tokens can be given back (RFC 7009). */
  revocationEndpoint: z.string().optional(),
  accessToken: z.string(),
  tokenType: z.string(),
  /** Milliseconds since 1970, as `savedAt`. Absent: the authorization server did not say. */
  expiresAt: z.number().optional(),
  refreshToken: z.string().optional(),
  scope: z.string().optional(),
  savedAt: z.number(),
});

const stored = z.object({ format: z.literal(STORE_FORMAT), signIns: z.array(remembered) });

/** A sign-in, with its secrets. */
export type Remembered = z.infer<typeof remembered>;

/** A sign-in as it may be shown. */
export type RememberedFacts = Omit<Remembered, 'accessToken' | 'refreshToken' | 'clientSecret' | 'management'> & {
  /** It renews itself: there is a refresh token. */
  renews: boolean;
};

export interface Store {
  /** Where it lies, whether or not it exists. */
  readonly file: string;
  /** The sign-in at exactly this URL; with an issuer only one of exactly that. */
  /** Whether a sign-in could be kept. */
  prepare(): Promise<void>;
  find(resource: string, issuer?: string): Promise<Remembered | undefined>;
  /** Keep it, in place of the one for the same URL. */
  save(one: Remembered): Promise<void>;
  /** Forget the one for exactly this URL, or all. Returns how many there were. */
  remove(which: { resource: string } | 'all'): Promise<number>;
  list(): Promise<RememberedFacts[]>;
}

/** What of the machine decides where the file lies. */
export interface Home {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  home: string;
}

const thisHome = (): Home => ({ platform: process.platform, env: process.env, home: homedir() });

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

const FILE = 'tokens.json';
/** Thousands of sign-ins. */
const MAX_BYTES = 4 * 1024 * 1024;
const TEMPORARY = /^tokens\.json\.[0-9a-f]+\.tmp$/;
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
export function prepareFolder(folder: string, named: boolean, what = 'sign-in'): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = statSync(folder);
  if (!named && found.uid === me() && found.mode & 0o077) {
    chmodSync(folder, 0o700);
    return;
  }
  belongsToUs(folder, found.uid);
  if (isOpenTo(found.mode, 0o022))
    throw new WrongUse(
      `${folder} can be changed by other users of this machine (mode ${octal(found.mode)}), so no ${what} is kept there. Close it: chmod go-w ${word(folder)}`,
    );
}

/** The text of the file; undefined when there is none. */
function readOwn(path: string): string | undefined {
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
        `${path} can be read or changed by other users of this machine (mode ${octal(found.mode)}), so it is not used. If nobody has read it, close it: chmod 600 ${word(path)}. Otherwise delete it, and revoke its tokens at the authorization server.`,
      );
    if (found.size > MAX_BYTES) throw new WrongUse(`${path} is larger than 4 MB, so it is none of ours. Move it away.`);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

function parse(path: string, text: string | undefined): Remembered[] {
  if (text === undefined) return [];
  const cure = `Rename it to ${FILE}.old, and sign in again.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser quotes the text, and that holds tokens.
    throw new WrongUse(`${path} is damaged: it is no JSON. ${cure}`);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'string' && format !== STORE_FORMAT && format.startsWith('mcp-verdict.tokens/'))
    throw new WrongUse(
      `${path} was written by another version of mcp-verdict (its format is not ${STORE_FORMAT}). Use that version, or give this one a folder of its own with MCP_VERDICT_CONFIG_DIR.`,
    );
  const parsed = stored.safeParse(value);
  if (!parsed.success) {
    const { path: at = [] } = parsed.error.issues[0] ?? {};
    throw new WrongUse(`${path} is damaged: ${at.length ? `at /${at.join('/')}` : 'it'} is not as expected. ${cure}`);
  }
  return parsed.data.signIns;
}

/** All or nothing: whoever reads meanwhile finds the old file or the new one, also when the power fails. */
function writeOwn(folder: string, signIns: Remembered[], stillOurs: () => boolean): boolean {
  // Whoever wrote them is gone: this runs under the lock.
  for (const name of readdirSync(folder).filter((entry) => TEMPORARY.test(entry))) rmSync(join(folder, name));
  const path = join(folder, FILE);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = openSync(temporary, flags, 0o600);
  try {
    try {
      // The mask of the process may have taken rights away from the owner.
      if (me() !== undefined) fchmodSync(handle, 0o600);
      writeFileSync(handle, `${JSON.stringify({ format: STORE_FORMAT, signIns }, null, 2)}\n`);
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

/** A sign-in that has just been made, or renewed, as it is kept. */
export function rememberedOf(
  { resource, issuer, client, tokens, revocationEndpoint }: Kept & { resource: string; revocationEndpoint?: string },
  savedAt: number,
): Remembered {
  const how = client.how === 'document' || client.how === 'dynamic' ? client.how : 'given';
  return {
    ...{ resource, issuer, clientId: client.id, clientSecret: client.secret },
    registration: { how, redirectUri: client.redirectUri },
    ...{ tokenAuthMethod: client.tokenAuthMethod, management: client.management, revocationEndpoint },
    ...{ accessToken: tokens.accessToken, tokenType: tokens.type, refreshToken: tokens.refreshToken },
    ...{ scope: tokens.scope, expiresAt: tokens.expiresAt, savedAt },
  };
}

/** What was kept, as a sign-in goes on with it. */
export function keptOf(one: Remembered): Kept {
  const { issuer, clientId: id, clientSecret: secret, tokenAuthMethod, management, registration } = one;
  const { accessToken, tokenType: type, refreshToken, scope, expiresAt } = one;
  return {
    issuer,
    client: { id, secret, issuer, tokenAuthMethod, management, ...registration },
    tokens: { accessToken, type, refreshToken, scope, expiresAt },
  };
}

const facts = ({
  accessToken: _access,
  refreshToken,
  clientSecret: _secret,
  management: _management,
  ...rest
}: Remembered): RememberedFacts => ({
  ...rest,
  renews: refreshToken !== undefined,
});

/** The store of this user. Every method throws WrongUse with the cure when the file is not fit to be used. */
export function openStore(home: Home = thisHome()): Store {
  const folder = configFolder(home);
  const file = join(folder, FILE);
  const named = Boolean(home.env.MCP_VERDICT_CONFIG_DIR);
  const read = (): Remembered[] => parse(file, readOwn(file));

  /** Read, change and write with nobody in between. `edit` returns null when there is nothing to write. */
  async function change(edit: (signIns: Remembered[]) => Remembered[] | null): Promise<void> {
    try {
      prepareFolder(folder, named);
      await withLock(join(folder, 'tokens.lock'), 'its sign-ins', (stillOurs) => {
        const after = edit(read());
        return after === null || writeOwn(folder, after, stillOurs);
      });
    } catch (error) {
      if (error instanceof WrongUse) throw error;
      throw new WrongUse(
        `${file} cannot be written (${codeOf(error) || 'unknown error'}). Make its folder writable, or set MCP_VERDICT_CONFIG_DIR to another one.`,
      );
    }
  }

  return {
    file,
    async prepare() {
      await change(() => null);
    },
    async find(resource, issuer) {
      return read().find((one) => one.resource === resource && (issuer === undefined || one.issuer === issuer));
    },
    async save(one) {
      await change((signIns) => [
        ...signIns.filter(({ resource }) => resource !== one.resource),
        remembered.parse(one),
      ]);
    },
    async remove(which) {
      let count = 0;
      // No folder is made for nothing.
      if (readOwn(file) === undefined) return 0;
      await change((signIns) => {
        const kept = which === 'all' ? [] : signIns.filter(({ resource }) => resource !== which.resource);
        count = signIns.length - kept.length;
        return count === 0 ? null : kept;
      });
      return count;
    },
    async list() {
      return read().map(facts);
    },
  };
}
