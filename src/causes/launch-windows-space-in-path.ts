import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { cutAtBlank, isBeginning } from './cut-path.js';
import { placesOf, programOf, saysNothing, systemOf, wordsOfEntry } from './system.js';
import { failed, find, WORDS, words } from './words.js';

const SYNTAX =
  /filename, directory name, or volume label syntax is incorrect|Syntax für den Dateinamen|文件名、目录名或卷标语法不正确|ファイル名、ディレクトリ名、またはボリューム ラベルの構文|syntaxe du nom de fichier|sintaxis del nombre de archivo|\bos error 123\b/;

export default defineCause({
  id: 'launch-windows-space-in-path',
  title: 'On Windows a path with a blank reached cmd.exe without its quotes and was cut there',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    "'C:\\Program' is not recognized as an internal or external command",
    "Error: Cannot find module 'C:\\Users\\First'",
    'Server disconnected',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [
    ...FAILED_START,
    'config-path-missing',
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'launch-windows-shim',
    'runtime-dependency-missing',
    'process-config-rejected',
  ],

  match(given) {
    if (!failed(given)) return null;
    const { launch } = given;
    const lines = words(given);
    const entry = wordsOfEntry(given);
    const found = cutAtBlank(lines, entry);
    if (found) {
      const { cut, line, word } = found;
      return {
        certainty: word || isBeginning(cut) ? 'certain' : 'likely',
        cites: [line.at, ...(word ? [word.at] : [])],
        facts: { cut, whole: word?.text ?? '', command: launch?.command ?? '', said: true as boolean },
      };
    }
    // A batch file with a blank in its path, or a blank in an argument of one: cmd.exe takes the quotes away.
    const [program, ...args] = entry;
    const batch =
      /\.(?:cmd|bat)$/i.test(program?.text ?? '') || /^(?:np[mx]|pnpm|yarn|cmd)$/i.test(programOf(program?.text));
    const spaced = [program, ...args].find((one) => one && /^(?:[A-Za-z]:|\.{0,2})[\\/]\S.* \S/.test(one.text));
    // cmd.exe, about a command line whose quotes were taken away.
    const syntax = find(lines, SYNTAX);
    if (syntax && spaced)
      return {
        certainty: 'likely',
        cites: [syntax.line.at, spaced.at],
        facts: {
          cut: spaced.text.split(' ')[0] ?? '',
          whole: spaced.text,
          command: launch?.command ?? '',
          said: false as boolean,
        },
      };
    if (systemOf(given) !== 'windows' || !launch || launch.lookup || !batch || !spaced || !saysNothing(given))
      return null;
    return {
      certainty: 'possible',
      cites: placesOf(lines, spaced.at),
      facts: {
        cut: spaced.text.split(' ')[0] ?? '',
        whole: spaced.text,
        command: launch.command,
        said: false as boolean,
      },
    };
  },
  say: ({ cut, whole, said }) =>
    said
      ? `${cut} is a part of ${whole ? `the path "${whole}"` : 'a path'} that has a blank: cmd.exe got it without quotes and took a part for the whole.`
      : `The path "${whole}" has a blank. Batch files are started through cmd.exe, which removes the outer quotes of its command line and then sees only ${cut}.`,
  fix: ({ whole, cut }) => {
    const program = /nodejs|^$|Program/i.test(String(whole || cut));
    return [
      ...(program
        ? [
            {
              say: 'Write the command without its folder, so that no blank is in it (the folder is on the PATH):',
              edit: { file: 'the client config', at: 'command', to: '"command": "cmd", "args": ["/c", "npx", ...]' },
            },
            {
              say: 'Or leave the batch file out, and start node.exe, which needs no shell:',
              edit: {
                file: 'the client config',
                at: 'command',
                to: '"command": "C:\\\\Program Files\\\\nodejs\\\\node.exe", "args": ["C:\\\\Program Files\\\\nodejs\\\\node_modules\\\\npm\\\\bin\\\\npx-cli.js", "-y", ...]',
              },
            },
          ]
        : []),
      {
        say: 'Or use the short name of the folder, which has no blank (C:\\PROGRA~1 is C:\\Program Files). This prints it:',
        run: `cmd /c for %I in ("${String(whole || `${cut} ...`)}") do @echo %~sI`,
      },
      { say: 'Add no quotes of your own inside the strings of the entry: they make it worse.' },
    ];
  },
  why: 'cmd /c removes the first and the last quotation mark of its command line when there are more than two. A client that quotes a program under "C:\\Program Files" and an argument loses the quotes around the program in this way, and cmd.exe looks for C:\\Program. Names of users and OneDrive folders with a blank have the same effect.',
  refs: [
    'https://learn.microsoft.com/windows-server/administration/windows-commands/cmd',
    'https://github.com/modelcontextprotocol/servers/issues/447',
  ],
  examples: [
    {
      name: 'Program Files',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: "'D:\\Program' is not recognized as an internal or external command,\noperable program or batch file.",
      },
    },
    {
      name: 'in German',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: 'Der Befehl "C:\\Program" ist entweder falsch geschrieben oder\nkonnte nicht gefunden werden.',
      },
    },
    {
      name: 'in Chinese, through a wrong code page',
      finds: true,
      symptoms: { os: 'windows', stderr: "'C:\\Program' \ufffd\ufffd\ufffd\u06b2\ufffd\ufffd\ufffd\u2b1f\ufffd\ufffd" },
    },
    {
      name: 'a quotation mark is left over',
      finds: true,
      symptoms: { stderr: "'\"C:\\Program' is not recognized as an internal or external command," },
    },
    {
      name: 'the name of a user',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'npx', args: ['tsx', 'C:\\Users\\Jane Doe\\mcp\\index.ts'] },
        stderr: "Error: Cannot find module 'C:\\Users\\Jane'",
        exitCode: 1,
      },
    },
    {
      name: 'a shell from Git',
      finds: true,
      symptoms: { os: 'windows', stderr: 'sh: line 1: /c/Program: No such file or directory', exitCode: 127 },
    },
    {
      name: 'PowerShell',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: "C:\\Program : The term 'C:\\Program' is not recognized as the name of a cmdlet, function, script file",
      },
    },
    {
      name: 'a batch file in Program Files, and not a word of the reason',
      finds: true,
      symptoms: {
        os: 'windows',
        client: 'claude-desktop',
        entry: { command: 'C:\\Program Files\\nodejs\\npx.cmd', args: ['-y', 'x', 'C:\\My Notes'] },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'a script that is not there',
      finds: false,
      symptoms: { os: 'windows', stderr: "Error: Cannot find module 'C:\\work\\index.js'", exitCode: 1 },
    },
    {
      name: 'a command of another name',
      finds: false,
      symptoms: { os: 'windows', stderr: "'npx' is not recognized as an internal or external command," },
    },
  ],
});
