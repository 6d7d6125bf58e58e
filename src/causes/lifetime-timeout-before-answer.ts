import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { callIn } from './calls.js';
import { defineCause, type Match } from './cause.js';
import { edgeAnswer, edgeAround } from './edges.js';
import { layersAt, secondsOf } from './limits.js';
import { isLocalReport, isObserved, tells, told } from './told.js';
import { find, WORDS, words } from './words.js';

type Found = {
  status: number | null;
  limit: string | null;
  call: boolean;
  cold: boolean;
  words: string | null;
  layers: string[];
  raise: string[];
};

/** A proxy or platform says that the answer did not come in time. */
const EDGE =
  /\b(?<status>504|524|408)\b.{0,60}\b(?:time-?out|timed out|gateway|occurred)|\bgateway time-?out\b|\ba timeout occurred\b|\b(?:upstream|function|invocation|worker|lambda|gateway|proxy|bridge)\b.{0,30}\b(?:request )?(?:time-?out|timed out|TIMEOUT)\b|FUNCTION_INVOCATION_TIMEOUT|\bcode=H12\b|^\W{0,3}stream timeout\W{0,3}$|\bfirst byte time-?out\b|\b(?:body|response|reason|error)\W{1,4}stream timeout\b|\bEndpoint request timed out\b|Task timed out after (?<limit>\d+(?:\.\d+)? seconds)|\b(?:HTTP|response|status|code|error)\W{1,4}(?<code>504|524|408)\b|\bTimeout waiting for response from container\b/i;
