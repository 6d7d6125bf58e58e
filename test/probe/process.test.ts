import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence, EvidenceKind } from '../../src/case/evidence.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { processInfo } from '../../src/probe/proc.js';
import { closedBy } from '../../src/verdict/closed-by.js';

const BIN = fileURLToPath(new URL('../../bin/mcp-verdict.js', import.meta.url));

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** JavaScript of a server that answers `initialize` properly and offers nothing. */
const ANSWER = `
  const reply = (line) => {
    const { id, method } = JSON.parse(line);
    if (id === undefined) return;
    const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } } : {};
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  };
  const listen = () => require('node:readline').createInterface({ input: process.stdin }).on('line', reply);`;

/** A file into which servers write the pids of their processes, and the JavaScript and Python that does it. */
function pidFile() {
  const path = join(folder, `pids-${count++}`);
  const pids = (): number[] => {
    try {
      return readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  };
  return {
    pids,
    js: `require('node:fs').appendFileSync(${JSON.stringify(path)}, process.pid + '\\n');`,
    py: `open(${JSON.stringify(path)}, 'a').write(str(os.getpid()) + '\\n')`,
  };
}

const alive = (pid: number): boolean => processInfo(pid)?.alive ?? false;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits as long as the test may last. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

const node = (script: string, options: InvestigateOptions = {}): Promise<CaseFile> =>
  investigate({ kind: 'stdio', command: process.execPath, args: ['-e', script], env: {} }, { quick: true, ...options });

function seen<K extends EvidenceKind>(file: CaseFile, kind: K): Evidence[K] {
  const attempt = file.evidence[kind];
  if (attempt?.status !== 'seen') throw new Error(`${kind} was not seen: ${JSON.stringify(attempt)}`);
  return attempt.value as Evidence[K];
}

describe('nothing is left behind', () => {
  it('a server that ends by itself at the end of stdin', async () => {
    const { pids, js } = pidFile();
    const file = await node(`${js}${ANSWER} listen();`);
    expect(seen(file, 'handshake').used).toBe('initialize');
    expect(seen(file, 'process')).toMatchObject({
      leftBehind: 0,
      shutdown: { needed: 'eof', eofToExitMs: expect.any(Number) },
      exit: { by: 'us', code: 0 },
    });
    expect(pids().map(alive)).toEqual([false]);
  });

  it('a server with child and grandchild', async () => {
    const { pids, js } = pidFile();
    const inner = (script: string) =>
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'ignore' });`;
    const file = await node(
      `${js} ${inner(`${js} ${inner(`${js} setInterval(() => {}, 1000)`)} setInterval(() => {}, 1000)`)} ${ANSWER} setTimeout(listen, 700); process.stdin.on('end', () => process.exit(0));`,
    );
    expect(seen(file, 'handshake').used).toBe('initialize');
    expect(pids()).toHaveLength(3);
    expect(new Set(pids()).size).toBe(3);
    await until(() => pids().every((pid) => !alive(pid)));
    expect(seen(file, 'process').leftBehind).toBe(2);
  });

  it('a daemon that left the family by two forks and a session of its own', async () => {
    const { pids, js, py } = pidFile();
    const daemon = `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ${py}
        time.sleep(300)
    os._exit(0)
os.wait()`;
    const file = await node(
      `${js} require('node:child_process').spawnSync('python3', ['-c', ${JSON.stringify(daemon)}], { stdio: 'ignore' }); ${ANSWER} setTimeout(listen, 300);`,
    );
    expect(seen(file, 'handshake').used).toBe('initialize');
    expect(pids()).toHaveLength(2);
    await until(() => pids().every((pid) => !alive(pid)));
    expect(seen(file, 'process').leftBehind).toBe(1);
  });

  it('a server that takes no notice of the end of stdin and of SIGTERM', async () => {
    const { pids, js } = pidFile();
    const file = await node(`${js} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); ${ANSWER} listen();`);
    expect(seen(file, 'process')).toMatchObject({
      shutdown: { needed: 'sigkill', eofToExitMs: null },
      exit: { by: 'us', signal: 'SIGKILL' },
    });
    expect(pids().map(alive)).toEqual([false]);
  });

  it('a server that goes at SIGTERM', async () => {
    const file = await node(`setInterval(() => {}, 1000); ${ANSWER} listen();`);
    expect(seen(file, 'process')).toMatchObject({
      shutdown: { needed: 'sigterm', eofToExitMs: null },
      exit: { by: 'us', signal: 'SIGTERM' },
    });
  });

  it('an observation that is called off', async () => {
    const { pids, js } = pidFile();
    const abort = new AbortController();
    const running = node(`${js} setInterval(() => {}, 1000);`, { signal: abort.signal, timeoutMs: 20_000 });
    await until(() => pids().length > 0);
    abort.abort();
    await running;
    expect(pids().map(alive)).toEqual([false]);
  });
});

describe('when we are killed ourselves', () => {
  it.each([
    ['SIGKILL', null],
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s in the middle of an observation leaves no server', async (signal, code) => {
    const { pids, js } = pidFile();
    const child = `${js} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
    // Its child has no environment and so no mark: only the signal to the process group reaches it.
    const script = `${js} process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000);
      require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'ignore', env: {} });`;
    const ours = spawn(process.execPath, [BIN, 'verify', '--timeout', '60', '--', process.execPath, '-e', script], {
      stdio: 'ignore',
    });
    started.push(ours);
    const ended = new Promise((resolve) => ours.once('exit', resolve));
    await until(() => pids().length === 2);
    expect(pids().map(alive)).toEqual([true, true]);
    ours.kill(signal);
    expect(await ended).toBe(code);
    await until(() => pids().every((pid) => !alive(pid)));
    expect(pids().map(alive)).toEqual([false, false]);
  });
});

