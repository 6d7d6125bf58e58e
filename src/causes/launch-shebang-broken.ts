import { at } from '../case/pointer.js';
import { shellWord } from '../case/shell-word.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { failed, find, WORDS, words } from './words.js';

/** The carriage return of a Windows line end, as programs print it: \r, ^M, ?, or not at all at the end of a name. */
const CRLF =
  /\benv: .{0,3}[\w.-]+(?:\\{1,2}r|\r|\^M|\?|'\$'\\r')[^:\s]{0,40}['’"]?.{0,4}: |bad interpreter: .*?\^M|\^M: bad interpreter|\$'\\r': command not found|: \\r: (?:command )?not found|^['’"]?: No such file or directory\w{0,20}$|: (?:line )?\d+: : (?:command )?not found|\bpython[\d.]*\\r|bash\\r\b/;

/** A statement of a program, taken for a command by a shell: the name of the keyword stands where the command would. */
const KEYWORD = String.raw`(?:["']?use strict["']?;?|import|export|const|var|let|function|async|await|from|def|class|require|console\.log|module\.exports|Object\.defineProperty|exports\.\w+|\/\*\*?|\/\/|"""|'''|import-im6(?:\.\w+)?)`;
const SHELL_RUNS_CODE = [
  new RegExp(
    String.raw`(?:^|[\s:])(?<word>${KEYWORD}): (?:command not found|not found|Is a directory|Permission denied|event not found)`,
  ),
  new RegExp(String.raw`: (?:line )?\d+: (?<word>${KEYWORD})[:(]`),
  // Whatever the shell makes of the text: the file stands in .bin, and is no shim, which would call a runtime.
  /[\\/]\.bin[\\/][^\s:]+: (?:line )?\d+: (?<word>(?!exec|node|npx|env|sh|basename|dirname|sed|uname|cygpath)[^:]{1,60}): (?:command not found|not found|[Ii]s a directory)/,
  // ImageMagick owns a program called "import", which makes a screenshot.
  /(?<word>import)(?:-im6\S*)?: (?:unable to (?:open X server|read X window)|delegate library support not built-in|attempt to perform an operation)/i,
  // "from x import y", run by a shell: "from" is a program of mail.
  /(?:^|\s)(?<word>from): can't read \/var\/mail\//,
  // cmd.exe in front of a .js file starts the Windows Script Host.
  /(?<word>Microsoft JScript|Windows Script Host|800A0[0-9A-F]{3})/,
];

/** The parser of the shell gives up before any command. Only together with a script that is no shell script. */
const SYNTAX =
  /(?:^|\s)(?<script>\S+?): (?:line )?\d+: (?:Syntax error: .*(?:unexpected|redirection)|syntax error near unexpected token|.*unexpected EOF while looking for matching|.*(?:bad variable name|not a valid identifier))/;
const NO_SHELL_SCRIPT =
  /^(?!(?:ba|da|z|k|a)?sh$)[\w-]+$|\.(?:[cm]?[jt]s|py|rb|php)$|[\\/](?:\.bin|_npx|node_modules|bin)[\\/]/;

/** The first line names an interpreter at an absolute place, and there is none. */
const NO_INTERPRETER =
  /(?:^|\s)(?<script>\S+): (?<interpreter>\/\S+): bad interpreter: No such file|bad interpreter: (?<zsh>\/\S+?): no such file|cannot execute: required file not found|exec (?<entrypoint>\/\S+\.sh): no such file or directory|exec user process caused:? "?no such file or directory/i;

/** The file has no first line that the kernel understands, and the caller does not try a shell. */
const NO_FORMAT =
  /(?:^|[\s'"])(?<script>[^\s'"]+\.(?:[cm]?[jt]s|py|sh|rb))['"]?:? .*(?:Exec format error|exec format error|ENOEXEC|\[WinError 193\])|(?:OSError: \[Errno 8\] Exec format error: '(?<python>[^']+\.(?:py|[cm]?js|sh))')/;

