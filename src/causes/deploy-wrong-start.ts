import { at } from '../case/pointer.js';
import { answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { OF_PLATFORM, PLACEHOLDER, startTold, USAGE } from './deployments.js';
import { isDeployed, platformOf, platformOfHost, reasonIn } from './platforms.js';
import { hostOf } from './way.js';
import { find, findAll, type Line, WORDS, words } from './words.js';

/** Answers that show an MCP server. */
const MCP = new Set(['streamable-http', 'legacy-sse', 'needs-credentials']);

type What =
  | 'other'
  | 'module'
  | 'no-start'
  | 'not-found'
  | 'usage'
  | 'stdio'
  | 'ended'
  | 'root'
  | 'placeholder'
  | 'front';

/** The server program that was told to load the application does not find it where it was told. */
const MODULE = [
  /\bError loading ASGI app\b.{0,60}(?:Could not import module|Attribute) "(?<name>[^"]{1,80})"/i,
  /\bCould not import module "(?<name>[\w.]{1,80})"|\bAttribute "(?<attribute>\w{1,60})" not found in module\b/,
  /\bFailed to find attribute '(?<name>\w{1,60})' in '[\w.]{1,80}'/,
  /\bFailed to find application object '(?<name>\w{1,60})' in|\bFailed to parse '(?<call>[^']{1,60})' as an attribute name/,
  /\bgunicorn\.errors\.(?:HaltServer|AppImportError)\b/,
  /\bNo (?:fastapi|flask|django|python|asgi|wsgi)? ?entrypoint found\b/i,
];

/** The platform does not know how to start, or to build, what it was given. */
const NO_START = [
  /\bNo start command (?:could be |was )?(?:found|specified|detected)|\bcould not determine how to build (?:the|your) app|\bunable to generate a build plan for this app/i,
  /\bMissing script: ["']?(?<name>[\w:-]{1,40})|\bmissing start script\b|\berror Command "(?<yarn>[\w:-]{1,40})" not found|\bScript not found "(?<bun>[\w:-]{1,40})"|\bcode=H14\b|\bNo web processes running\b|\bcouldn't find that process type\b/i,
  /\bApp not compatible with buildpack\b|\bNo default language could be detected\b|\bNo Output Directory named "?(?<dir>[^"\s]{1,40})"? found\b/i,
  /\b(?:Root Directory|root directory:?) ["']?(?<root>[^"'\s]{1,120})["']? (?:is missing|does not exist|was not found)|\bCould not find root directory: (?<path>\S{1,120})/i,
  /\bfailed to (?:read dockerfile|solve: failed to read dockerfile)|\b(?:open|no such file).{0,20}\bDockerfile\b.{0,40}(?:no such file|not found)|\bDockerfile ["'`]?\S{0,80}["'`]? (?:does not exist|not found)/i,
];

/** The start command names a program or a file that the image does not hold. */
const NOT_FOUND = [
  /\bThe executable [`'"](?<name>[^`'"]{1,80})[`'"] could not be found/i,
  /(?:^|\s)(?:\/bin\/)?(?:(?:ba|da|a)?sh|[^\s:]{1,80}\.sh): (?:line )?(?:\d+: )?(?:exec: )?(?<name>[\w./-]{1,80}): (?:command )?not found/,
  /\bcan't open file ['"](?<name>[^'"]{1,160})['"]: \[Errno 2\]/,
  /^(?!.*node_modules)(?!.*[\\/](?:dist|build)[\\/]).*\bCannot find module '(?<name>\/[^']{1,120}\.[cm]?[jt]s)'/,
  /\bexec:? "(?<name>(?!(?:curl|wget|nc|ncat)")[^"]{1,80})": (?:executable file not found|stat \S+: no such file)/,
  /\bfailed to find file ["\\]*(?<name>[^"\\]{1,80})|\bApplication exec likely failed\b/,
];

/** A server program and the application it is told to load. */
const CALLED =
  /\b(?:gunicorn|uvicorn|hypercorn|granian|daphne|python3? -m|fastmcp run)(?: -{1,2}[\w-]+(?:[= ][\w.:-]+)?){0,6} (?<module>[A-Za-z_][\w.]{0,80})/;

/** What runs is a page for people, served as it is while it is being written. */
const DEV_SERVER = /\bVITE v\d|\bnext dev\b|\bwebpack(?:-dev-server)? .{0,40}compiled\b|\breact-scripts start\b/i;

