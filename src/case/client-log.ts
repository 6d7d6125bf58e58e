/**
 * A log of a client, or of whatever ran the server, taken apart: what the server said on stderr, what the client said,
 * and the command that the client started. A reader pastes all of it as one text.
 */
import { DESKTOP, formOf, nameIn, STAMPED } from './log-forms.js';

/** Clients that mark a server's stderr: VS Code, Claude Code, Codex, Gemini CLI, LibreChat, Zed, opencode, LM Studio, Goose, Amazon Q. */
const MARKED =
  /^.{0,200}?(?:\[server stderr\]|\bserver stderr[:>\]]|\bMCP (?:server )?stderr(?: \([^)]{1,60}\))?[:>\]]:?|\[stderr\]:?|\[Plugin\([^)]{1,80}\)\] stderr:(?! (?:Error in LM Studio MCP bridge|\[MCPBridge\/|_0x\w+ \[McpError\]))|\bbefore initialization: stderr =|\bmcp: [\w.@-]{1,80} logged\b)[ \t]?(?<text>.*)$/i;

/** Cursor writes a server's stderr as errors, in the log of all servers behind `user-<name>`, among its own. */
const CURSOR = /^(?:\d{4}-\S+ \S+ )?\[error\] (?:user|project)-[\w.@/-]+: (?<text>.*)$/;
const CURSOR_OF_ONE = /^\d{4}-\S+ \S+ \[error\] {1,2}(?:(?<name>[\w.@/-]{1,80}): )?(?<text>.*)$/;
const CURSOR_ITSELF =
  /\bclient\b|connect|server info|offerings|transport|streamable|\bSSE\b|auth|MCP error|\bspawn\b|createClient|tools/i;

/** What follows a line of Claude Desktop: the rest of an object that it printed. */
const OBJECT = /^\s*[{}\])]|^\s+\w+: |^\s*'[^']*',?$/;

/** How clients word a lost connection: these lines are the client's, not the server's. */
export const CLIENT_WORDS =
  /MCP error -|-3200[01]\b|connection closed|(?:server|client) disconnected|transport (?:is )?closed|failed to (?:re)?connect|\bspawn .*\bE[A-Z]{4,}\b|request timed out|is not valid JSON|client closed|fetch failed|error POSTing to endpoint|SSE error|failed to parse message|process exited with code|Connection state: |Waiting for server to respond|Using MCP server command|Message from (?:client|server): |Starting new stdio process|(?:Initializing|Shutting down) server\.\.\.|(?:Server|Client) transport closed|Client error for command|Incompatible auth server|\bdynamic (?:client )?registration\b|\bOAuth(?:Registration|Token|Flow)Error\b|\bMCPOAuthError\b|\bprotected[- ]resource metadata\b|\bprotected resource https?:|\bmcp_(?:registration|token_exchange)_failed\b|\bstep-up re-?authorization\b|\bafter trying upscoping\b/i;

/** The client whose log this is; undefined when no line has the form of one. */
export const clientOf = (lines: string[]): string | undefined => formOf(lines)?.client;

/** The operating system, by the paths that only it has. */
export function systemOf(text: string): 'windows' | 'macos' | undefined {
  if (
    /\b[A-Za-z]:\\{1,2}(?:Users|Program|Windows|ProgramData)\b|\bWinError \d|\.(?:exe|cmd|ps1)\b.{0,80}(?:not recognized|ENOENT|EINVAL)/.test(
      text,
    )
  )
    return 'windows';
  return /\/Users\/[^/\s]|\/opt\/homebrew\/|\/Library\/(?:Logs|Application Support|Caches)\b|\bdarwin-(?:arm64|x64)\b/.test(
    text,
  )
    ? 'macos'
    : undefined;
}

/** Names that a supervisor puts in front of each line: compose, foreman, pm2, the journal, Heroku, the number of a process, LiteLLM. */
const PREFIX =
  /^(?:(?:\d\d:\d\d:\d\d )?[A-Za-z][\w.-]*[-_.]\d+\s*\| ?|\d+\|[\w.-]+\s*\| ?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w.@-]+\[\d+\]: |\S+T\S+ (?:app|heroku)\[[\w.-]+\]: |\[\d{3,7}\] (?=\S)|\d\d:\d\d:\d\d - LiteLLM(?: \w+)?:[A-Z]+: [\w.-]+:\d+ - )/;
const NAMED = /^(?<name>[A-Za-z][\w.-]{0,40}\s*)\| ?/;

