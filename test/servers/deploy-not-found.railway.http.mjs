// client sees: Application not found
// Railway: no running service owns this domain.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      404,
      'application/json',
      { status: 'error', code: 404, message: 'Application not found', request_id: 'Q3l1hQ9fRvuZ' },
      { server: 'railway-hikari', 'x-railway-edge': 'railway/europe-west4-drams3a', 'x-railway-fallback': 'true' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
