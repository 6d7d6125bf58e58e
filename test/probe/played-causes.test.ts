/** Servers that a certain client cannot work with, started and asked as it does, and judged: is that the root? */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Client } from '../../src/clients/client.js';
import { clientOf } from '../../src/clients/index.js';
import { investigate } from '../../src/probe/investigate.js';
import { type PartOptions, partOf } from '../../src/probe/play.js';
import type { World } from '../../src/probe/world.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { matrixOf } from '../../src/verdict/matrix.js';
import { testFolder } from '../support/folder.js';
import { sampleClient } from '../support/sample-client.js';

const folder = testFolder();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Behaviour {
  /** JavaScript that runs first. */
  before?: string;
  /** JavaScript of the answer to a method that is not known; `id` and `say` are there. */
  unknown?: string;
  revision?: string;
  tools?: string[];
}

const server = ({ before = '', unknown, revision, tools = ['read_note'] }: Behaviour): string =>
  folder.put(
    'server.cjs',
    `${before}
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id === undefined) return;
      if (method === 'initialize') return say({ id, result: { protocolVersion: ${JSON.stringify(revision)} ?? params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } });
      if (method === 'tools/list') return say({ id, result: { tools: ${JSON.stringify(tools)}.map((name) => ({ name, description: 'Reads.', inputSchema: { type: 'object' } })) } });
      if (method === 'ping') return say({ id, result: {} });
      ${unknown ?? "say({ id, error: { code: -32601, message: 'Method not found' } });"}
    }).on('close', () => process.exit(0));`,
  );

/** A machine without a session manager, whose shell has what the test says. */
function machine(env: Record<string, string> = {}): World {
  const home = join(folder.path, 'home');
  mkdirSync(home, { recursive: true });
  const world = folder.world({ env: { HOME: home, PATH: '/usr/bin:/bin', SHELL: '/bin/bash', ...env } });
  const { spawn } = world;
  return {
    ...world,
    spawn(command, args, options) {
      if (command === 'systemctl') throw new Error('no such program');
      return spawn(command, args, options);
    },
  };
}

const known = (id: string): Client => {
  const client = clientOf(id);
  if (!client) throw new Error(`no client ${id}`);
  return client;
};

async function play(
  client: Client,
  { world = machine(), command = process.execPath, ...part }: PartOptions & { world?: World; command?: string } = {},
): Promise<CaseFile> {
  const spec = { kind: 'stdio' as const, command, args: [join(folder.path, 'server.cjs')], env: {} };
  return investigate(spec, { world, as: await partOf(client, world, part) });
}

const root = (file: CaseFile) => {
  const verdict = diagnose(file);
  return `${verdict.status}: ${verdict.root?.id} ${verdict.root?.certainty}`;
};

describe('a command', () => {
  it('that ends when it is asked for what it never declared', async () => {
    server({ unknown: 'console.error("Unhandled method"); process.exit(1);' });
    expect(root(await play(known('claude-desktop')))).toBe('broken: client-probes-unimplemented certain');
    // A client that does not ask has nothing to complain of.
    expect(root(await play(known('codex')))).toBe('healthy: undefined undefined');
  });

  it('that is slower than the limit in the entry', async () => {
    server({ before: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);' });
    const entry = {
      name: 'x',
      timeouts: [{ key: 'timeout', ms: 1_000, limits: 'both', range: { start: 0, end: 0 } }],
      node: { value: {} },
    };
    const file = await play(known('cline'), { entry: entry as unknown as PartOptions['entry'] });
    expect(root(file)).toBe('broken: handshake-slow-start certain');
    expect(diagnose(file).root?.says).toContain('Cline stops waiting after 1 s, the time that the entry gives it');
    expect(root(await play(known('cline')))).toBe('healthy: undefined undefined');
  });

  it('that insists on a revision which the client drops', async () => {
    server({ revision: '2024-11-05' });
    expect(root(await play(sampleClient({ handshake: { exactRevision: true } })))).toBe(
      'broken: handshake-version-unsupported certain',
    );
    expect(root(await play(sampleClient({ handshake: { exactRevision: null } })))).toBe('healthy: undefined undefined');
  });

  it('with more tools than the client takes, and longer names', async () => {
    server({
      tools: Array.from(
        { length: 120 },
        (_, i) => `workspace_document_collection_search_and_summarise_${i}_of_the_archive`,
      ),
    });
    const file = await play(known('cursor'));
    expect(root(file)).toBe('degraded: client-limits-exceeded likely');
    expect(diagnose(file).root?.facts).toMatchObject({ limit: 'length', beyond: 120, listed: 120, others: ['count'] });
    expect(root(await play(known('codex')))).toBe('healthy: undefined undefined');
  });

  it('that is sound, in a version of the client that is known to fail', async () => {
    server({});
    const file = await play(known('cursor'), { version: '0.48.8' });
    expect(root(file)).toMatch(/^(?:broken|degraded): client-defect likely$/);
    expect(
      diagnose(file)
        .root?.fix.map(({ say }) => say)
        .join('\n'),
    ).toMatch(/https:\/\//);
    expect(root(await play(known('cursor'), { version: '99.0.0' }))).toBe('healthy: undefined undefined');
  });
});

describe('a URL', () => {
  async function serve(get: number): Promise<string> {
    const http = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      if (request.method !== 'POST') {
        response.writeHead(request.method === 'GET' ? get : 200).end();
        return;
      }
      const { id, method, params } = JSON.parse(body);
      const results: Record<string, unknown> = {
        initialize: {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'x', version: '1' },
        },
        'tools/list': { tools: [] },
        ping: {},
      };
      if (id === undefined) response.writeHead(202).end();
      else {
        response.writeHead(200, { 'content-type': 'application/json' });
        const answer =
          method in results ? { result: results[method] } : { error: { code: -32601, message: 'Method not found' } };
        response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
      }
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      http.closeAllConnections();
      http.close();
    });
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  }

  const ask = async (client: Client, url: string) => {
    const world = machine();
    return investigate({ kind: 'http', url, headers: {} }, { world, quick: true, as: await partOf(client, world) });
  };

  it('that answers the GET with 404, where the client wants 405', async () => {
    const url = await serve(404);
    expect(root(await ask(known('cursor'), url))).toBe('degraded: transport-get-stream-mishandled certain');
    expect(root(await ask(known('gemini-cli'), url))).toBe('healthy: undefined undefined');
  });

  it('of this machine, and a client that connects from the cloud of its vendor', async () => {
    const file = await ask(known('claude-desktop'), await serve(405));
    expect(root(file)).toBe('broken: client-hosted-unreachable certain');
    expect(diagnose(file).root?.says).toContain('127.0.0.1');
  });
});

