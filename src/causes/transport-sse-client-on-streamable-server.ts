import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { requestsIn } from './answers.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { sessionKind } from './sessions.js';
import { FELL_BACK, isSseAsked, isSseClient, SERVES_SSE, SERVES_STREAMABLE } from './sse.js';
import { isLocalReport, isObserved, statusTold, type Told, tells, told, wasTold } from './told.js';
import { targetOf } from './way.js';
import { WORDS } from './words.js';

type Found = { url: string | null; status: number | null; right: string | null; words: string | null };

/** What an SSE client is told by an address that wants POST. */
const REFUSED =
  /\b(?:only (?:the )?POST\b|POST (?:method )?(?:only|is (?:required|supported|allowed))|does not (?:support|offer) (?:SSE|GET)|SSE (?:is )?(?:not supported|no longer supported|transport (?:is )?(?:deprecated|removed|not supported)|(?:endpoint )?(?:has been |is )?(?:removed|retired|gone))|Client must accept (?:both )?(?:application\/json|text\/event-stream)|session ID for SSE|(?:no|without(?: an?)?|never (?:sent|received) an?) endpoint(?: event)?\b(?! (?:found|at|for|\/))|(?:timed? ?out|waiting) .{0,20}\bendpoint event|endpoint (?:event )?(?:was )?(?:not|never) received|did not receive (?:an? |the )?endpoint event|wait for the message endpoint|(?:use|switch to|migrate to|upgrade to|only (?:supports?|speaks?)|supports? only) (?:the )?streamable[ -]?http)/i;
/** A client that takes an entry for one of SSE. */
const TAKEN =
  /\b(?:treat(?:s|ed)?|defaults?|defaulted|defaulting|assum(?:es?|ed|ing)|interpret(?:s|ed)?|mistakes?|initiali[sz](?:es|ed)|tries|tried|uses?|connects?)\b[^.]{0,60}\b(?:as|to|is|an?|for|with|using|via) (?:an? |the )?(?:legacy |old |deprecated )?SSE\b(?! (?:server|stream))/i;
