/** What clients in which a server fails give to it otherwise than those in which it works: the facts that tell them apart. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';

export interface Difference {
  fact: 'path' | 'variable' | 'folder' | 'revision';
  /** What the working ones have and the failing ones lack: folders, names. */
  names: string[];
  /** A sentence. */
  says: string;
}

const MAX_NAMES = 5;

type Client = Evidence['client'];

const clientsOf = (files: CaseFile[]): Client[] =>
  files.flatMap(({ evidence }) => (evidence.client?.status === 'seen' ? [evidence.client.value] : []));

/** Those of the first list that are in every list of `has` and in none of `lacks`. */
function only(has: string[][], lacks: string[][]): string[] {
  const [first = [], ...others] = has;
  const without = new Set(lacks.flat());
  const rest = others.map((list) => new Set(list));
  return first.filter((name) => !without.has(name) && rest.every((list) => list.has(name)));
}

const listed = (names: string[]): string =>
  `${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''}`;

const SOURCE = {
  desktop: 'the PATH of the desktop session',
  terminal: 'the PATH of a terminal',
  'login-shell': 'the PATH of a login shell',
  entry: 'the PATH of the entry',
} as const;

function pathDifference(failing: Client[], working: Client[]): Difference[] {
  const folders = (clients: Client[]) => clients.map(({ environment }) => environment?.folders ?? []);
  const lacking = only(folders(working), folders(failing));
  if (lacking.length === 0) return [];
  const sources = [...new Set(failing.flatMap(({ environment }) => (environment ? [SOURCE[environment.path]] : [])))];
  return [
    {
      fact: 'path',
      names: lacking,
      says: `Where it fails the server gets ${sources.join(' or ')}, which lacks ${listed(lacking)}.`,
    },
  ];
}

/** The variable that makes the difference, where a probe found it by starting the server with and without it. */
function decided(files: CaseFile[]): string[] {
  return files.flatMap(({ evidence }) =>
    evidence.worlds?.status === 'seen' && evidence.worlds.value.deciding?.kind === 'variable'
      ? evidence.worlds.value.deciding.names
      : [],
  );
}

function variableDifference(files: CaseFile[], failing: Client[], working: Client[]): Difference[] {
  const found = [...new Set(decided(files))];
  const withheld = (clients: Client[]) => clients.map(({ environment }) => environment?.withheld ?? []);
  const lacking = only(withheld(failing), withheld(working));
  const names = found.length > 0 ? found : lacking;
  if (names.length === 0) return [];
  const one = names.length === 1;
  return [
    {
      fact: 'variable',
      names,
      says:
        found.length > 0
          ? `Where it fails the server does not get ${listed(names)}, which it needs; write ${one ? 'it' : 'them'} into the entry.`
          : `Where it fails ${names.length} variables of your shell are not handed on (${listed(names)}).`,
    },
  ];
}

/** The difference of one value that every client has. */
function valueDifference(
  fact: 'folder' | 'revision',
  of: (client: Client) => string | undefined,
  failing: Client[],
  working: Client[],
  says: (failing: string, working: string) => string,
): Difference[] {
  const values = (clients: Client[]) => [...new Set(clients.flatMap((client) => of(client) ?? []))];
  const [here, there] = [values(failing), values(working)];
  if (here.length === 0 || there.length === 0 || here.some((value) => there.includes(value))) return [];
  return [{ fact, names: here, says: says(listed(here), listed(there)) }];
}

/** The facts that tell `failing` from `working`, the likeliest first. Empty when nothing does, or nothing works. */
export function differencesOf(failingFiles: CaseFile[], workingFiles: CaseFile[]): Difference[] {
  const [failing, working] = [clientsOf(failingFiles), clientsOf(workingFiles)];
  if (failing.length === 0 || working.length === 0) return [];
  const variable = variableDifference(failingFiles, failing, working);
  const path = pathDifference(failing, working);
  const sure = decided(failingFiles).length > 0;
  return [
    ...(sure ? variable : path),
    ...(sure ? path : variable),
    ...valueDifference(
      'folder',
      ({ cwd }) => cwd,
      failing,
      working,
      (here, there) => `Where it fails it is started in ${here}, elsewhere in ${there}.`,
    ),
    ...valueDifference(
      'revision',
      ({ revision }) => revision,
      failing,
      working,
      (here, there) => `Where it fails it is asked for protocol version ${here}, elsewhere for ${there}.`,
    ),
  ];
}
