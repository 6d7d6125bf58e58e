// client sees: MCP error -32001: Request timed out
import { createInterface } from 'node:readline';

// As Windows PowerShell writes to a pipe.
const write = (message) => process.stdout.write(Buffer.from(`\uFEFF${JSON.stringify(message)}\n`, 'utf16le'));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: 'utf-16', version: '1.0.0' };
  const result = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo };
  if (method === 'initialize') write({ jsonrpc: '2.0', id, result });
});
