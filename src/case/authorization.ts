/**
 * Evidence of the authorization of a server: every step of OAuth as an MCP client takes it, with what came of it. Nothing here is a
 * judgement: documents are kept as they were served, and names as they were written. `exchange` is an index into `http.exchanges`.
 * Tokens, codes, secrets and states are never kept. Times are seconds where OAuth counts in seconds.
 */
import { z } from 'zod';

/** What a token says of itself, as far as it can be read (RFC 9068, RFC 7519): nothing of its signature, nothing of the user. */
const tokenFacts = z.object({
  format: z.enum(['jwt', 'opaque']),
  /** `alg` and `typ` of its header. */
  algorithm: z.string().optional(),
  type: z.string().optional(),
  issuer: z.string().optional(),
  audience: z.array(z.string()).optional(),
  scopes: z.array(z.string()).optional(),
  /** `azp` or `client_id`. */
  client: z.string().optional(),
  /** Seconds from the moment it was looked at to `exp`; below 0 it has expired. */
  expiresInS: z.number().optional(),
  /** Seconds from the moment it was looked at to `nbf`, when that lies ahead. */
  notBeforeS: z.number().optional(),
});

/** Credentials that the user gave, apart from a sign-in of ours. */
const given = z.object({
  how: z.enum(['bearer', 'basic', 'header', 'query', 'stored']),
  /** Name of the header or of the parameter. */
  name: z.string(),
  /** The scheme in front of the value (`Bearer`, `Basic` ...). */
  scheme: z.string().optional(),
  /** A placeholder that nobody filled in, as it was sent: `${API_KEY}`. */
  placeholder: z.string().optional(),
  /** What is odd about the value: it is empty, the scheme stands there twice or alone, quotes or spaces stand around it. */
  odd: z.enum(['empty', 'scheme-twice', 'scheme-missing', 'quoted', 'spaces']).optional(),
  token: tokenFacts.optional(),
});

/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
const challenge = z.object({ scheme: z.string(), parameters: z.record(z.string(), z.string()) });

/** How asking for a document of metadata ended. `unsafe`: it was not asked, for the reason in `why`. */
const documentOutcome = z.enum([
  'found',
  'not-found',
  'refused',
  'server-error',
  'redirect',
  'not-json',
  'invalid',
  'too-large',
  'no-answer',
  'unsafe',
]);

const asked = {
  url: z.string(),
  exchange: z.number().optional(),
  outcome: documentOutcome,
  /** Particulars: what is missing in the document, where the redirect leads, why it was not asked. */
  why: z.string().optional(),
  /** `Access-Control-Allow-Origin` of the answer: without one, browser clients cannot read it. */
  allowOrigin: z.string().optional(),
};

/** Protected-resource metadata (RFC 9728). */
const resourceMetadata = z.object({
  ...asked,
  /** `challenge`: the address in WWW-Authenticate. `path`: well-known, with the path of the endpoint behind it. `root`: well-known alone. */
  via: z.enum(['challenge', 'path', 'root']),
  document: z
    .object({
      resource: z.string().optional(),
      authorizationServers: z.array(z.string()),
      scopes: z.array(z.string()).optional(),
      bearerMethods: z.array(z.string()).optional(),
    })
    .optional(),
});

/** Metadata of an authorization server (RFC 8414, OpenID Connect Discovery). */
const serverMetadata = z.object({
  ...asked,
  /** The issuer for which it was asked, verbatim as it stands under `authorization_servers`. */
  issuer: z.string(),
  /**
   * `oauth`, `openid`: well-known name inserted before the path of the issuer. `openid-appended`: behind it. `oauth-appended`: where no
   * client looks, asked only after all others failed. `origin`: on the host of the MCP server, by the rules of 2025-03-26.
   */
  via: z.enum(['oauth', 'openid', 'openid-appended', 'oauth-appended', 'origin']),
  document: z
    .object({
      issuer: z.string().optional(),
      authorizationEndpoint: z.string().optional(),
      tokenEndpoint: z.string().optional(),
      registrationEndpoint: z.string().optional(),
      revocationEndpoint: z.string().optional(),
      scopes: z.array(z.string()).optional(),
      responseTypes: z.array(z.string()).optional(),
      grantTypes: z.array(z.string()).optional(),
      /** `code_challenge_methods_supported`; absent when the document has none. */
      pkceMethods: z.array(z.string()).optional(),
      tokenAuthMethods: z.array(z.string()).optional(),
      /** `client_id_metadata_document_supported`. */
      clientIdMetadataDocument: z.boolean(),
      /** `authorization_response_iss_parameter_supported` (RFC 9207). */
      issParameter: z.boolean(),
    })
    .optional(),
});

/** An address in metadata that is not used: a client that used it would leak, or be turned against its own network. */
const unsafe = z.object({
  /** The field that names it: `authorization_endpoint`, `authorization_servers`, `resource_metadata` ... */
  field: z.string(),
  url: z.string(),
  why: z.enum(['scheme', 'plain-http', 'private-address', 'credentials', 'characters']),
  /** Index of the document among `resourceMetadata` or `serverMetadata`; absent for a field of the challenge. */
  document: z.number().optional(),
});

