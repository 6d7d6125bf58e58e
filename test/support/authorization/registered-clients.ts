/** Clients registered by hand: their credentials are what a user gives to `--client-id` and its companions. */
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import type { RegisteredClient } from './authorization-server.js';
import { CALLBACK } from './clients.js';

const SECRET = 'a-secret-of-43-characters-that-nobody-guesses';

const registered = (client_id: string, members: Record<string, unknown>): RegisteredClient => ({
  client_id,
  client_name: `the ${client_id}`,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  // Native: any port of loopback is as good as the registered one (RFC 8252 section 7.3).
  application_type: 'native',
  redirect_uris: [CALLBACK, CALLBACK.replace('127.0.0.1', 'localhost')],
  ...members,
});

export const PUBLIC_CLIENT = registered('public-client', { token_endpoint_auth_method: 'none' });
export const BASIC_CLIENT = registered('basic-client', {
  client_secret: SECRET,
  token_endpoint_auth_method: 'client_secret_basic',
});
export const POST_CLIENT = registered('post-client', {
  client_secret: SECRET,
  token_endpoint_auth_method: 'client_secret_post',
});
/** A program without a person: it gets tokens for itself. */
export const SERVICE_CLIENT = registered('service-client', {
  client_secret: SECRET,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
});
/** A web application: its redirect URIs are compared letter by letter. */
export const exactClient = (redirectUri: string, members: Record<string, unknown> = {}): RegisteredClient =>
  registered('exact-client', {
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    redirect_uris: [redirectUri],
    ...members,
  });

/** One that signs an assertion instead of showing a secret (RFC 7523). */
export async function privateKeyClient(): Promise<{ client: RegisteredClient; privateKey: string }> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'client', use: 'sig', alg: 'RS256' }];
  return {
    client: registered('key-client', {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS256',
      jwks: { keys },
    }),
    privateKey: await exportPKCS8(privateKey),
  };
}
