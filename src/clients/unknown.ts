/** A client of which nothing is known but that its file looks like that of most: for a configuration that comes without a name. */

import { defineClient, EVERY_OS } from './client.js';
import { PLAIN_ENTRY, UNKNOWN_HANDSHAKE, UNKNOWN_HTTP, UNKNOWN_LAUNCH, UNKNOWN_LIMITS } from './nothing-known.js';

export default defineClient({
  id: 'unknown',
  name: 'the client',
  is: /^unknown$/,
  file: 'the configuration of the client',
  places: [{ os: EVERY_OS, scope: 'user', path: '~/mcp.json', format: 'json', root: ['mcpServers'] }],
  notRead: [],
  precedence: null,
  entry: { ...PLAIN_ENTRY, cwd: 'cwd', url: ['url', 'serverUrl', 'httpUrl', 'uri'], headers: 'headers' },
  variables: null,
  launch: { kind: 'gui', ...UNKNOWN_LAUNCH },
  handshake: UNKNOWN_HANDSHAKE,
  http: UNKNOWN_HTTP,
  limits: UNKNOWN_LIMITS,
  logs: [],
  errors: [],
  defects: [],
  reload: 'Quit the client completely, and start it again.',
  sources: [],
  doubts: {},
});
