import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { managerOf } from '../../src/probe/managers.js';
import { shimOf } from '../../src/probe/shims.js';
import { testFolder, windowsWorld } from '../support/folder.js';

const folder = testFolder();

describe('shims of version managers', () => {
  it.each([
    ['asdf', '#!/usr/bin/env bash\n# asdf-plugin: nodejs 22.11.0\nexec /opt/asdf/bin/asdf exec "node" "$@"\n'],
    [
      'pyenv',
      '#!/usr/bin/env bash\nset -e\nprogram="${0##*/}"\nexec "/home/me/.pyenv/libexec/pyenv" exec "$program" "$@"\n',
    ],
    ['rbenv', '#!/usr/bin/env bash\nexec "/usr/bin/rbenv" exec "$program" "$@"\n'],
    ['mise', '#!/bin/sh\nexec mise x -- node "$@"\n'],
  ])('%s, by its text', (kind, text) => {
    expect(shimOf(folder.put('shims/node', text), folder.world())).toEqual({ kind });
  });

  it.each([
    ['Volta', 'volta-shim'],
    ['mise', 'mise'],
    ['snap', 'snap'],
    ['rustup', 'rustup'],
  ])('%s, by the program that its link leads to', (kind, program) => {
    const target = folder.put(`lib/${program}`, '\x7fELF');
    const link = join(folder.path, 'bin/node');
    mkdirSync(dirname(link));
    symlinkSync(target, link);
    expect(shimOf(link, folder.world())).toEqual({ kind });
  });

  it('the manager itself, a script and a program are none', () => {
    expect(shimOf(folder.put('bin/mise', '\x7fELF\0'), folder.world())).toBeUndefined();
    expect(shimOf(folder.put('bin/run', '#!/bin/sh\nexec node server.js\n'), folder.world())).toBeUndefined();
    expect(shimOf('/nowhere/at/all', folder.world())).toBeUndefined();
  });

  it('pnpm writes them for POSIX, too', () => {
    const shim = folder.put(
      'node_modules/.bin/acme',
      '#!/bin/sh\nbasedir=$(dirname "$0")\nexec node  "$basedir/../acme/dist/cli.js" "$@"\n',
    );
    expect(shimOf(shim, folder.world())).toEqual({
      kind: 'npm',
      target: join(folder.path, 'node_modules/acme/dist/cli.js'),
    });
  });
});

describe('shims that npm writes on Windows', () => {
  const shim = (path: string, text: string) => shimOf(path, windowsWorld({ [path]: text.replaceAll('\n', '\r\n') }));

  it('of a package, by cmd-shim', () => {
    const text = `@ECHO off\nGOTO start\n:find_dp0\nSET dp0=%~dp0\nEXIT /b\n:start\nSETLOCAL\nCALL :find_dp0\n\nIF EXIST "%dp0%\\node.exe" (\n  SET "_prog=%dp0%\\node.exe"\n) ELSE (\n  SET "_prog=node"\n  SET PATHEXT=%PATHEXT:;.JS;=;%\n)\n\nendLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\@acme\\mcp\\dist\\index.js" %*\n`;
    expect(shim('C:\\Users\\me\\AppData\\Roaming\\npm\\acme-mcp.cmd', text)).toEqual({
      kind: 'npm',
      target: 'C:\\Users\\me\\AppData\\Roaming\\npm\\node_modules\\@acme\\mcp\\dist\\index.js',
    });
  });

  it('npx.cmd of Node.js itself', () => {
    const text = `:: Created by npm, please don't edit manually.\n@ECHO OFF\nSETLOCAL\nSET "NODE_EXE=%~dp0\\node.exe"\nSET "NPM_PREFIX_JS=%~dp0\\node_modules\\npm\\bin\\npm-prefix.js"\nSET "NPX_CLI_JS=%~dp0\\node_modules\\npm\\bin\\npx-cli.js"\n"%NODE_EXE%" "%NPX_CLI_JS%" %*\n`;
    // The assignment quotes the whole of `NAME=value`: the file name ends at the quote all the same.
    expect(shim('C:\\Program Files\\nodejs\\npx.cmd', text)).toEqual({
      kind: 'npm',
      target: 'C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npx-cli.js',
    });
  });

  it('the twin for PowerShell', () => {
    const text = `#!/usr/bin/env pwsh\n$basedir=Split-Path $MyInvocation.MyCommand.Definition -Parent\n$exe=""\nif (Test-Path "$basedir/node$exe") {\n  & "$basedir/node$exe"  "$basedir/node_modules/acme/cli.mjs" $args\n}\n`;
    expect(shim('C:\\npm\\acme.ps1', text)).toEqual({ kind: 'npm', target: 'C:\\npm\\node_modules\\acme\\cli.mjs' });
  });

  it('of Volta, and a batch file that is none', () => {
    expect(shim('C:\\Volta\\node.cmd', '@echo off\nvolta run %~n0 %*\n')).toEqual({ kind: 'Volta' });
    expect(shim('C:\\work\\start.cmd', '@echo off\ncd /d D:\\server\nnode index.js\n')).toBeUndefined();
  });
});

describe('who put a program there', () => {
  const world = folder.world;
  it.each([
    ['/home/me/.nvm/versions/node/v22.11.0/bin/node', 'nvm'],
    ['/run/user/1000/fnm_multishells/4711_1/bin/node', 'fnm'],
    ['/home/me/.volta/bin/node', 'Volta'],
    ['/home/me/.asdf/shims/node', 'asdf'],
    ['/home/me/.local/share/mise/shims/node', 'mise'],
    ['/home/me/.pyenv/shims/python3', 'pyenv'],
    ['/home/me/.rbenv/shims/ruby', 'rbenv'],
    ['/opt/homebrew/bin/node', 'Homebrew'],
    ['/snap/bin/node', 'snap'],
    ['/home/me/miniconda3/bin/python', 'conda'],
    ['C:\\Users\\me\\AppData\\Local\\Microsoft\\WindowsApps\\python.exe', 'the Microsoft Store'],
    ['C:\\Users\\me\\scoop\\shims\\node.exe', 'Scoop'],
    ['/usr/bin/node', undefined],
  ])('%s: %s', (path, manager) => {
    expect(managerOf(path, world())).toBe(manager);
  });

  it('a folder that a variable names, and the place that a link leads to', () => {
    expect(managerOf('/data/tools/shims/node', world({ env: { ASDF_DATA_DIR: '/data/tools/' } }))).toBe('asdf');
    expect(managerOf('/data/tools-of-mine/node', world({ env: { ASDF_DATA_DIR: '/data/tools' } }))).toBeUndefined();
    const where = world({ realpath: () => '/usr/local/Cellar/node/24.1.0/bin/node' });
    expect(managerOf('/usr/local/bin/node', where)).toBe('Homebrew');
  });
});
