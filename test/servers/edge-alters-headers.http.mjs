// client sees: Server not initialized
// A server with sessions on the SDK, behind a proxy that hands on a fixed list of headers: Mcp-Session-Id is not among them.
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { front } from './support/front.mjs';

const sessions = new Map();
async function origin(request, response) {
  let transport = sessions.get(request.headers['mcp-session-id']);
  if (!transport) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    const mcp = new McpServer({ name: 'notes', version: '1.0.0' });
    mcp.registerTool('echo', { description: 'Echo' }, async () => ({ content: [] }));
    await mcp.connect(transport);
  }
  await transport.handleRequest(request, response);
}
front(origin, { answered: ({ 'mcp-session-id': _, ...headers }) => headers });
