/** What a sign-in does not go on with: answers of somebody else, metadata of another server, tokens of another issuer. */
import { expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { investigate } from '../../src/probe/investigate.js';
import {
  html,
  type Recipe,
  type Running,
  resourceMetadata,
  response,
  serverMetadata,
  setUp,
  tokenAnswer,
  verified,
} from '../support/authorization/index.js';

/** A set-up verified; its walk, the case file as text, and what the authorization server was asked. */
async function walked(recipe: Recipe, change: (running: Running) => Running = (running) => running) {
  const running = await setUp(recipe);
  try {
    const { spec, options } = await verified(change(running));
    const file = await investigate(spec, { timeoutMs: 6_000, quick: true, ...options });
    const { authorization } = file.evidence;
    if (authorization?.status !== 'seen') throw new Error('no walk was seen');
    const asked = running.authorizationServer.requests;
    return {
      walk: authorization.value as Evidence['authorization'],
      text: JSON.stringify(file),
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
