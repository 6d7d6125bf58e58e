import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { redactor } from '../../src/case/redact.js';
import { CaseDraft } from '../../src/case/write.js';
import { type CloserOptions, lookCloser } from '../../src/probe/closer-look.js';
import { lookAtCommand } from '../../src/probe/command.js';
import { environmentIn, loginEnvironment } from '../../src/probe/login-shell.js';
import { processInfo } from '../../src/probe/proc.js';
import { realWorld, type World } from '../../src/probe/world.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();

/** The `launch` that a closer look leaves. */
async function closer(
  options: Partial<CloserOptions> & Pick<CloserOptions, 'entry'>,
  world: World,
  process?: Evidence['process'],
) {
  const env = options.env ?? { PATH: join(folder.path, 'bin') };
  const draft = new CaseDraft({
    origin: 'live',
    takenAt: '2026-01-01T00:00:00.000Z',
    tool: { name: 'x', version: '0' },
    host: { os: 'linux', arch: 'x64' },
    target: { transport: 'stdio', label: 'x' },
    redact: redactor(),
    now: world.now,
    sha256: () => '',
  });
  if (process) draft.seen('process', process);
  const login = await lookCloser(draft, lookAtCommand(options.entry, env, world), { env, ...options }, world);
  return { launch: draft.get('launch'), login };
}

const entry = (command: string, ...args: string[]) => ({ command, args, env: {} });

/** A runtime that answers the question for its version, and nothing else. */
const runtime = (says: string) => `#!/bin/sh\necho "${says}"\n`;

describe('the runtime', () => {
  it('its version and the file that really runs, behind a shim', async () => {
    folder.put('bin/node', runtime('v20.1.0 /opt/node-20/bin/node'));
    const { launch } = await closer({ entry: entry('node', 'server.js') }, folder.world());
    expect(launch?.runtime).toEqual({ name: 'node', version: '20.1.0', path: '/opt/node-20/bin/node' });
  });

  it('of a script, by its first line', async () => {
    const node = folder.put('bin/node', runtime('v20.1.0'));
    const script = folder.put('acme', '#!/usr/bin/env node\n');
    const { launch } = await closer({ entry: entry(script) }, folder.world());
    expect(launch?.runtime).toEqual({ name: 'node', version: '20.1.0', path: node });
  });

  it('our own Node.js is not asked', async () => {
    const { launch } = await closer({ entry: entry(process.execPath), env: {} }, folder.world());
    expect(launch?.runtime).toEqual({ name: 'node', version: process.versions.node, path: process.execPath });
  });

  it('real Python and a shell tell the truth, or nothing', async () => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
    const python = await closer({ entry: entry('python3'), env }, folder.world());
    expect(python.launch?.runtime).toMatchObject({ name: 'python', version: expect.stringMatching(/^3\.\d+\.\d+$/) });
    const sh = await closer({ entry: entry('sh'), env }, folder.world());
    expect(sh.launch?.runtime).toBeUndefined();
    expect(sh.launch?.file?.binary).toMatchObject({ arch: [process.arch] });
  });

  it('what never answers is given up, and ended with all it started', async () => {
    const pids = join(folder.path, 'pids');
    folder.put('bin/ruby', `#!/bin/sh\necho $$ >> ${pids}\nsleep 300 & echo $! >> ${pids}\nwait\n`);
    const env = { PATH: `${join(folder.path, 'bin')}:/usr/bin:/bin` };
    const { launch } = await closer({ entry: entry('ruby', 'server.rb'), env }, folder.world());
    expect(launch?.runtime).toBeUndefined();
    const started = (realWorld().head(pids, 1_000)?.toString('utf8') ?? '').trim().split('\n').map(Number);
    expect(started).toHaveLength(2);
    await expect.poll(() => started.filter((pid) => processInfo(pid)?.alive)).toEqual([]);
  });
});

