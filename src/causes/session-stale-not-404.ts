import type { Evidence } from '../case/evidence.js';
import { defineCause, type Match } from './cause.js';
import { failsAll, issuesSessions, refused, runOf, succeeded, type Tried } from './experiments.js';
import { sessionTrouble } from './sessions.js';
import { isSseClient } from './sse.js';
import { isObserved } from './told.js';
import { WORDS } from './words.js';

type Found = {
  status: number | null;
  words: string | null;
  /** `unknown`: an id that was never issued. `ended`: one that DELETE had ended. `told`: from a report. */
  shown: 'unknown' | 'ended' | 'told';
  restarted: boolean;
};

/** What the series shows: a dead session id is refused, and not with 404. */
function inSeries(given: Partial<Evidence>): Match<Found> | null {
  // A server without sessions has none to forget.
  if (!issuesSessions(given) || failsAll(given)) return null;
  const wrong = (tried: Tried | undefined): tried is Tried =>
    tried !== undefined &&
    refused(tried.exchange) &&
    // Other refusals have other reasons: credentials, a limit, a header, a gateway.
    [200, 202, 302, 307, 400, 409, 410, 422, 500].includes(tried.exchange.status ?? 0);
  const [unknown] = runOf(given, 'session-unknown');
  const [ended, after] = runOf(given, 'session-ended');
  const dead = ended && succeeded(ended.exchange) ? after : undefined;
  const tried = wrong(dead) ? dead : wrong(unknown) ? unknown : undefined;
  if (!tried) return null;
  const { status = 0 } = tried.exchange;
  return {
    certainty: 'certain',
    // Clients of today begin anew after any 4xx, or after a click; an error that looks like success or like a crash stops them.
    severity: status >= 400 && status < 500 ? 'risky' : 'degraded',
    cites: [tried.at],
    facts: {
      status: tried.exchange.status ?? null,
      words: tried.exchange.body?.trim().slice(0, 160) || null,
      shown: tried === dead ? 'ended' : 'unknown',
      restarted: false,
    },
  };
}

export default defineCause({
  id: 'session-stale-not-404',
  title: 'A session that the server no longer knows is not answered with 404, so clients do not begin anew',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 400): {"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}',
    'Bad Request: Server not initialized',
    'Bad Request: Mcp-Session-Id header is required',
    'Bad Request: Unknown Mcp-Session-Id header',
    'Unauthorized: Session not found',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'series'],
  explains: ['http-server-error', 'catalog-list-fails', 'handshake-refused', 'process-returns-early'],

  match(given): Match<Found> | null {
    if (isObserved(given)) return inSeries(given);
    const trouble = sessionTrouble(given);
    if (!trouble) return null;
    const { kind, status, method, copies, flaps, ended, cites, words } = trouble;
    // 404 is the right answer; whoever goes on after it is at fault.
    if (status === 404) return null;
    const aside = method === 'GET' || (isSseClient(given) && kind !== 'unknown' && !ended);
    const found: Match<Found> = {
      certainty: 'likely',
      cites,
      facts: { status, words: words || null, shown: 'told', restarted: ended },
    };
    // "Session not found" without a status goes with 404 in most SDKs; a request without an id may come from a client that lost it.
    if (
      aside ||
      (copies && (copies.sure || !ended)) ||
      flaps ||
      (kind === 'silent' && !ended) ||
      (kind === 'missing' && !ended) ||
      (status === null && kind === 'unknown')
    )
      return { ...found, certainty: 'possible' };
    return found;
  },
  say: ({ status, words, shown, restarted }) => {
    const answer = `${status ? `with ${status}` : 'with an error'}${words ? ` ("${words}")` : ''}`;
    if (shown === 'unknown')
      return `A session id that was never issued is answered ${answer}, not with 404. After a restart of the server every client holds such an id, and without 404 it does not begin a new session.`;
    if (shown === 'ended')
      return `A session that was ended with DELETE is answered ${answer}, not with 404. A client whose session ends does not learn that it has to begin anew.`;
    return `The server no longer knows the session${restarted ? ' after a restart or an idle time' : ' (a restart, an idle time or a new deployment ended it)'} and answers ${answer} in place of 404. Only 404 tells a client to initialize again, so every call fails until somebody reconnects by hand.`;
  },
  fix: ({ shown }) => [
    {
      say: 'As the author of the server, answer 404 when the header Mcp-Session-Id is there and the id is unknown, and 400 only when the header is missing:',
      edit: {
        file: 'the source of the server',
        to: "const id = request.headers['mcp-session-id'];\nif (id && !transports[id]) return response.status(404).json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null });",
      },
    },
    ...(shown === 'told'
      ? [
          {
            say: 'Until then reconnect the server in the client after each restart (switch it off and on, or restart the client).',
          },
        ]
      : []),
    {
      say: 'Or work without sessions, where nothing can be forgotten: TypeScript sessionIdGenerator: undefined, Python stateless_http=True. An SDK that answers 400 by itself is old: update it (Python mcp 1.26 answers 404).',
    },
  ],
  why: 'Sessions live in the memory of the server and are lost with it. The specification gives the client one signal, 404 to a request with a session id, upon which it must send initialize without one. Example code that treats "no id" and "unknown id" alike answers both with 400, and clients then repeat the dead id for ever.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management',
    'https://github.com/modelcontextprotocol/python-sdk/issues/1004',
    'https://github.com/mastra-ai/mastra/pull/15160',
  ],
  examples: [
    {
      name: 'live, an id that was never issued',
      finds: true,
      evidence: {
        series: { requests: 1, ms: 3, runs: [{ experiment: 'session-unknown', exchanges: [1] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 2,
              credentials: 'none',
              status: 200,
              headers: { 'mcp-session-id': '<set>' },
            },
            {
              purpose: 'session-unknown',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 400,
              body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}',
            },
          ],
        },
      },
    },
    {
      name: 'the example code of the TypeScript SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error POSTing to endpoint (HTTP 400): {"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}',
      },
    },
    {
      name: 'a transport that was made anew',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 400,
          body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}',
        },
      },
    },
    {
      name: 'Rust answers 401',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 401, body: 'Unauthorized: Session not found' },
      },
    },
    {
      name: 'an error of JSON-RPC in a 200',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'fetching tools failed: missing or invalid Mcp-Session-Id',
        http: {
          status: 200,
          body: '{"jsonrpc":"2.0","error":{"code":-32600,"message":"missing or invalid Mcp-Session-Id"}}',
        },
      },
    },
    {
      name: '404, as it has to be',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 404,
          body: '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
        },
      },
    },
    {
      name: 'a session of a person',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 401, body: 'Your session has expired. Please log in again.' },
      },
    },
    {
      name: 'a server without sessions',
      finds: false,
      evidence: {
        series: { requests: 1, ms: 3, runs: [{ experiment: 'session-unknown', exchanges: [1] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 2,
              credentials: 'none',
              status: 200,
            },
            {
              purpose: 'session-unknown',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 400,
            },
          ],
        },
      },
    },
  ],
});