/** Several words behind env, which Linux passes as one. */
const ONE_WORD = /\benv: ['‘](?<word>[\w.-]+ [^'’]+)['’]: No such file|use -\[v\]S to pass options in shebang lines/;

const FAULT: Record<string, string> = {
  crlf: 'has Windows line ends (CR LF): the system looks for an interpreter whose name ends in a carriage return',
  none: 'has no "#!" line that names its interpreter: a shell took the program text for commands',
  interpreter: 'names an interpreter in its first line that is not on this machine',
  words: 'passes options behind "env" in its first line, which Linux takes as part of the name',
};

export default defineCause({
  id: 'launch-shebang-broken',
  title: 'The script to start has no usable first line: no interpreter, or Windows line ends',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'env: node\\r: No such file or directory',
    'import: command not found',
    "syntax error near unexpected token `('",
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...FAILED_START,
    'launch-command-not-on-path',
    'launch-command-not-installed',
    'launch-entry-point-missing',
    'config-path-missing',
    'runtime-dependency-missing',
  ],

  match(given) {
    if (!failed(given)) return null;
    const { launch, process } = given;
    // A script below a drive of Windows, run inside WSL, is whole on its own side: launch-wsl-boundary.
    const lines = words(given).filter(
      ({ text }) => !/\/mnt\/[a-z]\/(?:Program Files|Users\/[^/]+\/AppData|Windows)\b/.test(text),
    );
    const { file } = launch ?? {};
    const dead = process?.spawnError !== undefined || process?.exit?.by === 'itself';
    const script = file?.path ?? '';
    if (file?.shebang?.crlf && dead)
      return {
        certainty: 'certain',
        cites: [at('launch', 'file', 'shebang', 'line')],
        facts: { fault: 'crlf', script },
      };
    if (
      file?.shebang &&
      !file.shebang.interpreterFound &&
      dead &&
      /[\\/]/.test(file.shebang.interpreter) &&
      !/\benv\b/.test(file.shebang.line)
    )
      return {
        certainty: 'certain',
        cites: [at('launch', 'file', 'shebang', 'line')],
        facts: { fault: 'interpreter', script },
      };
    if (
      process?.spawnError?.code === 'ENOEXEC' &&
      (file?.kind === 'text' || /\.(?:[cm]?[jt]s|py|sh|rb)$/.test(process.spawnError.path ?? launch?.command ?? ''))
    )
      return {
        certainty: file ? 'certain' : 'likely',
        cites: [at('process', 'spawnError', 'message')],
        facts: { fault: 'none', script: script || (process.spawnError.path ?? '') },
      };

    const crlf = find(lines, CRLF);
    const code = find(lines, ...SHELL_RUNS_CODE);
    const parser = find(
      lines.filter(({ text }) => NO_SHELL_SCRIPT.test(SYNTAX.exec(text)?.groups?.script ?? '')),
      SYNTAX,
    );
    const other = find(lines, ONE_WORD, NO_INTERPRETER, NO_FORMAT);
    const hit = crlf ?? code ?? parser ?? other;
    if (!hit) return null;
    const fault = crlf
      ? 'crlf'
      : code || parser
        ? 'none'
        : hit.groups.word || /use -\[v\]S/.test(hit.line.text)
          ? 'words'
          : hit.groups.python || (hit.groups.script && !hit.groups.interpreter)
            ? 'none'
            : 'interpreter';
    // The name of the script stands in front of the line number: "/x/.bin/foo-mcp: line 1: import: command not found".
    const named = /^(?:\S*sh: )?(?<script>\S*[\\/][^\s:]+): (?:line )?\d+:/.exec(hit.line.text)?.groups?.script;
    return {
      // The end of a line that was wrapped looks like a name that ends in a carriage return.
      certainty: (crlf && !/^:/.test(hit.line.text)) || (code && named) ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: { fault, script: named ?? hit.groups.script ?? hit.groups.python ?? hit.groups.entrypoint ?? script },
    };
  },
  say: ({ fault, script }) =>
    `${script ? `The script ${script}` : 'The script that should be started'} ${FAULT[fault]}.`,
  fix: ({ fault, script }) => {
    const file = script ? shellWord(script) : '<script>';
    const cure = {
      crlf: {
        say: 'Write it with LF line ends (and keep it so: "*.sh text eol=lf" in .gitattributes; a package has to be published again):',
        run: `sed -i.bak 's/\\r$//' ${file}`,
      },
      none: {
        say: 'Make "#!/usr/bin/env node" (or python3) the very first line of the file named under "bin", without a byte order mark, and publish or build again.',
      },
      interpreter: {
        say: 'Correct the first line, or create the environment again in which the script was installed (virtual environments cannot be moved):',
        run: `head -1 ${file}`,
      },
      words: { say: 'Write "#!/usr/bin/env -S node --option" as the first line.' },
    }[fault as 'crlf' | 'none' | 'interpreter' | 'words'];
    return [
      cure,
      {
        say: 'Until then name the interpreter in the entry, so that the first line does not matter:',
        edit: {
          file: 'the client config',
          at: 'command',
          to: `"command": "node", "args": [${script ? JSON.stringify(script) : '"<absolute path of the script>"'}]`,
        },
      },
    ];
  },
  why: "On Linux and macOS the first line of a script says which program reads it. Without it the caller hands the file to sh, which stumbles over the first statement; with Windows line ends the carriage return becomes part of the interpreter's name. npm makes its Windows shims from the same line.",
  refs: [
    'https://docs.npmjs.com/cli/v11/configuring-npm/package-json#bin',
    'https://man7.org/linux/man-pages/man2/execve.2.html',
  ],
  examples: [
    {
      name: 'bash runs JavaScript',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr: '/Users/me/.npm/_npx/5d/node_modules/.bin/foo-mcp: line 1: import: command not found',
        exitCode: 127,
      },
    },
    {
      name: 'dash cannot parse it',
      finds: true,
      symptoms: { stderr: '/srv/node_modules/.bin/foo-mcp: 2: Syntax error: "(" unexpected', exitCode: 2 },
    },
    {
      name: 'a carriage return behind node',
      finds: true,
      symptoms: { os: 'macos', stderr: 'env: node\\r: No such file or directory', exitCode: 127 },
    },
    {
      name: 'the same on Linux',
      finds: true,
      symptoms: { stderr: '/usr/bin/env: ‘node\\r’: No such file or directory', exitCode: 127 },
    },
    {
      name: 'the import of ImageMagick',
      finds: true,
      symptoms: {
        stderr: "import-im6.q16: unable to open X server `' @ error/import.c/ImportImageCommand/346.",
        exitCode: 1,
      },
    },
    {
      name: 'the next line joined to the carriage return',
      finds: true,
      symptoms: { os: 'macos', stderr: 'env: node\\rimport: No such file or directory' },
    },
    {
      name: 'the carriage return itself',
      finds: true,
      symptoms: { stderr: 'env: bash\r: No such file or directory', exitCode: 127 },
    },
    {
      name: 'only the interpreter is off the PATH',
      finds: false,
      symptoms: { os: 'macos', stderr: 'env: node: No such file or directory', exitCode: 127 },
    },
    {
      name: 'an import that Node.js rejects',
      finds: false,
      symptoms: { stderr: 'SyntaxError: Cannot use import statement outside a module', exitCode: 1 },
    },
  ],
});
