// client sees: MCP error -32000: Connection closed
// An addon for a 32-bit machine: the header says so.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const header = Buffer.alloc(4_096);
header.write('\x7fELF\x01\x01\x01', 'latin1');
header.writeUInt16LE(3, 16);
header.writeUInt16LE(40, 18);
const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const addon = join(folder, 'native.node');
writeFileSync(addon, header);
createRequire(import.meta.url)(addon);
process.stdin.resume();
