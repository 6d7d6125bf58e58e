// A server on the SDK v2 that speaks both eras over Streamable HTTP.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'dual-era', version: '1.0.0' });
  server.registerTool(
    'echo',
    { description: 'Echo', inputSchema: z.object({ text: z.string() }) },
    async ({ text }) => ({
      content: [{ type: 'text', text }],
    }),
  );
  return server;
});
const server = createServer(toNodeHandler(handler));
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(`LISTENING http://127.0.0.1:${server.address().port}/mcp`),
);
process.on('SIGTERM', () => process.exit(0));
