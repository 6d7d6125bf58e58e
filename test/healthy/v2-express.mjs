// A server on the SDK v2 with its express adapter and sessions, protected as the adapter protects what listens on loopback.
import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { isInitializeRequest, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

function build() {
  const server = new McpServer({ name: 'v2-express', version: '1.0.0' });
  server.registerTool(
    'echo',
    { description: 'Echo', inputSchema: z.object({ text: z.string() }) },
    async ({ text }) => ({
      content: [{ type: 'text', text }],
    }),
  );
  return server;
}

const transports = new Map();
const app = createMcpExpressApp({ jsonLimit: '1mb' });
app.all('/mcp', async (request, response) => {
  const id = request.headers['mcp-session-id'];
  let transport = transports.get(id);
  if (!transport && id === undefined && isInitializeRequest(request.body)) {
    transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (given) => transports.set(given, transport),
      onsessionclosed: (given) => transports.delete(given),
    });
    await build().connect(transport);
  }
  if (transport) return transport.handleRequest(request, response, request.body);
  response.status(id === undefined ? 400 : 404).json({
    jsonrpc: '2.0',
    error: {
      code: -32000,
      message: id === undefined ? 'Bad Request: Mcp-Session-Id header is required' : 'Session not found',
    },
    id: null,
  });
});
const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(`LISTENING http://127.0.0.1:${server.address().port}/mcp`),
);
process.on('SIGTERM', () => process.exit(0));
