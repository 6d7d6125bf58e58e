/** The lines of a pasted text: without colours, none empty, none endless, not too many. */
import { plain } from './plain.js';
import { TELLING } from './sift.js';

const MAX_LINES = 2_000;
export const MAX_LINE = 2_000;

export const linesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(/\r\n|\n|\r/)
    .map((line) => plain(line).slice(0, MAX_LINE))
    .filter((line) => line.trim() !== '');

/** Of many lines the head, the tail, and what between them tells of a failure. */
export function bounded(lines: string[]): { kept: string[]; omitted: number } {
  if (lines.length <= MAX_LINES) return { kept: lines, omitted: 0 };
  const third = Math.floor(MAX_LINES / 3);
  const telling = new RegExp(TELLING.source);
  const between = lines.slice(third, -third).filter((line) => telling.test(line));
  const middle = between.slice(-third);
  const tail = MAX_LINES - third - middle.length;
  const kept = [...lines.slice(0, third), ...middle, ...lines.slice(-tail)];
  return { kept, omitted: lines.length - kept.length };
}
