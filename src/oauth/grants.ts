/** Tokens: every answer of the token endpoint is noted, and only what they allow is told. */
import type * as oauth from 'oauth4webapi';
import type { Evidence } from '../case/evidence.js';
import { authenticationOf, type Client, errorIn, library } from './client.js';
import type { Possession } from './dpop.js';
import { type Answer, ask, type OAuthHttp, objectIn, toResponse } from './http.js';
import { tokenFacts } from './token-facts.js';

type Walk = Evidence['authorization'];
type Grant = Walk['grants'][number];

export interface Tokens {
  accessToken: string;
  /** `Bearer` or `DPoP`, as it is written in front of the token. */
  type: string;
  refreshToken?: string;
  scope?: string;
  /** Milliseconds since 1970. */
  expiresAt?: number;
}

export interface GrantContext {
  http: OAuthHttp;
  walk: Walk;
  server: oauth.AuthorizationServer;
  client: Client;
  /** The key that tokens are bound to, where the MCP server asks for such tokens. */
  possession?: Possession;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Make one request at the token endpoint and note what came of it. */
async function grant(
  { http, walk, server, client, possession, now }: GrantContext,
  kind: Grant['grant'],
  purpose: 'auth-token' | 'auth-refresh',
  run: (
    lib: typeof oauth,
    known: oauth.Client,
    proof: oauth.ClientAuth,
    options: object,
  ) => Promise<oauth.TokenEndpointResponse>,
): Promise<Tokens | undefined> {
  const lib = await library();
  let answer: Answer | undefined;
  const note = (rest: Partial<Grant> & Pick<Grant, 'outcome'>) => {
    const at = answer && { exchange: answer.index, status: answer.exchange.status };
    walk.grants.push({ grant: kind, ...at, refreshToken: false, ...rest });
  };
  try {
    const proof = await authenticationOf(client, server);
    const got = await run(lib, { client_id: client.id }, proof, {
      [lib.allowInsecureRequests]: true,
      [lib.customFetch]: async (url: string, { body, headers }: oauth.CustomFetchOptions<'POST', URLSearchParams>) => {
        const once = async () => {
          const proof = possession && { dpop: possession.proof('POST', url) };
          const asked = {
            purpose,
            method: 'POST',
            url,
            headers: { ...headers, ...proof },
            body: body.toString(),
          } as const;
          answer = await ask(http, asked);
          possession?.hear(url, answer.headers, 'token');
          return answer;
        };
        answer = await once();
        // RFC 9449 section 8: the same request, with the nonce that came with the refusal.
        if (possession && errorIn(answer).error === 'use_dpop_nonce') answer = await once();
        for (const value of Object.values(tokensIn(answer.text))) http.learn(value);
        return toResponse(withoutIdToken(answer));
      },
    });
    const unfit =
      whyUnfit(got.access_token) ??
      (got.refresh_token === undefined ? null : whyUnfit(got.refresh_token, 'refresh_token'));
    if (unfit !== null) {
      note({ outcome: 'invalid', tokenType: got.token_type, why: unfit });
      return undefined;
    }
    const facts = tokenFacts(got.access_token, now());
    const type = /^dpop$/i.test(got.token_type) ? 'DPoP' : 'Bearer';
    note({
      outcome: 'issued',
      tokenType: got.token_type,
      ...(got.expires_in !== undefined && { expiresInS: got.expires_in }),
      ...(got.scope !== undefined && { scope: got.scope.slice(0, 500) }),
      refreshToken: got.refresh_token !== undefined,
      token: facts,
    });
    return {
      accessToken: got.access_token,
      type,
      ...(got.refresh_token !== undefined && { refreshToken: got.refresh_token }),
      ...(got.scope !== undefined && { scope: got.scope }),
      ...(got.expires_in !== undefined && { expiresAt: now() + Math.min(got.expires_in, MAX_LIFE_S) * 1_000 }),
    };
  } catch (error) {
    const { status } = answer?.exchange ?? {};
    if (status === undefined || !answer)
      note({ outcome: 'no-answer', why: answer?.exchange.error?.message ?? (error as Error).message.slice(0, 300) });
    else if (status >= 300 || errorIn(answer).error !== undefined) note({ outcome: 'refused', ...errorIn(answer) });
    else note({ outcome: 'invalid', why: (error as Error).message.slice(0, 300) });
    return undefined;
  }
}

/** No header of a request can be longer anywhere. */
const MAX_TOKEN = 64 * 1024;
/** A century; dates beyond what JavaScript can count are no dates. */
const MAX_LIFE_S = 100 * 366 * 24 * 3_600;

/** What keeps a token from ever standing in a request (RFC 6749 appendix A.12 and A.17), or null. */
function whyUnfit(token: string, name = 'access_token'): string | null {
  if (token.length > MAX_TOKEN) return `its "${name}" is ${token.length} characters long, which fits into no request`;
  if (!/^[\x20-\x7e]+$/.test(token))
    return `its "${name}" holds characters that no token may have (RFC 6749 appendix A: visible ASCII), such as line breaks`;
  return name === 'access_token' && /\s/.test(token)
    ? 'its "access_token" holds spaces, which no Authorization header can carry (RFC 6750 section 2.1)'
    : null;
}

/** MCP has no use for an ID token, and no client of it reads one: that it is odd is no fault of the sign-in. */
function withoutIdToken(answer: Answer): Answer {
  const document = objectIn(answer.text);
  if (!document || !Object.hasOwn(document, 'id_token')) return answer;
  const { id_token: _id, ...rest } = document;
  return { ...answer, text: JSON.stringify(rest) };
}

/** What of an answer is a token, by name: every one is a secret from here on. */
function tokensIn(text: string | undefined): Record<string, string> {
  const document = objectIn(text) ?? Object.fromEntries(new URLSearchParams((text ?? '').slice(0, 20_000)));
  return Object.fromEntries(
    Object.entries(document).filter(
      (pair): pair is [string, string] => /_?token$|_?secret$/i.test(pair[0]) && typeof pair[1] === 'string',
    ),
  );
}

const indicator = (resource: string | undefined): Record<string, string> =>
  resource === undefined ? {} : { resource };

/** The code that came back, for a token (RFC 6749 section 4.1.3, RFC 7636, RFC 8707). */
export const redeemCode = (
  context: GrantContext,
  {
    parameters,
    redirectUri,
    verifier,
    resource,
  }: { parameters: URLSearchParams; redirectUri: string; verifier: string; resource?: string },
): Promise<Tokens | undefined> =>
  grant(context, 'authorization_code', 'auth-token', async (lib, known, proof, options) =>
    lib.processAuthorizationCodeResponse(
      context.server,
      known,
      await lib.authorizationCodeGrantRequest(context.server, known, proof, parameters, redirectUri, verifier, {
        ...options,
        additionalParameters: indicator(resource),
      }),
    ),
  );

/** A new token for an old one. What the answer leaves out stays as it was. */
export async function refresh(
  context: GrantContext,
  tokens: Tokens,
  resource: string | undefined,
  kind: 'refresh_token' | 'other-resource' = 'refresh_token',
): Promise<Tokens | undefined> {
  const { refreshToken } = tokens;
  if (refreshToken === undefined) return undefined;
  const fresh = await grant(context, kind, 'auth-refresh', async (lib, known, proof, options) =>
    lib.processRefreshTokenResponse(
      context.server,
      known,
      await lib.refreshTokenGrantRequest(context.server, known, proof, refreshToken, {
        ...options,
        additionalParameters: indicator(resource),
      }),
    ),
  );
  return fresh && { refreshToken, ...(tokens.scope !== undefined && { scope: tokens.scope }), ...fresh };
}

/** A token for the client itself, without a user (RFC 6749 section 4.4). */
export const clientCredentials = (
  context: GrantContext,
  { scope, resource }: { scope?: string; resource?: string },
  kind: 'client_credentials' | 'other-resource' = 'client_credentials',
): Promise<Tokens | undefined> =>
  grant(context, kind, 'auth-token', async (lib, known, proof, options) =>
    lib.processClientCredentialsResponse(
      context.server,
      known,
      await lib.clientCredentialsGrantRequest(
        context.server,
        known,
        proof,
        { ...(scope !== undefined && { scope }), ...indicator(resource) },
        options,
      ),
    ),
  );
