// client sees: The requested deployment does not exist
// Deno Deploy: nothing is deployed under this name.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      404,
      'text/plain; charset=utf-8',
      '404: DEPLOYMENT_NOT_FOUND\n\nThe requested deployment does not exist.',
      { server: 'deno/gcp-europe-west3' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
