/** The words for faults of the challenge and of the metadata. See oauth-words.ts. */
import type { Facts, FixStep } from './cause.js';
import type { FaultId } from './oauth-faults.js';
import { again, list, met, pasteable, text, wellKnown } from './oauth-tell.js';
import type { Words } from './oauth-words.js';

const serve = (facts: Facts): FixStep => ({
  say: 'Serve the metadata of the resource, without credentials, at the well-known address with the path of the endpoint behind it (SDK: mcpAuthMetadataRouter; FastMCP: auth=RemoteAuthProvider(...)):',
  edit: {
    file: `GET ${wellKnown(facts)}`,
    to: `{ "resource": "${text(facts, 'url', 'https://<host>/mcp')}", "authorization_servers": ["https://<issuer>"] }`,
  },
});
const point = (facts: Facts, address = wellKnown(facts)): FixStep => ({
  say: 'Point to it in every 401 (SDK: requireBearerAuth({ resourceMetadataUrl })):',
  edit: {
    file: 'the 401 answer of the server',
    at: 'www-authenticate',
    to: `WWW-Authenticate: Bearer resource_metadata="${address}"`,
  },
});
const pass: FixStep = {
  say: 'Let the middleware that checks credentials, and every proxy, pass /.well-known/ on; see what is served:',
};
const name = (facts: Facts, field: string, value: string, what: string): FixStep => ({
  say: `Let the metadata of the MCP server name ${what}:`,
  edit: { file: `GET ${wellKnown(facts)}`, at: field, to: value },
});

const server = (facts: Facts): string => text(facts, 'url', 'The server');
const inserted = (issuer: string): string => {
  if (!URL.canParse(issuer)) return 'https://<issuer>/.well-known/oauth-authorization-server';
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
};

const resourceFix = (facts: Facts): FixStep[] => [
  {
    say: 'Let the metadata name exactly the URL that clients use: scheme, host, port and path, and the same slash at the end (Python SDK: resource_server_url; FastMCP: base_url plus the path; TypeScript SDK: resourceServerUrl of mcpAuthMetadataRouter; behind a proxy the public address):',
    edit: { file: `GET ${wellKnown(facts)}`, at: 'resource', to: `"resource": "${text(facts, 'wanted')}"` },
  },
  ...(text(facts, 'got')
    ? [
        {
          say: 'If the server is not yours and MCP answers at the address that it names, write that one into the entry:',
          edit: { file: 'the client config', at: 'url', to: `"url": "${text(facts, 'got')}"` },
        },
      ]
    : []),
  again,
];

const issuerFix = (facts: Facts): FixStep[] => [
  ...(text(facts, 'got')
    ? [
        name(
          facts,
          'authorization_servers',
          `"authorization_servers": ["${text(facts, 'got')}"]`,
          'the issuer exactly as it calls itself',
        ),
      ]
    : []),
  {
    say: 'Or, where the authorization server is yours, let its metadata say the identifier it is asked for: behind a proxy its public address, with the path of the tenant or realm:',
    edit: { file: `GET ${text(facts, 'address')}`, at: 'issuer', to: `"issuer": "${text(facts, 'wanted')}"` },
  },
  again,
];

const pkceFix = (facts: Facts): FixStep[] => [
  {
    say: 'Let the authorization server check PKCE with S256 and say so in its metadata:',
    edit: {
      file: `GET ${text(facts, 'address')}`,
      at: 'code_challenge_methods_supported',
      to: '"code_challenge_methods_supported": ["S256"]',
    },
  },
  {
    say: 'Where its metadata cannot be changed (Entra ID leaves the field out of OpenID Connect discovery), serve a copy with the field from a proxy of the MCP server (FastMCP: OAuthProxy, AzureProvider).',
  },
  again,
];

