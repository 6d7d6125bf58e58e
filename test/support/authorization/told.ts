/** Evidence of a sound walk through OAuth, made by hand, for tests of what real set-ups show too seldom. */
import type { Evidence, Exchange } from '../../../src/case/evidence.js';

export type Walk = Evidence['authorization'];
type Run = Evidence['series']['runs'][number];

const URL_OF_SERVER = 'https://mcp.example.com/mcp';
const ISSUER = 'https://login.example.com';
const METADATA = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
export const CHALLENGE = `Bearer resource_metadata="${METADATA}", scope="notes:read"`;

const document = {
  issuer: ISSUER,
  authorizationEndpoint: `${ISSUER}/authorize`,
  tokenEndpoint: `${ISSUER}/token`,
  registrationEndpoint: `${ISSUER}/register`,
  pkceMethods: ['S256'],
  clientIdMetadataDocument: true,
  issParameter: true,
};

export const WALK = {
  resource: URL_OF_SERVER,
  mode: 'authorization-code',
  challenge: {
    exchange: 0,
    status: 401,
    challenges: [{ scheme: 'Bearer', parameters: { resource_metadata: METADATA, scope: 'notes:read' } }],
    credentials: 'none',
  },
  given: [],
  resourceMetadata: [
    {
      ...{ via: 'challenge', url: METADATA, exchange: 1, outcome: 'found', allowOrigin: '*' },
      document: { resource: URL_OF_SERVER, authorizationServers: [ISSUER], scopes: ['notes:read'] },
    },
  ],
  serverMetadata: [
    {
      ...{ issuer: ISSUER, via: 'oauth', url: `${ISSUER}/.well-known/oauth-authorization-server` },
      ...{ exchange: 2, outcome: 'found', allowOrigin: '*', document },
    },
  ],
  used: 0,
  fallback: false,
  unsafe: [],
  registration: { how: 'dynamic', outcome: 'ready', clientId: 'c1', tokenAuthMethod: 'none' },
  request: {
    ...{ endpoint: `${ISSUER}/authorize`, redirectUri: 'http://127.0.0.1:33418/callback', clientId: 'c1' },
    ...{ scopeFrom: 'challenge', answer: 'sign-in', shown: 'browser' },
  },
  response: { outcome: 'code', issuer: ISSUER, waitedS: 3 },
  grants: [{ grant: 'authorization_code', outcome: 'issued', status: 200, expiresInS: 3_600, refreshToken: false }],
  access: [{ with: 'signed-in', exchange: 3, status: 200 }],
} as const satisfies Walk;

/** A walk that nobody had to make. */
const GIVEN: Partial<Walk> = {
  ...{
    mode: 'look',
    challenge: undefined,
    registration: undefined,
    request: undefined,
    response: undefined,
    used: undefined,
  },
  ...{ resourceMetadata: [], serverMetadata: [], grants: [] },
  given: [{ how: 'bearer', name: 'authorization', scheme: 'Bearer' }],
  access: [{ with: 'given', exchange: 3, status: 200 }],
};

/** The document of the authorization server, changed. */
export const serverSays = (
  change: Partial<NonNullable<Walk['serverMetadata'][number]['document']>>,
): Partial<Walk> => ({
  serverMetadata: [{ ...WALK.serverMetadata[0], document: { ...document, ...change } }],
});
/** The document of the MCP server, changed. */
export const resourceSays = (
  change: Partial<NonNullable<Walk['resourceMetadata'][number]['document']>>,
): Partial<Walk> => ({
  resourceMetadata: [
    {
      ...WALK.resourceMetadata[0],
      document: { resource: URL_OF_SERVER, authorizationServers: [ISSUER], ...change },
    },
  ],
});

const base = { url: URL_OF_SERVER, atMs: 0, ms: 2, method: 'POST' };
export const refused: Partial<Exchange> = {
  status: 401,
  contentType: 'application/json',
  headers: { 'www-authenticate': CHALLENGE },
};
export const served: Partial<Exchange> = {
  status: 200,
  contentType: 'application/json',
  body: '{"result":{"tools":[]}}',
};

