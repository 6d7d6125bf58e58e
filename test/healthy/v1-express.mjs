// A server on the SDK v1 with express, as its documentation shows it: one transport for each session. With environment variables it
// becomes other servers of the same make: PORT and HOST, TOKEN (a bearer token it wants), DELAY_MS (it thinks before every answer),
// LIMIT (of a body), NAME (its own name).
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import express from 'express';
import { z } from 'zod';

const { PORT = '0', HOST = '127.0.0.1', TOKEN, DELAY_MS = '0', LIMIT = '1mb', NAME = 'notes' } = process.env;
const refuse = (response, status, message) =>
  response.status(status).json({ jsonrpc: '2.0', error: { code: -32000, message }, id: null });

function build() {
  const server = new McpServer({ name: NAME, version: '1.0.0' });
  server.registerTool('echo', { description: 'Echo', inputSchema: { text: z.string() } }, async ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

const transports = new Map();
const app = express();
app.use(express.json({ limit: LIMIT }));
app.get('/health', (_request, response) => response.json({ status: 'ok' }));
if (TOKEN)
  app.use('/mcp', (request, response, next) => {
    const { authorization } = request.headers;
    if (authorization === `Bearer ${TOKEN}`) return next();
    const description = authorization === undefined ? 'Missing Authorization header' : 'Invalid token';
    response
      .status(401)
      .set('WWW-Authenticate', `Bearer error="invalid_token", error_description="${description}"`)
      .json({ error: 'invalid_token', error_description: description });
  });
app.post('/mcp', async (request, response) => {
  await new Promise((resolve) => setTimeout(resolve, Number(DELAY_MS)));
  const id = request.headers['mcp-session-id'];
  let transport = transports.get(id);
  if (id !== undefined && !transport) return refuse(response, 404, 'Session not found');
  if (!transport) {
    if (!isInitializeRequest(request.body)) return refuse(response, 400, 'Bad Request: No valid session ID provided');
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (given) => transports.set(given, transport),
      onsessionclosed: (given) => transports.delete(given),
    });
    await build().connect(transport);
  }
  await transport.handleRequest(request, response, request.body);
});
const ofSession = async (request, response) => {
  const id = request.headers['mcp-session-id'];
  const transport = transports.get(id);
  if (transport) return transport.handleRequest(request, response);
  refuse(
    response,
    id === undefined ? 400 : 404,
    id === undefined ? 'Mcp-Session-Id header is required' : 'Session not found',
  );
};
app.get('/mcp', ofSession);
app.delete('/mcp', ofSession);

const server = app.listen(Number(PORT), HOST, () => {
  const { address, family, port } = server.address();
  console.log(`LISTENING http://${family === 'IPv6' ? `[${address}]` : address}:${port}/mcp`);
});
process.on('SIGTERM', () => process.exit(0));
