import { signalBehind } from '../case/exit-status.js';
import { at } from '../case/pointer.js';
import { shellWord } from '../case/shell-word.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { systemOf } from './system.js';
import { failed, find, type Line, WORDS, words } from './words.js';

/** The execute bit is missing, or the file system is mounted noexec: everybody who tries to start the file says so. */
const NOT_EXECUTABLE = [
  /\bspawn (?<path>\S.*?) EACCES\b/,
  /(?:^|sh: |zsh:\d*:? ?|bash: |env: |: )(?:line )?(?:\d+: )?(?:exec: )?['"‘]?(?<path>[~.\w-]*[\\/][^:'"’]+|[\w.-]+)['"’]?: (?:cannot execute: )?(?:Permission denied|Keine Berechtigung|Permission non accordée|Permiso denegado|权限不够|許可がありません|Отказано в доступе)$/i,
  /\bpermission denied: (?<path>[.~]?[\\/]\S+|[\w.-]+-mcp\S*)$/i,
  /(?:fork\/exec|\bexec:?) "?(?<path>\/[^\s":]+)"?: permission denied/i,
  /(?:Failed to (?:spawn|execute|start)|Cannot run program|trying to start process|execvp|posix_spawn).*?["'`](?<path>[^"'`]+)["'`].*(?:Permission denied|error=13)/i,
  /PermissionError: \[Errno 13\] Permission denied: '(?<path>[^']*(?:[\\/]s?bin[\\/]|[\\/]\.bin[\\/]|\.sh\b|mcp-server)[^']*)'/,
];

/** The check of signatures and origin: Gatekeeper, library validation, SmartScreen, application control, antivirus. */
const UNTRUSTED =
  /code signature (?:in|invalid|not valid)|code object is not signed|source=no usable signature|not valid for use in process|different Team IDs|library load (?:disallowed|denied) by system policy|library validation|CODESIGNING|Code Signature Invalid|com\.apple\.quarantine|can(?:not|'t|’t) be opened because (?:the developer|Apple cannot)|developer cannot be verified|is damaged and can|could not verify .* is free of malware|blocked by (?:group policy|your (?:system )?administrator|an? (?:application control|software restriction)|application control|Gatekeeper|AppLocker|Smart App Control)|Application Control policy has blocked|contains a virus or potentially unwanted|os error (?:225|1260|4551)\b|Terminating process due to|code has no resources but signature|spctl\b.{0,40}rejected|\[gk\] reject|load code signature error|AppleSystemPolicy|security policy would not allow|Taskgated Invalid/i;

/** PowerShell names its page on execution policies in every language. */
const EXECUTION_POLICY =
  /running scripts is disabled|PSSecurityException|about_Execution_Policies|\.ps1\b.{0,20}(?:kann nicht geladen|cannot be loaded|nicht digital signiert|is not digitally signed)|(?:禁止运行脚本|停用指令碼|スクリプトの実行が無効|스크립트를 실행할 수 없|выполнение сценариев отключено|Ausführung von Skripts .{0,40}deaktiviert|exécution de scripts est désactivée|ejecución de scripts está deshabilitada|execução de scripts foi desab|esecuzione di script è disabilitata)/i;

/** Refused, in the words of Windows; the line says no more than that. */
const DENIED_ALONE =
  /^\W*(?:(?:error|fatal)\W{1,3})?(?:Access is denied|Operation not permitted|Zugriff verweigert|Acc[eè]s refus[ée]|Acceso denegado|Acesso negado|Accesso negato|拒绝访问|存取被拒|アクセスが拒否されました|액세스가 거부되었습니다|Отказано в доступе|Toegang geweigerd|Odmowa dostępu|Erişim engellendi)\W*(?:\((?:os error|code|0x)[ :]?\w{1,10}\))?\W*$/i;
/** The client, or a launcher, says that it may not start the program. */
const START_DENIED =
  /(?:spawn|start|launch|execut|create process|trampoline|exec\b|run\b).{0,120}(?:[Pp]ermission denied|[Oo]peration not permitted|[Aa]ccess is denied|Access denied|os error (?:1|5|13)\b|WinError 5\b|error=(?:5|13)\b)|^(?:PermissionError|OSError)?:? ?\[WinError 5\][^'"]*$|Unknown system error -88\b/i;
/** Sandboxes and mandatory access control. */
const SANDBOX =
  /within an App Sandbox|\bSandbox: \S+ deny|Gatekeeper|SELinux is preventing|\bavc: {1,2}denied|apparmor="DENIED"|snap-confine\b|\bbwrap: |flatpak.{0,40}(?:denied|not permitted|sandbox)|seccomp.{0,30}(?:denied|kill|violation)|\bnoexec\b|landlock/i;

/** macOS keeps programs out of Documents, Desktop, Downloads, iCloud and other volumes until the user allows it. */
const PROTECTED = [
  /can't open file '(?<path>[^']+)': \[Errno (?:1|13)\]/,
  /(?:Operation not permitted|EPERM)\b.*?(?<path>\/(?:Users\/[^/\s]+\/(?:Documents|Desktop|Downloads|Library)|Volumes)[^\s'"]*)/i,
  /(?<path>\/(?:Users\/[^/\s]+\/(?:Documents|Desktop|Downloads|Library)|Volumes)[^:'"]*)['"]?: (?:Operation not permitted|\[Errno 1\])/,
  /(?:getcwd|uv_cwd|shell-init|job-working-directory|working directory)\b.*(?:Operation not permitted|EPERM)|(?:Operation not permitted|EPERM).*\b(?:getcwd|uv_cwd)\b/i,
  /(?:^|: )\[Errno 1\] Operation not permitted\W*$|\bEPERM: operation not permitted, (?:uv_cwd|open|stat|lstat|realpath|scandir)\b/,
  /(?:sh|bash|zsh|env|spawn|exec\w*|sandbox-exec|sandbox_apply)\b.*(?:Operation not permitted|\bEPERM\b)/i,
];

/** Killed on start, as shells and crash reports word it. */
const KILLED =
  /^(?:\S{0,40}sh: (?:line \d+: )?|\[\d+\]\s{0,4}[+-]?\s{0,4})?(?:\d+\s{1,4})?[Kk]illed(?:: 9)?(?:\s|$)|Termination Reason: .*(?:CODESIGNING|Namespace SIGNAL)/;

export default defineCause({
  id: 'launch-blocked-by-os',
  title: 'The operating system refuses to run the program, or kills it at the start',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    'spawn /home/me/server/run.sh EACCES',
    'Permission denied',
    'Operation not permitted',
    'killed',
    'Server disconnected',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'process-killed', 'launch-entry-point-missing', 'runtime-native-module-mismatch'],

  match(given) {
    if (!failed(given)) return null;
    const { launch, process, reported, handshake } = given;
    const lines = words(given);
    const code = process?.spawnError?.code;
    const path = process?.spawnError?.path ?? launch?.file?.path ?? launch?.command ?? '';
    const folder = launch?.lookup?.problem === 'is-directory';
    if (
      !folder &&
      (launch?.lookup?.problem === 'not-executable' || (launch?.file?.executable === false && code === 'EACCES'))
    )
      return {
        certainty: 'certain',
        cites: [
          launch.lookup?.problem ? at('launch', 'lookup', 'problem') : at('launch', 'file', 'executable'),
          ...(code ? [at('process', 'spawnError', 'message')] : []),
        ],
        facts: { reason: 'not-executable', path: launch.file?.path ?? path },
      };

    const policy = find(lines, EXECUTION_POLICY);
    if (policy)
      return { certainty: 'likely', cites: [policy.line.at], facts: { reason: 'execution-policy', path: '' } };
    const untrusted = find(lines, UNTRUSTED);
    if (untrusted)
      return {
        certainty: /code signature|Team IDs|policy|os error|virus/i.test(untrusted.line.text) ? 'certain' : 'likely',
        cites: [untrusted.line.at],
        facts: {
          reason: 'untrusted',
          path: '',
        },
      };
    if (!folder && (code === 'EACCES' || code === 'EPERM'))
      return {
        certainty: 'likely',
        cites: [at('process', 'spawnError', 'message')],
        facts: { reason: code === 'EACCES' && systemOf(given) !== 'windows' ? 'not-executable' : 'refused', path },
      };

    // Alone, or said of the start itself: among many other lines it may be about anything.
    const said = (line: Line) =>
      line.from === 'client' || START_DENIED.test(line.text) || lines.filter(({ joined }) => !joined).length <= 3;
    const windows = reported?.os === 'windows' || lines.some(({ text }) => /[A-Za-z]:\\/.test(text));
    // "Permission denied" while a package manager writes its cache, or a server opens its data, is another failure.
    const starts = lines.filter(
      ({ text }) =>
        !/npm (?:error|ERR!)|_cacache|\b(?:rename|mkdir|unlink|rmdir|scandir|publickey|docker\.sock|docker API)\b/i.test(
          text,
        ),
    );
    const bit = find(starts, ...NOT_EXECUTABLE);
    const guarded = windows ? null : find(starts, ...PROTECTED);
    // uv names the program on one line and the reason on the next.
    const uv = lines.some(({ text }) => /Caused by: .*(?:denied|not permitted)/i.test(text))
      ? find(lines, /Failed to spawn: `(?<path>[^`]+)`/)
      : null;
    const hit = guarded ?? bit ?? uv;
    if (hit) {
      const clear = process?.exit?.code === 126 && bit !== null;
      return {
        certainty: clear ? 'certain' : 'likely',
        cites: [hit.line.at, ...(clear ? [at('process', 'exit')] : [])],
        facts: { reason: guarded ? 'protected' : 'not-executable', path: hit.groups.path ?? '' },
      };
    }
    const sandbox = find(starts, SANDBOX);
    if (sandbox) return { certainty: 'likely', cites: [sandbox.line.at], facts: { reason: 'refused', path: '' } };
    const refused =
      find(
        starts.filter(({ text }) => !/\.(?:sock|db|sqlite|log|lock|cache)\b|npm-cache|[\\/]\.cache/.test(text)),
        START_DENIED,
      ) ?? find(starts, DENIED_ALONE);
    const entryPath = [launch?.command ?? '', ...(launch?.args ?? [])].find((word) => /[\\/]/.test(word));
    const entry =
      entryPath &&
      find(
        starts.filter(({ text }) => text.includes(entryPath)),
        /[Pp]ermission denied|not permitted|denied/,
      );
    // A data file may be meant as well, when a path stands behind it that nobody knows.
    const file =
      refused ??
      entry ??
      find(starts, /\[Errno 13\] Permission denied: '[^']*(?:\.py|\.js|[\\/][\w-]*(?:mcp|server)[\w-]*)'/);
    if (file)
      return {
        certainty: (refused ?? entry) && said(file.line) ? 'likely' : 'possible',
        cites: [file.line.at],
        facts: {
          reason: windows ? 'refused' : /not permitted/i.test(file.line.text) ? 'protected' : 'not-executable',
          path: entryPath ?? '',
        },
      };
    // macOS ends a program with a bad signature by SIGKILL, without a word. Other systems kill for lack of memory.
    const macos = reported?.os === 'macos' || launch?.file?.kind === 'mach-o';
    const signal = signalBehind(process?.exit?.code ?? null, process?.exit?.signal ?? null);
    const dead = signal === 'SIGKILL' && process?.exit?.by === 'itself';
    const killed = find(lines, KILLED);
    const more = lines.filter(
      ({ from, text, at: place }) =>
        from !== 'client' && place !== killed?.line.at && !/\[info\]|transport closed|Initializing server/.test(text),
    ).length;
    if (macos && (dead || killed) && more === 0 && handshake?.initialize.status !== 'answered')
      return {
        // The attribute of a download, and an end by SIGKILL without a word: Gatekeeper.
        certainty: dead && launch?.file?.quarantined ? 'certain' : 'likely',
        cites: [
          ...(dead ? [at('process', 'exit')] : killed ? [killed.line.at] : []),
          ...(launch?.file?.quarantined ? [at('launch', 'file', 'quarantined')] : []),
        ],
        facts: { reason: launch?.file?.quarantined ? 'quarantined' : 'killed', path: launch?.lookup?.found ?? '' },
      };
    return null;
  },
  say: ({ reason, path }) => {
    const program = path ? String(path) : 'the program';
    if (reason === 'not-executable')
      return `The system refuses to run ${program}: the file may not be executed (no execute bit, or a file system mounted noexec).`;
    if (reason === 'protected')
      return `The system does not let the client's processes reach ${path || 'a protected folder'}: macOS guards Documents, Desktop, Downloads and other volumes for each app (TCC).`;
    if (reason === 'killed')
      return `macOS killed ${program} with SIGKILL before it said a word, as it does with a program whose code signature or quarantine attribute it does not accept.`;
    if (reason === 'quarantined')
      return `macOS killed ${program} before it said a word: the file carries the quarantine attribute of a download, and is not signed in a way that macOS accepts.`;
    if (reason === 'execution-policy')
      return "PowerShell's execution policy forbids the script that starts the server.";
    if (reason === 'refused')
      return `The system refuses to start ${program}: a sandbox, a security product or a policy stands in between.`;
    return 'The system refuses to load the program or one of its libraries, because it does not trust its signature or origin.';
  },
  fix: ({ reason, path }) => {
    const file = path ? shellWord(path) : '<file>';
    if (reason === 'not-executable')
      return [
        {
          say: 'Make the file executable (a package must ship it so: "chmod +x" before publishing):',
          run: `chmod +x ${file}`,
        },
        { say: 'Or name the interpreter as the command, and the file as its first argument.' },
      ];
    if (reason === 'protected')
      return [
        {
          say: 'Move the server out of Documents, Desktop and Downloads (for example to ~/mcp), and correct the path in the entry.',
        },
        {
          say: 'Or allow it: System Settings, Privacy & Security, Files and Folders (or Full Disk Access) for the client, then restart the client.',
        },
      ];
    if (reason === 'execution-policy')
      return [
        {
          say: 'Start the .cmd file instead of the .ps1 (for example npx.cmd), or allow local scripts:',
          run: 'Set-ExecutionPolicy -Scope CurrentUser RemoteSigned',
        },
      ];
    if (reason === 'refused')
      return [
        {
          say: 'Start the same command in a terminal. When it works there, allow the client in the sandbox or security product, or start the server from another folder.',
        },
      ];
    return [
      {
        say: 'On macOS, when you trust the program, remove the quarantine attribute (and sign it for this machine):',
        run: `xattr -c ${file} && codesign --force --sign - ${file}`,
      },
      {
        say: 'When a library inside a client app is refused, start the server with the Node.js or Python of the system: an absolute path as "command".',
      },
      { say: 'On Windows, allow the file: Properties, Unblock; or ask the administrator who set the policy.' },
    ];
  },
  why: "Between the entry and the program stands the operating system: file modes, mount options, code signatures, quarantine of downloads, privacy of folders, policies. A refusal happens before the server's first instruction, so the server can log nothing.",
  refs: [
    'https://support.apple.com/guide/security/app-code-signing-process-sec3ad8e6e53/web',
    'https://support.apple.com/guide/mac-help/control-access-to-files-and-folders-on-mac-mchld5a35146/mac',
  ],
  examples: [
    {
      name: 'a download that macOS keeps in quarantine',
      finds: true,
      symptoms: { os: 'macos', signal: 'SIGKILL' },
      evidence: {
        launch: {
          command: 'acme-mcp',
          args: [],
          env: [],
          lookup: { found: '/usr/local/bin/acme-mcp', path: ['/usr/local/bin'], elsewhere: [] },
          file: { path: '/usr/local/bin/acme-mcp', kind: 'mach-o', executable: true, quarantined: true },
          paths: [],
        },
      },
    },
    { name: 'no execute bit', finds: true, symptoms: { clientError: 'spawn /home/me/server/run.sh EACCES' } },
    {
      name: 'a shell says so',
      finds: true,
      symptoms: { stderr: 'sh: 1: /home/me/server/run.sh: Permission denied', exitCode: 126 },
    },
    {
      name: 'killed at once on macOS',
      finds: true,
      symptoms: { os: 'macos', entry: { command: 'uvx', args: ['foo'] }, signal: 'SIGKILL' },
    },
    {
      name: 'a library with another signature',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          "dlopen(/x/better_sqlite3.node, 0x0001): code signature in <0A> '/x/better_sqlite3.node' not valid for use in process: mapping process and mapped file (non-platform) have different Team IDs",
      },
    },
    {
      name: 'a protected folder',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          "/usr/bin/python3: can't open file '/Users/me/Documents/mcp/server.py': [Errno 1] Operation not permitted",
        exitCode: 2,
      },
    },
    {
      name: 'the execution policy of PowerShell, in Chinese',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          'npx : 无法加载文件 C:\\Program Files\\nodejs\\npx.ps1，因为在此系统上禁止运行脚本。有关详细信息，请参阅 about_Execution_Policies。',
      },
    },
    {
      name: 'a client that may not start it on Windows',
      finds: true,
      symptoms: { os: 'windows', clientError: 'Failed to start: Access is denied. (os error 5)' },
    },
    { name: 'three words on macOS', finds: true, symptoms: { os: 'macos', stderr: 'Operation not permitted' } },
    {
      name: 'a sandbox',
      finds: true,
      symptoms: {
        os: 'linux',
        stderr: 'audit: apparmor="DENIED" operation="exec" profile="snap.acme" name="/home/me/x"',
      },
    },
    {
      name: 'Python below a protected folder',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          'Fatal Python error: init_import_site: Failed to import the site module\nPermissionError: [Errno 1] Operation not permitted',
      },
    },
    {
      name: 'the log of Gatekeeper',
      finds: true,
      symptoms: { os: 'macos', stderr: 'syspolicyd: [gk] rejecting due to lack of matching active rule' },
    },
    {
      name: 'ENOEXEC is another refusal than noexec',
      finds: false,
      symptoms: { clientError: 'spawn /home/me/run.py ENOEXEC' },
    },
    { name: 'killed on Linux', finds: false, symptoms: { os: 'linux', signal: 'SIGKILL' } },
    {
      name: 'a cache that npm may not write',
      finds: false,
      symptoms: {
        os: 'macos',
        stderr:
          "npm error EACCES: permission denied, rename '/Users/me/.npm/_cacache/tmp/9e' -> '/Users/me/.npm/_cacache/x'",
        exitCode: 243,
      },
    },
  ],
});
