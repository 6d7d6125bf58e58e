// client sees: MCP error -32000: Connection closed
// A dashboard beside the stdio server: its port is taken, and nobody handles the error.
import { createServer } from 'node:http';

const first = createServer().listen(0, '127.0.0.1', () => createServer().listen(first.address().port, '127.0.0.1'));
