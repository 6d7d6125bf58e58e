import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { afterSignIn } from './after-sign-in.js';
import { ANSWERS, answers, isRpc, isStreamGet, refusedRequests } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { NO_ROUTE } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { announcedBeside, appended, OTHER_MATTER, pathOf, routesBeside } from './paths.js';
import { httpWords, statusSaid } from './refusals.js';
import { serverWords, targetOf, transcript, wayWords } from './way.js';
import { failed, find, type Line, words } from './words.js';

/** Rails, Laravel, Symfony, Phoenix, Fastify, Spring, Flask and Apache, Django. */
const NO_ROUTES =
  // Rails, Laravel, Symfony, Phoenix, Fastify, Spring, Flask and Apache, Django.
  /\bNo route (?:matches|found for)(?: \[?"?(?:POST|GET)\]?)?|\bThe route \S+ could not be found|\bRoute POST:\S+ not found|\bNo (?:static resource|endpoint (?:POST|GET)|mapping for (?:POST|GET))\b|\bNoHandlerFoundException|\brequested URL .{0,80}was not found|\bpage not found\b|\bcurrent path, \S+ didn.t match/i;

/** A person names the path that is right, or says that this one is not. */
const CORRECTED =
  /\b(?:correct|right|actual|real|proper|working) (?:MCP )?(?:path|endpoint|url|route|address)\b.{0,40}(?:\/[a-z]|https?:)|\b(?:wrong|incorrect|outdated|old|stale|mistyped) (?:MCP )?(?:path|endpoint|url|route|host(?:name)?|address)\b|\b(?:document(?:ed|s|ation)|README|docs?|guide|example|entry|config\w*)\b.{0,60}\/[a-z][\w/-]*.{0,60}\b(?:server|endpoint|listens?|serves?|served|mounts?|mounted|really|actually|route|but)\b.{0,40}\/[a-z]|\b(?:missing|without|lacks?|needs?|add(?:ed|ing)?|append(?:ed|ing)?) (?:the |a )?["'`]?\/(?:mcp|sse|api|v\d)\b|\b(?:url|endpoint|address|path|it|server)\b.{0,40}\b(?:should|must|has to|needs to|have to) (?:be|end|point|use|go|include|contain)\b.{0,30}["'`]?\/[a-z]\w*/i;

const SAID = [
  /\bCannot POST (?<path>\/\S*)/,
  // SDK v1 leaves the status out: "Error POSTing to endpoint: {"detail":"Not Found"}"
  /\bPOSTing to endpoint\b.{0,200}?\b(?:404 |page )?not[_ ]found\b/i,
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|SSE error)\W[^\d]{0,30}(?<status>404|410)\b|\bHTTP\/[\d.]+"? (?<line>404|410)\b|\b404:? NOT_FOUND\b|\bnot found\b.{0,100}\(404\)|\b(?<plain>404|410)\b.{0,8}(?:not found|gone)/i,
  // Access logs: `"POST / HTTP/1.1" 404 Not Found`, `POST /mcp 404 1.2 ms`; curl: "returned error: 404"; Java: FileNotFoundException
  /\bPOST (?<path>\/\S*)(?: HTTP\/[\d.]+)?"? (?<status>404|410)\b|\b(?:returned error|error|response|got|received|with)\W{1,3}(?<plain>404)\b|\bFileNotFoundException: https?:/i,
  NO_ROUTES,
  // Gateways and platforms: API Gateway, Kong, Azure, ingress-nginx, Vercel, Netlify, Heroku, Railway.
  /"message"\s*:\s*"(?:Missing Authentication Token|Not Found)"|\bno Route matched with those values|\bdefault backend - 404|\bThe page could not be found|\bDEPLOYMENT_NOT_FOUND\b|\b404 (?:Web )?Site not found|\bNo such app\b|\bApplication not found\b|\bThere's nothing here, yet/i,
  // Go and .NET say the status in words: `sending "initialize": Not Found`.
  /\b(?:initiali[sz]e|connect\w*|transport|endpoint|server|url)\b.{0,60}(?:: |\breturned |\()(?:page )?not found\b|\bnot found (?:at|on|for|under) https?:/i,
];

/** All that a web server says of a path it does not know. */
const BARE =
  /^\W*(?:404\W{0,3})?(?:(?:page |route |path )?not[ _]found|no such (?:page|route)|cannot (?:POST|GET) \/\S*|gone)\W*$/i;

/** Over HTTP+SSE the stream was opened, and only what is posted beside it is not found: the address of the entry is right. */
const streamOpens = (given: Partial<Evidence>, line: Line): boolean =>
  given.reported?.transport === 'sse' &&
  (/\bPOST|SSEClientTransport\.send/.test(line.text) ||
    words(given).some(({ text }) => /\bGET \S*sse\S*.{0,20}\b200\b|\bendpoint event\b/i.test(text)));

type Found = {
  url: string | null;
  status: number | null;
  right: string | null;
  transport: string | null;
  tried: string[];
};

export default defineCause({
  id: 'http-endpoint-wrong',
  title: 'The URL is not the MCP endpoint of this server',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404)',
    'Streamable HTTP error: Unexpected content type: text/html',
    'SSE error: Non-200 status code (404)',
    'Cannot POST /',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-not-mcp',
    'http-redirect-loses-request',
  ],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const { asked, others = [] } = given.endpoint ?? {};
    const first = answers(given)[0];
    const { status = null } = first?.exchange ?? {};
    if (asked) {
      const strayed =
        asked.answer === 'not-found' ||
        asked.answer === 'html' ||
        (asked.answer === 'other' && (status ?? 0) < 500 && ![403, 406, 415, 421, 429].includes(status ?? 0));
      // A redirect that only adds a slash or a scheme has a cause of its own.
      const sentAway = asked.answer === 'redirect' && pathOf(asked.redirectTo ?? '') !== pathOf(asked.url);
      const by = (answer: string) =>
        others.findIndex((o) => o.answer === answer && (!sentAway || pathOf(o.url) !== pathOf(asked.url)));
      const right = [by('streamable-http'), by('legacy-sse'), by('needs-credentials')].find((i) => i >= 0);
      const found = right === undefined ? undefined : others[right];
      const tried = others.map(({ url }) => url);
      const cites = [...(first ? [first.at] : []), at('endpoint', 'asked')];
      if (found && (strayed || sentAway)) {
        // A 400 may also be an MCP server's way to refuse; a place that demands credentials may be anything.
        const plainly = found.answer !== 'needs-credentials' && (asked.answer !== 'other' || (status ?? 0) < 300);
        return {
          certainty: plainly ? 'certain' : 'likely',
          cites: [at('endpoint', 'others', right ?? 0), ...cites],
          facts: { url: asked.url, status, right: found.url, transport: found.answer, tried },
        };
      }
      if (asked.answer !== 'not-found' || isRpc(first?.exchange.body)) return null;
      return { certainty: 'likely', cites, facts: { url: asked.url, status, right: null, transport: null, tried } };
    }
    const url = targetOf(given) ?? null;
    const facts = { url, status, right: null, transport: null, tried: [] };
    // A server says in its own log that no route leads there.
    const unrouted = serverWords(given).filter(({ text }) => SAID[0]?.test(text) || NO_ROUTES.test(text));
    const lines = [...wayWords(given), ...transcript(given), ...unrouted].filter(
      ({ text }) => !OTHER_MATTER.test(text) && !isRpc(text),
    );
    // Some tell the body only.
    const bare = status === null && BARE.test(first?.exchange.body ?? '');
    if (first && (bare || [404, 405, 410].includes(status ?? 0) || NO_ROUTE.test(first.exchange.body ?? ''))) {
      const talk = given.reported?.clientError.some(
        (line) => OTHER_MATTER.test(line) && !/HTTP 404|Cannot GET/.test(line),
      );
      if (
        isStreamGet(first.exchange, given) ||
        isRpc(first.exchange.body) ||
        OTHER_MATTER.test(first.exchange.body ?? '')
      )
        return null;
      // The client speaks of something else: what it speaks of comes first, where it says enough.
      if (talk) return { certainty: 'possible', cites: [first.at], facts };
      // A bare status may belong to a session, a sign-in or another method; a body shows a web server's own refusal.
      const { body = '' } = first.exchange;
      const plainly =
        /Cannot POST/.test(body) ||
        (status !== 405 && body.trim() !== '') ||
        given.reported?.clientError.some((line) => SAID[0]?.test(line));
      // Asked by hand at the same place, it was not there either.
      const byHand = transcript(given).some(({ text }) => /\bPOST\b|curl/.test(text) && /\b(?:404|410)\b/.test(text));
      return { certainty: plainly || byHand ? 'likely' : 'possible', cites: [first.at], facts };
    }
    const refused = first ? undefined : refusedRequests(given).find(({ status }) => status === 404 || status === 410);
    const beside = refused ? announcedBeside(serverWords(given), refused.path) : null;
    if (refused && beside !== null) {
      const base = url !== null && URL.canParse(url) ? new URL(url).origin : '';
      return {
        certainty: 'likely',
        cites: [refused.line.at],
        facts: { ...facts, status: refused.status, right: `${base || '<origin>'}${beside}`, transport: 'announced' },
      };
    }
    const grown = first ? null : appended(httpWords(given), given.reported?.url);
    if (grown) return { certainty: 'likely', cites: [grown.at], facts: { ...facts, status: 404 } };
    const hit = first ? null : find(lines, ...SAID);
    const line = hit?.line ?? refused?.line;
    if (line)
      return {
        // A tool that does not find something says "not found" as well.
        certainty:
          (/\btools?\b|\bresources?\b|\bfiles?\b/i.test(line.text) && !hit?.groups.status) || streamOpens(given, line)
            ? 'possible'
            : 'likely',
        cites: [line.at],
        facts: {
          ...facts,
          status: Number(hit?.groups.status ?? hit?.groups.plain ?? hit?.groups.line ?? refused?.status ?? 404),
        },
      };
    const after = first ? null : afterSignIn(given);
    if (after?.came === 'not-found')
      return { certainty: 'likely', cites: [after.line.at], facts: { ...facts, status: 404 } };
    const corrected = first
      ? null
      : find(
          httpWords(given).filter(({ text }) => !/oauth|well-known|redirect/i.test(text)),
          CORRECTED,
        );
    if (corrected) return { certainty: 'likely', cites: [corrected.line.at], facts: { ...facts, status: 404 } };
    const number = first
      ? null
      : statusSaid(
          [...lines, ...transcript(given)].filter(({ text }) => !/\.well-known|oauth|session|register/i.test(text)),
          404,
          410,
        );
    if (number) return { certainty: 'possible', cites: [number.line.at], facts: { ...facts, status: number.status } };
    // A POST that is not allowed: a page for browsers stands there, or a server of the older transport.
    const disallowed = first
      ? undefined
      : refusedRequests(given).find(({ method, status: told }) => method === 'POST' && told === 405);
    if (disallowed) return { certainty: 'possible', cites: [disallowed.line.at], facts: { ...facts, status: 405 } };
    // rmcp looks at the type before the status: what has none at all is mostly a web server's bare 404.
    const typeless = first ? null : find(lines, /\bcontent[- ]type: None\b.{0,60}\bwhen send initialize request\b/i);
    if (typeless) return { certainty: 'likely', cites: [typeless.line.at], facts: { ...facts, status: 404 } };
    const routes = first ? null : routesBeside(given.reported?.entry, given.reported?.url);
    return routes
      ? { certainty: 'likely', cites: [at('reported', 'entry')], facts: { ...facts, tried: routes } }
      : null;
  },
  say: ({ url, status, right, transport, tried }) => {
    const asked = url ?? 'The URL asked for';
    if (right)
      return `${asked} is not the MCP endpoint${status ? ` (it answers ${status})` : ''}: ${transport === 'needs-credentials' ? 'a place that demands credentials answers' : transport === 'announced' ? 'its log says that it serves MCP' : 'the MCP server answers'} at ${right}.`;
    if (status === null)
      return `No route leads from ${asked} to an MCP server: the front end knows ${tried.join(', ')}.`;
    return `${asked} answers ${status}: the host is up, but no MCP endpoint stands at this path${tried.length ? `, nor at the ${tried.length} usual ones that were tried` : ''}.`;
  },
  fix: ({ url, right, transport, tried, status }) => {
    if (right)
      return [
        {
          say: "Write the right URL into the client's entry:",
          edit: {
            file: 'the client config',
            at: 'url',
            to: transport === 'legacy-sse' ? `"type": "sse", "url": "${right}"` : `"url": "${right}"`,
          },
        },
        { say: 'Check it:', run: `mcp-verdict verify ${right}` },
      ];
    const base = url && URL.canParse(url) ? new URL(url).origin : '<origin>';
    return [
      status === null
        ? {
            say: 'Give the front end a route for the path of the URL that leads to the MCP server, with buffering off:',
            edit: {
              file: 'the proxy configuration',
              to: `location ${url ? pathOf(url) : '/mcp'} { proxy_pass http://127.0.0.1:<port>; proxy_buffering off; }`,
            },
          }
        : {
            say: `Take the endpoint from the server's documentation or start-up log and write it into the entry:`,
            edit: { file: 'the client config', at: 'url', to: `"url": "${base}/<path>"` },
          },
      ...(tried.length && status !== null ? [{ say: `No MCP answered at: ${tried.join(', ')}.` }] : []),
      {
        say: 'If the server is yours, make sure that this deployment is the one that has the MCP route, then check:',
        run: `mcp-verdict verify ${url ?? `${base}/mcp`}`,
      },
    ];
  },
  why: 'An MCP endpoint is one exact path, and the specification fixes none: /mcp, /sse and /api/mcp are all usual. A missing or doubled part of the path, or a host that has moved, reaches a web server that knows nothing of MCP and answers 404.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http'],
  examples: [
    {
      name: 'live, 404 at / and MCP at /mcp',
      finds: true,
      evidence: {
        endpoint: {
          asked: { url: 'https://acme.dev/', answer: 'not-found' },
          others: [{ url: 'https://acme.dev/mcp', answer: 'streamable-http', status: 200 }],
        },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 404,
            },
          ],
        },
      },
    },
    {
      name: 'live, the homepage with MCP beside it',
      finds: true,
      evidence: {
        endpoint: {
          asked: { url: 'https://acme.dev/', answer: 'html' },
          others: [{ url: 'https://acme.dev/api/mcp', answer: 'streamable-http', status: 200 }],
        },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 200,
              contentType: 'text/html',
              body: '<!doctype html>',
            },
          ],
        },
      },
    },
    {
      name: 'a client that posts to a path without MCP',
      finds: true,
      symptoms: {
        url: 'http://localhost:3000/',
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 404): Cannot POST /',
      },
    },
    {
      name: 'a platform that knows the deployment, but no such page',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://x.vercel.app/mcp',
        http: { status: 404, body: 'The page could not be found\n\nNOT_FOUND\n\nfra1::9x2kq' },
      },
    },
    {
      name: 'a proxy without a route',
      finds: true,
      symptoms: { url: 'https://acme.dev/mcp', entry: { routes: ['/', '/api/', '/ws'] } },
    },
    {
      name: 'Spring',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error POSTing to endpoint: {"timestamp":"2026-03-04T10:00:00Z","status":404,"error":"Not Found","path":"/mcp/v1"}',
      },
    },
    {
      name: 'Rails',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'ActionController::RoutingError (No route matches [POST] "/mcp")',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: { url: 'https://acme.dev/api', clientError: 'unexpected response: 404 page not found' },
    },
    {
      name: 'API Gateway, which has no such route',
      finds: true,
      symptoms: {
        url: 'https://x.execute-api.eu-west-1.amazonaws.com/mcp',
        http: { status: 403, body: '{"message":"Missing Authentication Token"}' },
      },
    },
    {
      name: 'a log that names another path',
      finds: true,
      symptoms: {
        url: 'http://localhost:8080/mcp',
        serverLog:
          'Listening for MCP on http://0.0.0.0:8080/api/v2/mcp\n[GIN] 2026/03/04 - 10:00:00 | 404 | 1.2ms | 127.0.0.1 | POST     "/mcp"',
      },
    },
    {
      name: 'a browser that looks for its icon',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '"GET /favicon.ico HTTP/1.1" 404\n"GET /mcp HTTP/1.1" 404\n"POST /mcp HTTP/1.1" 200\n"POST /register HTTP/1.1" 404',
      },
    },
    {
      name: 'a session that is gone',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 404,
          body: '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
        },
      },
    },
    {
      name: 'no stream to open with GET',
      finds: false,
      symptoms: { transport: 'streamable-http', http: { method: 'GET', status: 404 } },
    },
  ],
});
