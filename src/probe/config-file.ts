/**
 * Writes a configuration that belongs to somebody else: a client, which may write it at any moment, and a person, who keeps it in
 * version control or behind a link. Whoever reads finds the old text or the new one, never half of either, also when we are killed
 * or the power fails. Nothing is written over that we have not read.
 */

import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withLock } from '../oauth/lock.js';
import type { Home } from '../oauth/own-file.js';
import { WrongUse } from '../oauth/wrong-use.js';
import { type Backup, backupsOf, dropBackup, keepBackup, prepareBackups, pruneBackups } from './backups.js';
import { writeNew } from './write-new.js';

/** The file is no longer what was read. Nothing was written. */
export class ChangedMeanwhile extends WrongUse {}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** What of the system decides how a file is replaced. */
export interface Disk {
  windows: boolean;
  /** @throws the error of the system. */
  rename(from: string, to: string): void;
}

const DISK: Disk = { windows: process.platform === 'win32', rename: renameSync };

/** What Windows says while somebody looks into a file; it passes. */
const BUSY = /^(?:EPERM|EACCES|EBUSY)$/;
const NO_ROOM = /^(?:ENOSPC|EDQUOT|EFBIG)$/;

/** The file itself, links followed. @throws WrongUse when they lead nowhere. */
export function realFile(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw new WrongUse(`${path} is not there, or is a link to nothing.`);
    if (code === 'ELOOP') throw new WrongUse(`${path} is a symbolic link that leads back to itself.`);
    if (code === 'ENOTDIR') throw new WrongUse(`${path} cannot be there: a part of the way to it is a file.`);
    throw new WrongUse(`${path} cannot be reached (${code}).`);
  }
}

/** What stands in the way of writing a file that is there, as a person can remove it. */
function hindrance(real: string, found: Stats, windows: boolean): string | null {
  const me = process.geteuid?.();
  if (!found.isFile())
    return `${real} is ${found.isDirectory() ? 'a folder' : 'no ordinary file'}, so it is not replaced.`;
  if (me !== undefined && me !== 0 && found.uid !== me)
    return `${real} belongs to another user (id ${found.uid}, and mcp-verdict runs as ${me}): replaced, it would be yours. Run mcp-verdict as that user.`;
  // It is replaced, not written into: the system would not ask about its mode.
  if ((found.mode & 0o200) === 0)
    return `${real} is read-only, so it is left as it is. If that is not meant: ${windows ? 'attrib -r' : 'chmod u+w'}`;
  if (found.nlink > 1)
    return `${real} has ${found.nlink} names (hard links). A new file under one of them would leave the others with the old text. Edit it by hand, or turn the links into symbolic ones.`;
  try {
    accessSync(real, constants.W_OK);
  } catch (error) {
    return codeOf(error) === 'EROFS'
      ? `${real} lies on a file system that cannot be written.`
      : `${real} may not be changed by you (${codeOf(error)}).`;
  }
  return null;
}

/** An error of the system, in words that say what to do. */
function told(real: string, error: unknown, { windows }: Disk): unknown {
  // Without a code it is none of the system's, but a defect of ours.
  if (error instanceof WrongUse || (error as NodeJS.ErrnoException).code === undefined) return error;
  const code = codeOf(error);
  const { path = real, syscall } = error as NodeJS.ErrnoException;
  const unharmed = `${real} is as it was.`;
  if (NO_ROOM.test(code)) return new WrongUse(`There is no room for the new text on the disk (${code}). ${unharmed}`);
  if (code === 'EROFS') return new WrongUse(`The file system of ${path} cannot be written (EROFS). ${unharmed}`);
  if (code === 'EPERM' && syscall === 'fchown')
    return new WrongUse(`The owner and group of ${real} could not be kept (EPERM), so it is not replaced. ${unharmed}`);
  if (windows && syscall === 'rename' && BUSY.test(code))
    return new WrongUse(
      `${real} could not be replaced (${code}): another program holds it open, or the folder may not be written by you. Close the client whose file it is, and run it again. ${unharmed}`,
    );
  if (code === 'EACCES' || code === 'EPERM')
    return new WrongUse(`The folder ${dirname(path)} may not be written by you (${code}). ${unharmed}`);
  return new WrongUse(`${path} could not be written (${code}). ${unharmed}`);
}

