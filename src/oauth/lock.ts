/**
 * One process at a time. The lock is a file that only one can create. What is done under it takes milliseconds and waits for nothing, so
 * a lock that is seconds old was left behind by a process that was killed.
 *
 * Taking such a lock away is where two processes can meet: both find it old, one takes it away and locks anew, and the other takes away
 * the new one. So it is taken away under a name of one's own, and looked at; and whoever writes looks once more whether the lock is
 * still its own. Packages for this (proper-lockfile) remove an old lock without looking, and keep timers for work that takes long.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { WrongUse } from './wrong-use.js';

const OLD_MS = 3_000;
const PATIENCE_MS = 10_000;
const PAUSE_MS = 25;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())));

/** What stands in the lock; null when there is none. */
function holderOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function take(path: string, name: string): boolean {
  let handle: number;
  try {
    handle = openSync(path, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Windows says EPERM of a file that is being removed.
    if (code === 'EEXIST' || (code === 'EPERM' && process.platform === 'win32')) return false;
    throw error;
  }
  try {
    writeFileSync(handle, name);
  } finally {
    closeSync(handle);
  }
  return true;
}

/** Take an old lock away, and no other. */
function breakOld(path: string, name: string): void {
  try {
    const { mtimeMs, ino } = statSync(path);
    // A clock that was set back makes every lock young for ever; one from the future is as old.
    if (Math.abs(Date.now() - mtimeMs) < OLD_MS) return;
    const aside = `${path}.${name}`;
    renameSync(path, aside);
    // It was somebody's new one: give it back, unless a third has locked meanwhile, which the owner notices before it writes.
    if (statSync(aside).ino !== ino) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch {
    // Somebody else was faster; the next turn shows.
  }
}

/**
 * Do it while no other process does. `work` returns false to be run again, when it saw that the lock was taken away; `what` says what
 * the others are busy with.
 * @throws WrongUse when another process holds the lock for too long.
 */
export async function withLock(path: string, what: string, work: (stillOurs: () => boolean) => boolean): Promise<void> {
  const name = `${process.pid}-${randomBytes(8).toString('hex')}`;
  const until = Date.now() + PATIENCE_MS;
  const stillOurs = () => holderOf(path) === name;
  for (;;) {
    if (take(path, name)) {
      try {
        if (work(stillOurs)) return;
      } finally {
        if (stillOurs()) rmSync(path, { force: true });
      }
    } else breakOld(path, name);
    if (Date.now() > until)
      throw new WrongUse(`Another mcp-verdict has been writing ${what} for too long. If none runs, delete ${path}`);
    await pause();
  }
}
