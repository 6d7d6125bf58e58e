/** What a sign-in does not go on with: answers of somebody else, metadata of another server, tokens of another issuer. */
import { expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import type { SignInAgent } from '../../src/oauth/authorize.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import {
  challenged,
  html,
  json,
  notFound,
  type Recipe,
  type Running,
  registrationRefused,
  resourceMetadata,
  resourceMetadataIs,
  response,
  serverMetadata,
  setUp,
  tokenAnswer,
  verified,
} from '../support/authorization/index.js';

/** A set-up verified; its walk, the case file as text, and what the authorization server was asked. */
async function walked(
  recipe: Recipe,
  change: (running: Running) => Running = (running) => running,
  depth: InvestigateOptions = { quick: true },
) {
  const running = await setUp(recipe);
  try {
    const { spec, options } = await verified(change(running));
    const file = await investigate(spec, { timeoutMs: 6_000, ...depth, ...options });
    const { authorization } = file.evidence;
    if (authorization?.status !== 'seen') throw new Error('no walk was seen');
    const asked = running.authorizationServer.requests;
    return {
      walk: authorization.value as Evidence['authorization'],
      text: JSON.stringify(file),
      asked,
      shownTo: running.server.requests.map(({ path }) => path),
      redeemed: asked.filter(({ method, path }) => method === 'POST' && path.endsWith('/token')).length,
      authorized: asked.filter(({ path }) => path === '/auth').length,
      shown: running.server.requests.map(({ headers }) => headers.authorization).filter(Boolean),
    };
  } finally {
    await running.close();
  }
}

it.each([
  ['another state', 'another-state'],
  ['an empty one', ''],
])('%s: the code is not redeemed', async (_, state) => {
  const { walk, redeemed } = await walked({
    onAuthorization: () => [response('its state is another', (parameters) => parameters.set('state', state))],
  });
  expect(walk.response?.outcome).toBe('state-mismatch');
  expect(redeemed).toBe(0);
});

it.each([
  ['a path that begins alike', (url: string) => url.slice(0, -1)],
  ['another port', (url: string) => url.replace(/:\d+/, ':1')],
  ['a path below', (url: string) => `${url}/admin`],
])('metadata of another resource: nobody is asked to sign in (%s)', async (_, of) => {
  const { walk, authorized } = await walked({
    onServer: ({ server }) => [
      resourceMetadata('it is another', (document) => ({ ...document, resource: of(server.url) })),
    ],
  });
  expect(walk.ended).toMatch(/^the metadata are those of .*, not of this server$/);
  expect(authorized).toBe(0);
});

it('metadata of another issuer: nobody is asked to sign in there', async () => {
  const { walk, authorized } = await walked({
    onAuthorization: () => [
      serverMetadata('it is another', (document) => ({ ...document, issuer: 'https://elsewhere.example' })),
    ],
  });
  expect(walk.used).toBeUndefined();
  expect(authorized).toBe(0);
});

it.each([
  ['the token endpoint', 'token_endpoint'],
  ['the authorization endpoint', 'authorization_endpoint'],
])('an address that must not be used, for %s: nobody is asked to sign in', async (_, field) => {
  const { walk, authorized } = await walked({
    onAuthorization: () => [
      serverMetadata('it is not encrypted', (document) => ({ ...document, [field]: 'http://login.example.invalid/x' })),
    ],
  });
  expect(walk.used).toBeUndefined();
  expect(walk.request).toBeUndefined();
  expect(authorized).toBe(0);
});

it('a challenge that names an address which must not be used does not lead to the rules of 2025-03-26', async () => {
  const { walk, shownTo } = await walked({
    onServer: () => [
      challenged('it names a file', (header) =>
        header.replace(/resource_metadata="[^"]*"/, 'resource_metadata="file:///x"'),
      ),
      resourceMetadataIs('it has none', notFound),
    ],
  });
  expect(walk.fallback).toBe(false);
  expect(shownTo).not.toContain('/.well-known/oauth-authorization-server');
});

it('the resource stands in the request and in the redemption of its code (RFC 8707)', async () => {
  const { walk, asked } = await walked({});
  const own = asked.flatMap(({ path, query, body }) =>
    path === '/auth' ? [query.get('resource')] : path === '/token' ? [new URLSearchParams(body).get('resource')] : [],
  );
  expect(new Set(own)).toEqual(new Set([walk.resource]));
  expect(own.length).toBeGreaterThan(1);
});

