// A sound server over Streamable HTTP, written by hand.
import { listen, serveHttp } from './sound.mjs';

listen('/mcp', (request, response) => {
  if (request.url === '/mcp') return serveHttp(request, response);
  request.resume();
  response.writeHead(404).end();
});
