// client sees: MCP error -32001: Request timed out
import { createInterface } from 'node:readline';

// No newline: the first answer stands on the same line.
process.stdout.write('Loading model... ');
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
let answered = false;
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method !== 'initialize' || answered) return;
  answered = true;
  const serverInfo = { name: 'glued', version: '1.0.0' };
  send({ id, result: { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo } });
});
