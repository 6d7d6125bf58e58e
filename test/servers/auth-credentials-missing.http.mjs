// client sees: Missing Authorization header
// A healthy server behind Bearer tokens (RFC 6750) that says nothing about how to get one.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url !== '/mcp') return send(response, 404, 'application/json', { error: 'not_found' });
    if (request.headers.authorization === 'Bearer secret') return mcp(request, response);
    send(
      response,
      401,
      'application/json',
      { error: 'unauthorized', message: 'Missing Authorization header' },
      { 'www-authenticate': 'Bearer realm="acme"' },
    );
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
