import { type Client, defineClient, EVERY_OS } from './client.js';
import { PLAIN_ENTRY, UNKNOWN_LAUNCH } from './nothing-known.js';

const file = { os: EVERY_OS, format: 'json', root: ['mcpServers'] } as const;

/** What the IDE and the command line have in common: the files and how entries are written. */
export const shared = {
  file: '~/.cursor/mcp.json',
  places: [
    { ...file, scope: 'user', path: '~/.cursor/mcp.json' },
    { ...file, scope: 'project', path: '<project>/.cursor/mcp.json' },
  ],
  precedence: null,
  entry: {
    ...PLAIN_ENTRY,
    headers: 'headers',
    type: { key: 'type', needed: 'no', stdio: 'stdio', http: 'http', sse: 'sse', words: null },
    urlWithoutType: 'http-then-sse',
    others: ['envFile', 'auth'],
  },
  variables: {
    forms: [
      '${env:NAME}',
      '${userHome}',
      '${workspaceFolder}',
      '${workspaceFolderBasename}',
      '${pathSeparator}',
      '${/}',
    ],
    fields: ['command', 'args', 'env', 'url', 'headers', 'auth'],
    unset: null,
  },
} satisfies Partial<Client>;

/** The doubts that belong to the part above. */
export const sharedDoubts = {
  precedence: 'Which file wins where a name stands in both is not documented.',
  'entry.cwd': 'No key for the working folder stands in the documentation that was read.',
  'entry.type':
    'The documentation asks for type "stdio"; entries without it work. Which words it takes is not published.',
  'entry.both': 'What becomes of an entry with a command and an address is not documented.',
  'entry.timeouts': 'No key for a time limit stands in the documentation that was read.',
  'entry.off': 'Servers are switched off in the settings; no key of the entry is documented.',
  'entry.unknownKey': 'What an unknown key does is not documented.',
  'entry.name': 'No rule for names of servers was found.',
  'variables.unset': 'What becomes of a variable that is not set is not documented.',
};

const log = { of: 'one-server', confidence: 'medium' } as const;
const folders = [
  ['macos', '~/Library/Application Support/Cursor'],
  ['linux', '~/.config/Cursor'],
  ['windows', '%APPDATA%/Cursor'],
] as const;

