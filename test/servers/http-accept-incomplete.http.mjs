// client sees: Not Acceptable: Client must accept both application/json and text/event-stream
// A gateway before a server on the SDK rewrites the Accept header, so that the complete one of the client never arrives.
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { serve } from './support/minimal-mcp.mjs';

serve(
  async (request, response) => {
    request.rawHeaders = request.rawHeaders.map((value, i, all) =>
      all[i - 1]?.toLowerCase() === 'accept' && i % 2 === 1 ? 'application/json' : value,
    );
    request.headers.accept = 'application/json';
    await new StreamableHTTPServerTransport({ sessionIdGenerator: undefined }).handleRequest(request, response);
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
