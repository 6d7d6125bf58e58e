import type { Evidence } from '../case/evidence.js';
import { defineCause, type Match } from './cause.js';
import { conversed, issuesSessions, refused, runOf, succeeded } from './experiments.js';
import { copiesOf, sessionKind, sessionTrouble } from './sessions.js';
import { isSseClient } from './sse.js';
import { isObserved, statusTold, tells, told } from './told.js';
import { WORDS } from './words.js';

type Found = {
  /** How many requests of one session were answered, and how many refused. */
  answered: number;
  refused: number;
  /** `mixed`: now and then. `connection`: only the connection that opened the session knows it. `all`: nobody knows it. */
  pattern: 'mixed' | 'connection' | 'all' | 'told';
  copies: string | null;
  words: string | null;
  platform: string | null;
};

/** A stream of Python or a writer whose other end is in another process. */
const BROKEN = /\b(?:BrokenResourceError|ClosedResourceError)\b/;

/** The requests of one session, as the series sent them: some answered, some refused. */
function inSeries(given: Partial<Evidence>): Match<Found> | null {
  if (!issuesSessions(given)) return null;
  const opener = conversed(given, /^(?:tools|resources|prompts)\/list$/).filter(
    ({ exchange }) => exchange.session === 1 || exchange.session === undefined,
  );
  const fresh = runOf(given, 'fresh-connections');
  const parallel = runOf(given, 'parallel-requests');
  const said = conversed(given, /^notifications\/initialized$/);
  const all = [...said, ...opener, ...parallel, ...fresh];
  // Too many requests, a missing sign-in and a broken gateway are other matters.
  const bad = all.filter(
    ({ exchange }) =>
      refused(exchange) && [200, 400, 404, 410].includes(exchange.status ?? 0) && !/-32601\b/.test(exchange.body ?? ''),
  );
  const good = all.filter(({ exchange }) => succeeded(exchange));
  const [first] = bad;
  if (!first) return null;
  const spoken = bad.find(({ exchange }) => sessionKind(exchange.body ?? '') !== null);
  const facts = {
    answered: good.length,
    refused: bad.length,
    copies: null,
    words: (spoken ?? first).exchange.body?.trim().slice(0, 160) ?? null,
    platform: null,
  };
  const cites = [(spoken ?? first).at, ...good.slice(0, 1).map(({ at }) => at)];
  if (good.length > 0) {
    const bound = fresh.length > 1 && fresh.every(({ exchange }) => refused(exchange));
    return {
      certainty: spoken || bad.every(({ exchange }) => exchange.status === 404) ? 'certain' : 'likely',
      cites,
      facts: { ...facts, pattern: bound ? 'connection' : 'mixed' },
    };
  }
  // Every request was refused: several copies look like that, and so does a server that never kept the session.
  return spoken ? { certainty: 'likely', cites, facts: { ...facts, pattern: 'all' } } : null;
}

