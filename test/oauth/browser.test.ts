/** What reaches the program that opens web addresses: a real one, first in the PATH, that writes down its arguments. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Desktop, openable, openBrowser, thisDesktop } from '../../src/oauth/browser.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();

/** A program that notes what it is given and ends with this exit code. */
const opener = (exit = 0, name = 'xdg-open') =>
  folder.put(`bin/${name}`, `#!/bin/sh\nprintf '%s\\0' "$@" >> "$0.argv"\nexit ${exit}\n`);

const desktop = (env: Record<string, string> = {}, more: Partial<Desktop> = {}): Desktop => ({
  ...thisDesktop({ PATH: join(folder.path, 'bin'), DISPLAY: ':0', ...env }),
  platform: 'linux',
  container: false,
  wsl: false,
  ...more,
});

const argvOf = (name = 'xdg-open'): string[] | null => {
  const file = join(folder.path, `bin/${name}.argv`);
  return existsSync(file) ? readFileSync(file, 'utf8').split('\0').slice(0, -1) : null;
};

const ASKS =
  'https://auth.example.com/authorize?response_type=code&client_id=abc&redirect_uri=http%3A%2F%2F127.0.0.1%3A8123%2Fcallback&scope=mcp%3Aread+mcp%3Awrite&state=s-_~.x&code_challenge=E9M&code_challenge_method=S256';

describe('an address that is plainly one of the web', () => {
  it.each([
    ['as it is', ASKS, ASKS],
    ['on loopback without TLS', 'http://127.0.0.1:9000/authorize?a=1', 'http://127.0.0.1:9000/authorize?a=1'],
    ['on localhost', 'http://localhost:9000/authorize', 'http://localhost:9000/authorize'],
    ['on ::1', 'http://[::1]:9000/a?scope[]=x', 'http://[::1]:9000/a?scope%5B%5D=x'],
    ['in other letters', 'HTTPS://Auth.EXAMPLE.com/a', 'https://auth.example.com/a'],
    ['with a name in another script', 'https://bücher.example/ä?q=ö', 'https://xn--bcher-kva.example/%C3%A4?q=%C3%B6'],
    [
      'with what a shell would run',
      'https://x.example/$(touch${IFS}owned)?a=`id`&b=$HOME&c=%PATH%&d=^&e=|cat&f=!!&g={1,2}&h=(i)*',
      'https://x.example/%24%28touch%24%7BIFS%7Downed%29?a=%60id%60&b=%24HOME&c=%25PATH%25&d=%5E&e=%7Ccat&f=%21%21&g=%7B1,2%7D&h=%28i%29%2A',
    ],
    ['with quotes', `https://x.example/'a'?b="c"#'"`, 'https://x.example/%27a%27?b=%22c%22#%27%22'],
    ['with words that look like options', 'https://x.example/--help?-x=--y', 'https://x.example/--help?-x=--y'],
  ])('%s', async (_, address, arrives) => {
    opener();
    expect(await openBrowser(address, desktop())).toBe('opened');
    expect(argvOf()).toEqual([arrives]);
    // It still says the same to the server.
    const told = (text: string) => [...new URL(text).searchParams];
    expect(told(arrives)).toEqual(told(address));
  });

  it('means nothing to a shell, even unquoted, but for the & between its parameters', () => {
    const given = openable('https://x.example/$(touch owned)`touch owned`;a=\'"|<>{}[]!*^'.replaceAll(' ', '%20'));
    if (!('url' in given)) throw new Error(JSON.stringify(given));
    const said = execFileSync('sh', ['-c', `printf '%s' ${given.url.replace(';', '\\;')}`], { cwd: folder.path });
    expect(said.toString()).toBe(given.url);
    expect(existsSync(join(folder.path, 'owned'))).toBe(false);
  });
});

describe('what never reaches a program', () => {
  it.each([
    ['javascript:alert(1)', 'javascript:'],
    ['file:///etc/passwd', 'file:'],
    ['data:text/html,<script>alert(1)</script>', 'data:'],
    ['vscode://extension/x', 'vscode:'],
    ['ms-msdt:/id', 'ms-msdt:'],
    ['--help', 'no absolute URL'],
    ['-a Calculator', 'spaces'],
    ['/usr/bin/id', 'no absolute URL'],
    ['C:\\Windows\\System32\\calc.exe', 'backslashes'],
    ['https://x.example/$(touch owned)', 'spaces'],
    ['https://x.example/a\nhttps://y.example/', 'control characters'],
    ['java\nscript:alert(1)', 'control characters'],
    ['https://x.example/\t', 'control characters'],
    ['\u0000https://x.example/', 'control characters'],
    ['https://x.example/\u202Egnp', 'control characters'],
    ['https://x.example/\ud800', 'control characters'],
    ['https:\\\\x.example\\a', 'backslashes'],
    ['https://good.example\\@evil.example/', 'backslashes'],
    ['https://user:secret@x.example/', 'user name or a password'],
    ['https://good.example@evil.example/', 'user name or a password'],
    ['https://x$(id).example/', 'no host name'],
    ['https://x`id`.example/', 'no host name'],
    ["https://x'&calc&'.example/", 'no host name'],
    ['https://', 'no absolute URL'],
    ['', 'no absolute URL'],
    [`https://x.example/?a=${'b'.repeat(8_000)}`, 'longer than 8000'],
    [`https://x.example/?a=${"'".repeat(3_000)}`, 'longer than 8000'],
  ])('%j', async (address, why) => {
    opener();
    const opened = await openBrowser(address, desktop());
    expect(opened).toEqual({ refused: expect.stringContaining(why) });
    expect(JSON.stringify(opened)).not.toMatch(/secret|owned|calc/);
    expect(argvOf()).toBeNull();
  });
});

