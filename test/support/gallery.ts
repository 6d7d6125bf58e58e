/**
 * The gallery: configuration files of every client, sound and broken, and beside them what is to be found in each. The expectations
 * are written from what the clients do, not from what the rules say.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client, ConfigPlace, Os, Scope } from '../../src/clients/client.js';
import { clientOf } from '../../src/clients/index.js';
import type { ConfigText, Fault, Machine, Namesake, ServerEntry } from '../../src/config/config.js';
import { entriesIn } from '../../src/config/entries.js';
import { faultsIn } from '../../src/config/faults.js';
import { positionOf } from '../../src/config/position.js';
import { readConfig, readText } from '../../src/config/read.js';

export const FOLDER = fileURLToPath(new URL('../gallery', import.meta.url));
/** Stands for this repository in a file of the gallery, so that an entry can name a server that is really there. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
  .replaceAll('\\', '/')
  .replace(/\/$/, '');

export interface Expected {
  rule: string;
  /** Of the first character, from 1. */
  line: number;
  column: number;
  server?: string;
  /** `gone`: an edit cures it. `no sure edit`: none may be offered. Absent: either is right. */
  fix?: 'gone' | 'no sure edit';
}

export interface Expectation {
  /** What it is about, in one sentence. */
  says: string;
  /** The page or the report it is after, or `own`. */
  source: string;
  /** Where the file lies, as src/clients writes it, with names in place of `*`. */
  path: string;
  os: Os;
  /** The folder for which its entries count; the one that is open otherwise. */
  project?: string;
  /** Variables that are set, beside those of every machine. */
  variables?: string[];
  /** What exists besides this repository; folders end with `/`. `<project>` is the folder that is open. */
  files?: string[];
  /** Entries of the same name elsewhere, by name. */
  namesakes?: Record<string, { scope: Scope; file: string; line: number; project?: string }>;
  /** What the user said to servers of the project, by name. */
  approved?: Record<string, boolean>;
  findings: Expected[];
  /** Lines of the file when everything that can be is cured, without the blanks around them. */
  becomes?: string[];
  /** Servers that must be healthy when everything that can be is cured. */
  healthy?: string[];
}

export interface GalleryFile {
  /** `<client>/<file>` */
  name: string;
  client: Client;
  file: string;
  expectation: Expectation;
  places: ConfigPlace[];
  bytes: Uint8Array;
}

const HOMES: Record<Os, string> = { linux: '/home/ada', macos: '/Users/ada', windows: 'C:/Users/ada' };
/** What is set for everybody who logs in. */
const ALWAYS: Record<Os, readonly string[]> = {
  linux: ['HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'LANG'],
  macos: ['HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TMPDIR'],
  windows: ['USERPROFILE', 'PATH', 'USERNAME', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMFILES', 'SYSTEMROOT', 'TEMP'],
};

/** The folder that is open. */
const projectOf = (os: Os): string => `${HOMES[os]}/code/shop`;
const decoder = new TextDecoder('latin1');
const plain = (path: string): string => path.replaceAll('\\', '/').replace(/(?<=.)\/$/, '');

/** Whether a path of the gallery is one of those that a place of a client stands for. */
function fits(pattern: string, path: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]*')}$`, 'i').test(path);
}

/** The places of the client that this file may be, and places in which people put servers though none are read there. */
function placesOf(client: Client, { path, os }: Expectation): ConfigPlace[] {
  const read = client.places.filter((place) => place.os.includes(os) && fits(place.path, path));
  if (read.length > 0) return read;
  return client.notRead
    .filter((place) => fits(place.path, path))
    .map((place) => ({ os: [os], scope: 'legacy', path: place.path, format: place.format, root: place.root }));
}

/** All files, by name. Throws when a file and an expectation do not belong to each other, or a client does not read such a file. */
export function galleryFiles(): GalleryFile[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: id }) => {
      const client = clientOf(id);
      if (client?.id !== id) throw new Error(`test/gallery/${id}: no client of that id`);
      const expectations = JSON.parse(readFileSync(join(FOLDER, id, 'expect.json'), 'utf8')) as Record<
        string,
        Expectation
      >;
      const files = readdirSync(join(FOLDER, id)).filter((file) => file !== 'expect.json');
      const lonely = [
        ...files.filter((file) => !(file in expectations)),
        ...Object.keys(expectations).filter((file) => !files.includes(file)),
      ];
      if (lonely.length > 0) throw new Error(`test/gallery/${id}: file or expectation without the other: ${lonely}`);
      return files.map((file): GalleryFile => {
        const expectation = expectations[file] as Expectation;
        const places = placesOf(client, expectation);
        if (places.length === 0) throw new Error(`${id}/${file}: ${client.name} has no place ${expectation.path}`);
        return { name: `${id}/${file}`, client, file, expectation, places, bytes: bytesOf(join(FOLDER, id, file)) };
      });
    });
}

