/** Edits of TOML: in its table under a header, behind dotted keys, or between brackets, as the file has it. */
import type { AST } from 'toml-eslint-parser';
import type { ConfigText, Node, TextEdit } from './config.js';
import { inOrder, type Path, removeKey, setValue, type Value } from './edit.js';
import { type Flow, indentOf, insertPart, lineIndent, removePart } from './edit-flow.js';
import { indentation, newline } from './json-layout.js';
import { lineEnd } from './json-scan.js';
import { readToml } from './read-toml.js';
import { nameOf } from './toml-tree.js';
import { tomlStyle, writeTomlKey, writeTomlTable, writeTomlValue } from './write-toml.js';

type Statement = AST.TOMLKeyValue | AST.TOMLTable;

/** A statement with the whole way to what it defines. */
interface Placed {
  node: Statement;
  path: (string | number)[];
  /** Its keys, and where in `path` each of them stands. */
  keys: { key: AST.TOMLBare | AST.TOMLQuoted; at: number }[];
}

const PLACED = new WeakMap<ConfigText, Placed[]>();

function statementsOf(config: ConfigText): Placed[] {
  const known = PLACED.get(config);
  if (known) return known;
  const placed: Placed[] = [];
  for (const node of readToml(config.text).program?.body[0].body ?? []) {
    if (node.type === 'TOMLKeyValue') placed.push(place(node, []));
    else {
      const path = node.resolvedKey;
      let at = -1;
      const keys = node.key.keys.map((key) => {
        at = path.findIndex((step, i) => i > at && step === nameOf(key));
        return { key, at };
      });
      placed.push({ node, path, keys });
      for (const statement of node.body) placed.push(place(statement, path));
    }
  }
  PLACED.set(config, placed);
  return placed;
}

function place(node: AST.TOMLKeyValue, base: (string | number)[]): Placed {
  const keys = node.key.keys.map((key, i) => ({ key, at: base.length + i }));
  return { node, path: [...base, ...node.key.keys.map(nameOf)], keys };
}

const leads = (path: Path, to: Path): boolean => path.length <= to.length && path.every((step, i) => step === to[i]);

/** The inline table or the list between brackets at a path. */
function flowAt(config: ConfigText, path: Path): { node: AST.TOMLInlineTable | AST.TOMLArray; rest: Path } | undefined {
  const around = statementsOf(config).find((one) => one.node.type === 'TOMLKeyValue' && leads(one.path, path));
  if (around?.node.type !== 'TOMLKeyValue') return undefined;
  let node: AST.TOMLContentNode = around.node.value;
  let rest = path.slice(around.path.length);
  while (rest.length > 0) {
    let next: AST.TOMLContentNode | undefined;
    let used = 1;
    if (node.type === 'TOMLArray') next = node.elements[Number(rest[0])];
    else if (node.type === 'TOMLInlineTable') {
      const member: AST.TOMLKeyValue | undefined = node.body.find((one) => leads(one.key.keys.map(nameOf), rest));
      next = member?.value;
      used = member?.key.keys.length ?? 1;
    }
    if (!next) break;
    node = next;
    rest = rest.slice(used);
  }
  return node.type === 'TOMLValue' ? undefined : { node, rest };
}

function flow(config: ConfigText, node: AST.TOMLInlineTable | AST.TOMLArray): Flow {
  const parts = (node.type === 'TOMLArray' ? node.elements : node.body).map(({ range: [start, end] }) => ({
    start,
    end,
  }));
  const range = { start: node.range[0], end: node.range[1] };
  return {
    text: config.text,
    range,
    parts,
    comments: ['#'],
    padding: node.type === 'TOMLArray' ? '' : ' ',
    spread: false,
    unit: '  ',
  };
}

export function replaceToml(config: ConfigText, node: Node, path: Path, value: Value): TextEdit[] {
  const style = tomlStyle(config.text);
  const own = statementsOf(config).find((one) => one.node.type === 'TOMLKeyValue' && leads(one.path, path));
  if (own || node.kind !== 'object') {
    const raw = config.text.slice(node.range.start, node.range.end);
    const lines = Array.isArray(value) && /[\r\n]/.test(raw) && (node.items?.length ?? 0) > 0;
    const indent = lines ? lineIndent(config.text, node.range.start) : null;
    return [
      { range: node.range, text: writeTomlValue(value, { ...style, literal: quoteOf(raw) ?? style.literal }, indent) },
    ];
  }
  // A table of its own: what is in it is changed, its headers stay. What is new takes the place of what goes.
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError('a table cannot become a value');
  const members = node.members ?? [];
  const gone = members.filter((member) => !Object.hasOwn(value, member.key));
  const added = Object.entries(value).filter(([key]) => !members.some((member) => member.key === key));
  return inOrder(
    config,
    ...added.map(
      ([key, inner]) =>
        (now: ConfigText) =>
          setValue(now, [...path, key], inner),
    ),
    ...gone.map(
      ({ key }) =>
        (now: ConfigText) =>
          removeKey(now, [...path, key]),
    ),
    ...members
      .filter((member) => Object.hasOwn(value, member.key))
      .map(
        ({ key }) =>
          (now: ConfigText) =>
            setValue(now, [...path, key], value[key] as Value),
      ),
  );
}

