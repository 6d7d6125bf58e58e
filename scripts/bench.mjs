/**
 * `npm run bench`: the targets of test/targets, asked by this checkout and by the tools people use today. A full run writes
 * docs/benchmarks.md; `--only <ids>` only prints. Nothing here asserts a time.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch, cpus, homedir, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { TARGETS } from '../test/targets/index.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RESULT = join(ROOT, 'docs/benchmarks.md');
const INSPECTOR = '2.12.0';
const SDK = '1.32.2';
const CACHE = join(tmpdir(), `mcp-verdict-bench-inspector-${INSPECTOR}-sdk-${SDK}`);
/** A tool that has not ended by then is ended. */
const LIMIT_MS = 150_000;
/** What takes this long waits for a time-out: measuring it again says nothing new. */
const WAITS_MS = 4_000;
const POLL_MS = 20;

/** About the shortest client one can write with the SDK, with everything the SDK tells its user. */
const RAW_CLIENT = `
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [command, ...args] = process.argv.slice(2);
const transport = /^https?:/.test(command)
  ? new StreamableHTTPClientTransport(new URL(command))
  : new StdioClientTransport({ command, args });
const client = new Client({ name: 'raw-client', version: '1.0.0' });
client.onerror = (error) => console.error('onerror:', error.message);
try {
  await client.connect(transport);
  console.log(JSON.stringify(await client.listTools()));
  await client.close();
} catch (error) {
  console.error(\`\${error.name}: \${error.message}\${error.code === undefined ? '' : \` (code=\${error.code})\`}\`);
  process.exit(1);
}
`;

/**
 * How a rival is judged. "named": the tool itself states the right cause, in any wording one of these patterns allows; what
 * the server wrote to stderr does not count as its statement. "evidence": the raw fact from which a reader can conclude
 * the cause is on the screen. The patterns are wide on purpose: in doubt the rival has it.
 */
