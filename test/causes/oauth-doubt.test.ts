/**
 * Situations in which everything may be sound, or the root may be another: nothing of the sign-in is named as certain there. Each is one
 * that servers are really seen in: outages, rate limits, firewalls, clocks, keys in place of OAuth, words that say nothing.
 */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import {
  lookedWalk,
  refusedCredentials,
  refusedToken,
  serverDocumentWith,
  signedInWalk,
} from '../../src/causes/oauth-example.js';
import type { Authorization, FaultId } from '../../src/causes/oauth-faults.js';
import { faultsOf } from '../../src/causes/oauth-steps.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';
import {
  answered,
  asked,
  expectFault,
  JWT,
  named,
  registered,
  requested,
  URL_,
  until,
  type Walk,
} from '../support/walks.js';

type Answer = Partial<Evidence['http']['exchanges'][number]>;
type Outcome = Authorization['serverMetadata'][number]['outcome'];

/** The same walk, with other answers to its requests. */
const answering = ({ authorization, http }: Walk, answers: Record<number, Answer>): Walk => ({
  authorization,
  http: { omitted: 0, exchanges: (http?.exchanges ?? []).map((one, i) => ({ ...one, ...answers[i] })) },
});
const CHALLENGE_PAGE: Answer = {
  status: 403,
  contentType: 'text/html',
  headers: { server: 'cloudflare', 'cf-mitigated': 'challenge' },
  body: '<!DOCTYPE html><title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>',
};
const FORBIDDEN: Answer = { status: 403, contentType: 'text/html', body: '<h1>403 Forbidden</h1>' };

/** The metadata of the resource could not be read; of the authorization server. */
const resourceUnread = (outcome: Outcome, answer: Answer): Walk =>
  answering(
    lookedWalk(({ resourceMetadata }) => ({
      resourceMetadata: resourceMetadata.map(({ document: _, ...one }) => ({ ...one, outcome })),
      serverMetadata: [],
      used: undefined,
    })),
    { 1: answer },
  );
const serverUnread = (outcome: Outcome, answer: Answer): Walk =>
  answering(
    lookedWalk(({ serverMetadata }) => ({
      serverMetadata: serverMetadata.map(({ document: _, ...one }) => ({ ...one, outcome })),
      used: undefined,
    })),
    { 2: answer },
  );

const PASSING: [string, Outcome, Answer][] = [
  ['an error of a moment', 'server-error', { status: 503 }],
  ['a rate limit', 'server-error', { status: 429 }],
  ['the challenge page of a CDN', 'refused', CHALLENGE_PAGE],
  ['the same with 200', 'not-json', { ...CHALLENGE_PAGE, status: 200 }],
  ['a firewall, a country, a list of addresses', 'refused', FORBIDDEN],
  ['a name that is not resolved here', 'no-answer', { status: undefined }],
  ['a redirect that only clients follow', 'redirect', { status: 301 }],
];

const sure = (walk: Walk): string[] =>
  faultsOf(walk).flatMap(({ id, cause, certainty }) => (cause !== null && certainty === 'certain' ? [id] : []));

describe('metadata that could not be read are not said to be missing', () => {
  it.each(PASSING)('of the resource: %s', (_, outcome, answer) => {
    const walk = resourceUnread(outcome, answer);
    expect(sure(walk)).toEqual([]);
    expect(faultsOf(walk).map(({ id }) => id)).toEqual(['resource-metadata-unread']);
  });
  it.each(PASSING)('of the authorization server: %s', (_, outcome, answer) => {
    const walk = serverUnread(outcome, answer);
    expect(sure(walk)).toEqual([]);
    expect(faultsOf(walk).map(({ id }) => id)).toEqual(['server-metadata-unread']);
  });
  it('the words say so, and let ask again first', () => {
    expectFault(serverUnread('server-error', { status: 503 }), [
      'server-metadata',
      'server-metadata-unread',
      'auth-metadata-missing',
      'authorization-server-owner',
      'broken',
      'likely',
    ]);
    const { root } = diagnose(caseOf(serverUnread('server-error', { status: 503 })));
    expect([root?.id, root?.certainty]).toEqual(['auth-metadata-missing', 'likely']);
    expect(root?.says).not.toMatch(/has no metadata/);
    expect(root?.fix[0]?.run).toBe('curl -i https://auth.acme.dev/.well-known/oauth-authorization-server');
  });
  it('one pointer that fails once, and the document elsewhere', () => {
    const walk = lookedWalk(
      ({ resourceMetadata }) => ({
        resourceMetadata: [
          { url: 'https://acme.dev/x', exchange: 1, outcome: 'server-error', via: 'challenge' },
          ...resourceMetadata.map((one) => ({ ...one, via: 'path' as const })),
        ],
      }),
      { 1: { status: 503 } },
    );
    expect(sure(walk)).toEqual([]);
  });
});

