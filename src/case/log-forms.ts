/**
 * How each client writes its log: what a line of it looks like, how it names the server that a line is about, how a start and its end
 * are announced. The facts come from the clients' sources and from logs in public reports.
 */

export interface LogForm {
  /** Id of the client. */
  client: string;
  /** A line that only this client writes. */
  is: RegExp;
  /** How a line names its server; the group is `name`. */
  names: readonly RegExp[];
  /** The line with which it begins to start a server. */
  starts?: RegExp;
  /** In a log that shows no starts: the line that says that a start has failed. */
  ends?: RegExp;
  /** The log holds far more than MCP: only lines like this one count, with what follows them. */
  about?: RegExp;
  /** A line that belongs to the name in the next one. */
  before?: RegExp;
  /** Lines without a name, which belong to the server whose failure is told after them: of the server's stderr, or all of them. */
  ahead?: 'stderr' | 'all';
}

/** The form of Claude Desktop's log of one server, where stderr stands between the lines as it came. */
export const DESKTOP =
  /^\d{4}-\d\d-\d\dT[\d:.]+Z (?:\[[^\]]+\] \[(?:info|warn|error|debug)\]|\[(?:info|warn|error|debug)\] \[[^\]]+\])/;

/** What Cursor says of a server, behind its name. */
const OF_CURSOR = String.raw`(?:Handling \w+ action|getOrCreateClient|Starting new stdio|Client closed for command|Error in MCP: |Connected to stdio|Successfully connected|Failed to reload client|Reusing existing|No server info found)`;

