/**
 * What of a verdict can be cured in the entry of the server: as changes of the file, and as values that only the user has. No value is
 * ever guessed: a change holds what was found on this machine, or what the user gave.
 */
import type { EntryForm } from '../clients/client.js';
import type { ConfigText, ServerEntry, TextEdit } from '../config/config.js';
import { type Path, setValue, tried } from '../config/edit.js';
import type { Wish } from '../config/plan.js';
import { nodeAt } from '../config/tree.js';
import type { Finding } from './verdict.js';

/** Where the entry stands, and how its client writes one. */
export interface EntryPlace {
  entry: Pick<ServerEntry, 'name' | 'path' | 'env'>;
  form: EntryForm;
  windows: boolean;
}

/** A variable that the server misses. */
export interface Need {
  name: string;
  /** The user's own shell has it. */
  inShell: boolean;
}

export interface ConfigCures {
  wishes: Wish[];
  needs: Need[];
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A value at a path; null where there is no sure way to write it. */
function written(config: ConfigText, path: Path, value: string): TextEdit[] | null {
  if (nodeAt(config.root, path)?.value === value) return [];
  const edits = tried(() => setValue(config, path, value));
  return edits.length > 0 ? edits : null;
}

/** Give the server a variable. */
export function wishVariable({ entry, form }: EntryPlace, id: string, name: string, value: string, says: string): Wish {
  return {
    ...{ id, says, server: entry.name },
    edits: (config) => written(config, [...entry.path, form.env, name], value),
  };
}

/** Start the program by its absolute path. */
function wishCommand({ entry, form }: EntryPlace, id: string, path: string, says: string): Wish {
  return {
    ...{ id, says, server: entry.name },
    edits(config) {
      const key = [...entry.path, form.command.key];
      const node = nodeAt(config.root, key);
      // Alone, first of a list with its arguments, or part of an object.
      const at = node?.kind === 'list' ? [...key, 0] : node?.kind === 'object' ? [...key, 'path'] : key;
      return node === null ? null : written(config, at, path);
    },
  };
}

/** Names that a variable can have; what a server says may be anything. */
const VARIABLE = /^[A-Za-z_]\w{0,120}$/;
const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/])/.test(path);
const folderOf = (path: string): string => path.replace(/[\\/][^\\/]*$/, '');

function ofPath(finding: Finding, place: EntryPlace): Wish[] {
  const { facts, id } = finding;
  if (facts.known !== true) return [];
  const command = text(facts.command);
  const places = list(facts.places);
  const own = facts.child !== true && facts.interpreter !== true;
  const windows = facts.windows === true || place.windows;
  const found = places.find(isAbsolute);
  const folder = text(facts.folder) || (found ? folderOf(found) : '');
  if (!isAbsolute(folder)) return [];
  if (own && command !== '' && !/[\\/]/.test(command)) {
    const path = found ?? `${folder}${windows ? '\\' : '/'}${command}`;
    return [
      wishCommand(place, id, path, `${command} is started by its absolute path, which needs no PATH to be found.`),
    ];
  }
  const what = command ? `${command} is found: its folder` : `What the server needs is found: the folder ${folder}`;
  return [wishFirst(place, id, folder, list(facts.path), windows, `${what} stands first on the PATH of the server.`)];
}

/** Put a folder first on the PATH of the server. */
function wishFirst(
  place: EntryPlace,
  id: string,
  folder: string,
  path: readonly string[],
  windows: boolean,
  says: string,
): Wish {
  // Windows does not tell upper from lower case in names.
  const name = place.entry.env.find((one) => one.name.toUpperCase() === 'PATH')?.name ?? 'PATH';
  const folders = [folder, ...path.filter((one) => one !== folder)];
  const value = folders.join(windows ? ';' : ':');
  return { ...wishVariable(place, id, name, value, says), shows: value };
}

function ofRuntime({ id, facts }: Finding, place: EntryPlace): Wish[] {
  const folder = text(facts.folder);
  if (!isAbsolute(folder) || list(facts.path).length === 0) return [];
  const says = `${text(facts.runtime)} ${text(facts.newer)} of your shell stands first on the PATH of the server.`;
  return [wishFirst(place, id, folder, list(facts.path), facts.windows === true || place.windows, says)];
}

/** The cures of a finding that lie in the entry; none when it was not caused there. */
export function configCures(finding: Finding | null, place: EntryPlace): ConfigCures {
  const none: ConfigCures = { wishes: [], needs: [] };
  if (!finding) return none;
  const { facts } = finding;
  const needs = (names: string[], inShell: (name: string) => boolean): ConfigCures => ({
    wishes: [],
    needs: [...new Set(names)].filter((name) => VARIABLE.test(name)).map((name) => ({ name, inShell: inShell(name) })),
  });
  switch (finding.id) {
    case 'launch-command-not-on-path':
      return { wishes: ofPath(finding, place), needs: [] };
    case 'runtime-too-old':
      return { wishes: ofRuntime(finding, place), needs: [] };
    case 'process-env-missing':
      return needs(list(facts.variables), (name) => list(facts.inShell).includes(name));
    case 'launch-env-not-inherited':
      return needs(list(facts.names), () => true);
    default:
      return none;
  }
}
