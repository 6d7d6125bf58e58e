import { describe, expect, it } from 'vitest';
import { HarReader } from '../../src/case/har.js';
import { isHar } from '../../src/case/har-entries.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';

const MARKER = 'Zq7Leak';
const INITIALIZE = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';

interface Told {
  method?: string;
  url: string;
  status: number;
  request?: Record<string, string>;
  response?: Record<string, string>;
  post?: string;
  body?: string;
  base64?: boolean;
  error?: string;
  type?: string;
  at?: string;
}

const pairs = (headers: Record<string, string> = {}) =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

/** An entry as Chrome writes it. */
const entry = (told: Told) => ({
  startedDateTime: told.at ?? '2026-11-26T01:30:00.000Z',
  time: 12.5,
  _resourceType: told.type ?? 'fetch',
  request: {
    method: told.method ?? 'POST',
    url: told.url,
    httpVersion: 'http/2.0',
    headers: pairs(told.request),
    cookies: [],
    queryString: [],
    ...(told.post !== undefined && { postData: { mimeType: 'application/json', text: told.post } }),
  },
  response: {
    status: told.status,
    statusText: '',
    headers: pairs(told.response),
    cookies: [],
    content: { size: 5, mimeType: '', text: told.body, ...(told.base64 && { encoding: 'base64' }) },
    ...(told.error && { _error: told.error }),
  },
  serverIPAddress: '203.0.113.7',
  timings: {},
});

const har = (entries: unknown[], space?: number): string =>
  JSON.stringify(
    { log: { version: '1.2', creator: { name: 'WebInspector', version: '1' }, pages: [], entries } },
    null,
    space,
  );

function read(text: string, piece = 700): HarReader {
  const reader = new HarReader();
  for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece));
  return reader;
}
const exchangesOf = (...told: Told[]) => read(har(told.map(entry))).result().exchanges;

