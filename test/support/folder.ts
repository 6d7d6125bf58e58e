/** A folder of real files for one test file, and a world that has its home there. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { realWorld, type World } from '../../src/probe/world.js';

export interface Folder {
  readonly path: string;
  /** Write a file; with `mode` 755 it can be executed. Returns its path. */
  put(path: string, text?: string | Buffer, mode?: number): string;
  /** The real world, with its working directory and home in this folder, and an empty environment. */
  world(more?: Partial<World>): World;
}

/** A fresh folder for every test of the file that calls this. */
export function testFolder(): Folder {
  let root = '';
  let path = '';
  let count = 0;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
  });
  beforeEach(() => {
    path = join(root, String(count++));
    mkdirSync(path);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    put(name, text = '', mode = 0o755) {
      const full = join(path, name);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
      chmodSync(full, mode);
      return full;
    },
    world: (more = {}) => ({ ...realWorld(), cwd: path, home: join(path, 'home'), env: {}, ...more }),
  };
}

/** A machine with Windows of which only these files exist; the value is a file's text, null stands for a folder. */
export function windowsWorld(files: Record<string, string | null>, more: Partial<World> = {}): World {
  const known = new Map(Object.entries(files).map(([name, text]) => [name.toLowerCase(), text]));
  return {
    ...realWorld(),
    platform: 'win32',
    arch: 'x64',
    cwd: 'C:\\work',
    home: 'C:\\Users\\me',
    env: {},
    stat: (name) => {
      const text = known.get(name.toLowerCase());
      return text === undefined ? null : { kind: text === null ? 'directory' : 'file', mode: 0 };
    },
    head: (name, bytes) => {
      const text = known.get(name.toLowerCase());
      return text === undefined || text === null ? null : Buffer.from(text, 'latin1').subarray(0, bytes);
    },
    list: (name) => {
      const folder = name.toLowerCase().replace(/\\?$/, '\\');
      const below = [...Object.keys(files)].filter((path) => path.toLowerCase().startsWith(folder));
      return [...new Set(below.map((path) => path.slice(folder.length).split('\\')[0] ?? ''))];
    },
    realpath: (path) => path,
    ...more,
  };
}
