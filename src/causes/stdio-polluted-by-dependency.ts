import { defineCause, type FixStep } from './cause.js';
import { FAILED_START } from './consequences.js';
import { checkStep, effectOf, filterStep, POLLUTION, pollution, whereOf } from './pollution.js';

const code = (say: string, to: string): FixStep => ({ say, edit: { file: 'the source of the server', to } });
const env = (say: string, to: string): FixStep => ({
  say,
  edit: { file: 'the client config', at: 'env', to },
});

/** The switch that silences a library, by the name that the text was recognised by. */
const SWITCHES: Record<string, FixStep[]> = {
  dotenv: [
    env('dotenv 17 and later print a tip. Silence it in the entry:', '"DOTENV_CONFIG_QUIET": "true"'),
    code('Or in the server:', 'dotenv.config({ quiet: true });'),
  ],
  PHP: [
    {
      say: 'Let PHP write its notices to stderr. In the entry, put this in front of the script:',
      edit: { file: 'the client config', at: 'args', to: '"-d", "display_errors=stderr", "-d", "html_errors=0"' },
    },
  ],
  'the Java virtual machine': [
    env(
      'Send the messages of the virtual machine to stderr:',
      '"JAVA_TOOL_OPTIONS": "-Xlog:disable -Xlog:all=warning:stderr"',
    ),
  ],
  'Spring Boot': [
    {
      say: 'Switch the banner and the console log off:',
      edit: {
        file: 'application.properties',
        to: 'spring.main.banner-mode=off\nspring.main.web-application-type=none\nlogging.pattern.console=\nlogging.file.name=server.log',
      },
    },
  ],
  Hibernate: [
    { say: 'Switch the SQL log off:', edit: { file: 'application.properties', to: 'spring.jpa.show-sql=false' } },
  ],
  'Node.js': [env('Silence the warnings of Node.js:', '"NODE_NO_WARNINGS": "1"')],
  'Python warnings': [env('Silence the warnings of Python:', '"PYTHONWARNINGS": "ignore"')],
  'a progress bar': [env('Switch progress bars off:', '"TQDM_DISABLE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"')],
  'Hugging Face': [env('Quieten it:', '"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"')],
  TensorFlow: [env('Quieten it:', '"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"')],
  pygame: [env('Silence its greeting:', '"PYGAME_HIDE_SUPPORT_PROMPT": "1"')],
  NLTK: [code('Download its data beforehand, or quietly:', "nltk.download('punkt', quiet=True)")],
  'browser-use': [
    env('Send its log elsewhere:', '"BROWSER_USE_LOGGING_LEVEL": "result", "ANONYMIZED_TELEMETRY": "false"'),
  ],
  Sequelize: [code('Switch the query log off:', 'new Sequelize({ ..., logging: false })')],
  TypeORM: [code('Switch the query log off:', 'new DataSource({ ..., logging: false })')],
  Mongoose: [code('Switch the query log off:', "mongoose.set('debug', false)")],
  Prisma: [
    code(
      'Let Prisma emit its log instead of printing it:',
      "new PrismaClient({ log: [{ emit: 'event', level: 'query' }] })",
    ),
  ],
  Gin: [code('Let Gin write to stderr:', 'gin.DefaultWriter = os.Stderr')],
};

const REDIRECTS: Record<string, FixStep> = {
  python: code(
    'In the server, hand stdout to the protocol alone and let everything else that prints go to stderr, before the library is imported:',
    'import os, sys\nwire = os.fdopen(os.dup(1), "wb", 0)   # give this to the transport\nos.dup2(2, 1)\nsys.stdout = sys.stderr',
  ),
  node: code(
    'In the first file that is loaded, send what libraries print to stderr:',
    'console.log = console.info = console.debug = console.error;',
  ),
  php: code('Let PHP write its notices to stderr:', "ini_set('display_errors', 'stderr');"),
  java: code(
    'At the start of main, keep the real stdout for the transport and give everything else stderr:',
    'PrintStream wire = System.out; System.setOut(System.err);',
  ),
  dotnet: code('At the start of Main, send what libraries print to stderr:', 'Console.SetOut(Console.Error);'),
};

