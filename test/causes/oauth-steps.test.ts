/** What is wrong in each step of a walk through OAuth: at which step, of which kind, who must act, and how much it stops. */
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/case/pointer.js';
import { lookedWalk, serverDocumentWith, signedInWalk } from '../../src/causes/oauth-example.js';
import { type Authorization, sdkAccepts } from '../../src/causes/oauth-faults.js';
import { faultsOf } from '../../src/causes/oauth-steps.js';
import { caseOf } from '../support/case.js';
import {
  AS_OWNER,
  asked,
  challenged,
  expectFault,
  ISSUER,
  METADATA,
  named,
  nowhere,
  OWNER,
  registered,
  scoped,
  type Told,
  URL_,
  until,
  type Walk,
  withoutDocument,
} from '../support/walks.js';

describe('sound walks have no fault', () => {
  it.each<[string, Walk]>([
    ['metadata alone', lookedWalk()],
    ['a whole sign-in', signedInWalk()],
    ['the URL as parsers write it', named('https://ACME.dev:443/mcp')],
    ['the host itself in the document at the root', named('https://acme.dev', 'root')],
    [
      '2025-03-26: the origin with a slash',
      asked('https://acme.dev', 'https://acme.dev/', {
        fallback: true,
        used: 0,
        serverMetadata: lookedWalk().authorization.serverMetadata.map((one) => ({
          ...one,
          via: 'origin' as const,
          issuer: 'https://acme.dev',
          document: one.document && { ...one.document, issuer: 'https://acme.dev/' },
        })),
      }),
    ],
    [
      'another port of this machine',
      signedInWalk(({ registration }) => ({
        registration: registration && { ...registration, redirectUris: ['http://127.0.0.1/callback'] },
      })),
    ],
    [
      'a scope that was asked for a second time',
      scoped([
        { with: 'signed-in', exchange: 5, status: 403, error: 'insufficient_scope', scope: 'x' },
        { with: 'stepped-up', exchange: 6, status: 200 },
      ]),
    ],
  ])('%s', (_, evidence) => {
    expect(faultsOf(evidence)).toEqual([]);
  });
});

it('client credentials need neither PKCE nor an endpoint for users', () => {
  const { serverMetadata } = serverDocumentWith({
    pkceMethods: undefined,
    authorizationEndpoint: undefined,
  }).authorization;
  expect(faultsOf(signedInWalk({ mode: 'client-credentials', serverMetadata }))).toEqual([]);
});

