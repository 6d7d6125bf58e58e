/**
 * The part of a client: what a server that this client starts is given (environment, PATH, folder, time), and what it is asked. What is
 * not known of the client is played as the SDK does it, and said in `assumed`.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Evidence } from '../case/evidence.js';
import type { Client, Launch } from '../clients/client.js';
import type { ServerEntry } from '../config/config.js';
import { type ClientCapabilities, type ClientInfo, LATEST_LEGACY } from '../wire/revisions.js';
import { type Desktop, desktopEnvironment } from './desktop-environment.js';
import { serverEnvironment } from './environment.js';
import type { Fillings } from './expand.js';
import { loginEnvironment } from './login-shell.js';
import { pathFor } from './lookup.js';
import { osOf } from './places.js';
import type { World } from './world.js';

type Variables = Record<string, string>;

/** What this machine gives to programs, by where they come from. Each is asked for at most once. */
export interface Surroundings {
  desktop(): Promise<Desktop>;
  login(): Promise<Variables | null>;
}

export function surroundingsOf(world: World): Surroundings {
  let desktop: Promise<Desktop> | undefined;
  let login: Promise<Variables | null> | undefined;
  return {
    desktop: () => (desktop ??= desktopEnvironment(world)),
    login: () => (login ??= loginEnvironment(world)),
  };
}

export interface PartOptions {
  /** The version of the client, when it is known. */
  version?: string;
  /** The name of the server in the configuration. */
  server?: string;
  /** Its entry: time-outs of its own, and variables that it hands on, count. */
  entry?: ServerEntry;
  /** The folder that is open in the client; without it the working directory. */
  project?: string;
  /** Shared by the parts of several clients, so that no shell is asked twice. */
  surroundings?: Surroundings;
}

export interface Part {
  client: Client;
  version?: string;
  server?: string;
  /** What the server gets before the entry's own variables. */
  env: Variables;
  policy: 'sdk' | 'list' | 'all' | 'all-but';
  /** Where the PATH comes from, unless the entry sets one. */
  path: 'desktop' | 'terminal' | 'login-shell';
  /** The working directory where the entry gives none. */
  cwd: string;
  /** False where the folder is not known and the project was taken. */
  cwdKnown: boolean;
  /** How long it waits for the first answer, and for a call: milliseconds; null: for ever, undefined: not known. */
  startMs: number | null | undefined;
  callMs: number | null | undefined;
  /** The limit of the start stands in the entry. */
  startFromEntry: boolean;
  clientInfo: ClientInfo;
  revision: string;
  capabilities: ClientCapabilities;
  fillings: Fillings;
  /** What is not known and was played in the usual way: of the conversation, and of the launch of a command. Sentences. */
  assumed: string[];
  assumedOfLaunch: string[];
  /** What of the launch of a command that is, before the entry's own words count. */
  guessed: NonNullable<Evidence['client']['guessed']>;
}

const MAX_FILE_BYTES = 64 * 1024;

const isWindows = (world: World): boolean => world.platform === 'win32';

/** A name as it stands in the variables: Windows does not tell upper from lower case. */
const nameIn = (env: World['env'], name: string, world: World): string | undefined =>
  isWindows(world) ? Object.keys(env).find((key) => key.toUpperCase() === name.toUpperCase()) : name;

export function valueIn(env: World['env'], name: string, world: World): string | undefined {
  const own = nameIn(env, name, world);
  return own === undefined ? undefined : env[own];
}

/** Variables over others. On Windows a name replaces the same name in other letters. */
export function over(below: Variables, above: Variables, world: World): Variables {
  const replaced = new Set(Object.keys(above).map((name) => (isWindows(world) ? name.toUpperCase() : name)));
  const kept = Object.entries(below).filter(([name]) => !replaced.has(isWindows(world) ? name.toUpperCase() : name));
  return { ...Object.fromEntries(kept), ...above };
}

const defined = (env: World['env']): Variables =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

