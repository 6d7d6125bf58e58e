import type { Evidence } from '../case/evidence.js';
import { LAUNCHER } from '../case/launchers.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isGraphical, missingCommand } from './missing-command.js';
import { placesOf, saysNothing } from './system.js';
import { decidingFolder, entryPath, newerInShell } from './two-worlds.js';
import { WORDS, words } from './words.js';

/** A desktop client, a command without a folder, and not a word of the reason: the first thing to look at. */
function unsaid(given: Partial<Evidence>) {
  const { launch, reported } = given;
  const lines = words(given);
  const bare =
    LAUNCHER.test(launch?.command ?? '') &&
    !/^(?:docker|podman|nerdctl|bash|zsh|sh|cmd|env|wsl)/i.test(launch?.command ?? '');
  if (!launch || !bare || lines.length === 0 || reported?.os === undefined || reported.os === 'windows') return null;
  if (!isGraphical(reported.client) || !saysNothing(given)) return null;
  return {
    certainty: 'possible' as const,
    cites: placesOf(lines, at('launch', 'command')),
    facts: {
      command: launch.command,
      places: [],
      via: '',
      folder: '',
      path: [],
      known: false,
      child: false,
      other: '',
      provides: '',
      windows: false,
      interpreter: false,
      pathInEntry: launch.env.some(({ name }) => name.toUpperCase() === 'PATH'),
    },
  };
}

