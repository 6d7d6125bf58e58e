/** Credentials that were sent and that the server did not see: somebody on the way took them off. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Match } from './cause.js';
import { edgeAround, edgeBefore } from './edges.js';

const NONE_SEEN =
  /\b(?:missing|no) (?:the |an? )?(?:authorization|bearer|auth|token|api[_ -]?key|credentials?)\b|\b(?:authorization header|bearer token|api[_ -]?key|credentials?|token) (?:is |was |were |are )?(?:missing|absent|not (?:provided|found|present|supplied|set))\b/i;

/** The server says that no credentials came, in its words or in its challenge. */
export const sawNone = ({ headers = {}, body = '' }: Exchange): boolean =>
  NONE_SEEN.test(`${headers['www-authenticate'] ?? ''} ${body}`);

/** Of our own conversation. A server that looks for its key in another header says the same, so it is never certain. */
export function lostCredentials(given: Partial<Evidence>): Match<{
  header: string;
  edge: string;
  direction: 'request';
  what: string;
}> | null {
  const exchanges = given.http?.exchanges ?? [];
  const index = exchanges.findIndex(
    (e) => e.purpose === 'initialize' && e.status === 401 && e.credentials === 'sent' && sawNone(e),
  );
  const lost = exchanges[index];
  if (!lost) return null;
  const edge = edgeBefore({ url: lost.url, headers: lost.headers ?? {} }) ?? edgeAround(given);
  return {
    certainty: edge ? 'likely' : 'possible',
    cites: [at('http', 'exchanges', index)],
    facts: {
      header: 'Authorization',
      edge: edge ?? 'a gateway',
      direction: 'request',
      what: 'was sent and does not arrive at the server',
    },
  };
}
