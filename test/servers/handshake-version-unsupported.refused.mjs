// client sees: MCP error -32602: Unsupported protocol version
import { createInterface } from 'node:readline';

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    const data = { supported: ['2024-11-01'], requested: params.protocolVersion };
    send({ id, error: { code: -32602, message: 'Unsupported protocol version', data } });
  } else if (id !== undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
});
