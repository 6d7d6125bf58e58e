import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Altered, differing, seenLive, WANTS } from './altered-headers.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { edgeAround } from './edges.js';
import { entryText } from './listeners.js';
import { lostCredentials } from './lost-credentials.js';
import { targetOf } from './way.js';
import { find, type Line, spoken, WORDS, words } from './words.js';

const NAME = String.raw`\b(?<header>mcp-session-id|mcp-protocol-version|mcp-(?:method|name)|session[- ]id|authorization|bearer|accept(?:-encoding)?|content-(?:type|length|encoding)|transfer-encoding|www-authenticate|host|origin|last-event-id|x-forwarded-\w+|x-api-key|cookie|te|headers?)\b`;
const DOES = String.raw`\b(?:drop(?:s|ped|ping)?|strip(?:s|ped|ping)?|remov(?:es?|ed|ing)|los(?:es?|t|ing)|swallow(?:s|ed)?|rewrit(?:es?|ten|ing)|overwrit(?:es?|ten|ing)|overrid(?:es?|den|ing)|replac(?:es?|ed|ing)|mutat(?:es?|ed)|chang(?:es|ed|ing)|alter(?:s|ed|ing)?|mangl(?:es?|ed)|renam(?:es?|ed)|remapp?(?:s|ed)?|duplicat(?:es?|ed)|merg(?:es|ed)|forward(?:s|ed|ing)?|pass(?:es|ed|ing)?|propagat\w+|cop(?:y|ies|ied)|inject(?:s|ed)?|leak(?:s|ed)?|filter(?:s|ed)?|hop-by-hop|stale|missing|absent)\b`;
/** A header and what became of it, in either order. */
const HEADER_THEN = new RegExp(`${NAME}.{0,80}${DOES}`, 'i');
const THEN_HEADER = new RegExp(`${DOES}.{0,80}${NAME}`, 'i');
/** Somebody who stands in between. */
const BETWEEN =
  /\bprox(?:y|ies|ied)\b|\bgateway\b|\bingress\b|\bnginx\b|\bcaddy\b|\btraefik\b|\benvoy\b|\bistio\b|\bkong\b|\bhaproxy\b|\bapache\b|\bcloudflare\b|\bcloudfront\b|\bload[- ]?balancer\b|\bALB\b|\bAPIM\b|\bAPI ?(?:M|Management)\b|\bsidecar\b|\bmiddleware\b|\brouter\b|\btunnel\b|\bCDN\b|\bedge\b|\bupstream\b|\bbackend\b|\brewrites?\b/i;
const GATEWAY_PLATFORM =
  /\b(?:gateway|proxy|ingress|nginx|caddy|traefik|envoy|istio|kong|haproxy|apache|apim|api[- ]?management|toolhive|agentgateway|litellm|cloudfront|iis)\b/i;
/** Faults with a name of their own. */
const KNOWN = [
  // A body that was unpacked on the way and still says that it is packed.
  /\bincorrect header check\b|\bERR_CONTENT_DECODING_FAILED\b|\bZ_DATA_ERROR\b|\bNot a gzipped file\b|\bBadGzipFile\b|\bgzip: invalid header\b|\bwhile decompressing data\b|\bDecodingError\b|\binvalid (?:gzip|brotli|deflate)\b/i,
  /\bmismatch_between_content_length|\bcontent[- ]length mismatch\b|\bUND_ERR_RE[QS]_CONTENT_LENGTH_MISMATCH\b|\bRe(?:quest|sponse)ContentLengthMismatchError\b|\bBody length does not match content-length\b|\bToo (?:much|little) data for declared Content-Length\b|\bResponse content (?:longer|shorter) than Content-Length\b/i,
  /\bunderscores_in_headers\b|\bclient sent invalid header line\b|\bproxy_set_header\b|\bproxy_pass_request_headers\b|\bproxy_(?:hide|pass)_header\b|\bCGIPassAuth\b|\bWSGIPassAuthorization\b|\bx-amzn-remapped-\w+/i,
];
const UNREAD =
  /\b(?:body|response|answer|result|json|content)\b.{0,60}\b(?:never|nothing|empty|garbled|unreadable|not (?:valid|readable|decoded)|invalid|cannot|fails?|failed|missing)\b|\b(?:nothing|empty|garbled|unexpected token|decod\w+|decompress\w*|parse|handshake never|hangs?)\b/i;
const REMARK =
  /^\(.*\b(?:drop|strip|remov|lost|missing|absent|rewritten|replaced|overwritten|not forwarded|none|empty)\w*\b.*\)$/i;
