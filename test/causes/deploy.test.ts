/** Deployments seen from outside, where the first reading is another one and the platform is the next place to look. */
import { expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { causes } from '../../src/causes/index.js';

const match = (id: string, evidence: Partial<Evidence>) => causes.find((cause) => cause.id === id)?.match(evidence);

const endpoint = (others: Evidence['endpoint']['others'], host = 'acme-mcp.up.railway.app'): Evidence['endpoint'] => ({
  asked: { url: `https://${host}/mcp`, answer: 'not-found' },
  others,
  health: [
    { url: `https://${host}/healthz`, status: 404 },
    { url: `https://${host}/health`, status: 200 },
  ],
});

it('suspects another service of the repository when the deployment lives and serves MCP nowhere', () => {
  const found = match('deploy-wrong-start', { endpoint: endpoint([]) });
  expect(found?.certainty).toBe('possible');
  expect(found?.cites[0]).toBe('/evidence/endpoint/value/health/1');
});

it('does not when MCP answers beside, or when the host belongs to no platform', () => {
  const beside = [{ url: 'https://acme-mcp.up.railway.app/api/mcp', answer: 'streamable-http' as const, status: 200 }];
  expect(match('deploy-wrong-start', { endpoint: endpoint(beside) })).toBeNull();
  expect(match('deploy-wrong-start', { endpoint: endpoint([], 'mcp.acme.dev') })).toBeNull();
});

it('names the port as the next thing to look at when the edge only says that nobody took its connection', () => {
  const url = 'https://acme-mcp.up.railway.app/mcp';
  const found = match('deploy-port-ignored', {
    network: { host: 'acme-mcp.up.railway.app', port: 443, tls: true, addresses: [], attempts: [] },
    http: {
      omitted: 0,
      exchanges: [
        {
          purpose: 'initialize',
          method: 'POST',
          url,
          atMs: 0,
          ms: 9,
          credentials: 'none',
          status: 502,
          body: '{"status":"error","code":502,"message":"Application failed to respond"}',
        },
      ],
    },
  });
  expect(found?.certainty).toBe('possible');
});

it('takes a name that left the DNS together with its deployment for a platform that forgets names only', () => {
  const network = (host: string): Evidence['network'] => ({
    host,
    port: 443,
    tls: true,
    addresses: [],
    attempts: [],
    dnsError: { code: 'ENOTFOUND', message: `getaddrinfo ENOTFOUND ${host}` },
  });
  expect(match('deploy-not-found', { network: network('acme.fly.dev') })?.certainty).toBe('likely');
  expect(match('network-dns-failed', { network: network('acme.fly.dev') })?.certainty).toBe('likely');
  expect(match('deploy-not-found', { network: network('mcp.acme.dev') })).toBeNull();
  expect(match('network-dns-failed', { network: network('mcp.acme.dev') })?.certainty).toBe('certain');
});
