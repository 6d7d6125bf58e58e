/** What a second start in the user's own environment showed, read by the causes it decides. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';

type Seen = Partial<Pick<Evidence, 'launch' | 'worlds'>>;

const numbers = (version: string): number[] => version.split('.').map(Number);

const isNewer = (a: string, b: string): boolean => {
  const [x, y] = [numbers(a), numbers(b)];
  const i = x.findIndex((n, k) => n !== (y[k] ?? 0));
  return i !== -1 && (x[i] ?? 0) > (y[i] ?? 0);
};

/** The folder of the shell's PATH that alone makes the server start. */
export interface DecidingFolder {
  folder: string;
  /** "node 22.11.0", "uvx", or nothing when it is not known what the server found there. */
  provides: string;
  /** Who put it there. */
  via: string;
}

export function decidingFolder({ worlds }: Seen): DecidingFolder | null {
  const { deciding } = worlds ?? {};
  if (deciding?.kind !== 'path-entry' || worlds?.shell.outcome !== 'answered') return null;
  const [, provides = '', via = ''] = /^([^(]{0,200}?)(?: \(([^)]{0,100})\))?$/.exec(deciding.provides ?? '') ?? [];
  return { folder: deciding.names[0] ?? '', provides, via };
}

/** The version of the client's runtime that the deciding folder has, when it is newer than the one the client found. */
export function newerInShell(seen: Seen): (DecidingFolder & { version: string }) | null {
  const { runtime } = seen.launch ?? {};
  const found = decidingFolder(seen);
  if (!runtime || !found) return null;
  const [, version] = new RegExp(`\\b${runtime.name} (\\d[\\d.]*)`).exec(found.provides) ?? [];
  return version && isNewer(version, runtime.version) ? { ...found, version } : null;
}

/** Variables that alone make the server start, known by trying. One that the entry sets is wrong there, not missing. */
export const decidingVariables = ({ worlds, launch }: Seen): string[] => {
  if (worlds?.shell.outcome !== 'answered' || !worlds.deciding || worlds.deciding.kind === 'path-entry') return [];
  const set = new Set(launch?.env.filter(({ state }) => state === 'set').map(({ name }) => name));
  const { names } = worlds.deciding;
  return names.some((name) => set.has(name) || name === 'PATH') ? [] : names;
};

/** What a live look knows of a runtime that is too old; its facts are empty where nobody looked. */
export function olderRuntime(seen: Seen) {
  const { runtime, requires, lookup } = seen.launch ?? {};
  const newer = newerInShell(seen);
  /** The package asks for another version than the one found. */
  const short = requires?.satisfied === false;
  return {
    runtime: short || newer ? runtime : undefined,
    short,
    newer: newer !== null,
    cites: [...(short ? [at('launch', 'requires')] : []), ...(newer ? [at('worlds', 'deciding')] : [])],
    needs: short ? requires.range : '',
    facts: {
      newer: newer?.version ?? '',
      folder: newer?.folder ?? '',
      via: newer?.via ?? '',
      path: lookup?.path ?? [],
    },
  };
}

/** The PATH of an entry, as its line in the config. Windows is told by its backslashes. */
export const entryPath = (folders: string[]): string => {
  const delimiter = folders.some((folder) => folder.includes('\\')) ? ';' : ':';
  return `"env": { "PATH": ${JSON.stringify([...new Set(folders)].join(delimiter))} }`;
};