const JUDGE = {
  a: {
    named:
      /command .*(not found|does not exist)|not installed|no such (command|program)|not (in|on) (the |your )?PATH/i,
    evidence: /ENOENT/,
  },
  b: {
    named:
      /(missing|cannot find|not found|not installed|uninstalled).*(module|package|dependenc)|(module|package|dependenc).*(missing|not found|not installed)|npm (install|ci)\b/i,
    evidence: /weather-sdk-that-is-not-installed/,
  },
  c: { named: /API_KEY|environment variable/i, evidence: /API_KEY/ },
  d: {
    named: /(stdout|log line|stray|pollut|non-protocol)/i,
    evidence: /not valid JSON|Unexpected token|Server started on stdio/,
  },
  e: {
    named:
      /\b(no|without|never|not|didn't) [^"]*(answer|respon|repl)|initialize[^"]*(timed out|timeout|unanswered)|(timed out|timeout)[^"]*initialize/i,
    evidence: /timed? ?out/i,
  },
  f: {
    named: /(server|process|child)[^"]*(crash|exited|ended|died|terminated|stopped)|crash|uncaught/i,
    evidence: /TypeError: Cannot read properties/,
  },
  g: { named: /SIGKILL|\bkilled\b|signal 9|out of memory/i, evidence: /\b137\b|exited|terminated/ },
  h: { named: /not an? mcp|no mcp|(web|home|html) ?page|website/i, evidence: /text\/html|<!doctype/i },
  i: {
    named: /auth\w*[ _-]?required|(requires?|needs?|missing)[^"]*(auth|token|login|log in)|\bOAuth\b/i,
    evidence: /\b401\b|WWW-Authenticate|unauthori[sz]ed/i,
  },
  j: { named: /ECONNREFUSED|connection refused|(nothing|nobody|no server)[^"]*listen/i, evidence: /ECONNREFUSED/ },
  k: {
    named: /(legacy|older|deprecated|HTTP\+)[^"]*SSE|SSE (transport|server|endpoint)|(--transport|type)\W+sse/i,
    evidence: /\b405\b|Method Not Allowed/i,
  },
  l: {
    named:
      /(wrong|another|other|different|right|correct) (path|endpoint|url)|(path|endpoint|url) is (wrong|not)|(try|use|mean)[^"]*\/mcp/i,
    evidence: /\b404\b|Not Found/i,
  },
};

/** The list of tools, as all rivals print it. */
const CATALOGUE = /\{\s*"tools"[\s\S]*\}/;

/** The targets whose server process ends by itself, and how that end is told. */
const ENDS = { b: 1, c: 1, f: 1, g: 'SIGKILL' };
/** "Failed with exit code: 1" is what the Inspector's launcher says about the Inspector. */
const OWN_EXIT = /^Failed with exit code.*$/gm;
const showsEnd = (text, end) =>
  end === 'SIGKILL'
    ? /SIGKILL|signal 9\b|\b137\b/.test(text)
    : /\b(exit(ed)?|status)( with)?( code| status)?[ :=]+1\b|\(code 1\b/i.test(text.replace(OWN_EXIT, ''));

// --- Starting and watching -----------------------------------------------------------------------------------------

const running = new Set();
const folders = new Set();
function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
process.on('exit', () => {
  for (const pid of running) endGroup(pid, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
])
  process.on(name, () => {
    // The first signal lets a contestant end the servers that it put into groups of their own.
    for (const pid of running) endGroup(pid, 'SIGTERM');
    setTimeout(() => process.exit(128 + number), 500);
  });

function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-bench-run-'));
  folders.add(folder);
  return folder;
}

/** What a person's shell gives: without the additions of `npm run`, and with a home in which nothing is remembered. */
function environment(home) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$)/i.test(name)));
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => !/node_modules|node-gyp-bin/.test(folder));
  return {
    ...env,
    PATH: path.join(delimiter),
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    NO_COLOR: '1',
  };
}

/** Peak resident memory of a process and its children, without the server under test. Linux only. */
function watchMemory(root, server) {
  if (!existsSync('/proc/self/status')) return () => undefined;
  const peaks = new Map();
  const look = () => {
    const children = new Map();
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
      } catch {
        // It ended while we looked.
      }
    }
    const visit = (pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
        // Between fork and exec it looked like its parent.
        if (server && isDeepStrictEqual(argv, server)) return peaks.delete(pid);
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        if (peak) peaks.set(pid, Number(peak));
      } catch {
        return;
      }
      for (const child of children.get(pid) ?? []) visit(child);
    };
    visit(root);
  };
  const timer = setInterval(look, POLL_MS);
  look();
  return () => {
    clearInterval(timer);
    return [...peaks.values()].reduce((sum, peak) => sum + peak, 0) * 1024;
  };
}

/** Run a command to its end; `server` is the command line that memory leaves out. */
function run([command, ...args], { env, input, limit = LIMIT_MS, memory = false, server } = {}) {
  return new Promise((resolve, reject) => {
    const before = process.hrtime.bigint();
    const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd: ROOT, env, stdio, detached: true });
    child.once('error', reject);
    if (child.pid === undefined) return;
    running.add(child.pid);
    const stop = memory ? watchMemory(child.pid, server) : () => undefined;
    let stdout = '';
    let stderr = '';
    let firstByteAt;
    child.stdout.on('data', (chunk) => {
      firstByteAt ??= Date.now();
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    if (input !== undefined) {
      child.stdin.on('error', () => {});
      child.stdin.write(input);
    }
    const late = setTimeout(() => {
      endGroup(child.pid, 'SIGTERM');
      setTimeout(() => endGroup(child.pid, 'SIGKILL'), 2_000);
    }, limit);
    let ms;
    child.once('exit', () => {
      ms = Number(process.hrtime.bigint() - before) / 1e6;
    });
    child.once('close', (code, signal) => {
      clearTimeout(late);
      const peak = stop();
      endGroup(child.pid, 'SIGKILL');
      running.delete(child.pid);
      resolve({ code, signal, stdout, stderr, ms, firstByteAt, peak });
    });
  });
}

