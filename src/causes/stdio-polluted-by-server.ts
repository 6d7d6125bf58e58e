import { defineCause, type FixStep } from './cause.js';
import { FAILED_START } from './consequences.js';
import { checkStep, effectOf, filterStep, POLLUTION, pollution, whereOf } from './pollution.js';

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
  uses: [...POLLUTION],
  // The trace may be the client's, pasted as if the server had printed it.
  explains: FAILED_START,

  match: (given) => pollution(given, 'server'),
  say: (facts) => {
    const { what, where } = whereOf(facts);
    if (facts.glued)
      return `The server wrote ${what} ${where} without a newline before a message, so clients cannot read that message.`;
    return `The server wrote ${what} ${where}, where only JSON-RPC messages may stand. ${effectOf(facts)}`;
  },
  fix: (facts) => [CURES[facts.language] ?? (CURES.other as FixStep), ...filterStep(facts), checkStep(facts)],
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
      name: 'a Rust client names no text',
      finds: true,
      symptoms: {
        client: 'codex',
        clientError: 'ERROR rmcp::transport: Error reading from stream: serde error expected value at line 1 column 1',
      },
    },
    {
      name: 'a .NET client',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: "'S' is an invalid start of a value. Path: $ | LineNumber: 0 | BytePositionInLine: 0.",
      },
    },
    {
      name: 'a colour code stands first, and the client cannot show it',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'Error from MCP server: SyntaxError: Unexpected token \', ""... is not valid JSON',
      },
    },
    {
      name: 'the Java SDK quotes the line',
      finds: true,
      symptoms: { clientError: 'Error processing inbound message for line: DocumentService initialized' },
    },
    {
      name: 'only what stood on stdout is known',
      finds: true,
      symptoms: { transport: 'stdio', stdout: 'INFO: Starting Notes server...' },
    },
    {
      name: 'traced to the server while it works',
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
          strays: [
            {
              kind: 'not-json',
              line: 1,
              offset: 0,
              atMs: 40,
              text: 'Loading 12 notes',
              by: { who: 'server', name: 'index.js:9', how: 'a second start showed the write in index.js:9' },
            },
          ],
          strayCount: 1,
          endedWhileAlive: false,
        },
      },
    },
    {
      name: 'traced to a launcher',
      finds: false,
      evidence: {
        handshake: {
          initialize: { status: 'answered', revision: '2025-11-25' },
          discover: { status: 'refused' },
          used: 'initialize',
        },
        stdout: {
          bytes: 200,
          messages: 2,
          strays: [
            {
              kind: 'not-json',
              line: 1,
              offset: 0,
              atMs: 40,
              text: 'Welcome',
              by: { who: 'launcher', name: 'sh', how: 'only sh had stdout open when the line came' },
            },
          ],
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
    {
      name: 'a line about settings, with a name in brackets',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog: '2026-01-02 03:04:05.678 [warning] Failed to parse message: "[Settings] root is /srv/notes\\n"',
      },
    },
    {
      name: 'a window wrapped the complaint',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'MCP notes: Unexpected\n  non-whitespace character after JSON at position\n  4 (line 1 column 5)',
      },
    },
  ],
});
