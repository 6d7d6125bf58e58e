/** A server that says back all it was sent and has issued, in every place: none of it is in anything that we say. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthOptions } from '../../src/probe/authorization.js';
import { investigate } from '../../src/probe/investigate.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderJson } from '../../src/render/json.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { cli } from '../support/cli.js';
import { type HostileServers, hostileServers } from '../support/hostile-http.js';
import { headless } from '../support/sign-in-agent.js';

/** Every planted secret holds it. */
const MARKER = 'Zq7Leak';
const REFUSING = ['all', 'mcp', 'prm', 'as', 'register', 'page', 'redirect', 'token', 'html', 'revoke'];

let servers: HostileServers;
const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-secrets-'));
beforeAll(async () => {
  servers = await hostileServers('echo');
}, 30_000);
afterAll(async () => {
  await servers.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Heard {
  path: string;
  body: string;
}

/** The state and the PKCE verifier are made by us: they are known from what the server was sent. */
async function madeByUs(): Promise<string[]> {
  const asked = JSON.parse(await servers.recorded()) as Heard[];
  return asked.flatMap(({ path, body }) => {
    const parameters = new URLSearchParams(`${path.split('?')[1] ?? ''}&${body.startsWith('{') ? '' : body}`);
    return ['state', 'code_verifier'].flatMap((name) => parameters.getAll(name));
  });
}

/** No form of a secret in a text: in any case, in base64 at any place, in percent encoding. */
function expectClean(text: string, secrets: string[]): void {
  for (const secret of [MARKER, ...secrets]) {
    const forms = [
      secret,
      ...[0, 1, 2].map((before) =>
        Buffer.from('x'.repeat(before) + secret)
          .toString('base64')
          .slice(4, -4),
      ),
    ];
    for (const form of forms.filter(({ length }) => length >= 6)) {
      const at = text.toLowerCase().indexOf(form.toLowerCase());
      expect(at, `"${form}" in ${text.slice(Math.max(0, at - 120), at + 80)}`).toBe(-1);
    }
  }
}

const CREDENTIALS: Record<
  string,
  { auth?: AuthOptions; headers?: Record<string, string>; keys?: string[]; query?: string }
> = {
  'a sign-in': { auth: { mode: 'authorization-code', agent: headless() } },
  'a sign-in with a client of the user': {
    auth: {
      mode: 'authorization-code',
      agent: headless(),
      known: { id: 'known', secret: `${MARKER}-known-secret`, tokenAuthMethod: 'client_secret_post' },
    },
  },
  'a client for itself': {
    auth: { mode: 'client-credentials', known: { id: 'known', secret: `${MARKER}-known-secret` } },
  },
  'a bearer token, a cookie and keys': {
    headers: {
      authorization: `Bearer hostile-${MARKER}-bearer`,
      cookie: `sid=${MARKER}-cookie`,
      'x-api-key': `${MARKER}-header-key`,
    },
    query: `?k=${MARKER}-query-key&api_key=${MARKER}-api-key`,
    keys: ['k'],
  },
};

describe.each(Object.entries(CREDENTIALS))('%s', (_name, { auth, headers = {}, keys, query = '' }) => {
  it.each(REFUSING)(
    'a server that says everything back at the step %s',
    async (name) => {
      for (const full of [false, true]) {
        const spec = { kind: 'http', url: `${servers.url(name)}${query}`, headers, keys } as const;
        const file = await investigate(spec, { timeoutMs: 2_000, full, auth });
        const secrets = await madeByUs();
        if (auth?.agent && !/^(?:prm|as|register)$/.test(name)) expect(secrets.length).toBeGreaterThan(0);
        const verdict = diagnose(file);
        for (const text of [
          JSON.stringify(file),
          renderJson(verdict),
          renderAgent(verdict, file),
          renderTerminal(verdict, file, { color: false, width: 100 }),
        ])
          expectClean(text, secrets);
      }
    },
    60_000,
  );
});

describe('the command line', () => {
  const KEPT = join(folder, 'kept');
  const ENV = { MCP_VERDICT_CONFIG_DIR: KEPT, CS: `${MARKER}-known-secret`, K: `${MARKER}-query-key`, BROWSER: 'none' };

  it.each(['json', 'terminal', 'agent'])(
    'says nothing of a sign-in (%s)',
    async (format) => {
      for (const name of ['all', 'token', 'page']) {
        await servers.recorded();
        const saved = join(folder, `${name}.json`);
        const signIn = ['--auth', 'oauth', '--client-id', 'known', '--client-secret-env', 'CS', '--query-env', 'k=K'];
        const asked = ['verify', servers.url(name), ...signIn, '--remember', '--sign-in-timeout', '1'];
        const { stdout, stderr, code } = await cli([...asked, '--format', format, '--save-case', saved], { env: ENV });
        expect([0, 1], stderr).toContain(code);
        const secrets = await madeByUs();
        for (const text of [stdout, stderr, readFileSync(saved, 'utf8')]) expectClean(text, secrets);
      }
      const list = await cli(['auth', 'list', '--format', format === 'json' ? 'json' : 'terminal'], { env: ENV });
      expect(list.code, list.stderr).toBe(0);
      expect(list.stdout).toContain(new URL(servers.url('all')).host);
      expectClean(list.stdout + list.stderr, []);
      // The file of the sign-ins is where they belong.
      expect(readFileSync(join(KEPT, 'tokens.json'), 'utf8')).toContain(`${MARKER}-access-token`);
    },
    90_000,
  );
});
