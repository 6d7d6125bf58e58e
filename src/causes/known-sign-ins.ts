/**
 * Authorization servers that stand behind many MCP servers: by which marks each is known in a message, what its own error codes
 * mean, and where in its administration a thing is mended. From the documentation of each.
 */
import type { Row } from './sign-in-errors.js';

/** Things that are set at an authorization server. */
export type Setting = 'redirect' | 'registration' | 'scope' | 'audience' | 'secret' | 'consent' | 'token';

export interface SignIn {
  name: string;
  /** Hosts, code names and sentences that only this product has. */
  marks: RegExp;
  /** Where each thing is set: the way through its administration. */
  places: Partial<Record<Setting, string>>;
  /** What it does not offer, as of 2026: dynamic registration, PKCE named in its metadata, metadata under the name of RFC 8414. */
  lacks?: readonly ('registration' | 'pkce' | 'oauth-metadata')[];
}

export const SIGN_INS: readonly SignIn[] = [
  {
    name: 'Microsoft Entra ID',
    marks: /\bAADSTS\d{4,8}\b|login\.microsoftonline\.(?:com|us)|sts\.windows\.net|\bEntra\b|\bAzure AD\b/i,
    lacks: ['registration', 'pkce', 'oauth-metadata'],
    places: {
      redirect: 'Entra admin center > App registrations > the application > Authentication > Redirect URIs',
      registration:
        'Entra admin center > App registrations > New registration (Entra ID has no dynamic registration: the client id goes into the client)',
      scope:
        'Entra admin center > App registrations > the API > Expose an API; ask for api://<application id>/<scope> or .default',
      audience:
        'Entra admin center > App registrations > the API > Expose an API > Application ID URI; in the manifest requestedAccessTokenVersion: 2 puts the client id of the API into aud',
      secret:
        'Entra admin center > App registrations > the application > Certificates & secrets (copy the value, not the id)',
      consent:
        'Entra admin center > Enterprise applications > the application > Permissions > Grant admin consent, and Users and groups',
      token: 'Entra admin center > App registrations > the application > API permissions: offline_access',
    },
  },
  {
    name: 'Google',
    marks:
      /accounts\.google\.com|oauth2\.googleapis\.com|\bGoogle(?:'s)? (?:OAuth|verification)\b|\bgoogleusercontent\b|\bError 40[013]: (?:redirect_uri_mismatch|invalid_(?:client|request|scope)|access_denied|org_internal|admin_policy_enforced|disallowed_useragent|deleted_client)/,
    lacks: ['registration', 'oauth-metadata'],
    places: {
      redirect: 'Google Cloud console > APIs & Services > Credentials > the OAuth client > Authorized redirect URIs',
      registration:
        'Google Cloud console > APIs & Services > Credentials > Create credentials > OAuth client ID (Google has no dynamic registration)',
      scope: 'Google Cloud console > Google Auth Platform > Data Access',
      secret: 'Google Cloud console > APIs & Services > Credentials > the OAuth client > Client secrets',
      consent:
        'Google Cloud console > Google Auth Platform > Audience: publish the application, or add the account to the test users',
      token:
        'the authorization request: access_type=offline and prompt=consent bring a refresh token; in testing it lives 7 days',
    },
  },
  {
    name: 'Auth0',
    marks: /\.auth0\.com|\bAuth0\b/i,
    places: {
      redirect: 'Auth0 dashboard > Applications > the application > Settings > Allowed Callback URLs',
      registration:
        'Auth0 dashboard > Settings > Advanced > Dynamic Client Registration, and let a connection be used by third-party applications (domain-level)',
      scope: 'Auth0 dashboard > Applications > APIs > the API > Permissions, and the access policy of the application',
      audience:
        'Auth0 dashboard > Applications > APIs: an API whose identifier is the URL of the MCP server; Settings > Advanced > Resource Parameter Compatibility Profile',
      secret: 'Auth0 dashboard > Applications > the application > Credentials: method and secret',
      consent:
        'Auth0 dashboard > Applications > the application > Connections: enable one; Authentication > connection as domain-level',
      token:
        'Auth0 dashboard > Applications > APIs > the API > Allow Offline Access; Applications > the application > Refresh Token Rotation',
    },
  },
  {
    name: 'Okta',
    marks: /\.okta(?:preview|-emea)?\.com|\bOkta\b|\bE00000\d\d\b/i,
    places: {
      redirect: 'Okta admin console > Applications > the application > General > Sign-in redirect URIs',
      registration:
        'Okta admin console > Applications > Create App Integration (dynamic registration needs an API token)',
      scope: 'Okta admin console > Security > API > the authorization server > Scopes',
      audience: 'Okta admin console > Security > API > the authorization server > Settings > Audience',
      secret: 'Okta admin console > Applications > the application > General > Client Credentials',
      consent:
        'Okta admin console > Applications > the application > Assignments, and Security > API > the authorization server > Access Policies',
      token: 'Okta admin console > Applications > the application > General > Grant type: Refresh Token',
    },
  },
  {
    name: 'Keycloak',
    marks:
      /\/realms\/[\w.-]+|\bKeycloak\b|\bPolicy '[\w ]+' rejected request to client-registration\b|\bWe are sorry\b|\btype="?(?:LOGIN|CODE_TO_TOKEN|REFRESH_TOKEN|CLIENT_REGISTER)_ERROR\b/i,
    places: {
      redirect: 'Keycloak admin console > Clients > the client > Settings > Valid redirect URIs',
      registration:
        'Keycloak admin console > Clients > Client registration > Anonymous access policies: Trusted Hosts (hosts, and whether they must match), Allowed Client Scopes',
      scope:
        'Keycloak admin console > Clients > the client > Client scopes; for registered clients Realm settings > Client scopes as default or optional',
      audience:
        'Keycloak admin console > Client scopes > a scope > Mappers > Audience, with the URL of the MCP server as Included Custom Audience, and that scope as default of the client',
      secret: 'Keycloak admin console > Clients > the client > Credentials, and Settings > Client authentication',
      consent: 'Keycloak admin console > Clients > the client > Settings > Standard flow',
      token:
        'Keycloak admin console > Realm settings > Sessions and Tokens: SSO Session Idle, Access Token Lifespan; scope offline_access',
    },
  },
  {
    name: 'Amazon Cognito',
    marks: /\.amazoncognito\.com|cognito-idp\.[\w-]+\.amazonaws\.com|\bCognito\b/i,
    lacks: ['registration', 'pkce', 'oauth-metadata'],
    places: {
      redirect: 'Amazon Cognito > User pools > App clients > Login pages > Allowed callback URLs',
      registration:
        'Amazon Cognito > User pools > App clients > Create app client (Cognito has no dynamic registration)',
      scope:
        'Amazon Cognito > User pools > App clients > Login pages > Custom scopes, and Branding > Domain > Resource servers',
      audience:
        'the check of the server: access tokens of Cognito carry client_id and no aud, unless a resource binding or a pre token generation trigger adds one',
      secret: 'Amazon Cognito > User pools > App clients: a client with a secret must send it, a public one must not',
      consent: 'Amazon Cognito > User pools > App clients > Login pages > Authorization code grant',
      token: 'Amazon Cognito > User pools > App clients > Refresh token expiration',
    },
  },
  {
    name: 'WorkOS',
    marks: /\.authkit\.app|\bapi\.workos\.com|\bWorkOS\b|\bAuthKit\b/i,
    places: {
      redirect: 'WorkOS dashboard > Redirects',
      registration:
        'WorkOS dashboard > Connect > Configuration: Dynamic Client Registration, Client ID Metadata Document',
      audience: 'WorkOS dashboard > Connect > Configuration > Resource indicators: the URL of the MCP server',
    },
  },
  {
    name: 'Clerk',
    marks: /\.clerk\.accounts\.dev|\bclerk\.[\w-]+\.\w{2,10}|\bClerk\b/,
    places: {
      redirect: 'Clerk dashboard > Configure > OAuth applications > the application > Redirect URIs',
      registration: 'Clerk dashboard > Configure > OAuth applications > Dynamic client registration',
      scope:
        'Clerk dashboard > Configure > OAuth applications > the application > Scopes; name scopes_supported in the resource metadata, since clients register with these',
    },
  },
  {
    name: 'GitHub',
    marks:
      /github\.com\/login\/oauth|\bbad_verification_code\b|\bincorrect_client_credentials\b|\bGitHub OAuth\b|api\.githubcopilot\.com/i,
    lacks: ['registration'],
    places: {
      redirect:
        'GitHub > Settings > Developer settings > OAuth Apps (or GitHub Apps) > the application > Authorization callback URL',
      registration:
        'GitHub > Settings > Developer settings > OAuth Apps > New OAuth App (GitHub has no dynamic registration)',
      secret: 'GitHub > Settings > Developer settings > OAuth Apps > the application > Client secrets',
      consent: 'GitHub > the organization > Settings > Third-party Access > OAuth app policy',
    },
  },
  {
    name: 'Ory Hydra',
    marks: /\bThe OAuth 2\.0 Client\b|\bpre-registered redirect urls\b|\bHydra\b|\.projects\.oryapis\.com/i,
    places: {
      redirect: 'hydra update oauth2-client <id> --redirect-uri <uri>',
      registration: 'the configuration of Hydra: oidc.dynamic_client_registration.enabled',
      scope: 'hydra update oauth2-client <id> --scope <scopes>, or oidc.dynamic_client_registration.default_scope',
      audience: 'hydra update oauth2-client <id> --audience <url of the MCP server>',
      secret: 'hydra update oauth2-client <id> --token-endpoint-auth-method <method>',
    },
  },
];

const aadsts = (numbers: string): readonly RegExp[] => [new RegExp(String.raw`\bAADSTS(?:${numbers})\b`)];

/** Codes of Microsoft Entra ID: each has one meaning. */
export const ENTRA_CODES: readonly Row[] = [
  {
    blames: 'auth-redirect-uri-mismatch',
    says: aadsts('50011|900971|500113'),
    means: 'the redirect URI is not registered for the application',
  },
  {
    blames: 'auth-resource-mismatch',
    says: aadsts('9010010|500011|901002|50001|90010'),
    means: 'the resource does not belong to the scopes that are asked for, or is not known in the tenant',
  },
  {
    blames: 'auth-registration-stale',
    says: aadsts('700016|700038|7000112'),
    means: 'no application with this client id exists, or is enabled, in the tenant',
  },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('7000215'),
    means: 'the client secret is wrong: its value is wanted, not its id',
  },
  { blames: 'auth-token-request-refused', says: aadsts('7000222'), means: 'the client secret has expired' },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('7000218'),
    means: 'the application is confidential, and the client sent no secret',
  },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('700025|90023'),
    means: 'the application is public, and the client sent a secret',
  },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('9002325|9002326|9002327'),
    means: 'the redirect URI is registered for another kind of application (web, single-page, desktop)',
  },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('50148|501481|7000114'),
    means: 'the code verifier does not fit the code challenge',
  },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('54005'),
    means: 'the authorization code was redeemed before',
  },
  {
    blames: 'auth-token-request-refused',
    says: aadsts('9002313|70000|70008'),
    at: ['token'],
    means: 'the authorization code is used up, too old or malformed',
  },
  {
    blames: 'auth-token-expired',
    says: aadsts('700082|700084|50173|70043|70008|70000|50089|50132|70046'),
    means: 'the refresh token has run out or was revoked',
  },
  {
    blames: 'auth-sign-in-refused',
    says: aadsts('501491'),
    means: 'the code challenge of the client is malformed or missing',
  },
  {
    blames: 'auth-sign-in-refused',
    says: aadsts('65001|65004|90094|90095|90008|650051|650057'),
    means: 'nobody has consented to the permissions that are asked for, or only an administrator may',
  },
  {
    blames: 'auth-sign-in-refused',
    says: aadsts('650053|70011|650052|650056'),
    means: 'a scope is asked for that the resource does not have, or that the application may not ask for',
  },
  { blames: 'auth-sign-in-refused', says: aadsts('50105'), means: 'the user is not assigned to the application' },
  {
    blames: 'auth-sign-in-refused',
    says: aadsts('50020|50194|90072|50034|90002|90019'),
    means: 'the account or the tenant does not belong to the application',
  },
  {
    blames: 'auth-audience-mismatch',
    says: aadsts('500133|700024'),
    means: 'the assertion is not valid for this audience or time',
  },
  { blames: 'auth-sign-in-refused', says: aadsts(String.raw`\d{4,8}`) },
];