function quoteOf(raw: string): boolean | undefined {
  if (raw.startsWith("'")) return true;
  return raw.startsWith('"') ? false : undefined;
}

export function insertTomlMember(
  config: ConfigText,
  parent: Node,
  path: Path,
  key: string,
  value: Value,
  index: number,
): TextEdit[] {
  const { text } = config;
  const style = tomlStyle(text);
  const inside = flowAt(config, path);
  if (inside?.node.type === 'TOMLInlineTable') {
    // Dotted keys of an inline table have no brackets of their own.
    const name = [...inside.rest.map(String), key].map(writeTomlKey).join('.');
    const piece = `${name} = ${writeTomlValue(value, style, null)}`;
    const at = inside.rest.length > 0 ? inside.node.body.length : index;
    return insertPart(flow(config, inside.node), at, piece);
  }
  const all = statementsOf(config);
  const table = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (table && wantsHeader(all, path, key, value)) return [insertTable(config, all, path, key, value)];
  const line = (name: string): string => `${name} = ${writeTomlValue(value, style, null)}`;

  const before = parent.members?.[index];
  const first = all.find((one) => one.node.type === 'TOMLKeyValue' && leads([...path, before?.key ?? ''], one.path));
  if (
    before &&
    first &&
    index < (parent.members?.length ?? 0) &&
    first.path.length - first.keys.length <= path.length
  ) {
    const prefix = path.slice(first.path.length - first.keys.length).map((step) => writeTomlKey(String(step)));
    const indent = indentation(text, first.node.range[0]);
    const start = indent.end === first.node.range[0] ? indent.start : first.node.range[0];
    const lead = text.slice(start, first.node.range[0]);
    return [
      { range: { start, end: start }, text: lead + line([...prefix, writeTomlKey(key)].join('.')) + newline(text) },
    ];
  }
  const header = all.find(
    (one) => one.node.type === 'TOMLTable' && one.path.length === path.length && leads(path, one.path),
  );
  const lines = all.filter(
    (one) => one.node.type === 'TOMLKeyValue' && one.path.length > path.length && leads(path, one.path),
  );
  // Behind the last line of the table, or else behind its header.
  const base = header?.path.length ?? (path.length === 0 ? 0 : -1);
  const last = lines.findLast((one) => one.path.length - one.keys.length === base);
  if (last) return [below(text, last.node, line(writeTomlKey(key)))];
  if (header) return [below(text, header.node, line(writeTomlKey(key)), header.node.key.range[1])];
  if (path.length === 0) return [atTop(text, all, line(writeTomlKey(key)))];
  const dotted = lines.findLast((one) => one.path.length - one.keys.length < path.length);
  if (dotted) {
    const prefix = path.slice(dotted.path.length - dotted.keys.length).map((step) => writeTomlKey(String(step)));
    return [below(text, dotted.node, line([...prefix, writeTomlKey(key)].join('.')))];
  }
  if (path.some((step) => typeof step === 'number')) throw new RangeError('there is no header for it');
  return [
    section(
      text,
      text.length,
      `[${path.map((step) => writeTomlKey(String(step))).join('.')}]${newline(text)}${line(writeTomlKey(key))}`,
    ),
  ];
}

/** Whether a table gets a header of its own, as its like in this file. */
function wantsHeader(all: Placed[], path: Path, key: string, value: Record<string, Value>): boolean {
  if (path.some((step) => typeof step === 'number')) return false;
  const base = all.find(
    (one) => one.node.type === 'TOMLKeyValue' && one.path.length > path.length && leads(path, one.path),
  );
  if (base && base.path.length - base.keys.length < path.length) return false;
  const like = all.findLast(
    (one) => one.path.at(-1) === key && (one.node.type === 'TOMLTable' || one.node.value.type === 'TOMLInlineTable'),
  );
  const siblings = all.filter((one) => one.path.length === path.length + 1 && leads(path, one.path));
  const inline = siblings.find((one) => one.node.type === 'TOMLKeyValue' && one.node.value.type === 'TOMLInlineTable');
  const nested = Object.values(value).some(
    (inner) => typeof inner === 'object' && inner !== null && !Array.isArray(inner),
  );
  if (like) return like.node.type === 'TOMLTable' || nested;
  return !inline || nested;
}

function insertTable(
  config: ConfigText,
  all: Placed[],
  path: Path,
  key: string,
  value: Record<string, Value>,
): TextEdit {
  const { text } = config;
  const written = writeTomlTable([...path.map(String), key], value, tomlStyle(text), newline(text));
  const last = path.length === 0 ? undefined : all.findLast((one) => leads(path, one.path));
  return section(text, last ? lineEnd(text, last.node.range[1]) : text.length, written);
}