export default defineClient({
  ...shared,
  id: 'cursor',
  name: 'Cursor',
  is: /cursor(?![-_ ]?(?:cli|agent)\b)/i,
  marks: /\.cursor\b/,
  program: /[Cc]ursor(?:\.app|[\\/]resources)[\\/]|cursor-(?:agent|always-local|mcp)|anysphere\./,
  places: [
    ...shared.places,
    {
      ...file,
      scope: 'project',
      path: '<project>/.mcp.json',
      shared: 'claude-code',
      onlyIf: 'this version reads it, which no document of the maker says',
      confidence: 'low',
    },
  ],
  notRead: folders.map(([, folder]) => ({
    path: `${folder}/User/settings.json`,
    root: ['mcpServers'],
    format: 'jsonc' as const,
    instead:
      'Cursor reads no servers from its settings; they belong into ~/.cursor/mcp.json or .cursor/mcp.json of the project.',
  })),
  launch: { kind: 'gui', ...UNKNOWN_LAUNCH },
  handshake: {
    name: 'cursor-vscode',
    protocolVersion: '2025-06-18',
    capabilities: { roots: {}, elicitation: {} },
    probes: [],
    exactRevision: null,
  },
  http: {
    order: ['streamable-http', 'sse'],
    fallsBack: true,
    origin: 'local',
    getMustBe405: true,
    oauth: true,
    redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
  },
  limits: {
    tools: { max: 40, beyond: 'left-out', confidence: 'low' },
    toolName: { form: '<server><tool>', max: 60, beyond: 'left-out', confidence: 'low' },
    description: null,
    schema: null,
  },
  logs: folders.flatMap(([os, folder]) => [
    { ...log, os: [os], path: `${folder}/logs/*/window*/exthost/anysphere.cursor-mcp/MCP user-<name>.log` },
    { ...log, os: [os], path: `${folder}/logs/*/window*/exthost/anysphere.cursor-mcp/MCP project-*-<name>.log` },
    {
      ...log,
      os: [os],
      path: `${folder}/logs/*/window*/exthost/anysphere.cursor-always-local/Cursor MCP.log`,
      of: 'all-servers' as const,
    },
  ]),
  logPanel: 'the Output panel, channel "MCP Logs"',
  errors: [
    { text: 'Client closed for command', means: 'The process of the server ended.' },
    { text: 'Error in MCP: Client closed', means: 'The same, without the command.' },
    {
      text: 'Failed to reload client: MCP error -32000: Connection closed',
      means: 'The process ended while the server was started again.',
    },
    {
      text: 'No server info found',
      means: 'initialize was not completed; a line that follows another failure, not a cause.',
    },
    {
      text: 'Error connecting to streamableHttp server, falling back to SSE:',
      means: 'The POST failed; the text behind the colon is the true error.',
    },
    {
      text: 'Error connecting to SSE server after fallback:',
      means: 'The second error; it belongs to the fallback and decides nothing alone.',
    },
    { text: 'Client error for command Unexpected token', means: 'Something else than JSON stood on stdout.' },
    {
      text: 'Failed to open SSE stream: Not Found',
      means: 'The server has no stream for GET; harmless while POST works.',
    },
    { text: 'No stored tokens found', means: 'Nobody has signed in yet.' },
    { text: 'Maximum reconnection attempts (2) exceeded', means: 'The stream broke twice and is given up.' },
    { text: 'SSE error: undefined', means: 'The stream of the older transport was dropped.' },
  ],
  defects: [
    {
      from: '0.47.5',
      to: '0.47.5',
      effect: 'a server was taken for not approved and switched off',
      phase: 'start',
      url: 'https://github.com/cursor/cursor/issues/2872',
    },
    {
      from: '0.48.6',
      to: '0.48.9',
      effect: 'the client closed the connection while other clients got on with the same server',
      when: 'stdio',
      phase: 'start',
      url: 'https://github.com/benborla/mcp-server-mysql/issues/28',
    },
    {
      from: '0.48.7',
      to: '0.48.7',
      effect: 'the client closed about half a second after npx was started',
      when: 'stdio',
      phase: 'start',
      url: 'https://github.com/BrowserMCP/mcp/issues/9',
    },
    {
      effect: 'the client closed the connection while other clients got on with the same server',
      when: 'stdio',
      phase: 'start',
      url: 'https://github.com/roychri/mcp-server-asana/issues/17',
    },
    {
      from: '0.49.6',
      to: '0.49.6',
      effect: 'connections of the older transport were dropped after 10 to 60 seconds',
      when: 'http',
      phase: 'later',
      url: 'https://github.com/tidewave-ai/tidewave_phoenix/issues/19',
    },
    {
      from: '3.7.27',
      to: '3.7.27',
      effect: 'a bridge that an extension brings was not started',
      when: 'stdio',
      phase: 'start',
      url: 'https://github.com/dbcodeio/public/issues/1139',
    },
    {
      effect:
        'the id of a session was kept after the server had forgotten it, so that every request failed until the server was switched off and on',
      when: 'http',
      phase: 'later',
      url: 'https://github.com/cursor/cursor/issues/3640',
    },
    {
      effect: 'a token was not renewed, and the server stayed at Loading tools',
      when: 'http',
      phase: 'start',
      url: 'https://github.com/cursor/cursor/issues/3722',
    },
    {
      effect: 'headers of the entry were not sent',
      when: 'http',
      phase: 'start',
      url: 'https://github.com/cursor/cursor/issues/3129',
    },
    {
      effect: 'a 404 to GET was shown as an error although the server was sound',
      when: 'http',
      phase: 'start',
      url: 'https://github.com/arabold/docs-mcp-server/issues/312',
    },
  ],
  notes: [
    'Every line that a server writes to stderr is shown as [error]; a red line proves nothing.',
    'An envFile is read for commands only.',
  ],
  reload: 'Switch the server off and on in the settings of Cursor, under MCP.',
  sources: [
    'https://cursor.com/docs/mcp',
    'https://github.com/cursor/cursor/issues/3640',
    'https://github.com/snyk/agent-scan',
    'https://github.com/apify/mcp-client-capabilities',
  ],
  doubts: {
    ...sharedDoubts,
    places: 'That .mcp.json of a project is read as well is told by a scanner of another maker only.',
    'launch.environment':
      'What a server gets of the environment is not published, nor whether the PATH of a login shell is used.',
    'launch.shell': 'Whether a shell is used is not published.',
    'launch.windows': 'How .cmd files are started is not published.',
    'launch.cwd': 'The working folder is not documented.',
    'launch.startMs': 'Over HTTP 60 seconds were seen in logs; for commands nothing is published.',
    'launch.callMs': 'The limit of a call is not published.',
    'handshake.protocolVersion':
      'From a table of capabilities; a newer revision in late 2026 is likely and not confirmed.',
    'handshake.exactRevision': 'What it does with another revision than it asked for is not known.',
    'limits.tools': 'About 40 over all servers by secondary pages; the figure 80 was not confirmed.',
    'limits.toolName': 'Server and tool together up to 60 characters, by secondary pages.',
    'limits.description': 'No limit of descriptions was found.',
    'limits.schema': 'Which keywords of JSON Schema are taken is not published.',
    logs: 'The folders of the extensions in the log were seen in reports and may have changed.',
  },
});
