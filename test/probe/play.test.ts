/** Servers started in the part of a client: real processes, and what they tell of what they were given. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { writeCase } from '../../src/case/write.js';
import type { Client } from '../../src/clients/client.js';
import type { Entry } from '../../src/probe/command.js';
import { investigate, type TargetSpec } from '../../src/probe/investigate.js';
import { launchKey } from '../../src/probe/part-launch.js';
import { type PartOptions, partOf } from '../../src/probe/play.js';
import type { World } from '../../src/probe/world.js';
import { testFolder } from '../support/folder.js';
import { sampleClient } from '../support/sample-client.js';

const folder = testFolder();

/** A server that tells by a tool's name what `TELL` makes of its surroundings, and keeps what initialize asked for. */
const server = (tell: string, more = ''): string =>
  folder.put(
    'server.cjs',
    `let asked;
    ${more}
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    const lines = require('node:readline').createInterface({ input: process.stdin });
    lines.on('line', async (line) => {
      const { id, method, params, result, error } = JSON.parse(line);
      if (method === 'initialize') asked = params;
      if (typeof before === 'function') { const done = before(method, id, { result, error }, say); if (done) return; }
      if (id === undefined || method === undefined) return;
      if (method === 'initialize') return say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } });
      if (method === 'tools/list') return say({ id, result: { tools: [{ name: String(${tell}), inputSchema: { type: 'object' } }] } });
      if (method === 'ping') return say({ id, result: {} });
      say({ id, error: { code: -32601, message: 'Method not found' } });
    });
    lines.on('close', () => process.exit(0));`,
  );

const SYSTEM = '/usr/bin:/bin';

/** A machine without a session manager: its desktop is what the profile of this home makes of it. */
function machine(env: Record<string, string> = {}, more: Partial<World> = {}): World {
  const home = join(folder.path, 'home');
  mkdirSync(home, { recursive: true });
  const world = folder.world({ env: { HOME: home, PATH: SYSTEM, SHELL: '/bin/bash', ...env }, ...more });
  const { spawn } = world;
  return {
    ...world,
    spawn(command, args, options): ChildProcess {
      if (command === 'systemctl') throw new Error('no such program');
      return spawn(command, args, options);
    },
  };
}

interface Setting {
  client?: Client;
  world?: World;
  entry?: Partial<Entry>;
  part?: PartOptions;
}

async function play({ client = sampleClient(), world = machine(), entry = {}, part = {} }: Setting): Promise<CaseFile> {
  const spec: TargetSpec = {
    kind: 'stdio',
    command: process.execPath,
    args: [join(folder.path, 'server.cjs')],
    env: {},
    ...entry,
  };
  return investigate(spec, { world, quick: true, as: await partOf(client, world, part) });
}

function of<K extends keyof Evidence>(file: CaseFile, kind: K): Evidence[K] {
  const attempt = file.evidence[kind];
  if (attempt?.status !== 'seen') throw new Error(`${kind} was not seen: ${JSON.stringify(attempt)}`);
  return attempt.value as Evidence[K];
}

/** What the server said by the name of its tool. */
const told = (file: CaseFile): string | undefined => of(file, 'catalog').lists[0]?.names[0];

