/** Faults of the edge: what nginx or HAProxy do to the requests and answers of a sound server. */
import { type BackendName, sharedBackend, startBackend } from '../support/backends.js';
import { freePort } from '../support/part.js';
import { haproxy, nginx, passOn } from '../support/proxies.js';
import type { Scene, Shown } from './scene.js';

const at = (port: number, path = '/mcp'): string => `http://127.0.0.1:${port}${path}`;

/** nginx before one server. `server` is what stands in its `server` block, given the port of the server behind it. */
const nginxFault = (
  fault: string,
  cause: string,
  name: BackendName,
  server: (port: number) => string,
  more: Omit<Shown, 'url'> & { path?: string; http?: string; certainty?: Scene['certainty'] } = {},
): Scene => ({
  fault,
  parts: `nginx, ${name}`,
  cause,
  certainty: more.certainty,
  async open(stage) {
    const backend = await sharedBackend(name);
    const { path = backend.path, http, certainty, ...shown } = more;
    const edge = await stage.add(nginx(server(backend.port), { http }));
    return { url: at(edge.port, path), transport: backend.transport, ...shown };
  },
});

/** nginx as it is without a line for streams: answers are buffered. */
const buffered = (port: number, more = ''): string =>
  `location / { proxy_pass http://127.0.0.1:${port}; proxy_set_header Host $host; ${more} }`;

/** Below 5 s nobody has a limit for silence. */
const CUT = '6s';
const watch = { watchMs: 8_000 };
const cutting = (port: number): string => `location / { ${passOn(port).replace('1h', CUT)} }`;

const streams: Scene[] = [
  nginxFault('the event stream is buffered', 'edge-buffers-stream', 'v1 SSE', (port) => buffered(port)),
  nginxFault(
    'the event stream is buffered, the client begins with POST',
    'edge-buffers-stream',
    'v1 SSE',
    (port) => buffered(port),
    {
      transport: 'streamable-http',
    },
  ),
  nginxFault('the event stream is buffered', 'edge-buffers-stream', 'supergateway to SSE', (port) => buffered(port)),
  nginxFault('the event stream is compressed in a block', 'edge-buffers-stream', 'v1 SSE', (port) =>
    buffered(port, 'gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;'),
  ),
  nginxFault('a silent stream is cut after 6 s (proxy_read_timeout)', 'lifetime-idle-cut', 'v1 express', cutting, {
    options: watch,
  }),
  nginxFault('a silent SSE stream is cut after 6 s (proxy_read_timeout)', 'lifetime-idle-cut', 'v1 SSE', cutting, {
    options: watch,
  }),
  {
    fault: 'a silent stream is cut after 6 s (timeout server)',
    parts: 'HAProxy, v1 express',
    cause: 'lifetime-idle-cut',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const edge = await stage.add(haproxy('', `timeout server ${CUT}\n  server one 127.0.0.1:${port}`));
      return { url: at(edge.port), options: watch };
    },
  },
];

const redirects: Scene[] = [
  nginxFault(
    '/mcp redirects to /mcp/',
    'http-redirect-loses-request',
    'v1 express',
    (port) => `location /mcp/ { ${passOn(`127.0.0.1:${port}/mcp`)} }`,
  ),
  nginxFault(
    'another host name is the canonical one',
    'http-redirect-loses-request',
    'v1 express',
    (port) =>
      `location / { if ($host != localhost) { return 301 http://localhost:$server_port$request_uri; } ${passOn(port)} }`,
  ),
];

const headers: Scene[] = [
  nginxFault(
    'the answer loses Mcp-Session-Id',
    'edge-alters-headers',
    'v1 express',
    (port) => `location / { ${passOn(port, 'proxy_hide_header Mcp-Session-Id;')} }`,
  ),
  nginxFault(
    'requests lose Mcp-Session-Id',
    'edge-alters-headers',
    'v1 express',
    (port) => `location / { ${passOn(port, "proxy_set_header Mcp-Session-Id '';")} }`,
  ),
  nginxFault(
    'requests lose Mcp-Session-Id',
    'edge-alters-headers',
    'v2 express',
    (port) => `location / { ${passOn(port, "proxy_set_header Mcp-Session-Id '';")} }`,
  ),
  nginxFault(
    'requests lose Accept',
    'edge-alters-headers',
    'v1 express',
    (port) => `location / { ${passOn(port, "proxy_set_header Accept '';")} }`,
  ),
  nginxFault(
    'requests get Accept: application/json',
    'edge-alters-headers',
    'v2 express',
    (port) => `location / { ${passOn(port, "proxy_set_header Accept 'application/json';")} }`,
  ),
  {
    fault: 'requests lose Authorization',
    parts: 'nginx, v1 express with a bearer token',
    cause: 'edge-alters-headers',
    async open(stage) {
      const { port } = await stage.add(startBackend('v1 express', { TOKEN: 'right-token-of-the-test' }));
      const edge = await stage.add(nginx(`location / { ${passOn(port, "proxy_set_header Authorization '';")} }`));
      return { url: at(edge.port), headers: { authorization: 'Bearer right-token-of-the-test' } };
    },
  },
  nginxFault(
    'the host name that the server protects is replaced',
    'http-host-or-origin-rejected',
    'v2 express',
    (port) => `location / { ${passOn(port).replace('Host $host', 'Host mcp.example.com')} }`,
  ),
];

/** nobody listens behind the edge. */
const down = async (): Promise<number> => freePort();

