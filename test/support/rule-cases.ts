/**
 * What a rule finds in a file and what it leaves alone. `«` stands in front of the character at which the fault begins; it is no part
 * of the file. An entry is put under the name "a" where its client reads servers.
 */
import type { Client, ConfigFormat, ConfigPlace, Os, Scope } from '../../src/clients/client.js';
import { clientOf } from '../../src/clients/index.js';
import type { Fault, Machine, RuleContext } from '../../src/config/config.js';
import { applyEdits } from '../../src/config/edit.js';
import { entriesIn } from '../../src/config/entries.js';
import { faultsIn } from '../../src/config/faults.js';
import { positionOf } from '../../src/config/position.js';
import { readText } from '../../src/config/read.js';

export interface RuleCase {
  /** Claude Code, unless another is named. */
  client?: string;
  /** The entry alone, or the whole file. */
  entry?: string;
  file?: string;
  scope?: Scope;
  format?: ConfigFormat;
  /** Root of the place, where a client has several. */
  root?: string[];
  /** Facts that are other than the client's, to ask about what is not known. */
  but?: (client: Client) => Client;
  os?: Os;
  /** Variables that are set. */
  set?: string[];
  /** What exists; a folder ends with `/`. */
  there?: string[];
  project?: string;
  namesake?: { scope: Scope; file: string; line: number; project?: string };
  approved?: boolean;
  /** Entry or file after the edits. `none`: no edit may be offered. */
  after?: string | 'none';
  level?: Fault['level'];
}

export interface RuleCases {
  has: [RuleCase, RuleCase, RuleCase, ...RuleCase[]];
  not: [RuleCase, RuleCase, RuleCase, ...RuleCase[]];
}

const HOMES: Record<Os, string> = { linux: '/home/ada', macos: '/Users/ada', windows: 'C:/Users/ada' };

function placeOf(client: Client, { scope, format, root, os = 'linux' }: RuleCase): ConfigPlace {
  const all: ConfigPlace[] = [
    ...client.places,
    ...client.notRead.map((one) => ({ ...one, os: ['linux', 'macos', 'windows'] as Os[], scope: 'legacy' as const })),
  ];
  const place = all.find(
    (one) =>
      (scope ? one.scope === scope : !one.root.includes('*')) &&
      (!format || one.format === format) &&
      (!root || one.root.join('.') === root.join('.')) &&
      one.os.includes(os),
  );
  if (!place) throw new Error(`${client.id}: no such place`);
  return place;
}

/** An entry where its client reads it. */
function wrapped(entry: string, { root, list, format }: ConfigPlace): string {
  if (format === 'toml') return `[${root.join('.')}.a]\n${entry}\n`;
  if (format === 'yaml') {
    const lines = entry.trim().split('\n');
    if (list) return `${root[0]}:\n  - name: a\n${lines.map((line) => `    ${line}`).join('\n')}\n`;
    return `${root[0]}:\n  a:\n${lines.map((line) => `    ${line}`).join('\n')}\n`;
  }
  const open = root.map((key) => `{ "${key}": `).join('');
  return `${open}{ "a": ${entry} }${' }'.repeat(root.length)}\n`;
}

export interface Judged {
  text: string;
  faults: Fault[];
  /** Where the mark stood; null without one. */
  marked: { line: number; column: number } | null;
  judge(text: string): Fault[];
  /** A text of the table as the whole file. */
  whole(text: string): string;
}

export function judged(given: RuleCase): Judged {
  const known = clientOf(given.client ?? 'claude-code');
  if (!known) throw new Error(`no client ${given.client}`);
  const client = given.but ? given.but(known) : known;
  const place = placeOf(client, given);
  const { os = 'linux', project, namesake, approved, there = [] } = given;
  const whole = (text: string): string => (given.file === undefined ? wrapped(text, place) : text);
  const source = whole(given.entry ?? given.file ?? '');
  const at = source.indexOf('«');
  const text = source.replace('«', '');
  const home = HOMES[os];
  const kinds = new Map(
    there.map((path) => [path.replace(/\/$/, ''), path.endsWith('/') ? ('directory' as const) : ('file' as const)]),
  );
  const machine: Machine = {
    os,
    home,
    ...(project && { project }),
    isSet: (name) => (given.set ?? []).includes(name),
    // Without a list nobody looked.
    look: (path) => (given.there ? (kinds.get(path) ?? null) : undefined),
  };
  const judge = (content: string): Fault[] => {
    const config = readText(content, place.format);
    const context: RuleContext = {
      ...{ client, place, config, machine, entries: entriesIn(config, client, place) },
      file: place.path.replace('~', home).replace('<project>', project ?? `${home}/code`),
      namesakes: () => (namesake ? [{ ...namesake, place: { ...place, scope: namesake.scope } }] : []),
      approved: () => approved ?? null,
    };
    return faultsIn(context);
  };
  return { text, faults: judge(text), marked: at < 0 ? null : positionOf(source, at), judge, whole };
}

/** Every text in a file that the edits of a fault would change is outside of what it says. */
export const cured = (text: string, fault: Fault): string => applyEdits(text, fault.edits);
