// client sees: Session not found
// Two replicas of a server built on SDK v1, each with its own sessions, behind a round robin.
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { read, send, serve } from './support/minimal-mcp.mjs';

function replica() {
  const transports = new Map();
  return async (request, response) => {
    const id = request.headers['mcp-session-id'];
    if (id && !transports.has(id))
      return send(response, 404, 'application/json', {
        jsonrpc: '2.0',
        error: { code: -32001, message: 'Session not found' },
        id: null,
      });
    let transport = transports.get(id);
    if (!transport) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (given) => transports.set(given, transport),
      });
      const server = new McpServer({ name: 'replica', version: '1.0.0' });
      server.registerTool('echo', { description: 'Gives back its text' }, () => ({ content: [] }));
      await server.connect(transport);
    }
    const body = request.method === 'POST' ? JSON.parse(await read(request)) : undefined;
    await transport.handleRequest(request, response, body);
  };
}

const replicas = [replica(), replica()];
let turn = 0;
serve(
  (request, response) => replicas[turn++ % 2](request, response),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
