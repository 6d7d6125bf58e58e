// client sees: Redirect to http://127.0.0.1:2/mcp/ not followed
// The slash is added with a 301 that names a port of the inside (nginx before a container).
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/mcp/') return mcp(request, response);
    if (request.url === '/mcp')
      return send(response, 301, 'text/html', '<center>nginx</center>', {
        location: 'http://127.0.0.1:2/mcp/',
        server: 'nginx',
      });
    send(response, 404, 'text/html', '<h1>404 Not Found</h1>');
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
