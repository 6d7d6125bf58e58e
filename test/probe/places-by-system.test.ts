/** Every place of every client on every system: a real file there is found once, with its scope, and shown as that system writes it. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client, ConfigPlace, Os } from '../../src/clients/client.js';
import { CLIENTS } from '../../src/clients/index.js';
import { type FoundFile, findConfigs } from '../../src/probe/configs.js';
import type { World } from '../../src/probe/world.js';
import { testFolder } from '../support/folder.js';
import { formOfPlace } from '../support/form-of-place.js';
import { linuxDisk, macDisk, windowsDisk } from '../support/machines.js';

const folder = testFolder();

const MACHINES: Record<Os, { disk: (folder: string, more?: Partial<World>) => World; fill: Record<string, string> }> = {
  windows: {
    disk: windowsDisk,
    fill: {
      '~': '/Users/ann',
      '%APPDATA%': '/Users/ann/AppData/Roaming',
      '%LOCALAPPDATA%': '/Users/ann/AppData/Local',
      '%PROGRAMDATA%': '/ProgramData',
      '%USERPROFILE%': '/Users/ann',
      'C:': '',
      '<project>': '/code/app',
    },
  },
  macos: { disk: macDisk, fill: { '~': '/Users/ann', '<project>': '/Users/ann/code/app' } },
  linux: { disk: linuxDisk, fill: { '~': '/home/ann', '<project>': '/home/ann/code/app' } },
};

/** Where a place lies on the disk of the test, with one name for each star. */
function onDisk(path: string, os: Os): string {
  const start = Object.keys(MACHINES[os].fill).find((one) => path.startsWith(one));
  return (start === undefined ? path : MACHINES[os].fill[start] + path.slice(start.length)).replaceAll('*', 'some-one');
}

/** As a person of that system writes it. */
function asShown(path: string, os: Os): string {
  const real = onDisk(path, os);
  const home = MACHINES[os].fill['~'] ?? '';
  const short = real.startsWith(`${home}/`) ? `~${real.slice(home.length)}` : os === 'windows' ? `C:${real}` : real;
  return os === 'windows' ? short.replaceAll('/', '\\') : short;
}

