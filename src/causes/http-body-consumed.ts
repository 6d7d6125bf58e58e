import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { httpWords } from './refusals.js';
import { targetOf } from './way.js';
import { failed, find, type Line } from './words.js';

/** Somebody reads a body that was read before: raw-body and undici, Hono and Workers, Servlets, Django, Starlette, Go, .NET, Ruby. */
const SAID =
  /\bstream is not readable\b|\bstream\.not\.readable\b|\bBody (?:is unusable|has already been (?:read|consumed|used))\b|\bbody (?:stream |was |is )?already (?:been )?(?:read|used|consumed|parsed)\b|\bbody used already\b|\b(?:request|body|stream|ReadableStream)\b.{0,30}\b(?:disturbed or locked|is locked|already (?:been )?(?:consumed|drained|read)|was already (?:consumed|read))\b|\bget(?:InputStream|Reader)\(\) has already been called\b|\bRawPostDataException\b|\bcannot access body after reading\b|\bRequired request body is missing\b|\bStreamConsumed\b|^\W{0,3}(?:RuntimeError: )?Stream consumed\W*$|\bhttp: invalid Read on closed Body\b|\bStream closed\b.{0,40}\brequest body\b|\brequest (?:stream|body) (?:was |is |has been )?(?:already )?(?:consumed|drained)\b/i;
