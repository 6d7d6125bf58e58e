// client sees: connects
// As much example code does it: a request without a session and one with a dead session fall into the same branch.
import { randomUUID } from 'node:crypto';
import { mcp, send, serve } from './support/minimal-mcp.mjs';

const sessions = new Set();
const refuse = (response) =>
  send(response, 400, 'application/json', {
    jsonrpc: '2.0',
    error: { code: -32000, message: 'Bad Request: No valid session ID provided' },
    id: null,
  });

serve(
  (request, response) => {
    const id = request.headers['mcp-session-id'];
    if (request.method === 'DELETE' && sessions.delete(id)) return response.writeHead(200).end();
    if (id && !sessions.has(id)) return refuse(response);
    if (!id && request.method === 'POST') {
      const given = randomUUID();
      sessions.add(given);
      response.setHeader('mcp-session-id', given);
    }
    return mcp(request, response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
