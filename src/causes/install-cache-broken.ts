import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { CACHE_PATH, type Installer, installerOf, near, runWords, together } from './installers.js';
import { find, findAll, type Line, WORDS, words } from './words.js';

type State = 'not-writable' | 'incomplete' | 'busy' | 'full';

/** What a file system refuses, in words of npm, Python, Rust, Go and .NET, in several languages. */
const REFUSED =
  /\bE(?:ACCES|PERM|ROFS)\b|\b[Pp]ermission denied\b|Operation not permitted|Access is denied|Access to the path|Zugriff verweigert|Accès refusé|Acceso denegado|Accesso negato|拒绝访问|存取被拒|アクセスが拒否|액세스가 거부|Отказано в доступе|Read-only file system|\bos error (?:1|5|13|30)\b|\[(?:Errno (?:1|13|30)|WinError 5)\]|not writable|not owned|don't have write permissions/;
const IN_THE_WAY =
  /\bE(?:EXIST|NOTEMPTY|NOTDIR|ISDIR|BUSY|MFILE)\b|[Dd]irectory not empty|File exists|Not a directory|being used by another process|\bos error (?:17|20|32|33|39|66|145|183)\b|\[WinError (?:32|145|183)\]|[Rr]esource busy|Text file busy/;
const FULL =
  /\bE(?:NOSPC|DQUOT)\b|[Nn]o space left on device|not enough space|\bos error (?:28|112)\b|[Dd]isk quota|\[Errno (?:28|122)\]/;
const GONE = /\bENOENT\b|[Nn]o such file or directory|\bos error [23]\b|cannot find the (?:path|file)/;

