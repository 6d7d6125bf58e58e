/**
 * `tsx scripts/doctor-bench.ts`: how long `doctor` takes over 40 entries of ten clients in a home folder of its own, 30 of them good and
 * 10 broken, beside the slowest of them alone. Every entry is a launch of its own (`--shared`: as people have them, the same few in
 * several clients). Nothing here asserts a time.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BIN } from '../test/support/cli.js';
import { brokenServer, layHome, SOUND } from '../test/support/doctor-home.js';
import { fileOf, type PlainEntry } from '../test/support/entry-forms.js';

const { values: options } = parseArgs({
  options: {
    shared: { type: 'boolean' },
    runs: { type: 'string', default: '3' },
    jobs: { type: 'string' },
    alone: { type: 'boolean' },
  },
});

const NODE = process.execPath;
const CLIENTS = [
  'claude-desktop',
  'claude-code',
  'cursor',
  'windsurf',
  'vscode',
  'codex',
  'gemini-cli',
  'goose',
  'opencode',
  'kiro',
] as const;

const good = Object.entries(SOUND);
const broken: [string, PlainEntry][] = [
  ['env-missing', { command: NODE, args: [brokenServer('process-env-missing.mjs')] }],
  ['polluted', { command: NODE, args: [brokenServer('stdio-polluted-by-server.mjs')] }],
  ['mute', { command: NODE, args: [brokenServer('handshake-unanswered.mjs')] }],
  ['crashed', { command: NODE, args: [brokenServer('process-crashed.mjs')] }],
  ['refused', { command: NODE, args: [brokenServer('handshake-refused.mjs')] }],
  ['joined', { command: `${NODE} ${SOUND.plain}`, args: [] }],
  ['not-installed', { command: 'no-such-mcp-server', args: [] }],
  ['gone', { command: NODE, args: ['/srv/mcp/gone/index.js'] }],
  ['list-fails', { command: NODE, args: [brokenServer('catalog-list-fails.mjs')] }],
  ['port-in-use', { command: NODE, args: [brokenServer('process-returns-early.mjs')] }],
];

/** Four entries for each client, one of them broken. */
const entries = CLIENTS.map((client, c) => {
  const sound = [0, 1, 2].map((i): [string, PlainEntry] => {
    const [name, path] = good[(c + i) % good.length] ?? ['', ''];
    return [`${name}-${i}`, { command: NODE, args: [path], env: options.shared ? {} : { INSTANCE: `${client}-${i}` } }];
  });
  return [client, Object.fromEntries([...sound, broken[c] ?? ['', { command: '', args: [] }]])] as const;
});

const root = mkdtempSync(join(tmpdir(), 'mcp-verdict-doctor-'));
const home = join(root, 'home');
const work = join(root, 'work');
for (const folder of [home, work]) mkdirSync(folder);
layHome(home, Object.fromEntries(entries.map(([client, all]) => [client, fileOf(client, all)])));

interface Run {
  ms: number;
  rssMb: number;
  text: string;
}

function run(args: string[]): Run {
  const from = performance.now();
  const done = spawnSync(NODE, [BIN, ...args], {
    cwd: work,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      SHELL: '/bin/sh',
      MCP_VERDICT_CONFIG_DIR: join(root, 'settings'),
      TIME: '',
    },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ms: performance.now() - from, rssMb: 0, text: done.stdout };
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const load = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} processors`;

try {
  const names = entries.flatMap(([client, all]) => Object.keys(all).map((server) => `${client}:${server}`));
  console.log(`${names.length} entries, ${load()}`);
  const alone =
    options.alone === false
      ? []
      : names.map((name) => ({ name, ms: run(['verify', name, '--quiet', '--format', 'json']).ms }));
  const slowest = alone.toSorted((a, b) => b.ms - a.ms)[0];
  if (slowest) console.log(`slowest alone: ${slowest.name}, ${seconds(slowest.ms)}`);
  for (let i = 0; i < Number(options.runs); i++) {
    const jobs = options.jobs === undefined ? [] : ['--jobs', options.jobs];
    const { ms, text } = run(['doctor', '--yes', '--quiet', '--format', 'json', ...jobs]);
    if (!text) throw new Error('doctor wrote nothing: build first (npm run build)');
    const { summary } = JSON.parse(text) as { summary: Record<string, number> };
    const bound = slowest ? 1.5 * slowest.ms + 2_000 : undefined;
    const beside = bound === undefined ? '' : `, bound ${seconds(bound)}`;
    console.log(`doctor: ${seconds(ms)}${beside}; ${JSON.stringify(summary)}; ${load()}`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
