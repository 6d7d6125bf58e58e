/**
 * A sign-in as a person makes it, of real parts only: the built command line opens the system's browser, Chromium, in which somebody
 * presses the buttons of a certified authorization server; the answer comes back over loopback; the MCP server behind is verified.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverMetadata } from '../support/authorization/changes.js';
import {
  type AuthorizationServer,
  html,
  type ProtectedServer,
  protectedServer,
  startAuthorizationServer,
} from '../support/authorization/index.js';
import { startBrowser } from '../support/browser.js';
import { BIN, type CliResult, cli } from '../support/cli.js';
import { testFolder } from '../support/folder.js';
import { pressLogin, type Seen } from '../support/press-login.js';

const folder = testFolder();
const PRESS = fileURLToPath(new URL('../support/press-login.ts', import.meta.url));
const TSX = fileURLToPath(import.meta.resolve('tsx'));

let authorizationServer: AuthorizationServer;
let server: ProtectedServer;
beforeAll(async () => {
  authorizationServer = await startAuthorizationServer();
  server = await protectedServer({ authorizationServer });
});
afterAll(async () => {
  await server?.close();
  await authorizationServer?.close();
});

const seenFile = () => join(folder.path, 'seen.json');
const opened = (): string[] =>
  existsSync(join(folder.path, 'bin/opened'))
    ? readFileSync(join(folder.path, 'bin/opened'), 'utf8').trim().split('\n')
    : [];

/** The opener of the system: a browser with somebody in front of it. */
const person = (decide: 'allow' | 'refuse') =>
  folder.put(
    'bin/xdg-open',
    `#!/bin/sh\nprintf '%s\\n' "$1" >> "${folder.path}/bin/opened"\nexec "${process.execPath}" --import "${TSX}" "${PRESS}" ${decide} "${seenFile()}" "$1"\n`,
  );

const run = (...args: string[]): Promise<CliResult> =>
  cli(args, {
    cwd: folder.path,
    env: {
      PATH: `${join(folder.path, 'bin')}${delimiter}${process.env.PATH}`,
      MCP_VERDICT_CONFIG_DIR: join(folder.path, 'config'),
      ...{ DISPLAY: ':99', BROWSER: '', CI: '', SSH_CONNECTION: '', SSH_CLIENT: '', SSH_TTY: '' },
    },
  });

