/** The words for faults of the sign-in, of the token and of its renewal. See oauth-words.ts. */
import type { Facts, FixStep } from './cause.js';
import type { FaultId } from './oauth-faults.js';
import { again, later, pasteable, text, told } from './oauth-tell.js';
import type { Words } from './oauth-words.js';

export const signIn: FixStep = { say: 'Check it again:', run: 'mcp-verdict verify --auth oauth <url>' };
export const server = (facts: Facts): string => text(facts, 'url', 'the server');
const error = (facts: Facts): string =>
  `${text(facts, 'error') ? ` (${text(facts, 'error')})` : ''}${told(text(facts, 'description'))}`;
const brief = (facts: Facts): string =>
  [text(facts, 'error'), text(facts, 'description')].filter(Boolean).join(': ') || 'refused';
/** No code of OAuth was said: an error of a moment, a rate limit, a firewall, or the fault behind a status. */
const passing = (facts: Facts): FixStep[] => [
  later,
  {
    say: `If it stays so, the log of the authorization server, or of the firewall before it, holds the reason${text(facts, 'status') ? ` for the ${text(facts, 'status')}` : ''}.`,
  },
];
const refusedFix = (facts: Facts): FixStep[] => {
  const code = text(facts, 'error');
  const scope = text(facts, 'scope');
  if (facts.passing) return passing(facts);
  if (code === 'invalid_scope')
    return [
      ...(facts.how === 'given'
        ? [
            {
              say: 'Let the authorization server allow the client these scopes:',
              edit: { file: 'the client at the authorization server', at: 'scope', to: `"scope": "${scope}"` },
            },
          ]
        : []),
      facts.scopeFrom === 'given'
        ? { say: `Ask for scopes that the authorization server knows; it was asked for "${scope}".` }
        : {
            say: 'Let the MCP server name only scopes that the authorization server knows and grants to every client, or none:',
            edit: {
              file:
                facts.scopeFrom === 'challenge' ? 'the 401 answer of the server' : 'the protected-resource metadata',
              at: facts.scopeFrom === 'challenge' ? 'www-authenticate' : 'scopes_supported',
              to: facts.scopeFrom === 'challenge' ? 'scope="<known scopes>"' : '"scopes_supported": ["<known scope>"]',
            },
          },
      signIn,
    ];
  if (code === 'access_denied' || /^(?:login|consent|interaction)_required$/.test(code))
    return [
      {
        say: 'Sign in once more with an account that may use this server, and grant what is asked for; where an administrator must consent first, ask for that:',
        run: 'mcp-verdict verify --auth oauth <url>',
      },
      {
        say: 'If it is refused although you granted it, the log of the authorization server names the policy that does so.',
      },
    ];
  return [
    {
      say: `Look into the log of the authorization server for the reason${code ? ` of "${code}"` : ''}: the client must be allowed the authorization code grant, with PKCE (S256) and the resource parameter.`,
    },
    signIn,
  ];
};

