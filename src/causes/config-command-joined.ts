import { isJoined, LAUNCHER } from '../case/launchers.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { programOf, saysNothing } from './system.js';
import { failed, find, WORDS, words } from './words.js';

/** Wordings of "no such program or file" that quote what was looked for. A blank inside is the fault. */
const LOOKED_FOR = [
  /\b[Cc]ommand ["'`“‘](?<joined>[^"'`“”‘’]{1,300} [^"'`“”‘’]{1,300})["'`”’] (?:needed to run .{1,80} )?(?:was |is |could )?not (?:be )?found/,
  /\bspawn (?<joined>\S+ (?!ENOENT\b).*?) ENOENT\b/,
  /(?:command not found|No such file or directory|not found in [$%]PATH%?|exec|[Tt]he term|Cannot run program|start process|Cannot find module|can't open file|Failed to spawn|Failed to parse|docker):? ?['"`‘](?<joined>[^'"`‘’]+ [^'"`’]+)['"`’]/,
  /^['"]{1,2}(?<joined>[^'"]+ [^'"]+)['"]{1,2} (?:is not recogni[sz]ed|ist entweder|n'est pas reconnu|no se reconoce)/,
  /(?:sh|bash|zsh|\d): ['"`‘]?(?<joined>[\w./~-]+ [^:'’]+)['"`’]?: (?:command not found|not found|No such file)/,
];

