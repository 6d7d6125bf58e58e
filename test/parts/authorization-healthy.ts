/** Authorization in which all is right: every client that keeps to the rules logs in. */
import {
  BASIC_CLIENT,
  CALLBACK,
  challenged,
  challengeWithoutMetadata,
  html,
  noChallenge,
  POST_CLIENT,
  PUBLIC_CLIENT,
  privateKeyClient,
  resourceMetadata,
  resourceMetadataAtRoot,
  SERVICE_CLIENT,
  tokenAnswer,
  withoutIss,
} from '../support/authorization/index.js';
import { loggedInBefore } from './authorization-login.js';
import type { SetupRecipe } from './authorization-recipe.js';

/** The document at the address that is the id of the client (draft-ietf-oauth-client-id-metadata-document). */
export const CLIENT_DOCUMENT_URL = 'https://client.example.com/mcp/client.json';
export const CLIENT_DOCUMENT = {
  client_id: CLIENT_DOCUMENT_URL,
  client_name: 'test client',
  application_type: 'native',
  redirect_uris: [CALLBACK, CALLBACK.replace('127.0.0.1', 'localhost')],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
const clientDocuments = { [CLIENT_DOCUMENT_URL]: CLIENT_DOCUMENT };

const keyClient = await privateKeyClient();
const given = ({ client_id, client_secret }: { client_id: string; client_secret?: string }) => ({
  clientId: client_id,
  clientSecret: client_secret,
});

/** Programs get another page at the authorization endpoint than browsers do. */
const toPrograms =
  (says: string, status: number, page: string, headers = {}) =>
  () => [
    {
      says,
      when: ({ path, headers: sent }: { path: string; headers: { 'user-agent'?: string } }) =>
        path === '/auth' && /mcp-verdict/.test(sent['user-agent'] ?? ''),
      answer: () => html(status, page, headers),
    },
  ];

const sound: (Omit<SetupRecipe, 'says' | 'expects' | 'clientSees'> & { says?: string })[] = [
  { name: 'v1, JWT, dynamic registration' },
  { name: 'v2, JWT, dynamic registration', server: { sdk: 'v2' } },
  { name: 'server-legacy, JWT, dynamic registration', server: { sdk: 'server-legacy' } },
  {
    name: 'v1, opaque tokens and introspection',
    authorization: { tokens: 'opaque' },
    server: { verifies: 'introspection' },
  },
  {
    name: 'v2, opaque tokens and introspection',
    authorization: { tokens: 'opaque' },
    server: { sdk: 'v2', verifies: 'introspection' },
  },
  {
    name: 'client ID metadata document alone',
    authorization: { registration: 'off', clientMetadataDocuments: clientDocuments },
    login: () => ({ clientMetadataUrl: CLIENT_DOCUMENT_URL }),
  },
  {
    name: 'client ID metadata document or dynamic registration',
    authorization: { clientMetadataDocuments: clientDocuments },
  },
  {
    name: 'pre-registered public client',
    authorization: { registration: 'off', clients: [PUBLIC_CLIENT] },
    login: () => given(PUBLIC_CLIENT),
  },
  {
    name: 'pre-registered client with client_secret_basic',
    authorization: { registration: 'off', clients: [BASIC_CLIENT] },
    login: () => given(BASIC_CLIENT),
  },
  {
    name: 'pre-registered client with client_secret_post alone',
    says: 'the authorization server takes no other method',
    authorization: { registration: 'off', clients: [POST_CLIENT], authMethods: ['client_secret_post'] },
    login: () => given(POST_CLIENT),
  },
  {
    name: 'pre-registered client with private_key_jwt',
    authorization: { registration: 'off', clients: [keyClient.client] },
    login: () => ({ ...given(keyClient.client), privateKey: keyClient.privateKey }),
  },
  {
    name: 'client credentials',
    authorization: { registration: 'off', clients: [SERVICE_CLIENT] },
    login: () => ({ ...given(SERVICE_CLIENT), grant: 'client_credentials', scope: 'mcp:read' }),
  },
  { name: 'issuer with a path, as Keycloak has it', authorization: { path: '/realms/demo' } },
  {
    name: 'issuer with a path, OpenID Connect document appended alone',
    says: 'Keycloak before it knew RFC 8414',
    authorization: { path: '/realms/demo', wellKnown: ['openid-appended'] },
  },
  {
    name: 'issuer with a path, OpenID Connect document inserted alone',
    authorization: { path: '/realms/demo', wellKnown: ['openid-inserted'] },
  },
  {
    name: 'issuer with a path, RFC 8414 document inserted alone',
    authorization: { path: '/realms/demo', wellKnown: ['oauth-inserted'] },
  },
  {
    name: 'resources known by name',
    says: 'the authorization server issues tokens for registered resources alone',
    authorization: { resource: 'registered' },
  },
  { name: '2025-03-26, metadata at the root of the server', own: { resourceMetadata: false } },
  {
    name: '2025-03-26, no metadata but the default endpoints',
    says: 'clients of that revision ask /authorize, /token and /register by themselves',
    own: { resourceMetadata: false, metadata: false },
  },
  { name: 'v1 router, its own authorization server', own: {} },
  { name: 'server-legacy router, its own authorization server', own: { sdk: 'server-legacy' } },
  {
    name: 'v1 router, proxy before an authorization server without iss',
    own: { upstream: true },
    onAuthorization: () => withoutIss,
  },
  {
    name: 'challenge without resource_metadata, document at the well-known path',
    says: 'enough since 2025-11-25',
    onServer: () => [challengeWithoutMetadata],
  },
  {
    name: 'no challenge, document at the well-known path',
    says: 'clients look there by themselves',
    onServer: () => [noChallenge],
  },
  {
    name: 'no resource_metadata, document at the root alone',
    says: 'the second place where clients look',
    onServer: () => [challengeWithoutMetadata, ...resourceMetadataAtRoot('/mcp')],
  },
  {
    name: 'challenge of two schemes',
    says: 'a Basic challenge stands before the Bearer one',
    onServer: () => [challenged('it offers Basic too', (header) => `Basic realm="notes", charset="UTF-8", ${header}`)],
  },
  {
    name: 'challenge without a scope',
    says: 'clients take the scopes of the metadata',
    onServer: () => [challenged('its challenge names no scope', (header) => header.replace(/, scope="[^"]*"/, ''))],
  },
  {
    name: 'two authorization servers',
    says: 'the second is another issuer of the same company; clients take the first',
    onServer: () => [
      resourceMetadata('it names two', (document) => ({
        ...document,
        authorization_servers: [...(document.authorization_servers as string[]), 'https://login.example.invalid'],
      })),
    ],
  },
  {
    name: 'OpenID Connect document at the root alone',
    says: 'an authorization server that does not know RFC 8414',
    authorization: { wellKnown: ['openid-inserted'] },
  },
  {
    name: 'registration that gives a secret',
    says: 'the authorization server makes every client confidential, whatever it asks for',
    onAuthorization: () => [
      {
        says: 'it makes every client confidential',
        when: ({ method, path }) => method === 'POST' && path === '/reg',
        ask: ({ body }) => ({
          body: JSON.stringify({ ...JSON.parse(body), token_endpoint_auth_method: 'client_secret_post' }),
        }),
      },
    ],
  },
  {
    name: 'registration answered with 200',
    says: '201 is due, and clients do not mind',
    onAuthorization: () => [
      {
        says: 'it answers 200',
        when: ({ path }) => path === '/reg',
        status: 201,
        edit: (answer) => ({ ...answer, status: 200 }),
      },
    ],
  },
  {
    name: 'token answer as small as it may be',
    says: 'token_type in lower case, no expires_in, no scope',
    onAuthorization: () => [
      tokenAnswer('it answers briefly', (answer) => ({
        ...answer,
        body: JSON.stringify({ access_token: JSON.parse(answer.body).access_token, token_type: 'bearer' }),
      })),
    ],
  },
  {
    name: 'a page of consent that names the redirect URI and the client',
    onAuthorization: toPrograms(
      'its consent has links in place of a form',
      200,
      '<title>Consent</title><p>The client id 7 wants to read your notes. Redirect URI: http://127.0.0.1/callback</p><a href="/ok">Allow</a>',
    ),
  },
  {
    name: 'a sign-in that scripts draw',
    onAuthorization: toPrograms(
      'its page is drawn by scripts, which know every error',
      200,
      '<title>Sign in</title><script>const errors={"error":"invalid_request",redirect_uri:"mismatch"}</script><div id="root"></div>',
    ),
  },
  {
    name: 'a sign-in by Kerberos',
    says: 'a browser of the domain has a ticket; a program has none',
    onAuthorization: toPrograms('it asks programs for a ticket', 401, '<h1>401 - Unauthorized</h1>', {
      'www-authenticate': 'Negotiate',
    }),
  },
  {
    name: 'a firewall that lets browsers in',
    onAuthorization: toPrograms('it turns programs away', 403, '<h1>Access denied</h1><p>Request blocked.</p>'),
  },
  { name: 'no iss in the response', says: 'as before RFC 9207', onAuthorization: () => withoutIss },
  {
    name: 'refresh tokens that rotate',
    says: 'the stored access token has expired, the refresh token has not',
    authorization: { refresh: 'always' },
    login: loggedInBefore,
  },
  {
    name: 'a token given by hand',
    login: async ({ server, authorizationServer }) => ({
      token: await authorizationServer.mint({ audience: server.url, scope: 'mcp:read' }),
    }),
  },
];

export const healthyAuthorization: SetupRecipe[] = sound.map((recipe) => ({
  says: 'nothing',
  ...recipe,
  expects: null,
  clientSees: 'lists the tools',
}));
