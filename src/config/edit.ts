/**
 * Edits of a configuration file: as small as they can be, in the style of what stands around them. Each function returns the edits
 * and changes nothing; all of them throw a RangeError where they know no sure edit (`tried` makes that an empty list).
 */
import type { ConfigText, Member, Node, TextEdit } from './config.js';
import { insertJsonItem, insertJsonMember, removeJson, replaceJson, writeJsonFile } from './edit-json.js';
import { insertTomlItem, insertTomlMember, removeToml, renameToml, replaceToml, writeTomlFile } from './edit-toml.js';
import { insertYamlItem, insertYamlMember, removeYaml, renameYaml, replaceYaml, writeYamlFile } from './edit-yaml.js';
import { encodeAs } from './encoding.js';
import { readText } from './read.js';
import { memberOf, nodeAt, put } from './tree.js';

/** What can be written. TOML has no null. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Path = readonly (string | number)[];

/** The text with the edits made. Of several at one offset, the first comes first. Throws a RangeError where two overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)) {
    const { start, end } = edit.range;
    if (start < at || end < start || end > text.length)
      throw new RangeError('edits overlap, or lie outside of the text');
    parts.push(text.slice(at, start), edit.text);
    at = end;
  }
  return parts.join('') + text.slice(at);
}

/** The bytes of a changed text, in the encoding of its file. Throws a RangeError where the file holds bytes that are no text. */
export function bytesOf(config: Pick<ConfigText, 'encoding'>, text: string): Uint8Array {
  return encodeAs(text, config.encoding);
}

/** The edits, or none where there is no sure one. */
export function tried(edits: () => TextEdit[]): TextEdit[] {
  try {
    return edits();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/**
 * The edits of several steps, each of which sees the file after the one before it; they are edits of the text as it stands. Throws a
 * RangeError where one of the steps does.
 */
export function inOrder(config: ConfigText, ...steps: ((config: ConfigText) => TextEdit[])[]): TextEdit[] {
  let edits: TextEdit[] = [];
  let now = config;
  for (const step of steps) {
    const next = step(now);
    edits = composed(edits, now.text, next);
    now = { ...readText(applyEdits(now.text, next), config.format), encoding: config.encoding };
  }
  return edits;
}

/** Edits of a text, and edits of what it became by them, as edits of the first one. What touches becomes one edit. */
function composed(first: TextEdit[], between: string, second: TextEdit[]): TextEdit[] {
  let shift = 0;
  const made = [...first]
    .sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)
    .map(({ range, text }) => {
      const start = range.start + shift;
      const grown = text.length - (range.end - range.start);
      shift += grown;
      return { start, end: start + text.length, grown };
    });
  const groups: { start: number; end: number }[] = [];
  for (const { start, end } of [...made, ...second.map(({ range }) => range)].sort((a, b) => a.start - b.start)) {
    const last = groups.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else groups.push({ start, end });
  }
  const grown = (counts: (edit: { start: number; end: number }) => boolean): number =>
    made.reduce((sum, edit) => (counts(edit) ? sum + edit.grown : sum), 0);
  return groups.map(({ start, end }) => {
    const inside = second.filter(({ range }) => range.start >= start && range.end <= end);
    const shifted = inside.map(({ range, text }) => ({
      range: { start: range.start - start, end: range.end - start },
      text,
    }));
    return {
      range: { start: start - grown((edit) => edit.end < start), end: end - grown((edit) => edit.end <= end) },
      text: applyEdits(between.slice(start, end), shifted),
    };
  });
}

/** Gives the value at a path; keys that are missing on the way are made. */
export function setValue(config: ConfigText, path: Path, value: Value): TextEdit[] {
  return sure(config, expectedSet(config.root?.value, path, value), () => {
    if (!config.root) return [{ range: { start: 0, end: 0 }, text: wholeFile(config, wrapped(path, value)) }];
    let node: Node = config.root;
    for (let i = 0; i < path.length; i++) {
      const step = path[i] as string | number;
      if (node.alias) refuse('it stands at an anchor that others use');
      const member = typeof step === 'string' ? memberOf(node, step) : undefined;
      const next: Node | undefined = typeof step === 'number' ? node.items?.[step] : member?.node;
      if (next && !member?.merged) {
        node = next;
        continue;
      }
      const rest = wrapped(path.slice(i + 1), value);
      if (node.kind === 'list' && step === node.items?.length)
        return itemEdits(config, node, path.slice(0, i), step, rest);
      if (node.kind === 'object' && typeof step === 'string') {
        return memberEdits(
          config,
          node,
          path.slice(0, i),
          step,
          rest,
          (node.members ?? []).filter((one) => !one.merged).length,
        );
      }
      if (node.kind === 'null' && typeof step === 'string')
        return replaced(config, node, path.slice(0, i), wrapped(path.slice(i), value));
      return refuse('there is no place for it');
    }
    return replaced(config, node, path, value);
  });
}

/** Puts a member into the object at a path; `index` counts its own members, the end when it is left out. */
export function insertMember(
  config: ConfigText,
  path: Path,
  key: string,
  value: Value,
  index = Number.POSITIVE_INFINITY,
): TextEdit[] {
  const node = nodeAt(config.root, path);
  if (node?.kind !== 'object' || node.alias) return refuse('there is no object');
  const own = node.members?.filter((member) => !member.merged) ?? [];
  if (own.some((member) => member.key === key)) return refuse('the key is there');
  const expected = expectedSet(config.root?.value, [...path, key], value);
  return sure(config, expected, () => memberEdits(config, node, path, key, value, Math.min(index, own.length)));
}

/** Puts an item into the list at a path, before the one that has this index; at the end when there is none. */
export function insertItem(config: ConfigText, path: Path, index: number, value: Value): TextEdit[] {
  const node = nodeAt(config.root, path);
  if (node?.kind !== 'list' || node.alias) return refuse('there is no list');
  const place = Math.min(index, node.items?.length ?? 0);
  const expected = expectedSet(config.root?.value, path, (node.value as Value[]).toSpliced(place, 0, value));
  return sure(config, expected, () => itemEdits(config, node, path, place, value));
}

/** Gives another name to the key at the end of a path. */
export function renameKey(config: ConfigText, path: Path, name: string): TextEdit[] {
  const { parent, member } = ownMember(config, path);
  if (member.key === name) return [];
  if (memberOf(parent, name)) return refuse('the new name is there');
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parent.value as object))
    put(renamed, key === member.key ? name : key, value);
  return sure(config, expectedSet(config.root?.value, path.slice(0, -1), renamed as Value), () => {
    if (config.format === 'toml') return renameToml(config, path, name);
    if (config.format === 'yaml') return renameYaml(config, member, name);
    return [{ range: member.keyRange, text: JSON.stringify(name) }];
  });
}

