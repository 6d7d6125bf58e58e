import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { missingCommand } from './missing-command.js';
import { WORDS } from './words.js';

/** How to get a launcher, by the first letters of its name. */
const INSTALL: [RegExp, string, { windows?: string; macos?: string; other?: string }][] = [
  [
    /^(?:np|node)/i,
    'Install Node.js, which brings node, npm and npx (https://nodejs.org)',
    { windows: 'winget install OpenJS.NodeJS.LTS', macos: 'brew install node' },
  ],
  [
    /^uv/i,
    'Install uv, which brings uv and uvx',
    {
      windows: 'winget install --id=astral-sh.uv -e',
      macos: 'brew install uv',
      other: 'curl -LsSf https://astral.sh/uv/install.sh | sh',
    },
  ],
  [
    /^bun/i,
    'Install Bun',
    { windows: 'winget install Oven-sh.Bun', other: 'curl -fsSL https://bun.sh/install | bash' },
  ],
  [
    /^deno/i,
    'Install Deno',
    { windows: 'winget install DenoLand.Deno', other: 'curl -fsSL https://deno.land/install.sh | sh' },
  ],
  [
    /^py/i,
    'Install Python (https://www.python.org/downloads), or name the command that this system has (python3, py)',
    { macos: 'brew install python', windows: 'winget install Python.Python.3.13' },
  ],
  [/^docker/i, 'Install Docker (https://docs.docker.com/get-docker) and start it', {}],
  [
    /^(?:dotnet|dnx)/i,
    'Install the .NET SDK (https://dotnet.microsoft.com/download)',
    { windows: 'winget install Microsoft.DotNet.SDK.10', macos: 'brew install --cask dotnet-sdk' },
  ],
];

export default defineCause({
  id: 'launch-command-not-installed',
  title: 'The command that starts the server is not installed where it is started',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    'spawn uvx ENOENT',
    "'npx' is not recognized as an internal or external command",
    'exec: "npx": executable file not found in $PATH',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: FAILED_START,

  match(given) {
    const missing = missingCommand(given);
    if (!missing || (missing.elsewhere && !['spawn', 'words', 'exit'].includes(missing.by))) return null;
    // A shim without a shell on Windows fails in the same words although it is installed: launch-windows-shim.
    const shim =
      missing.os === 'windows' &&
      !/\bvs ?-?code\b/i.test(given.reported?.client ?? '') &&
      missing.by === 'spawn' &&
      /^(?:np[mx]|pnpm|pnpx|yarn|dnx)$/i.test(missing.name);
    return {
      certainty:
        missing.by === 'lookup'
          ? 'certain'
          : missing.by === 'exit' || shim || missing.elsewhere
            ? 'possible'
            : 'likely',
      cites: missing.cites,
      facts: { command: missing.name, os: missing.os, searched: given.launch?.lookup?.path ?? [] },
    };
  },
  say: ({ command, searched }) =>
    `The command ${command || 'of the entry'} does not exist where the server is started, so nothing was started at all.${searched.length ? ` It is in none of the ${searched.length} directories of the PATH, and in none of the usual places beside them.` : ''}`,
  fix: ({ command, os }) => {
    if (!command)
      return [
        {
          say: 'See what the entry has as "command", and ask the shell for it (no output: it is not installed):',
          run: os === 'windows' ? 'where <command of the entry>' : 'command -v <command of the entry>',
        },
        {
          say: 'If the shell finds it, put the absolute path printed there into "command". If not, install it (npx comes with Node.js, uvx with uv), and start the client again.',
        },
      ];
    const [, say, run] = INSTALL.find(([name]) => name.test(command)) ?? [
      /./,
      `Install ${command}, or correct its spelling in the entry`,
      {},
    ];
    const command_ = os === 'windows' ? run.windows : os === 'macos' ? (run.macos ?? run.other) : run.other;
    return [
      { say: `${say}. In a container or on a remote host, install it there.`, ...(command_ && { run: command_ }) },
      { say: 'Quit the client completely and start it again: it read the PATH when it was started.' },
      {
        say: 'If your terminal does find it, put the absolute path printed here into "command":',
        run: os === 'windows' ? `where ${command}` : `command -v ${command}`,
      },
    ];
  },
  why: 'A stdio server is a program that the client starts itself. When the operating system knows no program of that name there is no process, no log and no exit code: only ENOENT, or 127 from a shell in between (9009 from cmd.exe).',
  refs: [
    'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    'https://docs.astral.sh/uv/getting-started/installation/',
  ],
  examples: [
    {
      name: 'cmd.exe does not know it',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'uvx' },
        stderr: "'uvx' is not recognized as an internal or external command,\noperable program or batch file.",
      },
    },
    {
      name: 'cmd.exe through a wrong code page',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'cmd', args: ['/c', 'npx', '-y', 'x'] },
        stderr: "'npx' \u02bb\ufffd\ufffd\ufffd\u06b2\ufffd",
      },
    },
    {
      name: 'an image without Node.js',
      finds: true,
      symptoms: {
        stderr:
          'docker: Error response from daemon: OCI runtime create failed: exec: "npx": executable file not found in $PATH: unknown',
        exitCode: 127,
      },
    },
    {
      name: 'a client in its own words',
      finds: true,
      symptoms: {
        os: 'windows',
        clientError: 'Could not start weather: uv executable not found. Please make sure that uv is installed.',
      },
    },
    {
      name: 'a client that cannot find it',
      finds: true,
      symptoms: { os: 'linux', clientError: 'Error: could not find npx executable' },
    },
    {
      name: 'a client that does not repeat the name',
      finds: true,
      symptoms: { clientError: 'MCP startup failed: failed to spawn process: No such file or directory' },
    },
    {
      name: 'PowerShell, the last lines only',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          '    + CategoryInfo          : ObjectNotFound: (uvx:String) [], CommandNotFoundException\n    + FullyQualifiedErrorId : CommandNotFoundException',
      },
    },
    {
      name: 'Python that starts it',
      finds: true,
      symptoms: { os: 'windows', clientError: "FileNotFoundError: [Errno 2] No such file or directory: 'uvx'" },
    },
    {
      name: 'a node of a graph',
      finds: false,
      symptoms: { clientError: 'Connection closed', stderr: 'WARN graph: start node not found.' },
    },
    {
      name: 'searched for and found nowhere',
      finds: true,
      evidence: {
        launch: {
          command: 'uvx',
          args: ['mcp-server-fetch'],
          env: [],
          lookup: { found: null, problem: 'not-found', path: ['/usr/bin', '/bin'], elsewhere: [] },
          paths: [],
        },
        process: {
          pid: null,
          spawnError: { code: 'ENOENT', message: 'spawn uvx ENOENT', path: 'uvx' },
          lifetimeMs: 0,
          pending: [],
        },
      },
    },
    {
      name: 'a script of the server, not a launcher',
      finds: false,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr: 'sh: 1: foo-mcp: not found',
        exitCode: 127,
      },
    },
    {
      name: 'found by us: the spawn failed for another reason',
      finds: false,
      evidence: {
        launch: {
          command: 'node',
          args: [],
          cwd: '/gone',
          env: [],
          lookup: { found: '/usr/bin/node', path: ['/usr/bin'], elsewhere: [] },
          paths: [{ where: 'cwd', word: '/gone', resolved: '/gone', exists: false }],
        },
        process: {
          pid: null,
          spawnError: { code: 'ENOENT', message: 'spawn node ENOENT', path: 'node' },
          lifetimeMs: 0,
          pending: [],
        },
      },
    },
  ],
});