const changed = (real: string): ChangedMeanwhile =>
  new ChangedMeanwhile(`${real} was changed by somebody else meanwhile, so nothing was written. Run it again.`);

const temporaryOf = (real: string): string => `.${basename(real)}.mcp-verdict-`;

/** What a killed process of ours left beside the file. */
function sweep(real: string): void {
  const begin = temporaryOf(real);
  for (const name of readdirSync(dirname(real)))
    if (name.startsWith(begin) && /^[0-9a-f]{16}\.tmp$/.test(name.slice(begin.length)))
      rmSync(join(dirname(real), name), { force: true });
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing depends on it.
  }
}

/** The new name, too, should outlive a power failure. It is there already, so that a failure here is none. Windows cannot open a folder. */
function settle(folder: string, windows: boolean): void {
  if (windows) return;
  quietly(() => {
    const handle = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  });
}

/** What somebody wrote into the old file after our last look at it; null when nobody did. */
function writtenLate(handle: number, before: Uint8Array): Buffer | null {
  try {
    const bytes = Buffer.alloc(fstatSync(handle).size);
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(handle, bytes, at, bytes.length - at, at);
      if (count === 0) break;
      at += count;
    }
    const late = bytes.subarray(0, at);
    return late.equals(before) ? null : late;
  } catch {
    // It cannot be told, and what we wrote is there.
    return null;
  }
}

interface Open {
  handle: number;
  found: Stats;
  /** Once; the number may be that of another file by then. */
  close(): void;
}

/** How often somebody else had the file open when it was to be replaced. */
interface Busy {
  turns: number;
}

/** An indexer or a scanner lets go within moments; a program that holds the file open does not. About two seconds. */
const BUSY_TURNS = 80;

