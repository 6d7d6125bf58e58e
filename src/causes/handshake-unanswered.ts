import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { openedIn } from './calls.js';
import { defineCause } from './cause.js';
import { conversationOf } from './conversation.js';
import { find, type Line, WORDS, words } from './words.js';

/** "Time is up", as runtimes and systems in several languages say it. */
const UP = String.raw`(?:time(?:d )?[ -]?outs?\b|timed ?out|Timeout(?:Error|Exception)|deadline exceeded|no (?:response|answer|reply)|unanswered|超时|タイムアウト|시간 초과|Zeit(?:überschreitung|limit)|délai (?:d'attente )?(?:dépassé|expiré)|tiempo de espera|tempo (?:limite|esgotado)|время ожидания|hang(?:s|ing)?\b|never (?:return|answer|respond|complete)\w*)`;
const TIMED_OUT = [
  /waiting for (?:the )?(?:MCP )?server to respond to .{0,3}initialize/i,
  // Zed
  /\bcancelled csp request task for "initialize"/,
  new RegExp(String.raw`\binitiali[sz]\w*\b.{0,80}?${UP}`, 'i'),
  new RegExp(String.raw`${UP}.{0,80}?\binitiali[sz]`, 'i'),
  /\b(?:nothing|no \w+) is (?:ever )?(?:returned|answered|sent) (?:for|to) .{0,3}initiali[sz]e/i,
];
const GAVE_UP = [
  /-32001\b.{0,40}\btimed? ?out|\b(?:request|connection|connect|MCP (?:server|client)|startup|handshake)\b.{0,60}\btimed? ?out\b|\btimed out while waiting for (?:a )?response|\bdid(?: not|n't) respond\b/i,
  /\bDid not observe any item or terminal signal within \d+ ?ms/,
  new RegExp(String.raw`\b(?:MCP|server|request|connect\w*|startup|handshake)\b.{0,60}?${UP}`, 'i'),
  /(?:连接|请求|启动|接続|起動|연결|요청).{0,30}(?:超时|タイムアウト|시간 초과)/,
];
/** A call or a list that waits: the handshake had succeeded. */
const LATER =
  /\bMCP_TOOL_TIMEOUT\b|\btool\b.{0,60}\btimed? ?out|tools\/call|call(?:ing|ed)? (?:the )?tool|tool call|\b(?:tools|resources|prompts)\/list\b/i;

/** A log that shows initialize go out and no reply come in: the client cancelled it, or the connection ended over it. */
function unansweredIn(lines: Line[]): { line: Line; cancelled: boolean } | null {
  const { requests, replies, timedOut } = conversationOf(lines);
  // SDKs count from 0, and the first request is initialize, also where the log begins later.
  const asked = [...requests].find(([, { method }]) => method === 'initialize');
  const [id, request] = asked ?? ['0', undefined];
  if (replies.has(id) || [...requests.values()].some(({ method }) => LATER.test(method))) return null;
  const cancelled = timedOut.get(id);
  if (cancelled) return { line: cancelled, cancelled: true };
  // Whoever is gone is silent for a reason of its own.
  const gone = lines.some(({ text }) => /transport closed|disconnected|exited|\bended\b|connection closed/i.test(text));
  return request && !gone ? { line: request.line, cancelled: false } : null;
}

const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`);

/** The client that was played is known to wait longer than we did: the server may still be about to answer. */
const waitsLonger = (client: Partial<Evidence>['client'], waitedMs: number | null): boolean =>
  client?.startLimitMs === null || (client?.startLimitMs !== undefined && client.startLimitMs > (waitedMs ?? 0));

export default defineCause({
  id: 'handshake-unanswered',
  title: 'The server never answers initialize',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'MCP error -32001: Request timed out',
    'Waiting for server to respond to `initialize` request...',
    'Connection timed out after 30000ms',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'client'],
  explains: ['catalog-list-fails'],

  match(given) {
    const { handshake, process, stdout, stderr, http, reported, client } = given;
    if (process?.spawnError || process?.exit?.by === 'itself') return null;
    if (handshake) {
      // A server that closes its stdout and lives on ended nothing but its own answers.
      const muted = handshake.initialize.status === 'closed' && stdout?.endedWhileAlive === true;
      if ((handshake.initialize.status !== 'unanswered' && !muted) || handshake.discover.status === 'answered')
        return null;
      const index = http?.exchanges.findIndex(({ purpose }) => purpose === 'initialize') ?? -1;
      const exchange = http?.exchanges[index];
      // A connection that was refused or reset is not silence.
      if (
        exchange?.error &&
        (exchange.error.phase === 'connect' || !/TIMEOUT|TIMEDOUT|ABORT/i.test(exchange.error.code))
      )
        return null;
      const waited = process?.silence?.waitedMs ?? exchange?.ms ?? handshake.initialize.ms ?? null;
      // Words, load, an open port or a lost stdin may be the reason, and the cause that knows it has to rank first.
      const mute =
        stdout?.bytes === 0 &&
        !stderr?.bytes &&
        !process?.listening?.length &&
        !process?.silence?.busy &&
        process?.stdinIs !== 'null';
      return {
        certainty: process && ((mute && !waitsLonger(client, waited)) || muted) ? 'certain' : 'likely',
        cites: [
          at('handshake', 'initialize'),
          ...(exchange ? [at('http', 'exchanges', index)] : []),
          ...(muted ? [at('stdout', 'endAtMs')] : process?.silence ? [at('process', 'silence')] : []),
        ],
        facts: {
          waitedMs: waited,
          bytes: stdout?.bytes ?? null,
          alive: process !== undefined,
          busy: process?.silence?.busy ?? false,
          stdoutClosed: stdout?.endedWhileAlive ?? false,
          status: exchange?.status ?? null,
          http: http !== undefined,
        },
      };
    }
    if (http?.exchanges.some(({ status }) => status !== undefined)) return null;
    const all = words(given);
    const logged = unansweredIn(all);
    const said = all.filter(({ from }) => from !== 'stdout');
    if (!logged && (said.some(({ text }) => LATER.test(text)) || openedIn(said))) return null;
    const hit =
      find(
        said.filter(({ from }) => from === 'client' || from === 'stderr'),
        ...TIMED_OUT,
      ) ??
      find(
        said.filter(({ from }) => from === 'client'),
        ...GAVE_UP,
      );
    const line = logged?.line ?? hit?.line;
    if (!line) return null;
    const remote = (reported?.transport ?? (reported?.url ? 'http' : 'stdio')) !== 'stdio';
    return {
      certainty: logged?.cancelled || /initiali[sz]/i.test(hit?.match[0] ?? '') ? 'likely' : 'possible',
      cites: [line.at],
      facts: {
        waitedMs: null,
        bytes: null,
        alive: false,
        busy: false,
        stdoutClosed: false,
        status: null,
        http: remote,
      },
    };
  },
  say: ({ waitedMs, bytes, alive, busy, stdoutClosed, status, http }) => {
    const wait = waitedMs === null ? '' : ` within ${seconds(waitedMs)}`;
    if (alive) {
      if (stdoutClosed)
        return 'The server process is alive, but it has closed its stdout, so no answer can come any more. Clients built on the SDKs notice nothing and report a timeout.';
      const state = `alive${busy ? ' and busy' : ''}, with ${bytes ?? 0} bytes on stdout`;
      return `The server process is ${state}, and it did not answer initialize${wait}.`;
    }
    if (http)
      return `The server ${status === null ? 'accepted the connection' : `answered with HTTP ${status}`} but sent no answer to initialize${wait}.`;
    return 'The client gave up waiting: the server did not answer initialize in time.';
  },
  fix: ({ alive, http, busy, stdoutClosed }) => [
    busy
      ? {
          say: 'The server is still working at its start. Move that work behind the handshake, or raise the start-up timeout of the client, for example:',
          run: 'MCP_TIMEOUT=60000 claude',
        }
      : stdoutClosed
        ? { say: 'Leave stdout open in the server: answers have no other way out.' }
        : {
            say: `In the server, connect the transport before anything else that can wait (databases, logins, downloads)${http ? '.' : ', read stdin line by line, and flush stdout after each answer (print(..., flush=True) in Python).'}`,
          },
    ...(alive || http
      ? []
      : [{ say: 'Find out whether it is silent, slow or dead:', run: 'mcp-verdict verify --timeout 60 -- <command>' }]),
    {
      say: 'Ask it by hand: the answer is one line of JSON.',
      run: `printf '%s\\n' '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"hand","version":"1"}}}' | ${http ? "curl -sN -m 30 -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' --data-binary @- <url>" : '(cat; sleep 10) | <command>'}`,
    },
  ],
  why: 'A client sends initialize first and waits, 30 or 60 seconds in most clients. A process that blocks before it reads stdin, reads it as a whole to the end, or buffers its output is alive and silent, and the client can only report a timeout.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization'],
  examples: [
    {
      name: 'alive and mute',
      finds: true,
      evidence: {
        process: { pid: 7, lifetimeMs: 10_000, pending: ['initialize'], silence: { waitedMs: 10_000, busy: false } },
        stdout: { bytes: 0, messages: 0, strays: [], strayCount: 0, endedWhileAlive: false },
        handshake: { initialize: { status: 'unanswered', ms: 10_000 }, discover: { status: 'unanswered' } },
      },
    },
    {
      name: 'VS Code waits',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'Waiting for server to respond to `initialize` request...' },
    },
    { name: 'a bare timeout', finds: true, symptoms: { clientError: 'MCP error -32001: Request timed out' } },
    {
      name: 'the log of a client that gave up',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          '[notes] [info] Message from client: {"method":"initialize","params":{},"jsonrpc":"2.0","id":0}\n[notes] [info] Message from client: {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":0,"reason":"McpError: MCP error -32001: Request timed out"}}',
      },
    },
    {
      name: 'a client in Go',
      finds: true,
      symptoms: { clientError: 'MCP startup initialize failed after 30.014s: context deadline exceeded' },
    },
    {
      name: 'a client in Java',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          "java.util.concurrent.TimeoutException: Did not observe any item or terminal signal within 20000ms in 'source(MonoCreate)'",
      },
    },
    {
      name: 'a tool that takes long',
      finds: false,
      symptoms: { clientError: 'Error calling tool search: MCP error -32001: Request timed out' },
    },
    { name: 'a process that is gone', finds: false, symptoms: { clientError: 'Request timed out', exitCode: 1 } },
    {
      name: 'the tools were discovered after all',
      finds: false,
      symptoms: {
        client: 'vscode',
        clientError:
          '2026-01-02 03:04:05.000 [info] Waiting for server to respond to `initialize` request...\n2026-01-02 03:04:06.000 [info] Discovered 35 tools',
      },
    },
  ],
});