export const SIGN_IN_WORDS = {
  'redirect-uri-refused': {
    short: (facts) => `refuses the redirect URI ${text(facts, 'sent')}`,
    say: (facts) =>
      `The authorization server refuses the redirect URI ${text(facts, 'sent', 'of the client')}${text(facts, 'client') ? ` for the client ${text(facts, 'client')}` : ''}${error(facts)}.`,
    fix: (facts) => [
      facts.step === 'registration'
        ? {
            say: 'Let the registration endpoint take http redirect URIs of this machine (127.0.0.1, [::1], localhost): native clients listen there, as RFC 8252 section 7.3 has it:',
            edit: {
              file: 'the registration endpoint',
              at: 'redirect_uris',
              to: '"redirect_uris": ["http://127.0.0.1:<port>/callback"]',
            },
          }
        : {
            say: 'Register the redirect URI exactly as it is sent, with scheme, host, port and path:',
            edit: {
              file: 'the client at the authorization server',
              at: 'redirect_uris',
              to: `"redirect_uris": ["${text(facts, 'sent', 'http://127.0.0.1:<port>/callback')}"]`,
            },
          },
      {
        say: 'Where the authorization server is yours, ignore the port of loopback addresses, as RFC 8252 section 7.3 asks: native clients open another one each time.',
      },
      signIn,
    ],
  },
  'client-unknown': {
    short: (facts) => `does not know the client ${text(facts, 'client')}`,
    say: (facts) =>
      `The authorization server does not know the client ${text(facts, 'client', 'id')}${facts.how === 'given' ? ' that was given' : facts.how === 'stored' ? ' that it registered earlier' : ' that it has just registered'}${error(facts)}.`,
    fix: (facts) => [
      facts.how === 'given'
        ? {
            say: 'Give the id of a client that is registered at this very authorization server (this tenant, this realm), or none at all where it offers registration:',
            run: 'mcp-verdict verify --auth oauth --client-id <client id> <url>',
          }
        : facts.how === 'stored'
          ? {
              say: 'Forget the registration and sign in anew; the client registers again:',
              run: 'mcp-verdict auth logout <url> && mcp-verdict verify --auth oauth <url>',
            }
          : {
              say: 'Let the registration endpoint and the authorization endpoint share one store: with several replicas, or one in memory, the registration is lost at once.',
            },
      {
        say: 'If the authorization server is yours: keep registrations in a store that outlives restarts and is shared by all replicas, and answer 401 invalid_client at the token endpoint, upon which clients register anew.',
      },
    ],
  },
  'client-authentication-refused': {
    short: (facts) => `refuses how the client ${text(facts, 'client')} proves itself`,
    say: (facts) =>
      `The token endpoint does not accept the proof of the client ${text(facts, 'client', 'id')}${text(facts, 'method') ? ` (${text(facts, 'method')})` : ''}${error(facts)}. Its secret is wrong, or it is sent in another way than the one registered.`,
    fix: (facts) => [
      ...(facts.how === 'given'
        ? [
            {
              say: 'Give the secret that belongs to the client id, from the page of the client at the authorization server, in the environment variable SECRET:',
              run: 'mcp-verdict verify --auth oauth --client-id <client id> --client-secret-env SECRET <url>',
            },
          ]
        : []),
      {
        say: `${facts.how === 'given' ? 'If the secret is right, let' : 'Let'} the authorization server say in its metadata in which ways clients prove themselves, and take those: by RFC 8414 a client that is told nothing uses client_secret_basic.`,
        edit: {
          file: 'the authorization-server metadata',
          at: 'token_endpoint_auth_methods_supported',
          to: '"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"]',
        },
      },
      ...(facts.how === 'given' ? [] : [signIn]),
    ],
  },
  'target-refused': {
    short: (facts) => `refuses the resource ${text(facts, 'wanted')}`,
    say: (facts) =>
      `The authorization server does not accept the resource ${text(facts, 'wanted')}, for which the client asks a token${error(facts)}: it knows the server under another identifier, or not at all.`,
    fix: (facts) => [
      {
        say: 'Make the server known to the authorization server under exactly this identifier (an API, a resource server, an allowed resource):',
        edit: { file: 'the authorization server', at: 'resource', to: text(facts, 'wanted') },
      },
      {
        say: 'Or let the metadata of the MCP server name the identifier that the authorization server has for it, if that is its URL.',
      },
      signIn,
    ],
  },
  'authorization-refused': {
    short: brief,
    say: (facts) =>
      `The authorization endpoint ${facts.page ? `shows an error page${text(facts, 'status') ? ` (HTTP ${text(facts, 'status')})` : ''}` : 'refuses the request'} before anybody can sign in${error(facts)}.`,
    fix: refusedFix,
  },
  'authorization-unanswered': {
    short: () => 'the authorization endpoint does not answer',
    say: (facts) => `The authorization endpoint ${text(facts, 'endpoint')} does not answer${told(text(facts, 'why'))}.`,
    fix: (facts) => [
      {
        say: 'Start the authorization server, or name the right address in its metadata:',
        run: `curl -i ${pasteable(text(facts, 'endpoint'), '<authorization endpoint>')}`,
      },
      signIn,
    ],
  },
  'response-error': {
    short: brief,
    say: (facts) => `The sign-in came back with an error${error(facts)}.`,
    fix: refusedFix,
  },
  'response-state': {
    short: () => 'came back with a state that is not ours',
    say: () =>
      'What came back to the redirect URI carries another state than the one that was sent: it is the answer to another sign-in, an old tab, or somebody who forged it. The code was not used.',
    fix: () => [
      { say: 'Close old tabs of this sign-in and sign in once more:', run: 'mcp-verdict verify --auth oauth <url>' },
      {
        say: 'If it happens again, let the authorization server send the parameter state back unchanged (RFC 6749 section 4.1.2).',
      },
    ],
  },
  'response-issuer': {
    short: (facts) => (text(facts, 'got') ? `came back from ${text(facts, 'got')}` : 'came back without iss'),
    say: (facts) =>
      text(facts, 'got')
        ? `The answer to the sign-in names the issuer ${text(facts, 'got')}, but ${text(facts, 'wanted')} was asked: it comes from another authorization server (a mix-up, RFC 9207). The code was not used.`
        : `The answer to the sign-in does not name its issuer (iss), although the metadata of ${text(facts, 'wanted')} promises it: it may come from another authorization server (RFC 9207). The code was not used.`,
    fix: (facts) => [
      {
        say: 'Let the authorization endpoint send the parameter iss with exactly the issuer of its metadata:',
        edit: { file: 'the authorization response', at: 'iss', to: `iss=${text(facts, 'wanted')}` },
      },
      signIn,
    ],
  },
  'response-invalid': {
    short: (facts) => text(facts, 'description') || 'came back with neither a code nor an error',
    say: (facts) =>
      `What came back to the redirect URI ${text(facts, 'description') ? `cannot be used${told(text(facts, 'description'))}` : 'has neither a code nor an error in its query'}.`,
    fix: () => [
      {
        say: 'Let the authorization endpoint answer in the query of the redirect (response_mode=query), with code and state (RFC 6749 section 4.1.2).',
      },
      signIn,
    ],
  },
  'response-none': {
    short: (facts) => `nobody came back within ${text(facts, 'waitedS')} s`,
    say: (facts) =>
      `Nobody finished the sign-in: nothing came back to the redirect URI within ${text(facts, 'waitedS')} s${facts.shown === 'nobody' ? ', and there was nobody to show the page to' : ''}.`,
    fix: () => [
      {
        say: 'Sign in and finish it in the browser:',
        run: 'mcp-verdict verify --auth oauth <url>',
      },
      {
        say: 'Where the browser runs on another machine, lead a port of it here (ssh -L 8123:127.0.0.1:8123 <this machine>), and let the answer come back through it:',
        run: 'mcp-verdict verify --auth oauth --redirect-uri http://127.0.0.1:8123/callback <url>',
      },
      { say: 'If the page shows an error instead of a sign-in, its words say what the authorization server refuses.' },
    ],
  },
  'token-refused': {
    short: brief,
    say: (facts) =>
      Number(facts.status) >= 500
        ? `The token endpoint fails with ${text(facts, 'status')}, where it should give a token${error(facts)}.`
        : `The token endpoint refuses ${facts.grant === 'client_credentials' ? 'the client' : 'to give a token for the code'}${text(facts, 'status') ? ` with ${text(facts, 'status')}` : ''}${error(facts)}.`,
    fix: (facts) => [
      ...(facts.passing ? [later] : []),
      text(facts, 'error') === 'unsupported_grant_type' || text(facts, 'error') === 'unauthorized_client'
        ? {
            say: `Let the authorization server allow this client the grant ${text(facts, 'grant')}:`,
            edit: {
              file: 'the client at the authorization server',
              at: 'grant_types',
              to: `"grant_types": ["${text(facts, 'grant')}", "refresh_token"]`,
            },
          }
        : {
            say: 'Look into the log of the authorization server: the code and its verifier were fresh and sent once, with the redirect URI and the resource of the authorization request. A store that is not shared by all replicas loses codes.',
          },
      signIn,
    ],
  },
  'token-invalid': {
    short: (facts) => `no valid answer${told(text(facts, 'why'))}`,
    say: (facts) =>
      `The token endpoint answers${text(facts, 'status') ? ` ${text(facts, 'status')}` : ''}, but with no valid token${told(text(facts, 'why'))}.`,
    fix: () => [
      {
        say: 'Let the token endpoint answer as RFC 6749 section 5.1 says:',
        edit: {
          file: 'the token endpoint',
          to: 'HTTP/1.1 200 OK\nContent-Type: application/json\nCache-Control: no-store\n\n{ "access_token": "...", "token_type": "Bearer", "expires_in": 3600 }',
        },
      },
      signIn,
    ],
  },
  'token-unanswered': {
    short: () => 'the token endpoint does not answer',
    say: (facts) => `The token endpoint ${text(facts, 'endpoint')} does not answer${told(text(facts, 'why'))}.`,
    fix: (facts) => [
      {
        say: 'Start the authorization server, or name the right address in its metadata:',
        run: `curl -i ${pasteable(text(facts, 'endpoint'), '<token endpoint>')}`,
      },
      signIn,
    ],
  },
  'refresh-refused': {
    short: brief,
    say: (facts) =>
      facts.fresh
        ? `The renewal of a token of this minute is refused${error(facts)}: every client of ${server(facts)} has to sign in again as soon as its token expires.`
        : `The token that was kept for ${server(facts)} has expired, and its renewal is refused${error(facts)}.`,
    fix: (facts) => [
      ...(facts.fresh ? [] : [{ say: 'Sign in again:', run: 'mcp-verdict verify --auth oauth <url>' }]),
      {
        say: 'Let the authorization server take the refresh tokens that it issues (rotated without a gap, kept over restarts, for public clients without a secret), with the resource parameter as in the first request.',
      },
      again,
    ],
  },
} satisfies Partial<Record<FaultId, Words>>;
