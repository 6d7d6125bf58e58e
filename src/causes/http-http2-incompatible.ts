import { at } from '../case/pointer.js';
import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { entryLine, experiment, httpWords } from './refusals.js';
import { targetOf } from './way.js';
import { failed, find, type Line, spoken } from './words.js';

const H2 = String.raw`(?:HTTP\/2(?:\.0)?|http2|\bh2c?\b)`;

/** HTTP/2 itself is what breaks: forbidden headers, frames, an upgrade that is not understood, a version that is refused. */
const BREAKS = [
  new RegExp(
    String.raw`\bheader\b.{0,40}\b(?:not valid|invalid|forbidden|illegal|not allowed|prohibited)\b.{0,20}\b(?:in|for|with|over) ${H2}`,
    'i',
  ),
  /\b(?:connection|keep-alive|transfer-encoding|upgrade)[- ]?(?:specific)? ?headers?\b.{0,60}\bHTTP\/2|ERR_HTTP2_INVALID_CONNECTION_HEADERS|\bHTTP\/2\b.{0,60}\b(?:Connection|Keep-Alive|Transfer-Encoding)\b.{0,40}\b(?:header|invalid|forbid\w*|illegal|not)/i,
  new RegExp(
    String.raw`\b(?:invalid|illegal|forbidden|malformed) header\b.{0,60}${H2}|${H2} (?:streams?|connections?|requests?) (?:are|is) not supported|\breset reason: protocol error\b|\b(?:sent|received|got|invalid|too large|unexpected)\b.{0,30}${H2} (?:frames?|headers?|preface|settings)\b|\bprotocol version (?:is |of |to )?(?:set to )?${H2}`,
    'i',
  ),
  /\bERR_HTTP2_(?:PROTOCOL_ERROR|FRAME_SIZE_ERROR|COMPRESSION_ERROR|FLOW_CONTROL_ERROR|INADEQUATE_TRANSPORT_SECURITY|ERROR|INVALID_\w+)|\bNGHTTP2_(?:PROTOCOL_ERROR|FRAME_SIZE_ERROR|COMPRESSION_ERROR|FLOW_CONTROL_ERROR|HTTP_1_1_REQUIRED|INADEQUATE_SECURITY)|\bHTTP_1_1_REQUIRED\b/i,
  new RegExp(
    String.raw`${H2}.{0,80}\b(?:PROTOCOL_ERROR|FRAME_SIZE_ERROR|COMPRESSION_ERROR|FLOW_CONTROL_ERROR|framing layer|was not closed cleanly|connection preface|invalid (?:frame|preface|header))|\b(?:PROTOCOL_ERROR|FRAME_SIZE_ERROR|FLOW_CONTROL_ERROR)\b.{0,80}${H2}`,
    'i',
  ),
  /\bstream error: stream ID \d+; PROTOCOL_ERROR|\bStreamReset stream_id:\d+, error_code:(?:ErrorCodes\.PROTOCOL_ERROR|1)\b|<ConnectionTerminated error_code:(?!ErrorCodes\.NO_ERROR|0\b)/i,
  /\bmalformed HTTP response "\\x00\\x00|\bHTTP\/2 (?:over TLS |prior knowledge )?(?:is |was )?not (?:supported|available|enabled)\b|\bserver (?:did not|didn't) complete the HTTP\/2 handshake|\bUnsupported upgrade request\b|\bHttp1 received (?:an )?HTTP\/2|\bAn HTTP\/2 connection could not be established\b|\bAn HTTP\/1\.x request was sent to an HTTP\/2 only endpoint\b|\bALPN\b.{0,60}\b(?:no (?:common|overlap)|not negotiat\w+|mismatch)|\bPRI \* HTTP\/2\.0|\bHTTP2-Settings\b|\bUpgrade["']?: ?["']?h2c\b|\bh2c[- ]upgrade|\bupgrade to h2c\b/i,
];
/** It works with the older version, in a person's words. */
const OLDER_WORKS = new RegExp(
  String.raw`\b(?:work\w*|complet\w+|ok|fine|succeed\w*|connects?|pass\w*|200)\b.{0,40}\b(?:over|with|via|using|on|in|forc\w+|after) .{0,30}(?:HTTP\/1(?:\.1)?|http1(?:\.1)?\b)|(?:HTTP\/1\.1|--http1\.1|\bhttp1\.1)\b.{0,30}\b(?:works?|ok|fine|succeeds?|connects?|200)\b|\b(?:fail\w*|break\w*|broken|hang\w*|stall\w*|error\w*|reset\w*|dropp?\w*|never \w+|empty)\b.{0,50}\b(?:over|with|via|using|on|under|behind) .{0,30}${H2}|${H2}.{0,40}\b(?:fails?|failed|breaks?|hangs?|stalls?|broken|incompatible|issue|bug|problem|is the (?:cause|culprit))\b|\b(?:disabl\w+|turn\w* off|without|drop\w*|downgrad\w+ (?:from|to)|forc\w+|pinn?\w*)\b.{0,25}(?:HTTP\/1\.1|HTTP\/2|\bhttp2\b|\bh2\b|allowH2)|\ballowH2\W{1,3}(?:false|true)\b|\bHTTP_VERSION_?1_1\b|\bVersion\.HTTP_1_1\b|\bhttp2\W{1,3}(?:false|off)\b|^(?!\W{0,3}\* ).{0,80}\bALPN\b.{0,60}(?:${H2}|\bh2\b)`,
  'i',
);
/** A stream that ended: HTTP/2 tells how, while a limit or a restart may be why. */
const RESET = new RegExp(
  String.raw`${H2}.{0,60}\b(?:INTERNAL_ERROR|REFUSED_STREAM|STREAM_CLOSED|ENHANCE_YOUR_CALM|reset the stream|stream (?:was )?(?:reset|closed|error)|GOAWAY|error code|CANCEL)|\bERR_HTTP2_(?:STREAM|SESSION|GOAWAY)\w*|\bNGHTTP2_\w+|\bhttp2: (?:server sent GOAWAY|client connection (?:lost|force closed)|stream closed|timeout)|\bstream error: stream ID \d+; (?:INTERNAL_ERROR|REFUSED_STREAM|ENHANCE_YOUR_CALM|CANCEL|NO_ERROR)|\bRST_STREAM\b|\bGOAWAY\b|\bcurl: \((?:16|92)\)|\bStreamReset\b|<ConnectionTerminated`,
  'i',
);
/** HTTP/2 behind a gateway that answers for its origin: of the gateway's own kind. */
const TIMED = /\bafter (?:about |~)?\d+ ?(?:s|sec|seconds|min|minutes|ms)\b|\bidle\b|\btime(?:d )?[- ]?out\b/i;

