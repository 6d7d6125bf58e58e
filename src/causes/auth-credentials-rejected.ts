import { ANSWERS, answers } from './answers.js';
import { defineCause } from './cause.js';
import { BLAMES, challengeOf, entryCarries, MISSES } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { targetOf, wayWords } from './way.js';
import { find } from './words.js';

/** Expiry, audience and issuer have causes of their own, which say more. */
const SPECIAL = /expired|audience|\baud\b|issuer|\biss\b/i;

/** Statuses in the client's words, beside what is blamed. */
const SAID = /\b40[13]\b|unauthori[sz]ed|forbidden|\bPOSTing to endpoint\b/i;

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
    'insufficient_scope',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'auth-credentials-missing'],

  match(given) {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const carries = entryCarries(given);
    for (const { exchange, at, live } of answers(given)) {
      const { status = 0, credentials, body = '' } = exchange;
      if (status !== 401 && status !== 403) continue;
      const { scheme, error, says, scope } = challengeOf(exchange);
      const words = `${error ?? ''} ${says ?? ''} ${body}`;
      const client = given.reported?.clientError.join(' ') ?? '';
      const blamed = BLAMES.test(`${words} ${client}`) && !MISSES.test(words);
      const sent = credentials === 'sent' || (credentials === 'unknown' && (carries.header || blamed));
      // A 403 without a word about credentials may come from a firewall or an origin check.
      if (!sent || (status === 403 && scheme === null && !blamed)) continue;
      const sure = live && credentials === 'sent' && !SPECIAL.test(words);
      const reason =
        says ?? error ?? /"(?:message|detail|error_description|error)"\s*:\s*"([^"]{1,200})"/.exec(body)?.[1] ?? null;
      // An unexpanded placeholder was sent in place of a value: that is a cause of its own.
      return {
        certainty: carries.placeholder ? 'possible' : sure ? 'certain' : 'likely',
        cites: [at],
        facts: { url, status, reason, scope: error === 'insufficient_scope' ? (scope ?? '') : null },
      };
    }
    if (answers(given).length > 0) return null;
    const hit = find(
      wayWords(given).filter(
        ({ text }) => SAID.test(text) && (BLAMES.test(text) || carries.header) && !/register|metadata/i.test(text),
      ),
      SAID,
    );
    if (!hit) return null;
    const facts = {
      url,
      status: /403|forbidden/i.test(hit.match[0]) ? 403 : 401,
      reason: BLAMES.exec(hit.line.text)?.[0] ?? null,
      scope: null,
    };
    return { certainty: carries.placeholder ? 'possible' : 'likely', cites: [hit.line.at], facts };
  },
  say: ({ url, status, reason, scope }) => {
    if (scope !== null)
      return `${url ?? 'The server'} knows the credentials but does not allow this with them (${status}, insufficient_scope)${scope ? `: the scope ${scope} is missing` : ''}.`;
    return `${url ?? 'The server'} received credentials and refused them (${status})${reason ? `: "${reason.replace(/[.!?]$/, '')}"` : ''}.`;
  },
  fix: ({ url, scope }) => [
    scope !== null
      ? {
          say: `Issue a token${scope ? ` with the scope ${scope}` : ' with the scope the server asks for'}, or sign in again and grant it, and put it in the entry:`,
          edit: {
            file: 'the client config',
            at: 'headers',
            to: '"headers": { "Authorization": "Bearer <new token>" }',
          },
        }
      : /[?&][^=&]*(?:key|token|secret)[^=&]*=/i.test(url ?? '')
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
  ],
});
