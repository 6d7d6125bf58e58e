/** A set-up verified as its user would: with what they have, and somebody who signs in where it is asked for. */
import { importPKCS8 } from 'jose';
import type { SignInAgent } from '../../../src/oauth/authorize.js';
import type { AuthOptions } from '../../../src/probe/authorization.js';
import type { InvestigateOptions, TargetSpec } from '../../../src/probe/investigate.js';
import { CALLBACK } from './clients.js';
import type { Running } from './set-up.js';
import { signIn } from './sign-in.js';

/** Somebody with a browser. Where the way ends before the callback nobody comes back; `met` is told what the page says. */
export function personAt(running: Running, met: (words: string) => void = () => {}): SignInAgent {
  let back: Promise<URLSearchParams | undefined> = Promise.resolve(undefined);
  return {
    listen: async () => ({ redirectUri: running.redirectUri ?? CALLBACK, wait: () => back, close: async () => {} }),
    async show(url) {
      back = signIn(url, running).then(
        ({ searchParams }) => searchParams,
        (error: Error) => {
          met(error.message);
          return undefined;
        },
      );
      return 'browser';
    },
  };
}

/** What `investigate` is given for it. */
export async function verified(running: Running): Promise<{ spec: TargetSpec; options: InvestigateOptions }> {
  const { url, token, grant, clientId, clientSecret, privateKey, clientMetadataUrl, scope, kept } = running;
  const spec: TargetSpec = { kind: 'http', url, headers: token ? { authorization: `Bearer ${token}` } : {} };
  // A token given by hand is all there is.
  if (token) return { spec, options: {} };
  const { issuer } = running.authorizationServer;
  // A registration without tokens is as good as one that the user gives.
  const id = clientId ?? (kept?.tokens ? undefined : kept?.client?.client_id);
  const known = id
    ? {
        id,
        ...(clientSecret && { secret: clientSecret }),
        ...(privateKey && { key: await importPKCS8(privateKey, 'RS256') }),
      }
    : undefined;
  const stored = kept?.client &&
    kept.tokens && {
      issuer,
      client: { id: kept.client.client_id, how: 'stored' as const, redirectUri: CALLBACK },
      tokens: {
        accessToken: kept.tokens.access_token,
        type: 'Bearer',
        ...(kept.tokens.refresh_token && { refreshToken: kept.tokens.refresh_token }),
      },
    };
  const auth: AuthOptions = {
    mode: grant === 'client_credentials' ? 'client-credentials' : 'authorization-code',
    agent: personAt(running),
    ...(known && { known }),
    ...(clientMetadataUrl && { metadataDocument: clientMetadataUrl }),
    ...(scope && { scope }),
    ...(stored && { kept: stored }),
  };
  return { spec, options: { auth } };
}
