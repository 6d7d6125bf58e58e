// client sees: Error POSTing to endpoint: Internal Server Error
// The handler throws: a bare 500.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/mcp') return send(response, 500, 'text/plain', 'Internal Server Error');
    send(response, 404, 'text/plain', 'Not Found');
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
