// A list of tools of 11 MiB: more than SDK clients take in one line.
// client sees: MCP error -32000: Connection closed
import { createInterface } from 'node:readline';

const description = 'x'.repeat(11 * 1024 * 1024);
const results = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'notes', version: '1.0.0' },
  },
  'tools/list': { tools: [{ name: 'search', description, inputSchema: { type: 'object' } }] },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
});
