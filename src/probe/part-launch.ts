/** A target as a client hands it to the operating system: values filled in, variables laid over each other, wrapped where it wraps. */

import type { Evidence } from '../case/evidence.js';
import { SECRET_NAME } from '../case/redact.js';
import { formsIn } from '../clients/index.js';
import type { Answer } from '../wire/channel.js';
import type { Request } from '../wire/json-rpc.js';
import type { Entry } from './command.js';
import { TELLING } from './environment.js';
import { expand } from './expand.js';
import type { TargetSpec } from './investigate.js';
import { pathFor } from './lookup.js';
import { nameOf } from './patience.js';
import { over, type Part, valueIn } from './play.js';
import type { World } from './world.js';

type Environment = NonNullable<Evidence['client']['environment']>;

const MAX_WITHHELD = 50;

/** A launch in a part, ready to be made. */
export interface PartLaunch {
  entry: Entry;
  /** The whole environment of the server. */
  env: Record<string, string>;
  path: Environment['path'];
  /** The entry says in which folder, from the root of the disk. */
  cwdGiven: boolean;
  /** What the entry names and nothing stands for. */
  unset: string[];
  /** Values that were filled in and may be secrets. */
  secrets: string[];
}

/** Fills in the values of one entry, and remembers what it met. */
class Filling {
  readonly unset = new Set<string>();
  /** Values that may be secrets: of a telling name, or the text of a file. */
  readonly secrets = new Set<string>();
  readonly #part: Part;

  constructor(part: Part) {
    this.#part = part;
  }

  /** `key` is the key of the entry that holds the text, in the client's own writing. */
  text(key: string | null | undefined, text: string): string {
    const { variables } = this.#part.client;
    const forms = (key ? formsIn(this.#part.client, key) : variables?.forms) ?? [];
    if (forms.length === 0 || !text) return text;
    const filled = expand(text, forms, variables?.unset ?? null, this.#part.fillings);
    for (const name of filled.unset) this.unset.add(name);
    for (const { name, value, file } of filled.values) if (file || SECRET_NAME.test(name)) this.secrets.add(value);
    return filled.text;
  }

  record(key: string | null | undefined, record: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, this.text(key, value)]));
  }
}

/** As a shell of POSIX reads words back. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The command as the client gives it to the operating system. */
function wrapped(
  { client: { launch } }: Part,
  { command, args }: Entry,
  world: World,
): Pick<Entry, 'command' | 'args' | 'bare'> {
  if (world.platform !== 'win32')
    // The words of the command are the shell's to read, those of the arguments are not.
    return launch.shell
      ? { command: '/bin/sh', args: ['-c', [command, ...args.map(quoted)].join(' ')] }
      : { command, args };
  const { windows } = launch;
  if (windows?.how === 'wraps' && (windows.programs.includes('*') || windows.programs.includes(nameOf(command))))
    return { command: 'cmd.exe', args: ['/c', command, ...args] };
  return { command, args, ...(windows?.how === 'none' && { bare: true as const }) };
}

/** What the client makes of an entry. */
export function launchIn(part: Part, entry: Entry, world: World): PartLaunch {
  const { entry: form } = part.client;
  const filling = new Filling(part);
  const own = filling.record(form.env, entry.env);
  const words = {
    command: filling.text(form.command.key, entry.command),
    args: entry.args.map((arg) => filling.text(form.args ?? form.command.key, arg)),
  };
  // Where the client has no key for it, nobody can give a folder.
  const given = entry.cwd !== undefined && form.cwd !== null ? filling.text(form.cwd, entry.cwd) : undefined;
  const cwd = given === undefined ? part.cwd : pathFor(world).resolve(part.cwd, given);
  const wins = part.client.launch.ownWins === true;
  const setsPath =
    !(wins && valueIn(part.env, 'PATH', world) !== undefined) && valueIn(own, 'PATH', world) !== undefined;
  return {
    entry: { ...wrapped(part, { ...words, env: own }, world), cwd, env: own },
    env: wins ? over(own, part.env, world) : over(part.env, own, world),
    path: setsPath ? 'entry' : part.path,
    cwdGiven: given !== undefined && pathFor(world).isAbsolute(given),
    unset: [...filling.unset],
    secrets: [...filling.secrets],
  };
}

/** A URL as the client asks for it. */
export function urlIn(
  part: Part,
  spec: Extract<TargetSpec, { kind: 'http' }>,
): { spec: typeof spec; unset: string[]; secrets: string[] } {
  const { entry: form } = part.client;
  const filling = new Filling(part);
  const url = filling.text(form.url[0], spec.url);
  const headers = filling.record(form.headers, spec.headers);
  return {
    spec: { ...spec, url: URL.canParse(url) ? url : spec.url, headers },
    unset: [...filling.unset],
    secrets: [...filling.secrets],
  };
}

/** Launches with the same key are one launch: what the server is given and asked is the same. */
export function launchKey(part: Part, entry: Entry, world: World): string {
  const { entry: made, env } = launchIn(part, entry, world);
  const { probes, discovers } = part.client.handshake;
  const inOrder = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    made.command,
    made.args,
    made.cwd,
    made.bare,
    inOrder(env),
    part.revision,
    inOrder(part.capabilities),
    [...probes].sort(),
    discovers === 'always',
  ]);
}

/** What the evidence says of the environment: names and folders, no values. */
export function environmentOf(part: Part, { env, path }: PartLaunch, world: World): Environment {
  const withheld = Object.keys(world.env).filter((name) => valueIn(env, name, world) === undefined);
  const telling = (name: string) => Number(!TELLING.test(name));
  return {
    policy: part.policy,
    path,
    folders: (valueIn(env, 'PATH', world) ?? '').split(pathFor(world).delimiter).filter(Boolean).slice(0, 100),
    withheld: withheld.sort((a, b) => telling(a) - telling(b) || (a < b ? -1 : 1)).slice(0, MAX_WITHHELD),
  };
}

/** `User rejected sampling request` of the specification (client/sampling#error-handling). */
const REJECTED = -1;

/**
 * What a server is told that asks something of the client: the open folder where roots were declared, and a polite no to what needs a
 * model or a person.
 */
export function answerIn(part: Part, world: World): (request: Request) => Promise<Answer> {
  return async ({ method }) => {
    const offers = (capability: string) => capability in part.capabilities;
    if (method === 'ping') return { result: {} };
    if (method === 'roots/list' && offers('roots')) {
      const folder = part.fillings.project;
      const path = world.platform === 'win32' ? `/${folder.replaceAll('\\', '/')}` : folder;
      return {
        result: { roots: [{ uri: `file://${encodeURI(path)}`, name: folder.split(/[\\/]/).at(-1) || folder }] },
      };
    }
    if (method === 'sampling/createMessage' && offers('sampling'))
      return { error: { code: REJECTED, message: 'User rejected sampling request' } };
    if (method === 'elicitation/create' && offers('elicitation')) return { result: { action: 'decline' } };
    return { error: { code: -32601, message: 'Method not found' } };
  };
}
