/** Where the files of the clients lie on this machine: home folders, variables and names that are not known beforehand filled in. */
import { posix, win32 } from 'node:path';
import type { ConfigPlace, Os } from '../clients/client.js';
import type { Machine } from '../config/config.js';
import type { World } from './world.js';

/** A folder may hold anything: so many names of it are looked at, and so many files of one place are read. */
const MAX_NAMES = 5_000;
const MAX_FILES = 200;
/** Folders above a project, at most. */
const MAX_ABOVE = 64;

/** One side of a machine: itself, or Windows as it is seen from inside WSL. Paths with `/`. */
export interface Side {
  os: Os;
  home: string;
  /** The value of a variable in which Windows keeps a folder, or of one that moves a place. */
  variable(name: string): string | undefined;
  /** Windows, looked at from inside WSL. */
  throughWsl?: true;
}

export const osOf = (world: World): Os =>
  world.platform === 'win32' ? 'windows' : world.platform === 'darwin' ? 'macos' : 'linux';

const slashed = (path: string): string => path.replaceAll('\\', '/');

/** With `/`, where the system takes both. */
export const plainPath = (path: string, os: Os): string => (os === 'windows' ? slashed(path) : path);

/** The same path for the disk, however it is spelled: Windows and macOS do not tell upper from lower case in names. */
export const folded = (path: string, os: Os): string =>
  os === 'linux' ? path : plainPath(path, os).normalize('NFC').toLowerCase();

/** A folder without the `/` behind it; that of a disk keeps it: `C:` alone is wherever that drive happens to stand. */
const bareFolder = (path: string): string => path.replace(/(?<=[^:/])\/+$/, '');

/** Whether two paths are one folder, as far as their names tell. */
export const isSameFolder = (one: string, other: string, os: Os): boolean =>
  folded(bareFolder(plainPath(one, os)), os) === folded(bareFolder(plainPath(other, os)), os);

export const isWsl = (world: World): boolean =>
  world.platform === 'linux' &&
  /microsoft/i.test(world.head('/proc/sys/kernel/osrelease', 200)?.toString('latin1') ?? '');

/** Windows does not tell upper from lower case in names of variables. */
function ownName({ env, platform }: World, name: string): string | undefined {
  if (platform !== 'win32') return env[name] === undefined ? undefined : name;
  return Object.keys(env).find((key) => key.toUpperCase() === name.toUpperCase() && env[key] !== undefined);
}

/** An empty one counts as none. */
function filled(world: World, name: string): string | undefined {
  const own = ownName(world, name);
  return own === undefined ? undefined : world.env[own] || undefined;
}

/** Folders of Windows whose variable is not set, or cannot be read. */
const windowsFolder = (name: string, home: string, drive: string): string | undefined =>
  ({
    USERPROFILE: home,
    APPDATA: `${home}/AppData/Roaming`,
    LOCALAPPDATA: `${home}/AppData/Local`,
    PROGRAMDATA: `${drive}/ProgramData`,
    PROGRAMFILES: `${drive}/Program Files`,
  })[name.toUpperCase()];

const thisSide = (world: World): Side => {
  const os = osOf(world);
  const home = plainPath(world.home, os);
  return {
    os,
    home,
    variable(name) {
      const value = filled(world, name);
      if (value !== undefined) return plainPath(value, os);
      return os === 'windows' ? windowsFolder(name, home, 'C:') : undefined;
    },
  };
};

/** Accounts of Windows that are no people. */
const NOBODY = /^(?:Public|Default|Default User|All Users|desktop\.ini|WsiAccount|defaultuser\d*)$/i;

/** The machine itself, and from inside WSL every user of the Windows around it. */
export function sidesOf(world: World): Side[] {
  const own = thisSide(world);
  if (!isWsl(world)) return [own];
  const users = world
    .list('/mnt/c/Users')
    .filter((name) => !NOBODY.test(name))
    .slice(0, 20);
  return [
    own,
    ...users.map((name): Side => {
      const home = `/mnt/c/Users/${name}`;
      return {
        os: 'windows',
        home,
        throughWsl: true,
        variable: (variable) => windowsFolder(variable, home, '/mnt/c'),
      };
    }),
  ];
}

