// client sees: MCP error -32001: Request timed out
// Events without the blank line that ends them: a parser never hands them out.
import { serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    return void request.on('end', () => {
      const { id } = JSON.parse(body);
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'streams', version: '1' } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
    });
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
