/**
 * Real servers in situations in which everything may be sound, or the root is another: whatever is named, nothing of the sign-in is
 * certain. The same on literal evidence, in more variety: test/causes/oauth-doubt.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { givenCredentials } from '../../src/probe/authorization.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import {
  type Change,
  challenged,
  html,
  json,
  noChallenge,
  notFound,
  type Recipe,
  resourceMetadataIs,
  serverMetadataIs,
  setUp,
  verified,
} from '../support/authorization/index.js';

/** Verify a set-up: as its user would, or as `how` says. */
async function judged(
  recipe: Recipe,
  how: { url?: (url: string) => string; token?: string; options?: InvestigateOptions } = {},
) {
  const running = await setUp(recipe);
  try {
    const { spec, options } = await verified(running);
    const url = how.url?.(running.url) ?? running.url;
    const headers: Record<string, string> = how.token === undefined ? {} : { authorization: `Bearer ${how.token}` };
    const file = await investigate(
      { ...spec, kind: 'http', url, headers },
      { timeoutMs: 6_000, ...(how.options ?? options) },
    );
    const { root, findings, status } = diagnose(file);
    const sure = findings.filter(({ id, certainty }) => id.startsWith('auth-') && certainty === 'certain');
    return {
      root: root?.id,
      status,
      sure: sure.map(({ id }) => id),
      says: findings.map((f) => `${f.id} ${f.certainty}: ${f.says}`).join('\n'),
    };
  } finally {
    await running.close();
  }
}
const LOOK = { options: {} };
const alone = { repeatsMetadata: false };
const FIREWALL = () =>
  html(403, '<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>');
const isEndpoint = ({ path }: { path: string }) => path === '/mcp';
/** RFC 6750 section 3.1. */
const ALL = 'The access token provided is expired, revoked, malformed, or invalid for other reasons';

describe.concurrent('nothing of the sign-in is certain', () => {
  it.each<[string, Recipe, Parameters<typeof judged>[1], string]>([
    [
      'a rate limit before the metadata of the resource',
      {
        server: alone,
        onServer: () => [resourceMetadataIs('it is asked too often', () => json(429, { error: 'slow down' }))],
      },
      {},
      'auth-metadata-missing',
    ],
    [
      'a firewall before the metadata of the authorization server',
      { onAuthorization: () => [serverMetadataIs('a firewall', FIREWALL)] },
      {},
      'auth-metadata-missing',
    ],
    [
      'fixed keys, and a sign-in is tried',
      {
        server: alone,
        onServer: () => [
          challenged('it takes keys', () => 'Bearer'),
          resourceMetadataIs('it knows nothing of OAuth', notFound),
        ],
      },
      {},
      'auth-metadata-missing',
    ],
    [
      'a token that is refused in the words of RFC 6750',
      {
        onServer: () => [
          {
            says: 'it lists all reasons',
            when: (asked) => isEndpoint(asked) && asked.headers.authorization !== undefined,
            status: 401,
            edit: (answer) => ({
              ...answer,
              headers: {
                ...answer.headers,
                'www-authenticate': `Bearer error="invalid_token", error_description="${ALL}"`,
              },
              body: JSON.stringify({ error: 'invalid_token', error_description: ALL }),
            }),
          },
        ],
        server: { accepts: { audience: 'https://other.example' } },
      },
      {},
      'auth-audience-mismatch',
    ],
  ])('%s', async (_, recipe, how, id) => {
    const { root, sure, says } = await judged(recipe, how);
    expect(sure, says).toEqual([]);
    expect(root, says).toBe(id);
  });

  it('a firewall that refuses the token that was given', async () => {
    const { sure, root, says } = await judged(
      { onServer: () => [{ says: 'a firewall', when: isEndpoint, answer: FIREWALL }] },
      { token: 'mcp-verdict-some-key', ...LOOK },
    );
    expect(sure, says).toEqual([]);
    expect(root, says).not.toBe('auth-credentials-rejected');
  });

  it('the site of the same host', async () => {
    const site: Change = {
      says: 'its home page',
      when: ({ path }) => path === '/',
      answer: () => html(200, '<h1>Acme</h1>'),
    };
    const { root, sure, says } = await judged(
      { onServer: () => [site] },
      { url: (url) => `${new URL(url).origin}/`, ...LOOK },
    );
    expect(sure, says).toEqual([]);
    expect(root, says).toMatch(/^http-/);
  });

  it('a wrong path, at which a gateway asks for credentials too', async () => {
    const gateway: Change = {
      says: 'a gateway',
      when: ({ path }) => path === '/v2/mcp',
      ask: () => ({ path: '/mcp' }),
    };
    const { sure, says } = await judged(
      { onServer: () => [gateway] },
      { url: (url) => url.replace('/mcp', '/v2/mcp'), ...LOOK },
    );
    expect(
      sure.filter((id) => id !== 'auth-credentials-missing'),
      says,
    ).toEqual([]);
  });
});

it('a server that is open, but for what it does not know, is not broken', async () => {
  const open = ['initialize', 'notifications/initialized', 'ping', 'tools/list', 'resources/list', 'prompts/list'];
  const recipe = {
    server: { open, ...alone },
    onServer: () => [noChallenge, resourceMetadataIs('it has none', notFound)],
  };
  const { status, says } = await judged(recipe, LOOK);
  expect(status, says).not.toBe('broken');
});

it('a URL with a choice of the user in its query is no other resource', async () => {
  const { root, says } = await judged({}, { url: (url) => `${url}?project=7` });
  expect(root, says).toBeUndefined();
});

it.each([
  ['Digest username="u", realm="r"', undefined],
  ['Token token="abc"', undefined],
  ['Bearer abc def', 'spaces'],
  ['Bearer "abc"', 'quoted'],
  ['"Bearer abc"', 'quoted'],
  ['Bearer abc"', 'quoted'],
  ['Bearer Bearer abc', 'scheme-twice'],
  ['Bearer', 'empty'],
  ['Bearer abc', undefined],
])('what is odd about %s: %s', (authorization, odd) => {
  expect(givenCredentials({ authorization }, 'https://acme.dev/mcp', 0)[0]?.odd).toBe(odd);
});