// --- Installing ----------------------------------------------------------------------------------------------------

const packageOf = (folder, name) =>
  JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'));

/** Install once into the cache: with the Node that will run it, as npm picks versions by the Node it runs on. */
function installed(name, packages, node) {
  const folder = join(CACHE, name);
  if (existsSync(join(folder, 'complete'))) return folder;
  console.error(`Installing ${packages.join(' ')} ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // `node` fetches its binary by an install script.
  const allowScripts = { node: true, '@modelcontextprotocol/inspector': true };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', allowScripts }));
  const env = { ...process.env, PATH: [...(node ? [dirname(node)] : []), process.env.PATH].join(delimiter) };
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', ...packages];
  execFileSync('npm', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}

/** A Node of that major version: this one, or the npm package `node`. */
function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  return join(installed(`node-${major}`, [`node@${major}`]), 'node_modules/node/bin/node');
}

const versionOf = (node) => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

/** A copy of what is published of this checkout: a build in the middle of a run must not be measured. */
function copied() {
  const folder = temporary();
  for (const name of ['package.json', 'bin', 'dist']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  return join(folder, 'bin/mcp-verdict.js');
}

function contestants() {
  const own = copied();
  const node22 = nodeOf(22);
  const node20 = nodeOf(20);
  const name = '@modelcontextprotocol/inspector';
  const inspector2 = installed('inspector-node-22', [`${name}@${INSPECTOR}`], node22);
  const inspector0 = installed('inspector-node-20', [name], node20);
  const sdk = installed('sdk', [`@modelcontextprotocol/sdk@${SDK}`]);
  const client = join(sdk, 'client.mjs');
  writeFileSync(client, RAW_CLIENT);

  const lineOf = (spec) => (spec.kind === 'http' ? [spec.url] : [spec.command, ...spec.args]);
  const inspector = (folder, node, id) => {
    const { version, bin } = packageOf(folder, name);
    const start = join(folder, 'node_modules', name, bin['mcp-inspector']);
    return {
      id,
      label: `Inspector ${version}`,
      node,
      folder,
      written: '`mcp-inspector --cli <command or URL> [--transport http] --method tools/list`',
      line: (spec) => {
        const http = spec.kind === 'http' ? ['--transport', 'http'] : [];
        return [node, start, '--cli', ...lineOf(spec), ...http, '--method', 'tools/list'];
      },
    };
  };
  const verify = (spec, ...options) => {
    const target = spec.kind === 'http' ? [spec.url] : ['--', ...lineOf(spec)];
    return [process.execPath, own, 'verify', '--quiet', ...options, ...target];
  };
  return {
    ours: {
      id: 'ours',
      file: own,
      label: 'mcp-verdict',
      node: process.execPath,
      written: '`mcp-verdict verify --quiet <URL or -- command>`',
      line: verify,
    },
    rivals: [
      inspector(inspector2, node22, 'inspector-2'),
      inspector(inspector0, node20, 'inspector-0'),
      {
        id: 'sdk',
        label: `SDK ${packageOf(sdk, '@modelcontextprotocol/sdk').version} client`,
        node: process.execPath,
        folder: sdk,
        written: 'a raw client of 20 lines: connect, listTools, close; the error and its code are printed',
        line: (spec) => [process.execPath, client, ...lineOf(spec)],
      },
    ],
  };
}

/** Disk space of a folder, as du counts it. */
function sizeOf(path) {
  const stat = lstatSync(path);
  const own = stat.blocks === undefined ? stat.size : stat.blocks * 512;
  if (!stat.isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), own);
}

/** When the youngest file of a folder was written. */
function newest(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(...readdirSync(path).map((name) => newest(join(path, name))));
}

/** What `npm install mcp-verdict` would put on a disk: the packed checkout, installed into an empty folder. */
function packedSize() {
  const folder = temporary();
  // Without scripts: prepare would build, and others may be using dist.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const stdio = ['ignore', 'pipe', 'ignore'];
  execFileSync('npm', pack, { cwd: ROOT, stdio });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  const target = join(folder, 'installed');
  mkdirSync(target);
  writeFileSync(join(target, 'package.json'), '{"private": true}\n');
  execFileSync('npm', ['install', '--prefix', target, '--no-audit', '--no-fund', join(folder, tarball)], {
    cwd: target,
    stdio,
  });
  const sizes = { packed: lstatSync(join(folder, tarball)).size, installed: sizeOf(join(target, 'node_modules')) };
  rmSync(folder, { recursive: true, force: true });
  return sizes;
}

// --- Measuring -----------------------------------------------------------------------------------------------------

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** What the server itself writes to stderr when a client goes through the handshake and asks for the tools. */
async function serverStderr(spec, env) {
  if (spec.kind !== 'stdio') return [];
  const clientInfo = { name: 'bench', version: '1.0.0' };
  const messages = [
    { id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/list' },
  ];
  const input = messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
  const { stderr } = await run([spec.command, ...spec.args], { env, input, limit: 1_500 }).catch(() => ({
    stderr: '',
  }));
  return stderr.split('\n').map(plain).filter(Boolean);
}

function judgeRival(target, { code, stdout, stderr }, written) {
  const all = `${stdout}\n${stderr}`;
  const own = all
    .split('\n')
    .filter((line) => !written.includes(plain(line)))
    .join('\n');
  if (!target.cause) return { level: code === 0 && /"tools"/.test(stdout) ? 'sound' : 'failed', own };
  const { named, evidence } = JUDGE[target.id];
  // What it prints of a catalogue is the server's text, and its URL holds /sse or /mcp.
  const said = own.replace(CATALOGUE, '').replace(/https?:\/\/\S+/g, '<url>');
  return { level: named.test(said) ? 'named' : evidence.test(all) ? 'evidence' : 'nothing', own };
}

function judgeOurs(target, { stdout }) {
  const { status, root } = JSON.parse(stdout);
  const own = root ? `${root.says} (${root.certainty})` : status;
  if (!target.cause) return { level: status === 'healthy' && !root ? 'sound' : 'failed', own };
  return { level: root?.id === target.cause ? 'named' : 'nothing', own, root: root?.id ?? null };
}

/** Whether a timed run did what the judged one did: a run that broke off would look fast. */
const alike = (seen, { exit, silent }) => (seen.code ?? seen.signal) === exit && (seen.stdout === '') === silent;

async function measure(target, { ours, rivals }, runs, env) {
  const { spec, stop } = await target.start();
  const server = spec.kind === 'stdio' ? [spec.command, ...spec.args] : undefined;
  try {
    const written = target.cause ? await serverStderr(spec, env) : [];
    const cells = {};
    for (const contestant of [ours, ...rivals]) {
      const path = [dirname(contestant.node), env.PATH].join(delimiter);
      const options = { env: { ...env, PATH: path }, server };
      const go = (memory = false, ...more) => run(contestant.line(spec, ...more), { ...options, memory });
      const first = await go(true);
      const shown = plain(`${first.stdout}\n${first.stderr}`);
      cells[contestant.id] = {
        ...(contestant === ours
          ? judgeOurs(target, await go(false, '--format', 'json'))
          : judgeRival(target, first, written)),
        exit: first.code ?? first.signal,
        silent: first.stdout === '',
        end: target.id in ENDS ? showsEnd(`${first.stdout}\n${first.stderr}`, ENDS[target.id]) : undefined,
        // Reports break lines and cut long ones: the beginning of one line with words is enough.
        stderr: written.length
          ? written.some((line) => /\w{3}.*\w{3}/.test(line) && shown.includes(line.slice(0, 30)))
          : undefined,
        peak: first.peak,
        first: first.ms,
        times: [],
        ratios: [],
        go,
      };
    }
    const mine = cells.ours;
    for (const rival of rivals) {
      const cell = cells[rival.id];
      const waits = Math.max(mine.first, cell.first) > WAITS_MS;
      if (waits) {
        mine.times = [mine.first];
        cell.times = [cell.first];
        cell.ratios = [cell.first / mine.first];
        continue;
      }
      for (let round = 0, lost = 0; round < runs; ) {
        // In turn, so that a busy moment of the machine meets both.
        const pair = [await mine.go(), await cell.go()];
        if (!alike(pair[0], mine) || !alike(pair[1], cell)) {
          if (++lost > 3)
            throw new Error(`${target.id}: the runs of ${rival.label} and ours do not end alike each time.`);
          continue;
        }
        mine.times.push(pair[0].ms);
        cell.times.push(pair[1].ms);
        cell.ratios.push(pair[1].ms / pair[0].ms);
        round++;
      }
    }
    for (const cell of Object.values(cells)) delete cell.go;
    return { target, cells, load: loadavg()[0] };
  } finally {
    await stop();
  }
}

async function smallThings({ ours }, runs, env) {
  const node = process.execPath;
  const empty = () => run([node, '-e', '0'], { env });
  const folder = temporary();
  const stamp = join(folder, 'death');
  const dying = `require('node:fs').writeFileSync(${JSON.stringify(stamp)}, String(Date.now())); process.exit(1)`;
  const kept = { version: [], death: [], beyond: [], quick: [], node: [] };
  const { spec, stop } = await TARGETS.find(({ id }) => id === 'healthy-stdio').start();
  for (let round = 0; round < runs; round++) {
    const bare = (await empty()).ms;
    kept.node.push(bare);
    kept.version.push((await run([node, ours.file, '--version'], { env })).ms / bare);
    const died = await run(ours.line({ kind: 'stdio', command: node, args: ['-e', dying] }), { env });
    kept.death.push(died.firstByteAt - Number(readFileSync(stamp, 'utf8')));
    const exit = await run(ours.line({ kind: 'stdio', command: node, args: ['-e', 'process.exit(1)'] }), { env });
    kept.beyond.push(exit.ms - (await empty()).ms - (await empty()).ms);
    kept.quick.push((await run(ours.line(spec, '--quick'), { env })).ms);
  }
  await stop();
  rmSync(folder, { recursive: true, force: true });
  return Object.fromEntries(
    Object.entries(kept).map(([name, values]) => [name, { middle: median(values), all: values }]),
  );
}

// --- Writing -------------------------------------------------------------------------------------------------------

const seconds = (ms) => (ms / 1000).toFixed(ms < 9_950 ? 2 : 1);
const range = (values, form) =>
  values.length > 1 ? ` (${form(Math.min(...values))}-${form(Math.max(...values))})` : '';
const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
const table = (head, rows) =>
  [head, head.map((_, index) => (index ? '---' : ':---')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** No path and no port of this machine in what is committed. */
function anonymous(text) {
  const folders = [
    [ROOT.replace(/[\\/]$/, ''), '<repository>'],
    [CACHE, '<cache>'],
    [process.execPath, 'node'],
    [tmpdir(), '<tmp>'],
    [homedir(), '~'],
  ];
  const hidden = folders.reduce((so, [path, name]) => so.replaceAll(path, name), text);
  return hidden.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>').replace(/port \d+/g, 'port <port>');
}

function quote(text, length = 260) {
  const line = anonymous(plain(text.replace(CATALOGUE, '{"tools": …}'))).replaceAll('`', "'");
  if (!line) return '(nothing)';
  return `\`${line.length > length ? `${line.slice(0, length)} …` : line}\``;
}

const WORDS = {
  named: '**named**',
  evidence: 'evidence',
  nothing: 'nothing',
  sound: 'sound',
  failed: '**wrongly failed**',
};

function machine() {
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(', ');
  return `${type()} ${release()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, load at the end ${load}`;
}

function commit() {
  try {
    const git = (...args) =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--', '.', ':!docs/benchmarks.md') ? ' with uncommitted changes' : ''}`;
  } catch {
    return 'no git';
  }
}

function scores(results, contestant) {
  const broken = results.filter(({ target }) => target.cause).map(({ cells }) => cells[contestant.id]);
  const sound = results.filter(({ target }) => !target.cause).map(({ cells }) => cells[contestant.id]);
  return {
    named: broken.filter(({ level }) => level === 'named').length,
    shown: broken.filter(({ level }) => level !== 'nothing').length,
    passed: broken.filter(({ exit }) => exit === 0).length,
    broken: broken.length,
    sound: sound.filter(({ level }) => level === 'sound').length,
    healthy: sound.length,
  };
}

function timeRows(results, { ours, rivals }) {
  return results.map(({ target, cells }) => [
    `${target.id} ${target.label}`,
    `${seconds(median(cells[ours.id].times))}${range(cells[ours.id].times, seconds)}`,
    ...rivals.map(({ id }) => {
      const { times, ratios } = cells[id];
      return `${seconds(median(times))}${range(times, seconds)}, **${median(ratios).toFixed(2)} ×**`;
    }),
  ]);
}

function markdown(results, small, sizes, field, runs) {
  const { ours, rivals } = field;
  const all = [ours, ...rivals];
  const names = all.map(({ label }) => label);
  const broken = results.filter(({ target }) => target.cause);
  const ended = broken.filter(({ target }) => target.id in ENDS);
  const yes = (value) => (value === undefined ? '-' : value ? 'yes' : 'no');
  const loads = results.map(({ load }) => load);
  const busy =
    Math.max(...loads) > cpus().length
      ? ' It was busy with other work: the seconds are too high, the factors less so.'
      : '';
  const memory = results.some(({ cells }) => cells[ours.id].peak);
  const score = all.map((contestant) => scores(results, contestant));
  const wrong = broken.filter(({ cells }) => cells.ours.level !== 'named');

  return `# Benchmarks

Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench\`; this file is its output, do not edit it. Timed runs per
cell: ${runs}, but one where a tool waits for a time-out.

- Machine: ${machine()}; during the run ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.${busy}
${all.map((one) => `- ${one.label}${one === ours ? ` ${small.ownVersion} (commit ${commit()})` : ''} on Node ${versionOf(one.node).slice(1)}: ${one.written}`).join('\n')}

The Inspector stands here twice because \`npm install @modelcontextprotocol/inspector\` gives a user of Node 20 the older one.

Repeat it with \`npm run bench\`: the first run installs the other tools into a folder of the system's temporary directory, a
second one finds them there. \`npm run bench -- --only c,d\` asks single targets and writes no file, \`--runs 1\` is quick.

## Is the cause named?

The targets are in [test/targets](../test/targets); each server there fails in one known way.

${table(
  ['target', 'cause to be named', ...names],
  results.map(({ target, cells }) => [
    `${target.id} ${target.label}`,
    target.cause ? `\`${target.cause}\`` : 'none: it is sound',
    ...all.map(({ id }) => `${WORDS[cells[id].level]}, exit ${cells[id].exit}`),
  ]),
)}
${table(
  ['named', '', ...score.map(({ named, broken: of }) => `**${named} of ${of}**`)],
  [
    ['named or evidence', '', ...score.map(({ shown, broken: of }) => `${shown} of ${of}`)],
    ['broken, yet exit 0', '', ...score.map(({ passed, broken: of }) => `${passed} of ${of}`)],
    ['sound and passed', '', ...score.map(({ sound, healthy }) => `${sound} of ${healthy}`)],
  ],
)
  .split('\n')
  .filter((_, index) => index !== 1)
  .join('\n')}
