// client sees: MCP error -32001: Request timed out
import { createInterface } from 'node:readline';

// A result and an error in one answer.
const write = (message) => process.stdout.write(`${JSON.stringify({ ...message, error: null })}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: 'both', version: '1.0.0' };
  const result = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo };
  if (method === 'initialize') write({ jsonrpc: '2.0', id, result });
});
