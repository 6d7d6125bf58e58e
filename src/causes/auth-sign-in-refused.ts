import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, signInWords, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

/** Errors of the authorization response (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6). */
const CODES =
  /\b(?<code>access_denied|invalid_scope|login_required|consent_required|interaction_required|account_selection_required|unsupported_response_type|temporarily_unavailable)\b/;
const SAID = [
  CODES,
  /\b(?:user|resource owner|owner) (?:has )?(?:denied|declined|cancell?ed|rejected)\b/i,
  /\b(?:OAuth |authorization |authentication )?(?:callback|sign-?in|log-?in|authorization)\b.{0,30}\b(?:timed? ?out|timeout)\b|\btimed? ?out (?:waiting for|while waiting for)\b.{0,40}\b(?:callback|authori[sz]ation|sign-?in|browser|code)\b/i,
  /\b(?:OAuth )?state (?:parameter )?(?:mismatch|does(?: not|n't) match|is invalid)\b|\binvalid state\b.{0,20}\b(?:parameter|callback|oauth)/i,
];

export default defineCause({
  id: 'auth-sign-in-refused',
  title: 'The sign-in itself ends without a code',
  culprit: 'auth',
  severity: 'broken',
  seenAs: ['access_denied', 'invalid_scope', 'OAuth callback timeout', 'State mismatch', 'Authorization timed out'],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED],
  live: fromWalk('auth-sign-in-refused'),

  match(given): Match<{ url: string | null; error: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const hit = find(signInWords(given), ...SAID);
    if (!hit) return null;
    return {
      certainty: 'likely',
      cites: [hit.line.at],
      facts: { url: given.endpoint?.asked.url ?? targetOf(given) ?? null, error: hit.groups.code ?? null },
    };
  },
  say: ({ url, error }) =>
    error === null
      ? `The sign-in for ${url ?? 'the server'} was not finished: no code came back to the client.`
      : `The authorization server of ${url ?? 'the server'} ended the sign-in with the error ${error}.`,
  fix: ({ error }) => [
    error === 'invalid_scope'
      ? {
          say: 'Let the metadata of the server name only scopes that the authorization server knows, and let the client be allowed to ask for them:',
          edit: {
            file: 'the protected-resource metadata',
            at: 'scopes_supported',
            to: '"scopes_supported": ["<scope>"]',
          },
        }
      : {
          say: 'Sign in once more and finish it in the browser: with an account that may use this server, granting what is asked for.',
        },
    {
      say: 'If it ends so again, the log of the authorization server names the reason: a policy, a missing consent of an administrator, a client that is not allowed this grant.',
    },
  ],
  why: 'Between the request of the client and the code that comes back, a person signs in and the authorization server decides. It may end there for the account, for a policy, or for a scope it does not know; the client only sees an error in the address that the browser comes back to, or nothing at all.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1',
    'https://www.rfc-editor.org/rfc/rfc9207',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-flow-steps',
  ],
  examples: [
    {
      name: 'somebody said no',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'OAuth error: access_denied - The resource owner denied the request',
      },
    },
    {
      name: 'a scope that nobody knows',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'http://localhost:8765/callback?error=invalid_scope&error_description=Unknown+scope+mcp',
      },
    },
    {
      name: 'nobody came',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'Timed out waiting for the OAuth callback' },
    },
    {
      name: 'a token endpoint that refuses',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'Token exchange failed: HTTP 400 unsupported_grant_type' },
    },
    {
      name: 'a tool that times out',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'MCP error -32001: Request timed out' },
    },
  ],
});