${wrong.length ? `\nMissed by mcp-verdict in this run: ${wrong.map(({ target, cells }) => `${target.id} (${cells.ours.root ?? 'no root'})`).join(', ')}.\n` : ''}
*named*: the tool itself states the right cause. For mcp-verdict that is strict: \`root.id\` of \`--format json\` is the expected
id. For the others it is generous: any wording that one of the patterns of \`JUDGE\` in [scripts/bench.mjs](../scripts/bench.mjs)
allows; what the server wrote to stderr is not the tool's statement. *evidence*: the raw fact (an errno, a status, the
server's own stderr) is on the screen, and the reader draws the conclusion. *exit* is the exit code of the tool.

## Does the reader see how the server ended?

Exit code or signal of the server process, and its stderr, in the tool's output.

${table(
  ['target', ...names.flatMap((name) => [`${name}: code or signal`, 'stderr'])],
  ended.map(({ target, cells }) => [
    `${target.id} ${target.label}`,
    ...all.flatMap(({ id }) => [yes(cells[id].end), yes(cells[id].stderr)]),
  ]),
)}

\`-\`: the server wrote nothing. The raw SDK client and the Inspector ${INSPECTOR} pass the server's stderr through to the terminal.

## Time

Wall time of the whole process in seconds, median (lowest-highest). The factor is the paired ratio: mcp-verdict and the other tool
run in turn, the ratio is taken pair by pair, and its median stands here; above 1 the other tool is slower.

${table(['target', ...names], timeRows(results, field))}

mcp-verdict does more in that time than list tools: it pings, looks at every declared list, the revision, the shutdown and the
children, and it goes on looking when something has failed.

## Memory

${
  memory
    ? `Megabytes at the peak: \`VmHWM\` of the tool's process and of those of its children that are not the server under test, polled in
/proc every ${POLL_MS} ms in an extra run that is not timed. Peaks of several processes are added up, which is an upper bound;
growth in the last ${POLL_MS} ms of a process is missed.

${table(
  ['target', ...names],
  results.map(({ target, cells }) => [
    `${target.id} ${target.label}`,
    ...all.map(({ id }) => megabytes(cells[id].peak ?? 0)),
  ]),
)}`
    : 'Not measured: it needs /proc.'
}

