/**
 * The compatibility matrix: what one server does in each client, and what that means for the server. Pure: it reads the cases of the
 * launches that were made, and the verdicts over them.
 */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { beyondOf, fitOf, type Misfit } from '../clients/fit.js';
import { clientOf } from '../clients/index.js';
import { type Difference, differencesOf } from './differences.js';
import type { Finding, Verdict } from './verdict.js';

export const MATRIX_FORMAT = 'mcp-verdict.matrix/1';

/**
 * `works`: every tool arrives. `limited`: it connects, and a part is lost. `fails`: it does not connect, or ends. `not-known`: as it was
 * played it fails, and what decides is not known of this client; or the evidence does not decide.
 */
export type MatrixOutcome = 'works' | 'limited' | 'fails' | 'not-known';

/** The server in the part of one client. */
export interface PlayedCase {
  /** With evidence `client`. */
  file: CaseFile;
  verdict: Verdict;
  /** What a launch depends on and is not known of this client: its environment, its folder, its transports. */
  guessed: { environment: boolean; folder: boolean; transports: boolean };
  /** Launches that are one and the same have the same number, from 1. */
  run: number;
}

export interface MatrixRow {
  /** Client id. */
  client: string;
  name: string;
  version?: string;
  outcome: MatrixOutcome;
  /** Root cause, where one was found. */
  cause: string | null;
  certainty: Finding['certainty'] | null;
  /** A few words: what comes of it, or why not. */
  words: string;
  /** Tools that the model gets; null when that is not known. */
  tools: number | null;
  /** How long the server took to answer, milliseconds. */
  startMs: number | null;
  /** What was not known of the client and played in the usual way: sentences. */
  assumed: string[];
  /** What a launch depends on is among that: its environment, its folder, its transports. */
  guessed: boolean;
  run: number;
}

/** Clients in which it fails, or is limited, for one reason. */
export interface MatrixGroup {
  cause: string;
  certainty: Finding['certainty'];
  culprit: Finding['culprit'];
  outcome: MatrixOutcome;
  /** Names. */
  clients: string[];
  says: string;
  /** What these clients give to the server otherwise than those in which it works. */
  differences: Difference[];
  fix: Finding['fix'];
}

/**
 * `works`: in every client that could be judged. `limited`: it connects in all of these, and a part is lost in some. `client-specific`:
 * some fail and others work. `server`: all fail, for one reason that is not a client's. `fails`: all fail, for several reasons.
 */
export type MatrixStatus = 'works' | 'limited' | 'client-specific' | 'server' | 'fails' | 'not-known';

export interface Matrix {
  format: typeof MATRIX_FORMAT;
  tool: { name: string; version: string };
  target: { transport: string; label: string };
  status: MatrixStatus;
  /** One or two sentences. */
  says: string;
  rows: MatrixRow[];
  /** Why it fails or is limited where it is, the widest reason first. */
  groups: MatrixGroup[];
  /** How many different launches were made. */
  launches: number;
}

/** Causes that are about a client's own ways, whatever the environment: what they rest on is known, or they would not have matched. */
const OF_THE_CLIENT = /^client-/;
const ownWay = (root: Finding): boolean => OF_THE_CLIENT.test(root.id) || root.facts.fault !== undefined;

const clientOfCase = ({ evidence }: CaseFile): Evidence['client'] | undefined =>
  evidence.client?.status === 'seen' ? evidence.client.value : undefined;

const toolsOf = ({ evidence }: CaseFile): Evidence['catalog']['lists'][number] | undefined =>
  evidence.catalog?.status === 'seen'
    ? evidence.catalog.value.lists.find(({ method, outcome }) => method === 'tools/list' && outcome !== 'not-declared')
    : undefined;

const tools = (count: number): string => (count === 1 ? '1 tool' : `${count} tools`);

/** What is lost of the tools, in a few words. */
function lossOf(misfit: Misfit, listed: number): string {
  const { outcome, limit, bound } = misfit;
  const many = beyondOf(misfit, listed);
  const about = {
    count: `it takes ${bound}`,
    name: 'the form of the names',
    length: `names over ${bound} characters`,
    'same-name': 'names that fall together',
    description: bound === '1' ? 'no description' : `descriptions over ${bound} bytes`,
    schema: `schemas with ${bound}`,
  }[limit];
  const becomes = {
    error: 'all tools are refused',
    'left-out': `${many} of ${tools(listed)} left out`,
    renamed: `${many} of ${tools(listed)} under another name`,
    cut: `${many} of ${tools(listed)} with less of a description`,
    unknown: `${many} of ${tools(listed)} beyond its limit`,
  }[outcome];
  return `${becomes}: ${about}`;
}