/** An edge that waits for so many seconds, and a server that thinks longer. */
const slow = (proxy: 'nginx' | 'HAProxy', seconds: number, cause: string): Scene => ({
  fault: `the server needs longer than the edge waits (${seconds} s): 504`,
  parts: `${proxy}, a slow v1 express`,
  cause,
  certainty: 'certain',
  async open(stage) {
    const { port } = await stage.add(startBackend('v1 express', { DELAY_MS: String(seconds * 1_000 + 800) }));
    const edge = await stage.add(
      proxy === 'nginx'
        ? nginx(`location / { ${passOn(port).replace('1h', `${seconds}s`)} }`)
        : haproxy('', `timeout server ${seconds}s\n  server one 127.0.0.1:${port}`),
    );
    return { url: at(edge.port), options: { timeoutMs: 8_000 } };
  },
});

const gateways: Scene[] = [
  {
    fault: 'the server is down: 502',
    parts: 'nginx, nothing',
    cause: 'edge-bad-gateway',
    certainty: 'certain',
    async open(stage) {
      const edge = await stage.add(nginx(`location / { ${passOn(await down())} }`));
      return { url: at(edge.port) };
    },
  },
  {
    fault: 'the server is down: 503',
    parts: 'HAProxy, nothing',
    cause: 'edge-bad-gateway',
    certainty: 'certain',
    async open(stage) {
      const check = 'retries 0';
      const edge = await stage.add(haproxy('', `${check}\n  server one 127.0.0.1:${await down()}`));
      return { url: at(edge.port) };
    },
  },
  {
    fault: 'the server hangs up without an answer: 502',
    parts: 'HAProxy, a server that closes every connection',
    cause: 'edge-bad-gateway',
    async open(stage) {
      const { createServer } = await import('node:net');
      const server = createServer((socket) => socket.once('data', () => socket.destroy()));
      const port = await new Promise<number>((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
      );
      await stage.add(Promise.resolve({ stop: () => new Promise<void>((resolve) => server.close(() => resolve())) }));
      const edge = await stage.add(haproxy('', `server one 127.0.0.1:${port}`));
      return { url: at(edge.port) };
    },
  },
  {
    fault: 'no server is left in service: 503',
    parts: 'nginx, the platform’s own 503',
    cause: 'edge-bad-gateway',
    async open(stage) {
      const edge = await stage.add(nginx('location / { return 503; }'));
      return { url: at(edge.port) };
    },
  },
  ...(['nginx', 'HAProxy'] as const).flatMap((proxy): Scene[] => [
    slow(proxy, 1, 'edge-bad-gateway'),
    slow(proxy, 5, 'lifetime-timeout-before-answer'),
  ]),
];

const refusals: Scene[] = [
  nginxFault(
    'a rule refuses the client: 403',
    'edge-blocks-client',
    'v1 express',
    (port) => `location / { if ($http_user_agent !~* mozilla) { return 403; } ${passOn(port)} }`,
  ),
  {
    fault: 'a rule refuses the payload: 403',
    parts: 'HAProxy, v1 express',
    cause: 'edge-blocks-client',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const rule = 'option http-buffer-request\n  http-request deny if { req.body -m sub jsonrpc }';
      const edge = await stage.add(haproxy(rule, `server one 127.0.0.1:${port}`));
      return { url: at(edge.port) };
    },
  },
  nginxFault(
    'the limit of a body is 128 bytes: 413',
    'edge-blocks-client',
    'v1 express',
    (port) => `client_max_body_size 128; location / { ${passOn(port)} }`,
  ),
  nginxFault(
    'only GET is allowed: 403',
    'edge-blocks-client',
    'v1 express',
    (port) => `location / { limit_except GET { deny all; } ${passOn(port)} }`,
  ),
];

const prefixes: Scene[] = [
  nginxFault(
    'the message path loses the prefix /notes',
    'transport-sse-prefix-lost',
    'v1 SSE',
    (port) => `location /notes/ { ${passOn(`127.0.0.1:${port}/`)} }`,
    { path: '/notes/sse' },
  ),
  nginxFault(
    'the message path loses the prefix /notes',
    'transport-sse-prefix-lost',
    'server-everything sse',
    (port) => `location /notes/ { ${passOn(`127.0.0.1:${port}/`)} }`,
    { path: '/notes/sse' },
  ),
  nginxFault(
    'the prefix is not taken off: 404',
    'http-endpoint-wrong',
    'v1 express',
    (port) => `location /notes/ { ${passOn(port)} }`,
    { path: '/notes/mcp' },
  ),
];

const affinity: Scene[] = (['nginx', 'HAProxy'] as const).map((proxy) => ({
  fault: 'two replicas without affinity',
  parts: `${proxy}, 2 x v1 express`,
  cause: 'session-affinity-missing',
  async open(stage) {
    const ports = [];
    for (const name of ['one', 'two']) ports.push((await stage.add(startBackend('v1 express', { NAME: name }))).port);
    const servers = ports.map((port, i) => `server ${proxy === 'nginx' ? '' : `s${i} `}127.0.0.1:${port}`);
    const edge = await stage.add(
      proxy === 'nginx'
        ? nginx(`location / { ${passOn('replicas')} }`, { http: `upstream replicas { ${servers.join('; ')}; }` })
        : haproxy('', `balance roundrobin\n  ${servers.join('\n  ')}`),
    );
    return { url: at(edge.port) };
  },
}));

export const edges: Scene[] = [
  ...streams,
  ...redirects,
  ...headers,
  ...gateways,
  ...refusals,
  ...prefixes,
  ...affinity,
];
