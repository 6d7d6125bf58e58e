/** What a command would execute, and why: the PATH as the server gets it, the file found, its shebang, the paths in the entry. */
import { posix, win32 } from 'node:path';
import type { Evidence } from '../case/evidence.js';
import { TELLING } from './environment.js';
import type { World } from './world.js';

export interface Entry {
  command: string;
  args: string[];
  cwd?: string;
  /** Variables of the entry itself, with their values. */
  env: Record<string, string>;
}

type Launch = Evidence['launch'];

const EXECUTE_BITS = 0o111;

/** Folders outside the PATH of a client in which launchers are commonly installed, and who puts them there. */
const USUAL_PLACES: { folder: string; via: string }[] = [
  { folder: '~/.local/bin', via: 'pip --user, pipx and uv' },
  { folder: '~/.cargo/bin', via: 'cargo' },
  { folder: '~/.volta/bin', via: 'Volta' },
  { folder: '~/.bun/bin', via: 'Bun' },
  { folder: '~/.deno/bin', via: 'Deno' },
  { folder: '~/.asdf/shims', via: 'asdf' },
  { folder: '~/.local/share/mise/shims', via: 'mise' },
  { folder: '~/.pyenv/shims', via: 'pyenv' },
  { folder: '~/.rbenv/shims', via: 'rbenv' },
  { folder: '~/.dotnet/tools', via: '.NET tools' },
  { folder: '~/go/bin', via: 'go install' },
  { folder: '~/.nvm/versions/node/*/bin', via: 'nvm' },
  { folder: '~/.local/share/fnm/node-versions/*/installation/bin', via: 'fnm' },
  { folder: '/usr/local/bin', via: 'the system' },
  { folder: '/usr/bin', via: 'the system' },
  { folder: '/opt/homebrew/bin', via: 'Homebrew' },
  { folder: '/home/linuxbrew/.linuxbrew/bin', via: 'Homebrew' },
  { folder: '/snap/bin', via: 'snap' },
];

const SCRIPT = /\.(?:[cm]?[jt]sx?|py|rb|php|sh|jar|dll|exe|phar)$/i;

const pathFor = (world: World) => (world.platform === 'win32' ? win32 : posix);

/** The value of PATH, whatever its spelling on Windows. */
const pathOf = (env: Record<string, string>): string =>
  Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';

/** The file names that a command may stand for: itself, and on Windows each extension of PATHEXT. */
function spellings(command: string, env: Record<string, string>, world: World): string[] {
  if (world.platform !== 'win32' || win32.extname(command) !== '') return [command];
  return (env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';').map((extension) => command + extension.toLowerCase());
}

type Place = { path: string; problem?: 'not-executable' | 'is-directory' };