/** A text quoted as in a mail. npm marks the script it runs in the same way, but the lines of the script itself not. */
const QUOTED = /^> ?/;
const OF_NPM = /^> \S+@\d\S* /;

/** The lines of a log without the names that compose, pm2 or the journal put in front. */
export function unprefixed(said: string[]): string[] {
  const inMail = said.every((line) => QUOTED.test(line)) && !said.some((line) => OF_NPM.test(line));
  const lines = inMail ? said.map((line) => line.replace(QUOTED, '')) : said;
  const [first] = lines;
  const name = lines.length > 1 && first !== undefined ? NAMED.exec(first)?.groups?.name : undefined;
  // A name without a number is one only when every line has it.
  const common = name !== undefined && lines.every((line) => NAMED.exec(line)?.groups?.name === name);
  return lines.map((line) => line.replace(common ? NAMED : PREFIX, ''));
}

/** The text of a line that a client marks as the server's stderr. */
export function markedStderr(line: string): string | undefined {
  const marked = MARKED.exec(line)?.groups?.text;
  if (marked !== undefined) return marked;
  const cursor = CURSOR.exec(line)?.groups?.text;
  return cursor !== undefined && !CURSOR_ITSELF.test(cursor) ? cursor : undefined;
}

/** The same where all lines are known: Cursor's log of one server marks stderr by its level alone. */
function stderrIn(lines: string[]): (line: string) => string | undefined {
  if (clientOf(lines) !== 'cursor') return markedStderr;
  const names = new Set(lines.map(nameIn));
  return (line) => {
    const { name, text } = CURSOR_OF_ONE.exec(line)?.groups ?? {};
    if (text === undefined) return markedStderr(line);
    // What stands before the colon is a name only when other lines say so.
    const said = name === undefined || names.has(name) ? text : `${name}: ${text}`;
    return markedStderr(line) ?? (CURSOR_ITSELF.test(said) || nameIn(line) !== undefined ? undefined : said);
  };
}

/** What the client said, and what it passed on from the server's stderr. */
export function splitLog(lines: string[]): { client: string[]; stderr: string[] } {
  const client: string[] = [];
  const stderr: string[] = [];
  const textOf = stderrIn(lines);
  let desktop = false;
  let inside = false;
  let dated = false;
  for (const line of lines) {
    const text = textOf(line);
    dated ||= /^\W{0,2}\d{4}-\d\d-\d\d/.test(line);
    // Where the client stamps with the date, a bare time is the server's own.
    const bareTime = dated && inside && /^\d\d:\d\d:\d\d/.test(line);
    const own = (STAMPED.test(line) && !bareTime) || CLIENT_WORDS.test(line);
    desktop ||= DESKTOP.test(line);
    if (text !== undefined) inside = true;
    // The rest of a text of several lines has no mark of its own.
    else if (own || (!inside && !desktop) || (!inside && OBJECT.test(line))) inside = false;
    else inside = true;
    if (inside) stderr.push(text ?? line);
    else client.push(line);
  }
  return { client, stderr: stderr.filter((line) => line.trim() !== '') };
}

const quoted = (list: string): string[] => [...list.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, a, b]) => a ?? b ?? '');

/** A list as JSON writes it; undefined when it is none. */
function listIn(json: string | undefined): string[] | undefined {
  try {
    const list: unknown = JSON.parse(json ?? '');
    return Array.isArray(list) && list.every((word) => typeof word === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** opencode and Zed write the command as a list. */
function listedCommand(text: string): string[] | undefined {
  const opencode = listIn(/\bservice=mcp \S{1,100} command=(?<list>\[[^\]\n]{1,4000}\])/.exec(text)?.groups?.list);
  if (opencode) return opencode;
  const zed = /\bstarting context server \(executable="(?<path>[^"\n]{1,500})", args=(?<list>\[[^\]\n]{0,4000}\])/.exec(
    text,
  )?.groups;
  const args = listIn(zed?.list);
  return zed?.path !== undefined && args ? [zed.path, ...args] : undefined;
}

