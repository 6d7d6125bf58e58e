// client sees: Unsupported protocol version
import { createServer } from 'node:http';

// Refuses before it negotiates, with HTTP 400 and plain text.
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(400, { 'content-type': 'text/plain' });
  response.end('Bad Request: Unsupported protocol version (supported versions: 2024-11-01)');
});
server.listen(0, '127.0.0.1', () => console.log(`LISTENING http://127.0.0.1:${server.address().port}/mcp`));
process.on('SIGTERM', () => process.exit(0));
