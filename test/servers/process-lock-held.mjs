// client sees: MCP error -32000: Connection closed
// A guard of its own: a file with the process id of a copy that lives (here: its parent).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-lock-'));
const lock = join(folder, 'server.lock');
writeFileSync(lock, String(process.ppid), { flag: 'wx' });
try {
  writeFileSync(lock, String(process.pid), { flag: 'wx' });
} catch {
  console.error(`Lock file ${lock} is held: another instance is already running (pid ${process.ppid})`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
