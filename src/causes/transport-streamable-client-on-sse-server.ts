import { at } from '../case/pointer.js';
import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { targetOf, wayWords } from './way.js';
import { failed, find } from './words.js';

const isSse = (url: string | null): boolean => /\/sse\/?(?:[?#]|$)/i.test(url ?? '');

/** A POST that an /sse address refuses, in a client's words or in an access log. */
const REFUSED_POST = [
  /\bCannot POST (?<path>\/\S*sse)\b/i,
  /\bPOST (?<path>\/\S*sse\/?)(?:\?\S*)?(?: HTTP\/[\d.]+)?"? (?<status>40[45])\b/i,
  // "405" alone, where the URL told apart ends in /sse; "Method Not Allowed" from every kind of server.
  /\b(?<status>40[45])\b|\bmethod not allowed\b/i,
];

/** Clients that know both transports post first and then fall back: that is no failure. */
const FALLS_BACK = /fall(?:ing)? ?back|falling back|retry(?:ing)? with sse|\bGET \//i;

type Found = { url: string | null; status: number | null };

export default defineCause({
  id: 'transport-streamable-client-on-sse-server',
  title: 'The client posts Streamable HTTP to a server that speaks the older HTTP+SSE',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404)',
    'Error POSTing to endpoint (HTTP 405)',
    '405 Method Not Allowed',
    'Cannot POST /sse',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-endpoint-wrong', 'http-not-mcp'],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const { asked } = given.endpoint ?? {};
    const first = answers(given)[0];
    const status = first?.exchange.status ?? null;
    if (asked) {
      if (asked.answer !== 'legacy-sse') return null;
      // Over HTTP+SSE itself the transport fits: what failed then is something else.
      if (first?.exchange.purpose === 'open-sse-stream') return null;
      return {
        certainty: 'certain',
        cites: [...(first ? [first.at] : []), at('endpoint', 'asked')],
        facts: { url: asked.url, status },
      };
    }
    const url = targetOf(given) ?? null;
    // The entry already asks for SSE, so whoever posts there is a Streamable HTTP server's business.
    if (/"(?:type|transport)"\s*:\s*"sse"/i.test(given.reported?.entry ?? '')) return null;
    if (first) {
      const refused = status === 404 || status === 405;
      const gone = status === 404 && /not found"|session/i.test(first.exchange.body ?? '');
      return refused && !gone && first.exchange.method === 'POST' && isSse(first.exchange.url || url)
        ? { certainty: 'likely', cites: [first.at], facts: { url, status } }
        : null;
    }
    const lines = wayWords(given).filter(({ text }) => !FALLS_BACK.test(text));
    const log = (given.reported?.serverLog ?? []).map((text, i) => ({
      text,
      at: at('reported', 'serverLog', i),
      from: 'server-log' as const,
    }));
    const hit =
      find([...lines, ...log], ...REFUSED_POST.slice(0, 2)) ??
      (isSse(url)
        ? find(
            lines.filter(({ from }) => from === 'client'),
            ...REFUSED_POST.slice(2),
          )
        : null);
    return hit
      ? {
          certainty: 'likely',
          cites: [hit.line.at],
          facts: { url: url ?? hit.groups.path ?? null, status: Number(hit.groups.status ?? 405) },
        }
      : null;
  },
  say: ({ url, status }) =>
    `${url ?? 'The URL'} is an endpoint of the older transport HTTP+SSE (2024-11-05): it opens an event stream on GET, and refuses the POST with which a Streamable HTTP client begins${status ? ` (${status})` : ''}.`,
  fix: ({ url }) => [
    {
      say: "Set the transport of the client's entry to sse:",
      edit: { file: 'the client config', at: 'type', to: `"type": "sse"${url ? `, "url": "${url}"` : ''}` },
    },
    {
      say: `Or use the server's Streamable HTTP endpoint, when it has one (often the same URL with /mcp in place of /sse):`,
      run: `mcp-verdict verify ${url ? url.replace(/\/sse\/?(?=$|[?#])/i, '/mcp') : '<url>/mcp'}`,
    },
    {
      say: 'If the server is yours, move it to Streamable HTTP (Python: transport="streamable-http"; TypeScript: StreamableHTTPServerTransport): HTTP+SSE is deprecated since 2025-03-26.',
    },
  ],
  why: 'HTTP+SSE has two addresses: a GET stream, which names a second address to post to. Streamable HTTP posts to the one address it is given. A client that was told "http" therefore posts to the stream of an older server and is refused; the status alone looks like a wrong path.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility'],
  examples: [
    {
      name: 'live, GET names an endpoint',
      finds: true,
      evidence: {
        endpoint: { asked: { url: 'http://127.0.0.1:8000/sse', answer: 'legacy-sse' }, others: [] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:8000/sse',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 405,
            },
          ],
        },
      },
    },
    {
      name: 'an entry of type http with an /sse URL',
      finds: true,
      symptoms: { entry: { type: 'http' }, url: 'https://acme.dev/sse', http: { status: 405 } },
    },
    {
      name: 'Express',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 404): <pre>Cannot POST /sse</pre>',
      },
    },
    {
      name: 'the log of uvicorn',
      finds: true,
      symptoms: { serverLog: 'INFO: 127.0.0.1:5000 - "POST /sse HTTP/1.1" 405 Method Not Allowed' },
    },
    {
      name: 'the reverse: an sse entry for a newer server',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        entry: { type: 'sse' },
        clientError: 'error code 405',
        http: { status: 405 },
      },
    },
    {
      name: 'a 404 at /mcp',
      finds: false,
      symptoms: { transport: 'streamable-http', url: 'http://localhost:3000/mcp', http: { status: 404 } },
    },
  ],
});
