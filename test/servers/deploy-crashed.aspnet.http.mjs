// client sees: HTTP Error 500.30
// Azure App Service: the ASP.NET Core application threw in its start-up code.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      500,
      'text/html',
      '<!DOCTYPE html><html><head><title>IIS 500.30 Error</title></head><body><h1>HTTP Error 500.30 - ASP.NET Core app failed to start</h1><h2>Common solutions to this issue:</h2></body></html>',
      { server: 'Microsoft-IIS/10.0' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
