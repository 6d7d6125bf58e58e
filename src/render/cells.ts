/** Text in the columns of a terminal: a character may take two of them, or none. */

/** What has no width of its own: accents that stand on the letter before, and what joins emoji. */
const NONE = /\p{Mn}|\p{Me}|\u200D|\uFE0F/u;
/** East Asian wide and full-width characters, and emoji: two columns (Unicode Standard Annex 11). */
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18CFF}\u{1B000}-\u{1B2FF}\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1F9FF}\u{1FA70}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

const cellsOf = (char: string): number => (NONE.test(char) ? 0 : WIDE.test(char) ? 2 : 1);

/** How many columns a line takes. */
export function cells(text: string): number {
  let sum = 0;
  for (const char of text) sum += cellsOf(char);
  return sum;
}

/** At most `max` columns of a line; what is cut off ends with an ellipsis. */
export function cut(text: string, max: number): string {
  if (cells(text) <= max) return text;
  let kept = '';
  let sum = 1;
  for (const char of text) {
    sum += cellsOf(char);
    if (sum > max) break;
    kept += char;
  }
  return `${kept}…`;
}

/** A path of at most `max` columns: of a long one the end stays, which tells it from others. */
export function cutPath(path: string, max: number): string {
  if (cells(path) <= max) return path;
  const chars = [...path];
  let sum = 1;
  let from = chars.length;
  while (from > 0 && sum + cellsOf(chars[from - 1] ?? '') <= max) sum += cellsOf(chars[--from] ?? '');
  return `…${chars.slice(from).join('')}`;
}

/** Filled up with blanks to `width` columns, cut where it is longer. */
export function column(text: string, width: number): string {
  const short = cut(text, width);
  return short + ' '.repeat(Math.max(0, width - cells(short)));
}

/** Words into lines of at most `width` columns; a word that is longer is broken. `most` lines, the last one cut. */
export function lines(text: string, width: number, most = Number.POSITIVE_INFINITY): string[] {
  const words = text.split(' ').flatMap((word) => {
    const parts: string[] = [];
    let part = '';
    for (const char of word) {
      if (cells(part) + cellsOf(char) > width) {
        parts.push(part);
        part = '';
      }
      part += char;
    }
    return [...parts, part];
  });
  const all: string[] = [];
  let line = '';
  for (const word of words) {
    if (line && cells(line) + 1 + cells(word) > width) {
      all.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  if (line) all.push(line);
  if (all.length <= most) return all;
  return [...all.slice(0, most - 1), cut(`${all[most - 1]} ${all[most]}`, width)];
}
