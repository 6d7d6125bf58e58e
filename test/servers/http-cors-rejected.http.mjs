// client sees: connects
// A server that invites browsers and lists neither the headers that MCP sends nor the one it has to read.
import { randomUUID } from 'node:crypto';
import { mcp, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS')
      return response.writeHead(204, { 'access-control-allow-headers': 'Content-Type' }).end();
    response.setHeader('mcp-session-id', request.headers['mcp-session-id'] ?? randomUUID());
    return mcp(request, response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
