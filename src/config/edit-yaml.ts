/** Edits of YAML, in block and in flow style. */
import { isMap, isScalar, isSeq, type ParsedNode, visit } from 'yaml';
import type { ConfigText, Member, Node, TextEdit } from './config.js';
import type { Value } from './edit.js';
import { type Flow, insertPart, removePart } from './edit-flow.js';
import { indentation, newline } from './json-layout.js';
import { lineEnd } from './json-scan.js';
import { readYaml } from './read-yaml.js';
import {
  isBlock,
  type Quotes,
  writeYamlBlock,
  writeYamlInline,
  writeYamlKey,
  writeYamlMember,
  type YamlStyle,
} from './write-yaml.js';

export function replaceYaml(config: ConfigText, node: Node, value: Value): TextEdit[] {
  const { text } = config;
  const style = styleOf(config);
  const raw = text.slice(node.range.start, node.range.end);
  const flow = inFlow(config, node);
  const { start, end } = node.range;
  const quotes = quotesOf(raw);
  const here = { ...style, quotes: typeof node.value === 'string' ? quotes : style.quotes };
  if (flow || (!isBlock(value, style) && raw !== '')) {
    // A block keeps its last line break, which ends its last line.
    const tail = /[\r\n]+$/.exec(raw)?.[0] ?? '';
    return [
      { range: { start, end: end - tail.length }, text: spaced(text, start, writeYamlInline(value, here, flow)) },
    ];
  }
  if (raw === '' && !isBlock(value, style))
    return [{ range: node.range, text: spaced(text, start, writeYamlInline(value, here, false)) }];
  const line = indentation(text, start);
  const column = line.end === start ? start - line.start : null;
  if (column !== null && raw !== '')
    return [{ range: withoutBreak(text, node), text: writeYamlBlock(value, style, column) }];
  // On the line of its key, or of its dash: a block goes below the one and behind the other.
  const dash = /^[ \t]*(?:- +)+$/.exec(text.slice(line.start, start));
  if (dash) return [{ range: withoutBreak(text, node), text: writeYamlBlock(value, style, dash[0].length) }];
  const keyColumn = (/^[ \t]*(?:- +)*/.exec(text.slice(line.start, start))?.[0] ?? '').length;
  const below = keyColumn + (Array.isArray(value) ? style.listIndent : style.unit);
  const gap = /[ \t]*$/.exec(text.slice(line.start, start))?.[0].length ?? 0;
  const range = { start: start - gap, end: withoutBreak(text, node).end };
  return [{ range, text: style.newline + ' '.repeat(below) + writeYamlBlock(value, style, below) }];
}

export function insertYamlMember(config: ConfigText, node: Node, key: string, value: Value, index: number): TextEdit[] {
  const { text } = config;
  const own = node.members?.filter((member) => !member.merged) ?? [];
  const style = styleOf(
    config,
    own.map((member) => member.node),
  );
  if (isFlow(config, node)) {
    if (
      own.length === 0 &&
      text.slice(node.range.start + 1, node.range.end - 1).trim() === '' &&
      !inFlow(config, node)
    ) {
      return replaceYaml(config, node, { [key]: value });
    }
    const piece = `${writeYamlKey(key, true)}: ${writeYamlInline(value, style, true)}`;
    return insertPart(flowOf(config, node, parts(config, node)), index, piece);
  }
  const line = indentation(text, node.range.start);
  const column = node.range.start - line.start;
  const written = writeYamlMember(key, value, style, column);
  const before = own[index];
  if (before)
    return [
      {
        range: { start: before.range.start, end: before.range.start },
        text: written + style.newline + ' '.repeat(column),
      },
    ];
  return [below(text, node, written, column, style)];
}

