/** What the rules share: from an entry to hits, and edits that may turn out not to be sure. */
import { redactor } from '../case/redact.js';
import type { Client, EntryForm } from '../clients/client.js';
import type {
  ConfigText,
  Facts,
  Hit,
  Level,
  Member,
  Node,
  Range,
  Rule,
  RuleContext,
  RuleId,
  ServerEntry,
  TextEdit,
} from './config.js';
import * as edit from './edit.js';
import { memberAt, memberOf, type Path } from './roots.js';

/** Declare a rule. */
export const defineRule = (rule: Rule): Rule => rule;

/** Rules of one file, by id. */
export type Rules<Id extends RuleId> = Record<Id, Rule>;

interface More {
  edits?: TextEdit[];
  level?: Level;
}

/** A hit in an entry. */
export const hitIn = (entry: ServerEntry, range: Range, facts: Facts, { edits = [], level }: More = {}): Hit => ({
  range,
  facts: { server: entry.name, ...facts },
  server: entry.name,
  edits,
  ...(level && { level }),
});

/** Ask every entry that is an object. */
export const eachEntry =
  (ask: (entry: ServerEntry, context: RuleContext) => Hit[]) =>
  (context: RuleContext): Hit[] =>
    context.entries.filter(({ node }) => node.kind === 'object').flatMap((entry) => ask(entry, context));

/** The edits of `edit.ts`, as they are where one is sure, and none where it is not. */
export const setValue = (config: ConfigText, path: Path, value: edit.Value): TextEdit[] =>
  edit.tried(() => edit.setValue(config, path, value));
export const renameKey = (config: ConfigText, path: Path, name: string): TextEdit[] =>
  edit.tried(() => edit.renameKey(config, path, name));
export const removeKey = (config: ConfigText, path: Path): TextEdit[] => edit.tried(() => edit.removeKey(config, path));
export const insertItem = (config: ConfigText, list: Path, index: number, value: edit.Value): TextEdit[] =>
  edit.tried(() => edit.insertItem(config, list, index, value));

/** Edits, or none when two of them touch the same text: then nothing is sure. */
export function together(...parts: TextEdit[][]): TextEdit[] {
  const edits = parts.flat().sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  if (parts.some((part) => part.length === 0)) return [];
  return edits.some((edit, i) => edit.range.start < (edits[i - 1]?.range.end ?? -1)) ? [] : edits;
}

/** Longer texts say nothing more. */
const MAX_SHOWN = 120;
const redact = redactor();

/** A piece of the file for people: secrets by shape are taken out, and it is short. */
export const shown = (text: string): string => {
  const clean = redact(text);
  return clean.length > MAX_SHOWN ? `${clean.slice(0, MAX_SHOWN)}...` : clean;
};

/** Keys from the top of the file to a member of an entry, with dots for a way down. */
export function pathOf(entry: ServerEntry, dotted: string): Path {
  return memberOf(entry.node, dotted) ? [...entry.path, dotted] : [...entry.path, ...dotted.split('.')];
}

/** The member of the arguments, whatever the client calls them, when they are a list. */
export function argsOf(entry: ServerEntry, form: EntryForm): Member | undefined {
  const key = form.args ?? 'args';
  const member = memberOf(entry.node, key);
  return member?.node.kind === 'list' ? member : undefined;
}

/**
 * Where an argument stands: the keys to the list that holds it and the index in that list. Undefined where it cannot be told, as when
 * items were left out.
 */
export function placeOfArg(
  entry: ServerEntry,
  form: EntryForm,
  index: number,
): { list: Path; index: number } | undefined {
  const range = entry.args[index]?.range;
  if (!range) return undefined;
  const keys = [form.command.key, form.args ?? 'args'];
  for (const key of keys) {
    const items = memberOf(entry.node, key)?.node.items ?? [];
    const at = items.findIndex((item) => item.range.start === range.start);
    if (at >= 0) return { list: [...entry.path, key], index: at };
  }
  return undefined;
}

/** Every key that the client is known to read in an entry. */
export const knownKeys = ({ entry: form }: Client): Set<string> =>
  new Set(
    [
      form.command.key,
      form.args,
      form.env,
      form.cwd,
      form.passes,
      ...form.url,
      form.headers,
      form.type.key,
      ...form.timeouts.map(({ key }) => key),
      ...(form.off ?? []).map(({ key }) => key),
      ...(form.others ?? []),
    ].flatMap((key) => (key ? [key, key.split('.')[0] ?? key] : [])),
  );

/** A member that counts: there, and neither null nor empty text. */
export function filled(entry: ServerEntry, key: string | null | undefined): Member | undefined {
  if (!key) return undefined;
  const member = memberAt(entry.node, key);
  return member && member.node.kind !== 'null' && member.node.value !== '' ? member : undefined;
}

/** Texts of a list, or null when there is something else in it. */
export const allTexts = (node: Node | undefined): string[] | null =>
  node?.items?.every(({ kind }) => kind === 'text') ? node.items.map(({ value }) => value as string) : null;

/** "a, b and c" */
export const listed = (words: readonly string[], last = 'and'): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

/** Format by which an edit of the text itself is understood. */
export const isJson = ({ format }: ConfigText): boolean => format === 'json' || format === 'jsonc';

/** What stands there, for people. */
export function kindOf(kind: string): string {
  const words: Record<string, string> = {
    object: 'an object',
    list: 'a list',
    text: 'text',
    number: 'a number',
    boolean: 'a switch (true or false)',
    null: 'nothing (null)',
  };
  return words[kind] ?? 'something else';
}
