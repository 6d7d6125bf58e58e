/**
 * What an entry would do to the machine when it is started, as far as its own words say: before a stranger's entry is run, its reader is
 * told. A server is a program and may do anything; here only what can be read off the entry is named.
 */

export interface Danger {
  /**
   * `severe`: it deletes, takes rights, or runs what it fetched: it is never started without a yes of its own. `notable`: worth a look
   * before the yes.
   */
  level: 'severe' | 'notable';
  /** What it does: the end of a sentence that begins with "it". */
  says: string;
}

/** The words of an entry that decide what runs. */
export interface Spoken {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** The most text of an entry that is looked through. */
const MAX_TEXT = 200_000;

/** The name of a program, without its folder and the extension that Windows gives it. */
const baseOf = (word: string): string =>
  (word.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|com|ps1)$/, '');

/** Programs that do harm by being run at all. */
const SEVERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'rm',
      'rmdir',
      'unlink',
      'shred',
      'srm',
      'del',
      'erase',
      'rd',
      'ri',
      'remove-item',
      'clear-content',
      'rimraf',
      'del-cli',
      'trash',
    ].map((name) => [name, `deletes files (${name})`]),
  ),
  ...Object.fromEntries(
    ['dd', 'format', 'fdisk', 'parted', 'diskpart', 'wipefs', 'diskutil', 'truncate'].map((name) => [
      name,
      `overwrites files or disks (${name})`,
    ]),
  ),
  ...Object.fromEntries(
    ['sudo', 'doas', 'pkexec', 'su', 'runas', 'gsudo'].map((name) => [
      name,
      `runs with the rights of another user (${name})`,
    ]),
  ),
  ...Object.fromEntries(
    ['shutdown', 'reboot', 'halt', 'poweroff', 'init', 'telinit'].map((name) => [
      name,
      `can stop the machine (${name})`,
    ]),
  ),
  ...Object.fromEntries(
    ['chown', 'chmod', 'chgrp', 'icacls', 'takeown', 'setfacl'].map((name) => [
      name,
      `changes the rights of files (${name})`,
    ]),
  ),
  ...Object.fromEntries(
    ['kill', 'killall', 'pkill', 'taskkill'].map((name) => [name, `ends other programs (${name})`]),
  ),
  ...Object.fromEntries(
    ['crontab', 'launchctl', 'schtasks', 'systemctl', 'reg', 'regedit', 'setx'].map((name) => [
      name,
      `changes the settings of the machine (${name})`,
    ]),
  ),
};

/** Programs that run the words behind them. */
const RUNS_OTHERS =
  /^(?:env|nohup|timeout|gtimeout|nice|ionice|setsid|stdbuf|unbuffer|time|xargs|parallel|busybox|toybox|command|exec|eval|builtin|caffeinate|start|call|forfiles|wsl|ssh|script|watch|flock|chroot|nsenter|unshare|bwrap|firejail|docker|podman|nerdctl|find|git|nc|ncat|netcat|socat|mkfs(?:\.\w+)?)$/;
/** Programs that fetch a package and run it: what stands behind its name is for the package. */
const RUNS_PACKAGES = /^(?:npx|bunx|pnpx|pnpm|yarn|npm|bun|uvx|pipx)$/;
const SHELL = /^(?:(?:ba|z|da|a|k|mk|fi|c|tc)?sh|cmd|powershell|pwsh|nu|elvish|xonsh)$/;
const INTERPRETER =
  /^(?:node|nodejs|deno|bun|tsx|python|python3|python[\d.]+|py|ruby|perl|php|lua|osascript|awk|gawk)$/;

