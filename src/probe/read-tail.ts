/** The end of a file of any size, never waiting for it. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** The last bytes, and what stands at the very beginning; `cut`: bytes before them that were not read. Null: there is no file to read. */
export interface Tail {
  bytes: Buffer;
  /** The first 4 bytes of the file: a mark of its encoding. */
  start: Buffer;
  cut: number;
  mtimeMs: number;
}

/** At most `limit` bytes from the end. Null for anything but a file that can be read: a pipe or a device is never opened. */
export function readTail(path: string, limit: number): Tail | null {
  let handle: number | undefined;
  try {
    if (!statSync(path).isFile()) return null;
    // What stood there may have been replaced since.
    handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    const { size, mtimeMs, ...found } = fstatSync(handle);
    if ((found.mode & constants.S_IFMT) !== constants.S_IFREG) return null;
    // In UTF-16 a character begins at an even offset.
    const from = Math.max(0, size - limit);
    const cut = Math.min(size, from + (from % 2));
    const start = Buffer.alloc(Math.min(4, size));
    if (start.length > 0) readSync(handle, start, 0, start.length, 0);
    // A log grows while it is read: no more is taken than was there.
    const bytes = Buffer.alloc(size - cut);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(handle, bytes, length, bytes.length - length, cut + length);
      if (read === 0) break;
      length += read;
    }
    return { bytes: bytes.subarray(0, length), start, cut, mtimeMs };
  } catch {
    return null;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
