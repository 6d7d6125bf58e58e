/** Healthy servers, real ones: no finding at all, and every check that was made has passed. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type InvestigateOptions, investigate, type TargetSpec } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const published = (name: string): string => here(`../node_modules/@modelcontextprotocol/${name}/dist/index.js`);

const node = (...args: string[]): TargetSpec => ({ kind: 'stdio', command: process.execPath, args, env: {} });

async function judge(spec: TargetSpec, options: InvestigateOptions = {}) {
  const file = await investigate(spec, options);
  const verdict = diagnose(file);
  const outcomes = Object.fromEntries(verdict.checks.map(({ id, outcome }) => [id, outcome]));
  return { file, verdict, outcomes };
}

function expectHealthy({ verdict, file }: Awaited<ReturnType<typeof judge>>): void {
  expect(verdict.findings, JSON.stringify(file.evidence, null, 1).slice(0, 4_000)).toEqual([]);
  expect(verdict.status).toBe('healthy');
  expect(verdict.checks.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
  expect(verdict.path.every(({ result }) => result === 'good')).toBe(true);
}

describe('published servers over stdio', () => {
  it.each([
    ['server-everything', [], 4],
    ['server-memory', [], 1],
    ['server-sequential-thinking', [], 1],
  ] as const)('%s', async (name, args, lists) => {
    const judged = await judge(node(published(name), ...args));
    expectHealthy(judged);
    expect(judged.outcomes).toMatchObject({
      'LIF-01': 'pass',
      'STD-01': 'pass',
      'TOL-02': 'pass',
      'LIF-13': 'pass',
      'STD-06': 'pass',
    });
    const listed = judged.file.evidence.catalog;
    expect(
      listed?.status === 'seen' && listed.value.lists.filter(({ outcome }) => outcome === 'listed').length,
    ).toBeGreaterThanOrEqual(lists);
  });
});

describe('both eras', () => {
  it('over stdio: the second era only when asked for, openly', async () => {
    const usual = await judge(node(here('healthy/v2-stdio.mjs')));
    expectHealthy(usual);
    expect(usual.outcomes['DSC-01']).toBe('not-verified');
    expect(usual.file.timeline.filter(({ what }) => what === 'spawned')).toHaveLength(1);
    const full = await judge(node(here('healthy/v2-stdio.mjs')), { full: true });
    expectHealthy(full);
    expect(full.outcomes['DSC-01']).toBe('pass');
    expect(full.file.timeline.some(({ what, text }) => what === 'note' && text?.includes('second start'))).toBe(true);
  });

  it('a server of the stateless era alone is healthy, and its lists are read in that era', async () => {
    const judged = await judge(node(here('healthy/modern-only.mjs')));
    expectHealthy(judged);
    expect(judged.outcomes).toMatchObject({
      'LIF-01': 'not-applicable',
      'DSC-01': 'pass',
      'TOL-02': 'pass',
      'LIF-13': 'not-applicable',
    });
  });
});

/** Start a program that prints `LISTENING <url>` and use it. */
async function withServer<T>(
  args: string[],
  env: Record<string, string>,
  ready: RegExp,
  use: (url: string) => Promise<T>,
  url?: string,
): Promise<T> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  try {
    const found = await new Promise<string>((resolve, reject) => {
      let said = '';
      const read = (chunk: Buffer) => {
        said += chunk.toString('utf8');
        const match = ready.exec(said);
        if (match) resolve(url ?? match[1] ?? '');
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
    });
    return await use(found);
  } finally {
    child.kill('SIGKILL');
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const LISTENING = /LISTENING (\S+)/;

describe('over HTTP', () => {
  it('SDK v1 with sessions: every list, and the session is ended', async () => {
    await withServer([here('healthy/v1-http.mjs')], {}, LISTENING, async (url) => {
      const judged = await judge({ kind: 'http', url, headers: {} });
      expectHealthy(judged);
      expect(judged.outcomes).toMatchObject({ 'HTT-06': 'pass', 'HTT-07': 'pass', 'RES-05': 'pass', 'PRM-01': 'pass' });
      const http = judged.file.evidence.http;
      expect(
        http?.status === 'seen' &&
          http.value.exchanges.some(
            ({ purpose, method, status }) => purpose === 'session-ended' && method === 'DELETE' && status === 200,
          ),
      ).toBe(true);
    });
  });

  it('SDK v2 with both eras on one endpoint', async () => {
    await withServer([here('healthy/v2-http.mjs')], {}, LISTENING, async (url) => {
      const judged = await judge({ kind: 'http', url, headers: {} });
      expectHealthy(judged);
      expect(judged.outcomes).toMatchObject({ 'LIF-01': 'pass', 'DSC-01': 'pass' });
    });
  });

  it('HTTP+SSE, when it is asked for', async () => {
    await withServer([here('healthy/v1-sse.mjs')], {}, LISTENING, async (url) => {
      expectHealthy(await judge({ kind: 'http', url, headers: {}, transport: 'sse' }));
    });
  });

  it('server-everything as streamableHttp', async () => {
    const port = await freePort();
    await withServer(
      [published('server-everything'), 'streamableHttp'],
      { PORT: String(port) },
      /listening on port/i,
      async (url) => {
        const { verdict, outcomes } = await judge({ kind: 'http', url, headers: {} });
        // Its sample code answers a dead session with 400: true, worth mending, and no client fails on it today.
        expect(verdict.findings).toMatchObject([{ id: 'session-stale-not-404', severity: 'risky' }]);
        expect(verdict.status).toBe('healthy');
        expect(outcomes).toMatchObject({ 'HTT-09': 'pass', 'HTT-24': 'warn', 'HTT-25': 'pass', 'HTT-32': 'pass' });
      },
      `http://127.0.0.1:${port}/mcp`,
    );
  });
});