describe('the environment', () => {
  const shell = { MY_TOKEN: 'abcdef123456', LANG: 'C', OTEL_LEVEL: 'x' };

  it.each([
    ['sdk', { policy: 'sdk' }, 'HOME,PATH,SHELL'],
    ['a list of its own', { policy: 'list', posix: ['PATH', 'LANG', 'TZ'], windows: [] }, 'LANG,PATH'],
    ['everything', { policy: 'all' }, 'HOME,LANG,MY_TOKEN,OTEL_LEVEL,PATH,SHELL'],
    ['everything but some', { policy: 'all-but', names: 'token|^otel_' }, 'HOME,LANG,PATH,SHELL'],
  ] as const)('by the policy: %s', async (_, environment, names) => {
    server(`Object.keys(process.env).filter((name) => !/^(?:MCP_VERDICT_RUN|__CF_\\w+)$/.test(name)).sort().join()`);
    const file = await play({ client: sampleClient({ launch: { environment } }), world: machine(shell) });
    expect(told(file)).toBe(names);
    const seen = of(file, 'client').environment;
    expect(seen?.policy).toBe(environment.policy);
    expect(seen?.withheld).toEqual(
      ['MY_TOKEN', 'HOME', 'LANG', 'OTEL_LEVEL', 'PATH', 'SHELL'].filter((name) => !names.includes(name)),
    );
  });

  it('the entry lies on top, unless the client wins', async () => {
    server('[process.env.HOME, process.env.ADDED, process.env.OWN].join("|")');
    const launch = { environment: { policy: 'all' }, adds: { ADDED: '<project>/x' } } as const;
    const world = machine({ OWN: 'shell' });
    const entry = { env: { OWN: 'entry' } };
    const project = { project: folder.path };
    const above = await play({ client: sampleClient({ launch }), world, entry, part: project });
    expect(told(above)).toBe(`${join(folder.path, 'home')}|${folder.path}/x|entry`);
    const wins = await play({
      client: sampleClient({ launch: { ...launch, ownWins: true } }),
      world,
      entry,
      part: project,
    });
    expect(told(wins)).toBe(`${join(folder.path, 'home')}|${folder.path}/x|shell`);
  });

  it('is played as the SDK does where nobody knows, and that is said', async () => {
    server('Object.keys(process.env).includes("MY_TOKEN")');
    const file = await play({
      client: sampleClient({ launch: { environment: null, cwd: null } }),
      world: machine(shell),
    });
    expect(told(file)).toBe('false');
    expect(of(file, 'client').assumed).toEqual([
      'Which variables Sample hands on to a server is not known; it got those that the SDK hands on.',
      'In which folder Sample starts a server is not known; it was started in this one.',
    ]);
  });

  it('holds no value of a variable in the case', async () => {
    server('process.env.MY_TOKEN');
    const file = await play({
      client: sampleClient({ launch: { environment: { policy: 'all' } } }),
      world: machine(shell),
    });
    expect(writeCase(file)).not.toContain('abcdef123456');
  });
});

describe('the PATH', () => {
  const tell = () => server('process.env.PATH');
  const profile = () =>
    folder.put('home/.profile', 'PATH="$HOME/from-profile:/usr/bin:/bin"\n[ -n "$PS1" ] && PATH="$HOME/nvm:$PATH"\n');
  const home = () => join(folder.path, 'home');

  it('of a terminal client is that of the shell', async () => {
    tell();
    const file = await play({ world: machine({ PATH: `/opt/own:${SYSTEM}` }) });
    expect(told(file)).toBe(`/opt/own:${SYSTEM}`);
    expect(of(file, 'client').environment).toMatchObject({
      path: 'terminal',
      folders: ['/opt/own', '/usr/bin', '/bin'],
    });
  });

  it('of a desktop client is what a login sets without a terminal', async () => {
    tell();
    profile();
    const client = sampleClient({
      launch: { kind: 'gui', extraPath: { linux: ['~/.extra'], macos: ['/opt/homebrew/bin'] } },
    });
    const file = await play({ client, world: machine({ PATH: `/opt/own:${SYSTEM}` }) });
    expect(told(file)).toBe(`${home()}/from-profile:/usr/bin:/bin:${home()}/.extra`);
    expect(of(file, 'client').environment?.path).toBe('desktop');
    expect(of(file, 'client').assumed).toEqual([
      'The PATH of the desktop is that of a login shell without a terminal: no session manager could be asked.',
    ]);
  });

  it('of a client that asks the login shell is that of a terminal, and nothing else of it', async () => {
    server('[process.env.PATH, process.env.ALSO].join("|")');
    profile();
    folder.put('home/.bashrc', 'export ALSO=1\n');
    const client = sampleClient({
      launch: { kind: 'gui', loginPath: true, environment: { policy: 'list', posix: ['PATH', 'ALSO'], windows: [] } },
    });
    const file = await play({ client });
    expect(told(file)).toBe(`${home()}/nvm:${home()}/from-profile:/usr/bin:/bin|`);
    expect(of(file, 'client').environment?.path).toBe('login-shell');
    expect(of(file, 'client').assumed).toEqual([]);
  });

  it('of the entry wins', async () => {
    tell();
    const file = await play({ entry: { env: { PATH: '/mine:/bin' } } });
    expect(told(file)).toBe('/mine:/bin');
    expect(of(file, 'client').environment?.path).toBe('entry');
  });

  it('comes from launchd on macOS, whatever the shell has', async () => {
    const client = sampleClient({ launch: { kind: 'gui', environment: { policy: 'all' } } });
    const world = machine(
      { PATH: '/opt/homebrew/bin', SECRET: 'x' },
      {
        platform: 'darwin',
        spawn: () => {
          throw new Error('no launchctl here');
        },
      },
    );
    const part = await partOf(client, world);
    expect(part.env).toEqual({ PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: world.env.HOME, SHELL: '/bin/bash' });
  });
});

