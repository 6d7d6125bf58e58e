// client sees: SSE error: Non-200 status code (410)
// The old address was given up, the new one stands beside it.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => (request.url === '/mcp' ? mcp(request, response) : send(response, 410, 'text/plain', 'Gone')),
  (port) => `http://127.0.0.1:${port}/sse sse`,
);
