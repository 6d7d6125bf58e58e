// client sees: DEPLOYMENT_NOT_FOUND
// Vercel: the deployment was deleted, or the alias points nowhere.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      404,
      'text/plain; charset=utf-8',
      'The deployment could not be found on Vercel.\n\nDEPLOYMENT_NOT_FOUND\n\nfra1::4kq2x-1764118800000-0a1b2c3d4e5f\n',
      {
        server: 'Vercel',
        'x-vercel-error': 'DEPLOYMENT_NOT_FOUND',
        'x-vercel-id': 'fra1::4kq2x-1764118800000-0a1b2c3d4e5f',
      },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
