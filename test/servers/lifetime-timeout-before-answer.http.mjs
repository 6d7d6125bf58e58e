// client sees: 524: A timeout occurred
// The edge took the connection, the origin said nothing within the limit.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    request.resume();
    send(response, 524, 'text/html', '<title>notes.example | 524: A timeout occurred</title>', {
      server: 'cloudflare',
      'cf-ray': '8f0000000000-AMS',
    });
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