it.each([
  'http://auth.example.com/authorize',
  'http://127.0.0.1.evil.example/authorize',
  'http://192.168.1.5/authorize',
])('%s is left to a person, who knows the network', async (address) => {
  opener();
  expect(await openBrowser(address, desktop())).toEqual({ failed: expect.stringContaining('begins with http:') });
  expect(argvOf()).toBeNull();
});

describe('where there is no browser', () => {
  const none: [string, Record<string, string>, Partial<Desktop>, string][] = [
    ['no display', { DISPLAY: '' }, {}, 'there is no display'],
    ['SSH', { DISPLAY: '', SSH_CONNECTION: '10.0.0.2 50000 10.0.0.1 22' }, {}, 'SSH session'],
    ['SSH to macOS', { SSH_TTY: '/dev/ttys001' }, { platform: 'darwin' }, 'SSH session'],
    ['SSH to Windows', { SSH_CLIENT: '10.0.0.2 50000 22' }, { platform: 'win32' }, 'SSH session'],
    ['SSH into WSL', { DISPLAY: '', SSH_CLIENT: '10.0.0.2 50000 22' }, { wsl: true }, 'SSH session'],
    ['a container', { DISPLAY: '' }, { container: true }, 'container without a display'],
    ['CI', { CI: 'true' }, {}, 'CI is set'],
    ['CI on macOS', { CI: '1' }, { platform: 'darwin' }, 'CI is set'],
    ['BROWSER=none', { BROWSER: 'none' }, {}, 'BROWSER is none'],
  ];
  it.each(none)('%s', async (_, env, more, why) => {
    opener();
    const start = () => Promise.reject(new Error('started'));
    expect(await openBrowser(ASKS, desktop(env, { start, ...more }))).toEqual({ failed: expect.stringContaining(why) });
    expect(argvOf()).toBeNull();
  });

  it('no xdg-open', async () => {
    expect(await openBrowser(ASKS, desktop())).toEqual({ failed: 'xdg-open is not in the PATH' });
  });

  it('an xdg-open that lies in the working directory only', async () => {
    opener();
    const before = process.cwd();
    process.chdir(join(folder.path, 'bin'));
    try {
      for (const PATH of ['', '.', ':', './bin'])
        expect(await openBrowser(ASKS, desktop({ PATH }))).toHaveProperty('failed');
    } finally {
      process.chdir(before);
    }
    expect(argvOf()).toBeNull();
  });

  it('an xdg-open that finds none', async () => {
    opener(3);
    expect(await openBrowser(ASKS, desktop())).toEqual({ failed: 'xdg-open could not open it (exit code 3)' });
  });

  it('an xdg-open that cannot be started', async () => {
    folder.put('bin/xdg-open', '#!/no/such/shell\n');
    expect(await openBrowser(ASKS, desktop())).toEqual({ failed: 'xdg-open could not be started (ENOENT)' });
  });

  it('an xdg-open that is killed', async () => {
    folder.put('bin/xdg-open', '#!/bin/sh\nkill -9 $$\n');
    expect(await openBrowser(ASKS, desktop())).toEqual({ failed: 'xdg-open could not open it (ended by a signal)' });
  });
});

describe('the program that opens it', () => {
  it('is a browser that stays', async () => {
    folder.put('bin/xdg-open', `#!/bin/sh\nprintf '%s\\0' "$@" > "$0.argv"\nexec /bin/sleep 4\n`);
    expect(await openBrowser(ASKS, desktop())).toBe('opened');
    expect(argvOf()).toEqual([ASKS]);
  });

  it.each([
    ['a name', (_: string) => 'my-browser'],
    ['a path', (path: string) => path],
  ])('is the one of BROWSER, given as %s, which also needs no display', async (_, browser) => {
    opener();
    const path = opener(0, 'my-browser');
    const env = { BROWSER: browser(path), DISPLAY: '', SSH_CONNECTION: 'x' };
    expect(await openBrowser(ASKS, desktop(env))).toBe('opened');
    expect(argvOf('my-browser')).toEqual([ASKS]);
    expect(argvOf()).toBeNull();
  });

  it.each([
    'my-browser --new-window',
    'my-browser %s',
    'sh -c id',
    'my-browser;id',
    '$(id)',
    'no-such-browser',
    '-x',
    './my-browser',
  ])('is not the one of BROWSER=%j', async (BROWSER) => {
    opener();
    opener(0, 'my-browser');
    expect(await openBrowser(ASKS, desktop({ BROWSER }))).toBe('opened');
    expect(argvOf()).toEqual([ASKS]);
    expect(argvOf('my-browser')).toBeNull();
  });

  it.each([
    ['macOS', { platform: 'darwin' }],
    ['Windows', { platform: 'win32' }],
    ['WSL', { wsl: true }],
  ] as [string, Partial<Desktop>][])('is what the system has on %s', async (_, more) => {
    const given: unknown[][] = [];
    const start: Desktop['start'] = async (...args) => {
      given.push(args);
      return { exitCode: 0, once: () => {} };
    };
    expect(await openBrowser(`${ASKS}&t='`, desktop({ DISPLAY: '' }, { start, ...more }))).toBe('opened');
    expect(given).toEqual([[`${ASKS}&t=%27`, undefined]]);
  });
});
