import { afterSignIn } from './after-sign-in.js';
import { answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { refusedToken } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const VALUE = String.raw`["'\`\[(]{0,3}(?<NAME>[^\s"'\`\])(,;]{4,200})`;
const value = (name: string): string => VALUE.replace('NAME', name);

const SAID = [
  new RegExp(
    String.raw`\b(?:aud|audience)s?\b[^\n]{0,60}?\baud["']?\s?[=:]\s?${value('got')}[^\n]{0,60}?\bexpected:? ${value('wanted')}`,
    'i',
  ),
  new RegExp(
    String.raw`\b(?:aud|audience)s?\b[^\n]{0,60}\bexpected:? ${value('wanted')}[^\n]{0,40}?\b(?:got|received|but was|found|actual):? ${value('got')}`,
    'i',
  ),
  /\b(?:aud|audience)s?\b["'`]?[^\n]{0,80}\b(?:mismatch\w*|invalid|does(?: not|n't) match|did not match|not (?:allowed|valid|accepted|match\w*|expected|include\w*|contain\w*|permitted)|unexpected|incorrect|wrong|rejected|is missing|not in|validation failed|check failed|claim (?:is )?(?:missing|required)|expected)\b/i,
  /\b(?:invalid|wrong|unexpected|mismatch(?:ed|ing)?|incorrect|bad|missing)\b.{0,30}\b(?:aud|audience)s?\b|InvalidAudience\w*|\bclaim:? ['"`]aud['"`]|\bcheck_failed\b.{0,40}\baud\b|\bIDX10214\b|\bIDX10206\b|\bAudienceNotAllowed\b/i,
  /\b(?:aud|audience)\b.{0,20}\b(?:is not|isn't|not) (?:equal|the same|one of)\b|\b(?:another|different|foreign|other) audience\b/i,
  /\b(?:token|JWT|credentials?)\b.{0,40}\b(?:was |were |is )?(?:not (?:issued|intended|meant|minted)|issued|minted) for (?:this|another|a different|the wrong) (?:protected |MCP )?(?:resource|audience|server|client|api)/i,
  /(?<![\w-])(?:aud|audience)s?\b[^\n]{0,80}(?:\b(?:wanted|wants?|expects?|expected|is(?: not|n't)|was(?: not|n't)|must (?:be|contain|include|match)|should (?:be|contain|include)|instead of|rather than|but (?:the )?(?:server|resource|API))\b|!==?|≠)/i,
  /\b(?:expect(?:s|ed|ing)?|want(?:s|ed)?|requires?|accepts?|needs?|checks?|validates?)\b[^\n]{0,30}\b(?:aud|audience)s?\b[^\n]{0,80}\b(?:got|received|found|but|has|have|contains?|instead|is|was|not)\b/i,
  /\b(?:aud|audience)s?\b[^\n]{0,20}(?:不匹配|无效|無効|不正|一致しない|stimmt nicht|ungültig|inválid[oa]|invalide|неверн|не совпадает)/i,
];
/** Credentials that were just issued are refused: whoever checks them wants another audience than whoever issued them. */
const FRESH =
  /\bGot new credentials, but\b.{0,80}\brejected\b|\breturned 401 after successful auth\w*|\b(?:rejected|refused) (?:the )?(?:credentials|token)s? (?:it|that (?:it|were|was)) just issued\b|\b(?:fresh|new(?:ly issued)?|valid) (?:access )?token\b.{0,60}\b(?:rejected|refused|401)\b|\b(?:login|sign-?in|oauth|auth\w*|handshake) (?:succeed(?:s|ed)|complete[sd]?|works|is successful)\b.{0,80}\b(?:401|invalid_token|rejected|unauthori[sz]ed)\b/i;
/** Beside a 401 somebody quotes what the token says. */
const CLAIM = /(?<![\w-])"?\baud"?\s?[=:]\s?["'[]{0,2}[\w:/.-]{3,}/;
const HOSTED = /\bMcpAuthorizationError\b/;
/** A token for nobody: no audience at all. */
const EMPTY = /(?<![\w-])"?\baud"?\s?[=:]\s?(?:\[\s?\]|""|null\b|undefined\b|None\b)/;

export default defineCause({
  id: 'auth-audience-mismatch',
  title: 'The token was issued for another audience than the one the server checks',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'invalid_token',
    'Got new credentials, but <server> rejected them on reconnect',
    'Server returned 401 after successful authentication',
    'Token audience mismatch',
    'IDX10214: Audience validation failed',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED, 'auth-metadata-missing', 'http-server-error'],
  live: fromWalk('auth-audience-mismatch'),

  match(given): Match<{
    url: string | null;
    got: string | null;
    wanted: string | null;
    shown: boolean;
    place: string | null;
  }> | null {
    if (isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const told = toldError(given, 'auth-audience-mismatch');
    const lines = wordsFor(given, 'auth-audience-mismatch');
    const hit = find(lines, ...SAID);
    const fresh = hit ? null : find(lines, FRESH);
    const shown =
      answers(given).some(({ exchange: { status } }) => status === 401) ||
      // The claim may be all that was pasted.
      lines.every(({ text }) => CLAIM.test(text)) ||
      lines.some(({ text }) => /\b401\b/.test(text))
        ? find(lines, CLAIM)
        : null;
    const empty = hit ? null : find(lines, EMPTY);
    const hosted = hit || fresh ? null : find(lines, HOSTED);
    // The sign-in gave a token, and the server, asked with it, says no.
    const after = hit || told ? null : afterSignIn(given);
    const refused = after && /^(?:unauthorized|forbidden)$/.test(after.came) ? after : null;
    const line = (hit ?? fresh ?? shown ?? empty)?.line ?? told?.line ?? refused?.line ?? hosted?.line;
    if (!line) return null;
    return {
      certainty:
        told?.first === false ||
        (line === refused?.line && refused?.came === 'forbidden') ||
        (line === hosted?.line && !answers(given).some(({ exchange: { status } }) => status === 401))
          ? 'possible'
          : 'likely',
      cites: [line.at],
      facts: {
        url,
        got: hit?.groups.got ?? null,
        wanted: hit?.groups.wanted ?? null,
        shown: hit !== null || line === told?.line || line === empty?.line,
        place: placeOf(given, 'audience'),
      },
    };
  },
  say: ({ url, got, wanted, shown }) =>
    shown
      ? `The token is for ${got === null ? 'another audience' : `the audience ${got}`}, but ${url ?? 'the server'} accepts ${wanted === null ? 'only tokens for itself' : `only ${wanted}`}.`
      : `The sign-in succeeds, and ${url ?? 'the server'} then refuses the token it led to: most often the token names another audience (aud) than the server checks.`,
  fix: ({ wanted, url, place }) => {
    const right = wanted ?? url ?? 'https://<host>/mcp';
    return [
      {
        say: 'See what the token says (the part between the dots, decoded), and compare aud with what the server checks:',
        run: "node -p \"JSON.parse(Buffer.from(process.env.TOKEN.split('.')[1], 'base64url')).aud\"",
      },
      {
        say: `Let the authorization server put the URL of the MCP server into aud: ${place ?? 'a resource indicator (RFC 8707), or an audience mapper (Keycloak), an API with that identifier (Auth0, Entra ID), a resource of that name (WorkOS)'}:`,
        edit: { file: 'the authorization server', at: 'audience', to: `"aud": "${right}"` },
      },
      {
        say: 'Or let the server check the audience that its provider really issues, besides its own URL:',
        edit: { file: 'the code of the server', to: `JWTVerifier(..., audience=["${right}", "<client id>"])` },
      },
    ];
  },
  why: 'A resource server must refuse tokens that were issued for somebody else. The name it checks, the resource that the client asks for and the audience that the provider writes into the token are set in three places; providers without resource indicators write the client id. Signing in again gives the same token, so it never helps.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#token-handling',
    'https://www.rfc-editor.org/rfc/rfc8707#section-2.2',
    'https://github.com/MCPJam/inspector/pull/3879',
  ],
  examples: [
    {
      name: 'a log: the token was given, and then refused',
      finds: true,
      symptoms: { transport: 'streamable-http', serverLog: 'POST /token 200\nPOST /mcp 401' },
    },
    {
      name: 'a log: the token was given and accepted',
      finds: false,
      symptoms: { transport: 'streamable-http', serverLog: 'POST /mcp 401\nPOST /token 200\nPOST /mcp 200' },
    },
    {
      name: 'both are named',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "Token audience mismatch: token aud=[feee1fb3b05b4e33], expected 'https://acme.dev/mcp'",
      },
    },
    {
      name: 'ASP.NET',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'Microsoft.IdentityModel.Tokens.SecurityTokenInvalidAudienceException: IDX10214: Audience validation failed.',
      },
    },
    {
      name: 'Claude Code, with a token that is new',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        clientError: 'Got new credentials, but acme rejected them on reconnect. Try re-authenticating.',
        http: { status: 401, body: 'invalid_token' },
      },
    },
    {
      name: 'the challenge of a server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 401,
          headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="Invalid audience"' },
        },
      },
    },
    {
      name: 'a token that expired',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'HTTP 401: invalid_token: Token has expired' },
    },
    {
      name: 'no token at all',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'HTTP 401: Missing Authorization header' },
    },
    {
      name: 'a walk: a fresh token for somebody else',
      finds: true,
      evidence: refusedToken({
        format: 'jwt',
        issuer: 'https://auth.acme.dev',
        audience: ['client-7'],
        expiresInS: 3_600,
      }),
    },
    {
      name: 'a walk: a fresh token that has expired',
      finds: false,
      evidence: refusedToken({ format: 'jwt', audience: ['client-7'], expiresInS: -5 }),
    },
  ],
});