## Small things

${table(
  ['what', 'value'],
  [
    [
      'death of the server to the first byte of the verdict (the server notes the time right before `process.exit(1)`)',
      `${Math.round(small.death.middle)} ms${range(small.death.all, Math.round)}`,
    ],
    [
      '`verify` of `node -e "process.exit(1)"`, minus two runs of `node -e 0` (one for us, one for the server)',
      `${Math.round(small.beyond.middle)} ms${range(small.beyond.all, Math.round)}`,
    ],
    [
      '`mcp-verdict --version` against `node -e 0`, paired',
      `${small.version.middle.toFixed(2)} ×${range(small.version.all, (value) => value.toFixed(2))}`,
    ],
    ['`node -e 0`', `${Math.round(small.node.middle)} ms${range(small.node.all, Math.round)}`],
    [
      '`verify --quick` of the tiny sound stdio server',
      `${seconds(small.quick.middle)} s${range(small.quick.all, seconds)}`,
    ],
    ['mcp-verdict, packed', `${megabytes(sizes.ours.packed)} MB`],
    ['mcp-verdict, installed (node_modules, disk blocks)', `${megabytes(sizes.ours.installed)} MB`],
    ...rivals.map(({ id, label }) => [`${label.replace(/ client$/, '')}, installed`, `${megabytes(sizes[id])} MB`]),
  ],
)}

