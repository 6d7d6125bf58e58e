/** Taking a token back (RFC 7009). */
import { authenticationOf, errorIn, library } from './client.js';
import type { GrantContext } from './grants.js';
import { type Answer, ask, toResponse } from './http.js';

/** `why`: the words of the authorization server, or of the system. */
export type Revocation = { revoked: true } | { revoked: false; why: string };

/** Revoke a token. Never throws. */
export async function revokeToken(
  { http, server, client }: Pick<GrantContext, 'http' | 'server' | 'client'>,
  token: string,
  hint?: 'refresh_token' | 'access_token',
): Promise<Revocation> {
  const lib = await library();
  let answer: Answer | undefined;
  try {
    const proof = await authenticationOf(client, server);
    const response = await lib.revocationRequest(server, { client_id: client.id }, proof, token, {
      ...(hint && { additionalParameters: { token_type_hint: hint } }),
      [lib.allowInsecureRequests]: true,
      [lib.customFetch]: async (url, { body, headers }) => {
        answer = await ask(http, { purpose: 'auth-revoke', method: 'POST', url, headers, body: body.toString() });
        return toResponse(answer);
      },
    });
    await lib.processRevocationResponse(response);
    return { revoked: true };
  } catch (fault) {
    const { status, error } = answer?.exchange ?? {};
    const told = answer && errorIn(answer);
    if (told?.error !== undefined)
      return { revoked: false, why: [told.error, told.description].filter(Boolean).join(': ') };
    if (error === undefined && status !== undefined) return { revoked: false, why: `HTTP ${status}` };
    return { revoked: false, why: error?.message ?? (fault as Error).message };
  }
}
