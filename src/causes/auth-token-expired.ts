import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { entryCarries } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { refusedCredentials, signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';
import { find } from './words.js';

type What = 'expired' | 'refresh';

/** The server, or the client, says that the time of the token is over. */
const EXPIRED = [
  /\b(?:token|jwt|bearer)\b.{0,30}\b(?:expired|exp(?:\b.{0,12}\bnot (?:satisfied|valid|met)))\b|(?:令牌|[Tt]oken|トークン|토큰|凭证|凭据).{0,8}(?:过期|過期|期限切れ|만료|失效)|\b[Tt]oken\b.{0,20}\b(?:abgelaufen|caducad[oa]|expirad[oa]|expiré|scadut[oa])\b|[Тт]окен.{0,12}(?:истёк|истек|просрочен)/i,
  /\b(?:access[_ ]|bearer[_ ]|id[_ ]|auth\w* |oauth |session |jwt )?(?:token|JWT|credentials?)\b["'`]?,? (?:has |have |had |is |was |already )?(?:already )?expired\b|\bexpired[_ ](?:access[_ ]|bearer[_ ]|oauth[_ ])?(?:token|jwt|credentials?)\b|\btoken[_ ]expired\b|\bTokenExpired(?:Error|Exception)?\b|\bExpiredSignature(?:Error)?\b|\bJWTExpired\b|\bIDX10223\b|\bLifetime validation failed\b|\b"exp" claim\b.{0,30}\bfailed\b|\bsignature has expired\b|\bERR_JWT_EXPIRED\b/i,
  /\b(?:re-?auth\w*|sign in again|log in again)\b.{0,60}\bexpir/i,
  /\bauth_revoked\b|\bsession (?:has |is )?expired\b.{0,40}\b(?:re-?auth|re-?connect|log(?:ging)? ?(?:back )?in|sign(?:ing)? ?(?:back )?in)/i,
];
/** The renewal does not work: there is none, or it is refused. */
const REFRESH = [
  /\binvalid_grant\b/i,
  /\brefresh[_ ]tokens?\b[^\n]{0,80}\b(?:expired|invalid|revoked|missing|not (?:found|used|issued|returned|sent|supported|present|stored)|never used|unused|failed|rejected|unknown|consumed|reuse\w*|already (?:been )?used|ignored)\b/i,
  /\b(?:no|missing|without|invalid|expired|unused|ignores?|never uses?)\b.{0,20}\brefresh[_ ]token\b/i,
  /\b(?:failed|unable|cannot|could(?: not|n't)|error) (?:to )?(?:re-?new|refresh)(?:ing)? (?:the |an? |expired )?(?:access |oauth |auth\w* )?(?:token|credentials|session)\b|\btoken refresh (?:failed|error|never|was not|not)\b|\bno refresh (?:is |was )?(?:attempted|performed|sent|made)\b|\b(?:does(?: not|n't)|did(?: not|n't)|never) (?:automatically )?refresh(?:es|ed)?\b|\brefresh(?:ing)? (?:of )?(?:the )?(?:access )?token (?:failed|never)/i,
];
/** Several reasons in one sentence: what servers say to any token they do not take. */
const EITHER =
  /\b(?:invalid|revoked|malformed|missing)\b,? (?:or )?(?:has )?expired\b|\bexpired,? (?:or|and\/or) (?:\w+ ){0,3}(?:invalid|revoked|no longer|malformed)|\binvalid_or_expired\b/i;
/** It works until a time is over, as people note it. */
const LATER =
  /(?:\b(?:after|every|each|within|about|for)|~) ?(?:about |roughly |approximately |around |exactly |~ ?)?(?:an |one |a few |\d+ ?)(?:(?:-|–|to|or) ?\d+ ?)?(?:hours?|hrs?|h|min(?:ute)?s?|days?|weeks?)\b|\baccess token (?:lifetime|ttl)\b|\buntil (?:the )?(?:next )?expiry\b|\b(?:works|worked)\b.{0,40}\buntil\b.{0,30}\bexpir|\btoken (?:lifetime|ttl)\b|\b(?:after|upon|on|at) (?:the )?(?:access )?token(?:'s)? expir\w+/i;
/** What a client notes of the tokens it got: seconds they live, and that none renews them. */
const LIVES = /\bexpires?_?in(?:Value)?["']?\s?[:=]\s?["']?(?<seconds>\d{1,9})\b/i;
const SHORT = 600;
const NO_RENEWAL = /\bhasRefreshToken["']?\s?:\s?false\b|\brefresh_token["']?\s?:\s?(?:null|undefined|"")/i;
/** A good answer of HTTP that holds the refusal of a token: whoever sees no 401 renews nothing. */
const WRAPPED =
  /\b(?:invalid|expired|revoked|unauthori[sz]ed)\b.{0,20}\b(?:access[_ ]|bearer[_ ]|oauth[_ ])?token\b|\b(?:access |bearer |oauth )?token\b.{0,20}\b(?:invalid|expired|revoked|not valid)\b|\bauth\w* failed\b.{0,40}\btoken\b|\b(?:HTTP|status)\W{1,3}401\b.{0,80}\btoken\b/i;
/** The client has nothing left to sign in with, and asks for it. */
const AGAIN =
  /\b(?:every|each) (?:morning|day|hour|night|week|few (?:hours|days|minutes)|time|restart|session|launch|start)\b.{0,60}\b(?:re-?)?(?:auth\w*|log(?:ging)?[ -]?in|sign(?:ing)?[ -]?in|re-?connect|login|consent)\b|\b(?:re-?)?(?:auth\w*|log(?:ging)?[ -]?in|sign(?:ing)?[ -]?in|re-?connect|login)\b.{0,40}\b(?:every|each) (?:morning|day|hour|night|week|few (?:hours|days|minutes)|time|restart|session|launch|start)\b|\b(?:tokens?|credentials|login|session)\b.{0,40}\b(?:lost|gone|forgotten|cleared|wiped|not (?:persist\w*|saved|stored|kept|remembered)|disappear\w*)\b|\bexpires?_at\b.{0,40}\b(?:past|passed|ago|before now|over)\b|\b(?:old|stale|outdated|previous|cached) (?:access |bearer |oauth )?token\b|\bplease (?:re-?connect|re-?auth\w*|sign in again|log ?in again)\b|\bprepareTokenRequest\(\) or authorizationCode is required\b|\b(?:re-?connect|re-?auth\w*)\b.{0,30}\b(?:required|needed|again)\b.{0,30}\b(?:every|each|after|daily|hour)/i;
const HOSTED = /^claude[-. ]?(?:ai|desktop|web|cowork)|^chatgpt|connector/i;
const UNAUTHORIZED =
  /\b401s?\b|unauthori[sz]ed|\bre-?auth|\brequires? auth|\bneeds?[_ ]auth|\blog ?in again|\binvalid_token\b|\bauthenticat/i;

export default defineCause({
  id: 'auth-token-expired',
  title: 'The access token has expired, and no working renewal follows',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'MCP server requires re-authorization (token expired)',
    '401 invalid_token: Token has expired',
    'invalid_grant',
    'Unauthorized, an hour after it worked',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [
    ...FAILED_START,
    ...UNSIGNED,
    'auth-metadata-missing',
    'session-stale-not-404',
    'session-affinity-missing',
    'call-internal-error',
  ],
  live: fromWalk('auth-token-expired'),

  match(given): Match<{ url: string | null; what: What; client: string | null; place: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const facts = { url, client: given.reported?.client ?? null, place: placeOf(given, 'token') };
    const told = toldError(given, 'auth-token-expired');
    const lines = wordsFor(given, 'auth-token-expired');
    // Connectors of a vendor's cloud have no token but from a sign-in: one that is refused has worked before.
    const signsIn = HOSTED.test(given.reported?.client ?? '') && !entryCarries(given).header;
    const expired = find(
      lines.filter(({ text }) => !/\b(?:certificate|cert|session (?:id|not found))\b/i.test(text)),
      ...EXPIRED,
    );
    const renewal = find(lines, ...REFRESH);
    const line = expired?.line ?? renewal?.line ?? told?.line;
    if (line) {
      const either = EITHER.test(line.text) && !renewal && !signsIn;
      // A grant is also invalid when the code was used twice, or the verifier does not fit.
      const code = /\b(?:authori[sz]ation[_ ]code|code[_ ]verifier|PKCE)\b/i.test(line.text);
      const bare = !expired && /^\W*(?:error:?\W*)?invalid_grant\W*$/i.test(line.text);
      return {
        certainty: either || code || bare || told?.first === false ? 'possible' : 'likely',
        cites: [line.at],
        facts: { ...facts, what: renewal || line === told?.line ? 'refresh' : 'expired' },
      };
    }
    const refused =
      lines.some(({ text }) => UNAUTHORIZED.test(text)) ||
      (given.http?.exchanges ?? []).some(({ status }) => status === 401);
    const short = lines.find(({ text }) => Number(LIVES.exec(text)?.groups?.seconds ?? SHORT + 1) <= SHORT);
    const none = find(lines, NO_RENEWAL)?.line;
    if (refused && (short ?? none))
      return {
        certainty: 'likely',
        cites: [(short ?? none)?.at ?? ''],
        facts: { ...facts, what: short ? 'expired' : 'refresh' },
      };
    const later = refused ? find(lines, LATER) : null;
    if (!later) {
      const wrapped = (given.http?.exchanges ?? []).findIndex(
        (one) => wasTold(one) && one.status === 200 && WRAPPED.test(one.body ?? ''),
      );
      const inside =
        wrapped < 0 && lines.some(({ text }) => /\bisError["']?\s?:\s?true\b|\bHTTP\/[\d.]+ 200\b/.test(text))
          ? find(lines, WRAPPED)?.line.at
          : undefined;
      const place = wrapped >= 0 ? at('http', 'exchanges', wrapped, 'body') : inside;
      if (place) return { certainty: 'likely', cites: [place], facts: { ...facts, what: 'expired' } };
      const again = find(lines, AGAIN);
      if (again) return { certainty: 'possible', cites: [again.line.at], facts: { ...facts, what: 'refresh' } };
    }
    return later ? { certainty: 'likely', cites: [later.line.at], facts: { ...facts, what: 'expired' } } : null;
  },
  say: ({ url, what, client }) =>
    what === 'refresh'
      ? `The token for ${url ?? 'the server'} has run out, and the renewal does not work: the refresh token is missing, refused, or ${client ?? 'the client'} does not use it.`
      : `The token that ${client ?? 'the client'} sends to ${url ?? 'the server'} has run out, and it was not renewed.`,
  fix: ({ url, client, what, place }) => {
    const again: [RegExp, { say: string; run?: string }][] = [
      [/claude[-_ ]?code/i, { say: 'Sign in again: in Claude Code /mcp, choose the server, Authenticate.' }],
      [/codex/i, { say: 'Sign in again:', run: 'codex mcp logout <name> && codex mcp login <name>' }],
      [/open-?code/i, { say: 'Sign in again:', run: 'opencode mcp auth <name>' }],
      [
        /mcp-remote/i,
        { say: 'Let the bridge forget the token; it signs in again at the next start:', run: 'rm -rf ~/.mcp-auth' },
      ],
    ];
    return [
      again.find(([is]) => client !== null && is.test(client))?.[1] ?? {
        say: 'Sign in again, or put a new token into the entry where it was set by hand.',
      },
      {
        say: `Let the authorization server issue refresh tokens that live longer than the session (scope offline_access where it wants one), rotate them without a gap, and keep them over restarts.${place === null ? '' : ` There: ${place}.`}`,
      },
      {
        say: 'Let the server answer an expired token with 401, not with 200 and an error of a tool: only that makes a client renew it.',
        edit: {
          file: 'the 401 answer of the server',
          to: 'WWW-Authenticate: Bearer error="invalid_token", error_description="The access token expired"',
        },
      },
      ...(what === 'expired'
        ? [
            {
              say: 'Check the new one, with the token in the environment variable TOKEN:',
              run: `mcp-verdict verify --bearer-env TOKEN ${url ?? '<url>'}`,
            },
          ]
        : []),
    ];
  },
  why: 'Access tokens live for minutes to hours. A client renews them with a refresh token, if it was given one, asked for the scope that brings one, and is told by a 401 that it is time. When one of these is missing, everything works for exactly one lifetime of a token and then fails until somebody signs in again.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc6750#section-3.1',
    'https://www.rfc-editor.org/rfc/rfc6749#section-6',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#token-handling',
  ],
  examples: [
    {
      name: 'the refusal of a token in a good answer',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 200, body: '{"category":"upstream_failure","message":"Invalid access token"}' },
      },
    },
    {
      name: 'a token that was given for an hour',
      finds: false,
      symptoms: { transport: 'streamable-http', serverLog: 'Session created, token expires in 3600 s' },
    },
    {
      name: 'Claude Code',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        clientError: 'MCP server "accounts" requires re-authorization (token expired).',
      },
    },
    {
      name: 'the challenge of a server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 401,
          headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="The access token expired"' },
        },
      },
    },
    {
      name: 'a renewal that is refused',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Token refresh failed: {"error":"invalid_grant","error_description":"refresh token expired"}',
      },
    },
    {
      name: 'it works for a while',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'After 1 hour every call fails with 401 Unauthorized' },
    },
    {
      name: 'a certificate that expired',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'fetch failed: certificate has expired' },
    },
    {
      name: 'a token that was never right',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'HTTP 401: {"error":"invalid_token","message":"Bad credentials"}',
      },
    },
    {
      name: 'the service of a stdio server',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr: 'RefreshError: invalid_grant: Token has been expired or revoked.',
        exitCode: 1,
      },
    },
    {
      name: 'a walk: the token that was given has run out',
      finds: true,
      evidence: refusedCredentials({
        how: 'bearer',
        name: 'authorization',
        scheme: 'Bearer',
        token: { format: 'jwt', audience: ['https://acme.dev/mcp'], expiresInS: -7_300 },
      }),
    },
    {
      name: 'a walk: the renewal is refused',
      finds: true,
      evidence: signedInWalk(({ grants }) => ({
        grants: [
          ...grants,
          {
            grant: 'refresh_token',
            exchange: 5,
            outcome: 'refused',
            status: 400,
            error: 'invalid_grant',
            refreshToken: false,
          },
        ],
      })),
    },
    {
      name: 'a walk with a token that lives',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