it('killed by force, not even a daemon with a session of its own survives us', async () => {
  const { pids, js, py } = pidFile();
  const daemon = `
import os, time
if os.fork() == 0:
    os.setsid()
    ${py}
    time.sleep(300)`;
  const script = `${js} require('node:child_process').spawnSync('python3', ['-c', ${JSON.stringify(daemon)}], { stdio: 'ignore' }); setInterval(() => {}, 1000);`;
  const ours = spawn(process.execPath, [BIN, 'verify', '--timeout', '60', '--', process.execPath, '-e', script], {
    stdio: 'ignore',
  });
  started.push(ours);
  await until(() => pids().length === 2);
  ours.kill('SIGKILL');
  await until(() => pids().every((pid) => !alive(pid)));
  expect(pids().map(alive)).toEqual([false, false]);
});

describe('patience', () => {
  it('a silent server is given up by default, and told as silent and idle', async () => {
    const file = await node('setInterval(() => {}, 10000);');
    expect(seen(file, 'handshake').initialize.status).toBe('unanswered');
    expect(seen(file, 'process').silence).toMatchObject({ busy: false, waitedMs: expect.any(Number) });
    expect(seen(file, 'process').exit?.by).toBe('us');
    expect(file.evidence.catalog?.status).toBe('skipped');
  });

  it('a busy server is waited for where an idle one is not', async () => {
    const late = 9_000;
    const [busy, idle] = await Promise.all([
      node(`${ANSWER} const end = Date.now() + ${late}; while (Date.now() < end); listen();`),
      node(`${ANSWER} setTimeout(listen, ${late});`),
    ]);
    expect(seen(busy, 'handshake').initialize.status).toBe('answered');
    expect(seen(idle, 'handshake').initialize.status).toBe('unanswered');
  }, 60_000);

  it('a time limit of the user is kept, whatever the server does', async () => {
    const file = await node(`while (true);`, { timeoutMs: 1_000 });
    expect(seen(file, 'handshake').initialize.status).toBe('unanswered');
  });

  it('a server that closes its stdout and lives on is not waited for', async () => {
    const file = await node(`require('node:fs').closeSync(1); setInterval(() => {}, 1000);`, { timeoutMs: 20_000 });
    expect(seen(file, 'handshake').initialize.status).toBe('closed');
    expect(seen(file, 'stdout').endedWhileAlive).toBe(true);
    expect(seen(file, 'process').exit?.by).toBe('us');
    expect(closedBy({ process: seen(file, 'process'), stdout: seen(file, 'stdout') })).toBe('server');
  });
});

describe('what cannot be started', () => {
  it.each([
    ['nothing of that name', { command: 'no-such-program-4711', args: [] }, 'ENOENT'],
    ['a folder', { command: '/tmp', args: [] }, 'EACCES'],
    ['a zero byte in an argument', { command: 'true', args: ['a\0b'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a working directory that is not there', { command: 'true', args: [], cwd: '/nowhere/at/all' }, 'ENOENT'],
  ])('%s', async (_name, entry, code) => {
    const file = await investigate({ kind: 'stdio', env: {}, ...entry }, { quick: true });
    expect(seen(file, 'process')).toMatchObject({ pid: null, spawnError: { code }, lifetimeMs: 0, pending: [] });
    expect(file.evidence.catalog?.status).toBe('skipped');
  });
});

describe('memory stays flat', () => {
  /** Largest resident memory of our own process, in MB, as the kernel counts it. */
  async function peakOf(script: string): Promise<{ peakMb: number; verdict: { status: string }; stdout: string }> {
    const ours = spawn(
      process.execPath,
      [BIN, 'verify', '--quick', '--format', 'json', '--', process.execPath, '-e', script],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    started.push(ours);
    let stdout = '';
    ours.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    let peakMb = 0;
    const look = setInterval(() => {
      try {
        const kb = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${ours.pid}/status`, 'utf8'))?.[1];
        peakMb = Math.max(peakMb, Number(kb ?? 0) / 1_024);
      } catch {
        // It has ended: the last look counts.
      }
    }, 10);
    await new Promise((resolve) => ours.once('close', resolve));
    clearInterval(look);
    return { peakMb, verdict: JSON.parse(stdout), stdout };
  }

  const flood = (
    stream: string,
    chunk: string,
    mb = 300,
  ) => `const chunk = Buffer.from(${chunk}.repeat(1 << 20)); let left = Math.ceil(${mb} * (1 << 20) / chunk.length);
    const more = () => { while (left-- > 0) if (!process.${stream}.write(chunk)) return process.${stream}.once('drain', more); process.${stream}.end(); }; more();`;

  it.each([
    ['300 MB of lines on stderr', flood('stderr', `'some line of a log\\\\n'`)],
    ['300 MB on stderr without a newline', flood('stderr', `'x'`)],
    ['one line of 300 MB on stdout', flood('stdout', `'x'`)],
    ['60 MB of lines on stdout', flood('stdout', `'this is no message\\\\n'`, 60)],
  ])(
    '%s',
    async (_name, script) => {
      const { peakMb, verdict, stdout } = await peakOf(script.replaceAll('\\\\n', '\\n'));
      expect(peakMb).toBeGreaterThan(20);
      expect(peakMb).toBeLessThan(200);
      expect(verdict.status).not.toBe('healthy');
      expect(stdout.length).toBeLessThan(200_000);
    },
    120_000,
  );
});