export default defineCause({
  id: 'session-affinity-missing',
  title: 'The session lives in one copy of the server, and a later request reached another',
  culprit: 'platform',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404): {"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}',
    'Bad Request: No valid session ID provided',
    'Could not find session for ID: 6b966bec-1e03-4785-9fa0-3aa5b69bf11f',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'series'],
  explains: [
    'http-endpoint-wrong',
    'catalog-list-fails',
    'http-server-error',
    'client-ignores-session-404',
    'session-stale-not-404',
  ],

  match(given): Match<Found> | null {
    if (isObserved(given)) return inSeries(given);
    const facts = (copies: string | null, words: string | null): Found => ({
      answered: 0,
      refused: 0,
      pattern: 'told',
      copies,
      words,
      platform: given.reported?.platform ?? null,
    });
    const trouble = sessionTrouble(given);
    if (trouble) {
      const { copies, flaps, cites, method, ended } = trouble;
      // A stream that an SSE client asks for, and a GET, are no part of a session that was opened.
      const aside = method === 'GET' || (isSseClient(given) && trouble.kind !== 'unknown' && trouble.kind !== 'silent');
      // No id came with the request: where it was lost is another question.
      if (trouble.kind === 'missing' && !copies) return null;
      const sure = !aside && ((copies !== null && (copies.sure || !ended)) || (flaps !== null && !ended));
      return {
        certainty: sure ? 'likely' : 'possible',
        cites: [
          ...cites,
          ...new Set([copies, flaps].flatMap((mark) => (mark && !cites.includes(mark.at) ? [mark.at] : []))),
        ],
        facts: facts(copies?.words ?? null, trouble.words || null),
      };
    }
    const copies = copiesOf(given);
    const texts = told(given);
    const broken = copies && tells(texts, BROKEN);
    if (copies && broken)
      return { certainty: 'possible', cites: [broken.told.at, copies.at], facts: facts(copies.words, broken.match[0]) };
    // A bare refusal where several workers share an address, and one of them works.
    const status = statusTold(given);
    const alone = tells(
      texts,
      /\b(?:remov\w+|without|single|one|1|disabl\w+) (?:the )?(?:--)?(?:workers?|replicas?|pods?|instances?)\b.{0,60}\b(?:works?|succeeds?|connects?|fine|ok|gone|disappears?)\b|\b(?:gone|works?|fine|disappears?|succeeds?)\b.{0,40}\b(?:with|on|after|at) (?:one|a single|1|removing|scaling (?:down )?to (?:one|1)) ?(?:workers?|replicas?|pods?|instances?)?/i,
    );
    if (copies && alone && (status === 404 || status === 400))
      return { certainty: 'likely', cites: [...new Set([alone.told.at, copies.at])], facts: facts(copies.words, null) };
    return null;
  },
  say: ({ answered, refused, pattern, copies, words, platform }) => {
    if (pattern === 'mixed')
      return `Of ${answered + refused} requests with one session id the server answered ${answered} and refused ${refused}${words ? ` ("${words}")` : ''}: several copies of it stand behind this address, and only one knows the session.`;
    if (pattern === 'connection')
      return `The session works on the connection that opened it and is unknown on every other (${refused} of ${answered + refused} requests refused): several copies of the server stand behind this address.`;
    if (pattern === 'all')
      return `The server gave a session id and knew it in none of the ${refused} requests that followed: the session lives in another process or instance, or was not kept at all.`;
    return `A request with a session id reached a copy of the server that does not know it${copies ? ` (${copies}${platform && !copies.includes(platform) ? `, ${platform}` : ''})` : ''}: sessions are kept in the memory of one process${words ? `, and the others answer "${words}"` : ''}.`;
  },
  fix: ({ copies, platform }) => {
    const where = `${copies ?? ''} ${platform ?? ''}`;
    const workers = /workers?|gunicorn|uvicorn/i.test(where);
    const functions = /lambda|vercel|netlify|serverless|functions/i.test(where);
    const kubernetes = /kubernetes|k8s|pods?|eks|gke|aks/i.test(where);
    const run = /cloud[- ]?run|gcp/i.test(where);
    return [
      {
        say: 'Run the server without sessions, when it needs no requests from server to client: then every copy can answer everything. Python (FastMCP) as below; TypeScript: sessionIdGenerator: undefined with a new server and transport for each request; Go: Stateless: true; C#: options.Stateless = true; Spring AI: spring.ai.mcp.server.protocol=STATELESS.',
        edit: { file: 'the source of the server', to: 'mcp.run(transport="http", stateless_http=True)' },
      },
      ...(functions
        ? []
        : [
            workers
              ? { say: 'Or start a single worker process:', run: 'uvicorn app:app --workers 1' }
              : run
                ? { say: 'Or keep one instance:', run: 'gcloud run services update <service> --max-instances 1' }
                : {
                    say: 'Or keep each client on one copy by its address (cookies do not help: most MCP clients keep none), or run a single copy.',
                    ...(kubernetes && {
                      edit: { file: 'the Service', at: 'spec', to: 'sessionAffinity: ClientIP' },
                    }),
                    ...(!kubernetes && {
                      edit: { file: 'nginx.conf', at: 'upstream', to: 'hash $remote_addr consistent;' },
                    }),
                  },
          ]),
      { say: 'Then see whether one session holds over many connections:', run: 'mcp-verdict verify --full <url>' },
    ];
  },
  why: 'Mcp-Session-Id names an object in the memory of the process that answered initialize. A load balancer, several workers or a serverless platform hand the next request to any copy, and the others have never heard of that session: it fails at once or now and then, and never with a single copy.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management',
    'https://github.com/modelcontextprotocol/python-sdk/issues/1180',
    'https://kubernetes.io/docs/reference/networking/virtual-ips/#session-affinity',
  ],
  examples: [
    {
      name: 'a log in which the session comes and goes',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'POST /mcp 200\nPOST /mcp 404 Session not found\nPOST /mcp 200\nPOST /mcp 404 Session not found',
      },
    },
    {
      name: 'live, six connections and two replicas',
      finds: true,
      evidence: {
        series: { requests: 6, ms: 30, runs: [{ experiment: 'fresh-connections', exchanges: [1, 2, 3] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 200,
              headers: { 'mcp-session-id': '<set>' },
              body: '{"jsonrpc":"2.0","id":1,"result":{}}',
            },
            ...[200, 404, 200].map((status, i) => ({
              purpose: 'fresh-connections',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: i + 1,
              ms: 4,
              credentials: 'none' as const,
              status,
              body:
                status === 200
                  ? '{"jsonrpc":"2.0","id":2,"result":{"tools":[]}}'
                  : '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
            })),
          ],
        },
      },
    },
    {
      name: 'a Service of Kubernetes',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'kubernetes',
        clientError: 'Tools/list request failed with status 400: Bad Request: No valid session ID provided',
        http: { status: 400, body: 'Bad Request: No valid session ID provided' },
      },
    },
    {
      name: 'gunicorn with four workers',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { start: 'gunicorn app:app -k uvicorn.workers.UvicornWorker -w 4' },
        clientError: 'Error POSTing to endpoint (HTTP 404): {"error":{"code":-32600,"message":"Session not found"}}',
      },
    },
    {
      name: 'a function that knows nothing of the last one',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'aws-lambda',
        clientError:
          '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}',
      },
    },
    {
      name: 'a valid id, refused now and then',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'valid session id intermittently rejected: 400 Bad Request: initialize first, then send mcp-session-id',
      },
    },
    {
      name: 'SSE with workers',
      finds: true,
      symptoms: {
        transport: 'sse',
        entry: { start: 'uvicorn.run("demo:app", host="0.0.0.0", port=8000, workers=3)' },
        http: { status: 404 },
        clientError: '404; when removing workers, the connection succeeds',
      },
    },
    {
      name: 'a session of a browser',
      finds: false,
      symptoms: { transport: 'streamable-http', platform: 'kubernetes', clientError: 'Your login session has expired' },
    },
    {
      name: 'live, a limit of requests',
      finds: false,
      evidence: {
        series: { requests: 2, ms: 30, runs: [{ experiment: 'fresh-connections', exchanges: [1, 2] }] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 200,
              headers: { 'mcp-session-id': '<set>' },
            },
            ...[200, 429].map((status, i) => ({
              purpose: 'fresh-connections',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: i + 1,
              ms: 4,
              credentials: 'none' as const,
              status,
            })),
          ],
        },
      },
    },
  ],
});
