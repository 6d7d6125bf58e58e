// client sees: Runtime.ImportModuleError
// Netlify and AWS Lambda: the function cannot be loaded, so every request ends here.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      502,
      'application/json',
      { errorType: 'Runtime.ImportModuleError', errorMessage: "Error: Cannot find module 'mcp-handler'" },
      { server: 'Netlify', 'x-nf-request-id': '01HXYZ' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
