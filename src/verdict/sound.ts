/**
 * A conversation in which nothing went wrong. No cause can find itself in it (a test holds every cause against that), so the command
 * line need not load them: they are most of the program, and a sound server is the common case.
 */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { seen } from './judge.js';
import { isSoundHttp } from './sound-http.js';

/** Clients begin to give up on a slow start later than this, milliseconds. */
const PROMPT_MS = 5_000;

/** Whether every list that the server declares was read. */
const listed = ({ lists, ping }: Evidence['catalog']): boolean =>
  lists.every(({ outcome }) => outcome === 'listed' || outcome === 'not-declared') &&
  (ping === undefined || ping.outcome === 'answered' || ping.outcome === 'not-asked');

/** Whether a local server answered everything, wrote nothing but messages, and ended when its stdin did. */
const isSoundProcess = ({ process, stdout }: Partial<Evidence>): boolean =>
  process?.exit?.by === 'us' &&
  process.shutdown?.needed === 'eof' &&
  process.leftBehind === 0 &&
  process.again === undefined &&
  stdout?.strayCount === 0 &&
  !stdout.endedWhileAlive;

/** Whether nothing at all went wrong in a live case. */
export function isSound(file: CaseFile): boolean {
  const evidence = seen(file);
  const { handshake, catalog, worlds, http, complaint, config, client, clientLog } = evidence;
  // What a client complains of may be its own doing: that is for the causes to say.
  if (file.origin !== 'live' || file.complaint !== undefined || complaint || worlds) return false;
  // What one client makes of it, and of what stands in its files, is for the causes as well.
  if (config || client || clientLog) return false;
  if (!handshake?.used || !catalog) return false;
  const opened = handshake[handshake.used];
  if (opened.status !== 'answered' || (opened.ms ?? 0) >= PROMPT_MS || !listed(catalog)) return false;
  return http ? isSoundHttp(evidence) : isSoundProcess(evidence);
}