const KEYS: Partial<Authorization> = {
  challenge: { exchange: 0, status: 401, challenges: [{ scheme: 'Bearer', parameters: {} }], credentials: 'none' },
  resourceMetadata: [{ url: 'https://acme.dev/x', exchange: 1, outcome: 'not-found', via: 'path' }],
  serverMetadata: [
    { url: 'https://acme.dev/y', exchange: 2, outcome: 'not-found', issuer: 'https://acme.dev', via: 'origin' },
  ],
  used: undefined,
  fallback: true,
};
const GUESSED: [string, Walk][] = [
  [
    'registered nowhere',
    until({
      ...KEYS,
      request: undefined,
      response: undefined,
      registration: { how: 'dynamic', outcome: 'refused', status: 404, exchange: 3 },
    }),
  ],
  [
    'with a client of the user',
    until({
      ...KEYS,
      registration: { how: 'given', outcome: 'ready', clientId: 'c' },
      request: {
        endpoint: 'https://acme.dev/authorize',
        redirectUri: 'http://127.0.0.1:1/callback',
        clientId: 'c',
        scopeFrom: 'none',
        exchange: 4,
        answer: 'error-page',
        says: 'Cannot GET /authorize',
        shown: 'nobody',
      },
      response: undefined,
    }),
  ],
];
it.each(GUESSED)('a server with fixed keys at which a sign-in is tried: %s', (_, walk) => {
  expect(sure(walk)).toEqual([]);
  const [first] = faultsOf(walk).filter(({ cause }) => cause !== null);
  expect([first?.id, first?.certainty]).toEqual(['resource-metadata-missing', 'likely']);
});

describe('a refusal with another status', () => {
  const refusedWith = (status: number, resource: string, answer: Answer = {}): Walk =>
    answering(
      lookedWalk((walk) => ({
        challenge: walk.challenge && { ...walk.challenge, status, challenges: [] },
        resourceMetadata: walk.resourceMetadata.map((one) => ({
          ...one,
          via: 'root' as const,
          document: one.document && { ...one.document, resource },
        })),
      })),
      { 0: { status, headers: {}, ...answer } },
    );
  it('by the site of the same host, whose MCP server has another URL', () => {
    expect(faultsOf(refusedWith(200, 'https://acme.dev/api/mcp')).map(({ id }) => id)).not.toContain(
      'challenge-not-401',
    );
  });
  it('by a firewall that signs', () => {
    expect(faultsOf(refusedWith(403, URL_, CHALLENGE_PAGE))).toEqual([]);
  });
  it('by somebody who does not', () => {
    expect(sure(refusedWith(403, URL_, FORBIDDEN))).toEqual([]);
  });
});

it('a wrong path, at which a gateway asks for credentials as well', () => {
  const walk = named('https://acme.dev/v1/mcp');
  expect(faultsOf(walk).map(({ id, certainty }) => [id, certainty])).toEqual([['resource-mismatch', 'likely']]);
});
it('a query of the user, which no metadata repeat', () => {
  const walk = named(URL_);
  const resource = `${URL_}?project=7`;
  expect(faultsOf({ ...walk, authorization: { ...(walk.authorization as Authorization), resource } })).toEqual([]);
});

