// client sees: Server's protocol version is not supported: 2099-01-01
import { createInterface } from 'node:readline';

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (method === 'initialize') {
    const serverInfo = { name: 'future', version: '1.0.0' };
    send({ id, result: { protocolVersion: '2099-01-01', capabilities: {}, serverInfo } });
  } else if (id !== undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
});
