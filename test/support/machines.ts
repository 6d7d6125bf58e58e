/** Machines of other systems whose files are real: a folder of this one stands for their disk. */
import { join } from 'node:path';
import { realWorld, type World } from '../../src/probe/world.js';

const read = (to: (path: string) => string, real: World) => ({
  stat: (path: string) => real.stat(to(path)),
  head: (path: string, bytes: number) => real.head(to(path), bytes),
  read: (path: string, limit: number) => real.read(to(path), limit),
  tail: (path: string, limit: number) => real.tail(to(path), limit),
  list: (path: string) => real.list(to(path)),
  realpath: (path: string) => path,
});

/** Windows, with `C:` in the folder, other drives in one named by their letter, and shares of other machines in `unc`. */
export function windowsDisk(folder: string, more: Partial<World> = {}): World {
  const real = realWorld();
  const to = (path: string) =>
    join(
      folder,
      path
        .replaceAll('\\', '/')
        .replace(/^\/\/(?=[^/])/, '/unc/')
        .replace(/^C:/i, '')
        .replace(/^([A-Z]):/i, (_, drive: string) => `/${drive.toLowerCase()}`),
    );
  return {
    ...real,
    platform: 'win32',
    cwd: 'C:\\code\\app',
    home: 'C:\\Users\\ann',
    env: { APPDATA: 'C:\\Users\\ann\\AppData\\Roaming', LocalAppData: 'C:\\Users\\ann\\AppData\\Local' },
    ...read(to, real),
    ...more,
  };
}

const posixDisk = (folder: string, own: Partial<World>, more: Partial<World>): World => {
  const real = realWorld();
  const to = (path: string) => join(folder, path);
  // Links in the folder lead to real paths; those of the machine begin behind it.
  const realpath = (path: string) => real.realpath(to(path)).replace(real.realpath(folder), '') || '/';
  return { ...real, env: {}, ...read(to, real), realpath, ...own, ...more };
};

/** macOS, with `/` in the folder. */
export const macDisk = (folder: string, more: Partial<World> = {}): World =>
  posixDisk(folder, { platform: 'darwin', cwd: '/Users/ann/code/app', home: '/Users/ann' }, more);

/** Linux, with `/` in the folder. */
export const linuxDisk = (folder: string, more: Partial<World> = {}): World =>
  posixDisk(folder, { platform: 'linux', cwd: '/home/ann/code/app', home: '/home/ann' }, more);

/** Linux inside Windows, with `/` in the folder. */
export function wslDisk(folder: string, more: Partial<World> = {}): World {
  const own = linuxDisk(folder, { cwd: '/home/ann/app' });
  return {
    ...own,
    head: (path, bytes) =>
      path === '/proc/sys/kernel/osrelease'
        ? Buffer.from('5.15.153.1-microsoft-standard-WSL2\n').subarray(0, bytes)
        : own.head(path, bytes),
    ...more,
  };
}