describe('PKCE that nobody speaks of (Entra ID, Cognito, older Keycloak)', () => {
  const { serverMetadata } = serverDocumentWith({ pkceMethods: undefined }).authorization;
  it('is likely at most', () => {
    expect(sure(signedInWalk({ serverMetadata }))).toEqual([]);
  });
  it('is not the root of what stops every client', () => {
    const refused = refusedToken({ ...JWT, audience: ['api://acme'] });
    const walk = { ...refused, authorization: { ...refused.authorization, serverMetadata } };
    expect(diagnose(caseOf(walk)).root?.id).toBe('auth-audience-mismatch');
  });
  it('does not hide that nobody has signed in', () => {
    expect(diagnose(caseOf(lookedWalk({ serverMetadata }))).root?.id).toBe('auth-credentials-missing');
  });
});
it('what stops some clients is not surer than what stops all', () => {
  const { serverMetadata } = asked('https://auth.acme.dev', 'https://auth.acme.dev/').authorization as Authorization;
  const refused = refusedToken({ ...JWT, issuer: 'https://auth.acme.dev/', audience: ['api://acme'] });
  const walk = { ...refused, authorization: { ...refused.authorization, serverMetadata } };
  expect(diagnose(caseOf(walk)).root?.id).toBe('auth-audience-mismatch');
});

describe('registrations that did not come about', () => {
  it.each<[string, Answer]>([
    ['an error of a moment', { status: 503 }],
    ['a rate limit', { status: 429 }],
    ['a firewall', FORBIDDEN],
    ['a page of a CDN', CHALLENGE_PAGE],
  ])('%s', (_, answer) => {
    const walk = answering(registered({ how: 'dynamic', outcome: 'refused', exchange: 3, status: answer.status }), {
      3: answer,
    });
    expect(sure(walk)).toEqual([]);
    expect(faultsOf(walk).map(({ id }) => id)).toEqual(['registration-refused']);
  });
  it('no answer', () => {
    expect(sure(registered({ how: 'dynamic', outcome: 'no-answer', exchange: 3 }))).toEqual([]);
  });
  it('clients that are registered by hand need none', () => {
    expect(sure(serverDocumentWith({ registrationEndpoint: undefined }))).toEqual([]);
  });
});

describe('pages of the authorization endpoint', () => {
  const page = (says: string, status = 400, error?: string): Walk =>
    answering(requested({ answer: 'error-page', says, ...(error !== undefined && { error }) }), { 4: { status } });
  it.each<[string, Walk, FaultId]>([
    [
      'no such page',
      page('404 Not Found: The requested resource was not found on this server.', 404),
      'authorization-refused',
    ],
    [
      'the client of HTTP',
      page('400. That is an error. Your client has issued a malformed or invalid request.'),
      'authorization-refused',
    ],
    [
      'the address repeated',
      page('Cannot GET /authorize?client_id=c&redirect_uri=http://127.0.0.1:1/callback', 404),
      'authorization-refused',
    ],
    ['an error of a moment', page('Service Unavailable', 503), 'authorization-refused'],
    ['for browsers alone', page('Please enable cookies'), 'authorization-refused'],
    [
      'without an answer',
      requested({ answer: 'no-answer', says: 'getaddrinfo ENOTFOUND' }),
      'authorization-unanswered',
    ],
    [
      'a firewall',
      answering(requested({ answer: 'error-page', says: 'Just a moment...' }), { 4: CHALLENGE_PAGE }),
      'authorization-refused',
    ],
  ])('%s', (_, walk, id) => {
    expect(sure(walk)).toEqual([]);
    expect(faultsOf(walk).map((fault) => fault.id)).toEqual([id]);
  });
  it.each<[string, Walk, FaultId]>([
    ['a redirect URI', page('We are sorry... Invalid parameter: redirect_uri'), 'redirect-uri-refused'],
    ['a client', page('We are sorry... Client not found.'), 'client-unknown'],
    [
      'a resource',
      page('AADSTS500011: The resource principal named api://x was not found in the tenant'),
      'target-refused',
    ],
  ])('what is said outright stays certain: %s', (_, walk, id) => {
    expect(sure(walk)).toEqual([id]);
  });
  it.each<[string, string]>([
    ['invalid_scope', 'The OAuth 2.0 Client with an unknown scope is not allowed'],
    ['unauthorized_client', 'The client is not authorized to request an authorization code using this method.'],
    ['unauthorized_client', ''],
  ])('%s is no client that is unknown', (error, says) => {
    expect(faultsOf(requested({ answer: 'error', error, says })).map(({ id }) => id)).toEqual([
      'authorization-refused',
    ]);
  });
});