/** The causes of a slow start, of a revision and the like in a few words, where the title would be too general. */
function shortOf({ id, title, facts }: Finding): string {
  const ms = (value: unknown) => (typeof value === 'number' ? `${Math.round(value / 100) / 10} s` : '');
  if (facts.fault === 'start-limit') return `answers after ${ms(facts.startMs)}, it waits ${ms(facts.limitMs)}`;
  if (facts.fault === 'probe-ends-it') return `ends when asked for ${facts.method}`;
  if (facts.fault === 'probe-unanswered') return `never answers ${facts.method}`;
  if (facts.fault === 'revision-newer' || facts.fault === 'revision-other')
    return `asks for ${facts.asked}, the server answers ${facts.answered}`;
  if (facts.fault === 'get-404') return '404 to the GET for the event stream, where it wants 405';
  if (facts.fault === 'inside') return `connects from its vendor's cloud, which cannot reach ${facts.address}`;
  if (facts.fault === 'known-defect') return `known defect of ${facts.version}: ${facts.effect}`;
  if (id === 'launch-command-not-on-path' && typeof facts.command === 'string')
    return `${facts.command} is not on its PATH`;
  return `${title[0]?.toLowerCase()}${title.slice(1)}`;
}

function outcomeOf({ status, root }: Verdict): MatrixOutcome {
  if (status === 'broken') return 'fails';
  if (status === 'inconclusive') return 'not-known';
  return status === 'degraded' && root ? 'limited' : 'works';
}

/** Causes that have nothing to do with the folder in which the server is started. */
const IN_EVERY_FOLDER = /^(?:launch-command-not|launch-env|process-env-missing|runtime-too-old|container-)/;

/** Whether what it fails by rests on something that nobody knows of the client. */
function rests({ guessed, file }: PlayedCase, root: Finding): boolean {
  if (ownWay(root)) return false;
  if (file.target.transport === 'http') return guessed.transports;
  return guessed.environment || (guessed.folder && !IN_EVERY_FOLDER.test(root.id));
}

/** Addresses and transports that the client does not take: nothing was asked. */
function notTaken({ transports }: Evidence['client'], target: CaseFile['target']): string | null {
  if (target.transport !== 'http' || !transports || transports.some(({ outcome }) => outcome !== 'not-tried'))
    return null;
  return transports[0]?.why ?? 'takes commands only: an address needs a bridge such as mcp-remote';
}

function rowOf(played: PlayedCase, othersWork: boolean): MatrixRow | null {
  const { file, verdict, guessed, run } = played;
  const client = clientOfCase(file);
  if (!client) return null;
  const { root } = verdict;
  const list = toolsOf(file);
  const known = clientOf(client.id);
  const fit = known && list?.tools ? fitOf(known, client.server, list.tools, list.count) : null;
  const row = {
    client: client.id,
    name: client.name,
    ...(client.version !== undefined && { version: client.version }),
    cause: root?.id ?? null,
    certainty: root?.certainty ?? null,
    tools: fit ? fit.reach : (list?.count ?? null),
    startMs: client.startMs ?? null,
    assumed: client.assumed,
    guessed: file.target.transport === 'http' ? guessed.transports : guessed.environment || guessed.folder,
    run,
  };
  const refused = notTaken(client, file.target);
  if (refused) return { ...row, outcome: 'fails', words: refused };
  if (client.onUnset === 'fails' && client.unset?.length)
    return { ...row, outcome: 'fails', words: `refuses the entry: ${client.unset.slice(0, 3).join(', ')} is not set` };
  const outcome = outcomeOf(verdict);
  if (outcome === 'fails' && root && othersWork && rests(played, root))
    return { ...row, outcome: 'not-known', words: `as played: ${shortOf(root)}` };
  if (outcome === 'fails' && root) return { ...row, outcome, words: shortOf(root) };
  const [worst] = fit?.misfits.filter(({ outcome: becomes }) => becomes !== 'cut') ?? [];
  const answered = client.startMs === undefined ? '' : `, answered in ${seconds(client.startMs)}`;
  if (outcome === 'limited' && root)
    return {
      ...row,
      outcome,
      words: root.id === 'client-limits-exceeded' && worst && fit ? lossOf(worst, fit.listed) : shortOf(root),
    };
  if (outcome === 'not-known')
    return { ...row, outcome, words: root ? `perhaps: ${shortOf(root)}` : 'the evidence does not decide' };
  if (worst && fit) return { ...row, outcome, words: lossOf(worst, fit.listed) };
  return { ...row, outcome, words: `${list ? tools(list.count) : 'no tools'}${answered}` };
}

const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

const ORDER: MatrixOutcome[] = ['fails', 'limited', 'not-known', 'works'];

