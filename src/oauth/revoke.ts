/** Taking a token back (RFC 7009). */
import { authenticationOf, library } from './client.js';
import type { GrantContext } from './grants.js';
import { type Answer, ask, toResponse } from './http.js';

/** Revoke a token. Whether the server says that it did. Never throws. */
export async function revokeToken(
  { http, server, client }: Pick<GrantContext, 'http' | 'server' | 'client'>,
  token: string,
): Promise<boolean> {
  const lib = await library();
  let answer: Answer | undefined;
  try {
    const proof = await authenticationOf(client, server);
    const response = await lib.revocationRequest(server, { client_id: client.id }, proof, token, {
      [lib.allowInsecureRequests]: true,
      [lib.customFetch]: async (url, { body, headers }) => {
        answer = await ask(http, { purpose: 'auth-revoke', method: 'POST', url, headers, body: body.toString() });
        return toResponse(answer);
      },
    });
    await lib.processRevocationResponse(response);
    return true;
  } catch {
    return false;
  }
}
