// client sees: MCP error -32001: Request timed out
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.error(`MCP server listening on port ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
