/** Linux inside Windows: the files of the Windows clients are judged by the rules of Windows, and nothing of them is started here. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { candidateOf, entriesOf } from '../../src/cli/doctor-entries.js';
import { lookedAt } from '../../src/cli/entry.js';
import { CLIENTS } from '../../src/clients/index.js';
import { applyEdits } from '../../src/config/edit.js';
import { findConfigs } from '../../src/probe/configs.js';
import { entryNamed } from '../../src/probe/declared.js';
import { surroundingsOf } from '../../src/probe/play.js';
import type { World } from '../../src/probe/world.js';
import { testFolder } from '../support/folder.js';
import { formOfPlace } from '../support/form-of-place.js';
import { wslDisk } from '../support/machines.js';

const folder = testFolder();
const HOME = '/mnt/c/Users/Ann Doe';
const lay = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder.path, path)), { recursive: true });
  writeFileSync(join(folder.path, path), text);
};
const nothingStarts = () => {
  throw new Error('nothing starts here');
};
const world = (): World => wslDisk(folder.path, { spawn: nothingStarts });
const clients = (id: string) => CLIENTS.filter((client) => client.id === id);
const found = (id: string) => findConfigs(world(), { clients: clients(id) }).filter(({ config }) => config);

const ROWS = CLIENTS.flatMap((client) =>
  client.places
    .filter(({ os, path }) => os.includes('windows') && !path.startsWith('<project>'))
    .map((place) => [client.id, place.path, place, client] as const),
);

describe.each(ROWS)('%s: %s', (id, path, place, client) => {
  it('is found on the Windows side, by the path that WSL gives it', () => {
    const real = path
      .replaceAll('*', 'some-one')
      .replace(/^%APPDATA%/, `${HOME}/AppData/Roaming`)
      .replace(/^%LOCALAPPDATA%/, `${HOME}/AppData/Local`)
      .replace(/^%PROGRAMDATA%/, '/mnt/c/ProgramData')
      .replace(/^~/, HOME)
      .replace(/^C:/, '/mnt/c');
    mkdirSync(join(folder.path, HOME), { recursive: true });
    lay(real, formOfPlace(client, place, 'C:\\x'));
    const seen = found(id).filter(({ place: { root } }) => root.join() === place.root.join());
    expect(seen.map((file) => [file.shown, file.throughWsl, file.machine.os, file.place.windowsSide])).toEqual([
      [real, true, 'windows', true],
    ]);
    expect(seen[0]?.entries.map(({ name }) => name)).toEqual(['weather']);
  });
});

describe('an entry of the Windows side', () => {
  const PATH = `${HOME}/AppData/Roaming/Claude/claude_desktop_config.json`;
  const file = (entry: object) => lay(PATH, JSON.stringify({ mcpServers: { weather: entry } }, null, 2));

  it('is judged by the paths of Windows, and mended with those', () => {
    lay(`${HOME}/AppData/Roaming/Claude/server.js`, '');
    lay('/mnt/d/tools/x.js', '');
    file({ command: 'node', args: ['./server.js'] });
    const [seen] = found('claude-desktop');
    const relative = seen?.faults.find(({ rule }) => rule === 'path-relative');
    expect(applyEdits(seen?.config?.text ?? '', relative?.edits ?? [])).toContain(
      '"C:/Users/Ann Doe/AppData/Roaming/Claude/server.js"',
    );
    file({ command: 'node', args: ['D:\\tools\\x.js'] });
    expect(found('claude-desktop')[0]?.faults.map(({ rule }) => rule)).toEqual([]);
    file({ command: 'node', args: ['D:\\tools\\y.js'] });
    expect(found('claude-desktop')[0]?.faults.map(({ rule }) => rule)).toEqual(['path-missing']);
    file({ command: 'node', args: ['~\\x.js'] });
    expect(found('claude-desktop')[0]?.faults.map(({ rule }) => rule)).toEqual(['path-tilde']);
  });

  it('is not started here, whoever asks for it', async () => {
    file({ command: 'node', args: ['D:\\tools\\x.js'] });
    const named = entryNamed('claude-desktop:weather', world());
    expect(named.found.throughWsl).toBe(true);
    expect((await lookedAt(named, world())).spec).toEqual({ kind: 'entry' });
  });

  it('for a folder on Windows is not told to be for one that is gone', async () => {
    mkdirSync(join(folder.path, '/mnt/c/code/app'), { recursive: true });
    const servers = { weather: { command: 'node', args: ['x'] } };
    lay(
      `${HOME}/.claude.json`,
      JSON.stringify({ projects: { 'C:\\code\\app': { mcpServers: servers }, 'C:/gone': { mcpServers: servers } } }),
    );
    const all = entriesOf(found('claude-code'));
    const own = { ...world(), env: {} };
    const off = await Promise.all(
      all.map(async (pair) => {
        const surroundings = surroundingsOf(own);
        return (await candidateOf(pair, own, { project: own.cwd, surroundings }))?.off;
      }),
    );
    expect(off).toEqual([undefined, 'for a folder that is gone: C:/gone']);
  });
});
