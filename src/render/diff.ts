/**
 * A change of a text as lines: what goes, what comes, and three lines around it. Everything that changes is shown to the last
 * character, however long its line is; what is secret in it is stars.
 */
import { diffArrays, diffWordsWithSpace } from 'diff';
import picocolors from 'picocolors';
import { escapeLine } from './escape.js';

/** A text, and how it may be shown: as long, with stars in the place of secrets. */
export interface Shown {
  text: string;
  masked: string;
}

interface Line {
  /** From 1. */
  number: number;
  /** As it may be shown, without its end. */
  text: string;
  /** How it ends: LF, CRLF, CR, or not at all. */
  end: string;
}

/** A part of a line; `changed` of a pair of lines that differ in some of it. */
interface Part {
  text: string;
  changed: boolean;
}

export interface Row {
  sign: ' ' | '-' | '+';
  line: number;
  parts: Part[];
  /** What the eye does not see of it: another line ending. */
  remark?: string;
}

/** Lines that belong together. */
export interface Hunk {
  /** Of the first line that changes, in the old text: from 1. */
  line: number;
  rows: Row[];
}

const CONTEXT = 3;
/** Beyond that two texts have nothing in common that would be worth its time. */
const MAX_DIFFERENCE = 4_000;
const MAX_WORDS = 400;

function linesOf({ text, masked }: Shown): Line[] {
  const lines: Line[] = [];
  const ends = /\r\n|\n|\r/g;
  let start = 0;
  for (let match = ends.exec(text); match; match = ends.exec(text)) {
    // By its offsets: a secret of several lines has no line ends among its stars.
    lines.push({ number: lines.length + 1, text: masked.slice(start, match.index), end: match[0] });
    start = ends.lastIndex;
  }
  if (start < text.length) lines.push({ number: lines.length + 1, text: masked.slice(start), end: '' });
  return lines;
}

const rawLines = (text: string): string[] => text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+/g) ?? [];

const END: Record<string, string> = { '\n': 'LF', '\r\n': 'CRLF', '\r': 'CR', '': 'no line end' };

/** Two lines that stand for each other, in parts. */
function pair(before: Line, after: Line): [Part[], Part[]] {
  const words = diffWordsWithSpace(before.text, after.text, { maxEditLength: MAX_WORDS }) ?? [];
  const common = words
    .filter(({ added, removed }) => !added && !removed)
    .reduce((sum, { value }) => sum + value.trim().length, 0);
  // Two lines with little in common are two lines.
  if (words.length === 0 || common * 3 < Math.min(before.text.trim().length, after.text.trim().length))
    return [[{ text: before.text, changed: false }], [{ text: after.text, changed: false }]];
  const side = (other: 'added' | 'removed'): Part[] =>
    words
      .filter((word) => !word[other])
      .map(({ value, added, removed }) => ({ text: value, changed: added || removed }));
  return [side('added'), side('removed')];
}

/** The lines that go and those that come in their place. */
function replaced(gone: Line[], come: Line[]): Row[] {
  const pairs = gone.map((line, i) => {
    const other = come[i];
    return other && gone.length === come.length ? pair(line, other) : undefined;
  });
  const row = (sign: '-' | '+', line: Line, i: number, others: Line[]): Row => {
    const other = others[i];
    // What the eye does not see in the line itself.
    const alike = other !== undefined && other.text === line.text && gone.length === come.length;
    const remark = alike ? (other.end === line.end ? 'another value' : END[line.end]) : undefined;
    const parts = pairs[i]?.[sign === '-' ? 0 : 1] ?? [{ text: line.text, changed: false }];
    return { sign, line: line.number, parts, ...(remark !== undefined && { remark }) };
  };
  return [...gone.map((line, i) => row('-', line, i, come)), ...come.map((line, i) => row('+', line, i, gone))];
}

/** Lines of the old text, from an index on, in whose place others come. */
interface Change {
  first: number;
  gone: Line[];
  come: Line[];
}

