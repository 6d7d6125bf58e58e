/** Walks through OAuth for the examples of causes: a sound one, to lay a fault over. */
import type { Evidence, Exchange } from '../case/evidence.js';
import type { Authorization } from './oauth-faults.js';

const ISSUER = 'https://auth.acme.dev';
const RESOURCE = 'https://acme.dev/mcp';
const POINTER = 'https://acme.dev/.well-known/oauth-protected-resource/mcp';
const CALLBACK = 'http://127.0.0.1:51337/callback';

const exchange = (purpose: string, url: string, more: Partial<Exchange> = {}): Exchange => ({
  purpose,
  method: 'GET',
  url,
  atMs: 0,
  ms: 4,
  credentials: 'none',
  status: 200,
  ...more,
});

const refusedFirst = exchange('initialize', RESOURCE, {
  method: 'POST',
  status: 401,
  headers: { 'www-authenticate': `Bearer resource_metadata="${POINTER}"` },
});

const documents: Authorization = {
  resource: RESOURCE,
  mode: 'look',
  challenge: {
    exchange: 0,
    status: 401,
    challenges: [{ scheme: 'Bearer', parameters: { resource_metadata: POINTER } }],
    credentials: 'none',
  },
  given: [],
  resourceMetadata: [
    {
      url: POINTER,
      exchange: 1,
      outcome: 'found',
      via: 'challenge',
      document: { resource: RESOURCE, authorizationServers: [ISSUER], scopes: ['mcp'] },
    },
  ],
  serverMetadata: [
    {
      url: `${ISSUER}/.well-known/oauth-authorization-server`,
      exchange: 2,
      outcome: 'found',
      issuer: ISSUER,
      via: 'oauth',
      document: {
        issuer: ISSUER,
        authorizationEndpoint: `${ISSUER}/authorize`,
        tokenEndpoint: `${ISSUER}/token`,
        registrationEndpoint: `${ISSUER}/register`,
        responseTypes: ['code'],
        pkceMethods: ['S256'],
        clientIdMetadataDocument: false,
        issParameter: true,
      },
    },
  ],
  used: 0,
  fallback: false,
  unsafe: [],
  grants: [],
  access: [],
};

const signedIn: Partial<Authorization> = {
  mode: 'authorization-code',
  registration: {
    how: 'dynamic',
    outcome: 'ready',
    exchange: 3,
    clientId: 'client-7',
    status: 201,
    redirectUris: [CALLBACK],
    tokenAuthMethod: 'none',
  },
  request: {
    endpoint: `${ISSUER}/authorize`,
    redirectUri: CALLBACK,
    clientId: 'client-7',
    scope: 'mcp',
    scopeFrom: 'resource-metadata',
    resource: RESOURCE,
    exchange: 4,
    answer: 'sign-in',
    shown: 'browser',
  },
  response: { outcome: 'code', issuer: ISSUER, waitedS: 3 },
  grants: [
    {
      grant: 'authorization_code',
      exchange: 5,
      outcome: 'issued',
      status: 200,
      tokenType: 'Bearer',
      expiresInS: 3_600,
      scope: 'mcp',
      refreshToken: true,
      token: { format: 'jwt', issuer: ISSUER, audience: [RESOURCE], expiresInS: 3_600 },
    },
  ],
  access: [{ with: 'signed-in', exchange: 6, status: 200 }],
};

type Change = Partial<Authorization> | ((walk: Authorization) => Partial<Authorization>);

function evidence(
  walk: Authorization,
  exchanges: Exchange[],
  change: Change,
  answers: Record<number, Partial<Exchange>>,
) {
  const changed = { ...walk, ...(typeof change === 'function' ? change(walk) : change) };
  return {
    authorization: changed,
    http: { omitted: 0, exchanges: exchanges.map((one, i) => ({ ...one, ...answers[i] })) },
  } satisfies Partial<Evidence>;
}

const looked = [
  refusedFirst,
  exchange('auth-resource-metadata', POINTER),
  exchange('auth-server-metadata', `${ISSUER}/.well-known/oauth-authorization-server`),
];

/** Metadata was read and nothing else done: a sound server, but for the change. `answers` change exchanges by their index. */
export const lookedWalk = (change: Change = {}, answers: Record<number, Partial<Exchange>> = {}) =>
  evidence(documents, looked, change, answers);

/** A whole sign-in with a token that is accepted, but for the change. */
export const signedInWalk = (change: Change = {}, answers: Record<number, Partial<Exchange>> = {}) =>
  evidence(
    { ...documents, ...signedIn },
    [
      { ...refusedFirst, purpose: 'auth-challenge' },
      ...looked.slice(1),
      exchange('auth-registration', `${ISSUER}/register`, { method: 'POST', status: 201 }),
      exchange('auth-authorize', `${ISSUER}/authorize`, { status: 302 }),
      exchange('auth-token', `${ISSUER}/token`, { method: 'POST' }),
      exchange('initialize', RESOURCE, { method: 'POST', credentials: 'sent' }),
    ],
    change,
    answers,
  );

/** The token of the walk, refused by the MCP server with 401. */
export const refusedToken = (token: NonNullable<Authorization['grants'][number]['token']>, description?: string) =>
  signedInWalk(
    ({ grants }) => ({
      grants: grants.map((grant) => ({ ...grant, token })),
      access: [{ with: 'signed-in', exchange: 6, status: 401, error: 'invalid_token', description }],
    }),
    { 6: { status: 401 } },
  );

type ServerDocument = NonNullable<Authorization['serverMetadata'][number]['document']>;

/** The document of the authorization server with other fields. */
export const serverDocumentWith = (fields: Partial<ServerDocument>) =>
  lookedWalk(({ serverMetadata }) => ({
    serverMetadata: serverMetadata.map((one) => ({ ...one, document: one.document && { ...one.document, ...fields } })),
  }));

/** Credentials of the user, refused with 401. */
export const refusedCredentials = (given: Authorization['given'][number], description?: string) =>
  lookedWalk(
    ({ challenge }) => ({
      given: [given],
      challenge: challenge && { ...challenge, credentials: 'sent' },
      access: [{ with: 'given', exchange: 0, status: 401, error: 'invalid_token', description }],
    }),
    { 0: { credentials: 'sent' } },
  );
