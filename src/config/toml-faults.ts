/** What is wrong with a statement of TOML that does not parse, and how it is cured. */
import { type ParseError, parseTOML } from 'toml-eslint-parser';
import { escapeFault, tomlEscapes } from './backslash.js';
import type { Facts, Range, RuleId, TextEdit } from './config.js';
import { short } from './json-layout.js';
import type { Statement } from './toml-statements.js';
import type { Faults } from './tree.js';

const SMART = /[“”„‟«»″＂‘’‚‛′]/;
/** Words of YAML and Python for what TOML writes in one way only. */
const SWITCHES: Readonly<Record<string, string>> = {
  ...{ true: 'true', yes: 'true', on: 'true' },
  ...{ false: 'false', no: 'false', off: 'false' },
};
const KEY = /^[ \t]*("(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[\w.-]+)[ \t]*/;

/** Adds the one fault that explains why a statement does not parse. `error.index` counts from the beginning of the statement. */
export function tomlFault(text: string, statement: Statement, error: ParseError, faults: Faults): void {
  const { start, end } = statement;
  const source = text.slice(start, end);
  const at = Math.min(start + error.index, end);
  const key = KEY.exec(source)?.[1]?.replace(/^["']|["']$/g, '');
  const about: Facts = key && !statement.header ? { key: short(key) } : {};
  const add = (rule: RuleId, range: Range, facts: Facts, ...cures: TextEdit[][]): void => {
    const cure = cures.find((edits) => parses(source, start, edits));
    faults.add(rule, range, { ...about, ...facts, parserSays: error.message }, cure ?? []);
  };

  if (SMART.test(source) && !parsesWithoutSmart(source, start, text, faults)) return;
  const shown = text[at] ?? '';
  const here = { start: at, end: Math.min(at + 1, text.length) };

  if (source.startsWith('{')) {
    add('syntax-other', { start, end: start + 1 }, { problem: 'json', char: '{' });
  } else if (source.startsWith('//')) {
    add('syntax-comment', { start, end }, { char: '//' }, [{ range: { start, end: start + 2 }, text: '#' }]);
  } else if (/escape|code point/.test(error.message) && !/comment/.test(error.message)) {
    const body = stringAround(text, start, end, at);
    if (!escapeFault(text, body, tomlEscapes(text, body.start, body.end), true, faults))
      add('syntax-backslash', here, { char: `\\${shown}` });
  } else if (statement.header) header(text, statement, add, here, shown);
  else if (statement.open && !/[[{]/.test(statement.open.char)) {
    const { open } = statement;
    const line = text.slice(open.at, end).split(/\r?\n/, 1)[0] ?? '';
    const ends = [open.at + line.length, open.at + line.replace(/[\s,\]}]*(?:#.*)?$/, '').length];
    // A path that ends with a backslash: it keeps the closing quote from closing.
    const last = /\\"[\s,\]}]*(?:#.*)?$/.exec(line);
    if (last && open.char === '"' && /^"[A-Za-z]:\\/.test(line)) {
      const body = { start: open.at + 1, end: open.at + last.index + 1 };
      const escapes = tomlEscapes(text, body.start, body.end).filter((one) => one.at < body.end - 1);
      escapes.push({ at: body.end - 1, char: '"', bad: true });
      if (escapeFault(text, body, escapes, true, faults)) return;
    }
    const cures = ends.toReversed().map((offset) => [{ range: { start: offset, end: offset }, text: open.closer }]);
    add(
      'syntax-unclosed',
      { start: open.at, end: open.at + open.char.length },
      { char: open.char, expected: open.closer, where: 'string' },
      ...cures,
    );
  } else if (statement.open) {
    const { open } = statement;
    const last = start + source.trimEnd().length;
    const cures = [[{ range: { start: last, end: last }, text: open.closer }]];
    add(
      'syntax-unclosed',
      { start: open.at, end: open.at + 1 },
      { char: open.char, expected: open.closer, where: 'end' },
      ...cures,
    );
  } else keyValue(text, statement, error, add, here);
}

type Add = (rule: RuleId, range: Range, facts: Facts, ...cures: TextEdit[][]) => void;

function header(text: string, { start, end }: Statement, add: Add, here: Range, shown: string): void {
  const line = /^(\[{1,2})[ \t]*(.*?)[ \t]*(\]{0,2})[ \t]*(?:#.*)?$/.exec(text.slice(start, end));
  const [, opened = '[', name = '', closed = ''] = line ?? [];
  const from = start + text.slice(start, end).indexOf(name, opened.length);
  const to = from + name.length;
  if (closed.length < opened.length) {
    const at = to + closed.length;
    const cure = [{ range: { start: at, end: at }, text: ']'.repeat(opened.length - closed.length) }];
    add(
      'syntax-unclosed',
      { start, end: start + opened.length },
      { char: opened, expected: ']'.repeat(opened.length), where: 'header' },
      cure,
    );
    return;
  }
  // A name with a space, an @ or a slash needs quotes.
  const parts = name.split('.');
  const quoted = [parts.map(quotedPart).join('.'), [parts[0] ?? '', quotedPart(parts.slice(1).join('.'))].join('.')];
  const cures = name && !/["']/.test(name) ? quoted.map((text) => [{ range: { start: from, end: to }, text }]) : [];
  add('syntax-other', here, { problem: 'header-name', char: shown, key: short(name) }, ...cures);
}

function quotedPart(part: string): string {
  const name = part.trim();
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}

function keyValue(text: string, { start, end }: Statement, error: ParseError, add: Add, here: Range): void {
  const source = text.slice(start, end);
  const says = error.message;
  const key = KEY.exec(source);
  const after = start + (key?.[0].length ?? 0);
  if (key && text[after] === ':') {
    const range = { start: after, end: after + 1 };
    add('syntax-other', range, { problem: 'no-equals', char: ':', expected: '=' }, [
      { range, text: key[0].endsWith(' ') ? '=' : ' =' },
    ]);
    return;
  }
  if (says.startsWith('Expected comma')) {
    const value = start + source.slice(0, here.start - start).trimEnd().length;
    const range = { start: value, end: value };
    add('syntax-missing-comma', range, { expected: ',' }, [{ range, text: ',' }]);
    return;
  }
  const comma = /,[ \t]*$/.exec(text.slice(start, here.start));
  if (says.startsWith('Trailing comma') || (text[here.start] === '}' && comma)) {
    const offset = text[here.start] === ',' ? here.start : start + (comma?.index ?? here.start - start);
    const range = { start: offset, end: offset + 1 };
    add('syntax-trailing-comma', range, { char: ',', before: '}' }, [{ range, text: '' }]);
    return;
  }
  const value = /^[ \t]*=[ \t]*/.exec(text.slice(after, end));
  if (!key || (!value && text[after] !== '=')) {
    const cure = key ? [[{ range: { start: after, end: after }, text: '= ' }]] : [];
    add(
      'syntax-other',
      here,
      { problem: key ? 'no-equals' : 'unexpected', char: text[here.start] ?? '', expected: '=' },
      ...cure,
    );
    return;
  }
  const from = after + (value?.[0].length ?? 0);
  const bare = /^[^\s"'#[\]{},][^"'#\r\n]*?(?=[ \t]*(?:#|$))/.exec(text.slice(from, end))?.[0] ?? '';
  const range = { start: from, end: from + bare.length };
  const word = SWITCHES[bare.toLowerCase()];
  if (from >= end || text[from] === '#')
    add('syntax-other', { start: after, end: Math.max(from, after + 1) }, { problem: 'no-value' });
  else if (word)
    add('syntax-other', range, { problem: 'switch-word', char: bare, expected: word }, [{ range, text: word }]);
  else if (/^(?:null|None|nil)$/.test(bare)) add('syntax-other', range, { problem: 'null', char: bare });
  else if (/^[-+]?\.?\d/.test(bare)) add('syntax-other', range, { problem: 'number' });
  else if (bare) add('syntax-other', range, { problem: 'unquoted-value' }, [{ range, text: JSON.stringify(bare) }]);
  else if (says.startsWith('No newlines')) add('syntax-other', here, { problem: 'inline-table-lines' });
  else add('syntax-other', here, { problem: 'unexpected', char: text[here.start] ?? '' });
}

/** Quotes of a word processor in place of straight ones: told, with the cure, and false returned, when that is what is wrong. */
function parsesWithoutSmart(source: string, start: number, text: string, faults: Faults): boolean {
  const edits: TextEdit[] = [];
  const pattern =
    /([“”„‟«»″＂])([^“”„‟«»″＂"\r\n]*)([“”„‟«»″＂"])|([‘’‚‛′])([^‘’‚‛′'\r\n]*)([‘’‚‛′'])|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|#.*/g;
  for (const match of source.matchAll(pattern)) {
    const first = match[1] ?? match[4];
    if (first === undefined) continue;
    const quote = match[1] ? '"' : "'";
    const from = start + match.index;
    const to = from + match[0].length;
    edits.push({ range: { start: from, end: from + 1 }, text: quote });
    if (text[to - 1] !== quote) edits.push({ range: { start: to - 1, end: to }, text: quote });
  }
  const first = edits[0];
  if (!first || !parses(source, start, edits)) return true;
  faults.gather('syntax-smart-quotes', first.range, { char: text.slice(first.range.start, first.range.end) }, edits);
  return false;
}

function parses(source: string, start: number, edits: TextEdit[]): boolean {
  let result = '';
  let at = 0;
  for (const { range, text } of edits) {
    result += source.slice(at, range.start - start) + text;
    at = range.end - start;
  }
  try {
    parseTOML(result + source.slice(at), { tomlVersion: '1.0' });
    return true;
  } catch {
    return false;
  }
}

/** What is between the quotes of the basic string in which an offset lies. */
function stringAround(text: string, start: number, end: number, at: number): Range {
  const pattern = /"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"""|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|#.*/g;
  for (const match of text.slice(start, end).matchAll(pattern)) {
    const from = start + match.index;
    const to = from + match[0].length;
    if (from > at || to <= at || !match[0].startsWith('"')) continue;
    const quotes = match[0].startsWith('"""') ? 3 : 1;
    return { start: from + quotes, end: to - quotes };
  }
  return { start: at, end: Math.min(at + 1, end) };
}
