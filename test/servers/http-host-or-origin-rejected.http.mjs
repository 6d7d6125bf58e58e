// client sees: Invalid Host: 127.0.0.1
// The Express application of the SDK, made for another host name than the one it is asked by.
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { mcp, serve } from './support/minimal-mcp.mjs';

const app = createMcpExpressApp({ allowedHosts: ['mcp.acme.dev'] });
app.all('/mcp', (request, response) => mcp(request, response));
serve(app, (port) => `http://127.0.0.1:${port}/mcp`);
