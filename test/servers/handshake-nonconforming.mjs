// client sees: serverInfo
import { createInterface } from 'node:readline';

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  // The result lacks serverInfo.
  const result = { protocolVersion: params?.protocolVersion, capabilities: {} };
  if (method === 'initialize') process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
});
