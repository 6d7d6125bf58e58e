// client sees: connects
// A framework with a route for POST only: its own 404 answers the GET for the stream.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) =>
    request.method === 'POST'
      ? mcp(request, response)
      : send(response, 404, 'text/html', `<pre>Cannot ${request.method} ${request.url}</pre>`),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
