/** What pasting does to a text, undone: marks of a quotation, a wrapper's name before every line, lines that a window broke. */
import { CLIENT_WORDS, clientOf, markedStderr } from './client-log.js';

/** Marks of mail and Markdown before a line, and the fences of a block of code. */
const QUOTE = /^ {0,3}>(?: |$)/;
const FENCE = /^\s{0,3}(?:```|~~~)[\w-]{0,20}\s*$/;
/** A line between backticks. */
const TICKED = /^\s{0,3}`(?<text>[^`]+)`\s*$/;
/** Names that clients and bridges put before what the server said. */
const WRAPPER =
  /^(?:\S{8,30}(?: [\d:.,]{8,15}Z?)? )?(?:\[[\w .:-]{1,40}\] ?){0,3}(?:Log from MCP [Ss]erver|MCP [Ss]erver (?:log|output))(?: \([^)]{1,60}\))?: ?/;

/** A text that was copied out of JSON, with its escapes, in plain lines. */
function unescaped(line: string): string[] {
  const text = /^\s*"(?<text>(?:[^"\\]|\\.)*)"[,;]?\s*$/.exec(line)?.groups?.text ?? line;
  // A quotation mark without its escape: this is no part of a string.
  if (!text.includes('\\"') || /(?<!\\)"/.test(text) || line.length > 20_000) return [line];
  try {
    return String(JSON.parse(`"${text.replace(/\\(?!["\\/bfnrtu])/g, '\\\\')}"`))
      .split(/\r?\n/)
      .filter((part) => part.trim() !== '');
  } catch {
    return [line];
  }
}

/** Quotation marks as a word processor or a web page bends them, in pairs. A lone one may be the very fault. */
const straight = (line: string): string =>
  line.replace(/“([^“”"]{0,300})”/g, '"$1"').replace(/‘([^‘’']{0,300})’/g, "'$1'");

/** The beginning that all lines have in common, digits aside: its length, back to the last mark that ends a name. */
function commonPrefix(lines: string[]): number {
  const shapes = lines.map((line) => line.slice(0, 160).replace(/\d/g, '0'));
  const [first = ''] = shapes;
  let length = first.length;
  for (const shape of shapes) while (!shape.startsWith(first.slice(0, length))) length--;
  return /^.*(?:: |\] |\| )/.exec(first.slice(0, length))?.[0].length ?? 0;
}

/** Lines without what was put before each of them. A client's own marks stay: they tell whose words a line holds. */
function unquoted(lines: string[]): string[] {
  const kept = lines.filter((line) => !FENCE.test(line));
  // In a transcript of HTTP the same mark is the direction; npm names its script so.
  const said =
    kept.length > 0 &&
    kept.every((line) => QUOTE.test(line)) &&
    !kept.some((line) => /^> \S+@\S+ \w+$|^> (?:Host|Accept|User-Agent):/i.test(line));
  const bare = kept.map((line) => {
    const text = said ? line.replace(QUOTE, '') : line;
    return (TICKED.exec(text)?.groups?.text ?? text).replace(WRAPPER, '');
  });
  if (bare.length < 3 || bare.some((line) => markedStderr(line) !== undefined)) return bare;
  const length = commonPrefix(bare);
  if (length < 8) return bare;
  const rest = bare.map((line) => line.slice(length));
  const inside = clientOf(rest);
  return inside !== undefined && inside !== clientOf(bare) ? rest : bare;
}

/** A line that begins something of its own: a frame, a stamp, a level, a list, a named error, whoever speaks. */
const BEGINS =
  /^(?:\s*at |\s*File "|\s{2,}|\W?\d{4}-\d\d-\d\d|\[|\{|\}|\d\d:\d\d|[0-9a-f]{12}\b|\d+$|\d{4,} |[>*•|-] |\d+[.)|] |npm |\S{3,}: |(?:file:|[A-Z]:\\|\/)\S*:\d+$|(?:[\w.]+: ?)?[A-Z]\w*(?:Error|Exception)\b|Caused by|Traceback|Node\.js v|(?:INFO|WARN(?:ING)?|ERROR|DEBUG|FATAL)\b|(?:error|goroutine|thread|panic|fatal|warning)\b|Usage\b|.{0,40}\bMCP error -)/;
/** A line that something else follows: a frame, a row of a table, the head of a list of faults. */
const ALONE = /^\s*(?:at |File ")|\S {3,}\S.* {3,}\S|\bvalidation errors? for\b|[;{}[\]]\s*$/;
/** The end of a sentence. */
const OVER = /(?:[!?]|\.{3}|[^.]\.)\s*$/;
/** A word that nothing ends with. */
const DANGLING =
  /\b(?:the|an?|of|to|for|from|in|on|with|requires?|is|are|was|and|or|by|at|as|using|imported|package|module|not|could|cannot|because|when|which|that|this|your|error|token|position|line)$/;
const NARROW = 40;
const WIDE = 130;

/** Rows of one list begin alike. */
const alike = (one: string, other: string): boolean => {
  const shape = (text: string) => text.trimStart().slice(0, 6).replace(/\d/g, '0');
  return shape(one) === shape(other);
};

/** Lines that a window broke at its width, in one: what follows would not have fitted on the line before. */
function rejoined(lines: string[]): string[] {
  const width = Math.max(0, ...lines.filter((line) => /\S\s+\S/.test(line)).map((line) => line.trimEnd().length));
  if (lines.length < 2 || width < NARROW || width > WIDE) return lines;
  const full = (i: number): boolean => {
    const [line = '', next = ''] = [lines[i], lines[i + 1]];
    const word = /^\S+/.exec(next.trimStart())?.[0] ?? '';
    const length = line.trimEnd().length;
    // A path fits on no line: it says nothing of the width.
    return word !== '' && length + 1 + word.length > width && (length * 2 > width || DANGLING.test(line.trimEnd()));
  };
  // Text that was wrapped throughout is full on nearly every line; a log has a longest line as well.
  const throughout = lines.length > 3 && lines.slice(0, -1).filter((_, i) => full(i)).length * 2 > lines.length;
  const whole: string[] = [];
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1] ?? '';
    const goesOn =
      i > 0 &&
      full(i - 1) &&
      !ALONE.test(before) &&
      !CLIENT_WORDS.test(line) &&
      !alike(before, line) &&
      (DANGLING.test(before.trimEnd()) ||
        (!BEGINS.test(line) && (throughout || (!OVER.test(before) && /^\s?[\p{Ll}\d"'`(/<\\,.:@-]/u.test(line)))));
    if (goesOn) whole.push(`${whole.pop()?.trimEnd()} ${line.trimStart()}`);
    else whole.push(line);
  }
  return whole;
}

/** The lines as they were before somebody pasted them. */
export const pasted = (lines: string[]): string[] => rejoined(unquoted(lines.flatMap(unescaped).map(straight)));