/** These are said of a cache or of an install alone, whatever path stands beside. */
const SELF_EVIDENT: [State, RegExp][] = [
  ['not-writable', /root-owned files|is not owned or is not writable by the current user|cache folder contains/],
  [
    'busy',
    /npm (?:error|ERR!) code E(?:NOTEMPTY|EXIST|BUSY)\b|\berror code E(?:NOTEMPTY|EXIST|BUSY)\b|\bECOMPROMISED\b|Lock compromised|\bENOTEMPTY\b.{0,40}(?:directory not empty|rename|rmdir)|could not acquire (?:the )?(?:cache |package )?lock|[Ff]ailed to (?:acquire (?:package cache )?lock|lock (?:the )?cache)|Timeout waiting to lock/,
  ],
  [
    'incomplete',
    /\bEINTEGRITY\b|integrity (?:check(?:sum)? )?failed|[Ii]ntegrity ?check ?failed|sha(?:1|256|512)-\S+ integrity checksum failed|DO NOT MATCH THE HASHES|[Hh]ash mismatch|checksum mismatch|ERR_PNPM_TARBALL_INTEGRITY|ERR_PNPM_(?:BROKEN_\w+|LINKING_FAILED|UNEXPECTED_STORE|BAD_TARBALL\w*|MODIFIED_DEPENDENCY)|\bTAR_(?:ENTRY_ERROR|BAD_ARCHIVE|ABORT)\b|\bZ_(?:DATA|BUF)_ERROR\b|\bzlib: |incorrect (?:header check|data check)|unexpected end of file|invalid (?:distance|stored block|code lengths)|Unexpected end of JSON input while parsing near|cb\(\) never called|Exit handler never called|npm (?:error|ERR!) Cannot (?:read|set) propert|YN0018|\bBadZipFile\b|zip END header not found|error in opening zip file|invalid LOC header|RECORD file not found|[Mm]issing `?\.dist-info|Failed to (?:read from the distribution cache|extract archive|unzip wheel)|invalid CEN header/,
  ],
];

/** uv, pip and cargo say what they did to their cache when it failed. */
const AT_THE_CACHE =
  /(?:[Ff]ailed|[Cc]ould not|[Uu]nable|[Cc]annot|[Ee]rror)(?: to)? (?:initiali[sz]e|open|create|read|write|lock|hard-?link|clone|copy|copying|rename|persist|remove|deseriali[sz]e|deserializing|install|link|symlink|unlink|fetch|cache|load|populate|uninstall|query|acquire|discover|access|move)\b/;

/** The same, where the cache itself is what it was done to. */
const OF_THE_CACHE =
  /(?:[Ff]ailed|[Cc]ould not|[Uu]nable|[Cc]annot|[Ee]rror)(?: to)? (?:initiali[sz]e|open|create|read|write|lock|populate|load|deseriali[sz]e|deserializing|query|acquire|access|remove|clean)(?: (?:from|to|in|the|a|distribution|package|build|wheel|module|uv|pip|npm|npx|lock on|local|global|entry|file))* ?(?:cache\b|[`'"][^`'"]*[\\/](?:cache|\.cache)[\\/][^`'"]*[`'"])|(?<!warning: )\b[Ff]ailed to hard-?link/;

/** A native library that was cut off on its way. */
const TRUNCATED =
  /extends beyond end of file|file too short|truncated (?:mach-o|file|fat)|\bfile is truncated\b|not a mach-o file|segment .{1,40} (?:past|beyond) (?:the )?end|ELF file's phentsize|section header .{0,30}(?:truncated|out of range)/;

/** Folders of a runner, with the package that lacks a file and who asked for it. */
const LOST = [
  /Cannot find (?:module|package) ['"](?<path>(?:file:\/\/)?[^'"]*?[\\/](?:_npx|dlx(?:-[^\\/'"]*)?|\.bun[\\/]install|bunx-[^\\/'"]*)[\\/][^'"]*)['"](?: imported from (?<from>\S*))?/,
  /\bENOENT\b[^'"]{0,80}['"](?<path>[^'"]*[\\/](?:_npx|\.bun[\\/]install)[\\/][^'"]*)['"]/,
  /(?:sh|bash|zsh|dash|env|node): (?:line )?(?:\d+: )?['"]?(?<path>[^'":\s]*[\\/](?:_npx|\.bun[\\/]install)[\\/][^'":]*)['"]?: (?:No such file|not found)/,
  /Invalid package config (?<path>\S*[\\/](?:_npx|dlx)[\\/]\S*[^\s.])/,
  /(?:[Nn]o such file or directory|\[Errno 2\]|os error 2)[^'"`]{0,60}['"`](?<path>[^'"`]*[\\/](?:archive-v0|uv[\\/](?:cache|tools)|pipx[\\/]venvs)[\\/][^'"`]*)['"`]/,
  /[`'"](?<path>[^'"`]*[\\/](?:archive-v0|uv[\\/](?:cache|tools)|pipx[\\/]venvs)[\\/][^'"`]*)['"`][^'"`]{0,80}(?:[Nn]o such file|os error [23]\b|not found|does not exist)/,
  /can't open file ['"](?<path>[^'"]*[\\/](?:archive-v0|uv[\\/](?:cache|tools)|_npx|pipx)[\\/][^'"]*)['"]/,
];
/** A dependency of one package asked for by another, in the folder of a runner: npm had promised that it is there. */
const HALF =
  /Cannot find (?:package|module) ['"](?<name>(?![./~\\]|[A-Za-z]:|file:|node:)[^'"]+)['"](?: imported from (?<from>\S*[\\/](?:_npx|dlx)[\\/]\S*))?/;
const packageIn = (path: string): string =>
  /.*[\\/]node_modules[\\/](?:\.pnpm[\\/][^\\/]+[\\/]node_modules[\\/])?(?<name>@[^\\/]+[\\/][^\\/]+|[^\\/]+)/
    .exec(path)
    ?.groups?.name?.replace('\\', '/') ?? '';

/** npm rolls back a failed install and cannot delete what is open: a trace of the failure, seldom the failure. */
const CLEANUP = /npm (?:warn|WARN) (?:cleanup|tar)\b/;
const TAR = /npm (?:warn|WARN) tar\b.*(?:TAR_ENTRY_ERROR|TAR_BAD|zlib)/;
/** Windows: npm looks at its folder of global packages first, and stops when it was never made. */
const NO_PREFIX =
  /ENOENT[^'"]{0,80}\b(?:lstat|stat|scandir|mkdir|access) '(?<path>[A-Za-z]:\\[^']*\\npm)'|npm (?:error|ERR!) path (?<line>[A-Za-z]:\\\S.{0,160}\\Roaming\\npm)\s*$/;

const entered = (name: string, args: readonly string[]): boolean =>
  name !== '' && args.some((arg) => arg === name || arg.startsWith(`${name}@`));

function hitOf(lines: Line[], args: readonly string[]) {
  for (const [state, pattern] of SELF_EVIDENT) {
    const hit = find(lines, pattern);
    if (hit)
      return {
        state,
        hit,
        sure: /_npx|_cacache|npm-cache|root-owned/.test(hit.line.text) || /ENOTEMPTY|EINTEGRITY/.test(hit.line.text),
        path: '',
      };
  }
  const wide = together(lines, 2);
  for (const [state, pattern] of [
    ['full', FULL],
    ['not-writable', REFUSED],
    ['busy', IN_THE_WAY],
  ] as const)
    for (const hit of findAll(lines, pattern)) {
      const about = CACHE_PATH.test(hit.line.text) || near(lines, hit.line.at, CACHE_PATH, 3);
      const npm = /npm (?:error|ERR!)|\berror code E/.test(hit.line.text);
      const acted = AT_THE_CACHE.test(hit.line.text) || near(lines, hit.line.at, AT_THE_CACHE, 3);
      // "Permission denied" about the program itself belongs to launch-blocked-by-os.
      if (
        /Failed to spawn|command not found|\.bin[\\/][^'"]*['"]?: Permission|\bspawn \S+ E|cannot execute/.test(
          hit.line.text,
        )
      )
        continue;
      if (
        about &&
        (npm ||
          acted ||
          /\bE[A-Z]{4,}\b|Errno|WinError|os error|Access to the path|Permission denied/.test(hit.line.text))
      )
        return {
          state,
          hit,
          sure: npm && /_cacache|_npx|npm-cache/.test(wide.find(({ at }) => at === hit.line.at)?.text ?? ''),
          path: '',
        };
      if (
        npm &&
        /code E(?:ACCES|PERM|ROFS|NOSPC|NOTDIR)\b|errno (?:-(?:13|1|28|30|4048|4082)|E(?:ACCES|PERM|ROFS|NOSPC))\b/.test(
          hit.line.text,
        )
      )
        return { state, hit, sure: false, path: '' };
      if (state === 'full' && (npm || acted || about)) return { state, hit, sure: false, path: '' };
      if (
        /Could not install packages due to an (?:OSError|EnvironmentError)|You don't have write permissions|could not create module cache|failed to initialize build cache/.test(
          hit.line.text,
        )
      )
        return { state, hit, sure: false, path: '' };
    }
  const cut = find(lines, TRUNCATED);
  if (cut) return { state: 'incomplete' as const, hit: cut, sure: false, path: '' };
  const lost = find(lines, ...LOST);
  if (lost) {
    const { path = '', from = '' } = lost.groups;
    const name = packageIn(path);
    // The package that the entry names, without a file of its own: published so, as likely as not.
    const own = name !== '' && (entered(name, args) || name === packageIn(from));
    const bare = own && from !== '' && !/\.[a-z]+$/i.test(path);
    return { state: 'incomplete' as const, hit: lost, sure: false, path, weak: bare };
  }
  const half = find(lines, HALF);
  if (half && (half.groups.from || lines.some(({ text }) => /[\\/](?:_npx|dlx)[\\/]/.test(text)))) {
    const from = half.groups.from ?? '';
    // Asked for by the server itself: it may have forgotten to declare it.
    const known = /[\\/]@modelcontextprotocol[\\/](?:sdk|core)[\\/]/.test(from);
    const declared = known || (from !== '' && !entered(packageIn(from), args) && args.length > 0);
    return { state: 'incomplete' as const, hit: half, sure: false, path: half.groups.name ?? '', weak: !declared };
  }
  const cached = findAll(lines, GONE).find(({ line }) =>
    /_cacache|[\\/]uv[\\/]cache|archive-v0|sdists-v|wheels-v|npm-cache[\\/]_(?:npx|cacache)/.test(line.text),
  );
  if (cached) return { state: 'incomplete' as const, hit: cached, sure: false, path: '' };
  const read = find(lines, OF_THE_CACHE);
  if (read) return { state: 'incomplete' as const, hit: read, sure: false, path: '' };
  const prefix = find(lines, NO_PREFIX);
  return prefix
    ? { state: 'incomplete' as const, hit: prefix, sure: false, path: prefix.groups.path ?? prefix.groups.line ?? '' }
    : null;
}

const CLEAR: Partial<Record<Installer, [string, string]>> = {
  npm: [
    'rm -rf ~/.npm/_npx && npm cache verify',
    'Remove-Item -Recurse -Force "$(npm config get cache)\\_npx"; npm cache verify',
  ],
  pnpm: ['rm -rf "$(pnpm store path)" ~/.cache/pnpm/dlx', 'pnpm store prune'],
  yarn: ['yarn cache clean --all', 'yarn cache clean --all'],
  bun: ['bun pm cache rm', 'bun pm cache rm'],
  deno: ['deno clean', 'deno clean'],
  uv: ['uv cache clean', 'uv cache clean'],
  pip: ['pip cache purge', 'pip cache purge'],
  conda: ['conda clean --all --yes', 'conda clean --all --yes'],
  cargo: [
    'rm -rf ~/.cargo/registry/cache ~/.cargo/registry/src',
    'Remove-Item -Recurse -Force "$HOME\\.cargo\\registry\\cache"',
  ],
  go: ['go clean -modcache -cache', 'go clean -modcache -cache'],
  nuget: ['dotnet nuget locals all --clear', 'dotnet nuget locals all --clear'],
  composer: ['composer clear-cache', 'composer clear-cache'],
};
const OWN: Partial<Record<Installer, [string, string, string]>> = {
  npm: ['sudo chown -R "$(id -un)" ~/.npm', 'npm_config_cache', 'a folder of your own'],
  uv: ['sudo chown -R "$(id -un)" "$(uv cache dir)"', 'UV_CACHE_DIR', 'a folder of your own'],
  pip: ['sudo chown -R "$(id -un)" "$(pip cache dir)"', 'PIP_CACHE_DIR', 'a folder of your own'],
  nuget: ['sudo chown -R "$(id -un)" ~/.nuget', 'NUGET_PACKAGES', 'a folder of your own'],
  go: ['sudo chown -R "$(id -un)" "$(go env GOMODCACHE)"', 'GOMODCACHE', 'a folder of your own'],
};

export default defineCause({
  id: 'install-cache-broken',
  title: "The package runner's cache is incomplete or may not be written",
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    'npm error code ENOTEMPTY',
    'npm error code EACCES',
    'Your cache folder contains root-owned files',
    "Cannot find module '~/.npm/_npx/.../index.js'",
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...FAILED_START,
    'launch-blocked-by-os',
    'runtime-dependency-missing',
    'runtime-native-module-mismatch',
    'launch-entry-point-missing',
    'config-path-missing',
  ],

  match(given) {
    const all = words(given);
    const loud = all.filter(({ text }) => !CLEANUP.test(text) && !/^npm (?:warn|WARN)\b/.test(text));
    const args = runWords(given.launch);
    const found = hitOf(loud, args);
    const tar = found ? null : find(all, TAR);
    const swept = found || tar ? null : find(all, CLEANUP);
    const only = found?.hit ?? tar ?? swept;
    if (!only) return null;
    const windows = given.reported?.os === 'windows' || all.some(({ text }) => /\b[A-Z]:\\/.test(text));
    // A file that the install script of the package itself misses was never in it: install-package-broken.
    const scripted = loud.some(({ text }) => /npm (?:error|ERR!) command .{0,200}(?:pre|post)install/.test(text));
    const other = loud.some(({ text }) => /npm (?:error|ERR!)/.test(text));
    return {
      certainty: found
        ? found.sure && given.handshake && given.process?.exit?.by === 'itself'
          ? 'certain'
          : ('weak' in found && found.weak) || (found.state === 'incomplete' && scripted)
            ? 'possible'
            : 'likely'
        : swept && other
          ? 'possible'
          : 'likely',
      cites: [only.line.at],
      facts: {
        state: found?.state ?? (swept ? 'busy' : 'incomplete'),
        installer: installerOf(only.line.text, given.launch, all) ?? 'npm',
        path: found?.path ?? '',
        windows,
        prefix: found !== null && NO_PREFIX.test(only.line.text),
      },
    };
  },
  say: ({ state, installer, path, prefix }) => {
    const whose = `The cache of ${installer}`;
    if (prefix) return `The folder ${path}, where npm keeps global packages, does not exist, and npm stops at it.`;
    if (state === 'not-writable')
      return `${whose} may not be written by the user that the client runs as, so the server could not be fetched.`;
    if (state === 'full') return `The disk has no room left for what ${installer} was to install.`;
    if (state === 'busy')
      return `${whose} holds the rest of an earlier or simultaneous install that stands in the way, so the server could not be installed.`;
    return `${whose} holds an incomplete install${path ? `: ${path} is not in it` : ''}. An earlier download was cut off, and the runner uses what it finds.`;
  },
  fix: ({ state, installer, windows, path, prefix }) => {
    const kind = installer as Installer;
    if (prefix) return [{ say: 'Create the folder:', run: `mkdir "${path}"` }];
    const [posix, win] = CLEAR[kind] ?? ['', ''];
    const clear = {
      say: 'Close every client (two of them installing at the same time is what breaks it), clear the cache, and start again:',
      run: (windows ? win : posix) || undefined,
    };
    const [chown, variable, folder] = OWN[kind] ?? ['', '', ''];
    if (state === 'full')
      return [
        {
          say: 'Make room. The caches of package runners are the first to go:',
          run: (windows ? win : posix) || undefined,
        },
      ];
    if (state === 'not-writable')
      return [
        windows || !chown
          ? {
              say: 'End the programs that hold files of the cache open (clients, editors, virus scanners), then clear it:',
              run: (windows ? win : posix) || undefined,
            }
          : { say: 'Give the cache back to your user (an earlier run with sudo took it):', run: chown },
        ...(variable
          ? [
              {
                say: `Or use ${folder}, in the entry:`,
                edit: { file: 'the client config', at: 'env', to: `"env": { "${variable}": "<${folder}>" }` },
              },
            ]
          : []),
      ];
    return [
      clear,
      {
        say: 'When it comes back, install the server once for good and let the entry start the installed program, so that no start installs anything:',
        run: kind === 'uv' || kind === 'pip' ? 'uv tool install <package>' : 'npm install -g <package>',
      },
    ];
  },
  why: 'npx and uvx keep what they fetched and start from there. A download that was cut off, two clients that install at the same moment, or one run as root leave a state in which every later start fails in the same way, while a fresh cache would do.',
  refs: [
    'https://docs.npmjs.com/cli/v11/commands/npm-cache',
    'https://docs.astral.sh/uv/concepts/cache/',
    'https://github.com/npm/cli/issues/4828',
  ],
  examples: [
    {
      name: 'two installs at the same time',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr:
          "npm error code ENOTEMPTY\nnpm error syscall rename\nnpm error path /home/me/.npm/_npx/7c2/node_modules/ajv\nnpm error ENOTEMPTY: directory not empty, rename '/home/me/.npm/_npx/7c2/node_modules/ajv' -> '/home/me/.npm/_npx/7c2/node_modules/.ajv-x1'",
        exitCode: 190,
      },
    },
    {
      name: 'files of root, in one line',
      finds: true,
      symptoms: {
        clientError:
          "error code EEXIST npm error syscall rename npm error path /Users/me/.npm/_cacache/tmp/9e npm error EACCES: permission denied, rename '/Users/me/.npm/_cacache/tmp/9e' -> '/Users/me/.npm/_cacache/content-v2/sha512/02'",
      },
    },
    {
      name: 'a native library that was cut off',
      finds: true,
      symptoms: {
        stderr:
          "Error: dlopen(/Users/me/.npm/_npx/b29/node_modules/@x/darwin-arm64/index.node, 0x0001): tried: '...' (segment '__TEXT' load command content extends beyond end of file)",
      },
    },
    {
      name: 'a file of a dependency is missing',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr:
          "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/home/me/.npm/_npx/6dd/node_modules/@modelcontextprotocol/sdk/dist/esm/server/stdio.js' imported from /home/me/.npm/_npx/6dd/node_modules/foo-mcp/dist/index.js",
        exitCode: 1,
      },
    },
    {
      name: 'uv on Windows',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          'error: Failed to initialize cache at `C:\\Users\\me\\AppData\\Local\\uv\\cache`\n  Caused by: failed to open file `C:\\Users\\me\\AppData\\Local\\uv\\cache\\CACHEDIR.TAG`: Access is denied. (os error 5)',
        exitCode: 2,
      },
    },
    {
      name: 'a tarball that does not match',
      finds: true,
      symptoms: {
        stderr:
          'npm error code EINTEGRITY\nnpm error sha512-abc== integrity checksum failed when using sha512: wanted sha512-abc== but got sha512-def==. (22 bytes)',
        exitCode: 1,
      },
    },
    {
      name: 'only the warnings of the clean-up',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          "npm warn cleanup Failed to remove some directories [\nnpm warn cleanup     [Error: EPERM: operation not permitted, rmdir 'C:\\Users\\me\\AppData\\Local\\npm-cache\\_npx\\33\\node_modules\\x'] {",
        clientError: 'MCP error -32000: Connection closed',
      },
    },
    {
      name: "npm's folder, named on a line of its own",
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: 'npm error code ENOENT\nnpm error syscall lstat\nnpm error path C:\\Users\\me\\AppData\\Roaming\\npm',
      },
    },
    {
      name: 'a server that may not write its own data',
      finds: false,
      symptoms: { stderr: "Error: EACCES: permission denied, open '/data/notes.json'", exitCode: 1 },
    },
    {
      name: 'a project that was never built',
      finds: false,
      symptoms: { stderr: "Error: Cannot find module '/home/me/weather/dist/index.js'", exitCode: 1 },
    },
  ],
});
