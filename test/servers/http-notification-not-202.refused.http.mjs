// client sees: Invalid request: id is required
// A server that takes every message for a request and refuses what has no id.
import { mcp, read, send, serve } from './support/minimal-mcp.mjs';

serve(
  async (request, response) => {
    if (request.method !== 'POST') return mcp(request, response);
    const body = await read(request);
    if (JSON.parse(body).id === undefined)
      return send(response, 400, 'application/json', {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32600, message: 'Invalid request: id is required' },
      });
    await mcp(Object.assign([body], { method: 'POST' }), response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
