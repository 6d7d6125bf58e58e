import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { writeCase } from '../../src/case/write.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { processInfo } from '../../src/probe/proc.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { testFolder } from '../support/folder.js';

const BIN = fileURLToPath(new URL('../../bin/mcp-verdict.js', import.meta.url));
const SYSTEM = '/usr/bin:/bin';
const folder = testFolder();

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** JavaScript of a server that serves when nothing in front of it ended the program. */
const SERVE = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    if (id === undefined) return;
    const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } : { tools: [] };
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  }).on('close', () => process.exit(0));`;

/** A server as a file. Returns its path. */
const server = (before: string): string => folder.put('server.cjs', `${before}\n${SERVE}`);

/** Thirty variables as any shell has them. */
const ordinary = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`ORDINARY_${i}`, `some value ${i}`]));

interface Setting {
  command?: string;
  args?: string[];
  /** Of the entry. */
  env?: Record<string, string>;
  /** Of the shell, beside the usual ones. */
  shell?: Record<string, string>;
  cwd?: string;
}

function look(
  { command = process.execPath, args = [], env = {}, shell = {}, cwd }: Setting,
  options: InvestigateOptions = {},
) {
  const home = join(folder.path, 'home');
  const world = folder.world({ env: { HOME: home, PATH: SYSTEM, ...shell } });
  return investigate({ kind: 'stdio', command, args, env, cwd }, { world, ...options });
}

function worldsOf(file: CaseFile): Evidence['worlds'] {
  const attempt = file.evidence.worlds;
  if (attempt?.status !== 'seen') throw new Error(`worlds was not seen: ${JSON.stringify(attempt)}`);
  return attempt.value;
}

const skippedBecause = (file: CaseFile): string | undefined =>
  file.evidence.worlds?.status === 'skipped' ? file.evidence.worlds.why : undefined;

/** The report as a person reads it, on one line. */
const report = (file: CaseFile): string =>
  renderTerminal(diagnose(file), file, { color: false, width: 110 }).replace(/\s+/g, ' ');

const root = (file: CaseFile): string => {
  const { root: found } = diagnose(file);
  return `${found?.id} ${found?.certainty}`;
};

/** A `node` that is the real one behind another version number. */
const standIn = (version: string): string =>
  `#!/bin/sh\n[ "$1" = -p ] && { echo "${version} $0"; exit 0; }\nNODE_STAND_IN=${version} exec ${process.execPath} "$@"\n`;
const NEEDS_22 = `if (parseInt(process.env.NODE_STAND_IN ?? '99') < 22) { console.error("SyntaxError: Unexpected identifier 'using'"); process.exit(1); }`;

describe('a variable that only the shell has', () => {
  it('is found among many, of a server that does not say which, and its value stays out', async () => {
    const script = server(
      "if (!process.env.ACME_API_KEY) { console.error('fatal: cannot continue'); process.exit(1); }",
    );
    const file = await look({ args: [script], shell: { ...ordinary, ACME_API_KEY: 'hunter2-is-secret' } });
    const worlds = worldsOf(file);
    expect(worlds).toMatchObject({
      client: { outcome: 'ended', exitCode: 1, said: 'fatal: cannot continue', command: process.execPath },
      shell: { outcome: 'answered' },
      deciding: { kind: 'variable', names: ['ACME_API_KEY'] },
    });
    expect(worlds.starts).toBeLessThanOrEqual(9);
    expect(root(file)).toBe('process-env-missing certain');
    expect(report(file)).toContain(
      'It starts in your own shell: the variable ACME_API_KEY makes the difference, which your shell sets and a client does not pass on.',
    );
    expect(renderAgent(diagnose(file), file)).toContain('the variable ACME_API_KEY makes the difference');
    expect(writeCase(file)).not.toMatch(/hunter2|some value/);
  });

  it('is tried first when the server names it', async () => {
    const script = server(
      "if (!process.env.ACME_REGION) { console.error('ACME_REGION is not set'); process.exit(1); }",
    );
    const worlds = worldsOf(await look({ args: [script], shell: { ...ordinary, ACME_REGION: 'north' } }));
    expect(worlds).toMatchObject({ deciding: { kind: 'variable', names: ['ACME_REGION'] }, starts: 3 });
  });

  it('two that are missed one after the other', async () => {
    const script = server(
      "for (const name of ['ACME_KEY', 'ACME_URL']) if (!process.env[name]) { console.error(name + ' is missing'); process.exit(1); }",
    );
    const file = await look({ args: [script], shell: { ...ordinary, ACME_KEY: 'abcdef', ACME_URL: 'http://x' } });
    expect(worldsOf(file).deciding).toEqual({ kind: 'variables', names: ['ACME_KEY', 'ACME_URL'] });
    expect(report(file)).toContain('the variables ACME_KEY and ACME_URL together make the difference');
  });

  it('without which the server only keeps silent', async () => {
    const script = server('if (!process.env.ACME_KEY) { setInterval(() => {}, 1000); return; }');
    const file = await look({ args: [script], shell: { ACME_KEY: 'abcdef' } }, { timeoutMs: 2_000, full: true });
    expect(worldsOf(file)).toMatchObject({
      client: { outcome: 'unanswered' },
      shell: { outcome: 'answered' },
      deciding: { kind: 'variable', names: ['ACME_KEY'] },
    });
  });

  it('without which the server dies when its tools are listed', async () => {
    const script = server(
      "process.stdin.on('data', (d) => { if (String(d).includes('tools/list') && !process.env.ACME_KEY) process.exit(1); });",
    );
    const file = await look({ args: [script], shell: { ...ordinary, ACME_KEY: 'abcdef' } });
    expect(worldsOf(file)).toMatchObject({
      client: { outcome: 'ended' },
      shell: { outcome: 'answered' },
      deciding: { kind: 'variable', names: ['ACME_KEY'] },
    });
  });

  it('and to which the entry gives another value', async () => {
    const script = server("if (process.env.ACME_MODE !== 'good') { console.error('fatal'); process.exit(1); }");
    const file = await look({ args: [script], env: { ACME_MODE: 'bad' }, shell: { ACME_MODE: 'good' } });
    expect(worldsOf(file).deciding).toEqual({ kind: 'variable', names: ['ACME_MODE'] });
    expect(report(file)).toContain(
      'the variable ACME_MODE makes the difference: the entry gives ACME_MODE another value than your shell',
    );
    expect(diagnose(file).findings.map(({ id }) => id)).not.toContain('process-env-missing');
  });
});

