/**
 * A conversation in which nothing went wrong. No cause can find itself in it (a test holds every cause against that), so the command
 * line need not load them: they are most of the program, and a sound server is the common case.
 */
import type { CaseFile } from '../case/case-file.js';
import { seen } from './judge.js';

/** Clients begin to give up on a slow start later than this, milliseconds. */
const PROMPT_MS = 5_000;

/** Whether a local server answered everything, wrote nothing but messages, and ended when its stdin did. */
export function isSound(file: CaseFile): boolean {
  const { process, stdout, handshake, catalog, worlds, http } = seen(file);
  if (file.origin !== 'live' || http || worlds || !process || !stdout || !handshake?.used || !catalog) return false;
  const opened = handshake[handshake.used];
  return (
    opened.status === 'answered' &&
    (opened.ms ?? 0) < PROMPT_MS &&
    catalog.lists.every(({ outcome }) => outcome === 'listed' || outcome === 'not-declared') &&
    (catalog.ping === undefined || catalog.ping.outcome === 'answered' || catalog.ping.outcome === 'not-asked') &&
    process.exit?.by === 'us' &&
    process.shutdown?.needed === 'eof' &&
    process.leftBehind === 0 &&
    process.again === undefined &&
    stdout.strayCount === 0 &&
    !stdout.endedWhileAlive
  );
}
