import { expect, it } from 'vitest';
import { unwrapped } from '../../src/case/unwrap.js';

it('takes what a server said out of the line that a client in Go wrote about it', () => {
  expect(
    unwrapped([
      String.raw`time=2026-05-04T23:57:14.247Z level=INFO msg="mcp stderr" server=s stream=stderr line="File \"a.py\"\nboom"`,
    ]),
  ).toEqual(['File "a.py"', 'boom']);
});

it('leaves a line alone in which a server logs for itself', () => {
  const line = 'time="2026-05-04T23:57:14Z" level=error msg="no such host"';
  expect(unwrapped([line])).toEqual([line]);
});

it('keeps the request, its status and its agent of an access log in JSON', () => {
  expect(
    unwrapped([
      '{"level":30,"time":1,"req":{"method":"POST","url":"/mcp"},"res":{"statusCode":404},"msg":"request completed"}',
      '{"level":"info","ts":1.5,"msg":"handled request","request":{"method":"GET","uri":"/sse"},"status":502}',
      '{"level":"warn","msg":"request","method":"GET","path":"/healthz","status":404,"ua":"kube-probe/1.30"}',
    ]),
  ).toEqual([
    'request completed',
    '"POST /mcp HTTP/1.1" 404',
    'handled request',
    '"GET /sse HTTP/1.1" 502',
    'request',
    '"GET /healthz HTTP/1.1" 404 "-" "kube-probe/1.30"',
  ]);
});