describe("an entry of the shell's PATH", () => {
  const NVM = 'home/.nvm/versions/node/v22.11.0/bin';

  it('that brings a newer Node.js, by nvm', async () => {
    folder.put('old/node', standIn('18.20.4'));
    folder.put(`${NVM}/node`, standIn('22.11.0'));
    folder.put('package.json', '{"name":"acme","engines":{"node":">=22"}}');
    const file = await look({
      command: 'node',
      args: [server(NEEDS_22)],
      env: { PATH: `${folder.path}/old:${SYSTEM}` },
      shell: { ...ordinary, PATH: `${folder.path}/${NVM}:${SYSTEM}` },
    });
    const worlds = worldsOf(file);
    expect(worlds).toMatchObject({
      client: { outcome: 'ended', command: `${folder.path}/old/node` },
      shell: { outcome: 'answered', command: `${folder.path}/${NVM}/node` },
      deciding: { kind: 'path-entry', names: [`${folder.path}/${NVM}`], provides: 'node 22.11.0 (nvm)' },
    });
    expect(worlds.starts).toBeLessThanOrEqual(4);
    expect(root(file)).toBe('runtime-too-old certain');
    expect(report(file)).toContain(
      `It starts in your own shell: the PATH entry ${folder.path}/${NVM} makes the difference, which provides node 22.11.0 (nvm); the client's PATH leads to node 18.20.4 (${folder.path}/old/node).`,
    );
    expect(diagnose(file).root?.fix[0]?.edit?.to).toBe(
      `"env": { "PATH": "${folder.path}/${NVM}:${folder.path}/old:${SYSTEM}" }`,
    );
  });

  it.each([
    [
      'asdf',
      '.asdf/shims',
      '#!/usr/bin/env bash\n# asdf-plugin: nodejs 22.11.0\nexec "${0%/*}/../bin/asdf" exec "${0##*/}" "$@"\n',
      '.asdf/bin/asdf',
    ],
    ['mise', '.local/share/mise/shims', '', '.local/share/mise/bin/mise'],
    ['Volta', '.volta/bin', '', '.volta/lib/volta-shim'],
  ])('that holds the shims of %s', async (manager, shims, text, program) => {
    folder.put('old/node', standIn('18.20.4'));
    const real = folder.put('home/versions/22.11.0/node', standIn('22.11.0'));
    // The manager's own program: it drops the words "exec node", and hands over.
    const own = folder.put(`home/${program}`, `#!/bin/sh\n[ "$1" = exec ] && shift 2\nexec ${real} "$@"\n`);
    if (text) folder.put(`home/${shims}/node`, text);
    else {
      const link = join(folder.path, 'home', shims, 'node');
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(own, link);
    }
    const file = await look({
      command: 'node',
      args: [server(NEEDS_22)],
      env: { PATH: `${folder.path}/old:${SYSTEM}` },
      shell: { PATH: `${folder.path}/home/${shims}:${SYSTEM}` },
    });
    expect(worldsOf(file).deciding).toEqual({
      kind: 'path-entry',
      names: [`${folder.path}/home/${shims}`],
      provides: `node 22.11.0 (${manager})`,
    });
  });

  it('that only stands further in front', async () => {
    folder.put('old/node', standIn('18.20.4'));
    folder.put('new/node', standIn('22.11.0'));
    const [old, fresh] = [`${folder.path}/old`, `${folder.path}/new`];
    const file = await look({
      command: 'node',
      args: [server(NEEDS_22)],
      env: { PATH: `${old}:${fresh}:${SYSTEM}` },
      shell: { PATH: `${fresh}:${old}:${SYSTEM}` },
    });
    expect(worldsOf(file).deciding).toEqual({ kind: 'path-entry', names: [fresh], provides: 'node 22.11.0' });
  });

  it('that has the command', async () => {
    folder.put('home/.cargo/bin/acme', `#!/bin/sh\nexec ${process.execPath} ${server('')}\n`);
    const file = await look({
      command: 'acme',
      env: { PATH: SYSTEM },
      shell: { PATH: `/opt/x:${folder.path}/home/.cargo/bin:${SYSTEM}` },
    });
    expect(worldsOf(file)).toMatchObject({
      client: { outcome: 'not-started', said: 'spawn acme ENOENT' },
      deciding: { kind: 'path-entry', names: [`${folder.path}/home/.cargo/bin`], provides: 'acme (cargo)' },
    });
    expect(root(file)).toBe('launch-command-not-on-path certain');
    expect(report(file)).toContain("which provides acme (cargo); the client's PATH has no acme.");
  });

  it('that has a program which the server starts', async () => {
    folder.put('home/.local/bin/acme-tool', '#!/bin/sh\n');
    const script = server(
      "const { error } = require('node:child_process').spawnSync('acme-tool'); if (error) { console.error(String(error)); process.exit(1); }",
    );
    const more = Array.from({ length: 20 }, (_, i) => `/opt/tool${i}/bin`).join(':');
    const file = await look({
      args: [script],
      env: { PATH: SYSTEM },
      shell: { PATH: `${more}:${folder.path}/home/.local/bin:${SYSTEM}` },
    });
    expect(worldsOf(file).deciding).toEqual({
      kind: 'path-entry',
      names: [`${folder.path}/home/.local/bin`],
      provides: 'acme-tool',
    });
    expect(worldsOf(file).starts).toBe(3);
    expect(root(file)).toBe('launch-command-not-on-path certain');
  });

  it('together with a variable', async () => {
    folder.put('new/node', standIn('22.11.0'));
    folder.put('old/node', standIn('18.20.4'));
    const script = server(`${NEEDS_22}\nif (!process.env.ACME_KEY) { console.error('ACME_KEY?'); process.exit(1); }`);
    const file = await look({
      command: 'node',
      args: [script],
      env: { PATH: `${folder.path}/old` },
      shell: { ...ordinary, PATH: `${folder.path}/new:${SYSTEM}`, ACME_KEY: 'abcdef' },
    });
    expect(worldsOf(file).deciding).toEqual({ kind: 'variables', names: ['PATH', 'ACME_KEY'] });
  });

  it('of the login shell, when we were started as poorly as a client', async () => {
    folder.put('home/.bash_profile', `export PATH="${folder.path}/home/.volta/bin:$PATH"\n`, 0o644);
    folder.put('home/.volta/bin/acme', `#!/bin/sh\nexec ${process.execPath} ${server('')}\n`);
    const file = await look({ command: 'acme', shell: { SHELL: '/bin/bash' } });
    expect(worldsOf(file)).toMatchObject({
      shell: { outcome: 'answered', command: `${folder.path}/home/.volta/bin/acme` },
      deciding: { kind: 'path-entry', provides: 'acme (Volta)' },
    });
  });
});

