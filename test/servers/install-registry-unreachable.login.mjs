// client sees: MCP error -32000: Connection closed
// A company's registry that wants a login, in place of the one that .npmrc would name.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const cwd = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
process.on('exit', () => rmSync(cwd, { recursive: true, force: true }));
const registry = createServer((_, response) => response.writeHead(401).end('{}'));
registry.listen(0, '127.0.0.1', () => {
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${registry.address().port}/` };
  spawn('npx', ['-y', 'some-mcp-server'], { cwd, env, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
});
