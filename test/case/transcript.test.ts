/** Transcripts of HTTP: what curl really prints of real servers, and the forms of other tools. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { symptomsOf } from '../../src/case/symptoms.js';
import { transcriptIn } from '../../src/case/transcript.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';

const MARKER = 'Zq7Leak';
const GONE = '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}';
const INITIALIZE = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';
const pem = (name: string) => readFileSync(new URL(`../servers/tls/${name}.pem`, import.meta.url));
const read = (text: string) => transcriptIn(text.split('\n'));

describe('curl against real servers', () => {
  const servers: Server[] = [];
  let plain = '';
  let secure = '';

  beforeAll(async () => {
    const server = createPlain((request, response) => {
      if (request.url === '/drop') request.socket.destroy();
      else if (request.url === '/slow') return;
      else if (request.url === '/slash') response.writeHead(307, { location: '/mcp/' }).end();
      else if (request.url === '/moved') response.writeHead(301, { location: '/mcp' }).end();
      else if (request.url === '/sse') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: endpoint\ndata: /messages?sessionId=1\n\n');
        setTimeout(() => request.socket.destroy(), 50);
      } else {
        response.writeHead(404, { 'content-type': 'application/json', 'set-cookie': `sid=${MARKER}Cookie; Path=/` });
        response.end(GONE);
      }
    });
    const encrypted = createSecureServer({ key: pem('key'), cert: pem('cert'), allowHTTP1: true }, (_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(GONE);
    }) as unknown as Server;
    for (const one of [server, encrypted]) {
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
      servers.push(one);
    }
    const [a, b] = servers.map((one) => (one.address() as AddressInfo).port);
    plain = `http://127.0.0.1:${a}`;
    secure = `https://127.0.0.1:${b}`;
  });
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections?.();
      server.close();
    }
  });

  /** Standard output and error of curl in one, as a terminal shows them. */
  const curl = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      execFile('sh', ['-c', 'exec curl "$@" 2>&1', 'curl', '--noproxy', '*', ...args], (_, stdout) => resolve(stdout));
    });

  it('-v: request, answer, body, the way, and every secret known', async () => {
    const text = await curl(
      '-v',
      `${plain}/mcp?api_key=${MARKER}Query`,
      '-d',
      INITIALIZE,
      '-H',
      `Authorization: Bearer ${MARKER}Bearer`,
      '-H',
      `X-Own: ${MARKER}Own1`,
    );
    const found = read(text);
    expect(found?.exchanges).toMatchObject([
      {
        purpose: 'reported',
        method: 'POST',
        status: 404,
        statusText: 'Not Found',
        httpVersion: '1.1',
        credentials: 'sent',
        contentType: 'application/json',
        body: GONE,
      },
    ]);
    expect(found?.exchanges[0]?.url).toBe(`${plain}/mcp?api_key=${MARKER}Query`);
    expect(found?.network).toMatchObject({ host: '127.0.0.1', tls: false, attempts: [{ address: '127.0.0.1' }] });
    expect(found?.rest.join('').trim()).toBe('');
    const file = caseOfSymptoms(symptomsOf(text), text.slice(0, 4_000), '2026-01-01T00:00:00.000Z');
    expect(JSON.stringify(file)).not.toContain(MARKER);
    expect(file.evidence.http?.status).toBe('seen');
  });

  it('-i, with the command above it', async () => {
    const answer = await curl('-i', '-sS', `${plain}/mcp`, '-d', INITIALIZE);
    const text = `me@host:~$ curl -i ${plain}/mcp \\\n  -H 'X-Api-Key: ${MARKER}Key1' \\\n  -d '${INITIALIZE}'\n${answer}\nme@host:~$ `;
    const found = read(text);
    expect(found?.exchanges).toMatchObject([
      { method: 'POST', url: `${plain}/mcp`, rpc: 'initialize', status: 404, credentials: 'sent', body: GONE },
    ]);
    expect(found?.secrets).toContain(`${MARKER}Key1`);
  });

  it('-L: one exchange per hop', async () => {
    const marked = read(await curl('-sSvL', '-X', 'POST', `${plain}/slash`, '-d', INITIALIZE));
    expect(marked?.exchanges.map(({ method, url, status }) => [method, url, status])).toEqual([
      ['POST', `${plain}/slash`, 307],
      ['POST', `${plain}/mcp/`, 404],
    ]);
    expect(marked?.exchanges[0]?.headers?.location).toBe('/mcp/');
    const bare = read(`$ curl -iL ${plain}/moved -d '{}'\n${await curl('-sSiL', `${plain}/moved`, '-d', '{}')}`);
    expect(bare?.exchanges.map(({ method, url, status }) => [method, url, status])).toEqual([
      ['POST', `${plain}/moved`, 301],
      ['GET', `${plain}/mcp`, 404],
    ]);
  });

  it('no answer: dropped, silent, cut off', async () => {
    const dropped = read(await curl('-v', `${plain}/drop`, '-d', '{}'));
    expect(dropped?.exchanges).toMatchObject([{ error: { code: 'UND_ERR_SOCKET', phase: 'headers' } }]);
    const silent = read(await curl('-v', '-m', '1', `${plain}/slow`));
    expect(silent?.exchanges).toMatchObject([{ method: 'GET', error: { code: 'UND_ERR_HEADERS_TIMEOUT' } }]);
    const cut = read(await curl('-sSvN', `${plain}/sse`));
    expect(cut?.exchanges).toMatchObject([{ status: 200, events: ['endpoint'], error: { phase: 'body' } }]);
  });

  it('nobody listens', async () => {
    const closed = createPlain();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const found = read(await curl('-v', `http://127.0.0.1:${port}/mcp`));
    expect(found?.exchanges).toEqual([]);
    expect(found?.network).toMatchObject({
      port,
      attempts: [{ address: '127.0.0.1', error: { code: 'ECONNREFUSED', syscall: 'connect' } }],
    });
    expect(found?.rest.join('\n')).toContain('curl: (7)');
  });

  it('no such host', async () => {
    const found = read(await curl('-v', 'http://mcp.nowhere.invalid/mcp'));
    expect(found?.network).toMatchObject({ host: 'mcp.nowhere.invalid', dnsError: { code: 'ENOTFOUND' } });
  });

  it('a certificate that is not trusted, and HTTP/2 when it does not matter', async () => {
    const refused = read(await curl('-v', `${secure}/mcp`));
    expect(refused?.network).toMatchObject({ tls: true, tlsError: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    const taken = read(await curl('-vk', `${secure}/mcp`, '-d', INITIALIZE));
    expect(taken?.exchanges).toMatchObject([{ method: 'POST', url: `${secure}/mcp`, status: 404, httpVersion: '2' }]);
    expect(taken?.network).toMatchObject({ alpn: 'h2', certificate: { selfSigned: true } });
    expect(taken?.network?.certificate?.validTo).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(taken?.network?.tlsError).toBeUndefined();
  });

  it('TLS towards a port of plain HTTP', async () => {
    const found = read(await curl('-v', `${plain.replace('http:', 'https:')}/mcp`));
    expect(found?.network).toMatchObject({ tls: true, tlsError: { code: expect.stringMatching(/^ERR_SSL_|^EPROTO/) } });
  });
});

