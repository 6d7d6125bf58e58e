// client sees: MCP error -32001: Request timed out
import { createInterface } from 'node:readline';

// A batch, which no revision since 2025-06-18 has.
const write = (message) => process.stdout.write(`${JSON.stringify([message])}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: 'batch', version: '1.0.0' };
  const result = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo };
  if (method === 'initialize') write({ jsonrpc: '2.0', id, result });
});
