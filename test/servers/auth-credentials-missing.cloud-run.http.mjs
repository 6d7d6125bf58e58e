// client sees: Your client does not have permission to get URL
// Cloud Run: the service lets in only callers with the role of an invoker.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      403,
      'text/html; charset=UTF-8',
      '<html><head><title>403 Forbidden</title></head><body><h1>Error: Forbidden</h1><h2>Your client does not have permission to get URL <code>/mcp</code> from this server.</h2></body></html>',
      { server: 'Google Frontend' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
