import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { type Entry, lookAtCommand } from '../../src/probe/command.js';
import { packageNeeds } from '../../src/probe/package-needs.js';
import { shimOf } from '../../src/probe/shims.js';
import { testFolder, windowsWorld } from '../support/folder.js';

const folder = testFolder();

function needs(entry: Partial<Entry>, runtime?: Evidence['launch']['runtime'], env: Record<string, string> = {}) {
  const whole: Entry = { command: 'node', args: [], env: {}, ...entry };
  const world = folder.world();
  return packageNeeds({ ...lookAtCommand(whole, env, world), runtime }, whole, env, world);
}
const node = (version: string) => ({ name: 'node', version });

describe('engines.node', () => {
  const packageJson = (path: string, more: object) => folder.put(`${path}package.json`, JSON.stringify(more), 0o644);

  it('of the package above the script', () => {
    const file = packageJson('', { name: 'acme', engines: { node: '>=22' } });
    const script = folder.put('dist/src/index.js');
    expect(needs({ args: [script] }, node('18.20.4'))).toEqual({ file, name: 'acme', range: '>=22', satisfied: false });
    expect(needs({ args: ['--flag', 'dist/src/index.js'] }, node('22.1.0'))?.satisfied).toBe(true);
    expect(needs({ args: [script] })?.satisfied).toBeNull();
    expect(needs({ args: [script] }, { name: 'bun', version: '1.2.0' })?.satisfied).toBeNull();
  });

  it('a package.json that only says what modules are is passed over, the end of the package is not', () => {
    const file = packageJson('', { name: 'acme', engines: { node: '>=22' } });
    packageJson('dist/', { type: 'module' });
    packageJson('node_modules/inner/', { name: 'inner' });
    expect(needs({ args: [folder.put('dist/index.js')] })?.file).toBe(file);
    expect(needs({ args: [folder.put('node_modules/inner/index.js')] })).toBeUndefined();
  });

  it('of an installed package, behind its link in .bin', () => {
    const file = packageJson('node_modules/acme/', { name: 'acme', engines: { node: '^20 || ^22' } });
    const script = folder.put('node_modules/acme/cli.js', '#!/usr/bin/env node\n');
    const world = folder.world({ realpath: (path) => (path.endsWith('/.bin/acme') ? script : path) });
    const entry = { command: folder.put('node_modules/.bin/acme', '#!/usr/bin/env node\n'), args: [], env: {} };
    const launch = { ...lookAtCommand(entry, {}, world), runtime: node('21.0.0') };
    expect(packageNeeds(launch, entry, {}, world)).toEqual({
      file,
      name: 'acme',
      range: '^20 || ^22',
      satisfied: false,
    });
  });

  it('of a package in the cache of npx', () => {
    const file = packageJson('cache/_npx/0f1e/node_modules/@acme/mcp/', {
      name: '@acme/mcp',
      engines: { node: '>=20' },
    });
    const env = { npm_config_cache: join(folder.path, 'cache') };
    const npx = { command: 'npx', args: ['-y', '@acme/mcp@latest', '--stdio'] };
    expect(needs(npx, node('18.1.0'), env)).toEqual({ file, name: '@acme/mcp', range: '>=20', satisfied: false });
    // Another version beside it, which is content: nobody knows here which one npx takes.
    packageJson('cache/_npx/9a8b/node_modules/@acme/mcp/', { name: '@acme/mcp', engines: { node: '>=16' } });
    expect(needs(npx, node('18.1.0'), env)?.satisfied).toBeNull();
    expect(needs({ command: 'npx', args: ['-y', 'other'] }, node('18.1.0'), env)).toBeUndefined();
  });

  it('behind a shim on Windows', () => {
    const shim = 'C:\\npm\\acme.cmd';
    const world = windowsWorld({
      [shim]: '"%_prog%"  "%dp0%\\node_modules\\acme\\dist\\index.js" %*\r\n',
      'C:\\npm\\node_modules\\acme\\dist\\index.js': '',
      'C:\\npm\\node_modules\\acme\\package.json': '{"name":"acme","engines":{"node":">=22"}}',
    });
    const entry = { command: 'acme', args: [], env: {} };
    const launch = lookAtCommand(entry, { Path: 'C:\\npm' }, world);
    expect(launch.file?.path).toBe(shim);
    const file = { ...launch.file, shim: shimOf(shim, world) } as Evidence['launch']['file'];
    expect(packageNeeds({ ...launch, file, runtime: node('20.1.0') }, entry, {}, world)).toEqual({
      file: 'C:\\npm\\node_modules\\acme\\package.json',
      name: 'acme',
      range: '>=22',
      satisfied: false,
    });
  });

  it('broken JSON, none at all, and a package that asks for nothing', () => {
    const script = folder.put('dist/index.js');
    expect(needs({ args: [script] })).toBeUndefined();
    folder.put('package.json', '{ "name": ');
    expect(needs({ args: [script] })).toBeUndefined();
    packageJson('', { name: 'acme' });
    expect(needs({ args: [script] })).toBeUndefined();
  });
});

describe('requires-python', () => {
  it('of the project above the script, or of the folder that uv is sent to', () => {
    const file = folder.put('pyproject.toml', '[project]\nname = "acme"\nrequires-python = ">=3.11"\n');
    const script = folder.put('src/acme/server.py');
    const python = { name: 'python', version: '3.9.6' };
    expect(needs({ command: 'python3', args: [script] }, python)).toEqual({
      file,
      name: 'acme',
      range: '>=3.11',
      satisfied: false,
    });
    expect(
      needs({ command: 'uv', args: ['--directory', folder.path, 'run', 'acme'] }, { name: 'uv', version: '0.9.0' }),
    ).toMatchObject({ range: '>=3.11', satisfied: null });
    expect(needs({ command: 'python3', args: ['-m', 'acme'], cwd: folder.path }, python)?.satisfied).toBe(false);
  });

  it('as Poetry used to write it', () => {
    folder.put('pyproject.toml', '[tool.poetry]\nname = "acme"\n\n[tool.poetry.dependencies]\npython = "^3.11"\n');
    const script = folder.put('server.py');
    expect(needs({ command: 'python', args: [script] }, { name: 'python', version: '3.10.1' })).toMatchObject({
      range: '^3.11',
      satisfied: false,
    });
  });
});
