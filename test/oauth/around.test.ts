/** OAuth beside what was there before it: public addresses only, certificates, lists of targets, Ctrl-C. */
import { spawn } from 'node:child_process';
import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { unsafeUrl } from '../../src/oauth/safe.js';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { BIN, cli } from '../support/cli.js';
import { type HostileServers, hostileServers } from '../support/hostile-http.js';
import { headless } from '../support/sign-in-agent.js';

const NAMES: Record<string, string> = { 'home.example': '93.184.216.34', 'inside.example': '10.0.0.7' };
const real = { lookup: dns.lookup, promises: dnsPromises.lookup };
let servers: HostileServers;
const running: Server[] = [];

/** A server that only this test needs, and what it was asked. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, origin: string) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response, origin);
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return { origin, port, asked };
}

/** An MCP server that sends whoever has no credentials to an address. */
const guarded = (pointer: string) =>
  serve((_request, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${pointer}"` }).end();
  });

/** One that names an authorization server. */
const protectedBy = (issuer: () => string) =>
  serve(({ url }, response, origin) => {
    const pointer = `${origin}/.well-known/oauth-protected-resource/mcp`;
    if (pointer === `${origin}${url}`) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ resource: `${origin}/mcp`, authorization_servers: [issuer()] }));
    } else response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${pointer}"` }).end();
  });

function walkOf(file: CaseFile): Evidence['authorization'] {
  const { authorization } = file.evidence;
  if (authorization?.status !== 'seen') throw new Error('no walk was seen');
  return authorization.value as Evidence['authorization'];
}

beforeAll(async () => {
  servers = await hostileServers('oauth');
  // What the network looks like says a public address; the connection itself goes to this machine, as after a rebinding.
  const lookup = (name: string, options: dns.LookupOptions, callback: (...args: unknown[]) => void) => {
    if (!NAMES[name]) return real.lookup(name, options, callback as never);
    const address = name.startsWith('home') ? '127.0.0.1' : NAMES[name];
    return options.all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
  };
  Object.assign(dns, { lookup });
  Object.assign(dnsPromises, {
    lookup: async (name: string, options: dns.LookupAllOptions) =>
      NAMES[name] ? [{ address: NAMES[name], family: 4 }] : real.promises(name, options),
  });
  syncBuiltinESMExports();
}, 60_000);
afterAll(async () => {
  Object.assign(dns, { lookup: real.lookup });
  Object.assign(dnsPromises, { lookup: real.promises });
  syncBuiltinESMExports();
  for (const server of running) {
    server.closeAllConnections();
    server.close();
  }
  await servers.stop();
});
beforeEach(() => servers.recorded());

describe('metadata of a public server', () => {
  it.each([
    ['https://inside.example/metadata', 'unsafe', /10\.0\.0\.7 is not connected to/],
    ['https://10.0.0.7/metadata', 'unsafe', /private-address/],
    ['https://169.254.169.254/latest/meta-data', 'unsafe', /private-address/],
    ['https://localhost/metadata', 'unsafe', /private-address/],
    ['http://93.184.216.34/metadata', 'unsafe', /plain-http/],
  ])(
    'at %s are not asked',
    async (pointer, outcome, why) => {
      const { port } = await guarded(pointer);
      const spec = { kind: 'http', url: `http://home.example:${port}/mcp`, headers: {} } as const;
      const file = await investigate(spec, { timeoutMs: 1_000 });
      const [first] = walkOf(file).resourceMetadata;
      expect(first).toMatchObject({ via: 'challenge', outcome, why: expect.stringMatching(why) });
    },
    20_000,
  );

  it('on a name that leads back to this machine are not asked either', async () => {
    const { port, asked } = await guarded('/relative');
    const spec = { kind: 'http', url: `http://home.example:${port}/mcp`, headers: {} } as const;
    const file = await investigate(spec, { timeoutMs: 1_000, auth: { mode: 'authorization-code', agent: headless() } });
    expect(walkOf(file).resourceMetadata.map(({ outcome }) => outcome)).toEqual(['unsafe', 'unsafe', 'unsafe']);
    expect(asked.filter((path) => path.includes('.well-known'))).toEqual([]);
  }, 20_000);

  it.each([
    ['https://login.example/authorize', null, null],
    ['http://127.0.0.1:8080/authorize', null, 'private-address'],
    ['http://login.example/authorize', 'plain-http', 'plain-http'],
    ['http://169.254.169.254/', 'private-address', 'private-address'],
    ['https://0.0.0.0/', 'private-address', 'private-address'],
    ['https://x$(id)/', 'characters', 'characters'],
    ["https://x'y/", 'characters', 'characters'],
    ['https://a.example/`id`', 'characters', 'characters'],
    ['javascript:alert(1)', 'scheme', 'scheme'],
    ['https://user:pw@login.example/', 'credentials', 'credentials'],
    [`https://login.example/${'a'.repeat(3_000)}`, 'characters', 'characters'],
  ])('%s', (url, nearHome, inPublic) => {
    expect(unsafeUrl(url, false)).toBe(nearHome);
    expect(unsafeUrl(url, true)).toBe(inPublic);
  });
});

