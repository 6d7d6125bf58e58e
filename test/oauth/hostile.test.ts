/**
 * A hundred ways to mistreat whoever signs in, each by a real server, investigated as users do it: every one is named, within seconds and
 * without taking memory; nothing is thrown, nothing is left behind, and nobody else is told anything.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import type { SignInAgent } from '../../src/oauth/authorize.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderJson } from '../../src/render/json.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { type HostileServers, hostileServers } from '../support/hostile-http.js';
import { headless } from '../support/sign-in-agent.js';

const TIMEOUT_MS = 1_000;
/** As many answers as one walk may spend, and what comes before and behind it. */
const MAX_MS = 12_000;
const MAX_GROWTH = 150e6;
const MAX_CASE = 300_000;

let servers: HostileServers;
beforeAll(async () => {
  servers = await hostileServers('oauth');
}, 60_000);
afterAll(() => servers.stop());

interface Asked {
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const open = (): number => process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|TLS|HTTP)/.test(kind)).length;

async function look(name: string, options: InvestigateOptions = {}, headers: Record<string, string> = {}) {
  const socketsBefore = open();
  await servers.recorded();
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const from = performance.now();
  const spec = { kind: 'http', url: servers.url(name), headers } as const;
  const file = await investigate(spec, { timeoutMs: TIMEOUT_MS, ...options });
  clearInterval(timer);
  expect(performance.now() - from).toBeLessThan(MAX_MS);
  expect(peak - before, 'growth of the resident memory').toBeLessThan(MAX_GROWTH);
  expect(JSON.stringify(file).length, 'size of the case file').toBeLessThan(MAX_CASE);
  for (let i = 0; i < 50 && open() > socketsBefore; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(open(), 'sockets left').toBeLessThanOrEqual(socketsBefore);
  const asked = JSON.parse(await servers.recorded()) as Asked[];
  return { file, verdict: diagnose(file), asked };
}

const signIn = (): InvestigateOptions => ({ auth: { mode: 'authorization-code', agent: headless() } });

function walkOf(file: CaseFile): Evidence['authorization'] {
  const { authorization } = file.evidence;
  if (authorization?.status !== 'seen') throw new Error('no walk was seen');
  return authorization.value as Evidence['authorization'];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u{e0000}-\u{e007f}]/u;

const METADATA = 'auth-metadata-missing';
const UNSAFE = 'auth-metadata-unsafe';
const ISSUER = 'auth-issuer-mismatch';
const RESOURCE = 'auth-resource-mismatch';
const CLIENT = 'auth-registration-unsupported';
const REFUSED = 'auth-sign-in-refused';
const TOKEN = 'auth-token-request-refused';

/** What is named first, by the names of the servers. `null`: the sign-in passes, and nothing is wrong. */
const ROOTS: [root: string | RegExp | null, names: string][] = [
  [null, 'sound stranger token-elsewhere authorize-query token-id-odd token-expires-huge unregister-mute'],
  [/^auth-(?:audience-mismatch|credentials-rejected)$/, 'challenge-64k challenge-1000 challenge-open-quotes'],
  [/^auth-(?:audience-mismatch|credentials-rejected)$/, 'challenge-proto mcp-401-for-ever mcp-refresh-for-ever'],
  [/^auth-(?:audience-mismatch|credentials-rejected)$/, 'as-ping-pong dpop-nonce-nasty token-dpop-unasked'],
  ['http-answer-malformed', 'challenge-nasty'],
  [UNSAFE, 'challenge-file challenge-relative challenge-credentials prm-10000-odd-servers prm-servers-invalid'],
  [UNSAFE, 'authorize-script authorize-file authorize-data authorize-shell authorize-user authorize-relative'],
  [UNSAFE, 'authorize-long token-script token-relative revoke-script revoke-relative register-file'],
  [METADATA, 'prm-endless prm-100mb prm-gzip-bomb prm-brotli-bomb prm-drip prm-slow-headers prm-mute prm-upgrade'],
  [METADATA, 'prm-interim-flood prm-redirect-self prm-redirect-endless prm-redirect-file prm-redirect-script'],
  [METADATA, 'prm-redirect-nowhere prm-redirect-nasty prm-nested prm-nested-open prm-not-json prm-string prm-huge'],
  [METADATA, 'as-endless as-gzip-bomb as-drip as-mute as-nested as-redirect-self as-down as-unknown-name as-huge'],
  [RESOURCE, 'prm-array prm-proto prm-null prm-number prm-object prm-empty prm-nasty prm-other-resource'],
  [ISSUER, 'prm-10000-servers prm-itself as-proto as-other-issuer as-null as-number as-array as-object as-empty'],
  [ISSUER, 'as-nasty iss-other iss-missing'],
  [CLIENT, 'register-endless register-mute register-drip register-nested register-proto register-not-json'],
  [CLIENT, 'register-redirect register-nasty-error register-null register-number register-array register-object'],
  [CLIENT, 'register-empty register-huge register-nasty'],
  ['auth-redirect-uri-mismatch', 'register-other-uri'],
  [REFUSED, 'register-client-elsewhere register-client-no-url authorize-endless authorize-mute authorize-drip'],
  [REFUSED, 'authorize-tags authorize-less-than authorize-titles authorize-nasty-page authorize-nasty-error'],
  [REFUSED, 'authorize-elsewhere state-other state-missing state-twice code-twice implicit'],
  [TOKEN, 'token-endless token-gzip-bomb token-mute token-drip token-redirect token-nested token-proto token-html'],
  [TOKEN, 'token-form token-nasty-error token-type-odd token-breaks token-unicode token-latin token-space'],
  [TOKEN, 'token-100k token-expires-negative token-expires-text token-null token-number token-array token-object'],
  [TOKEN, 'token-empty token-huge token-nasty dpop-nonce-for-ever'],
  [null, 'register-token-breaks'],
  ['auth-insufficient-scope', 'mcp-scope-for-ever'],
  // A pause is named by whoever asks for it: see below.
  [/./, 'prm-429 prm-503 as-429 register-429 authorize-429 token-429'],
];
const TABLE = ROOTS.flatMap(([root, names]) => names.split(' ').map((name) => [name, root] as const));

it.each(TABLE)(
  '%s: %s',
  async (name, root) => {
    const { file, verdict, asked } = await look(name, signIn());
    const found = verdict.findings.map(({ id, certainty }) => `${id} ${certainty}`).join(', ');
    if (root instanceof RegExp) expect(verdict.root?.id, found).toMatch(root);
    else expect(verdict.root?.id ?? null, found).toBe(root);
    if (root === null) expect(verdict.status).toBe('healthy');
    else expect(['broken', 'degraded']).toContain(verdict.status);
    for (const text of [
      renderTerminal(verdict, file, { color: false, width: 80 }),
      renderAgent(verdict, file),
      renderJson(verdict),
    ]) {
      expect(text).not.toMatch(CONTROLS);
      // Nor does a line break of theirs begin a line of ours.
      expect(text).not.toMatch(/^Set-Cookie/m);
    }
    // Only metadata are asked for at another origin than the one that they vouch for, and nothing secret goes along.
    for (const { name: whom, headers, path, body, method } of asked) {
      if (whom === name) continue;
      expect(whom).toBe('stranger');
      expect(headers.cookie).toBeUndefined();
      if (!/^(?:token-elsewhere|as-ping-pong)$/.test(name)) {
        expect([method, headers.authorization, body], path).toEqual(['GET', undefined, '']);
        expect(path).not.toMatch(/code|token|secret/);
      }
    }
    // What was registered is taken back wherever that can be done, and every token revoked.
    const registered = asked.filter(({ method, path }) => method === 'POST' && path === '/register').length;
    const taken = asked.filter(({ method }) => method === 'DELETE').filter(({ path }) => path.startsWith('/register/'));
    const { registration, grants = [] } = file.evidence.authorization?.status === 'seen' ? walkOf(file) : {};
    if (registration?.outcome === 'ready' && !/^register-|429/.test(name)) expect(taken).toHaveLength(registered);
    if (grants.some(({ outcome }) => outcome === 'issued') && !name.startsWith('revoke-'))
      expect(asked.some(({ path, body }) => path === '/revoke' && body.includes('hostile-access-token'))).toBe(true);
  },
  40_000,
);

it('every hostile server has its line in the table', () => {
  expect(servers.names.filter((name) => name !== 'recorder').sort()).toEqual(TABLE.map(([name]) => name).sort());
});

it.each([
  ['prm-429', 'HTTP 429', 'Retry-After: 120', 2],
  ['prm-503', 'HTTP 503', 'Retry-After: Fri, 31 Dec 2027', 2],
  ['as-429', 'HTTP 429', 'Retry-After: 60', 3],
  ['register-429', 'HTTP 429', 'Retry-After: 3600', 4],
  ['authorize-429', 'HTTP 429', 'Retry-After: 60', 5],
  ['token-429', 'HTTP 429', 'Retry-After: 60', 6],
])('%s: who asks to wait is asked no more', async (name, status, wait, requests) => {
  const { file, asked } = await look(name, signIn());
  expect(asked).toHaveLength(requests);
  const { ended } = walkOf(file);
  expect(ended).toContain(status);
  expect(ended).toContain(wait);
  expect(ended).toContain(new URL(servers.url(name)).host);
  expect(file.evidence.series).toMatchObject({ status: 'skipped' });
});

it.each([false, true])('a mere look registers nothing and signs nobody in (full: %s)', async (full) => {
  const { asked, file } = await look('sound', { full });
  expect(asked.filter(({ path }) => /^\/(?:register|authorize|token|revoke)/.test(path))).toEqual([]);
  expect(walkOf(file).mode).toBe('look');
  // The endpoint, the metadata of the resource and those of the authorization server.
  const metadata = asked.filter(({ path }) => path.includes('/.well-known/'));
  expect(metadata.length).toBeLessThanOrEqual(full ? 5 : 2);
  expect(new Set(metadata.map(({ path }) => path)).size).toBe(metadata.length);
});

it('a whole sign-in asks each endpoint as often as it must, and revokes and unregisters at the end', async () => {
  const { asked } = await look('sound', signIn());
  const at = (path: string) => asked.filter((one) => one.path.split('?')[0] === path).length;
  expect([at('/register'), at('/authorize'), at('/token')]).toEqual([1, 1, 2]);
  expect(asked.slice(-3).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /revoke',
    'POST /revoke',
    'DELETE /register/hostile-client',
  ]);
});

