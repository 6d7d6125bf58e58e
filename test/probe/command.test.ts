import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Entry, lookAtCommand } from '../../src/probe/command.js';
import { lookUp } from '../../src/probe/lookup.js';
import { realWorld, type World } from '../../src/probe/world.js';

let root: string;
let folder: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});

/** Write a file; with `mode` 755 it can be executed. Returns its path. */
function put(path: string, text: string | Buffer = '', mode = 0o755): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
  return full;
}

const world = (more: Partial<World> = {}): World => ({
  ...realWorld(),
  cwd: folder,
  home: join(folder, 'home'),
  env: {},
  ...more,
});
const path = (...folders: string[]) => ({ PATH: folders.map((name) => join(folder, name)).join(':') });
const look = (entry: Partial<Entry>, env: Record<string, string> = path('bin'), where = world()) =>
  lookAtCommand({ command: 'srv', args: [], env: {}, ...entry }, env, where);

describe('the PATH that the server gets', () => {
  it('is searched in its order', () => {
    const first = put('b/srv');
    put('a/other');
    put('c/srv');
    expect(look({}, path('a', 'b', 'c')).lookup).toEqual({
      found: first,
      problem: undefined,
      path: ['a', 'b', 'c'].map((name) => join(folder, name)),
      elsewhere: [],
      candidates: [{ path: first }, { path: join(folder, 'c/srv') }],
      shell: undefined,
    });
  });

  it('a folder of that name and a file without the execute bit are passed over', () => {
    mkdirSync(join(folder, 'a/srv'), { recursive: true });
    put('b/srv', '', 0o644);
    const usable = put('c/srv');
    expect(look({}, path('a', 'b', 'c')).lookup).toMatchObject({ found: usable, problem: undefined });
  });

  it('nothing there', () => {
    expect(look({}).lookup).toMatchObject({ found: null, problem: 'not-found', elsewhere: [] });
    expect(look({}).file).toBeUndefined();
    expect(look({}, {}).lookup).toMatchObject({ found: null, problem: 'not-found', path: [] });
  });

  it('a file without the execute bit is told, and looked at', () => {
    const blocked = put('bin/srv', '#!/bin/sh\n', 0o644);
    const { lookup, file } = look({});
    expect(lookup).toMatchObject({ found: null, problem: 'not-executable' });
    expect(file).toMatchObject({ path: blocked, kind: 'script', executable: false });
  });

  it('a folder of that name alone is no command', () => {
    mkdirSync(join(folder, 'bin/srv'), { recursive: true });
    expect(look({}).lookup).toMatchObject({ found: null, problem: 'not-found' });
  });

  it('a link is followed, a dangling one is nothing', () => {
    const target = put('lib/srv');
    mkdirSync(join(folder, 'bin'));
    symlinkSync(target, join(folder, 'bin/srv'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'bin/gone'));
    expect(look({}).lookup?.found).toBe(join(folder, 'bin/srv'));
    expect(look({ command: 'gone' }).lookup).toMatchObject({ found: null, problem: 'not-found' });
  });
});

describe('a command with a slash', () => {
  it('is looked for from the working directory of the entry, never on the PATH', () => {
    put('bin/run.sh');
    const own = put('work/run.sh');
    expect(look({ command: './run.sh', cwd: 'work' }).lookup).toMatchObject({ found: own });
    expect(look({ command: './run.sh' }).lookup).toMatchObject({ found: null, problem: 'not-found' });
    expect(look({ command: own }).lookup?.found).toBe(own);
  });

  it('a folder is a folder, and a file without the execute bit is told', () => {
    mkdirSync(join(folder, 'work'));
    const blocked = put('run.sh', '', 0o600);
    expect(look({ command: './work' }).lookup).toMatchObject({ found: null, problem: 'is-directory' });
    expect(look({ command: './run.sh' })).toMatchObject({
      lookup: { problem: 'not-executable' },
      file: { path: blocked, executable: false },
    });
  });
});