export default defineCause({
  id: 'launch-command-not-on-path',
  title: 'The command exists, but not on the PATH that the client passes to the server',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'spawn uvx ENOENT',
    'spawn npx ENOENT',
    'env: node: No such file or directory',
    'MCP error -32000: Connection closed',
    'Server disconnected',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'worlds'],
  explains: FAILED_START,

  match(given) {
    const missing = missingCommand(given);
    const { lookup, runtime, env } = given.launch ?? {};
    const decides = decidingFolder(given);
    // An older runtime has a cause of its own.
    const tried = decides && !newerInShell(given) ? decides : null;
    const other =
      tried && runtime && tried.provides.includes(`${runtime.name} `) ? `${runtime.name} ${runtime.version}` : '';
    if (!missing && !tried) return unsaid(given);
    // What was not found may always be there for the shell, unless we looked, or there is no shell.
    if (missing && !tried && !missing.elsewhere && (missing.by === 'lookup' || missing.hosted)) return null;
    const known = missing?.by === 'lookup' || tried !== null;
    return {
      certainty: known
        ? !other && (missing || tried?.provides)
          ? 'certain'
          : 'likely'
        : missing?.by === 'exit' || !missing?.elsewhere
          ? 'possible'
          : 'likely',
      cites: [...(missing?.cites ?? []), ...(tried ? [at('worlds', 'deciding')] : [])],
      facts: {
        command: missing?.name ?? (/^[\w.-]+/.exec(tried?.provides ?? '')?.[0] || ''),
        places: missing?.places ?? [],
        via:
          tried?.via ||
          (lookup?.shell?.via ?? lookup?.elsewhere.find(({ via }) => !via.startsWith('your '))?.via ?? ''),
        folder: tried?.folder ?? '',
        path: lookup?.path ?? [],
        known,
        child: missing === null,
        other,
        provides: tried?.provides ?? '',
        windows: missing?.os === 'windows' || (lookup?.path.some((one) => one.includes('\\')) ?? false),
        interpreter: missing?.by === 'interpreter',
        // An env block with PATH replaces the inherited one in most clients.
        pathInEntry: env?.some(({ name }) => name.toUpperCase() === 'PATH') ?? false,
      },
    };
  },
  say: ({ command, places, known, interpreter, pathInEntry, folder, via, child, other, provides }) => {
    if (other)
      return `The PATH that the client passes leads to ${other}, with which the server does not start. With ${provides}${via ? ` (${via})` : ''}, which your shell has in ${folder}, it does.`;
    const what = child
      ? command
        ? `The server needs ${command}, which`
        : 'A program that the server needs'
      : interpreter
        ? `The program that was started is a script for ${command}, and ${command}`
        : command
          ? `The command ${command}`
          : 'The command of the entry';
    const by = via ? ` (${via})` : '';
    const where = folder
      ? ` Your shell has it in ${folder}${by}.`
      : places.length
        ? ` It is at ${places.join(', ')}${by}.`
        : '';
    const entry = pathInEntry ? ' The entry sets PATH itself, which replaces the inherited one.' : '';
    return known
      ? `${what} is on this machine, but in no directory of the PATH that the server's process gets.${where}${entry}`
      : `${what} was not found on the PATH that the client passes. Version managers and user installs extend the PATH only in a shell's profile, which a client does not read.${entry}`;
  },
  fix: ({ command, places, interpreter, folder, path, windows }) =>
    folder
      ? [
          {
            say: 'Put the folder that makes the difference on the PATH of the entry:',
            edit: { file: 'the client config', at: 'env', to: entryPath([folder, ...path]) },
          },
          { say: 'Restart the client.' },
        ]
      : [
          ...(places[0] || interpreter
            ? []
            : [
                {
                  say: 'Ask the shell where the command is (no output: it is not installed, install it first):',
                  run: `${windows ? 'where' : 'command -v'} ${command || '<command of the entry>'}`,
                },
              ]),
          interpreter
            ? {
                say: `Add the folder of ${command} to the PATH of the entry (\`dirname "$(command -v ${command})"\` prints it):`,
                edit: {
                  file: 'the client config',
                  at: 'env',
                  to: '"env": { "PATH": "<that folder>:/usr/local/bin:/usr/bin:/bin" }',
                },
              }
            : {
                say: 'Put the absolute path into the entry:',
                edit: {
                  file: 'the client config',
                  at: 'command',
                  to: `"command": ${JSON.stringify(places[0] ?? `<path of ${command || 'the command'}>`)}`,
                },
              },
          ...(interpreter
            ? []
            : [
                {
                  say: 'When the command is itself a script (npx, a shim of nvm, mise or asdf), add its folder to "env": { "PATH": ... } too, so that it finds its interpreter.',
                },
              ]),
          { say: 'Restart the client.' },
        ],
  why: 'Desktop clients are started by the window system, not by a login shell: .zshrc, .bashrc and config.fish are not read, so what nvm, fnm, mise, asdf, Homebrew or uv add to PATH there is missing. MCP SDKs also pass on only a short list of variables.',
  refs: [
    'https://modelcontextprotocol.io/docs/tools/debugging',
    'https://github.com/modelcontextprotocol/servers/issues/760',
  ],
  examples: [
    {
      name: 'a program that the server starts, found by trying',
      finds: true,
      symptoms: { stderr: "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'", exitCode: 1 },
      evidence: {
        launch: {
          command: '/usr/bin/python3',
          args: ['/srv/media/server.py'],
          env: [{ name: 'PATH', state: 'set' }],
          lookup: { found: '/usr/bin/python3', path: ['/usr/bin', '/bin'], elsewhere: [] },
          paths: [],
          runtime: { name: 'python', version: '3.12.1', path: '/usr/bin/python3' },
        },
        worlds: {
          client: { outcome: 'ended', ms: 90, exitCode: 1 },
          shell: { outcome: 'answered', ms: 130 },
          deciding: { kind: 'path-entry', names: ['/opt/homebrew/bin'], provides: 'ffmpeg (Homebrew)' },
          starts: 3,
        },
      },
    },
    {
      name: 'the shell has an older runtime, with which the server starts',
      finds: true,
      symptoms: { stderr: 'TypeError: util.isRegExp is not a function\n    at file:///srv/server.js:2:6', exitCode: 1 },
      evidence: {
        launch: {
          command: 'node',
          args: ['/srv/server.js'],
          env: [],
          lookup: { found: '/usr/bin/node', path: ['/usr/bin'], elsewhere: [] },
          paths: [],
          runtime: { name: 'node', version: '24.21.0', path: '/usr/bin/node' },
        },
        worlds: {
          client: { outcome: 'ended', ms: 90, exitCode: 1 },
          shell: { outcome: 'answered', ms: 130 },
          deciding: {
            kind: 'path-entry',
            names: ['/home/me/.nvm/versions/node/v22.23.3/bin'],
            provides: 'node 22.23.3 (nvm)',
          },
          starts: 3,
        },
      },
    },
    {
      name: 'the shell has a newer version of the runtime that the client found as well',
      finds: false,
      symptoms: { stderr: 'Error: boom', exitCode: 1 },
      evidence: {
        launch: {
          command: 'node',
          args: ['/srv/server.js'],
          env: [],
          lookup: { found: '/usr/bin/node', path: ['/usr/bin'], elsewhere: [] },
          paths: [],
          runtime: { name: 'node', version: '18.20.4', path: '/usr/bin/node' },
        },
        worlds: {
          client: { outcome: 'ended', ms: 90, exitCode: 1 },
          shell: { outcome: 'answered', ms: 130 },
          deciding: { kind: 'path-entry', names: ['/opt/node22/bin'], provides: 'node 22.1.0' },
          starts: 3,
        },
      },
    },
    {
      name: 'a desktop client on macOS',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        os: 'macos',
        entry: { command: 'uvx', args: ['mcp-server-fetch'] },
        clientError: 'spawn uvx ENOENT',
      },
    },
    {
      name: 'npx is found, its interpreter is not',
      finds: true,
      symptoms: {
        entry: { command: '/opt/node/bin/npx', args: ['-y', 'x'] },
        stderr: 'env: node: No such file or directory',
        exitCode: 127,
      },
    },
    {
      name: 'a shell script on Linux under nvm',
      finds: true,
      symptoms: {
        os: 'linux',
        client: 'cursor',
        stderr: '/home/me/.config/run.sh: line 2: npx: command not found',
        exitCode: 127,
      },
    },
    {
      name: 'a desktop client that does not repeat the name',
      finds: true,
      symptoms: {
        os: 'macos',
        client: 'zed',
        entry: { command: 'bunx', args: ['acme-mcp'] },
        clientError: 'failed to spawn command: No such file or directory (os error 2)',
      },
    },
    {
      name: 'searched for and found beside the PATH',
      finds: true,
      evidence: {
        launch: {
          command: 'uvx',
          args: [],
          env: [],
          lookup: {
            found: null,
            problem: 'not-found',
            path: ['/usr/bin', '/bin'],
            elsewhere: [{ path: '/home/me/.local/bin/uvx', via: 'the usual place of uv' }],
          },
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
      name: 'tried out: one folder of the PATH makes the difference',
      finds: true,
      evidence: {
        worlds: {
          client: { outcome: 'ended', ms: 80, exitCode: 127, said: 'env: node: No such file or directory' },
          shell: { outcome: 'answered', ms: 300 },
          deciding: { kind: 'path-entry', names: ['/home/me/.nvm/versions/node/v22.1.0/bin'], provides: 'node' },
          starts: 5,
        },
      },
    },
    {
      name: 'a desktop client that only says that it failed',
      finds: true,
      symptoms: {
        os: 'macos',
        client: 'claude-desktop',
        entry: { command: 'uvx', args: ['blender-mcp'] },
        clientError: 'MCP blender disconnected',
      },
    },
    {
      name: 'CRLF in the first line of a script',
      finds: false,
      symptoms: { os: 'macos', stderr: 'env: node\\r: No such file or directory', exitCode: 127 },
    },
    {
      name: 'a whole command line as the command',
      finds: false,
      symptoms: { os: 'macos', client: 'cursor', clientError: 'spawn npx -y foo ENOENT' },
    },
  ],
});
