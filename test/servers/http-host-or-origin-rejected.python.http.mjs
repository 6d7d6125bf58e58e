// client sees: Invalid Host header
// The Python SDK behind a name that is not on its list: 421 in plain text.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(response, 421, 'text/plain; charset=utf-8', 'Invalid Host header', { server: 'uvicorn' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
