import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { SILENCE } from './consequences.js';
import { runWords, starterOf } from './installers.js';
import { find, WORDS, words } from './words.js';

/** Questions that a launcher asks before it installs or runs, each with the option that answers it. */
const QUESTIONS: [RegExp, { who: string; flag: string }][] = [
  [/Ok to proceed\?|Need to install the following packages?\b|["'`]Need to ins/i, { who: 'npx', flag: '-y' }],
  [/npx canceled due to missing packages and no YES option|npm (?:error|ERR!) canceled$/i, { who: 'npx', flag: '-y' }],
  [/Corepack is about to download|Do you want to continue\? \[Y\/n\]/i, { who: 'corepack', flag: '' }],
  [
    /Tool package \S+ will be downloaded|\bwill be downloaded from source\b|Proceed\? \[y\/n\]/i,
    { who: 'dnx', flag: '--yes' },
  ],
  [/Deno requests .{1,60} access|Allow\? \[y\/n/i, { who: 'deno', flag: '-A' }],
  [/Proceed \(\[?y\]?\/n\)\?/i, { who: 'conda', flag: '--yes' }],
  [
    /^(?:Username|Password|Enter passphrase|Passphrase) for (?:key )?['"]|Are you sure you want to continue connecting|^(?:\[sudo\] )?password for \S+:\s*$/i,
    { who: 'git', flag: '' },
  ],
  [/\?.{0,12}[[(](?:y(?:es)?\/n(?:o)?|y\/n\/[aA]\w*)[\])][ :›>]{0,4}$/i, { who: 'launcher', flag: '--yes' }],
  [
    /Would you like to install it(?: now)?\?.*\[?y\/n|Do you want to install .{1,60}\? ?[[(]y\/n/i,
    { who: 'launcher', flag: '--yes' },
  ],
];
/** Somebody did answer, in a terminal. */
const ANSWERED = /\(y\)\s*y(?:es)?\b/i;
/** What goes wrong afterwards is another failure. */
const FAILED = /\b(?:Error|Exception|npm (?:error|ERR!)(?! canceled)|Traceback|E[A-Z]{5,}|throw|fatal)\b/;
const CANCELED = /canceled/i;

/** What a client says when nothing came back: it tells nothing of the reason. */
const GENERIC =
  /timed? ?out|timeout|-3200[01]|connection closed|disconnected|failed to (?:connect|start|load|reload|initiali[sz]e)|not connected|no (?:tools|response)|loading|connecting|waiting|hang|stuck|red (?:dot|light)|client closed|transport (?:is )?closed|closed unexpectedly|could not (?:attach|connect)|no server info|0 tools|starting|could not be started/i;

/** Options of npx that take a word of their own. */
const TAKES_A_WORD = /^(?:-p|--package|-c|--call|-w|--workspace|--registry|--cache|--prefix|--userconfig|--loglevel)$/;

/** The package of an npx command line without `-y`, or null when the question is answered, or there is none. */
function unanswered(words: string[]): string | null {
  let package_: string | null = null;
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? '';
    if (/^(?:-\w*y\w*|--yes(?:=.*)?|--no-install|--no|-n|--offline)$/.test(word) && package_ === null) return null;
    const named = /^(?:--package=|-p=)(?<name>.+)$/.exec(word)?.groups?.name;
    if (named) package_ ??= named;
    else if (/^(?:-p|--package)$/.test(word)) package_ ??= words[++i] ?? null;
    else if (TAKES_A_WORD.test(word)) i++;
    else if (!word.startsWith('-')) {
      package_ ??= word;
      break;
    }
  }
  // A file or a folder is not fetched.
  return package_ && !/^(?:\.|\/|~|[A-Za-z]:|\$)/.test(package_) ? package_ : null;
}

type Asked = { who: string; flag: string; package: string; asked: boolean; guessed: boolean };

export default defineCause({
  id: 'install-prompt-waiting',
  title: 'The launcher asks before it installs the server, and nobody answers',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Need to install the following packages: ... Ok to proceed? (y)',
    'npx canceled due to missing packages and no YES option',
    'MCP error -32001: Request timed out',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...SILENCE,
    'stdio-polluted-by-server',
    'stdio-polluted-by-launcher',
    'process-crashed',
    'process-returns-early',
  ],

  match(given): Match<Asked> | null {
    const { launch, process, reported, handshake } = given;
    const lines = words(given);
    for (const [pattern, asked] of QUESTIONS) {
      const hit = find(lines, pattern);
      if (!hit || lines.some(({ text }) => ANSWERED.test(text))) continue;
      const i = lines.findIndex((line) => line.at === hit.line.at);
      const failedAfter = lines.slice(i + 1).some(({ from, text }) => from === hit.line.from && FAILED.test(text));
      const canceled = CANCELED.test(hit.line.text);
      const package_ =
        /Need to install the following packages?:\s*(?<name>[@\w][^\s:,]*)/.exec(hit.line.text)?.groups?.name ??
        /^\s*(?<name>@?[\w.-]+(?:\/[\w.-]+)?@\S+)\s*$/.exec(lines[i + 1]?.text ?? '')?.groups?.name ??
        unanswered(runWords(launch));
      return {
        // Written and nothing after it, or given up for it: there is no other reading.
        certainty:
          canceled || (handshake && !process?.exit && lines.findLast(({ joined }) => !joined)?.at === hit.line.at)
            ? 'certain'
            : failedAfter
              ? 'possible'
              : 'likely',
        cites: [hit.line.at],
        facts: { who: asked.who, flag: asked.flag, package: package_ ?? '', asked: !canceled, guessed: false },
      };
    }
    // Nobody saw a question. An npx without -y that was never heard of again may stand at one.
    if (handshake || process || !launch || !/^npx$/i.test(starterOf(launch))) return null;
    const package_ = unanswered(runWords(launch));
    const thin = lines.every(({ from, text }) => from === 'client' && GENERIC.test(text));
    if (!package_ || !thin || reported?.url) return null;
    return {
      certainty: 'possible',
      cites: [launch.args.length ? at('launch', 'args') : at('launch', 'command')],
      facts: { who: 'npx', flag: '-y', package: package_, asked: true, guessed: true },
    };
  },
  say: ({ who, package: package_, asked, guessed }) =>
    guessed
      ? `The entry starts npx without -y. Where ${package_} is not installed yet, npx may be waiting for the answer to "Ok to proceed? (y)", which no client gives.`
      : asked
        ? `${who} asked on the terminal whether it may ${who === 'deno' || who === 'git' ? 'go on' : `install ${package_ || 'the package'}`}, and waits for an answer that no client gives.`
        : `${who} was not allowed to install ${package_ || 'the package'} without asking, and had nobody to ask, so it gave up.`,
  fix: ({ who, package: package_ }) => {
    const edit = (to: string) => ({ file: 'the client config', at: 'args', to });
    if (who === 'corepack')
      return [
        {
          say: 'Switch the question off in the entry:',
          edit: { file: 'the client config', at: 'env', to: '"env": { "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0" }' },
        },
        { say: 'Or answer it once in a terminal.' },
      ];
    if (who === 'deno')
      return [{ say: 'Grant the permissions in the entry:', edit: edit('"args": ["run", "-A", "<script>"]') }];
    if (who === 'git')
      return [
        {
          say: 'Let git reach the repository without asking: store the login, or accept the key of the host, once in a terminal:',
          run: 'git ls-remote <address of the repository>',
        },
        {
          say: 'So that it fails with a message instead of waiting, forbid the question in the entry:',
          edit: { file: 'the client config', at: 'env', to: '"env": { "GIT_TERMINAL_PROMPT": "0" }' },
        },
      ];
    if (who === 'npx')
      return [
        {
          say: 'Answer in advance: put -y first among the arguments of npx.',
          edit: edit(`"args": ["-y", "${package_ || '<package>'}"]`),
        },
        { say: 'Or install it once:', run: `npm install -g ${package_ || '<package>'}` },
        { say: 'When npx still gives up, an .npmrc says "yes=false". See which one:', run: 'npm config get yes' },
      ];
    return [{ say: `Answer in advance: add --yes to the arguments of ${who}.`, edit: edit('"--yes"') }];
  },
  why: 'Before npx installs a package that is not there yet it asks, unless it was told -y or sees no terminal (older releases ask even then). Under an MCP client nobody sees the question: its stdin carries the protocol. The server never starts, and the client reports a time-out.',
  refs: [
    'https://docs.npmjs.com/cli/v11/commands/npx',
    'https://github.com/ChromeDevTools/chrome-devtools-mcp/pull/215',
    'https://github.com/nodejs/corepack#environment-variables',
  ],
  examples: [
    {
      name: 'the question itself',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['chrome-tools-mcp@latest'] },
        stderr: 'Need to install the following packages:\nchrome-tools-mcp@0.6.0\nOk to proceed? (y) ',
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'the question on stdout, as a client reads it',
      finds: true,
      symptoms: { clientError: `Unexpected token 'N', "Need to ins"... is not valid JSON` },
    },
    {
      name: 'npx that may not ask',
      finds: true,
      symptoms: {
        stderr: 'npm error npx canceled due to missing packages and no YES option: ["foo-mcp@1.0.0"]',
        exitCode: 1,
      },
    },
    {
      name: 'nothing but an entry without -y',
      finds: true,
      symptoms: {
        transport: 'stdio',
        client: 'cursor',
        entry: { command: 'npx', args: ['chrome-tools-mcp@latest'] },
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'corepack',
      finds: true,
      symptoms: {
        entry: { command: 'pnpm', args: ['dlx', 'foo-mcp'] },
        stderr:
          '! Corepack is about to download https://npm.registry.example/pnpm/-/pnpm-9.1.0.tgz\n? Do you want to continue? [Y/n]',
      },
    },
    {
      name: 'git asks for a login',
      finds: true,
      symptoms: {
        entry: { command: 'uvx', args: ['git+https://github.com/acme/mcp'] },
        stderr: "Username for 'https://github.com':",
      },
    },
    {
      name: 'ssh asks whether to trust the host',
      finds: true,
      symptoms: {
        stderr:
          "The authenticity of host 'github.com' can't be established.\nAre you sure you want to continue connecting (yes/no/[fingerprint])?",
      },
    },
    {
      name: 'an entry with -y',
      finds: false,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'chrome-tools-mcp@latest'] },
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'an entry without -y, and another reason',
      finds: false,
      symptoms: {
        entry: { command: 'npx', args: ['foo-mcp'] },
        stderr: "TypeError: Cannot read properties of undefined (reading 'map')",
        exitCode: 1,
      },
    },
  ],
});
