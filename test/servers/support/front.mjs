// A proxy of a few lines before a real server, which changes what passes through it.
import { request as ask, createServer } from 'node:http';
import { serve } from './minimal-mcp.mjs';

/** Start the origin on a port of its own, and before it a proxy that signs as nginx and calls `pass(answer, response)` with each answer. */
export function front(
  origin,
  { path = '/mcp', asked = (headers) => headers, answered = (headers) => headers, pass } = {},
) {
  const behind = createServer(origin).listen(0, '127.0.0.1', () =>
    serve(
      (request, response) => {
        const { port } = behind.address();
        const onward = ask(
          {
            host: '127.0.0.1',
            port,
            path: request.url,
            method: request.method,
            headers: asked({ ...request.headers }),
          },
          (answer) => {
            response.writeHead(answer.statusCode, answered({ ...answer.headers, server: 'nginx/1.22.1' }));
            if (pass) pass(answer, response);
            else answer.pipe(response);
          },
        );
        onward.on('error', () => response.destroy());
        response.on('close', () => onward.destroy());
        request.pipe(onward);
      },
      (port) => `http://127.0.0.1:${port}${path}`,
    ),
  );
}
