/** A server that takes bound tokens alone (RFC 9449), with a nonce on either side: the whole verification behind its sign-in. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import type { SignInAgent } from '../../src/oauth/authorize.js';
import { investigate } from '../../src/probe/investigate.js';

const TOKEN = 'bound-token-of-this-test';

/** What is wrong with the proof of a request; undefined when it is sound. Proofs are judged by a library of others. */
async function faultOf(
  { method = '', headers }: IncomingMessage,
  url: string,
  wanted: { nonce: string; token?: string; key?: string },
  seen: Set<string>,
): Promise<string | undefined> {
  const { dpop } = headers;
  if (typeof dpop !== 'string') return 'no proof';
  const { payload, protectedHeader } = await jwtVerify(dpop, EmbeddedJWK, { typ: 'dpop+jwt' });
  if (payload.htm !== method || payload.htu !== url) return 'for another request';
  if (seen.has(String(payload.jti))) return 'used before';
  seen.add(String(payload.jti));
  const { nonce, token, key } = wanted;
  if (token !== undefined && payload.ath !== createHash('sha256').update(token).digest('base64url'))
    return 'other token';
  if (key !== undefined && (await calculateJwkThumbprint(protectedHeader.jwk ?? {})) !== key) return 'other key';
  return payload.nonce === nonce ? undefined : 'use_dpop_nonce';
}

/** An MCP server and its authorization server, on one port. Every fault of a proof that it refused is kept. */
async function boundServer() {
  const seen = new Set<string>();
  const faults: string[] = [];
  let key: string | undefined;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    const { pathname, searchParams } = new URL(request.url ?? '', origin());
    const say = (status: number, body: object, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    const at = origin() + pathname;
    if (pathname.endsWith('/oauth-protected-resource/mcp'))
      return say(200, { resource: `${origin()}/mcp`, authorization_servers: [origin()] });
    if (pathname.endsWith('/oauth-authorization-server'))
      return say(200, {
        issuer: origin(),
        authorization_endpoint: `${origin()}/authorize`,
        token_endpoint: `${origin()}/token`,
        registration_endpoint: `${origin()}/register`,
        code_challenge_methods_supported: ['S256'],
        dpop_signing_alg_values_supported: ['ES256'],
      });
    if (pathname === '/register') return say(201, { client_id: 'c1' });
    if (pathname === '/authorize') {
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'one-time-code');
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return response.writeHead(302, { location: back.href }).end();
    }
    if (pathname === '/token') {
      const fault = await faultOf(request, at, { nonce: 'nonce-of-tokens' }, seen);
      if (fault) {
        faults.push(fault);
        return say(400, { error: fault }, { 'dpop-nonce': 'nonce-of-tokens' });
      }
      const { protectedHeader } = await jwtVerify(String(request.headers.dpop), EmbeddedJWK);
      key = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
      return say(200, { access_token: TOKEN, token_type: 'DPoP', expires_in: 60 });
    }
    if (request.headers.authorization !== `DPoP ${TOKEN}`) {
      const pointer = `${origin()}/.well-known/oauth-protected-resource/mcp`;
      return say(401, { error: 'unauthorized' }, { 'www-authenticate': `DPoP resource_metadata="${pointer}"` });
    }
    const fault = await faultOf(request, at, { nonce: 'nonce-of-mcp', token: TOKEN, key }, seen);
    if (fault) {
      faults.push(fault);
      const headers = { 'www-authenticate': `DPoP error="${fault}"`, 'dpop-nonce': 'nonce-of-mcp' };
      return say(401, { error: fault }, headers);
    }
    if (request.method !== 'POST') return say(405, {});
    const { id, method } = JSON.parse(text);
    if (id === undefined) return response.writeHead(202).end();
    const results: Record<string, object> = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'bound', version: '1' },
      },
      'tools/list': { tools: [{ name: 'a', inputSchema: { type: 'object' } }] },
      ping: {},
    };
    const result = results[method];
    return say(200, {
      jsonrpc: '2.0',
      id,
      ...(result ? { result } : { error: { code: -32601, message: 'Method not found' } }),
    });
  });
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${origin()}/mcp`,
    faults,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

it('a server behind bound tokens is verified to its end; each side asks once for its nonce, and no proof is used twice', async () => {
  const server = await boundServer();
  const agent: SignInAgent = {
    listen: async () => ({
      redirectUri: 'http://127.0.0.1:33418/callback',
      wait: async () => undefined,
      close: async () => {},
    }),
    show: async () => 'printed',
  };
  try {
    const file = await investigate(
      { kind: 'http', url: server.url, headers: {} },
      { auth: { mode: 'authorization-code', agent } },
    );
    const { handshake, catalog, authorization } = file.evidence;
    expect(handshake).toMatchObject({ status: 'seen', value: { used: 'initialize' } });
    expect(catalog).toMatchObject({ status: 'seen', value: { lists: [{ outcome: 'listed', count: 1 }, {}, {}, {}] } });
    expect(authorization).toMatchObject({
      status: 'seen',
      value: { grants: [{ outcome: 'issued', tokenType: 'dpop' }] },
    });
    expect(server.faults).toEqual(['use_dpop_nonce', 'use_dpop_nonce']);
    const text = JSON.stringify(file);
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(Buffer.from('{"typ":"dpop+jwt"').toString('base64url').slice(0, 20));
  } finally {
    server.close();
  }
});
