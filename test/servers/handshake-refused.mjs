// client sees: MCP error -32603: Cannot read properties of undefined
import { createInterface } from 'node:readline';

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id } = JSON.parse(line);
  const error = { code: -32603, message: "Cannot read properties of undefined (reading 'roots')" };
  if (id !== undefined) process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`);
});
