// client sees: /login not followed
// A sign-in for browsers stands before the server.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url?.startsWith('/login'))
      return send(response, 200, 'text/html', '<!DOCTYPE html><title>Sign in</title><form></form>');
    response.writeHead(302, { location: '/login?next=/mcp' }).end();
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
