/** The transports that a client tries on one URL, one after the other. */
import type { Evidence, Exchange } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';

/** The transports of a client in its order. */
export interface Ways {
  order: readonly ('streamable-http' | 'sse')[];
  /** Whether a failed first request of this status (undefined: no answer) leads to the next transport. */
  leadsOn(status: number | undefined): boolean;
  /** What came of each, in that order. */
  tried: { transport: 'streamable-http' | 'sse'; outcome: 'connected' | 'failed'; why?: string }[];
}

/** 401, or 403 with a challenge. */
export const asksForCredentials = ({ status, headers = {} }: Partial<Exchange>): boolean =>
  status === 401 || (status === 403 && headers['www-authenticate'] !== undefined);

/** Why a way led nowhere, in a few words. */
function whyNot({ status, error }: Partial<Exchange>, handshake: Evidence['handshake'] | undefined): string {
  const { status: opening, error: refused } = handshake?.initialize ?? {};
  if (refused) return `the server refused initialize (${refused.code})`;
  if (error) return error.code.endsWith('_TIMEOUT') ? 'no answer in time' : `no connection (${error.code})`;
  if (status !== undefined && (status < 200 || status >= 300)) return `HTTP ${status}`;
  return opening === 'invalid' ? 'the answer is no answer of an MCP server' : 'no event stream that names an endpoint';
}

/**
 * Open the conversation by the transports of a client, in its order. What the first one met is what counts when all fail: the error of
 * the last is about a transport that the server never had. Undefined when none opened.
 */
export async function openInOrder<T>(
  ways: Ways,
  draft: CaseDraft,
  exchanges: readonly Exchange[],
  openBy: (transport: Ways['order'][number]) => Promise<T | undefined>,
): Promise<T | undefined> {
  ways.tried.length = 0;
  let met: Evidence['handshake'] | undefined;
  for (const transport of ways.order) {
    const from = exchanges.length;
    const talk = await openBy(transport);
    if (talk) {
      ways.tried.push({ transport, outcome: 'connected' });
      return talk;
    }
    const first: Partial<Exchange> = exchanges[from] ?? {};
    ways.tried.push({ transport, outcome: 'failed', why: whyNot(first, draft.get('handshake')) });
    met ??= draft.get('handshake');
    if (asksForCredentials(first) || !ways.leadsOn(first.status)) break;
  }
  if (met) draft.seen('handshake', met);
  return undefined;
}
