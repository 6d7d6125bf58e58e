/** Faults of the way: certificates, TLS where there is none, an address family, a proxy of the environment. */
import { sharedBackend, startBackend } from '../support/backends.js';
import { freePort } from '../support/part.js';
import { haproxy, nginx, passOn } from '../support/proxies.js';
import type { Authority, Certificate } from '../support/tls.js';
import type { Scene } from './scene.js';

const certificates = (ca: Authority): Scene[] =>
  (
    [
      ['the certificate is signed by itself', ca.selfSigned, true],
      ['the certificate has expired', ca.expired, true],
      ['the certificate is for another name', ca.otherName, true],
      ['the authority is private and not known', ca.good, false],
      ['the intermediate certificate is not sent', ca.intermediateMissing, true],
    ] as [string, Certificate, boolean][]
  ).flatMap(([fault, certificate, trusted], i) => {
    const proxy = i % 2 === 0 ? 'nginx' : 'HAProxy';
    return {
      fault,
      parts: `${proxy} with TLS, v1 express`,
      cause: 'network-tls-untrusted',
      certainty: 'certain',
      async open(stage) {
        const { port } = await sharedBackend('v1 express');
        const edge = await stage.add(
          proxy === 'nginx'
            ? nginx(`location / { ${passOn(port)} }`, { tls: certificate })
            : haproxy('', `server one 127.0.0.1:${port}`, { tls: certificate }),
        );
        return {
          url: `https://localhost:${edge.port}/mcp`,
          ...(trusted && { env: { NODE_EXTRA_CA_CERTS: ca.ca } }),
        };
      },
    };
  });

const schemes = (ca: Authority): Scene[] => [
  {
    fault: 'https towards a port that speaks plain HTTP',
    parts: 'nginx, v1 express',
    cause: 'network-tls-on-plain-http',
    certainty: 'certain',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const edge = await stage.add(nginx(`location / { ${passOn(port)} }`));
      return { url: `https://localhost:${edge.port}/mcp` };
    },
  },
  {
    fault: 'http towards a port that speaks TLS: 400',
    parts: 'nginx with TLS, v1 express',
    cause: 'network-tls-on-plain-http',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const edge = await stage.add(nginx(`location / { ${passOn(port)} }`, { tls: ca.good }));
      return { url: `http://localhost:${edge.port}/mcp` };
    },
  },
  {
    fault: 'plain HTTP redirects to https',
    parts: 'nginx, HAProxy with TLS, v1 express',
    cause: 'http-redirect-loses-request',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const secure = await stage.add(haproxy('', `server one 127.0.0.1:${port}`, { tls: ca.good }));
      const plain = await stage.add(nginx(`return 301 https://localhost:${secure.port}$request_uri;`));
      return { url: `http://localhost:${plain.port}/mcp`, env: { NODE_EXTRA_CA_CERTS: ca.ca } };
    },
  },
  {
    fault: 'behind TLS the server redirects to http and its own port',
    parts: 'HAProxy with TLS, nginx, v1 express',
    cause: 'http-redirect-loses-request',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const inner = await stage.add(nginx(`location /mcp/ { ${passOn(`127.0.0.1:${port}/mcp`)} }`));
      const secure = await stage.add(haproxy('', `server one 127.0.0.1:${inner.port}`, { tls: ca.good }));
      return { url: `https://localhost:${secure.port}/mcp`, env: { NODE_EXTRA_CA_CERTS: ca.ca } };
    },
  },
];

const addresses: Scene[] = [
  {
    fault: 'the server listens on ::1, the URL says 127.0.0.1',
    parts: 'v1 express',
    cause: 'network-loopback-family-mismatch',
    certainty: 'certain',
    async open(stage) {
      const { port } = await stage.add(startBackend('v1 express', { HOST: '::1' }));
      return { url: `http://127.0.0.1:${port}/mcp` };
    },
  },
  {
    fault: 'the server listens on 127.0.0.1, the URL says ::1',
    parts: 'v1 express',
    cause: 'network-loopback-family-mismatch',
    certainty: 'certain',
    async open() {
      const { port } = await sharedBackend('v1 express');
      return { url: `http://[::1]:${port}/mcp` };
    },
  },
  {
    fault: 'nothing listens',
    parts: 'nothing',
    cause: 'network-refused',
    certainty: 'certain',
    async open() {
      return { url: `http://127.0.0.1:${await freePort()}/mcp` };
    },
  },
  {
    fault: 'HTTP_PROXY names a proxy that is not there',
    parts: 'v1 express',
    cause: 'network-proxy-env-mishandled',
    async open() {
      const { port } = await sharedBackend('v1 express');
      const proxy = `http://127.0.0.1:${await freePort()}`;
      return {
        url: `http://127.0.0.1:${port}/mcp`,
        env: { HTTP_PROXY: proxy, http_proxy: proxy, NO_PROXY: '', no_proxy: '' },
      };
    },
  },
  {
    fault: 'HTTP_PROXY sends loopback to a proxy that refuses it',
    parts: 'nginx as a proxy, v1 express',
    cause: 'network-proxy-env-mishandled',
    async open(stage) {
      const { port } = await sharedBackend('v1 express');
      const proxy = await stage.add(nginx('location / { return 403; }'));
      const url = `http://127.0.0.1:${proxy.port}`;
      return {
        url: `http://127.0.0.1:${port}/mcp`,
        env: { HTTP_PROXY: url, http_proxy: url, NO_PROXY: '', no_proxy: '' },
      };
    },
  },
];

export const network = (ca: Authority): Scene[] => [...certificates(ca), ...schemes(ca), ...addresses];
