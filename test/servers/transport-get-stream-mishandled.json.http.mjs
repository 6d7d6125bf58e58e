// client sees: connects
// The GET for the stream is answered with a status of the service.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) =>
    request.method === 'GET'
      ? send(response, 200, 'application/json', { name: 'notes', status: 'ok' })
      : mcp(request, response),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
