import { describe, expect, it } from 'vitest';
import { clientExchanges } from '../../src/case/client-errors.js';
import { remoteLogOf } from '../../src/case/remote-log.js';

const RPC = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}';

/** Who says it, the line, and the exchange it tells of. */
const LINES: [string, string, object][] = [
  ['SDK v1', `Error: Error POSTing to endpoint (HTTP 400): ${RPC}`, { method: 'POST', status: 400, body: RPC }],
  ['SDK v1, SSE', 'SSE error: Non-200 status code (405)', { method: 'GET', status: 405 }],
  ['SDK v1, the stream', 'Streamable HTTP error: Failed to open SSE stream: Not Found', { method: 'GET', status: 404 }],
  ['SDK v1, the end', 'Failed to terminate session: Method Not Allowed', { method: 'DELETE', status: 405 }],
  [
    'SDK v1, a page',
    'Streamable HTTP error: Unexpected content type: text/html',
    { method: 'POST', contentType: 'text/html' },
  ],
  [
    'VS Code',
    '2026-11-26 02:00:00.000 [info] Connection state: Error 404 status sending message to https://acme.dev/mcp: Not Found',
    { method: 'POST', url: 'https://acme.dev/mcp', status: 404, body: 'Not Found' },
  ],
  [
    'VS Code over SSE',
    'Connection state: Error 502 status connecting to https://acme.dev/mcp as SSE: <html>',
    { method: 'GET', status: 502, body: '<html>' },
  ],
  [
    'httpx',
    "httpx.HTTPStatusError: Client error '401 Unauthorized' for url 'https://acme.dev/mcp'",
    { method: 'POST', url: 'https://acme.dev/mcp', status: 401, statusText: 'Unauthorized' },
  ],
  [
    'httpx, which logs every request',
    'INFO - HTTP Request: DELETE http://localhost:8006/mcp "HTTP/1.1 404 Not Found"',
    { method: 'DELETE', url: 'http://localhost:8006/mcp', status: 404 },
  ],
  [
    'requests',
    'requests.exceptions.HTTPError: 502 Server Error: Bad Gateway for url: https://acme.dev/mcp',
    { url: 'https://acme.dev/mcp', status: 502 },
  ],
  [
    'aiohttp',
    "aiohttp.client_exceptions.ClientResponseError: 404, message='Not Found', url='http://localhost:8000/sse'",
    { url: 'http://localhost:8000/sse', status: 404 },
  ],
  [
    'reqwest',
    'Client error: HTTP status client error (403 Forbidden) for url (https://acme.dev/mcp)',
    { url: 'https://acme.dev/mcp', status: 403 },
  ],
  [
    'rmcp',
    'unexpected server response: HTTP 415 Unsupported Media Type: no',
    { method: 'POST', status: 415, body: 'no' },
  ],
  [
    'Go',
    `failed to send initialized notification: notification failed with status 406: ${RPC}`,
    { method: 'POST', status: 406, body: RPC },
  ],
  [
    'a client in any language',
    'Tools/list request failed with status 400: Bad Request: No valid session ID provided',
    { method: 'POST', status: 400, body: 'Bad Request: No valid session ID provided' },
  ],
  ['the Go SDK', 'calling "initialize": sending "initialize": Not Found', { rpc: 'initialize', status: 404 }],
  ['Java', 'Invalid SSE response. Status code: 404 Line: {"path":"/sse"}', { method: 'GET', status: 404 }],
  [
    'Java, WebClient',
    'WebClientResponseException$NotFound: 404 Not Found from POST http://localhost:8080/mcp',
    { method: 'POST', url: 'http://localhost:8080/mcp', status: 404 },
  ],
  [
    'C#',
    `Response status code does not indicate success: 400 (Bad Request). Response body: ${RPC}`,
    { status: 400, body: RPC },
  ],
  [
    'Claude Code',
    'HTTP Connection failed after 899ms: Streamable HTTP error: Error POSTing to endpoint: {"error":"not_found"} (code: 404, errno: none)',
    { method: 'POST', status: 404, body: '{"error":"not_found"}' },
  ],
  [
    'the SDK in front of Express',
    'Streamable HTTP error: Error POSTing to endpoint: <pre>Cannot POST /mcp</pre>',
    { method: 'POST', status: 404, body: '<pre>Cannot POST /mcp</pre>' },
  ],
  ['PowerShell', 'Invoke-WebRequest : The remote server returned an error: (404) Not Found.', { status: 404 }],
];

