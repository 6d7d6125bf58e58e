// client sees: Error POSTing to endpoint (HTTP 404)
// The SSE server of SDK v1 is mounted under /notes and announces /messages, as it knows itself.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { send, serve } from './support/minimal-mcp.mjs';

const transports = new Map();
const served = {
  'GET /sse': async (_, response) => {
    const transport = new SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    await new McpServer({ name: 'notes', version: '1.0.0' }).connect(transport);
  },
  'POST /messages': (request, response) => {
    const id = new URL(request.url, 'http://localhost').searchParams.get('sessionId');
    return transports.get(id).handlePostMessage(request, response);
  },
};

serve(
  (request, response) => {
    const [, path] = /^\/notes(\/\w+)/.exec(request.url) ?? [];
    const route = served[`${request.method} ${path}`];
    return route ? route(request, response) : send(response, 404, 'text/plain', 'Not Found');
  },
  (port) => `http://127.0.0.1:${port}/notes/sse sse`,
);