it('a scope that was asked for is not asked for again', async () => {
  const { walk, asked } = await walked({
    onServer: ({ server }) => [
      {
        says: 'it is never content',
        when: ({ path, headers }) => server.url.endsWith(path) && headers.authorization !== undefined,
        answer: () => json(403, {}, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="mcp:read"' }),
      },
    ],
  });
  expect(walk.ended).toBe('the scope it asks for was granted already');
  expect(asked.filter(({ path }) => path === '/token')).toHaveLength(1);
});

it.each([
  ['the code', (form: URLSearchParams) => form.get('code'), () => true],
  [
    'the refresh token',
    (form: URLSearchParams) => form.get('refresh_token'),
    (form: URLSearchParams) => form.get('grant_type') === 'refresh_token',
  ],
])('%s that a refusal repeats is not kept', async (_, of, when) => {
  let secret = '';
  const { walk, text } = await walked(
    {
      authorization: { refresh: 'always' },
      onAuthorization: () => [
        {
          says: 'it repeats what it refuses',
          when: ({ method, path, body }) => method === 'POST' && path === '/token' && when(new URLSearchParams(body)),
          answer: ({ body }) => {
            secret = of(new URLSearchParams(body)) ?? '';
            return json(400, { error: 'invalid_grant', error_description: `no such grant: ${secret}` });
          },
        },
      ],
    },
    undefined,
    {},
  );
  expect(secret.length).toBeGreaterThan(7);
  expect(walk.grants.at(-1)?.outcome).toBe('refused');
  expect(text).not.toContain(secret);
});

it.each<[string, Recipe]>([
  ['its registration is refused', { onAuthorization: () => [registrationRefused(403, 'access_denied', 'no')] }],
  ['all went well', {}],
])('nobody listens any more when %s', async (_, recipe) => {
  const running = await setUp(recipe);
  let open = 0;
  try {
    const { spec, options } = await verified(running);
    const { agent } = options.auth as { agent: SignInAgent };
    const counting: SignInAgent = {
      ...agent,
      async listen(state) {
        open++;
        const listener = await agent.listen(state);
        return { ...listener, close: async () => void open-- };
      },
    };
    await investigate(spec, {
      timeoutMs: 6_000,
      quick: true,
      auth: { mode: 'authorization-code', ...options.auth, agent: counting },
    });
  } finally {
    await running.close();
  }
  expect(open).toBe(0);
});

it('a token that was kept for another issuer is not shown to the server', async () => {
  const { walk, shown } = await walked({}, (running) => ({
    ...running,
    authorizationServer: { ...running.authorizationServer, issuer: 'https://elsewhere.example' },
    kept: { client: { client_id: 'c' }, tokens: { access_token: 'a-token-of-elsewhere', token_type: 'Bearer' } },
  }));
  expect(shown).not.toContain('Bearer a-token-of-elsewhere');
  expect(walk.access.map((one) => one.with)).not.toContain('stored');
});

const ANSWERS: [string, (token: string) => string][] = [
  ['lines of a form', (token) => `access_token=${token}\nexpires_in=3600\n`],
  ['XML', (token) => `<oauth><access_token>${token}</access_token></oauth>`],
  ['JSON with something behind it', (token) => `{"access_token":"${token}","token_type":"bearer"};`],
  ['JSON with single quotes', (token) => `{'access_token':'${token}'}`],
  ['the token alone', (token) => token],
  ['a page', (token) => `<!doctype html><title>Token</title><pre>${token}</pre>`],
];
it.each(ANSWERS)('a token in an answer that nobody can read is not kept: %s', async (_, of) => {
  let token = '';
  const { walk, text } = await walked({
    authorization: { tokens: 'opaque' },
    server: { verifies: 'introspection' },
    onAuthorization: () => [
      tokenAnswer('it answers in its own way', ({ body }) => {
        token = String(JSON.parse(body).access_token);
        return html(200, of(token));
      }),
    ],
  });
  expect(token).not.toBe('');
  expect(walk.grants.map(({ outcome }) => outcome)).toEqual(['invalid']);
  expect(text).not.toContain(token);
});
