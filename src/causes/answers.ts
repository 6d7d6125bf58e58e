/** The HTTP answers that decide about a connection: live, reported, or in the access log of the server. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { wasTold } from './told.js';
import { serverWords } from './way.js';
import { failed, type Line, WORDS } from './words.js';

/** Kinds a cause lists in `uses` when it reads answers. */
export const ANSWERS = ['http', ...WORDS] as const;

export const isRpc = (body: string | undefined): boolean => /"jsonrpc"\s*:/.test(body ?? '');

/** What a person shows of a request that went well, beside the one that did not. */
const wentWell = ({ purpose, status = 0, body, error }: Exchange): boolean =>
  purpose === 'reported' &&
  !error &&
  status >= 200 &&
  status < 300 &&
  isRpc(body) &&
  /"result"\s*:/.test(body ?? '') &&
  // Without an id it answers nothing that was asked.
  (/"id"\s*:\s*["\d]/.test(body ?? '') || !/\}\s*$/.test(body ?? ''));

export interface Answer {
  exchange: Exchange;
  at: string;
  live: boolean;
}

/**
 * The HTTP answers that decide: those that should have opened the conversation or, when it is open, read the lists.
 * Our own looking around and a browser's preflight are no part of it, nor is a request of which a person shows that nothing came back.
 */
export function answers({ http, handshake, reported }: Partial<Evidence>): Answer[] {
  const opened = handshake !== undefined && !failed({ handshake });
  const wanted = opened
    ? /^(?:tools|resources|prompts)\//
    : /^(?:initialize|server\/discover|open-sse-stream|reported)$/;
  const all = (http?.exchanges ?? [])
    .map((exchange, i) => ({ exchange, at: at('http', 'exchanges', i), live: !wasTold(exchange) }))
    .filter(({ exchange }) => wanted.test(exchange.purpose) && exchange.method !== 'OPTIONS')
    // A method alone is no answer.
    .filter(
      ({ exchange, live }) =>
        live ||
        exchange.status !== undefined ||
        !(
          exchange.error ||
          (exchange.method === 'GET' && !exchange.body && !exchange.headers && !exchange.requestHeaders)
        ),
    );
  const said = (reported?.clientError.length ?? 0) + (reported?.serverLog.length ?? 0) > 0;
  return all.length > 1 || said ? all.filter(({ exchange }) => !wentWell(exchange)) : all;
}

/**
 * A GET on a Streamable HTTP server opens its optional stream: what it answers says nothing about the endpoint. One that accepts no
 * event stream is somebody's look with curl, wget or a browser. "SSE error: Non-200" is what the older transport says, to which clients
 * fall back when the POST was refused: then the endpoint itself answered so.
 */
export const isStreamGet = (
  { method, requestHeaders, spoken, status = 0 }: Exchange,
  { reported }: Partial<Evidence>,
): boolean =>
  method === 'GET' &&
  reported?.transport !== 'sse' &&
  /event-stream/.test(requestHeaders?.accept ?? 'event-stream') &&
  !(spoken && status !== 405 && reported?.clientError.some((text) => FELL_BACK.test(text)));
const FELL_BACK = /\bSSE error: Non-200 status code\b/i;

const PATH = String.raw`(?:https?://[^\s/"]+)?(?<path>/[^\s"?]*)(?:\?[^\s"]*)?`;

/** One request in an access log. */
const REQUEST = [
  // uvicorn, nginx, Apache, werkzeug, chi: "POST /mcp HTTP/1.1" 404; morgan, Hono, Next, wrangler: POST /mcp 404 in 3 ms
  new RegExp(
    String.raw`\b(?<method>POST|GET) ${PATH}(?: HTTP/[\d.]+)?"?(?:\s*(?:-+>|=>|→|:|-|status[=:]?|from \S+ -|returned|\|)\s*|\s+)\(?(?<status>[2-5]\d\d)\b`,
  ),
  // httpx: HTTP Request: POST http://localhost:8006/mcp "HTTP/1.1 404 Not Found"
  new RegExp(String.raw`\b(?<method>POST|GET) ${PATH} "HTTP/[\d.]+ (?<status>[2-5]\d\d)\b`),
  // ASP.NET: Request finished HTTP/1.1 POST http://localhost:5000/mcp application/json 154 - 404
  new RegExp(String.raw`\bRequest finished \S+ (?<method>POST|GET) ${PATH} .{0,80}?- (?<status>[2-5]\d\d)\b`),
  // Status first: 404 POST /mcp
  new RegExp(String.raw`^\W{0,4}(?<status>[2-5]\d\d)\s+(?<method>POST|GET)\s+${PATH}`),
  // Gin: | 404 | 1.2ms | 127.0.0.1 | POST "/mcp"
  new RegExp(String.raw`\|\s*(?<status>[2-5]\d\d)\s*\|.{0,80}\|\s*(?<method>POST|GET)\s+"?${PATH}`),
];

/** JSON and logfmt, as Caddy, pino, Rails and Heroku write them; each part by itself, so that no line costs much. */
const PARTS = [
  /\bmethod"?[=:]\s*"?(?<method>POST|GET)\b/i,
  new RegExp(String.raw`\b(?:path|uri|url)"?[=:]\s*"?${PATH}`, 'i'),
  /\bstatus(?:_?code)?"?[=:]\s*"?(?<status>[2-5]\d\d)\b/i,
];

/** Method, path and status of the request that a line of an access log tells of. */
const requestOf = (text: string): Partial<Record<string, string>> =>
  REQUEST.map((form) => form.exec(text)).find(Boolean)?.groups ??
  Object.assign({}, ...PARTS.map((part) => part.exec(text)?.groups));

export interface Request {
  line: Line;
  method: string;
  path: string;
  status: number;
}

/** Addresses of sign-in and of browsers, which every server may refuse. */
const ASIDE = /oauth|\.well-known|\/(?:register|token|authorize|login|callback|favicon|robots|health\w*)\b/i;

/** Every request that the server's access log tells of. */
export const requestsIn = (given: Partial<Evidence>): Request[] =>
  unjoined(
    serverWords(given).flatMap((line): Request[] => {
      const { method, path, status } = requestOf(line.text);
      return method && path && status ? [{ line, method: method.toUpperCase(), path, status: Number(status) }] : [];
    }),
  );

/** Lines that were put together are read only where none tells of a request by itself: else the status of one goes to another. */
const unjoined = (seen: Request[]): Request[] => {
  const own = seen.filter(({ line }) => !line.joined);
  return own.length > 0 ? own : seen;
};

/**
 * The requests in the server's access log that should have opened the conversation: none when one of them succeeded,
 * because then the others were attempts, redirects or sessions that ended.
 */
export function refusedRequests(given: Partial<Evidence>): Request[] {
  const opens = given.reported?.transport === 'sse' ? /POST|GET/ : /POST/;
  const seen = requestsIn(given).filter(({ method, path }) => opens.test(method) && !ASIDE.test(path));
  return seen.some(({ status }) => status < 300) ? [] : seen;
}
