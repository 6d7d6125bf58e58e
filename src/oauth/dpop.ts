/**
 * Demonstrating proof of possession (RFC 9449): a token bound to a key is shown with a proof, made anew for every request. Used where a
 * server asks for it; the key lives as long as the investigation.
 */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { parseChallenges } from '../case/challenges.js';
import type { Prover } from '../wire/connections.js';

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Authorization server and MCP server give nonces apart, also where both stand on one host (RFC 9449 sections 8 and 9). */
type Side = 'token' | 'resource';

export class Possession implements Prover {
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #nonces = new Map<string, string>();
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The proof for one request (section 4.2), with the token it goes with. */
  proof(method: string, url: string, token?: string): string {
    const { kty, crv, x, y } = this.#key.publicKey.export({ format: 'jwk' });
    const { origin, pathname } = new URL(url);
    const nonce = this.#nonces.get(keyOf(token === undefined ? 'token' : 'resource', url));
    const payload = {
      jti: randomUUID(),
      htm: method,
      htu: origin + pathname,
      iat: Math.floor(this.#now() / 1_000),
      ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
      ...(nonce !== undefined && { nonce }),
    };
    const text = `${encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })}.${encoded(payload)}`;
    const key = { key: this.#key.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  headersFor(method: string, url: string, { authorization = '' }: Record<string, string>): Record<string, string> {
    const [, token] = /^DPoP\s+(\S+)$/.exec(authorization) ?? [];
    return token === undefined ? {} : { dpop: this.proof(method, url, token) };
  }

  hear(url: string, headers: Record<string, string>, side: Side = 'resource'): void {
    const nonce = headers['dpop-nonce'];
    if (nonce !== undefined) this.#nonces.set(keyOf(side, url), nonce);
  }
}

const keyOf = (side: Side, url: string): string => `${side} ${new URL(url).origin}`;

/** Whether a refusal asks for nothing but the nonce that came with it. */
export const asksForNonce = (header: string | undefined): boolean =>
  parseChallenges(header ?? '').some(({ parameters }) => parameters.error === 'use_dpop_nonce');
