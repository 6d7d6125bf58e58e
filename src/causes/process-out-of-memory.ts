import { containerLine } from '../case/container-line.js';
import { signalBehind } from '../case/exit-status.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, WORDS, words } from './words.js';

/** The runtime itself gave up: its own limit is reached. */
const RUNTIME = [
  /JavaScript heap out of memory|<--- Last few GCs --->|\bMark-Compact\b.{0,120}\b(?:allocation failure|last resort)|Reached heap limit|near heap limit Allocation failed|ERR_WORKER_OUT_OF_MEMORY|reaching memory limit|Array buffer allocation failed|node::OOMErrorHandler|RangeError: Out of memory|[Ff]atal (?:process|JavaScript) (?:out of memory|OOM)|Zone Allocation failed|invalid (?:table|array) size Allocation failed|v8::internal::.{0,60}OOM/,
  /java\.lang\.OutOfMemoryError|insufficient memory for the Java Runtime|Could not reserve enough space for \S* ?object heap|GC overhead limit exceeded/,
  /(?:^|[\s.])_?(?:Array)?MemoryError(?:$|:)|\bUnable to allocate [\d.]+ [KMGT]iB|CUDA out of memory|OutOfMemoryError\b|\bNoMemoryError\b|failed to allocate memory/,
  /std::bad_alloc|runtime: out of memory|runtime: cannot allocate memory|memory allocation of \d+ bytes failed|System\.OutOfMemoryException|Allowed memory size of \d+ bytes exhausted|panic: OutOfMemory|fatal: out of memory|\bunable to allocate memory\b|\b[Cc]annot allocate memory\b|\bVirtualAlloc of \d+ bytes failed/i,
  /\bENOMEM\b|Cannot allocate memory|paging file is too small|os error 1455|Not enough storage is available/i,
];
/** The system or the platform ended it. */
const KILLED =
  /\bOOM-?[Kk]ill(?:ed|er)?\b|\boom[-_](?:kill|reaper)|Out of memory: Kill(?:ed)?|[Mm]emory cgroup out of memory|oom-kill:constraint|\boom_score|Resource-Exhaustion-Detector|[Ss]ystem (?:has run|ran|is) (?:out of|low on) (?:application )?memory|status=9\/KILL.{0,40}oom|code=oom-kill|Memory (?:quota|limit)(?: of [\d.]+ \w+)? (?:vastly )?exceeded|exceeded (?:its |the )?memory (?:limit|quota)|[Rr]an out of memory|[Rr]unning out of memory|\bOut of memory\b|\bOOM\b/;
/** A report that holds a memory figure in gigabytes: the processes together, or one heap. */
const FIGURE =
  /\b(?:rss|heap\w*|memory|processes|working set)\b.{0,80}\b(?:\d+(?:\.\d+)?\s?G(?:i|iB|B)?\b|GBs?\b|GiBs?\b)/i;
const PLENTY = 1024 ** 3;

