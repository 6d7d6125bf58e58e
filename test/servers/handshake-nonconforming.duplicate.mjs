// Every reply comes twice.
// client sees: connects
import { createInterface } from 'node:readline';

const initialized = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  serverInfo: { name: 'notes', version: '1.0.0' },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const reply = JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? initialized : {} });
  console.log(`${reply}\n${reply}`);
});