describe('the quarantine of macOS', () => {
  const mac = (code: number | null): World =>
    folder.world({
      platform: 'darwin',
      arch: 'arm64',
      spawn: (command, args, options) => {
        if (command !== '/usr/bin/xattr') return realWorld().spawn(command, args, options);
        expect(args.slice(0, 2)).toEqual(['-p', 'com.apple.quarantine']);
        if (code === null) throw new Error('no such program');
        return realWorld().spawn('/bin/sh', ['-c', `echo '0081;65f0;Safari;'; exit ${code}`], options);
      },
    });

  it.each([
    [0, true],
    [1, false],
    [null, undefined],
  ])('xattr ends with %s: %s', async (code, expected) => {
    const path = folder.put('bin/acme', Buffer.from([0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1, 0, 0, 0, 0]));
    const { launch } = await closer({ entry: entry(path) }, mac(code));
    expect(launch?.file).toMatchObject({ kind: 'mach-o', binary: { os: 'darwin', arch: ['arm64'] } });
    expect(launch?.file?.quarantined).toBe(expected);
  });

  it('is not looked for elsewhere', async () => {
    const { launch } = await closer({ entry: entry(folder.put('bin/acme', '#!/bin/sh\n')) }, folder.world());
    expect(launch?.file).not.toHaveProperty('quarantined', expect.anything());
  });
});

describe('the login shell', () => {
  /** A shell whose profile talks, and sets a variable and the PATH. */
  const shellWith = (profile: string): World => {
    folder.put('home/.bash_profile', profile, 0o644);
    return folder.world({ env: { SHELL: '/bin/bash', HOME: join(folder.path, 'home') } });
  };
  const missing: Evidence['process'] = {
    pid: null,
    spawnError: { code: 'ENOENT', message: 'spawn acme ENOENT' },
    lifetimeMs: 0,
    pending: [],
  };

  it('its PATH is found behind everything that the profile prints', async () => {
    const acme = folder.put('tools/acme');
    const world = shellWith(
      `echo 'Welcome! {"PATH":"no"}'; echo oops >&2; export PATH="${folder.path}/tools:$PATH" ACME_KEY='a "b"'\n`,
    );
    const { launch, login } = await closer({ entry: entry('acme') }, world, missing);
    expect(login).toMatchObject({ ACME_KEY: 'a "b"' });
    expect(login).not.toHaveProperty('MCP_VERDICT_RUN');
    expect(launch?.lookup).toMatchObject({
      shell: { path: acme },
      elsewhere: [{ path: acme, via: "your login shell's PATH" }],
    });
  });

  it('is asked only after something was not found, or with --full, and never with --quick', async () => {
    const world = shellWith('export ACME_KEY=1\n');
    folder.put('bin/there', '#!/bin/sh\n');
    expect((await closer({ entry: entry('there') }, world)).login).toBeNull();
    expect((await closer({ entry: entry('there'), full: true }, world)).login).toMatchObject({ ACME_KEY: '1' });
    expect((await closer({ entry: entry('acme'), quick: true }, world, missing)).login).toBeNull();
  });

  it('one that hangs is given up after three seconds, and its processes are ended', async () => {
    const pids = join(folder.path, 'pids');
    const world = shellWith(`sleep 300 & echo $! > ${pids}; sleep 300\n`);
    const from = performance.now();
    expect(await loginEnvironment(world)).toBeNull();
    expect(performance.now() - from).toBeLessThan(10_000);
    const pid = Number(realWorld().head(pids, 100)?.toString('utf8'));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => processInfo(pid)?.alive ?? false).toBe(false);
  });

  it('none, one that is no shell, and one that cannot be started', async () => {
    expect(await loginEnvironment(folder.world())).toBeNull();
    expect(await loginEnvironment(folder.world({ env: { SHELL: '/usr/sbin/nologin' } }))).toBeNull();
    expect(await loginEnvironment(folder.world({ env: { SHELL: '/nowhere/zsh' } }))).toBeNull();
    expect(await loginEnvironment(folder.world({ platform: 'win32', env: { SHELL: '/bin/bash' } }))).toBeNull();
    const broken = folder.put('bin/zsh', '#!/bin/sh\nexit 3\n');
    chmodSync(broken, 0o755);
    expect(await loginEnvironment(folder.world({ env: { SHELL: broken } }))).toBeNull();
  });

  it('what stands between the marks must be JSON', () => {
    expect(environmentIn('noise <<mcp-verdict-environment:{"A":"1"}:mcp-verdict-environment>> more')).toEqual({
      A: '1',
    });
    expect(environmentIn('<<mcp-verdict-environment:{"A":')).toBeNull();
    expect(environmentIn('<<mcp-verdict-environment:oops:mcp-verdict-environment>>')).toBeNull();
    expect(environmentIn('')).toBeNull();
  });
});
