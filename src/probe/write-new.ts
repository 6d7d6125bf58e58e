/** A file that did not exist before, written so that it outlives a power failure. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/**
 * Write a new file. It is open to its owner alone until it has its final mode and owner.
 * @throws the error of the system; nothing is left behind then.
 */
export function writeNew(path: string, bytes: Uint8Array, mode: number, owner?: { uid: number; gid: number }): void {
  // Never through a link that somebody laid there.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = openSync(path, flags, 0o600);
  try {
    try {
      writeFileSync(handle, bytes);
      if (process.geteuid) {
        // The owner first: a change of owner takes the set-id bits away.
        const { uid, gid } = fstatSync(handle);
        if (owner && (uid !== owner.uid || gid !== owner.gid)) fchownSync(handle, owner.uid, owner.gid);
        fchmodSync(handle, mode);
      }
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}
