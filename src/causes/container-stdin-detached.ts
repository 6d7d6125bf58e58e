import { attachedArgs, containerLine, detachedBy, REASON } from '../case/container-line.js';
import { at } from '../case/pointer.js';
import { shellLine } from '../case/shell-word.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { failed, find, WORDS, words } from './words.js';

/** What `docker run -d` and `docker compose up -d` print instead of the server's answers. */
const CONTAINER_ID = /^[0-9a-f]{64}$/;
/** The container ended well, and at once: compose, `docker ps`, Kubernetes, or a person who says so. */
const ENDED_WELL =
  /^(?!(?:process|server|child|command|node|python|npm|it|worker|program|script|mcp)\b(?![\w-]*-\d))[\w.-]{2,64} exited with code 0\b|\bExited \(0\)|\bcontainers?\b.{0,60}\b(?:exits?|exited|stops?|stopped|terminates?|shuts? down)\b.{0,40}\b(?:immediately|at once|right away|code:? 0|status:? 0|\(0\)|0$|within (?:a )?seconds?)|\b(?:restart(?:s|ing)?|CrashLoopBackOff)\b.{0,80}\b(?:exit )?code:? 0\b|Last State:\s+Terminated.{0,60}Exit Code:\s+0|Reason:\s+Completed/i;
/** The server is ready to speak over stdio, or has seen the end of stdin. */
const OVER_STDIO =
  /\bstdio\b|\b(?:std ?in|standard input|input stream)\b.{0,40}\b(?:closed|end(?:ed)?|EOF|not (?:available|connected|open))|\bEOF\b|expect(?:ed)? initializ\w+ request|no (?:MCP )?client (?:is )?attached/i;
const CONTAINER = /\b(?:docker|podman|compose|container|kubernetes|kubectl|pod)\b/i;
/** Written for this very case: servers that notice it. */
const NOTICED =
  /\b(?:docker|container)\b.{0,120}\b(?:without|missing|needs?|requires?|add|use|with)\b.{0,30}(?:the )?(?:-i\b|--interactive|interactive (?:mode|flag))|\bstdin_open\b|\bstd ?in is (?:not (?:attached|connected|open|available)|closed|\/dev\/null)\b.{0,80}\b(?:docker|container|-i\b)/i;
/** A server that has just begun, and says nothing more: its stdin may lead nowhere. */
const BEGUN =
  /\b(?:starting|started|running|listening|serving|ready|launch(?:ing|ed))\b.{0,80}\bstdio\b|\bstdio\b.{0,40}\b(?:starting|started|running|ready|listening)\b/i;

