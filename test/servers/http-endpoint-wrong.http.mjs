// client sees: Cannot POST /
// MCP stands at /mcp, the URL has no path (Express).
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/mcp') return mcp(request, response);
    send(response, 404, 'text/html', `<!DOCTYPE html><pre>Cannot ${request.method} ${request.url}</pre>`);
  },
  (port) => `http://127.0.0.1:${port}/`,
);
