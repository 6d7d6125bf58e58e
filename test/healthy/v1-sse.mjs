// A server on the SDK v1 over HTTP+SSE, the transport of 2024-11-05.
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { z } from 'zod';

const transports = new Map();
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'GET' && url.pathname === '/sse') {
    const mcp = new McpServer({ name: 'old-style', version: '1.0.0' });
    mcp.registerTool('echo', { description: 'Echo', inputSchema: { text: z.string() } }, async ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    const transport = new SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    await mcp.connect(transport);
  } else if (request.method === 'POST' && url.pathname === '/messages') {
    await transports.get(url.searchParams.get('sessionId'))?.handlePostMessage(request, response);
  } else response.writeHead(404).end();
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(`LISTENING http://127.0.0.1:${server.address().port}/sse`),
);
process.on('SIGTERM', () => process.exit(0));
