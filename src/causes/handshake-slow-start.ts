import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { shellLine } from '../case/shell-word.js';
import { type Certainty, defineCause } from './cause.js';
import { raiseOf, waitOf } from './limits-of-clients.js';
import { slowStart } from './played.js';
import { PLAYED } from './played-example.js';
import { failed, find, type Hit, type Line, unlogged, WORDS, words } from './words.js';

/** Something is fetched, built or loaded before the server can speak. */
const WORK = [
  /\bDownload(?:ing|ed)\b.{1,120}?\(?\d[\d.,]* ?(?:[KMG]i?B|%)|^\s*Downloading \S|\bDownloading (?:and |the )?(?:model|embedding|weights|browser|chromium|depend|package|image|data|index|file|require)/i,
  /^(?:Installed|Prepared|Resolved) \d+ packages? in|^\s*(?:Building|Built|Compiling|Preparing|Collecting|Fetching|Pulling|Installing)\b \S|^Installing collected packages|\bInstalling (?:depend|package|require)\w*/,
  /^npm (?:http fetch|warn deprecated|info run)|^added \d+ packages?,? .{0,60}\bin \d/i,
  /: Pulling (?:from|fs layer)|^Unable to find image|\b(?:Pull|Download) complete\b|^[0-9a-f]{12}: (?:Downloading|Extracting|Waiting)/,
  /^go: downloading|Downloading from \w+: |Determining projects to restore|^\[INFO\] Download|Starting a Gradle Daemon/,
  /\b(?:loading|initiali[sz]ing|warming up|building|creating|rebuilding|loaded)\b.{0,40}\b(?:model|embeddings?|index|weights|checkpoint|vector ?(?:store|db|database)|transformer|tokenizer|knowledge base|cache)\b|^Fetching \d+ files|Loading checkpoint shards|\b(?:indexing|warm(?:ing)?[- ]?up)\b/i,
  /\b(?:Started|ready|initialized|loaded)\b.{0,60}\bin (?:[1-9]\d\d?(?:\.\d+)? ?s(?:ec(?:onds)?)?|\d{5,6} ?ms)\b/i,
  /\bcold[- ]?(?:start|cache|boot)|\bfirst[- ](?:run|start|time|launch)\b.{0,60}\b(?:slow|long|download|install|minute|fail)|\b(?:slow|long)\b.{0,20}\b(?:start(?:up)?|boot|import)\b|\btakes? (?:about |around |~|over |more than |up to )?\d+ ?(?:s|sec\w*|min\w*)\b.{0,40}\b(?:start|load|initiali|import|boot)/i,
];
/** The client gave up on the start. */
const START_TIMEOUT =
  /startup_timeout|\b(?:MCP )?(?:startup|start|init\w*|handshake|connection|connect(?:ing)?|server)\b.{0,80}\b(?:timed? ?out|timeout|time-out|deadline exceeded|no response within)|\b(?:timed? ?out|timeout|deadline exceeded|took (?:over|longer than|more than))\b.{0,80}\b(?:start|init\w*|connect\w*|handshake|startup|server)|\binitialize\b.{0,60}\btook over \d|MCP startup incomplete|Operation timed out after \d+ ?ms|(?:连接|启动|初始化|連接|啟動).{0,12}(?:超时|逾時|超時)|タイムアウト|시간 초과/i;
const ANY_TIMEOUT =
  /-?32001\b|\btimed? ?out\b|\btimeout\b|context deadline exceeded|Waited \d+(?:\.\d+)? seconds|deadline has elapsed|超时|逾時|Zeitüberschreitung|délai d.attente|tiempo de espera/i;
/** The handshake was over: a call or a list waits. */
const LATER =
  /tools?\/call|call(?:ing|ed)? (?:the )?tool|\btool (?:call|execution|["'`])|CallToolRequest|No result received|\b(?:tools|resources|prompts)\/list\b|TOOL_TIMEOUT|session|\bidle\b/i;
/** The server says that it is up: it is not slow, something else is wrong. */
const UP =
  /\b(?:running|listening|started|ready|connected|serving)\b.{0,40}\b(?:stdio|transport|std ?in)|with transport ['"]?stdio/i;
const ENDED = /\b(?:error|exception|traceback|fatal|panic|not found|denied|refused|ERESOLVE|ENOENT|EACCES|failed)\b/i;

/** Commands that fetch or build the server first, with what fetches it beforehand. */
const FETCHERS: [RegExp, (words: string[]) => string | null][] = [
  [/^(?:npx|pnpx|bunx|npm|pnpm|yarn|bun)$/, (w) => (packageIn(w) ? `npm install -g ${packageIn(w)}` : null)],
  [/^(?:uvx|pipx)$/, (w) => (packageIn(w) ? `uv tool install ${packageIn(w)}` : null)],
  [/^(?:uv|poetry|hatch|pixi|conda)$/, () => 'uv sync'],
  [/^(?:docker|podman|nerdctl)$/, (w) => (imageIn(w) ? `docker pull ${imageIn(w)}` : null)],
  [/^(?:dnx|dotnet)$/, () => 'dotnet build -c Release'],
  [/^(?:go|cargo|mvn|mvnw|gradle|gradlew|jbang|sbt|deno|nix|java)$/, () => null],
];
const SUBCOMMAND = /^(?:exec|dlx|x|run|tool|start|create|--|-y|--yes|-q|--quiet)$/;
const packageIn = (args: string[]): string | undefined =>
  args.find((arg) => !arg.startsWith('-') && !SUBCOMMAND.test(arg) && /^[@\w][\w@./+-]*$/.test(arg));
const imageIn = (args: string[]): string | undefined =>
  args.find((arg) => /^[\w.-]+(?::\d+)?(?:\/[\w.-]+)+(?::[\w.-]+)?(?:@sha256:\w+)?$|^[\w.-]+:[\w.-]+$/.test(arg));

function fetcherOf(launch: Evidence['launch'] | undefined): { name: string; warm: string | null } | null {
  // A bridge waits for the other side of its URL.
  if (!launch || launch.args.some((arg) => /^https?:\/\//.test(arg))) return null;
  const all = [launch.command, ...launch.args].map((word) =>
    (word.split(/[\\/]/).pop() ?? '').replace(/\.(?:cmd|exe|bat)$/i, '').toLowerCase(),
  );
  // A shell in front of it only hands over.
  const start = /^(?:cmd|(?:ba|z)?sh|env|wsl)$/.test(all[0] ?? '')
    ? all.findIndex((w, i) => i > 0 && /^[a-z]/.test(w))
    : 0;
  const name = (all[start] ?? '').split(' ')[0] ?? '';
  const known = FETCHERS.find(([pattern]) => pattern.test(name));
  return known ? { name, warm: known[1]([launch.command, ...launch.args].slice(start + 1)) } : null;
}

/** The shortest limit that is common: below it nobody notices. */
const NOTICED_MS = 10_000;
/** A second start that is much faster than the first shows what the first was busy with. */
const isCold = (waitedMs: number | null, againMs: number | null): boolean =>
  againMs === null || waitedMs === null || againMs < waitedMs * 0.6;
const told = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** What the words alone say: work at the start, a client that gave up on it, or both. */
function fromWords(
  lines: Line[],
  work: Hit | null,
  fetches: boolean,
): { certainty: Certainty; cites: string[]; gaveUp: boolean } | null {
  const said = lines.filter(({ from }) => from !== 'stdout');
  if (said.some(({ text }) => LATER.test(text))) return null;
  const start = find(said, START_TIMEOUT);
  const client = said.filter(({ from }) => from === 'client');
  const timeout = start ?? find(client, ANY_TIMEOUT);
  const waits = find(said, /Waiting for (?:MCP )?server to respond/i);
  const own = said.filter(({ from }) => from !== 'client');
  const broke = own.some(({ text }) => ENDED.test(unlogged(text)) && !ANY_TIMEOUT.test(text) && !/\bwarn/i.test(text));
  if (broke || (!work && own.some(({ text }) => UP.test(text)))) return null;
  const last = own.at(-1)?.text ?? '';
  const cites = [work, timeout ?? waits].flatMap((hit) => (hit ? [hit.line.at] : []));
  const found = (certainty: Certainty) => ({ certainty, cites, gaveUp: timeout !== null });
  if (work && timeout) return found('likely');
  // Nothing but the fetching was seen: it had not come to its end.
  if (work && WORK.some((pattern) => pattern.test(last))) return found('likely');
  if (start && (fetches || /startup_timeout/i.test(start.line.text))) return found('likely');
  return start || ((timeout || waits) && fetches) ? found('possible') : null;
}

export default defineCause({
  id: 'handshake-slow-start',
  title: 'The server needs longer to start than the client waits',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'MCP error -32001: Request timed out',
    'Connection to MCP server "notes" timed out after 30000ms',
    'MCP client for `notes` timed out after 10 seconds. Add or adjust `startup_timeout_sec` in your config.toml',
    'failed to initialize: context deadline exceeded',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'client'],
  explains: ['handshake-unanswered', 'catalog-list-fails'],

  live: slowStart,
  match(given) {
    const { process, handshake, launch, reported, http } = given;
    if (http || reported?.url || (reported?.transport ?? 'stdio') !== 'stdio' || process?.spawnError) return null;
    const fetcher = fetcherOf(launch);
    const facts = (over: { waitedMs?: number; againMs?: number; work?: Hit | null; answered?: boolean }) => ({
      waitedMs: over.waitedMs ?? null,
      againMs: over.againMs ?? null,
      answered: over.answered ?? false,
      work: over.work?.line.text.trim().slice(0, 120) ?? null,
      fetcher: fetcher?.name ?? null,
      warm: fetcher?.warm ?? null,
      client: reported?.client ?? null,
      windows: reported?.os === 'windows',
      command: launch ? shellLine([launch.command, ...launch.args]) : '<command>',
    });
    const { again } = process ?? {};
    const first = handshake?.initialize.status === 'answered' ? handshake.initialize : handshake?.discover;
    if (first?.status === 'answered') {
      if ((first.ms ?? 0) < NOTICED_MS) return null;
      return {
        certainty: 'certain',
        severity: 'degraded',
        cites: [
          at('handshake', handshake?.initialize.status === 'answered' ? 'initialize' : 'discover'),
          ...(again ? [at('process', 'again')] : []),
        ],
        facts: facts({ waitedMs: first.ms, againMs: again?.ms, answered: true }),
      };
    }
    if (process?.exit?.by === 'itself' || (handshake && handshake.initialize.status !== 'unanswered')) return null;
    if (!failed(given)) return null;
    const lines = words(given);
    const work = find(
      lines.filter(({ from }) => from !== 'stdout'),
      ...WORK,
    );
    if (handshake) {
      const waitedMs = process?.silence?.waitedMs ?? handshake.initialize.ms;
      if (again?.outcome === 'answered')
        return {
          certainty: 'certain',
          cites: [at('process', 'again')],
          facts: facts({ waitedMs, againMs: again.ms, work }),
        };
      if (!work && !process?.silence?.busy) return null;
      return {
        certainty: work && again?.outcome !== 'unanswered' ? 'likely' : 'possible',
        cites: [...(work ? [work.line.at] : []), at('handshake', 'initialize')],
        facts: facts({ waitedMs, work }),
      };
    }
    const heard = fromWords(lines, work, fetcher !== null);
    if (!heard) return null;
    return {
      certainty: !heard.gaveUp && process?.exit ? 'possible' : heard.certainty,
      cites: [...heard.cites, ...(fetcher && launch ? [at('launch', 'command')] : [])],
      facts: facts({ work }),
    };
  },
  say: ({ waitedMs, againMs, answered, work, fetcher, client }) => {
    const limit = waitOf(client, 'start');
    const waits = limit === null ? '' : ` ${client} waits ${limit} s for it.`;
    const again =
      againMs === null
        ? ''
        : isCold(waitedMs, againMs)
          ? ` The second start took ${told(againMs)}, so the first one was busy fetching or building.`
          : ` The second start took as long (${told(againMs)}): nothing is left to fetch, the server itself needs that time.`;
    const doing = work ? ` ("${work}")` : '';
    if (answered && waitedMs !== null)
      return `The server answers initialize only after ${told(waitedMs)}; clients that wait 10, 20 or 30 s have given up by then.${again}${waits}`;
    if (waitedMs !== null)
      return `The server was still starting after ${told(waitedMs)}${doing}, when the wait for its first answer ended.${again}${waits}`;
    const reason = fetcher ? `: ${fetcher} fetches or builds the server before it starts it${doing}` : doing;
    return `The server was not ready when the client stopped waiting for its first answer${reason}.${waits}`;
  },
  fix: ({ waitedMs, againMs, warm, fetcher, client, windows, command }) => {
    const step = raiseOf(client, 'start', 120, windows);
    const own = {
      say: 'If the server is yours: connect the transport first, and load models, indexes and connections after the handshake.',
    };
    const cold = isCold(waitedMs, againMs);
    return [
      ...(cold ? [] : [own]),
      ...(warm
        ? [{ say: 'Fetch it once in a terminal, without the limit of the client, then restart the client:', run: warm }]
        : cold
          ? [
              {
                say: 'Start it once in a terminal and wait until it is quiet: what it fetches or builds is kept. Then restart the client.',
                run: command,
              },
            ]
          : []),
      ...(step
        ? [step]
        : [
            {
              say: 'If the client has a limit for the start in its settings (timeout, startup_timeout_sec, MCP_TIMEOUT), raise it to 120 s.',
            },
          ]),
      ...(fetcher && /^(?:npx|uvx|pnpx|bunx|pipx)$/.test(fetcher)
        ? [
            {
              say: 'Without "@latest" the launcher does not ask the registry at every start: name a fixed version in the entry.',
            },
          ]
        : []),
      ...(cold ? [own] : []),
      { say: 'Measure the first answer, cold and warm:', run: `mcp-verdict verify --timeout 180 -- ${command}` },
    ];
  },
  why: 'A client gives a server a fixed time for its first answer, 10 to 60 s in most. Launchers like npx, uvx and docker run download and build within that time, and a client that ends them half way lets the next start begin anew. Once everything is cached, the same server answers in a second.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#timeouts',
    'https://docs.astral.sh/uv/guides/tools/',
    'https://code.claude.com/docs/en/mcp',
  ],
  examples: [
    ...PLAYED.slowStart,
    {
      name: 'uv still downloads when Claude Desktop gives up',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError: 'MCP error -32001: Request timed out',
        stderr: 'Downloading torch (846.9MiB)\nDownloading numpy (16.1MiB)',
      },
    },
    {
      name: 'uvx and the limit of Claude Code',
      finds: true,
      symptoms: {
        client: 'claude-code',
        entry: { command: 'uvx', args: ['notes-mcp@latest'] },
        clientError: 'Connection to MCP server "notes" timed out after 30000ms',
      },
    },
    {
      name: 'the limit of Codex',
      finds: true,
      symptoms: {
        client: 'codex',
        clientError:
          'MCP client for `notes` timed out after 10 seconds. Add or adjust `startup_timeout_sec` in your config.toml:',
      },
    },
    {
      name: 'npx on Windows, behind a shell',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'cmd', args: ['/c', 'npx', '-y', 'notes-mcp'] },
        clientError: 'MCP client for `notes` failed to start: request timed out',
      },
    },
    {
      name: 'an image that is pulled first',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'mcp/notes:latest'] },
        stderr:
          "Unable to find image 'mcp/notes:latest' locally\nlatest: Pulling from mcp/notes\n0a1b2c3d4e5f: Download complete",
        clientError: 'failed to initialize: context deadline exceeded',
      },
    },
    {
      name: 'a model is loaded before the handshake',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Loading embedding model all-MiniLM-L6-v2',
        clientError: 'Request timed out',
      },
    },
    {
      name: 'answers, after 24 s',
      finds: true,
      evidence: {
        process: { pid: 7, lifetimeMs: 25_000, pending: [] },
        handshake: {
          initialize: { status: 'answered', ms: 24_000, revision: '2025-11-25' },
          discover: { status: 'not-asked' },
          used: 'initialize',
        },
      },
    },
    {
      name: 'the second start answers',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          lifetimeMs: 30_000,
          pending: ['initialize'],
          silence: { waitedMs: 30_000, busy: true },
          again: { why: 'the first start was given up', outcome: 'answered', ms: 900 },
        },
        handshake: { initialize: { status: 'unanswered', ms: 30_000 }, discover: { status: 'not-asked' } },
      },
    },
    {
      name: 'a tool that takes long',
      finds: false,
      symptoms: {
        entry: { command: 'uvx', args: ['notes-mcp'] },
        clientError: 'tool call failed: timed out awaiting tools/call after 60s',
      },
    },
    {
      name: 'a package that is not there',
      finds: false,
      symptoms: { entry: { command: 'npx', args: ['-y', 'notes-mcp'] }, stderr: 'npm error code E404', exitCode: 1 },
    },
    {
      name: 'up, and silent',
      finds: false,
      symptoms: {
        entry: { command: 'node', args: ['index.js'] },
        stderr: 'Notes MCP server running on stdio',
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'answers in a second',
      finds: false,
      evidence: {
        process: { pid: 7, lifetimeMs: 2_000, pending: [] },
        handshake: {
          initialize: { status: 'answered', ms: 900 },
          discover: { status: 'not-asked' },
          used: 'initialize',
        },
      },
    },
  ],
});