/** What the person saw. The browser may still be closing when the command line has ended. */
async function seen(): Promise<Seen> {
  for (let waited = 0; !existsSync(seenFile()) && waited < 20_000; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const what = JSON.parse(readFileSync(seenFile(), 'utf8')) as Seen;
  expect(what.error).toBeUndefined();
  return what;
}

const storeFile = () => join(folder.path, 'config/tokens.json');
const tokensOf = (): { accessToken: string; refreshToken: string } =>
  JSON.parse(readFileSync(storeFile(), 'utf8')).signIns[0];
/** As if the token had been kept for long. */
async function letExpire(): Promise<void> {
  const expired = await authorizationServer.mint({ audience: server.url, expiresIn: -60 });
  writeFileSync(storeFile(), readFileSync(storeFile(), 'utf8').replace(tokensOf().accessToken, expired));
}

describe('verify --auth oauth', () => {
  it('signs in with a browser, remembers, goes on without one, and signs out', async () => {
    person('allow');
    const saved = join(folder.path, 'case.json');
    const first = await run(
      ...['verify', '--auth', 'oauth', '--remember', '--format', 'json', '--save-case', saved, server.url],
    );
    expect(first.stderr).toContain('Your browser was opened to sign in.');
    const { titles, address, text, html, console } = await seen();
    expect(titles).toEqual(['Sign in', 'Allow access', 'The sign-in came through']);
    expect(text).toContain('You can close this window.');
    expect(console).toEqual([]);

    const [asked = ''] = opened();
    const parameters = new URL(asked).searchParams;
    expect(Object.fromEntries(parameters)).toMatchObject({
      ...{ response_type: 'code', code_challenge_method: 'S256', resource: server.url },
      redirect_uri: address,
    });
    expect(html).not.toContain(parameters.get('state'));

    const verdict = JSON.parse(first.stdout);
    expect(verdict.status, first.stdout.slice(0, 4_000)).toBe('healthy');
    expect(first.code).toBe(0);
    const { accessToken, refreshToken } = tokensOf();
    const redeemed = authorizationServer.requests.find(
      ({ path, body }) => path.endsWith('/token') && /\bcode=/.test(body),
    );
    const code = new URLSearchParams(redeemed?.body).get('code') ?? '';
    const everything = first.stdout + first.stderr + readFileSync(saved, 'utf8');
    for (const secret of [accessToken, refreshToken, code]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(everything).not.toContain(secret);
      expect(html).not.toContain(secret);
    }

    const list = await run('auth', 'list');
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toContain(`\n${server.url}\n  ${authorizationServer.issuer} `);
    expect(list.stdout).not.toContain(accessToken);

    const again = async () => {
      const { code, stdout, stderr } = await run('verify', '--auth', 'oauth', '--format', 'json', server.url);
      expect(JSON.parse(stdout).status, stdout.slice(0, 4_000)).toBe('healthy');
      expect(code).toBe(0);
      expect(opened()).toHaveLength(1);
      const { accessToken, refreshToken } = tokensOf();
      for (const secret of [accessToken, refreshToken]) expect(stdout + stderr).not.toContain(secret);
    };
    await again();
    // It renews itself, and a refresh token that was rotated meanwhile is the one that is kept.
    await letExpire();
    await again();
    const renewed = tokensOf();
    expect(renewed.accessToken).not.toBe(accessToken);
    expect(renewed.refreshToken).not.toBe(refreshToken);
    await letExpire();
    await again();
    const last = tokensOf();

    const out = await run('auth', 'logout', server.url);
    expect(out.stdout.replaceAll('\n', ' ')).toContain(
      `Signed out of ${server.url}: the sign-in is removed from this machine`,
    );
    expect(out.stdout.replaceAll('\n', ' ')).toContain(`${authorizationServer.issuer} has revoked the`);
    expect(out.code).toBe(0);
    expect((await run('auth', 'list')).stdout).toContain('No sign-in is remembered');
    // Gone at the authorization server, too: nobody can renew it.
    const answer = await fetch(`${authorizationServer.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'refresh_token', refresh_token: last.refreshToken },
        client_id: String(parameters.get('client_id')),
      }),
    });
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
  }, 120_000);

  it('says who refused, when the person does', async () => {
    person('refuse');
    const saved = join(folder.path, 'case.json');
    const result = await run('verify', '--auth', 'oauth', '--remember', '--save-case', saved, server.url);
    const { titles, text } = await seen();
    expect(titles).toEqual(['Sign in', 'Allow access', 'The sign-in did not come through']);
    expect(text).toContain('access_denied');
    expect(text).toContain('The person refused');
    expect(result.code).toBe(1);
    expect(JSON.parse(readFileSync(saved, 'utf8')).evidence.authorization.value.response).toMatchObject({
      ...{ outcome: 'error', error: 'access_denied', description: 'The person refused' },
    });
    expect(existsSync(join(folder.path, 'config/tokens.json'))).toBe(false);
  }, 60_000);
});

describe('an authorization endpoint that was made to be run', () => {
  const HOSTILE: { what: string; endpoint: (issuer: string) => string; opened: RegExp | null }[] = [
    { what: 'a script', endpoint: () => "javascript:fetch('/owned')", opened: null },
    { what: 'a file', endpoint: () => 'file:///usr/bin/touch', opened: null },
    { what: 'a program of its own', endpoint: () => 'ms-msdt:/id%20owned', opened: null },
    { what: 'an option', endpoint: () => '--help', opened: null },
    { what: 'a command between backticks', endpoint: (issuer) => `${issuer}/hostile/\`touch owned\``, opened: null },
    { what: 'a second line', endpoint: (issuer) => `${issuer}/hostile\ntouch owned`, opened: null },
    { what: 'a password', endpoint: (issuer) => issuer.replace('//', '//me:owned@'), opened: null },
    {
      what: 'a command in a path',
      endpoint: (issuer) => `${issuer}/hostile/$(touch%20owned)';touch%20owned;&calc'`,
      opened:
        /^http:\/\/127\.0\.0\.1:\d+\/hostile\/%24%28touch%20owned%29%27;touch%20owned;&calc%27\?response_type=code&/,
    },
    {
      what: 'a command in a query',
      endpoint: (issuer) => `${issuer}/hostile?a=$(touch%20owned)&b=%PATH%`,
      opened: /^http:\/\/127\.0\.0\.1:\d+\/hostile\?a=%24%28touch[+%20]+owned%29&b=%25PATH%25&response_type=code&/,
    },
  ];

  it.each(HOSTILE)(
    '$what',
    async ({ endpoint, opened: expected }) => {
      folder.put('bin/xdg-open', `#!/bin/sh\nprintf '%s\\n' "$@" >> "${folder.path}/bin/opened"\n`);
      const crafted = await startAuthorizationServer({
        changes: [
          serverMetadata('its authorization endpoint is a weapon', (document) => ({
            ...document,
            authorization_endpoint: endpoint(String(document.issuer)),
          })),
          {
            says: 'a page to sign in at',
            when: ({ path }) => path.startsWith('/hostile'),
            answer: () => html(200, '<form method="post"><input name="name"></form>'),
          },
        ],
      });
      const behind = await protectedServer({ authorizationServer: crafted });
      try {
        const saved = join(folder.path, 'case.json');
        const { code, stdout, stderr } = await run(
          ...['verify', '--auth', 'oauth', '--sign-in-timeout', '3', '--save-case', saved, behind.url],
        );
        expect(code, stdout + stderr).not.toBe(0);
        if (expected) {
          expect(opened()).toHaveLength(1);
          expect(opened()[0]).toMatch(expected);
        } else {
          expect(opened()).toEqual([]);
          expect(stderr).not.toContain('Open this address');
        }
        // A command that ran would have left this in the working directory.
        for (const place of [folder.path, process.cwd()]) expect(existsSync(join(place, 'owned'))).toBe(false);
      } finally {
        await behind.close();
        await crafted.close();
      }
    },
    60_000,
  );
});

/** The command line while it waits for somebody to sign in, and the address it has written. */
async function waiting(...args: string[]) {
  const child = spawn(process.execPath, [BIN, 'verify', '--auth', 'oauth', '--no-browser', ...args, server.url], {
    env: { ...process.env, NO_COLOR: '1', MCP_VERDICT_CONFIG_DIR: join(folder.path, 'config') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  const done = new Promise<CliResult>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      const found = /^(https?:\/\/\S+[?&]state=\S+)\n/m.exec(stderr)?.[1];
      if (found) resolve(found);
    });
    child.once('close', () => reject(new Error(stderr)));
  });
  const { searchParams } = new URL(address);
  const state = searchParams.get('state') ?? '';
  return { child, done, address, state, redirectUri: searchParams.get('redirect_uri') ?? '' };
}

describe('without a browser of its own', () => {
  it('writes the address, and takes the answer of whoever opens it, whatever else comes meanwhile', async () => {
    const { done, address, state, redirectUri } = await waiting('--format', 'json');
    const ask = (parameters: Record<string, string>, init: RequestInit = {}) =>
      fetch(`${redirectUri}?${new URLSearchParams(parameters)}`, init).then(({ status }) => status);
    const noise = [
      ask({ code: 'stolen', state: 'guessed' }),
      ask({ code: 'stolen' }),
      ask({ code: 'stolen', state }, { method: 'POST' }),
      fetch(new URL('/', redirectUri)).then(({ status }) => status),
      fetch(`${redirectUri}?code=a&code=b&state=${state}`).then(({ status }) => status),
    ];
    expect(await Promise.all(noise)).toEqual([400, 400, 405, 404, 400]);

    const browser = await startBrowser();
    try {
      const { titles } = await pressLogin(await browser.open(address), 'allow');
      expect(titles.at(-1)).toBe('The sign-in came through');
    } finally {
      await browser.stop();
    }
    const { code, stdout, stderr } = await done;
    expect(JSON.parse(stdout).status, stdout.slice(0, 4_000)).toBe('healthy');
    expect(code).toBe(0);
    expect(stdout).not.toContain(state);
    expect(stderr).toContain('--no-browser');
    expect(await fetch(redirectUri).catch(({ cause }) => cause.code)).toBe('ECONNREFUSED');
    // Nothing was to be remembered.
    expect(existsSync(join(folder.path, 'config'))).toBe(false);
  }, 90_000);

  it('ends with the time that was given', async () => {
    const saved = join(folder.path, 'case.json');
    const { done, redirectUri } = await waiting('--sign-in-timeout', '1', '--save-case', saved);
    expect((await done).code).not.toBe(0);
    const { response } = JSON.parse(readFileSync(saved, 'utf8')).evidence.authorization.value;
    expect(response).toMatchObject({ outcome: 'none' });
    expect(await fetch(redirectUri).catch(({ cause }) => cause.code)).toBe('ECONNREFUSED');
  }, 60_000);

  it('tells of an answer with another state while it waits, and at the end', async () => {
    const saved = join(folder.path, 'case.json');
    const { done, redirectUri } = await waiting('--sign-in-timeout', '2', '--save-case', saved);
    expect((await fetch(`${redirectUri}?code=abc`)).status).toBe(400);
    const { code, stderr } = await done;
    expect(code).not.toBe(0);
    expect(stderr).toContain('It was turned away; the wait goes on.');
    const { response } = JSON.parse(readFileSync(saved, 'utf8')).evidence.authorization.value;
    expect(response).toMatchObject({ outcome: 'state-mismatch' });
  }, 60_000);

  it('ends with Ctrl-C', async () => {
    const { child, done, redirectUri } = await waiting();
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
    expect(await fetch(redirectUri).catch(({ cause }) => cause.code)).toBe('ECONNREFUSED');
  }, 60_000);

  it('refuses a redirect URI whose port is taken', async () => {
    const { port } = new URL(server.url);
    const { code, stdout, stderr } = await run(
      ...['verify', '--auth', 'oauth', '--redirect-uri', `http://127.0.0.1:${port}/callback`, server.url],
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`needs 127.0.0.1:${port}, where another program listens already`);
  }, 60_000);
});
