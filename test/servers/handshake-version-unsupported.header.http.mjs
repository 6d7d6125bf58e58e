// client sees: Bad Request: Unsupported protocol version
// Agrees on the revision that was asked for, and then refuses it in the header of what follows.
import { mcp, read, reply, send, serve } from './support/minimal-mcp.mjs';

serve(
  async (request, response) => {
    if (request.method !== 'POST') return mcp(request, response);
    const version = request.headers['mcp-protocol-version'];
    if (version && version !== '2025-03-26')
      return send(response, 400, 'application/json', {
        jsonrpc: '2.0',
        error: { code: -32000, message: 'Bad Request: Unsupported protocol version (supported versions: 2025-03-26)' },
        id: null,
      });
    const answer = reply(JSON.parse(await read(request)));
    return answer ? send(response, 200, 'application/json', answer) : response.writeHead(202).end();
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
