// client sees: MCP error -32001: Request timed out
import { createInterface } from 'node:readline';

// One message over many lines.
const write = (message) => process.stdout.write(`${JSON.stringify(message, null, 2)}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: 'pretty-printed', version: '1.0.0' };
  const result = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo };
  if (method === 'initialize') write({ jsonrpc: '2.0', id, result });
});
