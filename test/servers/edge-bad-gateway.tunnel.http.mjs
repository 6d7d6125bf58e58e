// client sees: error code: 1033
// Cloudflare, when no cloudflared is connected to the tunnel.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(response, 530, 'text/plain', 'error code: 1033', { server: 'cloudflare', 'cf-ray': '8f-AMS' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
