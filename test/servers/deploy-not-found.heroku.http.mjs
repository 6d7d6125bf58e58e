// client sees: No such app
// Heroku: the page of the router for a name that belongs to no application.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      404,
      'text/html; charset=utf-8',
      '<!DOCTYPE html><html><head><title>No such app</title></head><body><iframe src="//www.herokucdn.com/error-pages/no-such-app.html"></iframe></body></html>',
      { server: 'Heroku' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
