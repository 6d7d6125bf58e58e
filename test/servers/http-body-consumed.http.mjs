// client sees: Parse error
// The Express application of the SDK has parsed the body, and the transport is not handed what it read.
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { serve } from './support/minimal-mcp.mjs';

const app = createMcpExpressApp();
app.post('/mcp', async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await new McpServer({ name: 'notes', version: '1.0.0' }).connect(transport);
  await transport.handleRequest(request, response);
});
serve(app, (port) => `http://127.0.0.1:${port}/mcp`);
