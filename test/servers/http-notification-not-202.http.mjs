// client sees: connects
// A framework that answers a notification with 200 and null: lenient clients do not mind, Codex and others stop here.
import { mcp, read, send, serve } from './support/minimal-mcp.mjs';

serve(
  async (request, response) => {
    if (request.method !== 'POST') return mcp(request, response);
    const body = await read(request);
    if (JSON.parse(body).id === undefined) return send(response, 200, 'application/json', 'null');
    await mcp(Object.assign([body], { method: 'POST' }), response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
