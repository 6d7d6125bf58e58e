// client sees: Not Acceptable: Client must accept both application/json and text/event-stream
// A server on the SDK behind a gateway that writes its own Accept.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { front } from './support/front.mjs';

async function origin(request, response) {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await new McpServer({ name: 'notes', version: '1.0.0' }).connect(transport);
  await transport.handleRequest(request, response);
}
front(origin, { asked: (headers) => ({ ...headers, accept: 'application/json' }) });
