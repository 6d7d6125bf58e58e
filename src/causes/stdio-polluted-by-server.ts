import { at } from '../case/pointer.js';
import { defineCause, type FixStep } from './cause.js';
import { SILENCE } from './consequences.js';
import { find, type Hit, WORDS, words } from './words.js';

/** How JSON parsers word "this line is no JSON". `<` is left out: that is a web page, which no stdio server sends. */
const PARSERS = [
  // V8 and JavaScriptCore. A dangling `}` or `,` is a broken config file, not a log line.
  /Unexpected token (?!['"]?[<}\],:]).{0,300}? is not valid JSON/,
  /Unexpected token (?!['"]?[<}\],:])\S{1,4} in JSON at position 0\b|(?:Unexpected (?:non-whitespace character|number|string)|No number after minus sign|after array element) (?:after|in) JSON/,
  /JSON Parse error: (?:Unexpected identifier|Unexpected token|Unrecognized token)(?! '<')/,
  // VS Code logs the whole line; `{` would be a message in the wrong form.
  /Failed to parse message: ["'](?!\s*\{|Content-Length)(?<text>.{1,200})/i,
  /invalid character '(?![<}\],:])[^']{1,8}' (?:looking for beginning of value|after top-level value|in literal)/,
  /Unrecognized token '(?<text>[^'<]{1,80})': was expecting/,
  // Jackson reads the start of a date as a number and stumbles over what follows.
  /Unexpected character \('(?![<}\],:])[^']{1,4}' \(code \d+\)\)|Expected space separating root-level values/,
  /'(?![<}\],:]).{1,8}' is an invalid start of a value/,
  /Invalid JSON: (?:expected|trailing).{0,80}input_value=(?<text>'[^'<]{1,80})|(?:parse|decode) (?:JSON-?RPC )?message from server/i,
  // A JSON log line: well-formed, yet its keys are those of a logger.
  /Unrecognized key.{0,40}['"](?:level|msg|time|timestamp|pid|logger)['"]/,
];

/** Parsers that a server may use for its own data just as well: believed only when the client says so. */
const SHORT =
  /Expecting value: line 1 column 1 \(char 0\)|Extra data: line 1 column \d|expected (?:value|ident) at line 1 column [12]\b|unexpected token at ['"](?!<)|MalformedJsonException|Unexpected JSON token at offset 0/;

const ABOUT_A_FILE = /\b[Cc]onfig|[Ss]ettings|\.jsonc?\b/;
const ERROR_TEXT =
  /\b(?:\w*error|\w*exception|traceback|panic(?:ked)?|fatal|not found|no such file|cannot|failed)\b|^\s+at /i;
/** The reply that a banner without a newline swallowed. */
const GLUED = /\{\s*"(?:jsonrpc|result|id)"\s*:.*"(?:result|error)"\s*:/;

const LANGUAGES: [string, RegExp][] = [
  ['php', /\bphp\b|\.phar\b|\bartisan\b|^wp\b/],
  ['java', /\bjava\b|\.jar\b|\bjbang\b|Spring Boot/],
  ['dotnet', /\bdotnet\b|\bdnx\b|\.dll\b|\.csproj\b/],
  ['python', /\bpython[\d.]*\b|\bpy\b|\buvx?\b|\bpipx\b|\bpoetry\b|\bfastmcp\b/],
  ['node', /\bnode\b|\bnpx\b|\bnpm\b|\btsx\b|\bbunx?\b|\bdeno\b|\bpnpm\b|\byarn\b|\.[cm]?[jt]s\b/],
];

const stderr = (to: string, say: string): FixStep => ({ say, edit: { file: 'the source of the server', to } });
const CURES: Record<string, FixStep> = {
  node: stderr(
    'console.error(...)',
    'In the server, replace console.log, console.info and console.debug by console.error, and let its logger write to file descriptor 2 (pino: destination 2; winston: stderrLevels):',
  ),
  python: stderr(
    'print(..., file=sys.stderr)',
    'In the server, print to stderr, and give logging a StreamHandler(sys.stderr) in place of sys.stdout:',
  ),
  java: {
    say: 'Silence the console of the server (Spring Boot), and let Logback or Log4j write to System.err or a file:',
    edit: {
      file: 'application.properties',
      to: 'spring.main.banner-mode=off\nlogging.pattern.console=\nlogging.file.name=server.log',
    },
  },
  dotnet: stderr(
    'builder.Logging.AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace);',
    'In the server, send every log level to stderr, and replace Console.WriteLine by Console.Error.WriteLine:',
  ),
  php: {
    say: 'Send warnings and notices to stderr, and replace echo in the server by fwrite(STDERR, ...):',
    edit: { file: 'php.ini', to: 'display_errors=stderr' },
  },
  other: {
    say: 'Let the server write everything that is no JSON-RPC message to stderr (file descriptor 2), and look for its --quiet or log level switch until then.',
  },
};

export default defineCause({
  id: 'stdio-polluted-by-server',
  title: 'The server prints text to stdout, where only JSON-RPC messages may stand',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Unexpected token \'M\', "MCP Doc Fo"... is not valid JSON',
    'Expecting value: line 1 column 1 (char 0)',
    "invalid character 'S' looking for beginning of value",
    'Failed to parse message: "Server started\\n"',
    'MCP error -32000: Connection closed',
    'MCP error -32001: Request timed out',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: SILENCE,

  match(given) {
    const { reported, stdout, process, handshake, launch } = given;
    const transport = reported?.transport ?? (given.http || reported?.url ? 'http' : 'stdio');
    if (transport !== 'stdio') return null;
    const opened = handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';
    const all = stdout?.strays ?? [];
    // A server that works and logs its replies to stdout glues nothing.
    const frame = opened ? -1 : all.findIndex(({ kind, text }) => kind === 'not-json' && GLUED.test(text));
    const glued = frame >= 0;
    const index = glued ? frame : all.findIndex(({ kind }) => kind === 'not-json' || kind === 'json-not-rpc');
    const stray = all[index];
    const lines = words(given).filter(({ text, from }) => from !== 'stdout' && !ABOUT_A_FILE.test(text));
    const sure = find(lines, ...PARSERS);
    const hit: Hit | null = sure ?? find(lines, SHORT);
    if (!stray && !hit) return null;

    const died = process?.spawnError !== undefined || process?.exit?.by === 'itself';
    // A program that dies and words its error on stdout died of that error, not of the words.
    if (stray && !glued && died && process?.exit?.code !== 0 && all.some(({ text }) => ERROR_TEXT.test(text)))
      return null;
    if (!stray && process?.spawnError) return null;
    // Without any frame beside the line, a server that waits for something else looks the same.
    const spoke = opened || glued || (stdout?.messages ?? 0) > 0;
    const quoted =
      hit?.groups.text ??
      /"(?<text>[^"]{2,80})"?(?:\.\.\.)? is not valid JSON/.exec(hit?.line.text ?? '')?.groups?.text;
    const command = launch ? [launch.command, ...launch.args].join(' ') : '';
    const seen = `${launch?.runtime?.name ?? ''} ${command} ${stray?.text ?? ''}`;
    return {
      certainty:
        stray && handshake && spoke && !died
          ? 'certain'
          : stray || sure || hit?.line.from === 'client'
            ? 'likely'
            : 'possible',
      severity: opened ? 'degraded' : 'broken',
      cites: [...(stray ? [at('stdout', 'strays', index, 'text')] : []), ...(hit ? [hit.line.at] : [])],
      facts: {
        text: ((glued ? stray?.text.split(GLUED)[0] : stray?.text) ?? quoted ?? '').trim().slice(0, 80),
        line: stray?.line ?? null,
        offset: stray?.offset ?? null,
        count: stray ? (stdout?.strayCount ?? 1) : null,
        glued,
        opened,
        language: LANGUAGES.find(([, pattern]) => pattern.test(seen))?.[0] ?? 'other',
        windows: reported?.os === 'windows',
        command,
      },
    };
  },
  say: ({ text, line, offset, count, glued, opened }) => {
    const what = text ? `"${text}"` : 'a line that is no JSON-RPC message';
    const where = offset === null ? 'to stdout' : `to stdout (line ${line}, byte offset ${offset})`;
    const more = Number(count) > 1 ? `, one of ${count} such lines` : '';
    if (glued)
      return `The server wrote ${what} ${where} without a newline before a message, so clients cannot read that message.`;
    return `The server wrote ${what} ${where}${more}, where only JSON-RPC messages may stand. ${opened ? 'The connection was opened nevertheless: some clients skip such a line, others end the connection.' : 'A client that parses it as a message fails.'}`;
  },
  fix: ({ language, command, windows, glued }) => [
    CURES[String(language)] ?? (CURES.other as FixStep),
    ...(command && !windows && !glued
      ? [
          {
            say: 'Until the server is mended, let only messages through:',
            edit: {
              file: 'the client config',
              at: 'command, args',
              to: `"command": "sh", "args": ["-c", ${JSON.stringify(`${command} | grep --line-buffered '"jsonrpc"'`)}]`,
            },
          },
        ]
      : []),
    { say: 'Check that stdout is clean:', run: `mcp-verdict verify -- ${command || '<command>'}` },
  ],
  why: 'On stdio, stdout is the wire: each line is parsed as one JSON-RPC message. Banners, progress and logs belong on stderr, which clients keep as the log. Clients differ: some skip a line that does not parse, some report an error, some close the connection.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio'],
  examples: [
    {
      name: 'the client quotes a banner',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'Unexpected token \'S\', "Starting s"... is not valid JSON' },
    },
    {
      name: 'a log line that begins with a year',
      finds: true,
      symptoms: {
        stdout: '2025-06-09 21:38:09,942 - app - INFO - ready',
        clientError: 'Unexpected non-whitespace character after JSON at position 4',
      },
    },
    {
      name: 'a Go client and an emoji',
      finds: true,
      symptoms: { transport: 'stdio', clientError: "invalid character 'ð' looking for beginning of value" },
    },
    {
      name: 'a JSON log line on a server that works',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'answered', revision: '2025-11-25' },
          discover: { status: 'refused' },
          used: 'initialize',
        },
        stdout: {
          bytes: 200,
          messages: 2,
          strays: [{ kind: 'json-not-rpc', line: 1, offset: 0, atMs: 40, text: '{"level":30,"msg":"ready"}' }],
          strayCount: 1,
          endedWhileAlive: false,
        },
      },
    },
    {
      name: 'the error of a program that died',
      finds: false,
      symptoms: { stdout: 'Error: database is locked', exitCode: 1 },
    },
    {
      name: 'a broken config file',
      finds: false,
      symptoms: {
        clientError:
          'Could not load claude_desktop_config.json: Unexpected token \'}\', ..."y"] }, }" is not valid JSON',
      },
    },
    {
      name: 'a web page',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
      },
    },
  ],
});