it('an authorization server with a certificate that nobody trusts is named with the reason', async () => {
  const pem = (file: string) => readFileSync(new URL(`../servers/tls/${file}`, import.meta.url));
  const tls = createTlsServer({ key: pem('key.pem'), cert: pem('cert.pem') }, (_request, response) =>
    response.end('{}'),
  );
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  try {
    const issuer = `https://localhost:${(tls.address() as AddressInfo).port}`;
    const { origin } = await protectedBy(() => issuer);
    const file = await investigate({ kind: 'http', url: `${origin}/mcp`, headers: {} }, { timeoutMs: 2_000 });
    const verdict = diagnose(file);
    expect(verdict.root?.id).toBe('auth-metadata-missing');
    expect(verdict.root?.says).toContain(issuer);
    expect(verdict.root?.says).toContain('self-signed certificate');
  } finally {
    tls.close();
    tls.closeAllConnections();
  }
}, 20_000);

it('metadata that move from https to http are not read there', async () => {
  const pem = (file: string) => readFileSync(new URL(`../servers/tls/${file}`, import.meta.url));
  const plain = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"resource":"https://elsewhere.example/mcp"}');
  });
  const tls = createTlsServer({ key: pem('key.pem'), cert: pem('cert.pem') }, (_request, response) =>
    response.writeHead(302, { location: `${plain.origin}/metadata` }).end(),
  );
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  try {
    const { origin } = await guarded(`https://localhost:${(tls.address() as AddressInfo).port}/metadata`);
    const ca = fileURLToPath(new URL('../servers/tls/cert.pem', import.meta.url));
    const { stdout } = await cli(['verify', '--quick', '--format', 'json', `${origin}/mcp`], {
      env: { NODE_EXTRA_CA_CERTS: ca },
    });
    expect(plain.asked).toEqual([]);
    expect(stdout).toContain('it redirects from https to');
  } finally {
    tls.close();
    tls.closeAllConnections();
  }
}, 20_000);

it('an authorization server that is down, or whose name nobody knows, is named with the reason', async () => {
  for (const [issuer, why] of [
    ['http://127.0.0.1:1', /ECONNREFUSED/],
    ['https://login.no-such-host.invalid', /ENOTFOUND|EAI_AGAIN/],
  ] as const) {
    const { origin } = await protectedBy(() => issuer);
    const file = await investigate({ kind: 'http', url: `${origin}/mcp`, headers: {} }, { timeoutMs: 2_000 });
    const { root } = diagnose(file);
    expect(root?.id).toBe('auth-metadata-missing');
    expect(root?.says).toContain(issuer);
    expect(root?.says).toMatch(why);
  }
}, 20_000);

it('many servers behind one authorization server ask it no more than four things at once', async () => {
  let [now, most] = [0, 0];
  const issuer = await serve((_request, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      response.writeHead(404).end();
    }, 50);
  });
  const protectedServers = await Promise.all(Array.from({ length: 16 }, () => protectedBy(() => issuer.origin)));
  const input = protectedServers.map(({ origin }) => `${origin}/mcp`).join('\n');
  const { stdout } = await cli(['verify', '--targets', '-', '--jobs', '16', '--quick'], { input });
  expect(stdout.trim().split('\n')).toHaveLength(16);
  expect(issuer.asked.length).toBeGreaterThanOrEqual(32);
  expect(most).toBeLessThanOrEqual(4);
}, 60_000);

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s while somebody is to sign in: what was registered is taken back',
  async (signal) => {
    const args = [BIN, 'verify', servers.url('authorize-elsewhere'), '--auth', 'oauth', '--no-browser'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
        if (err.includes('Waiting')) resolve();
      });
    });
    child.kill(signal);
    expect(await gone).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(out).toBe('');
    expect(err).toContain('Interrupted');
    const asked = JSON.parse(await servers.recorded()) as { method: string; path: string }[];
    expect(asked.filter(({ path }) => path === '/register')).toHaveLength(1);
    expect(asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/register/hostile-client' });
  },
  30_000,
);

it('a process that signed in ends by itself', async () => {
  const script = `
    import { investigate } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
    const agent = {
      listen: async () => ({ redirectUri: 'http://127.0.0.1:43117/callback', wait: async () => {}, close: async () => {} }),
      show: async () => 'printed',
    };
    for (const url of ${JSON.stringify(['sound', 'token-drip', 'authorize-endless'].map((name) => servers.url(name)))})
      await investigate({ kind: 'http', url, headers: {} }, { timeoutMs: 500, auth: { mode: 'authorization-code', agent } });
    process.stdout.write('done');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  expect(said).toBe('done');
}, 30_000);
