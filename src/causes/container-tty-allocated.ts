import { attachedArgs, containerLine, REASON } from '../case/container-line.js';
import { at } from '../case/pointer.js';
import { shellLine } from '../case/shell-word.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { failed, find, WORDS, words } from './words.js';

/** Engines that give up. */
const REFUSED =
  /the input device is not a TTY|cannot (?:attach stdin to a TTY-enabled container|enable tty mode on non tty input)|stdin is not a terminal|provided file is not a console|\bstd(?:in|out) is not a tty\b|prefixing the command with 'winpty'|not a tty\b.{0,60}(?:docker|podman|container)|Unable to use a TTY/i;
/** podman and kubectl only warn and go on; what follows is a stream that a terminal has altered. */
const WARNED =
  /The --tty and --interactive flags might not work properly|Unable to use a TTY - input is not a terminal/i;
/** A terminal echoes what is typed: the client's own request comes back. */
const ECHO = /"method":\s*"(?:initialize|server\/discover)"/;

export default defineCause({
  id: 'container-tty-allocated',
  title: 'The container is started with a terminal, where a program holds the pipe',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['the input device is not a TTY', 'MCP error -32000: Connection closed', 'Server transport closed'],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [
    'stdio-polluted-by-server',
    'stdio-polluted-by-launcher',
    'handshake-nonconforming',
    'handshake-refused',
    'container-exited',
    ...FAILED_START,
  ],

  match(given) {
    const { launch, reported, stdout, process } = given;
    if (!failed(given) || process?.spawnError || given.http || reported?.url) return null;
    const line = containerLine(launch);
    const lines = words(given);
    // A tool that works with containers has the same trouble with its own.
    const hit = find(
      lines.filter(({ text }) => !/-32603|isError|tools\/call|\btool\b/.test(text)),
      REFUSED,
    );
    const entry = launch ? [launch.args.length ? at('launch', 'args') : at('launch', 'command')] : [];
    const facts = {
      said: hit?.line.text.trim().slice(0, 160) ?? null,
      engine: line?.engine ?? 'docker',
      verb: line?.verb ?? 'run',
      args: attachedArgs(launch) ?? [],
      echo: false,
    };
    if (hit)
      return {
        certainty: process?.exit?.by === 'itself' && !WARNED.test(hit.line.text) ? 'certain' : 'likely',
        cites: [hit.line.at, ...(line?.tty ? entry : [])],
        facts,
      };
    if (!line?.tty) return null;
    const echo = (stdout?.strays ?? []).findIndex(({ text }) => ECHO.test(text));
    if (echo >= 0)
      return {
        certainty: 'certain',
        cites: [at('stdout', 'strays', echo, 'text'), ...entry],
        facts: { ...facts, echo: true },
      };
    const reason = lines.some(({ text, from }) => from !== 'client' && REASON.test(text));
    return { certainty: reason ? 'possible' : 'likely', cites: entry, facts };
  },
  say: ({ said, echo, engine, verb }) =>
    echo
      ? `The entry asks ${engine} for a terminal (-t): it echoes the client's requests into the answers and changes their line ends, so nothing on stdout is a clean message.`
      : `The entry asks ${engine} ${verb} for a terminal (-t), but the client gives it a pipe${said ? `, and it refused: "${said}"` : ''}.`,
  fix: ({ verb, engine, args }) => [
    {
      say: 'Take -t out and keep -i: write "-i" where "-it" stands (compose: add -T), and drop winpty and "tty: true":',
      edit: {
        file: 'the client config',
        at: 'args',
        to: args.length
          ? `"args": [${args.map((arg) => JSON.stringify(arg)).join(', ')}]`
          : `"${verb}", "-i"${verb === 'run' ? ', "--rm"' : ''}`,
      },
    },
    {
      say: 'Check again:',
      run: `mcp-verdict verify -- ${args.length ? shellLine([engine, ...args]) : '<command>'}`,
    },
  ],
  why: 'READMEs show -it because a person at a terminal wants both. MCP needs -i (stdin stays open) only: with -t docker ends with "the input device is not a TTY", and engines that go on put a terminal between client and server, which echoes input and turns line feeds into CR LF.',
  refs: [
    'https://docs.docker.com/reference/cli/docker/container/run/#tty',
    'https://github.com/metorial/metorial/issues/8',
  ],
  examples: [
    {
      name: 'docker refuses',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-it', '--rm', 'acme/notes-mcp'] },
        stderr: 'the input device is not a TTY',
        exitCode: 1,
      },
    },
    {
      name: 'the entry alone',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '--rm', '-it', 'acme/notes-mcp'] },
        clientError: 'MCP error -32000: Connection closed',
      },
    },
    {
      name: 'a newer docker',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'cannot attach stdin to a TTY-enabled container because stdin is not a terminal',
        exitCode: 1,
      },
    },
    {
      name: 'Git Bash',
      finds: true,
      symptoms: {
        os: 'windows',
        clientError: "the input device is not a TTY.  If you are using mintty, try prefixing the command with 'winpty'",
      },
    },
    {
      name: 'podman goes on, and the request comes back',
      finds: true,
      symptoms: {
        entry: { command: 'podman', args: ['run', '-it', '--rm', 'acme/notes-mcp'] },
        stdout: '{"method":"initialize","params":{"protocolVersion":"2025-11-25"},"id":0}^M',
        stderr:
          'time="2026-01-01T00:00:00Z" level=warning msg="The input device is not a TTY. The --tty and --interactive flags might not work properly"',
      },
    },
    {
      name: 'without a terminal',
      finds: false,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'acme/notes-mcp', '-t', 'x'] },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'a terminal that another program misses',
      finds: false,
      symptoms: { stderr: 'sudo: a terminal is required to read the password', exitCode: 1 },
    },
  ],
});
