/** Who wrote a stray line, asked of real programs: launchers, packages and servers, in Node.js and Python. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { launcherOf } from '../../src/probe/who-held.js';
import { packageOf, writerOf } from '../../src/probe/who-wrote.js';

const SERVE = `
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } } : {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});`;

const FILES: Record<string, string> = {
  'node_modules/chatty/package.json': '{"name":"chatty","version":"1.0.0","main":"index.js"}',
  'node_modules/chatty/index.js': `console.log('[chatty] tip ' + Math.random());`,
  'node_modules/winston/package.json': '{"name":"winston","version":"1.0.0","main":"index.js"}',
  'node_modules/winston/index.js': `exports.info = (text) => console.log('info: ' + text);`,
  'package.json': '{"name":"demo","version":"1.0.0","scripts":{"start":"node server.cjs"}}',
  'server.cjs': `require('chatty'); require('winston').info('up'); console.log('pid ' + process.pid); require('node:fs').writeSync(1, 'raw\\n');${SERVE}`,
  'esm.mjs': `import { writeSync } from 'node:fs';\nimport { createRequire } from 'node:module';\nwriteSync(1, 'from a module\\n');\ncreateRequire(import.meta.url)('./clean.cjs');`,
  'clean.cjs': SERVE,
  'node_modules/published/package.json': '{"name":"published","version":"1.0.0"}',
  'node_modules/published/cli.js': `console.log('published is ready');${SERVE}`,
  'run.sh': `echo "starting the server"\nexec node clean.cjs\n`,
  'slow.sh': `echo "please wait"\nsleep 0.4\nnode clean.cjs\n`,
  'site-packages/noisy.py': `def load():\n    print("noisy 2.0 loaded")\n`,
  'server.py': `
import json, logging, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "site-packages"))
import noisy
noisy.load()
print("server banner")
logging.basicConfig(stream=sys.stdout, level=logging.INFO)
logging.info("logging to stdout")
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m:
        continue
    result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}} if m["method"] == "initialize" else {}
    sys.stdout.buffer.write((json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": result}) + "\\n").encode())
    sys.stdout.buffer.flush()
`,
};

let folder: string;
let temp: string;
const realTemp = process.env.TMPDIR;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-verdict-test-')));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  // A temp folder of our own: what is left in it was left by us.
  temp = join(folder, 'tmp');
  mkdirSync(temp);
  process.env.TMPDIR = temp;
});
afterAll(() => {
  if (realTemp === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = realTemp;
  rmSync(folder, { recursive: true, force: true });
});

const look = (command: string, args: string[], options: InvestigateOptions = {}): Promise<CaseFile> =>
  investigate({ kind: 'stdio', command, args, cwd: folder, env: {} }, options);

function strays(file: CaseFile): Evidence['stdout']['strays'] {
  const attempt = file.evidence.stdout;
  if (attempt?.status !== 'seen') throw new Error('stdout was not seen');
  return attempt.value.strays;
}

const writers = (file: CaseFile) =>
  strays(file).map(({ text, by }) => [text.replace(/[\d.]+$/, 'N'), by?.who, by?.name]);
const notes = (file: CaseFile) => file.timeline.filter(({ what }) => what === 'note').map(({ text }) => text);

describe('a second start that listens', () => {
  it('tells a package from the server and a logger from who uses it', async () => {
    const file = await look(process.execPath, ['server.cjs']);
    const server = join(folder, 'server.cjs');
    expect(writers(file)).toEqual([
      ['[chatty] tip N', 'dependency', 'chatty'],
      ['info: up', 'server', `${server}:1`],
      ['pid N', 'server', `${server}:1`],
      ['raw', 'server', `${server}:1`],
    ]);
    expect(notes(file)).toEqual([
      'second start of the server, to see who writes to stdout',
      'end of the second start: 4 writes to stdout that are no message',
    ]);
    expect(readdirSync(temp)).toEqual([]);
  });

  it('hears ES modules that write to the file descriptor', async () => {
    const file = await look(process.execPath, ['esm.mjs']);
    expect(writers(file)).toEqual([['from a module', 'server', `${join(folder, 'esm.mjs')}:3`]]);
  });

  it('takes the package that was started for the server', async () => {
    const file = await look(process.execPath, ['node_modules/published/cli.js']);
    expect(writers(file)).toEqual([['published is ready', 'server', 'published (cli.js:1)']]);
  });

  it('works for Python, which writes its messages past it', async () => {
    const file = await look('python3', ['server.py']);
    const server = join(folder, 'server.py');
    expect(writers(file)).toEqual([
      ['noisy 2.0 loaded', 'dependency', 'noisy'],
      ['server banner', 'server', `${server}:6`],
      ['INFO:root:logging to stdout', 'server', `${server}:8`],
    ]);
    expect(readdirSync(temp)).toEqual([]);
  });

  it('is not made with --quick, for a clean server, or for one that ended', async () => {
    const quick = await look(process.execPath, ['server.cjs'], { quick: true });
    const clean = await look(process.execPath, ['clean.cjs']);
    const gone = await look(process.execPath, ['-e', `console.log('Error: no key'); process.exit(1)`]);
    for (const file of [quick, clean, gone]) {
      expect(file.timeline.filter(({ what }) => what === 'spawned')).toHaveLength(1);
      expect(notes(file).filter((note) => /who|wrote|second start/.test(note ?? ''))).toEqual([]);
    }
    expect(strays(quick).map(({ by }) => by)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('leaves what the entry says of NODE_OPTIONS in force', async () => {
    const entry = { NODE_OPTIONS: '--no-warnings' };
    const script = `console.log('options ' + process.execArgv.length + process.env.NODE_OPTIONS.startsWith('--no-warnings'));${SERVE}`;
    const file = await investigate({ kind: 'stdio', command: process.execPath, args: ['-e', script], env: entry }, {});
    expect(strays(file)[0]?.text).toMatch(/true$/);
    expect(notes(file)).toHaveLength(2);
  });
});

describe('a launcher', () => {
  it.each([
    ['npm', ['start'], '> demo@1.0.0 start', 'npm'],
    ['sh', ['run.sh'], 'starting the server', 'sh'],
    ['sh', ['slow.sh'], 'please wait', 'sh'],
  ])('%s %j', async (command, args, text, name) => {
    const file = await look(command, args);
    const line = strays(file).find((stray) => stray.text === text);
    expect(line?.by).toMatchObject({ who: 'launcher', name });
  });

  it('is not blamed for a script that is the server itself', async () => {
    const script = `echo "ready"; while read -r line; do :; done`;
    const file = await look('sh', ['-c', script], { timeoutMs: 500 });
    expect(strays(file)[0]).toMatchObject({ text: 'ready' });
    expect(strays(file)[0]?.by?.who).not.toBe('launcher');
  });
});

describe('words that only a launcher uses', () => {
  it.each([
    ['> weather-mcp@1.0.0 start', 'npm'],
    ['> @acme/weather-mcp@0.3.1-beta.2 dev', 'npm'],
    ['> tsx src/index.ts', 'npm'],
    ['added 42 packages, and audited 43 packages in 3s', 'npm'],
    ['npm notice New major version of npm available! 10.8.2 -> 11.0.0', 'npm'],
    ['> weather-mcp@1.0.0 start /home/me/weather', 'pnpm'],
    ['yarn run v1.22.22', 'yarn'],
    ['$ node dist/index.js', 'yarn'],
    ['  Determining projects to restore...', 'dotnet'],
    ['  Weather -> /src/bin/Debug/net9.0/Weather.dll', 'dotnet'],
    ['Using launch settings from /src/Properties/launchSettings.json...', 'dotnet'],
    ['Installed 31 packages in 24ms', 'uv'],
    ['Successfully installed mcp-1.9.4 pydantic-2.11', 'pip'],
    ['> Task :compileJava', 'Gradle'],
    ['[INFO] Scanning for projects...', 'Maven'],
    ['Status: Downloaded newer image for mcp/weather:latest', 'docker'],
    ['a2abf6c4d29d: Pull complete', 'docker'],
    ['   Compiling serde v1.0.219', 'cargo'],
  ])('%s', (text, name) => {
    expect(launcherOf(text)).toBe(name);
  });

  it.each([
    'Weather server ready',
    '[INFO] listening',
    '> quoted text of a person',
    '$5 saved',
    'Building the index...',
  ])('not: %s', (text) => expect(launcherOf(text)).toBeNull());
});

describe('the owner of a file', () => {
  it.each([
    ['/a/node_modules/dotenv/lib/main.js', 'dotenv'],
    ['/a/node_modules/@acme/log/dist/i.js', '@acme/log'],
    ['/a/node_modules/.pnpm/dotenv@17.0.0/node_modules/dotenv/lib/main.js', 'dotenv'],
    ['C:\\a\\node_modules\\dotenv\\lib\\main.js', 'dotenv'],
    ['/v/lib/python3.12/site-packages/torch/cuda/__init__.py', 'torch'],
    ['/v/lib/python3/dist-packages/six.py', 'six'],
    ['/home/me/server/dist/index.js', undefined],
  ])('%s', (file, name) => {
    expect(packageOf(file)?.name).toBe(name);
  });

  it('npm that writes by itself is the launcher; frames of the standard library are passed over', () => {
    const npm = '/usr/lib/node_modules/npm/lib/utils/display.js';
    expect(writerOf({ lang: 'node', main: '/x/npm-cli.js', text: 'x', frames: [[npm, 7]] })).toMatchObject({
      who: 'launcher',
      name: 'npm',
    });
    const python = {
      lang: 'python' as const,
      main: '/s/server.py',
      stdlib: '/usr/lib/python3.12',
      text: 'x',
      frames: [
        ['/usr/lib/python3.12/logging/__init__.py', 1137],
        ['/s/server.py', 9],
      ] as [string, number][],
    };
    expect(writerOf(python)).toMatchObject({ who: 'server', name: '/s/server.py:9' });
    expect(writerOf({ ...python, frames: [] })).toBeNull();
  });
});
