/** A certified authorization server (oidc-provider) in this process, on loopback, set up as the options say. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { errors as oauthErrors } from 'oidc-provider';
import { type Change, type Exchange, startFacade } from './facade.js';
import { type Account, interact } from './interaction.js';
import { memory } from './memory.js';
import { ALICE } from './sign-in.js';
import { type Mint, minted, type SigningKey } from './tokens.js';

/**
 * Where the metadata of an issuer with a path is found: RFC 8414 inserts, OpenID Connect appends, MCP tries the first three.
 * `oauth-appended` is a common mistake.
 */
export type WellKnown = 'oauth-inserted' | 'openid-inserted' | 'openid-appended' | 'oauth-appended';

/** A client's registration in the names of RFC 7591. */
export interface RegisteredClient {
  client_id: string;
  client_secret?: string;
  [member: string]: unknown;
}

export interface AuthorizationServerOptions {
  /** Path of the issuer: `/realms/demo`. */
  path?: string;
  /** Default: the three where clients look. */
  wellKnown?: WellKnown[];
  /** Dynamic client registration (RFC 7591). Default: open to everyone. */
  registration?: 'open' | 'initial access token' | 'off';
  /** Whether authorization requests must be pushed (RFC 9126), which MCP clients do not do. Default: false. */
  pushed?: boolean;
  /** `binding`: a client never gets more than the scopes it registered with, so it cannot ask for more later. Default: ignored. */
  registeredScope?: 'binding' | 'ignored';
  /** Client ID metadata documents by their https URL, as the web would serve them. With them the server says it supports them. */
  clientMetadataDocuments?: Record<string, Record<string, unknown>>;
  /** Clients registered by hand: see `CLIENTS`. */
  clients?: RegisteredClient[];
  /** How clients authenticate at the token endpoint. Default: all of OAuth. */
  authMethods?: ('client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none')[];
  /** Default: `mcp:read` and `mcp:write`. */
  scopes?: string[];
  /** The scopes a person gives on the consent page, however many are asked for. Default: all. */
  grants?: string[];
  /** Form of the access tokens. Default: JWT (RFC 9068). */
  tokens?: 'jwt' | 'opaque';
  /** What it does with `resource` (RFC 8707). `registered`: others than the protected servers are an invalid_target. Default: any. */
  resource?: 'any' | 'registered' | 'ignored';
  /** Whom it gives refresh tokens. Default: who asks for offline_access. */
  refresh?: 'offline_access' | 'always' | 'never';
  /** In seconds. */
  lifetimes?: { accessToken?: number; refreshToken?: number };
  accounts?: Account[];
  changes?: Change[];
}

export interface AuthorizationServer {
  issuer: string;
  origin: string;
  accounts: Account[];
  /** All it was asked, in order. */
  requests: Exchange[];
  /** The metadata documents of clients that it fetched. */
  fetched: string[];
  /** What it failed on by itself. */
  errors: string[];
  /** Whoever registers must bring it, where registration is `initial access token`. */
  initialAccessToken?: string;
  /** The credentials of a protected server, for introspection. */
  introspection: RegisteredClient;
  /** Its metadata as it is, whatever its changes make of it. */
  metadata(): Promise<Record<string, unknown>>;
  /** A signed access token that nobody had to log in for: expired, unsigned, of another issuer or audience as asked. */
  mint(claims: Mint): Promise<string>;
  /** The registration of a client, or undefined. */
  client(id: string): Promise<RegisteredClient | undefined>;
  /** Registrations are lost: the client is unknown from now on. */
  forget(clientId: string): Promise<void>;
  /** A protected server that it issues tokens for, where `resource` is `registered`. */
  protects(resource: string): void;
  change(...changes: Change[]): void;
  close(): Promise<void>;
}

export const SCOPES = ['mcp:read', 'mcp:write'];
const HOUR = 3_600;

const RESOURCE_SERVER: RegisteredClient = {
  client_id: 'resource-server',
  client_secret: 'the secret of the resource server',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
};

/** Made once: a key of RSA takes its time, and nothing depends on its being new. */
let key: Promise<SigningKey> | undefined;
const signingKey = (): Promise<SigningKey> => {
  key ??= generateKeyPair('RS256', { extractable: true }).then(async ({ privateKey }) => ({
    privateKey,
    jwk: { ...(await exportJWK(privateKey)), kid: 'first', use: 'sig', alg: 'RS256' },
  }));
  return key;
};

/** The path inside the provider for a path of the outside, or null: there is nothing. */
function inside(path: string, base: string, wellKnown: WellKnown[]): string | null {
  const oauth = '/.well-known/oauth-authorization-server';
  const openid = '/.well-known/openid-configuration';
  if (path === `${oauth}${base}`) return wellKnown.includes('oauth-inserted') ? oauth : null;
  if (base === '') return path;
  if (path === `${openid}${base}`) return wellKnown.includes('openid-inserted') ? openid : null;
  if (path === `${base}${openid}`) return wellKnown.includes('openid-appended') ? openid : null;
  if (path === `${base}${oauth}`) return wellKnown.includes('oauth-appended') ? oauth : null;
  if (!path.startsWith(`${base}/`)) return null;
  return path.slice(base.length);
}

