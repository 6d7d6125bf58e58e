import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { ANSWERS, answers, refusedRequests, requestsIn } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isSseClient } from './sse.js';
import { isLocalReport, tells, told } from './told.js';
import { serverWords, targetOf, wayWords } from './way.js';
import { failed, find } from './words.js';

const isSse = (url: string | null): boolean => /\/sse\/?(?:[?#]|$)/i.test(url ?? '');

/** A POST that an /sse address refuses, in a client's words or in an access log. */
const REFUSED_POST = [
  /\bCannot POST (?<path>\/\S*sse)\b/i,
  /\bPOST (?<path>(?:https?:\/)?\/\S*sse\/?)(?:\?\S*)?(?: HTTP\/[\d.]+)?"? (?<status>40[45])\b/i,
  /\b(?<status>40[45])\b.{0,30}\b(?:from|for|at|to|url)\W{1,3}(?<path>https?:\/\/\S{1,200}\/sse)\/?(?:[\s'"),]|$)/i,
  /\bserver (?:only|just) (?:offers|serves|supports|has|speaks|exposes|provides) (?:an? |the )?(?:\/sse|(?:HTTP\+)?SSE)\b/i,
  // "405" alone, where the URL told apart ends in /sse; "Method Not Allowed" from every kind of server.
  /\b(?<status>40[45])\b|\bmethod not allowed\b/i,
];

/** Clients that know both transports post first and then fall back: that is no failure. */
const FALLS_BACK = /fall(?:ing)?[ -]?back|retry(?:ing)? with sse|\bGET \//i;

/** It went on over SSE: if that failed as well, the reason is another one. */
const FELL_BACK = /fall(?:ing|s)?[ -]?back|fallback transport|sse-only|SSEClientTransport/i;

/** Failures that have nothing to do with the transport. */
const OTHERWISE =
  /terminated|timed? ?out|closed|disconnect|drop|\b(?:ECONN\w+|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPROTO)\b|fetch failed|certificate|unauthori[sz]ed|\b(?:40[13]|5\d\d)\b|oauth|token|auth/i;

/** A client that posts is refused with the very status that stands for "GET only". */
const NO_POST =
  /\bUnexpected ?Server ?Response\b.{0,12}\bHTTP 405\b|\bPOST(?:ing|s|ed)?\b.{0,120}?\b405\b|\bPOSTing to endpoint\b.{0,200}?\bmethod not allowed\b|\b(?:streamable[ -]?http|initiali[sz]e)\b.{0,120}?(?:\b405\b|\bmethod not allowed\b)/i;

/** A server that says which transport it serves. */
const SERVES_SSE =
  /\btransport\b["']?(?: type| mode)?\s*(?:is|set to|[=:]|->)?\s*["']?sse\b|\bSSE (?:server|transport|mode|endpoint)\b|\bSSEServerTransport\b|\b(?:running|listening|serving|started|available|mounted)\b.{0,60}\/sse\b|\b(?:over|via|using|in) sse\b|"?GET \/sse\b.{0,20}\b200\b|\bsse-(?:message-)?endpoint\s*[=:]/i;
const SERVES_BOTH =
  /streamable|\btransport\b.{0,10}\bhttp\b(?!:)|\b(?:running|listening|serving|available)\b.{0,60}\/mcp\b/i;

/**
 * What the message address of the older transport says of a POST that names no session in its query: Python, the TypeScript sample,
 * Spring, C#, Go. Streamable HTTP has the session in a header and spells it so.
 */
const WANTS_QUERY =
  /\bsession_id is required\b|\b(?:missing|no|invalid|required?|requires) (?:the )?(?:query )?(?:param\w* )?["'`]?(?:sessionId|session_id)["'`]? (?:query )?param|\bquery param\w*.{0,20}\b(?:sessionId|session_id)\b|\bMissing (?:required )?(?:query )?(?:param(?:eter)?:? )?["'`]?(?:sessionId|session_id)["'`]?(?: (?:query )?param(?:eter)?)?\b(?! header)|\bSession ID missing in message endpoint\b|\b(?:sessionId|session_id) (?:query )?param(?:eter)?(?: is)? (?:required|missing)|\bsessionid must be provided\b/;
/** A server that knows the older transport alone, as people say it. */
const ONLY_SSE =
  /\bserver\b[^.]{0,40}\b(?:only (?:supports?|speaks?|serves?|offers?|implements?|has|provides?)|(?:supports?|speaks?|serves?|offers?|implements?|is) only) (?:the )?(?:legacy |old(?:er)? |deprecated )?(?:HTTP ?\+ ?)?SSE\b|\blegacy (?:HTTP ?\+ ?)?SSE (?:server|endpoint)\b|\b(?:httpUrl|streamable[ -]?http|http transport)\b.{0,40}\b(?:for|against|to|on|with) an? (?:legacy |old )?SSE(?:-only)? (?:server|endpoint)\b|(?:只|仅)支持\s?SSE|(?:服务端?|服务器).{0,6}是\s?SSE/i;
/** The first event of the older transport. */
const ENDPOINT_EVENT =
  /\b(?:unknown|unexpected|unsupported|unhandled|unrecogni[sz]ed|received|got|ignor(?:ed|ing)) (?:SSE |server-sent )?event(?: type| name)?\W{1,4}endpoint\b|\bevent:? ["'`]?endpoint\b["'`]?.{0,80}\b(?:expected|instead|unexpected|not (?:a )?(?:valid )?(?:message|JSON)|POST)|\b(?:fail\w*|error|unable|cannot) (?:to )?(?:pars|decod|deserializ)\w* .{0,30}["'`]?(?:\/\S{0,80}?messages?\b\S{0,20}[?/]|.{0,20}\bevent:? ["'`]?endpoint\b)|"\/\S{0,80}messages?\b\S{0,80}" is not valid JSON|\binput_value='\/\S{0,80}(?:messages?|session_?id)/i;
/** The event itself. */
const ENDPOINT = /\bevent: ?endpoint\b|^data: ?\/\S*(?:\?|&)session_?id=/im;
/** A client that asks for Streamable HTTP, as its entry or its code says. */
const ASKS =
  /"(?:type|\w*transport\w*|protocol\w*)"\s*:\s*"(?:streamable[-_]?http|http(?:Streamable)?|streamable)"|"httpUrl"|\bStreamableHttp\b|\bstreamable_?http_?client\b/i;

type Found = { url: string | null; status: number | null };

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
    const { asked } = given.endpoint ?? {};
    const first = answers(given)[0];
    const status = first?.exchange.status ?? null;
    if (asked) {
      if (asked.answer !== 'legacy-sse') return null;
      // Over HTTP+SSE itself the transport fits: what failed then is something else.
      if (first?.exchange.purpose === 'open-sse-stream') return null;
      return {
        certainty: 'certain',
        cites: [...(first ? [first.at] : []), at('endpoint', 'asked')],
        facts: { url: asked.url, status },
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
  say: ({ url, status }) =>
    `${url ?? 'The URL'} belongs to a server of the older transport HTTP+SSE (2024-11-05): it opens an event stream on GET, and refuses the POST with which a Streamable HTTP client begins${status ? ` (${status})` : ''}.`,
  fix: ({ url }) => [
    {
      say: "Set the transport of the client's entry to sse:",
      edit: { file: 'the client config', at: 'type', to: `"type": "sse"${url ? `, "url": "${url}"` : ''}` },
    },
    {
      say: `Or use the server's Streamable HTTP endpoint, when it has one (often the same URL with /mcp in place of /sse):`,
      run: `mcp-verdict verify ${url ? url.replace(/\/sse\/?(?=$|[?#])/i, '/mcp') : '<url>/mcp'}`,
    },
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