describe('no difference', () => {
  it('it fails in both, and what it says there is redacted, too', async () => {
    const script = server('console.error("boom " + (process.env.ACME_DATA ?? "")); process.exit(3);');
    const file = await look({ args: [script], shell: { ACME_DATA: 'very.private.thing/42' } });
    expect(worldsOf(file)).toMatchObject({
      client: { exitCode: 3 },
      shell: { outcome: 'ended', exitCode: 3 },
      starts: 1,
    });
    expect(worldsOf(file).deciding).toBeUndefined();
    expect(report(file)).toContain('no: exit code 3 there as well');
    expect(writeCase(file)).not.toContain('very.private.thing');
  });

  it('a server that failed only the first time accuses no variable', async () => {
    const log = join(folder.path, 'log');
    const script = server(
      `const fs = require('node:fs'); if (!fs.existsSync(${JSON.stringify(log)})) { fs.writeFileSync(${JSON.stringify(log)}, ''); console.error('boom'); process.exit(1); }`,
    );
    const file = await look({ args: [script], shell: { ...ordinary, ACME_KEY: 'abcdef' } });
    expect(worldsOf(file)).toMatchObject({
      client: { outcome: 'answered' },
      shell: { outcome: 'answered' },
      starts: 2,
    });
    expect(worldsOf(file).deciding).toBeUndefined();
    expect(report(file)).toContain('Started again in the same environment, it answered');
    expect(report(file)).not.toContain('makes the difference');
  });

  it('it works in both, asked with --full', async () => {
    const file = await look({ args: [server('')], shell: ordinary }, { full: true });
    expect(worldsOf(file)).toMatchObject({
      client: { outcome: 'answered' },
      shell: { outcome: 'answered' },
      starts: 1,
    });
    expect(diagnose(file).status).toBe('healthy');
  });

  it('a healthy server is started once', async () => {
    const log = join(folder.path, 'log');
    const file = await look({
      args: [server(`require('node:fs').appendFileSync(${JSON.stringify(log)}, 'x');`)],
      shell: ordinary,
    });
    expect(file.evidence.worlds).toBeUndefined();
    expect(readFileSync(log, 'utf8')).toBe('x');
  });

  it('what works here and fails in the shell is told', async () => {
    const script = server('if (process.env.ACME_BREAKS) process.exit(4);');
    const file = await look({ args: [script], shell: { ACME_BREAKS: '1' } }, { full: true });
    expect(report(file)).toContain(
      "It answers in a client's environment, but not in that of your own shell: exit code 4.",
    );
  });
});