function changesOf(before: Shown, after: Shown, old: Line[]): Change[] {
  const fresh = linesOf(after);
  const [a, b] = [rawLines(before.text), rawLines(after.text)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [from, to] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const runs = diffArrays(from, to, { maxEditLength: MAX_DIFFERENCE }) ?? [
    { count: from.length, removed: true, added: false },
    { count: to.length, removed: false, added: true },
  ];
  const changes: Change[] = [];
  let open: Change | undefined;
  let [i, j] = [head, head];
  for (const { count, added, removed } of runs) {
    if (!added && !removed) {
      open = undefined;
      i += count;
      j += count;
      continue;
    }
    if (!open) {
      open = { first: i, gone: [], come: [] };
      changes.push(open);
    }
    if (removed) {
      open.gone.push(...old.slice(i, i + count));
      i += count;
    } else {
      open.come.push(...fresh.slice(j, j + count));
      j += count;
    }
  }
  return changes.filter(({ gone, come }) => gone.length + come.length > 0);
}

/** All that differs between two texts. */
export function hunksOf(before: Shown, after: Shown): Hunk[] {
  const old = linesOf(before);
  const context = (from: number, to: number): Row[] =>
    old.slice(from, to).map(({ number, text }) => ({ sign: ' ', line: number, parts: [{ text, changed: false }] }));
  const hunks: Hunk[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const { first, gone, come } of changesOf(before, after, old)) {
    // Where the lines around two changes meet, they are one.
    const last = first - end > 2 * CONTEXT ? undefined : hunks.at(-1);
    if (last) last.rows.push(...context(end, first), ...replaced(gone, come));
    else {
      hunks.at(-1)?.rows.push(...context(end, end + CONTEXT));
      hunks.push({ line: first + 1, rows: [...context(Math.max(0, first - CONTEXT), first), ...replaced(gone, come)] });
    }
    end = first + gone.length;
  }
  hunks.at(-1)?.rows.push(...context(end, end + CONTEXT));
  return hunks;
}

/** As `diff -u` writes it, with stars. */
export function unified(hunks: readonly Hunk[]): string {
  let shift = 0;
  return hunks
    .flatMap(({ rows }) => {
      const count = (sign: '-' | '+'): number => rows.filter((row) => row.sign === sign).length;
      const [gone, come] = [count('-'), count('+')];
      const same = rows.length - gone - come;
      const first = rows.find(({ sign }) => sign !== '+')?.line ?? 0;
      const head = `@@ -${first},${same + gone} +${Math.max(1, first) + shift},${same + come} @@`;
      shift += come - gone;
      return [head, ...rows.map(({ sign, parts }) => sign + parts.map(({ text }) => text).join(''))];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** Rows that one line may fill. Of a longer one only the ends of those parts are shown that do not change. */
const MAX_ROWS = 5;
const KEPT = 24;

function elided(parts: Part[], room: number): Part[] {
  const length = parts.reduce((sum, { text }) => sum + text.length, 0);
  if (length <= room * MAX_ROWS || !parts.some(({ changed }) => changed)) return parts;
  return parts.map((part, i) => {
    if (part.changed) return part;
    // The line begins with what it is about, behind its indentation.
    const lead = i === 0 ? Math.min(KEPT, part.text.length - part.text.trimStart().length) + KEPT : KEPT;
    const trail = i === parts.length - 1 ? 0 : KEPT;
    if (part.text.length <= lead + trail + 3) return part;
    return { text: `${part.text.slice(0, lead)} … ${trail ? part.text.slice(-trail) : ''}`, changed: false };
  });
}

/** Blanks that come or go are to be seen. */
const visible = ({ text, changed }: Part): string => {
  if (!changed) return escapeLine(text.replaceAll('\t', '  '), Number.POSITIVE_INFINITY);
  const blank = text.trim() === '' ? text.replaceAll(' ', '·') : text;
  return escapeLine(blank.replaceAll('\t', '→ '), Number.POSITIVE_INFINITY);
};

/** Where a row of at most `room` characters ends: behind a blank or a comma, where there is one in its last third. */
function endOfRow(text: string, room: number): number {
  if (text.length <= room) return text.length;
  const blank = Math.max(text.lastIndexOf(' ', room - 1), text.lastIndexOf(',', room - 1)) + 1;
  if (blank > (room * 2) / 3) return blank;
  // Half a character would be none.
  return /[\uD800-\uDBFF]/.test(text[room - 1] ?? '') ? room - 1 : room;
}

/** The parts of one line as they fill rows of a terminal. */
function filled(parts: Part[], room: number): Part[][] {
  const pieces = elided(parts, room).map((part) => ({ text: visible(part), changed: part.changed }));
  const rows: Part[][] = [];
  let rest = pieces.map(({ text }) => text).join('');
  while (rest !== '' || rows.length === 0) {
    let free = endOfRow(rest, room);
    rest = rest.slice(free);
    const row: Part[] = [];
    while (free > 0) {
      const [piece] = pieces;
      if (!piece) break;
      const taken = piece.text.slice(0, free);
      if (taken) row.push({ text: taken, changed: piece.changed });
      free -= taken.length;
      piece.text = piece.text.slice(taken.length);
      if (piece.text === '') pieces.shift();
    }
    rows.push(row);
  }
  return rows;
}

export interface DiffOptions {
  /** The file, as people know it. */
  file: string;
  /** Whose it is: stands behind the first heading where there is room. */
  note?: string;
  color: boolean;
  /** Columns of the terminal. */
  width: number;
}

/** The hunks for a person in a terminal, each under its file and line. */
export function diffLines(hunks: readonly Hunk[], { file, note, color, width }: DiffOptions): string[] {
  const paint = picocolors.createColors(color);
  const gutter = Math.max(1, ...hunks.flatMap(({ rows }) => rows.map(({ line }) => String(line).length)));
  const room = Math.max(24, width - gutter - 7);
  const fits = (line: number): boolean =>
    note !== undefined && file.length + String(line).length + note.length + 6 <= width;
  return hunks.flatMap(({ line, rows }, i) => [
    ...(i > 0 ? [''] : []),
    `  ${paint.bold(`${escapeLine(file, 200)}:${line}`)}${i === 0 && fits(line) ? `   ${paint.dim(note ?? '')}` : ''}`,
    ...rows.flatMap((row) => {
      const { sign } = row;
      const lines = filled(row.parts, room);
      // What stays is there to find the way: its beginning is enough.
      const shown = sign === ' ' ? lines.slice(0, 1) : lines;
      return shown.flatMap((parts, n) => {
        const cut = sign === ' ' && lines.length > 1;
        const text = parts
          .map((part) => {
            const plain = cut ? `${part.text.slice(0, -1)}…` : part.text;
            if (sign === ' ') return plain;
            const bright = part.changed ? paint.inverse(plain) : plain;
            return sign === '-' ? paint.red(bright) : paint.green(bright);
          })
          .join('');
        const number = n === 0 ? String(row.line).padStart(gutter) : ' '.repeat(gutter);
        const mark = sign === ' ' ? ' ' : sign === '-' ? paint.red('-') : paint.green('+');
        const line = `  ${paint.dim(number)} ${mark} ${text}`.trimEnd();
        if (!row.remark || n < shown.length - 1) return [line];
        const remark = paint.dim(`(${row.remark})`);
        const taken = parts.reduce((sum, part) => sum + part.text.length, 0);
        // It stands behind the line, or below it where there is no room.
        if (taken + row.remark.length + 4 <= room) return [`${line}  ${remark}`];
        return [line, `  ${' '.repeat(gutter)} ${mark} ${remark}`];
      });
    }),
  ]);
}
