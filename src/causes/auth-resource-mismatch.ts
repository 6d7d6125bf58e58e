import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { lookedWalk, signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, metadata, SIGN_IN, UNSIGNED } from './sign-in.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const URL_ = String.raw`["'\`<(]{0,2}(?<NAME>https?://[^\s"'\`<>),;]{3,200})["'\`>)]{0,2}`;
const url = (name: string): string => URL_.replace('NAME', name);

const SAID = [
  // VS Code; the SDKs of TypeScript and Python; then strict clients of other makers.
  new RegExp(
    String.raw`protected[- ]resource(?: metadata)?:? (?:"?resource"? )?${url('got')},? (?:does(?: not|n't) (?:exactly )?match|is not|!=|differs from)[^"'\`<\n]{0,60}?${url('wanted')}`,
    'i',
  ),
  new RegExp(
    String.raw`protected[- ]resource(?: metadata)? (?:"?resource"? )?(?:does(?: not|n't) (?:exactly )?match|mismatch(?: for)?|differs from)[^"'\`<\n]{0,40}?${url('wanted')}`,
    'i',
  ),
  /\b(?:protected[- ])?resource (?:metadata )?(?:"?(?:resource|identifier|indicator|url|uri|parameter|value)"? )?(?:mismatch|does(?: not|n't) (?:exactly )?match|did not match|differs)\b|\bmismatch(?:ed|ing)? (?:protected )?resource\b|\bResource(?:Metadata)?MismatchError\b/i,
  // The document has no resource at all.
  /["'`]?\bresource["'`]? (?:field|parameter|property|identifier|member) (?:is |was )?(?:missing|absent|not present|required)\b|\bmissing (?:required )?(?:field|property|key) ["'`]?resource\b|\b(?:missing|lacks|without|omits|no) (?:the |a )?(?:required )?(?:RFC ?9728 )?["'`]?resource["'`]? (?:field|parameter|property)\b/i,
  /\binvalid_target\b|\binvalid_resource\b/i,
  /\bresource (?:parameter|indicator|value) (?:must|should|has to) (?:be|match|equal)\b|\b(?:wrong|incorrect|bad|mismatched) resource (?:parameter|indicator)\b/i,
  // Entra ID, which compares resource with the scopes.
  /\bAADSTS9010010\b|\bresource parameter provided in the request doesn.t match\b|\bAADSTS500011\b|\bAADSTS901002\b/i,
  /\b(?:requested|provided|invalid|unknown|unsupported|unexpected) resource(?: (?:parameter|indicator|server|uri|url))?\b.{0,60}\b(?:is )?(?:invalid|unknown|not (?:allowed|found|supported|registered|valid|recogni[sz]ed)|mismatch)/i,
];
/** A resource of MCP (resources/read) is another thing. */
const OTHER = /\bresources?\/(?:read|list|templates)\b|\bresource not found\b|\b-32002\b/i;

/** A document of a resource that names another one than its own address says. */
function askedFor(exchanges: Exchange[]): { index: number; wanted: string; got: string; far: boolean } | null {
  for (const [index, { url: address, body = '' }] of exchanges.entries()) {
    const { origin, path = '' } =
      /^(?<origin>https?:\/\/[^/]+)\/\.well-known\/oauth-protected-resource(?<path>\/[^?#]*)?$/.exec(address)?.groups ??
      {};
    const got = /"resource"\s*:\s*"(?<value>https?:\/\/[^"]{3,300})"/.exec(body)?.groups?.value;
    const wanted = `${origin}${path}`;
    if (origin === undefined || got === undefined || bared(got) === bared(wanted)) continue;
    const far = !bared(got).startsWith(bared(origin));
    if (far || path !== '') return { index, wanted, got, far };
  }
  return null;
}

const SERVERS = /"authorization_servers"\s*:/;
const NAMED = /"resource"\s*:/;
const isWhole = (body = ''): boolean => /^\s*\{[^{}]*\}\s*$/.test(body);

const bared = (text: string): string => text.replace(/\/+$/, '').toLowerCase();

export default defineCause({
  id: 'auth-resource-mismatch',
  title: 'The resource named in the metadata is not the URL that the client uses',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Protected Resource Metadata resource "http://localhost:8000/" does not match MCP server resolved resource "http://localhost:8000/mcp"',
    'Protected resource https://acme.dev does not match expected https://acme.dev/mcp (or origin)',
    'invalid_target',
    "AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes.",
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [
    ...FAILED_START,
    ...UNSIGNED,
    'auth-metadata-missing',
    'auth-registration-unsupported',
    'auth-audience-mismatch',
    'auth-metadata-unsafe',
  ],
  live: fromWalk('auth-resource-mismatch'),

  match(given): Match<{
    url: string | null;
    got: string | null;
    wanted: string | null;
    provider: boolean;
    place: string | null;
  }> | null {
    if (isOwnSignIn(given)) return null;
    const target = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const told = toldError(given, 'auth-resource-mismatch');
    const lines = wordsFor(given, 'auth-resource-mismatch');
    const found = metadata(given);
    const hit = find(
      lines.filter(({ text }) => !OTHER.test(text)),
      ...SAID,
    );
    const line = hit?.line ?? told?.line;
    if (line) {
      const { got = null, wanted = null } = hit?.groups ?? {};
      return {
        certainty: told?.first === false && !hit ? 'possible' : 'likely',
        cites: [line.at],
        facts: {
          url: target,
          got: got ?? found?.resource ?? null,
          wanted: wanted ?? target,
          provider: /AADSTS|invalid_target|invalid_resource/i.test(line.text),
          place: placeOf(given, 'audience'),
        },
      };
    }
    // The document itself, beside the URL that was used: a host that the reporter made up says nothing.
    // The document, and the address at which it was asked for: the path behind the well-known name is that of the resource.
    const asked = askedFor(given.http?.exchanges ?? []);
    if (asked)
      return {
        certainty: asked.far ? 'likely' : 'possible',
        cites: [at('http', 'exchanges', asked.index, 'body')],
        facts: { url: target ?? asked.wanted, got: asked.got, wanted: asked.wanted, provider: false, place: null },
      };
    // A whole document that names everything but the resource.
    const bare = (given.http?.exchanges ?? []).findIndex(
      (exchange) =>
        wasTold(exchange) &&
        isWhole(exchange.body) &&
        SERVERS.test(exchange.body ?? '') &&
        !NAMED.test(exchange.body ?? ''),
    );
    if (bare >= 0)
      return {
        certainty: 'likely',
        cites: [at('http', 'exchanges', bare, 'body')],
        facts: { url: target, got: null, wanted: target, provider: false, place: null },
      };
    const { resource = null } = found ?? {};
    if (!found || resource === null || target === null || !URL.canParse(target) || !URL.canParse(resource)) return null;
    if (!new URL(target).hostname.includes('.') && new URL(target).hostname !== new URL(resource).hostname) return null;
    if (target === resource || found.issuer !== null) return null;
    return {
      // Clients that are less strict take the origin, and a slash more or less.
      certainty:
        bared(target) === bared(resource) || bared(new URL(target).origin) === bared(resource) ? 'possible' : 'likely',
      cites: [found.at],
      facts: { url: target, got: resource, wanted: target, provider: false, place: null },
    };
  },
  say: ({ url: target, got, wanted, provider }) => {
    if (provider && got === null)
      return `The authorization server does not accept the resource that the client names for ${target ?? 'the server'}${wanted && wanted !== target ? ` (${wanted})` : ''}: it knows the server under another identifier.`;
    return `The metadata calls the resource ${got ?? 'something else'}, but the client connects to ${wanted ?? target ?? 'another URL'}: by RFC 9728 both must be the same, so the client refuses to sign in.`;
  },
  fix: ({ wanted, url: target, place }) => {
    const right = wanted ?? target ?? 'https://<host>/mcp';
    return [
      ...(place === null
        ? []
        : [{ say: `Let the authorization server know the server by that very identifier: ${place}.` }]),
      {
        say: 'Let the metadata of the server name exactly the URL that clients use: same scheme, host, port and path, and the same slash at the end:',
        edit: { file: 'the protected-resource metadata', at: 'resource', to: `"resource": "${right}"` },
      },
      {
        say: 'In the Python SDK that is resource_server_url, in FastMCP base_url plus the path, in the TypeScript SDK resourceServerUrl of mcpAuthMetadataRouter; behind a proxy it must be the public address:',
        edit: { file: 'the code of the server', to: `AuthSettings(resource_server_url="${right}", ...)` },
      },
      {
        say: 'If the server is not yours, write the URL into the entry as its metadata has it, when MCP answers there:',
        run: `curl -s ${URL.canParse(right) ? new URL(right).origin : 'https://<host>'}/.well-known/oauth-protected-resource`,
      },
    ];
  },
  why: 'So that a token cannot be lured out for another server, a client compares the "resource" of the metadata with the URL it connects to, and asks for a token for that resource. Frameworks that advertise the origin, an internal address behind a proxy, or one slash more fail that comparison; strict clients stop, others get a token that the authorization server or the server refuses.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc9728#section-3.3',
    'https://www.rfc-editor.org/rfc/rfc8707#section-2',
    'https://github.com/modelcontextprotocol/python-sdk/issues/1264',
  ],
  examples: [
    {
      name: 'VS Code',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'vscode',
        clientError:
          'Error sending message to http://localhost:8000/mcp: Error: Protected Resource Metadata resource "http://localhost:8000/" does not match MCP server resolved resource "http://localhost:8000/mcp".',
      },
    },
    {
      name: 'the TypeScript SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error: Protected resource http://10.0.0.4:8000/mcp does not match expected https://acme.dev/mcp (or origin)',
      },
    },
    {
      name: 'the document beside the URL',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        http: {
          method: 'GET',
          status: 200,
          body: '{"resource":"https://internal.acme.dev/mcp","authorization_servers":["https://auth.acme.dev"]}',
        },
      },
    },
    {
      name: 'wrapped by a terminal',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'gemini-cli',
        clientError:
          "✕ Failed to authenticate with MCP server 'acme': Protected resource\n  https://mcp.acme.dev does not match expected\n  https://mcp.acme.dev/",
      },
    },
    {
      name: 'a document without one',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'GET', status: 200, body: '{ "authorization_servers": ["https://auth.acme.dev"] }' },
      },
    },
    {
      name: 'Entra ID',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes.",
      },
    },
    {
      name: 'a resource of MCP',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'MCP error -32002: Resource not found: file:///a' },
    },
    {
      name: 'a document that names the URL',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        http: {
          method: 'GET',
          status: 200,
          body: '{"resource":"https://mcp.acme.dev/mcp","authorization_servers":["https://auth.acme.dev"]}',
        },
      },
    },
    {
      name: 'a walk: one slash more',
      finds: true,
      evidence: lookedWalk(({ resourceMetadata }) => ({
        resourceMetadata: resourceMetadata.map((one) => ({
          ...one,
          document: one.document && { ...one.document, resource: 'https://acme.dev/mcp/' },
        })),
      })),
    },
    {
      name: 'a walk: the authorization server knows no such resource',
      finds: true,
      evidence: signedInWalk(({ request }) => ({
        request: request && { ...request, answer: 'error' as const, error: 'invalid_target' },
        response: undefined,
        grants: [],
        access: [],
      })),
    },
    {
      name: 'a walk with the very URL',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