/** What begins a path of Windows and has nothing above it: a drive, or a share of another machine (`//wsl$/Ubuntu`). */
const rootOf = (folder: string, os: Os): string =>
  os === 'windows' ? (/^(?:[A-Za-z]:|\/\/[^/]+\/[^/]+)/.exec(folder)?.[0] ?? '') : '';

/** The folders above, nearest first: to that of the repository, if there is one, or to the top. */
export function foldersAbove(folder: string, upTo: 'repository' | 'top', world: World): string[] {
  const root = rootOf(folder, osOf(world));
  const isRepository = (path: string) => world.stat(`${root}${path.replace(/\/$/, '')}/.git`) !== null;
  const folders: string[] = [];
  for (let here = folder.slice(root.length) || '/'; folders.length < MAX_ABOVE; ) {
    if (upTo === 'repository' && isRepository(here)) return folders;
    const above = posix.dirname(here);
    if (above === here || above === '.') break;
    folders.push(root + above);
    here = above;
  }
  return upTo === 'top' ? folders : [];
}

/** The folder that is open, with `/`. The home folder by its own name, also where the way to it leads through a link. */
export function openFolder(project: string, { os, home }: Side, world: World): string {
  const open = bareFolder(plainPath(project, os));
  const isHome = isSameFolder(open, home, os) || isSameFolder(world.realpath(open), world.realpath(home), os);
  return isHome ? home : open;
}

