// client sees: Unexpected content type: text/html
// A single-page application: every path and every method gets the start page.
import { send, serve } from './support/minimal-mcp.mjs';

const page = '<!DOCTYPE html><html><head><title>Dashboard</title></head><body><div id="root"></div></body></html>';
serve(
  (_request, response) => send(response, 200, 'text/html; charset=utf-8', page),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
