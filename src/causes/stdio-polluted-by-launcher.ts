import { defineCause, type FixStep } from './cause.js';
import { FAILED_START } from './consequences.js';
import { checkStep, effectOf, filterStep, POLLUTION, pollution, whereOf } from './pollution.js';

const entry = (say: string, at: string, to: string): FixStep => ({ say, edit: { file: 'the client config', at, to } });

/** How each launcher is silenced or left out, by the name that the text or the entry gave. */
const CURES: [RegExp, FixStep[]][] = [
  [
    /^(?:npm|yarn|pnpm|bun\b)/,
    [
      entry(
        'Start the program itself, without the package manager in front:',
        'command, args',
        '"command": "node", "args": ["<folder of the server>/dist/index.js"]',
      ),
      entry('Or let the package manager be silent:', 'args', '"run", "--silent", "<script>"'),
    ],
  ],
  [
    /^(?:\.NET|dotnet)/,
    [
      { say: 'Build once, in the folder of the project:', run: 'dotnet build -c Release' },
      entry(
        'Then start what was built:',
        'command, args',
        '"command": "dotnet", "args": ["<folder>/bin/Release/<net version>/<name>.dll"]',
      ),
      entry(
        'Or keep dotnet run from building:',
        'args',
        '"run", "--no-build", "--no-launch-profile", "--project", "<project>"',
      ),
    ],
  ],
  [
    /^(?:Maven|mvn|Gradle|gradle|sbt)/,
    [
      { say: 'Build the jar once, with mvn package or gradle bootJar, and start it without the build tool:' },
      entry('The entry:', 'command, args', '"command": "java", "args": ["-jar", "<folder>/target/<name>.jar"]'),
    ],
  ],
  [
    /^tsc/,
    [
      { say: 'Compile once, and take tsc out of the start script:', run: 'npm run build' },
      entry('Then start what was compiled:', 'command, args', '"command": "node", "args": ["<folder>/dist/index.js"]'),
    ],
  ],
  [
    /^(?:cmd\.exe|chcp)/,
    [
      {
        say: 'Begin the batch file with a line that stops the echo, and send what its commands say elsewhere:',
        edit: { file: 'the batch file', to: '@echo off\nchcp 65001 >nul' },
      },
    ],
  ],
  [
    /^PowerShell/,
    [
      entry(
        'Start PowerShell without profile and logo:',
        'args',
        '"-NoLogo", "-NoProfile", "-NonInteractive", "-File", "<script>"',
      ),
    ],
  ],
  [
    /^ssh/,
    [
      entry(
        'Let ssh be quiet, and take greetings out of the shell profile of the other machine:',
        'args',
        '"-q", "-T", "<host>", "<command>"',
      ),
    ],
  ],
  [/^wsl/, [entry('Let wsl.exe write UTF-8:', 'env', '"WSL_UTF8": "1"')]],
  [
    /^the container|^docker/,
    [
      { say: 'Fetch the image beforehand:', run: 'docker pull <image>' },
      entry('Then run it without a word of its own:', 'args', '"run", "--rm", "-i", "--quiet", "<image>"'),
    ],
  ],
  [
    /^(?:pip|uv|poetry|conda)/,
    [{ say: 'Install beforehand, and start the server from its environment:', run: 'uv tool install <package>' }],
  ],
  [
    /^a version manager|^nvm/,
    [
      entry(
        'Name the program by its full path, so that no shell profile has to choose a version:',
        'command',
        '"<absolute path of node>"',
      ),
    ],
  ],
  [
    /^2>&1/,
    [
      entry(
        'Take 2>&1 out of the command: it sends the log of the server to the wire.',
        'args',
        '"<command without 2>&1>"',
      ),
    ],
  ],
];

const SCRIPT: FixStep = {
  say: 'In the script in front of the server, send everything that is printed before the server starts to stderr, and hand over with exec:',
  edit: {
    file: 'the wrapper script',
    to: 'exec 3>&1 1>&2      # from here on, words go to stderr\n# ... preparations ...\nexec <command> 1>&3 # only the server has stdout',
  },
};
const SCRIPT_WINDOWS: FixStep = {
  say: 'In the script in front of the server, send everything that is printed before the server starts to stderr:',
  edit: { file: 'the wrapper script', to: '<preparation> 1>&2' },
};

