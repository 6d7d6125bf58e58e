/** `verify --as` as a user runs it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.js';
import type { Matrix } from '../../src/verdict/matrix.js';
import { cli } from '../support/cli.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
/** A sound server whose tools have hyphens. Returns its path. */
const server = (): string =>
  folder.put(
    'server.cjs',
    `const tools = ['read-note', 'write-note'].map((name) => ({ name, description: 'Notes.', inputSchema: { type: 'object' } }));
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id === undefined) return;
      if (method === 'initialize') say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'notes', version: '1' } } });
      else if (method === 'tools/list') say({ id, result: { tools } });
      else if (method === 'ping') say({ id, result: {} });
      else say({ id, error: { code: -32601, message: 'Method not found' } });
    }).on('close', () => process.exit(0));`,
  );

/** The environment of a terminal whose shell has more on its PATH than the desktop. */
function terminal(): Record<string, string> {
  const home = join(folder.path, 'home');
  mkdirSync(home, { recursive: true });
  folder.put('home/.nvm/bin/mynode', `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  folder.put('home/.bash_profile', '. "$HOME/.bashrc"\n');
  folder.put('home/.bashrc', 'case $- in *i*) PATH="$HOME/.nvm/bin:$PATH";; esac\n');
  // Nobody answers on this bus: the desktop is what the profile makes of it.
  const bus = { XDG_RUNTIME_DIR: join(folder.path, 'run'), DBUS_SESSION_BUS_ADDRESS: '' };
  return { HOME: home, SHELL: '/bin/bash', PATH: `${home}/.nvm/bin:/usr/bin:/bin`, ...bus };
}

describe('one client', () => {
  it('starts it as that client does, and says so', async () => {
    const { code, stdout } = await cli([
      'verify',
      '--as',
      'codex',
      '--format',
      'json',
      '--',
      process.execPath,
      server(),
    ]);
    expect(code, stdout).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'healthy', root: null });
  });

  it('the same command fails where the PATH is that of the desktop, and works where it is that of a terminal', async () => {
    const run = (client: string) => cli(['verify', '--as', client, '--', 'mynode', server()], { env: terminal() });
    const desktop = await run('claude-desktop');
    expect(desktop.code).toBe(1);
    expect(desktop.stdout).toContain('launch-command-not-on-path');
    expect(desktop.stdout).toContain('home/.nvm/bin');
    expect((await run('codex')).code).toBe(0);
    expect((await run('zed')).code).toBe(0);
  });

  it('takes a version, and a name that people use', async () => {
    const { code, stdout } = await cli(['verify', '--as', 'Cursor@0.48.8', '--', process.execPath, server()]);
    expect(code).toBe(1);
    expect(stdout).toContain('client-defect');
  });
});

describe('all of them', () => {
  it('is a table, with the server started once for all that start it alike', async () => {
    const { code, stdout } = await cli(['verify', '--as', 'all', '--format', 'json', '--', process.execPath, server()]);
    const matrix: Matrix = JSON.parse(stdout);
    expect(matrix.format).toBe('mcp-verdict.matrix/1');
    expect(matrix.rows.map(({ client }) => client)).toEqual(CLIENTS.map(({ id }) => id));
    expect(matrix.launches).toBeLessThan(CLIENTS.length);
    // Its tools have hyphens.
    expect(matrix.rows.find(({ client }) => client === 'amazon-q')).toMatchObject({
      outcome: 'limited',
      cause: 'client-limits-exceeded',
    });
    expect(matrix.rows.filter(({ outcome }) => outcome === 'fails')).toEqual([]);
    expect(code).toBe(0);
  });

  it('ends with 1 where a client fails of which it is known what it does', async () => {
    const { code, stdout } = await cli(['verify', '--as', 'all', '--quiet', '--', 'mynode', server()], {
      env: terminal(),
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ Claude Desktop\s+~ fails\s+mynode is not on its PATH/);
    expect(stdout).toMatch(/✓ Codex\s+works/);
    expect(stdout).toMatch(/\? Cursor\s+~ not known/);
    for (const line of stdout.split('\n').filter((text) => !/^ {9}\S|^ {2}\S+ \//.test(text)))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('is the same for a server that fails everywhere: the server', async () => {
    const broken = folder.put(
      'broken.cjs',
      'console.error("Error: Cannot find module \'left-pad\'"); process.exit(1);',
    );
    const { code, stdout } = await cli([
      'verify',
      '--as',
      'all',
      '--format',
      'markdown',
      '--',
      process.execPath,
      broken,
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('## ✗ The server is at fault');
  });
});

describe('wrong use', () => {
  it.each([
    [['--as', 'netscape', '--', 'node'], /no client is known by that name. Known are: all, /],
    [['--as', 'cursor@latest', '--', 'node'], /write it as the client shows it, for example cursor@1.2.3/],
    [['--as', 'cursor', '--inherit-env', '--', 'node'], /--inherit-env and --as contradict each other/],
    [['--as', 'all', '--save-case', 'x', '--', 'node'], /--save-case belongs to one client/],
    [['--as', 'all', '--jobs', '0', '--', 'node'], /--jobs is "0"/],
    [['--as', 'cursor', '--format', 'markdown', '--', 'node'], /--format markdown belongs to --as all/],
    [
      ['--as', 'cursor', '--project', '/no/such/folder', '--', 'node'],
      /--project is "\/no\/such\/folder", which is no folder/,
    ],
  ])('%s', async (args, says) => {
    const { code, stderr, stdout } = await cli(['verify', ...args]);
    expect(stderr).toMatch(says);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
