/** Files of clients on a real disk: all of them are found, and each that cannot be had is told with the reason. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/clients/client.js';
import { clientOf } from '../../src/clients/index.js';
import { type FoundFile, findConfigs, MAX_CONFIG_BYTES, machineOf } from '../../src/probe/configs.js';
import { readBounded } from '../../src/probe/read-file.js';
import type { World } from '../../src/probe/world.js';
import { layHome, PLACES } from '../support/doctor-home.js';
import { fileOf } from '../support/entry-forms.js';
import { testFolder } from '../support/folder.js';
import { windowsDisk, wslDisk } from '../support/machines.js';

const folder = testFolder();
const home = () => join(folder.path, 'home');
const client = (id: string): Client => {
  const found = clientOf(id);
  if (!found) throw new Error(`no client ${id}`);
  return found;
};
const present = (files: FoundFile[]) => files.filter(({ state }) => state !== 'absent');
const cursorFiles = (world: World, project?: string) =>
  present(findConfigs(world, { clients: [client('cursor')], ...(project && { project }) }));
const ENTRY = { command: 'node', args: ['/srv/server.js'] };
const one = (name: string) => fileOf('cursor', { [name]: ENTRY });

describe('the files of twelve clients', () => {
  it('are found in a home folder, each in its own form, and give their servers', () => {
    const clients = Object.keys(PLACES) as (keyof typeof PLACES)[];
    layHome(home(), Object.fromEntries(clients.map((id) => [id, fileOf(id, { [`of-${id}`]: ENTRY })])));
    const found = present(findConfigs(folder.world()));
    const names = found.flatMap(({ client: { id }, entries, place }) =>
      place.shared ? [] : entries.map(({ name }) => [id, name]),
    );
    expect(Object.fromEntries(names)).toEqual(Object.fromEntries(clients.map((id) => [id, `of-${id}`])));
    expect(found.find(({ client: { id } }) => id === 'goose')).toMatchObject({
      state: 'read',
      shown: '~/.config/goose/config.yaml',
      path: join(home(), '.config/goose/config.yaml'),
    });
  });

  it('that are not there are told, too, and nothing else is', () => {
    const all = findConfigs(folder.world());
    expect(all.every(({ state, entries }) => state === 'absent' && entries.length === 0)).toBe(true);
    expect(all.map(({ shown }) => shown)).toContain('~/.cursor/mcp.json');
  });
});

describe('a file that cannot be read', () => {
  const PATH = '.cursor/mcp.json';
  const state = () => {
    const [file, ...more] = cursorFiles(folder.world());
    expect(more).toEqual([]);
    return file && { state: file.state, why: file.why, entries: file.entries.length };
  };

  it('has 50 MB', () => {
    const path = folder.put(`home/${PATH}`, '{');
    truncateSync(path, 50 * 1024 * 1024);
    expect(state()).toEqual({ state: 'too-large', why: 'it has 50 MB, and at most 8 MB are read', entries: 0 });
  });

  it('has more than 1 MB where it is written by hand', () => {
    truncateSync(folder.put('home/.codex/config.toml', 'a = 1\n'), 1024 * 1024 + 1);
    const [file] = present(findConfigs(folder.world(), { clients: [client('codex')] }));
    expect(file).toMatchObject({ state: 'too-large', why: 'it has 1 MB, and at most 1 MB are read' });
  });

  it('grows while it is read, as those do that have no size', () => {
    expect(readBounded('/proc/self/status', 10)).toMatchObject({ state: 'too-large' });
    const whole = readBounded('/proc/self/status', MAX_CONFIG_BYTES);
    expect(whole.state === 'read' && whole.bytes.toString('utf8')).toContain('VmRSS');
  });

  it.each([
    ['binary data', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')],
    ['a program', Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(100)])],
  ])('is %s', (_, bytes) => {
    folder.put(`home/${PATH}`, bytes);
    expect(state()).toEqual({ state: 'binary', why: 'it holds binary data, no text', entries: 0 });
  });

  it.each([
    ['with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(one('wide'), 'utf16le')])],
    ['without one', Buffer.from(one('wide'), 'utf16le')],
  ])('is none when it is UTF-16 %s', (_, bytes) => {
    folder.put(`home/${PATH}`, bytes);
    expect(state()?.state).toBe('read');
  });

  it('is a folder', () => {
    mkdirSync(join(home(), PATH), { recursive: true });
    expect(state()).toEqual({ state: 'not-a-file', why: 'it is no file but a folder', entries: 0 });
  });

  it('is a pipe, which is not opened: that would wait for ever', () => {
    mkdirSync(join(home(), '.cursor'), { recursive: true });
    execFileSync('mkfifo', [join(home(), PATH)]);
    expect(state()).toEqual({
      state: 'not-a-file',
      why: 'it is no file but a named pipe, which was not opened',
      entries: 0,
    });
  });

  it('is a device or a socket', async () => {
    mkdirSync(join(home(), '.cursor'), { recursive: true });
    symlinkSync('/dev/zero', join(home(), PATH));
    expect(state()).toEqual({
      state: 'not-a-file',
      why: 'it is no file but a device, which was not opened',
      entries: 0,
    });
    rmSync(join(home(), PATH));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(home(), PATH), resolve));
    expect(state()?.why).toBe('it is no file but a socket, which was not opened');
    await new Promise((resolve) => server.close(resolve));
  });

  it('is a link to itself, or to another that leads back', () => {
    mkdirSync(join(home(), '.cursor'), { recursive: true });
    symlinkSync('other.json', join(home(), PATH));
    symlinkSync('mcp.json', join(home(), '.cursor/other.json'));
    expect(state()).toEqual({ state: 'loop', why: 'it is a symbolic link that leads back to itself', entries: 0 });
  });

  it('is a link to nothing', () => {
    mkdirSync(join(home(), '.cursor'), { recursive: true });
    symlinkSync('dotfiles/mcp.json', join(home(), PATH));
    expect(readlinkSync(join(home(), PATH))).toBe('dotfiles/mcp.json');
    expect(state()).toEqual({
      state: 'unreadable',
      why: 'it is a symbolic link to dotfiles/mcp.json, and nothing is there',
      entries: 0,
    });
  });

  it('vanished while it was being read', () => {
    const world = folder.world({ read: () => ({ state: 'unreadable', code: 'ENOENT', vanished: true }) });
    expect(cursorFiles(world)[0]).toMatchObject({ state: 'unreadable', why: 'it vanished while it was being read' });
  });

  it('may not be read, and belongs to somebody else', () => {
    const path = folder.put(`home/${PATH}`, one('x'), 0o600);
    const root = process.getuid?.() === 0;
    if (root) chownSync(path, 12_345, 12_345);
    else chmodSync(path, 0o000);
    // Nothing is forbidden to root: somebody else looks.
    const script = `import { readBounded } from ${JSON.stringify(fileURLToPath(new URL('../../src/probe/read-file.ts', import.meta.url)))};
      console.log(JSON.stringify(readBounded(${JSON.stringify(path)}, 1000)));`;
    for (const place of ['home', 'home/.cursor', '']) chmodSync(join(folder.path, place), 0o755);
    chmodSync(join(folder.path, '..'), 0o755);
    const words = ['--import', 'tsx', '--input-type=module', '-e', script];
    const said = execFileSync(process.execPath, words, { encoding: 'utf8', ...(root && { uid: 65_534, gid: 65_534 }) });
    expect(JSON.parse(said)).toEqual({
      state: 'unreadable',
      code: 'EACCES',
      mode: root ? 0o600 : 0,
      ...(root && { owner: 12_345 }),
    });
    const world = folder.world({ read: () => JSON.parse(said) });
    const owner = root ? 'it belongs to another user (id 12345), and ' : '';
    expect(cursorFiles(world)[0]?.why).toBe(`${owner}you may not read it (mode ${root ? '600' : '000'})`);
  });

  it('of another user that can be read is read, and said to be', () => {
    const read = () => ({ state: 'read' as const, bytes: Buffer.from(one('x')), mtimeMs: 1, owner: 1_001 });
    expect(cursorFiles(folder.world({ read }))[0]).toMatchObject({
      state: 'read',
      why: 'it belongs to another user (id 1001)',
      entries: [{ name: 'x' }],
    });
  });
});

describe('the project', () => {
  it('is the working directory, or the one that is named', () => {
    folder.put('app/.cursor/mcp.json', one('in-app'));
    expect(cursorFiles(folder.world())).toEqual([]);
    const [file] = cursorFiles(folder.world(), join(folder.path, 'app'));
    expect(file).toMatchObject({ project: join(folder.path, 'app'), entries: [{ name: 'in-app' }] });
    expect(cursorFiles(folder.world({ cwd: join(folder.path, 'app') }))).toHaveLength(1);
  });

  it('that is the home folder gives no server twice', () => {
    layHome(home(), { cursor: one('once') });
    expect(cursorFiles(folder.world({ cwd: home() })).map(({ place }) => place.scope)).toEqual(['user']);
  });

  it('has folders above it, which count where the client reads them', () => {
    const code = client('claude-code');
    folder.put('home/.mcp.json', one('at-home'));
    folder.put('home/code/app/.mcp.json', one('in-app'));
    folder.put('home/code/app/.git/HEAD');
    const names = (clients: Client[]) =>
      findConfigs(folder.world({ cwd: join(home(), 'code/app') }), { clients }).flatMap(({ entries }) =>
        entries.map(({ name }) => name),
      );
    expect(names([code])).toEqual(['in-app', 'at-home']);
    const own = { ...code, places: code.places.map(({ above: _, ...place }) => place) };
    expect(names([own])).toEqual(['in-app']);
    const inRepository = code.places.map((place) => ({
      ...place,
      ...(place.above && { above: 'repository' as const }),
    }));
    expect(names([{ ...code, places: inRepository }])).toEqual(['in-app']);
  });
});

it('the folders above are left alone where the client stops at the repository and there is none', () => {
  folder.put('home/code/app/x');
  folder.put('home/code/.codex/config.toml', '[mcp_servers.above]\ncommand = "node"\n');
  const names = () =>
    findConfigs(folder.world({ cwd: join(home(), 'code/app') }), { clients: [client('codex')] }).flatMap(
      ({ entries }) => entries.map(({ name }) => name),
    );
  expect(names()).toEqual([]);
  folder.put('home/code/.git/HEAD');
  expect(names()).toEqual(['above']);
});

describe('a place', () => {
  it('with a star is every name that fits, and no hidden one', () => {
    folder.put('home/.continue/mcpServers/a.yaml', 'mcpServers:\n  - name: a\n    command: node\n');
    folder.put('home/.continue/mcpServers/b.yaml', 'mcpServers:\n  - name: b\n    command: node\n');
    folder.put('home/.continue/mcpServers/.c.yaml', 'mcpServers:\n  - name: c\n    command: node\n');
    folder.put('home/.continue/mcpServers/d.txt', 'mcpServers:\n  - name: d\n');
    const files = present(findConfigs(folder.world(), { clients: [client('continue')] }));
    expect(files.map(({ shown }) => shown)).toEqual(['~/.continue/mcpServers/a.yaml', '~/.continue/mcpServers/b.yaml']);
  });

  it('is bounded: of ten thousand names the first are looked at', () => {
    const world = folder.world({
      list: (path) => (path.endsWith('mcpServers') ? Array.from({ length: 10_000 }, (_, i) => `${i}.yaml`) : []),
      read: () => ({ state: 'read', bytes: Buffer.from('mcpServers: []'), mtimeMs: 0 }),
    });
    const files = findConfigs(world, { clients: [client('continue')] });
    expect(
      files.filter(({ path }) => path.includes(`${home()}/.continue/mcpServers/`) && path.endsWith('.yaml')),
    ).toHaveLength(200);
  });

  it('is moved by a variable of the client, and its usual one is left alone', () => {
    folder.put('home/.codex/config.toml', '[mcp_servers.usual]\ncommand = "node"\n');
    folder.put('elsewhere/config.toml', '[mcp_servers.moved]\ncommand = "node"\n');
    const names = (env: Record<string, string>) =>
      findConfigs(folder.world({ env }), { clients: [client('codex')] }).flatMap(({ entries }) =>
        entries.map(({ name }) => name),
      );
    expect(names({})).toEqual(['usual']);
    expect(names({ CODEX_HOME: join(folder.path, 'elsewhere') })).toEqual(['moved']);
    expect(names({ CODEX_HOME: '' })).toEqual(['usual']);
  });

  it('in which the client reads nothing is told when servers stand in it, and only then', () => {
    const code = client('claude-code');
    folder.put('home/.claude/settings.json', one('lost'));
    const lost = findConfigs(folder.world(), { clients: [code] }).find(({ notRead }) => notRead);
    expect(lost).toMatchObject({ shown: '~/.claude/settings.json', entries: [{ name: 'lost' }] });
    expect(lost?.faults.map(({ rule }) => rule)).toEqual(['file-not-read']);
    folder.put('home/.claude/settings.json', '{"permissions": {}}');
    expect(findConfigs(folder.world(), { clients: [code] }).filter(({ notRead }) => notRead)).toEqual([]);
  });

  it('that holds two kinds of servers is read once and told for each', () => {
    const project = join(home(), 'app');
    folder.put(
      'home/.claude.json',
      JSON.stringify({ mcpServers: { everywhere: ENTRY }, projects: { [project]: { mcpServers: { here: ENTRY } } } }),
    );
    const files = present(findConfigs(folder.world(), { clients: [client('claude-code')] }));
    expect(files.map(({ place, entries }) => [place.scope, entries.map(({ name }) => name)])).toEqual([
      ['local', ['here']],
      ['user', ['everywhere']],
    ]);
    expect(files[0]?.entries[0]?.project).toBe(project);
  });

  it('with a fault of the whole file tells it once', () => {
    folder.put('home/.claude.json', '{ "mcpServers": { "a": { "command": "node" }, } }');
    const faults = findConfigs(folder.world(), { clients: [client('claude-code')] }).flatMap((file) => file.faults);
    expect(faults.filter(({ rule }) => rule.startsWith('syntax-'))).toHaveLength(1);
  });
});

describe('the same name twice', () => {
  it('is told to the rules, where both can meet', () => {
    const app = join(home(), 'app');
    mkdirSync(app, { recursive: true });
    folder.put(
      'home/.claude.json',
      JSON.stringify(
        {
          mcpServers: { weather: ENTRY, only: ENTRY },
          projects: { [app]: { mcpServers: { weather: ENTRY } }, '/other': { mcpServers: { only2: ENTRY } } },
        },
        null,
        2,
      ),
    );
    const files = findConfigs(folder.world({ cwd: app }), { clients: [client('claude-code')] });
    const shadowed = files.flatMap(({ place, faults }) =>
      faults.filter(({ rule }) => rule === 'shadowed').map(({ server }) => [place.scope, server]),
    );
    expect(shadowed).toEqual([['user', 'weather']]);
  });
});

describe('what a user said to the servers of a project', () => {
  const app = () => join(home(), 'app');
  const pending = () =>
    findConfigs(folder.world({ cwd: app() }), { clients: [client('claude-code')] })
      .flatMap(({ faults }) => faults.filter(({ rule }) => rule === 'approval-pending'))
      .map(({ server }) => server);
  const lay = (answers: { state?: object; local?: object; user?: object }) => {
    folder.put('home/app/.mcp.json', fileOf('cursor', { a: ENTRY, b: ENTRY }));
    if (answers.state) folder.put('home/.claude.json', JSON.stringify({ projects: { [app()]: answers.state } }));
    if (answers.local) folder.put('home/app/.claude/settings.local.json', JSON.stringify(answers.local));
    if (answers.user) folder.put('home/.claude/settings.json', JSON.stringify(answers.user));
  };

  it.each<[string, Parameters<typeof lay>[0], string[]]>([
    ['nothing is known without a file of answers', {}, []],
    ['no answer yet', { state: {} }, ['a', 'b']],
    ['one was allowed', { state: { enabledMcpjsonServers: ['a'] } }, ['b']],
    ['all were allowed', { state: {}, user: { enableAllProjectMcpServers: true } }, []],
    [
      'all but one that was refused',
      { local: { enableAllProjectMcpServers: true }, state: { disabledMcpjsonServers: ['b'] } },
      ['b'],
    ],
    ['allowed in the settings of the project', { local: { enabledMcpjsonServers: ['a', 'b'] } }, []],
  ])('%s', (_, answers, expected) => {
    lay(answers);
    expect(pending()).toEqual(expected);
  });

  it('is no matter for a file that came with no project', () => {
    folder.put('home/.claude.json', JSON.stringify({ mcpServers: { a: ENTRY } }));
    expect(pending()).toEqual([]);
  });
});

describe('Windows', () => {
  it('keeps them in APPDATA, and the packaged app in a folder of its own', () => {
    const claude = fileOf('claude-desktop', { weather: ENTRY });
    folder.put('Users/ann/AppData/Roaming/Claude/claude_desktop_config.json', claude);
    folder.put(
      'Users/ann/AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json',
      claude,
    );
    folder.put('Users/ann/.cursor/mcp.json', one('of-cursor'));
    folder.put('code/app/.cursor/mcp.json', one('of-project'));
    const clients = [client('claude-desktop'), client('cursor')];
    const files = present(findConfigs(windowsDisk(folder.path), { clients }));
    expect(files.map(({ shown }) => shown)).toEqual([
      '~\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
      '~\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json',
      '~\\.cursor\\mcp.json',
      'C:\\code\\app\\.cursor\\mcp.json',
    ]);
    expect(files[0]?.path).toBe('C:/Users/ann/AppData/Roaming/Claude/claude_desktop_config.json');
  });

  it('has no variable for it in every session', () => {
    folder.put('Users/ann/AppData/Roaming/Claude/claude_desktop_config.json', fileOf('claude-desktop', { a: ENTRY }));
    const world = windowsDisk(folder.path, { env: {} });
    expect(present(findConfigs(world, { clients: [client('claude-desktop')] }))).toHaveLength(1);
  });
});

describe('WSL', () => {
  it('has the files of both sides, and those of Windows are marked', () => {
    folder.put('home/ann/.cursor/mcp.json', one('in-linux'));
    folder.put('mnt/c/Users/Ann Doe/.cursor/mcp.json', one('in-windows'));
    folder.put('mnt/c/Users/Public/.cursor/mcp.json', one('of-nobody'));
    folder.put(
      'mnt/c/Users/Ann Doe/AppData/Roaming/Claude/claude_desktop_config.json',
      fileOf('claude-desktop', { d: ENTRY }),
    );
    const clients = [client('claude-desktop'), client('cursor')];
    const files = present(findConfigs(wslDisk(folder.path), { clients }));
    expect(files.map(({ shown, throughWsl, machine: { os } }) => [shown, throughWsl ?? false, os])).toEqual([
      ['~/.cursor/mcp.json', false, 'linux'],
      ['/mnt/c/Users/Ann Doe/AppData/Roaming/Claude/claude_desktop_config.json', true, 'windows'],
      ['/mnt/c/Users/Ann Doe/.cursor/mcp.json', true, 'windows'],
    ]);
    expect(files[2]?.place.windowsSide).toBe(true);
    // Paths in them are those of Windows.
    folder.put('mnt/c/tools/server.exe');
    const look = files[2]?.machine.look;
    expect(look?.('C:\\tools\\server.exe')).toBe('file');
    expect(look?.('C:/tools/none.exe')).toBeNull();
    expect(look?.('/usr/bin/node')).toBeUndefined();
  });
});

describe('what the rules may know of the machine', () => {
  it('is what stands at a path, and which variables are set', () => {
    folder.put('home/x.js');
    const machine = machineOf(folder.world({ env: { A: '1', EMPTY: '' } }), '/work');
    expect(machine).toMatchObject({ home: home(), project: '/work' });
    expect([machine.look(join(home(), 'x.js')), machine.look(home()), machine.look(join(home(), 'y.js'))]).toEqual([
      'file',
      'directory',
      null,
    ]);
    expect([machine.look('relative.js'), machine.look('/a\0b')]).toEqual([undefined, undefined]);
    expect([machine.isSet('A'), machine.isSet('EMPTY'), machine.isSet('B')]).toEqual([true, true, false]);
  });

  it('on Windows does not tell upper from lower case in variables', () => {
    const machine = machineOf(windowsDisk(folder.path));
    expect([machine.isSet('localappdata'), machine.isSet('nothing')]).toEqual([true, false]);
  });
});

it('throws for no content whatever', () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"mcpServers": 7}',
    '{"mcpServers": [null, 1]}',
    '\u0000'.repeat(3),
    '{"mcpServers": {"__proto__": {"command": "x"}, "constructor": 1}}',
  ]) {
    writeFileSync(folder.put('home/.cursor/mcp.json'), text);
    expect(() => findConfigs(folder.world(), { clients: [client('cursor')] }), text).not.toThrow();
  }
});
