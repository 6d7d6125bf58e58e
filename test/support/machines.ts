/** Machines of other systems whose files are real: a folder of this one stands for their disk. */
import { join } from 'node:path';
import { realWorld, type World } from '../../src/probe/world.js';

const read = (to: (path: string) => string, real: World) => ({
  stat: (path: string) => real.stat(to(path)),
  head: (path: string, bytes: number) => real.head(to(path), bytes),
  read: (path: string, limit: number) => real.read(to(path), limit),
  list: (path: string) => real.list(to(path)),
  realpath: (path: string) => path,
});

/** Windows, with `C:` in the folder. */
export function windowsDisk(folder: string, more: Partial<World> = {}): World {
  const real = realWorld();
  const to = (path: string) => join(folder, path.replaceAll('\\', '/').replace(/^C:/i, ''));
  return {
    ...real,
    platform: 'win32',
    cwd: 'C:\\work\\app',
    home: 'C:\\Users\\ann',
    env: { APPDATA: 'C:\\Users\\ann\\AppData\\Roaming', LocalAppData: 'C:\\Users\\ann\\AppData\\Local' },
    ...read(to, real),
    ...more,
  };
}

/** Linux inside Windows, with `/` in the folder. */
export function wslDisk(folder: string, more: Partial<World> = {}): World {
  const real = realWorld();
  const to = (path: string) => join(folder, path);
  const world = read(to, real);
  return {
    ...real,
    platform: 'linux',
    cwd: '/home/ann/app',
    home: '/home/ann',
    env: {},
    ...world,
    head: (path, bytes) =>
      path === '/proc/sys/kernel/osrelease'
        ? Buffer.from('5.15.153.1-microsoft-standard-WSL2\n').subarray(0, bytes)
        : world.head(path, bytes),
    ...more,
  };
}