/** Wordings of parsers that were given an option and its value, or several options, as one argument. */
const ONE_ARGUMENT =
  /(?:unexpected argument|unrecognized subcommand|invalid tag name|invalid package name|Unknown command:) ?['"](?<joined>[^'"]*\S [^'"]+)['"]|\bbad option: (?<option>-\S+ \S.*)|unknown shorthand flag: ' ' in (?<flag>-.*)|No module named {2}(?<module>[\w.]+)/i;

/** Clients that split or run the command of an entry as a shell does. */
const SHELL = /\bcursor\b|\bshell\b/i;

/** Programs for which one argument may be a whole command line. */
const TAKES_LINES = /^(?:(?:ba|z|da|fi)?sh|cmd|powershell|pwsh|ssh|wsl|env|su|osascript|nix-shell)(?:\.exe)?$/i;
/** What a program says that was given an option and its value in one. */
const NOT_UNDERSTOOD =
  /no such file|not found|cannot find|ENOENT|unknown|unrecogni[sz]ed|unexpected|invalid|illegal|usage:|bad option|must supply/i;

const split = (text: string): string[] => text.trim().split(/\s+/);

export default defineCause({
  id: 'config-command-joined',
  title: 'The program and its arguments stand in one string, which is taken as the name of a program or file',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'spawn npx -y @scope/server ENOENT',
    "'npx -y server' is not recognized as an internal or external command",
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...FAILED_START,
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'launch-entry-point-missing',
    'launch-windows-shim',
    'runtime-dependency-missing',
    'process-config-rejected',
  ],

  match(given) {
    if (!failed(given)) return null;
    const { launch, process } = given;
    // Structured logs escape the quotation marks of what they hold.
    const lines = words(given).map((line) => ({ ...line, text: line.text.replaceAll('\\"', '"') }));
    const named = LOOKED_FOR.map((pattern) =>
      find(
        lines.filter(({ text }) => isJoined(pattern.exec(text)?.groups?.joined ?? '')),
        pattern,
      ),
    ).find(Boolean);
    const one = find(lines, ONE_ARGUMENT);
    const option = one && (one.groups.joined ?? one.groups.option ?? one.groups.flag ?? `-m ${one.groups.module}`);
    // A server over HTTP was started by its operator, and its command line is told as they typed it.
    const remote = (given.reported?.transport ?? 'stdio') !== 'stdio';
    const entry = launch && !remote && isJoined(launch.command) ? launch.command : undefined;
    const spawned = process?.spawnError?.path ?? '';
    // An argument that names a file and an option in one, and there is no such file.
    const index =
      process?.exit?.by === 'itself' && process.exit.code !== 0
        ? (launch?.paths ?? []).findIndex(({ word, exists }) => !exists && isJoined(word))
        : -1;
    const word = launch?.paths[index]?.word;
    // An option and its value in one argument of the entry: "-c /home/me/mcp.json".
    const pair = TAKES_LINES.test(programOf(launch?.command))
      ? -1
      : (launch?.args ?? []).findIndex((arg) => /^--?[A-Za-z][\w-]* [@\w./~\\-]/.test(arg));
    const said = pair < 0 ? undefined : lines.find(({ text }) => NOT_UNDERSTOOD.test(text));
    const runner = /^(?:np[mx]|pnpm|pnpx|bunx?|uvx?|yarn)$/i.test(programOf(launch?.command));
    const inArgs = pair >= 0 && (said || runner || saysNothing(given)) ? launch?.args[pair] : undefined;
    const joined = entry ?? (isJoined(spawned) ? spawned : undefined) ?? named?.groups.joined ?? option ?? word;
    if (!joined && inArgs)
      return {
        certainty: said ? 'likely' : 'possible',
        cites: [...(said ? [said.at] : []), at('launch', 'args', pair)],
        facts: { joined: inArgs.trim(), words: split(inArgs), whole: false },
      };
    if (!joined || (entry && launch?.lookup?.found)) return null;
    const refused = process?.spawnError?.code === 'ENOENT' || launch?.lookup?.found === null || named !== undefined;
    // A client with a shell runs a joined command, and whoever left a word was started.
    const started =
      (given.stderr?.lines.length ?? 0) > 0 ||
      given.stdout !== undefined ||
      given.handshake ||
      (process?.pid ?? null) !== null;
    if (
      entry &&
      !refused &&
      (launch?.lookup || started || process?.exit?.code === 0 || SHELL.test(given.reported?.client ?? ''))
    )
      return null;
    const cites = [
      ...(process?.spawnError && refused ? [at('process', 'spawnError', 'message')] : []),
      ...(named ? [named.line.at] : one && !entry ? [one.line.at] : []),
      ...(entry ? [at('launch', 'command')] : []),
      ...(word && !entry ? [at('launch', 'paths', index, 'word')] : []),
    ];
    // No option has a blank in its name.
    const option_ = joined === option && /^--?[A-Za-z][\w-]* \S/.test(joined);
    return {
      certainty: (entry && refused) || option_ ? 'certain' : 'likely',
      cites,
      facts: { joined: joined.trim(), words: split(joined), whole: joined !== option },
    };
  },
  say: ({ joined, whole }) =>
    whole
      ? `"${joined}" was taken as the name of one program or file, and there is none of that name.`
      : `"${joined}" reached the program as one single argument, which it does not know.`,
  fix: ({ words, whole }) => {
    const [command = '', ...args] = words.map((word) => JSON.stringify(word));
    return [
      whole && LAUNCHER.test(words[0]?.split(/[\\/]/).pop() ?? '')
        ? {
            say: 'Split it: the program alone in "command", every argument as its own string in "args" (before those that are there already).',
            edit: {
              file: 'the client config',
              at: 'command',
              to: `"command": ${command}, "args": [${args.join(', ')}]`,
            },
          }
        : {
            say: 'Split it: every word is its own string in "args".',
            edit: { file: 'the client config', at: 'args', to: [command, ...args].join(', ') },
          },
      { say: 'Restart the client.' },
    ];
  },
  why: 'A client hands "command" and each string of "args" to the operating system as they are. No shell splits them at blanks, so a command line pasted into one string names a program that does not exist.',
  refs: [
    'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    'https://nodejs.org/api/child_process.html#child_processspawncommand-args-options',
  ],
  examples: [
    {
      name: 'the client names the whole line',
      finds: true,
      symptoms: { clientError: 'spawn npx -y @modelcontextprotocol/server-memory ENOENT' },
    },
    {
      name: 'seen in the entry',
      finds: true,
      symptoms: { entry: { command: 'uvx mcp-server-fetch' }, clientError: 'spawn uvx mcp-server-fetch ENOENT' },
    },
    {
      name: 'an entry, and not a word of the reason',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        entry: { command: 'uvx mcp-server-time --local-timezone=Europe/Berlin' },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'a client that splits, and a program that ran',
      finds: false,
      symptoms: { client: 'cursor', entry: { command: 'npx -y acme-mcp' }, clientError: 'Client closed' },
    },
    {
      name: 'an option glued to the script',
      finds: true,
      symptoms: {
        entry: { command: 'node', args: ['/srv/index.js --stdio'] },
        stderr: "Error: Cannot find module '/srv/index.js --stdio'",
        exitCode: 1,
      },
    },
    {
      name: 'an option and its value as one argument',
      finds: true,
      symptoms: { stderr: "error: unexpected argument '--from git+https://x/y z' found", exitCode: 2 },
    },
    { name: 'a folder with a blank', finds: false, symptoms: { clientError: 'spawn /Users/me/My Servers/run ENOENT' } },
    {
      name: 'a plain command',
      finds: false,
      symptoms: { entry: { command: 'npx', args: ['-y', 'x'] }, clientError: 'spawn npx ENOENT' },
    },
  ],
});
