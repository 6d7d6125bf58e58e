import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { failed, find, outdone, WORDS, words } from './words.js';

const EOF_WORDS = [
  // rmcp as a server; its client says "initialize response" instead, which is another failure.
  /expect(?:ed)? initializ\w+ request(?!\W{1,3}but received: ?Some)|connection ?closed\W{1,3}initializ\w+ request|ConnectionClosed\("initializ\w+ request/i,
  /\b(?:std ?in|standard input|input stream)\b[^.]{0,40}?\b(?:closed?|end(?:ed)?|EOF|end[- ]of[- ](?:file|stream|input)|not (?:connected|attached|available|open)|is null)\b/i,
  /\b(?:EOF|end[- ]of[- ](?:file|stream|input))\b[^.]{0,30}\b(?:std ?in|standard input|input stream|before initialize)\b/i,
  /\bEOF when reading a line\b/,
  /\b(?:read(?:ing)?|input|server|transport|scanner|decoder?)\b[^.]{0,40}[: ](?:unexpected )?EOF\W{0,3}$|^(?:\S+ ){0,3}(?:Error: |io: )(?:unexpected )?EOF$|\bEOFError\b(?!.{0,40}(?:pickle|zip|gzip|file))/,
  /\b(?:client|connection|transport|stream)\b[^.]{0,30}\b(?:closed|ended|disconnected)\b[^.]{0,30}\bbefore (?:the )?initiali[sz]|\bno (?:input|client) (?:on|connected|attached)|\bnot (?:connected )?to a(?:n MCP)? client\b/i,
  // The Go SDK, and readers that name neither the stream nor the reason.
  /\bserver is closing: EOF\b|\breading from stream: .{0,30}EOF while parsing a value at line 1 column 0/,
];
/** The server did hear a request: its stdin was open, and the end came later. */
const HEARD =
  /\bconnection closed: initiali[sz]e response|"method"\s*:\s*"initialize"|\binitialize(?:d)? (?:request )?received|timed out|\bflush|\bhangs?\b/i;

/** The part of a command line that takes stdin away, or null. */
function detacher(command: string, args: string[]): string | null {
  const line = [command, ...args].join(' ');
  const redirect = /<\s*(?:\/dev\/null|NUL\b)|<&-|\bStart-Process\b|\bnohup\b/i.exec(line)?.[0];
  if (redirect) return redirect;
  // A shell gives a background job /dev/null as stdin. `2>&1` and `&&` end in no bare ampersand.
  if (/(?:^|[\\/])(?:ba|da|z|k)?sh$/.test(command) && /[^&>]&\s*(?:wait\s*)?$/.test(args.at(-1) ?? '')) return '&';
  // A container engine without -i is a cause of its own: container-stdin-detached.
  return null;
}

export default defineCause({
  id: 'stdio-stdin-closed',
  title: 'The stdin of the server was at its end before the first request',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'expect initialize request', 'Server disconnected', 'write EPIPE'],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: FAILED_START,

  match(given) {
    const { process, launch, handshake, reported } = given;
    const transport = reported?.transport ?? (given.http || reported?.url ? 'http' : 'stdio');
    if (!failed(given) || transport !== 'stdio' || process?.spawnError) return null;
    const said = words(given);
    const how = launch ? detacher(launch.command, launch.args) : null;
    const cause = how && launch ? [launch.args.length ? at('launch', 'args') : at('launch', 'command')] : [];

    // When the process is gone, a failed write says only that.
    const broken = process?.epipeAtMs !== undefined && process.exit?.by !== 'itself';
    const hit = said.some(({ text }) => HEARD.test(text))
      ? null
      : find(
          said.filter(({ from }) => from !== 'client'),
          ...EOF_WORDS,
        );
    const facts = { how, words: hit?.line.text.trim().slice(0, 120) ?? null, sign: 'words' };
    const cites = [...(hit ? [hit.line.at] : []), ...cause];
    // The process that was looked at is the youngest of the tree: a tool that the server started may be it.
    if (process?.stdinIs === 'null')
      return {
        certainty: hit || how ? 'certain' : 'likely',
        cites: [at('process', 'stdinIs'), ...cites],
        facts: { ...facts, sign: 'null' },
      };
    if (broken)
      return {
        certainty: 'certain',
        cites: [at('process', 'epipeAtMs'), ...cites],
        facts: { ...facts, sign: 'epipe' },
      };
    // We held stdin open all the while: a server that ends by itself and speaks of EOF did not read from us.
    if (hit && handshake && process && process.pid !== null)
      return process.exit?.by === 'itself' ? { certainty: 'certain', cites, facts } : null;
    // A good end and no word: a server that reads an empty stdin ends like that, and so does one that never reads.
    const quiet =
      process?.pid === null &&
      process.exit?.code === 0 &&
      !said.some(({ text }) => /\b(?:error|fail\w*|exception|fatal|missing|required|tools?\/|usage)\b/i.test(text));
    if (!hit && !how && quiet)
      return { certainty: 'possible', cites: [at('process', 'exit')], facts: { ...facts, sign: 'exit' } };
    if (!hit && !how) return null;
    // A server that then names an error of its own ended over that.
    const remark = hit && !how && outdone(said, hit.line, (text) => /\bstd ?in\b|\bEOF|EPIPE|pipe/i.test(text));
    return { certainty: remark ? 'possible' : 'likely', cites, facts: { ...facts, sign: hit ? 'words' : 'entry' } };
  },
  say: ({ how, words: text, sign }) => {
    const reason = how ? ` The command takes it away: ${how}.` : '';
    if (sign === 'null') return `The stdin of the server process is /dev/null, so no request can reach it.${reason}`;
    if (sign === 'epipe')
      return `The server process lives, but it has closed its stdin: requests to it fail with EPIPE.${reason}`;
    if (sign === 'exit')
      return 'The server ended well and without a word, as servers do whose stdin is at its end before the first request.';
    if (sign === 'entry')
      return `The command of the entry starts the server without a stdin (${how}), so no request can reach it.`;
    return `The server read the end of its stdin before any request ("${text}"), and ended.${reason}`;
  },
  fix: ({ how }) => [
    {
      say: `Start the server in the foreground with the stdin that the client gives it: remove ${how ? `"${how}"` : 'redirections such as < /dev/null, a trailing &, nohup or a process manager'} from the command or its wrapper script, and end the script with exec:`,
      edit: { file: 'the wrapper script', to: 'exec <command> "$@"' },
    },
    {
      say: 'A stdio server is started by the client, not as a service (docker compose up, systemd, pm2). Let the client run it:',
      run: 'mcp-verdict verify -- <command>',
    },
  ],
  why: 'A stdio server reads requests from stdin and has to end when stdin ends. Started in the background, as a service, or in a container without -i, it reads the end at once and stops, often with exit code 0 and without a word.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#shutdown',
    'https://docs.docker.com/reference/cli/docker/container/run/',
  ],
  examples: [
    {
      name: 'a Rust server at EOF',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'serving error: Custom { kind: UnexpectedEof, error: "expect initialize request" }',
      },
    },
    {
      name: 'a newer Rust server',
      finds: true,
      symptoms: { stderr: 'Error: ConnectionClosed("initialized request")', exitCode: 1 },
    },
    {
      name: 'a Go server',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'server error: EOF', exitCode: 1 },
    },
    {
      name: 'a Node server that logs the end',
      finds: true,
      symptoms: { clientError: 'MCP error -32000: Connection closed', stderr: '[server] ready\n[server] stdin end' },
    },
    {
      name: 'fd 0 is /dev/null',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: 0, signal: null, atMs: 90, by: 'itself' },
          lifetimeMs: 80,
          pending: ['initialize'],
          stdinIs: 'null',
        },
      },
    },
    {
      name: 'alive, and requests fail with EPIPE',
      finds: true,
      evidence: { process: { pid: 7, lifetimeMs: 5_000, pending: ['initialize'], epipeAtMs: 120 } },
    },
    {
      name: 'the client closed after its timeout',
      finds: false,
      symptoms: { clientError: 'MCP error -32001: Request timed out', stderr: 'stdin closed, exiting' },
    },
    {
      name: 'a container with -i',
      finds: false,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'mcp/time'] },
        clientError: 'Server disconnected',
      },
    },
  ],
});
