/**
 * Every file in which a client of this machine keeps servers, and what stands in it. A file that cannot be read is told with the
 * reason: nothing is lost, and nothing is thrown.
 */
import type { Client, ConfigPlace, NotRead, Os } from '../clients/client.js';
import { CLIENTS } from '../clients/index.js';
import type { ConfigText, Fault, Machine, Namesake, RuleContext, ServerEntry } from '../config/config.js';
import { entriesIn } from '../config/entries.js';
import { faultsIn } from '../config/faults.js';
import { positionOf } from '../config/position.js';
import { readConfig } from '../config/read.js';
import { approvals } from './approvals.js';
import {
  folded,
  isSameFolder,
  locate,
  machineOfSide,
  openFolder,
  ownPath,
  type Side,
  shownPath,
  sidesOf,
} from './places.js';
import type { FileRead } from './read-file.js';
import type { World } from './world.js';

export { machineOf } from './places.js';

/** No client config is longer, not even one that keeps the history of every project. */
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
/** TOML and YAML are written by hand, and reading them takes seconds for each megabyte. */
const MAX_BY_HAND = 1024 * 1024;
const limitOf = (format: ConfigPlace['format']): number =>
  format === 'toml' || format === 'yaml' ? MAX_BY_HAND : MAX_CONFIG_BYTES;

/** Nobody has more servers than that in one file; a file that somebody made to keep us busy has. */
const MAX_ENTRIES = 1_000;

export type FoundState = 'read' | 'absent' | 'unreadable' | 'too-large' | 'not-a-file' | 'binary' | 'loop';

/** A place of a client, and what is there. One file may stand in several places of its client, with other servers in each. */
export interface FoundFile {
  client: Client;
  place: ConfigPlace;
  /** Absolute, with `/` on every system; with the `*` of the place where nothing fits it. */
  path: string;
  /** For people: `~` for the home folder, the separators of the system. */
  shown: string;
  /** The folder for which it counts; of a place in a project only. */
  project?: string;
  state: FoundState;
  /** Why it is not read; of a file that is, what is strange about it. A sentence without a full stop. */
  why?: string;
  bytes?: Uint8Array;
  /** Last change, milliseconds since 1970. */
  mtimeMs?: number;
  config?: ConfigText;
  /** The first 1000. */
  entries: ServerEntry[];
  /** How many more servers it holds, which are not looked at. */
  more?: number;
  /** What is wrong; a fault of the file as a whole is told in the first of its places. */
  faults: Fault[];
  /** Those of the whole file that were told in a place before: they keep these entries from being read as well. */
  toldBefore?: Fault[];
  /** The client reads no servers there, and it holds some all the same. */
  notRead?: NotRead;
  /** It is the file of a client on Windows, seen from inside WSL: its servers run there, not here. */
  throughWsl?: true;
  /** What of the machine the rules were told. */
  machine: Machine;
}

export interface FindOptions {
  /** All of ours, unless told otherwise. */
  clients?: readonly Client[];
  /** The folder that is open; without it the working directory. */
  project?: string;
}

const IS: Record<Extract<FileRead, { state: 'not-a-file' }>['is'], string> = {
  directory: 'a folder',
  pipe: 'a named pipe, which was not opened',
  device: 'a device, which was not opened',
  socket: 'a socket, which was not opened',
};