describe('the folder', () => {
  it.each([
    ['root', (): string => '/'],
    ['home', () => join(folder.path, 'home')],
    ['project', () => join(folder.path, 'project')],
  ] as const)('%s', async (cwd, expected) => {
    server('process.cwd()');
    mkdirSync(join(folder.path, 'project'));
    const part = { project: join(folder.path, 'project') };
    const file = await play({ client: sampleClient({ launch: { cwd } }), part });
    expect(told(file)).toBe(expected());
    expect(of(file, 'client').cwd).toBe(expected());
  });

  it('of the entry counts only where the client has a key for it', async () => {
    server('process.cwd()');
    const entry = { cwd: '/usr' };
    expect(told(await play({ entry }))).toBe('/usr');
    expect(told(await play({ entry, client: sampleClient({ entry: { cwd: null }, launch: { cwd: 'root' } }) }))).toBe(
      '/',
    );
  });
});

describe('the handshake', () => {
  it('says what the client says', async () => {
    server('JSON.stringify(asked)');
    const client = sampleClient({ handshake: { capabilities: { roots: { listChanged: true } } } });
    const file = await play({ client, part: { version: '3.2.9' } });
    expect(JSON.parse(told(file) ?? '')).toEqual({
      protocolVersion: '2025-06-18',
      capabilities: { roots: { listChanged: true } },
      clientInfo: { name: 'sample-client', version: '3.2.9' },
    });
    expect(of(file, 'client')).toMatchObject({ revision: '2025-06-18', capabilities: ['roots'], version: '3.2.9' });
  });

  it('opens with server/discover where the client does, and falls back to initialize in the same process', async () => {
    server('heard.join()', 'const heard = []; function before(method) { if (method) heard.push(method); }');
    const file = await play({ client: sampleClient({ handshake: { discovers: 'always' } }) });
    expect(told(file)).toBe('server/discover,initialize,notifications/initialized,tools/list');
    expect(of(file, 'handshake')).toMatchObject({ used: 'initialize', discover: { status: 'refused' } });
  });

  it('answers what the declared capabilities allow the server to ask, and refuses the rest', async () => {
    // The list waits for the answers to what the server asks first.
    const questions = ['roots/list', 'sampling/createMessage', 'elicitation/create', 'ping', 'tasks/list'];
    const more = `const questions = ${JSON.stringify(questions)}; const answers = {}; let waiting;
      function before(method, id, reply, say) {
        if (method === 'notifications/initialized') { questions.forEach((method, i) => say({ id: 'q' + i, method })); return true; }
        if (method === undefined) {
          answers[questions[id.slice(1)]] = reply.error ? reply.error.code : reply.result;
          if (Object.keys(answers).length === questions.length && waiting) waiting();
          return true;
        }
        if (method === 'tools/list' && Object.keys(answers).length < questions.length) {
          waiting = () => say({ id, result: { tools: [{ name: JSON.stringify(answers), inputSchema: { type: 'object' } }] } });
          return true;
        }
      }`;
    server('JSON.stringify(answers)', more);
    const all = await play({
      client: sampleClient({ handshake: { capabilities: { roots: {}, sampling: {}, elicitation: {} } } }),
    });
    expect(JSON.parse(told(all) ?? '')).toEqual({
      'roots/list': { roots: [{ uri: `file://${folder.path}`, name: folder.path.split('/').at(-1) }] },
      'sampling/createMessage': -1,
      'elicitation/create': { action: 'decline' },
      ping: {},
      'tasks/list': -32601,
    });
    const none = await play({});
    expect(JSON.parse(told(none) ?? '')).toMatchObject({
      'roots/list': -32601,
      'sampling/createMessage': -32601,
      ping: {},
    });
  });

  it('asks what the client asks undeclared, after the lists, and says what came of it', async () => {
    server('1', `function before(method) { if (method === 'prompts/list') process.exit(7); }`);
    const client = sampleClient({
      handshake: { probes: ['tools/list', 'resources/list', 'prompts/list', 'resources/templates/list'] },
    });
    const file = await play({ client });
    // tools/list was declared, and nobody is left for the last one.
    expect(of(file, 'client').probes).toEqual([
      { method: 'resources/list', outcome: 'error', code: -32601 },
      { method: 'prompts/list', outcome: 'closed' },
    ]);
    expect(of(file, 'process').exit).toMatchObject({ code: 7, by: 'itself' });
    expect(told(file)).toBe('1');
  });
});

