// client sees: Unsupported Media Type
// The framework binds the route to forms, and refuses JSON before it looks at the message.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (request, response) =>
    request.method === 'POST'
      ? send(response, 415, 'text/plain', 'Unsupported Media Type', { 'accept-post': 'multipart/form-data' })
      : send(response, 405, 'text/plain', 'Method Not Allowed', { allow: 'POST' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
