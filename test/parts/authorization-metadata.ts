/** What fails before anybody signs in: the challenge, the metadata of the server, and of the authorization server. */
import {
  type Answer,
  challenged,
  challengeWithoutMetadata,
  html,
  json,
  noChallenge,
  notFound,
  type Parts,
  refusedWith,
  resourceMetadata,
  resourceMetadataIs,
  serverMetadata,
  serverMetadataIs,
} from '../support/authorization/index.js';
import { at, NOWHERE, NOWHERE_V2, type SetupRecipe } from './authorization-recipe.js';

const LOGIN_PAGE = '<!doctype html><title>Sign in</title><form action="/login"><input name="email"></form>';
/** Most servers do not repeat the metadata of another: then nothing saves a client that found no document. */
const alone = { repeatsMetadata: false };

const challenge = at('challenge', [
  {
    name: 'no challenge and no document',
    says: 'the 401 has no WWW-Authenticate, and the well-known addresses are not found',
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: () => [noChallenge, resourceMetadataIs('its metadata is missing', notFound)],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'challenge without resource_metadata and no document',
    says: 'the challenge names no metadata, and the well-known addresses are not found',
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: () => [challengeWithoutMetadata, resourceMetadataIs('its metadata is missing', notFound)],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: '403 instead of 401',
    says: 'who brings no token is refused with 403 and no challenge',
    expects: 'auth-credentials-missing',
    onServer: () => [refusedWith('it refuses with 403', () => json(403, { error: 'Forbidden' }))],
    clientSees: 'Streamable HTTP error: Error POSTing to endpoint: {"error":"Forbidden"}',
    v2Sees: 'Error POSTing to endpoint: {"error":"Forbidden"}',
  },
  {
    name: '404 instead of 401',
    says: 'who brings no token is told that there is nothing',
    expects: 'http-endpoint-wrong',
    onServer: () => [refusedWith('it hides behind 404', notFound)],
    clientSees: 'Streamable HTTP error: Error POSTing to endpoint: <h1>Not Found</h1>',
    v2Sees: 'Error POSTing to endpoint: <h1>Not Found</h1>',
  },
  {
    name: 'redirect to a login page instead of 401',
    says: 'a login for browsers stands before the endpoint',
    expects: 'auth-credentials-missing',
    onServer: ({ server }: Parts) => [
      refusedWith('it redirects to its login page', () => ({
        status: 302,
        headers: { location: `${server.origin}/login` },
        body: '',
      })),
      { says: 'its login page', when: ({ path }) => path === '/login', answer: () => html(200, LOGIN_PAGE) },
    ],
    clientSees:
      "Streamable HTTP error: Error POSTing to endpoint: Redirect to http://127.0.0.1:PORT/login not followed (redirectPolicy: 'same-origin')",
    v2Sees:
      "Error POSTing to endpoint: Redirect to http://127.0.0.1:PORT/login not followed; use that URL as the endpoint if it is the intended server (redirectPolicy: 'same-origin')",
  },
  {
    name: 'login page with 200 instead of 401',
    says: 'who brings no token gets the page of a login for browsers',
    expects: 'auth-credentials-missing',
    onServer: () => [refusedWith('it shows its login page', () => html(200, LOGIN_PAGE))],
    clientSees: 'Streamable HTTP error: Unexpected content type: text/html; charset=utf-8',
    v2Sees: 'Unexpected content type: text/html; charset=utf-8',
  },
]);

