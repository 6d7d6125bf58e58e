// client sees: not followed (redirectPolicy: 'same-origin')
// Starlette behind a proxy: 307 to the form with a slash, under another host name.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/mcp/') return mcp(request, response);
    if (request.url === '/mcp')
      return response.writeHead(307, { location: `http://localhost:${request.socket.localPort}/mcp/` }).end();
    send(response, 404, 'text/plain', 'Not Found');
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
