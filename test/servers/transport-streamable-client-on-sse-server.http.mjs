// client sees: Error POSTing to endpoint: Method Not Allowed
// A server of 2024-11-05: GET /sse opens the stream and names /messages, POST /sse is refused.
import { read, reply, send, serve } from './support/minimal-mcp.mjs';

const streams = new Map();
serve(
  async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    if (pathname === '/sse' && request.method === 'GET') {
      const id = String(streams.size + 1);
      streams.set(id, response);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      return response.write(`event: endpoint\ndata: /messages?session_id=${id}\n\n`);
    }
    const stream = streams.get(searchParams.get('session_id'));
    if (pathname === '/messages' && request.method === 'POST' && stream) {
      const answer = reply(JSON.parse(await read(request)));
      if (answer) stream.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
      return send(response, 202, 'text/plain', 'Accepted');
    }
    if (pathname === '/sse') return send(response, 405, 'text/plain', 'Method Not Allowed', { allow: 'GET' });
    send(response, 404, 'text/plain', 'Not Found');
  },
  (port) => `http://127.0.0.1:${port}/sse`,
);
