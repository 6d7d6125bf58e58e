// client sees: connects
// One transport of SDK v1 for everybody: the session is the first client's.
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { serve } from './support/minimal-mcp.mjs';

const server = new McpServer({ name: 'shared', version: '1.0.0' });
server.registerTool('echo', { description: 'Gives back its text' }, () => ({ content: [] }));
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
await server.connect(transport);

serve(
  (request, response) => transport.handleRequest(request, response),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