export default defineCause({
  id: 'stdio-polluted-by-launcher',
  title: 'The command in front of the server prints to stdout, where only JSON-RPC messages may stand',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Unexpected token \'>\', "> notes@1.0"... is not valid JSON',
    'Unexpected token \'A\', "Active cod"... is not valid JSON',
    'Failed to parse message: "Determining projects to restore...\\r\\n"',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...POLLUTION],
  // The trace may be the client's, pasted as if the server had printed it.
  explains: FAILED_START,

  match: (given) => pollution(given, 'launcher'),
  say: (facts) => {
    const { what, where } = whereOf(facts);
    const author = facts.name ?? 'a command or script';
    if (facts.known === 'entry')
      return `The entry starts the server through ${author}, which prints to stdout before the server does; only JSON-RPC messages may stand there.`;
    return `In front of the server, ${author} ${facts.known === 'no' ? 'may have written' : 'wrote'} ${what} ${where}; only JSON-RPC messages may stand there. ${effectOf(facts)}`;
  },
  fix: (facts) => [
    ...(CURES.find(([pattern]) => pattern.test(facts.cure ?? ''))?.[1] ?? [facts.windows ? SCRIPT_WINDOWS : SCRIPT]),
    ...filterStep(facts),
    checkStep(facts),
  ],
  why: 'Package managers repeat the script that they run, build tools report their progress, installers and shell profiles greet. All of it goes to the same stdout that the client reads as the wire, ahead of the first message of a server that is in order itself.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio',
    'https://docs.npmjs.com/cli/commands/npm-run',
    'https://learn.microsoft.com/dotnet/core/tools/dotnet-run',
  ],
  examples: [
    {
      name: 'npm repeats the script',
      finds: true,
      symptoms: {
        entry: { command: 'npm', args: ['run', 'mcp'] },
        clientError: 'Unexpected token \'>\', "> notes@1.0"... is not valid JSON',
      },
    },
    {
      name: 'dotnet run builds, seen by VS Code',
      finds: true,
      symptoms: {
        client: 'vscode',
        entry: { command: 'dotnet', args: ['run', '--project', 'src/Notes'] },
        clientError: 'Failed to parse message: "  Determining projects to restore...\\r\\n"',
      },
    },
    {
      name: 'a warning of the compiler',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'dotnet', args: ['run'] },
        stdout:
          'C:\\src\\Notes\\Program.cs(10,5): warning CS8600: Converting null literal [C:\\src\\Notes\\Notes.csproj]',
      },
    },
    {
      name: 'Maven on stdout',
      finds: true,
      symptoms: {
        entry: { command: 'mvn', args: ['exec:java'] },
        stdout: '[INFO] Scanning for projects...\n[INFO] --- exec:3.1.0:java (default-cli) @ notes ---',
      },
    },
    {
      name: 'a batch file without @echo off',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'cmd', args: ['/c', 'start.bat'] },
        stdout: 'C:\\notes>node dist\\index.js',
      },
    },
    {
      name: 'a code page',
      finds: true,
      symptoms: {
        os: 'windows',
        transport: 'stdio',
        clientError: 'Unexpected token \'A\', "Active cod"... is not valid JSON',
      },
    },
    {
      name: 'a version manager in a login shell',
      finds: true,
      symptoms: {
        entry: { command: 'bash', args: ['-lc', 'nvm use 20 && node index.js'] },
        stdout: 'Now using node v20.11.0 (npm v10.2.4)',
      },
    },
    {
      name: 'a script that installs first',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'Failed to parse message: "Installing dependencies, please wait\\n"',
        stdout: 'Installing dependencies, please wait',
      },
    },
    {
      name: 'only the entry is known',
      finds: true,
      symptoms: { entry: { command: 'npm', args: ['start'] }, clientError: 'Failed to connect' },
    },
    {
      name: 'npm is told to be silent',
      finds: false,
      symptoms: { entry: { command: 'npm', args: ['run', '--silent', 'mcp'] }, clientError: 'Failed to connect' },
    },
    {
      name: 'the server itself greets',
      finds: false,
      symptoms: {
        entry: { command: 'node', args: ['dist/index.js'] },
        clientError: 'Unexpected token \'W\', "Weather MC"... is not valid JSON',
      },
    },
    {
      name: 'npm speaks of an error',
      finds: false,
      symptoms: {
        entry: { command: 'npm', args: ['run', 'mcp'] },
        stderr: 'npm error Missing script: "mcp"',
        exitCode: 1,
      },
    },
  ],
});
