// client sees: MCP error -32000: Connection closed
// initialize is answered; the handler of tools/list throws, and nobody catches.
import { createInterface } from 'node:readline';

const tools = null;
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const answer = (result) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  if (method === 'initialize') {
    const { protocolVersion } = params;
    answer({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'crash', version: '1.0.0' } });
  } else if (method === 'tools/list') answer({ tools: tools.map((tool) => tool.name) });
});
