import type { Evidence } from '../case/evidence.js';
import { defineCause, type Match } from './cause.js';
import { conversed, refused, runOf, succeeded, type Tried } from './experiments.js';
import { isLocalReport, isObserved, tells, told } from './told.js';
import { WORDS } from './words.js';

type Found = {
  status: number | null;
  words: string | null;
  /** `server`: one server object, many transports. `transport`: one transport for all clients. */
  shared: 'server' | 'transport';
  /** How it showed: to us, since another client was first; to the second client, to some of several at once, to the first client after the second came, or in words. */
  shown: 'us' | 'second' | 'several' | 'first' | 'told';
};

/** One server object that is to serve a second transport. SDK v1 and v2, Kotlin, C#, Python. */
const SERVER =
  /\balready connected to a(?:nother)?\s{0,2}transp|\bseparate Protocol instance per connection\b|\b(?:server|protocol) (?:is |instance )?(?:already )?connected to (?:a|another) transport\b|\b(?:mcp ?server|server|protocol) (?:is |was |has )?(?:already|been already) (?:connected|attached|bound|running a transport)\b|\bone (?:mcp )?server (?:instance )?(?:can|per)\b.{0,40}\b(?:transport|connection|session)\b/i;
/** One transport that is to serve a second client, or a second request. */
const TRANSPORT =
  /\bServer already initialized\b|\bOnly one initialization request is allowed\b|\bStateless transport cannot be reused\b|\btransport (?:is |was )?already (?:started|in use|initiali[sz]ed|connected)\b|Transport already started\b|\bNo connection established for request ID\b|\b(?:responses?|answers?|messages?|results?) (?:for \w+ ?\w{0,10} )?(?:(?:are |get |were |is )?delivered|go|goes|went|arriv\w+|ends? up|are (?:sent|delivered|routed)|get (?:sent|routed)|leak\w*|show up) (?:to|at|in|with|on) (?:the )?(?:wrong|another|other|a different|second|client ?\w) ?(?:client|session|connection)?/i;
