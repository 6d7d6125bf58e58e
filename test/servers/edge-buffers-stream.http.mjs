// client sees: Error POSTing to endpoint
// A server on the SDK over HTTP+SSE, behind a proxy that collects the answer until it ends, as nginx does with proxy_buffering on.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { front } from './support/front.mjs';

const transports = new Map();
async function origin(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'GET' && url.pathname === '/sse') {
    const mcp = new McpServer({ name: 'notes', version: '1.0.0' });
    mcp.registerTool('echo', { description: 'Echo' }, async () => ({ content: [] }));
    const transport = new SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    await mcp.connect(transport);
  } else if (request.method === 'POST' && url.pathname === '/messages')
    await transports.get(url.searchParams.get('sessionId'))?.handlePostMessage(request, response);
  else response.writeHead(404).end();
}
front(origin, {
  path: '/sse',
  pass: (answer, response) => {
    const kept = [];
    response.flushHeaders();
    answer.on('data', (chunk) => kept.push(chunk));
    answer.on('error', () => response.destroy());
    answer.on('end', () => response.end(Buffer.concat(kept)));
  },
});
