import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

const STATE =
  /\bUp .{1,40}\(unhealthy\)|\(unhealthy\)|\bcontainer (?<name>["'`]?[\w.-]{2,64}["'`]?) is unhealthy\b|"(?:Status|Health)":\s*"unhealthy"|\bhealth(?:[_ ]status)?["']?[:=] ?["']?unhealthy\b|\bcontainer\b.{0,60}\b(?:is |as |marked |reported )?unhealthy\b|\b(?:Readiness|Liveness|Startup) probe failed\b|"FailingStreak":\s*[1-9]/i;
/** What the probe of the health check said. */
const PROBE =
  /"Output":\s*"(?<output>[^"]{1,200})|\b(?:curl|wget|nc): .{1,200}|\bHealthcheck (?:failed|exited).{0,120}/i;

export default defineCause({
  id: 'container-unhealthy',
  title: 'The container runs, but its health check fails',
  culprit: 'server',
  severity: 'degraded',
  seenAs: ['dependency failed to start: container is unhealthy', 'Up 2 minutes (unhealthy)'],
  needs: [],
  uses: [...WORDS],
  explains: ['edge-bad-gateway'],

  match(given) {
    const lines = words(given);
    const hit = find(lines, STATE);
    if (!hit) return null;
    const probe = find(lines, PROBE);
    return {
      certainty: 'likely',
      cites: [hit.line.at, ...(probe && probe.line !== hit.line ? [probe.line.at] : [])],
      facts: {
        name: hit.groups.name?.replace(/["'`]/g, '') ?? null,
        probe: (probe?.groups.output ?? probe?.match[0] ?? null)?.trim() ?? null,
        absent:
          /(?:curl|wget|nc|bash)['"`]?: (?:not found|executable file not found|No such file)|exec: "(?:curl|wget|nc)"/i.test(
            lines.map(({ text }) => text).join('\n'),
          ),
      },
    };
  },
  say: ({ name, probe, absent }) =>
    absent
      ? `The health check of ${name ? `the container ${name}` : 'the container'} cannot run: the program it calls is not in the image${probe ? ` ("${probe}")` : ''}.`
      : `${name ? `The container ${name}` : 'The container'} is up, but the probe of its health check fails${probe ? `: "${probe}"` : ''}; what depends on "healthy" does not start or sends it no requests.`,
  fix: ({ name, absent }) => [
    {
      say: 'Read what the probe answered:',
      run: `docker inspect --format "{{json .State.Health}}" ${name ?? '<container>'}`,
    },
    absent
      ? {
          say: "Use a program that the image has, for example the server's own runtime:",
          edit: {
            file: 'the compose file',
            at: 'healthcheck.test',
            to: 'test: ["CMD", "node", "-e", "fetch(\'http://127.0.0.1:<port>/health\').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]',
          },
        }
      : {
          say: 'Probe the port the server really listens on and a path that answers GET with 200 (an MCP endpoint answers 400, 405 or 406 to a plain GET); give a slow start time with start_period:',
          edit: {
            file: 'the compose file',
            at: 'healthcheck',
            to: 'test: ["CMD", "curl", "-f", "http://127.0.0.1:<port>/health"]\nstart_period: 30s',
          },
        },
  ],
  why: 'A health check is a command that the engine runs inside the container. It fails as well when the server is well but the check asks a wrong port or path, asks the MCP endpoint itself, or calls curl in an image that has none.',
  refs: ['https://docs.docker.com/reference/dockerfile/#healthcheck'],
  examples: [
    {
      name: 'the list of containers',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '3f4e9c0b6a1d  acme/notes  Up 2 minutes (unhealthy)  notes',
      },
    },
    {
      name: 'compose waits for it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'dependency failed to start: container notes-1 is unhealthy',
      },
    },
    {
      name: 'a healthy one',
      finds: false,
      symptoms: {
        serverLog: '3f4e9c0b6a1d  acme/notes  Up 2 minutes (healthy)  notes',
        clientError: 'Connection closed',
      },
    },
    {
      name: 'an upstream of a proxy',
      finds: false,
      symptoms: { serverLog: 'upstream server is unhealthy, removed from rotation', clientError: '502' },
    },
  ],
});
