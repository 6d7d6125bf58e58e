import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { wordsFor } from './oauth-errors.js';
import { lookedWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const SAID = [
  // the SDK: "Refusing to send credentials to non-https token endpoint 'http://...'"
  /\bRefusing to (?:send credentials|open|follow|connect|fetch|use)\b.{0,60}["'`](?<address>[a-z][\w+.-]{1,20}:[^\s"'`]{1,200})/i,
  /\b(?:authorization|token|registration)[_ ](?:endpoint|url)\b.{0,40}\b(?:must (?:use|be)|is not|isn't|not|requires?)\b.{0,20}\bhttps\b/i,
  /\b(?:unsafe|insecure|disallowed|invalid|unsupported|forbidden|dangerous) (?:scheme|protocol|url scheme)\b.{0,60}\b(?:authorization|token|registration|metadata|issuer)/i,
  // Somebody found out what the documents name.
  /\b(?:OAuth|metadata|discovery|issuer|well-known|(?:authorization|token|registration)[_ ]endpoints?|resource_metadata|authorization_servers)\b.{0,120}?\b(?:https?:\/\/(?:localhost|127\.|10\.|192\.168\.)\S{0,80}|http:\/\/(?!localhost|127\.)\S{3,80}|http (?:scheme|urls?|links?)|plain http)\b.{0,40}?\b(?:instead of|rather than|although|while|but|not (?:the )?(?:public|external|https))/i,
  /\b(?:http:\/\/|http) (?:instead of|rather than) (?:https:\/\/|https)\b.{0,80}\b(?:OAuth|metadata|discovery|issuer|well-known|endpoint|resource_metadata)|\b(?:OAuth|metadata|discovery|issuer|well-known|resource_metadata)\b.{0,80}(?:\bhttp:\/\/|\bhttp) (?:instead of|rather than) (?:https:\/\/|https)\b/i,
  /\b(?:metadata|discovery|challenge|documents?)\b.{0,60}\b(?:names?|contains?|advertis\w+|returns?|points? (?:to|at)|leaks?|exposes?|has)\b.{0,40}\b(?:internal|private|local(?:host)?|loopback|in-cluster|docker|pod) (?:address|host\w*|ur[il]s?|name|service|network)\b/i,
  /\bIssuer URL must be HTTPS\b|\bonly requests to HTTPS are allowed\b|\bURL cannot use javascript:, data:, or vbscript: scheme\b|\b(?:issuer|authorization server(?: url)?|metadata)\b.{0,40}\bmust (?:use|be) https\b/i,
  /\b(?:authorization|token|registration|metadata)[_ ](?:endpoint|url|server)\b.{0,80}\b(?:private|internal|loopback) (?:address|network|ip|host)\b/i,
];

/** Addresses that only this machine or its network knows. */
const NEAR_HOST = String.raw`(?:localhost|127\.[\d.]+|0\.0\.0\.0|10\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|host\.docker\.internal|\[::1\])(?![\w.-])`;
const NEAR = new RegExp(String.raw`^https?://(?:${NEAR_HOST}|[\w-]+(?::\w+)?(?:/|$))`, 'i');
/** Members of the documents that name an address. */
const MEMBER = String.raw`["'\`]?\b(?:(?:authorization|token|registration|revocation|introspection)_endpoint|jwks_uri|issuer|authorization_servers|resource_metadata)\b["'\`]?\s?[:=]\s?\[?\s?["']`;
const NAMES_NEAR = new RegExp(String.raw`${MEMBER}(?<address>https?://${NEAR_HOST}[^"'\s]{0,200})`, 'i');
const NAMES_PLAIN = new RegExp(String.raw`${MEMBER}(?<address>http://[^"'\s]{3,200})`, 'i');
const ADDRESS = /\bhttps?:\/\/[^\s"'`),;]{3,200}/i;
const HOSTED = /^claude[-. ]?(?:ai|desktop|web|cowork)|^chatgpt|connector/i;

export default defineCause({
  id: 'auth-metadata-unsafe',
  title: 'The metadata names an address that a client must not use',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    "Refusing to send credentials to non-https token endpoint 'http://acme.dev/token'",
    'Authorization URL must use https',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED],
  live: fromWalk('auth-metadata-unsafe'),

  match(given): Match<{ url: string | null; address: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const lines = wordsFor(given, 'auth-metadata-unsafe').filter(({ text }) => !/\bredirect[_ ]?ur[il]/i.test(text));
    const hit = find(lines, ...SAID);
    if (hit)
      return {
        certainty: 'likely',
        cites: [hit.line.at],
        facts: { url, address: hit.groups.address ?? ADDRESS.exec(hit.line.text)?.[0] ?? null },
      };
    // The document itself, of a server that is reached from elsewhere.
    const remote = (url !== null && !NEAR.test(url)) || HOSTED.test(given.reported?.client ?? '');
    const named = remote ? find(lines, NAMES_NEAR, ...(url?.startsWith('https:') ? [NAMES_PLAIN] : [])) : null;
    return named
      ? { certainty: 'likely', cites: [named.line.at], facts: { url, address: named.groups.address ?? null } }
      : null;
  },
  say: ({ url, address }) =>
    `The metadata of ${url ?? 'the server'} names ${address ?? 'an address'} for its sign-in, which a client must not use: credentials would travel readable, or lead into a network of its own.`,
  fix: ({ address }) => [
    {
      say: `Name the public https address in the metadata${address === null ? '' : ` in place of ${address}`}; behind a proxy that is the address before it:`,
      edit: {
        file: 'the metadata',
        to: '"authorization_endpoint": "https://<host>/authorize", "token_endpoint": "https://<host>/token"',
      },
    },
    {
      say: 'Behind a proxy, let the server believe X-Forwarded-Proto and X-Forwarded-Host, or set its public address by hand (uvicorn --proxy-headers, Express "trust proxy", Keycloak KC_HOSTNAME).',
    },
  ],
  why: 'Everything that a client needs for a sign-in comes from documents that the server serves. A hostile one could name a command for the operating system, an address inside the network of the user, or one that is not encrypted; a client therefore uses nothing but https, and http on this machine alone. Most servers that are refused for it only do not know their own public address.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#communication-security',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices',
    'https://www.rfc-editor.org/rfc/rfc9728#section-7.7',
  ],
  examples: [
    {
      name: 'the SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "Refusing to send credentials to non-https token endpoint 'http://acme.dev/token'.",
      },
    },
    {
      name: 'a client that opens https alone',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'authorization_endpoint must use https: http://auth.acme.dev/authorize',
      },
    },
    {
      name: 'an address of the inside in the document',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        http: {
          method: 'GET',
          body: '{ "authorization_endpoint": "http://localhost:12009/oauth/authorize", "token_endpoint": "http://localhost:12009/oauth/token"',
        },
      },
    },
    {
      name: 'a server on this machine',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        url: 'http://localhost:8000/mcp',
        http: { method: 'GET', body: '{ "authorization_endpoint": "http://localhost:8000/authorize" }' },
      },
    },
    {
      name: 'an address that is refused for its path',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'POST https://acme.dev/token returned 404' },
    },
    {
      name: 'a registration that is missing',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Incompatible auth server: does not support dynamic client registration',
      },
    },
    {
      name: 'a walk: an address inside the network of the user',
      finds: true,
      evidence: lookedWalk({
        unsafe: [{ field: 'token_endpoint', url: 'http://10.0.0.4/token', why: 'private-address', document: 0 }],
        used: undefined,
      }),
    },
    {
      name: 'a walk with public addresses',
      finds: false,
      evidence: lookedWalk(),
    },
  ],
});
