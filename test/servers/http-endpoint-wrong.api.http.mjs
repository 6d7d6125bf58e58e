// client sees: Error POSTing to endpoint: {"detail":"Not Found"}
// MCP stands at /api/mcp, the URL says /mcp (FastAPI).
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/api/mcp') return mcp(request, response);
    send(response, 404, 'application/json', { detail: 'Not Found' });
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
