import { defineCause, type FixStep, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const SAID = [
  /\b(?:user|resource owner|owner) (?:has )?(?:denied|declined|cancell?ed|rejected)\b/i,
  /\b(?:OAuth |authorization |authentication )?(?:callback|sign-?in|log-?in|authorization)\b.{0,30}\b(?:timed? ?out|timeout)\b|\btimed? ?out (?:waiting for|while waiting for)\b.{0,40}\b(?:callback|authori[sz]ation|sign-?in|browser|code)\b/i,
  /\b(?:OAuth )?state (?:parameter )?(?:mismatch|does(?: not|n't) match|is invalid)\b|\binvalid state\b.{0,20}\b(?:parameter|callback|oauth)/i,
];

type Kind = 'scope' | 'state' | 'consent' | 'client' | 'pkce' | 'nobody' | 'other';

/** What the sign-in ended with, by the words of it. */
const KINDS: [Kind, RegExp][] = [
  ['scope', /\bscopes?\b|\bAADSTS(?:650053|70011|65005\d)\b/i],
  ['state', /\bstate\b|\bcsrf\b/i],
  ['pkce', /\bcode[_ ]challenge\b|\bPKCE\b|\bAADSTS501491\b/i],
  [
    'consent',
    /\bconsent|\bapproval\b|\bdenied\b|\bblocked\b|\bdeclined\b|\bAADSTS(?:65001|65004|9009\d|90008|50105)\b|\bassigned\b|\bpolicy\b|\borg_internal\b|\badmin_policy/i,
  ],
  ['client', /\bunauthorized_client\b|\bunsupported_response_type\b|\bresponse type\b|\bUnauthorizedClient/i],
  ['nobody', /\btime(?:d )? ?out\b|\bno (?:authori[sz]ation )?code\b/i],
];

const CODES =
  /\b(?<code>access_denied|invalid_scope|login_required|consent_required|interaction_required|account_selection_required|unsupported_response_type|temporarily_unavailable|unauthorized_client|server_error|invalid_request|org_internal|admin_policy_enforced|disallowed_useragent|AADSTS\d{4,8})\b/;

const SAYS: Record<Kind, string> = {
  scope: 'the client asks for a scope that the authorization server does not know or does not allow it',
  state: 'the answer that came back from the browser does not belong to the request that the client made (state)',
  consent: 'the account, an administrator or a policy does not let the client in',
  client: 'the authorization server does not allow this client this way of signing in',
  pkce: 'the authorization server wants PKCE, and the client did not use it',
  nobody: 'no code came back to the client',
  other: 'the authorization server refuses it',
};

/** How clients are told which scopes to ask for. */
const ASKS: [RegExp, string][] = [
  [/codex/i, 'codex mcp login <name> --scopes <scope>,<scope>'],
  [/mcp-remote/i, `npx -y mcp-remote <url> --static-oauth-client-metadata '{"scope":"<scope> <scope>"}'`],
];

const CURES: Record<Kind, FixStep> = {
  scope: {
    say: 'Let the metadata of the server name only scopes that the authorization server knows; clients ask for all that stand there:',
    edit: { file: 'the protected-resource metadata', at: 'scopes_supported', to: '"scopes_supported": ["<scope>"]' },
  },
  state: {
    say: 'Start the sign-in once more, in one window and one client only, and let nothing else listen on the callback port; if it ends so again, let the authorization server return state unchanged, in errors as well.',
  },
  consent: {
    say: 'Sign in with an account that may use this server and grant what is asked for, or let an administrator approve the client.',
  },
  client: {
    say: 'Let the authorization server allow this client the authorization-code grant with response type code:',
    edit: {
      file: 'the client at the authorization server',
      to: '"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"]',
    },
  },
  pkce: { say: 'Update the client: every MCP client has to use PKCE with S256.' },
  nobody: {
    say: 'Sign in once more and finish it in the browser, on the machine on which the client runs: the code comes back to an address of that machine.',
  },
  other: { say: 'Sign in once more; the page in the browser and the log of the authorization server name the reason.' },
};

export default defineCause({
  id: 'auth-sign-in-refused',
  title: 'The sign-in itself ends without a code',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'access_denied',
    'invalid_scope',
    'OAuth callback timeout',
    'State mismatch',
    'OAuth state mismatch - possible CSRF attack',
    'Invalid or expired state parameter - potential CSRF attack',
    'Authorization timed out',
    'AADSTS90094: The grant requires admin permission',
    'AADSTS65001',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED],
  live: fromWalk('auth-sign-in-refused'),

  match(given): Match<{
    url: string | null;
    error: string | null;
    kind: Kind;
    means: string | null;
    place: string | null;
    client: string | null;
  }> | null {
    if (isOwnSignIn(given)) return null;
    const told = toldError(given, 'auth-sign-in-refused');
    const line = told?.line ?? find(wordsFor(given, 'auth-sign-in-refused'), ...SAID)?.line;
    if (!line) return null;
    const kind = KINDS.find(([, form]) => form.test(`${line.text} ${told?.means ?? ''}`))?.[0] ?? 'other';
    return {
      certainty: told?.first === false ? 'possible' : 'likely',
      cites: [line.at],
      facts: {
        url: given.endpoint?.asked.url ?? targetOf(given) ?? null,
        error: CODES.exec(line.text)?.groups?.code ?? null,
        kind,
        means: told?.means ?? null,
        place: placeOf(given, kind === 'scope' ? 'scope' : 'consent'),
        client: given.reported?.client ?? null,
      },
    };
  },
  say: ({ url, error, kind, means }) =>
    `The sign-in for ${url ?? 'the server'} ends at the authorization request${error === null ? '' : ` with ${error}`}: ${means ?? SAYS[kind as Kind]}.`,
  fix: ({ kind, place, client, url }) => {
    const asks = kind === 'scope' && client !== null ? ASKS.find(([is]) => is.test(client))?.[1] : undefined;
    return [
      ...(kind === 'consent' && place !== null ? [{ say: `Allow it at the authorization server: ${place}.` }] : []),
      CURES[kind as Kind],
      ...(kind === 'scope' && place !== null
        ? [{ say: `Or let the authorization server know the scope and allow it to this client: ${place}.` }]
        : []),
      ...(asks === undefined
        ? []
        : [{ say: `Or let ${client} ask for other scopes:`, run: asks.replace('<url>', url ?? '<url>') }]),
      ...(kind === 'other' || kind === 'state'
        ? []
        : [
            {
              say: 'If it ends so again, the log of the authorization server names the reason: a policy, a missing consent, a client that is not allowed this grant.',
            },
          ]),
    ];
  },
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
      name: 'opencode, where another program has the port',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'opencode',
        clientError: 'Authorization Failed\nInvalid or expired state parameter - potential CSRF attack',
      },
    },
    {
      name: 'Entra ID wants an administrator',
      finds: true,
      symptoms: { transport: 'streamable-http', client: 'claude-ai', clientError: 'Need admin approval (AADSTS90094)' },
    },
    {
      name: 'a page of Google',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Access blocked: acme has not completed the Google verification process. Error 403: access_denied',
      },
    },
    {
      name: 'a state that is none of OAuth',
      finds: false,
      symptoms: { transport: 'streamable-http', serverLog: 'Error: invalid state: session not initialized' },
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
    {
      name: 'a walk: nobody signed in',
      finds: true,
      evidence: signedInWalk({ response: { outcome: 'none', waitedS: 300 }, grants: [], access: [] }),
    },
    {
      name: 'a walk with a sign-in',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
