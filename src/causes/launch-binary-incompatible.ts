import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { systemOf } from './system.js';
import { failed, find, WORDS, words } from './words.js';

/** A C library, or one of C++, that is older than the one the program was linked with. */
const LIBC = [
  /version [`'"‘]?(?<needs>(?:GLIBC|GLIBCXX|CXXABI|GCC|LIBSTDCXX|OPENSSL|ZLIB|GOMP|OMP)_[\d.]+)['"’]? not found(?: \(required by (?<path>[^)]+)\))?/,
  /relocation error: (?<path>[^:]+): symbol \S+, version (?<needs>GLIBC\w*) not defined/,
  /(?:requires?|needs?|wants|at least|minimum)\b.{0,40}\b(?<needs>glibc(?:xx)?|libstdc\+\+)\b.{0,10}?[>= ]*(?<version>\d[\d.]+)/i,
  /Error relocating (?<path>[^:]+): \S+: symbol not found|symbol lookup error: (?<lookup>[^:]+): undefined symbol: .*GLIBC/,
  /(?<path>\/lib(?:64)?\/ld-(?:linux|musl)[\w.-]*): (?:No such file|cannot open|not found)|failed to open elf at (?<rosetta>\/lib\S+)|Could not open '(?<qemu>\/lib\S+)'/,
  /\b(?<path>ld-(?:musl|linux)[\w.-]*\.so[\w.]*): (?:No such file|not found|cannot open)/,
  /cannot (?:find|locate|open) .*(?<path>ld-(?:linux|musl)[\w.-]+)|built (?:for|against) (?<libc>musl|glibc)\b.*(?:but|not)|(?:requires|needs) (?:macOS|Mac OS X) (?<macos>[\d.]+)/i,
  /which was built for (?:Mac OS X|macOS) (?<macos>[\d.]+)|built for newer macOS version|(?:dyld|Symbol not found).*(?:built for|newer than running OS)/,
];

/** A processor or a system for which the program was not built. */
const MACHINE = [
  /\bBad CPU type in executable\b|\bos error 86\b|\berror=86\b|\[Errno 86\]|\bEBADARCH\b|Unknown system error -86/i,
  /incompatible architecture|wrong ELF class|invalid ELF header|compiled for \S+ but (?:the|this|your) (?:system|machine|host)|\bmach-o, but wrong architecture|no suitable image found|wrong architecture\b|fat file, but missing compatible architecture/i,
  /(?:[Ee]xec(?:utable)? format error|\bENOEXEC\b|\bos error 8\b|\[Errno 8\]|\berror=8\b|Unknown system error -8\b|cannot execute binary file|could not be run by the operating system|exec user process caused:? "?exec format error)/,
  /: (?:line )?\d+: [^\w\s]{0,4}ELF.{0,60}: (?:command )?not found/,
  /Fehler im Format der Programmdatei|[Ee]rreur de format pour exec|[Ee]rror de formato ejecutable|可执行(?:文件|檔)格式错误|无法执行二进制文件|実行形式エラー|バイナリファイルを実行できません|Ошибка формата выполняемого файла|실행 형식 오류/,
  /not a valid Win32 application|\bos error (?:193|216)\b|\[?WinError (?:193|216)\b|CreateProcess error=(?:193|216)\b|\bWin32[- ](?:Anwendung|Programm)|application Win32 valide|aplicaci[óo]n (?:de )?Win32|aplicativo Win32|applicazione (?:di )?Win32|Win32 应用程序|Win32 應用程式|Win32 アプリケーション|приложени\S+ (?:для )?Win32|Win32 응용/i,
  /This (?:version|app|program).{0,60}(?:not compatible with the version of Windows|can't run on your PC|cannot be run in (?:DOS|Win32) mode)|0xc000007b\b|machine type mismatch/i,
  /BadImageFormatException|attempt was made to load a program with an incorrect format/,
  /^(?!.*\bwarning\b).*(?:requested|image'?s?) (?:image'?s? )?platform \([^)]*\) does not match the detected host platform|no matching manifest for \S+/i,
  /EBADPLATFORM|Unsupported platform for (?<pkg>\S+):? ?(?:wanted|.*current)|notsup .*(?:os|cpu)\b|platform "\S+" is incompatible with this module|The CPU architecture "\S+" is incompatible/i,
  /installed (?<pkg>\S+) (?:for|on) another platform|(?:package|binary) is present but this platform needs|(?:prebuilt|native) binar(?:y|ies) .{0,40}(?:not available|no[nt]? .*found|available) for (?:your |this )?(?:platform|architecture|system)/i,
  /\b(?:[Uu]nsupported|[Ii]ncompatible|[Uu]nknown|not supported)(?: \w+){0,2} (?:platform|architecture|CPU|OS\/arch|processor)s?:? ['"(]?(?<what>(?:darwin|linux|win32|windows|macos|freebsd)?[-_/ ]?(?:x64|x86(?:_64)?|amd64|arm64|aarch64|arm|ia32|armv\dl?|i\d86|riscv64|ppc64(?:le)?|musl|darwin|linux|win32|windows))/,
  /CPU (?:lacks|does not support|doesn't support|missing)[^.]{0,30}(?:AVX|SSE|instruction)|\b[Ii]llegal instruction\b|warn: CPU lacks AVX|SIGILL\b/,
];
/** A file of this kind never holds machine code: its first line is what is missing. */
const SCRIPT = /[\w)]\.(?:[cm]?[jt]s|py|sh|rb|php|ps1)\b['"]?/;
/** Words of machine code only, also when a script is named; so is what a container engine says of its first program. */
const MACHINE_CODE =
  /\.(?:node|exe|dll|so|dylib)\b|architecture|ELF class|CPU type|^exec \/\S+: exec format error|exec user process|platform/i;
/** Said of an addon that a runtime loads: it was installed on another machine, or under another runtime. */
const ADDON = /\.node\b|\bdlopen\b|\.pyd\b|ImportError|site-packages|node_modules/;

const NAMED = /(?:^|[\s'"`(])(?<path>(?:[A-Za-z]:)?[~.]?[\\/][^'"`:()]+?)(?:['"`]|: |\)|$)/;

export default defineCause({
  id: 'launch-binary-incompatible',
  title: 'The program was built for another processor, another system, or a newer C library than this machine has',
  culprit: 'platform',
  severity: 'broken',
  seenAs: [
    'Exec format error',
    'Bad CPU type in executable (os error 86)',
    "/lib64/libc.so.6: version `GLIBC_2.38' not found",
    '%1 is not a valid Win32 application. (os error 193)',
    'Server disconnected',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...FAILED_START,
    'launch-blocked-by-os',
    'launch-shebang-broken',
    'launch-command-not-on-path',
    'config-path-missing',
    'launch-entry-point-missing',
    'launch-command-not-installed',
    'runtime-dependency-missing',
    'runtime-native-module-mismatch',
    'install-package-broken',
    'process-killed',
  ],

  match(given) {
    if (!failed(given)) return null;
    const { launch, process } = given;
    const lines = words(given);
    const { file } = launch ?? {};
    const dead = process?.spawnError !== undefined || process?.exit?.by === 'itself';
    if (file?.binary?.problem && dead)
      return {
        certainty: 'certain',
        cites: [
          at('launch', 'file', 'binary', 'problem'),
          ...(process?.spawnError ? [at('process', 'spawnError', 'message')] : [at('process', 'exit')]),
        ],
        facts: {
          problem: file.binary.problem,
          path: file.path,
          built:
            `${file.binary.os} ${file.binary.arch.join(', ')}${file.binary.libc ? ` ${file.binary.libc}` : ''}`.trim(),
          needs: file.binary.problem === 'loader-missing' ? (file.binary.loader ?? '') : '',
          addon: false,
          os: systemOf(given),
        },
      };
    // What a shell makes of machine code, when the kernel refused it and the caller tried a shell.
    const foreign = { linux: /^(?:mach-o|pe)$/, macos: /^(?:elf|pe)$/, windows: /^(?:elf|mach-o)$/ }[
      systemOf(given) || 'linux'
    ];
    if (file && dead && systemOf(given) !== '' && foreign.test(file.kind))
      return {
        // Wine, or WSL for programs of Windows, may have run it after all.
        certainty:
          process?.spawnError || find(lines, /: not found|[Ss]yntax error|cannot execute|[Ee]xec format/)
            ? 'certain'
            : 'likely',
        cites: [
          at('launch', 'file', 'kind'),
          process?.spawnError ? at('process', 'spawnError', 'message') : at('process', 'exit'),
        ],
        facts: {
          problem: 'other-system',
          path: file.path,
          built: { elf: 'Linux', 'mach-o': 'macOS', pe: 'Windows' }[file.kind as 'elf' | 'mach-o' | 'pe'],
          needs: '',
          addon: false,
          os: systemOf(given),
        },
      };
    const libc = find(lines, ...LIBC);
    // A script without a first line gives the same error: launch-shebang-broken.
    const machine = find(
      lines.filter(({ text }) => MACHINE_CODE.test(text) || !SCRIPT.test(text)),
      ...MACHINE,
    );
    const { text = '' } = libc?.line ?? machine?.line ?? {};
    const code = process?.spawnError?.code ?? '';
    const spawned = process?.spawnError?.path ?? launch?.command ?? '';
    const spawn =
      (/^(?:ENOEXEC|EBADARCH|EFTYPE|Unknown system error -(?:8|86))$/.test(code) ||
        (code === 'UNKNOWN' && (file?.kind === 'pe' || /\.exe$/i.test(spawned)))) &&
      file?.kind !== 'text' &&
      file?.kind !== 'script' &&
      !SCRIPT.test(spawned);
    const illegal =
      process?.exit?.signal === 'SIGILL' ||
      process?.exit?.code === 132 ||
      process?.exit?.code === 3221225501 ||
      process?.exit?.code === 3221225595;
    const hit = libc ?? machine;
    if (!hit && !spawn && !illegal) return null;
    const groups = hit?.groups ?? {};
    const addon = ADDON.test(text);
    const glibc = /GLIBC(?:XX)?_|CXXABI_/.test(text);
    return {
      certainty:
        (glibc && !addon) || /Bad CPU type|os error 86\b|error -86/.test(text)
          ? 'certain'
          : illegal && !hit
            ? 'possible'
            : 'likely',
      cites: [
        ...(hit ? [hit.line.at] : []),
        ...(spawn ? [at('process', 'spawnError', 'message')] : illegal && !hit ? [at('process', 'exit')] : []),
      ],
      facts: {
        problem: libc ? 'libc' : illegal || /AVX|llegal instruction|SIGILL/.test(text) ? 'instruction' : 'machine',
        path: (groups.path ?? groups.pkg ?? NAMED.exec(text)?.groups?.path ?? (spawn ? spawned : '')).trim(),
        built: /have ['"](?<have>[\w, ]+)['"]/.exec(text)?.groups?.have ?? '',
        needs:
          groups.needs ??
          (groups.macos ? `macOS ${groups.macos}` : undefined) ??
          groups.qemu ??
          groups.rosetta ??
          /need ['"](?<need>[\w, ]+)['"]/.exec(text)?.groups?.need ??
          '',
        addon,
        os: systemOf(given),
      },
    };
  },
  say: ({ problem, path, built, needs, addon }) => {
    const it = path ? String(path) : addon ? 'A library of the server' : 'The program';
    if (problem === 'libc')
      return `${it} needs ${needs || 'a newer C library'}, and the C library of this system is older or of another kind (glibc, musl).`;
    if (problem === 'loader-missing')
      return `${it} asks for the program loader ${needs}, which this system does not have: it was built for another C library (${built}). Linux reports that as "No such file or directory", though the file is there.`;
    if (problem === 'instruction')
      return `${it} uses instructions that this processor does not have, so the system ended it.`;
    if (problem === 'other-system') return `${it} is a program for another system (${built}), so it cannot run here.`;
    const for_ = built ? ` for ${built}` : '';
    const not = needs ? `, and ${needs} is needed` : '';
    return `${it} was built${for_ || ' for another processor or system than this one'}${not}: the system cannot run it.`;
  },
  fix: ({ problem, path, addon, os }) => {
    const check =
      os === 'windows'
        ? { say: 'See what this machine is, and take the build for it:', run: 'echo %PROCESSOR_ARCHITECTURE%' }
        : {
            say: 'See what this machine is, and what the file was built for:',
            run: path && !addon ? `uname -sm; file ${JSON.stringify(path)}` : 'uname -sm; node -p process.arch',
          };
    if (problem === 'libc' || problem === 'loader-missing')
      return [
        {
          say: 'Take a build for this system: a static or musl build when there is one, or an older release of the server.',
        },
        { say: 'Or run it in a container with a newer system (for example debian:trixie-slim).', run: 'ldd --version' },
        { say: 'In an image of your own, build and run on the same base image.' },
      ];
    if (problem === 'instruction')
      return [
        {
          say: 'Take the build for older processors (Bun calls it "baseline"), or run the server with another runtime.',
        },
      ];
    if (addon)
      return [
        {
          say: 'Install the dependencies again on this machine, with the runtime that the client starts (an x64 Node.js under Rosetta is not the arm64 one):',
          run: os === 'windows' ? 'rmdir /s /q node_modules && npm install' : 'rm -rf node_modules && npm install',
        },
        { ...check, say: 'The architecture of the runtime must be the one of the library:' },
      ];
    return [
      {
        say: 'Install the build for this processor and system (macOS: arm64 for Apple silicon, x64 for Intel; Linux: x64 or arm64).',
      },
      check,
      ...(os === 'macos'
        ? [{ say: 'An x64 program runs on Apple silicon after:', run: 'softwareupdate --install-rosetta' }]
        : []),
      { say: 'For a container image, ask for the platform it was built for: docker run --platform linux/amd64 ...' },
    ];
  },
  why: 'Machine code runs on one processor family, one system and a C library that is at least as new as the one it was linked with. The kernel or the loader refuses everything else before the first instruction, so the server can log nothing; packages that carry a ready-made program for each platform can pick the wrong one, and folders copied from another machine hold the wrong one.',
  refs: [
    'https://man7.org/linux/man-pages/man2/execve.2.html',
    'https://support.apple.com/102527',
    'https://nodejs.org/api/addons.html',
  ],
  examples: [
    {
      name: 'a newer C library',
      finds: true,
      symptoms: {
        os: 'linux',
        stderr: "acme-mcp: /lib64/libc.so.6: version `GLIBC_2.38' not found (required by acme-mcp)",
        exitCode: 1,
      },
    },
    { name: 'another processor, on Linux', finds: true, symptoms: { os: 'linux', stderr: 'Exec format error' } },
    {
      name: 'another processor, on macOS',
      finds: true,
      symptoms: { os: 'macos', clientError: 'Failed to run command fetch: Bad CPU type in executable (os error 86)' },
    },
    {
      name: 'Node.js on macOS, without the name',
      finds: true,
      symptoms: { clientError: 'spawn Unknown system error -86' },
    },
    {
      name: 'a library of another architecture',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          "Error: dlopen(/x/node_modules/sqlite3/build/Release/node_sqlite3.node, 0x0001): tried: '/x/node_sqlite3.node' (mach-o file, but is an incompatible architecture (have 'arm64', need 'x86_64'))",
      },
    },
    {
      name: 'Go starts it',
      finds: true,
      symptoms: { os: 'linux', clientError: 'fork/exec /home/me/bin/acme-mcp: exec format error' },
    },
    {
      name: 'Windows, in French',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'C:\\mcp\\acme.exe' },
        clientError: "%1 n'est pas une application Win32 valide. (os error 193)",
      },
    },
    {
      name: 'Alpine Linux without the loader of glibc',
      finds: true,
      symptoms: {
        os: 'linux',
        stderr: "qemu-x86_64: Could not open '/lib64/ld-linux-x86-64.so.2': No such file or directory",
      },
    },
    {
      name: 'looked at by us: built for another processor',
      finds: true,
      evidence: {
        launch: {
          command: '/opt/acme-mcp',
          args: [],
          env: [],
          lookup: { found: '/opt/acme-mcp', path: ['/usr/bin'], elsewhere: [] },
          file: {
            path: '/opt/acme-mcp',
            kind: 'elf',
            executable: true,
            binary: { os: 'linux', arch: ['arm64'], problem: 'other-architecture' },
          },
          paths: [],
        },
        process: {
          pid: null,
          spawnError: { code: 'ENOEXEC', message: 'spawn ENOEXEC', path: '/opt/acme-mcp' },
          lifetimeMs: 0,
          pending: [],
        },
      },
    },
    {
      name: 'looked at by us: the loader is missing, and the spawn says that the file is',
      finds: true,
      evidence: {
        launch: {
          command: '/opt/acme-mcp',
          args: [],
          env: [],
          lookup: { found: '/opt/acme-mcp', path: ['/usr/bin'], elsewhere: [] },
          file: {
            path: '/opt/acme-mcp',
            kind: 'elf',
            executable: true,
            binary: {
              os: 'linux',
              arch: ['x64'],
              loader: '/lib/ld-musl-x86_64.so.1',
              libc: 'musl',
              problem: 'loader-missing',
            },
          },
          paths: [{ where: 'command', word: '/opt/acme-mcp', resolved: '/opt/acme-mcp', exists: true }],
        },
        process: {
          pid: null,
          spawnError: { code: 'ENOENT', message: 'spawn /opt/acme-mcp ENOENT', path: '/opt/acme-mcp' },
          lifetimeMs: 0,
          pending: [],
        },
      },
    },
    {
      name: 'fish',
      finds: true,
      symptoms: {
        os: 'linux',
        stderr:
          "exec: Failed to execute process: './node_modules/acme-mcp/bin/acme_linux' the file could not be run by the operating system.",
      },
    },
    {
      name: 'a script without its first line',
      finds: false,
      symptoms: { stderr: "OSError: [Errno 8] Exec format error: '/srv/server.py'", exitCode: 1 },
    },
    {
      name: 'an addon for another version of Node.js',
      finds: false,
      symptoms: {
        stderr:
          "Error: The module '/x/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115. This version of Node.js requires\nNODE_MODULE_VERSION 127.",
        exitCode: 1,
      },
    },
  ],
});