export default defineCause({
  id: 'stdio-polluted-by-dependency',
  title: 'A library or the runtime of the server prints to stdout, where only JSON-RPC messages may stand',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Unexpected token \'d\', "[dotenv@17."... is not valid JSON',
    'Unexpected token \'D\', "Deprecated"... is not valid JSON',
    'Invalid JSON-RPC message: [dotenv@17.2.3] injecting env (0) from .env',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...POLLUTION],
  // The trace may be the client's, pasted as if the server had printed it.
  explains: FAILED_START,

  match: (given) => pollution(given, 'dependency'),
  say: (facts) => {
    const { what, where } = whereOf(facts);
    const author = facts.name ? `The server loads ${facts.name}, which` : 'A library that the server loads';
    const how = `${author} ${facts.known === 'no' ? 'may have written' : 'wrote'} ${what} ${where}`;
    return `${how}, where only JSON-RPC messages may stand. ${effectOf(facts)}`;
  },
  fix: (facts) => [
    ...(SWITCHES[facts.cure ?? ''] ?? []),
    ...(REDIRECTS[facts.language]
      ? [REDIRECTS[facts.language] as FixStep]
      : [
          {
            say: 'In the server, point file descriptor 1 to stderr before the library is loaded, and keep a copy of it for the transport.',
          },
        ]),
    ...filterStep(facts),
    checkStep(facts),
  ],
  why: 'Libraries greet, warn and draw progress bars on stdout, and some runtimes print their notices there. In a terminal that is harmless; in a stdio server the same line stands between two messages, and the author of the server may never have seen it. A new release of the library is enough to bring it in.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio',
    'https://github.com/motdotla/dotenv/blob/master/CHANGELOG.md',
    'https://www.php.net/manual/en/errorfunc.configuration.php#ini.display-errors',
  ],
  examples: [
    {
      name: 'the first ten characters of a dotenv tip',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'Unexpected token \'d\', "[dotenv@17."... is not valid JSON' },
    },
    {
      name: 'the newer form of the tip',
      finds: true,
      symptoms: { client: 'claude-desktop', clientError: 'Unexpected token \'◇\', "◇ injected"... is not valid JSON' },
    },
    {
      name: 'a client that quotes the line',
      finds: true,
      symptoms: {
        clientError:
          'MCP Notes: Invalid JSON-RPC message: [dotenv@17.2.2] injecting env (0) from .env -- tip: override',
      },
    },
    {
      name: 'an older V8 names one character',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'Unexpected token d in JSON at position 1' },
    },
    {
      name: 'a notice of PHP',
      finds: true,
      symptoms: {
        entry: { command: 'php', args: ['artisan', 'mcp:start', 'app'] },
        stdout:
          'Deprecated: Creation of dynamic property App\\Thing::$x is deprecated in /srv/app/Thing.php on line 12',
      },
    },
    {
      name: 'a notice of PHP with markup',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'Unexpected token \'<\', "<br />\\n<b>"... is not valid JSON' },
    },
    {
      name: 'pygame greets',
      finds: true,
      symptoms: {
        entry: { command: 'python', args: ['server.py'] },
        stdout:
          'pygame 2.6.1 (SDL 2.28.4, Python 3.12.3)\nHello from the pygame community. https://www.pygame.org/contribute.html',
      },
    },
    {
      name: 'a query log, seen by VS Code',
      finds: true,
      symptoms: {
        client: 'vscode',
        clientError:
          '2026-01-02 10:00:00.000 [warning] Failed to parse message: "Executing (default): SELECT 1+1 AS result\\n"',
      },
    },
    {
      name: 'a progress bar, seen by the Python SDK',
      finds: true,
      symptoms: {
        clientError:
          "Failed to parse JSONRPC message from server\nInvalid JSON: expected value at line 1 column 1 [type=json_invalid, input_value='Batches: 100%|██████████| 1/1', input_type=str]",
      },
    },
    {
      name: 'seen live, and traced to the package',
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
              text: 'chatty 2.0 ready',
              by: { who: 'dependency', name: 'chatty', how: 'the stack of the write leads to node_modules/chatty' },
            },
          ],
          strayCount: 1,
          endedWhileAlive: false,
        },
      },
    },
    {
      name: 'a banner of the server itself',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'Unexpected token \'W\', "Weather MC"... is not valid JSON' },
    },
    {
      name: 'warnings on stderr, where they belong',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr: '(node:7) ExperimentalWarning: SQLite is an experimental feature\nError: no such table: notes',
        exitCode: 1,
      },
    },
    {
      name: 'a web page',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'Unexpected token \'<\', "<br />"... is not valid JSON' },
    },
  ],
});
