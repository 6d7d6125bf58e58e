import { at } from '../case/pointer.js';
import { ANSWERS, answers, isRpc, isStreamGet } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { targetOf, wayWords } from './way.js';
import { failed, find } from './words.js';

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '') : url);

/** Talk of sessions, sign-in and optional streams: a 404 there is another matter. */
const OTHER_MATTER = /session|oauth|authoriz|registr|register|well-known|metadata|sse stream|-32001|\bGET \//i;

const SAID = [
  /\bCannot POST (?<path>\/\S*)/,
  // SDK v1 leaves the status out: "Error POSTing to endpoint: {"detail":"Not Found"}"
  /\bPOSTing to endpoint\b.{0,200}?\b(?:404 |page )?not[_ ]found\b/i,
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|SSE error)\W[^\d]{0,30}(?<status>404|410)\b|\b(?<plain>404|410)\b.{0,5}(?:not found|gone)/i,
  // Access logs: `"POST / HTTP/1.1" 404 Not Found`, `POST /mcp 404 1.2 ms`
  /\bPOST (?<path>\/\S*)(?: HTTP\/[\d.]+)?"? (?<status>404|410)\b/,
];

/** Routes of a proxy, as a pasted entry lists them, of which none but the catch-all leads to the path of the URL. */
function routesBeside(entry: string | undefined, url: string | undefined): string[] | null {
  if (!entry || !url || !URL.canParse(url)) return null;
  const [, list] = /"[^"]*(?:location|route|path|ingress)[^"]*"\s*:\s*(\[[^\]]{2,1000}\])/i.exec(entry) ?? [];
  const routes = [...(list ?? '').matchAll(/"(\/[^"]*)"/g)].map(([, route = '']) => route);
  const path = `${pathOf(url)}/`;
  const covered = routes.some((route) => route !== '/' && path.startsWith(route.replace(/\/?\*?$/, '/')));
  return routes.length > 1 && !covered ? routes : null;
}

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
    const lines = wayWords(given).filter(({ text }) => !OTHER_MATTER.test(text) && !isRpc(text));
    if (first && [404, 405, 410].includes(status ?? 0)) {
      const talk = given.reported?.clientError.some((line) => OTHER_MATTER.test(line) && !/HTTP 404/.test(line));
      if (
        isStreamGet(first.exchange, given) ||
        isRpc(first.exchange.body) ||
        talk ||
        OTHER_MATTER.test(first.exchange.body ?? '')
      )
        return null;
      // A bare status may belong to a session, a sign-in or another method; a body shows a web server's own refusal.
      const { body = '' } = first.exchange;
      const plainly =
        /Cannot POST/.test(body) ||
        (status !== 405 && body.trim() !== '') ||
        given.reported?.clientError.some((line) => SAID[0]?.test(line));
      return { certainty: plainly ? 'likely' : 'possible', cites: [first.at], facts };
    }
    const hit = first
      ? null
      : (find(lines, ...SAID) ??
        find(
          (given.reported?.serverLog ?? []).map((text, i) => ({
            text,
            at: at('reported', 'serverLog', i),
            from: 'server-log' as const,
          })),
          SAID.at(-1) as RegExp,
        ));
    if (hit)
      return {
        certainty: hit.line.from === 'server-log' ? 'possible' : 'likely',
        cites: [hit.line.at],
        facts: { ...facts, status: Number(hit.groups.status ?? hit.groups.plain ?? 404) },
      };
    const routes = first ? null : routesBeside(given.reported?.entry, given.reported?.url);
    return routes
      ? { certainty: 'likely', cites: [at('reported', 'entry')], facts: { ...facts, tried: routes } }
      : null;
  },
  say: ({ url, status, right, transport, tried }) => {
    const asked = url ?? 'The URL asked for';
    if (right)
      return `${asked} is not the MCP endpoint${status ? ` (it answers ${status})` : ''}: ${transport === 'needs-credentials' ? 'a place that demands credentials answers' : 'the MCP server answers'} at ${right}.`;
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
      name: 'a platform that does not know the app',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://x.up.railway.app/mcp',
        http: { status: 404, body: '{"status":"error","code":404,"message":"Application not found"}' },
      },
    },
    {
      name: 'a proxy without a route',
      finds: true,
      symptoms: { url: 'https://acme.dev/mcp', entry: { routes: ['/', '/api/', '/ws'] } },
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
