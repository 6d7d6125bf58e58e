// client sees: fetch failed (ECONNREFUSED)
// The other way round: a healthy server on 127.0.0.1, and a URL with [::1].
import { createServer } from 'node:http';
import { mcp } from './support/minimal-mcp.mjs';

const server = createServer(mcp).listen(0, '127.0.0.1', () =>
  process.stdout.write(`LISTENING http://[::1]:${server.address().port}/mcp\n`),
);
process.on('SIGTERM', () => process.exit(0));
