/** Who answers in place of an origin, and who stands before one: proxies, CDNs, platforms and tunnels, by their marks. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { isRpc } from './answers.js';
import { EDGES, type Edge, type EdgeKind, type Limits } from './known-edges.js';
import { targetOf } from './way.js';

export type { EdgeKind, Limits } from './known-edges.js';

/** An answer that an edge gave by itself. `edge` is "a gateway" when it does not sign. */
export interface EdgeAnswer {
  edge: string;
  kind: EdgeKind;
  /** What the edge means by it, as half a sentence; empty when only the status tells. */
  says: string;
  /** Its own words or its own mark, rather than a status that an origin behind it may have given as well. */
  signed: boolean;
}

type Seen = Pick<Exchange, 'status' | 'headers' | 'body'>;

/** Statuses with which one machine speaks for another; 520 to 530 are Cloudflare's own. */
const GATEWAY = /^(?:50[234]|52\d|530)$/;
const SLOW = /^(?:504|524)$/;

/** Application servers sign, too: what they say comes from the origin. */
const ORIGIN =
  /^server: (?:uvicorn|gunicorn|hypercorn|werkzeug|kestrel|jetty|puma|granian|daphne|node)|^x-powered-by: (?:express|next|php|asp)/m;

/** Headers as lines, in lower case: what is compared here has no upper case that matters. */
const flat = (headers: Record<string, string> = {}): string =>
  Object.entries(headers)
    .map(
      ([name, value]) =>
        `${name.toLowerCase()}: ${/^ngrok-error|^x-vercel-err/i.test(name) ? value : value.toLowerCase()}`,
    )
    .join('\n');

const signed = (lines: string): Edge | undefined => EDGES.find(({ header }) => header?.test(lines));

/** The edge whose own words these are, anywhere in a text: a body, or the line in which a client quotes it. */
export function edgeSaying(text: string): EdgeAnswer | null {
  for (const { name, own } of EDGES) {
    const said = own.find(({ words }) => words?.test(text));
    if (said) return { edge: name, kind: said.kind, says: said.says, signed: true };
  }
  return null;
}

/** The answer of an edge that spoke in place of the origin, or null when the origin itself spoke. */
export function edgeAnswer({ status, headers, body = '' }: Seen): EdgeAnswer | null {
  if (isRpc(body)) return null;
  const lines = flat(headers);
  const before = signed(lines);
  for (const { name, own } of EDGES) {
    const byHeader = own.find(({ header }) => header?.test(lines));
    const said = own.find(({ words }) => words?.test(body)) ?? byHeader;
    // Of a success only the pages for browsers are an edge's own: other words are what the origin says of somebody else.
    if (!said || (said.kind !== 'browser-only' && (status ?? 400) < 400)) continue;
    return { edge: name, kind: said.kind, says: said.says, signed: true };
  }
  if (!GATEWAY.test(String(status)) || (ORIGIN.test(lines) && (status ?? 0) < 520)) return null;
  const cloudflare = (status ?? 0) >= 520;
  return {
    edge: before?.name ?? (cloudflare ? 'Cloudflare' : 'a gateway'),
    kind: SLOW.test(String(status)) ? 'slow' : 'unreachable',
    says: '',
    // A load balancer of AWS writes its name only on what it says itself; 520 to 530 are nobody else's.
    signed: cloudflare || before?.name === 'AWS load balancer',
  };
}

/** The name of the edge that answered in place of the origin, "a gateway" when it does not sign, null when the origin spoke. */
export const edgeOf = (exchange: Seen): string | null => edgeAnswer(exchange)?.edge ?? null;

const hostOf = (url: string | undefined): string => (url && URL.canParse(url) ? new URL(url).hostname : '');

/** The edge that stands before whatever answers at a URL, by its host name or by the headers it adds; null when none shows. */
export const edgeBefore = ({
  url,
  headers,
}: {
  url?: string;
  headers?: Record<string, string> | undefined;
}): string | null => {
  const host = hostOf(url);
  return (EDGES.find((edge) => edge.host?.test(host)) ?? signed(flat(headers)))?.name ?? null;
};

/** Names under which people speak of an edge when they tell on which platform a server runs. */
const SPOKEN: [RegExp, string][] = [
  [/\brailway\b/i, 'Railway'],
  [/\bvercel\b|\bnext(?:\.?js)? on vercel\b/i, 'Vercel'],
  [/\bfly(?:\.io)?\b/i, 'Fly.io'],
  [/\brender(?:\.com)?\b/i, 'Render'],
  [/\bheroku\b/i, 'Heroku'],
  [/\bcloud[ -]?run\b/i, 'Cloud Run'],
  [/\bapi[ -]?gateway\b/i, 'AWS API Gateway'],
  [/\blambda\b/i, 'AWS Lambda function URL'],
  [/\b(?:aws )?alb\b|\bapplication load balancer\b|\bawselb\b|\becs\b|\bfargate\b/i, 'AWS load balancer'],
  [/\bcloudfront\b/i, 'CloudFront'],
  [/\bapim\b|\bapi[ -]?management\b/i, 'Azure API Management'],
  [/\bfront ?door\b/i, 'Azure Front Door'],
  [/\bazure[ -]?(?:app[ -]?service|web ?app|container ?apps?|functions?)\b/i, 'Azure App Service'],
  [/\bngrok\b/i, 'ngrok'],
  [/\btrycloudflare\b|\bcloudflare(?:d)?[ -]?(?:quick )?tunnel\b|\bcloudflared\b/i, 'Cloudflare quick tunnel'],
  [/\bcloudflare\b/i, 'Cloudflare'],
  [/\bistio\b|\benvoy\b/i, 'Envoy'],
  [/\bhaproxy\b/i, 'HAProxy'],
  [/\btraefik\b/i, 'Traefik'],
  [/\bcaddy\b/i, 'Caddy'],
  [/\bkong\b/i, 'Kong'],
  [/\bapache\b|\bhttpd\b/i, 'Apache'],
  [/\bnginx\b|\bingress\b|\bopenresty\b/i, 'nginx'],
  [/\bnetlify\b/i, 'Netlify'],
];

/** The edge that a free text names, such as the platform of a report. */
export const edgeNamed = (text: string | undefined): string | null =>
  SPOKEN.find(([pattern]) => pattern.test(text ?? ''))?.[1] ?? null;

/** The edge before the server of this case, from all that is known: its answers, its URL, the platform that was told. */
export function edgeAround(given: Partial<Evidence>): string | null {
  const url = given.endpoint?.asked.url ?? targetOf(given);
  for (const { headers, url: asked } of given.http?.exchanges ?? []) {
    const name = edgeBefore({ url: asked || url, headers });
    if (name) return name;
  }
  return edgeBefore({ url }) ?? edgeNamed(given.reported?.platform);
}

/** What the vendor documents of an edge: how long a stream may be silent, how long a request may take, what is held back. */
export const limitsOf = (name: string): Limits | null => EDGES.find((edge) => edge.name === name)?.limits ?? null;
