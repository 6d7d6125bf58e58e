import { at } from '../case/pointer.js';
import { callIn } from './calls.js';
import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** A proxy or platform says that the answer did not come in time. */
const EDGE =
  /\b(?<status>504|524|408)\b.{0,60}\b(?:time-?out|timed out|gateway|occurred)|\bgateway time-?out\b|\ba timeout occurred\b|\b(?:upstream|function|invocation|worker|lambda|gateway|proxy|bridge)\b.{0,30}\b(?:request )?(?:time-?out|timed out|TIMEOUT)\b|FUNCTION_INVOCATION_TIMEOUT|\bcode=H12\b|\bEndpoint request timed out\b|Task timed out after (?<limit>\d+(?:\.\d+)? seconds)|\bHTTP (?<code>504|524|408)\b/i;
/** The client or a bridge stopped waiting for an HTTP answer. */
const CLIENT =
  /\bReadTimeout\b|\bUND_ERR_HEADERS_TIMEOUT\b|\bHeaders Timeout Error\b|\bhttpx\.\w*Timeout|\banyio\.WouldBlock\b|\bESOCKETTIMEDOUT\b|\bThe operation (?:was aborted due to|timed out)|\bTimeoutError: (?:signal|The operation)|\bTaskCanceledException\b.{0,80}Timeout|\bHttpClient\.Timeout\b|\bcontext deadline exceeded\b|\bSocketTimeoutException\b|\bRead timed out\b|\bAbortError\b/i;
const PROXY = /\b(?:mcp-remote|mcp-proxy|supergateway|mcpo|toolhive|thv)\b|(?:^|\s)https?:\/\//;

export default defineCause({
  id: 'lifetime-timeout-before-answer',
  title: 'A fixed time limit on the way expires before the server has answered',
  culprit: 'edge',
  severity: 'broken',
  seenAs: [
    '504 Gateway Timeout',
    'Error POSTing to endpoint (HTTP 524)',
    'Headers Timeout Error',
    'httpx.ReadTimeout',
    'context deadline exceeded',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch'],
  explains: ['edge-bad-gateway', 'handshake-unanswered', 'http-not-mcp'],

  match(given) {
    const { handshake, process, http, reported, launch } = given;
    if (handshake || process?.spawnError || process?.exit) return null;
    const index = http?.exchanges.findIndex(({ status }) => status === 504 || status === 524 || status === 408) ?? -1;
    const status = http?.exchanges[index]?.status;
    const lines = words(given).filter(({ from }) => from !== 'stdout');
    const edge = find(lines, EDGE);
    const client = find(lines, CLIENT);
    const remote =
      status !== undefined ||
      reported?.url !== undefined ||
      (reported?.transport ?? 'stdio') !== 'stdio' ||
      PROXY.test([launch?.command, ...(launch?.args ?? [])].join(' '));
    if (!remote || (status === undefined && !edge && !client)) return null;
    // Another answer of HTTP is an answer.
    if (status === undefined && http?.exchanges.some((exchange) => exchange.status !== undefined)) return null;
    const call = callIn(lines);
    return {
      // A GET opens the optional stream, which is meant to last.
      certainty: (status !== undefined || edge) && http?.exchanges[0]?.method !== 'GET' ? 'likely' : 'possible',
      cites: [
        ...(index >= 0 ? [at('http', 'exchanges', index)] : []),
        ...new Set([edge, client].flatMap((hit) => (hit ? [hit.line.at] : []))),
      ],
      facts: {
        status: status ?? (Number(edge?.groups.status ?? edge?.groups.code ?? 0) || null),
        limit: edge?.groups.limit ?? null,
        call: call !== null,
        words: (edge ?? client)?.line.text.trim().slice(0, 120) ?? null,
      },
    };
  },
  say: ({ status, limit, call, words: text }) =>
    `${status ? `The answer ${status} says that` : 'The wait ended because'} a time limit on the way${limit ? ` (${limit})` : ''} expired before the server had answered${call ? ' the tool call' : ''}${text ? ` ("${text}")` : ''}.`,
  fix: ({ call }) => [
    {
      say: call
        ? 'Let the server answer sooner or show that it works: stream progress notifications, or answer with a job id and offer a second tool for the result.'
        : 'Keep the server warm, or let it answer initialize before it loads: the first request after a pause pays for the start (minimum instances 1, a larger machine).',
    },
    {
      say: 'Raise the limit where it stands: the read timeout of the proxy, the maximum duration of the function, the timeout of the client for this server.',
    },
    {
      say: 'Measure how long the server takes without the way in between:',
      run: 'mcp-verdict verify --timeout 180 http://127.0.0.1:<port>/mcp',
    },
  ],
  why: 'Every station between client and server has a time after which it answers by itself: 100 s at Cloudflare, 60 s at nginx and load balancers, 10 to 60 s at serverless platforms, 5 to 60 s in clients. A cut at a round number of seconds is such a limit, not a fault of the network.',
  refs: [
    'https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-524/',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#timeouts',
  ],
  examples: [
    {
      name: 'the page of Cloudflare',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', status: 524, body: '<title>notes.example | 524: A timeout occurred</title>' },
      },
    },
    {
      name: 'a proxy with a limit of 30 s',
      finds: true,
      symptoms: { transport: 'streamable-http', http: { status: 504 } },
    },
    {
      name: 'a serverless function',
      finds: true,
      symptoms: { transport: 'streamable-http', serverLog: 'Task timed out after 10.01 seconds' },
    },
    {
      name: 'a bridge that waits for headers',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'mcp-remote', 'https://notes.example/mcp'] },
        clientError: 'TypeError: fetch failed: Headers Timeout Error',
      },
    },
    {
      name: 'a local server that is slow',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32001: Request timed out' },
    },
    { name: 'a bad gateway', finds: false, symptoms: { transport: 'streamable-http', http: { status: 502 } } },
  ],
});
