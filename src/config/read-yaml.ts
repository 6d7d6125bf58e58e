/** YAML, also broken: a tree of what could be read. Aliases and merge keys are followed, within bounds. */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  Parser,
  type Scalar,
} from 'yaml';
import { escapeFault, yamlEscapes } from './backslash.js';
import type { Member, Node, Range, SyntaxFault } from './config.js';
import { short } from './json-layout.js';
import { Faults, MAX_DEPTH, MAX_NODES, put } from './tree.js';
import { yamlFault } from './yaml-faults.js';

export interface ReadYaml {
  root: Node | null;
  faults: SyntaxFault[];
  /** What the parser made of it; null when it is too deep to be looked at. */
  document: Document.Parsed | null;
}

/** Values that may come out of aliases in one file: ten lines can stand for a billion. */
const MAX_EXPANDED = 10_000;
const OPTIONS = { merge: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent', strict: true } as const;

export function readYaml(text: string): ReadYaml {
  const faults = new Faults();
  const documents = compose(text);
  if (!documents) {
    faults.add('syntax-other', { start: 0, end: Math.min(1, text.length) }, { problem: 'too-deep' });
    return { root: null, faults: faults.list, document: null };
  }
  const [document, second] = documents;
  const error = document?.errors[0];
  if (error) yamlFault(text, error, faults, soundValue);
  if (second) {
    const separator = /(?:^|\n)(---)/g;
    separator.lastIndex = Math.max((document?.range[1] ?? 0) - 1, 0);
    const start = second.range[0];
    const at = separator.exec(text);
    const from = at && at.index < start ? at.index + at[0].length - 3 : start;
    const range = { start: from, end: text.trimEnd().length };
    faults.add('syntax-extra-text', range, { where: 'behind', problem: 'second-document', char: '---' });
  }
  const root = document?.contents ? new Tree(text, faults).root(document.contents as ParsedNode) : null;
  if (error && faults.list.length === 0) {
    const start = Math.min(error.pos[0], text.length);
    faults.add('syntax-other', { start, end: Math.min(start + 1, text.length) }, { problem: 'unexpected' });
  }
  return { root, faults: faults.sorted(), document: document ?? null };
}

/** Null when it is nested deeper than a recursive composer can follow: it would end the whole process, which nobody can catch. */
function compose(text: string): Document.Parsed[] | null {
  const tokens = [...new Parser().parse(text)];
  if (tooDeep(tokens)) return null;
  return [...new Composer(OPTIONS).compose(tokens, true, text.length)] as Document.Parsed[];
}

/** What a text is worth, as JSON; undefined when something is wrong with it. */
function soundValue(text: string): string | undefined {
  const documents = compose(text);
  if (documents?.length !== 1 || !documents[0] || documents[0].errors.length > 0) return undefined;
  return JSON.stringify(new Tree(text, new Faults()).root(documents[0].contents as ParsedNode).value) ?? 'null';
}

function tooDeep(tokens: readonly unknown[]): boolean {
  let level = [...tokens] as { value?: unknown; items?: { key?: unknown; value?: unknown }[] }[];
  for (let depth = 0; level.length > 0; depth++) {
    // A document is a level, and every value below its item is one.
    if (depth > MAX_DEPTH + 1) return true;
    const below: typeof level = [];
    for (const token of level) {
      const inside = [token.value, ...(token.items ?? []).flatMap((item) => [item.key, item.value])];
      for (const one of inside) if (one && typeof one === 'object') below.push(one as (typeof level)[number]);
    }
    level = below;
  }
  return false;
}

class Tree {
  readonly #anchors = new Map<string, Node>();
  /** How many values are in a node, those of aliases counted each time. */
  readonly #sizes = new WeakMap<Node, number>();
  #expanded = 0;
  #nodes = 0;

  constructor(
    readonly text: string,
    readonly faults: Faults,
  ) {}

  root(contents: ParsedNode): Node {
    return this.#node(contents, 0);
  }

  #node(source: ParsedNode | null, depth: number, at = 0): Node {
    if (!source) return { kind: 'null', range: { start: at, end: at }, value: null };
    const range = { start: source.range[0], end: source.range[1] };
    if (isAlias(source)) return this.#alias(source.source, range);
    let node: Node;
    if (depth >= MAX_DEPTH || ++this.#nodes > MAX_NODES) node = { kind: 'other', range, value: undefined };
    else if (isMap(source))
      node = this.#map(source.items as Pair<ParsedNode, ParsedNode | null>[], range, depth, source.flow === true);
    else if (isSeq(source)) {
      const items = source.items.map((item) => this.#node(item as ParsedNode, depth + 1));
      if (!source.flow) range.end = items.at(-1)?.range.end ?? range.end;
      node = { kind: 'list', range, value: items.map((item) => item.value), items };
      this.#sizes.set(
        node,
        items.reduce((sum, item) => sum + this.#size(item), 1),
      );
    } else node = this.#scalar(source as Scalar.Parsed, range);
    if ('anchor' in source && source.anchor) this.#anchors.set(source.anchor, node);
    return node;
  }

  #map(pairs: Pair<ParsedNode, ParsedNode | null>[], range: Range, depth: number, flow: boolean): Node {
    const members: Member[] = [];
    const merged: Member[] = [];
    const seen = new Set<string>();
    const value: Record<string, unknown> = {};
    let size = 1;
    for (const pair of pairs) {
      const keyRange = { start: pair.key.range[0], end: pair.key.range[1] };
      const node = this.#node(pair.value, depth + 1, keyRange.end);
      size += this.#size(node);
      if (isScalar(pair.key) && pair.key.source === '<<' && pair.key.type === 'PLAIN') {
        for (const from of node.kind === 'list' ? (node.items ?? []) : [node]) merged.push(...(from.members ?? []));
        continue;
      }
      const key = this.#key(pair.key);
      if (seen.has(key)) {
        const fault = this.faults.add('syntax-duplicate-key', keyRange, { key: short(key), wins: 'none' });
        if (fault) fault.level = 'fatal';
      }
      seen.add(key);
      members.push({
        key,
        keyRange,
        range: { start: keyRange.start, end: Math.max(node.range.end, keyRange.end) },
        node,
      });
      put(value, key, node.value);
    }
    if (!flow) range.end = Math.max(members.at(-1)?.range.end ?? range.end, range.start);
    for (const member of merged) {
      if (seen.has(member.key)) continue;
      seen.add(member.key);
      members.push({ ...member, merged: true });
      put(value, member.key, member.node.value);
    }
    const node: Node = { kind: 'object', range, value, members };
    this.#sizes.set(node, size);
    return node;
  }

  #key(key: ParsedNode): string {
    if (isScalar(key) && typeof key.value === 'string') return key.value;
    return this.text.slice(key.range[0], key.range[1]);
  }

  #scalar(source: Scalar.Parsed, range: Range): Node {
    const { value, type } = source;
    const raw = this.text.slice(range.start, range.end);
    if (type === 'QUOTE_DOUBLE' && raw.includes('\\')) {
      const body = { start: range.start + 1, end: Math.max(range.end - 1, range.start + 1) };
      escapeFault(this.text, body, yamlEscapes(this.text, body.start, body.end), raw.endsWith('"'), this.faults);
    } else if (type === 'PLAIN' && /^[“”„‟«»″＂‘’‚‛′].*[“”„‟«»″＂‘’‚‛′]$/s.test(raw)) {
      const edits = [
        { range: { start: range.start, end: range.start + 1 }, text: '"' },
        { range: { start: range.end - 1, end: range.end }, text: '"' },
      ];
      const sure = raw.length > 1 && !/["\\]/.test(raw);
      // YAML takes them for a part of the value: the file is read, and the entry is wrong.
      this.faults.gather(
        'syntax-smart-quotes',
        { start: range.start, end: range.start + 1 },
        { char: raw[0] ?? '' },
        sure ? edits : [],
      );
      const fault = this.faults.list.find((one) => one.rule === 'syntax-smart-quotes');
      if (fault) fault.level = 'broken';
    }
    switch (typeof value) {
      case 'string':
        return { kind: 'text', range, value };
      case 'number':
      case 'boolean':
        return { kind: typeof value as 'number', range, value };
      default:
        return value === null ? { kind: 'null', range, value } : { kind: 'other', range, value: raw };
    }
  }

  #alias(name: string, range: Range): Node {
    const target = this.#anchors.get(name);
    if (!target) {
      this.faults.add('syntax-other', range, { problem: 'alias', key: short(name) });
      return { kind: 'other', range, value: undefined };
    }
    const size = this.#size(target);
    if (this.#expanded + size > MAX_EXPANDED) {
      if (!this.faults.list.some((fault) => fault.facts.problem === 'alias-bomb')) {
        this.faults.add('syntax-other', range, { problem: 'alias-bomb', key: short(name) });
      }
      return { kind: 'other', range, value: undefined };
    }
    this.#expanded += size;
    const node: Node = { ...target, range, alias: true };
    this.#sizes.set(node, size);
    return node;
  }

  #size(node: Node): number {
    return this.#sizes.get(node) ?? 1;
  }
}
