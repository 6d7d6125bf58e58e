/** Metadata that lies, lures or never ends; and servers whose own protection is weak. */
import {
  type Answer,
  challenged,
  type Parts,
  resourceMetadata,
  resourceMetadataIs,
  SERVICE_CLIENT,
  serverMetadata,
  serverMetadataIs,
} from '../support/authorization/index.js';
import { NOWHERE, NOWHERE_V2, type SetupRecipe } from './authorization-recipe.js';

const MB = 1024 * 1024;

/** A document with a member of 100 MB, sent in pieces: nobody holds it in memory here. */
function* vast(document: unknown): Generator<string> {
  yield `${JSON.stringify(document).slice(0, -1)},"padding":"`;
  for (let i = 0; i < 100; i++) yield 'x'.repeat(MB);
  yield '"}';
}
const large = (document: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: vast(document),
});
const redirectTo = (location: string): Answer => ({ status: 302, headers: { location }, body: '' });

/** One member of the authorization server's metadata, with an address that a client must not use. */
const MEMBERS: {
  name: string;
  says: string;
  member: string;
  value: string;
  sees: string;
  v2Sees?: string;
}[] = [
  {
    name: 'authorization_endpoint with javascript:',
    says: 'whoever opens it runs a script',
    member: 'authorization_endpoint',
    value: 'javascript:alert(document.domain)',
    sees: 'URL cannot use javascript:, data:, or vbscript: scheme',
  },
  {
    name: 'authorization_endpoint with file:',
    says: 'whoever opens it starts a program of this machine',
    member: 'authorization_endpoint',
    value: 'file:///System/Applications/Calculator.app',
    sees: 'The sign-in leads to file:///System/Applications/Calculator.app',
  },
  {
    name: 'authorization_endpoint with shell metacharacters',
    says: 'a client that passes it to a shell runs a command',
    member: 'authorization_endpoint',
    value: '/auth?x=$(id)&calc.exe|`id`;id',
    sees: 'lists the tools',
  },
  {
    name: 'authorization_endpoint with http',
    says: 'the person would sign in without TLS',
    member: 'authorization_endpoint',
    value: 'http://login.example.invalid/authorize',
    sees: 'The sign-in leads to http://login.example.invalid/authorize',
  },
  {
    name: 'token_endpoint at a link-local address',
    says: 'the client would post its code to a neighbour, as to the metadata service of a cloud',
    member: 'token_endpoint',
    value: 'http://169.254.13.37/token',
    sees: 'fetch failed',
    v2Sees: 'Refusing to send credentials to non-https token endpoint',
  },
  {
    name: 'registration_endpoint at a link-local address',
    says: 'the client would post to a neighbour',
    member: 'registration_endpoint',
    value: 'http://169.254.13.37/register',
    sees: 'fetch failed',
  },
];

const unsafe: SetupRecipe[] = [
  ...MEMBERS.map(({ name, says, member, value, sees, v2Sees }) => ({
    name,
    says,
    step: 'server metadata' as const,
    expects: 'auth-metadata-unsafe',
    onAuthorization: () => [
      serverMetadata(says, (document) => ({
        ...document,
        [member]: value.startsWith('/') ? `${document.issuer}${value}` : value,
      })),
    ],
    clientSees: sees,
    v2Sees,
  })),
  {
    name: 'authorization_servers with a link-local address',
    says: 'the resource metadata sends clients to a neighbour',
    step: 'resource metadata',
    expects: 'auth-metadata-unsafe',
    server: { repeatsMetadata: false },
    onServer: () => [
      resourceMetadata('it names a link-local address', (document) => ({
        ...document,
        authorization_servers: ['http://169.254.13.37/'],
      })),
    ],
    clientSees: 'fetch failed',
  },
  {
    name: 'resource_metadata with a link-local address',
    says: 'the challenge sends clients to a neighbour',
    step: 'challenge',
    expects: 'auth-metadata-unsafe',
    server: { repeatsMetadata: false },
    onServer: ({ server }: Parts) => [
      challenged('its challenge names a link-local address', (header) =>
        header.replace(server.metadataUrl, 'http://169.254.13.37/metadata'),
      ),
    ],
    clientSees: NOWHERE,
    v2Sees: 'fetch failed',
  },
];

const endless: SetupRecipe[] = [
  {
    name: 'resource metadata redirects in a loop',
    says: 'the metadata redirects to itself',
    step: 'resource metadata',
    expects: 'auth-metadata-missing',
    server: { repeatsMetadata: false },
    onServer: ({ server }: Parts) => [
      resourceMetadataIs('it redirects to itself', ({ query }) => {
        const times = Number(query.get('n') ?? 0) + 1;
        return redirectTo(`${server.metadataUrl}?n=${times}`);
      }),
    ],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'server metadata redirects to a link-local address',
    says: 'the metadata of the authorization server redirects to a neighbour',
    step: 'server metadata',
    expects: 'auth-metadata-missing',
    onAuthorization: () => [
      serverMetadataIs('it redirects', () => redirectTo('http://169.254.13.37/.well-known/oauth-authorization-server')),
    ],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
  {
    name: 'resource metadata of 100 MB',
    says: 'the metadata does not end',
    step: 'resource metadata',
    expects: 'auth-metadata-missing',
    server: { repeatsMetadata: false },
    onServer: ({ server, authorizationServer }: Parts) => [
      resourceMetadataIs('it is 100 MB large', () =>
        large({ resource: server.url, authorization_servers: [authorizationServer.issuer] }),
      ),
    ],
    // It reads all of it.
    clientSees: 'lists the tools',
  },
];

/** Clients see nothing of these. */
const weak: SetupRecipe[] = [
  {
    name: 'tools listed without a token',
    says: 'initialize and tools/list are open, tools/call wants a token',
    weak: 'tools/list is answered without credentials',
    server: { open: ['initialize', 'notifications/initialized', 'tools/list'] },
  },
  {
    name: 'unsigned tokens accepted',
    says: 'the server takes alg none for an algorithm',
    weak: 'an unsigned token is accepted',
    server: { accepts: { unsigned: true } },
  },
  {
    name: 'expired tokens accepted',
    says: 'the server does not look at exp: the token given by hand expired an hour ago',
    weak: 'an expired token is accepted',
    server: { accepts: { expired: true } },
    login: async ({ server, authorizationServer }: Parts) => ({
      token: await authorizationServer.mint({ audience: server.url, expiresIn: -3_600 }),
    }),
  },
  {
    name: 'tokens for anybody accepted',
    says: 'the server does not look at aud',
    weak: 'a token for another audience is accepted',
    server: { accepts: { audience: 'any' as const } },
    // A client of its own right may ask for a token for anybody.
    authorization: { registration: 'off' as const, clients: [SERVICE_CLIENT] },
    login: () => ({
      clientId: SERVICE_CLIENT.client_id,
      clientSecret: SERVICE_CLIENT.client_secret,
      grant: 'client_credentials' as const,
      scope: 'mcp:read',
    }),
  },
  {
    name: 'token repeated in the error',
    says: 'the server repeats a token it refuses in its error',
    weak: 'the refused token stands in the answer',
    server: { echoes: true },
  },
  {
    name: 'token accepted in the query',
    says: 'the server also takes access_token from the URL',
    weak: 'a token in the query is accepted',
    server: { query: true },
  },
].map((recipe) => ({ ...recipe, step: 'access' as const, expects: null, clientSees: 'lists the tools' }));

export const hostileAuthorization: SetupRecipe[] = [...unsafe, ...endless, ...weak];
