// client sees: FUNCTION_INVOCATION_FAILED
// Vercel: the function threw while it was loaded, so every request ends here.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      500,
      'text/plain; charset=utf-8',
      'A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n\nfra1::7hn2x-1764118800000-5f4e3d2c1b0a\n',
      { server: 'Vercel', 'x-vercel-error': 'FUNCTION_INVOCATION_FAILED', 'x-vercel-id': 'fra1::7hn2x' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
