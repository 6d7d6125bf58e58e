import { at } from '../case/pointer.js';
import { ANSWERS, answers, refusedRequests } from './answers.js';
import { defineCause } from './cause.js';
import { BLAMES, challengeOf, entryCarries, MISSES, missesHeader, NO_ROUTE } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { sawNone } from './lost-credentials.js';
import { toldError } from './oauth-errors.js';
import { refusedCredentials, signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { serverWords, targetOf, wayWords } from './way.js';
import { find } from './words.js';

/** Expiry, audience and issuer have causes of their own, which say more. */
const SPECIAL = /expired|audience|\baud\b|issuer|\biss\b/i;

/** Known, and yet not allowed: an account without a licence, a token without a permission, a rule of the organisation. */
const NOT_ALLOWED =
  /\bnot (?:licen[cs]ed|entitled|permitted|allowed|authori[sz]ed|enabled|eligible)\b.{0,30}\b(?:to|for)\b|\b(?:no|without|missing|insufficient) (?:a )?(?:licen[cs]e|permission|scope|access)\b|\bResource not accessible by\b|\bSAML enforcement\b|\b(?:account|organi[sz]ation|user|plan|subscription)\b.{0,40}\b(?:does not|doesn't|is not|cannot|has no)\b/i;

/** The sign-in was over before. */
const AFTER =
  /\b(?:after|despite|although|even (?:with|after)|with (?:a )?valid)\b.{0,40}\b(?:auth\w*|sign(?:ing|ed)?[- ]in|log(?:ging|ged)?[- ]?in|token|credentials|api key)\b/i;

/** Statuses in the client's words, beside what is blamed. */
const DENIED = /\b40[13]\b|unauthori[sz]ed|forbidden/i;
const SAID = new RegExp(
  String.raw`${DENIED.source}|\bPOSTing to endpoint\b|\btoken for MCP server\b|\binvalid_request_error\b`,
  'i',
);

/** A server that speaks of the request's credentials, not of those with which it asks another service. */
const JUDGED =
  /\b(?:auth\w*|bearer|jwt|token (?:verification|validation)|middleware|request|client|40[13]|unauthori[sz]ed|forbidden|reject\w*)\b|invalid_token|insufficient_scope/i;
const DOWNSTREAM = /\b(?:github|gitlab|openai|anthropic|slack|jira|notion|upstream|downstream|tool)\b|\bAPI error\b/i;

export default defineCause({
  id: 'auth-credentials-rejected',
  title: 'The server refuses the credentials that were sent',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 401)',
    'Error POSTing to endpoint (HTTP 403)',
    '401 Unauthorized',
    'invalid_token',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'authorization'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'auth-credentials-missing'],
  live: fromWalk('auth-credentials-rejected'),

  match(given) {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const carries = entryCarries(given);
    for (const { exchange, at, live } of answers(given)) {
      const { status = 0, credentials, body = '' } = exchange;
      if ((status !== 401 && status !== 403) || NO_ROUTE.test(body)) continue;
      const { scheme, error, says } = challengeOf(exchange);
      // A cause of its own, which names the scope.
      if (error === 'insufficient_scope') continue;
      const words = `${error ?? ''} ${says ?? ''} ${body}`;
      const client = given.reported?.clientError.join(' ') ?? '';
      const log = serverWords(given).map(({ text }) => text);
      const judged = log.some((text) => BLAMES.test(text) && !MISSES.test(text) && !DOWNSTREAM.test(text));
      const barred = status === 403 && NOT_ALLOWED.test(body);
      const blamed = ((BLAMES.test(`${words} ${client}`) || judged) && !MISSES.test(words)) || barred;
      const sent = credentials === 'sent' || (credentials === 'unknown' && (carries.header || blamed));
      // A 403 without a word about credentials may come from a firewall or an origin check.
      if (credentials !== 'sent' && ((MISSES.test(words) && !BLAMES.test(words)) || missesHeader(given))) continue;
      if (!sent || (status === 403 && scheme === null && !blamed)) continue;
      const sure = live && credentials === 'sent' && !SPECIAL.test(words);
      // A code that servers of the SDKs also give to a request without credentials, and nothing that tells of any.
      const unsaid =
        credentials !== 'sent' &&
        !carries.header &&
        error === 'invalid_token' &&
        says === null &&
        body.trim() === '' &&
        !judged;
      const reason =
        says ?? error ?? /"(?:message|detail|error_description|error)"\s*:\s*"([^"]{1,200})"/.exec(body)?.[1] ?? null;
      // An unexpanded placeholder was sent in place of a value: that is a cause of its own.
      return {
        certainty:
          carries.placeholder || (live && sawNone(exchange)) || (!live && unsaid)
            ? 'possible'
            : sure
              ? 'certain'
              : 'likely',
        cites: [at],
        facts: { url, status, reason },
      };
    }
    // What a library or a server says of the value itself.
    const judgedSo = toldError(given, 'auth-credentials-rejected');
    const said =
      judgedSo &&
      (!DOWNSTREAM.test(judgedSo.line.text) || /\bMCP server\b|\bPOSTing to endpoint\b/i.test(judgedSo.line.text))
        ? judgedSo
        : null;
    const twice = (given.http?.exchanges ?? []).findIndex(({ requestHeaders = {} }) =>
      /^(?<scheme>Bearer|Basic|Token) +\k<scheme> /i.test(requestHeaders.authorization ?? ''),
    );
    if (twice >= 0)
      return {
        certainty: 'likely',
        cites: [...(said ? [said.line.at] : []), at('http', 'exchanges', twice, 'requestHeaders', 'authorization')],
        facts: { url, status: 401, reason: 'the scheme stands twice in the header' },
      };
    if ((answers(given).some(({ exchange }) => !exchange.spoken) || missesHeader(given)) && !said?.first) return null;
    const hit = find(
      wayWords(given).filter(
        ({ text }) =>
          SAID.test(text) &&
          (BLAMES.test(text) ||
            (carries.header && DENIED.test(text)) ||
            (AFTER.test(text) && /\b403\b|forbidden/i.test(text))) &&
          !/register|metadata/i.test(text),
      ),
      SAID,
    );
    const log = serverWords(given);
    const served = log.some(({ text }) => /\bPOST \S+.{0,20}\b20[02]\b/.test(text));
    const judged = log.find(
      ({ text }) => BLAMES.test(text) && JUDGED.test(text) && !MISSES.test(text) && !DOWNSTREAM.test(text),
    );
    const refused = carries.header && refusedRequests(given).find(({ status }) => status === 401 || status === 403);
    const line = hit?.line ?? (served ? null : (judged ?? (refused ? refused.line : null))) ?? said?.line;
    if (!line) return null;
    const facts = {
      url,
      status: /\b403\b|forbidden|insufficient/i.test(line.text) ? 403 : 401,
      reason: BLAMES.exec(line.text)?.[0] ?? null,
    };
    return {
      certainty:
        carries.placeholder ||
        (DOWNSTREAM.test(line.text) && !/\bMCP server\b|\bPOSTing to endpoint\b/i.test(line.text))
          ? 'possible'
          : 'likely',
      cites: [line.at],
      facts,
    };
  },
  say: ({ url, status, reason }) =>
    `${url ?? 'The server'} received credentials and refused them (${status})${reason ? `: "${reason.replace(/[.!?]$/, '')}"` : ''}.`,
  fix: ({ url }) => [
    /[?&][^=&]*(?:key|token|secret)[^=&]*=/i.test(url ?? '')
      ? {
          say: 'Issue a new key for this very server and put it into the URL of the entry in place of the old one:',
          edit: {
            file: 'the client config',
            at: 'url',
            to: `"url": "${(url ?? '').replace(/([?&][^=&]*(?:key|token|secret)[^=&]*=)[^&]*/i, '$1<new key>')}"`,
          },
        }
      : {
          say: 'Issue a new token or key for this very server and put it in the entry, exactly as the server wants it ("Bearer " before a token, no quotes, no line end):',
          edit: {
            file: 'the client config',
            at: 'headers',
            to: '"headers": { "Authorization": "Bearer <new token>" }',
          },
        },
    {
      say: 'Where the client signed in by itself, let it forget and sign in again (Claude Code: /mcp, then Clear authentication; mcp-remote keeps its tokens in ~/.mcp-auth).',
    },
    {
      say: 'Check the new one, with the token in the environment variable TOKEN:',
      run: `mcp-verdict verify --bearer-env TOKEN ${url ?? '<url>'}`,
    },
  ],
  why: 'The header arrived, so client and network are sound. The value is wrong for this server: revoked, of another environment or account, sent under the wrong scheme, or without the permission that the request needs.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc6750#section-3.1',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization',
  ],
  examples: [
    {
      name: 'the scheme twice',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', headers: { authorization: 'Bearer Bearer abcdef0123456789' } },
      },
    },
    {
      name: 'live, a token that is not known',
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
              status: 401,
              headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
            },
          ],
        },
      },
    },
    {
      name: 'a report with its header',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 401, headers: { authorization: 'Bearer abc123' }, body: '{"error":"invalid_api_key"}' },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 401): {"error":"invalid_token","message":"Bad credentials"}',
      },
    },
    {
      name: 'a token under a key of its own',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { type: 'http', url: 'https://acme.dev/mcp', bearerToken: 'abcdef0123456789' },
        clientError: 'Failed to connect: 401 Unauthorized',
      },
    },
    {
      name: 'a bridge that is handed a header',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: {
          command: 'npx',
          args: ['-y', 'mcp-remote', 'https://acme.dev/mcp', '--header', 'Authorization: Bearer abcdef0123456789'],
        },
        stderr: 'Connection error: Error POSTing to endpoint (HTTP 403): Forbidden',
      },
    },
    {
      name: 'a client that tells what it sends',
      finds: true,
      symptoms: {
        transport: 'sse',
        clientError: 'Using Bearer token for authentication\nSSE error: Non-200 status code (401)',
      },
    },
    {
      name: 'the log of a server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'auth middleware: token verification failed: signature is invalid',
      },
    },
    {
      name: 'an API behind a tool',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '"POST /mcp HTTP/1.1" 200 OK\ntool search: request failed, invalid API key',
      },
    },
    {
      name: 'nothing was sent',
      finds: false,
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
              credentials: 'none',
              status: 401,
            },
          ],
        },
      },
    },
    {
      name: 'a firewall',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 403, headers: { authorization: 'Bearer abc', server: 'cloudflare' }, body: 'Access denied' },
      },
    },
    {
      name: 'a walk: quotes around the value',
      finds: true,
      evidence: refusedCredentials({ how: 'header', name: 'x-api-key', odd: 'quoted' }),
    },
    {
      name: 'a walk: the value is not known',
      finds: true,
      evidence: refusedCredentials({ how: 'bearer', name: 'authorization', scheme: 'Bearer' }, 'Unknown key'),
    },
    {
      name: 'a walk with a token that is accepted',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
