import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { find, findAll, type Line, WORDS, words } from './words.js';

/** A server that writes to a client that is gone, in every runtime. */
const BROKEN_PIPE =
  /\bEPIPE\b|\bBroken ?Pipe(?:Error)?\b|\bos error (?:32|109|232)\)|\[Errno 32\]|write \|1: broken pipe|The pipe (?:has been ended|is being closed)|ERR_STREAM_(?:DESTROYED|WRITE_AFTER_END)|write after end/i;
/** A person, or a list of processes, tells what was left. */
const TOLD = [
  /\borphan(?:ed|s|ing)?\b(?! (?:response|reply|message|request))|\bnone of (?:them|the(?:se|m)? ?\w*) (?:ever )?(?:exits?|ends?|stops?|terminates?|quits?)\b|\b(?:session|client|window|terminal|parent|editor) (?:was |is |has |had )?(?:closed|ended|gone|quit|died|exited)\b.{0,20}\b(?:long ago|already|hours|days|but)\b|\b(?:stays?|still|remains?|keeps?|kept) (?:on )?(?:alive|running|up)\b.{0,40}\b(?:after|when|once|although|even)\b|\bexits? only (?:after|on|with) SIG(?:TERM|KILL)\b|\bnever (?:be(?:en|ing)? )?(?:killed|cleaned|reaped|terminated)\b|\bzombies?\b|<defunct>|\bppid[ =:]*1\b|\bleav(?:es?|ing)\b.{0,60}\bprocess(?:es)?\b.{0,20}\b(?:behind|running|alive)\b|\breparented\b|\bleftover (?:server |node |python )?process/i,
  /\bprocess(?:es)?\b.{0,80}\b(?:left (?:behind|over|running)|(?:still|keeps?|remains?|stays?) (?:on )?(?:running|alive|around|there)|never (?:exits?|ends?|terminates?|dies?)|(?:do(?:es)?|did) ?n[o']t (?:exit|terminate|end|die|quit|shut ?down|stop)|accumulat\w+|pil(?:e|ing) up|leak\w*|not (?:cleaned up|terminated|killed|reaped))\b|\bserver\b.{0,60}\b(?:never exits?|keeps? running|(?:does|did)n?.?t? ?(?:not )?exit|still running|stays? alive)\b.{0,80}\b(?:after|when|once|stdin|client|session|clos\w+)\b/i,
  /\b(?:[5-9]\d|\d{3})(?:\.\d+)?(?:[–-]\d{1,3})? ?%.{0,20}\bCPU\b|\bCPU\b.{0,30}\b(?:[89]\d|\d{3})(?:\.\d+)? ?%|\bCPU-(?:minutes|hours)\b|\b(?:busy|infinite|tight)[- ]?loop(?:s|ing)?\b|\bspin(?:s|ning)\b.{0,40}\b(?:CPU|core|loop)\b/i,
];
/** The count of equal programs: "36 orphaned instances", "92 serve.py processes". */
const MANY =
  /\b(?<count>\d{1,4}) (?:[\w.@/-]{1,40} ){0,3}(?:processes|instances|copies)\b|\b(?:processes|instances|copies)(?: (?:alive|running|left))?: {1,4}(?<number>\d{1,4})\b/i;
/** A line of ps: a process id, figures, and a command. */
const PS =
  /^\s*(?:\w[\w+-]*\s+)?\d{2,7}\s+.{0,80}?(?:\s|\/)(?<program>node|python[\d.]*|npx?|npm exec|uvx?|bun|deno|java|dotnet|docker)\b\s*(?<rest>\S.{0,80})?$/;

/** A line of docker ps, of tasklist, and of a list by start time: what runs, since when. */
const LISTS = [
  /^\s*[0-9a-f]{12}\s+(?<rest>\S+)\s.{0,160}\bUp (?:about |less than )?(?:an? |\d+ )?(?:hour|day|week|minute|month)/i,
  /^(?<rest>(?:node|python[\d.]*|npx|uvx?|bun|deno|java|dotnet)\.exe)\s+\d{2,7}\s+(?:Console|Services|RDP)/i,
  /^\s*\S{1,12}\s+(?:\d{1,2}:\d\d ?[AP]M|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ?\d{1,2}(?::\d\d)?[AP]M)\s+(?<rest>[a-z][\w@/.-]{2,60}\b)/,
];
/** A command that counts processes, and below it how many there are. */
const COUNTS = /\b(?:ps|pgrep|tasklist)\b.{0,160}\b(?:wc -l|find \/c)|\bgrep -c\b|\bpgrep -\w*c|\/proc\/\*/;
function counted(lines: Line[]): Line | undefined {
  return lines.find(({ text, from }, i) => {
    const number = lines[i + 1];
    return COUNTS.test(text) && number?.from === from && /^\s*(?:[3-9]|\d{2,4})\s*$/.test(number.text);
  });
}
/** The same program several times in a list of processes. */
function repeated(lines: Line[]): Line | undefined {
  for (const pattern of LISTS) {
    const running = findAll(lines, pattern);
    const same = running.find(({ groups }) => running.filter((other) => other.groups.rest === groups.rest).length > 2);
    if (same) return same.line;
  }
  const seen = new Map<string, Line[]>();
  for (const { line, groups } of findAll(lines, PS)) {
    const key = `${groups.program} ${groups.rest ?? ''}`;
    seen.set(key, [...(seen.get(key) ?? []), line]);
  }
  return [...seen.values()].find(
    (same) => same.length >= (same.some(({ text }) => /\s(?:[89]\d|1\d\d)\.\d\s/.test(text)) ? 2 : 3),
  )?.[0];
}

export default defineCause({
  id: 'process-outlives-client',
  title: 'The server goes on running after its client has gone',
  culprit: 'server',
  severity: 'degraded',
  seenAs: ['write EPIPE', 'orphaned processes', 'CPU 100 %'],
  needs: [],
  uses: [...WORDS, 'launch', 'catalog'],
  // What is left behind takes the memory, until the system or a person ends it.
  explains: ['process-crashed', 'process-out-of-memory', 'process-killed'],

  match(given) {
    const { process, handshake, catalog, reported, launch } = given;
    const { shutdown } = process ?? {};
    const facts = { sign: 'told', force: null as string | null, waitedMs: 0, left: 0, said: null as string | null };
    const opened = handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';
    const whole = opened && catalog?.lists.every(({ outcome }) => outcome === 'listed' || outcome === 'not-declared');
    // Only of a sound conversation: a server that hangs has another trouble. And only when it had the time that clients give.
    // A question that came when we had gone already keeps the process for the time-out of its answer: no client leaves so soon.
    const waits = shutdown?.needed === 'sigterm' && shutdown.asked !== undefined;
    if (whole && shutdown && shutdown.eofToExitMs === null && shutdown.waitedMs >= 1_500 && !waits)
      return {
        certainty: 'certain',
        severity: shutdown.needed === 'sigkill' ? 'degraded' : 'risky',
        cites: [at('process', 'shutdown'), ...(process?.leftBehind ? [at('process', 'leftBehind')] : [])],
        facts: {
          ...facts,
          sign: 'live',
          force: shutdown.needed === 'sigkill' ? 'SIGKILL' : 'SIGTERM',
          waitedMs: shutdown.waitedMs,
          left: process?.leftBehind ?? 0,
        },
      };
    if (process && process.pid !== null) return null;
    const lines = words(given);
    // Over HTTP nobody started it: only what is told of processes counts, not a client that goes round in circles.
    const remote = !launch && (reported?.transport === 'streamable-http' || reported?.transport === 'sse');
    if (remote && !lines.some(({ text }) => /process|orphan|zombie|\bPIDs?\b|\bCPU\b|EPIPE|memory/i.test(text)))
      return null;
    const own = lines.filter(({ from }) => from !== 'client');
    const pipes = findAll(own, BROKEN_PIPE);
    const told = find(lines, ...TOLD);
    const list = repeated(lines) ?? counted(lines);
    const many = find(lines, MANY);
    const entry =
      reported?.entry && (MANY.exec(reported.entry) ?? TOLD.map((p) => p.exec(reported.entry ?? '')).find(Boolean));
    const handled = pipes.length > 1 || pipes.some(({ line }) => /uncaught|ignor|recover|swallow/i.test(line.text));
    if (told || list || (handled && pipes.length))
      return {
        certainty: 'likely',
        cites: [...new Set([told?.line.at, list?.at, pipes[0]?.line.at].filter((one) => one !== undefined))],
        facts: {
          ...facts,
          sign: told || list ? 'told' : 'pipe',
          said: (told?.line ?? list ?? pipes[0]?.line)?.text.trim().slice(0, 200) ?? null,
        },
      };
    if (pipes[0] && !process?.exit)
      return {
        certainty: 'possible',
        cites: [pipes[0].line.at],
        facts: { ...facts, sign: 'pipe', said: pipes[0].line.text.trim().slice(0, 200) },
      };
    if (many && Number(many.groups.count ?? many.groups.number) > 2)
      return {
        certainty: 'possible',
        cites: [many.line.at],
        facts: { ...facts, said: many.line.text.trim().slice(0, 200) },
      };
    return entry
      ? { certainty: 'possible', cites: [at('reported', 'entry')], facts: { ...facts, said: entry[0] } }
      : null;
  },
  say: ({ sign, force, waitedMs, left, said }) =>
    sign === 'live'
      ? `The server works, but it does not end when its client goes: ${Math.round(waitedMs / 100) / 10} s after its stdin was closed it still ran, and it took ${force} to end it${left ? `; ${left} of its processes were left even then` : ''}. Every client that closes or crashes leaves one behind.`
      : sign === 'pipe'
        ? `The server goes on writing to a client that is gone${said ? ` ("${said}")` : ''}: it neither notices the end of its stdin nor takes the broken pipe as a reason to stop.`
        : `Processes of the server outlive the client that started them${said ? `: "${said}"` : ''}. They keep memory, ports and locks, and some spin on the closed pipe.`,
  fix: () => [
    {
      say: 'In the server: end when stdin ends or stdout breaks, whatever else is still open.',
      edit: {
        file: 'the server (Node.js; in Python leave the loop at EOF, and cancel what still runs)',
        to: "process.stdin.on('end', () => process.exit(0));\nprocess.stdin.on('close', () => process.exit(0));\nprocess.stdout.on('error', () => process.exit(0));",
      },
    },
    {
      say: 'An uncaughtException handler must not go on after EPIPE: its own log line fails again, which is the endless loop.',
    },
    {
      say: 'Until then, end what is left (look at the list first; on Windows: taskkill /F /PID <id>):',
      run: "ps -eo pid,ppid,etime,pcpu,args | awk '$2 == 1 && /mcp/'",
      windows:
        "Get-CimInstance Win32_Process | Where-Object { $_.CommandLine -match 'mcp' } | Select-Object ProcessId, ParentProcessId, CreationDate, CommandLine",
    },
    { say: 'Check the new version:', run: 'mcp-verdict verify -- <command>' },
  ],
  why: 'A stdio server lives as long as its stdin: its end is the only sign on every system that the client is gone (Windows sends no signal at all). SDK transports read stdin but leave the end to the program, so a timer, an open socket or a handler that swallows EPIPE keeps it alive.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#shutdown',
    'https://github.com/web-infra-dev/midscene/pull/2157',
    'https://github.com/ooples/token-optimizer-mcp/pull/177',
  ],
  examples: [
    {
      name: 'it asked for the roots when we had gone already',
      finds: false,
      evidence: {
        process: {
          pid: 4711,
          lifetimeMs: 400,
          pending: [],
          exit: { code: null, signal: 'SIGTERM', atMs: 2_400, by: 'us' },
          shutdown: { eofToExitMs: null, waitedMs: 2_000, needed: 'sigterm', asked: ['roots/list'] },
        },
        handshake: { initialize: { status: 'answered' }, discover: { status: 'not-asked' }, used: 'initialize' },
        catalog: { lists: [] },
      },
    },
    {
      name: 'counted',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog: 'ps -eo pid,etime,command | grep notes-mcp | grep -v grep | wc -l\n71',
      },
    },
    {
      name: 'EPIPE again and again',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'notes: uncaught: EPIPE write EPIPE\nnotes: uncaught: EPIPE write EPIPE',
      },
    },
    {
      name: 'a list of processes',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          '  501   4711     1   0 node /srv/notes/dist/index.js\n  501   4712     1   0 node /srv/notes/dist/index.js\n  501   4713     1   0 node /srv/notes/dist/index.js',
      },
    },
    {
      name: 'in words',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'orphaned notes-mcp processes at 100% CPU after the session was closed',
      },
    },
    {
      name: 'seen live',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGKILL', atMs: 4_000, by: 'us' },
          lifetimeMs: 500,
          pending: [],
          shutdown: { eofToExitMs: null, waitedMs: 2_000, needed: 'sigkill' },
          leftBehind: 0,
        },
        handshake: { initialize: { status: 'answered' }, discover: { status: 'not-asked' }, used: 'initialize' },
        catalog: { lists: [] },
      },
    },
    {
      name: 'it ended at the end of stdin',
      finds: false,
      evidence: {
        process: {
          pid: 7,
          exit: { code: 0, signal: null, atMs: 600, by: 'us' },
          lifetimeMs: 500,
          pending: [],
          shutdown: { eofToExitMs: 20, waitedMs: 2_000, needed: 'eof' },
        },
        handshake: { initialize: { status: 'answered' }, discover: { status: 'not-asked' }, used: 'initialize' },
        catalog: { lists: [] },
      },
    },
    {
      name: 'a server that never answered does not end either',
      finds: false,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGTERM', atMs: 4_000, by: 'us' },
          lifetimeMs: 4_000,
          pending: ['initialize'],
          shutdown: { eofToExitMs: null, waitedMs: 2_000, needed: 'sigterm' },
        },
        handshake: { initialize: { status: 'unanswered' }, discover: { status: 'not-asked' } },
      },
    },
    {
      name: 'the client cannot write: the server is gone',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'Error: write EPIPE', exitCode: 1 },
    },
    {
      name: 'containers that stayed',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          'CONTAINER ID   IMAGE          CREATED       STATUS\n2a55cef7afb5   acme/notes     2 hours ago   Up 2 hours\n11453ae06a6d   acme/notes     6 hours ago   Up 6 hours\n207c224f8d3a   acme/notes     2 days ago    Up 2 days',
      },
    },
    {
      name: 'the task list of Windows',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          'node.exe                     14236 Console                    1     61,204 K\nnode.exe                     15020 Console                    1     60,988 K\nnode.exe                      9912 Console                    1     61,020 K',
      },
    },
  ],
});
