import type { Evidence } from '../case/evidence.js';
import { exitMeaning, exitName, signalBehind } from '../case/exit-status.js';
import { at } from '../case/pointer.js';
import { shellLine } from '../case/shell-word.js';
import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { ofSurroundings } from './surroundings.js';
import { find, findAll, type Line, MILD, REPLY, unlogged, WORDS, words } from './words.js';

/** The line that names the error, in every language; frames, code excerpts and the runtime's version are no such line. */
const NAMED =
  /^[\s|+│-]*(?:\S+ \S+ )?(?:\[?\w+\]?:? )?(?:Uncaught (?:\(in promise\) )?|Unhandled exception\. |Caused by: |Exception in thread "[^"]*" |PHP Fatal error:\s+Uncaught |error: (?:Uncaught \(in promise\) )?)?(?:[\w$]+[.:]{1,2})*(?:[A-Z][\w$]*)?(?:Error|Exception|Exit|Fault|Failure)\b(?: \[\w+\])?(?:: |$)/;
const PANIC =
  /^(?:thread '[^']*'(?: \(\d+\))? panicked at |panic: |fatal error: |goroutine \d+ \[running\]|\*\* \(\w+\) |\S+\.rb:\d+:in |terminate called|terminating due to|Fatal error: |PHP Fatal error)|\b(?:Segmentation fault|Bus error|Illegal instruction|Aborted \(core|core dumped|stack smashing detected|double free or corruption|Assertion .{1,80} failed|free\(\): invalid)|unhandled[ -]?(?:promise[ -]?)?rejection|uncaught[ -]?exception|\bpanicked(?: at|:)|\bCannot (?:drop|start) a runtime (?:in a context|from within)|\bcalled `(?:Result|Option)::(?:unwrap|expect)|\bundefined method .{1,80}\((?:NoMethodError)\)|\((?:No\w+|\w+)Error\)$|\balready borrowed\b|\bnot yet implemented\b|\bunreachable code\b|\b(?:server|worker|task|thread|goroutine)\b.{0,30}\bpanic(?:ked)?\b(?: message)?:|\bcrashed with\b|\bunhandled(?!\W{1,3}(?:method|request|notification|message|event|case|type|tool|resource|prompt))/i;
const FRAME =
  /^\s+at (?:\S.*[:(]|async )|^[\s│|+]*File "[^"]+", line \d+|^Traceback \(most recent|\+ Exception Group Traceback|^goroutine \d+|^\s+\d+: (?:0x|\w+::)|^\s*from \S+:\d+:in |^\s+\S+\.go:\d+/;
/** A supervisor's word on a process that ended. */
const SUPERVISOR =
  /\bCrashLoopBackOff\b|Back-?off restarting failed|entered FATAL state|\bexited: \S+ \(|Main process exited, code=|\bgave up\b.{0,40}\brestart|too many (?:unstable )?restarts|\bELIFECYCLE\b|^Exit status \d+$/i;
/** The server says that it is up: an error in its log it survived, unless something says that it ended. */
const UP =
  /\b(?:running|started|listening|ready|serving|connected|initiali[sz]ed|available|up)\b.{0,30}\b(?:stdio|port \d+|https?:|successfully|and running|client|transport|for (?:requests|messages|connections))|\b(?:listening|serving) (?:on|at)\b|\bserver (?:is )?(?:running|ready|started|connected)\b|Application startup complete|waiting for (?:requests|messages|input)|Processing request of type|request handler completed|\bhandling (?:CallTool|ListTools)|\btools\/(?:list|call)\b/i;
const OVER =
  /connection (?:was )?closed|disconnected|transport (?:is )?closed|closed unexpectedly|\b(?:exit(?:ed|ing)|terminated|ended|crash\w*|died|shutting down|stopped)\b|-32000\b/i;
/** A server that says in one line that it gives up. */
const GAVE_UP =
  /\b(?:failed to (?:run|start|initiali[sz]e|launch)|fatal(?: error)?|could not start|error (?:running|starting)|server (?:error|crashed|failed)|unhandled (?:error|exception|rejection)|panic(?: message)?|crash(?:ed)?)\b.{0,40}[:\]] ?\S/i;
const ANY = /\b(?:error|fatal|exception|critical|failed|panic)\b/i;
/** The trace of a program that an installer ran: the server itself was never started. */
const BUILDING =
  /subprocess-exited-with-error|metadata-generation-failed|Failed (?:to build|building wheel)|build backend returned an error|gyp ERR!/;
