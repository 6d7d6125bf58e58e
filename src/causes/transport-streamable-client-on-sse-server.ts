import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { ANSWERS, answers, refusedRequests, requestsIn } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import {
  ASKS,
  ENDPOINT,
  ENDPOINT_EVENT,
  FALLS_BACK,
  FELL_BACK,
  isSse,
  NO_POST,
  ONLY_SSE,
  OTHERWISE,
  REFUSED_POST,
  SERVES_BOTH,
  SERVES_SSE,
  WANTS_QUERY,
} from './posted-to-sse.js';
import { isSseClient } from './sse.js';
import { isLocalReport, tells, told } from './told.js';
import { serverWords, targetOf, wayWords } from './way.js';
import { failed, find } from './words.js';

/** `modern`: where the host speaks Streamable HTTP; '' when that was looked for and is nowhere. */
type Found = { url: string | null; status: number | null; modern?: string };

/** Whoever asks for SSE, or knows both transports, posted to the address of the stream itself. */
function postedToStream(given: Partial<Evidence>, url: string | null): Match<Found> | null {
  const requests = requestsIn(given);
  const posted = requests.find(
    ({ method, status, path }) => method === 'POST' && (status === 404 || status === 405) && isSse(path),
  );
  const opened = requests.some(({ method, status, path }) => method === 'GET' && status === 200 && isSse(path));
  const spoken = find(
    wayWords(given),
    /\b(?<status>40[45]) status sending message to \S*\/sse\b|\bCannot POST \/\S{0,80}sse\b/i,
  );
  const line = posted && opened ? posted.line : spoken?.line;
  return line
    ? {
        certainty: posted && opened ? 'likely' : 'possible',
        cites: [line.at],
        facts: { url, status: posted?.status ?? (Number(spoken?.groups.status) || null) },
      }
    : null;
}

