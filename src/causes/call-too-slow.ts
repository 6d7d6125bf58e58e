import { at } from '../case/pointer.js';
import { clientOf } from '../clients/index.js';
import { callIn, openedIn } from './calls.js';
import { defineCause, type FixStep } from './cause.js';
import { isFixed, raiseOf } from './limits-of-clients.js';
import { find, WORDS, words } from './words.js';

/** Words that are only ever said of a tool call that took too long. */
const EXACT = [
  /No result received from the Claude (?:Desktop )?(?:app|client)? ?after waiting (?<limit>\d+ (?:minutes?|seconds?))|No result received from client-side tool execution/i,
  /\btimed out awaiting tools\/call after (?<limit>\d+ ?m?s)/i,
  /\btools?\b.{0,120}\btimed? ?out after (?<limit>~?\d+(?:\.\d+)? ?(?:ms|s|sec\w*|min\w*)?)/i,
  /\bWait(?:ed|ing) (?:for response to )?CallTool|CallToolRequest\b.{0,60}\bWaited (?<limit>\d+(?:\.\d+)? seconds)/i,
  /\btool (?:call|execution|invocation|request)s?\b.{0,80}\b(?:timed? ?out|timeout|deadline|took too long|exceed\w*)|\b(?:timed? ?out|timeout|deadline exceeded)\b.{0,80}\btool (?:call|execution|invocation)/i,
  /\bMCP_TOOL_TIMEOUT\b|\btool_timeout_sec\b/,
  /工具(?:调用|执行).{0,20}超时|ツール.{0,20}タイムアウト|(?:调用|呼叫).{0,20}工具.{0,20}(?:超时|逾時)/,
];
const TIMED_OUT =
  /-32001\b(?!.{0,20}[Ss]ession)|\brequest timed? ?out\b|\btimed? ?out\b|\bTimeout(?:Error|Exception)\b|\bdeadline (?:has elapsed|exceeded)|exceeded timeout|Waited \d+(?:\.\d+)? seconds|超时|逾時/i;
/** A start or a backend that timed out is another matter. */
const ELSEWHERE =
  /\binitializ|startup_timeout|\b(?:connect\w*|start\w*|launch\w*) (?:\S+ ){0,6}(?:timed? ?out|timeout)|ETIMEDOUT|ECONN|\b(?:getaddrinfo|socket hang up)\b/i;
const DEAD =
  /connection closed|process exited|transport closed|-32000|broken pipe|\bEPIPE\b|server disconnected|panic:|Traceback/i;
/** Minutes: nobody waits that long for a start, only for a tool. */
const LONG =
  /\b(?:after|for|exactly|waited|waiting|within) (?:(?:about|exactly|for|~) ?)?(?<limit>(?:[2-9]|[1-9]\d) ?-?min(?:ute)?s?\b|(?:1[2-9]\d|[2-9]\d\d|\d{4}) ?s(?:ec(?:ond)?s?)?\b|(?:1[2-9]|[2-9]\d|\d{3})\d{4} ?ms\b)/i;
const LIMIT =
  /(?:after|exceeded timeout|Waited|waiting)[ :~*]{1,6}(?<limit>\d+(?:\.\d+)? ?(?:ms|s|sec(?:ond)?s?|min(?:ute)?s?))/i;

/** The Inspector is no client with a configuration of its own. */
const INSPECTOR: FixStep = {
  say: 'Let the Inspector wait longer: Configuration, Request Timeout (milliseconds).',
};