/** An event stream inside a string: of an answer, and in a person's words. */
const INSIDE =
  /^\s*\{\s*"\w{1,20}"\s*:\s*"(?:\\n|\s)*(?:event|data|id): ?|^\s*\{\s*"(?:raw|text|body|content|data|result|response)"\s*:\s*"<?(?:sse|event)/i;
const WRAPS =
  /\b(?:wraps?|wrapped|wrapping|repackag\w+|re-?encod\w+|converts?|converted|transforms?|transformed|turns?|turned)\b.{0,60}\b(?:SSE|event[- ]stream|stream|events?)\b.{0,40}\b(?:in(?:to)?|as|to)\b.{0,20}(?:\bJSON\b|\{)/i;
const exchangeWrapped = (exchanges: Exchange[] | undefined): number | undefined =>
  exchanges?.findIndex(({ status = 0, body = '' }) => status === 200 && INSIDE.test(body));

const NUMBER = /\b(?<!:)406\b(?! ?ms)/;
/** Direct it works, through the gateway it does not: of a header that stands in the same report. */
const DIRECT =
  /\b(?:direct(?:ly)?|without (?:the )?(?:proxy|gateway|nginx)|bypass\w*|locally|localhost|port-forward)\b.{0,60}\b(?:works?|ok|succeeds?|200|fine)\b|\b(?:works?|fine|ok)\b.{0,40}\b(?:direct(?:ly)?|without (?:the )?(?:proxy|gateway|nginx)|bypass\w*)\b|\b(?:through|via|behind) (?:the |a |an )?(?:\w+ )?(?:proxy|gateway|nginx|ingress|envoy|router|load balancer|apim|kong|traefik|caddy)\b/i;

/** Ways to run a program behind a web server that leave Authorization out unless somebody turns it on. */
const CGI =
  /\b(?:apache2?|httpd|mod_(?:php|wsgi|fcgid|cgi)|php-?fpm|fast-?cgi|fcgi|cgi|wsgi|passenger|litespeed|plesk|cpanel)\b|\/index\.php\b/i;
const UNSEEN =
  /\bmissing[_ -](?:bearer |access |api |auth\w* )?(?:token|credentials?|authori[sz]ation|header)\b|\b(?:no|missing|without|empty) (?:the |an? )?(?:authori[sz]ation|bearer|auth)(?: header| token)?\b|\bauthori[sz]ation(?: header)? (?:is |was )?(?:missing|empty|absent|not (?:found|set|present))\b|\bHTTP_AUTHORIZATION\b/i;

export default defineCause({
  id: 'edge-alters-headers',
  title: 'A proxy or gateway drops or changes a header that MCP needs',
  culprit: 'edge',
  severity: 'broken',
  seenAs: [
    'Bad Request: Mcp-Session-Id header is required',
    'Not Acceptable: Client must accept both application/json and text/event-stream',
    'HTTP 401 Unauthorized',
    'Error POSTing to endpoint (HTTP 406)',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'endpoint', 'launch'],
  explains: [
    'handshake-refused',
    'handshake-nonconforming',
    'http-accept-incomplete',
    'http-not-mcp',
    'http-server-error',
    'catalog-list-fails',
    'session-affinity-missing',
    'auth-credentials-rejected',
    'install-cache-broken',
    'transport-get-stream-mishandled',
  ],

  match(given): Match<Altered> | null {
    const found = seenLive(given) ?? lostCredentials(given);
    if (found) return found;
    const { reported, http, handshake } = given;
    if (!reported || handshake || (reported.transport === 'stdio' && targetOf(given) === undefined)) return null;
    const edge = edgeAround(given);
    const other = differing(given);
    if (other)
      return {
        certainty: 'likely',
        cites: [other.at, other.said],
        facts: {
          header: other.name,
          edge: edge ?? 'a gateway',
          direction: 'answer',
          what: 'reaches the client with another value than the server gave it',
        },
      };
    const lines = words(given);
    // A gateway that puts the text of the stream into an envelope of its own, and changes the type to match.
    const wrapped = exchangeWrapped(http?.exchanges) ?? -1;
    const wraps = wrapped >= 0 ? null : find(lines, WRAPS);
    if (wrapped >= 0 || wraps)
      return {
        certainty: 'likely',
        cites: wraps ? [wraps.line.at] : [at('http', 'exchanges', wrapped, 'body')],
        facts: {
          header: 'Content-Type',
          edge: edge ?? 'a gateway',
          direction: 'answer',
          what: 'does not arrive as the server gave it: the event stream is wrapped into something else',
        },
      };
    // The body is there and cannot be read: it was unpacked on the way, and the header still says that it is packed.
    const packed =
      http?.exchanges.findIndex(
        ({ status, headers = {}, body }) =>
          status === 200 && /gzip|br|deflate|zstd/.test(headers['content-encoding'] ?? '') && !body,
      ) ?? -1;
    const unread = packed >= 0 ? find(lines, UNREAD) : null;
    if (unread)
      return {
        certainty: 'likely',
        cites: [at('http', 'exchanges', packed, 'headers', 'content-encoding'), unread.line.at],
        facts: {
          header: 'Content-Encoding',
          edge: edge ?? 'a gateway',
          direction: 'answer',
          what: 'announces a packed body that cannot be unpacked',
        },
      };
    const between = edge !== null || GATEWAY_PLATFORM.test(`${reported.platform ?? ''} ${entryText(given)}`);
    const remarkAt =
      http?.exchanges.findIndex(({ headers = {} }) =>
        Object.entries(headers).some(([name, value]) => name !== 'x-accel-buffering' && REMARK.test(value)),
      ) ?? -1;
    const remark = Object.entries(http?.exchanges[remarkAt]?.headers ?? {}).find(
      ([name, value]) => name !== 'x-accel-buffering' && REMARK.test(value),
    );
    const known = find(lines, ...KNOWN);
    const tells = (line: Line) =>
      (BETWEEN.test(line.text) || between) && !/\bCORS\b|Access-Control|expose/i.test(line.text);
    const changed = find(lines.filter(tells), HEADER_THEN, THEN_HEADER);
    const direct = find(spoken(lines), DIRECT);
    // The gateway is between, and a header that clients do send is what the server misses.
    const statuses = http?.exchanges.map(({ status = 0 }) => status) ?? [];
    const missed = WANTS.find(
      ([wants]) =>
        lines.some(({ text, note }) => !note && wants.test(text)) ||
        http?.exchanges.some(({ body }) => wants.test(body ?? '')),
    );
    const asked = find(lines, /\baccept: ?\*\/\*|\bAccept\b.{0,40}\*\/\*/i);
    const sent =
      http?.exchanges.findIndex(({ requestHeaders = {} }) =>
        Object.entries(requestHeaders).some(([name, value]) => /^accept$/i.test(name) && /^\*\/\*$/.test(value)),
      ) ?? -1;
    // Apache hands Authorization to CGI, FastCGI and WSGI only when it is told to.
    const cgi = CGI.test(`${reported.platform ?? ''} ${reported.url ?? ''} ${entryText(given)}`)
      ? (find(lines, UNSEEN) ?? null)
      : null;
    let certainty: Certainty;
    if (remark)
      certainty = /dropp|stripp|remov|lost|not forwarded|rewritten|replaced|overwritten|proxy|gateway/i.test(remark[1])
        ? 'likely'
        : 'possible';
    else if (
      known &&
      (between || BETWEEN.test(known.line.text) || /underscores|proxy_|CGIPass|WSGIPass|remapped/.test(known.match[0]))
    )
      certainty = 'likely';
    else if (
      changed &&
      /\b(?:drop|strip|remov|los[et]|swallow|rewrit|overwrit|overrid|replac|mutat|mangl|remap|duplicat|inject|stale|filter)\w*/i.test(
        changed.match[0],
      )
    )
      certainty = 'likely';
    else if (changed && /\b(?:not|n't|never|without|fails? to)\b/i.test(changed.line.text)) certainty = 'likely';
    else if (
      changed &&
      /\b(?:missing|absent)\b/i.test(changed.match[0]) &&
      /\bbehind\b|\bthrough\b|\bvia\b/i.test(changed.line.text)
    )
      certainty = 'likely';
    else if (
      direct &&
      (missed || asked || sent >= 0 || [406, 401].some((status) => statuses.includes(status)) || find(lines, NUMBER))
    )
      certainty = 'likely';
    else if (known) certainty = 'possible';
    else if (cgi) certainty = 'likely';
    else if (between && (missed || statuses.includes(406))) certainty = 'possible';
    else return null;
    const line = known?.line ?? changed?.line ?? direct?.line ?? asked?.line ?? cgi?.line;
    const name =
      remark?.[0] ??
      (known && /length/i.test(known.match[0]) ? 'Content-Length' : undefined) ??
      missed?.[1] ??
      (asked || sent >= 0 || statuses.includes(406) ? 'Accept' : undefined) ??
      changed?.groups.header ??
      (cgi ? 'Authorization' : undefined);
    const cites = [
      ...(remarkAt >= 0 && remark ? [at('http', 'exchanges', remarkAt, 'headers', remark[0])] : []),
      ...(line ? [line.at] : []),
      ...(direct ? [direct.line.at] : []),
    ];
    const first = http?.exchanges.findIndex(({ status }) => status !== undefined) ?? -1;
    if (cites.length === 0 && first >= 0) cites.push(at('http', 'exchanges', first));
    const word = lines.find(({ text }) => missed?.[0].test(text));
    if (cites.length === 0 && word) cites.push(word.at);
    if (cites.length === 0) return null;
    return {
      certainty,
      cites: [...new Set(cites)],
      facts: {
        header: name === 'bearer' ? 'Authorization' : (name ?? 'a header'),
        edge: edge ?? 'a gateway',
        direction: remark && http?.exchanges[remarkAt]?.status === 200 ? 'answer' : 'unknown',
        what: remark?.[1].replace(/^\(|\)$/g, '') ?? 'is dropped or changed on the way',
      },
    };
  },
  say: ({ header, edge, direction, what }) =>
    `${edge === 'a gateway' ? 'A proxy or gateway' : edge} stands between the client and the server and changes what they say to each other: the header ${header} ${what}${direction === 'answer' ? '' : direction === 'request' ? ', so the server refuses a request that was right' : ''}.`,
  fix: ({ header, edge }) => {
    const nginx = {
      say: 'nginx: pass the headers on as they are. It drops names with an underscore, replaces Host and Connection, and a single proxy_set_header in a location cancels those of the levels above:',
      edit: {
        file: 'nginx.conf',
        at: 'location /mcp',
        to: 'proxy_http_version 1.1;\nproxy_set_header Host $host;\nproxy_set_header Connection "";\nproxy_pass_header Mcp-Session-Id;',
      },
    };
    const gateway =
      edge === 'AWS API Gateway'
        ? {
            say: 'API Gateway renames WWW-Authenticate, Authorization, Host and others to x-amzn-remapped-*: map them back in the integration response, or use an HTTP API, a load balancer or a function URL.',
          }
        : {
            say: `Let every return path of the gateway hand on ${header === 'a header' ? 'all headers' : header} unchanged, in both directions: Mcp-Session-Id, MCP-Protocol-Version, Authorization, Accept, Last-Event-ID, and WWW-Authenticate of a 401.`,
          };
    return [
      gateway,
      ...(edge === 'AWS API Gateway' ? [] : [nginx]),
      ...(/content-encoding/i.test(header)
        ? [
            {
              say: 'A proxy that unpacks the body must drop Content-Encoding and Content-Length before it passes the answer on; simplest is to ask the server for no compression (Accept-Encoding: identity).',
            },
          ]
        : []),
      ...(/content-length/i.test(header)
        ? [{ say: 'A filter that changes the body must drop Content-Length, so that it is computed anew.' }]
        : []),
      ...(/authorization|bearer/i.test(header)
        ? [
            {
              say: 'Apache with CGI or WSGI needs CGIPassAuth On or WSGIPassAuthorization On. A gateway with a sign-in of its own must take its bearer token off before the backend.',
            },
          ]
        : []),
      {
        say: 'Compare the answers with the proxy and past it; the headers must be the same:',
        run: `curl -si -X POST <url> -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}' | grep -i '^mcp-'`,
      },
    ];
  },
  why: 'Streamable HTTP keeps its session and its revision in headers of its own. Proxies that copy a fixed list of headers, merge those of two connections or set their own defaults are fine for websites and break MCP: the session is lost, the server refuses the Accept of the proxy, or it sees a foreign token.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html',
    'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header',
  ],
  examples: [
    {
      name: 'live, the challenge was renamed',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://a1.execute-api.eu-west-1.amazonaws.com/mcp',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 401,
              headers: { 'x-amzn-remapped-www-authenticate': '<set>', 'x-amz-apigw-id': '<set>' },
              body: '{"error":"invalid_token"}',
            },
          ],
        },
      },
    },
    {
      name: 'the session id is gone in the answer',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', status: 200, headers: { 'mcp-session-id': '(dropped by proxy)' } },
      },
    },
    {
      name: 'a gateway that changes the body',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'envoy',
        http: { method: 'POST', status: 500 },
        serverLog: 'response_code_details = mismatch_between_content_length_and_the_length_of_the_mutated_body',
      },
    },
    {
      name: 'a gateway with its own Accept',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'nginx',
        clientError:
          'through the gateway the server answers 406 Not Acceptable: Client must accept both application/json and text/event-stream; directly it works',
      },
    },
    {
      name: 'in the words of a person',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Bad Request: No valid session ID provided. The nginx ingress strips the Mcp-Session-Id header',
      },
    },
    {
      name: 'a client that forgets Accept, and nobody in between',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'HTTP 406: Not Acceptable: Client must accept both application/json and text/event-stream',
      },
    },
    {
      name: 'a browser that may not read the header',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'CORS: the Mcp-Session-Id header is missing in Access-Control-Expose-Headers of the proxy',
      },
    },
  ],
});