const lay = (path: string, text: string): void => {
  const whole = join(folder.path, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
};

const present = (files: FoundFile[]): FoundFile[] => files.filter(({ state }) => state !== 'absent');

const ROWS = CLIENTS.flatMap((client) =>
  client.places.flatMap((place) =>
    place.os.map((os): [string, Os, string, ConfigPlace, Client] => [client.id, os, place.path, place, client]),
  ),
);

it('each client has a place on Windows and on macOS, but for what is said to have none', () => {
  const without = (os: Os) => CLIENTS.filter(({ places }) => !places.some((place) => place.os.includes(os)));
  expect([without('windows'), without('macos'), without('linux')]).toEqual([[], [], []]);
});

describe.each(ROWS)('%s on %s: %s', (_id, os, path, place, client) => {
  it('is found, once, and by nobody else', () => {
    lay(
      onDisk(path, os),
      formOfPlace(client, place, os === 'windows' ? 'C:\\code\\app' : MACHINES[os].fill['<project>']),
    );
    const world = MACHINES[os].disk(folder.path);
    const found = present(findConfigs(world, { clients: [client] })).filter(
      ({ place: { root } }) => root.join() === place.root.join(),
    );
    expect(found.map(({ shown, state, place: { scope } }) => [shown, state, scope])).toEqual([
      [asShown(path, os), 'read', place.scope],
    ]);
    expect(found[0]?.entries.map(({ name }) => name)).toEqual(['weather']);
    expect(found[0]?.machine.os).toBe(os);
    expect(found[0]?.project === undefined).toBe(!path.startsWith('<project>'));
    // On the other systems it lies elsewhere, or the path means nothing.
    for (const other of Object.keys(MACHINES) as Os[]) {
      if (place.os.includes(other)) continue;
      const same = client.places.some((one) => one.os.includes(other) && onDisk(one.path, other) === onDisk(path, os));
      if (!same) expect(present(findConfigs(MACHINES[other].disk(folder.path), { clients: [client] }))).toEqual([]);
    }
  });
});

const MOVED = ROWS.flatMap(([id, os, , place, client]) =>
  (place.movedBy ?? []).map((move): [string, Os, string, typeof move, ConfigPlace, Client] => [
    id,
    os,
    move.variable,
    move,
    place,
    client,
  ]),
);

describe.each(MOVED)('%s on %s, moved by %s', (_id, os, variable, { replaces }, place, client) => {
  const windows = os === 'windows';
  const to = windows ? 'D:\\moved here' : '/moved here';
  const look = (name: string, value: string) => {
    const rest = place.path.slice(replaces.length).replaceAll('*', 'some-one');
    lay(`/${windows ? 'd/' : ''}moved here${rest}`, formOfPlace(client, place, '/x'));
    const { env } = MACHINES[os].disk(folder.path);
    const world = MACHINES[os].disk(folder.path, { env: { ...env, [name]: value } });
    return present(findConfigs(world, { clients: [client] }))
      .filter(({ place: { root, path } }) => path === place.path && root.join() === place.root.join())
      .map(({ shown }) => shown);
  };
  const expected = () => {
    const rest = place.path.slice(replaces.length).replaceAll('*', 'some-one');
    return [windows ? to + rest.replaceAll('/', '\\') : to + rest];
  };

  it('is found there', () => expect(look(variable, to)).toEqual(expected()));

  it(`is found there whatever the letters of the name, on Windows alone`, () => {
    expect(look(variable.toLowerCase(), to)).toEqual(windows ? expected() : []);
  });
});

describe('the folder that is open', () => {
  const cursor = CLIENTS.filter(({ id }) => id === 'cursor');
  const code = CLIENTS.filter(({ id }) => id === 'claude-code');
  const text = JSON.stringify({ mcpServers: { weather: { command: 'node', args: ['x.js'] } } });
  const shownOf = (world: World, clients: Client[], project?: string) =>
    present(findConfigs(world, { clients, ...(project !== undefined && { project }) })).map(({ shown }) => shown);

  it('may be spelled with another drive letter, slashes and case than the home folder, and is the same', () => {
    lay('/Users/ann/.cursor/mcp.json', text);
    for (const project of ['c:\\Users\\Ann', 'C:/users/ann/', 'C:\\Users\\ann\\'])
      expect(shownOf(windowsDisk(folder.path), cursor, project)).toEqual(['~\\.cursor\\mcp.json']);
    expect(shownOf(macDisk(folder.path), cursor, '/Users/Ann')).toEqual(['~/.cursor/mcp.json']);
  });

  it('may be the home folder by way of a link', () => {
    lay('/home/ann/.cursor/mcp.json', text);
    mkdirSync(join(folder.path, 'var'));
    symlinkSync(join(folder.path, 'home'), join(folder.path, 'var/home'));
    expect(shownOf(linuxDisk(folder.path), cursor, '/var/home/ann')).toEqual(['~/.cursor/mcp.json']);
  });

  it('is searched up to the root of its drive, and of its share', () => {
    lay('/.mcp.json', text);
    lay('/code/.mcp.json', text);
    expect(shownOf(windowsDisk(folder.path), code, 'c:\\code\\app')).toEqual(['c:\\code\\.mcp.json', 'c:\\.mcp.json']);
    expect(shownOf(windowsDisk(folder.path), code, 'C:\\')).toEqual(['C:\\.mcp.json']);
    lay('/unc/wsl$/Ubuntu/home/ann/app/.mcp.json', text);
    lay('/unc/wsl$/Ubuntu/.mcp.json', text);
    lay('/unc/wsl$/.mcp.json', text);
    expect(shownOf(windowsDisk(folder.path), code, '\\\\wsl$\\Ubuntu\\home\\ann\\app')).toEqual([
      '\\\\wsl$\\Ubuntu\\home\\ann\\app\\.mcp.json',
      '\\\\wsl$\\Ubuntu\\.mcp.json',
    ]);
  });

  it('is told from others in the file of Claude Code, however its path is written there', () => {
    const own = { command: 'node', args: ['x.js'] };
    for (const written of ['C:/code/app', 'c:\\code\\app', 'C:\\Code\\App\\']) {
      const state = (answers: object) =>
        lay('/Users/ann/.claude.json', JSON.stringify({ projects: { [written]: answers } }));
      const pending = () =>
        findConfigs(windowsDisk(folder.path), { clients: code })
          .flatMap(({ faults }) => faults)
          .filter(({ rule }) => rule === 'approval-pending').length;
      lay('/code/app/.mcp.json', text);
      state({});
      expect(pending()).toBe(1);
      state({ enabledMcpjsonServers: ['weather'] });
      expect(pending()).toBe(0);
      // The same name in the user's file for this folder hides the one of the project.
      state({ mcpServers: { weather: own }, enabledMcpjsonServers: ['weather'] });
      const shadowed = findConfigs(windowsDisk(folder.path), { clients: code }).flatMap(({ faults, place }) =>
        faults.filter(({ rule }) => rule === 'shadowed').map(() => place.scope),
      );
      expect(shadowed).toEqual(['project']);
    }
  });
});
