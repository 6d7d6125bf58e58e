// client sees: 403 Forbidden
// A rule of AWS WAF on a load balancer.
import { send, serve } from './support/minimal-mcp.mjs';

serve(
  (_request, response) =>
    send(
      response,
      403,
      'text/html',
      '<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n',
      { server: 'awselb/2.0' },
    ),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
