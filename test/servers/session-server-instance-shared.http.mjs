// client sees: connects
// One McpServer of SDK v1 for all sessions: its second connect() throws "Already connected to a transport".
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { read, send, serve } from './support/minimal-mcp.mjs';

const server = new McpServer({ name: 'shared', version: '1.0.0' });
server.registerTool('echo', { description: 'Gives back its text' }, () => ({ content: [] }));
const transports = new Map();

serve(
  async (request, response) => {
    try {
      const body = request.method === 'POST' ? JSON.parse(await read(request)) : undefined;
      let transport = transports.get(request.headers['mcp-session-id']);
      if (!transport && body?.method !== 'initialize') return response.writeHead(404).end('Session not found');
      if (!transport) {
        transport = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (id) => transports.set(id, transport),
        });
        await server.connect(transport);
      }
      await transport.handleRequest(request, response, body);
    } catch {
      send(response, 500, 'application/json', {
        jsonrpc: '2.0',
        error: { code: -32603, message: 'Internal server error' },
        id: null,
      });
    }
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