/** How we became a client of the authorization server. */
const registration = z.object({
  /** `given`: the user gave a client id. `document`: the client id is the address of a metadata document. `dynamic`: RFC 7591. `stored`: from an earlier sign-in. */
  how: z.enum(['given', 'document', 'dynamic', 'stored', 'none']),
  outcome: z.enum(['ready', 'refused', 'invalid', 'no-answer', 'impossible', 'not-tried']),
  /** For `impossible` and `not-tried`: the reason. */
  why: z.string().optional(),
  exchange: z.number().optional(),
  clientId: z.string().optional(),
  status: z.number().optional(),
  error: z.string().optional(),
  description: z.string().optional(),
  /** The redirect URIs that the server says it registered. */
  redirectUris: z.array(z.string()).optional(),
  tokenAuthMethod: z.string().optional(),
});

/** The authorization request: what we asked for, and what the authorization server answers before anybody signs in. */
const request = z.object({
  endpoint: z.string(),
  redirectUri: z.string(),
  clientId: z.string(),
  scope: z.string().optional(),
  /** Where the scope comes from (2025-11-25, scope selection strategy). */
  scopeFrom: z.enum(['given', 'challenge', 'resource-metadata', 'server-metadata', 'none']),
  /** The resource indicator (RFC 8707). */
  resource: z.string().optional(),
  /** The endpoint asked without cookies, before a browser was: `sign-in` it goes on, `error` it redirects back with an error, `error-page` it shows one, `code` it asks nobody. */
  exchange: z.number().optional(),
  answer: z.enum(['sign-in', 'code', 'error', 'error-page', 'elsewhere', 'no-answer', 'not-asked']),
  error: z.string().optional(),
  /** The description of the error, or what the page says, in one line. */
  says: z.string().optional(),
  /** Who was to sign in: the browser we opened, somebody who was shown the address, or nobody. */
  shown: z.enum(['browser', 'printed', 'direct', 'nobody']),
});

/** What came back to the redirect URI. */
const response = z.object({
  outcome: z.enum(['code', 'error', 'state-mismatch', 'issuer-mismatch', 'issuer-missing', 'invalid', 'none']),
  error: z.string().optional(),
  description: z.string().optional(),
  /** The `iss` of the response (RFC 9207), when there was one. */
  issuer: z.string().optional(),
  waitedS: z.number(),
});

/** One answer of the token endpoint. */
const grant = z.object({
  grant: z.enum(['authorization_code', 'refresh_token', 'client_credentials', 'other-resource']),
  exchange: z.number().optional(),
  outcome: z.enum(['issued', 'refused', 'invalid', 'no-answer']),
  status: z.number().optional(),
  error: z.string().optional(),
  description: z.string().optional(),
  /** For `invalid`: what breaks the rules of RFC 6749 section 5. */
  why: z.string().optional(),
  tokenType: z.string().optional(),
  /** `expires_in`, seconds. */
  expiresInS: z.number().optional(),
  scope: z.string().optional(),
  refreshToken: z.boolean(),
  token: tokenFacts.optional(),
});

/** The MCP server asked with credentials. */
const access = z.object({
  with: z.enum(['given', 'stored', 'signed-in', 'refreshed', 'stepped-up']),
  exchange: z.number(),
  status: z.number().optional(),
  /** From WWW-Authenticate. */
  error: z.string().optional(),
  description: z.string().optional(),
  scope: z.string().optional(),
});

export const authorization = z.object({
  /** The URL of the MCP server, as it was asked. */
  resource: z.string(),
  /** `look`: metadata alone was read, nothing was registered and nobody signed in. */
  mode: z.enum(['look', 'authorization-code', 'client-credentials', 'stored']),
  /** The request without credentials (or with refused ones) and its challenges. `inBrowser`: whether CORS lets a browser client read WWW-Authenticate. */
  challenge: z
    .object({
      exchange: z.number(),
      status: z.number(),
      challenges: z.array(challenge),
      credentials: z.enum(['none', 'sent']),
    })
    .optional(),
  given: z.array(given),
  resourceMetadata: z.array(resourceMetadata),
  serverMetadata: z.array(serverMetadata),
  /** Index of the document among `serverMetadata` that the walk went on with. Absent: none could be used. */
  used: z.number().optional(),
  /** By the rules of 2025-03-26: no metadata of the resource, the MCP server's own origin is the authorization server. */
  fallback: z.boolean(),
  unsafe: z.array(unsafe),
  registration: registration.optional(),
  request: request.optional(),
  response: response.optional(),
  grants: z.array(grant),
  access: z.array(access),
  /** Why the walk ended where it ended, when it was cut short: it was interrupted, nobody signed in ... */
  ended: z.string().optional(),
});
