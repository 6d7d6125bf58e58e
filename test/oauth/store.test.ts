/** Remembered sign-ins on a real disk: who may read them, what is refused, and that nothing is lost between processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configFolder } from '../../src/oauth/own-file.js';
import { keptOf, openStore, type Remembered, rememberedOf, STORE_FORMAT, type Store } from '../../src/oauth/store.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const isRoot = process.getuid?.() === 0;
const store = (env: Record<string, string> = {}): Store =>
  openStore({ platform: 'linux', home: join(folder.path, 'home'), env });
const own = () => join(folder.path, 'home/.config/mcp-verdict');
const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

const SECRETS = ['access-aaaaaaaa', 'refresh-bbbbbbbb', 'client-cccccccc'];
const SIGN_IN: Remembered = {
  resource: 'https://mcp.example.com/mcp',
  issuer: 'https://auth.example.com',
  clientId: 'abc',
  clientSecret: 'client-cccccccc',
  registration: { how: 'dynamic', redirectUri: 'http://127.0.0.1:8123/callback' },
  tokenAuthMethod: 'client_secret_basic',
  revocationEndpoint: 'https://auth.example.com/revoke',
  accessToken: 'access-aaaaaaaa',
  tokenType: 'Bearer',
  expiresAt: 1_800_000_000_000,
  refreshToken: 'refresh-bbbbbbbb',
  scope: 'mcp:read',
  savedAt: 1_790_000_000_000,
};
const at = (resource: string): Remembered => ({ ...SIGN_IN, resource });

/** What a call throws: always for a person, never with a secret. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('it was not refused'),
    (reason: Error) => reason,
  );
  expect(error.name, error.stack).toBe('UsageError');
  for (const secret of SECRETS) expect(error.message).not.toContain(secret);
  return error.message;
}

describe('the folder', () => {
  const HOME = { home: '/home/me', platform: 'linux' as const, env: {} };
  it.each([
    ['Linux', HOME, '/home/me/.config/mcp-verdict'],
    ['Linux with XDG', { ...HOME, env: { XDG_CONFIG_HOME: '/cfg' } }, '/cfg/mcp-verdict'],
    ['Linux with a relative XDG', { ...HOME, env: { XDG_CONFIG_HOME: 'cfg' } }, '/home/me/.config/mcp-verdict'],
    [
      'macOS',
      { home: '/Users/me', platform: 'darwin' as const, env: { XDG_CONFIG_HOME: '/cfg' } },
      '/Users/me/Library/Application Support/mcp-verdict',
    ],
    [
      'Windows',
      { home: 'C:\\Users\\me', platform: 'win32' as const, env: { APPDATA: 'D:\\Roaming' } },
      'D:\\Roaming\\mcp-verdict',
    ],
    [
      'Windows without APPDATA',
      { home: 'C:\\Users\\me', platform: 'win32' as const, env: {} },
      'C:\\Users\\me\\AppData\\Roaming\\mcp-verdict',
    ],
    ['a folder of its own', { ...HOME, env: { MCP_VERDICT_CONFIG_DIR: '/srv/secrets' } }, '/srv/secrets'],
  ])('on %s', (_, home, path) => {
    expect(configFolder(home)).toBe(path);
  });

  it('is not made by looking', async () => {
    expect(await store().list()).toEqual([]);
    expect(await store().find('https://mcp.example.com/mcp')).toBeUndefined();
    expect(await store().remove('all')).toBe(0);
    expect(existsSync(join(folder.path, 'home'))).toBe(false);
  });

  it('is closed to others, also when it was open, whatever the mask of the process', async () => {
    const before = process.umask(0);
    try {
      await store().save(SIGN_IN);
      expect([modeOf(own()), modeOf(store().file)]).toEqual(['700', '600']);
      chmodSync(own(), 0o777);
      process.umask(0o777);
      await store().save(at('https://b.example/mcp'));
      expect([modeOf(own()), modeOf(store().file)]).toEqual(['700', '600']);
    } finally {
      process.umask(before);
    }
    expect(await store().list()).toHaveLength(2);
  });

  it('that was named is left as it is, and refused when others could change it', async () => {
    const named = join(folder.path, 'shared');
    mkdirSync(named);
    const inNamed = store({ MCP_VERDICT_CONFIG_DIR: named });
    chmodSync(named, 0o755);
    await inNamed.save(SIGN_IN);
    expect([modeOf(named), modeOf(join(named, 'tokens.json'))]).toEqual(['755', '600']);
    chmodSync(named, 0o1777);
    const text = await refusal(inNamed.save(at('https://b.example/mcp')));
    expect(text).toContain(`chmod go-w ${named}`);
    expect(modeOf(named)).toBe('777');
    expect(await inNamed.list()).toHaveLength(1);
  });

  it('that cannot be made or written is named with what to do', async () => {
    folder.put('home', 'a file', 0o600);
    expect(await refusal(store().save(SIGN_IN))).toMatch(
      /tokens\.json cannot be written \(\w+\)\. .*MCP_VERDICT_CONFIG_DIR/,
    );
  });

  it('of another user is not used', async () => {
    const named = isRoot ? join(folder.path, 'theirs') : '/usr';
    if (isRoot) {
      mkdirSync(named, { mode: 0o700 });
      chownSync(named, 4_711, 4_711);
    }
    expect(await refusal(store({ MCP_VERDICT_CONFIG_DIR: named }).save(SIGN_IN))).toContain('belongs to another user');
    expect(readdirSync(named)).not.toContain('tokens.json');
  });
});

describe('a sign-in', () => {
  it('comes back as it was, by exactly its URL and issuer', async () => {
    await store().save(SIGN_IN);
    expect(await store().find(SIGN_IN.resource)).toEqual(SIGN_IN);
    expect(await store().find(SIGN_IN.resource, SIGN_IN.issuer)).toEqual(SIGN_IN);
    for (const other of [`${SIGN_IN.resource}/`, 'https://mcp.example.com/MCP', 'http://mcp.example.com/mcp'])
      expect(await store().find(other), other).toBeUndefined();
    expect(await store().find(SIGN_IN.resource, 'https://auth.example.com/')).toBeUndefined();
  });

  it('takes the place of the one for the same URL', async () => {
    await store().save(SIGN_IN);
    await store().save(at('https://b.example/mcp'));
    await store().save({ ...SIGN_IN, issuer: 'https://new.example', accessToken: 'newer' });
    expect((await store().list()).map(({ resource, issuer }) => [resource, issuer])).toEqual([
      ['https://b.example/mcp', 'https://auth.example.com'],
      [SIGN_IN.resource, 'https://new.example'],
    ]);
  });

  it('is listed without its secrets', async () => {
    await store().save(SIGN_IN);
    const { refreshToken, ...bare } = SIGN_IN;
    await store().save({ ...bare, resource: 'https://b.example/mcp' });
    const listed = await store().list();
    expect(listed.map(({ renews }) => renews)).toEqual([true, false]);
    for (const secret of SECRETS) expect(JSON.stringify(listed)).not.toContain(secret);
  });

  it('is removed, alone or with all', async () => {
    for (const letter of 'abc') await store().save(at(`https://${letter}.example/mcp`));
    expect(await store().remove({ resource: 'https://b.example/mcp' })).toBe(1);
    expect(await store().remove({ resource: 'https://b.example/mcp' })).toBe(0);
    expect((await store().list()).map(({ resource }) => resource)).toEqual([
      'https://a.example/mcp',
      'https://c.example/mcp',
    ]);
    expect(await store().remove('all')).toBe(2);
    expect(readFileSync(store().file, 'utf8')).not.toMatch(/access-|refresh-|client-/);
  });

  it('goes on where it was left', () => {
    const kept = keptOf(SIGN_IN);
    expect(kept).toMatchObject({
      issuer: SIGN_IN.issuer,
      client: { id: 'abc', how: 'dynamic', issuer: SIGN_IN.issuer, redirectUri: 'http://127.0.0.1:8123/callback' },
      tokens: { accessToken: 'access-aaaaaaaa', type: 'Bearer', refreshToken: 'refresh-bbbbbbbb' },
    });
    const { resource, revocationEndpoint, savedAt } = SIGN_IN;
    expect(rememberedOf({ ...kept, resource, revocationEndpoint }, savedAt)).toEqual(SIGN_IN);
    expect(rememberedOf({ ...kept, client: { ...kept.client, how: 'stored' }, resource }, 1).registration.how).toBe(
      'given',
    );
  });
});

describe('a file that is not fit to be used is refused, and left as it is', () => {
  const text = `${JSON.stringify({ format: STORE_FORMAT, signIns: [SIGN_IN] })}\n`;
  const put = (content: string, mode = 0o600): string =>
    folder.put('home/.config/mcp-verdict/tokens.json', content, mode);
  const everyCall = () => [
    store().list(),
    store().find(SIGN_IN.resource),
    store().save(at('https://b.example/mcp')),
    store().remove('all'),
    store().remove({ resource: SIGN_IN.resource }),
  ];

  it.each([0o640, 0o604, 0o644, 0o660, 0o666])('others can read or write it: mode %o', async (mode) => {
    const path = put(text, mode);
    for (const call of everyCall()) expect(await refusal(call)).toContain(`chmod 600 ${path}`);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual([text, mode.toString(8)]);
  });

  // Nobody else can give a file away.
  it.runIf(isRoot)('it belongs to another user', async () => {
    const path = put(text);
    chownSync(path, 4_711, 4_711);
    for (const call of everyCall()) expect(await refusal(call)).toMatch(/belongs to another user \(id 4711/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it.each(['a file', 'nothing', 'a device'])('it is a symbolic link to %s', async (what) => {
    const target = {
      'a file': folder.put('elsewhere.json', text, 0o600),
      nothing: '/no/such/file',
      'a device': '/dev/zero',
    }[what];
    mkdirSync(own(), { recursive: true });
    symlinkSync(target ?? '', store().file);
    for (const call of everyCall()) expect(await refusal(call)).toContain('is a symbolic link');
    expect(lstatSync(store().file).isSymbolicLink()).toBe(true);
    if (what === 'a file') expect(readFileSync(target ?? '', 'utf8')).toBe(text);
  });

  it('it is a folder', async () => {
    mkdirSync(store().file, { recursive: true });
    for (const call of everyCall()) expect(await refusal(call)).toContain('is no file');
  });

  it.each([
    ['empty', ''],
    ['half written', text.slice(0, 200)],
    ['no JSON, with a token in it', `access-aaaaaaaa${text}`],
    ['a list', '[]'],
    ['null', 'null'],
    ['of no format', '{}'],
    ['of another program', '{"format":"other/1","signIns":[]}'],
    ['without a field', JSON.stringify({ format: STORE_FORMAT, signIns: [{ ...SIGN_IN, issuer: undefined }] })],
    [
      'with a field of another kind',
      JSON.stringify({ format: STORE_FORMAT, signIns: [{ ...SIGN_IN, savedAt: SECRETS[0] }] }),
    ],
  ])('it is damaged: %s', async (_, content) => {
    const path = put(content);
    for (const call of everyCall()) {
      const says = await refusal(call);
      expect(says).toContain(`${path} is damaged`);
      expect(says).toContain('Rename it to tokens.json.old, and sign in again.');
    }
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('it is of a later version', async () => {
    const content = '{"format":"mcp-verdict.tokens/2","entries":{}}';
    const path = put(content);
    for (const call of everyCall()) expect(await refusal(call)).toContain('written by another version');
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('it is larger than any of ours', async () => {
    put(' '.repeat(5 * 1024 * 1024));
    for (const call of everyCall()) expect(await refusal(call)).toContain('larger than 4 MB');
  });
});

describe('between processes', () => {
  const SOURCE = fileURLToPath(new URL('../../src/oauth/store.ts', import.meta.url));
  /** A process of its own that saves sign-ins one by one, and says each that is safe. */
  const writer = (name: string, count: number): ChildProcess =>
    spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `
const { openStore } = await import(${JSON.stringify(SOURCE)});
const store = openStore();
for (let i = 0; i < ${count}; i++) {
  await store.save({ ...${JSON.stringify(SIGN_IN)}, resource: 'https://${name}.example/' + i });
  process.stdout.write(i + '\\n');
}`,
      ],
      {
        env: { ...process.env, MCP_VERDICT_CONFIG_DIR: join(folder.path, 'config') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
  const both = () => store({ MCP_VERDICT_CONFIG_DIR: join(folder.path, 'config') });

  it('nothing is lost, and nothing is left behind', async () => {
    const ends = ['a', 'b', 'c'].map((name) => new Promise((resolve) => writer(name, 15).once('close', resolve)));
    expect(await Promise.all(ends)).toEqual([0, 0, 0]);
    expect(await both().list()).toHaveLength(45);
    expect(readdirSync(dirname(both().file))).toEqual(['tokens.json']);
  });

  it('in one process neither', async () => {
    await Promise.all([...Array(20).keys()].map((i) => both().save(at(`https://mcp.example/${i}`))));
    expect(await both().list()).toHaveLength(20);
    expect(readdirSync(dirname(both().file))).toEqual(['tokens.json']);
  });

  it('one that is killed at any moment leaves a whole file with all that was safe', async () => {
    const said: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const child = writer(name, 10_000);
      await new Promise<void>((resolve) => {
        child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
          said.push(
            ...chunk
              .trim()
              .split('\n')
              .map((i) => `https://${name}.example/${i}`),
          );
          if (said.length > 20 * (name.charCodeAt(0) - 96)) child.kill('SIGKILL');
        });
        child.once('close', () => resolve());
      });
      const there = new Set((await both().list()).map(({ resource }) => resource));
      expect(said.filter((resource) => !there.has(resource))).toEqual([]);
    }
    // A temporary file that a killed process left, and its lock, hold nobody up for long.
    await both().save(at('https://last.example/mcp'));
    expect(readdirSync(dirname(both().file))).toEqual(['tokens.json']);
    expect(await both().find('https://last.example/mcp')).toBeDefined();
  });

  it('an old lock and a temporary file with tokens are cleared away', async () => {
    await both().save(SIGN_IN);
    const path = dirname(both().file);
    writeFileSync(join(path, 'tokens.lock'), '999-x');
    utimesSync(join(path, 'tokens.lock'), 1, 1);
    writeFileSync(join(path, 'tokens.json.0123456789abcdef.tmp'), SECRETS.join());
    await both().save(at('https://b.example/mcp'));
    expect(readdirSync(path)).toEqual(['tokens.json']);
    expect(statSync(both().file).size).toBeGreaterThan(0);
  });

  it('a lock that somebody holds is waited for, and named in the end', async () => {
    await both().save(SIGN_IN);
    const lock = join(dirname(both().file), 'tokens.lock');
    writeFileSync(lock, '999-x');
    const holds = setInterval(() => utimesSync(lock, new Date(), new Date()), 100);
    const says = await refusal(both().save(at('https://b.example/mcp')));
    clearInterval(holds);
    expect(says).toContain(lock);
    expect(await both().list()).toHaveLength(1);
  });
});