it('a scope that grows for ever, and authorization servers that take turns, end after three sign-ins', async () => {
  for (const name of ['mcp-scope-for-ever', 'as-ping-pong']) {
    const { file, asked } = await look(name, signIn());
    expect(walkOf(file).ended).toBe('3 sign-ins did not open the server');
    expect(asked.filter(({ path }) => path.startsWith('/authorize'))).toHaveLength(3);
  }
});

it('tokens and codes of one authorization server never reach another, nor does the client of the user', async () => {
  const known = { id: 'known', secret: 'the-secret-of-the-user', tokenAuthMethod: 'client_secret_post' };
  for (const mode of ['authorization-code', 'client-credentials'] as const) {
    const { asked } = await look('as-ping-pong', { auth: { mode, agent: headless(), known } });
    const shown = asked.filter(({ body, headers }) => `${body}${headers.authorization}`.includes(known.secret));
    expect(new Set(shown.map(({ name }) => name)).size).toBe(1);
  }
});

it('headers of the user reach the MCP server alone', async () => {
  const own = { 'x-api-key': 'user-key-of-ours', cookie: 'sid=user-cookie-of-ours' };
  const { asked } = await look('as-ping-pong', signIn(), own);
  const told = asked.filter(({ headers }) => headers['x-api-key'] !== undefined || headers.cookie !== undefined);
  expect(new Set(told.map(({ name, path }) => `${name} ${path}`))).toEqual(new Set(['as-ping-pong /mcp']));
});

it('parameters of the authorization endpoint yield to ours, and its fragment is left out', async () => {
  const { asked } = await look('authorize-query', signIn());
  const request = asked.find(({ path }) => path.startsWith('/authorize'));
  const query = new URLSearchParams(request?.path.split('?')[1]);
  expect(request?.path).not.toContain('#');
  expect(query.getAll('client_id')).toEqual(['hostile-client']);
  expect(query.getAll('redirect_uri')).toEqual(['http://127.0.0.1:43117/callback']);
  expect(query.getAll('response_type')).toEqual(['code']);
  expect(query.get('tenant')).toBe('1');
  expect(query.get('state')).not.toBe('fixed');
});

it('an interruption still takes back what was made', async () => {
  const abort = new AbortController();
  const waiting: SignInAgent = {
    ...headless(),
    async show() {
      abort.abort();
      return 'printed';
    },
  };
  const { asked } = await look('authorize-elsewhere', {
    signal: abort.signal,
    auth: { mode: 'authorization-code', agent: waiting },
  });
  expect(asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/register/hostile-client' });
});
