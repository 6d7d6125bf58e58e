// client sees: connects
// A notification is answered with 204.
import { mcp, read, serve } from './support/minimal-mcp.mjs';

serve(
  async (request, response) => {
    if (request.method !== 'POST') return mcp(request, response);
    const body = await read(request);
    if (JSON.parse(body).id === undefined) return response.writeHead(204).end();
    await mcp(Object.assign([body], { method: 'POST' }), response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