/** The source of a server that makes its object once, and connects it in the handler of each request; line ends stand in it as `\n`. */
const CODE =
  /\bnew (?:Mcp)?Server\(.{1,600}?(?:\b|\\n)(?:app|router|server)\.(?:get|post|all|use)\((?<handler>.{1,900}?)(?:\b|\\n)server\.connect\(/is;
const OF_EACH = /\bnew (?:Mcp)?Server\(|\b(?:create|get|build|make)(?:Mcp)?Server\(/i;

/** People who found the reason, or who describe it. */
const DESCRIBED = [
  /\b(?:shar\w+|singleton|single|same|one|global|module-level|reus\w+) (?:a |the |one )?(?:single |same |shared |global )?(?:Mcp ?Server|MCP Server|Server|Protocol|transport|StreamableHTTPServerTransport)\b.{0,60}\b(?:across|for (?:all|every|each)|between|by all|instance|sessions|requests|clients|connections)\b/i,
  /\b(?:second|2nd|another|any other|additional|next|every (?:other|further|subsequent)|subsequent|concurrent|new|multiple|two) (?:mcp )?(?:clients?|sessions?|connections?|initiali[sz]e|connect|reconnects?|request)\b.{0,80}\b(?:fails?|failed|rejected|refused|500|-32000|already|errors?|hangs?|times? out|crash\w*)\b/i,
  /\b(?:second|2nd|another|new|other) (?:\w+ )?(?:client|window|session|connection|tab|user|agent|instance)\b.{0,80}\b(?:first|other|previous|existing|old)(?: \w+)?\b.{0,40}\b(?:stops?|loses?|disconnect\w*|hangs?|no longer|times? out|breaks?|dies|freez\w+|kicked|drops?)\b/i,
  /\b(?:from|on|with|for|after) the (?:second|2nd) (?:connection|client|session|connect|initiali[sz]e)\b/i,
  /\bonly (?:accepts? |allows? |serves? |works? (?:for|with) )?(?:the (?:very )?first|one|a single) (?:client|connection|session)\b|\bfirst (?:client|session|connection)\b.{0,40}\b(?:works|connects|fine|ok)\b.{0,80}\b(?:second|next|every|others?|reconnect)/i,
];

/** Our own second client, or several at once, while the first had been served. */
function inSeries(given: Partial<Evidence>): Match<Found> | null {
  const [opened] = conversed(given, /^initialize$/);
  if (!opened) return null;
  const { body: answer = '', status: first } = opened.exchange;
  // Somebody else was first: we are the second client.
  if (refused(opened.exchange) && (SERVER.test(answer) || TRANSPORT.test(answer)))
    return {
      certainty: 'certain',
      cites: [opened.at],
      facts: {
        status: first ?? null,
        words: answer.trim().slice(0, 160),
        shared: TRANSPORT.test(answer) ? 'transport' : 'server',
        shown: 'us',
      },
    };
  if (!succeeded(opened.exchange)) return null;
  const counts = (tried: Tried | undefined): tried is Tried =>
    tried !== undefined &&
    (refused(tried.exchange)
      ? [200, 400, 409, 500].includes(tried.exchange.status ?? 0)
      : tried.exchange.status === undefined && tried.exchange.error !== undefined);
  const [second] = runOf(given, 'second-client');
  const several = runOf(given, 'parallel-clients');
  const failed = several.find(counts);
  const tried = counts(second) ? second : failed;
  if (tried) {
    const { body = '', status } = tried.exchange;
    const named = SERVER.test(body) || TRANSPORT.test(body);
    // Without the words it is a server that takes one client only, whatever the reason.
    const both = counts(second) && several.length > 0 && several.every(counts);
    return {
      certainty: named ? 'certain' : status === undefined && !both ? 'possible' : 'likely',
      severity: 'broken',
      cites: [tried.at, opened.at],
      facts: {
        status: status ?? null,
        words: body.trim().slice(0, 160) || null,
        shared: TRANSPORT.test(body) ? 'transport' : 'server',
        shown: tried === second ? 'second' : 'several',
      },
    };
  }
  // Older SDKs let the second transport take the place of the first: its client waits for ever.
  const before = conversed(given, /^tools\/list$/).some(({ exchange }) => succeeded(exchange));
  const later = [...runOf(given, 'parallel-requests'), ...runOf(given, 'fresh-connections')];
  const silent = later.filter(({ exchange }) => exchange.status === undefined || exchange.error !== undefined);
  const [lost] = silent;
  return second && before && lost && later.length > 1 && silent.length === later.length
    ? {
        certainty: 'likely',
        cites: [lost.at, second.at],
        facts: { status: lost.exchange.status ?? null, words: null, shared: 'server', shown: 'first' },
      }
    : null;
}

export default defineCause({
  id: 'session-server-instance-shared',
  title: 'One server object is shared by several clients, and only the first is served',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error: Already connected to a transport. Call close() before connecting to a new transport, or use a separate Protocol instance per connection.',
    'Error POSTing to endpoint (HTTP 400): {"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: Server already initialized"},"id":null}',
    '{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal server error"},"id":null}',
    'Stateless transport cannot be reused across requests. Create a new transport per request.',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'series'],
  explains: [
    'http-server-error',
    'process-crashed',
    'call-internal-error',
    'call-crashes-server',
    'catalog-list-fails',
    'handshake-refused',
    'handshake-unanswered',
    'process-returns-early',
    'container-exited',
    'container-restarting',
    'transport-sse-client-on-streamable-server',
    'transport-get-stream-mishandled',
  ],

  match(given): Match<Found> | null {
    if (isObserved(given)) return inSeries(given);
    if (isLocalReport(given)) return null;
    // A client that starts its own transport twice says so by the name of it.
    const texts = told(given).filter(({ text }) => !/ClientTransport already started/i.test(text));
    const status = given.http?.exchanges[0]?.status ?? null;
    const found = (hit: NonNullable<ReturnType<typeof tells>>, shared: Found['shared']): Match<Found> => ({
      certainty: 'likely',
      cites: [hit.told.at],
      facts: {
        status,
        words: hit.told.from === 'entry' ? null : hit.told.text.trim().slice(0, 160),
        shared,
        shown: 'told',
      },
    });
    const server = tells(texts, SERVER);
    if (server) return found(server, 'server');
    const transport = tells(texts, TRANSPORT);
    if (transport) return found(transport, 'transport');
    const described = tells(texts, ...DESCRIBED);
    const code = tells(texts, CODE);
    if (!described && code && !OF_EACH.test(code.match.groups?.handler ?? ''))
      return { ...found(code, 'server'), certainty: 'possible' };
    if (!described) return null;
    const shared = /transport/i.test(described.match[0]) ? 'transport' : 'server';
    // A limit of clients or of requests is wanted.
    if (texts.some(({ text }) => /rate.?limit|too many|429|max(?:imum)? (?:clients|connections)/i.test(text)))
      return null;
    const sure = status === 500 || status === 400 || /Mcp ?Server|Protocol|transport/i.test(described.match[0]);
    return { ...found(described, shared), certainty: sure ? 'likely' : 'possible' };
  },
  say: ({ status, words, shared, shown }) => {
    const object =
      shared === 'transport'
        ? 'a single transport object serves all clients'
        : 'a single server object is connected to the transport of every client';
    const answer = `${status ? `answered ${status}` : 'not answered'}${words ? ` ("${words}")` : ''}`;
    if (shown === 'second') return `The first client was served and a second initialize was ${answer}: ${object}.`;
    if (shown === 'several')
      return `Of several clients at once not all were served, one initialize was ${answer}: ${object}.`;
    if (shown === 'first')
      return `Since a second client came, the first gets no answers any more: ${object}, and the last one that connected receives what belongs to the others.`;
    return `In this server ${object}${words ? ` ("${words}")` : ''}. The first client works; a second one, or the same one after a reconnect, is refused until the server restarts.`;
  },
  fix: ({ shared }) => [
    {
      say:
        shared === 'transport'
          ? 'Make a new transport, and a new server for it, for every session (or, without sessions, for every request), and keep them in a map by session id:'
          : 'Make a new server object for every transport: put the construction and the registration of the tools into a function and call it for each initialize (or, without sessions, for each request):',
      edit: {
        file: 'the source of the server',
        to: 'const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: (id) => { transports[id] = transport; } });\nawait createServer().connect(transport);',
      },
    },
    { say: 'Until then restart the server before each new client, or let one bridge connect and serve the others.' },
    { say: 'Show that two clients at once are served:', run: 'mcp-verdict verify --full <url>' },
  ],
  why: 'In the SDKs a server object belongs to one transport, and a transport with a session to one client. Since TypeScript SDK 1.26 a second connect() throws "Already connected to a transport"; before, the new transport silently took the place of the old, and answers went to the wrong client. It works as long as only one client ever connects.',
  refs: [
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/1405',
    'https://github.com/modelcontextprotocol/typescript-sdk/blob/v1.x/src/examples/server/simpleStreamableHttp.ts',
  ],
  examples: [
    {
      name: 'live, the second client',
      finds: true,
      evidence: {
        series: { requests: 1, ms: 3, runs: [{ experiment: 'second-client', exchanges: [1] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 2,
              credentials: 'none',
              status: 200,
              body: '{"jsonrpc":"2.0","id":1,"result":{}}',
            },
            {
              purpose: 'second-client',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 9,
              ms: 2,
              credentials: 'none',
              status: 400,
              body: '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: Server already initialized"},"id":null}',
            },
          ],
        },
      },
    },
    {
      name: 'SDK v1 from 1.26 on',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: '{"error":{"code":-32000,"message":"Internal server error."}}',
        http: { method: 'POST', status: 500, body: '{"error":{"code":-32000,"message":"Internal server error."}}' },
        serverLog:
          'Error handling MCP request: Error: Already connected to a transport. Call close() before connecting to a new transport, or use a separate Protocol instance per connection.',
      },
    },
    {
      name: 'cut short in the log',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 500 },
        serverLog: 'error HTTP error err=Already connected to a transp...',
      },
    },
    {
      name: 'one transport with sessions',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'MCP error -32600: Invalid Request: Server already initialized',
      },
    },
    {
      name: 'one transport without sessions',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'Error: Stateless transport cannot be reused across requests. Create a new transport per request.',
      },
    },
    {
      name: 'a reader who describes it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 500 },
        clientError: 'The first session works, every subsequent session fails with HTTP 500',
      },
    },
    {
      name: 'a limit of clients',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 429 },
        clientError: 'second client fails: 429 too many connections',
      },
    },
    {
      name: 'a local server',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'Client already connected' },
    },
    {
      name: 'the source makes the server once',
      finds: true,
      symptoms: {
        transport: 'sse',
        entry: {
          code: 'const server = new McpServer({ name: "a" });\napp.get("/sse", (req, res) => { const transport = new SSEServerTransport("/messages", res); server.connect(transport); });',
        },
      },
    },
    {
      name: 'the source makes a server for each request',
      finds: false,
      symptoms: {
        transport: 'sse',
        entry: {
          code: 'import "new McpServer(info)"; app.get("/sse", (req, res) => { const server = new McpServer({ name: "a" }); server.connect(new SSEServerTransport("/messages", res)); });',
        },
      },
    },
  ],
});