describe('each fault, at its step', () => {
  it.each<[string, Walk, ...Told]>([
    [
      '403',
      challenged(403, null),
      'challenge',
      'challenge-not-401',
      'auth-credentials-missing',
      OWNER,
      'broken',
      'likely',
    ],
    ['no challenge', challenged(401, null), 'challenge', 'challenge-absent', null, OWNER, 'risky'],
    ['a bare challenge', challenged(401, {}), 'challenge', 'challenge-without-metadata', null, OWNER, 'risky'],
    [
      'metadata not found',
      nowhere(['not-found', 'not-found']),
      'resource-metadata',
      'resource-metadata-missing',
      METADATA,
      OWNER,
      'broken',
    ],
    [
      'metadata that are a page',
      nowhere(['not-json']),
      'resource-metadata',
      'resource-metadata-missing',
      METADATA,
      OWNER,
      'broken',
    ],
    [
      'metadata without an end',
      nowhere(['too-large', 'not-found']),
      'resource-metadata',
      'resource-metadata-invalid',
      METADATA,
      OWNER,
      'broken',
    ],
    [
      'a pointer into nothing',
      lookedWalk(({ resourceMetadata }) => ({
        resourceMetadata: [
          { url: 'https://acme.dev/x', exchange: 1, outcome: 'not-found', via: 'challenge' },
          ...resourceMetadata.map((one) => ({ ...one, via: 'path' as const })),
        ],
      })),
      'resource-metadata',
      'resource-metadata-pointer-dead',
      METADATA,
      OWNER,
      'broken',
    ],
    [
      'no resource',
      named(undefined),
      'resource-metadata',
      'resource-absent',
      'auth-resource-mismatch',
      OWNER,
      'broken',
    ],
    [
      'one slash more',
      named('https://acme.dev/mcp/'),
      'resource-metadata',
      'resource-mismatch',
      'auth-resource-mismatch',
      OWNER,
      'broken',
    ],
    [
      'another scheme',
      named('http://acme.dev/mcp'),
      'resource-metadata',
      'resource-mismatch',
      'auth-resource-mismatch',
      OWNER,
      'broken',
    ],
    [
      'the host alone',
      named('https://acme.dev/'),
      'resource-metadata',
      'resource-prefix',
      'auth-resource-mismatch',
      OWNER,
      'degraded',
    ],
    [
      'no authorization server',
      lookedWalk(({ resourceMetadata }) => ({
        resourceMetadata: resourceMetadata.map((one) => ({
          ...one,
          document: one.document && { ...one.document, authorizationServers: [] },
        })),
        serverMetadata: [],
        used: undefined,
      })),
      'resource-metadata',
      'authorization-servers-absent',
      METADATA,
      OWNER,
      'broken',
    ],
    [
      'no metadata of the authorization server',
      withoutDocument('not-found'),
      'server-metadata',
      'server-metadata-missing',
      METADATA,
      AS_OWNER,
      'broken',
    ],
    [
      'metadata where no client looks',
      lookedWalk(({ serverMetadata }) => ({
        serverMetadata: serverMetadata.map((one) => ({ ...one, via: 'oauth-appended' as const })),
        used: undefined,
      })),
      'server-metadata',
      'server-metadata-misplaced',
      METADATA,
      AS_OWNER,
      'broken',
    ],
    [
      'no endpoints',
      serverDocumentWith({ tokenEndpoint: undefined }),
      'server-metadata',
      'server-metadata-invalid',
      METADATA,
      AS_OWNER,
      'broken',
    ],
    [
      'another issuer',
      asked(ISSUER, 'https://login.acme.dev'),
      'server-metadata',
      'issuer-mismatch',
      'auth-issuer-mismatch',
      AS_OWNER,
      'broken',
    ],
    [
      'a copy on the host of the MCP server',
      asked('https://acme.dev', ISSUER),
      'server-metadata',
      'issuer-mismatch',
      'auth-issuer-mismatch',
      OWNER,
      'broken',
    ],
    [
      'a slash',
      asked(ISSUER, `${ISSUER}/`),
      'server-metadata',
      'issuer-slash',
      'auth-issuer-mismatch',
      OWNER,
      'degraded',
    ],
    [
      'a template',
      asked('https://login.acme.dev/common', 'https://login.acme.dev/{tenantid}/v2.0'),
      'server-metadata',
      'issuer-template',
      'auth-issuer-mismatch',
      OWNER,
      'broken',
    ],
    [
      'PKCE not told',
      serverDocumentWith({ pkceMethods: undefined }),
      'server-metadata',
      'pkce-absent',
      'auth-pkce-unsupported',
      AS_OWNER,
      'degraded',
      'likely',
    ],
    [
      'PKCE plain',
      serverDocumentWith({ pkceMethods: ['plain'] }),
      'server-metadata',
      'pkce-without-s256',
      'auth-pkce-unsupported',
      AS_OWNER,
      'broken',
    ],
    [
      'an address that is not used',
      lookedWalk({ unsafe: [{ field: 'authorization_endpoint', url: 'javascript:1', why: 'scheme', document: 0 }] }),
      'server-metadata',
      'address-unsafe',
      'auth-metadata-unsafe',
      AS_OWNER,
      'broken',
    ],
    [
      'a pointer that is not used',
      lookedWalk({ unsafe: [{ field: 'resource_metadata', url: 'http://10.0.0.1/', why: 'private-address' }] }),
      'challenge',
      'address-unsafe',
      'auth-metadata-unsafe',
      OWNER,
      'broken',
    ],
    [
      'a name that leads into a private network',
      nowhere(['unsafe', 'not-found']),
      'resource-metadata',
      'address-unsafe',
      'auth-metadata-unsafe',
      OWNER,
      'broken',
      'likely',
    ],
    [
      'no registration',
      serverDocumentWith({ registrationEndpoint: undefined }),
      'registration',
      'registration-none',
      'auth-registration-unsupported',
      AS_OWNER,
      'broken',
      'likely',
    ],
    [
      'registration refused',
      registered({ how: 'dynamic', outcome: 'refused', status: 403, error: 'access_denied' }),
      'registration',
      'registration-refused',
      'auth-registration-unsupported',
      AS_OWNER,
      'broken',
    ],
    [
      'registration without a client',
      registered({ how: 'dynamic', outcome: 'invalid', status: 200, why: 'no client_id' }),
      'registration',
      'registration-failed',
      'auth-registration-unsupported',
      AS_OWNER,
      'broken',
    ],
    [
      'redirect URI refused at registration',
      registered({ how: 'dynamic', outcome: 'refused', status: 400, error: 'invalid_redirect_uri' }),
      'registration',
      'redirect-uri-refused',
      'auth-redirect-uri-mismatch',
      AS_OWNER,
      'broken',
    ],
    [
      'another redirect URI registered',
      until({
        registration: { how: 'dynamic', outcome: 'ready', redirectUris: ['https://x.dev/cb'] },
        response: undefined,
      }),
      'registration',
      'redirect-uris-differ',
      'auth-redirect-uri-mismatch',
      AS_OWNER,
      'broken',
    ],
  ])('%s', (_, evidence, ...told) => expectFault(evidence, told));
});

