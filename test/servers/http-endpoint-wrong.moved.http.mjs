// client sees: /v2/mcp not followed
// The endpoint has moved to another path, and a redirect of the POST leads there.
import { mcp, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.url === '/v2/mcp') return mcp(request, response);
    response.writeHead(302, { location: '/v2/mcp' }).end();
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
