/** Whatever is pasted, reading it ends soon, throws nothing, and keeps no secret. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../src/case/access-log.js';
import { consoleIn } from '../../src/case/browser-console.js';
import { caseFileSchema } from '../../src/case/case-file.js';
import { clientExchanges } from '../../src/case/client-errors.js';
import { readCommand } from '../../src/case/command-line.js';
import { HarReader } from '../../src/case/har.js';
import { remoteLogOf } from '../../src/case/remote-log.js';
import { evidenceOf, symptomsOf } from '../../src/case/symptoms.js';
import { transcriptIn } from '../../src/case/transcript.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';

const MARKER = 'Zq7Leak';

/** Parts of which transcripts and logs are made, so that chance comes near to real ones. */
const PARTS = [
  '> POST /mcp HTTP/1.1',
  '> Host: acme.dev',
  '>',
  '< HTTP/2 404 ',
  '< content-type: application/json',
  '< location: /x',
  '<',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 100 Continue',
  'content-length: 3',
  '* Trying [::1]:3000...',
  '*   Trying 127.0.0.1:3000...',
  '* connect to ::1 port 3000 failed: Connection refused',
  '* Connection #0 to host acme.dev left intact',
  '* SSL certificate problem: certificate has expired',
  '*  subject: CN=x',
  '*  expire date: Nov 28 01:26:52 2026 GMT',
  'curl: (7) Failed to connect to localhost port 3000',
  'curl: (56) Recv failure: Connection reset by peer',
  '$ curl -i https://acme.dev/mcp -d \'{"jsonrpc":"2.0","method":"initialize"}\' \\',
  '--2026-11-26 01:26:55--  http://localhost:3000/mcp',
  'HTTP request sent, awaiting response... 404 Not Found',
  '#Fields: date cs-method cs-uri-stem sc-status',
  '2026-11-26 POST /mcp 500',
  '{"method":"POST","path":"/mcp","status":404}',
  'Error POSTing to endpoint (HTTP 404): {',
  "Access to fetch at 'https://acme.dev/mcp' from origin 'null' has been blocked by CORS policy: no",
  'POST https://acme.dev/mcp net::ERR_FAILED 401 (Unauthorized)',
  '{"jsonrpc":"2.0","id":1,"result":{}}',
  '}',
  '',
];
const text = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PARTS) }, fc.string({ maxLength: 60 })), { maxLength: 40 })
  .map((lines) => lines.join('\n'));

