/** Becoming a client of an authorization server, and proving it: what real servers answer, also where it is not by the book. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Evidence, Exchange } from '../../src/case/evidence.js';
import { Timeline } from '../../src/case/timeline.js';
import { authenticationOf, type Client, register } from '../../src/oauth/client.js';
import { Connections } from '../../src/wire/connections.js';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

/** Register at a server that answers with this; what it was sent, what was noted, and what was learned as a secret. */
async function registered(status: number, body: string, type = 'application/json') {
  let sent: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      sent = JSON.parse(Buffer.concat(parts).toString('utf8'));
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connections = new Connections({ connectTimeoutMs: 2_000 });
  opened.push(() => {
    connections.close();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const exchanges: Exchange[] = [];
  const secrets: string[] = [];
  const http = {
    ...{ connections, exchanges, userAgent: 'test/1', timeoutMs: 5_000 },
    timeline: new Timeline(() => performance.now()),
    learn: (secret: string) => void secrets.push(secret),
  };
  const walk = { grants: [] } as unknown as Evidence['authorization'];
  const client = await register(
    walk,
    { issuer, registration_endpoint: `${issuer}/register` },
    { http, redirectUri: 'http://127.0.0.1:1/callback', clientName: 'test', grantTypes: ['authorization_code'] },
  );
  return { client, sent, noted: walk.registration, secrets, kept: JSON.stringify(exchanges) };
}

describe('a dynamic registration', () => {
  it('says that it is a native client, and for which redirect', async () => {
    const { sent } = await registered(201, '{"client_id":"c1"}');
    expect(sent).toMatchObject({
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1:1/callback'],
      token_endpoint_auth_method: 'none',
    });
    expect(sent).not.toHaveProperty('scope');
  });

  it('is taken with status 200, and with a secret whose end is not told; neither secret is kept', async () => {
    const answer = {
      client_id: 'c1',
      client_secret: 'hush-hush-1',
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: ['http://127.0.0.1:1/callback'],
      registration_client_uri: 'http://127.0.0.1:1/register/c1',
      registration_access_token: 'hush-hush-2',
    };
    const { client, noted, secrets, kept } = await registered(200, JSON.stringify(answer));
    expect(client).toMatchObject({ id: 'c1', secret: 'hush-hush-1', tokenAuthMethod: 'client_secret_post' });
    expect(client?.management).toEqual({ url: 'http://127.0.0.1:1/register/c1', token: 'hush-hush-2' });
    expect(noted).toMatchObject({ outcome: 'ready', clientId: 'c1', redirectUris: ['http://127.0.0.1:1/callback'] });
    expect(secrets).toEqual(['hush-hush-1', 'hush-hush-2']);
    expect(kept).not.toContain('hush-hush');
  });

  it('of a public client has no secret, also where the server writes an empty one', async () => {
    const { client, secrets } = await registered(201, '{"client_id":"c1","client_secret":""}');
    expect(client).not.toHaveProperty('secret');
    expect(secrets).toEqual([]);
  });

  it.each([
    [400, '{"error":"invalid_redirect_uri","error_description":"no loopback"}', 'refused', 'invalid_redirect_uri'],
    [403, 'nobody registers here', 'refused', undefined],
    [302, '', 'refused', undefined],
    [201, '{"client_name":"c1"}', 'invalid', undefined],
    [201, '<html>', 'invalid', undefined],
  ])('with the answer %s %s is %s', async (status, body, outcome, error) => {
    const { client, noted } = await registered(status, body);
    expect(client).toBeUndefined();
    expect(noted).toMatchObject({ how: 'dynamic', outcome, status, ...(error && { error }) });
  });
});

describe('the proof of a client', () => {
  const server = { issuer: 'https://as.example' };
  const proof = async (client: Partial<Client>, methods?: string[]) => {
    const [body, headers] = [new URLSearchParams(), new Headers()];
    const full: Client = { id: 'my-client_1.x', how: 'given', ...client };
    const as = { ...server, ...(methods && { token_endpoint_auth_methods_supported: methods }) };
    await (await authenticationOf(full, as))(as, { client_id: full.id }, body, headers);
    const basic = headers.get('authorization')?.replace(/^Basic /, '');
    return { body: body.toString(), basic: basic && Buffer.from(basic, 'base64').toString('utf8') };
  };

  it('by HTTP Basic encodes what would break it, and leaves alone what servers compare as it is', async () => {
    expect(await proof({ secret: 'a-b_c.d' })).toEqual({ body: '', basic: 'my-client_1.x:a-b_c.d' });
    expect((await proof({ secret: 'p:w 100%' })).basic).toBe('my-client_1.x:p%3Aw+100%25');
  });

  it('goes the way that the registration names, else one that the server offers', async () => {
    const posted = 'client_id=my-client_1.x&client_secret=s';
    expect(await proof({ secret: 's' }, ['client_secret_post'])).toEqual({ body: posted, basic: undefined });
    expect(await proof({ secret: 's', tokenAuthMethod: 'client_secret_post' }, ['client_secret_basic'])).toEqual({
      body: posted,
      basic: undefined,
    });
    expect(await proof({ secret: 's' }, ['none'])).toEqual({ body: 'client_id=my-client_1.x', basic: undefined });
    expect(await proof({})).toEqual({ body: 'client_id=my-client_1.x', basic: undefined });
  });
});
