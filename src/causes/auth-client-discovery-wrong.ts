import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { misled } from './oauth-complaint.js';
import { knownToLack, wordsFor } from './oauth-errors.js';
import { lookedWalk, serverDocumentWith, signedInWalk } from './oauth-example.js';
import { CLIENT_OMITS, isOwnSignIn, metadata, OFFERED, SIGN_IN, UNSIGNED, wellKnown } from './sign-in.js';
import { targetOf } from './way.js';
import { find, type Line } from './words.js';

type What = 'path' | 'register' | 'identifier' | 'other';

/** What was found by looking: the client goes its own way. */
const SAID = [
  CLIENT_OMITS,
  /\b(?:client|it|[A-Z][\w ]{2,30})\b.{0,40}\b(?:probes?|requests?|asks?|tries|fetche?s|hits?|looks? (?:for|at)|queries|constructs?|builds?|derives?|synthesi[sz]es|drops|skips|ignores)\b.{0,80}\b(?:wrong|instead of|rather than|without (?:the )?path|root)\b.{0,60}\b(?:well-known|metadata|discovery|authorization_servers|issuer)/i,
  /\b(?:probe|request|ask|tr[iy]|fetche?|hit|look|quer[iy]|construct|build|derive|discover|append|insert|drop|strip|resolve|call|use)(?:s|es|ed|ing)?\b.{0,60}(?:\.well-known|\b(?:OAuth|authorization|discovery|protected resource) metadata\b|\bwell-known\b).{0,160}\b(?:instead of|rather than|although|even though|at (?:the )?(?:MCP|resource) server|not at|without the path|wrong)\b/i,
  /\b(?:path|realm|tenant|segment|prefix)\b.{0,30}\b(?:dropped|stripped|lost|ignored|omitted|removed|missing)\b.{0,80}(?:\.well-known|\bwell-known\b|\bdiscovery\b)/i,
  /\b(?:does(?: not|n't)|never|fails to|won't|not) (?:try|fall ?back|fetch|request|check|look|ask|support|use|follow|honou?r|read)\w*\b.{0,40}\b(?:openid-configuration|oauth-authorization-server|oauth-protected-resource|authorization_servers|resource_metadata)\b/i,
  /\bclient\b.{0,30}\b(?:requests?|asks?|fetche?s|calls?)\b.{0,20}(?:\/\.well-known\/oauth-authorization-server|\/\.well-known\/openid-configuration)\b.{0,30}\b(?:at|on|from) the (?:MCP|resource|wrong)\b/i,
  /\b(?:wrong|incorrect|malformed|unexpected) (?:well-known|discovery|metadata|oauth|authorization server) (?:url|uri|path|endpoint|address)/i,
  /\b(?:uses?|using|tries|asks?|requests?|authenticate\w*)\b.{0,60}\broot (?:ur[il]s?|paths?|well-known)\b|\broot ur[il]s? only\b/i,
  /\bignor(?:es|ed|ing)\b.{0,40}\b(?:resource_metadata|authorization_servers|www-authenticate)\b/i,
];
/** The client fell back to addresses that the metadata does not name. */
const GUESSED =
  /\b(?:POST|GET) (?:https?:\/\/[^\s/"]+)?(?<path>\/(?:register|authorize|token))\b(?: HTTP\/[\d.]+)?["'`]?[^\w\n]{0,20}(?:status )?\(?40[45]\b|\bCannot (?:POST|GET) (?<express>\/(?:register|authorize|token))\b|\bregistration failed\b.{0,80}\b404\b/i;
const WENT_ON =
  /\/(?:register|token|authorize)\b.{0,40}\b[23]\d\d\b|\binvalid_(?!request)\w+|\bredirect_uri|\bclient_id\b|\baudience\b|\bexpired\b|\bissuer\b|does not match/i;
/** And then the client says that there is none. */
const DENIED =
  /\b(?:dynamic |client )registration (?:is )?not supported\b|\bdoes(?: not|n't) support dynamic client registration\b/i;
const LOST = /\bHTTP 40[45]: Invalid OAuth error response\b/i;
const SOUGHT =
  /\b(?:not|n.t|fails?|failed|404|no answer)\b.{0,160}\/\.well-known\/oauth-authorization-server\b|\boauth-authorization-server\b.{0,80}\b(?:404|not found|fail\w*|does(?: not|n't))/i;
/** claude.ai: no more than that something before the sign-in failed. */
const HOSTED = /\bmcp_registration_failed\b|\bstep=start_error\b/i;
/** "... issuer X does not match expected issuer Y" */
const EXPECTED =
  /\bissuer\b.{0,120}\b(?:expected|does not match)\b.{0,40}?["'`]?(?<wanted>https?:\/\/[^\s"'`,;)]{3,200})/i;

/** The endpoints that a document names, and one at the root of the same host that a client used in their place. */
function strayedFrom(lines: Line[]): { line: Line; path: string } | null {
  const named = lines.flatMap(({ text }) =>
    [
      ...text.matchAll(
        /"(?:authorization|token|registration)_endpoint"\s?:\s?"(?<origin>https?:\/\/[^/"]{1,200})(?<path>\/[^"?]{1,200})"/g,
      ),
    ].map(({ groups }) => ({ origin: groups?.origin ?? '', path: groups?.path ?? '' })),
  );
  for (const { origin, path } of named) {
    const last = /\/[\w-]+$/.exec(path)?.[0];
    if (last === undefined || last === path) continue;
    const line = lines.find(({ text }) => {
      const at = text.indexOf(`${origin}${last}`);
      return at >= 0 && !/[\w/-]/.test(text[at + origin.length + last.length] ?? ' ');
    });
    if (line) return { line, path: last };
  }
  return null;
}

const bare = (text: string): string =>
  text
    .replace(/:443(?=\/|$)/, '')
    .replace(/\/+$/, '')
    .toLowerCase();

export default defineCause({
  id: 'auth-client-discovery-wrong',
  title: 'The client looks for the metadata at the wrong address, or compares it with the wrong identifier',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    'HTTP 404: Invalid OAuth error response',
    'OAuth authorization server metadata issuer ... does not match expected issuer <the MCP URL>',
    'mcp_registration_failed',
    '"GET /mcp/.well-known/oauth-authorization-server HTTP/1.1" 404 Not Found',
  ],
  needs: [],
  uses: [...SIGN_IN, 'complaint'],
  explains: [...FAILED_START, ...UNSIGNED],
  live: misled,

  match(given): Match<{
    url: string | null;
    what: What;
    asked: string | null;
    right: string | null;
    client: string | null;
  }> | null {
    if (isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const client = given.reported?.client ?? null;
    const facts = { url, client, asked: null, right: null };
    const lines = wordsFor(given, 'auth-client-discovery-wrong');
    const said = find(lines, ...SAID);
    if (said) return { certainty: 'likely', cites: [said.line.at], facts: { ...facts, what: 'other' } };
    // The identifier of the authorization server was expected to be the URL of the MCP server.
    const expected = find(lines, EXPECTED);
    const wanted = expected?.groups.wanted ?? null;
    if (
      expected &&
      wanted !== null &&
      ((url !== null && bare(wanted) === bare(url)) || /\/(?:mcp|sse)\/?$/.test(wanted))
    )
      // The server may have named its own URL as the authorization server: then the client is right to expect it.
      return {
        certainty: 'possible',
        cites: [expected.line.at],
        facts: { ...facts, what: 'identifier', asked: wanted },
      };
    // The client had found where to register, and did not use it.
    const offered = find(lines, OFFERED);
    const denied = offered && find(lines, DENIED);
    if (denied)
      return {
        certainty: 'likely',
        cites: [denied.line.at, offered.line.at],
        facts: { ...facts, what: 'other' },
      };
    // An endpoint at the root, where the document names one below a path.
    const strayed = strayedFrom(lines);
    if (strayed)
      return {
        certainty: 'likely',
        cites: [strayed.line.at],
        facts: { ...facts, what: 'register', asked: strayed.path },
      };
    // The SDK names the function that asked: a token endpoint that is not there was guessed.
    const lost = find(lines, LOST);
    if (
      lost &&
      lines.some(({ text }) => /\b(?:executeTokenRequest|exchangeAuthorization|refreshAuthorization)\b/.test(text))
    )
      return { certainty: 'likely', cites: [lost.line.at], facts: { ...facts, what: 'register', asked: '/token' } };
    // Some sign-ins have their document under the name of OpenID only.
    const other = knownToLack(given, 'oauth-metadata');
    const sought = other && find(lines, SOUGHT);
    if (other && sought)
      return {
        certainty: 'likely',
        cites: [sought.line.at, other.at],
        facts: {
          ...facts,
          what: 'path',
          asked: '/.well-known/oauth-authorization-server',
          right: '/.well-known/openid-configuration',
        },
      };
    const asked = wellKnown(given);
    const there = asked.find(({ status }) => status < 300);
    const missed =
      asked.find(({ status, kind }) => status >= 400 && kind === there?.kind) ??
      asked.find(({ status, kind }) => status >= 400 && there?.kind === 'resource' && kind === 'server');
    // Trying one address after the other is the rule; when the sign-in went on after that, it failed for another reason.
    const further = lines.some(({ text }) => WENT_ON.test(text));
    if (there && missed)
      return {
        certainty: further ? 'possible' : 'likely',
        cites: [missed.line.at, there.line.at],
        facts: { ...facts, what: 'path', asked: missed.path, right: there.path },
      };
    const guessed = find(lines, GUESSED);
    const documents =
      there !== undefined ||
      metadata(given) !== null ||
      lines.some(({ text }) => /\bresource_metadata=["']?https?:/i.test(text));
    if (guessed)
      return {
        certainty: documents ? 'likely' : 'possible',
        cites: [guessed.line.at],
        facts: { ...facts, what: 'register', asked: guessed.groups.path ?? guessed.groups.express ?? null },
      };
    // The path of the endpoint stands before .well-known, where no client should look.
    const inner = asked.find(({ path, status }) => status >= 400 && /^\/[\w-].*\/\.well-known\//.test(path));
    if (inner)
      return { certainty: 'possible', cites: [inner.line.at], facts: { ...facts, what: 'path', asked: inner.path } };
    const hosted = find(lines, HOSTED);
    return hosted
      ? {
          certainty: documents || lines.some(({ text }) => text.includes('.well-known')) ? 'likely' : 'possible',
          cites: [hosted.line.at],
          facts: { ...facts, what: 'other' },
        }
      : null;
  },
  say: ({ url, what, asked, right, client }) => {
    const who = client ?? 'The client';
    if (what === 'identifier')
      return `${who} expects the authorization server to call itself ${asked ?? 'by the URL of the MCP server'}, which is the URL of the MCP server: the identifier to compare with is the one under authorization_servers.`;
    if (what === 'path')
      return `${who} asks for the metadata at ${asked ?? 'an address'}, where there is none${right === null ? '' : `; it stands at ${right}`}.`;
    if (what === 'register')
      return `${who} falls back to ${asked ?? 'an address'} on the host of the MCP server, which its metadata does not name: the sign-in happens elsewhere.`;
    return `${who} does not follow the metadata of ${url ?? 'the server'} to its authorization server, but an address of its own making.`;
  },
  fix: ({ url, right, asked, what }) => {
    const { origin, pathname } =
      url !== null && URL.canParse(url) ? new URL(url) : { origin: 'https://<host>', pathname: '/mcp' };
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
    return [
      what === 'identifier'
        ? {
            say: 'Update the client: the issuer must be compared with the entry of authorization_servers, not with the MCP URL.',
          }
        : {
            say: 'Update the client. Until it asks the right addresses, serve the same metadata at those it asks as well:',
            edit: {
              file: 'the routes of the server',
              to: `GET ${asked?.startsWith('/') ? asked : `/.well-known/oauth-protected-resource${path}`} -> ${right ?? `/.well-known/oauth-protected-resource${path}`}`,
            },
          },
      {
        say: 'See by hand that the metadata is right, from the challenge on:',
        run: `curl -si -X POST ${url ?? `${origin}${path}`} | grep -i www-authenticate; curl -s ${origin}/.well-known/oauth-protected-resource${path}`,
      },
      {
        say: 'Where the client takes a fixed token, use one until then:',
        edit: { file: 'the client config', at: 'headers', to: '"headers": { "Authorization": "Bearer <your token>" }' },
      },
    ];
  },
  why: 'The way to a sign-in is: resource_metadata of the 401, or the well-known address with the path of the endpoint behind it; from there the authorization server, which may be another host; from its identifier the second document. Older clients ask the root of the MCP host only, put the path in front, or guess /register, and a server whose metadata is right by hand looks broken.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#protected-resource-metadata-discovery-requirements',
    'https://www.rfc-editor.org/rfc/rfc8414#section-3.1',
    'https://github.com/coder/xum/issues/3734',
  ],
  examples: [
    {
      name: 'somebody looked at what the client asks for',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'The client requests the root instead of the path of the well-known metadata, and gets a 404',
      },
    },
    {
      name: 'the metadata stands beside',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '"GET /.well-known/oauth-protected-resource HTTP/1.1" 404 Not Found\n"GET /.well-known/oauth-protected-resource/mcp HTTP/1.1" 200 OK',
      },
    },
    {
      name: 'a guessed address, though the metadata is served',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        serverLog:
          '"GET /.well-known/oauth-protected-resource HTTP/1.1" 200 OK\n"POST /register HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'claude.ai with metadata at hand',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        clientError: 'step=start_error oauth_error=mcp_registration_failed',
        serverLog: 'GET /.well-known/oauth-authorization-server',
      },
    },
    {
      name: 'Gemini CLI, which had found where to register',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'gemini-cli',
        stdout:
          "Dynamic client registration is supported at: https://auth.acme.dev/clients:register\nFailed to handle automatic OAuth for server 'acme': No client ID provided and dynamic registration not supported",
      },
    },
    {
      name: 'mcp-remote posts to a token endpoint of its own making',
      finds: true,
      symptoms: {
        transport: 'stdio',
        client: 'mcp-remote',
        stderr:
          'Authorization error: ServerError: HTTP 404: Invalid OAuth error response:\nSyntaxError: Unexpected non-whitespace character after JSON at position 4\n    at async executeTokenRequest (chunk-65X3S4HB.js:18884:11)',
      },
    },
    {
      name: 'a document under the name of OpenID only',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'https://accounts.google.com does not respond to https://accounts.google.com/.well-known/oauth-authorization-server',
        http: { method: 'GET', status: 200, body: '{"authorization_servers":["https://accounts.google.com"]}' },
      },
    },
    {
      name: 'every address answers',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '"GET /.well-known/oauth-protected-resource/mcp HTTP/1.1" 200 OK\n"GET /.well-known/oauth-authorization-server HTTP/1.1" 200 OK\n"POST /register HTTP/1.1" 201 Created',
      },
    },
    {
      name: 'no metadata anywhere',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '"GET /.well-known/oauth-protected-resource HTTP/1.1" 404 Not Found\n"POST /mcp HTTP/1.1" 401',
      },
    },
    {
      name: 'a complaint about metadata that are sound',
      finds: true,
      evidence: {
        ...lookedWalk(),
        complaint: {
          client: 'acme-client',
          lines: [
            'OAuth authorization server metadata issuer https://auth.acme.dev does not match expected issuer https://acme.dev/mcp',
          ],
        },
      },
    },
    {
      name: 'a complaint about metadata that are not',
      finds: false,
      evidence: {
        ...serverDocumentWith({ issuer: 'https://login.acme.dev' }),
        complaint: { lines: ['issuer mismatch'] },
      },
    },
    {
      name: 'a complaint about something else',
      finds: false,
      evidence: { ...signedInWalk(), complaint: { lines: ['MCP error -32001: Request timed out'] } },
    },
  ],
});