/** A parser in front, and a transport that is not handed what it read: pasted code. */
const PARSER =
  /\b(?:express|bodyParser|app)\.?(?:\(\))?\.?\b(?:json|urlencoded)\s*\(|\bbodyParser\b|\bbody-parser\b|\bexpress\.(?:json|text|raw)\(/;
const HANDLER =
  /\bhandle(?:PostMessage|Request)\s*\(\s*(?:req(?:uest)?(?:\.raw|\.node\.req)?)\s*,\s*(?:res(?:ponse)?|reply)(?:\.raw|\.node\.res)?\s*\)/;
/** A person's words. */
const TOLD =
  /\b(?:express\.json|body-?parser)\b.{0,80}\b(?:-32700|parse error|not readable|hangs?|time[sd]? ?out|fails?|400|500|breaks?)\b|\b(?:hangs?|time[sd]? ?out|fails?|400|500|breaks?|stuck|never)\b.{0,60}\b(?:express\.json|body-?parser)\b|\b(?:await )?request\.(?:body|json)\(\).{0,80}\b(?:hangs?|consum\w+|stuck|empty|time[sd]? ?out|drain\w*)\b|\bBaseHTTPMiddleware\b.{0,120}\b(?:body|http\.request)\b|\bUnexpected message received: http\.request\b|(?:-32700|\bparse error|\bnot readable\b).{0,80}\b(?:express\.json|body-?parser)\b|\b(?:body[- ]?parser|express\.json(?:\(\))?|middleware)\b.{0,60}\b(?:consum\w+|drain\w*|reads?|eats?|parsed?)\b.{0,40}\b(?:body|stream|request)\b|\b(?:pass|hand|missing|without) (?:the )?(?:parsed )?`?(?:req(?:uest)?\.body|parsedBody)\b|\b(?:remov\w+|without|drop\w*|disabl\w+|before|after adding|because of|due to) (?:the )?(?:global )?`?(?:app\.use\()?(?:express\.json|body-?parser)\b/i;
/** The server cannot parse what it was sent. */
const PARSE_ERROR = /"code"\s*:\s*-32700\b|\bParse error\b/i;
const NODE = /express|node|next|nest|fastify|hono|vercel|cloudflare/i;

type Found = { url: string | null; status: number | null; sse: boolean; certainly: boolean };

export default defineCause({
  id: 'http-body-consumed',
  title: 'A body parser in front has read the request before the MCP transport gets it',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 400): {"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"InternalServerError: stream is not readable"},"id":null}',
    'InternalServerError: stream is not readable',
    'TypeError: Body is unusable: Body has already been read',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-server-error'],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const lines = httpWords(given);
    const facts = {
      url,
      status: answers(given)[0]?.exchange.status ?? null,
      sse: given.reported?.transport === 'sse' || lines.some(({ text }) => /handlePostMessage|SSEServer/.test(text)),
      certainly: true,
    };
    const opened = answers(given).filter(({ exchange: { status = 400 } }) => status >= 400);
    const stated = opened.find(({ exchange }) => SAID.test(exchange.body ?? ''));
    if (stated)
      return {
        certainty: 'certain',
        cites: [`${stated.at}/body`],
        facts: { ...facts, status: stated.exchange.status ?? null },
      };
    // A client that reads its own answer twice says alike; the server's words stand in its log or behind "POSTing".
    const hit = find(lines, SAID);
    if (hit) {
      const servers = hit.line.from !== 'client' || /POSTing|HTTP [45]\d\d|-32700|raw-body/i.test(hit.line.text);
      return { certainty: servers ? 'likely' : 'possible', cites: [hit.line.at], facts };
    }
    const code = codeIn(given, lines);
    const told = find(lines, TOLD);
    const fails = opened.length > 0 || lines.some(({ text }) => /\b400\b|parse error|time(?:d )?out/i.test(text));
    if (code.handler && code.parser && (fails || given.http === undefined))
      return { certainty: 'likely', cites: [code.at], facts };
    if (told) return { certainty: 'likely', cites: [told.line.at], facts };
    const unsure = { ...facts, certainly: false };
    if (code.handler && fails) return { certainty: 'possible', cites: [code.at], facts: unsure };
    // Our own message is valid JSON: whoever cannot parse it did not get it.
    const unparsed = opened.find(({ exchange }) => PARSE_ERROR.test(exchange.body ?? ''));
    if (unparsed) {
      const { headers = {}, status } = unparsed.exchange;
      const node = NODE.test(`${headers['x-powered-by'] ?? ''} ${headers.server ?? ''}`);
      return {
        certainty: unparsed.live && status === 400 && node ? 'likely' : 'possible',
        cites: [`${unparsed.at}/body`],
        facts: { ...unsure, status: status ?? null },
      };
    }
    const parse = find(lines, /\bPOSTing to endpoint\b.{0,120}?(?:-32700|\bparse error)/i);
    return parse ? { certainty: 'possible', cites: [parse.line.at], facts: unsure } : null;
  },
  say: ({ url, status, certainly }) =>
    certainly
      ? `Behind ${url ?? 'the endpoint'} a body parser reads the request before the MCP transport does, so the transport finds an empty stream and answers ${status ?? 400}: it cannot parse a message that was sent correctly.`
      : `${url ?? 'The server'} answers${status ? ` ${status}:` : ''} that it cannot parse the message. With a client that sends valid JSON this means that the body does not reach the transport: most often a body parser in front has read it.`,
  fix: ({ url, sse }) => [
    {
      say: 'Hand the parsed body to the transport. In Express, with express.json() before the route:',
      edit: {
        file: 'the route of the MCP endpoint',
        to: sse
          ? 'await transport.handlePostMessage(req, res, req.body);'
          : 'await transport.handleRequest(req, res, req.body);',
      },
    },
    {
      say: 'Or keep the parser away from this route: register express.json() for the other routes only; in Next.js (pages) `export const config = { api: { bodyParser: false } }`; in NestJS `NestFactory.create(App, { bodyParser: false })`; in middleware of Hono or Workers read a copy, `await c.req.raw.clone().json()`.',
    },
    {
      say: 'In a servlet filter or Django middleware that logs bodies, wrap the request (ContentCachingRequestWrapper) or read it once and pass it on.',
    },
    { say: 'Check it:', run: `mcp-verdict verify ${url ?? '<url>'}` },
  ],
  why: 'The body of an HTTP request is a stream that can be read once. The transports of the SDKs read it themselves unless they are handed the parsed body as the third argument, so a global express.json() leaves them nothing.',
  refs: [
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/187',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/223',
    'https://expressjs.com/en/api.html#express.json',
  ],
  examples: [
    {
      name: 'the Inspector',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error from MCP server: Error: Error POSTing to endpoint (HTTP 400): {"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"InternalServerError: stream is not readable"},"id":null}',
      },
    },
    {
      name: 'the older SSE transport',
      finds: true,
      symptoms: {
        transport: 'sse',
        http: { method: 'POST', status: 400, body: 'InternalServerError: stream is not readable' },
      },
    },
    {
      name: 'undici in the log of a server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'TypeError: Body is unusable: Body has already been read\n    at Request.text (srvx/node.mjs:465:29)',
      },
    },
    {
      name: 'code in which the parser stands in front',
      finds: true,
      symptoms: {
        transport: 'sse',
        serverLog:
          "app.use(express.json());\napp.post('/messages', (req, res) => transport.handlePostMessage(req, res));",
        http: { method: 'POST', status: 400 },
      },
    },
    {
      name: 'Django',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          "django.http.request.RawPostDataException: You cannot access body after reading from request's data stream",
      },
    },
    {
      name: 'live, Express in front of the transport',
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
              ms: 7,
              credentials: 'none',
              status: 400,
              headers: { 'x-powered-by': 'Express' },
              contentType: 'application/json',
              body: '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: Invalid JSON"},"id":null}',
            },
          ],
        },
      },
    },
    {
      name: 'code that hands the body on',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          "app.use(express.json());\napp.post('/mcp', (req, res) => transport.handleRequest(req, res, req.body));",
      },
    },
    {
      name: 'a message that is no JSON over stdio',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stdout: '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}',
      },
    },
    {
      name: 'a stream that is writable no more',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'write after end: stream is not writable' },
    },
  ],
});

/** The parser and the handler in code that was pasted into the log or the entry, with the place of the handler. */
function codeIn(
  given: Parameters<typeof httpWords>[0],
  lines: Line[],
): { parser: boolean; handler: boolean; at: string } {
  const entry = given.reported?.entry ?? '';
  const line = lines.find(({ text }) => HANDLER.test(text));
  return {
    parser: PARSER.test(entry) || lines.some(({ text }) => PARSER.test(text)),
    handler: line !== undefined || HANDLER.test(entry),
    at: line?.at ?? '/evidence/reported/value/entry',
  };
}