const REASONS: Record<string, string> = {
  EACCES: 'you may not read it',
  EPERM: 'the system forbids to read it',
  ENAMETOOLONG: 'its path is longer than the system takes',
  EIO: 'the disk gave an error (EIO)',
  EMFILE: 'too many files are open (EMFILE)',
  ESTALE: 'the network folder in which it lies is gone (ESTALE)',
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 104_857.6) / 10} MB`;

const ofOwner = ({ owner }: { owner?: number }): string =>
  owner === undefined ? '' : `it belongs to another user (id ${owner})`;

/** Bytes that are no text in any encoding that a config is written in. */
function isBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 65_536);
  if (!head.includes(0)) return false;
  const [first = 0, second = 0, third = 1, fourth = 1] = head;
  // The mark of UTF-32 begins like that of UTF-16.
  const marked =
    (first === 0xff && second === 0xfe && (third !== 0 || fourth !== 0)) || (first === 0xfe && second === 0xff);
  // UTF-16 without a mark: one half of every ASCII character is empty.
  return !marked && !(first === 0 && second > 8 && second < 127) && !(second === 0 && first > 8 && first < 127);
}

const joined = (...parts: string[]): string => parts.filter(Boolean).join(', and ');

/** State and reason of what the world said. */
function told(read: FileRead, limit: number): Pick<FoundFile, 'state' | 'why' | 'bytes' | 'mtimeMs'> {
  switch (read.state) {
    case 'absent':
      return { state: 'absent' };
    case 'loop':
      return { state: 'loop', why: 'it is a symbolic link that leads back to itself' };
    case 'not-a-file':
      return { state: 'not-a-file', why: `it is no file but ${IS[read.is]}` };
    case 'too-large':
      return {
        state: 'too-large',
        why: joined(`it has ${megabytes(read.size)}, and at most ${megabytes(limit)} are read`, ofOwner(read)),
      };
    case 'unreadable': {
      const { code, link, mode, vanished } = read;
      if (link !== undefined)
        return { state: 'unreadable', why: `it is a symbolic link to ${link}, and nothing is there` };
      if (vanished) return { state: 'unreadable', why: 'it vanished while it was being read' };
      const reason = REASONS[code] ?? `it cannot be read (${code})`;
      const rights = mode === undefined || code !== 'EACCES' ? '' : ` (mode ${mode.toString(8).padStart(3, '0')})`;
      return { state: 'unreadable', why: joined(ofOwner(read), `${reason}${rights}`) };
    }
    case 'read': {
      if (isBinary(read.bytes)) return { state: 'binary', why: 'it holds binary data, no text' };
      const why = ofOwner(read);
      return { state: 'read', ...(why && { why }), bytes: read.bytes, mtimeMs: read.mtimeMs };
    }
  }
}

/** One place of a client that belongs to this side of the machine. */
interface Candidate {
  place: ConfigPlace;
  notRead?: NotRead;
}

function candidatesOf(client: Client, { os, throughWsl }: Side): Candidate[] {
  const mark = throughWsl && { windowsSide: true as const };
  return [
    ...client.places.filter((place) => place.os.includes(os)).map((place) => ({ place: { ...place, ...mark } })),
    ...client.notRead.map((notRead) => ({
      place: {
        os: [os],
        scope: 'legacy' as const,
        path: notRead.path,
        format: notRead.format,
        root: notRead.root,
        ...mark,
      },
      notRead,
    })),
  ];
}

/** Whether two entries of one name can meet in one session of the client. */
const meet = (a: string | undefined, b: string | undefined, os: Os): boolean =>
  a === undefined || b === undefined || isSameFolder(a, b, os);

/** The files of one client on one side of the machine. */
function filesOf(client: Client, side: Side, project: string, world: World): FoundFile[] {
  const machine = machineOfSide(world, side, side.throughWsl ? undefined : project);
  const seen = new Set<string>();
  const keyOf = (path: string, { root }: ConfigPlace) => `${folded(path, side.os)}\n${root.join('\n')}`;
  // The home folder may be the one that is open, or lie above it: its file is that of the user all the same.
  const ofUser = new Set(
    candidatesOf(client, side)
      .filter(({ place, notRead }) => !notRead && !place.path.startsWith('<project>'))
      .flatMap(({ place }) => locate(place, side, project, world).map(({ path }) => keyOf(path, place))),
  );
  const reads = new Map<string, ReturnType<typeof told> & { config?: ConfigText }>();
  const files = candidatesOf(client, side).flatMap(({ place, notRead }): FoundFile[] =>
    locate(place, side, project, world).flatMap(({ path, project: of }): FoundFile[] => {
      const own = folded(path, side.os);
      const key = keyOf(path, place);
      if (of !== undefined && ofUser.has(key)) return [];
      // A file that the client reads elsewhere is read; of one that stands in the home folder that is open, too.
      if (seen.has(key) || (notRead && [...seen].some((other) => other.startsWith(`${own}\n`)))) return [];
      seen.add(key);
      const readKey = `${path}\n${place.format}`;
      let read = reads.get(readKey);
      if (!read) {
        read = told(world.read(path, limitOf(place.format)), limitOf(place.format));
        if (read.bytes) read.config = readConfig(read.bytes, place.format);
        reads.set(readKey, read);
      }
      const { config } = read;
      const all = config ? entriesIn(config, client, place) : [];
      const entries = all.slice(0, MAX_ENTRIES);
      const more = all.length - entries.length;
      // A file that is none of the client's is worth a word only when servers stand in it.
      if (notRead && entries.length === 0) return [];
      return [
        {
          ...{ client, place, path, shown: shownPath(path, side), machine, entries, faults: [] },
          ...read,
          ...(of !== undefined && { project: of }),
          ...(more > 0 && { more }),
          ...(notRead && { notRead }),
          ...(side.throughWsl && { throughWsl: true }),
        },
      ];
    }),
  );
  return judged(files, client, side, approvals(client, side, world), project);
}

/** What the rules find in each, now that all of them are known. */
function judged(
  files: FoundFile[],
  client: Client,
  side: Side,
  approved: ReturnType<typeof approvals>,
  project: string,
): FoundFile[] {
  const told = new Set<string>();
  return files.map((file) => {
    const { config, machine, place, path, entries } = file;
    if (!config) return file;
    const context: RuleContext = {
      ...{ client, place, file: ownPath(path, side), config, machine, entries },
      namesakes: (entry) => namesakesOf(entry, file, files),
      approved: (entry) =>
        file.project === undefined ? null : approved(entry.name, place.scope, [...new Set([file.project, project])]),
    };
    // What is wrong with a file as a whole is told once, in however many places of its client it stands.
    const toldBefore: Fault[] = [];
    const faults = faultsIn(context).filter((fault) => {
      const { rule, range, server } = fault;
      const key = `${path}\n${rule}\n${range.start}\n${range.end}\n${server ?? ''}`;
      if (told.has(key) && server === undefined) toldBefore.push(fault);
      return !told.has(key) && told.add(key);
    });
    return { ...file, faults, ...(toldBefore.length > 0 && { toldBefore }) };
  });
}

/** A folder by the word that is used here, if it is that one: the rules compare words. */
const sameWord = (folder: string, here: string | undefined, os: Os): string =>
  here !== undefined && isSameFolder(folder, here, os) ? here : folder;

function namesakesOf(entry: ServerEntry, own: FoundFile, files: FoundFile[]): Namesake[] {
  const here = entry.project ?? own.machine.project;
  return files
    .filter(({ notRead }) => !notRead)
    .flatMap(({ entries, place, shown, config, path }) =>
      entries
        .filter(
          (other) =>
            other !== entry &&
            other.name === entry.name &&
            meet(other.project, entry.project, own.machine.os) &&
            // The same piece of the same file, which stands in two places of the client.
            !(path === own.path && other.range.start === entry.range.start),
        )
        .map((other) => ({
          ...{ place, file: shown, line: positionOf(config?.text ?? '', other.nameRange.start).line },
          ...(other.project !== undefined && { project: sameWord(other.project, here, own.machine.os) }),
        })),
    );
}

/**
 * Every place of the clients on this machine, the files that are absent among them, in the order of the clients and their places. On
 * WSL the files of clients on Windows follow.
 */
export function findConfigs(world: World, { clients = CLIENTS, project }: FindOptions = {}): FoundFile[] {
  return sidesOf(world).flatMap((side) => {
    const open = openFolder(project ?? world.cwd, side, world);
    return clients.flatMap((client) => filesOf(client, side, open, world));
  });
}
