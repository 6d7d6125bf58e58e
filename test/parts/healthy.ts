/** Set-ups in which all is right: each real server alone, behind each proxy, over TLS with HTTP/2, and twice with affinity. */
import { BACKENDS, type Backend, type BackendName, sharedBackend, startBackend } from '../support/backends.js';
import { haproxy, nginx, passOn } from '../support/proxies.js';
import type { Authority } from '../support/tls.js';
import type { Scene } from './scene.js';

const shown = ({ path, transport }: Backend, port: number, scheme = 'http') => ({
  url: `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${port}${path}`,
  transport,
});

/** It refuses a session it does not know with 400 like the example of the SDK it is made from, and so stays lost after a restart. */
const risksOf = (name: BackendName): string[] =>
  name === 'server-everything streamableHttp' ? ['session-stale-not-404'] : [];

const each = (parts: (name: BackendName) => string, open: (name: BackendName) => Scene['open']): Scene[] =>
  BACKENDS.map((name) => ({ fault: 'none', parts: parts(name), cause: null, risks: risksOf(name), open: open(name) }));

const direct = each(
  (name) => name,
  (name) => async () => {
    const backend = await sharedBackend(name);
    return shown(backend, backend.port);
  },
);

const behindNginx = each(
  (name) => `nginx, ${name}`,
  (name) => async (stage) => {
    const backend = await sharedBackend(name);
    const edge = await stage.add(nginx(`location / { ${passOn(backend.port)} }`));
    return shown(backend, edge.port);
  },
);

const behindHaproxy = each(
  (name) => `HAProxy, ${name}`,
  (name) => async (stage) => {
    const backend = await sharedBackend(name);
    const edge = await stage.add(haproxy('', `server one 127.0.0.1:${backend.port}`));
    return shown(backend, edge.port);
  },
);

/** The certificates of the run: made once, by whoever runs the scenes. */
type WithAuthority = (ca: Authority) => Scene[];

/** TLS with a private authority, HTTP/2 offered. NODE_EXTRA_CA_CERTS is read when a process starts. */
const overTls: WithAuthority = (ca) =>
  (['v1 express', 'v1 SSE', 'v2 hono', 'server-everything streamableHttp'] as const).flatMap((name): Scene[] => [
    {
      fault: 'none',
      parts: `nginx with TLS and HTTP/2, ${name}`,
      cause: null,
      risks: risksOf(name),
      async open(stage) {
        const backend = await sharedBackend(name);
        const edge = await stage.add(nginx(`location / { ${passOn(backend.port)} }`, { tls: ca.good }));
        return { ...shown(backend, edge.port, 'https'), env: { NODE_EXTRA_CA_CERTS: ca.ca }, options: { full: true } };
      },
    },
    {
      fault: 'none',
      parts: `HAProxy with TLS, HTTP/2 and an intermediate certificate, ${name}`,
      cause: null,
      risks: risksOf(name),
      async open(stage) {
        const backend = await sharedBackend(name);
        const edge = await stage.add(haproxy('', `server one 127.0.0.1:${backend.port}`, { tls: ca.intermediate }));
        return { ...shown(backend, edge.port, 'https'), env: { NODE_EXTRA_CA_CERTS: ca.ca }, options: { full: true } };
      },
    },
  ]);

/** HAProxy learns which replica gave a session id, and sends whoever brings it there. */
const STICKY = `balance roundrobin
  stick-table type string len 64 size 10k expire 30m
  stick store-response res.hdr(mcp-session-id)
  stick match req.hdr(mcp-session-id)`;

const replicas: Scene[] = [
  {
    fault: 'none',
    parts: 'HAProxy with affinity by session id, 2 x v1 express',
    cause: null,
    async open(stage) {
      const one = await stage.add(startBackend('v1 express'));
      const two = await stage.add(startBackend('v1 express'));
      const edge = await stage.add(
        haproxy('', `${STICKY}\n  server one 127.0.0.1:${one.port}\n  server two 127.0.0.1:${two.port}`),
      );
      return { ...shown(one, edge.port), options: { full: true } };
    },
  },
  {
    fault: 'none',
    parts: 'nginx with affinity by address, 2 x v1 express',
    cause: null,
    async open(stage) {
      const one = await stage.add(startBackend('v1 express'));
      const two = await stage.add(startBackend('v1 express'));
      const http = `upstream replicas { ip_hash; server 127.0.0.1:${one.port}; server 127.0.0.1:${two.port}; }`;
      const server = `location / { ${passOn('replicas')} }`;
      const edge = await stage.add(nginx(server, { http }));
      return { ...shown(one, edge.port), options: { full: true } };
    },
  },
  {
    fault: 'none',
    parts: 'nginx without affinity, 2 x v2 node, which keeps no sessions',
    cause: null,
    async open(stage) {
      const one = await stage.add(startBackend('v2 node'));
      const two = await stage.add(startBackend('v2 node'));
      const http = `upstream replicas { server 127.0.0.1:${one.port}; server 127.0.0.1:${two.port}; }`;
      const server = `location / { ${passOn('replicas')} }`;
      const edge = await stage.add(nginx(server, { http }));
      return { ...shown(one, edge.port), options: { full: true } };
    },
  },
];

export const healthy: WithAuthority = (ca) => [
  ...direct,
  ...behindNginx,
  ...behindHaproxy,
  ...overTls(ca),
  ...replicas,
];
