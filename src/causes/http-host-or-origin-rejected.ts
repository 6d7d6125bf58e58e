import { STACKS } from './allow-lists.js';
import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { BLAMES, MISSES } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { experiment, httpWords, refused, statusSaid, unreasoned } from './refusals.js';
import { hostOf, targetOf } from './way.js';
import { failed, find } from './words.js';

/** The status alone, in a client's words or in an access log. 421 has no other meaning. */
const BARE =
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|error|\bgot|\breturn\w*)\W[^\d]{0,30}421\b|\b(?:POST|GET) \S+(?: HTTP\/[\d.]+)?"?[ :|-]{1,3}421\b|\|\s*421\s*\||^\W{0,3}421\b/i;
/** A person compared with and without the header. */
const COMPARED =
  /\b(?:Origin|Host)\b(?: header)?.{0,60}?(?:->|=>|→|:|\bgets?|\breturns?|\bgives?|\bis) ?(?:HTTP |a )?(?<status>403|421)\b|\b(?:403|421)\b.{0,40}\b(?:with|when|because|for|if|only|due)\b.{0,20}\b(?:Origin|Host) header\b/i;
/** The value that was refused, behind the words that refuse it. */
const VALUE =
  /\b(?:host|origin|http_host)(?: header)?["']?(?: (?:value|name))?\s?[:=]?\s?\(?["'`](?<quoted>[^"'`\s]{1,200})["'`]|\b(?:Invalid|Blocked|Unknown|Untrusted) (?:Host|Origin|hosts)(?: header)?: (?<bare>[^\s"',}]{1,200})/i;

type Found = {
  url: string | null;
  what: string;
  value: string | null;
  status: number | null;
  stack: string;
  contradicts: boolean;
};

export default defineCause({
  id: 'http-host-or-origin-rejected',
  title: 'The server refuses the Host or Origin header of the request (protection against DNS rebinding)',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    '421 Misdirected Request',
    'Invalid Host header',
    'Error POSTing to endpoint (HTTP 403): {"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: acme.dev"},"id":null}',
    'Origin not allowed',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'series'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-not-mcp',
    'http-endpoint-wrong',
    'auth-credentials-rejected',
    'edge-blocks-client',
  ],

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const lines = httpWords(given);
    const stackOf = (more: string) => {
      const text = `${lines.map((line) => line.text).join('\n')}\n${more}`;
      return STACKS.find(([, mark]) => mark.test(text))?.[0] ?? 'typescript';
    };
    const contradiction = preflightLies(given);
    if (contradiction)
      return {
        certainty: 'likely',
        cites: contradiction.cites,
        severity: 'degraded',
        facts: { url, what: 'Origin', value: contradiction.origin, status: 403, stack: stackOf(''), contradicts: true },
      };
    if (given.handshake && !failed(given)) return null;
    const all = refused(given);
    const found = all.find(({ refusal }) => refusal.kind === 'host' || refusal.kind === 'origin');
    const first = answers(given)[0]?.exchange;
    const sent = first?.requestHeaders ?? {};
    if (found) {
      const what = found.refusal.kind === 'origin' ? 'Origin' : 'Host';
      const text = [found.text, ...lines.map((line) => line.text)].find((said) => VALUE.test(said)) ?? '';
      const groups = VALUE.exec(text)?.groups;
      const value = groups?.quoted ?? groups?.bare ?? (what === 'Origin' ? sent.origin : sent.host) ?? null;
      const server = JSON.stringify(first?.headers ?? {});
      return {
        // A sandbox's proxy on the client's side says it of hosts that it does not let out.
        certainty: first?.headers?.['x-deny-reason']
          ? 'possible'
          : found.live && found.by === 'words'
            ? 'certain'
            : 'likely',
        cites: [found.at],
        facts: {
          url,
          what,
          value: value?.replace(/[.,;]+$/, '') ?? null,
          status: found.status,
          stack: stackOf(`${found.text} ${found.status} ${server}`),
          contradicts: false,
        },
      };
    }
    // A refusal without words of a request whose Origin was told: what browsers send and programs leave out.
    const place = answers(given)[0]?.at;
    const bothered = sent.origin ?? sent.host;
    if (first && place && first.status === 403 && bothered !== undefined) {
      const { body = '', headers = {} } = first;
      if (MISSES.test(body) || BLAMES.test(body) || headers['www-authenticate'] !== undefined) return null;
      const edge = /<html|cloudflare|akamai|access denied/i.test(`${body} ${headers.server ?? ''}`);
      const facts = {
        url,
        what: sent.origin === undefined ? 'Host' : 'Origin',
        value: bothered,
        status: 403,
        stack: stackOf(JSON.stringify(headers)),
        contradicts: false,
      };
      return { certainty: edge ? 'possible' : 'likely', cites: [place], facts };
    }
    const compared = find(lines, COMPARED);
    if (compared && (first?.status ?? 403) >= 400) {
      const what = /\bHost\b/i.test(compared.match[0]) ? 'Host' : 'Origin';
      const status = first?.status ?? Number(compared.groups.status ?? 403);
      const facts = { url, what, value: null, status, stack: stackOf(''), contradicts: false };
      return { certainty: 'likely', cites: [compared.line.at], facts };
    }
    // SDKs say what they miss; frameworks in front of them may refuse with the bare status.
    const thin = unreasoned(given, 403);
    if (thin !== null)
      return {
        certainty: 'possible',
        cites: [thin],
        facts: { url, what: 'Origin', value: null, status: 403, stack: stackOf(''), contradicts: false },
      };
    const bare = first ? null : (find(lines, BARE) ?? statusSaid(lines, 421));
    return bare
      ? {
          certainty: 'likely',
          cites: [bare.line.at],
          facts: { url, what: 'Host', value: null, status: 421, stack: stackOf('421'), contradicts: false },
        }
      : null;
  },
  say: ({ url, what, value, status, contradicts }) => {
    const which = value ? ` "${value}"` : '';
    if (contradicts)
      return `${url ?? 'The server'} tells browsers of every site that they may come (its preflight allows the origin${which}), and then refuses their request with 403 because of that very Origin. Clients outside of browsers send none and get through.`;
    return `${url ?? 'The server'} refuses the request because of its ${what} header${which}${status ? ` (${status})` : ''}: it is not on the server's list of allowed ${what === 'Host' ? 'hosts' : 'origins'}, which by default holds the names of the local machine only. The server is up and was reached.`;
  },
  fix: ({ url, what, value, stack, contradicts }) => {
    const named = value ?? (url && URL.canParse(url) ? new URL(url).host : null);
    const bare = named?.replace(/^[a-z+-]+:\/\//i, '').replace(/\/.*$/, '') ?? '<host>';
    const isUrl = /^[a-z+-]+:\/\//i.test(named ?? '');
    const origin = isUrl ? (named as string).replace(/^([a-z+-]+:\/\/[^/]+).*$/i, '$1') : `https://${bare}`;
    const host = what === 'Host' ? bare : ((url && URL.canParse(url) ? new URL(url).host : null) ?? '<host>');
    const step = (STACKS.find(([name]) => name === stack) ?? STACKS.at(-1))?.[2](host, origin);
    const local = /^(?:localhost|127\.|\[?::1)/.test(hostOf(url ?? undefined) ?? '');
    return [
      ...(step ? [step] : []),
      ...(what === 'Host' && !local
        ? [
            {
              say: 'Behind a proxy the server may get the inner name in place of the public one: let the proxy pass the Host on, or name the inner one in the list.',
              edit: { file: 'nginx.conf', to: 'proxy_set_header Host $host;' },
            },
            {
              say: 'A Python server that is made with host="127.0.0.1" (the default) protects itself so; made with host="0.0.0.0" it takes every Host. Switch the protection off only where authentication stands before the server.',
            },
          ]
        : []),
      ...(what === 'Origin' && !contradicts
        ? [
            {
              say: 'A client that is no browser has no origin: let it leave the header out. Do not allow every origin on a server without authentication.',
            },
          ]
        : []),
      { say: 'Check it:', run: `mcp-verdict verify ${url ?? '<url>'}` },
    ];
  },
  why: 'A web page can point a name of its own at 127.0.0.1 and so talk to local servers (DNS rebinding). MCP servers therefore compare Host and Origin with a list. The list that SDKs make by themselves holds localhost only, so a server that moves to a container, a LAN address or a public name refuses everybody until the new name is added.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning',
    'https://github.com/modelcontextprotocol/python-sdk/issues/1798',
    'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20',
  ],
  examples: [
    {
      name: 'a container that is asked by its LAN address',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://10.0.0.12:8001/mcp',
        serverLog:
          'mcp.server.transport_security - WARNING - Invalid Host header: 10.0.0.12:8001\nINFO:     10.0.0.40:47430 - "POST /mcp HTTP/1.1" 421 Misdirected Request',
      },
    },
    { name: 'the status alone', finds: true, symptoms: { transport: 'sse', http: { status: 421 } } },
    {
      name: 'the TypeScript SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: Error POSTing to endpoint: {"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: notes.example"},"id":null}',
      },
    },
    {
      name: 'an origin, in words',
      finds: true,
      symptoms: { transport: 'streamable-http', http: { status: 403, body: 'Origin not allowed' } },
    },
    {
      name: 'an origin that was told, with a bare 403',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'inspector',
        http: { status: 403, headers: { origin: 'http://localhost:6274' }, body: 'Forbidden' },
      },
    },
    {
      name: 'Django',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://mcp.lan:8000/mcp',
        serverLog: "Invalid HTTP_HOST header: 'mcp.lan:8000'. You may need to add 'mcp.lan' to ALLOWED_HOSTS.",
      },
    },
    {
      name: 'Vite before the server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://abc.ngrok.app/mcp',
        http: {
          status: 403,
          body: 'Blocked request. This host ("abc.ngrok.app") is not allowed.\nTo allow this host, add "abc.ngrok.app" to `server.allowedHosts` in vite.config.js.',
        },
      },
    },
    {
      name: 'live, a public name',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://mcp.acme.dev/mcp',
              atMs: 0,
              ms: 7,
              credentials: 'none',
              status: 421,
              headers: { server: 'uvicorn' },
              contentType: 'text/plain; charset=utf-8',
              body: 'Invalid Host header',
            },
          ],
        },
      },
    },
    {
      name: 'live, a preflight that allows what the request is refused for',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'origin-foreign',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 7,
              credentials: 'none',
              requestHeaders: { origin: 'https://other.example' },
              status: 403,
              headers: { 'access-control-allow-origin': '*' },
              body: 'Forbidden',
            },
            {
              purpose: 'preflight',
              method: 'OPTIONS',
              url: 'https://acme.dev/mcp',
              atMs: 9,
              ms: 3,
              credentials: 'none',
              requestHeaders: { origin: 'https://other.example' },
              status: 204,
              headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
            },
          ],
        },
        series: {
          runs: [
            { experiment: 'origin-foreign', exchanges: [0] },
            { experiment: 'preflight', exchanges: [1] },
          ],
          requests: 2,
          ms: 12,
        },
      },
    },
    {
      name: 'live, a local server that guards itself',
      finds: false,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'host-foreign',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 2,
              credentials: 'none',
              requestHeaders: { host: 'other.example' },
              status: 403,
              body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: other.example"},"id":null}',
            },
          ],
        },
        series: { runs: [{ experiment: 'host-foreign', exchanges: [0] }], requests: 1, ms: 2 },
      },
    },
    {
      name: 'a browser that keeps the answer to itself',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Origin http://localhost:6274 is not allowed by Access-Control-Allow-Origin. Status code: 200',
      },
    },
    {
      name: 'a 403 about a token',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 403, headers: { origin: 'https://claude.ai' }, body: '{"error":"insufficient_scope"}' },
      },
    },
    {
      name: 'an SSH host key',
      finds: false,
      symptoms: { transport: 'streamable-http', serverLog: 'git: invalid host key for github, continuing' },
    },
  ],
});

/** On a public server: the preflight says that this origin may come, and the request with it is refused. */
function preflightLies(given: Parameters<typeof experiment>[0]): { origin: string | null; cites: string[] } | null {
  const [asked] = experiment(given, 'preflight');
  const [sent] = experiment(given, 'origin-foreign');
  if (!asked || !sent || sent.exchange.status !== 403) return null;
  const origin = sent.exchange.requestHeaders?.origin ?? null;
  const allowed = asked.exchange.headers?.['access-control-allow-origin'];
  const ok = (asked.exchange.status ?? 0) >= 200 && (asked.exchange.status ?? 0) < 300;
  const opens = (given.http?.exchanges ?? []).some(
    ({ purpose, status = 0 }) => purpose === 'initialize' && status >= 200 && status < 300,
  );
  const local = /^(?:localhost|127\.|::1)/.test(hostOf(sent.exchange.url) ?? '');
  // Without an origin the same request must succeed, or the 403 has another reason; a local server is right to refuse.
  const alone = opens || given.handshake === undefined;
  return ok && alone && !local && (allowed === '*' || (origin !== null && allowed === origin))
    ? { origin, cites: [sent.at, asked.at] }
    : null;
}
