// client sees: MCP error -32001: Request timed out
import { createServer } from 'node:http';

// The banner stands on stdout, where it looks like pollution.
const server = createServer((_request, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.log(`Server running on http://127.0.0.1:${server.address().port}/sse`));
process.stdin.on('end', () => process.exit(0)).resume();
