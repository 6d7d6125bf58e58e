/** What the package that holds the server says it needs: `engines.node` of package.json, `requires-python` of pyproject.toml. */
import type { Evidence } from '../case/evidence.js';
import type { Entry } from './command.js';
import { pathFor, programName } from './lookup.js';
import { inRange } from './ranges.js';
import type { World } from './world.js';

type Launch = Evidence['launch'];
type Needs = NonNullable<Launch['requires']>;
interface Found {
  file: string;
  name?: string;
  version?: string;
  range?: string;
}

const MANIFEST_BYTES = 512_000;
/** So many folders a package may lie above its script. */
const STEPS_UP = 12;

const textOf = (file: string, world: World): string | null =>
  world.head(file, MANIFEST_BYTES)?.toString('utf8') ?? null;

const stringIn = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, 300) : undefined);

function packageJson(file: string, world: World): Found | null {
  const text = textOf(file, world);
  if (text === null) return null;
  try {
    const { name, version, engines } = JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>;
    const range = stringIn((engines as { node?: unknown } | undefined)?.node);
    return { file, name: stringIn(name), version: stringIn(version), range };
  } catch {
    // A broken package.json is npm's and Node's to complain of.
    return null;
  }
}

/** The two lines of a pyproject.toml that count, without a reader of TOML: both stand in [project] by PEP 621. */
function pyproject(file: string, world: World): Found | null {
  const text = textOf(file, world);
  if (text === null) return null;
  const value = (key: string) => new RegExp(`^${key}[ \\t]*=[ \\t]*["']([^"'\\n]{1,200})["']`, 'm').exec(text)?.[1];
  const poetry = /^\[tool\.poetry\.dependencies\]/m.test(text) ? value('python') : undefined;
  return { file, name: value('name'), range: value('requires-python') ?? poetry };
}

/** The nearest manifest above a folder that says what it needs, or ends the package by its name. */
function upwards(
  folder: string,
  manifest: string,
  read: (file: string, world: World) => Found | null,
  world: World,
): Found | null {
  const paths = pathFor(world);
  let here = folder;
  for (let step = 0; step < STEPS_UP; step++) {
    const found = read(paths.join(here, manifest), world);
    // A package.json in dist, which only says "type": "module", is not the package.
    if (found && (found.range !== undefined || found.name !== undefined)) return found;
    const above = paths.dirname(here);
    if (above === here) return null;
    here = above;
  }
  return null;
}

/** The first word of a launcher that names a package: `npx -y @x/y@1.2.3 --stdio` -> @x/y. */
function packageWord({ command, args }: Entry): string | null {
  if (!/^(?:npx|bunx|pnpx|pnpm|yarn)$/.test(programName(command))) return null;
  const named = args.find((_, i) => /^(?:-p|--package)$/.test(args[i - 1] ?? ''));
  const word = named ?? args.find((arg) => !arg.startsWith('-') && !/^(?:dlx|exec|x)$/.test(arg));
  return word ? (/^(?<name>(?:@[\w.-]+\/)?[\w.-]+)/.exec(word)?.groups?.name ?? null) : null;
}

/** The packages of that name in npm's cache for npx. */
function cachedPackages(name: string, env: Record<string, string>, world: World): Found[] {
  const paths = pathFor(world);
  const home =
    world.platform === 'win32'
      ? paths.join(world.home, 'AppData', 'Local', 'npm-cache')
      : paths.join(world.home, '.npm');
  const cache = paths.join(env.npm_config_cache ?? home, '_npx');
  return world
    .list(cache)
    .slice(0, 200)
    .flatMap(
      (hash) => packageJson(paths.join(cache, hash, 'node_modules', ...name.split('/'), 'package.json'), world) ?? [],
    );
}

/** Folders in which the server lies, as far as the entry tells. */
function foldersOf(launch: Launch, entry: Entry, world: World): string[] {
  const paths = pathFor(world);
  const folder = (path: string) => (world.stat(path)?.kind === 'directory' ? path : paths.dirname(path));
  const { file } = launch;
  const own = file && (file.shebang || file.shim?.target) ? [file.shim?.target ?? world.realpath(file.path)] : [];
  return [
    ...launch.paths
      .filter(({ where, exists }) => where === 'arg' && exists)
      .map(({ resolved }) => folder(world.realpath(resolved))),
    ...own.map(folder),
    // `npm start`, `uv run`, `python -m`: the package is where the entry says that it is started.
    ...(entry.cwd === undefined ? [] : [paths.resolve(world.cwd, entry.cwd)]),
  ];
}

/** What the server's package needs, and whether the runtime found is that; undefined when it says nothing. */
export function packageNeeds(
  launch: Launch,
  entry: Entry,
  env: Record<string, string>,
  world: World,
): Needs | undefined {
  const { runtime } = launch;
  const python =
    /^(?:python|py|uvx?|pipx|poetry)[\d.]*$/.test(programName(entry.command)) || runtime?.name === 'python';
  const [manifest, read] = python ? (['pyproject.toml', pyproject] as const) : (['package.json', packageJson] as const);
  const satisfied = (range: string) =>
    runtime && runtime.name === (python ? 'python' : 'node')
      ? inRange(runtime.version, range, python ? 'python' : 'node')
      : null;
  for (const folder of foldersOf(launch, entry, world)) {
    const found = upwards(folder, manifest, read, world);
    if (found?.range)
      return { file: found.file, name: found.name, range: found.range, satisfied: satisfied(found.range) };
  }
  const word = packageWord(entry);
  const cached = word ? cachedPackages(word, env, world).filter(({ range }) => range !== undefined) : [];
  const [one] = cached;
  if (!one?.range) return undefined;
  // Several versions in the cache: which one npx takes is not known here, so they must agree.
  const answers = new Set(cached.map(({ range = '' }) => satisfied(range)));
  return {
    file: one.file,
    name: one.name,
    range: one.range,
    satisfied: answers.size === 1 ? satisfied(one.range) : null,
  };
}