export function insertYamlItem(config: ConfigText, node: Node, index: number, value: Value): TextEdit[] {
  const { text } = config;
  const items = node.items ?? [];
  const style = styleOf(config, items);
  if (isFlow(config, node)) {
    if (items.length === 0 && !style.flowLists && !inFlow(config, node)) return replaceYaml(config, node, [value]);
    return insertPart(flowOf(config, node, parts(config, node)), index, writeYamlInline(value, style, true));
  }
  const column = node.range.start - indentation(text, node.range.start).start;
  const written = `- ${writeYamlBlock(value, style, column + 2)}`;
  const before = items[index];
  if (!before) return [below(text, node, written, column, style)];
  const dash = dashOf(text, node, index);
  return [{ range: { start: dash, end: dash }, text: written + style.newline + ' '.repeat(column) }];
}

export function removeYaml(config: ConfigText, parent: Node, index: number): TextEdit[] {
  const { text } = config;
  if (isFlow(config, parent))
    return removePart(flowOf(config, parent, parts(config, parent)), partIndex(parent, index));
  const all = (parent.members ?? parent.items ?? []).filter((one) => !('merged' in one));
  const one = all[index];
  if (!one) throw new RangeError('there is no such value');
  if (all.length === 1) return [{ range: withoutBreak(text, parent), text: parent.members ? '{}' : '[]' }];
  const start = parent.items ? dashOf(text, parent, index) : one.range.start;
  const line = indentation(text, start);
  const end = endOfLines(text, one.range.end);
  if (line.end === start) {
    const lineBreak = /^(?:\r\n|\n|\r)/.exec(text.slice(end, end + 2))?.[0].length ?? 0;
    return [{ range: { start: line.start, end: end + lineBreak }, text: '' }];
  }
  // It begins on the line of a dash or of a key: the next one moves there.
  const next = all[index + 1];
  if (!next) throw new RangeError('the last value stands on the line of another');
  const begin = parent.items ? dashOf(text, parent, index + 1) : next.range.start;
  if (!text.slice(one.range.end, begin).includes('#')) return [{ range: { start, end: begin }, text: '' }];
  // What is noted between the two stays; the dash or the key may stand alone on its line.
  const gap = /[ \t]*$/.exec(text.slice(line.start, start))?.[0].length ?? 0;
  return [{ range: { start: start - gap, end: one.range.end }, text: '' }];
}

export function renameYaml(config: ConfigText, member: Member, name: string): TextEdit[] {
  const raw = config.text.slice(member.keyRange.start, member.keyRange.end);
  const text =
    quotesOf(raw) === 'plain'
      ? writeYamlKey(name, inFlow(config, member.node))
      : writeYamlInline(name, { ...DEFAULT, quotes: quotesOf(raw) }, true);
  return [{ range: member.keyRange, text }];
}

export { writeYamlFile } from './write-yaml.js';

const DEFAULT: YamlStyle = { quotes: 'plain', newline: '\n', unit: 2, listIndent: 2, flowLists: false };

/** A new line behind the last one of a block. */
function below(text: string, node: Node, written: string, column: number, style: YamlStyle): TextEdit {
  const end = endOfLines(text, node.range.end);
  const range = { start: end, end };
  const indent = ' '.repeat(column);
  // A block scalar ends with its line break.
  if (end === node.range.end && /[\r\n]$/.test(text.slice(0, end).slice(-1)))
    return { range, text: indent + written + style.newline };
  return { range, text: style.newline + indent + written };
}

/** The end of the line on which a value ends; that of a block scalar is behind its line break. */
function endOfLines(text: string, end: number): number {
  return end > 0 && /[\r\n]/.test(text[end - 1] ?? '') ? end : lineEnd(text, end);
}

function withoutBreak(text: string, node: Node): { start: number; end: number } {
  const tail = /[\r\n]+$/.exec(text.slice(node.range.start, node.range.end))?.[0].length ?? 0;
  return { start: node.range.start, end: node.range.end - tail };
}

/** A space before it, where there is none between it and a colon or a dash. */
function spaced(text: string, at: number, written: string): string {
  return /[:\-?]/.test(text[at - 1] ?? '') ? ` ${written}` : written;
}

function quotesOf(raw: string): Quotes {
  if (raw.startsWith('"')) return 'double';
  return raw.startsWith("'") ? 'single' : 'plain';
}