export default defineCause({
  id: 'container-stdin-detached',
  title: 'The container runs without a stdin that the client could write to',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Server disconnected',
    'Server transport closed unexpectedly, this is likely due to the process exiting early',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [
    'stdio-stdin-closed',
    'stdio-polluted-by-server',
    'stdio-polluted-by-launcher',
    'container-exited',
    'container-restarting',
    'deploy-crashed',
    ...FAILED_START,
  ],

  match(given) {
    const { process, reported, launch, stdout, handshake } = given;
    const transport = reported?.transport ?? (given.http || reported?.url ? 'http' : 'stdio');
    if (!failed(given) || transport !== 'stdio' || process?.spawnError) return null;
    const lines = words(given);
    const line = containerLine(launch);
    const how = detachedBy(line);
    const own = lines.filter(({ from }) => from !== 'client');
    const reason = own.some(({ text }) => REASON.test(text) && !OVER_STDIO.test(text));
    const id = (stdout?.strays ?? []).findIndex(({ text }) => CONTAINER_ID.test(text.trim()));
    const { exit } = process ?? {};
    const entry = launch ? [launch.args.length ? at('launch', 'args') : at('launch', 'command')] : [];
    const noticed = find(own, NOTICED);
    const facts = {
      how,
      said: null as string | null,
      engine: line?.engine ?? 'docker',
      verb: line?.verb ?? null,
      args: attachedArgs(launch) ?? [],
    };
    if (how) {
      const live = process !== undefined && process.pid !== null && handshake !== undefined;
      const quiet = live && (stdout?.messages ?? 0) === 0 && !reason;
      const ended =
        quiet && (exit?.by === 'itself' ? exit.code === 0 || id >= 0 : handshake?.initialize.status === 'unanswered');
      return {
        // Whatever else is wrong, no request arrives. But another reason that was told comes first.
        certainty: ended || (id >= 0 && !reason) || (noticed && exit) ? 'certain' : reason ? 'possible' : 'likely',
        cites: [
          ...entry,
          ...(id >= 0 ? [at('stdout', 'strays', id, 'text')] : []),
          ...(noticed ? [noticed.line.at] : []),
          ...(exit ? [at('process', 'exit')] : []),
        ],
        facts,
      };
    }
    // A service of compose has a stdin only when its file says so.
    const service =
      /"image":|"container_name":/.test(reported?.entry ?? '') && !/stdin_open|"tty"/.test(reported?.entry ?? '');
    if (service && !launch && !reason && (!exit || exit.code === 0) && find(own, OVER_STDIO))
      return {
        certainty: 'likely',
        cites: [at('reported', 'entry'), ...(exit ? [at('process', 'exit')] : [])],
        facts,
      };
    if (noticed)
      return {
        certainty: 'likely',
        cites: [noticed.line.at],
        facts: { ...facts, said: noticed.line.text.trim().slice(0, 200) },
      };
    if (line === null && launch) return null;
    const ended = find(lines, ENDED_WELL);
    const stdio = find(own, OVER_STDIO);
    const platform = /docker|podman|kubernetes|compose/i.test(reported?.platform ?? '');
    const about = line !== null || platform || lines.some(({ text }) => CONTAINER.test(text));
    if (ended && !reason && (stdio || reported?.transport === 'stdio'))
      return {
        certainty: 'likely',
        cites: [ended.line.at, ...(stdio && stdio.line !== ended.line ? [stdio.line.at] : [])],
        facts: { ...facts, said: ended.line.text.trim().slice(0, 200) },
      };
    // The end of stdin, said inside a container: its entry point may have put the server in the background.
    const eof = find(
      own,
      /\b(?:std ?in|standard input)\b.{0,40}\b(?:closed|end(?:ed)?|EOF)|expect(?:ed)? initializ\w+ request/i,
    );
    const begun = own.at(-1) && BEGUN.test(own.at(-1)?.text ?? '') && !reason ? own.at(-1) : undefined;
    const mute = begun && line !== null && (!process || exit?.code === 0 || process.pid === null);
    if (about && eof && !reason)
      return {
        certainty: 'possible',
        cites: [eof.line.at],
        facts: { ...facts, said: eof.line.text.trim().slice(0, 200) },
      };
    if (mute && begun && handshake === undefined)
      return {
        certainty: 'possible',
        cites: [begun.at, ...entry],
        facts: { ...facts, said: begun.text.trim().slice(0, 200) },
      };
    return null;
  },
  say: ({ how, said, verb }) => {
    if (how?.endsWith('-i behind the image'))
      return `In the entry -i stands behind the image, so it is an argument of the server: the container itself has no stdin, reads its end at once and stops.`;
    if (how && / -d$| up$/.test(how))
      return `The entry starts the container in the background (${how}): the client has no connection to its stdin and stdout, so no request can reach the server.`;
    if (how)
      return `The entry starts the container without a stdin (${how}): the server reads the end of its input at once and stops, so no request can reach it.`;
    return `The server inside the container has no client on its stdin${verb ? '' : ' (it was started as a service)'}, so it ends without an error or waits for nobody${said ? `: "${said}"` : ''}.`;
  },
  fix: ({ how, engine, verb, args }) => {
    const program = engine === 'docker-compose' ? 'docker' : engine;
    const exact = how && args.length ? `"args": [${args.map((arg) => JSON.stringify(arg)).join(', ')}]` : null;
    const again = exact ? shellLine([program, ...args]) : '<command>';
    if (verb === 'exec' || verb === 'start')
      return [
        verb === 'exec'
          ? {
              say: 'Keep stdin open to the program in the container:',
              edit: { file: 'the client config', at: 'args', to: exact ?? '"exec", "-i"' },
            }
          : {
              say: 'Attach to the container and its stdin:',
              edit: { file: 'the client config', at: 'args', to: '"start", "-ai"' },
            },
        { say: 'Check again:', run: `mcp-verdict verify -- ${again}` },
      ];
    return [
      {
        say: how
          ? 'Let the client run the container in the foreground with its stdin open (-i, in front of the image, no -d and no -t):'
          : 'Let the client start the container itself, in the foreground and with -i, instead of compose or a service:',
        edit: {
          file: 'the client config',
          at: 'args',
          to: exact ?? `"command": "${program}", "args": ["run", "-i", "--rm", "<image>"]`,
        },
      },
      ...(exact ? [{ say: 'Check again:', run: `mcp-verdict verify -- ${again}` }] : []),
      {
        say: 'A container that shall run as a service must speak HTTP: choose the transport of the server (often TRANSPORT=streamable-http), publish its port, and give the client the URL.',
      },
      {
        say: 'If -i is there already, the entry point of the image starts the server in the background (a trailing & or a supervisor): look, and let it end with exec:',
        run: `${program} image inspect --format "{{.Config.Entrypoint}} {{.Config.Cmd}}" <image>`,
      },
    ];
  },
  why: 'Without -i an engine gives the container no stdin: a stdio server reads the end of input and stops, with exit code 0 and often without a word. Compose and Kubernetes start services that no client is attached to, so a stdio server ends or restarts there for ever.',
  refs: [
    'https://docs.docker.com/reference/cli/docker/container/run/#interactive',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio',
    'https://github.com/tonyzorin/youtrack-mcp/issues/40',
  ],
  examples: [
    {
      name: 'a service of compose without stdin_open',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { services: { notes: { image: 'acme/notes:latest', container_name: 'notes' } } },
        exitCode: 0,
        serverLog: 'notes-mcp 0.6.4 connected via STDIO',
      },
    },
    {
      name: 'run without -i',
      finds: true,
      symptoms: { entry: { command: 'docker', args: ['run', '--rm', 'mcp/time'] }, clientError: 'Server disconnected' },
    },
    {
      name: '-i behind the image',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '--rm', '-e', 'API_KEY', 'acme/notes-mcp', '-i'] },
        clientError: 'MCP error -32000: Connection closed',
      },
    },
    {
      name: 'in the background',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-d', '--name', 'notes', 'acme/notes-mcp'] },
        stdout: '3f4e9c0b6a1d2e5f7081928374655647382910abcdef0123456789abcdef0123',
        exitCode: 0,
      },
    },
    {
      name: 'exec without -i, through a shell',
      finds: true,
      symptoms: {
        entry: { command: 'bash', args: ['-c', 'docker exec notes node /app/index.js'] },
        clientError: 'MCP error -32000: Connection closed',
      },
    },
    {
      name: 'compose up as an entry',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['compose', '-f', '/srv/compose.yml', 'up'] },
        clientError: 'Server transport closed',
      },
    },
    {
      name: 'a compose service that ends again and again',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          'notes-mcp  | Notes MCP server running on stdio\nnotes-mcp exited with code 0\nnotes-mcp  | Notes MCP server running on stdio\nnotes-mcp exited with code 0',
      },
    },
    {
      name: 'a server that notices it',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'stdin is not available. If you use Docker, run the container with the -i flag.',
        exitCode: 1,
      },
    },
    {
      name: 'run with -i',
      finds: false,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'mcp/time'] },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'options together, and with values that look like options',
      finds: false,
      symptoms: {
        entry: {
          command: 'docker',
          args: ['run', '--rm', '-e', '-x', '--name=notes', '-itv', '/srv:/srv', 'mcp/time'],
        },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'compose run is interactive',
      finds: false,
      symptoms: {
        entry: { command: 'docker', args: ['compose', 'run', '--rm', 'notes'] },
        clientError: 'Server disconnected',
      },
    },
  ],
});
