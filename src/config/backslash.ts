/** Backslashes of Windows paths that a format takes for the beginning of an escape. JSON, and the basic strings of TOML. */
import type { Range, TextEdit } from './config.js';
import type { Faults } from './tree.js';

/** An escape of a string: where its backslash is, the character behind it, and whether the format does not know it. */
export interface Escape {
  at: number;
  char: string;
  bad: boolean;
}

const CONTROL: Record<string, string> = {
  b: 'backspace',
  f: 'form feed',
  n: 'line break',
  r: 'carriage return',
  t: 'tab',
  e: 'escape',
};

/**
 * Notes what is wrong with the backslashes of one string; true when something is. `others` cure what else is wrong with that string:
 * they go with the cure of the backslashes.
 */
export function escapeFault(
  text: string,
  body: Range,
  escapes: Escape[],
  closed: boolean,
  faults: Faults,
  others: TextEdit[] = [],
): boolean {
  if (escapes.length === 0) return false;
  const raw = text.slice(body.start, body.end);
  const bad = escapes.filter((one) => one.bad);
  const path = /(?:^|[\s"'=;,(])[A-Za-z]:\\/.test(raw) || /^\\\\[^\\]+\\[^\\]/.test(raw) || /%\w+%\\/.test(raw);
  // A path that is written as it should be has its backslashes doubled; then a line break in the string is meant.
  const careful = escapes.some((one) => one.char === '\\' && one.at > body.start);
  const lost = escapes.filter(
    (one) => !one.bad && one.char in CONTROL && (path || bad.length > 0) && (!careful || bad.length > 0),
  );
  const silent = lost.filter(() => path && (!/[ \t]/.test(raw) || /(?:^|[=;])[A-Za-z]:\\[^\\]/.test(raw)));
  if (bad.length === 0 && silent.length === 0) return false;
  // Double what is alone; where nothing is doubled on purpose, the two at the beginning of a network path as well.
  const alone = path ? [...bad, ...lost] : bad;
  const pairs = path && !careful ? escapes.filter((one) => one.char === '\\') : [];
  const edits = [
    ...alone.map((one) => ({ range: { start: one.at, end: one.at }, text: '\\' })),
    ...pairs.map((one) => ({ range: { start: one.at, end: one.at }, text: '\\\\' })),
    ...others,
  ].sort((a, b) => a.range.start - b.range.start);
  const first = bad[0] ?? silent[0];
  if (!first) return false;
  const range = { start: first.at, end: Math.min(first.at + 1 + first.char.length, text.length) };
  const facts: Record<string, string> = {
    char: `\\${first.char}`,
    expected: `\\\\${first.char}`,
    count: String(alone.length),
  };
  if (bad.length === 0) facts.becomes = CONTROL[first.char] ?? 'something else';
  // Behind a doubled backslash a tab or a line break stands alone, and is no more allowed than before.
  const sure = closed && !bad.some(({ char }) => char < ' ');
  const fault = faults.add('syntax-backslash', range, facts, sure ? edits : []);
  if (fault && bad.length === 0) fault.level = 'broken';
  return true;
}

/** The escapes of a basic string of TOML. */
export function tomlEscapes(text: string, start: number, end: number): Escape[] {
  const escapes: Escape[] = [];
  for (let i = start; i < end; i++) {
    if (text[i] !== '\\') continue;
    const char = text[i + 1] ?? '';
    const code = { u: 4, U: 8 }[char];
    const bad = code
      ? !new RegExp(`^[\\da-fA-F]{${code}}`).test(text.slice(i + 2, i + 2 + code))
      : !'btnfr"\\'.includes(char || ' ');
    if (bad || !code) escapes.push({ at: i, char, bad });
    i++;
  }
  return escapes;
}

/** The escapes of a double-quoted string of YAML. */
export function yamlEscapes(text: string, start: number, end: number): Escape[] {
  const escapes: Escape[] = [];
  for (let i = start; i < end; i++) {
    if (text[i] !== '\\') continue;
    const char = text[i + 1] ?? '';
    const code = { x: 2, u: 4, U: 8 }[char];
    const bad = code
      ? !new RegExp(`^[\\da-fA-F]{${code}}`).test(text.slice(i + 2, i + 2 + code))
      : !'0abt\tnvfre "/\\N_LP\r\n'.includes(char || '?');
    if (bad || !code) escapes.push({ at: i, char, bad });
    i++;
  }
  return escapes;
}
