// client sees: Application failed to respond
// Railway, when nothing listens on the port of the service.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      502,
      'application/json',
      { status: 'error', code: 502, message: 'Application failed to respond', request_id: 'x' },
      { server: 'railway-edge', 'x-railway-fallback': 'true' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
