// client sees: fetch failed (ECONNREFUSED)
// A healthy server on ::1 alone, as a server that listens on "localhost" may be, and a URL with 127.0.0.1.
import { createServer } from 'node:http';
import { mcp } from './support/minimal-mcp.mjs';

const server = createServer(mcp).listen(0, '::1', () =>
  process.stdout.write(`LISTENING http://127.0.0.1:${server.address().port}/mcp\n`),
);
process.on('SIGTERM', () => process.exit(0));