/** Takes a member or an item out, with its comma and the lines that are its own. */
export function removeKey(config: ConfigText, path: Path): TextEdit[] {
  const last = path.at(-1);
  if (typeof last === 'string') ownMember(config, path);
  const parent = nodeAt(config.root, path.slice(0, -1));
  if (!parent || parent.alias || (typeof last === 'number' && !parent.items?.[last]))
    return refuse('there is no such value');
  const kept =
    typeof last === 'number'
      ? (parent.value as Value[]).toSpliced(last, 1)
      : Object.fromEntries(Object.entries(parent.value as Record<string, Value>).filter(([key]) => key !== last));
  return sure(config, expectedSet(config.root?.value, path.slice(0, -1), kept), () => {
    if (config.format === 'toml') return removeToml(config, path);
    const index =
      typeof last === 'number' ? last : (parent.members?.findLastIndex((one) => one.key === last && !one.merged) ?? -1);
    return config.format === 'yaml' ? removeYaml(config, parent, index) : removeJson(config, parent, index);
  });
}

function ownMember(config: ConfigText, path: Path): { parent: Node; member: Member } {
  const parent = nodeAt(config.root, path.slice(0, -1));
  const last = path.at(-1);
  const member = typeof last === 'string' ? memberOf(parent, last) : undefined;
  if (!parent || !member || member.merged || parent.alias) return refuse('there is no such key');
  return { parent, member };
}

function replaced(config: ConfigText, node: Node, path: Path, value: Value): TextEdit[] {
  if (config.format === 'toml') return replaceToml(config, node, path, value);
  return config.format === 'yaml' ? replaceYaml(config, node, value) : replaceJson(config, node, value);
}

function memberEdits(config: ConfigText, node: Node, path: Path, key: string, value: Value, index: number): TextEdit[] {
  if (config.format === 'toml') return insertTomlMember(config, node, path, key, value, index);
  if (config.format === 'yaml') return insertYamlMember(config, node, key, value, index);
  return insertJsonMember(config, node, key, value, index);
}

function itemEdits(config: ConfigText, node: Node, path: Path, index: number, value: Value): TextEdit[] {
  if (config.format === 'toml') return insertTomlItem(config, node, path, index, value);
  if (config.format === 'yaml') return insertYamlItem(config, node, index, value);
  return insertJsonItem(config, node, index, value);
}

function wholeFile(config: ConfigText, value: Value): string {
  if (config.format === 'toml') return writeTomlFile(value);
  if (config.format === 'yaml') return writeYamlFile(value);
  if (config.text.trim() !== '') return refuse('nothing could be read');
  return writeJsonFile(value);
}

/** A value inside objects for the keys that lead to it. */
function wrapped(path: Path, value: Value): Value {
  return path.reduceRight<Value>((inner, step) => {
    if (typeof step === 'number') return step === 0 ? [inner] : refuse('there is no such list');
    const object: Record<string, Value> = {};
    put(object, step, inner);
    return object;
  }, value);
}

/** What the whole file is worth after the edit. */
function expectedSet(root: unknown, path: Path, value: Value): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(root) && typeof step === 'number')
    return root.toSpliced(step, 1, expectedSet(root[step], rest, value));
  if (root === undefined || root === null || typeof root !== 'object') return wrapped(path, value);
  const copy: Record<string, unknown> = {};
  const object = root as Record<string, unknown>;
  for (const key of Object.keys(object)) put(copy, key, object[key]);
  put(copy, String(step), expectedSet(Object.hasOwn(object, step) ? object[step] : undefined, rest, value));
  return copy;
}

/**
 * The edits, once the text was read again after them and is worth what it should be. In JSON that needs no look: there is one way to
 * write a thing. In YAML and TOML a new line may mean something else where an anchor, a block or another table is near.
 */
function sure(config: ConfigText, expected: unknown, edits: () => TextEdit[]): TextEdit[] {
  const made = edits();
  if (config.format === 'json' || config.format === 'jsonc') return made;
  const after = readText(applyEdits(config.text, made), config.format);
  const worse = after.faults.length > config.faults.length;
  if (worse || !equal(after.root?.value ?? null, expected)) return refuse('no edit is sure');
  return made;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

function refuse(why: string): never {
  throw new RangeError(`no sure edit: ${why}`);
}
