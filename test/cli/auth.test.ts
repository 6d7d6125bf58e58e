/** `mcp-verdict auth` as a person runs it: what is listed, what is given back to the authorization server, and what never appears. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Remembered, type Store } from '../../src/oauth/store.js';
import { type CliResult, cli } from '../support/cli.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const SECRETS = ['at-4f1c9b7e', 'rt-9e8d7c6b', 'cs-5a4b3c2d', 'rat-1d2e3f4a'];
const HOUR = 3_600_000;

const own = () => join(folder.path, 'config');
const store = (): Store => openStore({ platform: 'linux', home: '/', env: { MCP_VERDICT_CONFIG_DIR: own() } });
async function auth(...args: string[]): Promise<CliResult> {
  const result = await cli(['auth', ...args], { env: { MCP_VERDICT_CONFIG_DIR: own() } });
  for (const secret of SECRETS) expect(result.stdout + result.stderr).not.toContain(secret);
  expect(result.stderr).not.toContain('    at ');
  return result;
}

const signIn = (resource: string, more: Partial<Remembered> = {}): Remembered => ({
  ...{ resource, issuer: 'https://auth.example.com', clientId: 'abc', tokenType: 'Bearer' },
  registration: { how: 'dynamic', redirectUri: 'http://127.0.0.1:8123/callback' },
  ...{ accessToken: 'at-4f1c9b7e', refreshToken: 'rt-9e8d7c6b', scope: 'mcp:read' },
  ...{ expiresAt: Date.now() + HOUR + 20_000, savedAt: Date.now() - 3 * HOUR },
  ...more,
});

describe('list', () => {
  it('says what is there in 80 columns, each server by its whole URL', async () => {
    const long = `https://mcp.example.com/${'a-long-path/'.repeat(8)}mcp`;
    await store().save(signIn('https://a.example/mcp'));
    await store().save(
      signIn(long, {
        issuer: 'https://login.a-very-long-name-of-a-tenant.example.com/common/v2.0',
        scope: 'mcp:read mcp:write offline_access openid profile',
        refreshToken: undefined,
        expiresAt: Date.now() - 50 * HOUR,
      }),
    );
    await store().save(signIn('https://c.example/mcp', { expiresAt: undefined, scope: undefined }));
    const { code, stdout, stderr } = await auth('list');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^SERVER\n {2}ISSUER +SCOPE +EXPIRES +SAVED\nhttps:\/\/a\.example\/mcp\n/);
    expect(stdout).toMatch(/^ {2}https:\/\/auth\.example\.com +mcp:read +in 60 min, +3 h ago\n +renews itself$/m);
    expect(stdout).toContain(`\n${long}\n`);
    expect(stdout).toMatch(/expired 2 days/);
    expect(stdout).toMatch(/^ {2}https:\/\/auth\.example\.com +- +not told, +3 h ago$/m);
    for (const line of stdout
      .split('\n')
      .filter((line) => !line.startsWith('https://') && !line.startsWith('Kept in ')))
      expect(line.length, line).toBeLessThanOrEqual(80);
    expect(stdout).toContain(`Kept in ${join(own(), 'tokens.json')}. To end one: mcp-verdict auth logout <url>`);
  });

  it('as JSON', async () => {
    await store().save(signIn('https://a.example/mcp', { expiresAt: 1_800_000_000_000, savedAt: 1_790_000_000_000 }));
    const { code, stdout } = await auth('list', '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      format: 'mcp-verdict.sign-ins/1',
      file: join(own(), 'tokens.json'),
      signIns: [
        {
          ...{ server: 'https://a.example/mcp', issuer: 'https://auth.example.com', clientId: 'abc' },
          ...{ registration: 'dynamic', scope: 'mcp:read', expiresAt: '2027-01-15T08:00:00.000Z', renews: true },
          savedAt: '2026-09-21T14:13:20.000Z',
        },
      ],
    });
  });

  it('of none', async () => {
    expect(await auth('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('No sign-in is remembered') });
    expect(existsSync(own())).toBe(false);
  });

  it('shows what servers wrote as what it is, and no key in a URL', async () => {
    await store().save(
      signIn('https://a.example/mcp?api_key=sk-0123456789abcdef', {
        scope: 'a\u001b[2Jb\u202Ec\nd',
        issuer: 'https://x.example/\u0007',
      }),
    );
    for (const format of ['terminal', 'json']) {
      const { stdout } = await auth('list', '--format', format);
      for (const hidden of ['\u001b', '\u202E', '\u0007', 'sk-0123']) expect(stdout).not.toContain(hidden);
      expect(stdout).toContain('https://a.example/mcp?api_key=<redacted');
    }
  });

  it('of a damaged file is refused, and says what to do', async () => {
    folder.put('config/tokens.json', 'at-4f1c9b7e rt-9e8d7c6b', 0o600);
    const { code, stdout, stderr } = await auth('list', '--format', 'json');
    expect(code).toBe(2);
    expect(stderr).toMatch(/tokens\.json is damaged: it is no JSON\. Rename it/);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'mcp-verdict.error/1', error: { kind: 'usage' } });
    expect(readFileSync(join(own(), 'tokens.json'), 'utf8')).toBe('at-4f1c9b7e rt-9e8d7c6b');
  });
});

describe('logout', () => {
  let server: Server;
  let origin = '';
  let asked: { path: string; authorization: string | undefined; form: Record<string, string> }[] = [];
  let answer: (response: ServerResponse, form: Record<string, string>) => void;

  beforeEach(async () => {
    asked = [];
    answer = (response) => response.writeHead(200).end();
    server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const form = Object.fromEntries(new URLSearchParams(body));
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization, form });
      answer(response, form);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** A sign-in at a server of ours, whose authorization server takes tokens back. */
  const local = (more: Partial<Remembered> = {}): Remembered =>
    signIn(`${origin}/mcp`, { issuer: origin, revocationEndpoint: `${origin}/revoke`, ...more });
  const json = (status: number, body: object) => (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const left = async () => (await store().list()).map(({ resource }) => resource);

  it('takes a registration back that was made for it, at the issuer alone', async () => {
    const token = 'rat-1d2e3f4a';
    await store().save(local({ management: { url: `${origin}/reg/abc`, token } }));
    expect((await auth('list', '--format', 'json')).stdout).not.toContain('/reg/abc');
    expect((await auth('logout', `${origin}/mcp`)).code).toBe(0);
    expect(asked.map(({ path }) => path)).toEqual(['/revoke', '/revoke', '/reg/abc']);
    expect(asked[2]?.authorization).toBe(`Bearer ${token}`);
    asked = [];
    // A registration that another server names is not that server's to open.
    await store().save(local({ issuer: 'https://auth.example.com', management: { url: `${origin}/reg/abc`, token } }));
    expect((await auth('logout', `${origin}/mcp`)).code).toBe(0);
    expect(asked.map(({ path }) => path)).toEqual(['/revoke', '/revoke']);
  });

  it('gives both tokens back, the refresh token first, and forgets them', async () => {
    await store().save(local());
    await store().save(signIn('https://other.example/mcp'));
    const { code, stdout } = await auth('logout', `${origin}/mcp`);
    expect(stdout.replaceAll('\n', ' ')).toContain(
      `Signed out of ${origin}/mcp: the sign-in is removed from this machine, and ${origin} has revoked the refresh token and the access token.`,
    );
    expect(code).toBe(0);
    expect(asked.map(({ form }) => form)).toEqual([
      { token: 'rt-9e8d7c6b', token_type_hint: 'refresh_token', client_id: 'abc' },
      { token: 'at-4f1c9b7e', token_type_hint: 'access_token', client_id: 'abc' },
    ]);
    expect(await left()).toEqual(['https://other.example/mcp']);
    expect(readFileSync(join(own(), 'tokens.json'), 'utf8')).not.toContain(origin);
  });

  it('proves who the client is', async () => {
    await store().save(
      local({ clientSecret: 'cs-5a4b3c2d', tokenAuthMethod: 'client_secret_post', refreshToken: undefined }),
    );
    expect((await auth('logout', `${origin}/mcp`)).code).toBe(0);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.form).toMatchObject({ client_id: 'abc', client_secret: 'cs-5a4b3c2d' });
  });

  it('knows a URL as a browser writes it', async () => {
    await store().save(local({ resource: `${origin}/` }));
    expect((await auth('logout', origin)).code).toBe(0);
    expect(await left()).toEqual([]);
  });

  it.each([
    [
      'refuses the client',
      json(401, { error: 'invalid_client', error_description: 'who is abc?' }),
      'invalid_client: who is abc?',
    ],
    ['is broken', (response: ServerResponse) => response.writeHead(503).end('<h1>no</h1>'), 'HTTP 503'],
    ['hangs up', (response: ServerResponse) => response.destroy(), ''],
    [
      'repeats the token',
      (response: ServerResponse, form: Record<string, string>) =>
        json(400, { error: 'invalid_request', error_description: `bad token ${form.token}\u001b[2J` })(response),
      'invalid_request: bad token <redacted value>\\x1b[2J',
    ],
    [
      'redirects elsewhere',
      (response: ServerResponse) => response.writeHead(307, { location: `${origin}/elsewhere` }).end(),
      'HTTP 307',
    ],
    [
      'answers without end',
      (response: ServerResponse) => void response.writeHead(400).write('x'.repeat(4_000_000)),
      '',
    ],
  ])('forgets it also when the authorization server %s, and says so', async (_, how, says) => {
    answer = how;
    await store().save(local());
    const { code, stdout } = await auth('logout', `${origin}/mcp`);
    const text = stdout.replaceAll('\n', ' ');
    expect(text).toContain(`Signed out of ${origin}/mcp: the sign-in is removed from this machine.`);
    expect(text).toContain(`The refresh token was not revoked (${says}`);
    expect(text).toMatch(/The access token was not revoked \(.+\) and stays valid for 60 min more\./);
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(1);
    expect(await left()).toEqual([]);
    expect(asked.map(({ path }) => path)).toEqual(['/revoke', '/revoke']);
  });

  it('does not wait for ever', async () => {
    answer = () => {};
    await store().save(local());
    const { code, stdout } = await auth('logout', `${origin}/mcp`);
    expect(stdout).toContain('was not revoked');
    expect(code).toBe(1);
    expect(await left()).toEqual([]);
  });

  it('of a server that is gone', async () => {
    await store().save(local());
    server.close();
    server.closeAllConnections();
    const { code, stdout } = await auth('logout', `${origin}/mcp`);
    expect(stdout).toContain('ECONNREFUSED');
    expect(code).toBe(1);
    expect(await left()).toEqual([]);
  });

  it('an access token that cannot be revoked is no fault: it is told how long it lives', async () => {
    answer = (response, { token_type_hint }) =>
      token_type_hint === 'access_token'
        ? json(400, { error: 'unsupported_token_type' })(response)
        : response.writeHead(200).end();
    await store().save(local());
    const { code, stdout } = await auth('logout', `${origin}/mcp`);
    expect(stdout.replaceAll('\n', ' ')).toMatch(
      /has revoked the refresh token\. The access token was not revoked \(unsupported_token_type\) and stays valid for 60 min more\./,
    );
    expect(code).toBe(0);
  });

  it('where nothing takes tokens back', async () => {
    await store().save(local({ revocationEndpoint: undefined, expiresAt: Date.now() - HOUR }));
    const { code, stdout } = await auth('logout', `${origin}/mcp`);
    expect(stdout.replaceAll('\n', ' ')).toMatch(/names no revocation endpoint, and the access token has expired/);
    expect([code, asked.length]).toEqual([0, 0]);
    expect(await left()).toEqual([]);
  });

  it.each([
    ['http://auth.example.com/revoke', 'https://mcp.example.com/mcp'],
    ['https://192.168.1.1/revoke', 'https://mcp.example.com/mcp'],
    ['file:///etc/passwd', 'https://mcp.example.com/mcp'],
  ])('sends no token to %s', async (revocationEndpoint, resource) => {
    await store().save(local({ revocationEndpoint, resource }));
    const { code, stdout } = await auth('logout', resource);
    expect(stdout).toContain('not safe to use');
    expect(code).toBe(1);
  });

  it('of all', async () => {
    for (const path of ['a', 'b', 'c']) await store().save(local({ resource: `${origin}/${path}` }));
    const { code, stdout } = await auth('logout', '--all', '--format', 'json');
    expect(code).toBe(0);
    const { format, signedOut } = JSON.parse(stdout);
    expect(format).toBe('mcp-verdict.sign-out/1');
    expect(signedOut).toHaveLength(3);
    expect(signedOut[0]).toEqual({
      ...{ server: `${origin}/a`, issuer: origin },
      tokens: [
        { token: 'refresh token', revoked: true },
        { token: 'access token', revoked: true },
      ],
    });
    expect(await left()).toEqual([]);
    expect(await auth('logout', '--all')).toMatchObject({ code: 0, stdout: 'No sign-in is remembered.\n' });
  });

  it.each([
    [['logout'], /Give the URL of the server, or --all/],
    [['logout', 'https://a.example/mcp', '--all'], /Leave out one of the two/],
    [
      ['logout', 'https://b.example/mcp'],
      /No sign-in is remembered for https:\/\/b\.example\/mcp\. There is one for: https:\/\/a\.example\/mcp/,
    ],
    [[], /auth what\? Write mcp-verdict auth list/],
    [['lst'], /Did you mean list\?/],
  ])('%j is wrong use', async (args, says) => {
    await store().save(signIn('https://a.example/mcp'));
    const { code, stdout, stderr } = await auth(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expect(await left()).toEqual(['https://a.example/mcp']);
  });
});
