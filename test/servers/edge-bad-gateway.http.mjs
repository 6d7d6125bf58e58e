// client sees: 502 Bad Gateway
// nginx, whose upstream does not run.
import { send, serve } from './support/minimal-mcp.mjs';

const page =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n';
serve(
  (_request, response) => send(response, 502, 'text/html', page, { server: 'nginx/1.25.3' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
