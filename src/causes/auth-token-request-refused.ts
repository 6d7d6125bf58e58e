import type { Evidence } from '../case/evidence.js';
import { afterSignIn } from './after-sign-in.js';
import { requestsIn } from './answers.js';
import { defineCause, type FixStep, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, signInWords, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find, type Line } from './words.js';

const CODES =
  /\b(?<code>unsupported_grant_type|invalid_grant|invalid_request|invalid_client|unauthorized_client|server_error|incorrect_client_credentials|bad_verification_code|AADSTS\d{4,8})\b/;
const SAID = [
  /\b(?:token|code) (?:exchange|request)\b.{0,40}\b(?:failed|rejected|refused|error|denied|[45]\d\d)\b/i,
  /\b(?:failed|unable|error|could(?: not|n't)|cannot) (?:to )?exchang(?:e|ing) (?:the )?(?:authori[sz]ation )?(?:code|token)/i,
];
/** Causes of their own say more. */
const OTHER = /\binvalid_client\b|\bredirect[_ ]?ur[il]|\binvalid_target\b|\brefresh[_ ]token\b/i;

type Kind = 'client' | 'verifier' | 'grant' | 'answer' | 'code' | 'other';

/** Why the token endpoint refuses, by its words. */
const KINDS: [Kind, RegExp][] = [
  ['verifier', /\bverifier\b|\bPKCE\b|\bcode challenge\b|\bAADSTS(?:50148|501481|7000114)\b/i],
  ['grant', /\bunsupported_grant_type\b|\bUnsupportedGrantType/i],
  [
    'client',
    /\bclient[_ ]?(?:secret|auth\w*|assertion|credentials|id)\b|\binvalid_client\b|\bclient_secret_|\bunauthorized_client\b|\bAADSTS(?:70002\w+|700025|90023)\b|\bone mechanism\b/i,
  ],
  [
    'answer',
    /\b(?:response|answer)\b.{0,60}\b(?:pars\w*|JSON|HTML|missing|invalid|access_token)|\bparse\b|\baccess_token\b/i,
  ],
  ['code', /\bcode\b|\binvalid_grant\b/i],
];

const SAYS: Record<Kind, string> = {
  client: 'it does not accept how the client proves who it is (client id, secret, and where they stand in the request)',
  verifier: 'the code_verifier does not fit the code_challenge with which the sign-in began',
  grant: 'this client may not use this grant',
  answer: 'its answer is no token response that a client can read',
  code: 'the code is used, too old, or was issued for another client or redirect address',
  other: 'it refuses the request',
};

const CURES: Record<Kind, FixStep> = {
  client: {
    say: 'Let both sides agree how the client proves who it is: a client without a secret is registered with "none", one with a secret sends it as its registration says; an authorization server must take every method that its metadata names.',
    edit: {
      file: 'the authorization-server metadata',
      at: 'token_endpoint_auth_methods_supported',
      to: '"token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"]',
    },
  },
  verifier: {
    say: 'Sign in once more in one client only: a second attempt overwrites the verifier of the first. If it ends so again, the authorization server, or a proxy for one, keeps the code_challenge of another request or hashes it otherwise than S256.',
  },
  grant: {
    say: 'Let the authorization server allow this client the authorization-code grant (and refresh_token, if it is to stay signed in).',
    edit: {
      file: 'the client at the authorization server',
      at: 'grant_types',
      to: '"grant_types": ["authorization_code", "refresh_token"]',
    },
  },
  answer: {
    say: 'Let the token endpoint answer in JSON, errors as well (GitHub answers form data unless it is asked with Accept: application/json):',
    edit: {
      file: 'the answer of the token endpoint',
      to: 'Content-Type: application/json  {"access_token": "...", "token_type": "Bearer", "expires_in": 3600}',
    },
  },
  code: {
    say: 'Sign in once more: a code is valid for one use and about a minute, for the client and the redirect address that asked for it. If it ends so again, two instances of the client or of the server share the work and not the codes.',
  },
  other: {
    say: 'Read the log of the authorization server: the token endpoint knows why it refuses (code used twice, expired, another redirect address, a code_verifier that does not fit, a secret that is wrong).',
  },
};

/** The token endpoint refuses in a log of requests, and never gives a token there. */
function refusedToken(given: Partial<Evidence>): Line | undefined {
  const asked = requestsIn(given).filter(({ method, path }) => method === 'POST' && /\/token\/?$/i.test(path));
  return asked.some(({ status }) => status < 400) ? undefined : asked[0]?.line;
}

export default defineCause({
  id: 'auth-token-request-refused',
  title: 'The token endpoint refuses to exchange the code for a token',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Token exchange failed',
    'Token exchange failed: HTTP 400',
    'unsupported_grant_type',
    'invalid_grant',
    'InvalidGrantError: code_verifier does not match the challenge',
    'Invalid client_secret',
    'AADSTS7000218',
    'mcp_token_exchange_failed',
    'HTTP 500: Invalid OAuth error response',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED, 'auth-metadata-missing'],
  live: fromWalk('auth-token-request-refused'),

  match(given): Match<{
    url: string | null;
    error: string | null;
    kind: Kind;
    means: string | null;
    place: string | null;
  }> | null {
    if (isOwnSignIn(given)) return null;
    const told = toldError(given, 'auth-token-request-refused');
    const hit = find(
      wordsFor(given, 'auth-token-request-refused').filter(({ text }) => !OTHER.test(text)),
      ...SAID,
    );
    const bare =
      told || hit ? undefined : find(signInWords(given), /(?<![\w-])(?:invalid_grant|InvalidGrant\w*)(?![\w-])/)?.line;
    const line =
      told?.line ??
      hit?.line ??
      (given.reported ? refusedToken(given) : undefined) ??
      (bare && !/refresh/i.test(bare.text) ? bare : undefined);
    // A token came: what failed then was another request, told in the same sentence.
    if (!line || (!CODES.test(line.text) && afterSignIn(given))) return null;
    const kind = KINDS.find(([, form]) => form.test(line.text))?.[0] ?? 'other';
    return {
      certainty: told?.first === false || line === bare ? 'possible' : 'likely',
      cites: [line.at],
      facts: {
        url: given.endpoint?.asked.url ?? targetOf(given) ?? null,
        error: CODES.exec(line.text)?.groups?.code ?? null,
        kind,
        means: told?.means ?? null,
        place: placeOf(given, kind === 'client' ? 'secret' : 'redirect'),
      },
    };
  },
  say: ({ url, error, kind, means }) =>
    `The sign-in for ${url ?? 'the server'} led to a code, but the token endpoint of its authorization server does not give a token for it${error === null ? '' : ` (${error})`}: ${means ?? SAYS[kind as Kind]}.`,
  fix: ({ kind, place, means }) => [
    ...(place !== null && (kind === 'client' || means !== null)
      ? [{ say: `Set it right at the authorization server: ${place}.` }]
      : []),
    CURES[kind as Kind],
    ...(kind === 'code' || kind === 'other'
      ? []
      : [{ say: 'Then sign in once more: a code is valid for one use and about a minute.' }]),
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
      name: 'mcp-remote',
      finds: true,
      symptoms: {
        client: 'mcp-remote',
        url: 'https://acme.dev/mcp',
        stderr:
          '[47793] Completing authorization...\n[47793] Authorization error: InvalidGrantError: code_verifier does not match the challenge',
      },
    },
    {
      name: 'a server that reads the secret elsewhere',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', body: '{"error": "invalid_client", "error_description": "Missing client_id"}' },
      },
    },
    {
      name: 'Entra ID, for the wrong kind of application',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "Token exchange failed: AADSTS9002326: Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
      },
    },
    {
      name: 'an answer that is no token',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Failed to parse token response: missing field `access_token`',
      },
    },
    {
      name: 'the sign-in of a stdio server',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'Error: Token exchange failed: invalid client_secret', exitCode: 1 },
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
    {
      name: 'a walk: the grant is not allowed',
      finds: true,
      evidence: signedInWalk({
        grants: [
          {
            grant: 'authorization_code',
            exchange: 5,
            outcome: 'refused',
            status: 400,
            error: 'unsupported_grant_type',
            refreshToken: false,
          },
        ],
        access: [],
      }),
    },
    {
      name: 'a walk with a token',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
