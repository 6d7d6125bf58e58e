// client sees: connects
// Answers carry CORS headers, while the preflight runs into the check of credentials.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    if (request.method === 'OPTIONS')
      return send(response, 401, 'application/json', { error: 'Unauthorized' }, { 'www-authenticate': 'Bearer' });
    response.setHeader('access-control-allow-origin', '*');
    return mcp(request, response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