/** What a text does that is more than one word. */
const SHAPES: readonly [RegExp, Danger][] = [
  [
    /\b(?:curl|wget|fetch|aria2c|iwr|irm|invoke-webrequest|invoke-restmethod)\b[^;&\n]{0,2000}\|\s*(?:\S*\/)?(?:sudo\s+)?(?:\S*\/)?(?:(?:ba|z|da|k|fi)?sh|python[\d.]*|node|perl|ruby|php|iex|invoke-expression|powershell|pwsh|cmd)\b/i,
    { level: 'severe', says: 'runs what it downloads, whatever that is at that moment' },
  ],
  [
    /(?:\$\(|`|<\()\s*(?:curl|wget)\b/i,
    { level: 'severe', says: 'runs what it downloads, whatever that is at that moment' },
  ],
  [
    /\b(?:iex|invoke-expression|downloadstring|downloadfile|start-bitstransfer)\b/i,
    { level: 'severe', says: 'runs what it downloads, whatever that is at that moment' },
  ],
  [
    /(?:^|\s)[-/](?:e|ec|en[a-z]{0,12})\s+[A-Za-z0-9+/=]{16,}/i,
    { level: 'severe', says: 'runs a command that is hidden in base64' },
  ],
  [
    /\bbase64\b[^;&\n]{0,200}(?:-d|--decode|-D)\b/,
    { level: 'severe', says: 'runs a command that is hidden in base64' },
  ],
  [
    /(?:>|\bof=)\s*(?:\/dev\/(?:sd|hd|nvme|vd|disk|mmcblk)|\\\\\.\\)/i,
    { level: 'severe', says: 'writes straight to a disk' },
  ],
  [
    /(?<name>[\w:]{1,40})\s*\(\)\s*\{[^}]{0,200}\k<name>\s*\|\s*\k<name>\s*&/,
    { level: 'severe', says: 'starts itself over and over until the machine stands still' },
  ],
  [
    /\b(?:curl|wget)\b[^\n]{0,2000}(?:&&|;)\s*(?:\S{0,200}\/)?(?:(?:ba|z|da|k|fi)?sh|python[\d.]*|node|perl|ruby|chmod)\b/,
    { level: 'severe', says: 'runs what it downloads, whatever that is at that moment' },
  ],
  [
    /\b(?:xxd|printf|echo|tr|rev|openssl)\b[^;&\n]{0,2000}\|\s*(?:\S{0,200}\/)?(?:ba|z|da|k|fi)?sh\b|\$\(\s*printf\b/,
    { level: 'severe', says: 'runs a command that it puts together first' },
  ],
  [/\bmkfs(?:\.\w+)?\b/i, { level: 'severe', says: 'formats a disk' }],
  [
    /\bgit\b[^;&|\n]{0,200}\b(?:clean\s+-\w*f|reset\s+--hard)/,
    { level: 'severe', says: 'throws away changes in a git repository' },
  ],
  [
    /\bfind\b[^;&|\n]{0,2000}\s-(?:delete|exec|execdir|ok)\b/,
    { level: 'severe', says: 'deletes or changes every file it finds (find)' },
  ],
  [
    /\b(?:rmSync|rmdirSync|unlinkSync|removeSync|Deno\.remove|unlink\s?\(|rm_rf|rmtree|os\.remove|os\.unlink|shutil\.rmtree|FileUtils\.rm|File\.delete|fs\.(?:rm|unlink|rmdir))\b/,
    { level: 'severe', says: 'deletes files' },
  ],
  [
    /(?:^|\s)(?:--privileged|--pid[= ]host|(?:-v|--volume)[= ]?\/:|(?:-v|--volume)[= ]?\/var\/run\/docker\.sock|--mount[= ]\S*(?:source|src)=\/,)/,
    { level: 'severe', says: 'gives a container the whole machine' },
  ],
  [
    /(?:^|\s)(?:\S*\/)?(?:nc|ncat|netcat|socat)\b[^;&|\n]{0,300}\s(?:-e|-c|--exec|exec:)|\/dev\/tcp\//i,
    { level: 'severe', says: 'hands a shell to another machine' },
  ],
];

/** Variables that put other code into the program, by name. */
const LOADS_CODE =
  /^(?:LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|DYLD_\w+|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|PYTHONPATH|PYTHONHOME|PYTHONSTARTUP|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GIT_SSH_COMMAND|PROMPT_COMMAND)$/i;
const LOADING = /--(?:require|import|loader|experimental-loader)|(?:^|\s)-r|-javaagent/;

/** The first word of every command in a text of a shell, and every word that could be one: a question too many costs nothing. */
const wordsOf = (text: string): string[] => text.split(/[\s;|&()<>`'"$={}[\],]+/).filter(Boolean);

/** The package that a runner runs, without its version. */
const packageIn = (words: readonly string[]): string =>
  (words.find((word) => !word.startsWith('-') && !/^(?:dlx|exec|x|run|tool)$/.test(word)) ?? '').replace(
    /(?<=.)@[^/]*$/,
    '',
  );

/** Options behind which code stands. */
const INLINE = /^(?:-[A-Za-z]*[ceE]|--eval(?:=.*)?|--print(?:=.*)?|-p|eval)$/s;
/** Options that load code before the program. */
const LOADS_FIRST = /^(?:-r|--require|--import|--loader|--experimental-loader)(?:=|$)/;
/** Options and variables that name another place to fetch packages from. */
const OTHER_PLACE = /^(?:--registry|--index-url|--default-index|--extra-index-url|--index)(?:=|$)/;
const OTHER_PLACE_BY_NAME =
  /^(?:npm_config_registry|yarn_npm_registry_server|pip_(?:extra_)?index_url|uv_(?:default_|extra_)?index(?:_url)?)$/i;
/** A package by its address. */
const ADDRESS = /^(?:(?:--(?:from|package)=|git\+)?(?:https?|git|ssh|file):|git\+|github:|gitlab:|bitbucket:|gist:)/i;
/** Programs that start another: what stands behind is looked at as if it were the command. */
const STARTS_OTHERS =
  /^(?:uv|poetry|pipenv|hatch|rye|pdm|conda|mise|asdf|direnv|dotenvx?|cross-env|npx|bunx|pnpx|pnpm|yarn|npm|bun|uvx|pipx)$/;

/** Everything that the words of an entry say it does, the severe first; each thing once. */
export function dangersOf({ command, args, env }: Spoken): Danger[] {
  const found: Danger[] = [];
  const add = (danger: Danger) => {
    if (!found.some(({ says }) => says === danger.says)) found.push(danger);
  };
  // Some write everything into the command.
  const words = [...command.split(/\s+/).filter(Boolean), ...args];
  const [first = '', ...rest] = words;
  const program = baseOf(first);
  const line = [command, ...args].join(' ').slice(0, MAX_TEXT);
  const inShell = RUNS_PACKAGES.test(program) && rest.some((word) => /^(?:-c|--call|--shell-mode)$/.test(word));
  const runsOthers = RUNS_OTHERS.test(program) || SHELL.test(program) || SEVERE[program] !== undefined || inShell;
  const severe = (word: string) => {
    const says = SEVERE[baseOf(word)];
    if (says !== undefined) add({ level: 'severe', says });
  };
  severe(first);
  if (runsOthers) for (const word of wordsOf(rest.join(' ').slice(0, MAX_TEXT))) severe(word.replace(/^\\+/, ''));
  // `r''m` is rm to a shell.
  if (runsOthers)
    for (const word of wordsOf(
      rest
        .join(' ')
        .slice(0, MAX_TEXT)
        .replace(/(?<=\w)(?:''|""|\\(?=\w))(?=\w)/g, ''),
    ))
      severe(word);
  if (RUNS_PACKAGES.test(program)) severe(packageIn(rest));
  const code = INTERPRETER.test(program) && rest.some((word) => INLINE.test(word));
  const inline = code || (/^g?awk$/.test(program) && rest.length > 0);
  // Only what is hardly a word of a programming language.
  if (inline)
    for (const word of wordsOf(rest.join(' ').slice(0, MAX_TEXT)))
      if (/^(?:rm|rmdir|shred|rimraf|mkfs|sudo|doas|crontab)$/.test(baseOf(word))) severe(word);
  if (runsOthers || inline || /\s/.test(command))
    for (const [shape, danger] of SHAPES) if (shape.test(line)) add(danger);
  if (inline) add({ level: 'notable', says: 'runs code that stands in the entry itself' });
  if (STARTS_OTHERS.test(program)) {
    const at = words.findIndex((word, i) => i > 0 && (SHELL.test(baseOf(word)) || INTERPRETER.test(baseOf(word))));
    if (at > 0)
      for (const danger of dangersOf({ command: words[at] ?? '', args: words.slice(at + 1), env: {} })) add(danger);
    if (/^(?:npx|tsx)$/.test(program) && rest.some((word) => /^(?:-e|--eval)$/.test(word)))
      add({ level: 'notable', says: 'runs code that stands in the entry itself' });
    // Behind the package stand words of its own: mcp-remote takes an address.
    const from = rest[rest.findIndex((word) => /^(?:--from|--package|-p)$/.test(word)) + 1] ?? '';
    const named = rest.find((word) => /^--(?:from|package)=/.test(word)) ?? '';
    if ([packageIn(rest), from, named].some((word) => ADDRESS.test(word)))
      add({ level: 'notable', says: 'runs a package from an address, not from the registry' });
    if (rest.some((word) => OTHER_PLACE.test(word)))
      add({ level: 'notable', says: 'fetches packages from another registry' });
  }
  if (/^(?:node|nodejs|bun|tsx|deno)$/.test(program) && rest.some((word) => LOADS_FIRST.test(word)))
    add({ level: 'notable', says: 'loads other code into the program (an option)' });
  if (program === 'deno' && rest.some((word) => /^https?:/i.test(word)))
    add({ level: 'notable', says: 'runs a program from an address' });
  if (/^(?:mv|cp|tee|install|rsync|tar|ln)$/.test(program))
    add({ level: 'severe', says: `writes or moves files, and is no server (${program})` });
  const script = rest.findIndex((word) => /^(?:-\w*c|\/[ck]|-command)$/i.test(word));
  if (SHELL.test(program) && script !== -1 && !isPlainWrapper(program, rest.slice(script + 1)))
    add({ level: 'notable', says: 'hands a line of text to a shell' });
  for (const [name, value] of Object.entries(env)) {
    if (OTHER_PLACE_BY_NAME.test(name) && value !== '')
      add({ level: 'notable', says: 'fetches packages from another registry' });
    // Programs of the open folder stand before those of the system then.
    if (/^path$/i.test(name) && value.split(/[:;]/).some((folder) => /^(?:$|\.{1,2}(?:[\\/]|$))/.test(folder)))
      add({ level: 'notable', says: 'looks for programs in the folder in which it is started (PATH)' });
    if (!LOADS_CODE.test(name) || value === '') continue;
    if (/^NODE_OPTIONS$/i.test(name) && !LOADING.test(value)) continue;
    add({ level: 'notable', says: `loads other code into the program (${name.toUpperCase()})` });
  }
  return found.sort((a, b) => Number(a.level === 'notable') - Number(b.level === 'notable'));
}

/** `cmd /c npx -y server`: the usual way to start a script on Windows, with nothing of a shell in it. */
const isPlainWrapper = (program: string, words: readonly string[]): boolean =>
  program === 'cmd' && words.length > 1 && words.every((word) => !/[&|<>^%]/.test(word));

/** Whether a yes to everything covers it. */
export const isSevere = (dangers: readonly Danger[]): boolean => dangers.some(({ level }) => level === 'severe');
