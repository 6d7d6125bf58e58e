/** Where on a host MCP answers: what stands at the URL asked for, and what at the places where MCP servers usually are. */
import type { EndpointAnswer, Evidence, Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from '../wire/connections.js';
import { type ExchangeResult, exchange } from '../wire/http-exchange.js';
import { initializeParams } from '../wire/revisions.js';
import { carriesCredentials, type HttpOptions } from '../wire/streamable-http.js';

/** Paths under which MCP servers and frameworks serve by default, most usual first. */
const USUAL_PATHS = [
  '/mcp',
  '/sse',
  '/api/mcp',
  '/v1/mcp',
  '/mcp/',
  '/',
  '/api/sse',
  '/mcp/sse',
  '/api/mcp/sse',
  '/message',
  '/messages',
  '/rpc',
];
const AT_ONCE = 4;
const LIMIT_MS = 2_000;

const isHtml = ({ contentType, body }: Exchange): boolean =>
  /^text\/html\b/i.test(contentType ?? '') || /^\s*<(?:!doctype|html)\b/i.test(body ?? '');

/** What the answer to an `initialize` request says about the place it came from. */
export function answerOf({ exchange: record, readings }: ExchangeResult): EndpointAnswer {
  const { status, error, events } = record;
  if (events?.[0] === 'endpoint') return 'legacy-sse';
  if (status === undefined || error) return readings.length ? 'streamable-http' : 'no-answer';
  if (readings.some((reading) => reading.type === 'response' && reading.message.result !== undefined))
    return 'streamable-http';
  if (status === 401 || (status === 403 && record.headers?.['www-authenticate'] !== undefined))
    return 'needs-credentials';
  if (status >= 300 && status < 400) return 'redirect';
  if (isHtml(record) && status < 400) return 'html';
  // A JSON-RPC error is an MCP server's refusal, whatever the status, unless it is the web framework's own "not found".
  if (readings.some(({ type }) => type === 'response') && status !== 404 && status !== 405) return 'streamable-http';
  if (status === 404 || status === 405 || status === 410) return 'not-found';
  return 'other';
}

export interface Search {
  options: HttpOptions;
  connections: Connections;
  timeline: Timeline;
  exchanges: Exchange[];
  signal?: AbortSignal;
}

/** POST initialize to a place, and see whether it is an MCP endpoint. A session that this opened is ended again. */
export async function postAt(
  url: string,
  withCredentials: boolean,
  { options, connections, timeline, exchanges, signal }: Search,
  purpose = 'look-for-endpoint',
): Promise<ExchangeResult> {
  const own = withCredentials ? options.headers : {};
  const common = {
    url,
    timeoutMs: LIMIT_MS,
    credentials: withCredentials && carriesCredentials(options),
    signal,
  };
  const clientInfo = { name: 'mcp-verdict', version: options.userAgent.split('/')[1] ?? '' };
  const posted = await exchange(
    {
      ...{ ...common, purpose },
      rpc: 'initialize',
      method: 'POST',
      headers: {
        'user-agent': options.userAgent,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...own,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initializeParams(clientInfo) }),
      onEvent: ({ event }) => event === 'endpoint',
      onMessage: (reading) => reading.type === 'response',
    },
    connections,
    timeline,
  );
  exchanges.push(posted.exchange);
  const session = posted.headers['mcp-session-id'];
  if (session !== undefined) {
    // We opened a session only to see whether one opens: end it again.
    await exchange(
      {
        ...common,
        purpose: 'end-session',
        method: 'DELETE',
        headers: { 'user-agent': options.userAgent, 'mcp-session-id': session, ...own },
      },
      connections,
      timeline,
    );
  }
  return posted;
}

/** POST initialize to a place, and when that is refused ask with GET for an event stream that names an endpoint. */
export async function askAt(
  url: string,
  withCredentials: boolean,
  search: Search,
): Promise<{ answer: EndpointAnswer; status?: number; exchange: Exchange }> {
  const posted = await postAt(url, withCredentials, search);
  const answer = answerOf(posted);
  const found = { answer, status: posted.exchange.status, exchange: posted.exchange };
  if (!['not-found', 'other', 'html'].includes(answer)) return found;
  return (await isLegacySse(url, withCredentials, search)) ? { ...found, answer: 'legacy-sse' } : found;
}