export default defineCause({
  id: 'process-out-of-memory',
  title: 'The server process ran out of memory',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected', 'JavaScript heap out of memory'],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    'process-killed',
    'deploy-crashed',
    'container-exited',
    'container-restarting',
    'edge-bad-gateway',
    'http-server-error',
    ...FAILED_START,
  ],

  match(given) {
    const lines = words(given).filter(({ text }) => !/max-old-space-size=\d+ (?:is|was) (?:set|used)/.test(text));
    const exit = given.process?.exit?.by === 'itself' ? given.process.exit : null;
    const sent = exit ? signalBehind(exit.code, exit.signal) : null;
    const peak = given.process?.peakRssBytes ?? null;
    const fact = (by: string, said: string | null) => ({
      by,
      said,
      peakMegabytes: peak === null ? null : Math.round(peak / 1024 ** 2),
      node:
        /\b(?:node|npx|npm|pnpm|yarn|tsx)\b/.test(given.launch?.command ?? '') || /JavaScript|node::/.test(said ?? ''),
    });
    const own = find(lines, ...RUNTIME);
    if (own)
      return {
        certainty: exit ? 'certain' : 'likely',
        cites: [own.line.at],
        facts: fact('its runtime', own.line.text.trim().slice(0, 160)),
      };
    if (given.process?.oomKilled)
      return {
        certainty: 'certain',
        cites: [at('process', 'oomKilled'), ...(exit ? [at('process', 'exit')] : [])],
        facts: fact('the system', null),
      };
    const killed = find(lines, KILLED);
    if (killed)
      return {
        certainty: exit && /kill/i.test(killed.line.text) ? 'certain' : 'likely',
        cites: [killed.line.at],
        facts: fact('the system', killed.line.text.trim().slice(0, 160)),
      };
    // Windows: STATUS_NO_MEMORY and STATUS_COMMITMENT_LIMIT.
    if (exit?.code === 3221225495 || exit?.code === 3221225773)
      return { certainty: 'certain', cites: [at('process', 'exit')], facts: fact('the system', null) };
    if (sent === 'SIGKILL' && peak !== null && peak >= PLENTY)
      return {
        certainty: 'likely',
        cites: [at('process', 'peakRssBytes'), at('process', 'exit')],
        facts: fact('the system', null),
      };
    // The limit of a container is the first suspect when its server is killed.
    const limit = (given.launch?.args ?? []).findIndex((word) => /^(?:--memory(?:=|$)|-m$|-m\d)/.test(word));
    if (sent === 'SIGKILL' && limit >= 0 && containerLine(given.launch))
      return {
        certainty: 'likely',
        cites: [at('process', 'exit'), at('launch', 'args', limit)],
        facts: fact('the system', null),
      };
    const figure = find(lines, FIGURE);
    const entry = given.reported?.entry && FIGURE.exec(given.reported.entry);
    if (figure)
      return {
        certainty: 'possible',
        cites: [figure.line.at],
        facts: fact('figure', figure.line.text.trim().slice(0, 160)),
      };
    // Nobody else kills so often without a word.
    if (sent === 'SIGKILL' && peak === null)
      return { certainty: 'possible', cites: [at('process', 'exit')], facts: fact('signal', null) };
    return entry ? { certainty: 'possible', cites: [at('reported', 'entry')], facts: fact('figure', entry[0]) } : null;
  },
  say: ({ by, said, peakMegabytes }) =>
    by === 'signal'
      ? 'The server was ended with SIGKILL, as the kernel and container engines do when memory runs out; nothing was told of the memory it used.'
      : by === 'figure'
        ? `The report speaks of gigabytes of memory ("${said}"): a server that grows so is ended when the limit of its machine or container is reached.`
        : `The server process was ended by ${by} because memory ran out${peakMegabytes === null ? '' : ` (its processes used up to ${peakMegabytes} MB)`}${said ? `: "${said}"` : ''}.`,
  fix: ({ node, by }) => [
    node
      ? {
          say: "Raise the heap limit in the server's entry. If a build such as tsc runs at every start, build once and start the built file instead:",
          edit: { file: 'the client config', at: 'env', to: '"env": { "NODE_OPTIONS": "--max-old-space-size=4096" }' },
        }
      : {
          say:
            by === 'its runtime'
              ? "Raise the runtime's own limit (Java: -Xmx2g, PHP: memory_limit) or let the server load less: a smaller index, model or folder."
              : 'Raise the memory limit of the container, service or machine, or let the server load less: a smaller index, model or folder.',
        },
    {
      say: 'Count the copies: when every session starts a process that nobody ends, end the idle ones and give the bridge a session timeout:',
      run: 'ps -eo rss,etime,args --sort=-rss | head -20',
      windows:
        'Get-Process | Sort-Object WorkingSet -Descending | Select-Object -First 20 Id, WorkingSet, StartTime, Path',
    },
    { say: 'When it grows over hours it is a leak in the server: report it with the figures above.' },
  ],
  why: 'A runtime has its own heap limit, and the kernel or a container platform has another one for the whole process; the second ends it with SIGKILL (exit code 137) and no last word. Servers that build, index or keep one process for each session reach either.',
  refs: [
    'https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib',
    'https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/',
  ],
  examples: [
    {
      name: 'the heap limit of V8',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          '<--- Last few GCs --->\nFATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb7a940 node::Abort() [node]',
        exitCode: 134,
      },
    },
    {
      name: 'a Python MemoryError',
      finds: true,
      symptoms: {
        stderr:
          'Traceback (most recent call last):\n  File "server.py", line 3, in <module>\n    data = bytearray(10**12)\nMemoryError',
        exitCode: 1,
      },
    },
    {
      name: 'Kubernetes killed the pod',
      finds: true,
      symptoms: { transport: 'stdio', serverLog: 'Last State: Terminated, Reason: OOMKilled, Exit Code: 137' },
    },
    {
      name: 'killed with three gigabytes in use',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGKILL', atMs: 900, by: 'itself' },
          lifetimeMs: 900,
          pending: ['initialize'],
          peakRssBytes: 3_221_225_472,
        },
      },
    },
    {
      name: 'a container with a memory limit',
      finds: true,
      symptoms: { entry: { command: 'docker', args: ['run', '-i', '--rm', '-m', '64m', 'acme/notes'] }, exitCode: 137 },
    },
    {
      name: 'the engine tells',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: 137, signal: null, atMs: 900, by: 'itself' },
          lifetimeMs: 900,
          pending: ['initialize'],
          oomKilled: true,
        },
      },
    },
    {
      name: 'killed, but small',
      finds: false,
      evidence: {
        process: {
          pid: 7,
          exit: { code: null, signal: 'SIGKILL', atMs: 900, by: 'itself' },
          lifetimeMs: 900,
          pending: ['initialize'],
          peakRssBytes: 40_000_000,
        },
      },
    },
    {
      name: 'a large file is no lack of memory',
      finds: false,
      symptoms: { stderr: 'Error: File too large: 5 GB', exitCode: 1 },
    },
  ],
});
