import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placesOf, programOf, saysNothing, systemOf, wordsOfEntry } from './system.js';
import { failed, find, WORDS, words } from './words.js';

/** Paths of Windows, and programs that only Windows has. */
const WINDOWS_PATH = /^["']?(?:\\\\\?\\)?[A-Za-z]:[\\/]/;
const WINDOWS_PROGRAM =
  /^(?:cmd|powershell)(?:\.exe)?$|^(?:node|npx|npm|uvx?|python|docker|pwsh|wsl|bash)\.(?:exe|cmd|bat)$/i;
/** Paths of Linux: a drive letter never stands before them. */
const LINUX_PATH = /^["']?\/(?:home|mnt\/[a-z]|usr|root|opt|etc|tmp|var|bin|srv)(?:\/|$)/;
/** The folders of a distribution as Windows shows them. */
// JSON halves its backslashes, and some writers double them.
const SHARE = /(?:\\{1,4}|\/\/)\??\\?(?:UNC\\)?wsl(?:\$|\.localhost)[\\/]/i;

/** One side's own words about a path of the other. */
const CROSSED: [RegExp, 'windows-side' | 'linux-side' | 'share' | 'wsl'][] = [
  // Node.js on Windows, asked for a path of Linux: it puts the drive in front.
  [/['"](?<path>[A-Za-z]:\\(?:mnt\\[a-z]|home|usr|root|opt)\\[^'"]*)['"]/, 'windows-side'],
  // A Linux program below a drive of Windows, or a path of Windows taken for a relative one.
  [/['"](?<path>\/[^'"]*\/[A-Za-z]:[\\/][^'"]*)['"]/, 'linux-side'],
  [/\bspawn (?<path>(?:\\\\\?\\)?[A-Za-z]:\\.*?) ENOENT\b.*(?:linux|wsl)/i, 'linux-side'],
  // The shims that npm puts beside its .cmd files, run by a shell of Linux that has no Node.js of its own.
  [
    /(?<path>\/mnt\/[a-z]\/(?![^:]{0,200}\.(?:js|py):)[^:]{0,200}): (?:(?:line )?\d+: )?(?:exec: )?\S+: (?:not found|command not found|No such file)/,
    'linux-side',
  ],
  [
    /(?<path>\/mnt\/[a-z]\/[^:]{0,200})(?:: \S{1,60})?: (?:bad interpreter|cannot execute|Exec format error|1: MZ|Invalid argument)|\bnode: (?<run>\/mnt\/[a-z]\/\S+)/,
    'linux-side',
  ],
  [
    /(?<path>\/mnt\/[a-z]\/(?:Program Files|Users\/[^/:]{1,60}\/AppData|Windows)\b[^:]{0,200}\/(?:np[mx]|node|uvx?|pnpm|yarn|python[\d.]*)): (?:line )?\d+: .*[Ss]yntax error/,
    'linux-side',
  ],
  [
    /\bMZ[^:]{0,20}: not found|cannot execute binary file: .*\.exe\b|\.exe: (?:cannot execute|Exec format error|Invalid argument)/i,
    'linux-side',
  ],
  [
    /UNC paths are not supported|CMD\.EXE was started with the above path|UNC-Pfade werden nicht unterst|chemins UNC ne sont pas|no se permiten las rutas UNC|UNC 路径/i,
    'share',
  ],
  [
    /(?<path>(?:\\\\|\/\/)\??\\?(?:UNC\\)?wsl(?:\$|\.localhost)[\\/][^'":]*)['"]?.{0,40}(?:not found|ENOENT|EISDIR|cannot find|No such|not supported|is not recogni[sz]ed)|(?:Cannot find module|ENOENT|No such file|cannot find)[^'"]*['"](?<share>(?:\\\\|\/\/)\??\\?wsl(?:\$|\.localhost)[\\/][^'"]*)/i,
    'share',
  ],
  // wsl.exe itself.
  [
    /execvpe?\((?<path>[^)]*)\) failed|CreateProcess\w*:\d+: execv\w*\b|WSL \(\d+(?: - \w*)?\) ERROR|\bWsl\/(?:Service|Callmsi|InstallDistro|ERROR)\S*|WSL_E_\w+|no distribution with the supplied name|has no installed distributions|Windows Subsystem for Linux (?:has not been|is not|has no)|\bchdir\([^)]*\) failed|Failed to translate/i,
    'wsl',
  ],
];
/** cmd.exe and Windows' programs, not found by a Linux shell or kernel. */
const NO_CMD =
  /\bspawn(?:Sync)? (?<name>cmd|cmd\.exe|powershell(?:\.exe)?) ENOENT\b|\b(?<sh>cmd(?:\.exe)?|powershell(?:\.exe)?): (?:command )?not found|["'`](?<quoted>cmd(?:\.exe)?)["'`].{0,60}(?:No such file|not found)/i;
/** A Windows shell or kernel, asked for a Linux path. */
const NO_LINUX_PATH =
  /\bspawn (?<path>\/(?:home|mnt|usr|root|opt|bin)\/\S*) ENOENT\b|^\W?['"]?(?<word>\/(?:home|mnt|usr|root|opt|bin)\/[^'"]*)['"]? is not recogni[sz]ed|The system cannot find the path specified.{0,20}(?<said>\/(?:home|mnt)\/\S*)/i;
/** What tells that WSL is there at all. */
const SPEAKS_OF_WSL = /\bwsl\d?\b|microsoft-standard|\/mnt\/[a-z]\/|Subsystem for Linux/i;

export default defineCause({
  id: 'launch-wsl-boundary',
  title: 'Client and server sit on different sides of WSL: one side is given paths or programs of the other',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'spawn cmd ENOENT',
    'spawn /home/me/server/run.sh ENOENT',
    "Error: Cannot find module 'C:\\mnt\\c\\...'",
    'Failed to connect',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [
    ...FAILED_START,
    'config-path-missing',
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'launch-windows-shim',
    'launch-windows-space-in-path',
    'launch-shebang-broken',
    'launch-binary-incompatible',
    'launch-blocked-by-os',
    'launch-entry-point-missing',
    'runtime-not-built',
    'runtime-dependency-missing',
  ],

  match(given) {
    if (!failed(given)) return null;
    const { launch, process, reported } = given;
    const lines = words(given);
    // Where we looked ourselves, the folders of the PATH tell.
    const os = reported?.os ?? (launch?.lookup ? systemOf(given) : '');
    const entry = wordsOfEntry(given);
    const told = SPEAKS_OF_WSL.test(
      [reported?.platform, reported?.client, ...entry.map(({ text }) => text), ...lines.map(({ text }) => text)].join(
        '\n',
      ),
    );
    const fact = (side: string, what: string) => ({ side, what, told });

    if (os !== 'macos')
      for (const [pattern, side] of CROSSED) {
        const hit = find(lines, pattern);
        // A path that Windows made of a Linux one is told from a real folder of that name only by its look.
        if (hit)
          return {
            certainty: 'likely',
            cites: [hit.line.at],
            facts: fact(side, hit.groups.path ?? hit.groups.run ?? hit.groups.share ?? ''),
          };
      }
    const linux = os === 'linux' || (os === '' && /\bwsl/i.test(`${reported?.platform} ${reported?.client}`));
    const command = launch?.command ?? '';
    const spawned = process?.spawnError?.code === 'ENOENT' ? (process.spawnError.path ?? '') : '';
    if (linux && WINDOWS_PATH.test(spawned))
      return {
        certainty: 'likely',
        cites: [at('process', 'spawnError', 'message'), ...(launch ? [at('launch', 'command')] : [])],
        facts: fact('linux-side', spawned),
      };
    const cmd = find(lines, NO_CMD);
    if (cmd && systemOf(given) !== 'windows')
      return {
        certainty: linux || told || os === '' ? 'likely' : 'possible',
        cites: [cmd.line.at],
        facts: fact('linux-side', cmd.groups.name ?? cmd.groups.sh ?? cmd.groups.quoted ?? 'cmd'),
      };
    const path = os === 'windows' ? find(lines, NO_LINUX_PATH) : null;
    if (path)
      return {
        certainty: 'likely',
        cites: [path.line.at],
        facts: fact('windows-side', path.groups.path ?? path.groups.word ?? path.groups.said ?? ''),
      };

    // The entry alone: it is written for the other side.
    if (launch?.lookup?.found) return null;
    const wsl = /^wsl(?:\.exe)?$/i.test(command.split(/[\\/]/).pop() ?? '');
    const foreign = linux
      ? (entry
          .slice(0, 1)
          .find(
            ({ text }) =>
              WINDOWS_PATH.test(text) ||
              WINDOWS_PROGRAM.test(programOf(text) === text ? text : (text.split(/[\\/]/).pop() ?? '')),
          ) ??
        (wsl ? entry[0] : undefined) ??
        entry.slice(1).find(({ text }) => WINDOWS_PATH.test(text)))
      : os === 'windows' && !wsl
        ? // A Linux path behind "ssh" or "docker" belongs there.
          /^(?:ssh|docker|podman|kubectl|cmd|bash)(?:\.exe)?$/i.test(programOf(command)) &&
          !entry.some(({ text }) => SHARE.test(text) || /^wsl/i.test(text))
          ? undefined
          : entry.find(({ text }) => LINUX_PATH.test(text) || SHARE.test(text))
        : undefined;
    if (foreign)
      return {
        certainty: linux || foreign === entry[0] ? 'likely' : 'possible',
        cites: placesOf(
          lines.filter(({ from }) => from === 'client'),
          foreign.at,
        ),
        facts: fact(linux ? 'linux-side' : SHARE.test(foreign.text) ? 'share' : 'windows-side', foreign.text),
      };
    // A program of Windows below a drive, started from Linux: it gets a working directory that it cannot use.
    if (linux && launch && /^\/mnt\/[a-z]\/.*\.exe$/i.test(command) && saysNothing(given))
      return {
        certainty: 'possible',
        cites: placesOf(lines, at('launch', 'command')),
        facts: fact('share', command),
      };
    // wsl.exe starts no login shell: what a profile adds to the PATH is missing there.
    const below = wsl ? find(lines, /(?<name>[\w.-]+): (?:command )?not found|No such file or directory/) : null;
    if (below) return { certainty: 'possible', cites: [below.line.at], facts: fact('wsl', below.groups.name ?? '') };
    return null;
  },
  say: ({ side, what }) => {
    const it = what ? `"${what}"` : 'What the entry names';
    if (side === 'linux-side')
      return `${it} belongs to Windows, but the client starts the server inside Linux (WSL), where paths with a drive letter and cmd do not exist.`;
    if (side === 'share')
      return `${it === 'What the entry names' ? 'A path' : it} lies inside WSL and is reached from Windows through a network path (\\\\wsl.localhost), which cmd.exe and many programs do not take as a working directory.`;
    if (side === 'wsl')
      return `wsl.exe was started, but what it should run${what ? ` (${what})` : ''} is not found inside the distribution: the distribution, its PATH or the path given is another than in your terminal.`;
    return `${it} belongs to Linux (WSL), but the client starts the server on the Windows side, where that path does not exist.`;
  },
  fix: ({ side, what }) => {
    if (side === 'linux-side')
      return [
        {
          say: 'Write the entry for Linux: the plain command, without cmd /c, installed inside WSL, and Linux paths (C:\\Users\\me is /mnt/c/Users/me).',
          edit: { file: 'the client config inside WSL', at: 'command', to: '"command": "npx", "args": ["-y", ...]' },
        },
        {
          say: 'wslpath turns a path of Windows into one of Linux:',
          run: `wslpath ${/[\\/]/.test(String(what)) ? `'${String(what).replaceAll("'", '')}'` : "'C:\\path\\of\\the\\entry'"}`,
        },
        { say: 'Check that the command is the one of Linux, not one below /mnt/c:', run: 'command -v node npx' },
      ];
    if (side === 'wsl')
      return [
        {
          say: 'Let a login shell start the server, so that the PATH is the one of your terminal:',
          edit: {
            file: 'the client config',
            at: 'command',
            to: '"command": "wsl.exe", "args": ["-d", "<distribution>", "--", "bash", "-lc", "exec <command>"]',
          },
        },
        { say: 'See which distributions there are, and which is the default:', run: 'wsl -l -v' },
      ];
    return [
      {
        say: 'Let wsl.exe start the server inside Linux, in a login shell:',
        edit: {
          file: 'the client config',
          at: 'command',
          to: `"command": "wsl.exe", "args": ["bash", "-lc", "exec ${String(what).startsWith('/') ? what : '<command and Linux path>'}"]`,
        },
      },
      { say: 'Or install the server on Windows, and write Windows paths into the entry.' },
      {
        say: 'Variables of "env" do not cross by themselves: name them in WSLENV, or set them inside the bash -lc string.',
      },
    ];
  },
  why: 'WSL is a machine of its own with other paths, programs and environment. A client on Windows starts Windows programs, a client inside WSL (or a VS Code window connected to it) starts Linux programs, and neither translates the entry. Configurations that are shared or imported from the other side therefore name things that do not exist.',
  refs: [
    'https://learn.microsoft.com/windows/wsl/filesystems',
    'https://github.com/modelcontextprotocol/servers/issues/86',
  ],
  examples: [
    {
      name: 'a path of Windows in a client inside WSL',
      finds: true,
      symptoms: {
        os: 'linux',
        client: 'claude-code',
        entry: { command: '\\\\?\\C:\\Users\\me\\AppData\\Local\\Acme\\proxy.exe' },
        clientError: 'Connection failed: Error: spawn \\\\?\\C:\\Users\\me\\AppData\\Local\\Acme\\proxy.exe ENOENT',
      },
    },
    {
      name: 'cmd /c in a client inside WSL',
      finds: true,
      symptoms: {
        os: 'linux',
        entry: { command: 'cmd', args: ['/c', 'npx', '-y', 'x'] },
        clientError: 'Failed to connect',
      },
    },
    { name: 'cmd is not found', finds: true, symptoms: { client: 'claude-code', clientError: 'spawn cmd ENOENT' } },
    {
      name: 'wsl in a client inside WSL',
      finds: true,
      symptoms: {
        os: 'linux',
        client: 'vscode',
        entry: { command: 'wsl', args: ['/home/me/tools/aks-mcp'] },
        clientError: 'Server exited before responding to initialize request.',
      },
    },
    {
      name: 'a Linux path in a client on Windows',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: '/home/me/.venv/bin/python', args: ['server.py'] },
        clientError: 'spawn /home/me/.venv/bin/python ENOENT',
      },
    },
    {
      name: 'Node.js of Windows puts its drive in front',
      finds: true,
      symptoms: { stderr: "Error: Cannot find module 'C:\\mnt\\c\\work\\server\\index.js'", exitCode: 1 },
    },
    {
      name: 'npx of Windows in a shell of Linux',
      finds: true,
      symptoms: { os: 'linux', stderr: '/mnt/c/Program Files/nodejs/npx: 15: exec: node: not found', exitCode: 127 },
    },
    {
      name: 'a folder of WSL as the working directory of cmd.exe',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          "'\\\\wsl.localhost\\Ubuntu\\home\\me\\srv'\nCMD.EXE was started with the above path as the current directory.\nUNC paths are not supported.  Defaulting to Windows directory.",
      },
    },
    {
      name: 'wsl.exe does not find the command',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'wsl', args: ['npx', '-y', 'x'] },
        stderr: '<3>WSL (9) ERROR: CreateProcessCommon:559: execvpe(npx) failed: No such file or directory',
        exitCode: 1,
      },
    },
    {
      name: 'ssh to a Linux machine',
      finds: false,
      symptoms: {
        os: 'windows',
        entry: { command: 'ssh', args: ['host', '/home/me/run.sh'] },
        clientError: 'Connection closed',
      },
    },
    {
      name: 'plain Windows',
      finds: false,
      symptoms: {
        os: 'windows',
        entry: { command: 'cmd', args: ['/c', 'npx', '-y', 'x'] },
        clientError: 'Connection closed',
      },
    },
    {
      name: 'plain Linux',
      finds: false,
      symptoms: { os: 'linux', entry: { command: 'npx', args: ['-y', 'x'] }, clientError: 'spawn npx ENOENT' },
    },
  ],
});
