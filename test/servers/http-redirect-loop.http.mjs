// client sees: /mcp not followed
// A proxy that adds the slash, before an application that takes it away.
import { serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    response.writeHead(308, { location: request.url === '/mcp' ? '/mcp/' : '/mcp' }).end();
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
