/** The end of a sign-in that was remembered: its tokens are given back to the authorization server that issued them. */
import { lookup } from 'node:dns/promises';
import { redactor } from '../case/redact.js';
import { Timeline } from '../case/timeline.js';
import { rangeOf } from '../wire/address.js';
import { Connections } from '../wire/connections.js';
import { ask } from './http.js';
import { type Revocation, revokeToken } from './revoke.js';
import { refuseStrange, unsafeUrl } from './safe.js';
import { keptOf, type Remembered } from './store.js';

const REQUEST_MS = 5_000;
/** For all tokens of one sign-in: somebody waits for the prompt. */
const TOTAL_MS = 10_000;

export type Given = { token: 'refresh token' | 'access token' } & Revocation;

/** The token of a registration goes to the server that issued it, and to nobody else. */
const isOf = (issuer: string, url: string): boolean =>
  URL.canParse(issuer) && URL.canParse(url) && new URL(issuer).origin === new URL(url).origin;

/** Whether the server of a URL has a public address; so long as nobody can tell, it counts as one. */
async function standsInPublic(url: string): Promise<boolean> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.length === 0 || found.some(({ address }) => rangeOf(address) === 'unicast');
}

/** Revoke what a sign-in left, the refresh token first, since it would bring new ones. Undefined: the server takes nothing back. Never throws. */
export async function giveBack(one: Remembered, userAgent: string): Promise<Given[] | undefined> {
  const { issuer, resource, revocationEndpoint, management, refreshToken, accessToken } = one;
  if (revocationEndpoint === undefined && management === undefined) return undefined;
  const tokens = [
    ...(refreshToken === undefined ? [] : [{ token: 'refresh token' as const, value: refreshToken }]),
    { token: 'access token' as const, value: accessToken },
  ];
  const isPublic = await standsInPublic(resource);
  // What a public server named must be public, too. In one's own network it may be anywhere there.
  if (revocationEndpoint !== undefined && unsafeUrl(revocationEndpoint, isPublic) !== null)
    return tokens.map(({ token }) => ({ token, revoked: false, why: 'its revocation endpoint is not safe to use' }));
  // Nor may its name lead elsewhere: to this machine, to the network it is in.
  const connections = new Connections({ connectTimeoutMs: REQUEST_MS, refuse: refuseStrange(isPublic) });
  const { client } = keptOf(one);
  const signal = AbortSignal.timeout(TOTAL_MS);
  const http = {
    ...{ connections, timeline: new Timeline(() => performance.now()), exchanges: [], userAgent, signal },
    timeoutMs: REQUEST_MS,
    learn: () => {},
  };
  // A server may repeat in its refusal what it was sent.
  const redact = redactor([accessToken, refreshToken ?? '', one.clientSecret ?? '', management?.token ?? '']);
  const given: Given[] = [];
  try {
    for (const { token, value } of revocationEndpoint === undefined ? [] : tokens) {
      const server = { issuer, revocation_endpoint: revocationEndpoint };
      const hint = token === 'refresh token' ? 'refresh_token' : 'access_token';
      const came = signal.aborted
        ? { revoked: false as const, why: 'it did not answer in time' }
        : await revokeToken({ http, server, client }, value, hint);
      given.push({ token, ...(came.revoked ? came : { revoked: false, why: redact(came.why).slice(0, 200) }) });
    }
    // The registration was made for this sign-in alone. Whether it goes is a courtesy: nobody can sign in with it without its user.
    if (management && isOf(issuer, management.url) && unsafeUrl(management.url, isPublic) === null && !signal.aborted)
      await ask(http, {
        purpose: 'auth-unregister',
        method: 'DELETE',
        url: management.url,
        headers: { authorization: `Bearer ${management.token}` },
      });
  } finally {
    connections.close();
  }
  return revocationEndpoint === undefined ? undefined : given;
}