/** The server says that it speaks over stdio. */
const STDIO =
  /\b(?:running|starts?|started|starting|connected|listening|serving|server|ready|transport|mode|via|using|defaults? to)\b[^\n]{0,60}?\b(?:stdio|stdin)\b|\bstdio (?:transport|mode|server)\b|['"]stdio['"]|\bTRANSPORT(?:_MODE|_TYPE)?\s?[=:]\s?["']?stdio\b/i;
/** ... unless it speaks of HTTP as well, of another server, or only offers the choice. */
const BOTH =
  /\bhttps?:\/\/|\b(?:streamable|sse)\b|\bor stdio\b|\bnot (?:in |using )?stdio\b|\bchild\b|\bspawn|\bproxy|\bbridge|\bstdio (?:server|client)s?\b.{0,30}\b(?:config|connect|register)|\bclient\b/i;
/** It chose so itself, or its input was closed, which nobody but a server over stdio minds. */
const FELL_BACK =
  /\b(?:fall(?:ing|s)?|fell) back to (?:the )?["'`]?stdio\b|\bdefault(?:ing|s|ed) to ["'`]?stdio\b|\bEOF\b.{0,20}\bon stdin\b|\bstdin (?:was |is )?(?:closed|ended|reached EOF)\b/i;
/** It ended well, again and again, or was not meant to end at all: a server over stdio whose input is closed. */
const ENDED_WELL =
  /\bCompleted\b.{0,40}\bCrashLoopBackOff\b|\bCrashLoopBackOff\b.{0,80}\b(?:Completed|[Ee]xit ?[Cc]ode:? 0)\b|\bReason: +Completed\b|\bexited with code 0\b|\bRestarting \(0\)|\bExited \(0\)/;
const HTTP = /\b(?:listening|running|serving|started|available|ready)\b.{0,60}(?:https?:\/\/|\bport \d|:\d{4,5}\b)/i;

const found = (lines: Line[]): { line: Line; what: What; name: string | null } | null => {
  const forms: [What, RegExp[]][] = [
    ['module', MODULE],
    ['no-start', NO_START],
    ['not-found', NOT_FOUND],
    ['usage', USAGE],
  ];
  for (const [what, patterns] of forms) {
    const hit = find(lines, ...patterns);
    if (!hit) continue;
    const name = Object.values(hit.groups).find((value) => value !== undefined) ?? null;
    const root = what === 'no-start' && (hit.groups.root ?? hit.groups.path) !== undefined;
    return { line: hit.line, what: root ? 'root' : what, name };
  }
  return null;
};

export default defineCause({
  id: 'deploy-wrong-start',
  title: 'The platform builds or starts the wrong thing, so nothing listens',
  culprit: 'platform',
  severity: 'broken',
  seenAs: [
    '502 Bad Gateway',
    'Application failed to respond',
    'Error loading ASGI app. Could not import module "main".',
    'Port scan timeout reached, no open ports detected',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'network', 'endpoint'],
  explains: [
    ...FAILED_START,
    'deploy-crashed',
    'deploy-port-ignored',
    'deploy-healthcheck-misconfigured',
    'edge-bad-gateway',
    'network-refused',
    'http-not-mcp',
    'http-endpoint-wrong',
    // The module that is missing is the application itself.
    'runtime-dependency-missing',
    'launch-entry-point-missing',
    'launch-command-not-installed',
    'container-exited',
    'container-restarting',
    'container-unhealthy',
    // Nothing listens at all, and it did start, whatever its entry looks like.
    'container-loopback-bound',
    'container-port-mismatch',
    'config-command-joined',
    'config-path-missing',
  ],

  match(given): Match<{ platform: string | null; what: What; name: string | null }> | null {
    const { asked, others = [], health = [] } = given.endpoint ?? {};
    const sample = answers(given).find(
      ({ live, exchange: { status, body = '' } }) => live && status === 200 && OF_PLATFORM.test(body),
    );
    if (sample)
      return {
        certainty: 'certain',
        cites: [sample.at],
        facts: { platform: platformOf(given)?.name ?? null, what: 'placeholder', name: null },
      };
    if (asked) {
      // Something lives at this name of a platform and serves no MCP anywhere: perhaps another service of the repository.
      const lives = health.findIndex(({ status }) => status === 200);
      const on = platformOfHost(hostOf(asked.url));
      const nowhere =
        ['not-found', 'html', 'other'].includes(asked.answer) && others.every(({ answer }) => !MCP.has(answer));
      return lives >= 0 && on && nowhere
        ? {
            certainty: 'possible',
            cites: [at('endpoint', 'health', lives), at('endpoint', 'asked')],
            facts: { platform: on.name, what: 'other', name: null },
          }
        : null;
    }
    if (!isDeployed(given)) return null;
    const platform = platformOf(given)?.name ?? null;
    const said = words(given);
    const own = said.filter(({ from }) => from !== 'client');
    const lines = platform === null ? own : said;
    const hit = found(lines);
    if (hit) {
      // A program that only lacks a setting prints its usage as well, and says so.
      const loose = hit.what === 'usage' && reasonIn(own);
      // Programs look for others at run time, too: only at a platform, or before anything else was said, is it the start.
      const unplaced = hit.what === 'not-found' && platform === null;
      if (unplaced && !/exec|executable|can't open file/i.test(hit.line.text)) return null;
      return {
        certainty: loose || unplaced || (hit.what === 'usage' && platform === null) ? 'possible' : 'likely',
        cites: [hit.line.at],
        facts: { platform, what: hit.what, name: hit.name },
      };
    }
    // The module that is missing is the application of the start command itself.
    const absent = find(own, /\bNo module named '(?<name>[\w.]{1,80})'/);
    const called = absent && own.map(({ text }) => CALLED.exec(text)?.groups?.module?.split(/[.:]/)[0]).find(Boolean);
    if (absent && called === absent.groups.name?.split('.')[0])
      return {
        certainty: 'likely',
        cites: [absent.line.at],
        facts: { platform, what: 'module', name: absent.groups.name ?? null },
      };
    const remote = /streamable-http|sse/.test(given.reported?.transport ?? '');
    const stdio = find(own, FELL_BACK)?.line ?? findAll(own, STDIO).find(({ line }) => !BOTH.test(line.text))?.line;
    if (stdio && (remote || (platform !== null && platform !== 'Docker'))) {
      const alsoHttp = own.some(({ text }) => HTTP.test(text) && !/\bprobe|health|expected address|PORT=/i.test(text));
      return {
        // A program that names an error of its own has ended for that.
        certainty: alsoHttp || reasonIn(own) ? 'possible' : 'likely',
        cites: [stdio.at],
        facts: { platform, what: 'stdio', name: null },
      };
    }
    const well = find(said, ENDED_WELL);
    if (well && remote && !reasonIn(own) && !own.some(({ text }) => HTTP.test(text)))
      return { certainty: 'likely', cites: [well.line.at], facts: { platform, what: 'ended', name: null } };
    const inEntry =
      /"(?:[\w.]*TRANSPORT(?:_MODE|_TYPE)?|MCP_MODE|mode|transport)"\s*:\s*"stdio"|--transport[ =",]{1,5}stdio|\bTRANSPORT=stdio\b/.exec(
        given.reported?.entry ?? '',
      );
    if (inEntry && remote)
      return {
        certainty: 'likely',
        cites: [at('reported', 'entry')],
        facts: { platform, what: 'stdio', name: null },
      };
    const page =
      answers(given).find(({ exchange: { body = '' } }) => PLACEHOLDER.test(body))?.at ??
      (platform === null ? undefined : find(said, PLACEHOLDER)?.line.at);
    if (page) return { certainty: 'likely', cites: [page], facts: { platform, what: 'placeholder', name: null } };
    const prose = remote ? startTold(said.filter(({ from, joined }) => from === 'client' && !joined)) : null;
    if (prose)
      return {
        certainty: 'possible',
        cites: [prose.line.at],
        facts: { platform, what: prose.stdio ? 'stdio' : 'other', name: null },
      };
    const dev = platform === null ? null : find(own, DEV_SERVER);
    if (dev && !own.some(({ text }) => /\bMCP\b.{0,60}\b(?:listening|running|ready|started)\b/i.test(text)))
      return { certainty: 'possible', cites: [dev.line.at], facts: { platform, what: 'front', name: 'a web page' } };
    // Nothing listens where the check of a container looks, and nothing was said: the image may start something else.
    const silent = find(
      said,
      /\b(?:curl: \(7\) )?Failed to connect to (?:localhost|127\.0\.0\.1) port \d+|\bwget: can't connect to remote host \(?127\.0\.0\.1/,
    );
    if (silent && remote && platform !== null && own.length <= 2 && said.every(({ text }) => !HTTP.test(text)))
      return {
        certainty: 'possible',
        cites: [silent.line.at],
        facts: { platform, what: 'stdio', name: null },
      };
    return null;
  },
  say: ({ platform, what, name }) => {
    const where = platform && platform !== 'Docker' ? `On ${platform} the` : 'The';
    const says: Record<What, string> = {
      other:
        'deployment lives (its health page answers) but serves MCP nowhere: another service of the repository may have been started in place of the MCP server.',
      placeholder:
        'address shows the page that stands there as long as nothing of its own was deployed: the image or folder of the MCP server is not what runs.',
      front:
        'deployment starts the development server of a web page, which knows no MCP endpoint: the MCP server is another program.',
      module: `start command names an application that is not there${name ? ` ("${name}")` : ''}: another folder, image or start command is deployed than the MCP server's.`,
      'no-start': `build found no way to start the server${name ? ` (${name})` : ''}: no start command, or one of another project.`,
      root: `build looks for the source in ${name ?? 'a folder'}, which does not exist in the repository.`,
      'not-found': `start command calls ${name ?? 'a program'}, which the image does not hold.`,
      usage: `start command runs ${name ?? 'a program'} without what it needs: it printed how it is called and ended, so no server listens.`,
      ended:
        'server ended by itself and without an error, as one over stdio does whose input is closed: it was not started with its HTTP transport.',
      stdio: `server was started in stdio mode: it reads its standard input, where nobody writes, and opens no port.`,
    };
    return `${where} ${says[what]}`;
  },
  fix: ({ platform, what, name }) => {
    const file: Record<string, [string, string]> = {
      Railway: ['railway.json', '{ "deploy": { "startCommand": "<command that serves MCP over HTTP>" } }'],
      Render: ['render.yaml', 'startCommand: <command that serves MCP over HTTP>'],
      Heroku: ['Procfile', 'web: <command that serves MCP over HTTP>'],
      'Fly.io': ['fly.toml', '[processes]\n  app = "<command that serves MCP over HTTP>"'],
      Kubernetes: ['the Deployment', 'args: ["--transport", "streamable-http", "--host", "0.0.0.0", "--port", "8080"]'],
    };
    const [where, to] = file[platform ?? ''] ?? [
      'the Dockerfile',
      'CMD ["<program>", "<arguments that serve MCP over HTTP>"]',
    ];
    if (what === 'stdio' || what === 'ended')
      return [
        {
          say: 'Start the server with its HTTP transport (the name of the option or variable is in its README; FastMCP: transport="http"), on all addresses:',
          edit: {
            file: where,
            to: 'mcp.run(transport="http", host="0.0.0.0", port=int(os.environ.get("PORT", "8000")))',
          },
        },
        {
          say: 'A server that has stdio only needs a bridge that listens in its place:',
          run: 'npx -y supergateway --stdio "<command>" --outputTransport streamableHttp --port "$PORT"',
        },
      ];
    return [
      what === 'root'
        ? {
            say: `Set the root directory of the service to the folder of the MCP server${name ? ` in place of ${name}` : ''}.`,
          }
        : {
            say: `Give this service a start command of its own, which starts the MCP server${what === 'module' && name ? ` (the module is looked for from the working directory: "${name}" must lie there)` : ''}:`,
            edit: { file: where, to },
          },
      {
        say: 'Where one repository holds several services, see that this one does not inherit the build and start settings of another: its own root directory, Dockerfile and configuration file.',
      },
    ];
  },
  why: 'A platform starts whatever its settings, a Dockerfile or a guess from the repository say. With several services in one repository, or an image made for stdio, that is easily the wrong thing: the process ends, or waits on an empty standard input, and the edge can only answer 502.',
  refs: [
    'https://docs.railway.com/guides/start-command',
    'https://render.com/docs/web-services#port-binding',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports',
  ],
  examples: [
    {
      name: 'uvicorn is told of a module of another service',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        serverLog: 'ERROR:    Error loading ASGI app. Could not import module "backend.main".',
      },
    },
    {
      name: 'stdio on a platform',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'render',
        serverLog:
          "Starting MCP server 'notes' with transport 'stdio'\n==> No open ports detected, continuing to scan...\n==> Port scan timeout reached, no open ports detected.",
      },
    },
    {
      name: 'Railway does not find the program',
      finds: true,
      symptoms: {
        platform: 'railway',
        serverLog: 'Starting Container\nContainer failed to start\nThe executable `uvicorn` could not be found.',
      },
    },
    {
      name: 'a command line that lacks its command',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'fly',
        serverLog:
          "Usage: notes-mcp [OPTIONS] COMMAND [ARGS]...\nTry 'notes-mcp --help' for help.\nError: Missing command.",
      },
    },
    {
      name: 'Heroku without a web process',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'heroku[router]: at=error code=H14 desc="No web processes running" method=POST path="/mcp" status=503',
      },
    },
    {
      name: 'the module that is missing is the one of the start command',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'render',
        serverLog:
          "==> Running 'gunicorn your_application.wsgi'\nModuleNotFoundError: No module named 'your_application'",
      },
    },
    {
      name: 'in words',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        clientError: 'docker logs is empty: the entrypoint runs `python -m acme`, which defaults to stdio',
      },
    },
    {
      name: 'a stdio server that a client starts',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'Notes MCP Server running on stdio', exitCode: 0 },
    },
    {
      name: 'a server that listens',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        serverLog: 'Server listening on http://0.0.0.0:8080/mcp (stdio disabled)',
        clientError: 'HTTP 502',
      },
    },
    {
      name: 'a module of Python that is not installed',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        serverLog: "ModuleNotFoundError: No module named 'fastmcp'",
      },
    },
  ],
});
