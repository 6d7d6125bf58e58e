/** Leaving nothing behind: tokens are revoked (RFC 7009) and registrations taken back (RFC 7592), where the server offers that. */
import type * as oauth from 'oauth4webapi';
import type { Client } from './client.js';
import type { Tokens } from './grants.js';
import { ask, type OAuthHttp } from './http.js';
import { unsafeUrl } from './safe.js';

/** All of it together, also after Ctrl-C: somebody waits for the prompt. */
const TOTAL_MS = 5_000;

/** What one authorization server gave us. Nothing of it is ever shown to another one. */
export interface Held {
  server: oauth.AuthorizationServer;
  client: Client;
  tokens: Tokens;
  /** Tokens beside it, that were issued for an experiment. */
  others: string[];
  /** Of an earlier run: not ours to take back. */
  stored: boolean;
}

export interface Registered {
  server: oauth.AuthorizationServer;
  client: Client;
}

/** Where a registration can be taken back, when that is the server's own place. */
function managementOf({ server, client: { management } }: Registered, homeIsPublic: boolean) {
  const { registration_endpoint: endpoint } = server;
  if (!management || endpoint === undefined) return undefined;
  // RFC 7592 lets it be anywhere; the token that opens it was issued by this server, and goes to nobody else.
  if (unsafeUrl(management.url, homeIsPublic) !== null || !/^[\x21-\x7e]+$/.test(management.token)) return undefined;
  return new URL(management.url).origin === new URL(endpoint).origin ? management : undefined;
}

/** Give back what is held and registered. Never throws. */
export async function leave(
  given: OAuthHttp,
  homeIsPublic: boolean,
  { held, registered }: { held: readonly Held[]; registered: readonly Registered[] },
): Promise<void> {
  // Also when we were interrupted: what was made by us is ours to clear away.
  const http = { ...given, signal: AbortSignal.timeout(TOTAL_MS), timeoutMs: Math.min(given.timeoutMs, TOTAL_MS / 2) };
  const mayAsk = (url: string) => URL.canParse(url) && new URL(url).host !== http.pause?.host && !http.signal.aborted;
  for (const { server, client, tokens, others, stored } of held) {
    const { revocation_endpoint: url } = server;
    if (url === undefined) continue;
    const { revokeToken } = await import('./revoke.js');
    const { refreshToken, accessToken } = tokens;
    const own = stored ? [] : [...(refreshToken === undefined ? [] : [refreshToken]), accessToken];
    for (const token of [...own, ...others]) {
      const hint = token === refreshToken ? 'refresh_token' : 'access_token';
      if (mayAsk(url)) await revokeToken({ http, server, client }, token, hint);
    }
  }
  for (const one of registered) {
    const management = managementOf(one, homeIsPublic);
    if (!management || !mayAsk(management.url)) continue;
    await ask(http, {
      purpose: 'auth-unregister',
      method: 'DELETE',
      url: management.url,
      headers: { authorization: `Bearer ${management.token}` },
    });
  }
}