type Found = { url: string | null; how: string; status: number | null; only: boolean };

const errorOf = (exchange: { error?: { code?: string; message: string } }): string =>
  `${exchange.error?.code ?? ''} ${exchange.error?.message ?? ''}`.trim();

export default defineCause({
  id: 'http-http2-incompatible',
  title: 'The endpoint works over HTTP/1.1 and fails over HTTP/2, or the other way round',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'request header "Connection" is not valid in HTTP/2',
    'net::ERR_HTTP2_PROTOCOL_ERROR',
    'stream error: stream ID 1; PROTOCOL_ERROR; received from peer',
    'HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'series', 'network'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-server-error',
    'edge-bad-gateway',
    'edge-buffers-stream',
    'lifetime-idle-cut',
  ],

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const [second] = experiment(given, 'http2');
    if (second) {
      const first = (given.http?.exchanges ?? []).findIndex(({ purpose }) => purpose === 'initialize');
      const older = given.http?.exchanges[first];
      const { exchange } = second;
      const went = (status: number | undefined) => status !== undefined && status < 400;
      const oldWent = went(older?.status);
      const cites = [second.at, ...(older ? [at('http', 'exchanges', first)] : [])];
      if (oldWent && !went(exchange.status)) {
        const how = exchange.status === undefined ? errorOf(exchange) : `HTTP ${exchange.status}`;
        // One lost connection may be chance; an answer of another kind, or an error of the protocol, is not.
        const sure = exchange.status !== undefined || /HTTP2|PROTOCOL_ERROR|NGHTTP2/i.test(how);
        return {
          certainty: sure ? 'certain' : 'likely',
          cites,
          severity: 'degraded',
          facts: { url, how, status: exchange.status ?? null, only: false },
        };
      }
      if (older && !oldWent && went(exchange.status) && older.status !== 429)
        return {
          certainty: older.status === undefined ? 'likely' : 'certain',
          cites,
          facts: {
            url,
            how: older.status === undefined ? errorOf(older) : `HTTP ${older.status}`,
            status: older.status ?? null,
            only: true,
          },
        };
    }
    if (given.handshake && !failed(given)) return null;
    const lines = httpWords(given);
    const bodied = answers(given).find(({ exchange }) => BREAKS.some((form) => form.test(exchange.body ?? '')));
    if (bodied)
      return {
        certainty: bodied.live ? 'certain' : 'likely',
        cites: [`${bodied.at}/body`],
        facts: { url, how: quote(bodied.exchange.body ?? ''), status: bodied.exchange.status ?? null, only: false },
      };
    const facts = (line: Line) => ({ url, how: quote(line.text), status: null, only: /HTTP\/2 only/i.test(line.text) });
    const broken = find(lines, ...BREAKS);
    const told = find(spoken([...lines, ...entryLine(given)].filter(({ text }) => !/^[<>*] /.test(text))), OLDER_WORKS);
    if (broken) return { certainty: 'likely', cites: [broken.line.at], facts: facts(broken.line) };
    const reset = find(lines, RESET);
    if (told) return { certainty: 'likely', cites: [told.line.at], facts: facts(told.line) };
    if (reset) {
      const timed = lines.some(({ text }) => TIMED.test(text));
      return { certainty: timed ? 'possible' : 'likely', cites: [reset.line.at], facts: facts(reset.line) };
    }
    // uvicorn's words for an upgrade to h2c, which the HTTP client of Java offers with its first request.
    const java = /java|spring/i.test(`${given.reported?.client} ${lines.map(({ text }) => text).join(' ')}`);
    const invalid = java ? find(lines, /\bInvalid HTTP request received\b/i) : null;
    if (invalid) return { certainty: 'likely', cites: [invalid.line.at], facts: facts(invalid.line) };
    // The client of Java offers h2c with its first request in plain HTTP; servers that do not know it say nothing.
    const offered = (given.http?.exchanges ?? []).findIndex(({ headers = {}, requestHeaders = {} }) =>
      [...Object.entries(headers), ...Object.entries(requestHeaders)].some(
        ([name, value]) => /^http2-settings$/i.test(name) || (/^upgrade$/i.test(name) && /h2c/i.test(value)),
      ),
    );
    if (offered >= 0)
      return {
        certainty: 'likely',
        cites: [at('http', 'exchanges', offered)],
        facts: { url, how: 'no answer to a request that offers an upgrade to h2c', status: null, only: false },
      };
    const mute = find(lines, /\bHTTP\/1\.1 header parser received no bytes\b/i);
    if (mute) return { certainty: 'possible', cites: [mute.line.at], facts: facts(mute.line) };
    const status = answers(given)[0]?.exchange.status;
    const place = answers(given)[0]?.at;
    // 464 is the load balancer of AWS: the protocol of the request and of the target group do not go together.
    return place && (status === 426 || status === 464 || status === 505)
      ? { certainty: 'likely', cites: [place], facts: { url, how: `HTTP ${status}`, status, only: status === 426 } }
      : null;
  },
  say: ({ url, how, only }) =>
    only
      ? `${url ?? 'The endpoint'} answers over HTTP/2 only: over HTTP/1.1, which most MCP clients speak, the request fails (${how}).`
      : `${url ?? 'The endpoint'} and the client do not get along over HTTP/2 (${how}). Over HTTP/1.1 the same request has no such trouble.`,
  fix: ({ url, only }) => {
    const target = url ?? '<url>';
    const compare = {
      say: 'Compare both versions by hand:',
      run: `for v in --http1.1 --http2; do curl -sS -o /dev/null -w '%{http_version} %{http_code}\\n' $v -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"ping"}' ${target}; done`,
    };
    if (only)
      return [
        {
          say: 'Let the server or its proxy offer HTTP/1.1 as well (ALPN "h2,http/1.1"; in Kestrel "Protocols": "Http1AndHttp2"; in Envoy codec_type AUTO).',
          edit: {
            file: 'appsettings.json',
            to: '"Kestrel": { "EndpointDefaults": { "Protocols": "Http1AndHttp2" } }',
          },
        },
        compare,
      ];
    return [
      {
        say: 'Keep to HTTP/1.1 for the MCP endpoint, on either side. In the proxy:',
        edit: { file: 'nginx.conf', to: 'listen 443 ssl;  # without http2 on\nproxy_http_version 1.1;' },
      },
      {
        say: 'In the client: httpx `http2=False`; undici without `allowH2`; Java `HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)`; .NET `DefaultRequestVersion = HttpVersion.Version11`; Go `TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}`.',
      },
      {
        say: 'Or mend what HTTP/2 does not allow: leave out the headers Connection, Keep-Alive, Transfer-Encoding and Upgrade, and do not set Content-Length on an event stream.',
      },
      compare,
    ];
  },
  why: 'HTTP/2 carries many streams over one connection and forbids the headers that manage a connection. Clients, adapters and proxies that set them by habit, or that end a stream with another length than they announced, break it at once, while HTTP/1.1 forgives both.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2',
    'https://github.com/patvice/ruby_llm-mcp/pull/78',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/1619',
  ],
  examples: [
    {
      name: 'a header that HTTP/2 forbids',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://acme.dev/mcp/sse',
        http: { method: 'GET', status: 400, body: 'request header "Connection" is not valid in HTTP/2' },
      },
    },
    {
      name: 'Chrome',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'POST https://acme.dev/mcp net::ERR_HTTP2_PROTOCOL_ERROR 200 (OK)',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        clientError: 'Post "https://acme.dev/mcp": stream error: stream ID 1; PROTOCOL_ERROR; received from peer',
      },
    },
    {
      name: '.NET',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "System.Net.Http.HttpProtocolException: The HTTP/2 server reset the stream. HTTP/2 error code 'PROTOCOL_ERROR' (0x1).",
      },
    },
    {
      name: 'Java, whose client offers to upgrade',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'WARNING:  Unsupported upgrade request.\nINFO:     127.0.0.1:50122 - "POST /mcp HTTP/1.1" 400',
      },
    },
    {
      name: 'a person who compared them',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        clientError: 'initialize times out over HTTP/2; curl --http1.1 works',
      },
    },
    {
      name: 'live, the second version fails',
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
              ms: 7,
              credentials: 'none',
              httpVersion: '1.1',
              status: 200,
              body: '{"jsonrpc":"2.0","id":1,"result":{}}',
            },
            {
              purpose: 'http2',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 20,
              ms: 7,
              credentials: 'none',
              httpVersion: '2',
              error: {
                code: 'ERR_HTTP2_STREAM_ERROR',
                message: 'Stream closed with error code NGHTTP2_PROTOCOL_ERROR',
                phase: 'body',
              },
            },
          ],
        },
        series: { runs: [{ experiment: 'http2', exchanges: [1] }], requests: 2, ms: 40 },
      },
    },
    {
      name: 'live, both versions do',
      finds: false,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 7,
              credentials: 'none',
              status: 200,
            },
            {
              purpose: 'http2',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 20,
              ms: 7,
              credentials: 'none',
              status: 200,
            },
          ],
        },
        series: { runs: [{ experiment: 'http2', exchanges: [1] }], requests: 2, ms: 40 },
      },
    },
    {
      name: 'a transcript that only names the version',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"',
      },
    },
    {
      name: 'an access log over HTTP/2',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '10.0.0.9 - - "POST /mcp HTTP/2.0" 500 21 "-" "node"',
      },
    },
  ],
});

const quote = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 160);
