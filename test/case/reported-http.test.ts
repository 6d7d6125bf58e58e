import { describe, expect, it } from 'vitest';
import { evidenceOf, type Symptoms, symptomsOf } from '../../src/case/symptoms.js';

const told = (symptoms: Symptoms) =>
  evidenceOf(symptoms).http?.exchanges.map(({ purpose, method, status }) => `${purpose} ${method} ${status}`) ?? [];

const CURL = ['> POST /mcp HTTP/1.1', '> Host: acme.dev', '>', '< HTTP/1.1 404 Not Found', '<'].join('\n');
const LOOK = [
  '> GET /mcp HTTP/1.1',
  '> Host: acme.dev',
  '> Accept: */*',
  '>',
  '< HTTP/1.1 406 Not Acceptable',
  '<',
].join('\n');
const LOG = 'INFO: 10.0.0.1:5 - "POST /mcp HTTP/1.1" 500 Internal Server Error';

describe('what of a report becomes exchanges', () => {
  it('what was told in so many words decides; the log is shown beside it', () => {
    expect(told({ transport: 'streamable-http', http: { status: 401 }, clientError: CURL, serverLog: LOG })).toEqual([
      'reported POST 401',
      'logged POST 500',
    ]);
  });

  it('a transcript comes before the words of the client', () => {
    const clientError = `Error POSTing to endpoint (HTTP 500): x\n${CURL}`;
    expect(told({ transport: 'streamable-http', clientError })).toEqual(['reported POST 404']);
  });

  it('an error line of the client, and the log of the server', () => {
    const { http, reported } = evidenceOf({
      transport: 'streamable-http',
      clientError: "Client error '404 Not Found' for url 'https://acme.dev/mcp'",
      serverLog: LOG,
    });
    expect(http?.exchanges).toMatchObject([
      { purpose: 'reported', spoken: true, url: 'https://acme.dev/mcp', status: 404 },
      { purpose: 'logged', url: '/mcp', status: 500 },
    ]);
    expect(reported?.url).toBe('https://acme.dev/mcp');
  });

  it('a look with curl at a server that is sound decides nothing beside the words of a client', () => {
    expect(told({ transport: 'streamable-http', clientError: 'fetch failed', serverLog: LOOK })).toEqual([
      'logged GET 406',
    ]);
    expect(told(symptomsOf(LOOK))).toEqual(['reported GET 406']);
  });

  it('health checks and the addresses of sign-in decide nothing', () => {
    const text = [
      '> GET /.well-known/oauth-protected-resource HTTP/1.1',
      '> Host: acme.dev',
      '>',
      '< HTTP/1.1 404 Not Found',
    ];
    expect(told(symptomsOf(text.join('\n')))).toEqual(['logged GET 404']);
  });

  it('PowerShell prints the error of a request in place of its answer', () => {
    const text = `Invoke-RestMethod : The remote server returned an error: (401) Unauthorized.
At line:1 char:1
+ Invoke-RestMethod -Uri "https://acme.dev/mcp" -Method Post -Headers @{"X-Api-Key"="abc"} -Body '{}'`;
    expect(evidenceOf(symptomsOf(text)).http?.exchanges).toMatchObject([
      { method: 'POST', url: 'https://acme.dev/mcp', status: 401, credentials: 'sent' },
    ]);
    const newer =
      'PS C:\\> iwr http://localhost:3000/mcp\nInvoke-WebRequest: Response status code does not indicate success: 404 (Not Found).';
    expect(evidenceOf(symptomsOf(newer)).http?.exchanges).toMatchObject([
      { method: 'GET', url: 'http://localhost:3000/mcp', status: 404, credentials: 'none' },
    ]);
    expect(symptomsOf('We used Invoke-WebRequest and it failed').exchanges).toBeUndefined();
  });

  it('nothing of a server over stdio, but all of a bridge', () => {
    const stderr = 'Connection error: Error POSTing to endpoint (HTTP 502): Bad Gateway';
    const entry = (...args: string[]) => ({ command: 'npx', args });
    expect(told({ transport: 'stdio', entry: entry('-y', 'acme-mcp'), stderr: `${stderr}\n${LOG}` })).toEqual([]);
    expect(told({ transport: 'stdio', entry: entry('-y', 'mcp-remote', 'https://acme.dev/mcp'), stderr })).toEqual([
      'reported POST 502',
    ]);
  });

  it('the way of another host is left out', () => {
    const serverLog =
      '* Trying 127.0.0.1:5432...\n* connect to 127.0.0.1 port 5432 failed: Connection refused\n* Failed to connect to db.internal port 5432';
    const of = (url: string) => evidenceOf({ transport: 'streamable-http', url, serverLog }).network;
    expect(of('https://acme.dev/mcp')).toBeUndefined();
    expect(of('http://db.internal:5432/mcp')).toMatchObject({ host: 'db.internal', port: 5432 });
  });

  it('a log in JSON is read before its text is taken out', () => {
    const text =
      '{"level":50,"time":1,"req":{"method":"POST","url":"/mcp"},"res":{"statusCode":500},"msg":"request errored"}';
    expect(told(symptomsOf(text))).toEqual(['logged POST 500']);
  });
});