it.each<[string, Walk]>([
  ['nobody finished', until({ response: { outcome: 'none', waitedS: 180 } })],
  ['an old tab', until({ response: { outcome: 'state-mismatch', waitedS: 180 } })],
  ['an error of a moment at the token endpoint', answering(answered({ status: 502 }), { 5: { status: 502 } })],
  ['a rate limit at the token endpoint', answering(answered({ status: 429 }), { 5: { status: 429 } })],
  ['no answer of the token endpoint', answered({ outcome: 'no-answer', status: undefined })],
  [
    'a code, or all else',
    answered({ error: 'invalid_grant', description: 'Invalid authorization code, client_id, or redirect_uri' }),
  ],
])('on the way to a token: %s', (_, walk) => {
  expect(sure(walk)).toEqual([]);
  expect(faultsOf(walk)).toHaveLength(1);
});

describe('tokens that are refused for a reason nobody tells', () => {
  it.each<[string, Walk]>([
    [
      'the words of RFC 6750',
      refusedToken(JWT, 'The access token provided is expired, revoked, malformed, or invalid for other reasons'),
    ],
    ['invalid or expired', refusedToken(JWT, 'Invalid or expired token')],
    ['expired/invalid', refusedToken({ format: 'opaque' }, 'Token expired/invalid')],
    ['audience or issuer', refusedToken(JWT, 'Invalid audience or issuer')],
    ['the clock here is ahead', refusedToken({ ...JWT, expiresInS: -120 })],
    ['the clock here is behind', refusedToken({ ...JWT, notBeforeS: 300 })],
    ['an audience of the server’s own choice', refusedToken({ ...JWT, audience: ['api://acme', 'account'] })],
    [
      'a token of an hour ago by the clock here',
      refusedCredentials({ how: 'bearer', name: 'authorization', token: { ...JWT, expiresInS: -3_600 } }),
    ],
    [
      'a bare key, as some servers want it',
      refusedCredentials({ how: 'bearer', name: 'authorization', odd: 'scheme-missing' }),
    ],
  ])('%s', (_, walk) => {
    expect(sure(walk)).toEqual([]);
    expect(faultsOf(walk)).toHaveLength(1);
  });
  it('in so many words', () => {
    expect(sure(refusedToken(JWT, 'Token has expired. Get a new one or sign in again'))).toEqual([
      'token-expired-on-arrival',
    ]);
  });

  const forbidden = (how: 'given' | 'signed-in', answer: Answer): Walk => {
    const { authorization, http } =
      how === 'given' ? refusedCredentials({ how: 'bearer', name: 'authorization' }) : refusedToken(JWT);
    const [access] = authorization.access;
    const index = access?.exchange ?? 0;
    return answering(
      { authorization: { ...authorization, access: [{ with: how, exchange: index, status: 403 }] }, http },
      { [index]: { headers: {}, ...answer } },
    );
  };
  it.each<[string, Walk]>([
    ['given, by a firewall that does not sign', forbidden('given', FORBIDDEN)],
    ['given, by one that signs', forbidden('given', CHALLENGE_PAGE)],
    ['fresh, by one that signs', forbidden('signed-in', CHALLENGE_PAGE)],
  ])('403 that says nothing of credentials: %s', (_, walk) => {
    expect(faultsOf(walk).map(({ cause }) => cause)).toEqual([null]);
    expect(diagnose(caseOf(walk)).root?.id).not.toBe('auth-credentials-rejected');
  });
  it('403 for a fresh token, by the server itself', () => {
    expect(sure(forbidden('signed-in', FORBIDDEN))).toEqual([]);
  });
});

it('a server that is open, but for methods it does not know', () => {
  const walk = answering(resourceUnread('not-found', { status: 404 }), {
    0: { status: 200, contentType: 'application/json', headers: {} },
  });
  expect(faultsOf(walk).filter(({ severity }) => severity === 'broken')).toEqual([]);
});

it('a login page at the very path that the metadata name', () => {
  const walk = lookedWalk(({ challenge }) => ({
    challenge: challenge && { ...challenge, status: 302, challenges: [] },
  }));
  expect(sure(walk)).toEqual(['challenge-not-401']);
});