/** Open the file, and look whether it may be replaced and holds what was read. */
function openUnchanged(real: string, before: Uint8Array, windows: boolean): Open {
  let handle: number;
  try {
    // A pipe in its place would be waited for.
    handle = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw changed(real);
    throw new WrongUse(`${real} cannot be read (${code}), so it is not replaced.`);
  }
  try {
    const found = fstatSync(handle);
    const why = hindrance(real, found, windows);
    if (why) throw new WrongUse(why);
    if (found.size !== before.length || !readFileSync(handle).equals(before)) throw changed(real);
    let open = true;
    const close = () => {
      if (open) closeSync(handle);
      open = false;
    };
    return { handle, found, close };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/** Whether the name still leads to the file that is open, and that file still holds what was read. */
function isStill(real: string, { found }: Open, before: Uint8Array, windows: boolean): boolean {
  try {
    const now = statSync(real);
    return (
      now.ino === found.ino &&
      // Node.js tells the number of a Windows volume in two lengths, by whether the file is open.
      (windows || now.dev === found.dev) &&
      now.size === before.length &&
      readFileSync(real).equals(before)
    );
  } catch {
    return false;
  }
}

/**
 * Replace the text. Returns false when it is to be tried again.
 * @throws WrongUse when it cannot be, or may not be.
 */
function swap(
  real: string,
  before: Uint8Array,
  after: Uint8Array,
  stillOurs: () => boolean,
  { disk, busy }: { disk: Disk; busy: Busy },
): boolean {
  const { windows } = disk;
  const open = openUnchanged(real, before, windows);
  const { found } = open;
  const temporary = join(dirname(real), `${temporaryOf(real)}${randomBytes(8).toString('hex')}.tmp`);
  try {
    sweep(real);
    writeNew(temporary, after, found.mode & 0o7777, found);
    if (!stillOurs()) return false;
    if (!isStill(real, open, before, windows)) throw changed(real);
    // Windows replaces no file that is open, not even by ourselves.
    if (windows) open.close();
    try {
      disk.rename(temporary, real);
    } catch (error) {
      if (windows && BUSY.test(codeOf(error)) && busy.turns++ < BUSY_TURNS) return false;
      throw error;
    }
    const late = windows ? null : writtenLate(open.handle, before);
    if (late) {
      // Theirs comes back: it was written into a file that has no name any more.
      writeNew(temporary, late, found.mode & 0o7777, found);
      renameSync(temporary, real);
      throw changed(real);
    }
    settle(dirname(real), windows);
    return true;
  } finally {
    // By now it is decided whether the text was written: what is left over changes nothing in that, and is swept next time.
    quietly(open.close);
    quietly(() => rmSync(temporary, { force: true }));
  }
}

export interface Writing {
  /** The file as the client names it. */
  path: string;
  /** What was read of it, and what is to stand there. */
  before: Uint8Array;
  after: Uint8Array;
  /** For the list of backups: `~/.cursor/mcp.json`, `cursor:weather`. */
  shown: string;
  target: string;
}

/**
 * Put a new text in the place of the one that was read, and keep a backup. A link stays a link: its target is replaced. Mode and
 * owner stay.
 * @throws ChangedMeanwhile when something else stands there now, WrongUse when it cannot be written; the file is as it was then.
 */
export async function replaceFile(
  { path, before, after, shown, target }: Writing,
  home?: Home,
  disk: Disk = DISK,
): Promise<Backup> {
  const busy: Busy = { turns: 0 };
  const real = realFile(path);
  let made: Backup | undefined;
  try {
    const folder = prepareBackups(real, home);
    await withLock(join(folder, 'lock'), `to ${shown}`, (stillOurs) => {
      const backup = keepBackup(folder, { file: real, shown, target }, before, after);
      try {
        if (!swap(real, before, after, stillOurs, { disk, busy })) return false;
        made = backup;
      } finally {
        if (!made) dropBackup(backup);
      }
      pruneBackups(folder);
      return true;
    });
  } catch (error) {
    // A lock that could not be taken away hinders the next one for some seconds, and undoes nothing.
    if (!made) throw told(real, error, disk);
  }
  return made as Backup;
}

/** What putting a backup back would do. */
export interface Undoing {
  backup: Backup;
  /** The texts before and after our writing, and what stands there now. */
  before: Buffer;
  after: Buffer;
  now: Buffer;
}

/**
 * The last writing of ours that still shows in a file, with what stands there now; null when there is none. Whether `now` is still
 * `after` is for the caller to see.
 * @throws WrongUse when the file cannot be read.
 */
export function lastWriting(path: string, home?: Home): Undoing | null {
  const real = realFile(path);
  let now: Buffer;
  try {
    now = readFileSync(real);
  } catch (error) {
    throw new WrongUse(`${real} cannot be read (${codeOf(error)}).`);
  }
  for (const backup of backupsOf(real, home)) {
    try {
      const [before, after] = [readFileSync(backup.before), readFileSync(backup.after)];
      // Put back by hand, or we were killed before it was written.
      if (!now.equals(before)) return { backup, before, after, now };
    } catch {
      // Somebody took a part of it away.
    }
  }
  return null;
}

/**
 * Put the text before our last writing back.
 * @throws ChangedMeanwhile when the file is not what we wrote, WrongUse when it cannot be written; the file is as it was then.
 */
export async function putBack({ backup, before, after }: Undoing, home?: Home, disk: Disk = DISK): Promise<void> {
  const busy: Busy = { turns: 0 };
  const { file, shown } = backup;
  let done = false;
  try {
    const folder = prepareBackups(file, home);
    await withLock(join(folder, 'lock'), `to ${shown}`, (stillOurs) => {
      done = swap(file, after, before, stillOurs, { disk, busy });
      return done;
    });
  } catch (error) {
    if (!done) throw told(file, error, disk);
  }
  dropBackup(backup);
}