describe('a second start that would tell nothing is not made', () => {
  const dies = () => server('process.exit(1);');
  it.each<[string, () => Promise<CaseFile>, string]>([
    [
      '--quick',
      () => look({ args: [dies()], shell: ordinary }, { quick: true }),
      '--quick starts the server only once',
    ],
    [
      'the whole environment was given already',
      () => look({ args: [dies()], shell: ordinary }, { inheritEnv: true }),
      'the server already had the whole environment',
    ],
    ['both are the same', () => look({ args: [dies()] }), 'the server already had the whole environment'],
    [
      'nobody has the command',
      () => look({ command: 'acme-nowhere', shell: ordinary }),
      "not on your shell's PATH either",
    ],
    [
      'a path that leads nowhere',
      () => look({ command: './acme', shell: ordinary }),
      'leads nowhere in any environment',
    ],
    [
      'a file that may not be executed',
      () => look({ command: folder.put('acme', '#!/bin/sh\n', 0o644), shell: ordinary }),
      'leads nowhere in any environment',
    ],
    [
      'Windows line ends',
      () => look({ command: folder.put('acme', '#!/usr/bin/env sh\r\n'), shell: ordinary }),
      'broken in any environment',
    ],
  ])('%s', async (_name, start, why) => {
    expect(skippedBecause(await start())).toContain(why);
  });
});

describe('nothing is left behind', () => {
  const pidsIn = (path: string): number[] => {
    try {
      return readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  };
  const alive = (pid: number): boolean => processInfo(pid)?.alive ?? false;
  /** Notes its pid and that of a child that would live on, and answers only with the key. */
  const family = (pids: string, without: string) =>
    server(`const { spawn } = require('node:child_process'); const { appendFileSync } = require('node:fs');
      const child = spawn('sleep', ['300'], { stdio: 'ignore', detached: true });
      appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n' + child.pid + '\\n');
      if (!process.env.ACME_KEY) { ${without} }`);

  it('of all the starts that found the variable', async () => {
    const pids = join(folder.path, 'pids');
    const file = await look({ args: [family(pids, 'process.exit(1);')], shell: { ...ordinary, ACME_KEY: 'abcdef' } });
    expect(worldsOf(file).deciding?.names).toEqual(['ACME_KEY']);
    // Each start, and the first one of the client.
    expect(pidsIn(pids)).toHaveLength(2 * (worldsOf(file).starts + 1));
    await expect.poll(() => pidsIn(pids).filter(alive)).toEqual([]);
  });

  it('when the user interrupts the second start', async () => {
    const pids = join(folder.path, 'pids');
    const script = family(pids, 'process.exit(1);');
    folder.put('server.cjs', readFileSync(script, 'utf8').replace(SERVE, 'setInterval(() => {}, 1000);'));
    const child = spawn(process.execPath, [BIN, 'verify', '--quiet', '--', process.execPath, script], {
      env: { PATH: SYSTEM, HOME: folder.path, ACME_KEY: 'abcdef' },
      stdio: 'ignore',
    });
    started.push(child);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    // The second start: it hangs, where the first one ended by itself.
    await expect.poll(() => pidsIn(pids).length, { timeout: 20_000 }).toBe(4);
    expect(alive(pidsIn(pids)[2] ?? 0)).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await expect.poll(() => pidsIn(pids).filter(alive)).toEqual([]);
  });
});
