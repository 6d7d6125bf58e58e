/** Behind a sign-in, or with credentials that were given, a sound conversation is judged without the causes: none of them may find itself in one. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Evidence, Exchange } from '../../src/case/evidence.js';
import { evidenceOf } from '../../src/case/symptoms.js';
import { causes } from '../../src/causes/index.js';
import { investigate } from '../../src/probe/investigate.js';
import { seen } from '../../src/verdict/judge.js';
import { isSound } from '../../src/verdict/sound.js';
import { SETUPS } from '../parts/authorization.js';
import { verified } from '../support/authorization/index.js';
import { caseOf } from '../support/case.js';

type Walk = Evidence['authorization'];

const NAMES = ['v1, JWT, dynamic registration', 'client ID metadata document alone', 'a token given by hand'] as const;
const real = new Map<string, Partial<Evidence>>();

beforeAll(async () => {
  for (const name of NAMES) {
    const running = await SETUPS.find((setup) => setup.name === name)?.start();
    if (!running) continue;
    const { spec, options } = await verified(running);
    real.set(name, seen(await investigate(spec, { timeoutMs: 5_000, ...options }).finally(running.close)));
  }
});

const evidenceFrom = (
  name: (typeof NAMES)[number],
): Required<Pick<Evidence, 'http' | 'authorization'>> & Partial<Evidence> => real.get(name) as Evidence;

const found = (evidence: Partial<Evidence>): string[] => {
  expect(isSound(caseOf(evidence))).toBe(true);
  return causes.filter((cause) => cause.match(evidence) !== null).map(({ id }) => id);
};

/** The headers of every answer that a cause knows, each kind once; without those that are the server's own. */
const HEADERS = new Map(
  causes
    .flatMap(({ examples }) => examples)
    .flatMap(({ symptoms, evidence }) => ({ ...evidenceOf(symptoms ?? {}), ...evidence }).http?.exchanges ?? [])
    .map(({ headers = {} }) =>
      Object.entries(headers).filter(
        ([name]) =>
          !/^(?:access-control-|mcp-session-id$|content-|location$|retry-after$|www-authenticate$|x-amzn-remapped-)/.test(
            name,
          ),
      ),
    )
    .map((kept) => [JSON.stringify(kept), Object.fromEntries(kept)]),
);

describe.each(NAMES)('%s', (name) => {
  it('is sound, and no cause finds itself', () => {
    expect(found(evidenceFrom(name))).toEqual([]);
  });

  it('nor behind any edge that a cause knows', () => {
    expect(HEADERS.size).toBeGreaterThan(10);
    const { http, ...rest } = evidenceFrom(name);
    for (const headers of HEADERS.values()) {
      const exchanges = http.exchanges.map((one) => ({ ...one, headers: { ...headers, ...one.headers } }));
      expect(found({ ...rest, http: { exchanges, omitted: 0 } }), JSON.stringify(headers)).toEqual([]);
    }
  });
});

type Change = (evidence: ReturnType<typeof evidenceFrom>) => Partial<Evidence>;

/** One exchange of an experiment answered otherwise. */
const answered =
  (experiment: string, change: Partial<Exchange>): Change =>
  ({ http }) => ({
    http: {
      exchanges: http.exchanges.map((one) => (one.purpose === experiment ? { ...one, ...change } : one)),
      omitted: 0,
    },
  });
const walk =
  (change: (walk: Walk) => Partial<Walk>): Change =>
  ({ authorization }) => ({ authorization: { ...authorization, ...change(authorization) } });
const own =
  (change: object): Change =>
  (evidence) =>
    walk(({ resourceMetadata: [first] }) => ({
      resourceMetadata: [{ ...first, document: { ...first?.document, ...change } } as Walk['resourceMetadata'][number]],
    }))(evidence);
const server =
  (change: object): Change =>
  (evidence) =>
    walk(({ serverMetadata: [first] }) => ({
      serverMetadata: [{ ...first, document: { ...first?.document, ...change } } as Walk['serverMetadata'][number]],
    }))(evidence);
const granted =
  (change: object): Change =>
  (evidence) =>
    walk(({ grants: [first] }) => ({ grants: [{ ...first, ...change } as Walk['grants'][number]] }))(evidence);

