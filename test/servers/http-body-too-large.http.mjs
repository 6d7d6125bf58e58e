// client sees: request entity too large
// The limit of the body is set in bytes where kilobytes were meant, so that even initialize is beyond it.
import { read, send, serve } from './support/minimal-mcp.mjs';

const LIMIT = 100;

serve(
  async (request, response) => {
    const body = await read(request);
    if (body.length > LIMIT)
      return send(response, 413, 'application/json', JSON.stringify({ error: 'request entity too large' }));
    send(response, 405, 'text/plain', 'Method Not Allowed');
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
