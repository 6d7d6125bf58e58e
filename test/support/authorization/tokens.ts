/** Access tokens: made without a login, and verified as a protected server does it. */
import { type CryptoKey, createRemoteJWKSet, generateKeyPair, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';
import type { AuthorizationServer } from './authorization-server.js';

export interface SigningKey {
  privateKey: CryptoKey;
  jwk: Record<string, unknown>;
}

export interface Mint {
  audience: string | string[];
  scope?: string;
  /** Seconds from now; negative: it has expired. */
  expiresIn?: number;
  /** Another issuer than the server. */
  issuer?: string;
  subject?: string;
  /** `none`: not signed at all. `other key`: by somebody who has the key id but not the key. */
  signature?: 'valid' | 'none' | 'other key';
}

export async function minted(issuer: string, key: SigningKey, claims: Mint): Promise<string> {
  const { audience, scope = 'mcp:read', expiresIn = 3_600, subject = 'alice', signature = 'valid' } = claims;
  const now = Math.floor(Date.now() / 1_000);
  const payload = {
    iss: claims.issuer ?? issuer,
    sub: subject,
    aud: audience,
    scope,
    client_id: 'minted',
    jti: crypto.randomUUID(),
    // One that has expired was issued before it did.
    iat: Math.min(now, now + expiresIn - 60),
    exp: now + expiresIn,
  };
  if (signature === 'none') return new UnsecuredJWT(payload).encode();
  const { privateKey } = signature === 'valid' ? key : await generateKeyPair('RS256');
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'first' }).sign(privateKey);
}

/** What a server knows of a token that it accepts. */
export interface Accepted {
  token: string;
  clientId: string;
  scopes: string[];
  expiresAt: number;
  resource?: URL;
}

export interface Accepts {
  /** The audience it wants; by default its own URL. `host`: its URL without the path. `any`: it does not look. */
  audience?: string | 'host' | 'any';
  expired?: boolean;
  unsigned?: boolean;
  /** Its clock, in seconds ahead of everybody's. */
  clockAhead?: number;
}

type Claims = { iss?: unknown; aud?: unknown; exp?: unknown; scope?: unknown; client_id?: unknown };

const urlOf = (audience: unknown): URL | undefined => {
  const first = Array.isArray(audience) ? audience[0] : audience;
  return typeof first === 'string' && URL.canParse(first) ? new URL(first) : undefined;
};

const accepted = (token: string, claims: Claims, { expired }: Accepts): Accepted => ({
  token,
  clientId: String(claims.client_id ?? ''),
  scopes: String(claims.scope ?? '')
    .split(' ')
    .filter((scope) => scope !== ''),
  // The SDKs look at it once more: a server that takes expired tokens has to hide it from them.
  expiresAt: expired ? Math.floor(Date.now() / 1_000) + 3_600 : Number(claims.exp),
  resource: urlOf(claims.aud),
});

const wantedOf = ({ audience }: Accepts, resource: string): string =>
  audience === 'host' ? new URL('/', resource).href : (audience ?? resource);

export type Verify = (token: string) => Promise<Accepted>;

/** By the keys of the authorization server: issuer, audience, expiry and signature. */
export function jwtVerifier(server: AuthorizationServer, resource: string, accepts: Accepts = {}): Verify {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  return async (token) => {
    const wanted = wantedOf(accepts, resource);
    const audience = wanted === 'any' ? undefined : wanted;
    const currentDate = accepts.expired ? new Date(0) : new Date(Date.now() + (accepts.clockAhead ?? 0) * 1_000);
    if (accepts.unsigned && token.split('.')[2] === '')
      return accepted(token, UnsecuredJWT.decode(token, { issuer: server.issuer, audience }).payload, accepts);
    keys ??= createRemoteJWKSet(new URL(String((await server.metadata()).jwks_uri)));
    const { payload } = await jwtVerify(token, keys, { issuer: server.issuer, audience, currentDate });
    return accepted(token, payload, accepts);
  };
}

/** By asking the authorization server (RFC 7662), with credentials of its own. */
export function introspectionVerifier(server: AuthorizationServer, resource: string, accepts: Accepts = {}): Verify {
  const { client_id, client_secret = '' } = server.introspection;
  const basic = Buffer.from([client_id, client_secret].map(encodeURIComponent).join(':')).toString('base64');
  return async (token) => {
    const response = await fetch(String((await server.metadata()).introspection_endpoint), {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    });
    const claims = (await response.json()) as Claims & { active?: boolean };
    if (!claims.active) throw new Error('The token is not active');
    const wanted = wantedOf(accepts, resource);
    const audiences = [claims.aud].flat();
    if (wanted !== 'any' && !audiences.includes(wanted)) throw new Error('The token is for another audience');
    return accepted(token, claims, accepts);
  };
}
