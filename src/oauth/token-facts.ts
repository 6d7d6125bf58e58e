/** What a token says of itself. Its signature is the business of whoever accepts it. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Evidence } from '../case/evidence.js';

export type TokenFacts = NonNullable<Evidence['authorization']['grants'][number]['token']>;

const MAX_TOKEN = 32 * 1024;
const MAX_TEXT = 300;

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : typeof value === 'string' ? [value] : [])
    .filter((item): item is string => typeof item === 'string')
    .map((item) => item.slice(0, MAX_TEXT))
    .slice(0, 20);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : undefined);

/** The claims of a token that concern who may use it where and how long; nothing about its user. `now`: milliseconds since 1970. */
export function tokenFacts(token: string, now: number): TokenFacts {
  if (token.length > MAX_TOKEN || token.split('.').length !== 3) return { format: 'opaque' };
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    const claims = decodeJwt(token);
    const scopes = texts(claims.scope ?? claims.scp ?? claims.scopes).flatMap((scope) => scope.split(/\s+/));
    const client = text(claims.azp) ?? text(claims.client_id) ?? text(claims.cid);
    const seconds = (at: unknown) => (typeof at === 'number' ? Math.round(at - now / 1_000) : undefined);
    const [expiresInS, notBeforeS] = [seconds(claims.exp), seconds(claims.nbf)];
    return {
      format: 'jwt',
      ...(alg !== undefined && { algorithm: String(alg).slice(0, 40) }),
      ...(typ !== undefined && { type: String(typ).slice(0, 40) }),
      ...(text(claims.iss) !== undefined && { issuer: text(claims.iss) }),
      ...(claims.aud !== undefined && { audience: texts(claims.aud) }),
      ...(scopes.length > 0 && { scopes: scopes.slice(0, 50) }),
      ...(client !== undefined && { client }),
      ...(expiresInS !== undefined && { expiresInS }),
      ...(notBeforeS !== undefined && notBeforeS > 0 && { notBeforeS }),
    };
  } catch {
    return { format: 'opaque' };
  }
}

/** The same claims without a signature (`alg: none`, RFC 8725 section 3.1): a server that takes it takes anything. Null for no JWT. */
export function unsigned(token: string): string | null {
  const [, payload, more] = token.split('.');
  if (payload === undefined || more === undefined || tokenFacts(token, 0).format !== 'jwt') return null;
  return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
}
