import type { Evidence, Exchange } from '../case/evidence.js';
import { answers } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';

const size = (bytes: number): string =>
  bytes < 10_000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.round(bytes / 1e3)} KB` : `${Math.round(bytes / 1e6)} MB`;

/** Bytes on a stream that is waited on, beyond anything that keeps it alive or reports progress. */
const FLOOD = 1_000_000;

/** What has no bounds in an answer, in words. Null when its reading was not given up, or waiting for the reply explains it. */
function whatOf({
  stopped,
  error,
  interim,
  bodyBytes = 0,
  headers = {},
  contentType = '',
  ms,
}: Exchange): string | null {
  const seconds = `${Math.round(ms / 100) / 10} s`;
  if (stopped === 'nested')
    return `JSON of ${size(bodyBytes)}, nested deeper or made of more values than any client parses`;
  if (stopped === 'inflates')
    return `a compressed body (${headers['content-encoding'] ?? 'coded'}) that unpacked to ${size(bodyBytes)} and was not at its end`;
  const isStream = /^text\/event-stream\b/i.test(contentType);
  if (stopped === 'too-large' || (isStream && bodyBytes > FLOOD))
    return isStream
      ? `an event stream that brought ${size(bodyBytes)} in ${seconds}, and not the reply`
      : `a body that was not at its end after ${size(bodyBytes)}${headers['content-length'] === undefined ? '' : ` (Content-Length: ${headers['content-length']})`}`;
  if (stopped !== 'endless') return null;
  if (error?.phase === 'headers')
    return interim
      ? `${interim} interim answers (1xx) in ${seconds}, and no answer`
      : `headers that had begun and were not at their end after ${seconds}`;
  // An open stream on which other things are said is a server that does not answer.
  if (isStream) return null;
  const announced = Number(headers['content-length'] ?? Number.NaN);
  return `a body of which ${size(bodyBytes)} came in ${seconds}${announced > bodyBytes ? `, where Content-Length announces ${size(announced)}` : ', and no end'}`;
}

const exchange = (fields: Partial<Exchange>): Partial<Evidence> => ({
  http: {
    omitted: 0,
    exchanges: [
      {
        purpose: 'initialize',
        method: 'POST',
        url: 'https://acme.dev/mcp',
        atMs: 0,
        ms: 1_000,
        credentials: 'none',
        status: 200,
        contentType: 'application/json',
        ...fields,
      },
    ],
  },
});

export default defineCause({
  id: 'http-answer-unbounded',
  title: 'The answer has no end, or unpacks to more than a client can hold',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['MCP error -32001: Request timed out', 'Streamable HTTP error: terminated'],
  needs: ['http'],
  uses: ['handshake'],
  explains: [
    ...FAILED_START,
    'handshake-nonconforming',
    'http-not-mcp',
    'http-endpoint-wrong',
    'transport-event-stream-malformed',
    'http-answer-malformed',
    'lifetime-timeout-before-answer',
  ],

  match(given) {
    for (const { exchange, at, live } of answers(given)) {
      const what = live ? whatOf(exchange) : null;
      if (what)
        return {
          certainty: 'certain',
          cites: [`${at}/stopped`],
          facts: { url: exchange.url, request: exchange.purpose, what, kind: exchange.stopped ?? '' },
        };
    }
    return null;
  },
  say: ({ url, request, what }) => `${url} answers ${request} with ${what}. The reading was given up.`,
  fix: ({ kind, request, url }) => [
    {
      say:
        kind === 'endless'
          ? 'On the server: write the whole answer and end it (response.end(), or a Content-Length that is the number of bytes of the body). A proxy that holds back the rest of it must be given the whole as well.'
          : kind === 'nested'
            ? `On the server: find what ${request} puts into its result; a value that holds itself, or all of a database, does not belong there.`
            : 'On the server: send one JSON-RPC message and end the answer. Content that grows without bounds belongs into pages (nextCursor) or resources.',
    },
    {
      say: 'See the beginning of it yourself:',
      run: `curl -sS --max-time 5 --max-filesize 1000000 ${url} | head -c 1000`,
    },
  ],
  why: 'A client reads an answer as a whole before it looks at it. One that never ends is a time-out for the client, and one that grows takes its memory; clients limit a message to about 10 to 16 MB. An accident (a loop that writes, a body shorter than its Content-Length) and an attack look the same from outside.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc9112#section-6',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http',
  ],
  examples: [
    {
      name: 'a body of 16 MiB and more',
      finds: true,
      evidence: exchange({ stopped: 'too-large', bodyBytes: 16_800_000, headers: { 'content-length': '10737418240' } }),
    },
    {
      name: 'a bomb',
      finds: true,
      evidence: exchange({ stopped: 'inflates', bodyBytes: 16_800_000, headers: { 'content-encoding': 'gzip' } }),
    },
    {
      name: 'headers drop by drop',
      finds: true,
      evidence: exchange({
        stopped: 'endless',
        status: undefined,
        error: { code: 'UND_ERR_HEADERS_TIMEOUT', message: 'no response headers within 1000 ms', phase: 'headers' },
      }),
    },
    {
      name: 'a body shorter than announced',
      finds: true,
      evidence: exchange({
        stopped: 'endless',
        bodyBytes: 142,
        headers: { 'content-length': '5000' },
        error: { code: 'UND_ERR_BODY_TIMEOUT', message: 'the answer was not complete after 1000 ms', phase: 'body' },
      }),
    },
    {
      name: 'a stream that is kept alive by comments is a server that does not answer',
      finds: false,
      evidence: exchange({
        stopped: 'endless',
        contentType: 'text/event-stream',
        bodyBytes: 300,
        error: { code: 'UND_ERR_BODY_TIMEOUT', message: 'the answer was not complete after 1000 ms', phase: 'body' },
      }),
    },
    { name: 'a sound answer', finds: false, evidence: exchange({ bodyBytes: 142, body: '{"jsonrpc":"2.0"}' }) },
  ],
});
