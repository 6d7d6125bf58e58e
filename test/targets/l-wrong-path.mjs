// (l) A sound server at /mcp; the URL that is given ends at /, where the web framework answers 404 with JSON.
import { listen, serveHttp } from './sound.mjs';

listen('/', (request, response) => {
  if (request.url === '/mcp') return serveHttp(request, response);
  request.resume();
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}');
});