describe('an error line of a client is an exchange', () => {
  it.each(LINES)('%s', (_who, line, told) => {
    const found = clientExchanges([line], 'POST', true);
    expect(found).toMatchObject([{ purpose: 'reported', spoken: true, credentials: 'unknown', ...told }]);
  });

  it('the method that was not named is that of the transport', () => {
    const line = "Client error '404 Not Found' for url 'http://localhost:8000/sse'";
    expect(clientExchanges([line], 'GET', true)[0]?.method).toBe('GET');
    const post = "Client error '404 Not Found' for url 'http://localhost:8000/messages/?session_id=1'";
    expect(clientExchanges([post], 'GET', true)[0]?.method).toBe('POST');
  });

  it('each once, in order, with the redirect and the body that goes on', () => {
    const lines = [
      "Redirect response '307 Temporary Redirect' for url 'http://acme.dev/mcp'",
      "Redirect location: 'http://acme.dev/mcp/'",
      'Error POSTing to endpoint (HTTP 404): {',
      '  "error": "gone"',
      '}',
      "Redirect response '307 Temporary Redirect' for url 'http://acme.dev/mcp'",
    ];
    const found = clientExchanges(lines, 'POST', true);
    expect(found).toMatchObject([
      { status: 307, headers: { location: 'http://acme.dev/mcp/' } },
      { status: 404, body: '{\n  "error": "gone"\n}' },
    ]);
    expect(found).toHaveLength(2);
  });

  it('a client that was refused over both transports was refused once', () => {
    const fell = 'Recursively reconnecting for reason: falling-back-to-alternate-transport';
    const statuses = (line: string, again: string) =>
      clientExchanges([line, fell, again], 'POST', true).map(({ method, status }) => `${method} ${status}`);
    const refused = 'Received error: Error POSTing to endpoint (HTTP 405): no';
    expect(statuses(refused, 'SSE error: Non-200 status code (405)')).toEqual(['POST 405']);
    expect(statuses(refused, 'SSE error: Non-200 status code (401)')).toEqual(['POST 405', 'GET 401']);
  });

  it.each([
    'Error POSTing to endpoint: Not Found',
    'OAuth: dynamic client registration failed with status 404: {}',
    "Client error '401 Unauthorized' for url 'https://api.openai.com/v1/chat'",
    'tools/call failed: API request failed with status 500: boom',
    'request took 404 ms',
    'fetch failed',
  ])('nothing that leaves a doubt: %s', (line) => {
    expect(clientExchanges([line], 'POST', true)).toEqual([]);
  });

  it("of lines that may be a server's only those count that no server writes", () => {
    const count = (line: string) => clientExchanges([line], 'POST', false).length;
    expect(count('request failed with status 500: boom')).toBe(0);
    expect(count("Client error '500 Internal' for url 'https://crm.acme.dev/v2/items'")).toBe(0);
    expect(count("Client error '404 Not Found' for url 'https://acme.dev/mcp'")).toBe(1);
    expect(count('SSE error: Non-200 status code (404)')).toBe(1);
  });
});

describe('the log of a client names the server', () => {
  it.each<[string, string[], object]>([
    [
      'mcp-remote',
      [
        '[41234] Using automatically selected callback port: 3334',
        '[41234] Connecting to remote server: https://acme.dev/sse',
      ],
      { url: 'https://acme.dev/sse', client: 'mcp-remote' },
    ],
    [
      'Claude Code',
      ['2026-11-26T02:00:00.000Z [DEBUG] MCP server "acme": Initializing HTTP transport to https://acme.dev/mcp'],
      { url: 'https://acme.dev/mcp', transport: 'streamable-http' },
    ],
    [
      'Claude Code, with its options',
      [
        '[DEBUG] MCP server "acme": HTTP transport options: {"url":"https://acme.dev/mcp","headers":{"User-Agent":"x"}}',
      ],
      { url: 'https://acme.dev/mcp' },
    ],
    [
      'Claude Code, and how it failed',
      ['HTTP Connection error: {"url":"http://localhost:49488/mcp/a","error":"timed out after 30000ms"}'],
      { url: 'http://localhost:49488/mcp/a' },
    ],
    [
      'Cursor, which began with the newer transport',
      [
        '2026-11-26 02:00:00.000 [info] Creating streamableHttp transport',
        '2026-11-26 02:00:00.100 [info] Connecting to SSE server',
        '2026-11-26 02:00:00.200 [error] Client error for command SSE error: Non-200 status code (404)',
      ],
      { transport: 'streamable-http' },
    ],
    [
      'Inspector',
      [
        'New SSE connection request. NOTE: The sse transport is deprecated',
        'Query parameters: {"url":"https://localhost:3000/sse","transportType":"sse"}',
      ],
      { url: 'https://localhost:3000/sse', transport: 'sse', client: 'inspector' },
    ],
    [
      'VS Code',
      ['[info] Connection state: Error Error sending message to http://localhost:3000/mcp: TypeError: fetch failed'],
      { url: 'http://localhost:3000/mcp' },
    ],
    [
      'Go',
      ['Post "http://localhost:8080/mcp": dial tcp [::1]:8080: connect: connection refused'],
      { url: 'http://localhost:8080/mcp' },
    ],
    [
      'undici and node-fetch',
      ['SSE error: request to https://localhost:3000/sse failed, reason: write EPROTO'],
      { url: 'https://localhost:3000/sse' },
    ],
  ])('%s', (_who, lines, told) => {
    expect(remoteLogOf(lines)).toMatchObject(told);
  });

  it('a sign-in server and a registry are none', () => {
    expect(remoteLogOf(['Error sending message to https://auth.acme.dev/oauth/token: boom']).url).toBeUndefined();
    expect(remoteLogOf(['request to https://npm.registry.example/x failed, reason: getaddrinfo']).url).toBeUndefined();
  });
});
