// A server on the SDK v1 with sessions over Streamable HTTP: tools, resources, templates and prompts.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

const sessions = new Map();

async function open() {
  const mcp = new McpServer({ name: 'sessions', version: '1.0.0' });
  mcp.registerTool('echo', { description: 'Echo', inputSchema: { text: z.string() } }, async ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  mcp.registerResource('readme', 'demo://readme', {}, async (uri) => ({
    contents: [{ uri: uri.href, text: 'hello' }],
  }));
  mcp.registerResource('item', new ResourceTemplate('demo://item/{id}', { list: undefined }), {}, async (uri) => ({
    contents: [{ uri: uri.href, text: 'item' }],
  }));
  mcp.registerPrompt('greet', { description: 'Greet' }, async () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }],
  }));
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  });
  await mcp.connect(transport);
  return transport;
}

const server = createServer(async (request, response) => {
  const id = request.headers['mcp-session-id'];
  if (id !== undefined && !sessions.has(id)) {
    response.writeHead(404).end();
    return;
  }
  const transport = sessions.get(id) ?? (await open());
  await transport.handleRequest(request, response);
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(`LISTENING http://127.0.0.1:${server.address().port}/mcp`),
);
process.on('SIGTERM', () => process.exit(0));