/** What the client hands on of its own environment. */
function handedOn(policy: NonNullable<Launch['environment']>, own: Variables, world: World): Variables {
  if (policy.policy === 'sdk') return serverEnvironment(own, {}, world.platform, false);
  if (policy.policy === 'all') return own;
  if (policy.policy === 'all-but') {
    const withheld = new RegExp(policy.names, 'i');
    return Object.fromEntries(Object.entries(own).filter(([name]) => !withheld.test(name)));
  }
  const names = isWindows(world) ? policy.windows : policy.posix;
  return Object.fromEntries(
    names.flatMap((name) => {
      const key = nameIn(own, name, world);
      const value = key === undefined ? undefined : own[key];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The environment of the client itself, and where its PATH comes from. */
async function ownEnvironment(
  { launch, name }: Client,
  world: World,
  surroundings: Surroundings,
  assumed: string[],
): Promise<{ own: Variables; path: Part['path'] }> {
  let own: Variables = defined(world.env);
  let path: Part['path'] = 'terminal';
  if (launch.kind === 'gui') {
    const desktop = await surroundings.desktop();
    own = { ...desktop.env };
    path = 'desktop';
    if (desktop.assumed && !(launch.loginPath && !isWindows(world))) assumed.push(desktop.assumed);
  }
  if (launch.loginPath && !isWindows(world)) {
    const login = await surroundings.login();
    if (login?.PATH) {
      // Who hands on everything has asked the shell for everything, not for the PATH alone.
      const wide = launch.environment?.policy === 'all' || launch.environment?.policy === 'all-but';
      own = wide ? { ...own, ...login } : { ...own, PATH: login.PATH };
      path = 'login-shell';
    } else
      assumed.push(`${name} asks a login shell for the PATH; none answered here, so the PATH is that of the ${path}.`);
  }
  const extra = launch.extraPath?.[osOf(world)];
  if (extra) {
    const key = nameIn(own, 'PATH', world) ?? 'PATH';
    const { delimiter } = pathFor(world);
    const more = extra.map((folder) => folder.replace(/^~(?=[\\/]|$)/, world.home));
    own = {
      ...own,
      [key]: [...new Set([...(own[key] ?? '').split(delimiter), ...more])].filter(Boolean).join(delimiter),
    };
  }
  return { own, path };
}

/** The working directory that the client gives where the entry gives none. */
function folderOf(
  { launch, name }: Client,
  project: string,
  world: World,
  assumed: string[],
): Pick<Part, 'cwd' | 'cwdKnown'> {
  const cwdKnown = true;
  if (launch.cwd === 'root')
    return { cwdKnown, cwd: isWindows(world) ? `${valueIn(world.env, 'SystemDrive', world) ?? 'C:'}\\` : '/' };
  if (launch.cwd === 'home') return { cwdKnown, cwd: world.home };
  // What was started in a terminal stands in the folder that is worked in.
  const known = launch.cwd === 'project' || (launch.cwd === 'own' && launch.kind === 'terminal');
  const where = project === world.cwd ? 'this one' : 'the project';
  if (!known) assumed.push(`In which folder ${name} starts a server is not known; it was started in ${where}.`);
  return { cwdKnown: known, cwd: project };
}

type Limit = number | null | undefined;

/** How long the client waits: the entry's own field before the client's general limit. */
function limitOf(
  client: Client,
  entry: ServerEntry | undefined,
  what: 'start' | 'call',
  world: World,
): { ms: Limit; fromEntry: boolean } {
  const own = entry?.timeouts.find(({ limits }) => limits === what || limits === 'both');
  if (own) return { ms: own.ms, fromEntry: true };
  const { startMs, callMs, limitsBy } = client.launch;
  const variable = limitsBy?.[what];
  const told = variable === undefined ? Number.NaN : Number(valueIn(world.env, variable, world));
  if (Number.isFinite(told) && told > 0) return { ms: told, fromEntry: false };
  const general = what === 'start' ? startMs : callMs;
  return { ms: general === 'none' ? null : (general ?? undefined), fromEntry: false };
}

/** Names of variables that an entry hands on from the client's own environment (`passes` of its form). */
function passedOn({ entry: form }: Client, entry: ServerEntry | undefined): string[] {
  const value = entry?.node.value;
  if (form.passes === undefined || typeof value !== 'object' || value === null) return [];
  const names = (value as Record<string, unknown>)[form.passes];
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string').slice(0, 100) : [];
}

function fileText(path: string, home: string): string | undefined {
  const real = path.replace(/^~(?=[\\/]|$)/, home);
  try {
    const found = statSync(real);
    return found.isFile() && found.size <= MAX_FILE_BYTES ? readFileSync(real, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}

/** What the client says of itself and asks for in the handshake. */
function handshakeOf({ handshake, name }: Client, version: string | undefined, assumed: string[]) {
  const { protocolVersion, capabilities } = handshake;
  if (protocolVersion === null)
    assumed.push(`Which protocol version ${name} asks for is not known; it was asked for ${LATEST_LEGACY}.`);
  if (capabilities === null) assumed.push(`Which capabilities ${name} declares is not known; none were declared.`);
  return {
    clientInfo: { name: handshake.name ?? name, version: version ?? handshake.version ?? '1.0.0' },
    revision: protocolVersion ?? LATEST_LEGACY,
    capabilities: (capabilities ?? {}) as ClientCapabilities,
  };
}

/** What a launch in the part of this client is, on this machine. Asks the desktop and the login shell where the client depends on them. */
export async function partOf(client: Client, world: World, options: PartOptions = {}): Promise<Part> {
  const { entry, version, server = entry?.name } = options;
  const project = options.project ?? entry?.project ?? world.cwd;
  const surroundings = options.surroundings ?? surroundingsOf(world);
  const assumed: string[] = [];
  const assumedOfLaunch: string[] = [];
  const { launch, name } = client;
  const policy = launch.environment ?? { policy: 'sdk' as const };
  if (launch.environment === null)
    assumedOfLaunch.push(
      `Which variables ${name} hands on to a server is not known; it got those that the SDK hands on.`,
    );
  const before = assumedOfLaunch.length;
  const { own, path } = await ownEnvironment(client, world, surroundings, assumedOfLaunch);
  const pathGuessed = launch.environment === null || assumedOfLaunch.length > before;
  const folder = folderOf(client, project, world, assumedOfLaunch);
  const passed = passedOn(client, entry).flatMap((variable) => {
    const value = valueIn(own, variable, world);
    return value === undefined ? [] : [[variable, value]];
  });
  const adds = Object.entries(launch.adds ?? {}).map(([variable, value]) => [
    variable,
    value.replaceAll('<project>', project).replaceAll('<session>', '00000000-0000-4000-8000-000000000000'),
  ]);
  const start = limitOf(client, entry, 'start', world);
  if (start.ms === undefined) assumed.push(`How long ${name} waits for a server to start is not known.`);
  return {
    client,
    ...(version !== undefined && { version }),
    ...(server !== undefined && { server }),
    env: over(handedOn(policy, own, world), Object.fromEntries([...adds, ...passed]), world),
    policy: policy.policy,
    path,
    ...folder,
    startMs: start.ms,
    callMs: limitOf(client, entry, 'call', world).ms,
    startFromEntry: start.fromEntry,
    ...handshakeOf(client, version, assumed),
    fillings: {
      variable: (variable) => valueIn(own, variable, world),
      home: world.home,
      project,
      separator: pathFor(world).sep,
      file: (file) => fileText(file, world.home),
    },
    assumed,
    assumedOfLaunch,
    guessed: [
      ...(launch.environment === null ? (['environment'] as const) : []),
      ...(pathGuessed ? (['path'] as const) : []),
      ...(folder.cwdKnown ? [] : (['folder'] as const)),
      ...(launch.shell === null ? (['shell'] as const) : []),
    ],
  };
}