## What each tool said

The tool's own words, without the lines that the server wrote to stderr; cut where they are long.

${broken
  .map(
    ({ target, cells }) =>
      `**${target.id} ${target.label}**\n\n${all.map(({ id, label }) => `- ${label}: ${quote(cells[id].own)}`).join('\n')}`,
  )
  .join('\n\n')}

## Caveats

- We wrote the targets, the rules and the patterns, and our causes were made with such failures in mind. A held-out set says
  more about how often we are right; this list says what the tools do with failures that everybody meets.
- \`ENOENT\`, \`405\`, \`404\` and \`timed out\` count as evidence, not as the cause: each has several causes (a missing working
  directory is an \`ENOENT\` too). \`ECONNREFUSED\` counts as named: it has one. Whoever sees it differently can change \`JUDGE\`
  and run it again.
- The Inspector is a workbench: its command line lists tools, and diagnosis is not what it promises. In i it wants a terminal for
  its OAuth login, which the benchmark does not give; that it asks for one counts as named.
- Inspector 0.15.0 replaces every path that does not end with /mcp by /mcp. So it reaches the server of l without a word, and in k it
  asks another path than the one given.
- Inspector ${INSPECTOR} runs on Node 22, the others on the Node of this checkout; \`node\` alone starts a little differently there.
- Every tool has its own default time-outs, and e measures mostly those.
- Tools were started by their installed files, not by npx. stdin is closed, stdout and stderr are pipes, the home folder is empty.
- Times come from one machine, and load on it moves them; the paired factors move less. No test asserts a time.
`;
}

