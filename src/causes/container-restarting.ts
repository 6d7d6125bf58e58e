import { containerLine } from '../case/container-line.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { find, findAll, WORDS, words } from './words.js';

const STATE =
  /\bRestarting \((?<code>\d{1,3})\)|\bcontainer (?<name>["'`]?[\w.-]{2,64}["'`]?) is restarting\b|"Status":\s*"restarting"|\bRestartCount["']?[:=]\s*(?<count>[1-9]\d*)|\bcontainer\b.{0,60}\b(?:keeps? (?:on )?restarting|restart loop|restarts? (?:over and over|continuously|repeatedly|constantly|in a loop)|stuck (?:in )?restarting)|\b[Bb]ack-?off\b.{0,20}\brestarting failed (?:container|pod)?|\brestarted it \d+ times\b|\brestart loop\b.{0,60}\bcontainer|exited with code (?<composeCode>\d{1,3}) \(restarting\)/i;
/** Compose tells each end: the same service several times is a loop. */
const ENDED =
  /^(?!(?:process|server|child|command|node|python|npm|it|worker|program|script|mcp)\b(?![\w-]*-\d))(?<name>[\w.-]{2,64}) exited with code (?<code>\d{1,3})\b/;

export default defineCause({
  id: 'container-restarting',
  title: 'The container is restarted again and again, because its process keeps ending',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['Restarting (1) 5 seconds ago', 'ECONNREFUSED', 'MCP error -32000: Connection closed'],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...SILENCE, 'container-exited', 'process-crashed', 'process-returns-early', 'edge-bad-gateway'],

  match(given) {
    const lines = words(given);
    const hit = find(lines, STATE);
    const ends = findAll(lines, ENDED);
    const again = ends.find(({ groups }, i) => ends.slice(0, i).some((other) => other.groups.name === groups.name));
    const found = hit ?? again;
    if (!found) return null;
    const { name, code, composeCode, count } = found.groups;
    const line = containerLine(given.launch);
    return {
      certainty:
        line?.verb === 'exec' && given.process?.exit?.by === 'itself' && /from daemon/.test(found.line.text)
          ? 'certain'
          : 'likely',
      cites: [found.line.at, ...(line ? [at('launch', 'args')] : [])],
      facts: {
        name: name?.replace(/["'`]/g, '') ?? null,
        code: code ?? composeCode ?? null,
        count: count ? Number(count) : ends.length || null,
        engine: line?.engine ?? 'docker',
      },
    };
  },
  say: ({ name, code, count }) =>
    `${name ? `The container ${name}` : 'The container of the server'} does not stay up: its process ends${code ? ` with exit code ${code}` : ''} and the engine starts it again${count && count > 1 ? ` (${count} times so far)` : ''}.`,
  fix: ({ name, code, engine }) => {
    const program = /podman|nerdctl/.test(engine) ? engine : 'docker';
    const subject = name ?? '<container>';
    return [
      {
        say: 'Read why it ends, and let the log be judged:',
        run: `${program} logs --tail 100 ${subject} 2>&1 | mcp-verdict explain -`,
      },
      code === '0'
        ? {
            say: 'Exit code 0 without an error: a stdio server as a service reads the end of stdin and stops. Choose its HTTP transport, or let the client run it with docker run -i.',
          }
        : {
            say: 'Meanwhile stop the loop, so that the log does not run over:',
            run: `${program} update --restart=no ${subject}`,
          },
    ];
  },
  why: 'A restart policy (always, unless-stopped, on-failure) starts a container again after each end, with growing pauses. From outside the port answers now and then or never; the reason is the same in every round and stands in the log.',
  refs: ['https://docs.docker.com/engine/containers/start-containers-automatically/'],
  examples: [
    {
      name: 'the list of containers',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '3f4e9c0b6a1d  acme/notes  Restarting (1) 5 seconds ago   notes',
      },
    },
    {
      name: 'exec into it',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['exec', '-i', 'notes', 'node', 'index.js'] },
        stderr: 'Error response from daemon: Container 3f4e9c0b6a1d is restarting, wait until the container is running',
        exitCode: 1,
      },
    },
    {
      name: 'compose tells it twice',
      finds: true,
      symptoms: { transport: 'streamable-http', serverLog: 'notes-1 exited with code 2\nnotes-1 exited with code 2' },
    },
    {
      name: 'a server that restarts itself',
      finds: false,
      symptoms: { serverLog: '[nodemon] restarting due to changes...' },
    },
    {
      name: 'two services',
      finds: false,
      symptoms: { serverLog: 'notes-1 exited with code 2\ndb-1 exited with code 0' },
    },
  ],
});
