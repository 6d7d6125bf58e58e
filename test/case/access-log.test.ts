import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../src/case/access-log.js';

/** Who wrote the line, the line, and what it tells: method, URL, status, and the code of an error. */
const LINES: [string, string, [string, string, number | undefined, string?]][] = [
  [
    'nginx',
    '127.0.0.1 - - [26/Nov/2026:01:51:01 +0000] "POST /mcp?x=1 HTTP/1.1" 502 157 "-" "curl/7.88.1"',
    ['POST', '/mcp?x=1', 502],
  ],
  [
    'nginx about its upstream',
    '2026/11/26 01:51:01 [error] 5361#5361: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: , request: "POST /mcp?x=1 HTTP/1.1", upstream: "http://127.0.0.1:18119/mcp?x=1", host: "127.0.0.1:18111"',
    ['POST', 'http://127.0.0.1:18111/mcp?x=1', undefined, 'ECONNREFUSED'],
  ],
  [
    'nginx whose upstream is silent',
    '2026/11/26 02:00:00 [error] 7#7: *3 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.0.1, server: acme.dev, request: "POST /mcp HTTP/1.1", upstream: "http://127.0.0.1:3000/mcp", host: "acme.dev"',
    ['POST', 'http://acme.dev/mcp', undefined, 'UND_ERR_HEADERS_TIMEOUT'],
  ],
  [
    'HAProxy',
    '127.0.0.1:42108 [26/Nov/2026:01:51:02.597] f b/s1 0/0/-1/-1/3006 503 217 - - SC-- 1/1/0/0/3 0/0 "POST /mcp HTTP/1.1"',
    ['POST', '/mcp', 503],
  ],
  ['uvicorn', 'INFO:     127.0.0.1:34240 - "POST /mcp HTTP/1.1" 307 Temporary Redirect', ['POST', '/mcp', 307]],
  [
    'gunicorn',
    '[2026-11-26 02:00:00] 10.1.2.3 - - "GET /sse HTTP/1.1" 404 9 "-" "python-httpx/0.28"',
    ['GET', '/sse', 404],
  ],
  [
    'Apache',
    'mcp.acme.dev:443 10.0.0.9 - - [26/Nov/2026:02:00:00 +0100] "POST /mcp HTTP/2.0" 421 512',
    ['POST', '/mcp', 421],
  ],
  ['morgan', 'POST /mcp 404 1.234 ms - 149', ['POST', '/mcp', 404]],
  ['Hono', '--> POST /mcp 500 3ms', ['POST', '/mcp', 500]],
  ['Next.js', ' POST /api/mcp 405 in 12ms', ['POST', '/api/mcp', 405]],
  ['wrangler', '[wrangler:info] POST /mcp 400 Bad Request (3ms)', ['POST', '/mcp', 400]],
  [
    'Gin',
    '[GIN] 2026/11/26 - 14:37:34 | 500 |    1.866041ms |      172.21.0.1 | POST     "/api/v0/servers"',
    ['POST', '/api/v0/servers', 500],
  ],
  [
    'pino-http',
    '{"level":30,"time":1764120000000,"pid":1,"req":{"id":1,"method":"POST","url":"/mcp","headers":{"host":"localhost:3000"}},"res":{"statusCode":406,"headers":{}},"responseTime":3,"msg":"request completed"}',
    ['POST', 'http://localhost:3000/mcp', 406],
  ],
  [
    'Caddy',
    '{"level":"error","ts":1764120000.1,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.1","proto":"HTTP/2.0","method":"POST","host":"mcp.acme.dev","uri":"/mcp","headers":{}},"duration":0.0012,"size":0,"status":502}',
    ['POST', 'http://mcp.acme.dev/mcp', 502],
  ],
  [
    'Traefik',
    '{"ClientHost":"10.0.0.1","DownstreamStatus":504,"Duration":30001,"OriginStatus":0,"RequestHost":"mcp.acme.dev","RequestMethod":"POST","RequestPath":"/mcp","RequestProtocol":"HTTP/1.1"}',
    ['POST', 'http://mcp.acme.dev/mcp', 504],
  ],
  [
    'Envoy',
    '[2026-11-26T02:00:00.000Z] "POST /mcp HTTP/1.1" 503 UF 0 91 0 - "-" "node" "id" "acme.dev" "-"',
    ['POST', '/mcp', 503],
  ],
  [
    'a load balancer of AWS',
    'https 2026-11-26T02:00:00.186641Z app/mcp/50dc6c495c0c9188 10.0.0.1:2817 - -1 -1 -1 503 - 57 610 "POST https://mcp.acme.dev:443/mcp HTTP/1.1" "node" ECDHE TLSv1.2',
    ['POST', 'https://mcp.acme.dev:443/mcp', 503],
  ],
  [
    'Heroku',
    '2026-11-26T02:00:00+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=POST path="/mcp" host=acme.herokuapp.com fwd="10.0.0.1" dyno=web.1 connect=0ms service=30000ms status=503 bytes=0',
    ['POST', 'http://acme.herokuapp.com/mcp', 503],
  ],
  [
    'Railway',
    '{"requestId":"a","timestamp":"2026-11-26T02:00:00Z","method":"POST","path":"/mcp","host":"x.up.railway.app","httpStatus":502,"upstreamErrors":"[]","totalDuration":15000}',
    ['POST', 'http://x.up.railway.app/mcp', 502],
  ],
  [
    'Cloudflare',
    '{"ClientRequestHost":"mcp.acme.dev","ClientRequestMethod":"POST","ClientRequestURI":"/mcp","EdgeResponseStatus":524,"OriginResponseStatus":0}',
    ['POST', 'http://mcp.acme.dev/mcp', 524],
  ],
  [
    'Vercel',
    '{"id":"1","requestMethod":"POST","requestPath":"/api/mcp","responseStatusCode":504,"level":"error"}',
    ['POST', '/api/mcp', 504],
  ],
  [
    'Cloud Run',
    '{"httpRequest":{"requestMethod":"POST","requestUrl":"https://x.run.app/mcp","status":403,"latency":"0s"}}',
    ['POST', 'https://x.run.app/mcp', 403],
  ],
  [
    'ASP.NET',
    'Request finished HTTP/1.1 POST http://localhost:5000/mcp application/json 154 - 404 0 - 1.2ms',
    ['POST', 'http://localhost:5000/mcp', 404],
  ],
  ['Rails', 'method=POST path=/mcp format=json controller=Mcp status=500 duration=3.4', ['POST', '/mcp', 500]],
];

