/** Edits of JSON and JSONC. */
import type { ConfigText, Node, TextEdit } from './config.js';
import type { Value } from './edit.js';
import { type Flow, indentOf, insertPart, lineIndent, removePart } from './edit-flow.js';
import { indentation, newline } from './json-layout.js';

/** How the file is written. */
interface Style {
  unit: string;
  newline: string;
  colon: string;
  /** Lists with items are written on lines of their own, even short ones. */
  longLists: boolean;
  /** Members stand on lines of their own. */
  spread: boolean;
}

export function replaceJson(config: ConfigText, node: Node, value: Value): TextEdit[] {
  const style = styleOf(config);
  const lines =
    /[\r\n]/.test(config.text.slice(node.range.start, node.range.end)) || (!node.members?.length && style.spread);
  const indent = lines ? lineIndent(config.text, node.range.start) : null;
  return [{ range: node.range, text: write(value, indent, style) }];
}

export function insertJsonMember(config: ConfigText, node: Node, key: string, value: Value, index: number): TextEdit[] {
  const style = styleOf(config);
  const flow = flowOf(
    config,
    node,
    (node.members ?? []).map((member) => member.range),
    style,
    style.spread,
  );
  const member = node.members?.at(-1);
  const between = member ? config.text.slice(member.keyRange.end, member.node.range.start) : '';
  const colon = /^[ \t]*:[ \t]*$/.test(between) ? between : style.colon;
  return insertPart(flow, index, JSON.stringify(key) + colon + write(value, indentOf(flow), style));
}

export function insertJsonItem(config: ConfigText, node: Node, index: number, value: Value): TextEdit[] {
  const style = styleOf(config);
  const flow = flowOf(
    config,
    node,
    (node.items ?? []).map((item) => item.range),
    style,
    style.spread && style.longLists,
  );
  return insertPart(flow, index, write(value, indentOf(flow), style));
}

export function removeJson(config: ConfigText, parent: Node, index: number): TextEdit[] {
  const parts = (parent.members ?? parent.items ?? []).map(({ range }) => range);
  return removePart(flowOf(config, parent, parts, styleOf(config), false), index);
}

export function writeJsonFile(value: Value): string {
  return `${write(value, '', { unit: '  ', newline: '\n', colon: ': ', longLists: false, spread: true })}\n`;
}

function flowOf(config: ConfigText, node: Node, parts: Flow['parts'], style: Style, spread: boolean): Flow {
  return {
    text: config.text,
    range: node.range,
    parts,
    comments: ['//', '/*', '#'],
    padding: '',
    spread,
    unit: style.unit,
  };
}

/** Styles, read off once for each file: a rule may ask for many edits of one. */
const STYLES = new WeakMap<ConfigText, Style>();

function styleOf(config: ConfigText): Style {
  const known = STYLES.get(config);
  if (known) return known;
  const { text, root } = config;
  const style: Style = { unit: '  ', newline: newline(text), colon: ': ', longLists: false, spread: true };
  let units = 0;
  let short = 0;
  let long = 0;
  let inline = 0;
  const queue: Node[] = root ? [root] : [];
  // The beginning of a file shows how it is written.
  for (let i = 0; i < queue.length && i < 2000; i++) {
    const node = queue[i];
    const first = node?.members?.[0] ?? node?.items?.[0];
    if (!node || !first) continue;
    const line = indentation(text, first.range.start);
    const own = line.end === first.range.start && line.start > node.range.start;
    if (node.members) {
      if (!own) inline++;
      else if (units++ === 0) style.unit = unitOf(lineIndent(text, node.range.start), text.slice(line.start, line.end));
      const between = text.slice(node.members[0]?.keyRange.end, node.members[0]?.node.range.start);
      if (i === 0 && /^[ \t]*:[ \t]*$/.test(between)) style.colon = between;
    } else if (own) long++;
    else short++;
    queue.push(...(node.members?.map((member) => member.node) ?? node.items ?? []).slice(0, 200));
  }
  style.longLists = long > 0 && short === 0;
  style.spread = units > 0 || inline === 0;
  STYLES.set(config, style);
  return style;
}

function unitOf(outer: string, inner: string): string {
  return inner.startsWith(outer) && inner.length > outer.length ? inner.slice(outer.length) : '  ';
}

/** `indent`: that of the line on which the value begins; null: all of it on one line. */
function write(value: Value, indent: string | null, style: Style): string {
  const gap = style.colon.endsWith(' ') || indent !== null ? ' ' : '';
  if (Array.isArray(value)) {
    const flat = value.every((item) => typeof item !== 'object' || item === null);
    const deeper = indent === null || (flat && !style.longLists) ? null : indent + style.unit;
    return bracketed(
      '[',
      ']',
      value.map((item) => write(item, deeper, style)),
      deeper,
      indent,
      gap,
      style,
    );
  }
  if (typeof value === 'object' && value !== null) {
    const deeper = indent === null ? null : indent + style.unit;
    const members = Object.entries(value).map(
      ([key, inner]) => JSON.stringify(key) + style.colon + write(inner, deeper, style),
    );
    return bracketed('{', '}', members, deeper, indent, gap, style);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`JSON has no ${value}`);
  return JSON.stringify(value);
}

function bracketed(
  open: string,
  close: string,
  parts: string[],
  deeper: string | null,
  indent: string | null,
  gap: string,
  style: Style,
) {
  if (parts.length === 0) return open + close;
  if (deeper === null) return open + parts.join(`,${gap}`) + close;
  const lines = parts.map((part) => style.newline + deeper + part);
  return `${open}${lines.join(',')}${style.newline}${indent}${close}`;
}
