/** Who answered, who stands before, and with which limits: real answers of edges, and answers of origins behind them. */
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/case/evidence.js';
import { edgeAnswer, edgeAround, edgeBefore, edgeNamed, edgeOf, edgeSaying, limitsOf } from '../../src/causes/edges.js';
import { EDGES } from '../../src/causes/known-edges.js';

type Answer = Pick<Exchange, 'status' | 'headers' | 'body'>;

const OWN: [string, Answer, edge: string, kind: string][] = [
  [
    'Railway without a listener',
    {
      status: 502,
      headers: { server: 'railway-edge', 'x-railway-fallback': 'true', 'content-type': 'application/json' },
      body: '{"status":"error","code":502,"message":"Application failed to respond","request_id":"x"}',
    },
    'Railway',
    'unreachable',
  ],
  [
    'Railway without a service',
    {
      status: 404,
      headers: { server: 'railway-edge', 'x-railway-fallback': 'true' },
      body: '{"status":"error","code":404,"message":"Application not found","request_id":"x"}',
    },
    'Railway',
    'absent',
  ],
  ['Cloudflare, 524', { status: 524, headers: { 'CF-RAY': '8f-AMS' }, body: 'error code: 524' }, 'Cloudflare', 'slow'],
  ['Cloudflare, 521 without a word', { status: 521 }, 'Cloudflare', 'unreachable'],
  [
    'a challenge',
    { status: 403, headers: { 'cf-mitigated': 'challenge' }, body: '<title>Just a moment...</title>' },
    'Cloudflare',
    'browser-only',
  ],
  [
    'a firewall rule',
    { status: 403, headers: { server: 'cloudflare' }, body: 'error code: 1020' },
    'Cloudflare',
    'blocked',
  ],
  [
    'rate limiting',
    { status: 429, headers: { server: 'cloudflare' }, body: 'error code: 1015' },
    'Cloudflare',
    'limit',
  ],
  [
    'Vercel, a function that is too slow',
    { status: 504, headers: { 'x-vercel-error': 'FUNCTION_INVOCATION_TIMEOUT' } },
    'Vercel',
    'slow',
  ],
  [
    'Vercel, deployment protection',
    { status: 401, headers: { server: 'Vercel' }, body: '<html>... _vercel_sso_nonce' },
    'Vercel',
    'browser-only',
  ],
  [
    'Render behind Cloudflare',
    { status: 404, headers: { server: 'cloudflare', 'x-render-routing': 'no-server' } },
    'Render',
    'absent',
  ],
  [
    'Heroku',
    {
      status: 503,
      headers: { via: '1.1 vegur' },
      body: '<iframe src="//www.herokucdn.com/error-pages/application-error.html">',
    },
    'Heroku',
    'unreachable',
  ],
  [
    'API Gateway',
    { status: 504, headers: { 'x-amz-apigw-id': '<set>' }, body: '{"message":"Endpoint request timed out"}' },
    'AWS API Gateway',
    'slow',
  ],
  [
    'an AWS load balancer',
    {
      status: 503,
      headers: { server: 'awselb/2.0' },
      body: '<center><h1>503 Service Temporarily Unavailable</h1></center>',
    },
    'AWS load balancer',
    'unreachable',
  ],
  [
    'the warning page of ngrok, a success',
    { status: 200, headers: { 'ngrok-error-code': 'ERR_NGROK_6024' }, body: '<!DOCTYPE html>' },
    'ngrok',
    'browser-only',
  ],
  [
    'an ngrok tunnel that is down',
    { status: 404, headers: { 'ngrok-error-code': 'ERR_NGROK_3200' } },
    'ngrok',
    'unreachable',
  ],
  ['Envoy', { status: 503, headers: { server: 'istio-envoy' }, body: 'no healthy upstream' }, 'Envoy', 'unreachable'],
  [
    'Envoy, an authorization policy',
    { status: 403, headers: { server: 'istio-envoy' }, body: 'RBAC: access denied' },
    'Envoy',
    'blocked',
  ],
  [
    'HAProxy',
    { status: 504, body: "<h1>504 Gateway Time-out</h1>\nThe server didn't respond in time." },
    'HAProxy',
    'slow',
  ],
  ['Traefik', { status: 503, body: 'no available server\n' }, 'Traefik', 'unreachable'],
  [
    'Kong',
    { status: 404, headers: { server: 'kong/3.4' }, body: '{"message":"no Route matched with those values"}' },
    'Kong',
    'absent',
  ],
  [
    'nginx',
    {
      status: 502,
      headers: { server: 'nginx/1.25.3' },
      body: '<h1>502 Bad Gateway</h1><hr><center>nginx/1.25.3</center>',
    },
    'nginx',
    'unreachable',
  ],
  ['a gateway that does not sign', { status: 504, body: '' }, 'a gateway', 'slow'],
];

