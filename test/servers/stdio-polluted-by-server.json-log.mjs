// client sees: connects
import { createInterface } from 'node:readline';

const log = (msg) => process.stdout.write(`${JSON.stringify({ level: 'info', msg })}\n`);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  log(`request ${method}`);
  if (method === 'initialize') {
    const serverInfo = { name: 'json-log', version: '1.0.0' };
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
  } else if (method === 'tools/list') send({ id, result: { tools: [] } });
  else if (method === 'ping') send({ id, result: {} });
  else if (id !== undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
});
