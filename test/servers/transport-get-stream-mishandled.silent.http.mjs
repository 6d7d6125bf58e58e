// client sees: connects
// The stream is opened in the server, and nobody sends its headers.
import { mcp, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.method !== 'GET') return mcp(request, response);
    response.setHeader('content-type', 'text/event-stream');
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