/** The candidates for a command in one folder, the first that exists. */
function inFolder(folder: string, command: string, env: Record<string, string>, world: World): Place | null {
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

const foldersOf = (env: Record<string, string>, world: World): string[] =>
  pathOf(env).split(pathFor(world).delimiter).filter(Boolean);

const isDirect = (command: string, world: World): boolean =>
  command.includes('/') || (world.platform === 'win32' && command.includes('\\'));

/** Everything that stands where the operating system would look for a command, in its order. */
function placesOf(command: string, env: Record<string, string>, cwd: string, world: World): Place[] {
  const paths = pathFor(world);
  const candidates = isDirect(command, world)
    ? [inFolder(paths.dirname(paths.resolve(cwd, command)), paths.basename(command), env, world)]
    : foldersOf(env, world).map((folder) => inFolder(folder, command, env, world));
  return candidates.filter((place) => place !== null);
}

/** Look a command up as the operating system would, with the environment that the server gets. */
export function lookUp(
  command: string,
  env: Record<string, string>,
  cwd: string,
  world: World,
): NonNullable<Launch['lookup']> {
  const paths = pathFor(world);
  const folders = foldersOf(env, world);
  const direct = isDirect(command, world);
  const places = placesOf(command, env, cwd, world);
  const usable = places.find(({ problem }) => !problem);
  // A directory of that name on the PATH is passed over; a file without the execute bit is worth telling.
  const blocked = places.find(({ problem }) => problem === 'not-executable') ?? (direct ? places[0] : undefined);
  const known = new Set(folders);
  const shell = (world.env.PATH ?? '').split(paths.delimiter).filter((folder) => folder && !known.has(folder));
  const elsewhere =
    usable || direct || world.platform === 'win32'
      ? []
      : [
          ...shell.map((folder) => ({ folder, via: "your shell's PATH" })),
          ...USUAL_PLACES.flatMap(({ folder, via }) => unfold(folder, world).map((full) => ({ folder: full, via }))),
        ]
          .filter(({ folder }) => !known.has(folder))
          .flatMap(({ folder, via }) => {
            const place = inFolder(folder, command, env, world);
            return place && !place.problem ? [{ path: place.path, via }] : [];
          });
  return {
    found: usable?.path ?? null,
    problem: usable ? undefined : (blocked?.problem ?? 'not-found'),
    path: folders,
    elsewhere: [...new Map(elsewhere.map((place) => [place.path, place])).values()].slice(0, 10),
  };
}

/** What a file is, by its first bytes. */
function fileFacts(path: string, env: Record<string, string>, cwd: string, world: World): Launch['file'] {
  const head = world.head(path, 512);
  const found = world.stat(path);
  if (!head || !found) return undefined;
  const executable = world.platform === 'win32' || (found.mode & EXECUTE_BITS) !== 0;
  const magic = head.toString('latin1', 0, 4);
  if (magic === '\x7fELF') return { path, kind: 'elf', executable };
  if (magic.startsWith('MZ')) return { path, kind: 'pe', executable };
  if (/^(?:\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf])/.test(magic))
    return { path, kind: 'mach-o', executable };
  if (!magic.startsWith('#!')) return { path, kind: head.includes(0) ? 'unknown' : 'text', executable };
  const raw = head.toString('utf8').split('\n')[0] ?? '';
  const line = raw.replace(/\r$/, '');
  const words = line.slice(2).trim().split(/\s+/);
  // `#!/usr/bin/env -S node --flag`: the interpreter is the first word that is no option and no assignment.
  const viaEnv = /(?:^|\/)env$/.test(words[0] ?? '');
  const interpreter =
    (viaEnv ? words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) : words[0]) ?? '';
  return {
    path,
    kind: 'script',
    executable,
    shebang: {
      line: line.slice(0, 200),
      interpreter,
      interpreterFound: lookUp(interpreter, env, cwd, world).found !== null,
      crlf: raw.endsWith('\r'),
    },
  };
}

/** The words of an entry that name a file or folder, and whether one is there. */
function pathsOf({ command, args, cwd: entryCwd }: Entry, cwd: string, world: World): Launch['paths'] {
  const paths = pathFor(world);
  const looksLikePath = (word: string) =>
    !/^[a-z][a-z0-9+.-]*:\/\//i.test(word) &&
    !word.startsWith('-') &&
    // An option of Windows programs: cmd /c.
    !(world.platform === 'win32' && /^\/[a-z]$/i.test(word)) &&
    (/^(?:\.{1,2}[/\\]|[/~]|["'][/~A-Z.]|[A-Za-z]:[/\\])/.test(word) || (SCRIPT.test(word) && !/\s/.test(word)));
  const look = (where: 'command' | 'arg' | 'cwd', word: string, base: string) => {
    const resolved = paths.resolve(base, word);
    return { where, word, resolved, exists: world.stat(resolved) !== null };
  };
  return [
    ...(entryCwd === undefined ? [] : [look('cwd', entryCwd, world.cwd)]),
    ...(/[/\\~]/.test(command) && looksLikePath(command) ? [look('command', command, cwd)] : []),
    ...args.filter(looksLikePath).map((word) => look('arg', word, cwd)),
  ];
}

/** Everything about the command of an entry that can be known without starting it. `env` is the server's environment. */
export function lookAtCommand(entry: Entry, env: Record<string, string>, world: World): Launch {
  const cwd = pathFor(world).resolve(world.cwd, entry.cwd ?? '.');
  const lookup = lookUp(entry.command, env, cwd, world);
  const blocked = placesOf(entry.command, env, cwd, world).find(({ problem }) => problem === 'not-executable');
  const file = lookup.found ?? blocked?.path;
  return {
    command: entry.command,
    args: entry.args,
    cwd: entry.cwd,
    env: Object.entries(entry.env).map(([name, value]) => ({ name, state: value === '' ? 'empty' : 'set' })),
    shellOnlyEnv: Object.keys(world.env).filter((name) => TELLING.test(name) && !(name in env)),
    lookup,
    file: file ? fileFacts(file, env, cwd, world) : undefined,
    paths: pathsOf(entry, cwd, world),
  };
}