describe('elsewhere', () => {
  it("the shell's PATH has it, the server's does not", () => {
    const found = put('shell/srv');
    put('shell2/srv', '', 0o644);
    const { lookup } = look(
      {},
      path('bin'),
      world({ env: { PATH: `${join(folder, 'shell')}:${join(folder, 'shell2')}` } }),
    );
    expect(lookup).toMatchObject({ found: null, elsewhere: [{ path: found, via: "your shell's PATH" }] });
  });

  it('the usual places have it, also those with a version in their path', () => {
    const local = put('home/.local/bin/srv');
    const nvm = put('home/.nvm/versions/node/v22.1.0/bin/srv');
    put('home/.nvm/versions/node/v20.1.0/bin/other');
    expect(look({}).lookup?.elsewhere).toEqual([
      { path: local, via: 'pip --user, pipx and uv' },
      { path: nvm, via: 'nvm' },
    ]);
  });

  it('nobody looks elsewhere when it was found, or when a path was asked for', () => {
    put('bin/srv');
    put('home/.local/bin/srv');
    put('home/.local/bin/gone');
    expect(look({}).lookup?.elsewhere).toEqual([]);
    expect(look({ command: './gone' }).lookup?.elsewhere).toEqual([]);
  });
});

describe('every candidate', () => {
  it('in order, with what speaks against it', () => {
    const blocked = put('a/srv', '', 0o644);
    const used = put('b/srv');
    const later = put('c/srv');
    expect(look({}, path('a', 'b', 'c')).lookup?.candidates).toEqual([
      { path: blocked, problem: 'not-executable' },
      { path: used },
      { path: later },
    ]);
    expect(look({ command: './srv' }, path('a', 'b')).lookup?.candidates).toBeUndefined();
  });
});

describe("what the user's shell would start", () => {
  const shellPath = (...folders: string[]) => world({ env: path(...folders) });

  it('another file, and who put it there', () => {
    put('bin/srv');
    const nvm = put('home/.nvm/versions/node/v22.1.0/bin/srv');
    const { lookup } = look({}, path('bin'), shellPath('home/.nvm/versions/node/v22.1.0/bin', 'bin'));
    expect(lookup?.shell).toEqual({ path: nvm, via: 'nvm' });
  });

  it('nothing to tell when it is the same, also behind a link', () => {
    const target = put('bin/srv');
    mkdirSync(join(folder, 'other'));
    symlinkSync(target, join(folder, 'other/srv'));
    expect(look({}, path('bin'), shellPath('bin')).lookup?.shell).toBeUndefined();
    expect(look({}, path('bin'), shellPath('other', 'bin')).lookup?.shell).toBeUndefined();
    expect(look({}, path('bin'), shellPath('nowhere')).lookup?.shell).toBeUndefined();
  });

  it('of a login shell, when it was asked and the environment knows nothing', () => {
    const found = put('home/.volta/bin/srv');
    const lookup = lookUp('srv', path('bin'), folder, shellPath('bin'), path('home/.volta/bin'));
    expect(lookup).toMatchObject({
      found: null,
      shell: { path: found, via: 'Volta' },
      elsewhere: [{ path: found, via: "your login shell's PATH" }],
    });
  });

  it('no process and no file of the login shell is touched for it', () => {
    put('bin/srv');
    const spawn = () => {
      throw new Error('a healthy server is looked at without starting anything');
    };
    expect(look({}, path('bin'), world({ env: path('bin'), spawn })).lookup?.found).toBe(join(folder, 'bin/srv'));
  });
});

