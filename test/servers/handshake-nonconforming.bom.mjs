// client sees: MCP error -32001: Request timed out
import { createInterface } from 'node:readline';

// A byte order mark before the first message.
const write = (message) => process.stdout.write(`\uFEFF${JSON.stringify(message)}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: 'bom', version: '1.0.0' };
  const result = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo };
  if (method === 'initialize') write({ jsonrpc: '2.0', id, result });
});