describe('what curl of other versions and other tools print', () => {
  it('curl 8 on Windows, with schannel', () => {
    const text = `C:\\Users\\me> curl.exe -v https://mcp.acme.dev/mcp
* Host mcp.acme.dev:443 was resolved.
* IPv6: (none)
* IPv4: 203.0.113.7
*   Trying 203.0.113.7:443...
* schannel: disabled automatic use of client certificate
* ALPN: curl offers http/1.1
* schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.
* closing connection #0
curl: (60) schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.`;
    expect(read(text)?.network).toMatchObject({
      host: 'mcp.acme.dev',
      port: 443,
      tls: true,
      tlsError: { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' },
    });
  });

  it('curl 8: both families refuse', () => {
    const text = `* Host localhost:3000 was resolved.
* IPv6: ::1
* IPv4: 127.0.0.1
*   Trying [::1]:3000...
* connect to ::1 port 3000 from ::1 port 51234 failed: Connection refused
*   Trying 127.0.0.1:3000...
* connect to 127.0.0.1 port 3000 from 127.0.0.1 port 51235 failed: Connection refused
* Failed to connect to localhost port 3000 after 0 ms: Couldn't connect to server
* Closing connection
curl: (7) Failed to connect to localhost port 3000 after 0 ms: Couldn't connect to server`;
    expect(read(text)?.network?.attempts.map(({ address, error }) => [address, error?.code])).toEqual([
      ['::1', 'ECONNREFUSED'],
      ['127.0.0.1', 'ECONNREFUSED'],
    ]);
  });

  it('an address that was overtaken counts for nothing', () => {
    const text = `*   Trying [2001:db8::1]:80...
*   Trying 203.0.113.7:80...
* Connected to mcp.acme.dev (203.0.113.7) port 80
> GET /mcp HTTP/1.1
> Host: mcp.acme.dev
> 
< HTTP/1.1 405 Method Not Allowed
< Allow: POST
< 
* Connection #0 to host mcp.acme.dev left intact`;
    const found = read(text);
    expect(found?.network?.attempts).toEqual([{ address: '203.0.113.7', ms: 0 }]);
    expect(found?.exchanges).toMatchObject([
      { method: 'GET', url: 'http://mcp.acme.dev/mcp', status: 405, headers: { allow: 'POST' }, credentials: 'none' },
    ]);
  });

  it('a proxy that refuses the tunnel', () => {
    const text = `* Uses proxy env variable https_proxy == 'http://proxy.corp.example:8080'
*   Trying 10.0.0.1:8080...
* Connected to proxy.corp.example (10.0.0.1) port 8080
* CONNECT tunnel: HTTP/1.1 negotiated
> CONNECT mcp.acme.dev:443 HTTP/1.1
> Host: mcp.acme.dev:443
> Proxy-Connection: Keep-Alive
> 
< HTTP/1.1 407 Proxy Authentication Required
< Proxy-Authenticate: Basic
< 
* CONNECT tunnel failed, response 407
curl: (56) CONNECT tunnel failed, response 407`;
    const found = read(text);
    expect(found?.exchanges).toEqual([]);
    expect(found?.network?.proxy).toMatchObject({ applies: 'https_proxy', exempt: false, through: { status: 407 } });
  });

  it('httpie', () => {
    const text = `POST /mcp HTTP/1.1
Accept: application/json, */*;q=0.5
Authorization: Bearer ${MARKER}Bearer
Host: localhost:3000

{
    "jsonrpc": "2.0",
    "method": "tools/list"
}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{
    "error": {
        "code": -32000,
        "message": "Bad Request: No valid session ID provided"
    },
    "jsonrpc": "2.0"
}`;
    const found = read(text);
    expect(found?.exchanges).toMatchObject([
      { method: 'POST', url: 'http://localhost:3000/mcp', rpc: 'tools/list', status: 400, credentials: 'sent' },
    ]);
    expect(JSON.parse(found?.exchanges[0]?.body ?? '')).toMatchObject({ error: { code: -32000 } });
    expect(found?.secrets).toContain(`${MARKER}Bearer`);
  });

  it('wget', () => {
    const text = `--2026-11-26 01:26:55--  http://localhost:3000/mcp
Resolving localhost (localhost)... 127.0.0.1
Connecting to localhost (localhost)|127.0.0.1|:3000... connected.
HTTP request sent, awaiting response... 307 Temporary Redirect
Location: /mcp/ [following]
--2026-11-26 01:26:55--  http://localhost:3000/mcp/
Reusing existing connection to localhost:3000.
HTTP request sent, awaiting response... 404 Not Found
2026-11-26 01:26:55 ERROR 404: Not Found.`;
    expect(read(text)?.exchanges.map(({ url, status }) => [url, status])).toEqual([
      ['http://localhost:3000/mcp', 307],
      ['http://localhost:3000/mcp/', 404],
    ]);
    const refused = `--2026-11-26 01:26:55--  http://localhost:3001/mcp
Connecting to localhost (localhost)|127.0.0.1|:3001... failed: Connection refused.`;
    expect(read(refused)?.network).toMatchObject({ port: 3001, attempts: [{ error: { code: 'ECONNREFUSED' } }] });
  });

  it('RawContent of PowerShell', () => {
    const text = `StatusCode        : 200
RawContent        : HTTP/1.1 200 OK
                    Connection: keep-alive
                    Content-Type: text/html

                    <!doctype html><html></html>`;
    expect(read(text)?.exchanges).toMatchObject([{ status: 200, contentType: 'text/html' }]);
  });

  it('quoted in a mail', () => {
    const text = `> > POST /mcp HTTP/1.1\n> > Host: acme.dev\n> >\n> < HTTP/1.1 406 Not Acceptable\n> <\n> * Connection #0 to host acme.dev left intact`;
    expect(read(text)?.exchanges).toMatchObject([{ method: 'POST', url: 'http://acme.dev/mcp', status: 406 }]);
  });

  it('a body with the narration behind it, and what the client said after', () => {
    const text = `> POST /mcp HTTP/1.1\n> Host: acme.dev\n> \n< HTTP/1.1 401 Unauthorized\n< \n{"error":"invalid_token"}* Connection #0 to host acme.dev left intact\n\nBut the client says: Failed to connect`;
    const found = read(text);
    expect(found?.exchanges).toMatchObject([{ status: 401, body: '{"error":"invalid_token"}' }]);
    expect(found?.rest.join('\n').trim()).toBe('But the client says: Failed to connect');
  });

  it('several transfers, of which the first went well', () => {
    const one = (status: string, body: string) =>
      `> POST /mcp HTTP/1.1\n> Host: acme.dev\n> \n< HTTP/1.1 ${status}\n< Content-Length: ${body.length}\n< \n${body}\n`;
    const found = read(one('200 OK', '{"jsonrpc":"2.0","id":1,"result":{}}') + one('404 Not Found', GONE));
    expect(found?.exchanges.map(({ status }) => status)).toEqual([200, 404]);
  });

  it.each([
    'POST /mcp HTTP/1.1" 404',
    'we use curl for this',
    'Error: HTTP/1.1 is not supported here',
    '* a list\n* of things',
  ])('no transcript: %s', (text) => {
    expect(read(text)).toBeUndefined();
  });
});