export default defineCause({
  id: 'transport-streamable-client-on-sse-server',
  title: 'The client posts Streamable HTTP to a server that speaks the older HTTP+SSE',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404)',
    'Error POSTing to endpoint (HTTP 405)',
    '405 Method Not Allowed',
    'Cannot POST /sse',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-endpoint-wrong', 'http-not-mcp'],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const { asked, others = [] } = given.endpoint ?? {};
    const first = answers(given)[0];
    const status = first?.exchange.status ?? null;
    if (asked) {
      if (asked.answer !== 'legacy-sse') return null;
      // Over HTTP+SSE itself the transport fits: what failed then is something else.
      if (first?.exchange.purpose === 'open-sse-stream') return null;
      return {
        certainty: 'certain',
        cites: [...(first ? [first.at] : []), at('endpoint', 'asked')],
        facts: {
          url: asked.url,
          status,
          ...(others.length > 0 && { modern: others.find(({ answer }) => answer === 'streamable-http')?.url ?? '' }),
        },
      };
    }
    const entry = given.reported?.entry ?? '';
    const url = targetOf(given) ?? /https?:\/\/[^\s"'\\]+?\/sse\/?(?=["'\\?])/i.exec(entry)?.[0] ?? null;
    const texts = told(given);
    const posts = answers(given).every(({ exchange }) => exchange.method === 'POST' || exchange.spoken);
    const legacy = tells(
      texts.filter(({ from }) => from !== 'entry'),
      WANTS_QUERY,
    );
    const routed = tells(texts, /\blegacy SSE\b.{0,40}\b(?:routed|sent|through|via|over|as)\b.{0,20}\bstreamable/i);
    if (posts && (routed || (legacy && !isSseClient(given))))
      return {
        certainty: routed || given.reported?.transport === 'streamable-http' ? 'likely' : 'possible',
        cites: [...new Set([legacy?.told.at, routed?.told.at].filter((one) => one !== undefined))],
        facts: { url, status },
      };
    // Somebody says so, or shows the first event of the older transport.
    const shown = isSseClient(given)
      ? null
      : tells(
          texts.filter(({ from }) => from === 'client' || from === 'server'),
          ONLY_SSE,
          ...(given.reported?.transport === 'streamable-http' ? [/\bevent: ?endpoint\b/i] : []),
        );
    if (shown && posts && !FELL_BACK.test(shown.told.text))
      // The client of Go guesses this after every 4xx.
      return {
        certainty: /likely a legacy/i.test(shown.told.text) ? 'possible' : 'likely',
        cites: [shown.told.at],
        facts: { url, status },
      };
    // The entry already asks for SSE, so whoever posts there is a Streamable HTTP server's business.
    const taken = isLocalReport(given) ? null : find([...wayWords(given), ...serverWords(given)], ENDPOINT_EVENT);
    if (taken) return { certainty: 'likely', cites: [taken.line.at], facts: { url, status: null } };
    if (isSseClient(given)) return postedToStream(given, url);
    if (first) {
      const refused = status === 404 || status === 405;
      const gone = status === 404 && /not found"|session/i.test(first.exchange.body ?? '');
      const { method, body = '' } = first.exchange;
      const log = serverWords(given);
      // The stream of the older transport, in answer to whatever was posted.
      const stream = ENDPOINT.test(body) && (status ?? 200) < 300;
      if (stream && (method === 'POST' || given.reported?.transport === 'streamable-http'))
        return { certainty: 'likely', cites: [first.at], facts: { url, status } };
      const announced =
        log.some(({ text }) => SERVES_SSE.test(text)) && !log.some(({ text }) => SERVES_BOTH.test(text));
      // A static web server refuses a POST with 405, too, and signs its page.
      const named =
        status === 405 &&
        !/<html/i.test(body) &&
        (given.reported?.clientError ?? []).some((text) => NO_POST.test(text));
      if (refused && !gone && method === 'POST' && (isSse(first.exchange.url || url) || announced || named))
        return { certainty: 'likely', cites: [first.at], facts: { url, status } };
      // An address of SSE that takes no message: whatever it calls it.
      const speaks = given.reported?.transport === 'streamable-http' || ASKS.test(entry);
      if (
        method === 'POST' &&
        !gone &&
        speaks &&
        isSse(url) &&
        [400, 404, 405, 406, 415, 422, 501].includes(status ?? 0)
      )
        return {
          certainty: status === 404 && !ASKS.test(entry) ? 'possible' : 'likely',
          cites: [first.at],
          facts: { url, status },
        };
      // The client's line may say more than the exchange that was read off it.
      if (!first.exchange.spoken) return null;
    }
    const lines = wayWords(given).filter(({ text }) => !FALLS_BACK.test(text));
    const fellBack = wayWords(given).some(({ text }) => FELL_BACK.test(text));
    const log = serverWords(given);
    const serves = find(log, SERVES_SSE);
    const both = log.some(({ text }) => SERVES_BOTH.test(text));
    const refused = refusedRequests(given).find(
      (request) => request.method === 'POST' && [404, 405].includes(request.status),
    );
    // The server says that it serves SSE, and refuses what is posted elsewhere.
    if (serves && !both && refused)
      return {
        certainty: 'likely',
        cites: [refused.line.at, serves.line.at],
        facts: { url, status: refused.status },
      };
    const hit =
      find([...lines, ...log], ...REFUSED_POST.slice(0, 4)) ??
      find(
        lines.filter(({ text }) => !/<html|nginx/i.test(text)),
        NO_POST,
      ) ??
      (serves && !both
        ? find(
            lines.filter(({ text }) => /POST/.test(text)),
            ...REFUSED_POST.slice(4),
          )
        : null) ??
      (isSse(url)
        ? find(
            lines.filter(({ from }) => from === 'client'),
            ...REFUSED_POST.slice(4),
          )
        : null);
    // An entry that says http for an address of SSE, and no word of what came of it.
    const mute =
      isSse(url) &&
      given.reported?.transport !== 'sse' &&
      !given.http &&
      lines.every(({ text }) => !OTHERWISE.test(ASKS.test(entry) ? text.replace(/timed? ?out|closed/gi, '') : text));
    const odd = find(
      lines.filter(({ from }) => from === 'client'),
      /(?:unexpected|invalid|unsupported) content[- ]type(?!.{0,30}html)/i,
    );
    if (!hit && isSse(url) && odd && given.reported?.transport !== 'sse')
      return { certainty: 'likely', cites: [odd.line.at], facts: { url, status: null } };
    if (!hit && mute && (given.reported?.transport || entry))
      return {
        certainty: ASKS.test(entry) ? 'likely' : 'possible',
        cites: [given.reported?.url === undefined ? at('reported', 'entry') : at('reported', 'url')],
        facts: { url, status: null },
      };
    return hit
      ? {
          certainty: fellBack ? 'possible' : 'likely',
          cites: [hit.line.at],
          facts: { url: url ?? hit.groups.path ?? null, status: Number(hit.groups.status ?? 405) },
        }
      : null;
  },
  say: ({ url, status }) => {
    const post = 'the POST with which a Streamable HTTP client begins';
    const answer =
      status !== null && status < 300
        ? `answers ${post} with a stream of that kind, on which no reply ever comes`
        : `refuses ${post}${status ? ` (${status})` : ''}`;
    return `${url ?? 'The URL'} belongs to a server of the older transport HTTP+SSE (2024-11-05): it opens an event stream on GET, and ${answer}.`;
  },
  fix: ({ url, modern }) => [
    {
      say: "Set the transport of the client's entry to sse:",
      edit: { file: 'the client config', at: 'type', to: `"type": "sse"${url ? `, "url": "${url}"` : ''}` },
    },
    ...(modern
      ? [
          {
            say: 'Or use the Streamable HTTP endpoint, which this host has as well:',
            edit: { file: 'the client config', at: 'url', to: `"url": "${modern}"` },
          },
        ]
      : []),
    ...(modern === undefined
      ? [
          {
            say: `Or use the server's Streamable HTTP endpoint, when it has one (often the same URL with /mcp in place of /sse):`,
            run: `mcp-verdict verify ${url?.replace(/\/sse(?=\/?(?:[?#]|$))/, '/mcp') ?? '<url>'}`,
          },
        ]
      : []),
    {
      say: 'If the server is yours, move it to Streamable HTTP (Python: transport="streamable-http"; TypeScript: StreamableHTTPServerTransport): HTTP+SSE is deprecated since 2025-03-26.',
    },
  ],
  why: 'HTTP+SSE has two addresses: a GET stream, which names a second address to post to. Streamable HTTP posts to the one address it is given. A client that was told "http" therefore posts to the stream of an older server and is refused; the status alone looks like a wrong path.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility'],
  examples: [
    {
      name: 'the endpoint event taken for a message',
      finds: true,
      symptoms: {
        transport: 'sse',
        client: 'vscode',
        clientError: '[warning] Failed to parse message: "/messages/?session_id=7f7ad4150c504c3bb9b9741f1930403f"',
      },
    },
    {
      name: 'a client of SSE that posts to the stream',
      finds: true,
      symptoms: { transport: 'sse', serverLog: 'GET /sse HTTP/1.1 200 OK\nPOST /sse HTTP/1.1 404 Not Found' },
    },
    {
      name: 'a client of SSE that posts where it should',
      finds: false,
      symptoms: {
        transport: 'sse',
        serverLog: '"GET /sse HTTP/1.1" 200 OK\n"POST /messages/?session_id=1 HTTP/1.1" 202 Accepted',
      },
    },
    {
      name: 'live, GET names an endpoint',
      finds: true,
      evidence: {
        endpoint: { asked: { url: 'http://127.0.0.1:8000/sse', answer: 'legacy-sse' }, others: [] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:8000/sse',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 405,
            },
          ],
        },
      },
    },
    {
      name: 'an entry of type http with an /sse URL',
      finds: true,
      symptoms: { entry: { type: 'http' }, url: 'https://acme.dev/sse', http: { status: 405 } },
    },
    {
      name: 'Express',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 404): <pre>Cannot POST /sse</pre>',
      },
    },
    {
      name: 'the log of uvicorn',
      finds: true,
      symptoms: { serverLog: 'INFO: 127.0.0.1:5000 - "POST /sse HTTP/1.1" 405 Method Not Allowed' },
    },
    {
      name: 'a bridge that posts to a server of SSE',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', 'mcp-remote', 'http://localhost:8000/', '--transport', 'http-only'] },
        stderr: 'Connection error: Error: Error POSTing to endpoint (HTTP 405): Method Not Allowed',
      },
    },
    {
      name: 'a server that says what it serves',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:8000/mcp',
        serverLog:
          'Using transport: sse\nINFO:     Uvicorn running on http://0.0.0.0:8000\nINFO:     127.0.0.1:51200 - "POST /mcp HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'the stream of the older transport in answer to a POST',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: 'event: endpoint\ndata: /messages?sessionId=1',
        },
      },
    },
    {
      name: 'an address for messages that misses its query',
      finds: true,
      symptoms: { transport: 'streamable-http', http: { method: 'POST', status: 400, body: 'session_id is required' } },
    },
    {
      name: 'the header of a session of Streamable HTTP',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', status: 400, body: 'Bad Request: Mcp-Session-Id header is required' },
      },
    },
    {
      name: 'a static web server',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/',
        clientError:
          'Error POSTing to endpoint (HTTP 405): <html><center><h1>405 Not Allowed</h1></center> nginx</html>',
      },
    },
    {
      name: 'the reverse: an sse entry for a newer server',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        entry: { type: 'sse' },
        clientError: 'error code 405',
        http: { status: 405 },
      },
    },
    {
      name: 'a 404 at /mcp',
      finds: false,
      symptoms: { transport: 'streamable-http', url: 'http://localhost:3000/mcp', http: { status: 404 } },
    },
  ],
});