describe('several clients', () => {
  async function matrix(clients: Client[], world: World, command?: string) {
    const cases = await Promise.all(
      clients.map(async (client, i) => {
        const file = await play(client, { world, command });
        const guessed = { environment: client.launch.environment === null, folder: false, transports: false };
        return { file, verdict: diagnose(file), guessed, run: i + 1 };
      }),
    );
    const made = matrixOf(cases);
    if (!made) throw new Error('no matrix');
    return made;
  }

  it('differ by the PATH: a runtime that only the shell of a terminal finds', async () => {
    server({});
    const bin = join(folder.path, 'home/.nvm/bin');
    folder.put('home/.nvm/bin/mynode', `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
    folder.put('home/.profile', '. "$HOME/.bashrc"\n');
    folder.put('home/.bashrc', `case $- in *i*) PATH="${bin}:$PATH";; esac\n`);
    const desktop = sampleClient({ id: 'zed', name: 'Desktop', launch: { kind: 'gui' } });
    const asking = sampleClient({ id: 'codex', name: 'Asking', launch: { kind: 'gui', loginPath: true } });
    const terminal = sampleClient({ id: 'goose', name: 'Terminal' });
    const world = machine({ PATH: `${bin}:/usr/bin:/bin` });
    const { status, rows, groups, says } = await matrix([desktop, asking, terminal], world, 'mynode');
    expect(rows.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'Desktop fails',
      'Asking works',
      'Terminal works',
    ]);
    expect(status).toBe('client-specific');
    expect(groups[0]).toMatchObject({ cause: 'launch-command-not-on-path', clients: ['Desktop'] });
    expect(groups[0]?.differences[0]).toMatchObject({ fact: 'path', names: [bin] });
    expect(says).toContain(`the PATH of the desktop session, which lacks ${bin}`);
  });

  it('differ by a variable: one that only clients hand on that hand on everything', async () => {
    server({
      before: 'if (!process.env.NOTES_API_KEY) { console.error("Error: NOTES_API_KEY is not set"); process.exit(1); }',
    });
    const list = sampleClient({ id: 'cline', name: 'List' });
    const all = sampleClient({ id: 'goose', name: 'All', launch: { environment: { policy: 'all' } } });
    const { rows, groups, says } = await matrix([list, all], machine({ NOTES_API_KEY: 'abcdef-123456' }));
    expect(rows.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['List fails', 'All works']);
    expect(groups[0]?.differences[0]).toMatchObject({ fact: 'variable', names: ['NOTES_API_KEY'] });
    expect(says).toContain('NOTES_API_KEY');
    expect(JSON.stringify(groups)).not.toContain('abcdef-123456');
  });

  it('fail alike: then it is the server', async () => {
    server({ before: 'console.error("Error: Cannot find module \'left-pad\'"); process.exit(1);' });
    const { status, groups } = await matrix(
      [
        sampleClient({ id: 'cline', name: 'A' }),
        sampleClient({ id: 'goose', name: 'B', launch: { environment: { policy: 'all' } } }),
      ],
      machine(),
    );
    expect(status).toBe('server');
    expect(groups[0]?.clients).toEqual(['A', 'B']);
  });
});

it('a server that asks its client when that has gone already is not blamed for waiting', async () => {
  server({
    before: `const exit = process.exit;
    process.exit = () => {
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: 'r', method: 'roots/list' }) + '\\n');
      setTimeout(exit, 60_000);
    };`,
  });
  const file = await play(known('cursor'));
  const seen = file.evidence.process;
  expect(seen?.status === 'seen' && seen.value.shutdown).toMatchObject({ needed: 'sigterm', asked: ['roots/list'] });
  const verdict = diagnose(file);
  expect(verdict.findings.map(({ id }) => id)).not.toContain('process-outlives-client');
  expect(verdict.checks.find(({ title }) => title === 'shutdown')?.outcome).toBe('not-verified');
}, 30_000);