describe('a line of a log is an exchange', () => {
  it.each(LINES)('%s', (_who, line, [method, url, status, code]) => {
    const [exchange, ...more] = loggedIn([line]);
    expect(more).toEqual([]);
    expect(exchange).toMatchObject({ purpose: 'logged', method, url, credentials: 'unknown' });
    expect(exchange?.status).toBe(status);
    expect(exchange?.error?.code).toBe(code);
  });

  it('IIS, whose fields are named above', () => {
    const lines = [
      '#Software: Microsoft Internet Information Services 10.0',
      '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken',
      '2026-11-26 02:00:00 10.0.0.5 POST /mcp - 443 - 10.0.0.1 node 502 3 12030 15003',
    ];
    expect(loggedIn(lines)).toMatchObject([{ method: 'POST', url: '/mcp', status: 502, ms: 15003 }]);
  });

  it('keeps the time that a request took', () => {
    expect(loggedIn(['POST /mcp 200 61004.2 ms - 10'])[0]?.ms).toBe(61004.2);
  });

  it('in order, the last 50, without the files of a page', () => {
    const many = Array.from({ length: 300 }, (_, i) => `POST /mcp?n=${i} 404 1 ms`);
    const found = loggedIn([...many, 'GET /favicon.ico 404 1 ms', 'GET /app.js 404 1 ms']);
    expect(found.map(({ url }) => url)).toEqual(Array.from({ length: 50 }, (_, i) => `/mcp?n=${250 + i}`));
  });

  it.each([
    'Registered POST /mcp and GET /health',
    'POST a comment to /issues/404 when done',
    'GET started, see /docs 200 pages',
    'error: method POST not allowed',
  ])('no request: %s', (line) => {
    expect(loggedIn([line])).toEqual([]);
  });
});
