// client sees: 401 Authorization Required
// A proxy with a password file (RFC 7617) before a healthy server.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(response, 401, 'text/html', '<h1>401 Authorization Required</h1>', {
      'www-authenticate': 'Basic realm="Restricted"',
      server: 'nginx',
    }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
