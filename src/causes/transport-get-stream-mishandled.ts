import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { isStreamGet } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { failsAll, issuesSessions, runOf } from './experiments.js';
import { type Found, HEALTH, HELD, inLog, inWords, OTHER, OTHER_BODY, SIGNS_IN } from './get-stream-told.js';
import { FATAL, SAID, SILENT, UNROUTED } from './get-stream-words.js';
import { getNot405 } from './played.js';
import { PLAYED } from './played-example.js';
import { sessionKind } from './sessions.js';
import { isSseClient } from './sse.js';
import { isLocalReport, isObserved, tells, told, wasTold } from './told.js';
import { WORDS } from './words.js';

const isStream = ({ contentType, headers }: Exchange): boolean =>
  /text\/event-stream/i.test(contentType ?? headers?.['content-type'] ?? '');

/** Our own GET for the optional stream: neither an event stream nor 405. */
function observed(given: Partial<Evidence>): Match<Found> | null {
  const [tried] = runOf(given, 'get-stream');
  if (!tried || given.handshake?.used === undefined) return null;
  const { exchange, at: place } = tried;
  const { status, error, body = '' } = exchange;
  if (status === 405 || status === 429 || (status === 200 && isStream(exchange))) return null;
  // A part of the server wants a sign-in: whoever has none gets no stream, and loses nothing else.
  if (status === 401 && exchange.credentials === 'none' && exchange.headers?.['www-authenticate']) return null;
  // The stream of a session that the server had given and does not know: that is about the session.
  if (sessionKind(body) !== null && issuesSessions(given)) return null;
  if (failsAll(given)) return null;
  // Parts of the server are open and the stream is not: a client that signs in gets it.
  if (status === 401 && exchange.credentials === 'none' && exchange.headers?.['www-authenticate']) return null;
  // A sign-in that the POST did not need, or a server that is busy: odd, and not surely about the stream.
  const aside = status !== undefined && [401, 403, 502, 503, 504].includes(status);
  const edge = given.http?.exchanges.some(({ headers = {} }) => headers['cf-ray'] ?? headers.via) ?? false;
  const silent = status === undefined && error !== undefined;
  if (status === undefined && !silent) return null;
  // Nobody asked, or we did not wait for the answer.
  if (error && /^(?:GIVEN_UP|ABORT_ERR)$/.test(error.code)) return null;
  // A server that leaves other requests unanswered as well is not mute about the stream alone.
  const mute = given.http?.exchanges.some(
    ({ method, error: late }) => method === 'POST' && late?.code.endsWith('_TIMEOUT'),
  );
  const reset = silent && /RESET|SOCKET|EPIPE|HPE_/.test(error?.code ?? '');
  return {
    // Behind an edge that waits for the first byte a healthy quiet stream looks silent, too.
    certainty: aside || (silent && (edge || mute)) ? 'likely' : 'certain',
    severity: 'degraded',
    cites: [place],
    facts: {
      status: status ?? null,
      type: exchange.contentType ?? null,
      what: silent ? (reset ? 'reset' : 'silent') : (status ?? 0) < 300 ? 'no-stream' : 'refused',
      words: body.trim().slice(0, 120) || null,
    },
  };
}

const ENDED_BY_PLATFORM = /FUNCTION_INVOCATION_TIMEOUT|\bTask timed out\b|\bRuntime Timeout\b|\bmaxDuration\b/i;