/** Whether a GET yields an event stream whose first event is `endpoint` (HTTP+SSE, 2024-11-05). */
export async function isLegacySse(
  url: string,
  withCredentials: boolean,
  { options, connections, timeline, exchanges, signal }: Search,
): Promise<boolean> {
  const own = withCredentials ? options.headers : {};
  let found = false;
  const got = await exchange(
    {
      purpose: 'look-for-sse',
      method: 'GET',
      url,
      headers: { 'user-agent': options.userAgent, accept: 'text/event-stream', ...own },
      timeoutMs: LIMIT_MS,
      credentials: withCredentials && carriesCredentials(options),
      signal,
      onEvent({ event }) {
        found = event === 'endpoint';
        return true;
      },
    },
    connections,
    timeline,
  );
  exchanges.push(got.exchange);
  return found;
}

/** Other places on the same host worth asking: below the path given, beside it, and the usual ones. */
function candidates(asked: URL): string[] {
  const base = asked.pathname.replace(/\/+$/, '');
  const toggled = asked.pathname.endsWith('/') ? base || '/' : `${asked.pathname}/`;
  const parent = base.slice(0, base.lastIndexOf('/'));
  const paths = [`${base}/mcp`, toggled, `${base}/sse`, `${parent}/mcp`, `${parent}/sse`, ...USUAL_PATHS];
  const urls = paths.map((path) => new URL(path + asked.search, asked).href);
  return [...new Set(urls)].filter((url) => url !== asked.href).slice(0, 16);
}

/** Ask the other places, at most four at once. Stops when a place speaks Streamable HTTP and the batch is done. */
export async function lookAround(
  asked: URL,
  redirectTo: string | undefined,
  search: Search,
): Promise<Evidence['endpoint']['others']> {
  const others: Evidence['endpoint']['others'] = [];
  const target =
    redirectTo !== undefined && URL.canParse(redirectTo, asked.href) ? [new URL(redirectTo, asked).href] : [];
  const queue = [...target, ...candidates(asked)].filter((url) => /^https?:/.test(url));
  while (queue.length && !search.signal?.aborted) {
    const batch = queue.splice(0, AT_ONCE);
    // Credentials never follow to another origin.
    const answers = await Promise.all(batch.map((url) => askAt(url, new URL(url).origin === asked.origin, search)));
    batch.forEach((url, i) => {
      const found = answers[i];
      if (found) others.push({ url, answer: found.answer, status: found.status });
    });
    // A server may offer the older transport as well: the newer one is worth the further questions.
    if (others.some(({ answer }) => answer === 'streamable-http')) break;
  }
  return others;
}

const HEALTH = ['/health', '/healthz', '/ready'];

/** What the usual addresses for health checks answer: whether the application lives at all. Without credentials. */
export async function askHealth(asked: URL, search: Search): Promise<NonNullable<Evidence['endpoint']['health']>> {
  const { options, connections, timeline, exchanges, signal } = search;
  const found = await Promise.all(
    HEALTH.map(async (path) => {
      const { exchange: record } = await exchange(
        {
          purpose: 'look-for-health',
          method: 'GET',
          url: new URL(path, asked).href,
          headers: { 'user-agent': options.userAgent, accept: '*/*' },
          timeoutMs: LIMIT_MS,
          credentials: false,
          signal,
        },
        connections,
        timeline,
      );
      exchanges.push(record);
      return record;
    }),
  );
  return found.flatMap(({ url, status }) => (status === undefined ? [] : [{ url, status }]));
}

/** What a web page calls itself, or the name in the description of an API. */
export const titleOf = ({ body = '' }: Exchange): string | undefined =>
  (/<title[^>]*>\s*([^<]{1,200}?)\s*<\/title>/i.exec(body) ?? /"title"\s*:\s*"([^"]{1,200})"/.exec(body))?.[1];
