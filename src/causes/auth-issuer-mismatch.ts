import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { toldError, wordsFor } from './oauth-errors.js';
import { serverDocumentWith, signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, metadata, SIGN_IN, UNSIGNED } from './sign-in.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';
import { find, type Line } from './words.js';

const URL_ = String.raw`["'\`<(]{0,2}(?<NAME>https?://[^\s"'\`<>),;]{3,200})["'\`>)]{0,2}`;
const url = (name: string): string => URL_.replace('NAME', name);

const SAID = [
  // Go, and clients of many makers: "metadata issuer X does not match issuer URL Y"
  new RegExp(
    String.raw`\bissuer:? ${url('got')},? (?:does(?: not|n't) match|did not match|is not|!=|differs from)(?: the)? [^"'\`<\n]{0,60}?${url('wanted')}`,
    'i',
  ),
  // the SDKs and the Inspector: "Issuer mismatch in authorization server metadata (RFC 8414 3.3): expected X, received Y"
  new RegExp(
    String.raw`\bissuer\b.{0,80}\bexpected:? ${url('wanted')},? (?:but )?(?:received|got|found|was|actual):? ${url('got')}`,
    'i',
  ),
  new RegExp(String.raw`\bissuer mismatch:? ${url('got')} (?:!=|<>|vs\.?|≠) ${url('wanted')}`, 'i'),
  // Both are named, and nothing else: the same but for a slash, a scheme or a path.
  new RegExp(
    String.raw`^\W*expected:? ${url('wanted')},? (?:but )?(?:received|got|found|was|actual):? ${url('got')}`,
    'i',
  ),
  /\b(?:missing|without|lacks?|no) (?:the )?(?:required )?(?:issuer|iss)\b(?: parameter)?(?:: expected ['"`]?(?<wanted>https?:\/\/[^\s'"`]{3,200}))?|\bissuer \(iss\)|\biss (?:parameter|value)\b.{0,40}\b(?:mismatch|missing|does not match)\b/i,
  /\bIssuerMismatch(?:Error|Exception)?\b|\bissuer[-_ ]mismatch\b|\bmismatch(?:ed|ing)? (?:metadata )?issuer\b/i,
  /\b(?:metadata|advertised|returned|declared|discovered|authorization server|AS|OAuth|OIDC|provider)\b.{0,60}\bissuer\b.{0,80}\b(?:mismatch|does(?: not|n't) match|did not match|differs?|not (?:identical|equal)|unexpected)\b/i,
  /\bissuer(?: (?:url|uri|identifier|value))? (?:mismatch|does(?: not|n't) match|did not match|is different|differs)\b/i,
  /\b(?:invalid|unexpected|wrong|incorrect) issuer\b.{0,60}\b(?:metadata|discovery|well-known|authorization server)|\badvertised an issuer that does not match\b/i,
];
/** Libraries that check a token say so of its issuer. */
const TOKEN_ISSUER =
  /\bInvalidIssuer\w*|\b(?:unexpected|invalid|wrong|bad)\b.{0,12}["'`]?\b(?:iss|issuer)\b["'`]?|["'`]?\biss(?:uer)?\b["'`]? (?:claim|value)\b.{0,40}\b(?:not|n't|mismatch\w*|invalid|unexpected)\b|\bIDX10205\b|\bIssuer validation failed\b/i;
/** Told of the metadata, in other words. */
const TOLD =
  /\bissuer\b.{0,60}\b(?:does(?: not|n't)|did(?: not|n't)|must|should)\b.{0,6}\b(?:match|equal|be identical)\b|\bissuer\b.{0,40}\btrailing slash\b|\btrailing slash\b.{0,40}\bissuer\b/i;
/** The issuer of a token, which the server checks: credentials that are refused. */
const OF_TOKEN = /\b(?:jwt|token|claim|"?iss"?|IDX10205|bearer)\b/i;

const WANTED = new RegExp(String.raw`^\W*expected\W{1,4}${url('value')}\W*$`, 'i');
const GOT = new RegExp(String.raw`^\W*(?:received|got|found|actual|was)\W{1,4}${url('value')}\W*$`, 'i');
/** The issuer of the response (RFC 9207), and the one of the document, as somebody put them side by side. */
const OF_RESPONSE = /(?:^|[?&\s"'`])iss["'`]?\s?[:=]\s?["'`]?(?<value>https?:\/\/[^\s"'`&]{3,200})/i;
const OF_DOCUMENT = /\bissuer["'`]?\s?[:=]\s?["'`]?(?<value>https?:\/\/[^\s"'`&,}]{3,200})/i;

function pairOf(lines: Line[]): { at: string; wanted: string; got: string } | null {
  for (const [a, b] of [
    [WANTED, GOT],
    [OF_DOCUMENT, OF_RESPONSE],
  ] as const) {
    const [one, two] = [find(lines, a), find(lines, b)];
    const [wanted, got] = [one?.groups.value, two?.groups.value];
    if (one && wanted && got && wanted !== got) return { at: one.line.at, wanted, got };
  }
  return null;
}

export default defineCause({
  id: 'auth-issuer-mismatch',
  title: 'The issuer in the metadata of the authorization server is not the identifier the metadata was fetched for',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Issuer mismatch in authorization server metadata (RFC 8414 3.3)',
    'metadata issuer "https://clerk.acme.dev" does not match issuer URL "https://acme.dev"',
    'IssuerMismatchError',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED, 'auth-metadata-missing', 'auth-registration-unsupported'],
  live: fromWalk('auth-issuer-mismatch'),

  match(given): Match<{ url: string | null; got: string | null; wanted: string | null; token: boolean }> | null {
    if (isOwnSignIn(given)) return null;
    const target = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const found = metadata(given);
    const hit = find(wordsFor(given, 'auth-issuer-mismatch'), ...SAID);
    if (hit) {
      const { got = null, wanted = null } = hit.groups;
      const token = OF_TOKEN.test(hit.match[0]) && !/metadata|RFC ?8414/i.test(hit.line.text);
      return {
        certainty: token ? 'possible' : 'likely',
        cites: [hit.line.at],
        facts: { url: target, got: got ?? found?.issuer ?? null, wanted: wanted ?? found?.servers[0] ?? null, token },
      };
    }
    // Two lines, and each names one of them.
    const pair = pairOf(wordsFor(given, 'auth-issuer-mismatch'));
    if (pair)
      return {
        certainty: 'likely',
        cites: [pair.at],
        facts: { url: target, got: pair.got, wanted: pair.wanted, token: false },
      };
    const told = find(wordsFor(given, 'auth-issuer-mismatch'), TOLD);
    if (told)
      return {
        certainty: OF_TOKEN.test(told.line.text) ? 'possible' : 'likely',
        cites: [told.line.at],
        facts: { url: target, got: found?.issuer ?? null, wanted: null, token: false },
      };
    const judged = toldError(given, 'auth-issuer-mismatch');
    const token = find(wordsFor(given, 'auth-issuer-mismatch'), TOKEN_ISSUER)?.line ?? judged?.line;
    if (token)
      return {
        certainty: judged?.first === false ? 'possible' : 'likely',
        cites: [token.at],
        facts: { url: target, got: null, wanted: null, token: true },
      };
    const { issuer = null, servers = [] } = found ?? {};
    if (!found || issuer === null) return null;
    // Both documents: the server that is advertised, and what it calls itself.
    if (servers.length > 0)
      return servers.includes(issuer)
        ? null
        : {
            certainty: 'likely',
            cites: [found.at],
            facts: { url: target, got: issuer, wanted: servers[0] ?? null, token: false },
          };
    const { status = 200, body = '' } = given.http?.exchanges.find(wasTold) ?? {};
    // Only the issuer was pasted, out of a whole document: that is what was found wrong.
    const alone = status === 200 && !/authorization_endpoint|token_endpoint/.test(body) && body.length < 300;
    return alone
      ? { certainty: 'likely', cites: [found.at], facts: { url: target, got: issuer, wanted: null, token: false } }
      : null;
  },
  say: ({ got, wanted, token }) =>
    token
      ? 'The token names another issuer (iss) than the one the server is told to trust, so the server refuses it: often only by a slash at the end, a tenant, or version 1 against 2 of the same sign-in.'
      : `The metadata of the authorization server calls its issuer ${got ?? 'by another name'}, but it was fetched for ${wanted ?? 'another identifier'}: by RFC 8414 both must be identical, down to the path and the slash at the end, so the client stops.`,
  fix: ({ got, wanted, token }) => [
    ...(token
      ? [
          {
            say: 'See which issuer the token names, and give exactly this to whatever checks it (JWTVerifier: issuer=; Spring: issuer-uri; ASP.NET: ValidIssuer; jose: issuer):',
            run: "node -p \"JSON.parse(Buffer.from(process.env.TOKEN.split('.')[1], 'base64url')).iss\"",
          },
        ]
      : []),
    {
      say: 'Name in the metadata of the MCP server exactly the issuer that the authorization server calls itself:',
      edit: {
        file: 'the protected-resource metadata',
        at: 'authorization_servers',
        to: `"authorization_servers": ["${got ?? 'https://<issuer>'}"]`,
      },
    },
    {
      say: `Or, where the authorization server is yours, let its metadata say the identifier it is asked for${wanted === null ? '' : ` (${wanted})`}: behind a proxy its public address, with the path of the tenant or realm.`,
      edit: {
        file: 'the authorization-server metadata',
        at: 'issuer',
        to: `"issuer": "${wanted ?? 'https://<identifier>'}"`,
      },
    },
    {
      say: 'See what it calls itself:',
      run: `curl -s ${wanted ?? got ?? 'https://<issuer>'}/.well-known/oauth-authorization-server`,
    },
  ],
  why: 'The issuer is the name by which a client knows whom it trusts. When the document fetched for one name claims another, a client must not use it, or a hostile server could put itself in the place of a known one. SDKs before 2026 did not compare the two, so a mismatch shows up with an update of the client.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc8414#section-3.3',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-metadata-discovery',
    'https://github.com/SmartBear/smartbear-mcp/issues/682',
  ],
  examples: [
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError:
          'failed to get authorization server metadata: metadata issuer "https://clerk.acme.dev" does not match issuer URL "https://acme.dev"',
      },
    },
    {
      name: 'the Inspector',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Issuer mismatch in authorization server metadata (RFC 8414 3.3): expected "https://auth.acme.dev/app", received "https://auth.acme.dev"',
      },
    },
    {
      name: 'one slash',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Authentication failed: Authorization server metadata issuer mismatch: https://secure.acme.dev != https://secure.acme.dev/',
      },
    },
    {
      name: 'both documents',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError: '"authorization_servers": ["https://mcp.acme.dev"]\n"issuer": "https://login.acme.dev"',
      },
    },
    {
      name: 'both sides, one below the other',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'codex',
        clientError: 'issuer mismatch:\nexpected https://auth.acme.dev/oauth2\nreceived https://auth.acme.dev/oauth2/',
      },
    },
    {
      name: 'a response without its issuer',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'codex',
        clientError: 'Authorization server response missing required issuer: expected https://auth.acme.dev',
      },
    },
    {
      name: 'documents that agree',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: '"authorization_servers": ["https://login.acme.dev"]\n"issuer": "https://login.acme.dev"',
      },
    },
    {
      name: 'the issuer of a certificate',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'unable to get local issuer certificate; issuer: CN=Acme Root CA',
      },
    },
    {
      name: 'a walk: the document of another issuer',
      finds: true,
      evidence: serverDocumentWith({ issuer: 'https://login.acme.dev' }),
    },
    {
      name: 'a walk: the answer of another issuer',
      finds: true,
      evidence: signedInWalk({
        response: { outcome: 'issuer-mismatch', issuer: 'https://attacker.example', waitedS: 2 },
        grants: [],
        access: [],
      }),
    },
    {
      name: 'a walk with one issuer throughout',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
