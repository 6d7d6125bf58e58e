import { isJoined } from '../case/launchers.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placesOf, programOf, saysNothing, systemOf } from './system.js';
import { failed, find, WORDS, words } from './words.js';

/** Programs that are a batch file on Windows, never an .exe. */
const BATCH =
  /^(?:np[mx]|pnpm|pnpx|pn|yarn(?:pkg)?|dnx|corepack|tsx|ts-node|tsc|az|gcloud|firebase|vercel|wrangler|supabase|netlify|gradlew?|mvnw?|jbang|sbt|composer|gem|bundle|rake|pyenv|rbenv|conda|mamba|flutter|code|cursor|codex|claude|gemini|smithery|supergateway|mcp-remote|mcp-proxy)$/i;
/** Programs that come as an .exe: when one of these is not found, it is not there. */
const EXE =
  /^(?:node|bunx?|deno|uvx?|python[\d.]*w?|pyw?|pip[x3]?|poetry|docker|podman|java|javaw|dotnet|go|cargo|ruby|php|git|wsl|cmd|powershell|pwsh|bash|sh|perl|rscript|volta|fnm|mise|scoop|env)$/i;
const IS_BATCH_FILE = /\.(?:cmd|bat|ps1)["']?$/i;

/** A start without a shell that names the batch file and the refusal. EINVAL: Node.js since April 2024 (CVE-2024-27980). */
const REFUSED = [
  /\bspawn(?:Sync)? (?<path>\S.*?\.(?:cmd|bat)) (?:EINVAL|EFTYPE)\b/i,
  /(?<![\w.-])(?<path>[\w-][\w.-]{0,60}\.(?:cmd|bat))\b.{0,80}\bEINVAL\b|\bEINVAL\b.{0,80}?(?<![\w.-])(?<path2>[\w-][\w.-]{0,60}\.(?:cmd|bat))\b/i,
];
/** Claude Code's own advice. */
const ADVICE =
  /Windows requires ['"`]?cmd \/c['"`]?|requires? (?:a )?['"`]?cmd \/c['"`]? wrapper|(?:wrap|use|prefix|run).{0,30}['"`]cmd \/c\b/i;
const UNNAMED = /\bspawn (?:[\w.@-]{1,60} )?(?:EINVAL|EFTYPE|UNKNOWN)\b/;

/** A start without a shell that looked for an .exe of that name: Node.js, Python, .NET, Java, Rust. */
const LOOKED_FOR = [
  /\bspawn(?:Sync)? (?<name>[\w.@-]+) (?:ENOENT|UNKNOWN|EFTYPE)\b/,
  /\bmcp server\b.{0,80}\bcommand ["'](?<name>[\w.@-]+)["'] not found\b/i,
  /Cannot run program "(?<name>[\w.@-]+)".*error=(?:2|193)\b/,
  /start process ['"](?<name>[\w.@-]+)['"].*(?:cannot find|No such file|not a valid Win32|kann die angegebene|Le fichier sp|no puede encontrar|找不到|見つかりません|не удается найти)/i,
  /(?:spawn|start|launch|execut|run)\w*[^"'`]{0,60}["'`](?<name>[\w.@-]+)["'`].{0,80}(?:program not found|os error (?:2|193)\b|WinError (?:2|193)\b|cannot find the file)/i,
];
/** The same without the name. */
const NAMELESS =
  /\bprogram not found\b|\[WinError (?:2|193)\]|os error 193\b|CreateProcess error=(?:2|193)\b|not a valid Win32 application|cannot find the file specified|\bspawn ENOENT\b/i;
/** The same name was asked for through a shell: cmd.exe would have found the batch file. */
const THROUGH_SHELL =
  /^\W{0,6}["']?[^\s"']{1,120}["']? (?:is not recogni[sz]ed|ist entweder|n'est pas reconnu|no se reconoce|n.o . reconhecido)|in %PATH%/;

/** Clients that look a command up with PATHEXT and use a shell for batch files: for them ENOENT means that there is none. */
const LOOKS_UP = /\bvs ?-?code\b|copilot/i;

export default defineCause({
  id: 'launch-windows-shim',
  title: 'On Windows the command is a batch file (.cmd), and the client starts it without a shell',
  culprit: 'client',
  severity: 'broken',
  seenAs: ['spawn npx ENOENT', 'spawn npx.cmd EINVAL', 'program not found', 'Failed to connect'],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [
    ...FAILED_START,
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'launch-binary-incompatible',
  ],

  match(given) {
    if (!failed(given) || systemOf(given) === 'macos' || systemOf(given) === 'linux') return null;
    const { launch, process, reported } = given;
    const lines = words(given);
    const command = launch?.command ?? '';
    if (isJoined(command)) return null;
    const program = programOf(command);
    const code = process?.spawnError?.code;
    const spawned = process?.spawnError?.path ?? '';
    const windows = systemOf(given) === 'windows';
    const facts = (name: string, how: string) => ({ name, how, args: launch?.args ?? [], command });

    const file = [launch?.lookup?.found ?? '', spawned, command].find((path) => IS_BATCH_FILE.test(path));
    if (file && (code === 'EINVAL' || code === 'EFTYPE'))
      return {
        certainty: 'certain',
        cites: [at('process', 'spawnError', 'message'), ...(launch ? [at('launch', 'command')] : [])],
        facts: facts(file, 'refused'),
      };
    const refused = find(lines, ...REFUSED);
    if (refused)
      return {
        certainty: 'certain',
        cites: [refused.line.at],
        facts: facts(refused.groups.path ?? refused.groups.path2 ?? '', 'refused'),
      };
    const advice = find(lines, ADVICE);
    if (advice)
      return {
        certainty: 'likely',
        cites: [advice.line.at],
        facts: facts(/to execute (?<name>[\w.-]+)/.exec(advice.line.text)?.groups?.name ?? command, 'maybe'),
      };
    if (find(lines, THROUGH_SHELL)) return null;
    const unnamed = find(lines, UNNAMED);
    if ((unnamed || code === 'EINVAL') && (windows || file || BATCH.test(program)) && !EXE.test(program))
      return {
        certainty: file || BATCH.test(program) || code === 'EINVAL' ? 'likely' : 'possible',
        cites: unnamed ? [unnamed.line.at] : [at('process', 'spawnError', 'message')],
        facts: facts(file ?? command, 'refused'),
      };
    // The folders were searched by us: what is not there is not installed.
    if (launch?.lookup && launch.lookup.found === null) return null;
    const looked = find(lines, ...LOOKED_FOR);
    const name = looked?.groups.name ?? (code === 'ENOENT' ? spawned : '');
    const nameless = !name && program ? find(lines, NAMELESS) : null;
    const asked = programOf(name || (nameless ? command : ''));
    if (asked && windows && !/[\\/]/.test(name) && !EXE.test(asked) && !/\.exe$/i.test(name)) {
      const known = BATCH.test(asked) || IS_BATCH_FILE.test(name);
      return {
        certainty: known && !LOOKS_UP.test(reported?.client ?? '') ? 'likely' : 'possible',
        cites: [looked?.line.at ?? nameless?.line.at ?? at('process', 'spawnError', 'message')],
        facts: facts(name || command, 'not-found'),
      };
    }
    // Nothing is said but that it failed: of such an entry on Windows it is the first thing to look at.
    if (windows && launch && !launch.lookup && (BATCH.test(program) || file) && saysNothing(given))
      return {
        certainty: 'possible',
        cites: placesOf(lines, at('launch', 'command')),
        facts: facts(command, 'maybe'),
      };
    return null;
  },
  say: ({ name, how }) => {
    const program = name ? `"${name}"` : 'The command of the entry';
    if (how === 'refused')
      return `${program} is a batch file, and the client starts it without a shell. Windows starts only .exe files that way; Node.js refuses batch files with EINVAL since its security release of April 2024.`;
    if (how === 'maybe')
      return `${program} is a batch file (.cmd) on Windows, which cannot be started without a shell. A client that does not look for .cmd files, or uses no shell, fails with just such a message.`;
    return `The client looked for a program ${program} and found none: on Windows it is a batch file (.cmd) beside which no .exe lies, and without a shell only .exe files are found.`;
  },
  fix: ({ name, args, command }) => {
    const program = programOf(String(command || name)) || 'npx';
    const rest = [program, ...(args as string[])].map((word) => JSON.stringify(word)).join(', ');
    return [
      {
        say: 'Let cmd.exe start it:',
        edit: {
          file: 'the client config',
          at: 'command',
          to: `"command": "cmd", "args": ["/c", ${rest}]`,
        },
      },
      ...(/^np[mx]$/i.test(program)
        ? [
            {
              say: 'Or leave the batch file out: node.exe with the script that npx.cmd would start.',
              edit: {
                file: 'the client config',
                at: 'command',
                to: `"command": "node", "args": ["C:\\\\Program Files\\\\nodejs\\\\node_modules\\\\npm\\\\bin\\\\${program.toLowerCase()}-cli.js", ...]`,
              },
            },
          ]
        : []),
      { say: 'When that fails too, the program is not on the PATH of the client:', run: `where ${program}` },
    ];
  },
  why: 'npm, npx, pnpm, yarn, dnx and every command that npm installs globally are batch files on Windows. Only cmd.exe runs those: a program that is started without a shell is looked for as .exe, and Node.js refuses a .cmd outright. Clients built on the SDK use cross-spawn, which puts cmd.exe in front by itself; others do not.',
  refs: [
    'https://nodejs.org/api/child_process.html#spawning-bat-and-cmd-files-on-windows',
    'https://nodejs.org/en/blog/vulnerability/april-2024-security-releases-2',
    'https://github.com/cline/cline/issues/902',
  ],
  examples: [
    {
      name: 'Node.js refuses the batch file',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'npx.cmd', args: ['-y', 'x'] },
        clientError: 'spawn npx.cmd EINVAL',
      },
    },
    {
      name: 'without the name',
      finds: true,
      symptoms: { os: 'windows', entry: { command: 'npx.cmd' }, clientError: 'spawn EINVAL' },
    },
    {
      name: 'no .exe of that name',
      finds: true,
      symptoms: { os: 'windows', client: 'cline', clientError: 'spawn npx ENOENT spawn npx ENOENT' },
    },
    {
      name: 'a client in Rust',
      finds: true,
      symptoms: {
        os: 'windows',
        client: 'codex',
        entry: { command: 'npx', args: ['-y', '@upstash/context7-mcp'] },
        clientError: 'MCP client for `context7` failed to start: program not found',
      },
    },
    {
      name: 'the shell script beside it',
      finds: true,
      symptoms: {
        os: 'windows',
        client: 'goose',
        entry: { command: 'npx', args: ['-y', 'x'] },
        clientError: 'Failed to start extension: %1 is not a valid Win32 application. (os error 193)',
      },
    },
    {
      name: 'Python without a shell',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'npx', args: ['-y', 'x'] },
        stderr: 'FileNotFoundError: [WinError 2] The system cannot find the file specified',
      },
    },
    {
      name: '.NET',
      finds: true,
      symptoms: {
        stderr:
          "System.ComponentModel.Win32Exception (2): An error occurred trying to start process 'npx' with working directory 'C:\\work'. The system cannot find the file specified.",
      },
    },
    {
      name: 'an entry, and not a word of the reason',
      finds: true,
      symptoms: { os: 'windows', client: 'claude-code', entry: { command: 'npx' }, clientError: 'Failed to connect' },
    },
    {
      name: 'the client gives the advice',
      finds: true,
      symptoms: {
        os: 'windows',
        clientError: "[Warning] [godot] mcpServers.godot: Windows requires 'cmd /c' wrapper to execute npx",
      },
    },
    {
      name: 'found by us as a batch file, refused by the system',
      finds: true,
      evidence: {
        launch: {
          command: 'npx',
          args: ['-y', 'x'],
          env: [],
          lookup: {
            found: 'C:\\Program Files\\nodejs\\npx.cmd',
            path: ['C:\\Windows', 'C:\\Program Files\\nodejs'],
            elsewhere: [],
          },
          paths: [],
        },
        process: {
          pid: null,
          spawnError: { code: 'EINVAL', message: 'spawn EINVAL', path: 'npx' },
          lifetimeMs: 0,
          pending: [],
        },
      },
    },
    {
      name: 'an .exe that is not there',
      finds: false,
      symptoms: { os: 'windows', entry: { command: 'uvx' }, clientError: 'spawn uvx ENOENT' },
    },
    {
      name: 'cmd.exe did look for it',
      finds: false,
      symptoms: {
        os: 'windows',
        entry: { command: 'npx' },
        stderr: "'npx' is not recognized as an internal or external command,\noperable program or batch file.",
      },
    },
    {
      name: 'macOS',
      finds: false,
      symptoms: { os: 'macos', entry: { command: 'npx' }, clientError: 'spawn npx ENOENT' },
    },
    {
      name: 'a timeout on Windows',
      finds: false,
      symptoms: { os: 'windows', entry: { command: 'npx' }, clientError: 'MCP error -32001: Request timed out' },
    },
  ],
});