/** A pattern of one path segment, where `*` is any run of characters. Names that begin with a dot must be asked for. */
function matcher(segment: string, os: Os): (name: string) => boolean {
  const parts = segment.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`, os === 'linux' ? 's' : 'si');
  return (name) => pattern.test(name) && (segment.startsWith('.') || !name.startsWith('.'));
}

/** The paths that a pattern stands for; the pattern itself when it has no `*`. */
export function expandStars(pattern: string, os: Os, world: World, most = MAX_FILES): string[] {
  const cut = pattern.split('/').findIndex((segment) => segment.includes('*'));
  if (cut === -1) return [pattern];
  const segments = pattern.split('/');
  let found = [segments.slice(0, cut).join('/')];
  for (const segment of segments.slice(cut)) {
    if (!segment.includes('*')) found = found.map((folder) => `${folder}/${segment}`);
    else {
      const fits = matcher(segment, os);
      found = found
        .flatMap((folder) =>
          world
            .list(folder)
            .slice(0, MAX_NAMES)
            .filter(fits)
            .sort()
            .map((name) => `${folder}/${name}`),
        )
        .slice(0, most);
    }
  }
  return found;
}

/** `%NAME%` and `~` filled in; null when the system has no such folder. */
function absolute(path: string, { home, variable, throughWsl }: Side): string | null {
  let known = true;
  const whole = path.replace(/%(\w+)%/g, (_, name: string) => {
    const value = variable(name);
    if (value === undefined) known = false;
    return value ?? '';
  });
  if (!known) return null;
  // Windows, as WSL shows it.
  const [, drive] = (throughWsl && /^([A-Za-z]):\//.exec(whole)) || [];
  if (drive !== undefined) return `/mnt/${drive.toLowerCase()}${whole.slice(2)}`;
  return whole === '~' || whole.startsWith('~/') ? home + whole.slice(1) : whole;
}

/** A folder from a variable: by `~` or relative, as people write it. */
function folderFrom(value: string, side: Side, cwd: string): string {
  const path = absolute(value, side) ?? value;
  const paths = side.os === 'windows' ? win32 : posix;
  return plainPath(paths.isAbsolute(path) ? paths.normalize(path) : paths.resolve(cwd, path), side.os).replace(
    /\/$/,
    '',
  );
}

/** A file of which a place speaks. `project`: the folder for which it counts. */
export interface Located {
  path: string;
  project?: string;
}

/** Where the file, or the files, of a place lie on one side of the machine. A pattern that fits nothing stands for itself. */
export function locate(
  place: Pick<ConfigPlace, 'path' | 'movedBy' | 'above'>,
  side: Side,
  project: string,
  world: World,
  most = MAX_FILES,
): Located[] {
  // What a variable of Windows says cannot be seen from WSL.
  const moves = side.throughWsl ? [] : (place.movedBy ?? []);
  const [moved] = moves.flatMap(({ variable, replaces }) => {
    const value = place.path.startsWith(replaces) ? side.variable(variable) : undefined;
    if (value === undefined) return [];
    return [folderFrom(value, side, plainPath(world.cwd, side.os)) + place.path.slice(replaces.length)];
  });
  const path = moved ?? place.path;
  const inProject = path.startsWith('<project>');
  // The project that is open here is none of the Windows around.
  if (inProject && side.throughWsl) return [];
  const projects = inProject ? [project, ...(place.above ? foldersAbove(project, place.above, world) : [])] : [null];
  return projects.flatMap((folder): Located[] => {
    const whole = folder === null ? absolute(path, side) : folder.replace(/\/$/, '') + path.slice('<project>'.length);
    if (whole === null) return [];
    const found = expandStars(whole, side.os, world, most);
    return (found.length > 0 ? found : [whole]).map((one) => ({
      path: one,
      ...(folder !== null && { project: folder }),
    }));
  });
}

/** As a person would write it: `~` for the home folder, the separators of the system. */
export function shownPath(path: string, { os, home, throughWsl }: Side): string {
  // What is seen through WSL is opened by that path, and no other.
  if (throughWsl) return path;
  const [own, whole] = [folded(home, os), folded(path, os)];
  const inHome = home !== '/' && (whole === own || whole.startsWith(`${own}/`));
  const short = inHome ? `~${path.slice(home.length)}` : path;
  return os === 'windows' ? short.replaceAll('/', '\\') : short;
}

/** A path as the system to which the file belongs writes it: of Windows behind WSL, with its drive. */
export const ownPath = (path: string, { throughWsl }: Side): string =>
  throughWsl ? path.replace(/^\/mnt\/([a-z])(?=\/|$)/, (_, drive: string) => `${drive.toUpperCase()}:`) : path;

/** What the rules may know of a side of the machine. Of a Windows that is seen through WSL no variable is known to be missing. */
export function machineOfSide(world: World, side: Side, project?: string): Machine {
  const here = (path: string): string | undefined => {
    if (!side.throughWsl) return path;
    const [, drive, rest] = /^([A-Za-z]):[/\\](.*)$/s.exec(path) ?? [];
    if (drive !== undefined) return `/mnt/${drive.toLowerCase()}/${slashed(rest ?? '')}`;
    return undefined;
  };
  return {
    os: side.os,
    ...(isWsl(world) && !side.throughWsl && { wsl: true }),
    home: ownPath(side.home, side),
    ...(project !== undefined && { project }),
    isSet: (name) => side.throughWsl === true || ownName(world, name) !== undefined,
    look(path) {
      const real = here(path);
      const paths = side.os === 'windows' && !side.throughWsl ? win32 : posix;
      if (real === undefined || real.includes('\0') || !paths.isAbsolute(real)) return undefined;
      const found = world.stat(real);
      if (found) return found.kind;
      // A folder that we may not look into hides what is in it.
      const read = world.read(real, 0);
      return read.state === 'absent' || read.state === 'loop' || (read.state === 'unreadable' && read.link)
        ? null
        : undefined;
    },
  };
}

/** What the rules may know of this machine. `project`: the folder that is open, with `/`. */
export const machineOf = (world: World, project?: string): Machine => machineOfSide(world, thisSide(world), project);