export async function startAuthorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const { path: base = '', scopes = SCOPES, lifetimes = {}, accounts = [ALICE], registration = 'open' } = options;
  const { authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] } = options;
  const { wellKnown = ['oauth-inserted', 'openid-inserted', 'openid-appended'], tokens = 'jwt' } = options;
  const { resource: indicators = 'any', refresh = 'offline_access', clientMetadataDocuments: documents } = options;
  const facade = await startFacade(options.changes);
  const issuer = `${facade.origin}${base}`;
  const resources = new Set<string>();
  const fetched: string[] = [];
  const errors: string[] = [];
  const signing = await signingKey();

  const provider = new Provider(issuer, {
    adapter: memory(),
    jwks: { keys: [signing.jwk] },
    cookies: { keys: ['only for tests'] },
    clientAuthMethods: authMethods,
    clients: [{ ...RESOURCE_SERVER, token_endpoint_auth_method: authMethods[0] }, ...(options.clients ?? [])],
    scopes: ['openid', 'offline_access', ...scopes],
    clockTolerance: 0,
    clientBasedCORS: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `${base}/interaction/${uid}` },
    issueRefreshToken: (
      _context: unknown,
      client: { grantTypeAllowed(grant: string): boolean },
      code: { scopes: Set<string> },
    ) =>
      client.grantTypeAllowed('refresh_token') &&
      refresh !== 'never' &&
      (refresh === 'always' || code.scopes.has('offline_access')),
    ttl: {
      AccessToken: lifetimes.accessToken ?? HOUR,
      ClientCredentials: lifetimes.accessToken ?? HOUR,
      RefreshToken: lifetimes.refreshToken ?? 24 * HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: HOUR,
      Grant: 24 * HOUR,
    },
    renderError: (context: { type: string; body: string }, out: Record<string, string>) => {
      context.type = 'html';
      context.body = `<!doctype html><h1>Error</h1><p>${out.error}: ${out.error_description ?? ''}</p>`;
    },
    fetch: async (url: URL | string) => {
      fetched.push(String(url));
      const document = documents?.[String(url)];
      return document ? Response.json(document) : new Response('Not found', { status: 404 });
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: options.pushed ?? false },
      registration: { enabled: registration !== 'off', initialAccessToken: registration === 'initial access token' },
      clientIdMetadataDocument: { enabled: documents !== undefined, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        // A server that ignores the parameter issues its tokens for one audience of its own.
        defaultResource: (_context: unknown, _client: unknown, of?: string[]) =>
          of ?? (indicators === 'ignored' ? `${issuer}/api` : undefined),
        // Clients of before RFC 8707 name the resource once, when they ask for the authorization.
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => {
          if (indicators === 'registered' && !resources.has(resource)) throw new oauthErrors.InvalidTarget();
          return { scope: scopes.join(' '), audience: resource, accessTokenFormat: tokens, accessTokenTTL: ttl };
        },
      },
    },
  });
  const ttl = lifetimes.accessToken ?? HOUR;
  for (const event of ['server_error', 'authorization.error', 'grant.error', 'registration_create.error'])
    provider.on(event, (_context, error) => {
      errors.push(`${event}: ${(error as Error & { error_description?: string }).error_description ?? error}`);
    });
  const handle = provider.callback();

  if (indicators === 'ignored')
    facade.change({
      says: 'the parameter resource is ignored',
      when: ({ method, path }) => path === `${base}/auth` || (method === 'POST' && path === `${base}/token`),
      ask: ({ query, body }) => ({ query: without(query), body: String(without(new URLSearchParams(body))) }),
    });

  if (options.registeredScope !== 'binding')
    facade.change({
      says: 'the scope of a registration is ignored',
      when: ({ method, path, body }) => method === 'POST' && path === `${base}/reg` && body.startsWith('{'),
      ask: ({ body }) => ({ body: JSON.stringify({ ...JSON.parse(body), scope: undefined }) }),
    });

  await facade.stand(async (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse) => {
    const { pathname, search } = new URL(request.url ?? '/', facade.origin);
    const path = inside(pathname, base, wellKnown);
    if (path === null) return void response.writeHead(404).end('Not found');
    if (path.startsWith('/interaction/')) {
      const { grants } = options;
      return interact(provider, { accounts, grants }, request, response);
    }
    // What stands behind a path learns of it as under express.
    request.originalUrl = `${base}${path}${search}`;
    request.url = `${path}${search}`;
    return handle(request, response);
  });

  const [found = 'oauth-inserted'] = wellKnown;
  const metadataAt = {
    'oauth-inserted': `/.well-known/oauth-authorization-server${base}`,
    'openid-inserted': `/.well-known/openid-configuration${base}`,
    'openid-appended': `${base}/.well-known/openid-configuration`,
    'oauth-appended': `${base}/.well-known/oauth-authorization-server`,
  }[found];
  const initialAccessToken =
    registration === 'initial access token' ? await new provider.InitialAccessToken({}).save() : undefined;
  return {
    issuer,
    origin: facade.origin,
    accounts,
    requests: facade.requests,
    fetched,
    errors,
    initialAccessToken,
    introspection: RESOURCE_SERVER,
    metadata: async () => JSON.parse(await facade.unchanged(metadataAt)),
    mint: (claims) => minted(issuer, signing, claims),
    client: async (id) => (await provider.Client.find(id))?.metadata() as RegisteredClient | undefined,
    forget: (id) => provider.Client.adapter.destroy(id),
    protects: (resource) => {
      resources.add(resource);
    },
    change: facade.change,
    close: facade.close,
  };
}

const without = (parameters: URLSearchParams): URLSearchParams => {
  parameters.delete('resource');
  return parameters;
};
