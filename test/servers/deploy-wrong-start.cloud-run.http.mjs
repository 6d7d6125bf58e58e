// client sees: Unexpected content type: text/html
// Cloud Run: the sample container still stands where the MCP server should be deployed.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      200,
      'text/html; charset=utf-8',
      "<!doctype html><html><head><title>Congratulations | Cloud Run</title></head><body><h1>It's running!</h1><p>Congratulations, you successfully deployed a container image to Cloud Run</p></body></html>",
      { server: 'Google Frontend' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