async function main() {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, runs: { type: 'string', default: '5' } },
  });
  const runs = Number(values.runs);
  const only = values.only?.flatMap((text) => text.split(','));
  const unknown = only?.filter((id) => TARGETS.every((target) => target.id !== id)) ?? [];
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs is '${values.runs}'; write a whole number, for example --runs 5.`);
  if (unknown.length)
    throw new Error(`No target ${unknown.join(', ')}. There are: ${TARGETS.map(({ id }) => id).join(', ')}.`);

  if (!existsSync(join(ROOT, 'dist/cli.js')))
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: 'inherit' });
  if (newest(join(ROOT, 'src')) > lstatSync(join(ROOT, 'dist/cli.js')).mtimeMs)
    console.error('dist is older than src: what is measured is the last build (npm run build makes a new one).');
  const field = contestants();
  const all = [field.ours, ...field.rivals];
  const home = temporary();
  const env = environment(home);

  const results = [];
  for (const target of TARGETS.filter(({ id }) => !only || only.includes(id))) {
    const result = await measure(target, field, runs, env);
    results.push(result);
    console.log(`\n${target.id} ${target.label}${target.cause ? ` (${target.cause})` : ''}`);
    for (const { id, label } of all) {
      const { level, exit, times, ratios, peak } = result.cells[id];
      const ratio = ratios.length ? `${median(ratios).toFixed(2)} x` : '';
      const columns = [
        label.padEnd(20),
        level.padEnd(9),
        `exit ${exit}`.padEnd(9),
        `${seconds(median(times))} s`.padStart(8),
        ratio.padStart(9),
      ];
      console.log(`  ${columns.join('  ')}  ${peak ? `${megabytes(peak)} MB` : ''}`);
      if (only && level !== 'sound') console.log(`    ${quote(result.cells[id].own)}`);
    }
  }

  console.log('');
  for (const contestant of all) {
    const { named, shown, broken, sound, healthy } = scores(results, contestant);
    console.log(
      `${contestant.label.padEnd(20)}  named ${named} of ${broken}, named or evidence ${shown}, sound passed ${sound} of ${healthy}`,
    );
  }
  if (only) return;

  const small = await smallThings(field, runs, env);
  small.ownVersion = execFileSync(process.execPath, [field.ours.file, '--version'], { encoding: 'utf8' }).trim();
  const sizes = {
    ours: packedSize(),
    ...Object.fromEntries(field.rivals.map(({ id, folder }) => [id, sizeOf(join(folder, 'node_modules'))])),
  };
  writeFileSync(RESULT, markdown(results, small, sizes, field, runs));
  console.log(
    `\nDeath to verdict ${Math.round(small.death.middle)} ms, --version ${small.version.middle.toFixed(2)} x node, installed ${megabytes(sizes.ours.installed)} MB.`,
  );
  console.log('Written: docs/benchmarks.md');
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
