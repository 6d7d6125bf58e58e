// client sees: Error POSTing to endpoint: {"jsonrpc":"2.0","error":{"code":-32603
// The handler throws, and the framework words it as a JSON-RPC internal error.
import { send, serve } from './support/minimal-mcp.mjs';

const failure = {
  jsonrpc: '2.0',
  error: { code: -32603, message: "Internal error: Cannot read properties of undefined (reading 'tenant')" },
  id: null,
};
serve(
  (request, response) =>
    send(response, request.url === '/mcp' ? 500 : 404, 'application/json', request.url === '/mcp' ? failure : {}),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
