/** Putting things between brackets and taking them out: objects and lists of JSON, lists and inline tables of TOML, flow style of YAML. */
import type { Range, TextEdit } from './config.js';
import { indentation, newline } from './json-layout.js';

/** What stands between two brackets, with commas between the parts. */
export interface Flow {
  text: string;
  /** The brackets are at `start` and before `end`. */
  range: Range;
  parts: Range[];
  /** Signs with which comments begin. */
  comments: readonly ('//' | '/*' | '#')[];
  /** What stands between a bracket and a part on the same line, where nothing shows it: `{ a = 1 }`. */
  padding: string;
  /** Where it is empty: whether its first part gets a line of its own. */
  spread: boolean;
  /** What one level is indented by. */
  unit: string;
}

/** How a new part is written: `indent` is that of its line, null when it stands on a line with others. */
export function indentOf(flow: Flow): string | null {
  const { text, range, parts } = flow;
  const first = parts[0];
  if (!first) {
    const own = lineIndent(text, range.start);
    const inside = text.slice(range.start + 1, range.end - 1);
    return flow.spread || /[\r\n]/.test(inside) ? own + flow.unit : null;
  }
  const last = parts.at(-1) ?? first;
  for (const part of [last, first]) {
    const line = indentation(text, part.start);
    if (line.end === part.start && line.start > range.start) return text.slice(line.start, line.end);
  }
  return null;
}

/** Edits that put a part at an index, the last one when it is beyond. */
export function insertPart(flow: Flow, index: number, piece: string): TextEdit[] {
  const { text, parts, range } = flow;
  const indent = indentOf(flow);
  const line = indent === null ? '' : newline(text) + indent;
  const before = parts[Math.min(index, parts.length) - 1];
  if (parts.length === 0) return [intoEmpty(flow, piece, line)];
  if (!before) {
    const first = parts[0] ?? range;
    const alone = indentation(text, first.start).end === first.start;
    return [at(first.start, `${piece},${alone && line ? line : separator(flow)}`)];
  }
  const comma = commaAfter(flow, before.end);
  if (!line) return [at(before.end, `,${separator(flow)}${piece}`)];
  if (comma >= 0) return [at(lineTail(flow, comma + 1), `${line}${piece},`)];
  const tail = lineTail(flow, before.end);
  return tail === before.end ? [at(tail, `,${line}${piece}`)] : [at(before.end, ','), at(tail, line + piece)];
}

function intoEmpty(flow: Flow, piece: string, line: string): TextEdit {
  const { text, range } = flow;
  const inside = text.slice(range.start + 1, range.end - 1);
  if (inside.trim() !== '') return at(range.start + 1 + inside.trimEnd().length, (line || ' ') + piece);
  if (!line)
    return { range: { start: range.start + 1, end: range.end - 1 }, text: flow.padding + piece + flow.padding };
  if (/[\r\n]/.test(inside)) return at(range.start + 1, line + piece);
  const close = newline(text) + lineIndent(text, range.start);
  return { range: { start: range.start + 1, end: range.end - 1 }, text: line + piece + close };
}

/** Edits that take a part out, with its comma and, where it has lines of its own, with these. */
export function removePart(flow: Flow, index: number): TextEdit[] {
  const { text, parts } = flow;
  const part = parts[index];
  if (!part) throw new RangeError(`there is no part ${index}`);
  const own = commaAfter(flow, part.end);
  // A comma on another line leaves what stands before it where it is.
  const apart = own >= 0 && /[\r\n]/.test(text.slice(part.end, own));
  const comma = apart ? -1 : own;
  const end = comma < 0 ? part.end : comma + 1;
  const edits: TextEdit[] = apart ? [cut(own, own + 1)] : [];
  const previous = parts[index - 1];
  const next = parts[index + 1];
  const line = indentation(text, part.start);
  const tail = lineTail(flow, end);
  const stop = /[ \t]*(?:\r\n|\n|\r)/y;
  stop.lastIndex = tail;
  const lineBreak = stop.exec(text)?.[0];
  const alone = line.end === part.start && line.start > flow.range.start && lineBreak !== undefined;
  if (comma < 0 && previous && !apart) {
    const before = commaAfter(flow, previous.end);
    const between = text.slice(previous.end, part.start);
    // One piece, when nothing but the comma stands between.
    if (!alone && /^\s*,\s*$/.test(between)) return [cut(previous.end, part.end)];
    if (before >= 0) edits.push(cut(before, before + 1));
  }
  if (alone) edits.push(cut(line.start, tail + lineBreak.length));
  else if (next && !apart && /^\s*$/.test(text.slice(end, next.start))) edits.push(cut(part.start, next.start));
  else if (previous && comma >= 0 && /^[ \t]*$/.test(text.slice(commaAfter(flow, previous.end) + 1, part.start))) {
    edits.push(cut(commaAfter(flow, previous.end) + 1, end));
  } else edits.push(cut(part.start, end));
  return edits;
}

const at = (offset: number, text: string): TextEdit => ({ range: { start: offset, end: offset }, text });
const cut = (start: number, end: number): TextEdit => ({ range: { start, end }, text: '' });

/** The white space at the beginning of the line of an offset. */
export function lineIndent(text: string, offset: number): string {
  const line = indentation(text, offset);
  return text.slice(line.start, line.end);
}

/** What stands behind a comma on the same line. */
function separator(flow: Flow): string {
  const { text, parts } = flow;
  for (let i = 1; i < parts.length; i++) {
    const between = /^,([ \t]*)$/.exec(text.slice(parts[i - 1]?.end, parts[i]?.start));
    if (between) return between[1] ?? ' ';
  }
  return ' ';
}

/** The offset of the comma behind an offset, comments left out; -1 when there is none. */
export function commaAfter(flow: Flow, offset: number): number {
  let i = offset;
  while (i < flow.range.end - 1) {
    const end = commentEnd(flow, i);
    if (end > i) i = end;
    else if (flow.text[i] === ',') return i;
    else if (/\s/.test(flow.text[i] ?? '')) i++;
    else return -1;
  }
  return -1;
}

/** Where what belongs to the line of an offset ends: behind a comment, when nothing but that stands there. */
function lineTail(flow: Flow, offset: number): number {
  let i = offset;
  let tail = offset;
  for (;;) {
    while (flow.text[i] === ' ' || flow.text[i] === '\t') i++;
    const end = commentEnd(flow, i);
    if (end === i || /[\r\n]/.test(flow.text.slice(i, end))) break;
    i = end;
    tail = end;
  }
  return i >= flow.text.length || flow.text[i] === '\n' || flow.text[i] === '\r' ? tail : offset;
}

function commentEnd(flow: Flow, offset: number): number {
  const { text } = flow;
  const sign = flow.comments.find((one) => text.startsWith(one, offset));
  if (!sign) return offset;
  if (sign === '/*') {
    const close = text.indexOf('*/', offset + 2);
    return close < 0 ? text.length : close + 2;
  }
  const end = /[\r\n]/g;
  end.lastIndex = offset;
  return end.exec(text)?.index ?? text.length;
}
