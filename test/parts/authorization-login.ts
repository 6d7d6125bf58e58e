/** What fails once somebody signs in: the redirect URI, the client, the scope, the token, and the server behind it. */
import {
  BASIC_CLIENT,
  CALLBACK,
  connectV1,
  exactClient,
  html,
  json,
  type LoginOptions,
  type Parts,
  POST_CLIENT,
  PUBLIC_CLIENT,
  response,
  serverMetadata,
  tokenAnswer,
  tokensRefused,
} from '../support/authorization/index.js';
import { at, type SetupRecipe } from './authorization-recipe.js';

const REDIRECTS: { name: string; says: string; registered: string }[] = [
  {
    name: 'redirect URI with another port',
    says: 'the client is registered with a fixed port',
    registered: CALLBACK.replace('33418', '8080'),
  },
  {
    name: 'redirect URI with another path',
    says: 'the client is registered with /oauth/callback',
    registered: CALLBACK.replace('/callback', '/oauth/callback'),
  },
  {
    name: 'redirect URI with localhost for 127.0.0.1',
    says: 'the client is registered with localhost',
    registered: CALLBACK.replace('127.0.0.1', 'localhost'),
  },
];

const authorization = at('authorization', [
  ...REDIRECTS.map(({ name, says, registered }) => ({
    name,
    says,
    expects: 'auth-redirect-uri-mismatch',
    authorization: { registration: 'off' as const, clients: [exactClient(registered)] },
    login: () => ({ clientId: 'exact-client' }),
    clientSees: 'invalid_redirect_uri: redirect_uri did not match any',
  })),
  {
    name: 'client unknown',
    says: 'the client id was never registered there',
    expects: 'auth-registration-stale',
    authorization: { registration: 'off' },
    login: () => ({ clientId: 'a-client-of-another-server' }),
    clientSees: 'The sign-in ends with HTTP 400: Error invalid_client: client is invalid',
  },
  {
    name: 'registration lost',
    says: 'the client registered once; the authorization server has lost its registrations since, and the token has expired',
    expects: 'auth-registration-stale',
    login: async ({ server, authorizationServer }) => {
      const { kept, close } = await connectV1(server.url);
      await close();
      await authorizationServer.forget(kept.client?.client_id ?? '');
      return { kept: { client: kept.client } };
    },
    clientSees: 'The sign-in ends with HTTP 400: Error invalid_client: client is invalid',
  },
  {
    name: 'scope not allowed for the client',
    says: 'the client is registered for offline_access alone',
    expects: 'auth-sign-in-refused',
    authorization: {
      registration: 'off',
      clients: [{ ...PUBLIC_CLIENT, client_id: 'narrow-client', scope: 'offline_access' }],
    },
    login: () => ({ clientId: 'narrow-client' }),
    clientSees: 'invalid_scope: requested scope is not allowed',
    v2Sees: 'requested scope is not allowed',
  },
  {
    name: 'access denied',
    says: 'whoever signs in refuses',
    expects: 'auth-sign-in-refused',
    login: () => ({ decide: 'refuse' }),
    clientSees: 'access_denied: The person refused',
    v2Sees: 'The person refused',
  },
  {
    name: 'wrong password',
    says: 'whoever should sign in has no account there, and never comes back',
    expects: 'auth-sign-in-refused',
    login: () => ({ account: { name: 'mallory', password: 'guessed' } }),
    clientSees: 'The name or the password is wrong',
  },
  {
    name: 'pushed authorization requests demanded',
    says: 'the authorization server takes the parameters only by a request of the client (RFC 9126)',
    expects: 'auth-sign-in-refused',
    authorization: { pushed: true },
    clientSees: 'invalid_request: Pushed Authorization Request must be used',
    v2Sees: 'Pushed Authorization Request must be used',
  },
  {
    name: 'resource unknown to the authorization server',
    says: 'the authorization server knows the resource under another name',
    expects: 'auth-resource-mismatch',
    authorization: { resource: 'registered' },
    server: { known: false },
    clientSees: 'invalid_target: resource indicator is missing, or unknown',
    v2Sees: 'resource indicator is missing, or unknown',
  },
  {
    name: 'iss of another server in the response',
    says: 'the response names another issuer than the one asked (mix-up)',
    expects: 'auth-issuer-mismatch',
    onAuthorization: () => [
      response('it names another issuer', (parameters) => parameters.set('iss', 'https://attacker.example.com')),
    ],
    clientSees: 'lists the tools',
    v2Sees:
      'Issuer mismatch in authorization response (RFC 9207): expected "http://127.0.0.1:PORT", received "https://attacker.example.com"',
  },
  {
    name: 'iss promised and missing',
    says: 'the metadata promises iss in the response, and a proxy takes it out',
    expects: 'auth-issuer-mismatch',
    onAuthorization: () => [response('a proxy takes iss out', (parameters) => parameters.delete('iss'))],
    clientSees: 'lists the tools',
    v2Sees:
      'Issuer mismatch in authorization response (RFC 9207): expected "http://127.0.0.1:PORT", received undefined',
  },
  {
    name: 'proxy before an authorization server that names itself',
    says: 'the proxy of the SDK passes the iss of the server behind it on',
    expects: 'auth-issuer-mismatch',
    own: { upstream: true },
    clientSees: 'lists the tools',
    v2Sees:
      'Issuer mismatch in authorization response (RFC 9207): expected "http://127.0.0.1:PORT/", received "http://127.0.0.1:PORT"',
  },
]);

