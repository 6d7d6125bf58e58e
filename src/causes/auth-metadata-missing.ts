import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { BLAMES, challengeOf, entryCarries, MISSES } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { wordsFor } from './oauth-errors.js';
import { lookedWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { CLIENT_OMITS, isOwnSignIn, OFFERED, SIGN_IN, UNSIGNED, wellKnown } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

type What = 'challenge' | 'document' | 'both';

/** Clients that looked for metadata and found none. */
const NOWHERE = [
  /\bdoes(?: not|n't) (?:implement|support|use|offer|appear to (?:support|use)) (?:MCP )?(?:OAuth|authorization)\b(?!.{0,20}registration)(?! 2\.0 Dynamic)|\bno (?:OAuth|authorization) (?:support|metadata|configuration|server|endpoints?) (?:was |were |is )?(?:detected|found|available|advertised)/i,
  /\b(?:could(?: not|n't)|failed to|unable to|cannot|error) (?:be )?(?:discover|discovering|fetch|fetching|load|loading|find|retrieve|get|determine)(?:ing)? (?:the )?(?:OAuth|authorization|protected[- ]resource|resource(?=[- ](?:server[- ])?metadata\b))[- ](?:\w+[- ]){0,3}(?:metadata|configuration|endpoints?|server)\b/i,
  /\b(?:OAuth|authorization server|protected[- ]resource|PRM)\b.{0,40}\b(?:metadata|discovery|document)\b.{0,40}\b(?:not found|missing|unreachable|unavailable|failed|unusable|404|does not exist)/i,
  /\b(?:OAuth|authorization|protected[- ]resource|PRM|well-known)\b.{0,30}\b(?:metadata|discovery|configuration|document)\b.{0,30}\b(?:endpoint |url )?(?:returns?|returned|answers|responds|gives|is|was)\b.{0,20}\b(?:4\d\d|5\d\d|HTML|empty|invalid|malformed|not (?:valid )?JSON)/i,
  /^(?=.*\b(?:authorization_endpoint|token_endpoint|authorization_servers|response_types_supported)\b).*\b(?:ZodError|ValidationError|Required|Field required|missing|invalid_type|undefined)\b/,
  /\bHTTP (?:40[0-9]|5\d\d) trying to load (?:well-known )?(?:OAuth|OpenID)\b/i,
  /\bAUTH_REQUIRED_BUT_NOT_ADVERTISED\b|\bauth\w* (?:is )?required,? but (?:no|not)\b.{0,30}(?:advertis|metadata|discover)/i,
  // A page where the document should be.
  /\.well-known\/(?:oauth|openid)\S{0,120}[^\n]{0,60}\b(?:text\/html|HTML|SPA)\b/i,
  /\bcould not (?:start|begin) OAuth\b|\bmay not support (?:standard )?(?:MCP )?OAuth\b|\bNo authori[sz]ation support detected\b|\bNo OAuth (?:metadata|configuration) (?:found|discovered)\b|\bno authori[sz]ation servers? (?:specified|found|listed|in)\b/i,
  // The address, and behind it that nothing is there.
  /\.well-known\/(?:oauth|openid)\S{0,160}.{0,80}\b(?:returns?|returned|gives?|answers?|is|was|->|→)\W{0,4}(?:an? )?(?:HTTP )?(?:4\d\d|5\d\d)\b|\.well-known\/(?:oauth|openid)\S{0,160}.{0,40}\b(?:which |that )?(?:does(?:n.t| not) exist|is missing|is not (?:served|there|mapped))/i,
  /\bProtectedResourceMetadata(?:Unavailable|NotFound|Missing|Error)\b|\bincomplete metadata\b|\breturns?\b.{0,60}\bnot (?:the |any )?(?:OAuth )?metadata\b/i,
  /\bfail\w* to (?:find|fetch|load|get|discover)\b.{0,12}\.well-known\b|\b(?:contains?|has|with|lists?) no authorization_servers\b/i,
  /\bregisterClient\b.{0,40}\b401\b|\b401\b.{0,60}\bregisterClient\b/i,
];
/** The header itself is missed. */
const NO_HEADER =
  /\b(?:no|missing|without|lacks?|omits?|absent|empty|(?:does|did)(?: not|n't) (?:contain|include|have|carry|name|send|return))\b.{0,30}\b(?:a |the )?(?:www-authenticate|resource_metadata)\b|\b(?:www-authenticate|resource_metadata)\b.{0,30}\b(?:missing|absent|not (?:present|sent|included|set|found|returned)|is (?:null|undefined|empty))/i;
/** What clients make of a page where metadata was due: their fallbacks then fail as well. */
const BY_PRODUCT = /\bInvalid OAuth error response\b|\bOAuth\w*\b.{0,40}\b(?:ZodError|SyntaxError)\b/i;

/** Somebody looked for the header with grep, and nothing came. */
const GREP = /\bgrep\b.{0,40}(?:www-auth|resource_metadata)/i;
const NOTHING =
  /^\W*(?:nothing|no output|empty|none|no match\w*|no header\w*|absent)\W*$|\(\s?(?:nothing|empty|no output|none)\s?\)/i;
/** The sign-in has led to tokens before: its metadata was found. */
const SIGNED_IN =
  /\bsaving tokens\b|\bhasAccessToken["']?\s?:\s?true|\btokens? (?:exchange|saved|obtained|received|refreshed)\b|\baccess_token["']?\s?:|\bGot new credentials\b|\bMcpAuthorizationError\b/i;

/** The way to the document failed, not the document. */
const UNREACHED =
  /\bE(?:CONN\w+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH)\b|\bcertificate\b|\bCERT_|\bgetaddrinfo\b|\bconnection refused\b|\bdns\b|\bCORS\b/i;

/** Clients that sign in by themselves. */
const SIGNS_IN =
  /^(?:claude|cursor|vs ?-?code|codex|chatgpt|inspector|windsurf|gemini|zed|goose|opencode|mcp-remote|copilot)/i;
const HOSTED = /claude[-_. ]?ai|claude[-_ ]?web|chatgpt|connector/i;

export default defineCause({
  id: 'auth-metadata-missing',
  title: 'The server demands a sign-in, but its refusal does not lead to usable metadata',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'HTTP 404 trying to load well-known OAuth metadata',
    'Resource server does not implement OAuth 2.0 Protected Resource Metadata.',
    'MCP server does not implement OAuth',
    'Error POSTing to endpoint (HTTP 401)',
    'HTTP 404: Invalid OAuth error response',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED, 'auth-registration-unsupported', 'auth-client-discovery-wrong'],
  live: fromWalk('auth-metadata-missing'),

  match(given): Match<{ url: string | null; what: What; path: string | null; status: number | null }> | null {
    // A live walk through the metadata is no part of a case yet: a bare 401 that was seen has causes of its own.
    if (!given.reported || isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const client = given.reported.client ?? '';
    // What never got an answer has causes of its own.
    const lines = wordsFor(given, 'auth-metadata-missing').filter(
      ({ text }) => !UNREACHED.test(text) && !CLIENT_OMITS.test(text),
    );
    const asked = wellKnown(given);
    const resources = asked.filter(({ kind }) => kind === 'resource');
    const failed = (list: typeof asked) => list.find(({ status }) => status >= 400);
    const facts = { url, path: null, status: 401 };
    const said = find(lines, ...NOWHERE);
    if (lines.some(({ text }) => SIGNED_IN.test(text) || OFFERED.test(text))) return null;
    const looked = find(lines, GREP);
    // Clients look again when the header did not reach them.
    const pointed = lines.some(({ text }) => /\bresource_metadata=["']?https?:/.test(text));
    const lacking =
      (pointed ? null : find(lines, NO_HEADER)) ??
      (looked && lines.some(({ text }) => NOTHING.test(text)) ? looked : null);
    if (said ?? lacking) {
      const line = (said ?? lacking)?.line;
      return {
        certainty: 'likely',
        cites: line ? [line.at] : [],
        facts: {
          ...facts,
          what: said && lacking ? 'both' : said ? 'document' : 'challenge',
          path: failed(asked)?.path ?? null,
        },
      };
    }
    // A challenge whose address is none.
    const odd = lines.find(({ text }) => /\bresource_metadata=["']?(?!https?:\/\/|<|\.\.\.)[^"'\s,]{2,}/i.test(text));
    if (odd) return { certainty: 'likely', cites: [odd.at], facts: { ...facts, what: 'challenge' } };
    // Every address of one kind refused: nothing is there, whatever the client tried.
    const none = failed(resources) && resources.every(({ status }) => status >= 400) ? failed(resources) : undefined;
    const noServer = asked.every(({ status }) => status >= 400) ? failed(asked) : undefined;
    const gone = none ?? noServer;
    if (gone) {
      const register = lines.some(({ text }) => /\/register\b/.test(text));
      return {
        certainty:
          asked.length > 1 || lines.some(({ text }) => /\b401\b/.test(text)) || register ? 'likely' : 'possible',
        cites: [gone.line.at],
        facts: { ...facts, what: 'document', path: gone.path },
      };
    }
    const carries = entryCarries(given);
    for (const [i, exchange] of (given.http?.exchanges ?? []).entries()) {
      const { status = 0, headers = {}, body = '', credentials, method } = exchange;
      if (
        exchange.purpose !== 'reported' ||
        status !== 401 ||
        credentials === 'sent' ||
        carries.header ||
        method === 'OPTIONS'
      )
        continue;
      const { scheme, error, says, metadata } = challengeOf(exchange);
      if (metadata !== null || scheme?.toLowerCase() === 'basic') continue;
      const header = headers['www-authenticate'];
      const absent =
        header !== undefined && (scheme === null || /^\W*(?:absent|none|missing|empty|null)\b/i.test(header));
      const words = `${error ?? ''} ${says ?? ''} ${body}`;
      // Servers of the SDKs say invalid_token to a request without any, too.
      const bare = error === 'invalid_token' && says === null && body.trim() === '' && SIGNS_IN.test(client);
      const blamed = BLAMES.test(words) && !MISSES.test(words) && !bare;
      if (header === undefined && blamed) continue;
      // A connector of a vendor's cloud can sign in only this way: nobody can give it a token by hand.
      const hosted = HOSTED.test(client);
      const place =
        header === undefined ? at('http', 'exchanges', i) : at('http', 'exchanges', i, 'headers', 'www-authenticate');
      return {
        certainty:
          (absent || hosted || (header !== undefined && (client !== '' || given.reported.transport !== undefined))) &&
          !blamed
            ? 'likely'
            : 'possible',
        cites: [place],
        facts: { ...facts, what: 'challenge' },
      };
    }
    const product = find(lines, BY_PRODUCT);
    return product
      ? {
          certainty: 'possible',
          cites: [product.line.at],
          facts: { ...facts, what: 'document', status: null },
        }
      : null;
  },
  say: ({ url, what, path }) => {
    const who = url ?? 'The server';
    if (what === 'challenge')
      return `${who} answers 401 without a WWW-Authenticate header that names its metadata (resource_metadata), so a client cannot find out where to sign in.`;
    return `${who} demands a sign-in, but its metadata is not found${path === null ? '' : ` (${path})`}${what === 'both' ? ', and its 401 does not point to it either' : ''}: a client cannot find out where to sign in.`;
  },
  fix: ({ url }) => {
    const { origin, pathname } =
      url !== null && URL.canParse(url) ? new URL(url) : { origin: 'https://<host>', pathname: '/mcp' };
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
    return [
      {
        say: 'Serve the metadata of the resource, without credentials, at the well-known address with the path of the endpoint behind it:',
        edit: {
          file: `GET ${origin}/.well-known/oauth-protected-resource${path}`,
          to: `{ "resource": "${url ?? `${origin}${path}`}", "authorization_servers": ["https://<issuer>"] }`,
        },
      },
      {
        say: 'Point to it in every 401 (SDK: mcpAuthMetadataRouter and requireBearerAuth({ resourceMetadataUrl }); FastMCP: auth=RemoteAuthProvider(...)):',
        edit: {
          file: 'the 401 answer of the server',
          to: `WWW-Authenticate: Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource${path}"`,
        },
      },
      {
        say: 'Let proxies pass /.well-known/ on, and see what is served:',
        run: `curl -i ${origin}/.well-known/oauth-protected-resource${path}`,
      },
      {
        say: "Where the server knows fixed tokens only, put one into the client's entry instead:",
        edit: { file: 'the client config', at: 'headers', to: '"headers": { "Authorization": "Bearer <your token>" }' },
      },
    ];
  },
  why: 'A client that is refused looks for the way to sign in: in the WWW-Authenticate header of the 401, then at well-known addresses below the host. When both lead nowhere it guesses (/register, /authorize), and what users see is the failure of the guess, an OAuth error in place of "this server has no metadata".',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-location',
    'https://www.rfc-editor.org/rfc/rfc9728#section-3',
    'https://www.rfc-editor.org/rfc/rfc9728#section-5.1',
  ],
  examples: [
    {
      name: 'a challenge without metadata',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'vscode',
        http: { status: 401, headers: { 'www-authenticate': 'Bearer realm="mcp-gateway"' } },
      },
    },
    {
      name: 'no challenge at all',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 401, headers: { 'www-authenticate': '(absent)' }, body: '{"message":"Unauthorized"}' },
      },
    },
    {
      name: 'ChatGPT',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error fetching OAuth configuration\nMCP server https://acme.dev/mcp does not implement OAuth',
        http: { method: 'POST', status: 401 },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error: HTTP 404 trying to load well-known OAuth metadata',
      },
    },
    {
      name: 'the access log of the server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '"POST /mcp HTTP/1.1" 401 Unauthorized\n"GET /.well-known/oauth-protected-resource/mcp HTTP/1.1" 404 Not Found\n"GET /.well-known/oauth-protected-resource HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'a page of the application in place of the document',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: '- GET /.well-known/oauth-protected-resource returns 200 with text/html',
      },
    },
    {
      name: 'C#',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://mcp.acme.dev/v1/sse',
        stderr:
          'Unhandled exception. ModelContextProtocol.McpException: The WWW-Authenticate header does not contain a resource_metadata parameter',
      },
    },
    {
      name: 'an address in the challenge that is none',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 401,
          headers: {
            'www-authenticate': 'Bearer resource_metadata="https:mcp.acme.dev/.well-known/oauth-protected-resource"',
          },
        },
      },
    },
    {
      name: 'an authorization server that is not reached',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error discovering OAuth metadata: connect ECONNREFUSED 127.0.0.1:8080',
      },
    },
    {
      name: 'a challenge that leads to metadata',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        http: {
          status: 401,
          headers: {
            'www-authenticate': 'Bearer resource_metadata="https://acme.dev/.well-known/oauth-protected-resource"',
          },
        },
      },
    },
    {
      name: 'a sign-in with a password',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'cursor',
        http: { status: 401, headers: { 'www-authenticate': 'Basic realm="staging"' } },
      },
    },
    {
      name: 'a token that was sent',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'cursor',
        http: {
          status: 401,
          headers: { authorization: 'Bearer abc', 'www-authenticate': 'Bearer error="invalid_token"' },
        },
      },
    },
    {
      name: 'a walk: the address in the challenge is not found',
      finds: true,
      evidence: lookedWalk({
        resourceMetadata: [{ url: 'https://acme.dev/prm', exchange: 1, outcome: 'not-found', via: 'challenge' }],
        serverMetadata: [],
        used: undefined,
      }),
    },
    {
      name: 'a walk: the authorization server has its document where no client looks',
      finds: true,
      evidence: lookedWalk(({ serverMetadata }) => ({
        serverMetadata: serverMetadata.map((one) => ({ ...one, via: 'oauth-appended' as const })),
        used: undefined,
      })),
    },
    {
      name: 'a walk in which all is found',
      finds: false,
      evidence: lookedWalk(),
    },
  ],
});
