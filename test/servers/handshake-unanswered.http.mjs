// client sees: MCP error -32001: Request timed out
import { createServer } from 'node:http';

// Takes every request and never answers.
const server = createServer((request) => request.resume());
server.listen(0, '127.0.0.1', () => console.log(`LISTENING http://127.0.0.1:${server.address().port}/mcp`));
process.on('SIGTERM', () => process.exit(0));
