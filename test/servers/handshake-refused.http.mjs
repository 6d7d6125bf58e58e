// client sees: workspace quota is used up
// initialize is refused under a status of its own, with the code that SDKs use for everything.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(response, 422, 'application/json', {
      jsonrpc: '2.0',
      error: { code: -32000, message: 'workspace quota is used up' },
      id: null,
    }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