/** A line with words in it that is no warning, no frame and no version. */
const LAST = /^(?!\s+at |Node\.js v|.*\bwarn(?:ing)?\b).*\p{L}{3}/iu;
const ERRNO = /\bE[A-Z]{4,}\b/;
/** Ends that other causes tell: not started at all, or ended by somebody. */
const NOT_A_CRASH = new Set([13, 125, 126, 127, 9009]);
const OUTSIDE = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGPIPE']);

const LOST = /-32000\b|\bconnection closed\b|\bserver disconnected\b|\btransport closed unexpectedly\b/i;

/** An error that came over the wire: the other side has it, and lives. */
const REMOTE = /\bMcp(?:Protocol)?(?:Error|Exception)\b/;
/** Words of a complaint, when no error is named. */
const VAGUE =
  /\b(?:error|fail(?:ed|ure|s)?|fatal|exception|cannot|can't|could(?: not|n't)|unable|unexpected|undefined|invalid|illegal|not (?:supported|allowed|permitted|possible|implemented)|abort(?:ed|ing)?|giving up)\b/i;

const commandOf = (launch: Evidence['launch'] | undefined): string | null =>
  launch ? shellLine([launch.command, ...launch.args]) : null;

/** Python and Java name the error last, Rust below the panic, every other trace first. */
function decisive(lines: Line[]): Line | null {
  const rust = lines.findIndex(({ text }) => /^thread '.*panicked at .*:\d+:\d+:$/.test(text));
  if (rust >= 0) return lines[rust + 1] ?? lines[rust] ?? null;
  const named = findAll(lines, NAMED).map(({ line }) => line);
  const first = named[0];
  const caused = named.filter(({ text }) => text.startsWith('Caused by: ')).at(-1);
  const python = lines.some(({ text }) => /Traceback \(most recent/.test(text));
  // `throw new Error` shows the thrown code, then the error: the first named line is not below a frame.
  return (python ? named.at(-1) : (caused ?? first)) ?? find(lines, PANIC)?.line ?? null;
}

/** A trace that was cut off above: what stands before its first frame, else the frame. */
function above(lines: Line[]): Line | undefined {
  const i = lines.findIndex(({ text }) => FRAME.test(text));
  const before = lines[i - 1];
  return before && /\p{L}{3}/u.test(before.text) && !/\bwarn|^\S*\s*\^/i.test(before.text) ? before : lines[i];
}

/** What a server said on stderr before its client lost it, unless it had said that it is up. */
function lastOfTheEnded(all: Line[], said: Line[]): Line | undefined {
  const own = said.filter(({ from }) => from === 'stderr');
  const lost = all.some(({ from, text }) => from === 'client' && LOST.test(text));
  return lost && own.length <= 3 && !own.some(({ text }) => UP.test(text) || /\bstdio\b/i.test(text))
    ? own.filter(({ text }) => LAST.test(text)).at(-1)
    : undefined;
}

export default defineCause({
  id: 'process-crashed',
  title: 'The server process crashed',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Server disconnected',
    'Server transport closed unexpectedly, this is likely due to the process exiting early',
    'process exited with code 1',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'worlds'],
  explains: SILENCE,

  match(given) {
    const { exit, spawnError } = given.process ?? {};
    if (spawnError || exit?.by === 'us') return null;
    const opened = given.handshake?.initialize.status === 'answered' || given.handshake?.discover.status === 'answered';
    const pending = given.process?.pending ?? [];
    const sent = exit ? signalBehind(exit.code, exit.signal) : null;
    const bad =
      exit && (sent ? !OUTSIDE.has(sent) : exit.code !== null && exit.code !== 0 && !NOT_A_CRASH.has(exit.code));
    // Code 0 in the middle of a request is an end as well, when the conversation was open.
    if (exit && !bad && !(opened && exit.code === 0 && pending.length)) return null;
    // A living process may print a trace and go on.
    if (!exit && given.process && given.process.pid !== null) return null;
    const accessLog = words(given).some(({ text }) => /"(?:GET|POST|DELETE|OPTIONS) \/\S* HTTP\/[\d.]+"/.test(text));
    const overHttp = accessLog || given.http || given.reported?.url || /http|sse/.test(given.reported?.transport ?? '');
    const remote = words(given).some(({ text }) => REMOTE.test(text));
    const said = words(given).filter(
      ({ from, text, joined }) =>
        !joined &&
        from !== 'client' &&
        !REPLY.test(text) &&
        !(remote && (REMOTE.test(text) || FRAME.test(text))) &&
        !/\b(?:npm (?:ERR!|error|warn)(?! Exit status))|\bMCP error -/.test(text),
    );
    // Whoever answers is there.
    const answered = words(given).some(({ text }) => REPLY.test(text));
    const traced = said.some(({ text }) => FRAME.test(text));
    const panic = find(said, PANIC)?.line;
    const named = decisive(said);
    const line =
      named ??
      find(said, GAVE_UP)?.line ??
      (traced ? above(said) : undefined) ??
      (exit ? findAll(said, ANY).at(-1)?.line : undefined) ??
      find(said, SUPERVISOR)?.line;
    // Some complaint of a server over stdio that nobody knows better: where to look, not more.
    const vague =
      !exit && !line && !overHttp && given.reported?.transport === 'stdio' && !given.process && !answered
        ? said
            .filter(
              ({ from, text }) =>
                (from === 'stderr' || from === 'server-log') &&
                // A level that a logger or a client gave the line is no complaint.
                VAGUE.test(unlogged(text)) &&
                !MILD.test(text) &&
                // A wait that ran out, or a list that is not taken, is no end.
                !/\btimed? ?out\b|\b(?:tools|resources|prompts)\/list\b|\btools fetch\b/i.test(text),
            )
            .at(-1)
        : undefined;
    // The client saw the end, and the server had said one thing before it, of which nobody knows more.
    const only =
      !exit && !line && !vague && !overHttp && !given.process && !answered && given.reported?.transport === 'stdio'
        ? lastOfTheEnded(words(given), said)
        : undefined;
    if (vague ?? only)
      return {
        certainty: 'possible',
        cites: [(vague ?? only)?.at ?? ''],
        facts: {
          error: vague?.text.trim().slice(0, 240) ?? null,
          lastWords: only?.text.trim().slice(0, 240) ?? null,
          status: null,
          during: null,
          initialized: null,
          command: commandOf(given.launch),
        },
      };
    // Over HTTP a server outlives the error that it logs, unless its supervisor says that it ended.
    const ended = exit ?? find(said, SUPERVISOR);
    if (overHttp ? !ended || (!line && given.process?.pid === null) : !exit && !line) return null;
    // Nothing that looks like an error: then the last words of the server, whatever they are.
    const last =
      line || !exit ? undefined : said.filter(({ from, text }) => from === 'stderr' && LAST.test(text)).at(-1);
    const hard = sent !== null && /^SIG(?:SEGV|ABRT|BUS|FPE|TRAP|SYS)$/.test(sent);
    const built = said.some(({ text }) => BUILDING.test(text));
    // What starts in another environment is no mere fault of the program.
    const bug = !given.worlds?.deciding && !built && (!line || (!ofSurroundings(line.text) && !ERRNO.test(line.text)));
    const all = words(given);
    const survived =
      !exit &&
      !panic &&
      !all.some(({ text }) => OVER.test(text) || SUPERVISOR.test(text)) &&
      said.some((other) => other !== line && UP.test(other.text));
    // Pasted text is cut: what stood above the error may say why.
    return {
      certainty: survived
        ? 'possible'
        : exit && bug && given.process?.pid != null && (hard || (named && (traced || panic)))
          ? 'certain'
          : 'likely',
      cites: [...(line ? [line.at] : last ? [last.at] : []), ...(exit ? [at('process', 'exit')] : [])],
      facts: {
        error:
          line?.text
            .replace(/^[\s│|+]+/, '')
            .trim()
            .slice(0, 240) ?? null,
        lastWords: last?.text.trim().slice(0, 240) ?? null,
        status: exit ? `${exitName(exit.code, exit.signal)}, ${exitMeaning(exit.code, exit.signal)}` : null,
        during: pending[0] ?? null,
        initialized: given.handshake ? opened : null,
        command: commandOf(given.launch),
      },
    };
  },
  say: ({ error, lastWords, status, during, initialized }) => {
    const before = during ?? (initialized === false ? 'initialize' : null);
    const place = before
      ? ` before it answered "${before}"`
      : initialized
        ? ' after it had answered every request'
        : '';
    const after = initialized && before ? ', although initialize had been answered' : '';
    return `The server process crashed${place}${after}${status ? ` (${status})` : ''}${error ? `: "${error}"` : lastWords ? `. Its last words were "${lastWords}"` : ', and left no word of the reason'}.`;
  },
  fix: ({ error, command, during }) => [
    error
      ? {
          say: `Correct what the error line says, in the server's code${during ? ` for ${during}` : ''} (the first frame of the trace that is no library is the place). If the server is not yours, report the line to its authors.`,
        }
      : {
          say: 'Start the server in a terminal to read what it says before it ends:',
          run: command ?? '<command of the entry>',
        },
    command && /^(?:npx|bunx|pnpm|yarn|uvx|pipx)\b/.test(command)
      ? {
          say: 'Until it is mended, pin the last release that worked in the entry, since the launcher fetches the newest:',
          edit: {
            file: 'the client config',
            at: 'args',
            to: /^(?:uvx|pipx)/.test(command) ? '"<package>==<older version>"' : '"<package>@<older version>"',
          },
        }
      : { say: 'Until it is mended, go back to the version of the server and its dependencies that worked last.' },
    { say: 'Check again:', run: `mcp-verdict verify -- ${command ?? '<command>'}` },
  ],
  why: 'An exception that nobody catches ends the process, and the client only sees that the pipe closed: the same message for every crash. The reason stands in the last lines of stderr, which most clients keep in a log file of their own.',
  refs: [
    'https://modelcontextprotocol.io/docs/tools/debugging',
    'https://nodejs.org/api/process.html#event-uncaughtexception',
  ],
  examples: [
    {
      name: 'behind remarks about what the server can do without',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          "Warning: SENTRY_DSN is not set, error reporting disabled\nMetrics port 9464 already in use (EADDRINUSE), metrics disabled\nTypeError: Cannot read properties of undefined (reading 'map')\n    at load (file:///srv/index.js:4:9)",
        exitCode: 1,
      },
    },
    {
      name: 'an exception of Node.js',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'file:///srv/index.js:4\n  tools.map(x => x);\n        ^\n\nTypeError: tools.map is not a function\n    at file:///srv/index.js:4:9\n\nNode.js v20.17.0',
        exitCode: 1,
      },
    },
    {
      name: 'a launcher that tells in one line',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          "Failed to run server: Server.run() missing 3 required positional arguments: 'read_stream', 'write_stream', and 'initialization_options'",
      },
    },
    {
      name: 'a panic of Rust',
      finds: true,
      symptoms: {
        stderr:
          "thread 'main' panicked at src/main.rs:12:5:\nindex out of bounds: the len is 0 but the index is 1\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        exitCode: 101,
      },
    },
    {
      name: 'only an exit code',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32000: Connection closed', exitCode: 1 },
    },
    {
      name: 'a supervisor that starts it again',
      finds: true,
      symptoms: {
        serverLog:
          '2026-02-03 10:11:12,131 INFO spawned: notes with pid 31\n2026-02-03 10:11:13,002 WARN exited: notes (exit status 1; not expected)',
      },
    },
    {
      name: 'a pod that does not stay up',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'notes-7c9f 0/1 CrashLoopBackOff 5 (20s ago)\nTypeError: tools.map is not a function',
      },
    },
    {
      name: 'an error that the server survived over HTTP',
      finds: false,
      symptoms: { transport: 'streamable-http', serverLog: 'TypeError: tools.map is not a function' },
    },
    {
      name: 'a trace without its first line',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: '    at loadTools (/srv/notes/dist/tools.js:44:11)\n    at main (/srv/notes/dist/index.js:9:3)',
      },
    },
    {
      name: 'a panic in the words of a framework',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'Server panic message: index out of range [3] with length 3' },
    },
    {
      name: "a panic of the client's own",
      finds: false,
      symptoms: {
        clientError: "thread 'main' panicked at src/ui.rs:12:5:\n[signal SIGSEGV: segmentation violation code=0x1]",
      },
    },
    {
      name: 'a segmentation fault during tools/list',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGSEGV', atMs: 300, by: 'itself' },
          lifetimeMs: 300,
          pending: ['tools/list'],
        },
        handshake: { initialize: { status: 'answered' }, discover: { status: 'not-asked' } },
      },
    },
    {
      name: 'ended by us',
      finds: false,
      evidence: {
        process: { pid: 7, exit: { code: 1, signal: null, atMs: 300, by: 'us' }, lifetimeMs: 300, pending: [] },
      },
    },
    {
      name: 'the end of a program that had nothing to do',
      finds: false,
      symptoms: { transport: 'stdio', exitCode: 0 },
    },
    {
      name: 'an error that came over the wire',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr:
          "ModelContextProtocol.McpException: Request failed (remote): An error occurred invoking 'export'.\n   at Notes.Client.RunAsync(String name)",
      },
    },
    {
      name: 'a reply with an error in it',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stdout: '{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"Fatal error: cannot list tools"}}',
      },
    },
  ],
});
