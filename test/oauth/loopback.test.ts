/** The redirect listener, asked by real sockets: what it takes, what it turns away, and that nothing stays behind. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Callback, type CallbackOptions, listenForCallback, type Stray } from '../../src/oauth/loopback.js';
import { freePort } from '../support/part.js';

const STATE = 'Zx8-the-state-of-this-sign-in';
const CODE = 'SplxlOBeZQQYbYS6WxSbIA';
const WAIT_MS = 20_000;

const open: Callback[] = [];
const listen = async (options: Partial<CallbackOptions> = {}): Promise<Callback> => {
  const callback = await listenForCallback({ expectedState: STATE, waitMs: WAIT_MS, ...options });
  open.push(callback);
  return callback;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((callback) => callback.close()));
});

const answerOf = ({ redirectUri }: Callback, parameters: Record<string, string> = { code: CODE, state: STATE }) =>
  `${redirectUri}?${new URLSearchParams(parameters)}`;

/** Bytes as they are written; what comes back until the connection is closed. */
function raw(host: string, port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, host, () => socket.write(text));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      heard += chunk;
    });
    socket.once('error', () => resolve(heard)).once('close', () => resolve(heard));
  });
}
const portOf = ({ redirectUri }: Callback): number => Number(new URL(redirectUri).port);
const request = (callback: Callback, line: string, headers: Record<string, string> = {}): Promise<string> => {
  const all = { host: new URL(callback.redirectUri).host, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return raw('127.0.0.1', portOf(callback), `${line} HTTP/1.1\r\n${lines.join('')}\r\n`);
};
const refuses = async (url: string): Promise<string> =>
  fetch(url).then(
    ({ status }) => `HTTP ${status}`,
    (error) => (error.cause as NodeJS.ErrnoException).code ?? '',
  );

describe('the answer that is waited for', () => {
  it('is taken once, and the listener is gone', async () => {
    const callback = await listen();
    expect(callback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const response = await fetch(answerOf(callback, { code: CODE, state: STATE, iss: 'https://auth.example' }));
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain('The sign-in came through');
    expect(page).toContain('You can close this window.');
    expect(page).not.toContain(CODE);
    expect(page).not.toContain(STATE);
    expect(Object.fromEntries((await callback.wait()) ?? [])).toEqual({
      code: CODE,
      state: STATE,
      iss: 'https://auth.example',
    });
    expect(callback.ended()).toBe('answered');
    expect(callback.strays()).toEqual({});
    expect(await refuses(answerOf(callback))).toBe('ECONNREFUSED');
  });

  it('is shown on a page that runs nothing, loads nothing and is not kept', async () => {
    const response = await fetch(answerOf(await listen()));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:/,
      ),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      connection: 'close',
    });
    const page = await response.text();
    expect(page).not.toMatch(/<script|\son\w+=|https?:|javascript:|url\(/i);
  });

  it('is an error of the authorization server, whose words cannot act on the page', async () => {
    const callback = await listen();
    const description =
      'Refused</code><script>alert(1)</script>"\' `<img src=x onerror=alert(2)>` \u202Egnp.exe\u0000\n2nd';
    const answer = { error: 'access_denied<b>', error_description: description, state: STATE };
    const response = await fetch(answerOf(callback, answer));
    expect(response.status).toBe(400);
    const page = await response.text();
    expect(page).toContain('The sign-in did not come through');
    expect(page).toContain('access_denied&#60;b&#62;');
    expect(page).toContain('&#60;script&#62;alert(1)');
    expect(page).not.toMatch(/<script|<img|<b>|\u202E|\0/);
    expect((page.match(/<code>/g) ?? []).length).toBe((page.match(/<\/code>/g) ?? []).length);
    expect((await callback.wait())?.get('error_description')).toBe(description);
  });

  it('with words without end is cut on the page', async () => {
    const callback = await listen();
    const page = await (
      await fetch(answerOf(callback, { error: 'server_error', error_description: '𝒜'.repeat(2_000), state: STATE }))
    ).text();
    expect([...page.matchAll(/𝒜/gu)]).toHaveLength(400);
    expect(page).toContain('…');
  });

  it('may hold neither a code nor an error: the caller judges it', async () => {
    const callback = await listen();
    expect(await (await fetch(answerOf(callback, { state: STATE }))).text()).toContain('neither a code nor an error');
    expect([...((await callback.wait()) ?? [])]).toEqual([['state', STATE]]);
  });

  it('may come before it is waited for, and waiting twice gives the same', async () => {
    const callback = await listen();
    await (await fetch(answerOf(callback))).text();
    expect(await callback.wait()).toBe(await callback.wait());
  });

  it('ends the connections of all others', async () => {
    const callback = await listen();
    const idle: Socket[] = [];
    const dropped = [1, 2, 3].map(
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(portOf(callback), '127.0.0.1', () => socket.write('GET /call'));
          idle.push(socket.once('close', () => resolve()).on('error', () => {}));
        }),
    );
    await (await fetch(answerOf(callback))).text();
    await callback.wait();
    await Promise.all(dropped);
    expect(idle.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('is answered once, also when the second request stands behind it on the same connection', async () => {
    const callback = await listen();
    const host = new URL(callback.redirectUri).host;
    const one = `GET /callback?code=${CODE}&state=${STATE} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
    const two = one.replace(CODE, 'another-code');
    const heard = await raw('127.0.0.1', portOf(callback), one + two);
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    expect((await callback.wait())?.get('code')).toBe(CODE);
  });
});

describe('what is not waited for goes past', () => {
  const STRAYS: { what: string; stray: Stray; status: number; send: (callback: Callback) => Promise<string> }[] = [
    {
      what: 'another state',
      stray: 'state-wrong',
      status: 400,
      send: (c) => request(c, `GET /callback?code=stolen&state=${STATE}x`),
    },
    {
      what: 'a state that is empty',
      stray: 'state-wrong',
      status: 400,
      send: (c) => request(c, 'GET /callback?code=stolen&state='),
    },
    { what: 'no state', stray: 'state-missing', status: 400, send: (c) => request(c, 'GET /callback?code=stolen') },
    { what: 'no query', stray: 'empty', status: 400, send: (c) => request(c, 'GET /callback') },
    {
      what: 'a query of something else',
      stray: 'empty',
      status: 400,
      send: (c) => request(c, 'GET /callback?state=x&q=1'),
    },
    {
      what: 'the code twice',
      stray: 'repeated',
      status: 400,
      send: (c) => request(c, `GET /callback?code=stolen&code=${CODE}&state=${STATE}`),
    },
    {
      what: 'the state twice',
      stray: 'repeated',
      status: 400,
      send: (c) => request(c, `GET /callback?code=stolen&state=${STATE}&state=other`),
    },
    {
      what: 'the state twice, one of them encoded',
      stray: 'repeated',
      status: 400,
      send: (c) => request(c, `GET /callback?code=stolen&state=${STATE}&%73tate=${STATE}`),
    },
    {
      what: 'a foreign Host, as after DNS rebinding',
      stray: 'host',
      status: 403,
      send: (c) => request(c, `GET /callback?code=stolen&state=${STATE}`, { host: `evil.example:${portOf(c)}` }),
    },
    {
      what: 'its own Host at another port',
      stray: 'host',
      status: 403,
      send: (c) => request(c, `GET /callback?code=stolen&state=${STATE}`, { host: '127.0.0.1' }),
    },
    {
      what: 'POST',
      stray: 'method',
      status: 405,
      send: (c) => request(c, `POST /callback?code=stolen&state=${STATE}`, { 'content-length': '0' }),
    },
    {
      what: 'HEAD, with which a mail program looks at a link',
      stray: 'method',
      status: 405,
      send: (c) => request(c, `HEAD /callback?code=stolen&state=${STATE}`),
    },
    {
      what: 'the question of a page whether it may',
      stray: 'method',
      status: 405,
      send: (c) => request(c, `OPTIONS /callback?state=${STATE}`, { origin: 'https://evil.example' }),
    },
    { what: 'the icon', stray: 'path', status: 404, send: (c) => request(c, 'GET /favicon.ico') },
    {
      what: 'a path below',
      stray: 'path',
      status: 404,
      send: (c) => request(c, `GET /callback/?code=stolen&state=${STATE}`),
    },
    {
      what: 'a path on the way up',
      stray: 'path',
      status: 404,
      send: (c) => request(c, `GET /x/../callback?code=stolen&state=${STATE}`),
    },
    {
      what: 'an address in place of a path, as to a proxy',
      stray: 'path',
      status: 404,
      send: (c) => request(c, `GET ${c.redirectUri}?code=stolen&state=${STATE}`),
    },
    {
      what: 'a URL without end',
      stray: 'malformed',
      status: 431,
      send: (c) => request(c, `GET /callback?code=${'A'.repeat(100_000)}&state=${STATE}`),
    },
    {
      what: 'headers without end',
      stray: 'malformed',
      status: 431,
      send: (c) => request(c, `GET /callback?code=stolen&state=${STATE}`, { cookie: 'c'.repeat(100_000) }),
    },
    {
      what: 'no HTTP at all',
      stray: 'malformed',
      status: 400,
      send: (c) => raw('127.0.0.1', portOf(c), 'SSH-2.0-scan\r\n'),
    },
    {
      what: 'HTTP without Host',
      stray: 'host',
      status: 403,
      send: (c) => raw('127.0.0.1', portOf(c), `GET /callback?code=stolen&state=${STATE} HTTP/1.0\r\n\r\n`),
    },
  ];

  it.each(STRAYS)('$what', async ({ stray, status, send }) => {
    const told: Stray[] = [];
    const callback = await listen({ onStray: (what) => told.push(what) });
    const heard = await send(callback);
    expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(heard).toMatch(/^connection: close\r?$/im);
    expect(heard).not.toMatch(/access-control-allow/i);
    expect(heard).not.toContain('stolen');
    expect(heard).not.toContain(STATE);
    expect(callback.strays()).toEqual({ [stray]: 1 });
    expect(told).toEqual([stray]);
    expect(callback.ended()).toBeUndefined();

    expect((await fetch(answerOf(callback))).status).toBe(200);
    expect((await callback.wait())?.get('code')).toBe(CODE);
  });

  it('a flood of wrong states ends the wait at its bound, and takes none of them', async () => {
    const callback = await listen({ maxStrays: 5 });
    for (let i = 0; i < 5; i++) {
      const response = await fetch(answerOf(callback, { code: CODE, state: `guess-${i}` }));
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('This is not the answer that is waited for');
    }
    expect(await callback.wait()).toBeUndefined();
    expect(callback.ended()).toBe('too-many-strays');
    expect(callback.strays()).toEqual({ 'state-wrong': 5 });
    expect(await refuses(answerOf(callback))).toBe('ECONNREFUSED');
  });

  it('a flood of other paths, which a port scanner makes, does not end it', async () => {
    const callback = await listen({ maxStrays: 5 });
    const scan = [...Array(40).keys()].map(async (i) => (await fetch(new URL(`/${i}`, callback.redirectUri))).status);
    expect(new Set(await Promise.all(scan))).toEqual(new Set([404]));
    expect((await fetch(answerOf(callback))).status).toBe(200);
  });

  it('connections that say nothing, or a byte now and then, keep nobody out', async () => {
    const callback = await listen();
    const slow: Socket[] = [];
    for (let i = 0; i < 150; i++) {
      const socket = connect(portOf(callback), '127.0.0.1').on('error', () => {});
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(i % 2 ? 'G' : 'GET /callback?');
      slow.push(socket);
    }
    expect((await fetch(answerOf(callback))).status).toBe(200);
    expect((await callback.wait())?.get('code')).toBe(CODE);
    await Promise.all(slow.map((socket) => socket.closed || new Promise((resolve) => socket.once('close', resolve))));
  });

  it('a connection that trickles is dropped after a while', async () => {
    const callback = await listen();
    const socket = connect(portOf(callback), '127.0.0.1').on('error', () => {});
    const trickle = setInterval(() => socket.write('x'), 200);
    socket.write('GET /callback?');
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(trickle);
    expect(callback.ended()).toBeUndefined();
    expect((await fetch(answerOf(callback))).status).toBe(200);
  });
});

describe('the end without an answer', () => {
  it('comes with the time', async () => {
    const callback = await listen({ waitMs: 30 });
    expect(await callback.wait()).toBeUndefined();
    expect(callback.ended()).toBe('timeout');
    expect(await refuses(answerOf(callback))).toBe('ECONNREFUSED');
  });

  it('comes with the signal, also with one that was given before', async () => {
    const controller = new AbortController();
    const callback = await listen({ signal: controller.signal });
    controller.abort();
    expect(await callback.wait()).toBeUndefined();
    expect(callback.ended()).toBe('aborted');
    expect(await refuses(answerOf(callback))).toBe('ECONNREFUSED');

    const late = await listen({ signal: AbortSignal.abort() });
    expect(await late.wait()).toBeUndefined();
    expect(late.ended()).toBe('aborted');
  });

  it('comes with close, as often as it is called', async () => {
    const callback = await listen();
    await Promise.all([callback.close(), callback.close()]);
    expect(await callback.wait()).toBeUndefined();
    expect(callback.ended()).toBe('closed');
  });
});

describe('a redirect URI that is given', () => {
  it('is used to the letter', async () => {
    const port = await freePort();
    const callback = await listen({ redirectUri: `http://127.0.0.1:${port}` });
    expect(callback.redirectUri).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`http://127.0.0.1:${port}/?code=${CODE}&state=${STATE}`)).status).toBe(200);
    expect((await callback.wait())?.get('code')).toBe(CODE);
  });

  it('without a port gets a free one', async () => {
    const callback = await listen({ redirectUri: 'http://127.0.0.1/oauth/done' });
    expect(callback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/done$/);
    expect((await fetch(answerOf(callback))).status).toBe(200);
  });

  it.each(['127.0.0.1', '::1'])('on localhost is heard at %s', async (address) => {
    const port = await freePort();
    const callback = await listen({ redirectUri: `http://localhost:${port}/cb` });
    const line = `GET /cb?code=${CODE}&state=${STATE} HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`;
    expect(await raw(address, port, line.replace('localhost', address === '::1' ? '[::1]' : address))).toMatch(
      /^HTTP\/1\.1 403/,
    );
    expect(await raw(address, port, line)).toMatch(/^HTTP\/1\.1 200/);
    expect((await callback.wait())?.get('code')).toBe(CODE);
  });

  it('on localhost without a port gets the same one in both families', async () => {
    const callback = await listen({ redirectUri: 'http://localhost/cb' });
    const port = portOf(callback);
    const line = `GET /cb HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`;
    for (const address of ['127.0.0.1', '::1']) expect(await raw(address, port, line)).toMatch(/^HTTP\/1\.1 400/);
  });

  it('on [::1] is heard there alone', async () => {
    const port = await freePort();
    const callback = await listen({ redirectUri: `http://[::1]:${port}/callback` });
    expect(await refuses(`http://127.0.0.1:${port}/callback`)).toBe('ECONNREFUSED');
    expect((await fetch(answerOf(callback))).status).toBe(200);
  });

  it('is heard on loopback alone', async () => {
    const callback = await listen();
    const { networkInterfaces } = await import('node:os');
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
    );
    for (const address of ['127.0.0.2', ...others])
      expect(await refuses(`http://${address}:${portOf(callback)}/callback`), address).toBe('ECONNREFUSED');
  });

  it.each(['127.0.0.1', '::1'])('whose port is taken at %s is refused in words', async (address) => {
    const other: Server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => other.listen(0, address, resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const listening = listen({ redirectUri: `http://localhost:${port}/callback` });
      await expect(listening).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringMatching(/ where another program listens already\. .* another port/),
      });
      // Nothing of ours is left on the other family.
      const free = address === '::1' ? '127.0.0.1' : '[::1]';
      expect(await refuses(`http://${free}:${port}/`)).toBe('ECONNREFUSED');
    } finally {
      other.close();
    }
  });

  it.each([
    ['https://127.0.0.1:8123/callback', 'begins with https:'],
    ['http://192.168.1.5:8123/callback', 'leads to 192.168.1.5'],
    ['http://0.0.0.0:8123/callback', 'leads to 0.0.0.0'],
    ['http://localhost.evil.example:8123/callback', 'leads to localhost.evil.example'],
    ['http://me:secret@127.0.0.1:8123/callback', 'user name or a password'],
    ['http://127.0.0.1:8123/callback#part', 'has a fragment'],
    ['http://127.0.0.1:8123/callback?app=1', 'has a query'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'begins with cursor:'],
    ['http://127.0.0.1:99999/callback', 'is no URL'],
    ['http://127.0.0.1:8123/call\nback', 'is no URL'],
    ['/callback', 'is no URL'],
  ])('%j is refused', async (redirectUri, why) => {
    const error = await listen({ redirectUri }).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'UsageError', message: expect.stringContaining(why) });
    expect(error.message).not.toContain('secret');
  });
});