/** Reasons, each with its clients; those that keep more clients away come first. */
function groupsOf(cases: PlayedCase[], rows: MatrixRow[]): MatrixGroup[] {
  const working = cases
    .filter((_, i) => rows[i]?.outcome === 'works' || rows[i]?.outcome === 'limited')
    .map(({ file }) => file);
  const groups = new Map<string, { root: Finding; members: number[] }>();
  for (const [i, row] of rows.entries()) {
    const root = cases[i]?.verdict.root;
    if (!root || row.outcome === 'works' || row.cause !== root.id) continue;
    const key = `${row.outcome} ${root.id} ${ownWay(root) ? (root.facts.limit ?? root.facts.fault ?? '') : ''}`;
    const group = groups.get(key);
    if (group) group.members.push(i);
    else groups.set(key, { root, members: [i] });
  }
  return [...groups.values()]
    .map(({ root, members }): MatrixGroup => {
      const files = members.flatMap((i) => cases[i]?.file ?? []);
      return {
        cause: root.id,
        certainty: root.certainty,
        culprit: root.culprit,
        outcome: rows[members[0] ?? 0]?.outcome ?? 'not-known',
        clients: members.flatMap((i) => rows[i]?.name ?? []),
        says: root.says,
        differences: ownWay(root) ? [] : differencesOf(files, working),
        // A step that leads to this very table leads nowhere.
        fix: root.fix.filter(({ run }) => !run?.includes('--as all')),
      };
    })
    .sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome) || b.clients.length - a.clients.length);
}

const count = (rows: MatrixRow[], outcome: MatrixOutcome): number =>
  rows.filter((row) => row.outcome === outcome).length;
const clients = (number: number): string => (number === 1 ? '1 client' : `${number} clients`);
const named = (names: string[]): string =>
  names.length <= 3
    ? names.join(names.length === 2 ? ' and ' : ', ')
    : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;

function judged(cases: PlayedCase[], rows: MatrixRow[], groups: MatrixGroup[]): { status: MatrixStatus; says: string } {
  const [fails, limited, works, unknown] = (['fails', 'limited', 'works', 'not-known'] as const).map((outcome) =>
    count(rows, outcome),
  );
  const rest = unknown ? ` Of ${clients(unknown)} it cannot be said: what decides is not known of them.` : '';
  const roots = [...new Set(rows.filter(({ outcome }) => outcome === 'fails').map(({ cause }) => cause))];
  if (fails && !works && !limited) {
    const [root] = cases.flatMap(({ verdict }, i) =>
      rows[i]?.outcome === 'fails' && verdict.root ? [verdict.root] : [],
    );
    if (roots.length === 1 && root && !ownWay(root))
      return { status: 'server', says: `It fails in every client, so no client is to blame. ${root.says}${rest}` };
    return {
      status: 'fails',
      says: `It fails in every client, for ${roots.length === 1 ? 'one reason' : `${roots.length} different reasons`}.${rest}`,
    };
  }
  if (fails) {
    const [first] = groups.filter(({ outcome }) => outcome === 'fails');
    const why = first?.differences[0]?.says ?? '';
    const failing = rows.filter(({ outcome }) => outcome === 'fails').map(({ name }) => name);
    return {
      status: 'client-specific',
      says: `The server works, and not in every client: it fails in ${named(failing)}.${why ? ` ${why}` : ''}${rest}`,
    };
  }
  if (limited) {
    const names = rows.filter(({ outcome }) => outcome === 'limited').map(({ name }) => name);
    return {
      status: 'limited',
      says: `It connects in every client that could be judged, and a part of it is lost in ${named(names)}.${rest}`,
    };
  }
  if (works) return { status: 'works', says: `It works in every client that could be judged.${rest}` };
  return { status: 'not-known', says: 'Nothing could be said of any client.' };
}

/** The matrix of these cases: one row for each, in their order. */
export function matrixOf(cases: PlayedCase[]): Matrix | null {
  const [first] = cases;
  if (!first) return null;
  const othersWork = cases.some(({ verdict }) => ['works', 'limited'].includes(outcomeOf(verdict)));
  const kept = cases.flatMap((one) => {
    const row = rowOf(one, othersWork);
    return row ? [{ one, row }] : [];
  });
  const rows = kept.map(({ row }) => row);
  const judgedCases = kept.map(({ one }) => one);
  const groups = groupsOf(judgedCases, rows);
  const { target, tool } = first.file;
  return {
    format: MATRIX_FORMAT,
    tool,
    target: { transport: target.transport, label: target.label },
    ...judged(judgedCases, rows, groups),
    rows,
    groups,
    launches: new Set(rows.map(({ run }) => run)).size,
  };
}
