import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { knownToLack, toldError, wordsFor } from './oauth-errors.js';
import { lookedWalk, serverDocumentWith, signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const SAID = [
  // the SDKs: "Incompatible auth server: does not support code challenge method S256"
  /\bdoes(?: not|n't) support (?:the )?(?:PKCE|code[_ ]challenge(?:[_ ]method)?s?\b)/i,
  /\bcode_challenge_methods_supported\b.{0,60}\b(?:missing|absent|not (?:present|advertised|include\w*|contain\w*)|does(?: not|n't)|undefined|empty|without|required|lacks?)\b|\b(?:missing|no|without|lacks?|omits?)\b.{0,20}\bcode_challenge_methods_supported\b/i,
  /\bPKCE(?: \(?S256\)?)? (?:is )?(?:not|un)[ -]?(?:supported|advertised|offered|available)\b/i,
  /\bS256\b.{0,40}\b(?:is )?(?:not|un)[ -]?(?:supported|advertised|offered|available|allowed)\b/i,
];

export default defineCause({
  id: 'auth-pkce-unsupported',
  title: 'The authorization server does not say that it offers PKCE with S256, without which clients must refuse',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Incompatible auth server: does not support code challenge method S256',
    'code_challenge_methods_supported is missing',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED, 'auth-metadata-missing'],
  live: fromWalk('auth-pkce-unsupported'),

  match(given): Match<{ url: string | null; known: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const told = toldError(given, 'auth-pkce-unsupported');
    const line = told?.line ?? find(wordsFor(given, 'auth-pkce-unsupported'), ...SAID)?.line;
    const known = line ? null : knownToLack(given, 'pkce');
    if (known)
      return {
        certainty: 'possible',
        cites: [known.at],
        facts: { url: given.endpoint?.asked.url ?? targetOf(given) ?? null, known: known.name },
      };
    if (!line) return null;
    return {
      certainty: told?.first === false ? 'possible' : 'likely',
      cites: [line.at],
      facts: { url: given.endpoint?.asked.url ?? targetOf(given) ?? null, known: null },
    };
  },
  say: ({ url, known }) =>
    known !== null
      ? `The sign-in of ${url ?? 'the server'} is that of ${known}, whose metadata does not say that it offers PKCE with S256: strict clients do not sign in there.`
      : `The metadata of the authorization server${url === null ? '' : ` of ${url}`} does not say that it offers PKCE with S256, so the client does not sign in.`,
  fix: () => [
    {
      say: 'Let the authorization server offer PKCE with S256 and say so in its metadata; OpenID Connect discovery leaves the field out unless it is added:',
      edit: {
        file: 'the authorization-server metadata',
        at: 'code_challenge_methods_supported',
        to: '"code_challenge_methods_supported": ["S256"]',
      },
    },
    {
      say: 'See what it says now:',
      run: 'curl -s https://<issuer>/.well-known/oauth-authorization-server',
    },
  ],
  why: 'PKCE ties the code that comes back through the browser to the client that asked for it, so that nobody else can use it. A client that cannot see that the authorization server checks it has no such protection, and by the MCP specification of 2025-11-25 it must not go on. Many sign-ins do check it and merely do not say so in their metadata.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-code-protection',
    'https://www.rfc-editor.org/rfc/rfc8414#section-2',
    'https://www.rfc-editor.org/rfc/rfc7636',
  ],
  examples: [
    {
      name: 'the SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error: Incompatible auth server: does not support code challenge method S256',
      },
    },
    {
      name: 'a strict client',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Authorization server metadata is missing code_challenge_methods_supported',
      },
    },
    {
      name: 'a document without S256',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'code_challenge_methods_supported: ["plain"]' },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'authorization server at https://auth.acme.dev does not implement PKCE',
      },
    },
    {
      name: 'a verifier that does not fit',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: '{"error":"invalid_grant","error_description":"PKCE verification failed"}',
      },
    },
    {
      name: 'no registration',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Incompatible auth server: does not support dynamic client registration',
      },
    },
    {
      name: 'a document that has it',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: '"code_challenge_methods_supported": ["S256"]',
      },
    },
    {
      name: 'a walk: plain alone',
      finds: true,
      evidence: serverDocumentWith({ pkceMethods: ['plain'] }),
    },
    {
      name: 'a walk: not a word of it',
      finds: true,
      evidence: signedInWalk({
        serverMetadata: serverDocumentWith({ pkceMethods: undefined }).authorization.serverMetadata,
      }),
    },
    {
      name: 'a walk with S256',
      finds: false,
      evidence: lookedWalk(),
    },
  ],
});