const RESOURCE_DOCUMENT: { name: string; says: string; answer: () => Answer }[] = [
  { name: 'resource metadata 404', says: 'the address in the challenge is not found', answer: notFound },
  {
    name: 'resource metadata is a page',
    says: 'a single-page application answers every address',
    answer: () => html(200, '<!doctype html><div id="root"></div>'),
  },
  {
    name: 'resource metadata 500',
    says: 'the address in the challenge fails',
    answer: () => json(500, { error: 'Internal Server Error' }),
  },
  {
    name: 'resource metadata behind the login',
    says: 'the middleware that wants a token stands before the metadata too',
    answer: () => json(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer' }),
  },
];

const missing = at('resource metadata', [
  ...RESOURCE_DOCUMENT.map(({ name, says, answer }) => ({
    name,
    says,
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: () => [resourceMetadataIs(says, answer)],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  })),
  {
    name: 'resource metadata 404, server metadata repeated',
    says: 'the SDK repeats the metadata of the authorization server at the root: clients that fall back to 2025-03-26 find it',
    expects: 'auth-metadata-missing',
    onServer: () => [resourceMetadataIs('its metadata is missing', notFound)],
    // It signs in, names no resource, and the server refuses the token.
    clientSees: 'Unauthorized',
    v2Sees: 'Issuer mismatch in authorization server metadata (RFC 8414 §3.3)',
  },
  {
    name: 'authorization_servers empty',
    says: 'the metadata names no authorization server',
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: () => [resourceMetadata('it names nobody', (document) => ({ ...document, authorization_servers: [] }))],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'first of two authorization servers gone',
    says: 'the metadata still names the old authorization server, before the new one',
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: ({ server }: Parts) => [
      resourceMetadata('it names the old one first', (document) => ({
        ...document,
        authorization_servers: [`${server.origin}/gone`, ...(document.authorization_servers as string[])],
      })),
    ],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'authorization_servers missing',
    says: 'the metadata has no member authorization_servers',
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: () => [
      resourceMetadata('it names nobody', (document) => ({ ...document, authorization_servers: undefined })),
    ],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'challenge names an address where nothing is',
    says: 'a path too many in the challenge, and the document where it belongs',
    expects: 'auth-metadata-missing',
    server: alone,
    onServer: ({ server }: Parts) => [
      challenged('its challenge names an address where nothing is', (header) =>
        header.replace(server.metadataUrl, `${server.origin}/api/oauth/metadata`),
      ),
    ],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
]);

/** The same resource under another name. */
const RESOURCES: { name: string; says: string; sees: string; of: (url: URL) => string }[] = [
  {
    name: 'resource with a slash at the end',
    says: 'the metadata names the URL with a slash more',
    sees: 'Protected resource http://127.0.0.1:PORT/mcp/ does not match expected http://127.0.0.1:PORT/mcp (or origin)',
    of: (url) => `${url.href}/`,
  },
  {
    name: 'resource with another path',
    says: 'the metadata names /sse, the clients use /mcp',
    sees: 'Protected resource http://127.0.0.1:PORT/sse does not match expected http://127.0.0.1:PORT/mcp (or origin)',
    of: (url) => new URL('/sse', url).href,
  },
  {
    name: 'resource with another scheme',
    says: 'the metadata names https, the clients use http',
    sees: 'Protected resource https://127.0.0.1:PORT/mcp does not match expected http://127.0.0.1:PORT/mcp (or origin)',
    of: (url) => url.href.replace('http:', 'https:'),
  },
  {
    name: 'resource with another host',
    says: 'the metadata names the public address, the clients use this one',
    sees: 'Protected resource https://mcp.example.com/mcp does not match expected http://127.0.0.1:PORT/mcp (or origin)',
    of: () => 'https://mcp.example.com/mcp',
  },
  {
    name: 'resource with localhost for 127.0.0.1',
    says: 'the metadata names localhost, the clients use 127.0.0.1',
    sees: 'Protected resource http://localhost:PORT/mcp does not match expected http://127.0.0.1:PORT/mcp (or origin)',
    of: (url) => url.href.replace('127.0.0.1', 'localhost'),
  },
  {
    name: 'resource with an internal port',
    says: 'behind a proxy: the metadata names the port the server listens on',
    sees: 'Protected resource http://127.0.0.1:PORT/mcp does not match expected http://127.0.0.1:PORT/mcp (or origin)',
    of: (url) => new URL(url.pathname, 'http://127.0.0.1:8000').href,
  },
];

const resource = at('resource metadata', [
  ...RESOURCES.map(({ name, says, sees, of }) => ({
    name,
    says,
    expects: 'auth-resource-mismatch',
    onServer: ({ server }: Parts) => [
      resourceMetadata(says, (document) => ({ ...document, resource: of(new URL(server.url)) })),
    ],
    clientSees: sees,
  })),
  {
    name: 'resource of the whole host',
    says: 'the metadata names the host; the SDKs take what covers the URL, clients that keep to RFC 9728 do not',
    expects: 'auth-resource-mismatch',
    server: { accepts: { audience: 'host' } },
    onServer: ({ server }) => [
      resourceMetadata('it names the host', (document) => ({ ...document, resource: `${server.origin}/` })),
    ],
    clientSees: 'lists the tools',
  },
]);

const SERVER_DOCUMENT: {
  name: string;
  says: string;
  sees: string;
  v2Sees?: string;
  answer: (issuer: string) => Answer;
}[] = [
  {
    name: 'server metadata 404',
    says: 'no well-known address of the authorization server is found',
    sees: NOWHERE,
    v2Sees: NOWHERE_V2,
    answer: notFound,
  },
  {
    name: 'server metadata is a page',
    says: 'the authorization server answers every address with its application',
    sees: 'is not valid JSON',
    answer: () => html(200, '<!doctype html><div id="root"></div>'),
  },
  {
    name: 'server metadata 500',
    says: 'the authorization server fails at its metadata',
    sees: 'HTTP 500 trying to load OAuth metadata from http://127.0.0.1:PORT/.well-known/oauth-authorization-server',
    answer: () => json(500, { error: 'Internal Server Error' }),
  },
  {
    name: 'server metadata without endpoints',
    says: 'the document names the issuer and nothing else',
    sees: 'Invalid input: expected string, received undefined',
    answer: (issuer) => json(200, { issuer }),
  },
];

const document = at('server metadata', [
  {
    name: 'server metadata 503 at one of its addresses',
    says: 'the OpenID Connect document stands, the other is asked in a bad moment',
    expects: 'auth-metadata-missing',
    onAuthorization: () => [
      {
        says: 'one address fails',
        when: ({ path }) => path.startsWith('/.well-known/oauth-authorization-server'),
        answer: () => html(503, 'Service Unavailable'),
      },
    ],
    clientSees:
      'HTTP 503 trying to load OAuth metadata from http://127.0.0.1:PORT/.well-known/oauth-authorization-server',
  },
  ...SERVER_DOCUMENT.map(({ name, says, sees, v2Sees, answer }) => ({
    name,
    says,
    expects: 'auth-metadata-missing',
    onAuthorization: ({ authorizationServer }: Parts) => [
      serverMetadataIs(says, () => answer(authorizationServer.issuer)),
    ],
    clientSees: sees,
    v2Sees,
  })),
  {
    name: 'server metadata where no client looks',
    says: 'the RFC 8414 document is appended to the path of the issuer, where it has to be inserted',
    expects: 'auth-metadata-missing',
    authorization: { path: '/realms/demo', wellKnown: ['oauth-appended'] },
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'no PKCE in the metadata',
    says: 'the document has no code_challenge_methods_supported',
    expects: 'auth-pkce-unsupported',
    onAuthorization: () => [
      serverMetadata('it does not speak of PKCE', (document) => ({
        ...document,
        code_challenge_methods_supported: undefined,
      })),
    ],
    clientSees: 'lists the tools',
  },
  {
    name: 'PKCE plain alone',
    says: 'the document offers plain and not S256',
    expects: 'auth-pkce-unsupported',
    onAuthorization: () => [
      serverMetadata('it offers plain alone', (document) => ({
        ...document,
        code_challenge_methods_supported: ['plain'],
      })),
    ],
    clientSees: 'Incompatible auth server: does not support code challenge method S256',
  },
]);

/** Who the document says it is. */
const ISSUERS: { name: string; says: string; v2Sees: string; of: (issuer: string) => string }[] = [
  {
    name: 'issuer with a slash at the end',
    says: 'the document names the issuer with a slash more',
    v2Sees:
      'Issuer mismatch in authorization server metadata (RFC 8414 §3.3): expected "http://127.0.0.1:PORT", received "http://127.0.0.1:PORT/"',
    of: (issuer) => `${issuer}/`,
  },
  {
    name: 'issuer with another host',
    says: 'the document names the host behind the proxy',
    v2Sees:
      'Issuer mismatch in authorization server metadata (RFC 8414 §3.3): expected "http://127.0.0.1:PORT", received "https://login.internal.example.com"',
    of: () => 'https://login.internal.example.com',
  },
  {
    name: 'issuer with a template',
    says: 'the common endpoint of a server of many tenants',
    v2Sees:
      'Issuer mismatch in authorization server metadata (RFC 8414 §3.3): expected "http://127.0.0.1:PORT", received "https://login.example.com/{tenantid}/v2.0"',
    of: () => 'https://login.example.com/{tenantid}/v2.0',
  },
  {
    name: 'issuer with http for https',
    says: 'the document names https, the resource metadata names http',
    v2Sees:
      'Issuer mismatch in authorization server metadata (RFC 8414 §3.3): expected "http://127.0.0.1:PORT", received "https://127.0.0.1:PORT"',
    of: (issuer) => issuer.replace('http:', 'https:'),
  },
];

const issuer = at(
  'server metadata',
  ISSUERS.map(({ name, says, v2Sees, of }) => ({
    name,
    says,
    expects: 'auth-issuer-mismatch',
    onAuthorization: ({ authorizationServer }: Parts) => [
      serverMetadata(says, (document) => ({ ...document, issuer: of(authorizationServer.issuer) })),
    ],
    // SDK v1 does not compare them.
    clientSees: 'lists the tools',
    v2Sees,
  })),
);

export const brokenMetadata: SetupRecipe[] = [...challenge, ...missing, ...resource, ...document, ...issuer];
