import { answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { challengeOf } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { toldError, wordsFor } from './oauth-errors.js';
import { signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

/** The name of the scope that is missing, where it is told. */
const SCOPE = /\bscopes?["']?\s?[=:]\s?["'[]{0,2}(?<scope>[\w:./ -]{2,200})/i;

const SAID = [
  /\binsufficient[_ -]scopes?\b/i,
  /\b(?:missing|lacks?|requires?|without|needs?) (?:the )?(?:required |following )?(?:OAuth )?scopes?\b/i,
  /\b(?:token|grant)\b.{0,40}\b(?:does(?: not|n't) (?:have|include|carry)|lacks?|is missing)\b.{0,30}\bscopes?\b/i,
];

/** A registration that wants a token of its own is refused in the same words. */
const REGISTRATION = /\bregist(?:er|ration)\b/i;

export default defineCause({
  id: 'auth-insufficient-scope',
  title: 'The token is valid, but it lacks a scope that the request needs',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 403)',
    'insufficient_scope',
    'Server returned 403 after trying upscoping',
    'Insufficient scope',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED],
  live: fromWalk('auth-insufficient-scope'),

  match(given): Match<{ url: string | null; scope: string | null; status: number | null }> | null {
    if (isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    for (const { exchange, at, live } of answers(given)) {
      const { error, scope } = challengeOf(exchange);
      if (error !== 'insufficient_scope' || exchange.credentials === 'none') continue;
      return {
        certainty: live ? 'certain' : 'likely',
        cites: [at],
        facts: { url, scope, status: exchange.status ?? null },
      };
    }
    const told = toldError(given, 'auth-insufficient-scope');
    const hit = find(
      wordsFor(given, 'auth-insufficient-scope').filter(({ text }) => !REGISTRATION.test(text)),
      ...SAID,
    );
    const line = told?.line ?? hit?.line;
    if (!line) return null;
    const scope = SCOPE.exec(line.text)?.groups?.scope ?? null;
    return {
      certainty: told?.first === false ? 'possible' : 'likely',
      cites: [line.at],
      facts: { url, scope, status: null },
    };
  },
  say: ({ url, scope, status }) =>
    `${url ?? 'The server'} knows the credentials but does not allow this with them (${status === null ? '' : `${status}, `}insufficient_scope)${scope ? `: the scope ${scope} is missing` : ''}.`,
  fix: ({ url, scope }) => [
    {
      say: `Sign in again and grant ${scope ? `the scope ${scope}` : 'the scope that the server asks for'}, or issue a token with it and put that into the entry:`,
      edit: { file: 'the client config', at: 'headers', to: '"headers": { "Authorization": "Bearer <new token>" }' },
    },
    {
      say: 'If the server is yours: name the scope in the challenge of the 401 (scope="...") and in scopes_supported of its metadata, so that clients ask for it from the start.',
      edit: {
        file: 'the 401 answer of the server',
        to: `WWW-Authenticate: Bearer resource_metadata="...", scope="${scope ?? '<scope>'}"`,
      },
    },
    {
      say: 'Check the new one, with the token in the environment variable TOKEN:',
      run: `mcp-verdict verify --bearer-env TOKEN ${url ?? '<url>'}`,
    },
  ],
  why: 'A scope is a permission that the user granted to the client. A client asks for those that the 401 of the server names, then for those in its metadata, then for none at all; when the server needs another one for a request, it answers 403 with the name of it. Older clients do not ask again, and show a bare 403.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-challenge-handling',
    'https://www.rfc-editor.org/rfc/rfc6750#section-3.1',
  ],
  examples: [
    {
      name: 'live, a scope is missing',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'sent',
              status: 403,
              headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="mcp:read"' },
            },
          ],
        },
      },
    },
    {
      name: 'the challenge of a server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 403,
          headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="files:read files:write"' },
        },
      },
    },
    {
      name: 'the Python SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'HTTP 403: {"error": "insufficient_scope", "error_description": "Required scope: user"}',
      },
    },
    {
      name: 'a token that is not known',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 401, headers: { authorization: 'Bearer abc' }, body: '{"error":"invalid_token"}' },
      },
    },
    {
      name: 'a scope that the authorization server does not know',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'error=invalid_scope&error_description=Unknown+scope' },
    },
    {
      name: 'a walk: granted less than asked for',
      finds: true,
      evidence: signedInWalk(
        {
          access: [{ with: 'signed-in', exchange: 6, status: 403, error: 'insufficient_scope', scope: 'mcp:admin' }],
        },
        { 6: { status: 403 } },
      ),
    },
    {
      name: 'a walk: the wider scope was granted',
      finds: false,
      evidence: signedInWalk({
        access: [
          { with: 'signed-in', exchange: 5, status: 403, error: 'insufficient_scope', scope: 'mcp:admin' },
          { with: 'stepped-up', exchange: 6, status: 200 },
        ],
      }),
    },
  ],
});
