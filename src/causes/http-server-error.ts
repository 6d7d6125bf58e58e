import type { Evidence } from '../case/evidence.js';
import { ANSWERS, answers, isStreamGet, refusedRequests } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { edgeOf } from './edges.js';
import { httpWords, refusalIn, statusSaid } from './refusals.js';
import { isGatewayLog, serverWords, targetOf, transcript, wayWords } from './way.js';
import { find } from './words.js';

/** Statuses that a server gives itself; those of a gateway count only when it was plainly the server that spoke. */
const OWN = (status: number): boolean => status >= 500 && status < 600;

const SAID = [
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|SSE error)\W[^\d]{0,30}(?<status>50[0156789]|511)\b/i,
  /\bHTTP\/[\d.]+"? (?<status>500)\b|\b(?:POST|GET) \S+ (?:\(\w+\) )?(?:-> |=> |→ )?(?<plain>500)\b/i,
  // SDK v1 leaves the status out and quotes the body.
  /\bPOSTing to endpoint\b.{0,200}?(?:\binternal server error\b|"code": ?-32603\b)/i,
  /\b(?<status>500)[ ,:]*(?:\(?internal server error|server error)/i,
  // curl and Java name the number, Go the words; Vercel and Workers have words of their own for a function that threw.
  /\b(?:returned error|response code|response status|error|got|received)\W{1,3}(?<status>500)\b/i,
  // The SDK's name of an error that an authorization server met, without a word beside it.
  /(?<![\w.])ServerError\b(?=:? ?$)/,
  /\binternal server error\b|FUNCTION_INVOCATION_FAILED|\berror(?: code)?:? ?110[12]\b|worker threw (?:an )?exception|serverless function has crashed/i,
];
/** Frameworks that met an exception while they served a request: ASGI, Django, Express, ASP.NET, Go, Servlets, Rails. */
const THROWN =
  /Exception in ASGI application|Internal Server Error: \/|\berror (?:while )?(?:handling|processing) (?:the )?(?:MCP |HTTP |POST )?request\b|An unhandled exception has occurred while executing the request|\bhttp: panic serving\b|Servlet\.service\(\).{0,80} threw exception|\bException on \/\S* \[POST\]|\bCompleted 500 Internal\b|\bERR_HTTP_HEADERS_SENT\b|\bCannot set headers after they are sent\b|\bRequest already responded to\b|\bExpected ASGI message\b|\bUnexpected ASGI message\b|\bASGI callable returned without\b|\bKeyError: '?mcp-session-id|'Request' object has no attribute|'(?:Scope|Response|Starlette|FastAPI)' object has no attribute|\bhandleRequest\b.{0,60}\bis not a function\b|\btransport\.(?:handleRequest|handlePostMessage)\b.{0,60}\b(?:error|undefined|not a function)\b/i;
/** An exception that nobody caught, in the languages of servers: while it serves over HTTP, the request that met it gets a 500. */
const UNCAUGHT =
  /^[\s|+│-]{0,8}(?:\[?ERROR\]?:?\s+)?(?:Unhandled exception\W{1,3}|Uncaught\W{1,3})?(?:[\w$]+[.:]{1,2}){0,8}(?:(?:Type|Attribute|Key|Value|Index|Runtime|Assertion|Reference|Range|Name|Validation|Unicode\w+|LookUp|Lookup|ClosedResource|NotImplemented|Recursion)Error|(?:NullPointer|NullReference|IllegalState|IllegalArgument|InvalidOperation|ClassCast|NoSuchElement|JsonMapping|JsonParse)Exception)\b(?:: ?\S|\W*$)|\bpanicked at \S+:\d|^panic: |\bnil pointer dereference\b|\bPHP Fatal error:/;
/** It did not come so far as to serve, or something behind it failed: causes of their own. */
const NO_REQUEST =
  /\b(?:Import|ModuleNotFound|Syntax|Indentation)Error\b|\bunexpected keyword argument\b|\bno longer accepts\b|address already in use|\bEADDRINUSE\b|\bECONN\w+|\bconnection refused\b|\bmissing\b.{0,40}\b(?:env\w*|variable|key|token)\b|\b(?:env\w*|variable|api[_ ]key|token)\b.{0,60}\b(?:not set|required|missing|must be)\b|\bapplication startup failed\b|\bFastMCP\(\)|\bmcp\.run\(|\bin main\b|__main__/i;

/** The sentence of a body that tells most: a JSON message, or the text without its tags. */
function gist(body: string | undefined): string | null {
  const message = /"(?:message|detail|error|error_description)"\s*:\s*"([^"]{1,200})"/.exec(body ?? '')?.[1];
  const text =
    message ??
    (body ?? '')
      .replace(/<(?:style|script)[^>]*>[^<]*<\/|<[^>]{0,500}>/gi, ' ')
      .replace(/\s+/g, ' ')
      .trim();
  return text ? text.slice(0, 200) : null;
}

/** What the server could not do stands in its log or in the body, and is a cause of its own. */
const named = (given: Partial<Evidence>, body: string | undefined): boolean =>
  [...httpWords(given).map(({ text }) => text), body].some(
    (text) => /\balready connected to a tran/i.test(text ?? '') || refusalIn(text)?.kind.startsWith('session'),
  );

/** A process that ended, or a platform that could not start it: no request was met. */
const isStarting = ({ process, reported }: Partial<Evidence>): boolean =>
  process !== undefined || (reported?.transport !== 'streamable-http' && reported?.transport !== 'sse');