const isCode = (form: URLSearchParams): boolean => form.get('grant_type') === 'authorization_code';

const token = at('token', [
  {
    name: 'wrong client secret',
    says: 'the secret is another one than the registered',
    expects: 'auth-token-request-refused',
    authorization: { registration: 'off', clients: [BASIC_CLIENT] },
    login: () => ({ clientId: BASIC_CLIENT.client_id, clientSecret: 'an-older-secret' }),
    clientSees: 'client authentication failed',
  },
  {
    name: 'wrong client authentication method',
    says: 'the client is registered with client_secret_post, and the metadata does not say how clients authenticate',
    expects: 'auth-token-request-refused',
    authorization: { registration: 'off', clients: [POST_CLIENT] },
    onAuthorization: () => [
      serverMetadata('it does not say how', (document) => ({
        ...document,
        token_endpoint_auth_methods_supported: undefined,
      })),
      tokensRefused(
        'it compares the method with the registered one',
        (_form, { headers }) => headers.authorization !== undefined,
        () =>
          json(401, {
            error: 'invalid_client',
            error_description: 'client_secret_basic is not the registered method of this client',
          }),
      ),
    ],
    login: () => ({ clientId: POST_CLIENT.client_id, clientSecret: POST_CLIENT.client_secret }),
    clientSees: 'client_secret_basic is not the registered method of this client',
  },
  {
    name: 'token answer form-encoded',
    says: 'the token endpoint answers access_token=...&token_type=bearer, whatever Accept says',
    expects: 'auth-token-request-refused',
    onAuthorization: () => [
      tokenAnswer('it answers form-encoded', (answer) => ({
        ...answer,
        headers: { ...answer.headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: String(new URLSearchParams(JSON.parse(answer.body))),
      })),
    ],
    clientSees: 'is not valid JSON',
  },
  {
    name: 'token answer is a page',
    says: 'the token endpoint answers with the page of an application',
    expects: 'auth-token-request-refused',
    onAuthorization: () => [
      tokenAnswer('it answers with a page', () => html(200, '<!doctype html><div id="root"></div>')),
    ],
    clientSees: 'is not valid JSON',
  },
  {
    name: 'token answer without token_type',
    says: 'the token endpoint leaves token_type out',
    expects: 'auth-token-request-refused',
    onAuthorization: () => [
      tokenAnswer('it leaves token_type out', (answer) => ({
        ...answer,
        body: JSON.stringify({ ...JSON.parse(answer.body), token_type: undefined }),
      })),
    ],
    clientSees: 'Invalid input: expected string, received undefined',
  },
  {
    name: 'token endpoint 500',
    says: 'the token endpoint fails',
    expects: 'auth-token-request-refused',
    onAuthorization: () => [
      tokensRefused('it fails at the tokens', isCode, () => html(500, '<h1>Internal Server Error</h1>')),
    ],
    clientSees: 'HTTP 500: Invalid OAuth error response',
  },
]);

/** A login of before, as it was kept; its access token has expired since. */
export async function loggedInBefore({ server, authorizationServer }: Parts): Promise<LoginOptions> {
  const { kept, close } = await connectV1(server.url);
  await close();
  const access_token = await authorizationServer.mint({ audience: server.url, expiresIn: -60 });
  return { kept: { client: kept.client, tokens: { token_type: 'Bearer', ...kept.tokens, access_token } } };
}

const access = at('access', [
  {
    name: 'server wants another audience',
    says: 'the server checks for api://notes, the tokens are for its URL',
    expects: 'auth-audience-mismatch',
    server: { accepts: { audience: 'api://notes' } },
    clientSees: 'Unauthorized',
    v2Sees: 'Server returned 401 after re-authentication',
  },
  {
    name: 'authorization server ignores resource',
    says: 'the tokens are for the audience that the authorization server gives everybody',
    expects: 'auth-audience-mismatch',
    authorization: { resource: 'ignored' },
    clientSees: 'Unauthorized',
    v2Sees: 'Server returned 401 after re-authentication',
  },
  {
    name: 'authorization server ignores resource, opaque tokens',
    says: 'the same, and only introspection tells',
    expects: 'auth-audience-mismatch',
    authorization: { resource: 'ignored', tokens: 'opaque' },
    server: { verifies: 'introspection' },
    clientSees: 'Unauthorized',
    v2Sees: 'Server returned 401 after re-authentication',
  },
  {
    name: 'token of another issuer',
    says: 'a token given by hand is from another authorization server',
    expects: 'auth-credentials-rejected',
    login: async ({ server, authorizationServer }) => ({
      token: await authorizationServer.mint({
        audience: server.url,
        issuer: 'https://staging.example.com',
        signature: 'other key',
      }),
    }),
    clientSees: '{"error":"invalid_token","error_description":"signature verification failed"}',
  },
  {
    name: 'expired token given by hand',
    says: 'the token expired an hour ago',
    expects: 'auth-token-expired',
    login: async ({ server, authorizationServer }) => ({
      token: await authorizationServer.mint({ audience: server.url, expiresIn: -3_600 }),
    }),
    clientSees: 'claim timestamp check failed',
  },
  {
    name: 'token for another audience given by hand',
    says: 'the token is for another API of the same issuer',
    expects: 'auth-audience-mismatch',
    login: async ({ authorizationServer }) => ({
      token: await authorizationServer.mint({ audience: 'https://api.example.com' }),
    }),
    clientSees: 'claim value',
  },
  {
    name: 'stored token expired, no refresh token',
    says: 'the stored token has expired, and no refresh token came with it',
    expects: 'auth-token-expired',
    authorization: { refresh: 'never' },
    login: loggedInBefore,
    // Its user signs in once more.
    clientSees: 'lists the tools',
  },
  {
    name: 'stored token expired, refresh refused',
    says: 'the stored token has expired, and the refresh token was revoked',
    expects: 'auth-token-expired',
    authorization: { refresh: 'always' },
    login: async (parts) => {
      const before = await loggedInBefore(parts);
      parts.authorizationServer.change(
        tokensRefused(
          'the refresh token was revoked',
          (form) => form.get('grant_type') === 'refresh_token',
          () => json(400, { error: 'invalid_grant', error_description: 'refresh token not found' }),
        ),
      );
      return before;
    },
    clientSees: 'refresh token not found',
  },
  {
    name: 'clock of the server ahead',
    says: 'the clock of the server is two hours ahead: every token has expired when it arrives',
    expects: 'auth-token-expired',
    server: { accepts: { clockAhead: 7_200 } },
    clientSees: 'Unauthorized',
    v2Sees: 'Server returned 401 after re-authentication',
  },
  {
    name: 'fewer scopes granted',
    says: 'the server wants mcp:read and mcp:write, whoever signs in unticks mcp:read',
    expects: 'auth-insufficient-scope',
    authorization: { grants: ['mcp:write', 'offline_access'] },
    server: { requires: ['mcp:read', 'mcp:write'] },
    clientSees: 'Unauthorized',
  },
  {
    name: 'token without the scope, given by hand',
    says: 'the token has mcp:write, the server wants mcp:read',
    expects: 'auth-insufficient-scope',
    login: async ({ server, authorizationServer }) => ({
      token: await authorizationServer.mint({ audience: server.url, scope: 'mcp:write' }),
    }),
    clientSees:
      'Streamable HTTP error: Error POSTing to endpoint: {"error":"insufficient_scope","error_description":"Insufficient scope"}',
    v2Sees: 'Insufficient scope: required "mcp:read"',
  },
]);

export const brokenLogin: SetupRecipe[] = [...authorization, ...token, ...access];
