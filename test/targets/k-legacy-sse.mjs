// (k) A sound server of the old HTTP+SSE transport; its /sse answers 405 to the POST of a Streamable HTTP client.
import { answer, listen, read } from './sound.mjs';

const streams = new Map();
listen('/sse', async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/sse' && request.method === 'GET') {
    const session = String(streams.size + 1);
    streams.set(session, response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: endpoint\ndata: /messages?session=${session}\n\n`);
  } else if (pathname === '/messages' && request.method === 'POST') {
    const reply = answer(await read(request));
    response.writeHead(202).end('Accepted');
    if (reply) streams.get(searchParams.get('session'))?.write(`event: message\ndata: ${JSON.stringify(reply)}\n\n`);
  } else {
    request.resume();
    const known = pathname === '/sse';
    response.writeHead(known ? 405 : 404, { allow: 'GET' }).end(known ? 'Method Not Allowed' : 'Not Found');
  }
});
