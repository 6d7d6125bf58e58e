import { type Client, type ConfigPlace, defineClient, EVERY_OS, type Os } from './client.js';
import { PLAIN_ENTRY } from './nothing-known.js';

/** Where the editor keeps what belongs to a user, by system: `Code`, or `Code - Insiders`. */
export const userFolders = (product: string): [Os, string][] => [
  ['windows', `%APPDATA%/${product}/User`],
  ['macos', `~/Library/Application Support/${product}/User`],
  ['linux', `~/.config/${product}/User`],
];

/** The places of one of the two editions. */
export const placesOf = (product: string): ConfigPlace[] => [
  { os: EVERY_OS, scope: 'project', path: '<project>/.vscode/mcp.json', format: 'jsonc', root: ['servers'] },
  ...userFolders(product).flatMap(([os, folder]): ConfigPlace[] => [
    { os: [os], scope: 'user', path: `${folder}/mcp.json`, format: 'jsonc', root: ['servers'] },
    { os: [os], scope: 'profile', path: `${folder}/profiles/*/mcp.json`, format: 'jsonc', root: ['servers'] },
    {
      os: [os],
      scope: 'legacy',
      path: `${folder}/settings.json`,
      format: 'jsonc',
      root: ['mcp', 'servers'],
      onlyIf: 'the version is older than 1.102, which moves them to mcp.json',
    },
  ]),
  {
    os: EVERY_OS,
    scope: 'legacy',
    path: '<project>/.vscode/settings.json',
    format: 'jsonc',
    root: ['mcp', 'servers'],
    onlyIf: 'the version is older than 1.102, which moves them to mcp.json',
    confidence: 'medium',
  },
  {
    os: EVERY_OS,
    scope: 'project',
    path: '<project>/.mcp.json',
    format: 'json',
    root: ['mcpServers'],
    onlyIf: 'a newer version runs the agent of Copilot',
    shared: 'claude-code',
    confidence: 'medium',
  },
  {
    os: EVERY_OS,
    scope: 'user',
    path: '~/.copilot/mcp-config.json',
    format: 'json',
    root: ['mcpServers'],
    movedBy: [{ variable: 'COPILOT_HOME', replaces: '~/.copilot' }],
    onlyIf: 'a newer version runs the agent of Copilot',
    confidence: 'medium',
  },
  {
    os: EVERY_OS,
    scope: 'project',
    path: '<project>/.devcontainer/devcontainer.json',
    format: 'jsonc',
    root: ['customizations', 'vscode', 'mcp', 'servers'],
    onlyIf: 'the folder is open in its dev container',
  },
];

export const logsOf = (product: string): Client['logs'] =>
  userFolders(product).map(([os, folder]) => ({
    os: [os],
    path: `${folder.replace(/\/User$/, '')}/logs/*/window*/mcpServer.mcp.config.*.<name>.log`,
    of: 'one-server',
    confidence: 'medium',
  }));

