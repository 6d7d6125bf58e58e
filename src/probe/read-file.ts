/** Reading a file of which nothing is known: bounded, never waiting for it, and with a reason when it cannot be had. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';

/** What came of it. `owner` is the id of the user it belongs to, where that is neither us nor the administrator. */
export type FileRead =
  | { state: 'read'; bytes: Buffer; mtimeMs: number; owner?: number }
  | { state: 'absent' }
  /** A chain of links that leads back to itself. */
  | { state: 'loop' }
  /** It was not opened: opening a pipe waits, and opening a device can do anything. */
  | { state: 'not-a-file'; is: 'directory' | 'pipe' | 'device' | 'socket' }
  | { state: 'too-large'; size: number; owner?: number }
  /** `code` is that of the system. `link`: where a link leads that ends nowhere. `vanished`: it was there a moment before. */
  | { state: 'unreadable'; code: string; owner?: number; mode?: number; link?: string; vanished?: true };

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';

/** Windows knows no such ids. */
const foreign = ({ uid }: Stats): { owner: number } | undefined => {
  const me = process.geteuid?.();
  return me === undefined || uid === me || uid === 0 ? undefined : { owner: uid };
};

const kindOf = (found: Stats): 'directory' | 'pipe' | 'device' | 'socket' =>
  found.isDirectory() ? 'directory' : found.isFIFO() ? 'pipe' : found.isSocket() ? 'socket' : 'device';

/** Why nothing stands at a path that cannot be followed to its end. */
function nothingAt(path: string, error: unknown): FileRead {
  const code = codeOf(error);
  if (code === 'ELOOP') return { state: 'loop' };
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return { state: 'unreadable', code };
  try {
    if (lstatSync(path).isSymbolicLink()) return { state: 'unreadable', code, link: readlinkSync(path) };
  } catch {
    // Nothing at all stands there.
  }
  return { state: 'absent' };
}

/** The whole of a file of at most `limit` bytes. Never throws, and never waits for a pipe. */
export function readBounded(path: string, limit: number): FileRead {
  let found: Stats;
  try {
    found = statSync(path);
  } catch (error) {
    return nothingAt(path, error);
  }
  if (!found.isFile()) return { state: 'not-a-file', is: kindOf(found) };
  const owner = foreign(found);
  if (found.size > limit) return { state: 'too-large', size: found.size, ...owner };
  let handle: number;
  try {
    // What stood there may have been replaced since: by a pipe, or by a terminal that would become ours.
    handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  } catch (error) {
    const code = codeOf(error);
    return {
      state: 'unreadable',
      code,
      mode: found.mode & 0o777,
      ...owner,
      ...(code === 'ENOENT' && { vanished: true }),
    };
  }
  try {
    const opened = fstatSync(handle);
    if (!opened.isFile()) return { state: 'not-a-file', is: kindOf(opened) };
    // A file may grow while it is read, and those of /proc have no size at all.
    const parts: Buffer[] = [];
    let size = 0;
    for (;;) {
      const part = Buffer.allocUnsafe(Math.min(limit + 1 - size, Math.max(opened.size + 1 - size, 65_536)));
      const length = readSync(handle, part, 0, part.length, null);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
      size += length;
      if (size > limit) return { state: 'too-large', size, ...owner };
    }
    return { state: 'read', bytes: Buffer.concat(parts), mtimeMs: opened.mtimeMs, ...owner };
  } catch (error) {
    return { state: 'unreadable', code: codeOf(error), mode: found.mode & 0o777, ...owner };
  } finally {
    closeSync(handle);
  }
}