/** How the tries to be let in ended; `undefined` leaves one out. */
export interface Tries {
  open?: Partial<Exchange>;
  plain?: Partial<Exchange>;
  fromBrowser?: Partial<Exchange>;
  within?: Partial<Exchange>;
  preflight?: Partial<Exchange>;
  madeUp?: Partial<Exchange>;
  unsigned?: Partial<Exchange>;
  inQuery?: Partial<Exchange>;
  otherAudience?: Partial<Exchange>;
  expired?: Partial<Exchange>;
}

const ALL_REFUSED: Tries = { open: refused, plain: refused, fromBrowser: refused, within: refused, madeUp: refused };

const EXPERIMENT: Record<keyof Tries, [Run['experiment'], string | undefined]> = {
  open: ['without-credentials', 'initialize'],
  plain: ['without-credentials', 'tools/list'],
  fromBrowser: ['without-credentials', 'initialize'],
  within: ['session-without-credentials', 'tools/list'],
  preflight: ['preflight', undefined],
  madeUp: ['token-made-up', 'tools/list'],
  unsigned: ['token-unsigned', 'tools/list'],
  inQuery: ['token-in-query', 'tools/list'],
  otherAudience: ['token-other-audience', 'tools/list'],
  expired: ['token-expired', 'initialize'],
};
const BARE = ['open', 'plain', 'fromBrowser', 'within', 'inQuery', 'preflight'];

export interface Told {
  walk?: Partial<Walk>;
  tries?: Tries;
  revision?: string;
  /** Exchanges beside those of the walk and the tries. */
  more?: Partial<Exchange>[];
  /** Nobody was refused at first, and no metadata were looked for: the user had credentials to give. */
  unasked?: boolean;
  /** Why an experiment was not made. */
  skipped?: Partial<Record<Run['experiment'], string>>;
}

/** A sound walk with what is told of it changed. */
export function walked({
  walk = {},
  tries = {},
  revision = '2025-11-25',
  more = [],
  skipped = {},
  unasked = false,
}: Told = {}): Partial<Evidence> {
  const exchanges: Exchange[] = [
    {
      ...base,
      purpose: 'auth-challenge',
      rpc: 'initialize',
      credentials: unasked ? 'sent' : 'none',
      ...(unasked ? served : refused),
    },
    { ...base, purpose: 'auth-resource-metadata', credentials: 'none', status: 200 },
    { ...base, purpose: 'auth-server-metadata', credentials: 'none', status: 200 },
    { ...base, purpose: 'initialize', rpc: 'initialize', credentials: 'sent', ...served },
  ];
  const runs: Run[] = [];
  for (const [name, answer] of Object.entries({ ...ALL_REFUSED, ...tries }) as [keyof Tries, Partial<Exchange>?][]) {
    if (!answer) continue;
    const [experiment, rpc] = EXPERIMENT[name];
    const index = exchanges.push({
      ...{ ...base, purpose: experiment, rpc, credentials: BARE.includes(name) ? 'none' : 'sent' },
      ...(name === 'fromBrowser' && { requestHeaders: { origin: 'https://mcp-verdict.invalid' } }),
      ...answer,
    });
    const run = runs.find((one) => one.experiment === experiment);
    if (run) run.exchanges.push(index - 1);
    else runs.push({ experiment, exchanges: [index - 1] });
  }
  for (const [experiment, why] of Object.entries(skipped) as [Run['experiment'], string][])
    runs.push({ experiment, exchanges: [], skipped: why });
  for (const one of more) exchanges.push({ ...base, purpose: 'tools/call', credentials: 'sent', ...one });
  const modern = revision === '2026-07-28';
  return {
    http: { exchanges, omitted: 0 },
    series: { runs, requests: exchanges.length, ms: 9 },
    authorization: { ...WALK, ...(unasked && GIVEN), ...walk } as Walk,
    handshake: {
      initialize: { status: 'answered', ms: 1, revision: modern ? '2025-11-25' : revision, capabilities: [] },
      discover: modern ? { status: 'answered', revisions: [revision] } : { status: 'not-asked' },
      used: 'initialize',
    },
  };
}
