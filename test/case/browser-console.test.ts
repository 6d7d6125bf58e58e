import { describe, expect, it } from 'vitest';
import { consoleIn } from '../../src/case/browser-console.js';

describe('the console of a browser', () => {
  it('Chrome: a preflight without the header', () => {
    const line =
      "Access to fetch at 'https://acme.dev/mcp' from origin 'http://localhost:6274' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.";
    expect(consoleIn([line, 'POST https://acme.dev/mcp net::ERR_FAILED'])).toMatchObject([
      {
        purpose: 'reported',
        spoken: true,
        method: 'OPTIONS',
        url: 'https://acme.dev/mcp',
        requestHeaders: { origin: 'http://localhost:6274' },
        error: { code: 'ERR_CORS', message: expect.stringContaining('preflight') },
      },
    ]);
  });

  it('Chrome: the answer itself, with another value of the header, and its status', () => {
    const lines = [
      "index.js:7 Access to fetch at 'https://acme.dev/mcp' from origin 'https://app.acme.dev' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value 'https://claude.ai' that is not equal to the supplied origin.",
      'index.js:7 POST https://acme.dev/mcp net::ERR_FAILED 401 (Unauthorized)',
    ];
    const [blocked, answer] = consoleIn(lines);
    expect(blocked).toMatchObject({
      method: 'POST',
      headers: { 'access-control-allow-origin': 'https://claude.ai' },
      error: { code: 'ERR_CORS' },
    });
    expect(answer).toMatchObject({ method: 'POST', url: 'https://acme.dev/mcp', status: 401 });
  });

  it('Firefox', () => {
    const line =
      'Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://acme.dev/mcp. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.';
    expect(consoleIn([line])).toMatchObject([
      { method: 'POST', url: 'https://acme.dev/mcp', status: 200, error: { code: 'ERR_CORS' } },
    ]);
  });

  it('Safari, which needs several lines', () => {
    const lines = [
      'Preflight response is not successful. Status code: 405',
      'Fetch API cannot load https://acme.dev/mcp due to access control checks.',
    ];
    expect(consoleIn(lines)).toMatchObject([{ method: 'OPTIONS', url: 'https://acme.dev/mcp', status: 405 }]);
    const refused = 'Origin https://app.acme.dev is not allowed by Access-Control-Allow-Origin. Status code: 401';
    expect(
      consoleIn([refused, 'Fetch API cannot load https://acme.dev/mcp due to access control checks.']),
    ).toMatchObject([{ method: 'POST', status: 401, requestHeaders: { origin: 'https://app.acme.dev' } }]);
  });

  it.each<[string, object]>([
    ['POST https://acme.dev/mcp 404 (Not Found)', { method: 'POST', url: 'https://acme.dev/mcp', status: 404 }],
    [
      'GET http://localhost:3000/sse net::ERR_CONNECTION_REFUSED',
      { method: 'GET', error: { code: 'ECONNREFUSED', message: 'net::ERR_CONNECTION_REFUSED', phase: 'connect' } },
    ],
    ['Failed to load resource: the server responded with a status of 502 (Bad Gateway)', { status: 502, url: '' }],
    [
      'localhost:3000/mcp:1 Failed to load resource: net::ERR_EMPTY_RESPONSE',
      { url: 'http://localhost:3000/mcp', error: { code: 'UND_ERR_SOCKET' } },
    ],
  ])('a request that failed: %s', (line, told) => {
    expect(consoleIn([line])).toMatchObject([told]);
  });

  it.each(['CORS is enabled for https://acme.dev', 'net::ERR_ABORTED', 'Cross-Origin-Opener-Policy: same-origin'])(
    'nothing failed: %s',
    (line) => {
      expect(consoleIn([line])).toEqual([]);
    },
  );
});
