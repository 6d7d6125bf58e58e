/** From what was asked for to the files in which something may be fixed, and all that is wrong with them. */
import { posix, win32 } from 'node:path';
import type { Client, ConfigPlace } from '../clients/client.js';
import { CLIENTS, clientOf } from '../clients/index.js';
import type { ConfigText, Fault, RuleId, ServerEntry } from '../config/config.js';
import { entriesIn } from '../config/entries.js';
import { faultsIn } from '../config/faults.js';
import { readConfig } from '../config/read.js';
import { type FoundFile, findConfigs, MAX_CONFIG_BYTES, machineOf } from '../probe/configs.js';
import { entryNamed, NoSuchEntry, nameParts } from '../probe/declared.js';
import { osOf, plainPath } from '../probe/places.js';
import type { World } from '../probe/world.js';
import { UsageError } from './exit.js';

/** A file of a client, with every place of the client that leads to it. */
export interface FixTarget {
  /** As it was asked for: `cursor:weather`, or the file. */
  label: string;
  client: Client;
  /** Each with the entries of its place. */
  files: [FoundFile, ...FoundFile[]];
  /** The one server that it is about. */
  server?: string;
}

const WAYS =
  'Write what is to be fixed: <client>:<server> (mcp-verdict fix cursor:weather), a client, a configuration file, or --all.';

/** Files that were read, one target for each path: for the client that writes it, where several read it. */
function grouped(found: FoundFile[], label: (file: FoundFile) => string, server?: string): FixTarget[] {
  const targets = new Map<string, FixTarget>();
  // A file from which the client reads no servers is not put right by an edit in it.
  const usable = found.filter(({ config, notRead }) => config && !notRead);
  for (const file of [
    ...usable.filter(({ place }) => place.shared === undefined),
    ...usable.filter(({ place }) => place.shared !== undefined),
  ]) {
    const known = targets.get(file.path);
    if (!known) targets.set(file.path, { label: label(file), client: file.client, files: [file], server });
    else if (known.client === file.client) known.files.push(file);
  }
  return [...targets.values()];
}

/** Whether two paths lead to one file. */
const isSame = (one: string, other: string, world: World): boolean =>
  one === other || plainPath(world.realpath(one), osOf(world)) === plainPath(world.realpath(other), osOf(world));

/** A client that reads the file at this path, or would if it lay in its place. */
function ofPath(path: string, client: Client | undefined, world: World): FoundFile[] {
  const folder = posix.dirname(path);
  const clients = client ? [client] : CLIENTS;
  // It may belong to a project that is not the open one: to its folder, or to the one above `.cursor`.
  for (const project of [world.cwd, folder, posix.dirname(folder)]) {
    const found = findConfigs(world, { clients, project }).filter((file) => isSame(file.path, path, world));
    if (found.length) return found;
  }
  return [];
}

/** A file that no client reads where it lies, told by its name and by what stands in it: a copy, a template, one of another machine. */
function targetElsewhere(word: string, path: string, client: Client | undefined, world: World): FixTarget {
  const read = world.read(path, MAX_CONFIG_BYTES);
  if (read.state === 'absent') throw new UsageError(`${word} is neither a client nor a file. ${WAYS}`);
  if (read.state !== 'read')
    throw new UsageError(
      `${word} cannot be fixed: it is ${read.state === 'unreadable' ? `unreadable (${read.code})` : NOT_READ[read.state]}.`,
    );
  const name = posix.basename(path).toLowerCase();
  const owns = ({ place: { path: own, shared } }: { place: ConfigPlace }) =>
    shared === undefined && posix.basename(own).toLowerCase() === name;
  const all = (client ? [client] : CLIENTS).flatMap((one) => one.places.map((place) => ({ client: one, place })));
  const named = all.filter(owns);
  const meant = [...new Set(named.map((one) => one.client))];
  // An edit for the wrong client would do harm: what is not plain is asked.
  if (!client && meant.length !== 1)
    throw new UsageError(
      meant.length
        ? `${word} lies where no client reads it, and may be meant for ${meant.map(({ name: of }) => of).join(', ')}. Say for which: --client ${meant[0]?.id}`
        : `${word} is no file from which a client that mcp-verdict knows reads its servers. If it is meant for one, say so: --client <id>`,
    );
  const format = /\.toml$/.test(name) ? 'toml' : /\.ya?ml$/.test(name) ? 'yaml' : 'json';
  const guess = named[0] ?? all.find(({ place }) => place.format.startsWith(format) && !place.root.includes('*'));
  if (!guess) throw new UsageError(`${client?.name} reads no servers from a file like ${word}.`);
  const { place } = guess;
  const config = readConfig(read.bytes, place.format);
  const file: FoundFile = {
    ...{ client: guess.client, place, path, shown: word, state: 'read', bytes: read.bytes, config, faults: [] },
    ...{ entries: entriesIn(config, guess.client, place), machine: machineOf(world) },
  };
  return { label: word, client: guess.client, files: [file] };
}