it.each<[string, string, boolean]>([
  [URL_, URL_, true],
  [URL_, 'https://acme.dev/', true],
  [URL_, 'https://acme.dev', true],
  ['https://acme.dev/api/mcp', 'https://acme.dev/api', true],
  ['https://acme.dev/api123', 'https://acme.dev/api', false],
  ['https://acme.dev/mcp/', URL_, true],
  [URL_, 'https://acme.dev/mcp/', false],
  [URL_, 'https://www.acme.dev/mcp', false],
  [URL_, 'http://acme.dev/mcp', false],
  [URL_, 'acme', false],
])('the SDKs: %s with the resource %s', (url, resource, accepted) => {
  expect(sdkAccepts(url, resource)).toBe(accepted);
});

describe('what a fault weighs', () => {
  const slash = named('https://acme.dev/mcp/').authorization?.resourceMetadata;
  const severityWith = (access: Authorization['access']): unknown =>
    faultsOf(signedInWalk({ resourceMetadata: slash, access })).map(({ cause, severity }) => [cause, severity])[0];

  it('stops some only, when our own sign-in got past it', () => {
    expect(severityWith([{ with: 'signed-in', exchange: 6, status: 200 }])).toEqual([
      'auth-resource-mismatch',
      'degraded',
    ]);
  });
  it('is milder where credentials were given and accepted', () => {
    expect(severityWith([{ with: 'given', exchange: 6, status: 200 }])).toEqual(['auth-resource-mismatch', 'degraded']);
  });
  it('is no cause where credentials were given and refused', () => {
    expect(severityWith([{ with: 'given', exchange: 6, status: 401 }])).toEqual([null, 'risky']);
  });
});

it('is likely at most when it was pasted', () => {
  const { authorization, http } = named('https://acme.dev/mcp/');
  const exchanges = (http?.exchanges ?? []).map((one) => ({ ...one, purpose: 'reported' }));
  const [fault] = faultsOf({ authorization, http: { exchanges, omitted: 0 } });
  expect([fault?.id, fault?.certainty]).toEqual(['resource-mismatch', 'likely']);
});

it('cites no exchange that the case does not hold', () => {
  const { authorization, http } = nowhere(['not-found']);
  const evidence = { authorization, http: { exchanges: (http?.exchanges ?? []).slice(0, 1), omitted: 2 } };
  const file = caseOf(evidence);
  for (const { cites } of faultsOf(evidence))
    for (const place of cites) expect(resolve(file, place), place).toBeDefined();
});

it('a server that has keys and no OAuth is suspected, not accused', () => {
  const bare = nowhere(['not-found', 'not-found'], {
    challenge: { exchange: 0, status: 401, challenges: [{ scheme: 'Bearer', parameters: {} }], credentials: 'none' },
  });
  expect(faultsOf(bare).map(({ id, cause, certainty }) => [id, cause, certainty])).toEqual([
    ['challenge-without-metadata', null, 'certain'],
    ['resource-metadata-missing', null, 'possible'],
  ]);
});
