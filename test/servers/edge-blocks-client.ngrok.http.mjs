// client sees: Unexpected content type: text/html
// The warning page of a free ngrok tunnel: a success, and not from the server.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      200,
      'text/html',
      '<!DOCTYPE html><html class="h-full" lang="en-US"><head><link rel="preload" href="https://cdn.ngrok.com/static/fonts/x.woff"></head></html>',
      {
        'ngrok-error-code': 'ERR_NGROK_6024',
      },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
