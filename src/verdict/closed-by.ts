import type { Evidence } from '../case/evidence.js';
import type { Verdict } from './verdict.js';

/** Statuses with which a proxy answers for an origin. */
const EDGE_STATUS = new Set([502, 503, 504, 520, 521, 522, 523, 524, 525, 526]);

/** Purposes with a hyphen that belong to the conversation; the others are experiments. */
const CONVERSATION = /^(?:open-sse-stream|end-session)$/;

/** Who ended the connection first. A server that died by itself closed it; a conversation that we ended was closed by the client. */
export function closedBy({ process, stdout, http, handshake }: Partial<Evidence>): Verdict['closedBy'] {
  if (process) {
    if (process.spawnError) return 'nobody';
    if (process.exit?.by === 'itself' || stdout?.endedWhileAlive) return 'server';
    return handshake || process.shutdown ? 'client' : 'unknown';
  }
  // What we tried beside the conversation, and where else we looked, ended nothing.
  const last = http?.exchanges.findLast(({ purpose }) => !purpose.includes('-') || CONVERSATION.test(purpose));
  if (last) {
    if (last.status !== undefined && EDGE_STATUS.has(last.status)) return 'edge';
    if (last.error && last.error.phase !== 'connect') return last.error.code.includes('TIMEOUT') ? 'client' : 'server';
    if (last.error) return 'nobody';
    if (handshake) return 'client';
  }
  return 'unknown';
}