const ORIGINS: [string, Answer][] = [
  ['its own 503', { status: 503, headers: { server: 'uvicorn' }, body: '{"detail":"not ready"}' }],
  [
    'its own 503 behind Railway',
    { status: 503, headers: { server: 'railway-edge', 'x-powered-by': 'Express' }, body: '{}' },
  ],
  [
    'an error reply that quotes an edge',
    { status: 502, body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no healthy upstream"}}' },
  ],
  [
    'a refusal behind CloudFront',
    { status: 401, headers: { 'x-cache': 'Error from cloudfront' }, body: '{"error":"invalid_token"}' },
  ],
  ['a page that speaks of an edge', { status: 200, body: 'How to fix "Application failed to respond" on Railway' }],
  ['a missing path behind nginx', { status: 404, headers: { server: 'nginx' }, body: '{"detail":"Not Found"}' }],
];

describe('who answered', () => {
  it.each(OWN)('%s', (_, answer, edge, kind) => {
    expect(edgeAnswer(answer)).toMatchObject({ edge, kind });
    expect(edgeOf(answer)).toBe(edge);
  });
  it.each(ORIGINS)('the origin: %s', (_, answer) => expect(edgeAnswer(answer)).toBeNull());
  it('knows the words of an edge in the line of a client', () => {
    const line = 'Error POSTing to endpoint (HTTP 502): {"message":"Application failed to respond"}';
    expect(edgeSaying(line)).toMatchObject({ edge: 'Railway', kind: 'unreachable' });
    expect(edgeSaying('Error POSTing to endpoint (HTTP 502)')).toBeNull();
  });
});

describe('who stands before', () => {
  it('by the host, before the headers: a tunnel runs behind Cloudflare', () => {
    expect(edgeBefore({ url: 'https://a-b.trycloudflare.com/mcp', headers: { server: 'cloudflare' } })).toBe(
      'Cloudflare quick tunnel',
    );
    expect(edgeBefore({ url: 'https://mcp.acme.dev/mcp', headers: { server: 'cloudflare' } })).toBe('Cloudflare');
    expect(edgeBefore({ url: 'https://acme.onrender.com/mcp' })).toBe('Render');
    expect(edgeBefore({ url: 'https://onrender.com.acme.dev/mcp' })).toBeNull();
    expect(edgeBefore({ url: 'http://127.0.0.1:3000/mcp', headers: { 'x-powered-by': 'Express' } })).toBeNull();
  });
  it('by the platform that was told', () => {
    expect(edgeNamed('azure api management')).toBe('Azure API Management');
    expect(edgeNamed('kubernetes + nginx ingress')).toBe('nginx');
    expect(edgeNamed('docker')).toBeNull();
    expect(edgeAround({ reported: { platform: 'render', clientError: [], serverLog: [] } })).toBe('Render');
  });
});

describe('the data', () => {
  it('names each edge once, with something to know it by', () => {
    expect(new Set(EDGES.map(({ name }) => name)).size).toBe(EDGES.length);
    for (const { name, header, host, own } of EDGES) expect(Boolean(header || host || own.length), name).toBe(true);
  });
  it('gives limits with their source', () => {
    for (const { name, limits } of EDGES.filter((edge) => edge.limits)) {
      expect(limits?.docs, name).toMatch(/^https:\/\//);
      expect(limits?.seen, name).toMatch(/^20\d\d-(?:0[1-9]|1[0-2])$/);
    }
    expect(limitsOf('nginx')).toMatchObject({ idleS: 60, buffers: 'yes' });
    expect(limitsOf('Heroku')).toMatchObject({ idleS: 55, requestS: 30 });
    expect(limitsOf('a gateway')).toBeNull();
  });
});
