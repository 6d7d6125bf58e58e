// client sees: This service has been suspended
// Render: the owner, or an unpaid bill, suspended the service.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      503,
      'text/html; charset=utf-8',
      '<html><head><title>Service Suspended</title></head><body>This service has been suspended by its owner.</body></html>',
      { 'x-render-routing': 'suspend-by-user' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
