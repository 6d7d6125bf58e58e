import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { edgeBefore } from './edges.js';
import { httpWords, statusSaid } from './refusals.js';
import { targetOf } from './way.js';
import { find } from './words.js';

/** The status in a client's words, and what limiters say: express-rate-limit, slowapi, nginx, Cloudflare, Azure, API Gateway, Kong. */
const SAID = [
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|SSE error|returned error|\berror|\bgot|\breceived|\breturn\w*)\W[^\d]{0,30}429\b|\b429:? (?:Too Many|Client Error)|\b(?:POST|GET) \S+(?: HTTP\/[\d.]+)?"?[ :|-]{1,3}429\b|\|\s*429\s*\|/i,
  /\bToo many requests\b|\bToo Many Connections\b|\brate[- ]?limit(?:ed|ing)?\b.{0,40}\b(?:exceeded|reached|hit|error|refus\w*|reject\w*|block\w*)|\b(?:exceeded|reached|hit|over) (?:the |your |its |our )?(?:\w+ )?(?:rate[- ]?limit|request quota|quota)|\bRate ?Limit(?:Exceeded|Error|Exception)\b|\bAPI rate limit exceeded\b|\blimiting (?:requests|connections), excess\b|\bThrottlingException\b|\bRate limit is exceeded\b|\bstatus code '429'/i,
];
/** A tool, a model or a registry of images says the same of its own limits. */
const ELSEWHERE =
  /\btools?\/call\b|\btool (?:call|result|execution|error)|\bisError\b|\bopenai\b|\banthropic\b|\bmodel\b|\btokens? per\b|\btoomanyrequests\b|\bpull\b|\bgithub api\b|\bsearch api\b|\bupstream api\b|\bregister\b|\bregistration\b/i;

type Found = { url: string | null; by: string | null; retryAfter: string | null; says: string | null };

const gist = (body: string | undefined): string | null =>
  /"(?:message|detail|error|error_description)"\s*:\s*"([^"]{1,160})"/.exec(body ?? '')?.[1] ?? null;

export default defineCause({
  id: 'http-rate-limited',
  title: 'The server, or an edge before it, limits the number of requests and refuses more (HTTP 429)',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 429): Too Many Requests',
    'SSE error: Non-200 status code (429)',
    'Too many requests, please try again later.',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-endpoint-wrong'],

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const limited = answers(given).find(({ exchange }) => exchange.status === 429);
    if (limited) {
      const { exchange, live, at } = limited;
      const { headers = {}, body } = exchange;
      return {
        certainty: live ? 'certain' : 'likely',
        cites: [at],
        facts: {
          url: exchange.url || url,
          by: edgeBefore({ url: exchange.url, headers }),
          retryAfter: headers['retry-after'] ?? null,
          says: gist(body),
        },
      };
    }
    if (given.handshake || answers(given).some(({ exchange }) => exchange.status !== undefined)) return null;
    const lines = httpWords(given).filter(({ text }) => !ELSEWHERE.test(text));
    const said = find(lines, ...SAID);
    const line = said?.line ?? statusSaid(lines, 429)?.line;
    if (!line) return null;
    const retryAfter = /\bretry[- _]after["']?\W{1,3}(\d{1,6})/i.exec(line.text)?.[1] ?? null;
    return {
      certainty: said ? 'likely' : 'possible',
      cites: [line.at],
      facts: { url, by: null, retryAfter, says: gist(line.text) },
    };
  },
  say: ({ url, by, retryAfter, says }) =>
    `${url ?? 'The server'} answers 429 (Too Many Requests)${says ? `, "${says.replace(/[.!?]$/, '')}"` : ''}: more requests came from this client or its address than ${by ? `the server or ${by} before it` : 'the server or an edge before it'} allows${retryAfter ? `. It asks to wait (Retry-After: ${retryAfter}${/^\d+$/.test(retryAfter) ? ' s' : ''})` : ''}.`,
  fix: ({ url, retryAfter }) => [
    {
      say: `Wait${retryAfter && /^\d+$/.test(retryAfter) ? ` ${retryAfter} s` : ''} and try once; do not let the client reconnect in a loop, because each attempt counts:`,
      run: `mcp-verdict verify ${url ?? '<url>'}`,
    },
    {
      say: 'On the server: an MCP client sends four to eight requests to open a session (initialize, notification, GET, a list each), so allow bursts, and count by token or session where many users share an address. express-rate-limit behind a proxy counts the proxy unless it is trusted:',
      edit: {
        file: 'the server',
        to: "app.set('trust proxy', 1);\napp.use('/mcp', rateLimit({ windowMs: 60_000, limit: 300 }));",
      },
    },
    {
      say: 'At the edge: raise the limit for the path of the endpoint or exempt it (nginx: limit_req ... burst=50 nodelay; Cloudflare: Security, WAF, Rate limiting rules), and send a Retry-After header.',
    },
  ],
  why: 'A limiter made for people or for a REST API counts requests per address and minute. An MCP client opens with a handful at once, hosted clients share few addresses, and a client that reconnects after each failure keeps itself above the limit.',
  refs: ['https://www.rfc-editor.org/rfc/rfc6585#section-4', 'https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3'],
  examples: [
    {
      name: 'live, with Retry-After',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 429,
              headers: { 'retry-after': '30' },
              body: '{"error":"Too many requests"}',
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
          'Streamable HTTP error: Error POSTing to endpoint: {"jsonrpc":"2.0","error":{"code":-32000,"message":"Too many requests, please try again later."},"id":null}',
      },
    },
    {
      name: 'httpx',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "httpx.HTTPStatusError: Client error '429 Too Many Requests' for url 'https://acme.dev/mcp'",
      },
    },
    { name: 'SSE', finds: true, symptoms: { transport: 'sse', clientError: 'SSE error: Non-200 status code (429)' } },
    {
      name: 'nginx',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'limiting requests, excess: 20.400 by zone "mcp", client: 10.0.0.7, request: "POST /mcp HTTP/1.1"',
      },
    },
    {
      name: 'an API that a tool calls',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'tools/call failed: GitHub API rate limit exceeded (429)',
      },
    },
    {
      name: 'a stdio server',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'HTTP 429 Too Many Requests from api.example.com' },
    },
    {
      name: 'a port that is 4290',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'fetch failed to http://localhost:4290/mcp' },
    },
  ],
});
