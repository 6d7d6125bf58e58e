import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, signInWords, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const CODES = /\b(?<code>unsupported_grant_type|invalid_grant|invalid_request|unauthorized_client|server_error)\b/;
const SAID = [
  /\bunsupported_grant_type\b/,
  /\b(?:token|code) (?:exchange|request)\b.{0,40}\b(?:failed|rejected|refused|error|denied|[45]\d\d)\b/i,
  /\b(?:failed|unable|error|could(?: not|n't)|cannot) (?:to )?exchang(?:e|ing) (?:the )?(?:authori[sz]ation )?(?:code|token)/i,
  /\b(?:PKCE|code[_ ]verifier|code[_ ]challenge)\b.{0,30}\b(?:verification|validation|check|match\w*)?\b.{0,10}\b(?:failed|mismatch|invalid|does(?: not|n't) match|incorrect|missing)\b/i,
  /\bauthori[sz]ation code\b.{0,40}\b(?:is |was |has )?(?:invalid|expired|already (?:been )?(?:used|redeemed)|not found|unknown)\b/i,
];
/** Causes of their own say more. */
const OTHER = /\binvalid_client\b|\bredirect[_ ]?ur[il]|\binvalid_target\b|\brefresh[_ ]token\b/i;

export default defineCause({
  id: 'auth-token-request-refused',
  title: 'The token endpoint refuses to exchange the code for a token',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Token exchange failed',
    'unsupported_grant_type',
    'invalid_grant',
    'HTTP 500: Invalid OAuth error response',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED],
  live: fromWalk('auth-token-request-refused'),

  match(given): Match<{ url: string | null; error: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const hit = find(
      signInWords(given).filter(({ text }) => !OTHER.test(text)),
      ...SAID,
    );
    if (!hit) return null;
    return {
      certainty: 'likely',
      cites: [hit.line.at],
      facts: {
        url: given.endpoint?.asked.url ?? targetOf(given) ?? null,
        error: CODES.exec(hit.line.text)?.groups?.code ?? null,
      },
    };
  },
  say: ({ url, error }) =>
    `The sign-in for ${url ?? 'the server'} led to a code, but the token endpoint of its authorization server does not give a token for it${error === null ? '' : ` (${error})`}.`,
  fix: ({ error }) => [
    error === 'unsupported_grant_type'
      ? {
          say: 'Let the authorization server allow this client the authorization-code grant (and refresh_token, if it is to stay signed in).',
          edit: {
            file: 'the client at the authorization server',
            at: 'grant_types',
            to: '"grant_types": ["authorization_code", "refresh_token"]',
          },
        }
      : {
          say: 'Read the log of the authorization server: the token endpoint knows why it refuses the code (used twice, expired, another redirect address, a code_verifier that does not fit).',
        },
    { say: 'Sign in once more: a code is valid for one use and about a minute.' },
  ],
  why: 'The last step of a sign-in is a request of the client to the token endpoint, out of sight of the browser. The page says that all went well by then; what fails afterwards shows only in the client, mostly as the bare error code.',
  refs: ['https://www.rfc-editor.org/rfc/rfc6749#section-5.2', 'https://www.rfc-editor.org/rfc/rfc7636#section-4.6'],
  examples: [
    {
      name: 'a grant that is not allowed',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'Token exchange failed: HTTP 400 unsupported_grant_type' },
    },
    {
      name: 'PKCE',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: '{"error":"invalid_grant","error_description":"PKCE verification failed"}',
      },
    },
    {
      name: 'a renewal',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'invalid_grant: refresh token is invalid' },
    },
    {
      name: 'a client that is not known',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'token request failed: invalid_client' },
    },
  ],
});