/** The command that the log names: Claude Desktop, Cursor, the Inspector, opencode, Zed. */
export function commandIn(text: string): { command: string; args: string[] } | undefined {
  const desktop = /Using MCP server command: (?<command>[^\n]{1,300}?) with args(?<rest>[^\n]*(?:\n[^\n]*){0,40})/.exec(
    text,
  )?.groups;
  const line =
    /Starting new stdio process with command: (?<line>[^\n]+)/.exec(text)?.groups?.line?.trim() ??
    /Stdio transport: command=(?<line>[^\n]+)/i
      .exec(text)
      ?.groups?.line?.replace(/, ?args=/, ' ')
      .replaceAll(',', ' ');
  const [command, ...args]: (string | undefined)[] = desktop
    ? [desktop.command, ...quoted(/\bargs: \[(?<list>[^\]]*)\]/.exec(desktop.rest ?? '')?.groups?.list ?? '')]
    : (line?.split(/\s+/) ?? listedCommand(text) ?? []);
  // Of a container or a bridge everything that matters stands in its arguments.
  if (!command || (args.length === 0 && /docker|podman|nerdctl|mcp-remote|mcp-proxy|supergateway/.test(text)))
    return undefined;
  return { command, args: args.filter((arg) => arg !== undefined) };
}

interface Ended {
  code: number | null;
  signal: string | null;
}

/** A number below zero is a signal to Python and an NTSTATUS to Windows. */
function endedWith(word: string): Ended {
  const number = Number(word);
  if (number >= 0) return { code: number, signal: null };
  if (number < -64) return { code: number + 2 ** 32, signal: null };
  return { code: null, signal: BY_NUMBER[String(-number)] ?? null };
}

const BY_NUMBER: Record<string, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

const STATUS = String.raw`(?<code>-?\d{1,10}|0x[0-9a-f]{8})\b`;
const CODES = [
  new RegExp(
    String.raw`\bexit(?:ed|ing|s)?(?: with)?(?: \w+)?[ -]?(?:code|status)(?: code)?(?: (?:is|was))?[ :=]+\(?${STATUS}`,
    'i',
  ),
  new RegExp(
    String.raw`\b(?:exited|terminated|ended|died|quit)(?: abnormally)?(?: with)?[ :]+\(?${STATUS}(?![.:%\w])(?! (?:ms|s|sec|min))`,
    'i',
  ),
  // Words of a lost socket have codes as well (1006): the program must be named, or the signal beside it.
  new RegExp(String.raw`\(code[ :=]+${STATUS}, ?signal`, 'i'),
  new RegExp(
    String.raw`\b(?:process|child|server|subprocess|program|container)\b.{0,60}\b(?:exit\w*|clos\w+|terminat\w+|died|ended|stopped|crash\w*|quit)\b.{0,30}\bcode[ :=]+${STATUS}`,
    'i',
  ),
  new RegExp(String.raw`\bnpm (?:error|ERR!) code ${STATUS}$|\bcode=exited, status=(?<unit>\d+)\b`, 'im'),
];
const SIGNALS = [
  // The shells of macOS, of a program that was ended: "Terminated: 15", "Segmentation fault: 11".
  /^(?:\S+ )?(?:Terminated|Killed|Abort trap|Segmentation fault|Bus error|Illegal instruction): (?<number>\d{1,2})\b/m,
  /^npm (?:error|ERR!) signal (?<name>SIG[A-Z]{2,6})$/m,
  /\bcode=(?:killed|dumped), status=\d+\/(?<unit>[A-Z]+)\b/,
  /\b(?:killed|terminated|ended|exited|died|stopped|crashed|aborted|closed)\b[^.\n[]{0,40}?\b(?<name>SIG(?!NAL)[A-Z]{2,6})\b/i,
  /\bcode[ :=]+null,? ?(?:and )?signal[ :=]+['"]?(?<name>SIG[A-Z]+)\b|\bsignal[:=] ?['"]?(?<plain>SIG[A-Z]+)\b/,
  /\b(?:killed|terminated|ended|exited|died|stopped|crashed)\b[^.\n[]{0,30}?\bsignal:? ?\(?(?<number>\d{1,2})\b/i,
];

/**
 * How a process ended, in words. Only what is said of an ended process counts: a Go panic prints "[signal SIGSEGV: ...]"
 * and ends with a code, and a panic may be the client's own.
 */
export function endedIn(text: string): Ended | undefined {
  for (const pattern of SIGNALS) {
    const { unit, name, plain, number } = pattern.exec(text)?.groups ?? {};
    const signal = unit ? `SIG${unit}` : (name?.toUpperCase() ?? plain ?? BY_NUMBER[number ?? '']);
    if (signal) return { code: null, signal };
  }
  for (const pattern of CODES) {
    const { code, unit } = pattern.exec(text)?.groups ?? {};
    if (code ?? unit) return endedWith(code ?? unit ?? '');
  }
  return undefined;
}
