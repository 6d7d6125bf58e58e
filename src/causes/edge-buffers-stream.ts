import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { edgeAround, edgeBefore, limitsOf } from './edges.js';
import { entryText } from './listeners.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';
import { find, spoken, WORDS, words } from './words.js';

/** The fault by its name, or the setting that governs it. */
const BUFFER =
  /\bbuffer(?:s|ed|ing)?\b(?!.{0,20}\b(?:overflow|limit|exceeded|size|from\(|is not)\b)|\bX-Accel-Buffering\b|\bproxy_buffering\b|\bbuffer-response\b|\bflush_?interval\b|\bflushpackets\b|\bSPRING_\w*BUFFER|\bresponse_buffering\b|\bRESPONSE_STREAM\b|\bres(?:ponse)?\.flush\b/i;
/** A setting that governs nothing else. */
const SETTING = /X-Accel-Buffering|proxy_buffering|flush_?interval|response_buffering|buffer-response/i;
/** How it looks: everything late and at once. */
const LATE =
  /\b(?:only )?(?:flush(?:es|ed)?|deliver(?:s|ed)?|sent|emitted|written) (?:only )?(?:at the end|all at once|when (?:the )?\w+ (?:ends?|closes))|\b(?:events?|messages?|notifications?|chunks?|data|responses?|results?|bytes?|body|stream|tokens?)\b.{0,60}\b(?:all at once|at the end|only (?:when|after|once|at)|arrives? late|(?:is|are|was|were)? ?delayed|held back|(?:until|till) (?:the )?(?:stream|connection|response|request|server|end)\b.{0,30}(?:ends?|clos\w+|finish\w*|complete\w*)?|never (?:arrive|reach|come|get|received|delivered)\w*|do(?:es)?(?: not|n't) (?:arrive|reach|come|get|stream|flush)\w*|in one (?:go|burst|chunk|batch)|not (?:streamed|flushed|delivered))|\b(?:never|not|no)\b.{0,20}\b(?:receiv\w+|gets?|sees?|sent|delivered)?\b.{0,30}\b(?:events?|data|bytes?|messages?)\b.{0,20}(?:\buntil\b|$)/i;
/** The same of everything together, in any order of the words. */
const AT_ONCE =
  /\b(?:all|everything)\b.{0,30}\b(?:arrives?|comes?|delivered|received|appears?|shows? up|flushed)?\b.{0,20}\b(?:at once|together|in one (?:go|burst|batch))\b|\bnothing (?:arrives?|comes|is received|is sent)?.{0,10}\b(?:until|till|before)\b.{0,40}\b(?:complet\w+|finish\w*|ends?|closes?|done|returns?)\b|一次性.{0,12}(?:接收|返回|打印|输出|收到|到达)|(?:等|直到).{0,20}(?:结束|完成).{0,12}(?:才|一起)|不是流式|まとめて(?:届|受信|返)/i;
const HANGS =
  /\bhangs?\b|\bnot established\b|\bhanging\b|\bstuck\b|\btime[sd]? ?out\b|\btiming out\b|\btimeouts?\b|\bno (?:response|answer|events?|data|bytes?|headers?)\b|\bnever (?:returns?|completes?|resolves?|responds?|connects?)\b|\bempty (?:body|response|stream)\b|\bfirst byte\b|\bcurrently unavailable\b|\bpending\b/i;
const STREAM =
  /\bSSE\b|\bevent[- ]stream\b|\bnotifications?\b|\bprogress\b|\bserver[- ]sent\b|\bstream(?:s|ing|able)?\b|\bGET\b/i;
const COMPRESS = /\b(?:gzip|compress(?:ion|ed|es)?|brotli|deflate|GZipMiddleware|content-encoding)\b/i;
const GZIP = /GZipMiddleware/;
const CURED =
  /\bcompress(?:ion)?\W{1,3}(?:false|off)\b|\b(?:disabl\w+|turn\w* off|remov\w+|without)\b.{0,20}\b(?:gzip|compress)/i;
const DIRECT =
  /\b(?:direct(?:ly)?|without (?:the )?(?:proxy|gateway|nginx|tunnel)|bypass\w*|locally|on localhost|port-forward)\b.{0,60}\b(?:works?|ok|succeeds?|200|fine|instant\w*|immediate\w*|incremental\w*|one by one|streams?|streamed|as they)\b|\b(?:works?|fine|ok)\b.{0,40}\b(?:direct(?:ly)?|locally|on localhost|without (?:the )?(?:proxy|gateway|nginx|tunnel)|bypass\w*)\b/i;
const BETWEEN =
  /\b(?:reverse )?prox(?:y|ies|ied)\b|\bgateway\b|\bingress\b|\bnginx\b|\bcaddy\b|\btraefik\b|\benvoy\b|\bistio\b|\bkong\b|\bhaproxy\b|\bapache\b|\bcloudflare\w*\b|\bcloudfront\b|\bload[- ]?balancer\b|\bALB\b|\bAPIM\b|\bAPI ?Management\b|\bhigress\b|\bapisix\b|\btunnel\b|\bCDN\b|\bedge\b|\bmiddleware\b|\bngrok\b|\blambda\b|\bIIS\b/i;

interface Found extends Record<string, string | number | boolean | null> {
  edge: string;
  compressed: boolean;
  held: number | null;
  legacy: boolean;
}

/** The evidence of our own conversation: an event stream that stays empty, or comes compressed. */
function seenLive(given: Partial<Evidence>): Match<Found> | null {
  const exchanges = given.http?.exchanges ?? [];
  const answered = exchanges.some(({ purpose, status }) => purpose === 'initialize' && status === 200);
  const isAsked = (url: string) => url === (given.endpoint?.asked.url ?? given.reported?.url);
  const postServed = exchanges.some(({ method, url, status = 0 }) => method === 'POST' && isAsked(url) && status < 404);
  for (const [i, e] of exchanges.entries()) {
    if (wasTold(e) || e.method === 'OPTIONS') continue;
    const edge = edgeBefore({ url: e.url, headers: e.headers ?? {} }) ?? edgeAround(given);
    const limits = edge ? limitsOf(edge) : null;
    const events = /text\/event-stream/i.test(e.contentType ?? e.headers?.['content-type'] ?? '');
    const place = at('http', 'exchanges', i);
    const facts = {
      edge: edge ?? 'a proxy',
      compressed: false,
      held: Math.round(e.ms),
      legacy: e.purpose === 'open-sse-stream' || e.purpose === 'look-for-sse',
    };
    const encoding = e.headers?.['content-encoding'] ?? '';
    // The old transport must send its first event at once; the headers came and the event did not, or nothing did. A GET
    // that only looked around counts where POST is not served: on Streamable HTTP a stream may well be silent.
    const opens =
      e.purpose === 'open-sse-stream' ||
      (e.purpose === 'look-for-sse' &&
        (events || e.status === undefined) &&
        /\/sse\/?$/.test(e.url) &&
        isAsked(e.url) &&
        !postServed);
    const late = /TIMEOUT/i.test(e.error?.code ?? '');
    if (
      opens &&
      (e.events ?? []).length === 0 &&
      (e.bodyBytes ?? 0) === 0 &&
      (e.stream?.comments ?? 0) === 0 &&
      late &&
      (events || edge)
    )
      return {
        certainty: edge && limits?.buffers !== 'no' ? 'likely' : 'possible',
        cites: [place],
        facts: { ...facts, legacy: true, compressed: encoding !== '' },
      };
    // POST is answered and the stream of GET gives not even headers.
    if (
      e.purpose === 'get-stream' &&
      answered &&
      edge &&
      limits?.buffers !== 'no' &&
      e.status === undefined &&
      /TIMEOUT/i.test(e.error?.code ?? '')
    )
      return { certainty: 'likely', severity: 'degraded', cites: [place], facts };
    // Gzip over an event stream collects bytes until a block is full.
    if (events && /gzip|br|deflate|zstd/i.test(encoding) && (e.purpose === 'compression' || e.purpose === 'get-stream'))
      return {
        certainty: 'possible',
        severity: 'risky',
        cites: [at('http', 'exchanges', i, 'headers', 'content-encoding')],
        facts: { ...facts, compressed: true },
      };
  }
  return null;
}

export default defineCause({
  id: 'edge-buffers-stream',
  title: 'A proxy holds the event stream back until it ends or a buffer is full',
  culprit: 'edge',
  severity: 'broken',
  seenAs: [
    'MCP error -32001: Request timed out',
    'SSE error: TypeError: terminated: Body Timeout Error',
    "This connector's server is currently unavailable",
    '504 Gateway Timeout',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'endpoint', 'launch'],
  explains: [
    'handshake-unanswered',
    'handshake-slow-start',
    'http-endpoint-wrong',
    'catalog-list-fails',
    'lifetime-timeout-before-answer',
    'lifetime-idle-cut',
    'edge-bad-gateway',
    'transport-get-stream-mishandled',
    'http-endpoint-wrong',
  ],

  match(given): Match<Found> | null {
    const live = seenLive(given);
    if (live) return live;
    const { reported, http, handshake } = given;
    if (!reported || handshake || (reported.transport === 'stdio' && targetOf(given) === undefined)) return null;
    const lines = words(given);
    const edge = edgeAround(given);
    const limits = edge ? limitsOf(edge) : null;
    const between =
      edge !== null ||
      lines.some(({ text }) => BETWEEN.test(text)) ||
      BETWEEN.test(`${entryText(given)} ${reported.platform ?? ''}`);
    const buffer = find(lines, BUFFER);
    const late = find(lines, LATE, AT_ONCE);
    const hangs = find(lines, HANGS);
    const stream = find(lines, STREAM);
    const compress = find(lines, COMPRESS);
    const direct = find(spoken(lines), DIRECT);
    const setting = BUFFER.test(entryText(given));
    const exchanges = http?.exchanges ?? [];
    // Whoever names this header in a report has looked for it, whatever stands behind the name.
    const named = exchanges.findIndex(
      ({ headers = {} }) => headers['x-accel-buffering'] !== undefined && headers['x-accel-buffering'] !== 'no',
    );
    const zipped = exchanges.findIndex(
      ({ headers = {}, contentType }) =>
        /event-stream/.test(contentType ?? headers['content-type'] ?? '') &&
        /gzip|br|deflate/.test(headers['content-encoding'] ?? ''),
    );
    const answered = exchanges.some(
      ({ status = 0 }) => status >= 400 && status !== 502 && status !== 504 && status !== 524 && status !== 408,
    );
    if (answered) return null;
    const streams =
      AT_ONCE.test(late?.line.text ?? '') ||
      reported.transport === 'sse' ||
      stream !== null ||
      exchanges.some(({ method }) => method === 'GET');
    let certainty: Certainty;
    if (buffer && (late || between || stream || (SETTING.test(buffer.match[0]) && reported.transport !== 'stdio')))
      certainty = 'likely';
    else if (named >= 0 || (setting && (hangs || late))) certainty = 'likely';
    else if (zipped >= 0) certainty = 'likely';
    else if (late && between && streams) certainty = 'likely';
    else if (
      compress &&
      (late || hangs || (CURED.test(compress.line.text) && stream)) &&
      (streams || GZIP.test(compress.match[0]))
    )
      certainty = 'likely';
    else if (direct && between && (hangs || late) && streams) certainty = 'likely';
    else if (limits?.buffers === 'yes' && hangs && reported.transport === 'sse') certainty = 'likely';
    else if (late && (streams || between)) certainty = 'possible';
    else if (
      limits &&
      limits.buffers !== 'no' &&
      (hangs || late) &&
      !exchanges.some(({ status }) => status !== undefined && status >= 500)
    )
      certainty = 'possible';
    else return null;
    const cites = [
      ...(named >= 0 ? [at('http', 'exchanges', named, 'headers', 'x-accel-buffering')] : []),
      ...(zipped >= 0 ? [at('http', 'exchanges', zipped, 'headers', 'content-encoding')] : []),
      ...[buffer, late, compress, direct, hangs].flatMap((hit) => (hit ? [hit.line.at] : [])),
    ];
    if (cites.length === 0 && reported.entry !== undefined) cites.push(at('reported', 'entry'));
    if (cites.length === 0) return null;
    return {
      certainty,
      cites: [...new Set(cites)].slice(0, 4),
      facts: {
        edge: edge ?? 'a proxy',
        compressed: zipped >= 0 || (compress !== null && compress !== undefined),
        held: null,
        legacy: reported.transport === 'sse',
      },
    };
  },
  say: ({ edge, compressed, held, legacy }) =>
    `${edge === 'a proxy' ? 'A proxy' : edge} in front of the server ${compressed ? 'compresses the event stream and so collects it' : 'collects the event stream in a buffer'}: ${legacy ? 'the first event, with the address for messages,' : 'what the server sends'} does not come through while the stream is open${held !== null && held > 1_000 ? ` (nothing in ${Math.round(held / 1_000)} s)` : ''}.`,
  fix: ({ edge, compressed }) => {
    const change = limitsOf(edge)?.change ?? null;
    const header = {
      say: 'Let the server ask for it with each event stream; nginx, Render, Google and several ingress controllers obey this header:',
      edit: {
        file: 'the source of the server',
        to: "response.setHeader('X-Accel-Buffering', 'no');\nresponse.setHeader('Cache-Control', 'no-cache, no-transform');\nresponse.flushHeaders();",
      },
    };
    const own: Record<string, { say: string; edit?: { file: string; at?: string; to: string } }> = {
      nginx: {
        say: 'Switch buffering and compression off for the MCP path:',
        edit: {
          file: 'nginx.conf',
          at: 'location /mcp',
          to: 'proxy_buffering off;\ngzip off;\nproxy_http_version 1.1;\nproxy_set_header Connection "";\nproxy_read_timeout 3600s;',
        },
      },
      'Azure API Management': {
        say: 'Switch response buffering off, and log no bodies and validate no content on this API:',
        edit: {
          file: 'the policy of the API',
          at: 'backend',
          to: '<forward-request timeout="240" buffer-response="false" />',
        },
      },
      'AWS Lambda function URL': {
        say: 'A function URL buffers unless it is set to stream (InvokeMode: RESPONSE_STREAM, with awslambda.streamifyResponse in the code). Otherwise let the server answer with JSON and no stream.',
      },
      'AWS API Gateway': {
        say: 'HTTP APIs collect the whole answer. Use a REST API with response transfer mode "stream", a load balancer or a function URL, or let the server answer with JSON (enableJsonResponse: true; FastMCP: json_response=True).',
      },
      'Cloudflare quick tunnel': {
        say: 'Quick tunnels (trycloudflare.com) hold event streams back: use a named tunnel, or let the server answer with JSON (enableJsonResponse: true; FastMCP: json_response=True).',
      },
    };
    const first =
      own[edge] ??
      (change
        ? { say: `${edge}: ${change}.` }
        : {
            say: 'In the proxy, switch response buffering off for the MCP path (nginx: proxy_buffering off; Caddy: flush_interval -1; Apache: flushpackets=on; Traefik: no buffering middleware).',
          });
    return [
      ...(compressed
        ? [
            {
              say: 'Do not compress text/event-stream: take it out of the middleware (Express: `compression({ filter: (req, res) => !/event-stream/.test(String(res.getHeader("Content-Type"))) && compression.filter(req, res) })`; Starlette: exclude the path from GZipMiddleware; nginx: gzip off).',
            },
          ]
        : []),
      first,
      header,
      { say: 'Watch whether bytes come at once:', run: 'curl -N -i -H "accept: text/event-stream" <url>' },
    ];
  },
  why: 'Proxies collect small answers before they pass them on, because websites are finished quickly. An event stream stays open, so its first events wait in the buffer for others that do not come; the client sees an open connection and silence. curl on the machine of the server shows the events at once.',
  refs: [
    'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering',
    'https://learn.microsoft.com/azure/api-management/how-to-server-sent-events',
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html',
  ],
  examples: [
    {
      name: 'live, the old transport behind nginx',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'open-sse-stream',
              method: 'GET',
              url: 'https://mcp.acme.dev/sse',
              atMs: 0,
              ms: 5000,
              credentials: 'none',
              status: 200,
              headers: { server: 'nginx/1.22.1', 'content-type': 'text/event-stream' },
              contentType: 'text/event-stream',
              bodyBytes: 0,
              error: { code: 'UND_ERR_BODY_TIMEOUT', message: 'Body Timeout Error', phase: 'body' },
            },
          ],
        },
      },
    },
    {
      name: 'a person who looked for the header',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        clientError: "This connector's server is currently unavailable.",
        http: { method: 'GET', status: 502, headers: { 'x-accel-buffering': '(absent)' } },
      },
    },
    {
      name: 'events that come all at once',
      finds: true,
      symptoms: {
        transport: 'sse',
        platform: 'nginx',
        clientError: 'SSE events arrive all at once when the stream ends; directly it works',
      },
    },
    {
      name: 'compression in the framework',
      finds: true,
      symptoms: {
        transport: 'sse',
        clientError: 'Request timed out. The SSE stream hangs since GZipMiddleware was added',
      },
    },
    {
      name: 'API Management, from which nothing comes',
      finds: true,
      symptoms: { transport: 'streamable-http', platform: 'azure api management', clientError: 'tools/list times out' },
    },
    {
      name: 'a request that is slow by itself',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'the server refused',
      finds: false,
      symptoms: { transport: 'streamable-http', platform: 'nginx', http: { status: 406, body: 'Not Acceptable' } },
    },
    {
      name: 'a buffer of another kind',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'RangeError: buffer size exceeded' },
    },
  ],
});