export default defineCause({
  id: 'http-server-error',
  title: 'The MCP server fails while it answers (HTTP 5xx)',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 500)',
    'SSE error: Non-200 status code (500)',
    '500 Internal Server Error',
    'MCP error -32603: Internal error',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming'],

  match(given) {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const broken = answers(given).find(({ exchange }) => OWN(exchange.status ?? 0) && edgeOf(exchange) === null);
    if (broken) {
      const { exchange, live } = broken;
      const reason = !live && named(given, exchange.body);
      const certainty = live ? 'certain' : isStreamGet(exchange, given) || reason ? 'possible' : 'likely';
      return {
        certainty,
        cites: [broken.at],
        facts: {
          url: exchange.url || url,
          status: exchange.status ?? 500,
          body: gist(exchange.body),
          request: live ? exchange.purpose : null,
        },
      };
    }
    if (answers(given).length > 0) return null;
    // A client or relay that answers 500 because it was refused itself: the inner status tells.
    const way = [...wayWords(given), ...transcript(given)].filter(
      ({ text }) => !isGatewayLog(text) && !/\b(?:HTTP|status(?: code)?)\W{1,3}4\d\d\b/i.test(text),
    );
    const said = find(way, ...SAID);
    const refused = refusedRequests(given);
    const logged = refused.find(({ status }) => OWN(status) && ![502, 503, 504].includes(status));
    const thrown = find(serverWords(given), THROWN);
    const number = statusSaid(way, 500);
    const line = said?.line ?? logged?.line ?? thrown?.line ?? number?.line;
    const own = serverWords(given);
    const uncaught =
      line || isStarting(given) || own.some(({ text }) => NO_REQUEST.test(text)) ? null : find(own, UNCAUGHT);
    if (uncaught)
      return {
        certainty: 'possible',
        cites: [uncaught.line.at],
        facts: { url, status: 500, body: null, request: null },
      };
    if (!line) return null;
    const status = Number(said?.groups.status ?? said?.groups.plain ?? logged?.status ?? 500);
    const body = said ? gist(/\{.*/.exec(said.line.text)?.[0]) : null;
    // A tool that fails says the same of the API which it calls.
    const aside = said
      ? /\btools?\b|\bAPI (?:error|request)\b/i.test(said.line.text) || named(given, said.line.text)
      : !logged;
    return { certainty: aside ? 'possible' : 'likely', cites: [line.at], facts: { url, status, body, request: null } };
  },
  say: ({ url, status, body, request }) =>
    `${url ?? 'The server'} was reached and failed while it answered${request ? ` ${request}` : ''}: HTTP ${status}${body ? `, "${body.replace(/[.!?]$/, '')}"` : ' without a word of explanation'}.`,
  fix: ({ url }) => [
    {
      say: 'Read the error with its stack trace in the log of the server or of its platform (docker logs, kubectl logs, railway logs, wrangler tail, vercel logs) at the time of this request: the fault is in the code there, not in the client.',
    },
    { say: 'Provoke it again while you watch that log:', run: `mcp-verdict verify ${url ?? '<url>'}` },
  ],
  why: 'A status of 500 means that the program at the endpoint met an exception which it did not handle. The client sees the number only; the reason stands in the log of the server. Nothing in the client configuration can cure it.',
  refs: ['https://www.rfc-editor.org/rfc/rfc9110#section-15.6.1'],
  examples: [
    {
      name: 'live, a bare 500',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 500,
              contentType: 'text/plain',
              body: 'Internal Server Error',
            },
          ],
        },
      },
    },
    {
      name: 'live, a JSON-RPC internal error from the server itself with 503',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 503,
              contentType: 'application/json',
              body: '{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"Internal error"}}',
            },
          ],
        },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: Error POSTing to endpoint (HTTP 500): {"error":"Cannot read properties of null"}',
      },
    },
    { name: 'SSE', finds: true, symptoms: { transport: 'sse', clientError: 'SSE error: Non-200 status code (500)' } },
    {
      name: 'Go',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'failed to connect: Internal Server Error' },
    },
    {
      name: '.NET',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'System.Net.Http.HttpRequestException: Response status code does not indicate success: 500 (Internal Server Error).',
      },
    },
    {
      name: 'httpx',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "httpx.HTTPStatusError: Server error '500 Internal Server Error' for url 'https://acme.dev/mcp'",
      },
    },
    {
      name: 'curl',
      finds: true,
      symptoms: { url: 'https://acme.dev/mcp', clientError: 'curl: (22) The requested URL returned error: 500' },
    },
    {
      name: 'an access log',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'INFO:     10.0.0.7:51422 - "POST /mcp HTTP/1.1" 500 Internal Server Error',
      },
    },
    {
      name: 'a log in which later requests succeed',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '10.0.0.7 - "POST /mcp HTTP/1.1" 500\n10.0.0.7 - "POST /mcp HTTP/1.1" 200',
      },
    },
    {
      name: 'a gateway that waits for its origin',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 502,
          headers: { server: 'nginx/1.25.3' },
          body: '<html><head><title>502 Bad Gateway</title></head></html>',
        },
      },
    },
    {
      name: 'a port that is 5000',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:5000/mcp',
        clientError: 'fetch failed to http://localhost:5000/mcp',
      },
    },
  ],
});
