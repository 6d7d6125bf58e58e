// client sees: Error POSTing to endpoint: no healthy upstream
// Envoy, without a healthy upstream, asking for patience.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(response, 503, 'text/plain', 'no healthy upstream', { server: 'envoy', 'retry-after': '30' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
