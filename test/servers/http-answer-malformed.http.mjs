// client sees: fetch failed (HPE_UNEXPECTED_CONTENT_LENGTH)
// A gateway that sets Content-Length by hand and sends chunks all the same.
import { serve } from './support/minimal-mcp.mjs';

serve(
  (request) => {
    request.socket.write(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    );
  },
  (port) => `http://127.0.0.1:${port}/mcp`,
);