describe('any text', () => {
  it('becomes a case file that fits its schema, the same each time', () => {
    fc.assert(
      fc.property(text, (pasted) => {
        const make = () => caseOfSymptoms(symptomsOf(pasted), pasted, '2026-01-01T00:00:00.000Z');
        const file = make();
        expect(caseFileSchema.safeParse(file).success).toBe(true);
        expect(make()).toEqual(file);
      }),
      { numRuns: 300 },
    );
  });

  it('becomes evidence also as symptoms', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom('stdio', 'sse', 'streamable-http', undefined),
        (one, other, transport) => {
          const { http } = evidenceOf({ clientError: one, serverLog: other, transport });
          expect(http?.exchanges.length ?? 0).toBeLessThanOrEqual(150);
          // The HTTP of which a server over stdio speaks is its own.
          if (transport === 'stdio') expect(http).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('also when it is said to be a HAR file, whatever the pieces in which it comes', () => {
    const entry = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.string(),
      fc.constantFrom('{"request":{"url":"https://a.dev/mcp"}}', '{"request":{"url":"https://a.dev/mcp"'),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (entries, piece) => {
        const whole = `{"log":{"entries":[${entries.join(',')}]}}`;
        const reader = new HarReader();
        for (let at = 0; at < whole.length; at += piece) reader.push(whole.slice(at, at + piece));
        const inOne = new HarReader();
        inOne.push(whole);
        expect(reader.result()).toEqual(inOne.result());
        expect(reader.unread).toBe(inOne.unread);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a secret of a request is nowhere in the case', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/_.-]{6,40}$/).map((tail) => `${MARKER}${tail}`);
  const header = fc.constantFrom(
    'Authorization',
    'X-Api-Key',
    'X-Own-Thing',
    'Cookie',
    'Mcp-Session-Id',
    'Proxy-Authorization',
  );

  it('of a transcript, wherever the body repeats it', () => {
    fc.assert(
      fc.property(secret, header, fc.constantFrom('Bearer ', 'Basic ', 'sid=', ''), (value, name, before) => {
        const pasted = [
          `$ curl -v https://acme.dev/mcp?token=${value}Q -H '${name}: ${before}${value}' -u me:${value}U`,
          '> POST /mcp HTTP/1.1',
          '> Host: acme.dev',
          `> ${name}: ${before}${value}`,
          '>',
          '< HTTP/1.1 403 Forbidden',
          `< Set-Cookie: a=${value}C; Path=/`,
          `< X-Echo: ${value}`,
          '<',
          `{"error":"no access for ${value}","also":["${value}Q","${value}U","${value}C"]}`,
          `later: ${value} was refused`,
        ].join('\n');
        const file = caseOfSymptoms(symptomsOf(pasted), pasted, '2026-01-01T00:00:00.000Z');
        expect(JSON.stringify(file)).not.toContain(MARKER);
        expect(JSON.stringify(file)).toContain('403');
      }),
      { numRuns: 200 },
    );
  });

  it('of a report with its headers, and of a transcript inside one', () => {
    fc.assert(
      fc.property(secret, (value) => {
        const file = caseOfSymptoms(
          {
            transport: 'streamable-http',
            http: { status: 401, headers: { 'x-api-key': value, cookie: `sid=${value}` }, body: `{"got":"${value}"}` },
            serverLog: `> POST /mcp HTTP/1.1\n> X-Other: ${value}1\n>\n< HTTP/1.1 401 Unauthorized\n<\n${value}1 is unknown`,
          },
          undefined,
          '2026-01-01T00:00:00.000Z',
        );
        expect(JSON.stringify(file)).not.toContain(MARKER);
      }),
      { numRuns: 100 },
    );
  });
});

describe('time grows with the length, not faster', () => {
  const seeds = [
    '/',
    'a/b ',
    '"POST /',
    'POST /a ',
    'POST /mcp 404 ',
    'HTTP/1.1 404 ',
    '[error] 1#1: ',
    ', client: x, request: "GET /',
    '> > ',
    '* Trying ',
    'curl ',
    "curl -H '",
    '"',
    '\\"',
    '{"a":',
    '[[',
    'https://a ',
    'http://a:',
    'status 400: ',
    'Client error 404 ',
    'Access to fetch at https://a from origin ',
    'Cross-Origin Request Blocked: at https://a. (Reason: ',
    '-1/-1/-1/-1/1 ',
    'T',
    '1 ',
    '\t ',
    'method=POST path=/ status=',
    'Set-Cookie: a=b; ',
    '</html>',
    'event: a\ndata: b\n\n',
    'request failed with ',
    '0 --:--:-- ',
  ];
  const READERS: [string, (lines: string[]) => unknown][] = [
    ['transcripts', transcriptIn],
    ['access logs', loggedIn],
    ['browser consoles', consoleIn],
    ['client errors', (lines) => clientExchanges(lines, 'POST', true)],
    ['logs of clients', remoteLogOf],
    ['command lines', (lines) => lines.map((line) => readCommand(`curl ${line}`))],
  ];
  /** The shortest of some runs, until one is short enough: what the reading takes when nothing else holds it up. */
  function millisecondsOf(run: () => unknown, enough: number): number {
    let best = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 5 && best > enough; n++) {
      const from = performance.now();
      run();
      best = Math.min(best, performance.now() - from);
    }
    return best;
  }

  it.each(READERS)('%s: one endless line, and very many lines', (_what, read) => {
    const first = 'HTTP/1.1 404 Not Found';
    for (const seed of seeds) {
      const line = seed.repeat(Math.ceil(400_000 / seed.length));
      expect(
        millisecondsOf(() => read([first, line]), 400),
        `one line of ${seed}`,
      ).toBeLessThan(400);
      const lines = Array.from({ length: 4_000 }, () => seed.repeat(3));
      expect(
        millisecondsOf(() => read([first, ...lines]), 800),
        `lines of ${seed}`,
      ).toBeLessThan(800);
    }
  });
});