describe('what the file is', () => {
  const shebang = (first: string) => {
    put('bin/srv', `${first}\nrest\n`);
    return look({}).file;
  };

  it('a script whose interpreter is there', () => {
    expect(shebang('#!/bin/sh -e')).toMatchObject({
      kind: 'script',
      executable: true,
      shebang: { line: '#!/bin/sh -e', interpreter: '/bin/sh', interpreterFound: true, crlf: false },
    });
    expect(shebang('#! /bin/sh')?.shebang).toMatchObject({ interpreter: '/bin/sh', interpreterFound: true });
  });

  it('a script whose interpreter is missing', () => {
    expect(shebang('#!/opt/venv/bin/python3')?.shebang).toMatchObject({
      interpreter: '/opt/venv/bin/python3',
      interpreterFound: false,
    });
  });

  it('env looks on the PATH of the server', () => {
    expect(shebang('#!/usr/bin/env mynode')?.shebang).toMatchObject({ interpreter: 'mynode', interpreterFound: false });
    put('bin/mynode');
    expect(look({}).file?.shebang).toMatchObject({ interpreter: 'mynode', interpreterFound: true });
  });

  it.each([
    ['#!/usr/bin/env -S mynode --flag', 'mynode'],
    ['#!/usr/bin/env -S NODE_ENV=x mynode', 'mynode'],
    ['#!/usr/bin/env -i A=1 mynode', 'mynode'],
  ])('%s', (line, interpreter) => {
    expect(shebang(line)?.shebang).toMatchObject({ line, interpreter });
  });

  it('a line that ends as on Windows', () => {
    expect(shebang('#!/usr/bin/env node\r')?.shebang).toMatchObject({
      line: '#!/usr/bin/env node',
      interpreter: 'node',
      crlf: true,
    });
  });

  it('an empty one', () => {
    expect(shebang('#!')?.shebang).toMatchObject({ interpreter: '', interpreterFound: false });
  });

  it.each<[string, string | Buffer, string]>([
    ['elf', '\x7fELF\x02\x01', 'elf'],
    ['pe', 'MZ\x90', 'pe'],
    ['mach-o', Buffer.from([0xcf, 0xfa, 0xed, 0xfe, 0]), 'mach-o'],
    ['text without a shebang', 'echo hello\n', 'text'],
    ['bytes', Buffer.from([1, 0, 2, 0]), 'unknown'],
    ['nothing', '', 'text'],
  ])('%s', (_name, bytes, kind) => {
    put('bin/srv', typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    expect(look({}).file).toEqual({ path: join(folder, 'bin/srv'), kind, executable: true });
  });
});

describe('the paths in an entry', () => {
  const paths = (entry: Partial<Entry>) => look(entry).paths;

  it('a script that is there, and one that is not', () => {
    const there = put('dist/index.js');
    expect(paths({ args: ['dist/index.js', 'build/index.js'] })).toEqual([
      { where: 'arg', word: 'dist/index.js', resolved: there, exists: true },
      { where: 'arg', word: 'build/index.js', resolved: join(folder, 'build/index.js'), exists: false },
    ]);
  });

  it('are resolved from the working directory of the entry', () => {
    const there = put('work/server.py');
    expect(paths({ cwd: 'work', args: ['server.py'] })).toEqual([
      { where: 'cwd', word: 'work', resolved: join(folder, 'work'), exists: true },
      { where: 'arg', word: 'server.py', resolved: there, exists: true },
    ]);
    expect(paths({ cwd: '/nowhere/at/all' })).toEqual([
      { where: 'cwd', word: '/nowhere/at/all', resolved: '/nowhere/at/all', exists: false },
    ]);
  });

  it('~ and quotes are taken literally, as a client takes them', () => {
    put('home/server.js');
    put('server.js');
    expect(
      paths({ args: ['~/server.js', '"./server.js"', "'/srv/x'"] }).map(({ word, exists }) => [word, exists]),
    ).toEqual([
      ['~/server.js', false],
      ['"./server.js"', false],
      ["'/srv/x'", false],
    ]);
  });

  it('the command itself, when it is a path', () => {
    expect(paths({ command: './venv/bin/python' })).toEqual([
      { where: 'command', word: './venv/bin/python', resolved: join(folder, 'venv/bin/python'), exists: false },
    ]);
    expect(paths({ command: 'python' })).toEqual([]);
  });

  it('options, names of packages, URLs and sentences are none', () => {
    expect(
      paths({
        args: [
          '-y',
          '--config=/etc/x',
          '@scope/package',
          'package@1.2.3',
          'https://x.example/a.js',
          'print("x.py") or y.py',
          '8080',
          '',
        ],
      }),
    ).toEqual([]);
  });
});

describe('variables', () => {
  it('are named with their state, never with their value', () => {
    const { env } = look({ env: { API_KEY: 'very-secret', EMPTY: '' } });
    expect(env).toEqual([
      { name: 'API_KEY', state: 'set' },
      { name: 'EMPTY', state: 'empty' },
    ]);
  });

  it('telling ones that only the shell has are named', () => {
    const where = world({ env: { GITHUB_TOKEN: 'x', EDITOR: 'vi', OTHER_KEY: 'y' } });
    const launch = look({ env: {} }, { ...path('bin'), OTHER_KEY: 'y' }, where);
    expect(launch.shellOnlyEnv).toEqual(['GITHUB_TOKEN']);
    expect(JSON.stringify(launch)).not.toContain('"x"');
  });
});

describe('Windows', () => {
  /** A machine of which only these files exist. */
  function windows(files: Record<string, 'file' | 'directory'>, more: Partial<World> = {}): World {
    const known = new Map(Object.entries(files).map(([name, kind]) => [name.toLowerCase(), kind]));
    return {
      ...realWorld(),
      platform: 'win32',
      cwd: 'C:\\work',
      home: 'C:\\Users\\me',
      env: {},
      stat: (name) => {
        const kind = known.get(name.toLowerCase());
        return kind ? { kind, mode: 0 } : null;
      },
      head: (name) => (known.has(name.toLowerCase()) ? Buffer.from('@echo off\r\n') : null),
      list: () => [],
      ...more,
    };
  }
  const env = { Path: 'C:\\Windows;C:\\Program Files\\nodejs', PATHEXT: '.COM;.EXE;.BAT;.CMD' };

  it('the extension is found by PATHEXT, in its order', () => {
    const both = windows({
      'C:\\Program Files\\nodejs\\npx.cmd': 'file',
      'C:\\Program Files\\nodejs\\npx.exe': 'file',
    });
    expect(lookUp('npx', env, 'C:\\work', both)).toMatchObject({
      found: 'C:\\Program Files\\nodejs\\npx.exe',
      path: ['C:\\Windows', 'C:\\Program Files\\nodejs'],
    });
    const one = windows({ 'C:\\Program Files\\nodejs\\npx.cmd': 'file' });
    expect(lookUp('npx', env, 'C:\\work', one)).toMatchObject({
      found: 'C:\\Program Files\\nodejs\\npx.cmd',
      problem: undefined,
    });
    expect(lookUp('npx', { Path: env.Path }, 'C:\\work', one).found).toBe('C:\\Program Files\\nodejs\\npx.cmd');
  });

  it('the script without an extension that npm puts beside it is no command', () => {
    expect(lookUp('npx', env, 'C:\\work', windows({ 'C:\\Program Files\\nodejs\\npx': 'file' }))).toMatchObject({
      found: null,
      problem: 'not-found',
    });
  });

  it('an extension that is written counts as written', () => {
    const where = windows({ 'C:\\Program Files\\nodejs\\npx.cmd': 'file' });
    expect(lookUp('npx.cmd', env, 'C:\\work', where).found).toBe('C:\\Program Files\\nodejs\\npx.cmd');
    expect(lookUp('npx.exe', env, 'C:\\work', where).found).toBeNull();
  });

  it('paths with backslashes and drive letters', () => {
    const where = windows({ 'C:\\work\\dist\\index.js': 'file', 'C:\\work\\tools\\run.cmd': 'file' });
    const launch = lookAtCommand(
      { command: '.\\tools\\run', args: ['C:\\work\\dist\\index.js', 'D:\\gone.js', '..\\x'], env: {} },
      env,
      where,
    );
    expect(launch.lookup?.found).toBe('C:\\work\\tools\\run.cmd');
    expect(launch.file).toMatchObject({ path: 'C:\\work\\tools\\run.cmd', kind: 'text', executable: true });
    expect(
      launch.paths.filter(({ where: place }) => place === 'arg').map(({ resolved, exists }) => [resolved, exists]),
    ).toEqual([
      ['C:\\work\\dist\\index.js', true],
      ['D:\\gone.js', false],
      ['C:\\x', false],
    ]);
  });

  it('the usual places of Windows have it', () => {
    const where = windows(
      {
        'C:\\Users\\me\\AppData\\Roaming\\nvm\\v22.11.0\\npx.cmd': 'file',
        'C:\\Users\\me\\.local\\bin\\uvx.exe': 'file',
      },
      { list: (name) => (name.endsWith('\\nvm\\') ? ['v22.11.0'] : []) },
    );
    expect(lookUp('uvx', env, 'C:\\work', where).elsewhere).toEqual([
      { path: 'C:\\Users\\me\\.local\\bin\\uvx.exe', via: 'uv and pipx' },
    ]);
    expect(lookUp('npx', env, 'C:\\work', where).elsewhere).toEqual([
      { path: 'C:\\Users\\me\\AppData\\Roaming\\nvm\\v22.11.0\\npx.cmd', via: 'nvm for Windows' },
    ]);
  });

  it('cmd /c names no path', () => {
    expect(lookAtCommand({ command: 'cmd', args: ['/c', 'npx', '-y', 'x'], env: {} }, env, windows({})).paths).toEqual(
      [],
    );
  });
});