/** The bytes of a file, with this repository filled in. */
function bytesOf(path: string): Uint8Array {
  const bytes = readFileSync(path);
  // Byte by byte, so that an encoding that is wrong stays wrong. None of the files with another encoding names the repository.
  if (!decoder.decode(bytes).includes('@ROOT@')) return bytes;
  return Buffer.from(
    Buffer.from(bytes).toString('latin1').replaceAll('@ROOT@', Buffer.from(ROOT).toString('latin1')),
    'latin1',
  );
}

/** The machine of the expectation; what lies in this repository is looked at for real. */
export function machineOf(expectation: Expectation): Machine {
  const { os, variables = [], files = [] } = expectation;
  const project = projectOf(expectation.os);
  const known = new Map<string, 'file' | 'directory'>();
  const put = (path: string): void => {
    const full = plain(path);
    known.set(full.toLowerCase(), path.endsWith('/') ? 'directory' : 'file');
    for (let at = full.lastIndexOf('/'); at > 0; at = full.lastIndexOf('/', at - 1))
      known.set(full.slice(0, at).toLowerCase(), 'directory');
  };
  for (const path of [`${project}/`, ...files]) put(path.replaceAll('<project>', project));
  const set = new Set([...ALWAYS[os], ...variables].map((name) => (os === 'windows' ? name.toUpperCase() : name)));
  return {
    os,
    home: HOMES[os],
    project,
    isSet: (name) => set.has(os === 'windows' ? name.toUpperCase() : name),
    look(path) {
      const full = plain(path);
      if (full === ROOT || full.startsWith(`${ROOT}/`)) {
        const found = statSync(full, { throwIfNoEntry: false });
        return found ? (found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other') : null;
      }
      return known.get(full.toLowerCase()) ?? null;
    },
  };
}

/** A fault with its place, as people read it. */
export interface Found extends Fault {
  line: number;
  column: number;
}

export interface Judged {
  config: ConfigText;
  entries: ServerEntry[];
  /** Of all places that the file may be, each fault once. */
  faults: Found[];
}

/** What our rules find: bytes as they lie on the disk, or a text in place of theirs. */
export function judge(file: GalleryFile, text?: string): Judged {
  const { expectation, client, places } = file;
  const machine = machineOf(expectation);
  const told = new Set<string>();
  const [first] = places as [ConfigPlace];
  const read = (place: ConfigPlace): ConfigText =>
    text === undefined ? readConfig(file.bytes, place.format) : readText(text, place.format);
  const entries: ServerEntry[] = [];
  const faults = places.flatMap((place) => {
    const config = read(place);
    const own = entriesIn(config, client, place);
    entries.push(...own);
    return faultsIn({
      ...{ client, place, config, machine, entries: own },
      file: expectation.path
        .replace('<project>', projectOf(expectation.os))
        .replace(/^~/, machine.home)
        .replace(/^%APPDATA%/, `${machine.home}/AppData/Roaming`)
        .replace(/^%LOCALAPPDATA%/, `${machine.home}/AppData/Local`),
      namesakes: (entry): Namesake[] => {
        const other = expectation.namesakes?.[entry.name];
        const there = client.places.find(({ scope, os }) => scope === other?.scope && os.includes(machine.os));
        return other && there ? [{ place: there, ...other }] : [];
      },
      approved: (entry) => expectation.approved?.[entry.name] ?? null,
    })
      .filter(({ rule, range, server }) => {
        const key = `${rule} ${range.start} ${server}`;
        return !told.has(key) && told.add(key);
      })
      .map((fault): Found => ({ ...fault, ...positionOf(config.text, fault.range.start) }));
  });
  faults.sort((a, b) => a.range.start - b.range.start || (a.rule < b.rule ? -1 : 1));
  return { config: read(first), entries, faults };
}

const byPlace = (a: { line: number; column: number; rule: string }, b: typeof a): number =>
  a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1);

/** A finding in one line: `rule 3:7`, with the server when it is asked for. */
const line = ({ rule, line, column, server }: Expected, named: boolean): string =>
  `${line}:${column} ${rule}${named && server !== undefined ? ` of ${server}` : ''}`;

/** What is to be found and what was, in lines that can be compared; the server counts where the expectation names one. */
export function compared(
  { expectation }: GalleryFile,
  faults: readonly Found[],
): { expected: string[]; found: string[] } {
  const wanted = [...expectation.findings].sort(byPlace);
  return {
    expected: wanted.map((finding) => line(finding, true)),
    found: [...faults].sort(byPlace).map((fault) => {
      const same = wanted.find(
        ({ rule, line, column }) => rule === fault.rule && line === fault.line && column === fault.column,
      );
      return line(fault, same?.server !== undefined);
    }),
  };
}