/** What is wrong with an address, and what would come of using it. */
const UNSAFE: Record<string, [string, string]> = {
  scheme: ['which is no address of the web', 'would start a program or run a script on the machine of its user'],
  'plain-http': ['which is not encrypted', 'would hand codes and tokens to whoever reads along'],
  'private-address': ['which lies in a private network', 'would be turned against its own machine and network'],
  credentials: ['which has credentials in it', 'would pass on a secret of somebody else'],
  characters: ['which has characters in it that no address has', 'might run them as a command'],
};
const unsafe = (facts: Facts): [string, string] =>
  UNSAFE[text(facts, 'why')] ?? ['which is not safe', 'would be at risk'];

export const METADATA_WORDS = {
  'challenge-absent': {
    short: () => 'no WWW-Authenticate header',
    say: (facts) =>
      `${server(facts)} answers 401 without a WWW-Authenticate header${text(facts, 'metadata') ? `, so only clients that look at the well-known addresses find its metadata (${text(facts, 'metadata')})` : ': nothing says how to sign in'}.`,
    fix: (facts) => [point(facts, text(facts, 'metadata') || undefined), again],
  },
  'challenge-without-metadata': {
    short: () => 'without resource_metadata, which 2025-06-18 demands',
    say: (facts) =>
      `The challenge of ${server(facts)} does not name its metadata (resource_metadata), which clients of 2025-06-18 need.`,
    fix: (facts) => [point(facts, text(facts, 'metadata') || undefined), again],
  },
  'challenge-not-401': {
    short: (facts) => `${text(facts, 'status')} in place of 401`,
    say: (facts) =>
      `${server(facts)} refuses a request without credentials with ${text(facts, 'status')} in place of 401. Clients begin a sign-in upon 401 alone, so nobody is asked to sign in, although the metadata for it is there (${text(facts, 'metadata')}).`,
    fix: (facts) => [
      {
        say: 'Answer every request without credentials, or with credentials that are not valid, with 401; 403 is for those that are valid and do not suffice:',
        edit: {
          file: 'the refusal of the server',
          to: `HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer resource_metadata="${text(facts, 'metadata', wellKnown(facts))}"`,
        },
      },
      again,
    ],
  },
  'resource-metadata-missing': {
    short: (facts) => `${met(facts)}; nowhere else either`,
    say: (facts) => {
      const others = list(facts, 'asked').length;
      return `${server(facts)} demands a sign-in, but the metadata that says where is missing: ${text(facts, 'address')} gives ${met(facts)}${others > 1 ? `, and ${others === 2 ? 'the other address' : `the ${others - 1} other addresses`} asked gave none either` : ''}${text(facts, 'edge') ? ` (${text(facts, 'edge')} answered in place of the server)` : ''}.`;
    },
    fix: (facts) => [
      ...(facts.shown === false
        ? [
            {
              say: 'If the server takes fixed keys and knows nothing of OAuth, give it one, in the environment variable TOKEN:',
              run: 'mcp-verdict verify --bearer-env TOKEN <url>',
            },
          ]
        : []),
      serve(facts),
      point(facts),
      { ...pass, run: `curl -i ${pasteable(wellKnown(facts), '<address of the metadata>')}` },
      again,
    ],
  },
  'resource-metadata-pointer-dead': {
    short: (facts) => `${text(facts, 'address')} gives ${met(facts)}`,
    say: (facts) =>
      `The challenge of ${server(facts)} sends clients to ${text(facts, 'address')} for its metadata, and that gives ${met(facts)}. It stands at ${text(facts, 'metadata')}, where a client that was told otherwise does not look.`,
    fix: (facts) => [
      {
        say: 'Name in the challenge the address at which the metadata is served (behind a proxy the public one):',
        edit: {
          file: 'the 401 answer of the server',
          at: 'www-authenticate',
          to: `WWW-Authenticate: Bearer resource_metadata="${text(facts, 'metadata')}"`,
        },
      },
      again,
    ],
  },
  'resource-metadata-invalid': {
    short: (facts) => met(facts),
    say: (facts) => `${server(facts)} has metadata at ${text(facts, 'address')} that no client can use: ${met(facts)}.`,
    fix: (facts) => [serve(facts), again],
  },
  'resource-absent': {
    short: () => 'names no resource',
    say: (facts) =>
      `The metadata of ${server(facts)} does not say which resource it is about ("resource" is missing), so clients refuse it.`,
    fix: resourceFix,
  },
  'resource-mismatch': {
    short: (facts) => `names ${text(facts, 'got')}, not this URL`,
    say: (facts) =>
      `The metadata calls the resource ${text(facts, 'got')}, but the URL is ${text(facts, 'wanted')}${facts.slash ? ': one slash at the end makes the difference, and' : '. By RFC 9728 both must be the same, and'} clients refuse to sign in for another resource than the one they connect to.`,
    fix: resourceFix,
  },
  'resource-prefix': {
    short: (facts) => `names ${text(facts, 'got')}, not this URL`,
    say: (facts) =>
      `The metadata calls the resource ${text(facts, 'got')}, but the URL is ${text(facts, 'wanted')}. By RFC 9728 both must be the same; the SDKs forgive ${facts.slash ? 'the slash' : 'a shorter path on the same host'}, strict clients (VS Code, Go) do not.`,
    fix: resourceFix,
  },
  'authorization-servers-absent': {
    short: () => 'names no authorization server',
    say: (facts) =>
      `The metadata of ${server(facts)} names no authorization server (authorization_servers is missing or empty), so a client cannot find out where to sign in.`,
    fix: (facts) => [
      name(
        facts,
        'authorization_servers',
        '"authorization_servers": ["https://<issuer>"]',
        'the issuer of its authorization server',
      ),
      again,
    ],
  },
  'fallback-only': {
    short: () => 'none; the rules of 2025-03-26 serve in its place',
    say: (facts) =>
      `${server(facts)} has no metadata of the resource; clients that still know the rules of 2025-03-26 take its own host for the authorization server.`,
    fix: (facts) => [serve(facts), point(facts), again],
  },
  'default-endpoints': {
    short: () => 'none; the default endpoints of 2025-03-26 are all that is left',
    say: (facts) =>
      `There is no metadata of an authorization server at ${text(facts, 'address')}; clients that still know the rules of 2025-03-26 try /authorize, /token and /register on the host of the server.`,
    fix: (facts) => [serve(facts), point(facts), again],
  },
  'server-metadata-missing': {
    short: (facts) => `${met(facts)}; nowhere else either`,
    say: (facts) => {
      const others = list(facts, 'asked').length;
      return `${server(facts)} names ${text(facts, 'issuer')} as its authorization server, and that has no metadata: ${text(facts, 'address')} gives ${met(facts)}${others > 1 ? `, and the ${others === 2 ? 'other address' : `${others - 1} other addresses`} that clients ask gave none either` : ''}.`;
    },
    fix: (facts) => [
      {
        say: 'Let the authorization server publish its metadata (RFC 8414, or OpenID Connect discovery) at the address that belongs to its identifier:',
        edit: {
          file: `GET ${inserted(text(facts, 'issuer'))}`,
          to: `{ "issuer": "${text(facts, 'issuer')}", "authorization_endpoint": "...", "token_endpoint": "...", "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"] }`,
        },
      },
      {
        say: 'Or, if it calls itself by another identifier, name that one in the metadata of the MCP server:',
        edit: {
          file: `GET ${wellKnown(facts)}`,
          at: 'authorization_servers',
          to: '"authorization_servers": ["https://<issuer>"]',
        },
      },
      again,
    ],
  },
  'server-metadata-misplaced': {
    short: (facts) => `only at ${text(facts, 'address')}, where no client looks`,
    say: (facts) =>
      `The metadata of the authorization server ${text(facts, 'issuer')} is served at ${text(facts, 'address')}, where no client looks: by RFC 8414 the well-known name stands between the host and the path (${text(facts, 'right')}).`,
    fix: (facts) => [
      {
        say: 'Serve the same document at the address that clients ask:',
        edit: {
          file: 'the routes of the authorization server',
          to: `GET ${text(facts, 'right')} -> ${text(facts, 'address')}`,
        },
      },
      again,
    ],
  },
  'server-metadata-invalid': {
    short: (facts) => text(facts, 'why') || met(facts),
    say: (facts) =>
      `The metadata of the authorization server ${text(facts, 'issuer')} cannot be used: ${text(facts, 'why') || met(facts)} (${text(facts, 'address')}).`,
    fix: (facts) => [
      {
        say: 'Let the authorization server publish whole metadata:',
        edit: {
          file: `GET ${text(facts, 'address')}`,
          to: `{ "issuer": "${text(facts, 'issuer')}", "authorization_endpoint": "...", "token_endpoint": "...", "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"] }`,
        },
      },
      again,
    ],
  },
  'issuer-mismatch': {
    short: (facts) => `calls itself ${text(facts, 'got', 'nothing')}, asked for ${text(facts, 'wanted')}`,
    say: (facts) =>
      `The metadata of the authorization server calls its issuer ${text(facts, 'got', 'nothing at all')}, but it was fetched for ${text(facts, 'wanted')}: by RFC 8414 both must be identical, or a client must not use it.`,
    fix: issuerFix,
  },
  'issuer-slash': {
    short: (facts) => `calls itself ${text(facts, 'got')}, asked for ${text(facts, 'wanted')}`,
    say: (facts) =>
      `The metadata of the authorization server calls its issuer ${text(facts, 'got')}, but it was fetched for ${text(facts, 'wanted')}: ${facts.spelling ? 'the spelling (the case of the host, a port that goes without saying)' : 'a slash at the end'} is the whole difference, and by RFC 8414 both must be identical, character by character.`,
    fix: issuerFix,
  },
  'issuer-template': {
    short: (facts) => `calls itself ${text(facts, 'got')}, a template`,
    say: (facts) =>
      `The metadata for ${text(facts, 'wanted')} calls its issuer ${text(facts, 'got')}, which is a template and no name: it is served for many tenants, and by RFC 8414 a client must not use it.`,
    fix: (facts) => [
      name(
        facts,
        'authorization_servers',
        `"authorization_servers": ["${text(facts, 'got').replace(/\{[^}]*\}|%7B.*?%7D/i, '<id of your tenant>')}"]`,
        'the issuer of your own tenant',
      ),
      again,
    ],
  },
  'pkce-absent': {
    short: () => 'does not say that it offers PKCE (S256)',
    say: (facts) =>
      `The metadata of the authorization server ${text(facts, 'issuer')} does not say that it offers PKCE (code_challenge_methods_supported is missing): by 2025-11-25 clients must refuse to go on; the SDKs do go on.`,
    fix: pkceFix,
  },
  'pkce-without-s256': {
    short: (facts) => `offers PKCE only as ${list(facts, 'methods').join(', ') || 'nothing'}, not S256`,
    say: (facts) =>
      `The authorization server ${text(facts, 'issuer')} offers PKCE only as ${list(facts, 'methods').join(', ') || 'nothing'}, and clients sign in with S256 alone.`,
    fix: pkceFix,
  },
  'address-unsafe': {
    short: (facts) => `${text(facts, 'field')} ${unsafe(facts)[0]}: ${text(facts, 'address')}`,
    say: (facts) =>
      `The field ${text(facts, 'field')} names ${text(facts, 'address')}, ${unsafe(facts)[0]}: a client that used it ${unsafe(facts)[1]}. It was not used.`,
    fix: (facts) => {
      const field = text(facts, 'field');
      const right = {
        authorization_servers: '"authorization_servers": ["https://<public host>"]',
        resource_metadata: 'resource_metadata="https://<public host>/..."',
      };
      const proxied = /^(?:plain-http|private-address)$/.test(text(facts, 'why'))
        ? '; behind a proxy let the server believe X-Forwarded-Proto and X-Forwarded-Host, or set its public address by hand (uvicorn --proxy-headers, Express "trust proxy", Keycloak KC_HOSTNAME)'
        : '';
      return [
        {
          say: `Name the public https address${proxied}:`,
          edit: {
            file: field === 'resource_metadata' ? 'the 401 answer of the server' : 'the metadata',
            at: field,
            to: right[field as keyof typeof right] ?? `"${field}": "https://<public host>/..."`,
          },
        },
        again,
      ];
    },
  },
} satisfies Partial<Record<FaultId, Words>>;
