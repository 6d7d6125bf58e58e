import { containerLine } from '../case/container-line.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { find, WORDS, words } from './words.js';

const STATE = [
  /\bExited \((?<code>\d{1,3})\)|"Status":\s*"exited"|\bstate(?:=|: )exited\b|State:\s+Terminated/i,
  /\bcontainer (?<name>["'`]?[\w.-]{2,64}["'`]?) is (?:not running|stopped|paused)\b|can only create exec sessions on running containers|container state improper|(?:cannot|can't) (?:exec in|attach to|use|start) a (?:stopped|paused|exited) (?:container|state)|container (?:is )?not running/i,
  /\bNo such container:? (?<gone>[\w.-]{2,64})|no container with name or ID "(?<gone2>[^"]+)" found|Container ["'`]?(?<gone3>[\w.-]{2,64})["'`]? not found|service "(?<service>[\w.-]+)" is not running/i,
  /^(?!(?:process|server|child|command|node|python|npm|it|worker|program|script|mcp)\b(?![\w-]*-\d))(?<compose>[\w.-]{2,64}) exited with code (?<code>[1-9]\d{0,2})\b|\bcontainer ["'`]?(?<name>[\w.-]{2,64})["'`]? (?:has )?(?:exited|stopped|died|terminated)\b(?:.{0,30}\b(?:code|status):? ?(?<code2>\d{1,3}))?/i,
];
const MEANING: Record<string, string> = {
  '125': 'the engine itself refused to start it',
  '126': 'its command may not be executed',
  '127': 'its command does not exist in the image',
  '137': 'it was killed (SIGKILL), often for lack of memory',
  '139': 'it crashed (SIGSEGV)',
  '143': 'it was asked to stop (SIGTERM)',
};

export default defineCause({
  id: 'container-exited',
  title: 'The container of the server has stopped',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Error response from daemon: container is not running', 'Exited (1)'],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...SILENCE, 'process-crashed', 'process-returns-early', 'edge-bad-gateway'],

  match(given) {
    const lines = words(given);
    const hit = find(lines, ...STATE);
    if (!hit) return null;
    const line = containerLine(given.launch);
    const { name, gone, gone2, gone3, service, compose } = hit.groups;
    const code = hit.groups.code ?? hit.groups.code2;
    const missing = gone ?? gone2 ?? gone3 ?? null;
    const attaches = line?.verb === 'exec' || line?.verb === 'start';
    const exited = given.process?.exit?.by === 'itself' && given.process.exit.code !== 0;
    return {
      certainty: exited && attaches && /from daemon|^Error/i.test(hit.line.text.trim()) ? 'certain' : 'likely',
      cites: [hit.line.at, ...(attaches ? [at('launch', 'args')] : [])],
      facts: {
        name:
          (missing ?? name ?? service ?? compose ?? (attaches ? (line?.subject ?? null) : null))?.replace(
            /["'`]/g,
            '',
          ) ?? null,
        missing: missing !== null,
        code: code ?? null,
        engine: line?.engine ?? 'docker',
        exec: line?.verb === 'exec',
      },
    };
  },
  say: ({ name, missing, code, exec }) => {
    const subject = name ? `The container ${name}` : 'The container of the server';
    if (missing)
      return `${subject} does not exist (any more)${exec ? ', and the entry wants to run the server inside it' : ''}.`;
    return `${subject} is not running${code ? `: it ended with exit code ${code}${MEANING[code] ? ` (${MEANING[code]})` : ''}` : ''}${exec ? ', and the entry wants to run the server inside it' : ''}.`;
  },
  fix: ({ name, missing, engine }) => {
    const program = /podman|nerdctl/.test(engine) ? engine : 'docker';
    const subject = name ?? '<container>';
    return [
      missing
        ? { say: 'See which containers there are, and put the right name into the entry:', run: `${program} ps -a` }
        : { say: 'Read its last lines: they hold the reason.', run: `${program} logs --tail 50 ${subject}` },
      missing
        ? {
            say: 'Or let the client create a fresh container at each start instead of entering one that must be up:',
            edit: { file: 'the client config', at: 'args', to: '"args": ["run", "-i", "--rm", "<image>"]' },
          }
        : {
            say: 'See how it ended (exit code, memory) and start it again:',
            run: `${program} inspect --format "{{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Error}}" ${subject} && ${program} start ${subject}`,
          },
      {
        say: 'Paste those lines for the reason behind it:',
        run: `${program} logs ${subject} 2>&1 | mcp-verdict explain`,
      },
    ];
  },
  why: 'A container lives as long as its first process. When that ends, everything that enters the container (docker exec) or calls its port fails, and the reason stands only in the exit code and the last lines of its log.',
  refs: [
    'https://docs.docker.com/reference/cli/docker/container/run/#exit-status',
    'https://docs.docker.com/reference/cli/docker/container/logs/',
  ],
  examples: [
    {
      name: 'exec into a stopped container',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['exec', '-i', 'notes', 'node', '/app/index.js'] },
        stderr: 'Error response from daemon: container 3f4e9c0b6a1d is not running',
        exitCode: 1,
      },
    },
    {
      name: 'exec into none',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['exec', '-i', 'notes', 'node', '/app/index.js'] },
        stderr: 'Error response from daemon: No such container: notes',
        exitCode: 1,
      },
    },
    {
      name: 'the list of containers',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'CONTAINER ID  IMAGE       STATUS                     NAMES\n3f4e9c0b6a1d  acme/notes  Exited (1) 3 minutes ago   notes',
      },
    },
    {
      name: 'compose',
      finds: true,
      symptoms: { transport: 'streamable-http', serverLog: 'notes-1 exited with code 3' },
    },
    {
      name: 'a container that runs',
      finds: false,
      symptoms: { serverLog: '3f4e9c0b6a1d  acme/notes  Up 3 minutes   notes', clientError: 'Connection closed' },
    },
    {
      name: 'a process is no container',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'child process exited with code 3' },
    },
    {
      name: 'attached to a container that stands still',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['attach', 'notes'] },
        stderr: 'You cannot attach to a stopped container, start it first',
      },
    },
  ],
});