/** The client or a bridge stopped waiting for an HTTP answer. */
const CLIENT =
  /\btimeout of \d+(?:\.\d+)? ?(?:ms|s) exceeded\b|\btimeout awaiting response headers\b|^\W{0,3}(?:[\w.]{0,60}TaskCanceledException: )?A task was cancell?ed\b|\bReadTimeout\b|\bUND_ERR_HEADERS_TIMEOUT\b|\bHeaders Timeout Error\b|\bhttpx\.\w*Timeout|\banyio\.WouldBlock\b|\bESOCKETTIMEDOUT\b|\bThe operation (?:was aborted due to|timed out)|\bTimeoutError: (?:signal|The operation)|\bTaskCanceledException\b.{0,80}Timeout|\bHttpClient\.Timeout\b|\bClient\.Timeout exceeded\b|\bcontext deadline exceeded\b|\bSocketTimeoutException\b|\bHttpTimeoutException\b|\bRead timed out\b|\bAbortError\b|\b(?:timed? ?out|timeout|fetch failed|aborted|gave up|gives up) after (?<limit>\d+(?:\.\d+)? ?(?:ms|s|sec\w*|min\w*))\b|\b(?:tool|call|request)\b.{0,60}\bfailed after (?<spent>\d+(?:\.\d+)? ?(?:s|sec\w*|min\w*)): |\b(?:This|The) operation was aborted\b|^\W{0,3}(?:tool call|request|call) (?:was )?aborted\b|\bTimed out while waiting for (?:a )?response\b(?:.{0,60}\bWaited (?<waited>\d+(?:\.\d+)? sec\w*))?|\bNet::ReadTimeout\b|\boperation timed out\b|\bfail_after\b ?\(?(?<after>\d+(?:\.\d+)? ?s?)|\bdeadline (?:has )?(?:elapsed|exceeded|expired)\b|\b(?:took|takes) too long to respond\b/i;
/** Words of a client that was connected and waited for the answer, not for the connection. */
const WAITED =
  /\bawaiting headers\b|\bHeaders Timeout\b|\bUND_ERR_HEADERS_TIMEOUT\b|\bReadTimeout\b|\bRead timed out\b|\bHttpClient\.Timeout\b/i;
/** The local time-out of the SDKs. A server's -32001 speaks of a session. */
const SDK =
  /\bRequest timed? ?out\b|-32001\b(?!.{0,40}[Ss]ession)|(?:请求|响应|连接|等待|調用|调用|初始化).{0,12}(?:超时|逾時)|タイムアウト|시간 ?초과|\bZeitüberschreitung\b|\b(?:délai|tiempo) (?:d'attente|de espera)\b/i;
/** The first request pays for a start. */
const COLD =
  /\bcold[- ]?starts?\b|\b(?:spins?|spinning|spun) (?:up|down)\b|\bwak(?:es?|ing) up\b|\bscaled? to zero\b|\bsleep(?:s|ing) (?:instance|service|app|after)|\bfirst (?:request|call|connection|connect)\b.{0,60}\b(?:slow|takes|timed? ?out|fails)\b|\btakes (?:about |~|up to )?\d+ ?(?:s|sec\w*|min\w*) to (?:start|wake|boot|come up|answer|respond)\b|\bfree (?:tier|plan|instance)\b/i;
/** What a person says of the time. */
const WHEN =
  /\b(?:after|within|exceeds?|longer than|more than|over|lasts?|limit of|exactly|hangs?(?: for)?|hung(?: for)?|takes|took|wait(?:s|ed)?"?:?)\W{0,3}(?:about |~ ?|more than |exactly )?(?<span>\d+(?:\.\d+)? ?(?:ms|s|sec(?:ond)?s?|m|min(?:ute)?s?))\b/i;
const PROXY = /\b(?:mcp-remote|mcp-proxy|supergateway|mcpo|toolhive|thv)\b|(?:^|\s)https?:\/\//;

/** Only what is reached over HTTP has such a limit. */
const SERVERLESS =
  /FUNCTION_INVOCATION_TIMEOUT|\bTask timed out after\b|\bcode=H12\b|\bEndpoint request timed out\b|\bgateway time-?out\b/i;

const EXPIRED = new Set([504, 524, 408]);

/** Our own request, answered by an edge that had waited long enough. */
function observed(given: Partial<Evidence>): Match<Found> | null {
  const { http } = given;
  const index = (http?.exchanges ?? []).findIndex(
    ({ purpose, status, rpc }) =>
      EXPIRED.has(status ?? 0) &&
      (/^(?:initialize|server\/discover|open-sse-stream|reported)$/.test(purpose) || /\/list$/.test(rpc ?? purpose)),
  );
  const exchange = http?.exchanges[index];
  if (!exchange) return null;
  const seconds = exchange.ms / 1_000;
  const { body = '', status = 0 } = exchange;
  const { who, raise } = layersAt(
    seconds,
    'answer',
    edgeAnswer(exchange)?.edge ?? edgeAround(given),
    body.slice(0, 400),
  );
  return {
    // An edge that says so at once has not waited: it means a backend that it cannot reach.
    certainty: status === 524 || seconds >= 4.5 ? 'certain' : 'likely',
    cites: [at('http', 'exchanges', index)],
    facts: {
      status,
      limit: seconds >= 1 ? `${Math.round(seconds)} s` : null,
      call: false,
      cold: false,
      words: null,
      layers: who,
      raise,
    },
  };
}

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
    'MCP error -32001: Request timed out',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'endpoint'],
  explains: ['edge-bad-gateway', 'handshake-unanswered', 'http-not-mcp', 'call-internal-error'],

  match(given): Match<Found> | null {
    const { handshake, process, http, reported, launch } = given;
    if (isObserved(given)) return observed(given);
    if (handshake || process?.spawnError || process?.exit) return null;
    const index = http?.exchanges.findIndex(({ status }) => EXPIRED.has(status ?? 0)) ?? -1;
    const status = http?.exchanges[index]?.status;
    const lines = words(given).filter(({ from }) => from !== 'stdout' || !isLocalReport(given));
    const edge = find(lines, EDGE);
    const client = find(lines, CLIENT);
    const sdk = find(lines, SDK);
    const texts = told(given);
    const cold = tells(texts, COLD);
    const bridge = PROXY.test([launch?.command, ...(launch?.args ?? []), reported?.client].join(' '));
    const remote =
      status !== undefined ||
      bridge ||
      (!launch && SERVERLESS.test(edge?.line.text ?? '')) ||
      reported?.url !== undefined ||
      (reported?.transport ?? 'stdio') !== 'stdio';
    if (!remote) return null;
    // "wait": "5 s" of an entry: the person measured how long it took to fail.
    const waits =
      /"(?:wait\w*|timeout\w*|limit|took|duration|after)"\s*:\s*"[^"]{0,20}\d+(?:\.\d+)? ?(?:ms|s|sec\w*|min\w*)\b/i.test(
        reported?.entry ?? '',
      );
    const waited = edge ?? client ?? sdk;
    const failed =
      waited ??
      (cold || waits
        ? find(
            lines,
            /\bfetch failed\b|\bcould(?: not|n't) (?:reach|connect)|\bfail\w* to connect|\btime-?out|\btimed out|\bhang(?:s|ing)?\b|\bg(?:ave|ives?) up\b|\baborts?\b|\btimes? out\b|\bno (?:answer|response)\b|\bconnector'?s? (?:request|server) (?:failed|is currently)/i,
          )
        : null);
    if (status === undefined && !failed) return null;
    // Another answer of HTTP is an answer.
    if (
      status === undefined &&
      !/\bcode=H12\b/.test(edge?.line.text ?? '') &&
      http?.exchanges.some((exchange) => exchange.status !== undefined)
    )
      return null;
    const call = callIn(lines);
    const when = tells(
      texts.filter(({ from }) => from !== 'platform'),
      WHEN,
    );
    const limit =
      edge?.groups.limit ??
      client?.groups.limit ??
      client?.groups.waited ??
      client?.groups.after ??
      client?.groups.spent ??
      when?.match.groups?.span ??
      null;
    const marks = texts.map(({ text }) => text).join('\n');
    const { who, raise } = layersAt((limit && secondsOf(limit)) || 0, 'answer', edgeAround(given), marks);
    const sure =
      (status !== undefined || edge) && http?.exchanges[0]?.method !== 'GET'
        ? true
        : cold !== null ||
          (waited !== null && (when !== null || WAITED.test(waited.line.text))) ||
          (client?.groups.limit ?? client?.groups.waited ?? client?.groups.after ?? client?.groups.spent) !== undefined;
    return {
      // A GET opens the optional stream, which is meant to last.
      certainty: sure ? 'likely' : 'possible',
      cites: [
        ...(index >= 0 ? [at('http', 'exchanges', index)] : []),
        ...new Set([
          ...[edge, client, sdk].flatMap((hit) => (hit ? [hit.line.at] : [])),
          ...(failed ? [failed.line.at] : []),
          ...(cold ? [cold.told.at] : []),
        ]),
      ],
      facts: {
        status: status ?? (Number(edge?.groups.status ?? edge?.groups.code ?? 0) || null),
        limit,
        call: call !== null,
        cold: cold !== null,
        words: (waited ?? failed)?.line.text.trim().slice(0, 120) ?? null,
        layers: who,
        raise,
      },
    };
  },
  say: ({ status, limit, call, cold, words: text, layers }) =>
    `${status ? `The answer ${status} says that` : 'The wait ended because'} a time limit on the way${limit ? ` (${limit})` : ''} expired before the server had answered${call ? ' the tool call' : ''}${text ? ` ("${text}")` : ''}${cold ? '; the first request pays for the start of the server' : ''}.${layers.length ? ` That is the limit of ${layers.join(', or of ')}.` : ''}`,
  fix: ({ call, raise }) => [
    {
      say: call
        ? 'Let the server answer sooner or show that it works: stream progress notifications, or answer with a job id and offer a second tool for the result.'
        : 'Keep the server warm, or let it answer initialize before it loads: the first request after a pause pays for the start (minimum instances 1, a larger machine).',
    },
    ...raise.slice(0, 3).map((say) => ({ say })),
    {
      say: 'Raise the limit where it stands: the read timeout of the proxy, the maximum duration of the function, the timeout of the client for this server (Claude Code: MCP_TIMEOUT and MCP_TOOL_TIMEOUT; Python: timeout and sse_read_timeout; TypeScript: the option timeout of the request).',
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
      name: 'live, nginx after its minute',
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
              ms: 60_021,
              credentials: 'none',
              status: 504,
              headers: { server: 'nginx/1.26.0' },
              contentType: 'text/html',
              body: '<html><head><title>504 Gateway Time-out</title></head></html>',
            },
          ],
        },
      },
    },
    {
      name: 'a service that was asleep',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'render',
        entry: { note: 'free instance, spins down with inactivity' },
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'a session of the server, under the same code',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'MCP error -32001: Session not found' },
    },
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
    {
      name: 'a tool call that fetch gave up',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'MCP server "notes": Tool \'search\' failed after 300s: fetch failed',
      },
    },
  ],
});