function isFlow(config: ConfigText, node: Node): boolean {
  const char = config.text[node.range.start];
  return (node.kind === 'object' && char === '{') || (node.kind === 'list' && char === '[');
}

/** Between brackets, at whatever depth. */
function inFlow(config: ConfigText, node: Node): boolean {
  const queue = config.root ? [config.root] : [];
  for (let i = 0; i < queue.length; i++) {
    const one = queue[i];
    if (!one || one.alias || one === node) continue;
    if (one.range.start > node.range.start || one.range.end < node.range.end) continue;
    if (isFlow(config, one)) return true;
    queue.push(...(one.members?.filter((member) => !member.merged).map((member) => member.node) ?? one.items ?? []));
  }
  return false;
}

/** Everything between the commas of a flow, merge keys too. */
function parts(config: ConfigText, node: Node): Flow['parts'] {
  const own = (node.members ?? node.items ?? []).filter((one) => !('merged' in one)).map(({ range }) => ({ ...range }));
  const document = readYaml(config.text).document;
  visit(document, {
    Map(_, map) {
      if (map.range?.[0] !== node.range.start) return;
      for (const pair of map.items) {
        const key = pair.key as ParsedNode;
        const value = pair.value as ParsedNode | null;
        if (isScalar(key) && key.source === '<<' && value) own.push({ start: key.range[0], end: value.range[1] });
      }
    },
  });
  return own.sort((a, b) => a.start - b.start);
}

/** Merge keys take part in the commas, but not in the members. */
function partIndex(parent: Node, index: number): number {
  if (parent.members?.some((member) => member.merged)) throw new RangeError('a merge key stands beside it');
  return index;
}

function flowOf(config: ConfigText, node: Node, all: Flow['parts']): Flow {
  return { text: config.text, range: node.range, parts: all, comments: ['#'], padding: '', spread: false, unit: '  ' };
}

/** The dash before an item. */
function dashOf(text: string, list: Node, index: number): number {
  let i = index === 0 ? list.range.start : (list.items?.[index - 1]?.range.end ?? list.range.start);
  while (i < list.range.end) {
    if (text[i] === '#') i = lineEnd(text, i);
    else if (text[i] === '-') return i;
    else i++;
  }
  throw new RangeError('there is no dash');
}

/** Read off the file: how its neighbours are quoted, how far lists and objects are indented. */
function styleOf(config: ConfigText, neighbours: Node[] = []): YamlStyle {
  const style: YamlStyle = { ...DEFAULT, newline: newline(config.text) };
  const document = readYaml(config.text).document;
  const { text } = config;
  const column = (offset: number): number => offset - indentation(text, offset).start;
  let unit = 0;
  let lists = { flow: 0, block: 0 };
  let indented: number | undefined;
  visit(document, {
    Pair(_, pair) {
      const key = pair.key as ParsedNode | null;
      const value = pair.value as ParsedNode | null;
      if (!key || !value) return;
      const own = keyColumn(text, key.range[0]);
      if (isMap(value) && !value.flow && unit === 0) unit = column(value.range[0]) - own;
      if (isSeq(value) && value.items.length > 0) {
        lists = value.flow ? { ...lists, flow: lists.flow + 1 } : { ...lists, block: lists.block + 1 };
        if (!value.flow) indented ??= column(value.range[0]) - own;
      }
    },
  });
  if (unit > 0) style.unit = unit;
  style.listIndent = indented !== undefined && indented >= 0 ? indented : style.unit;
  style.flowLists = lists.flow > lists.block;
  const quotes = neighbours.flatMap((node) =>
    node.kind === 'text' ? [quotesOf(text.slice(node.range.start, node.range.end))] : [],
  );
  for (const kind of ['single', 'double'] as const) {
    if (quotes.filter((one) => one === kind).length * 2 > quotes.length) style.quotes = kind;
  }
  return style;
}

function keyColumn(text: string, offset: number): number {
  const line = indentation(text, offset);
  return offset - line.start;
}
