import { exitName, signalBehind } from '../case/exit-status.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, WORDS, words } from './words.js';

/** Signals that come from outside; a program that crashes gets others (SIGSEGV, SIGABRT). */
const OUTSIDE = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);
/** How shells, supervisors and runtimes report it. A bare "Killed" is the shell's; "Killed: 9" that of macOS. */
const SAID = [
  /\b(?:killed|terminated|ended|exited|died)(?: (?:by|with|due to|on|because of))?(?: a)? \(?signal:? ?\(?(?<name>SIG(?:KILL|TERM|INT|HUP|QUIT)|9|15|killed|terminated)\b/i,
  /\b(?:killed|terminated|ended|exited|died|stopped|interrupted)\b(?: \w+)? (?:by|with|on|from|due to)(?: a)?(?: signal)? \(?(?<name>SIG(?:KILL|TERM|INT|HUP|QUIT))\b|\bcode=killed, status=(?<number>9|15)\//i,
  /\b(?:process|container|server|child|worker) (?:was |has been |got )?(?<word>(?<!(?:never|not) (?:been )?)killed)\b|\bexit(?:ed)?(?: with)?(?: code| status)?[ :=(]{1,3}(?<code>137|143)\b/i,
  /\b(?:received|got|caught|on|due to|handling)(?: (?:a|the|signal|shutdown signal))?:? (?<name>SIG(?:TERM|INT|HUP|QUIT))\b|\b(?<first>SIG(?:TERM|INT|HUP|QUIT))(?: signal)? received\b|\bsignal received:? (?<last>SIG(?:TERM|INT|HUP|QUIT))\b|\b(?:received|got|caught) signal:? (?<name2>15|2|terminated|interrupt)\b/i,
  /\b(?:received|got|caught) (?<name>SIG(?:TERM|INT|HUP|QUIT))\b|\bsignal: (?<go>killed|terminated)\b/i,
  /(?:^|: |\s)(?<word>(?:(?<=zsh: |^)k|K)illed|Terminated)(?:: (?<number>9|15))?(?:\s+\S.{0,80})?$/,
  /\b(?<word>OOM-?kill(?:ed|er)?|oom-kill)\b|\bOut of memory: (?<number>Kill)(?:ed)?\b/i,
  // A trace of system calls.
  /\bkill\(\d+, (?<name>SIG(?:KILL|TERM|INT|HUP))\)/,
];
const NAMES: Record<string, string> = {
  '9': 'SIGKILL',
  '137': 'SIGKILL',
  killed: 'SIGKILL',
  '15': 'SIGTERM',
  '143': 'SIGTERM',
  terminated: 'SIGTERM',
  '2': 'SIGINT',
  interrupt: 'SIGINT',
};

export default defineCause({
  id: 'process-killed',
  title: 'The server process was ended by a signal from outside',
  culprit: 'platform',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Server disconnected',
    'process exited with code 137',
    'process exited with code 143',
  ],
  needs: [],
  uses: [...WORDS],
  explains: FAILED_START,

  match(given) {
    const { exit } = given.process ?? {};
    if (exit?.by === 'us') return null;
    const live = given.process !== undefined && given.process.pid !== null;
    const sent = exit ? signalBehind(exit.code, exit.signal) : null;
    if (exit && sent && OUTSIDE.has(sent))
      return {
        // SIGKILL leaves no word: the kernel (memory, code signature) and a person use the same signal.
        certainty: live && sent !== 'SIGKILL' ? 'certain' : 'likely',
        cites: [at('process', 'exit')],
        facts: { signal: sent, status: exitName(exit.code, exit.signal), during: given.process?.pending[0] ?? null },
      };
    if (live) return null;
    const hit = find(
      words(given).filter(({ from }) => from !== 'stdout'),
      ...SAID,
    );
    if (!hit) return null;
    const { name, go, number, word: said, code, first, last, name2 } = hit.groups;
    const word = name ?? go ?? number ?? said ?? code ?? first ?? last ?? name2 ?? '';
    if (exit && exit.code === 0) return null;
    // A server that logs SIGTERM may have been ended by the client, at the end of a good conversation.
    return {
      certainty: /received|got|caught|^(?:on|due to|handling)/i.test(hit.match[0]) ? 'possible' : 'likely',
      cites: [hit.line.at],
      facts: { signal: NAMES[word.toLowerCase()] ?? word.toUpperCase(), status: 'reported', during: null },
    };
  },
  say: ({ signal, status, during }) =>
    `The server did not end by itself: something outside ended it with ${signal}${status === 'reported' || status.startsWith('signal') ? '' : ` (${status})`}${during ? ` before it answered "${during}"` : ''}.`,
  fix: ({ signal }) => [
    signal === 'SIGKILL'
      ? {
          say: 'Ask the kernel whether it did it (out of memory on Linux; on macOS a refused code signature stands in the same log):',
          run: 'journalctl -k --since "1 hour ago" | grep -iE "killed process|out of memory" || log show --last 1h --predicate \'eventMessage CONTAINS "Killed"\'',
          windows:
            'Get-WinEvent -LogName Application -MaxEvents 200 | Where-Object Message -Match "terminated|faulting" | Select-Object -First 10 TimeCreated, Message',
        }
      : {
          say: 'Find who sends the signal: a time limit (`timeout`), a process manager, a file watcher (nodemon, tsx watch), `docker stop`, or a second client that ends "old" copies. Remove it from the entry, or raise its limit. Look whether it is a container that was stopped:',
          run: 'docker ps -a --filter status=exited',
        },
    {
      say: 'Start the server alone in a terminal, outside the client, and see whether it lives:',
      run: 'mcp-verdict verify -- <command>',
    },
  ],
  why: 'Exit codes above 128 are how shells and container engines report a signal: 137 is 128 + 9 (SIGKILL), 143 is 128 + 15 (SIGTERM). The server has no say in it, and SIGKILL leaves no line in its log.',
  refs: ['https://man7.org/linux/man-pages/man7/signal.7.html', 'https://tldp.org/LDP/abs/html/exitcodes.html'],
  examples: [
    {
      name: 'a signal, seen live',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGTERM', atMs: 300, by: 'itself' },
          lifetimeMs: 300,
          pending: ['initialize'],
        },
      },
    },
    {
      name: 'exit code 143',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32000: Connection closed', exitCode: 143 },
    },
    {
      name: 'the word of a shell',
      finds: true,
      symptoms: { transport: 'stdio', stderr: '/srv/run.sh: line 3:  4711 Killed                  node server.js' },
    },
    {
      name: 'a supervisor',
      finds: true,
      symptoms: { serverLog: 'WARN exited: notes (terminated by SIGKILL; not expected)' },
    },
    {
      name: 'Go, of its child',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'mcp server notes: wait: signal: killed' },
    },
    {
      name: 'a server that was asked to stop',
      finds: true,
      symptoms: { serverLog: 'notes-mcp ready\nSIGTERM received, shutting down' },
    },
    {
      name: 'we ended it ourselves',
      finds: false,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGKILL', atMs: 9000, by: 'us' },
          lifetimeMs: 9000,
          pending: [],
        },
      },
    },
    { name: 'a segmentation fault is a crash', finds: false, symptoms: { signal: 'SIGSEGV' } },
  ],
});
