// client sees: Too many requests, please try again later.
// A limiter that counts per address has counted enough.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(response, 429, 'text/plain', 'Too many requests, please try again later.', { 'retry-after': '30' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
