/** A home folder as people have one: six clients with their own files and forms, 14 servers, about half of them broken. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Real servers that work: of the SDK, and of the reference implementation. */
export const SOUND = {
  everything: file('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js'),
  memory: file('../../node_modules/@modelcontextprotocol/server-memory/dist/index.js'),
  thinking: file('../../node_modules/@modelcontextprotocol/server-sequential-thinking/dist/index.js'),
  plain: file('../healthy/v2-stdio.mjs'),
};

/** A real server that fails in the way its name says. */
export const brokenServer = (name: string): string => file(`../servers/${name}`);

const NODE = process.execPath;
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Where the files of clients lie in a home folder on Linux. */
export const PLACES = {
  'claude-desktop': '.config/Claude/claude_desktop_config.json',
  'claude-code': '.claude.json',
  cursor: '.cursor/mcp.json',
  windsurf: '.codeium/windsurf/mcp_config.json',
  vscode: '.config/Code/User/mcp.json',
  codex: '.codex/config.toml',
  'gemini-cli': '.gemini/settings.json',
  goose: '.config/goose/config.yaml',
  opencode: '.config/opencode/opencode.json',
  kiro: '.kiro/settings/mcp.json',
  'lm-studio': '.lmstudio/mcp.json',
  zed: '.config/zed/settings.json',
} as const;

/** The files of the six clients, by client. */
export function sixClients(): Partial<Record<keyof typeof PLACES, string>> {
  return {
    'claude-desktop': json({
      mcpServers: {
        memory: { command: NODE, args: [SOUND.memory] },
        weather: { command: NODE, args: [brokenServer('process-env-missing.mjs')] },
        github: { type: 'http', url: 'https://api.githubcopilot.example/mcp/' },
      },
    }),
    'claude-code': json({
      numStartups: 41,
      mcpServers: {
        everything: { type: 'stdio', command: NODE, args: [SOUND.everything], env: {} },
        notes: { url: 'https://notes.example/mcp' },
      },
      projects: {},
    }),
    cursor: json({
      mcpServers: {
        memory: { command: NODE, args: [SOUND.memory] },
        files: { command: `${NODE} ${SOUND.plain}` },
        search: { url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer ${env:SEARCH_TOKEN}' } },
      },
    }),
    windsurf: json({
      mcpServers: {
        thinking: { command: NODE, args: [SOUND.thinking] },
        tracker: { command: NODE, args: [brokenServer('stdio-polluted-by-server.mjs')] },
      },
    }),
    vscode: `{
  // Servers for every folder
  "servers": {
    "plain": { "type": "stdio", "command": ${JSON.stringify(NODE)}, "args": [${JSON.stringify(SOUND.plain)}] },
    "sqlite": { "type": "stdio", "command": "node", "args": ["/srv/mcp/sqlite/dist/index.js"] },
  },
}
`,
    codex: `model = "o4"

[mcp_servers.thinking]
command = ${JSON.stringify(NODE)}
args = [${JSON.stringify(SOUND.thinking)}]

[mcp_servers.calendar]
command = "calendar-mcp"
args = []
`,
  };
}

/** Write files of clients into a home folder. */
export function layHome(home: string, files: Partial<Record<keyof typeof PLACES, string | Buffer>>): void {
  for (const [client, text] of Object.entries(files)) {
    const path = join(home, PLACES[client as keyof typeof PLACES]);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
