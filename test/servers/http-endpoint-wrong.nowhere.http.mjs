// client sees: Error POSTing to endpoint: {"error":"not_found"}
// A web service that answers 404 everywhere: the MCP server has moved away.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) => send(response, 404, 'application/json', { error: 'not_found' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
