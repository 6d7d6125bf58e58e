/** `explain` of HTTP: HAR files, transcripts and logs, from a file and from standard input. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MARKER = 'Zq7Leak';

const REFUSED = {
  startedDateTime: '2026-11-26T01:30:00.000Z',
  time: 9,
  request: {
    method: 'POST',
    url: `https://acme.dev/mcp?api_key=${MARKER}Query`,
    httpVersion: 'HTTP/1.1',
    headers: [{ name: 'authorization', value: `Bearer ${MARKER}Bearer` }],
    postData: { text: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' },
  },
  response: {
    status: 401,
    headers: [{ name: 'www-authenticate', value: 'Bearer error="invalid_token"' }],
    content: { text: `{"error":"invalid_token","sent":"${MARKER}Bearer"}` },
  },
};
const har = (...entries: unknown[]): string => JSON.stringify({ log: { version: '1.2', entries } });

it('a HAR file, from a file and from standard input, without its secrets', async () => {
  const path = join(folder, 'trace.har');
  const saved = join(folder, 'trace.case.json');
  writeFileSync(path, har(REFUSED));
  const fromFile = await cli(['explain', '--format', 'json', '--save-case', saved, path]);
  const fromInput = await cli(['explain', '--format', 'json', '-'], { input: har(REFUSED) });
  for (const { code, stdout, stderr } of [fromFile, fromInput]) {
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain(MARKER);
    expect(JSON.parse(stdout).root).toMatchObject({ id: 'auth-credentials-rejected' });
  }
  const file = readFileSync(saved, 'utf8');
  expect(file).not.toContain(MARKER);
  expect(JSON.parse(file).evidence.http.value.exchanges).toMatchObject([
    { purpose: 'reported', rpc: 'initialize', status: 401, credentials: 'sent' },
  ]);
});

it('a HAR file of 120 MB costs little memory', async () => {
  const path = join(folder, 'big.har');
  const out = openSync(path, 'w');
  const image = JSON.stringify({
    request: { method: 'GET', url: 'https://app.acme.dev/a.png' },
    response: { status: 200, content: { text: 'iVBOR"\\\n'.repeat(250_000) } },
  });
  writeSync(out, '{"log":{"version":"1.2","entries":[');
  for (let written = 0; written < 120_000_000; written += image.length) writeSync(out, `${image},`);
  writeSync(out, `${JSON.stringify(REFUSED)}]}}`);
  closeSync(out);
  // A heap that could not hold the file.
  const { code, stdout } = await cli(['explain', '--format', 'json', path], {
    env: { NODE_OPTIONS: '--max-old-space-size=80' },
  });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).root).toMatchObject({ id: 'auth-credentials-rejected' });
}, 60_000);

it('a transcript of curl names the answer and the way', async () => {
  const input = [
    `$ curl -v https://acme.dev/mcp -X POST -H 'X-Own: ${MARKER}-own'`,
    '* Connected to acme.dev (203.0.113.7) port 443',
    '> POST /mcp HTTP/1.1',
    '> Host: acme.dev',
    `> X-Own: ${MARKER}-own`,
    '>',
    '< HTTP/1.1 502 Bad Gateway',
    '< Server: nginx/1.25.3',
    '< Content-Type: text/html',
    '<',
    '<html><center>nginx/1.25.3</center></html>',
    `said: ${MARKER}-own`,
  ].join('\n');
  const { code, stdout } = await cli(['explain', '-'], { input });
  expect(code).toBe(1);
  expect(stdout).toContain('edge-bad-gateway');
  expect(stdout).toContain('POST /mcp');
  expect(stdout).not.toContain(MARKER);
});
