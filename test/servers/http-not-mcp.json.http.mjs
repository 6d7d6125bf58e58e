// client sees: invalid_union
// Another service holds the port and answers everything with its own JSON.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) => send(response, 200, 'application/json', { status: 'ok', service: 'billing' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
