import { at } from '../case/pointer.js';
import { defineCause, type FixStep } from './cause.js';
import { SILENCE } from './consequences.js';
import { find, type Hit, WORDS, words } from './words.js';

/** How readers word that a line is longer than they take, by what they are built on. */
const READERS: [reader: string, pattern: RegExp][] = [
  [
    'asyncio',
    /\bSeparator is (?:not found,? and|found,? but),? (?:the )?chunk (?:is |has )?(?:exceed\w*|longer)\b|\bLimitOverrunError\b|\bgot more than \d+ bytes when reading (?:a )?line/i,
  ],
  ['go', /\bbufio\.Scanner: token too long|\bbufio: buffer full|\bErrTooLong\b/],
  ['sdk', /\bReadBuffer exceeded (?:the )?maximum size(?: of (?<limit>\d+) bytes)?/i],
  [
    'claude',
    /\bJSON message exceeded (?:the )?maximum buffer size(?: of (?<limit>\d+) bytes)?|\bCLIJSONDecodeError\b.{0,80}buffer size/i,
  ],
  ['node', /\bERR_CHILD_PROCESS_STDIO_MAXBUFFER\b|\bstd(?:out|in|err) maxBuffer (?:length )?exceeded/i],
  ['rust', /\bmax(?:imum)? line length exceeded|\bMaxLineLengthExceeded\b|\bframe size too big/i],
  [
    'java',
    /\bexceeds the maximum (?:allowed )?(?:length )?\((?<limit>\d+)(?:, from `?StreamReadConstraints)|\bline exceeds the framing limit/i,
  ],
  ['other', /\bbufferLimitExceeded\b|\bno newline (?:with)?in (?<limit>\d+) bytes/],
  ['zig', /\berror[:.] ?StreamTooLong\b|\bStreamTooLong\b/],
];

const UNIT = String.raw`(?:message|line|frame|response|result|payload|reply|answer|output|request)s?`;
const OVER = String.raw`(?:exceed(?:s|ed|ing)?|(?:larger|longer|bigger) than|too (?:long|large|big))`;
/** In words of its own, with a limit named and the wire meant. */
const GENERIC = [
  new RegExp(
    String.raw`\b(?:stdio|std(?:in|out)|JSON-?RPC|MCP|newline|read(?:er|line)?)\b.{0,60}\b${UNIT}\b.{0,40}\b${OVER}\b.{0,40}(?:\b(?:limit|max(?:imum)?|buffer|cap)\b|\bMAX_\w|\d ?(?:bytes|[KM]i?B)\b)`,
    'i',
  ),
  new RegExp(
    String.raw`\b${UNIT}\b.{0,30}\b${OVER}\b.{0,40}\b(?:buffer|line|frame|framing|read|stdio|pipe)\b.{0,20}\b(?:limit|size|max(?:imum)?)\b`,
    'i',
  ),
  /\b(?:message|response|line|frame|reply|output)s? (?:was |is |got |were )?(?:truncated|cut(?: off)?|clipped) (?:at|after|to) (?:the first )?\d{4,} ?(?:bytes|characters|chars)\b|\bbuffer (?:size|limit) exceeded\b.{0,60}\b(?:message|line|read|stdio|std(?:in|out)|pipe)\b/i,
  /\b(?:message|frame|line) (?:length|size) (?:of )?\d+ (?:bytes )?exceeds?\b.{0,30}\d|\b(?:line|message|frame) too (?:long|large|big)\b.{0,60}(?:\d ?(?:bytes|[KM]i?B)\b|\blimit|\bmax)|\b(?:read|line|stdio|pipe) buffer (?:is )?(?:overflow\w*|exceeded|full|limit)|\b(?:exceed\w*|over) (?:the )?(?:64 ?Ki?B|65,?53[56])\b/i,
];
/** JSON that stops at the size of a buffer: the reader took what had come so far for the whole. */
const CUT =
  /\b(?:Unterminated string|Unexpected end of (?:JSON )?input|EOF while parsing|unexpected EOF|Unfinished string|truncat\w+|invalid string: missing closing quote)\b.{0,80}\b(?:position|column|char|offset|at|to|exactly) (?<limit>4096|8191|8192|16384|32768|6553[56]|131072|262144|1048576)\b/i;
/** Limits of models, files, databases and HTTP bodies are none of the wire. */
const ELSEWHERE =
  /\btokens?\b(?! too long)|\bcontext (?:length|window)|\bprompt\b|\bfile (?:size|name)\b|\bcommand line\b|\bargument list\b|\bpath\b|\bheaders?\b|\b413\b|\bEntity\b|\bupload|\bfield value\b|\bquery string|\bcolumn\b.{0,20}\btoo long/i;

const HTTP_READER = /\b(?:aiohttp|httpx|uvicorn|hypercorn|h11)\b/i;

const size = (bytes: number): string =>
  bytes >= 1 << 20 ? `${Math.round((bytes / (1 << 20)) * 10) / 10} MiB` : `${Math.round(bytes / 1_024)} KiB`;

const LIMITS: Record<string, number> = { asyncio: 65_536, go: 65_536, sdk: 10_485_760, claude: 1_048_576 };

const source = (to: string, say: string): FixStep => ({
  say,
  edit: { file: 'the source of the client or bridge that reads', to },
});
const CURES: Record<string, FixStep> = {
  asyncio: source(
    'await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=64 * 1024 * 1024)',
    'In the program that reads the pipe, raise the limit of the StreamReader (also in asyncio.open_connection and StreamReader(limit=...)), or update it to a version that does:',
  ),
  go: source(
    "scanner.Buffer(make([]byte, 0, 64*1024), 64*1024*1024)   // or reader.ReadBytes('\\n') of a bufio.Reader",
    'In the program that reads the pipe, give the Scanner a larger buffer or read with a bufio.Reader, or update it (mcp-go has done so since 0.41):',
  ),
  sdk: source(
    'new StdioClientTransport({ command, args, maxBufferSize: 64 * 1024 * 1024 })',
    'In the client, raise the limit of the transport (StdioServerTransport has the same option for long requests):',
  ),
  node: source(
    '{ maxBuffer: 64 * 1024 * 1024 }',
    'In the program that reads the pipe, raise maxBuffer, or use spawn, which has no limit:',
  ),
  claude: source(
    'ClaudeAgentOptions(max_buffer_size=64 * 1024 * 1024)',
    'In the program that uses the Claude Agent SDK, raise the limit of one message:',
  ),
  java: source(
    'JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder().maxStringLength(100_000_000).build())',
    'In the program that reads, raise the limits of its JSON parser:',
  ),
  other: {
    say: 'Raise the limit for one line in the program that reads the pipe (client, bridge or server), or update it: MCP names no limit for a message.',
  },
};

export default defineCause({
  id: 'stdio-message-too-long',
  title: 'A message is longer than the line that the reader on the other side takes',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    'Separator is not found, and chunk exceed the limit',
    'asyncio.exceptions.LimitOverrunError: Separator is found, but chunk is longer than limit',
    'bufio.Scanner: token too long',
    'ReadBuffer exceeded maximum size of 10485760 bytes',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'http'],
  explains: [
    'stdio-polluted-by-server',
    'handshake-nonconforming',
    'process-crashed',
    'call-crashes-server',
    'call-internal-error',
    ...SILENCE,
  ],

  match(given) {
    const { stdout, reported, handshake } = given;
    const index = stdout?.strays.findIndex(({ kind }) => kind === 'over-long') ?? -1;
    const stray = stdout?.strays[index];
    if (stray)
      return {
        certainty: handshake ? 'certain' : 'likely',
        cites: [at('stdout', 'strays', index, 'why')],
        facts: {
          reader: 'sdk',
          said: '',
          bytes: Number(/\bhas (?<bytes>\d+) bytes/.exec(stray.why ?? '')?.groups?.bytes ?? 0) || null,
          limit: LIMITS.sdk ?? null,
          line: stray.line as number | null,
          offset: stray.offset as number | null,
        },
      };

    const lines = words(given).filter(({ text, from }) => from !== 'stdout' && !HTTP_READER.test(text));
    const remote = given.http !== undefined || (reported?.transport ?? 'stdio') !== 'stdio';
    let hit: Hit | null = null;
    let reader = 'other';
    for (const [name, pattern] of READERS) {
      hit = find(lines, pattern);
      if (hit) {
        reader = name;
        break;
      }
    }
    const named = hit !== null;
    if (!hit && !remote) {
      const meant = lines.filter(({ text }) => !ELSEWHERE.test(text));
      hit = find(meant, ...GENERIC) ?? find(meant, CUT);
    }
    if (!hit) return null;
    // Exactly the size of a pipe is hardly chance; a smaller power of two may be.
    const cut = !named && CUT.test(hit.line.text) && !/\b6553[56]\b/.test(hit.line.text);
    return {
      // A bridge that died of it in front of us, in the reader's own words.
      certainty: cut ? 'possible' : named && given.process?.exit?.by === 'itself' && handshake ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: {
        reader,
        said: hit.line.text.trim().slice(0, 160),
        bytes: null,
        limit: Number(hit.groups.limit ?? 0) || (LIMITS[reader] ?? null),
        line: null,
        offset: null,
      },
    };
  },
  say: ({ bytes, limit, line, offset, said }) => {
    const most = limit === null ? '' : ` (${size(limit)})`;
    if (bytes !== null)
      return `The server wrote a line of ${size(bytes)} to stdout (line ${line}, byte offset ${offset}). Clients built on the SDKs take at most ${size(limit ?? 0)} in one line and close the connection: this is no crash of the server.`;
    return `A message was longer than the reader on the other side takes in one line${most}: "${said}". The message itself may be in order; the reader gave up on it, and the connection with it.`;
  },
  fix: ({ reader, bytes }) => {
    const smaller: FixStep = {
      say: `${bytes === null ? 'Until then, let' : 'Let'} the server send less in one message: page or limit the result, leave out large descriptions and schemas, and hand over files and images as a resource link instead of base64.`,
    };
    if (bytes !== null)
      return [smaller, { say: 'Check the length of every line again:', run: 'mcp-verdict verify -- <command>' }];
    return [CURES[reader] ?? (CURES.other as FixStep), smaller];
  },
  why: 'On stdio a message is one line, and a list of many tools, a large result or an image in base64 makes a long one. MCP sets no limit, but line readers do: 64 KiB in asyncio of Python and bufio.Scanner of Go, 10 MiB in the TypeScript SDK. Beyond it they raise an error that most clients show as a lost connection.',
  refs: [
    'https://docs.python.org/3/library/asyncio-stream.html#asyncio.StreamReader.readuntil',
    'https://pkg.go.dev/bufio#Scanner.Buffer',
    'https://github.com/modelcontextprotocol/typescript-sdk/pull/2239',
    'https://github.com/mark3labs/mcp-go/issues/588',
  ],
  examples: [
    {
      name: 'a bridge in Python',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'Separator is not found, and chunk exceed the limit' },
    },
    {
      name: 'its traceback',
      finds: true,
      symptoms: {
        serverLog:
          '2026-01-30T09:50:26 - gateway.translate - ERROR - stdout pump crashed - terminating bridge\nTraceback (most recent call last):\n  File "/usr/lib/python3.11/asyncio/streams.py", line 566, in readline\n    line = await self.readuntil(sep)\nasyncio.exceptions.LimitOverrunError: Separator is found, but chunk is longer than limit',
      },
    },
    {
      name: 'a client in Go',
      finds: true,
      symptoms: { clientError: 'ERROR: Error reading from stdout: bufio.Scanner: token too long' },
    },
    {
      name: 'the SDK of TypeScript',
      finds: true,
      symptoms: {
        clientError: 'Error: ReadBuffer exceeded maximum size of 10485760 bytes\nMCP error -32000: Connection closed',
      },
    },
    {
      name: 'an agent in Python',
      finds: true,
      symptoms: {
        clientError:
          'Failed to decode JSON: JSON message exceeded maximum buffer size of 1048576 bytes... (tool result of an MCP server)',
      },
    },
    {
      name: 'a reader in Rust',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'mcp: error reading stdout of server: max line length exceeded' },
    },
    {
      name: 'in words of its own',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP stdio message exceeds the limit of 8388608 bytes' },
    },
    {
      name: 'cut at the size of a pipe',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'Failed to parse tools/list: Unterminated string in JSON at position 65536',
      },
    },
    {
      name: 'a line of 11 MiB, live',
      finds: true,
      evidence: {
        handshake: { initialize: { status: 'unanswered', ms: 5_000 }, discover: { status: 'not-asked' } },
        stdout: {
          bytes: 11_534_336,
          messages: 0,
          strays: [
            {
              kind: 'over-long',
              line: 1,
              offset: 0,
              atMs: 300,
              text: '{"jsonrpc":"2.0","id":1,"result":{"instructions":"xxxxxxxx',
              why: 'the line has 11534336 bytes; SDK clients close the connection at 10 MiB',
            },
          ],
          strayCount: 1,
          endedWhileAlive: false,
        },
      },
    },
    {
      name: 'a prompt that is too long for the model',
      finds: false,
      symptoms: {
        clientError: 'MCP tool response (41023 tokens) exceeds maximum allowed tokens (25000)',
      },
    },
    {
      name: 'a request body that is too large',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Request message too large: limit is 4 MB',
        http: { status: 413, body: 'request entity too large' },
      },
    },
    {
      name: 'a file that is too large for the server',
      finds: false,
      symptoms: { stderr: 'Error: file size exceeds the maximum of 10 MB', exitCode: 1 },
    },
    {
      name: 'cut at a number of bytes',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP response truncated at 65000 bytes' },
    },
  ],
});
