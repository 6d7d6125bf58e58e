// client sees: fetch failed (UND_ERR_SOCKET)
// A worker that dies over the first request: the connection is closed without a word.
import { serve } from './support/minimal-mcp.mjs';

serve(
  (request) => request.socket.destroy(),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
