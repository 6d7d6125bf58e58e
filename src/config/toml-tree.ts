/** The tree of a TOML text: tables that stand in several places become one value. */
import type { AST } from 'toml-eslint-parser';
import type { Member, Node, Range } from './config.js';
import { MAX_DEPTH, put } from './tree.js';

type Key = AST.TOMLBare | AST.TOMLQuoted;

const rangeOf = (node: { range: [number, number] }): Range => ({ start: node.range[0], end: node.range[1] });
export const nameOf = (key: Key): string => (key.type === 'TOMLBare' ? key.name : key.value);

/** Members by key of every table under construction. */
type Index = WeakMap<Node, Map<string, Member>> & { unread: Unread };

/** Values that did not parse, by where they begin: the parser saw an empty string in place of each. */
export type Unread = Map<number, Node>;

/** The tree of a program; keys that lead deeper than the bound are left out. */
export function tomlTree(program: AST.TOMLProgram, text: string, unread: Unread): Node {
  const index: Index = Object.assign(new WeakMap<Node, Map<string, Member>>(), { unread });
  const root = table(index, { start: 0, end: text.length });
  for (const statement of program.body[0].body) {
    if (statement.type === 'TOMLKeyValue') addKeyValue(index, root, statement, [], 0);
    else addTable(index, root, statement);
  }
  return root;
}

function table(index: Index, range: Range): Node {
  const node: Node = { kind: 'object', range, value: {}, members: [] };
  index.set(node, new Map());
  return node;
}

function addTable(index: Index, root: Node, header: AST.TOMLTable): void {
  const { keys } = header.key;
  if (keys.length >= MAX_DEPTH) return;
  const whole = { start: header.range[0], end: header.body.at(-1)?.range[1] ?? header.range[1] };
  let at: Node = root;
  const way: (Member | Node)[] = [];
  keys.forEach((key, i) => {
    const last = i === keys.length - 1;
    const member = stepInto(index, at, key, whole, () =>
      last && header.kind === 'array'
        ? { kind: 'list', range: { ...whole }, value: [], items: [] }
        : table(index, { ...whole }),
    );
    way.push(member, member.node);
    // Named by a header of its own, which says more than a mention on the way to another table.
    if (last && header.kind === 'standard') member.keyRange = rangeOf(key);
    at = member.node;
    if (at.kind === 'list' && at.items && last) {
      const item = table(index, { ...whole });
      at.items.push(item);
      (at.value as unknown[]).push(item.value);
      at = item;
    } else if (at.kind === 'list') {
      at = at.items?.at(-1) ?? at;
      way.push(at);
    }
  });
  for (const one of way) extend(one.range, whole);
  for (const statement of header.body) addKeyValue(index, at, statement, way, keys.length);
}

/** The member of this key, made where there is none. */
function stepInto(index: Index, at: Node, key: Key, range: Range, make: () => Node): Member {
  const name = nameOf(key);
  const known = index.get(at)?.get(name);
  if (known) return known;
  const member: Member = { key: name, keyRange: rangeOf(key), range: { ...range }, node: make() };
  index.get(at)?.set(name, member);
  at.members?.push(member);
  put(at.value as Record<string, unknown>, name, member.node.value);
  return member;
}

function addKeyValue(
  index: Index,
  into: Node,
  statement: AST.TOMLKeyValue,
  way: (Member | Node)[],
  depth: number,
): void {
  const { keys } = statement.key;
  const whole = rangeOf(statement);
  if (depth + keys.length >= MAX_DEPTH) return;
  let at = into;
  const steps: (Member | Node)[] = [];
  for (const key of keys.slice(0, -1)) {
    const member = stepInto(index, at, key, whole, () => table(index, { ...whole }));
    steps.push(member, member.node);
    at = member.node;
  }
  const key = keys.at(-1);
  if (!key || at.kind !== 'object') return;
  const node = valueNode(index, statement.value, depth + keys.length);
  stepInto(index, at, key, { start: rangeOf(key).start, end: whole.end }, () => node);
  for (const one of [...way, ...steps]) extend(one.range, whole);
}

function valueNode(index: Index, value: AST.TOMLContentNode, depth: number): Node {
  const range = rangeOf(value);
  const broken = index.unread.get(range.start);
  if (broken) return broken;
  if (value.type === 'TOMLArray') {
    if (depth >= MAX_DEPTH) return { kind: 'other', range, value: undefined };
    const items = value.elements.map((element) => valueNode(index, element, depth + 1));
    return { kind: 'list', range, value: items.map((item) => item.value), items };
  }
  if (value.type === 'TOMLInlineTable') {
    if (depth >= MAX_DEPTH) return { kind: 'other', range, value: undefined };
    const node = table(index, range);
    for (const statement of value.body) addKeyValue(index, node, statement, [], depth + 1);
    return node;
  }
  switch (value.kind) {
    case 'string':
      return { kind: 'text', range, value: value.value };
    case 'integer':
    case 'float':
      return { kind: 'number', range, value: value.value };
    case 'boolean':
      return { kind: 'boolean', range, value: value.value };
    default:
      return { kind: 'other', range, value: value.datetime };
  }
}

function extend(range: Range, by: Range): void {
  range.start = Math.min(range.start, by.start);
  range.end = Math.max(range.end, by.end);
}
