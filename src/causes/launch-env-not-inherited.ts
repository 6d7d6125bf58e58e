import { at } from '../case/pointer.js';
import { SECRET_NAME } from '../case/redact.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { SESSION_VARIABLES, systemOf } from './system.js';
import { decidingVariables } from './two-worlds.js';
import { failed, find, WORDS, words } from './words.js';

const ANY = `(?<name>${SESSION_VARIABLES})`;
/** The same without names that are also words. */
const CLEAR = ANY.replace(/\|(?:PATH|USER|TERM|SHELL|LANG|TEMP|TMP|USERNAME|LOGNAME)(?=\|)/g, '');

/** A variable that nobody filled in became part of a path. */
const LITERAL = [
  new RegExp(
    String.raw`(?:ENOENT|EPERM|EACCES|[Nn]o such|[Cc]annot find|not found|lstat|mkdir|path|open)\b.{0,300}(?:\$\{(?:env:)?${CLEAR}\}|%${CLEAR.replace('name', 'percent')}%)`,
  ),
  new RegExp(String.raw`[\\/](?:\$\{(?:env:)?${CLEAR}\}|%${CLEAR.replace('name', 'percent')}%)`),
  /(?:ENOENT|no such|mkdir|lstat|stat|scandir|open|cannot find)\b.{0,200}['"`](?:[^'"`]*[\\/])?(?<undefined>undefined[\\/][^'"`]*)['"`]/i,
];
/** npm looks below the folder in which the client stands, because its prefix is ${APPDATA}\npm. */
const CLIENT_FOLDER =
  /npm (?:ERR!|error)(?: code)? (?:path|enoent).*[\\/](?:AnthropicClaude[\\/]app-[\d.]+|Programs[\\/](?:cursor|Microsoft VS Code(?: Insiders)?|Windsurf|Kiro|Trae)|Claude[\\/]app-[\d.]+|Windows[\\/]System32)[\\/]?(?:['"]|$)/i;

/** Said not to be set, in the forms of shells and languages. */
const UNSET = [
  new RegExp(
    String.raw`(?:[$%]\{?${ANY.replace('name', 'signed')}\}?%?|(?<![\w-])${CLEAR})['"\`)]{0,2} (?:(?:environment |env )?(?:variable|var) )?(?:(?:is|are|was|has|been|must|needs to|should|may|cannot|be) ){0,3}(?:not (?:been )?(?:set|defined|found|exported|specified)|unset|undefined|empty|missing|(?<=(?:must|should|needs to|has to) be )set\b)`,
  ),
  new RegExp(
    String.raw`\b(?:[Nn]o|[Mm]issing|[Ww]ithout|[Uu]nset|[Uu]ndefined|[Nn]either|[Ss]et|[Dd]efine|[Ee]xport)(?: the)?(?: (?:env(?:ironment)? )?var(?:iable)?)? [$%'"\`]*${CLEAR}\b['"\`%]{0,2}(?: environment variable| nor | is | are |$|[.,:;])`,
  ),
  new RegExp(
    String.raw`KeyError: ['"]${ANY}['"]|\bkey not found: "${ANY.replace('name', 'ruby')}"|\b${ANY.replace('name', 'sh')}: (?:unbound variable|parameter (?:null or )?not set)|[Uu]ndefined array key "${ANY.replace('name', 'php')}"`,
  ),
  new RegExp(String.raw`\b${ANY}['"\`]? (?:environment variable|env var)\b.{0,40}(?:not |un|missing|required|empty)`),
  new RegExp(
    String.raw`\b[Ee]nv(?:ironment)? var(?:iable)?s? [$%'"\`]*${ANY}\b.{0,40}(?:not |un|missing|required|empty)`,
  ),
];
/** Programs that miss a variable and do not name it. */
const BEHIND: [RegExp, string][] = [
  [/\$?%?(?<name>AppData|LocalAppData|userprofile)%? is not defined|neither \$XDG_\w+ nor \$HOME are defined/i, ''],
  [
    /[Cc](?:ould not|an't|annot|an not) (?:determine|find|get|locate|resolve)(?: the)?(?: user'?s?)?(?: current user'?s?)? home dir|home directory (?:not found|could not be)|unable to (?:find|determine)(?: the)?(?: user)? home dir/i,
    'HOME',
  ],
  [
    /_Py_HashRandomization_Init|failed to get random numbers to initialize Python|WinError 10106|service provider could not be loaded or initialized|ncrypto::CSPRNG|8009001d|CryptAcquireContext|Error reading .*random|WSAEPROVIDERFAILEDINIT/i,
    'SYSTEMROOT',
  ],
  [
    /internal Windows PowerShell error|(?:PowerShell|shell) cannot be started\. A failure occurred during initialization/i,
    'SYSTEMROOT',
  ],
  [
    /cannot (?:open|connect to)(?: X)? ?(?:display|server)|no display (?:name|environment|specified)|[Mm]issing X server or \$DISPLAY|no \$DISPLAY|could not connect to display|X11 DISPLAY/i,
    'DISPLAY',
  ],
  [
    /Cannot autolaunch D-Bus without X11|Failed to connect to (?:the )?(?:session )?bus|DBUS_SESSION_BUS/i,
    'DBUS_SESSION_BUS_ADDRESS',
  ],
  [/Could not open a connection to your authentication agent|Error connecting to agent/i, 'SSH_AUTH_SOCK'],
  [
    /Could not find ['"]?bundler['"]? ?\(|can't find gem bundler|Could not locate Gemfile|rbenv: version .* is not installed|Could not find gem .*in (?:any of the )?(?:sources|locally)/i,
    'GEM_HOME',
  ],
  [
    /Unable to locate a Java Runtime|JAVA_HOME is (?:set to an invalid|not defined correctly)|no ['"]java['"] command could be found|[Nn]o Java (?:runtime|installation)/i,
    'JAVA_HOME',
  ],
  [/\bspawn undefined ENOENT\b|The "file" argument must be of type string\. Received undefined/i, 'COMSPEC'],
];
/** The same in doubt: a path that is built from a variable. */
const MAYBE =
  /The "?(?:path|paths\[0\])"? argument must be of type string\. Received undefined|expected str, bytes or os\.PathLike object, not NoneType/i;

const group = (groups: Record<string, string>): string => Object.values(groups).find(Boolean) ?? '';

export default defineCause({
  id: 'launch-env-not-inherited',
  title: 'A variable that your session sets is missing in the environment that the client gives to the server',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    "npm error enoent ENOENT: no such file or directory, lstat 'C:\\...\\${APPDATA}'",
    'Fatal Python error: _Py_HashRandomization_Init: failed to get random numbers to initialize Python',
    'MCP error -32000: Connection closed',
    'Server disconnected',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'worlds'],
  explains: [
    ...FAILED_START,
    'process-env-missing',
    'process-config-rejected',
    'config-path-missing',
    'runtime-dependency-missing',
    'launch-command-not-installed',
    'install-cache-broken',
    'install-package-broken',
  ],

  match(given) {
    const { launch, worlds } = given;
    const os = systemOf(given);
    const set = (name: string) =>
      launch?.env.some((one) => one.name.toUpperCase() === name.toUpperCase() && one.state === 'set') ?? false;
    const tried = decidingVariables(given);
    if (tried.length && worlds?.client.outcome !== 'answered') {
      // A credential is for its owner to hand over: process-env-missing.
      if (tried.some((name) => SECRET_NAME.test(name) || /(?:^|_)KEYS?$/i.test(name))) return null;
      return {
        certainty: worlds?.deciding?.kind === 'variable' ? 'certain' : 'likely',
        cites: [at('worlds', 'deciding'), at('worlds', 'client')],
        facts: { names: tried, how: 'tried', os, path: '' },
      };
    }
    if (!failed(given)) return null;
    const lines = words(given);
    const literal = find(lines, ...LITERAL);
    if (literal) {
      const name = literal.groups.undefined ? '' : group(literal.groups).toUpperCase();
      return {
        certainty: name === 'APPDATA' ? 'certain' : 'likely',
        cites: [literal.line.at],
        facts: {
          names: name ? [name] : [],
          how: 'literal',
          os: os || (/APPDATA|USERPROFILE/.test(name) ? 'windows' : ''),
          path: literal.match[0].slice(-120),
        },
      };
    }
    const folder = find(lines, CLIENT_FOLDER);
    if (folder && !set('APPDATA'))
      return {
        certainty: 'likely',
        cites: [folder.line.at],
        facts: { names: ['APPDATA'], how: 'folder', os: 'windows', path: folder.match[0].slice(-120) },
      };
    const unset = find(lines, ...UNSET);
    if (unset && !set(group(unset.groups)))
      return {
        certainty: 'likely',
        cites: [unset.line.at],
        facts: { names: [group(unset.groups)], how: 'unset', os, path: '' },
      };
    for (const [pattern, name] of BEHIND) {
      const hit = find(lines, pattern);
      const missing =
        hit && ((hit.groups.name ?? '').toUpperCase() || name || (os === 'windows' ? 'USERPROFILE' : 'HOME'));
      if (hit && missing && !set(missing))
        return { certainty: 'likely', cites: [hit.line.at], facts: { names: [missing], how: 'behind', os, path: '' } };
    }
    const maybe = find(lines, MAYBE);
    return maybe && { certainty: 'possible', cites: [maybe.line.at], facts: { names: [], how: 'maybe', os, path: '' } };
  },
  say: ({ names, how, path }) => {
    const [name, ...more] = names as string[];
    const which = name ? `the variable${more.length ? 's' : ''} ${(names as string[]).join(', ')}` : 'a variable';
    if (how === 'tried')
      return `The server works with your shell's environment and fails with the one that a client gives it. What makes the difference: ${which}.`;
    if (how === 'literal' && name)
      return `Nobody filled in ${name}: it stands in a path as it was written, because the client starts the server without ${which}.`;
    if (how === 'literal')
      return `A path begins with "undefined" (${path}): the program built it from a variable that it was not given.`;
    if (how === 'folder')
      return 'npm looks for its folder below that of the client: its prefix is ${APPDATA}\\npm, and the client starts the server without the variable APPDATA.';
    if (how === 'maybe')
      return 'A program built a path from a variable that it was not given, such as HOME or APPDATA.';
    return `The server was started without ${which}, which your session has: the client passes on only a short list of variables.`;
  },
  fix: ({ names, os }) => {
    const name = (names as string[])[0] ?? (os === 'windows' ? 'APPDATA' : 'HOME');
    const values: Record<string, string> = {
      APPDATA: 'C:\\\\Users\\\\<you>\\\\AppData\\\\Roaming',
      LOCALAPPDATA: 'C:\\\\Users\\\\<you>\\\\AppData\\\\Local',
      USERPROFILE: 'C:\\\\Users\\\\<you>',
      PROGRAMDATA: 'C:\\\\ProgramData',
      SYSTEMROOT: 'C:\\\\Windows',
      WINDIR: 'C:\\\\Windows',
      COMSPEC: 'C:\\\\Windows\\\\System32\\\\cmd.exe',
      TEMP: 'C:\\\\Users\\\\<you>\\\\AppData\\\\Local\\\\Temp',
      DISPLAY: ':0',
    };
    const all = (names as string[]).length ? (names as string[]) : [name];
    return [
      {
        say: 'Add it to the entry, with its value written out:',
        edit: {
          file: 'the client config',
          at: 'env',
          to: `"env": { ${all.map((one) => `"${one}": "${values[one.toUpperCase()] ?? '<its value in your terminal>'}"`).join(', ')} }`,
        },
      },
      {
        say: 'Your terminal prints the value:',
        run: os === 'windows' ? `echo %${name}%` : `printenv ${name}`,
      },
      ...(name.toUpperCase() === 'APPDATA'
        ? [
            {
              say: 'It helps as well to give npm a fixed folder:',
              run: 'npm config set prefix "%USERPROFILE%\\AppData\\Roaming\\npm"',
            },
          ]
        : []),
      { say: 'Restart the client.' },
    ];
  },
  why: 'Clients built on the SDK give a server only about ten variables and what stands under "env"; some replace the environment with "env" alone. What a login shell, a version manager or a Windows session adds is missing, and programs fail far away from the cause: npm takes ${APPDATA} for the name of a folder, Python on Windows finds no random numbers without SYSTEMROOT, Go and Rust find no home directory.',
  refs: [
    'https://modelcontextprotocol.io/docs/tools/debugging',
    'https://github.com/modelcontextprotocol/typescript-sdk/blob/main/packages/client/src/client/stdio.ts',
    'https://github.com/modelcontextprotocol/docs/pull/116',
  ],
  examples: [
    {
      name: 'APPDATA as the name of a folder',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          "npm ERR! enoent ENOENT: no such file or directory, lstat 'C:\\Users\\me\\AppData\\Local\\Programs\\cursor\\${APPDATA}'",
      },
    },
    {
      name: 'npm below the folder of the client',
      finds: true,
      symptoms: {
        os: 'windows',
        client: 'claude-desktop',
        stderr: 'npm ERR! path C:\\Users\\me\\AppData\\Local\\AnthropicClaude\\app-0.12.16\\',
      },
    },
    {
      name: 'Python without SYSTEMROOT',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: 'Fatal Python error: _Py_HashRandomization_Init: failed to get random numbers to initialize Python',
        exitCode: 1,
      },
    },
    {
      name: 'Go without a home',
      finds: true,
      symptoms: {
        stderr:
          'build cache is required, but could not be located: GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME are defined',
        exitCode: 1,
      },
    },
    {
      name: 'Python asks for the home directory',
      finds: true,
      symptoms: { stderr: 'RuntimeError: Could not determine home directory.', exitCode: 1 },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        stderr: "ERROR: JAVA_HOME is not set and no 'java' command could be found in your PATH.",
        exitCode: 1,
      },
    },
    {
      name: 'a path from a variable that is not there',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: "Error: ENOENT: no such file or directory, mkdir 'C:\\Windows\\System32\\undefined\\acme'",
      },
    },
    {
      name: 'tried out: one variable makes the difference',
      finds: true,
      evidence: {
        worlds: {
          client: { outcome: 'ended', ms: 120, exitCode: 1, said: 'boom' },
          shell: { outcome: 'answered', ms: 300 },
          deciding: { kind: 'variable', names: ['JAVA_HOME'] },
          starts: 4,
        },
      },
    },
    {
      name: 'tried out: a credential makes the difference',
      finds: false,
      evidence: {
        worlds: {
          client: { outcome: 'ended', ms: 120, exitCode: 1, said: 'API key missing' },
          shell: { outcome: 'answered', ms: 300 },
          deciding: { kind: 'variable', names: ['ACME_API_KEY'] },
          starts: 4,
        },
      },
    },
    {
      name: 'a setting of the server',
      finds: false,
      symptoms: { stderr: 'Error: ACME_API_KEY environment variable is not set', exitCode: 1 },
    },
    {
      name: 'npm finds no project in the folder of the client',
      finds: false,
      symptoms: {
        os: 'windows',
        stderr:
          "npm ERR! enoent ENOENT: no such file or directory, open 'C:\\Users\\me\\AppData\\Local\\AnthropicClaude\\app-0.9.2\\package.json'",
      },
    },
  ],
});