export default defineCause({
  id: 'call-too-slow',
  title: 'A tool call takes longer than the client waits',
  culprit: 'client',
  severity: 'degraded',
  seenAs: [
    'MCP error -32001: Request timed out',
    'No result received from the Claude Desktop app after waiting 4 minutes. The local MCP server providing this tool may be unresponsive, crashed, or not running.',
    'timed out awaiting tools/call after 60s',
  ],
  needs: [],
  uses: [...WORDS],
  explains: ['lifetime-timeout-before-answer'],

  match(given) {
    const { reported, process, handshake } = given;
    if (handshake || process?.spawnError || process?.exit) return null;
    const lines = words(given).filter(({ from }) => from !== 'stdout');
    if (lines.some(({ text }) => DEAD.test(text))) return null;
    const exact = find(lines, ...EXACT);
    const timed =
      exact ??
      find(
        lines.filter(({ text }) => !ELSEWHERE.test(text)),
        TIMED_OUT,
      );
    if (!timed) return null;
    const call = exact ?? callIn(lines) ?? openedIn(lines) ?? find(lines, LONG);
    if (!call) {
      // Nothing tells a call from the start, which is the likelier of the two.
      const bare =
        /-32001\b|\brequest timed? ?out\b/i.test(timed.line.text) && (reported?.transport ?? 'stdio') === 'stdio';
      if (!bare || lines.some(({ text }) => ELSEWHERE.test(text)) || lines.some(({ from }) => from !== 'client'))
        return null;
    }
    const limit = exact?.groups.limit ?? find(lines, LIMIT)?.groups.limit ?? null;
    // Over HTTP there are limits on the way as well, and the same words stand for theirs.
    const remote = reported?.transport === 'streamable-http' || reported?.transport === 'sse';
    return {
      certainty: !remote && (exact || callIn(lines) || find(lines, LONG)) ? 'likely' : 'possible',
      cites: [
        ...new Set([
          timed.line.at,
          ...(call ? [call.line.at] : []),
          ...(reported?.client ? [at('reported', 'client')] : []),
        ]),
      ],
      facts: {
        limit,
        client: reported?.client ?? null,
        windows: reported?.os === 'windows',
        words: timed.line.text.trim().slice(0, 120),
      },
    };
  },
  say: ({ limit, client, words: text }) =>
    `The tool was still at work when ${client ?? 'the client'} stopped waiting for its result${limit ? ` after ${limit}` : ''} ("${text}"). The connection itself is in order.`,
  fix: ({ client, windows }) => {
    const raise = client === 'inspector' ? INSPECTOR : raiseOf(client, 'call', 600, windows);
    return [
      ...(raise
        ? [raise]
        : isFixed(client, 'call')
          ? [
              {
                say: `${clientOf(client ?? '')?.name} has no setting for it: ask for less in one call (fewer items, a smaller range, a page at a time).`,
              },
            ]
          : [
              {
                say: 'Raise the limit for tool calls in the settings of the client (timeout, tool_timeout_sec, MCP_TOOL_TIMEOUT); where it has none, ask for less in one call.',
              },
            ]),
      {
        say: 'If the server is yours: send notifications/progress while it works (some clients then wait on), or answer at once with a job id and offer a second tool that fetches the result.',
      },
    ];
  },
  why: 'Clients wait a fixed time for the result of a tool: 60 s is the default of the SDKs, Claude Desktop ends after 4 minutes. The server often finishes later and answers a request that nobody waits for any more, so its own log shows a success.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#timeouts',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress',
    'https://github.com/anthropics/claude-code/issues/44032',
  ],
  examples: [
    {
      name: 'the four minutes of Claude Desktop',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError:
          'No result received from the Claude Desktop app after waiting 4 minutes. The local MCP server providing this tool may be unresponsive, crashed, or not running.',
      },
    },
    {
      name: 'the limit of Codex',
      finds: true,
      symptoms: {
        client: 'codex',
        clientError:
          'tool call error: tool call failed for `notes/export`\nCaused by:\n 0: timed out awaiting tools/call after 60s\n 1: deadline has elapsed',
      },
    },
    {
      name: 'the default of the SDK, in a call',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: "Error invoking remote method 'mcp-call-tool': McpError: MCP error -32001: Request timed out",
      },
    },
    {
      name: 'the Python SDK',
      finds: true,
      symptoms: { clientError: 'Timed out while waiting for response to CallToolRequest. Waited 30.0 seconds.' },
    },
    {
      name: 'Claude Code names the tool',
      finds: true,
      symptoms: { client: 'claude-code', clientError: 'MCP server "notes" tool "export" timed out after 60s' },
    },
    {
      name: 'a start that timed out',
      finds: false,
      symptoms: { clientError: 'Connection to MCP server "notes" timed out after 30000ms' },
    },
    {
      name: 'a call that took the server down',
      finds: false,
      symptoms: { clientError: 'Error calling tool export: MCP error -32000: Connection closed' },
    },
    {
      name: 'a start that is told to have timed out',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32001: Request timed out\ninitialize timed out' },
    },
    {
      name: 'minutes, which no client waits for a start',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        serverLog: 'request cancelled by the client after 4 minutes\nMCP error -32001: Request timed out',
      },
    },
  ],
});