/** A table with an empty line before it. */
function section(text: string, at: number, written: string): TextEdit {
  const end = newline(text);
  const range = { start: at, end: at };
  if (at < text.length) return { range, text: end + end + written };
  const before = text.trim() === '' ? '' : /(?:\r?\n){2}$/.test(text) ? '' : /\n$/.test(text) ? end : end + end;
  return { range, text: before + written + end };
}

function below(text: string, node: Statement, line: string, from = node.range[1]): TextEdit {
  const at = lineEnd(text, from);
  return { range: { start: at, end: at }, text: newline(text) + lineIndent(text, node.range[0]) + line };
}

/** Before the first header, and behind a comment that is about the whole file. */
function atTop(text: string, all: Placed[], line: string): TextEdit {
  const comment = /^(?:[ \t]*#.*(?:\r?\n))+(?=[ \t]*(?:\r?\n|$))/.exec(text)?.[0] ?? '';
  const start = comment.length;
  const end = newline(text);
  const after = all.length > 0 && !/^[ \t]*\r?\n/.test(text.slice(start)) ? end : '';
  return { range: { start, end: start }, text: (comment ? end : '') + line + end + after };
}

export function insertTomlItem(config: ConfigText, list: Node, path: Path, index: number, value: Value): TextEdit[] {
  const { text } = config;
  const style = tomlStyle(text);
  const inside = flowAt(config, path);
  if (inside?.node.type === 'TOMLArray' && inside.rest.length === 0) {
    const brackets = flow(config, inside.node);
    return insertPart(brackets, index, writeTomlValue(value, style, indentOf(brackets)));
  }
  const all = statementsOf(config);
  const header = (i: number) =>
    all.find(
      (one) =>
        one.node.type === 'TOMLTable' &&
        one.path.length === path.length + 1 &&
        one.path.at(-1) === i &&
        leads(path, one.path),
    );
  if (!header(0) || typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError('there is no list of tables');
  const name = path.filter((step) => typeof step === 'string').map(String);
  const written = writeTomlTable(name, value, style, newline(text), true);
  const next = header(index);
  if (next) {
    const start = indentation(text, next.node.range[0]).start;
    return [{ range: { start, end: start }, text: written + newline(text) + newline(text) }];
  }
  const last = all.findLast((one) => leads([...path, (list.items?.length ?? 1) - 1], one.path));
  return [section(text, last ? lineEnd(text, last.node.range[1]) : text.length, written)];
}

export function removeToml(config: ConfigText, path: Path): TextEdit[] {
  const { text } = config;
  const last = path.at(-1);
  const inside = flowAt(config, path.slice(0, -1));
  if (inside?.node.type === 'TOMLArray') return removePart(flow(config, inside.node), Number(last));
  if (inside?.node.type === 'TOMLInlineTable') {
    const way = [...inside.rest, String(last)];
    const indexes = inside.node.body.flatMap((one, i) => (leads(way, one.key.keys.map(nameOf)) ? [i] : []));
    if (indexes.length !== 1) throw new RangeError('several keys make this value');
    return removePart(flow(config, inside.node), indexes[0] ?? 0);
  }
  const edits: TextEdit[] = [];
  for (const one of statementsOf(config)) {
    if (!leads(path, one.path)) continue;
    const { node } = one;
    // The lines under a header go with it.
    if (edits.some(({ range }) => range.start <= node.range[0] && range.end >= node.range[1])) continue;
    const start = indentation(text, node.range[0]).start;
    let end = lineEnd(text, node.type === 'TOMLTable' ? (node.body.at(-1)?.range[1] ?? node.range[1]) : node.range[1]);
    end += /^(?:\r\n|\n|\r)/.exec(text.slice(end, end + 2))?.[0].length ?? 0;
    if (
      node.type === 'TOMLTable' &&
      (start === 0 || /\n[ \t]*\r?\n$/.test(text.slice(Math.max(0, start - 100), start)))
    ) {
      end += /^(?:[ \t]*\r?\n)+/.exec(text.slice(end, end + 200))?.[0].length ?? 0;
    }
    edits.push({ range: { start, end }, text: '' });
  }
  if (edits.length === 0) throw new RangeError('there is no such key');
  return edits;
}

export function renameToml(config: ConfigText, path: Path, name: string): TextEdit[] {
  const at = path.length - 1;
  const text = writeTomlKey(name);
  const inside = flowAt(config, path.slice(0, -1));
  if (inside?.node.type === 'TOMLInlineTable') {
    const way = [...inside.rest.map(String), String(path.at(-1))];
    return inside.node.body.flatMap(({ key: { keys } }) => {
      const key = keys[way.length - 1];
      return key && leads(way, keys.map(nameOf)) ? [{ range: { start: key.range[0], end: key.range[1] }, text }] : [];
    });
  }
  return statementsOf(config).flatMap((one) => {
    const key = leads(path, one.path) ? one.keys.find((part) => part.at === at)?.key : undefined;
    return key ? [{ range: { start: key.range[0], end: key.range[1] }, text }] : [];
  });
}

export { writeTomlFile } from './write-toml.js';
