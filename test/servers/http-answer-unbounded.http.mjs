// client sees: MCP error -32001: Request timed out
// A Content-Length that counts more bytes than the body has, on a connection that stays open.
import { serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5_000 });
    response.write('{"jsonrpc":"2.0","id":0,"result":{}}');
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
