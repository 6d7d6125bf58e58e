/** From offsets to lines and columns, as editors count them. */

export interface Position {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units, as VS Code shows it. */
  column: number;
}

/** Where the lines of the last long text begin: many offsets of one file are asked for, one after the other. */
let last: { text: string; starts: number[] } = { text: '', starts: [0] };

/** Line and column of an offset. Lines end with LF, CRLF or CR. */
export function positionOf(text: string, offset: number): Position {
  if (last.text !== text) last = { text, starts: lineStarts(text) };
  const { starts } = last;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Math.min(offset, text.length) - (starts[low] ?? 0) + 1 };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return starts;
}
