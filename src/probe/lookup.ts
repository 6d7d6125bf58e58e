/** Where a command is looked for and what is found: on the PATH of the server, on that of the shell, and in the usual places. */
import { posix, win32 } from 'node:path';
import type { Evidence } from '../case/evidence.js';
import { managerOf, USUAL_PLACES, USUAL_PLACES_WINDOWS } from './managers.js';
import type { World } from './world.js';

type Lookup = NonNullable<Evidence['launch']['lookup']>;
type Variables = Record<string, string | undefined>;

export const EXECUTE_BITS = 0o111;

export const pathFor = (world: World) => (world.platform === 'win32' ? win32 : posix);

/** The name under which an environment holds the PATH: on Windows its spelling is free. */
export const pathName = (env: Variables): string =>
  Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';

/** The directories of the PATH, in order. */
export const foldersOf = (env: Variables, world: World): string[] =>
  (env[pathName(env)] ?? '').split(pathFor(world).delimiter).filter(Boolean);

/** The file names that a command may stand for: itself, and on Windows each extension of PATHEXT. */
function spellings(command: string, env: Variables, world: World): string[] {
  if (world.platform !== 'win32') return [command];
  const own = Object.keys(env).find((name) => name.toUpperCase() === 'PATHEXT');
  const extensions = ((own && env[own]) || '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean);
  const all = extensions.map((extension) => command + extension.toLowerCase());
  // What follows a dot may be an extension, or a part of the name: python3.12.
  return win32.extname(command) === '' ? all : [command, ...all];
}

interface Place {
  path: string;
  problem?: 'not-executable' | 'is-directory';
}

/** The candidates for a command in one folder, the first that exists. */
function inFolder(folder: string, command: string, env: Variables, world: World): Place | null {
  for (const name of spellings(command, env, world)) {
    const path = pathFor(world).join(folder, name);
    const found = world.stat(path);
    if (!found) continue;
    if (found.kind === 'directory') return { path, problem: 'is-directory' };
    if (world.platform !== 'win32' && (found.mode & EXECUTE_BITS) === 0) return { path, problem: 'not-executable' };
    return { path };
  }
  return null;
}

/** `~` and one `*` in a usual place, spelled out. */
function unfold(folder: string, world: World): string[] {
  const full = folder.replace(/^~/, world.home);
  const [before, after] = full.split('*');
  if (after === undefined || before === undefined) return [full];
  return world.list(before).map((name) => before + name + after);
}

export const isDirect = (command: string, world: World): boolean =>
  command.includes('/') || (world.platform === 'win32' && command.includes('\\'));

/** Everything that stands where the operating system would look for a command, in its order. */
function placesOf(command: string, env: Variables, cwd: string, world: World): Place[] {
  const paths = pathFor(world);
  const candidates = isDirect(command, world)
    ? [inFolder(paths.dirname(paths.resolve(cwd, command)), paths.basename(command), env, world)]
    : [...new Set(foldersOf(env, world))].map((folder) => inFolder(folder, command, env, world));
  return candidates.filter((place) => place !== null);
}

/** The file that an environment leads to for a command; null when there is none. */
export const resolveCommand = (command: string, env: Variables, cwd: string, world: World): string | null =>
  placesOf(command, env, cwd, world).find(({ problem }) => !problem)?.path ?? null;

/** What a shell would start, when that is another file than the one found. */
function shellsChoice(
  command: string,
  found: string | null,
  env: Variables,
  shell: Variables,
  cwd: string,
  world: World,
): Lookup['shell'] {
  // The usual case, and the reason why this costs nothing: both have the same PATH.
  if (isDirect(command, world) || foldersOf(env, world).join() === foldersOf(shell, world).join()) return undefined;
  const path = resolveCommand(command, { ...env, [pathName(env)]: shell[pathName(shell)] }, cwd, world);
  if (!path || path === found || (found && world.realpath(path) === world.realpath(found))) return undefined;
  return { path, via: managerOf(path, world) };
}

/**
 * Look a command up as the operating system would, with the environment that the server gets; and beside it, as the user's
 * shell would. `loginShell` is the environment of a login shell, when one was asked.
 */
export function lookUp(
  command: string,
  env: Record<string, string>,
  cwd: string,
  world: World,
  loginShell?: Variables,
): Lookup {
  const folders = foldersOf(env, world);
  const direct = isDirect(command, world);
  const places = placesOf(command, env, cwd, world);
  const usable = places.find(({ problem }) => !problem);
  // A directory of that name on the PATH is passed over; a file without the execute bit is worth telling.
  const blocked = places.find(({ problem }) => problem === 'not-executable') ?? (direct ? places[0] : undefined);
  const known = new Set(folders);
  const beside = (shell: Variables, via: string) => foldersOf(shell, world).map((folder) => ({ folder, via }));
  const usual = world.platform === 'win32' ? USUAL_PLACES_WINDOWS : USUAL_PLACES;
  const elsewhere =
    usable || direct
      ? []
      : [
          ...beside(world.env, "your shell's PATH"),
          ...(loginShell ? beside(loginShell, "your login shell's PATH") : []),
          ...usual.flatMap(({ folder, via }) => unfold(folder, world).map((full) => ({ folder: full, via }))),
        ]
          .filter(({ folder }) => !known.has(folder))
          .flatMap(({ folder, via }) => {
            const place = inFolder(folder, command, env, world);
            return place && !place.problem ? [{ path: place.path, via }] : [];
          });
  const found = usable?.path ?? null;
  const shell =
    shellsChoice(command, found, env, world.env, cwd, world) ??
    (loginShell && shellsChoice(command, found, env, loginShell, cwd, world));
  return {
    found,
    problem: usable ? undefined : (blocked?.problem ?? 'not-found'),
    path: folders,
    // The first of each path counts: a folder may stand in several lists.
    elsewhere: elsewhere.filter((one, i) => elsewhere.findIndex(({ path }) => path === one.path) === i).slice(0, 10),
    candidates: direct || places.length === 0 ? undefined : places.slice(0, 20),
    shell: shell ?? undefined,
  };
}

/** The name of a program, without its folder and the extension that Windows gives it. */
export const programName = (command: string): string =>
  (command.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:exe|cmd|bat|ps1)$/i, '');
