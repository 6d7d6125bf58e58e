/** What a parser of YAML says, as the fault that a person made, and its cure where the text is sound after it. */
import type { YAMLParseError } from 'yaml';
import type { Facts, Range, RuleId, TextEdit } from './config.js';
import { indentation } from './json-layout.js';
import { lineEnd } from './json-scan.js';
import type { Faults } from './tree.js';

/** Cures are tried on texts up to this length, in characters. */
const MAX_TRIED = 300_000;

export function yamlFault(
  text: string,
  error: YAMLParseError,
  faults: Faults,
  soundValue: (text: string) => string | undefined,
): void {
  const at = Math.min(error.pos[0], text.length);
  const here: Range = { start: at, end: Math.min(at + 1, text.length) };
  const said = error.message
    .replace(/:.*$/s, '')
    .replace(/"[^"]*$/, '')
    .slice(0, 120)
    .trim();
  const add = (rule: RuleId, range: Range, facts: Facts, ...cures: TextEdit[][]): void => {
    const cure =
      text.length > MAX_TRIED ? undefined : cures.find((edits) => soundValue(changed(text, edits)) !== undefined);
    faults.add(rule, range, { ...facts, parserSays: said }, cure ?? []);
  };

  const tab = /^ *\t[ \t]*(?=[^\s#])/m.exec(text);
  if (tab) {
    const start = tab.index + tab[0].indexOf('\t');
    const cure = text.length > MAX_TRIED ? undefined : tabs(text, soundValue);
    if (error.code === 'TAB_AS_INDENT' || cure) {
      const count = String(text.match(/^ *\t[ \t]*(?=[^\s#])/gm)?.length ?? 1);
      faults.add('syntax-tab', { start, end: start + 1 }, { char: 'tab', count, parserSays: said }, cure ?? []);
      return;
    }
  }
  // The reader of the values tells it, with the cure of every backslash of that string.
  if (error.code === 'BAD_DQ_ESCAPE') return;
  const joined = withoutSpace(text, at);
  if (joined !== undefined && error.code !== 'MISSING_CHAR') {
    const range = { start: joined, end: joined + 1 };
    const cure = [{ range: { start: joined + 1, end: joined + 1 }, text: ' ' }];
    if (text.length <= MAX_TRIED && soundValue(changed(text, cure)) !== undefined) {
      add('syntax-other', range, { problem: 'no-space', char: ':' }, cure);
      return;
    }
  }
  if (error.code === 'MISSING_CHAR' && /closing ["']?quote|closing ["']/.test(error.message)) {
    const quote = error.message.includes("'") ? "'" : '"';
    const open = openQuote(text, at, quote);
    const end = lineEnd(text, open);
    add('syntax-unclosed', { start: open, end: open + 1 }, { char: quote, expected: quote, where: 'string' }, [
      { range: { start: end, end }, text: quote },
    ]);
  } else if (/must be sufficiently indented and end with a|must end with a/.test(error.message)) {
    const closer = error.message.trim().endsWith('}') ? '}' : ']';
    const open = openBracket(text, at, closer === '}' ? '{' : '[');
    const end = lineEnd(text, open);
    const last = text.slice(0, end).trimEnd().length;
    add(
      'syntax-unclosed',
      { start: open, end: open + 1 },
      { char: closer === '}' ? '{' : '[', expected: closer, where: 'end' },
      [{ range: { start: last, end: last }, text: closer }],
    );
  } else if (error.code === 'BAD_SCALAR_START') {
    const end = at + (/^[^\r\n]*?(?=\s*(?:\s#|[\r\n]|$))/.exec(text.slice(at, lineEnd(text, at)))?.[0].length ?? 1);
    const range = { start: at, end };
    add('syntax-other', here, { problem: 'reserved', char: text[at] ?? '' }, [
      { range, text: JSON.stringify(text.slice(at, end)) },
    ]);
  } else if (error.code === 'MISSING_CHAR' && /comma|,/.test(error.message)) {
    const range = { start: at, end: at };
    add('syntax-missing-comma', range, { expected: ',' }, [{ range, text: ',' }]);
  } else if (error.code === 'BLOCK_AS_IMPLICIT_KEY' && /Nested mappings/.test(error.message)) {
    const end = lineEnd(text, at);
    const value = text.slice(at, end).trimEnd();
    const cure = [{ range: { start: at, end: at + value.length }, text: JSON.stringify(value) }];
    const key = lineKey(text, at);
    add('syntax-other', here, { problem: 'colon-in-value', char: ':', ...(key ? { key } : {}) }, cure);
  } else if (error.code === 'MULTIPLE_DOCS') {
    add('syntax-extra-text', here, { where: 'behind', problem: 'second-document' });
  } else {
    const problem =
      error.code === 'BAD_INDENT' || /indent|column|implicit/i.test(error.message) ? 'indentation' : 'unexpected';
    add('syntax-other', here, { problem, char: /\s/.test(text[at] ?? ' ') ? '' : (text[at] ?? '') });
  }
}

function changed(text: string, edits: TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.range.start) + edit.text;
    at = edit.range.end;
  }
  return result + text.slice(at);
}

/**
 * Spaces for the tabs at the beginning of lines: as many as a neighbour has where the number makes a difference; undefined where it
 * makes one and no neighbour tells.
 */
function tabs(text: string, soundValue: (text: string) => string | undefined): TextEdit[] | undefined {
  const cures = [2, 4, 8, 3, 6].flatMap((width) => {
    const edits = spaces(text, width);
    const after = changed(text, edits);
    const value = soundValue(after);
    return value === undefined ? [] : [{ edits, value, aligned: edits.every((edit) => hasNeighbour(text, edit)) }];
  });
  for (const candidates of [cures, cures.filter(({ aligned }) => aligned)]) {
    if (new Set(candidates.map(({ value }) => value)).size === 1) return candidates[0]?.edits;
  }
  return undefined;
}

function spaces(text: string, width: number): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const match of text.matchAll(/^([ ]*)(\t[ \t]*)(?=[^\s#])/gm)) {
    const start = match.index + (match[1]?.length ?? 0);
    const indent = match[2] ?? '';
    edits.push({ range: { start, end: start + indent.length }, text: indent.replaceAll('\t', ' '.repeat(width)) });
  }
  return edits;
}

/** Whether the next line above, or the one below, that is indented with spaces begins in the column that this one gets. */
function hasNeighbour(text: string, edit: TextEdit): boolean {
  const line = indentation(text, edit.range.start);
  const column = edit.range.start - line.start + edit.text.length;
  const above = text
    .slice(Math.max(0, line.start - 3000), line.start)
    .split('\n')
    .slice(0, -1)
    .reverse();
  const below = text
    .slice(edit.range.end, edit.range.end + 3000)
    .split('\n')
    .slice(1);
  return [above, below].some((lines) => {
    const neighbour = lines.find((one) => /^ *[^\s#]/.test(one));
    return neighbour?.search(/\S/) === column;
  });
}

/** The colon of `key:value` on the line of an offset or a line above it. */
function withoutSpace(text: string, at: number): number | undefined {
  const line = indentation(text, at);
  const match = /^(?:- +)*[\w-]+(:)(?=[^\s:/\\])/.exec(text.slice(line.end, lineEnd(text, line.end)));
  return match ? line.end + match[0].length - 1 : undefined;
}

/** The quote that opens the string which goes on to the end. */
function openQuote(text: string, at: number, quote: string): number {
  const starts = [...text.slice(0, at).matchAll(new RegExp(`(?:^|[\\s,:[{-])(${quote})`, 'g'))];
  const match = starts.find(({ index, 0: found }) => {
    const from = index + found.length;
    const rest = text.slice(from, lineEnd(text, from));
    return !rest.includes(quote);
  });
  return match ? match.index + match[0].length - 1 : Math.max(at - 1, 0);
}

function openBracket(text: string, at: number, bracket: string): number {
  let depth = 0;
  const closer = bracket === '{' ? '}' : ']';
  for (let i = at - 1; i >= 0; i--) {
    if (text[i] === closer) depth++;
    else if (text[i] === bracket && depth-- === 0) return i;
  }
  return Math.max(at - 1, 0);
}

function lineKey(text: string, at: number): string | undefined {
  const line = indentation(text, at);
  return /^(?:- +)*([\w-]+):/.exec(text.slice(line.end, at))?.[1];
}
