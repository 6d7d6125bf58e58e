/** A second start after a slow first one: what the same start takes when everything is fetched, built and cached. */
import { CaseDraft } from '../case/write.js';
import { LAUNCHERS, nameOf } from './patience.js';
import { observeProcess, type ProcessOptions } from './process.js';
import type { World } from './world.js';

/** Clients begin to give up around here. */
const SLOW_MS = 10_000;
/** In no case is the second start waited for longer than this. */
const LIMIT_MS = 30_000;

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Why a second start would tell something; null when it would not. */
export function worthAgain(draft: CaseDraft, command: string): string | null {
  const process = draft.get('process');
  const handshake = draft.get('handshake');
  if (!process || process.spawnError || process.exit?.by === 'itself' || !handshake) return null;
  const era = handshake.used === 'discover' ? handshake.discover : handshake.initialize;
  const ms = era.ms ?? 0;
  if (handshake.used) return ms > SLOW_MS ? `the first start took ${seconds(ms)}` : null;
  // A program that fetches or builds before it serves leaves its work in a cache, also when nobody waited for the end.
  const fetches = LAUNCHERS[nameOf(command)] !== undefined;
  return era.status === 'unanswered' && fetches
    ? `nobody answered within ${seconds(ms)}, and ${nameOf(command)} fetches or builds what it starts`
    : null;
}

/** Start the server again and note what came of it. */
export async function startAgain(draft: CaseDraft, why: string, options: ProcessOptions, world: World): Promise<void> {
  const first = draft.get('process');
  if (!first) return;
  options.progress('starting the server a second time, now that its caches are filled');
  draft.timeline.add('note', `second start of the server, because ${why}`);
  const second = new CaseDraft({ ...draft.start, now: world.now });
  const timeoutMs = Math.min(options.timeoutMs ?? LIMIT_MS, LIMIT_MS);
  await observeProcess(second, { ...options, timeoutMs, graceMs: Math.min(options.graceMs, 500) }, world);
  const handshake = second.get('handshake');
  const ended = second.get('process')?.exit?.by === 'itself' || second.get('process')?.spawnError !== undefined;
  const era = handshake?.used === 'discover' ? handshake.discover : handshake?.initialize;
  const outcome = handshake?.used ? 'answered' : ended ? 'ended' : 'unanswered';
  const ms = era?.ms ?? second.get('process')?.lifetimeMs ?? 0;
  draft.seen('process', { ...first, again: { why, outcome, ms } });
  draft.timeline.add('note', `end of the second start: ${outcome} after ${seconds(ms)}`);
}
