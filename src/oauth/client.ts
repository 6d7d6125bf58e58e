/** Who we are to an authorization server: the client id and how the client authenticates at the token endpoint. */
import type * as oauth from 'oauth4webapi';
import type { Evidence } from '../case/evidence.js';
import { type Answer, ask, listOf, type OAuthHttp, objectIn, pauseOf, textOf } from './http.js';

type Walk = Evidence['authorization'];
type Registration = NonNullable<Walk['registration']>;

/** In an authorization request there is much more beside it. */
const MAX_ID = 2_000;

export const library = (): Promise<typeof oauth> => import('oauth4webapi');

/** Credentials of a client that somebody registered by hand. */
export interface KnownClient {
  id: string;
  secret?: string;
  /** For private_key_jwt (RFC 7523). */
  key?: oauth.PrivateKey['key'];
  /** The issuer that knows the client. Elsewhere it is not used. */
  issuer?: string;
  tokenAuthMethod?: string;
}

/** A client as the authorization server knows it. */
export interface Client extends KnownClient {
  how: Registration['how'];
  redirectUri?: string;
  /** Where a dynamic registration can be taken back (RFC 7592). */
  management?: { url: string; token: string };
}

/** The authorization server in the form that the library takes, without the endpoints that must not be used. */
export function serverOf(
  document: NonNullable<Walk['serverMetadata'][number]['document']>,
  isUnsafe: (field: string) => boolean,
): oauth.AuthorizationServer {
  return {
    issuer: document.issuer ?? '',
    authorization_endpoint: document.authorizationEndpoint,
    token_endpoint: document.tokenEndpoint,
    ...(!isUnsafe('registration_endpoint') && { registration_endpoint: document.registrationEndpoint }),
    ...(!isUnsafe('revocation_endpoint') && { revocation_endpoint: document.revocationEndpoint }),
    authorization_response_iss_parameter_supported: document.issParameter,
    token_endpoint_auth_methods_supported: document.tokenAuthMethods,
  } as oauth.AuthorizationServer;
}

/** How the client authenticates: as it was registered, else as the server prefers it (RFC 8414: client_secret_basic without a word). */
export function authMethodOf(
  { secret, key, tokenAuthMethod }: Client,
  server: Pick<oauth.AuthorizationServer, 'token_endpoint_auth_methods_supported'>,
): string {
  if (key) return 'private_key_jwt';
  if (secret === undefined) return 'none';
  if (tokenAuthMethod !== undefined) return tokenAuthMethod;
  const offered = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return (
    ['client_secret_basic', 'client_secret_post', 'none'].find((method) => offered.includes(method)) ??
    'client_secret_basic'
  );
}

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/**
 * HTTP Basic (RFC 6749 section 2.3.1). Only what application/x-www-form-urlencoded demands is encoded: the library encodes `-`, `_` and
 * `.` as well, which servers that compare without decoding take for another client.
 */
const basic =
  (secret: string): oauth.ClientAuth =>
  (_server, { client_id }, _body, headers) =>
    headers.set(
      'authorization',
      `Basic ${Buffer.from(`${formEncoded(client_id)}:${formEncoded(secret)}`).toString('base64')}`,
    );

/** The client's proof of itself, for the library. */
export async function authenticationOf(client: Client, server: oauth.AuthorizationServer): Promise<oauth.ClientAuth> {
  const { ClientSecretPost, None, PrivateKeyJwt } = await library();
  const { secret = '', key } = client;
  if (key) return PrivateKeyJwt(key);
  switch (authMethodOf(client, server)) {
    case 'client_secret_basic':
      return basic(secret);
    case 'client_secret_post':
      return ClientSecretPost(secret);
    default:
      return None();
  }
}

/** What registering needs to know. */
export interface RegisterOptions {
  http: OAuthHttp;
  redirectUri: string;
  clientName: string;
  clientUri?: string;
  scope?: string;
  grantTypes: string[];
}

/** `error` and `error_description` of an answer of OAuth (RFC 6749 section 5.2), or what stands in their place. */
export function errorIn(answer: Answer): Pick<Registration, 'status' | 'error' | 'description'> {
  const { text } = answer;
  const { status } = answer.exchange;
  const document = objectIn(text) ?? Object.fromEntries(new URLSearchParams((text ?? '').slice(0, 2_000).trim()));
  const error = textOf(document, 'error');
  const description =
    pauseOf(answer) ??
    textOf(document, 'error_description') ??
    (error === undefined ? textOf(document, 'message') : undefined);
  return {
    ...(status !== undefined && { status }),
    ...(error !== undefined && { error }),
    ...(description !== undefined && { description }),
  };
}

/** Register a client dynamically (RFC 7591), and note it. Undefined when that did not succeed. */
export async function register(
  walk: Walk,
  server: oauth.AuthorizationServer,
  { http, redirectUri, clientName, clientUri, scope, grantTypes }: RegisterOptions,
): Promise<Client | undefined> {
  const answer = await ask(http, {
    purpose: 'auth-registration',
    method: 'POST',
    url: server.registration_endpoint ?? '',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: clientName,
      ...(clientUri !== undefined && { client_uri: clientUri }),
      // OpenID Connect Registration section 2; required of MCP clients from 2026-07-28 on.
      application_type: 'native',
      redirect_uris: [redirectUri],
      grant_types: grantTypes,
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      ...(scope !== undefined && { scope }),
    }),
  });
  const note = (registration: Omit<Registration, 'how'>) => {
    walk.registration = { how: 'dynamic', exchange: answer.index, ...errorIn(answer), ...registration };
    return undefined;
  };
  const { status, error } = answer.exchange;
  if (status === undefined || error) return note({ outcome: 'no-answer', why: error?.message });
  if (status < 200 || status >= 300) return note({ outcome: 'refused' });
  // Read as MCP clients read it: 200 passes for 201, and a secret without the time of its end for one that has none.
  const document = objectIn(answer.text);
  if (!document) return note({ outcome: 'invalid', why: 'the answer is no JSON object' });
  const {
    client_id: id,
    client_secret: secret,
    registration_client_uri: url,
    registration_access_token: token,
  } = document;
  for (const value of [secret, token]) if (typeof value === 'string' && value !== '') http.learn(value);
  if (typeof id !== 'string' || id === '') return note({ outcome: 'invalid', why: 'it has no "client_id"' });
  // RFC 6749 appendix A.1. It stands in addresses and headers from here on.
  if (!/^[\x20-\x7e]+$/.test(id))
    return note({ outcome: 'invalid', why: 'its "client_id" holds characters that no client id may have' });
  if (id.length > MAX_ID)
    return note({
      outcome: 'invalid',
      why: `its "client_id" is ${id.length} characters long, which fits into no address`,
    });
  const tokenAuthMethod = textOf(document, 'token_endpoint_auth_method');
  walk.registration = {
    ...{ how: 'dynamic', outcome: 'ready', exchange: answer.index, status, clientId: id.slice(0, 300) },
    ...(Array.isArray(document.redirect_uris) && { redirectUris: listOf(document, 'redirect_uris') }),
    ...(tokenAuthMethod !== undefined && { tokenAuthMethod }),
  };
  return {
    ...{ id, how: 'dynamic', issuer: server.issuer, redirectUri },
    ...(typeof secret === 'string' && secret !== '' && { secret }),
    ...(tokenAuthMethod !== undefined && { tokenAuthMethod }),
    ...(typeof url === 'string' && typeof token === 'string' && { management: { url, token } }),
  };
}
