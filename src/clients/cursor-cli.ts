import { defineClient } from './client.js';
import { shared, sharedDoubts } from './cursor.js';
import { UNKNOWN_HANDSHAKE, UNKNOWN_LAUNCH, UNKNOWN_LIMITS } from './nothing-known.js';

/** The agent in the terminal. It reads the files of the IDE; how it starts servers is not published. */
export default defineClient({
  ...shared,
  // Written by the IDE, or by hand for both.
  places: shared.places.map((place) => ({ ...place, shared: 'cursor' })),
  id: 'cursor-cli',
  name: 'Cursor CLI',
  cli: 'cursor-agent',
  is: /cursor[-_ ]?(?:cli|agent)\b/i,
  notRead: [],
  launch: { kind: 'terminal', ...UNKNOWN_LAUNCH },
  handshake: UNKNOWN_HANDSHAKE,
  http: {
    order: ['streamable-http', 'sse'],
    fallsBack: true,
    origin: 'local',
    getMustBe405: null,
    oauth: null,
  },
  limits: UNKNOWN_LIMITS,
  logs: [],
  errors: [],
  defects: [
    {
      effect: 'a result whose content is a list of several items was waited for without end',
      phase: 'call',
      url: 'https://forum.cursor.com/t/137515',
    },
    {
      effect: 'servers that an editor hands over (ACP) were left out',
      phase: 'configuration',
      url: 'https://forum.cursor.com/t/153623',
    },
  ],
  reload: 'Start cursor-agent again.',
  sources: ['https://cursor.com/docs/mcp', 'https://cursor.com/docs/cli/mcp'],
  doubts: {
    ...sharedDoubts,
    'launch.environment': 'What a server gets of the environment is not published.',
    'launch.shell': 'Whether a shell is used is not published.',
    'launch.windows': 'How .cmd files are started is not published.',
    'launch.cwd': 'The working folder is not documented.',
    'launch.startMs': 'It is said to be strict about the time until initialize is answered; no figure is confirmed.',
    'launch.callMs': 'The limit of a call is not published.',
    'handshake.name': 'What it calls itself was not seen.',
    'handshake.protocolVersion': 'The revision that it asks for was not seen.',
    'handshake.capabilities': 'What it declares was not seen.',
    'handshake.exactRevision': 'What it does with another revision than it asked for is not known.',
    'http.order': 'Taken over from the IDE; not confirmed.',
    'http.fallsBack': 'Taken over from the IDE; not confirmed.',
    'http.getMustBe405': 'What it makes of a 404 to GET is not known.',
    'http.oauth': 'Whether it signs in by itself is not known.',
    'limits.tools': 'No limit was found.',
    'limits.toolName': 'No pattern for names of tools was found.',
    'limits.description': 'No limit of descriptions was found.',
    'limits.schema': 'Which keywords of JSON Schema are taken is not published.',
    logs: 'Where its log lies is not known.',
  },
});