export default defineCause({
  id: 'transport-get-stream-mishandled',
  title: 'The optional event stream is answered in a way that clients cannot take: neither a stream nor 405',
  culprit: 'server',
  severity: 'degraded',
  seenAs: [
    'Streamable HTTP error: Failed to open SSE stream: Not Found',
    'Streamable HTTP error: Failed to open SSE stream: Bad Request',
    'Failed to reconnect SSE stream: Streamable HTTP error: Failed to open SSE stream: Not Found',
    "Couldn't reach the MCP server",
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'series', 'client'],
  explains: [
    'http-server-error',
    'http-not-mcp',
    'http-endpoint-wrong',
    'session-stale-not-404',
    'lifetime-timeout-before-answer',
    'call-too-slow',
    'client-hosted-unreachable',
  ],

  live: getNot405,
  match(given): Match<Found> | null {
    if (isObserved(given)) return observed(given);
    if (isLocalReport(given)) return null;
    const texts = told(given);
    const exchanges = given.http?.exchanges ?? [];
    // Where a log shows that POST is refused as well, the endpoint is at fault; a look with curl or a browser asks for no stream.
    const posts = exchanges.some(
      ({ purpose, method, status = 0 }) => purpose === 'logged' && method === 'POST' && status >= 200 && status < 300,
    );
    const index = exchanges.findIndex(
      (e) => wasTold(e) && !e.spoken && isStreamGet(e, given) && (e.purpose === 'reported' || posts),
    );
    const exchange = exchanges[index];
    const url = exchange?.url || given.reported?.url || '';
    // Over HTTP+SSE the GET is the connection itself.
    const older = isSseClient(given) || given.reported?.transport === 'sse';
    const about = texts.filter(({ text }) => !OTHER.test(text) && !OTHER_BODY.test(text));
    const of = SAID.map(([pattern, certainty]) => ({ hit: tells(about, pattern), certainty })).find(({ hit }) => hit);
    // Whoever watches whether the server lives asks with GET as well.
    const health = exchange && (exchange.status ?? 0) >= 400 && tells(texts, HEALTH);
    const signIn = !of?.hit && texts.some(({ text, from }) => from !== 'platform' && SIGNS_IN.test(text));
    if (exchange && !older && !health && !signIn && !OTHER.test(url) && !OTHER_BODY.test(exchange.body ?? '')) {
      const { status, body = '' } = exchange;
      const type = exchange.contentType ?? exchange.headers?.['content-type'] ?? null;
      const cites = [at('http', 'exchanges', index), ...(of?.hit ? [of.hit.told.at] : [])];
      const facts = { status: status ?? null, type, words: body.trim().slice(0, 120) || null };
      const held = tells(texts, HELD);
      const stateless = /"stateless\w*"\s*:\s*"?true|sessionIdGenerator"?\s*:\s*"?undefined/i.test(
        given.reported?.entry ?? '',
      );
      if (status === 405 && !of) {
        const fatal = tells(
          texts.filter(({ from }) => from === 'client'),
          FATAL,
        );
        return {
          certainty: fatal ? 'likely' : 'possible',
          cites: [...cites, ...(fatal ? [fatal.told.at] : [])],
          facts: { ...facts, what: 'allowed' },
        };
      }
      if (status === 200 && isStream(exchange)) {
        if (!held && !stateless) return null;
        return { certainty: stateless && held ? 'likely' : 'possible', cites, facts: { ...facts, what: 'idle' } };
      }
      if (status === undefined)
        return {
          certainty: held || of || tells(texts, SILENT, UNROUTED) ? 'likely' : 'possible',
          cites,
          facts: { ...facts, what: held ? 'idle' : 'silent' },
        };
      const aside = [301, 302, 307, 308, 401, 403, 421, 429, 502, 503, 504, 524].includes(status);
      return {
        // A platform that ended its function: the stream was held open.
        certainty: aside && !of && !(status >= 500 && tells(texts, ENDED_BY_PLATFORM)) ? 'possible' : 'likely',
        cites,
        facts: { ...facts, what: status < 300 ? 'no-stream' : 'refused' },
      };
    }
    // What an SSE client meets after a fall-back, and a name for the method alone, say nothing of the stream.
    if (of?.hit && !older)
      return {
        certainty: of.certainty,
        cites: [of.hit.told.at],
        facts: { status: null, type: null, what: 'refused', words: of.hit.told.text.trim().slice(0, 120) },
      };
    return older ? null : (inLog(given) ?? (signIn ? null : inWords(about)));
  },
  say: ({ status, type, what, words }) => {
    if (what === 'allowed')
      return 'After initialize the client asked with GET for the optional stream of server messages and was answered 405. That is the right answer of a server without such a stream, and the client takes it for a broken connection.';
    const means: Record<Exclude<Found['what'], 'allowed'>, string> = {
      refused: `answered ${status ?? `with an error`}${words ? ` ("${words}")` : ''}`,
      'no-stream': `answered ${status ?? 200} with ${type ?? 'something'} that is no event stream`,
      silent: 'left without headers: it hangs',
      reset: 'ended by the server without an answer',
      idle: `held open by a server that never sends anything on it${status ? '' : `, until the platform ends it`}`,
    };
    return `After initialize clients ask with GET for the optional stream of server messages, and here that request is ${means[what]}. The specification allows an event stream or 405; clients take anything else for a broken connection, or ask again and again.`;
  },
  fix: ({ what }) => [
    ...(what === 'allowed'
      ? [
          {
            say: 'Update the client: one that follows the specification goes on without the stream after 405. Until then offer it the stream that it wants, and hand GET to the transport of the session:',
            edit: {
              file: 'the source of the server',
              to: "app.get('/mcp', (request, response) => transport.handleRequest(request, response));",
            },
          },
        ]
      : []),
    {
      say: 'Without messages from server to client, answer GET (and DELETE) at the endpoint with 405. Express, for example:',
      edit: {
        file: 'the source of the server',
        to: "app.get('/mcp', (_, response) => response.status(405).set('Allow', 'POST').end());",
      },
    },
    what === 'silent' || what === 'idle'
      ? {
          say: 'With such messages, send the headers and a first comment at once, and a comment every 15 s (response.flushHeaders(); response.write(": open\\n\\n")), so that neither a proxy nor the platform waits for the first byte.',
        }
      : {
          say: 'With such messages, hand GET to the transport of the session as well (app.get, app.post and app.delete all lead to transport.handleRequest).',
        },
    { say: 'See what the GET gets now:', run: 'curl -iN -H "Accept: text/event-stream" <url>' },
  ],
  why: 'Streamable HTTP has one optional GET stream for what the server says unasked. A framework that knows only POST answers it with its own 404, a catch-all with a page, a stateless server with 400 or with a stream that nobody ever writes to. Some clients end the connection then, others reconnect for ever, although every POST works.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/1635',
  ],
  examples: [
    ...PLAYED.getStream,
    {
      name: 'Java',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'McpTransportException: Invalid SSE response. Status code: 405 Line: null',
      },
    },
    {
      name: 'an edge that lost its patience with a quiet stream',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Streamable HTTP error: Failed to open SSE stream: between bytes timeout',
      },
    },
    {
      name: 'live, Express without a route for GET',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'answered', requested: '2025-11-25', revision: '2025-11-25' },
          discover: { status: 'not-asked', why: 'x' },
          used: 'initialize',
        },
        series: { requests: 1, ms: 3, runs: [{ experiment: 'get-stream', exchanges: [0] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'get-stream',
              method: 'GET',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 404,
              contentType: 'text/html; charset=utf-8',
              body: '<pre>Cannot GET /mcp</pre>',
            },
          ],
        },
      },
    },
    {
      name: 'JSON where a stream was asked for',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET', status: 200, headers: { 'content-type': 'application/json' } },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'StreamableHTTPError: Streamable HTTP error: Failed to open SSE stream: Not Found',
      },
    },
    {
      name: 'a function that holds the stream until it is ended',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'vercel',
        http: { method: 'GET', body: 'FUNCTION_INVOCATION_TIMEOUT' },
      },
    },
    {
      name: 'the log of the server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '"POST /mcp HTTP/1.1" 200 OK\n"GET /mcp HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'a stateless server that answers 400',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        http: { method: 'GET', status: 400, body: 'Bad Request: No sessionId' },
      },
    },
    {
      name: 'a client that dies of 405',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET', status: 405 },
        clientError: 'the application crashes with an SSEClientException',
      },
    },
    {
      name: 'curl that waits',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET' },
        clientError: '> GET /mcp HTTP/2\n> Accept: text/event-stream\n[hangs indefinitely]',
      },
    },
    {
      name: 'no handler, and the page of the framework',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET' },
        clientError: 'Without a handler, Express returns an HTML error page that the SDK cannot parse',
      },
    },
    {
      name: 'the Go client',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'standalone SSE request failed (session ID: "x"): 406 Not Acceptable',
      },
    },
    {
      name: 'a probe of health that is not found',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET', status: 404 },
        clientError: '/healthz answers 404, so that liveness restarts the pod',
      },
    },
    {
      name: 'live, 405',
      finds: false,
      evidence: {
        handshake: {
          initialize: { status: 'answered', requested: '2025-11-25', revision: '2025-11-25' },
          discover: { status: 'not-asked', why: 'x' },
          used: 'initialize',
        },
        series: { requests: 1, ms: 3, runs: [{ experiment: 'get-stream', exchanges: [0] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'get-stream',
              method: 'GET',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 405,
            },
          ],
        },
      },
    },
    {
      name: 'the GET of the older transport',
      finds: false,
      symptoms: { transport: 'sse', url: 'https://acme.dev/sse', http: { method: 'GET', status: 404 } },
    },
    {
      name: 'the metadata of a sign-in',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET', status: 200, body: '{"resource":"https://acme.dev","authorization_servers":[]}' },
      },
    },
  ],
});
