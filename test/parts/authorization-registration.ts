/** What fails when a client introduces itself to the authorization server. */
import { html, notFound, registrationIs, registrationRefused } from '../support/authorization/index.js';
import { at, NOWHERE, NOWHERE_V2, type SetupRecipe } from './authorization-recipe.js';

export const brokenRegistration: SetupRecipe[] = at('registration', [
  {
    name: 'no registration',
    says: 'no registration_endpoint, and no client ID metadata documents either',
    expects: 'auth-registration-unsupported',
    authorization: { registration: 'off' },
    clientSees: 'Incompatible auth server: does not support dynamic client registration',
  },
  {
    name: 'registration with an initial access token',
    says: 'the authorization server registers only who brings a token for it',
    expects: 'auth-registration-unsupported',
    authorization: { registration: 'initial access token' },
    clientSees: 'no access token provided',
  },
  {
    name: 'registration 403',
    says: 'the authorization server registers trusted hosts alone',
    expects: 'auth-registration-unsupported',
    onAuthorization: () => [
      registrationRefused(
        403,
        'insufficient_scope',
        "Policy 'Trusted Hosts' rejected request to client-registration service.",
      ),
    ],
    clientSees: "Policy 'Trusted Hosts' rejected request to client-registration service.",
  },
  {
    name: 'registration refuses the redirect URI',
    says: 'the authorization server allows https redirect URIs alone',
    expects: 'auth-redirect-uri-mismatch',
    onAuthorization: () => [registrationRefused(400, 'invalid_redirect_uri', 'redirect_uris must use https')],
    clientSees: 'redirect_uris must use https',
  },
  {
    name: 'registration refuses the metadata',
    says: 'the authorization server registers clients with a secret alone',
    expects: 'auth-registration-unsupported',
    authorization: { authMethods: ['client_secret_basic'] },
    clientSees: "token_endpoint_auth_method must be 'client_secret_basic'",
  },
  {
    name: 'registration 500',
    says: 'the authorization server fails at registering',
    expects: 'auth-registration-unsupported',
    onAuthorization: () => [
      registrationIs('it fails at registering', () => html(500, '<h1>Internal Server Error</h1>')),
    ],
    clientSees: 'HTTP 500: Invalid OAuth error response',
    v2Sees: 'Dynamic Client Registration rejected (HTTP 500)',
  },
  {
    name: 'registration endpoint 404',
    says: 'the registration_endpoint of the metadata is not found',
    expects: 'auth-registration-unsupported',
    onAuthorization: () => [registrationIs('registration is not there', notFound)],
    clientSees: NOWHERE,
    v2Sees: NOWHERE_V2,
  },
]);