describe('a HAR file', () => {
  it('is told by its beginning', () => {
    expect(isHar(har([]))).toBe(true);
    expect(isHar(`\uFEFF\n${har([], 2)}`)).toBe(true);
    expect(isHar('{"log":"Error: boom","stream":"stderr"}')).toBe(false);
    expect(isHar('{"mcpServers":{}}')).toBe(false);
  });

  it('holds its requests to an MCP server, in order, whatever the pieces', () => {
    const text = har(
      [
        entry({ method: 'GET', url: 'https://app.acme.dev/', status: 200, type: 'document', body: '<html>' }),
        entry({
          url: 'https://acme.dev/mcp',
          status: 401,
          post: INITIALIZE,
          request: { Authorization: 'Bearer abcdefgh' },
          response: { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Bearer' },
          body: '{"error":"invalid_token","say":"\\u00e9 \\"quoted\\" {[ \\\\"}',
        }),
        entry({ url: 'https://acme.dev/mcp', status: 200, post: INITIALIZE, at: '2026-11-26T01:30:02.500Z' }),
      ],
      2,
    );
    for (const piece of [1, 7, 10_000_000]) {
      const { exchanges, url, transport } = read(text, piece).result();
      expect(url).toBe('https://acme.dev/mcp');
      expect(transport).toBe('streamable-http');
      expect(exchanges).toMatchObject([
        {
          purpose: 'reported',
          method: 'POST',
          rpc: 'initialize',
          status: 401,
          credentials: 'sent',
          httpVersion: '2.0',
          contentType: 'application/json',
          headers: { 'www-authenticate': 'Bearer' },
          remoteAddress: '203.0.113.7',
          ms: 12.5,
        },
        { status: 200, credentials: 'unknown', atMs: 2_500 },
      ]);
      expect(JSON.parse(exchanges[0]?.body ?? '').say).toBe('é "quoted" {[ \\');
    }
  });

  it('of what is no MCP the failed requests beside it are shown, and decide nothing', () => {
    const exchanges = exchangesOf(
      { method: 'GET', url: 'https://acme.dev/.well-known/oauth-protected-resource/mcp', status: 404 },
      { method: 'GET', url: 'https://acme.dev/health', status: 503 },
      { method: 'GET', url: 'https://ads.example/pixel', status: 500 },
      { method: 'GET', url: 'https://acme.dev/logo.png', status: 404 },
      { url: 'https://acme.dev/mcp', status: 500, post: INITIALIZE },
    );
    expect(exchanges.map(({ purpose, url }) => [purpose, new URL(url).pathname])).toEqual([
      ['logged', '/.well-known/oauth-protected-resource/mcp'],
      ['logged', '/health'],
      ['reported', '/mcp'],
    ]);
  });

  it('without any MCP the failed requests count', () => {
    const exchanges = exchangesOf(
      { url: 'https://acme.dev/api', status: 0, error: 'net::ERR_CONNECTION_REFUSED' },
      { url: 'https://acme.dev/other', status: 200 },
      { url: 'https://acme.dev/left', status: 0, error: 'net::ERR_ABORTED' },
    );
    expect(exchanges).toMatchObject([
      { purpose: 'reported', url: 'https://acme.dev/api', error: { code: 'ECONNREFUSED', phase: 'connect' } },
    ]);
    expect(exchanges[0]?.status).toBeUndefined();
  });

  it('a preflight that failed, and a body in base64', () => {
    const [preflight, answer] = exchangesOf(
      {
        method: 'OPTIONS',
        url: 'https://acme.dev/mcp',
        status: 405,
        request: {
          origin: 'https://app.acme.dev',
          'access-control-request-headers': 'content-type,mcp-protocol-version',
        },
      },
      {
        url: 'https://acme.dev/mcp',
        status: 404,
        post: INITIALIZE,
        body: Buffer.from('no such page').toString('base64'),
        base64: true,
      },
    );
    expect(preflight).toMatchObject({
      method: 'OPTIONS',
      status: 405,
      requestHeaders: { origin: 'https://app.acme.dev' },
    });
    expect(answer?.body).toBe('no such page');
  });

  it('the stream of HTTP+SSE', () => {
    const { exchanges, transport } = read(
      har([
        entry({
          method: 'GET',
          url: 'https://acme.dev/sse',
          status: 200,
          response: { 'content-type': 'text/event-stream' },
          body: 'event: endpoint\ndata: /messages?session_id=1\n\n',
        }),
        entry({ url: 'https://acme.dev/messages?session_id=1', status: 404, post: INITIALIZE }),
      ]),
    ).result();
    expect(transport).toBe('sse');
    expect(exchanges).toMatchObject([{ events: ['endpoint'] }, { method: 'POST', status: 404 }]);
  });

  it('holds no secret that a request carried, nor what a tool returned', () => {
    const reader = read(
      har([
        entry({
          url: 'https://acme.dev/token',
          status: 200,
          post: `grant_type=authorization_code&code=${MARKER}Code&client_secret=${MARKER}%2FClient&code_verifier=${MARKER}Verifier`,
          body: `{"access_token":"${MARKER}Access","refresh_token":"${MARKER}Refresh"}`,
        }),
        entry({
          url: `https://acme.dev/mcp?api_key=${MARKER}Query`,
          status: 403,
          post: INITIALIZE,
          request: {
            authorization: `Bearer ${MARKER}Bearer`,
            cookie: `a=1; sid=${MARKER}Cookie`,
            'x-own': `${MARKER}-own-header`,
          },
          response: { 'set-cookie': `next=${MARKER}Set; Path=/`, 'x-echo': `${MARKER}Echo` },
          body: `you sent ${MARKER}Bearer, ${MARKER}Cookie, ${MARKER}-own-header, ${MARKER}Query; ${MARKER}Access is unknown; ${MARKER}Set ${MARKER}/Client`,
        }),
        entry({
          url: 'https://acme.dev/mcp',
          status: 200,
          post: '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{}}',
          body: `{"jsonrpc":"2.0","id":2,"result":{"content":"${MARKER} diary"}}`,
        }),
      ]),
    );
    const file = caseOfSymptoms(reader.result(), undefined, '2026-01-01T00:00:00.000Z');
    const text = JSON.stringify(file);
    expect(text).not.toContain(MARKER);
    expect(text).toContain('you sent <redacted');
    expect(file.target.transport).toBe('http');
  });
});

describe('a HAR file of any size and in any state', () => {
  it('long strings are cut, also among escapes, and every entry is still read', () => {
    const long = 'ab"\\\n\u0001é'.repeat(20_000);
    const reader = read(
      har([
        entry({ method: 'GET', url: 'https://x.example/a.png', status: 200, body: long }),
        entry({ url: 'https://acme.dev/mcp', status: 500, body: long }),
      ]),
      4_096,
    );
    expect(reader.unread).toBe(0);
    expect(reader.requests).toBe(2);
    expect(reader.result().exchanges[0]?.body?.length).toBe(4_000);
  });

  it('of very many exchanges the first and the last are kept', () => {
    const reader = read(
      har(Array.from({ length: 500 }, (_, i) => entry({ url: `https://acme.dev/mcp?n=${i}`, status: 404 }))),
      50_000,
    );
    const numbers = reader.result().exchanges.map(({ url }) => Number(new URL(url).searchParams.get('n')));
    expect(reader.requests).toBe(500);
    expect(numbers).toHaveLength(75);
    expect([numbers[0], numbers[24], numbers[25], numbers[74]]).toEqual([0, 24, 450, 499]);
  });

  it('cut off in the middle: what was complete counts', () => {
    const text = har([
      entry({ url: 'https://acme.dev/mcp', status: 404 }),
      entry({ url: 'https://acme.dev/mcp', status: 500 }),
    ]);
    const reader = read(text.slice(0, text.length - 60));
    expect(reader.requests).toBe(1);
    expect(reader.result().exchanges).toMatchObject([{ status: 404 }]);
  });

  it('entries of another form are passed over', () => {
    const reader = read(
      har([
        null,
        5,
        [],
        {},
        { request: null },
        { request: { url: 7 } },
        { request: { url: 'https://acme.dev/mcp', headers: 'x', postData: 3 }, response: [] },
      ]),
    );
    expect(reader.requests).toBe(1);
    expect(reader.result().exchanges).toHaveLength(1);
  });

  it('an entry that is too large is left out and counted', () => {
    const headers = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`x-${i}`, 'value']));
    const reader = read(har([entry({ url: 'https://acme.dev/mcp', status: 404, response: headers })]), 100_000);
    expect([reader.requests, reader.unread]).toEqual([0, 1]);
  });
});
