/** A home folder with three clients and seven servers, some of them broken in the ways that people meet most: the example of README. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replaceAll('\\', '/');
const server = (name: string): string => `${ROOT}node_modules/@modelcontextprotocol/server-${name}/dist/index.js`;

const FILES: Record<string, string> = {
  '.config/Claude/claude_desktop_config.json': `{
  "mcpServers": {
    "memory": { "command": "node", "args": ["${server('memory')}"] },
    "docs": { "url": "https://docs.example.com/mcp" }
  }
}
`,
  '.cursor/mcp.json': `{
  "mcpServers": {
    "memory": { "command": "node", "args": ["${server('memory')}"] },
    "search": { "serverUrl": "http://127.0.0.1:8931/mcp" },
    "weather": { "command": "node", "args": ["${ROOT}test/servers/process-env-missing.mjs"] }
  }
}
`,
  '.codex/config.toml': `model = "gpt-5"

[mcp_servers.thinking]
command = "node"
args = ["${server('sequential-thinking')}"]

[mcp_servers.files]
command = "npx -y @modelcontextprotocol/server-filesystem /tmp" # works in my terminal
`,
};

/** Make the folder, with an empty project beside it. */
export function exampleHome(): { home: string; project: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-example-'));
  const home = join(folder, 'home');
  const project = join(folder, 'project');
  mkdirSync(project, { recursive: true });
  for (const [path, text] of Object.entries(FILES)) {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return { home, project };
}