const NOT_READ = {
  loop: 'a symbolic link that leads back to itself',
  'not-a-file': 'no ordinary file',
  'too-large': 'larger than any configuration',
} as const;

function targetOfFile(word: string, client: Client | undefined, world: World): FixTarget[] {
  const path = plainPath(/^~[\\/]/.test(word) ? `${world.home}${word.slice(1)}` : wholePath(word, world), osOf(world));
  const found = ofPath(path, client, world);
  const unread = found.find(({ state }) => state !== 'read');
  if (unread?.state === 'absent') throw new UsageError(`${word} is not there. ${WAYS}`);
  if (unread) throw new UsageError(`${word} cannot be fixed: ${unread.why}.`);
  if (found.length === 0) return [targetElsewhere(word, path, client, world)];
  const owners = [...new Set(found.filter(({ place }) => place.shared === undefined).map((file) => file.client))];
  const owner = client ?? owners[0] ?? found[0]?.client;
  if (!client && owners.length > 1)
    throw new UsageError(
      `${word} is read by ${owners.map(({ name }) => name).join(' and ')}. Say for which: --client ${owners[0]?.id}`,
    );
  return grouped(
    found.filter((file) => file.client === owner),
    ({ shown }) => shown,
  );
}

const wholePath = (word: string, world: World): string =>
  (world.platform === 'win32' ? win32 : posix).resolve(world.cwd, word);

export interface TargetOptions {
  client?: string;
  project?: string;
  all?: boolean;
}

/** @throws UsageError when nothing of that name is there. */
export function targetsOf(word: string | undefined, options: TargetOptions, world: World): FixTarget[] {
  const { project } = options;
  const client = options.client === undefined ? undefined : clientOf(options.client);
  if (options.client !== undefined && !client)
    throw new UsageError(
      `--client is "${options.client}", which mcp-verdict does not know. Known are: ${CLIENTS.map(({ id }) => id).join(', ')}.`,
    );
  if (options.all) {
    if (word !== undefined)
      throw new UsageError(`--all is for every client; "${word}" stands beside it. Leave one out.`);
    return grouped(findConfigs(world, { project }), ({ shown }) => shown);
  }
  if (word === undefined) throw new UsageError(`Nothing to fix is named. ${WAYS}`);
  // Its id or its name to the letter: the path of a file may hold the name of a client as well.
  const whole = CLIENTS.find(({ id, name }) => id === word || name === word);
  if (whole) {
    const targets = grouped(findConfigs(world, { clients: [whole], project }), ({ shown }) => shown);
    if (targets.length === 0)
      throw new UsageError(`${whole.name} has no configuration here that could be read. See: mcp-verdict doctor`);
    return targets;
  }
  if (nameParts(word) === null) return targetOfFile(word, client, world);
  try {
    const { found, server, client: own } = entryNamed(word, world, { project });
    const files = findConfigs(world, { clients: [own], project }).filter(({ path }) => path === found.path);
    return grouped(files, () => word, server);
  } catch (error) {
    if (error instanceof NoSuchEntry) throw new UsageError(error.message);
    throw error;
  }
}

/** Faults that no edit of this text cures, and that only other files and the client itself explain. */
const NOT_OF_TEXT: ReadonlySet<RuleId> = new Set(['shadowed', 'approval-pending']);

/** What was found of a file that its own text does not show. */
export const aboutOthers = ({ files }: FixTarget): Fault[] =>
  files.flatMap(({ faults }) => faults.filter(({ rule }) => NOT_OF_TEXT.has(rule)));

/** Everything that is wrong with a text, if it stood in that file. */
export const judgeOf =
  ({ client, files }: FixTarget) =>
  (config: ConfigText): Fault[] => {
    const told = new Set<string>();
    return files
      .flatMap(({ place, path, machine }) =>
        faultsIn({
          ...{ client, place, file: path, machine, config, entries: entriesIn(config, client, place) },
          namesakes: () => [],
          approved: () => null,
        }),
      )
      .filter(({ rule, range, server }) => {
        // What is wrong with the file itself is found in each of its places.
        const key = `${rule}\n${range.start}\n${range.end}\n${server ?? ''}`;
        return !told.has(key) && told.add(key);
      })
      .sort((a, b) => a.range.start - b.range.start);
  };

/** The file and the entry of a server, if that text stood there. */
export function entryIn(target: FixTarget, config: ConfigText): { found: FoundFile; entry: ServerEntry } | null {
  const { client, files, server } = target;
  for (const found of files) {
    const entries = entriesIn(config, client, found.place);
    const entry = entries.find(({ name }) => name === server);
    if (entry) return { found: { ...found, config, entries, faults: judgeOf(target)(config) }, entry };
  }
  return null;
}