describe('the limits', () => {
  const timeouts = (ms: number, limits: 'start' | 'call' | 'both') => [
    { key: 'timeout', ms, limits, range: { start: 0, end: 0 } },
  ];
  const entryWith = (own: ReturnType<typeof timeouts>) =>
    ({ timeouts: own, node: { value: {} } }) as unknown as PartOptions['entry'];

  it('of the entry count before those of the client', async () => {
    const client = sampleClient();
    expect(await partOf(client, machine())).toMatchObject({ startMs: 30_000, callMs: 60_000, startFromEntry: false });
    expect(await partOf(client, machine(), { entry: entryWith(timeouts(1_000, 'both')) })).toMatchObject({
      startMs: 1_000,
      callMs: 1_000,
    });
    expect(await partOf(client, machine(), { entry: entryWith(timeouts(900, 'call')) })).toMatchObject({
      startMs: 30_000,
      callMs: 900,
    });
  });

  it('may be moved by a variable of the client, be none at all, or not be known', async () => {
    const moved = sampleClient({ launch: { limitsBy: { start: 'SAMPLE_TIMEOUT' } } });
    expect(await partOf(moved, machine({ SAMPLE_TIMEOUT: '1500' }))).toMatchObject({ startMs: 1_500 });
    expect(await partOf(moved, machine({ SAMPLE_TIMEOUT: 'soon' }))).toMatchObject({ startMs: 30_000 });
    expect(await partOf(sampleClient({ launch: { startMs: 'none' } }), machine())).toMatchObject({
      startMs: null,
      assumed: [],
    });
    const unknown = await partOf(sampleClient({ launch: { startMs: null } }), machine());
    expect(unknown.startMs).toBeUndefined();
    expect(unknown.assumed).toEqual(['How long Sample waits for a server to start is not known.']);
  });
});

describe('equal launches', () => {
  const entry: Entry = { command: 'node', args: ['x.js'], env: {} };

  it('are those in which the server is given and asked the same', async () => {
    const world = machine({ TOKEN: 'x' });
    const key = async (client: Client, own = entry): Promise<string> =>
      launchKey(await partOf(client, world), own, world);
    const usual = await key(sampleClient());
    expect(await key(sampleClient({ id: 'other', name: 'Other', handshake: { name: 'other' } }))).toBe(usual);
    const others = await Promise.all([
      key(sampleClient({ launch: { environment: { policy: 'all' } } })),
      key(sampleClient({ launch: { cwd: 'root' } })),
      key(sampleClient({ handshake: { protocolVersion: '2024-11-05' } })),
      key(sampleClient({ handshake: { capabilities: { roots: {} } } })),
      key(sampleClient({ handshake: { probes: ['prompts/list'] } })),
      key(sampleClient({ handshake: { discovers: 'always' } })),
      key(sampleClient(), { ...entry, env: { A: '1' } }),
    ]);
    expect(new Set([usual, ...others]).size).toBe(8);
  });
});
