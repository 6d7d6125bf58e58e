// client sees: "error":"invalid_token"
// A healthy server that takes its key from the URL, and the key is no longer valid.
import { mcp, send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    if (pathname !== '/mcp') return send(response, 404, 'application/json', { error: 'not_found' });
    if (searchParams.get('api_key') === 'right') return mcp(request, response);
    send(
      response,
      401,
      'application/json',
      { error: 'invalid_token', error_description: 'The API key was revoked' },
      { 'www-authenticate': 'Bearer error="invalid_token", error_description="The API key was revoked"' },
    );
  },
  (port) => `http://127.0.0.1:${port}/mcp?api_key=wrong`,
);