const NOT_SOUND: [string, Change][] = [
  ['somebody without credentials is served', answered('without-credentials', { status: 200 })],
  ['somebody without credentials is refused with 403', answered('without-credentials', { status: 403 })],
  ['the session id lets in', answered('session-without-credentials', { status: 200 })],
  ['a made-up token is served', answered('token-made-up', { status: 200 })],
  [
    'the challenge comes with 403',
    walk(({ challenge }) => ({ challenge: { ...challenge, status: 403 } as Walk['challenge'] })),
  ],
  ['the resource is another', own({ resource: 'https://mcp.example.com/other' })],
  ['no authorization server is named', own({ authorizationServers: [] })],
  ['the issuer is another', server({ issuer: 'https://login.example.com' })],
  ['no PKCE', server({ pkceMethods: undefined })],
  ['PKCE plain alone', server({ pkceMethods: ['plain'] })],
  ['no token endpoint', server({ tokenEndpoint: undefined })],
  ['no codes', server({ responseTypes: ['token'] })],
  [
    'the metadata stood elsewhere',
    walk(({ resourceMetadata: [first] }) => ({
      resourceMetadata: [{ ...first, via: 'root' } as Walk['resourceMetadata'][number]],
    })),
  ],
  ['nothing of the authorization server was used', walk(() => ({ used: undefined }))],
  ['the rules of 2025-03-26', walk(() => ({ fallback: true }))],
  [
    'an address that is not used',
    walk(() => ({ unsafe: [{ field: 'token_endpoint', url: 'http://169.254.13.37/', why: 'private-address' }] })),
  ],
  ['the walk was cut short', walk(() => ({ ended: 'it was interrupted' }))],
  [
    'the registration was refused',
    walk(({ registration }) => ({ registration: { ...registration, outcome: 'refused' } as Walk['registration'] })),
  ],
  [
    'another redirect URI was registered',
    walk(({ registration }) => ({
      registration: { ...registration, redirectUris: ['https://x.example/'] } as Walk['registration'],
    })),
  ],
  ['an error came back', walk(() => ({ response: { outcome: 'error', waitedS: 1 } }))],
  ['the grant was refused', granted({ outcome: 'refused' })],
  ['the token had expired on arrival', granted({ token: { format: 'jwt', expiresInS: -5 } })],
  ['the token is not yet valid', granted({ token: { format: 'jwt', notBeforeS: 60 } })],
  ['a second sign-in was needed', walk(({ grants }) => ({ grants: [...grants, ...grants] }))],
  [
    'the token was refused',
    walk(({ access: [first] }) => ({ access: [{ ...first, status: 401 } as Walk['access'][number]] })),
  ],
  [
    'the scope had to be widened',
    walk(({ access: [first] }) => ({ access: [{ ...first, with: 'stepped-up' } as Walk['access'][number]] })),
  ],
];

it.each(NOT_SOUND)('not sound: %s', (_, change) => {
  const evidence = evidenceFrom('v1, JWT, dynamic registration');
  expect(isSound(caseOf({ ...evidence, ...change(evidence) }))).toBe(false);
});

const GIVEN: [string, Partial<Walk['given'][number]>][] = [
  ['a placeholder', { placeholder: '${TOKEN}' }],
  ['its scheme twice', { odd: 'scheme-twice' }],
  ['a token that has expired', { token: { format: 'jwt', expiresInS: -60 } }],
  ['a token that is not yet valid', { token: { format: 'jwt', notBeforeS: 60 } }],
];

it.each(GIVEN)('not sound: %s was given', (_, change) => {
  const evidence = evidenceFrom('a token given by hand');
  const [first] = evidence.authorization.given;
  const given = [{ ...first, ...change } as Walk['given'][number]];
  expect(isSound(caseOf({ ...evidence, authorization: { ...evidence.authorization, given } }))).toBe(false);
});

it('a fixed key without any metadata is sound, and with a pointer to some it is not', () => {
  const evidence = evidenceFrom('a token given by hand');
  const missing = [
    { via: 'root' as const, url: 'https://mcp.example.com/.well-known/x', outcome: 'not-found' as const },
  ];
  const key = {
    ...evidence.authorization,
    challenge: { exchange: 0, status: 401, challenges: [], credentials: 'none' as const },
    ...{ resourceMetadata: missing, serverMetadata: [], used: undefined, fallback: true },
  };
  expect(found({ ...evidence, authorization: key })).toEqual([]);
  const pointing = { ...key, challenge: evidence.authorization.challenge };
  expect(isSound(caseOf({ ...evidence, authorization: pointing }))).toBe(false);
});
