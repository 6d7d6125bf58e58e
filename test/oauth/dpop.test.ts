/** Tokens that are bound to a key (RFC 9449): the proofs, judged by a library of others, and what a server hears of them. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { Timeline } from '../../src/case/timeline.js';
import { asksForNonce, Possession } from '../../src/oauth/dpop.js';
import { Connections } from '../../src/wire/connections.js';
import { exchange } from '../../src/wire/http-exchange.js';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

const URL_OF_SERVER = 'https://mcp.example/mcp?key=1';
const read = (proof: string) => jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] });
const claims = async (proof: string) => (await read(proof)).payload;

describe('a proof', () => {
  it('is signed by the key in it, without the private half, and names the request', async () => {
    const { payload, protectedHeader } = await read(
      new Possession(() => 1_700_000_000_500).proof('POST', URL_OF_SERVER),
    );
    expect(payload).toEqual({
      jti: expect.any(String),
      htm: 'POST',
      htu: 'https://mcp.example/mcp',
      iat: 1_700_000_000,
    });
    expect(Object.keys(protectedHeader.jwk ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y']);
  });

  it('with a token holds its hash, and no two are the same', async () => {
    const possession = new Possession(Date.now);
    const [a, b] = await Promise.all([1, 2].map(() => claims(possession.proof('GET', URL_OF_SERVER, 'the-token'))));
    expect(a?.ath).toBe(createHash('sha256').update('the-token').digest('base64url'));
    expect(a?.jti).not.toBe(b?.jti);
  });

  it('is of one key for all requests, and of another for another sign-in', async () => {
    const thumb = async (possession: Possession) => {
      const { protectedHeader } = await read(possession.proof('POST', URL_OF_SERVER));
      return calculateJwkThumbprint(protectedHeader.jwk ?? {});
    };
    const one = new Possession(Date.now);
    expect(await thumb(one)).toBe(await thumb(one));
    expect(await thumb(one)).not.toBe(await thumb(new Possession(Date.now)));
  });

  it('holds the newest nonce of the server it goes to, apart for the token endpoint', async () => {
    const possession = new Possession(Date.now);
    possession.hear('https://mcp.example/token', { 'dpop-nonce': 'as-1' }, 'token');
    possession.hear(URL_OF_SERVER, { 'dpop-nonce': 'rs-1' });
    possession.hear(URL_OF_SERVER, { 'dpop-nonce': 'rs-2' });
    possession.hear(URL_OF_SERVER, {});
    expect((await claims(possession.proof('POST', URL_OF_SERVER, 't'))).nonce).toBe('rs-2');
    expect((await claims(possession.proof('POST', 'https://mcp.example/token'))).nonce).toBe('as-1');
    expect((await claims(possession.proof('POST', 'https://other.example/mcp', 't'))).nonce).toBeUndefined();
  });
});

it('only a refusal that names the nonce asks for one', () => {
  expect(asksForNonce('DPoP error="use_dpop_nonce", error_description="once more"')).toBe(true);
  expect(asksForNonce('Bearer realm="x", DPoP algs="ES256", error="use_dpop_nonce"')).toBe(true);
  expect(asksForNonce('DPoP error="invalid_token", error_description="use_dpop_nonce"')).toBe(false);
  expect(asksForNonce(undefined)).toBe(false);
});

describe('on the wire', () => {
  /** A server that hands out a nonce with each answer, and what it was sent. */
  async function server() {
    const came: IncomingHttpHeaders[] = [];
    const made = createServer((request, response) => {
      came.push(request.headers);
      response.writeHead(200, { 'content-type': 'application/json', 'dpop-nonce': `n${came.length}` }).end('{}');
    });
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    opened.push(() => {
      made.closeAllConnections();
      made.close();
    });
    return { came, url: `http://127.0.0.1:${(made.address() as AddressInfo).port}/mcp` };
  }

  it('every request with a bound token carries a proof of its own; no other request does', async () => {
    const [home, foreign] = [await server(), await server()];
    const connections = new Connections({
      connectTimeoutMs: 2_000,
      home: { origin: new URL(home.url).origin, secrets: ['bound-token'] },
    });
    opened.push(() => connections.close());
    connections.prover = new Possession(Date.now);
    const ask = (url: string, authorization: string) =>
      exchange(
        {
          ...{ purpose: 'initialize', method: 'POST', url, body: '{}', timeoutMs: 5_000, credentials: true },
          headers: { authorization },
        },
        connections,
        new Timeline(() => performance.now()),
      );
    await ask(home.url, 'DPoP bound-token');
    const { exchange: record } = await ask(home.url, 'DPoP bound-token');
    await ask(home.url, 'Bearer another');
    await ask(foreign.url, 'DPoP bound-token');
    const [first, second] = await Promise.all(home.came.slice(0, 2).map(({ dpop }) => claims(String(dpop))));
    expect(first).toMatchObject({ htm: 'POST', htu: home.url });
    expect(first).not.toHaveProperty('nonce');
    expect(second?.nonce).toBe('n1');
    expect(second?.jti).not.toBe(first?.jti);
    expect(home.came[2]).not.toHaveProperty('dpop');
    expect(foreign.came[0]).not.toHaveProperty('dpop');
    expect(foreign.came[0]).not.toHaveProperty('authorization');
    expect(JSON.stringify(record)).not.toContain(String(home.came[1]?.dpop));
  });
});
