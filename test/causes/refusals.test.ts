/** What SDKs refuse with one and the same code is told apart by its words: each as the SDK's source has it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REFUSALS, type RefusalKind, refusalIn, refusalOfStatus, statusIn } from '../../src/causes/refusals.js';
import { CAUSE_IDS } from '../pins/cause-ids.js';

const SDK: [RefusalKind, string][] = [
  ['host', 'Invalid Host header: acme.dev'],
  ['host', 'Invalid Host: acme.dev'],
  ['host', 'Missing Host header'],
  ['origin', 'Invalid Origin header: https://acme.dev'],
  ['accept', 'Not Acceptable: Client must accept both application/json and text/event-stream'],
  ['accept', 'Not Acceptable: Client must accept text/event-stream'],
  ['content-type', 'Unsupported Media Type: Content-Type must be application/json'],
  ['second-stream', 'Conflict: Only one SSE stream is allowed per session'],
  ['stream-taken', 'Conflict: Stream already has an active connection'],
  ['resume', 'Event store not configured'],
  ['resume', 'Invalid event ID format'],
  ['resume', 'Error replaying events'],
  ['not-initialized', 'Bad Request: Server not initialized'],
  ['session-missing', 'Bad Request: Mcp-Session-Id header is required'],
  ['session-unknown', 'Session not found'],
  ['version', 'Bad Request: Unsupported protocol version: '],
  ['already-initialized', 'Invalid Request: Server already initialized'],
  ['already-initialized', 'Invalid Request: Only one initialization request is allowed'],
  ['batch', 'Invalid Request: Batch must not exceed '],
  ['method', 'Method not allowed.'],
];
/** Words of other SDKs and frameworks. */
const OTHERS: [RefusalKind, string][] = [
  ['host', 'Forbidden: Host header is not allowed'],
  ['host', "Invalid HTTP_HOST header: 'mcp.lan'. You may need to add 'mcp.lan' to ALLOWED_HOSTS."],
  ['host', 'Bad Request - Invalid Hostname'],
  ['host', 'Blocked hosts: mcp.lan'],
  ['origin', 'Origin not allowed'],
  ['origin', 'cross-origin request detected from Sec-Fetch-Site header'],
  ['accept', "Accept must contain both 'application/json' and 'text/event-stream'"],
  ['accept', 'text/event-stream required in Accept header'],
  ['content-type', 'Invalid Content-Type header'],
  ['too-large', 'Request body too large'],
  ['session-missing', 'Bad Request: Missing session ID'],
  ['session-missing', 'Bad Request: No valid session ID provided'],
  ['session-unknown', 'Not Found: Session has been terminated'],
  ['session-unknown', 'Invalid or expired session ID'],
  ['not-initialized', 'Received request before initialization was complete'],
];

describe('the words', () => {
  it.each([...SDK, ...OTHERS])('%s: %s', (kind, text) => {
    expect(refusalIn(text)?.kind).toBe(kind);
    // As it stands in the message of a client, with its quotation marks escaped.
    const body = JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message: text }, id: null });
    expect(refusalIn(`Error POSTing to endpoint (HTTP 400): ${body}`)?.kind).toBe(kind);
    expect(refusalIn(JSON.stringify(body))?.kind).toBe(kind);
  });

  it('the SDK that is installed words them so', () => {
    const source = ['webStandardStreamableHttp', 'middleware/hostHeaderValidation']
      .map((name) =>
        readFileSync(
          new URL(`../../node_modules/@modelcontextprotocol/sdk/dist/esm/server/${name}.js`, import.meta.url),
          'utf8',
        ),
      )
      .join('\n');
    for (const [, text] of SDK) expect(source).toContain(text.replace(/acme\.dev|https:\/\/acme\.dev/g, '').trim());
  });

  it('no refusal in the words of a healthy conversation, or of another failure', () => {
    for (const text of [
      'Connection closed',
      'Request timed out',
      '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}}',
      'Access to fetch has been blocked by CORS policy',
      'connect ECONNREFUSED 127.0.0.1:3000',
      'session id 1f0c created',
      'origin server returned 502',
      'listening on host 0.0.0.0',
      "Host '172.17.0.1' is not allowed to connect to this MySQL server",
    ])
      expect(refusalIn(text)?.kind, text).toBeUndefined();
  });
});

it('a status that stands for one refusal only', () => {
  expect(refusalOfStatus(406)?.kind).toBe('accept');
  expect(refusalOfStatus(421)?.kind).toBe('host');
  expect(refusalOfStatus(400)).toBeNull();
  expect(refusalOfStatus(undefined)).toBeNull();
});

it('the status in a line', () => {
  expect(statusIn('"POST /mcp HTTP/1.1" 421 Misdirected Request')).toBe(421);
  expect(statusIn('Error POSTing to endpoint (HTTP 406): x')).toBe(406);
  expect(statusIn('listening on port 4060')).toBeNull();
});

it('every cause that the table names is one of the catalogue', () => {
  for (const id of REFUSALS.flatMap((refusal) => refusal.causes)) expect(CAUSE_IDS).toContain(id);
});
