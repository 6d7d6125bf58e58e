// client sees: Unexpected content type: text/html
// The URL is that of the product's homepage, MCP stands beside it at /mcp.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/mcp') return mcp(request, response);
    send(response, 200, 'text/html; charset=utf-8', '<!DOCTYPE html><title>Acme</title><h1>Acme for agents</h1>');
  },
  (port) => `http://127.0.0.1:${port}/`,
);
