import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { ANSWERS } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { exposes, header, isOk, NEEDED, preflightGaps, reportedGaps } from './preflight.js';
import { entryLine, experiment, httpWords, refused } from './refusals.js';
import { targetOf } from './way.js';
import { find, type Line } from './words.js';

/** Browsers (Chrome, Firefox, Safari) and the CORS middlewares of servers: Starlette, Spring, Express, Rails, Go. */
const SAID = [
  /\bblocked by CORS policy\b|\bCross-Origin Request Blocked\b|\bSame Origin Policy disallows\b|\bdue to access control checks\b|\bOrigin \S{0,100} ?(?:is |was )?not allowed by (?:Access-Control|CORS)/i,
  /\bNo ["'`]?Access-Control-Allow-\w+["'`]? header\b|\bnot allowed by Access-Control-Allow-\w+|\bAccess-Control-[A-Za-z]+-[\w-]{3,20}(?![\w-])["'`]?(?: header)?\b.{0,60}\b(?:missing|not present|absent|lack\w*|does not|doesn't|must not|must be|not include|not list|not expose|never|without|wrong|duplicate\w*|multiple)\b|\b(?:missing|lack\w*|without|no|omit\w*|not (?:set|sent|return\w*|includ\w*|list\w*|expos\w*))\b.{0,40}\bAccess-Control-\w+/i,
  /\bpreflight\b.{0,80}\b(?:fail\w*|reject\w*|block\w*|denied|401|403|404|405|400|50\d|unauthori[sz]ed|not (?:ok|successful|allowed|handled|answered|pass)|doesn't|does not|never)\b|\b(?:fail\w*|reject\w*|block\w*|unhandled|unanswered)\b.{0,40}\bpreflight\b/i,
  /\bDisallowed CORS\b|\bInvalid CORS request\b|\bnot allowed by CORS\b|\bCORS(?:[- ]\w+)? (?:error|failure|issue|problem|blocked|rejected|denied|failed|forbidden|misconfigur\w*|violation|mismatch|restrictions?)\b|\b(?:due to|because of|by|caused by|hit(?:ting|s)?|fail\w*|reject\w*|block\w*|denied|missing|without|no|lack\w*|broken|disabled?|not (?:enabled|configured|supported)) (?:\w+ ){0,3}CORS\b|\bCORS\b.{0,30}\b(?:not (?:enabled|configured|set|allowed|supported|handled)|missing|is broken|fails?|block\w*|reject\w*|den(?:y|ied|ies))\b/i,
  /\b(?:mcp[-_ ]session[-_ ]id|session[- ]?id|header)\b.{0,60}\bnot (?:be )?(?:exposed|readable|visible|accessible)\b.{0,40}\b(?:browser|client|JavaScript|fetch|response)?|\b(?:could(?: not|n't)|cannot|can't|unable to|never)\b.{0,20}\b(?:read|access|see|get)\b.{0,30}\bMcp-Session-Id\b|\bheaders\.get\(["'`]mcp-session-id["'`]\)\W{0,6}(?:===?|is|was|returns?|->|→|:)?\W{0,3}null\b|\bmcp-session-id\b.{0,20}\b(?:is|was|===?|returns?) (?:null|undefined|unreadable|invisible|hidden)\b|\bRefused to get unsafe header\b|\bexpose[_-]?headers\b|\bExpose-Headers\b/i,
];
/** A person compared a page with everything else: only the browser is kept out. */
const PAGE =
  /\b(?:browser(?:[- ]based)?|web(?:[- ]based)?(?: app| client| UI| page)|front-?end|single[- ]page|extension|playground|direct (?:mode|connection))\b.{0,80}\b(?:fail\w*|can(?:not|'t)|could(?: not|n't)|block\w*|unable|broken|rejected|refused|never|error|no longer|does(?:n't| not)|do not|don't)\b|\b(?:fail\w*|block\w*|broken|not work\w*|reject\w*)\b.{0,40}\b(?:in|from|with) (?:the |a |any )?(?:direct mode|browser|web (?:app|client|page|UI)|front-?end)/i;
const ELSE =
  /\b(?:curl|postman|non-browser|server-side|node(?:\.js)?|python|desktop|CLI|via proxy|proxy mode|terminal|stdio)\b.{0,60}\b(?:work\w*|fine|ok|succeed\w*|connect\w*|not affected|200)\b|\b(?:work\w*|fine|ok|succeed\w*|200|not affected)\b.{0,40}\b(?:curl|postman|non-browser|server-side|node(?:\.js)?|python|desktop|CLI|via proxy|proxy mode|terminal)\b/i;
/** A word that belongs to nothing else. */
const MENTION = /\bCORS\b|\bpreflight\b|\bcross-origin\b/i;
/** A server that tells how CORS is set, and nothing else. */
const SETTING =
  /\bCORS\b.{0,20}\b(?:enabled|configured|origins?|middleware|allow\w*)\b(?!.{0,60}\b(?:fail|error|block|reject|denied|missing|not )\w*)/i;
/** An OPTIONS that was turned away, in an access log. */
const LOGGED =
  /\bOPTIONS (?<path>\/[^\s"]{0,200})(?: HTTP\/[\d.]+)?"?(?:\s*(?:-+>|=>|→|:|-|status[=:]?|\|)\s*|\s+)\(?(?<status>[45]\d\d)\b|\|\s*(?<gin>[45]\d\d)\s*\|.{0,80}\|\s*OPTIONS\s+"?\/|\bmethod["']?[=:]\s?["']?OPTIONS\b.{0,200}?\bstatus["']?[=:]\s?"?(?<json>[45]\d\d)\b|\bOPTIONS\b.{0,40}\b(?:returns?|gets?|got|answer\w*|respond\w*|with|->|=>|→)\W{1,4}(?:HTTP |status |an? )?(?<told>40[0-9]|50\d)\b/i;
/** What a browser says when it may not tell more. Node.js says "fetch failed". */
const BROWSER_FETCH =
  /\bTypeError: Failed to fetch\b|\bFailed to fetch\b|\bNetworkError when attempting to fetch\b|^\W{0,3}(?:TypeError: )?Load failed\W*$|\bnet::ERR_FAILED\b/i;
const BROWSER = /browser|inspector|chrome|firefox|safari|playground|claude[-. ]?ai|chatgpt|web/i;

type Found = { url: string | null; gaps: string[]; origin: string | null; demands: boolean };

/** A server that invites browsers (it sends Access-Control-Allow-Origin) and does not let them finish. */
function halfOpen(given: Partial<Evidence>): { gaps: string[]; cites: string[]; demands: boolean } | null {
  const [preflight] = experiment(given, 'preflight');
  if (!preflight) return null;
  const exchanges = given.http?.exchanges ?? [];
  const index = exchanges.findIndex(({ purpose }) => purpose === 'initialize');
  const initialize = exchanges[index];
  const foreign = experiment(given, 'origin-foreign').find(({ exchange }) => isOk(exchange));
  const answered = [preflight.exchange, foreign?.exchange, initialize];
  if (!answered.some((exchange) => header(exchange, 'access-control-allow-origin') !== undefined)) return null;
  const session = [initialize, foreign?.exchange].some((one) => header(one, 'mcp-session-id') !== undefined);
  const credentials = initialize?.credentials === 'sent' || initialize?.status === 401;
  const wanted = [
    ...NEEDED.filter((name) => session || name !== 'mcp-session-id'),
    ...(credentials ? ['authorization'] : []),
  ];
  const gaps = preflightGaps(preflight.exchange, wanted);
  // Middlewares add these headers only where an Origin was sent, so the answer to such a request is the one to read.
  const read =
    foreign ??
    (initialize && isOk(initialize) ? { exchange: initialize, at: at('http', 'exchanges', index) } : undefined);
  const opens = read && header(read.exchange, 'access-control-allow-origin') !== undefined;
  const hidden = read && opens && header(read.exchange, 'mcp-session-id') !== undefined && !exposes(read.exchange);
  if (hidden) gaps.push('Access-Control-Expose-Headers lacks mcp-session-id');
  // The answer to a request that named an origin, where the preflight had allowed it.
  const shut = foreign && gaps.length === 0 && header(foreign.exchange, 'access-control-allow-origin') === undefined;
  if (shut) gaps.push('the answer to POST has no Access-Control-Allow-Origin');
  if (gaps.length === 0) return null;
  const demands = [401, 403].includes(preflight.exchange.status ?? 0);
  return { gaps, cites: [preflight.at, ...(hidden ? [read.at] : []), ...(shut ? [foreign.at] : [])], demands };
}

/** What a line names as missing. */
function gapIn({ text }: Line): string[] {
  const field = /header field [`'"]?(?<name>[\w-]{1,60})[`'"]? is not allowed/i.exec(text)?.groups?.name;
  if (field) return [`Access-Control-Allow-Headers lacks ${field.toLowerCase()}`];
  if (/mcp[-_ ]session[-_ ]id/i.test(text) && /expos|null/i.test(text))
    return ['Access-Control-Expose-Headers lacks mcp-session-id'];
  if (/No ['"`]?Access-Control-Allow-Origin/i.test(text)) return ['the answer has no Access-Control-Allow-Origin'];
  if (/HTTP ok status/i.test(text)) return ['OPTIONS is not answered with a status 2xx'];
  const status = /preflight.{0,60}\b(?<status>40[0-9]|50\d)\b/i.exec(text)?.groups?.status;
  return status ? [`OPTIONS is answered ${status}`] : [];
}

const originIn = (text: string): string | null =>
  /\bfrom origin ['"`]?(?<origin>[a-z+-]+:\/\/[^\s'"`]{1,150})/i.exec(text)?.groups?.origin ??
  /\bOrigin ['"`]?(?<origin>https?:\/\/[^\s'"`]{1,150})/i.exec(text)?.groups?.origin ??
  null;

export default defineCause({
  id: 'http-cors-rejected',
  title: 'The browser keeps the client from the server: the CORS headers that MCP needs are missing',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    "Access to fetch at 'http://localhost:3000/mcp' from origin 'http://localhost:6274' has been blocked by CORS policy",
    'TypeError: Failed to fetch',
    'Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource',
    'Request header field mcp-protocol-version is not allowed by Access-Control-Allow-Headers in preflight response.',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'series'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'http-endpoint-wrong',
    'session-stale-not-404',
    'client-hosted-unreachable',
    'client-defect',
  ],

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const half = halfOpen(given);
    // Without any CORS header a server is right for every client but a browser; one that invites browsers must let them in.
    if (half)
      return {
        certainty: 'certain',
        cites: half.cites,
        severity: 'degraded',
        facts: { url, gaps: half.gaps, origin: null, demands: half.demands },
      };
    if (!given.reported) return null;
    const lines = httpWords(given);
    const origin = lines.map(({ text }) => originIn(text)).find((one) => one !== null) ?? null;
    const told = find(
      lines.filter(({ text, from }) => from === 'client' || !SETTING.test(text)),
      ...SAID,
    );
    const index = (given.http?.exchanges ?? []).findIndex(({ purpose }) => purpose === 'reported');
    const exchange = given.http?.exchanges[index];
    const gap = exchange ? reportedGaps(exchange) : null;
    const browser = BROWSER.test(given.reported.client ?? '') || lines.some(({ text }) => BROWSER_FETCH.test(text));
    const asked = exchange?.requestHeaders?.origin ?? origin;
    const demands = exchange?.method === 'OPTIONS' && [401, 403].includes(exchange.status ?? 0);
    const place = at('http', 'exchanges', index);
    if (told) {
      const gaps = [...new Set([...gapIn(told.line), ...(gap?.gaps ?? [])])];
      return { certainty: 'likely', cites: [told.line.at], facts: { url, gaps, origin: asked, demands } };
    }
    if (exchange && SAID.some((form) => form.test(exchange.body ?? '')))
      return {
        certainty: 'likely',
        cites: [`${place}/body`],
        facts: { url, gaps: gap?.gaps ?? [], origin: asked, demands },
      };
    if (gap && exchange)
      return {
        certainty: gap.sure && (exchange.method === 'OPTIONS' || browser) ? 'likely' : 'possible',
        cites: [place],
        facts: { url, gaps: gap.gaps, origin: asked, demands },
      };
    // The session was given, and the page could not read it: its next request comes without.
    const lost = refused(given).find(({ refusal }) => ['session-missing', 'not-initialized'].includes(refusal.kind));
    const direct = /\bdirect\b|https?:\/\/localhost:6274/i.test(
      `${given.reported.entry ?? ''} ${given.reported.client ?? ''}`,
    );
    if (lost && (direct || (browser && !/claude|chatgpt/i.test(given.reported.client ?? ''))))
      return {
        certainty: direct || !/inspector/i.test(given.reported.client ?? '') ? 'likely' : 'possible',
        cites: [lost.at],
        facts: { url, gaps: ['Access-Control-Expose-Headers lacks mcp-session-id'], origin: asked, demands: false },
      };
    const logged = find(lines, LOGGED);
    if (logged) {
      const { status, gin, json, told: worded } = logged.groups;
      const number = Number(status ?? gin ?? json ?? worded);
      const went = lines.some(({ text }) => /\bPOST \S+.{0,20}\b20[02]\b/.test(text));
      return {
        certainty: went ? 'possible' : 'likely',
        cites: [logged.line.at],
        facts: { url, gaps: [`OPTIONS is answered ${number}`], origin: asked, demands: number === 401 },
      };
    }
    const page = find(lines, PAGE);
    const all = lines.map(({ text }) => text).join(' ');
    if (page && ELSE.test(all.slice(0, 20_000)))
      return { certainty: 'likely', cites: [page.line.at], facts: { url, gaps: [], origin: asked, demands } };
    const weak =
      find(lines, BROWSER_FETCH) ??
      find([...lines.filter(({ text }) => !SETTING.test(text)), ...entryLine(given)], MENTION);
    return weak
      ? { certainty: 'possible', cites: [weak.line.at], facts: { url, gaps: [], origin: asked, demands: false } }
      : null;
  },
  say: ({ url, gaps, origin }) => {
    const what = gaps.length ? `: ${gaps.join('; ')}` : '';
    return `A browser asks ${url ?? 'the server'} first whether the page${origin ? ` from ${origin}` : ''} may talk to it, and the answer does not allow what MCP needs${what}. Clients outside of browsers (and curl) are not affected.`;
  },
  fix: ({ url, origin, demands }) => {
    const page = origin ?? 'http://localhost:6274';
    return [
      ...(demands
        ? [
            {
              say: 'Answer OPTIONS before authentication: browsers send no credentials with a preflight. Put the CORS middleware in front of the one that checks tokens.',
            },
          ]
        : []),
      {
        say: 'Allow the MCP headers and expose the session id, on every answer of the endpoint and of its .well-known documents. Express:',
        edit: {
          file: 'the server',
          to: `app.use(cors({ origin: "${page}", methods: ["GET", "POST", "DELETE", "OPTIONS"], allowedHeaders: ["Content-Type", "Accept", "Authorization", "Mcp-Session-Id", "Mcp-Protocol-Version", "Last-Event-ID"], exposedHeaders: ["Mcp-Session-Id", "WWW-Authenticate"] }));`,
        },
      },
      {
        say: 'FastMCP, Starlette and FastAPI:',
        edit: {
          file: 'the server',
          to: `Middleware(CORSMiddleware, allow_origins=["${page}"], allow_methods=["GET", "POST", "DELETE", "OPTIONS"], allow_headers=["content-type", "accept", "authorization", "mcp-session-id", "mcp-protocol-version", "last-event-id"], expose_headers=["mcp-session-id"])`,
        },
      },
      {
        say: 'A gateway in front has to pass OPTIONS on, or answer it with 204 and the same headers. See what a browser gets:',
        run: `curl -i -X OPTIONS -H 'Origin: ${page}' -H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: content-type, mcp-protocol-version, mcp-session-id, authorization' ${url ?? '<url>'}`,
      },
      {
        say: 'Until the server is mended, use the Inspector through its proxy (connection type "Via Proxy"), or a client that is no browser.',
      },
    ];
  },
  why: 'A page may read answers of another origin only when the server says so. Content-Type application/json and the headers Mcp-Session-Id and Mcp-Protocol-Version each make the browser ask first with OPTIONS, and the session id of the answer stays hidden unless it is exposed. MCP clients outside of browsers never ask.',
  refs: [
    'https://fetch.spec.whatwg.org/#http-cors-protocol',
    'https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors',
    'https://github.com/netdata/netdata/pull/22258',
  ],
  examples: [
    {
      name: 'Chrome, a header that is not allowed',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'inspector',
        clientError:
          "Access to fetch at 'https://acme.dev/mcp' from origin 'http://localhost:6274' has been blocked by CORS policy: Request header field mcp-protocol-version is not allowed by Access-Control-Allow-Headers in preflight response.",
      },
    },
    {
      name: 'Safari',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Origin http://localhost:6274 is not allowed by Access-Control-Allow-Origin. Status code: 200',
      },
    },
    {
      name: 'Firefox',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://acme.dev/mcp. (Reason: CORS request did not succeed). Status code: (null).',
      },
    },
    {
      name: 'a preflight behind authentication',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        http: { method: 'OPTIONS', status: 401 },
      },
    },
    {
      name: 'an access log in which nothing follows',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'INFO:     127.0.0.1:61412 - "OPTIONS /mcp HTTP/1.1" 405 Method Not Allowed',
      },
    },
    {
      name: 'a session id that the page cannot read',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'browser',
        http: {
          method: 'POST',
          status: 200,
          headers: { 'access-control-allow-origin': '*', 'mcp-session-id': '1f0c' },
        },
      },
    },
    {
      name: 'Starlette',
      finds: true,
      symptoms: { transport: 'streamable-http', serverLog: 'OPTIONS /mcp -> 400 Disallowed CORS headers' },
    },
    {
      name: 'live, a server that invites browsers half',
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
              status: 200,
              headers: { 'access-control-allow-origin': '*', 'mcp-session-id': '<set>' },
            },
            {
              purpose: 'preflight',
              method: 'OPTIONS',
              url: 'https://acme.dev/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 204,
              headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'Content-Type' },
            },
          ],
        },
        series: { runs: [{ experiment: 'preflight', exchanges: [1] }], requests: 2, ms: 12 },
      },
    },
    {
      name: 'live, a server that is not for browsers',
      finds: false,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'preflight',
              method: 'OPTIONS',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 405,
            },
          ],
        },
        series: { runs: [{ experiment: 'preflight', exchanges: [0] }], requests: 1, ms: 2 },
      },
    },
    {
      name: 'a server that tells how CORS is set',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'CORS enabled, allowed origins: *\nlistening on http://127.0.0.1:3000/mcp',
        http: { method: 'POST', status: 401 },
      },
    },
    {
      name: 'Node.js, where no browser is',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'TypeError: fetch failed' },
    },
  ],
});
