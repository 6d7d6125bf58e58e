/** Options of a sign-in that make no sense: one sentence, exit code 2, no secret, and with --format json one document. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli } from '../support/cli.js';

const MARKER = 'Zq7Leak';
const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-usage-'));
/** Nobody listens there: wrong use is told before anybody is asked. */
const URL = 'http://127.0.0.1:9/mcp';
const OAUTH = [URL, '--auth', 'oauth'];
const KEY = join(folder, 'no-key.pem');
const busy = createServer();
beforeAll(async () => {
  writeFileSync(KEY, `-----BEGIN EC PRIVATE KEY-----\n${MARKER}\n-----END EC PRIVATE KEY-----\n`);
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  busy.close();
  rmSync(folder, { recursive: true, force: true });
});

const port = () => (busy.address() as AddressInfo).port;

it.each<[string, () => string[], RegExp]>([
  ['a token beside a sign-in', () => [...OAUTH, '--bearer-env', 'SECRET'], /--bearer-env and --auth both/],
  ['a header beside a sign-in', () => [...OAUTH, '--header', `Authorization: ${MARKER}`], /--auth and --header/],
  ['no way', () => [URL, '--auth'], /argument missing/],
  ['an unknown way', () => [URL, '--auth', 'saml'], /oauth, client-credentials/],
  ['a command', () => ['--auth', 'oauth', '--', 'node', 'x.js'], /belong to a URL/],
  ['a client of a command', () => ['--client-id', 'x', '--', 'node', 'x.js'], /a command has none/],
  ['a list', () => ['--targets', KEY, '--auth', 'oauth'], /belongs to one target/],
  ['a client of a list', () => ['--targets', KEY, '--client-id', 'x'], /--targets makes none/],
  ['a client without a sign-in', () => [URL, '--client-id', 'x'], /Add --auth oauth/],
  ['a secret without its client', () => [...OAUTH, '--client-secret-env', 'SECRET'], /add --client-id/],
  ['the secret itself', () => [...OAUTH, '--client-id', 'x', '--client-secret-env', `${MARKER}x`], /its name/],
  ['an empty variable', () => [...OAUTH, '--client-id', 'x', '--client-secret-env', 'EMPTY'], /EMPTY, which is empty/],
  ['the key itself', () => [...OAUTH, '--client-id', 'x', '--client-key', `MIGH${MARKER}AgEA`], /Give the path/],
  ['a key of another form', () => [...OAUTH, '--client-id', 'x', '--client-key', KEY], /openssl pkcs8/],
  ['no client for itself', () => [URL, '--auth', 'client-credentials'], /needs the client/],
  ['an empty client id', () => [...OAUTH, '--client-id', ''], /--client-id is empty/],
  ['a scope with a line break', () => [...OAUTH, '--scope', 'a\nb'], /--scope is empty or holds/],
  ['a redirect URI elsewhere', () => [...OAUTH, '--redirect-uri', 'http://10.0.0.1:1/cb'], /not this machine/],
  ['a redirect URI that is none', () => [...OAUTH, '--redirect-uri', 'callback'], /no URL/],
  ['a taken port', () => [...OAUTH, '--redirect-uri', `http://127.0.0.1:${port()}/cb`], /another program listens/],
  ['no time', () => [...OAUTH, '--sign-in-timeout', '0'], /--sign-in-timeout is "0"/],
  ['a document over http', () => [...OAUTH, '--client-metadata', 'http://x.example/y'], /https URL with a path/],
  ['a key without a parameter', () => [URL, '--query-env', `${MARKER}`], /names no parameter/],
  ['a key that is the value', () => [URL, '--query-env', `key=${MARKER}x`], /its name/],
  ['a user without a password', () => [URL, '--basic-env', 'SECRET'], /holds no colon/],
])(
  '%s',
  async (_name, args, says) => {
    const env = { SECRET: `${MARKER}-secret`, EMPTY: '', MCP_VERDICT_CONFIG_DIR: folder };
    const { code, stdout, stderr } = await cli(['verify', '--format', 'json', ...args()], { env });
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'mcp-verdict.error/1', error: { kind: 'usage' } });
    expect(stdout + stderr).not.toContain(MARKER);
  },
  30_000,
);

it.each([
  ['no JSON', `${MARKER}{`, 0o600, /it is no JSON/],
  ['something else', `{"format":"${MARKER}"}`, 0o600, /not as expected/],
  ['open to everybody', '{}', 0o644, /chmod 600/],
])(
  'a file of sign-ins that is %s',
  async (name, content, mode, says) => {
    const own = join(folder, name.replaceAll(' ', '-'));
    mkdirSync(own, { mode: 0o700 });
    writeFileSync(join(own, 'tokens.json'), content);
    chmodSync(join(own, 'tokens.json'), mode);
    const env = { MCP_VERDICT_CONFIG_DIR: own };
    for (const args of [
      ['verify', ...OAUTH],
      ['auth', 'list'],
      ['auth', 'logout', '--all'],
    ]) {
      const { code, stdout, stderr } = await cli([...args, '--format', 'json'], { env });
      expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
      expect(JSON.parse(stdout).format).toBe('mcp-verdict.error/1');
      expect(stdout + stderr).not.toContain(MARKER);
    }
  },
  30_000,
);

it('a sign-in that could not be remembered is told before anybody signs in', async () => {
  const env = { MCP_VERDICT_CONFIG_DIR: KEY };
  const { code, stderr } = await cli(['verify', ...OAUTH, '--remember'], { env });
  expect(stderr).toContain('cannot be written');
  expect(code).toBe(2);
}, 30_000);

it('a key from a variable is secret under any name', async () => {
  const env = { K: `${MARKER}-in-the-query` };
  for (const format of ['terminal', 'json', 'agent']) {
    const { stdout, stderr, code } = await cli(['verify', URL, '--query-env', 'k=K', '--format', format], { env });
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain(MARKER);
  }
}, 30_000);
