import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { toldFault, toldWords } from './told-entry.js';
import { failed, WORDS, words } from './words.js';

/** A server that misses something. */
const MISSES =
  /\b(?:missing|required|not set|undefined|not found|not provided|must be set|no such|unset|empty|KeyError|is needed|please set)\b/i;

export default defineCause({
  id: 'container-env-not-passed',
  title: 'Variables of the entry are set for the container engine and never reach the container',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected'],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: ['process-env-missing', 'container-exited', 'auth-credentials-missing', ...FAILED_START],

  match(given) {
    const told = failed(given) ? toldFault(given, 'docker-env-not-passed') : null;
    if (!told) return null;
    const name = told.facts.name ?? '';
    const said = words(given).find(
      ({ from, text, note }) => from !== 'client' && !note && text.includes(name) && MISSES.test(text),
    );
    return {
      certainty: said ? 'certain' : 'possible',
      cites: [...(said ? [said.at] : []), ...told.cites],
      facts: { ...told.facts, name },
    };
  },
  say: (facts) => toldWords('docker-env-not-passed', facts as Record<string, string>).says,
  fix: (facts) => [
    { say: toldWords('docker-env-not-passed', facts as Record<string, string>).fix },
    { say: 'Restart the client.' },
  ],
  why: 'The client sets the variables of an entry for the program that it starts, which is docker. The container has an environment of its own: the engine hands a variable on only when an option names it.',
  refs: ['https://docs.docker.com/reference/cli/docker/container/run/#env'],
  examples: [
    {
      name: 'the server misses what the entry sets',
      finds: true,
      symptoms: {
        entry: {
          command: 'docker',
          args: ['run', '-i', '--rm', 'ghcr.io/acme/notes'],
          env: { NOTES_TOKEN: 'a-secret-of-mine-1' },
        },
        stderr: 'Error: NOTES_TOKEN is required',
        exitCode: 1,
      },
    },
    {
      name: 'found in the file',
      finds: true,
      symptoms: {
        entry: {
          command: 'docker',
          args: ['run', '-i', '--rm', 'acme/notes'],
          env: { NOTES_URL: 'https://notes.example.com' },
        },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'an option names it',
      finds: false,
      symptoms: {
        entry: {
          command: 'docker',
          args: ['run', '-i', '--rm', '-e', 'NOTES_TOKEN', 'ghcr.io/acme/notes'],
          env: { NOTES_TOKEN: 'a-secret-of-mine-1' },
        },
        stderr: 'Error: NOTES_TOKEN is required',
        exitCode: 1,
      },
    },
    {
      name: 'no container',
      finds: false,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'notes-mcp'], env: { NOTES_TOKEN: 'a-secret-of-mine-1' } },
        stderr: 'Error: NOTES_TOKEN is required',
        exitCode: 1,
      },
    },
    {
      name: 'a variable of the engine itself',
      finds: false,
      symptoms: {
        entry: {
          command: 'docker',
          args: ['run', '-i', '--rm', 'acme/notes'],
          env: { DOCKER_HOST: 'unix:///run/user/1000/docker.sock' },
        },
        clientError: 'Server disconnected',
      },
    },
  ],
});
