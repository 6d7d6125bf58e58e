/** What shows that a header was dropped or changed on the way: the conversation itself, or the server's log beside the answer. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { isRpc } from './answers.js';
import type { Match } from './cause.js';
import { edgeAround, edgeBefore } from './edges.js';
import { wasTold } from './told.js';
import { words } from './words.js';

export interface Altered extends Record<string, string | number | boolean | null> {
  header: string;
  edge: string;
  direction: 'request' | 'answer' | 'unknown';
  what: string;
}

export const WANTS: [RegExp, header: string][] = [
  [
    /\b(?:missing|no|requires?d?|without|invalid|bad)\b.{0,30}(?:mcp-)?session[- ]?id|session[- ]?id\b.{0,30}\b(?:missing|required|not (?:provided|found|present))/i,
    'Mcp-Session-Id',
  ],
  // What a transport of the SDK says to whoever brings no session.
  [/\bserver not initialized\b/i, 'Mcp-Session-Id'],
  [/\bmust accept\b|\bnot acceptable\b(?!.*mod_?security)/i, 'Accept'],
  [/\bunsupported media type\b|\bcontent-type must\b/i, 'Content-Type'],
];

const SDK_DEMANDS =
  /Bad Request: (?:Server not initialized|Mcp-Session-Id header is required|No valid session ID provided|Missing session ID)/i;

/** What the conversation itself shows: a header that we sent, or were given, did not arrive. */
export function seenLive(given: Partial<Evidence>): Match<Altered> | null {
  const exchanges = given.http?.exchanges ?? [];
  const live = (e: Exchange) => !wasTold(e);
  const begun = exchanges.find((e) => live(e) && e.purpose === 'initialize' && e.status === 200);
  for (const [i, e] of exchanges.entries()) {
    const place = at('http', 'exchanges', i);
    const edge = edgeBefore({ url: e.url, headers: e.headers ?? {} }) ?? edgeAround(given);
    const remapped = Object.keys(e.headers ?? {}).find((name) => name.startsWith('x-amzn-remapped-'));
    // API Gateway renames what the client needs to read: the challenge above all.
    if (remapped === 'x-amzn-remapped-www-authenticate' && e.status === 401)
      return {
        certainty: live(e) ? 'certain' : 'likely',
        cites: [place],
        facts: {
          header: 'WWW-Authenticate',
          edge: edge ?? 'AWS API Gateway',
          direction: 'answer',
          what: `arrives as ${remapped}`,
        },
      };
    if (!live(e)) continue;
    const ours =
      /^(?:initialize|notifications\/initialized|tools\/list|resources\/list|prompts\/list|ping|session-unknown)$/.test(
        e.purpose,
      );
    if (!ours || e.status === undefined || e.status < 400 || e.status === 404 || e.status >= 500) continue;
    const wanted = WANTS.find(([words]) => words.test(e.body ?? ''));
    if (!wanted) continue;
    const [, header] = wanted;
    // The conversation sends Accept and Content-Type with every request, and the session once it has one.
    if (header !== 'Mcp-Session-Id')
      return {
        certainty: edge ? 'likely' : 'possible',
        cites: [place],
        facts: { header, edge: edge ?? 'a gateway', direction: 'request', what: 'does not arrive at the server' },
      };
    if (e.purpose === 'initialize' || e.purpose === 'session-unknown' || !begun) continue;
    const issued = begun.headers?.['mcp-session-id'] !== undefined;
    // The SDK gives an id with every session that it demands: between its answer and us somebody took it.
    const ofSdk = !issued && isRpc(e.body) && SDK_DEMANDS.test(e.body ?? '');
    return {
      // A server that demands a session it never gave looks the same from here.
      certainty: edge || ofSdk ? 'likely' : 'possible',
      cites: [place, at('http', 'exchanges', exchanges.indexOf(begun), 'headers')],
      facts: {
        header,
        edge: edge ?? 'a gateway',
        direction: issued ? 'request' : 'answer',
        what: issued
          ? 'was sent and does not arrive at the server'
          : 'is missing in the answer to initialize, although the server demands it afterwards',
      },
    };
  }
  return null;
}

/** The same header as the server's log has it and as it reached the client: two values. */
export function differing(given: Partial<Evidence>): { name: string; at: string; said: string } | null {
  const line = words(given).filter(({ from }) => from === 'server-log' || from === 'stderr');
  for (const [i, { headers = {} }] of (given.http?.exchanges ?? []).entries())
    for (const [name, value] of Object.entries(headers)) {
      if (!COMPARED.test(name) || value.startsWith('<')) continue;
      const own = line.find(({ text }) => text.toLowerCase().startsWith(`${name}: `));
      const sent = own?.text.slice(name.length + 2).trim() ?? value;
      if (own && sent !== value.trim() && !/<(?:set|redacted)/.test(sent))
        return { name, at: at('http', 'exchanges', i, 'headers', name), said: own.at };
    }
  return null;
}
const COMPARED = /^(?:www-authenticate|content-type|content-encoding|location|mcp-\w[\w-]*|allow|cache-control)$/;