/** A content type where an event stream was asked for. */
const NO_STREAM =
  /\bMIME[- ]type\W{1,4}application\/json\b.{0,40}text\/event-stream|(?:text\/event-stream['"]?, (?:got|but (?:got|received)|received) ['"]?|(?:Invalid|Unexpected) content[- ]type\W{0,3}(?:Some\()?\W{0,2})application\/json|Invalid content[- ]type, expected \W{0,2}text\/event-stream/i;
/** Failures that have nothing to do with the transport. */
const OTHERWISE =
  /terminated|timed? ?out|closed|disconnect|drop|\b(?:ECONN\w+|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPROTO)\b|fetch failed|certificate|unauthori[sz]ed|\b(?:40[13]|5\d\d)\b|oauth|token/i;
const isSsePath = (url: string | null): boolean => /\/sse\/?(?:[?#]|$)/i.test(url ?? '');
const isMcpPath = (url: string | null): boolean => /\/mcp\/?(?:[?#]|$)/i.test(url ?? '');

/** We asked for SSE, and the server answers Streamable HTTP, here or beside it. */
function observed(given: Partial<Evidence>): Match<Found> | null {
  const { http, endpoint, handshake } = given;
  if (!endpoint || handshake?.initialize.status === 'answered') return null;
  const index = http?.exchanges.findIndex(({ purpose }) => purpose === 'open-sse-stream') ?? -1;
  const opened = http?.exchanges[index];
  if (!opened || opened.events?.includes('endpoint')) return null;
  const { asked, others } = endpoint;
  const beside = others.findIndex(({ answer }) => answer === 'streamable-http');
  if (asked.answer !== 'streamable-http' && (beside < 0 || others.some(({ answer }) => answer === 'legacy-sse')))
    return null;
  return {
    certainty: 'certain',
    cites: [
      at('http', 'exchanges', index),
      asked.answer === 'streamable-http' ? at('endpoint', 'asked') : at('endpoint', 'others', beside),
    ],
    facts: {
      url: asked.url,
      status: opened.status ?? null,
      right: asked.answer === 'streamable-http' ? asked.url : (others[beside]?.url ?? null),
      words: null,
    },
  };
}

/** How sure the answer makes it, for a client that is known to speak SSE. */
function sureness(
  given: Partial<Evidence>,
  texts: Told[],
  status: number | null,
  url: string | null,
): Certainty | null {
  const streamable =
    given.reported?.transport === 'streamable-http' ||
    texts.some(
      ({ from, text }) =>
        (from === 'server' || from === 'entry') && SERVES_STREAMABLE.test(text) && !SERVES_SSE.test(text),
    );
  const method = given.http?.exchanges.find(wasTold)?.method;
  const posts = method === 'POST' && given.reported?.transport === 'sse' && !isSseAsked(given);
  const json = given.http?.exchanges.some(
    (one) =>
      wasTold(one) &&
      one.method === 'GET' &&
      one.status === 200 &&
      /application\/json/i.test(one.contentType ?? one.headers?.['content-type'] ?? ''),
  );
  if (json || texts.some(({ text }) => REFUSED.test(text) || NO_STREAM.test(text))) return 'likely';
  // A POST of an SSE client goes to the second address; what is refused there has other reasons.
  if (
    texts.some(({ text }) =>
      /\bPOSTing to endpoint\b|post_writer|\bPOST(?:ing|s|ed)? (?:to )?\S{0,80}messages?\b/i.test(text),
    ) ||
    posts
  )
    return null;
  const missing = texts.some(
    ({ text }) =>
      /^(?:missing|either)$/.test(sessionKind(text) ?? '') && !/before initiali[sz]ation was complete/i.test(text),
  );
  if (missing && (status === 400 || status === null)) return 'likely';
  if (status === 405 || status === 406 || status === 410) return 'likely';
  if (status === 400) return streamable || !isSsePath(url) ? 'likely' : 'possible';
  if (status === 404) {
    if (streamable) return 'likely';
    // What stood at /sse may have moved; that the path is wrong is likelier.
    const moved =
      isSsePath(url) && texts.some(({ text }) => /\bCannot GET \/|\bGET \S*\/sse\b.{0,40}\b404\b/.test(text));
    return isMcpPath(url) || moved ? 'possible' : null;
  }
  if (status === 415 || status === 422 || status === 501) return 'possible';
  if (status !== null) return null;
  const failed = texts.some(({ from, text }) => from !== 'entry' && /\bSSE\b|\bsse\b/.test(text));
  if (streamable && isSseAsked(given)) return 'likely';
  // Nothing else is known, and the address is not one of SSE.
  const otherwise = texts.some(({ text }) => OTHERWISE.test(text));
  if (!isSsePath(url) && url !== null && !otherwise && (failed || isMcpPath(url))) return 'possible';
  return /\bSSE (?:connection|stream|error)\b|\bestablish (?:an? )?sse\b/i.test(
    texts.map(({ text }) => text).join('\n'),
  ) && !texts.some(({ text }) => /terminated|timeout|closed|disconnect|drop|ECONN|fetch failed/i.test(text))
    ? 'possible'
    : null;
}

export default defineCause({
  id: 'transport-sse-client-on-streamable-server',
  title: 'The client asks for the older HTTP+SSE, and the server speaks Streamable HTTP only',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'SSE error: Non-200 status code (405)',
    'SSE error: Non-200 status code (400)',
    "Client error '405 Method Not Allowed' for url 'http://127.0.0.1:8000/mcp'",
    'Bad Request: Missing session ID',
    "Expected response header Content-Type to contain 'text/event-stream', got 'application/json'",
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'endpoint'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-endpoint-wrong',
    'http-not-mcp',
    'http-accept-incomplete',
    'session-stale-not-404',
    'session-affinity-missing',
    'transport-get-stream-mishandled',
  ],

  match(given): Match<Found> | null {
    if (isObserved(given)) return observed(given);
    if (isLocalReport(given)) return null;
    const texts = told(given);
    const url =
      targetOf(given) ??
      tells(texts, /https?:\/\/[^\s"'\\<>()]{1,200}?\/(?:mcp|sse)\/?(?=["'\\?\s)]|$)/i)?.match[0] ??
      null;
    const status = statusTold(given);
    const asked = isSseAsked(given);
    const taken = tells(
      texts.filter(({ from }) => from === 'client'),
      TAKEN,
    );
    if (!isSseClient(given) && taken && [400, 404, 405, 406].includes(status ?? 405))
      return { certainty: 'likely', cites: [taken.told.at], facts: { url, status, right: url, words: taken.match[0] } };
    if (!isSseClient(given)) {
      const named = tells(
        texts.filter(({ from }) => from !== 'platform'),
        /\bsession ID for SSE\b|\bSSE (?:is )?not supported\b/i,
        /\bSSE error: Non-200 status code \(40[0456]\)/i,
      );
      return named && !texts.some(({ text }) => FELL_BACK.test(text) || /POSTing to endpoint/.test(text))
        ? { certainty: 'possible', cites: [named.told.at], facts: { url, status, right: url, words: named.match[0] } }
        : null;
    }
    // The client came here after another failure; that one is the reason.
    if (!asked && texts.some(({ from, text }) => from !== 'entry' && FELL_BACK.test(text))) return null;
    // The stream was open: the server does speak SSE.
    if (
      requestsIn(given).some(
        ({ method, path, status: answer }) => method === 'GET' && answer === 200 && isSsePath(path),
      )
    )
      return null;
    const certainty = sureness(given, texts, status, url);
    if (certainty === null) return null;
    const hit =
      tells(
        texts.filter(({ from }) => from === 'client' || from === 'body'),
        REFUSED,
        NO_STREAM,
        /\bSSE\b|\b40[056]\b/i,
      ) ??
      tells(
        texts.filter(({ from }) => from !== 'platform'),
        /\bsse\b/i,
      );
    const index = given.http?.exchanges.findIndex(wasTold) ?? -1;
    const cites = [
      ...(index >= 0 ? [at('http', 'exchanges', index)] : []),
      ...(hit ? [hit.told.at] : []),
      ...(asked && given.reported?.entry ? [at('reported', 'entry')] : []),
      ...(url !== null && given.reported?.url !== undefined ? [at('reported', 'url')] : []),
      ...(given.reported?.transport ? [at('reported', 'transport')] : []),
    ];
    return {
      certainty,
      cites: [...new Set(cites)].slice(0, 3),
      facts: {
        url,
        status,
        right: url?.replace(/\/sse\/?(?=$|[?#])/i, '/mcp') ?? null,
        words: hit && hit.told.from !== 'entry' ? hit.told.text.trim().slice(0, 160) : null,
      },
    };
  },
  say: ({ url, status, right, words }) =>
    `The client opens an event stream as the older transport HTTP+SSE does, and ${url ?? 'the server'} speaks Streamable HTTP, which begins with a POST${status ? `: the GET is answered ${status}` : words ? ` ("${words}")` : ''}.${right && right !== url ? ` Streamable HTTP usually stands at ${right}.` : ''}`,
  fix: ({ right, url }) => [
    {
      say: "Set the transport of the client's entry to Streamable HTTP (Claude Code and VS Code: http; Cline and Roo Code: streamableHttp, streamable-http; Gemini CLI: httpUrl in place of url; mcp-remote: --transport http-only; C#: HttpTransportMode.StreamableHttp; Python: streamablehttp_client):",
      edit: {
        file: 'the client config',
        at: 'type',
        to: `"type": "http", "url": "${right ?? url ?? 'https://<host>/mcp'}"`,
      },
    },
    { say: 'See what answers there:', run: `mcp-verdict verify ${right ?? url ?? '<url>'}` },
    {
      say: 'If the client knows only SSE, update it, or put a bridge between: mcp-remote speaks Streamable HTTP to the server and stdio to the client.',
      run: `npx -y mcp-remote ${right ?? url ?? '<url>'} --transport http-only`,
    },
  ],
  why: 'HTTP+SSE was replaced by Streamable HTTP in the revision of 2025-03-26. An SSE client begins with GET and waits for the event "endpoint"; a Streamable HTTP server answers that GET with 405, with 400 because no session is named, or with a stream that never sends that event.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility',
    'https://github.com/modelcontextprotocol/csharp-sdk/issues/1759',
  ],
  examples: [
    {
      name: 'words that only an SSE client has, of a server of the newer transport',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'opencode',
        clientError: 'Authentication failed\nSSE error: Non-200 status code (405)',
      },
    },
    {
      name: 'live, asked for SSE',
      finds: true,
      evidence: {
        endpoint: { asked: { url: 'http://127.0.0.1:8000/mcp', answer: 'streamable-http' }, others: [] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'open-sse-stream',
              method: 'GET',
              url: 'http://127.0.0.1:8000/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 405,
            },
          ],
        },
      },
    },
    {
      name: 'TypeScript',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://127.0.0.1:12306/mcp',
        clientError: 'SSE error: Non-200 status code (405)',
      },
    },
    {
      name: 'C# in the mode Sse',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { TransportMode: 'Sse' },
        clientError: 'Response status code does not indicate success: 400 (Bad Request). Missing session ID',
        http: {
          status: 400,
          body: '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Bad Request: Missing session ID"}}',
        },
      },
    },
    {
      name: 'an entry of type sse',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { type: 'sse' },
        clientError: 'error code 405',
        http: { status: 405 },
      },
    },
    {
      name: 'an SSE address that was given up',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://notes.example/sse',
        http: { method: 'GET', status: 410, body: '410 Gone' },
      },
    },
    {
      name: 'a bridge that speaks SSE',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://notes.example/notes',
        stderr: '[I mcp.client.sse] Connecting to SSE endpoint: https://notes.example/notes',
      },
    },
    {
      name: 'a stream that is not acceptable to the server',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://acme.dev/mcp',
        serverLog: 'Not Acceptable: /mcp\n"GET /mcp HTTP/1.0" 406 57',
      },
    },
    {
      name: 'a session of HTTP+SSE that is not ready',
      finds: false,
      symptoms: {
        transport: 'sse',
        serverLog: 'RuntimeError: Received request before initialization was complete',
      },
    },
    {
      name: 'the reverse: a client that posts to /sse',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        entry: { type: 'http' },
        url: 'https://acme.dev/sse',
        http: { status: 405 },
      },
    },
    {
      name: 'a client that fell back to SSE',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        clientError: 'Error POSTing to endpoint (HTTP 500), falling back to SSE: SSE error: Non-200 status code (405)',
      },
    },
    {
      name: 'a stream that was open and ended',
      finds: false,
      symptoms: { transport: 'sse', clientError: 'SSE error: TypeError: terminated: Body Timeout Error' },
    },
  ],
});