export const LOG_FORMS: readonly LogForm[] = [
  {
    client: 'claude-desktop',
    is: new RegExp(
      `${DESKTOP.source}|${String.raw`^\d{4}-\d\d-\d\dT[\d:.]+Z \[info\] (?:Attempting to connect|Connected) to MCP server `}`,
    ),
    names: [
      // 2026-01-02T03:04:05.006Z [weather] [info] text, in older versions the other way round.
      /^\d{4}-\d\d-\d\dT[\d:.]+Z \[(?!(?:info|warn|error|debug)\])(?<name>[^\]]{1,80})\] \[(?:info|warn|error|debug)\]/,
      /^\d{4}-\d\d-\d\dT[\d:.]+Z \[(?:info|warn|error|debug)\] \[(?<name>[^\]]{1,80})\]/,
      // The log of the end of 2024.
      /\b(?:Attempting to connect|Connected) to MCP server (?<name>[^\s"'`][^"'`]{0,79}?)(?:\.\.\.|!)$/,
      /\bCould not start MCP server (?<name>[^\s"'`:]{1,80}): /,
    ],
    starts: /Initializing server\.\.\.|Attempting to connect to MCP server /,
  },
  {
    client: 'cursor',
    is: new RegExp(
      String.raw`^(?:\d{4}-\S+ \S+ )?\[(?:info|warning|error)\] (?:(?:user|project)-[\w.@/ -]{1,80}?: |Client error for command |Starting new stdio process with command: |Handling \w+ action|Successfully connected to stdio server|\[V2(?: FSM)?\] |CreateClient completed|[\w.@/ -]{0,80}?: ${OF_CURSOR})`,
    ),
    names: [
      // 2026-01-02 03:04:05.006 [info] user-weather: text
      /^(?:\d{4}-\S+ \S+ )?\[(?:info|warn(?:ing)?|error|debug)\] (?:user|project|plugin|extension)-(?<name>[\w.@/ -]{1,80}?): /,
      // Of 2025: the last four characters of the name.
      new RegExp(String.raw`^\d{4}-\S+ \S+ \[(?:info|warning|error)\] {1,2}(?<name>[\w.@/-]{1,80}): ${OF_CURSOR}`),
    ],
    starts: /Handling CreateClient action|Creating Stdio transport|Starting new stdio process/,
  },
  {
    client: 'claude-code',
    is: /\[(?:DEBUG|ERROR|WARN)\] MCP server "|\bMCP server "[^"]{1,80}":? (?:Server stderr|Starting connection|Connection failed)|^(?:Server stderr: |Starting connection with timeout of \d+ms)/,
    names: [/\bMCP server "(?<name>[^"]{1,80})"/],
    starts: /Starting connection (?:with timeout|attempt)/,
  },
  {
    client: 'vscode',
    is: /\[(?:info|warning|error)\] (?:Connection state: |Waiting for server to respond to|\[server stderr\]|Discovered \d+ tools|Failed to parse message: |Server exited before responding)/,
    names: [],
    starts: /\bStarting server\b(?! (?:with|from)\b)|Connection state: Starting\b/,
  },
  {
    client: 'zed',
    is: /\[(?:project::)?context_server(?:_store)?(?:::\w+)*\] |\bcontext_server_store\b/,
    names: [
      /\[context_server\] (?:starting|stopping|restarting) context server (?<name>[^\s(][^\n]{0,79}?)\s*$/,
      /(?:\] |^(?!\d{4}-))`?(?<name>[^\s`[\]][^`\n[\]]{0,79}?)`? context server failed to start\b/,
    ],
    starts: /\[context_server\] starting context server /,
    about: /\bcontext_servers?\b|\bcontext server\b/,
    before: /\bstarting context server \(executable=/,
    ahead: 'all',
  },
  {
    client: 'codex',
    is: /\bcodex_(?:core|rmcp_client|mcp)\w*\b/,
    names: [],
    ends: /\bMCP client for [`'"]?[^`'"\s]{1,80}[`'"]? (?:failed to start|timed out)/,
    about: /rmcp|\bmcp|MCP/,
    ahead: 'stderr',
  },
  {
    client: 'opencode',
    is: /\bservice=mcp (?:key|clientName)=/,
    names: [/\bservice=mcp (?:[\w.]+=\S+ ){0,5}?(?:key|clientName)=(?<name>\S{1,80})/],
    starts: /\btype=\w+ found$/,
    about: /\bservice=mcp\b/,
  },
  {
    client: 'amazon-q',
    is: /\bchat_cli::|[✗✓] [\w.@-]{1,80} (?:has failed to load|loaded in) |\bQ_LOG_LEVEL=trace\b/,
    names: [
      /[✗✓] (?<name>[\w.@-]{1,80}) (?:has failed to load|loaded in) /,
      /\bmcp: (?<name>[\w.@-]{1,80})(?: logged |: )/,
    ],
    ends: /✗ [\w.@-]{1,80} has failed to load/,
    about: /mcp|Mcp|tool_manager|has failed to load|loaded in /,
  },
  {
    client: 'goose',
    is: /\bgoose(?:_server|_cli|d)?::|\bFailed to (?:load|start|add) extension\b/,
    names: [
      /\b(?:Failed to (?:load|start|activate) extension:?|Loaded extension) [`'"]?(?<name>[^\s`'":,][^`'":,]{0,79})/,
      /\bStdio \{ name: "(?<name>[^"]{1,80})"/,
    ],
    ends: /\bFailed to (?:load|start|add|activate) extension\b/,
    about: /extension|mcp|MCP/,
  },
  {
    client: 'lm-studio',
    is: /\[Plugin\(mcp\/|\bClient=plugin:installed:mcp\/|\bLM Studio MCP bridge\b|\bmcpbridgeworker\.js\b/,
    names: [/\[Plugin\(mcp\/(?<name>[^)]{1,80})\)\]/, /\bClient=plugin:installed:mcp\/(?<name>[^\]]{1,80})\]/],
    starts: /Client=plugin:installed:[^\]]{1,100}\] Client created\./,
    about: /\[Plugin\(mcp\/|Client=plugin:installed:mcp\/|MCP/,
  },
  {
    client: 'gemini-cli',
    is: /(?:Error connecting to MCP server|Error during discovery for (?:MCP )?server)[: ]*'|\[MCP STDERR \(/,
    names: [
      /\[MCP STDERR \((?<name>[^)]{1,80})\)\]/,
      /\b(?:connecting to|discovery for) (?:MCP )?server:? ['"`](?<name>[^'"`]{1,80})['"`]/i,
    ],
  },
  {
    // Codex, Gemini CLI and others in their messages to the user.
    client: '',
    is: /^\b$/,
    names: [
      /\bMCP (?:server|client)(?: for)? ['`](?<name>[^'`]{1,80})['`]/i,
      // LibreChat
      /^\S{0,60} ?(?:\w{1,20}: )?\[MCP\]\[(?<name>[^\]]{1,80})\]/,
    ],
    // The SDK's Inspector and proxy, and npm, whose debug log has one run.
    starts: /New (?:STDIO|SSE) connection request|\b0 verbose cli\b/,
  },
];

/** The form of a log; undefined when no line has the form of one. */
export const formOf = (lines: readonly string[]): LogForm | undefined =>
  LOG_FORMS.find(({ is }) => lines.some((line) => is.test(line)));

const NAMES = LOG_FORMS.flatMap(({ names }) => names);

/** The server that a line names. */
export const nameIn = (line: string): string | undefined =>
  NAMES.map((form) => form.exec(line)?.groups?.name).find((name) => name !== undefined);

const either = (patterns: (RegExp | undefined)[]): RegExp =>
  new RegExp(patterns.flatMap((pattern) => pattern?.source ?? []).join('|'));

/** The lines with which clients begin to start a server, and those with which they say that it failed. */
export const STARTS = either(LOG_FORMS.map(({ starts }) => starts));
export const ENDS = either(LOG_FORMS.map(({ ends }) => ends));

/** A line that a client's logger began. */
export const STAMPED =
  /^\W{0,2}(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d)\S*\s+\W?(?:\[|\w+(?:\s|:|\]))|^\[(?:info|warn(?:ing)?|error|debug|trace)\]|^\[\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*\]\[|^(?:TRACE|DEBUG|INFO|WARN|ERROR) +(?:\d{4}-\d\d-\d\d|service=|\w+::)/i;

/** Of a log that holds more, the lines about MCP with what follows them; what stands before the first stamp is kept. */
export function aboutMcp(lines: string[], form: LogForm | undefined): string[] {
  const { about } = form ?? {};
  if (!about) return lines;
  let inside = true;
  return lines.filter((line) => {
    if (STAMPED.test(line)) inside = about.test(line);
    return inside;
  });
}