export default defineClient({
  id: 'vscode',
  name: 'VS Code',
  is: /vs ?-?code\b(?![-_ ]?insiders)(?!.*(?:cline|roo))|copilot(?!-cli)(?!.*(?:jetbrains|intellij))(?<!jetbrains.*)/i,
  program:
    /(?:Visual Studio Code|Microsoft VS Code|VSCode|Code - Insiders)(?:\.app)?[\\/]|extensionHostProcess|extHost\w*\.|workbench\.desktop|vscode-file:/i,
  file: '.vscode/mcp.json',
  places: placesOf('Code'),
  notRead: [],
  precedence: null,
  entry: {
    ...PLAIN_ENTRY,
    envTakes: ['number', 'null'],
    cwd: 'cwd',
    headers: 'headers',
    type: { key: 'type', needed: 'no', stdio: 'stdio', http: 'http', sse: 'sse', words: ['stdio', 'http', 'sse'] },
    urlWithoutType: 'http-then-sse',
    others: ['envFile', 'dev', 'sandboxEnabled', 'oauth', 'gallery', 'version'],
    unknownKey: 'warning',
  },
  variables: {
    forms: ['${input:NAME}', '${env:NAME}', '${workspaceFolder}', '${userHome}'],
    inputs: 'inputs',
    fields: null,
    unset: null,
  },
  launch: {
    kind: 'gui',
    environment: { policy: 'all' },
    loginPath: true,
    shell: false,
    windows: { how: 'finds' },
    cwd: 'project',
    startMs: 'none',
    callMs: 'none',
  },
  handshake: {
    name: 'Visual Studio Code',
    protocolVersion: '2025-11-25',
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: { form: {}, url: {} }, tasks: {} },
    probes: [],
    exactRevision: null,
  },
  http: {
    order: ['streamable-http', 'sse'],
    fallsBack: true,
    notOn: [401, 403],
    origin: 'local',
    getMustBe405: null,
    oauth: true,
  },
  limits: {
    tools: { max: 128, beyond: 'unknown', confidence: 'low' },
    toolName: null,
    description: null,
    schema: null,
  },
  logs: logsOf('Code'),
  logPanel: 'the Output panel, channel "MCP: <name>"',
  errors: [
    {
      text: 'Waiting for server to respond to `initialize` request...',
      means: 'The process runs and has not answered; said again every five seconds, without an end.',
    },
    {
      text: 'Server exited before responding to `initialize` request.',
      means: 'The process ended before it answered.',
    },
    { text: 'Process exited with code', means: 'The exit code follows.' },
    { text: 'Failed to parse message:', means: 'Something else than JSON stood on stdout; the connection goes on.' },
    {
      text: 'status sending message to URL, will attempt to fall back to legacy SSE',
      means: 'The POST was answered with 4xx.',
    },
    { text: 'status connecting to URL as SSE:', means: 'The fallback failed too.' },
    { text: 'Error sending message to URL:', means: 'The POST could not be sent.' },
    { text: 'ENOENT', means: 'The command was not found.' },
  ],
  defects: [
    {
      from: '1.102.0',
      to: '1.102.0',
      effect: 'servers that were configured before the update could not be started',
      phase: 'start',
      url: 'https://github.com/microsoft/vscode/issues/255310',
    },
    {
      effect: 'a stream of the older transport behind a proxy stayed at starting',
      when: 'http',
      phase: 'start',
      url: 'https://github.com/microsoft/vscode/issues/246753',
    },
    {
      effect: 'headers were not sent as configured',
      when: 'http',
      phase: 'start',
      url: 'https://github.com/microsoft/vscode/issues/245828',
    },
    {
      effect: 'nothing told that a server had failed to start',
      phase: 'start',
      url: 'https://github.com/microsoft/vscode/issues/244629',
    },
  ],
  notes: [
    'Servers run where the extension host runs: with Remote-SSH, WSL or a dev container those of the workspace run on the other side.',
    'Up to five redirects are followed by hand, and 301 or 302 turns the POST into a GET: the final address belongs into the file.',
    'A 400 or 404 to a request with a session id starts a new session.',
    'A PATH in env is merged with the inherited one, and null deletes a variable.',
  ],
  reload: 'Start the server again above its entry in mcp.json, or by the command MCP: List Servers.',
  sources: [
    'https://code.visualstudio.com/docs/supporting/faq',
    'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
    'https://code.visualstudio.com/docs/copilot/chat/mcp-servers',
    'https://github.com/microsoft/vscode/blob/main/src/vs/workbench/api/node/extHostMcpNode.ts',
    'https://github.com/microsoft/vscode/blob/main/src/vs/workbench/api/common/extHostMcp.ts',
    'https://github.com/microsoft/vscode/issues/246753',
  ],
  doubts: {
    precedence: 'Which file wins where a name stands in several is not documented.',
    'entry.both': 'The schema of the file takes either a command or an address; which one is used is not told.',
    'entry.timeouts': 'There is no key for a time limit.',
    'entry.off': 'No key that switches an entry off is documented.',
    'entry.others': 'gallery and version were seen in files that the editor wrote itself.',
    'entry.unknownKey': 'The schema allows no other keys, so the editor underlines one; it is left out otherwise.',
    'entry.name': 'No rule for names of servers was found.',
    'variables.fields': 'In which keys variables are filled in is not listed.',
    'variables.unset': 'What becomes of a variable that is not set is not documented.',
    'launch.windows': '.bat and .cmd files are looked up and started with a shell.',
    'handshake.name': 'It is the name of the product, so editions and forks send another one.',
    'handshake.exactRevision': 'What it does with another revision than it asked for is not known.',
    'http.getMustBe405': 'What it makes of a 404 to GET is not known.',
    'limits.tools': 'The 128 per request are told by secondary sources only.',
    'limits.toolName': 'No pattern for names of tools was found.',
    'limits.description': 'No limit of descriptions was found.',
    'limits.schema': 'Which keywords of JSON Schema are taken is not published.',
    logs: 'The files behind the Output panel were seen in reports and are not documented.',
  },
});
