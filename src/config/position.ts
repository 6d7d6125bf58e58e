/** From offsets to lines and columns, as editors count them. */

export interface Position {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units, as VS Code shows it. */
  column: number;
}

/** Line and column of an offset. Lines end with LF, CRLF or CR. */
export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const breaks = before.match(/\r\n|\n|\r/g)?.length ?? 0;
  return { line: breaks + 1, column: offset - Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) };
}
