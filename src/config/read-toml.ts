/**
 * TOML, also broken: a text that does not parse is parsed statement by statement, what is broken is told and left out, and the rest
 * becomes the tree.
 */
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { escapeFault, tomlEscapes } from './backslash.js';
import type { Node, SyntaxFault, TextEdit } from './config.js';
import { short } from './json-layout.js';
import { tomlFault } from './toml-faults.js';
import { type Statement, statementsOf } from './toml-statements.js';
import { tomlTree, type Unread } from './toml-tree.js';
import { Faults, MAX_DEPTH } from './tree.js';

export interface ReadToml {
  root: Node | null;
  faults: SyntaxFault[];
  /** What the parser made of the statements that are sound; offsets are those of the text. Null when nothing could be read. */
  program: AST.TOMLProgram | null;
}

/** How often the rest is tried again after a key that stands twice. */
const TRIES = 20;
const DUPLICATE = 'Defining a key multiple times is invalid';

export function readToml(text: string): ReadToml {
  const faults = new Faults();
  const statements = statementsOf(text);
  let source = text;
  const unread: Unread = new Map();
  const deep = statements.filter((statement) => statement.depth > MAX_DEPTH);
  for (const { start } of deep) faults.add('syntax-other', { start, end: start + 1 }, { problem: 'too-deep' });
  source = without(source, deep);
  let program = parsed(source);
  if (program instanceof ParseError && program.message !== DUPLICATE) {
    const broken = new Set<Statement>();
    const stands: TextEdit[] = [];
    statements.forEach((statement, i) => {
      if (deep.includes(statement) || broken.has(statement)) return;
      const error = parsed(text.slice(statement.start, statement.end));
      if (!(error instanceof ParseError)) return;
      if (error.message !== DUPLICATE) tomlFault(text, statement, error, faults);
      else duplicate(text, statement.start + error.index, faults);
      if (!statement.header && standIn(text, statement, unread, stands)) return;
      broken.add(statement);
      if (!statement.header) return;
      // Without its header, what stands under it would count for the table before it.
      for (let k = i + 1; k < statements.length && !statements[k]?.header; k++) {
        const next = statements[k];
        if (next && !(parsed(text.slice(next.start, next.end)) instanceof ParseError)) broken.add(next);
      }
    });
    source = applied(without(source, [...broken]), stands);
    program = parsed(source);
  }
  for (let i = 0; program instanceof ParseError && i < TRIES; i++) {
    const { index } = program;
    const at = statements.findLastIndex((one) => one.start <= index);
    const statement = statements[at];
    if (!statement) break;
    if (program.message === DUPLICATE) duplicate(text, index, faults);
    else tomlFault(text, statement, Object.assign(program, { index: index - statement.start }), faults);
    let end = at + 1;
    while (statement.header && end < statements.length && !statements[end]?.header) end++;
    source = without(source, statements.slice(at, end));
    program = parsed(source);
  }
  if (program instanceof ParseError) {
    if (faults.list.length === 0)
      tomlFault(text, { start: 0, end: text.length, header: false, depth: 0 }, program, faults);
    return { root: null, faults: faults.sorted(), program: null };
  }
  lookAtEscapes(text, program, faults);
  return { root: tomlTree(program, text, unread), faults: faults.sorted(), program };
}

function parsed(text: string): AST.TOMLProgram | ParseError {
  try {
    return parseTOML(text, { tomlVersion: '1.0' });
  } catch (error) {
    if (error instanceof ParseError) return error;
    // A parser that fails in any other way has met what nobody thought of; the file is not read, and says so.
    return Object.assign(new ParseError('unexpected-token', 0, 1, 0), { index: 0 });
  }
}

/** The text with spaces where some statements stood, so that every offset holds. */
function without(text: string, statements: Statement[]): string {
  if (statements.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of statements.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, start), text.slice(start, end).replace(/[^\r\n]/g, ' '));
    at = end;
  }
  return parts.join('') + text.slice(at);
}

const ASSIGNMENT =
  /^((?:"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[\w-]+)(?:[ \t]*\.[ \t]*[\w-]+)*[ \t]*)([=:][ \t]*)(?=[^\s=])/;

const STRINGS =
  /"((?:[^"\\\r\n]|\\.)*)"|[“”„‟«»″＂]([^“”„‟«»″＂"\r\n]*)[“”„‟«»″＂]|[‘’‚‛′]([^‘’‚‛′'\r\n]*)[‘’‚‛′]|'[^'\r\n]*'|#.*/g;

/**
 * A value that does not parse, with a string as long as it in its place: its key is there, which is what is asked of it. False when
 * the statement is no key with a value.
 */
function standIn(text: string, { start, end }: Statement, unread: Unread, stands: TextEdit[]): boolean {
  const source = text.slice(start, end);
  const match = ASSIGNMENT.exec(source);
  if (!match) return false;
  // Strings that need other quotes only, and no more room, become what was meant.
  const repaired = source.replace(STRINGS, (raw, basic?: string, double?: string, single?: string) => {
    if (basic !== undefined) return basic.includes("'") || !basic.includes('\\') ? raw : `'${basic}'`;
    return double !== undefined ? `"${double}"` : single !== undefined ? `'${single}'` : raw;
  });
  if (repaired !== source && !(parsed(repaired) instanceof ParseError)) {
    stands.push({ range: { start, end }, text: repaired });
    return true;
  }
  const [whole, name = '', sign = ''] = match;
  const range = { start: start + whole.length, end: text.slice(start, end).trimEnd().length + start };
  if (range.end - range.start < 2) return false;
  const raw = text.slice(range.start, range.end);
  const quoted =
    /^(?:"([^"\r\n]*)"|[“”„‟«»″＂]([^“”„‟«»″＂"\r\n]*)[“”„‟«»″＂"]|[‘’‚‛′]([^‘’‚‛′'\r\n]*)[‘’‚‛′'])[ \t]*(?:#.*)?$/.exec(
      raw,
    );
  const bare = /^[A-Za-z@./~][^"'#[\]{},\r\n]*$/.test(raw);
  const value = quoted ? (quoted[1] ?? quoted[2] ?? quoted[3] ?? '') : raw;
  unread.set(range.start, quoted || bare ? { kind: 'text', range, value } : { kind: 'other', range, value: undefined });
  if (quoted) range.end = range.start + value.length + 2;
  const filler = raw.replace(/[^\r\n]/g, ' ').slice(2);
  stands.push({
    range: { start: start + name.length, end: start + name.length + raw.length + sign.length },
    text: `${sign.replace(':', '=')}""${filler}`,
  });
  return true;
}

/** The text with pieces of the same length in place of others. */
function applied(text: string, edits: TextEdit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { range, text: piece } of edits) {
    parts.push(text.slice(at, range.start), piece);
    at = range.end;
  }
  return parts.join('') + text.slice(at);
}

function duplicate(text: string, index: number, faults: Faults): void {
  const key = /(?:"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[\w-]+)/y;
  key.lastIndex = index;
  const found = key.exec(text)?.[0] ?? '';
  const range = { start: index, end: index + Math.max(found.length, 1) };
  const fault = faults.add('syntax-duplicate-key', range, {
    key: short(found.replace(/^["']|["']$/g, '')),
    wins: 'none',
  });
  if (fault) fault.level = 'fatal';
}

/** Escapes that are valid and not meant: `"C:\new"`. */
function lookAtEscapes(text: string, program: AST.TOMLProgram, faults: Faults): void {
  for (const token of program.tokens) {
    if (token.type !== 'BasicString') continue;
    const body = { start: token.range[0] + 1, end: token.range[1] - 1 };
    if (text.slice(body.start, body.end).includes('\\'))
      escapeFault(text, body, tomlEscapes(text, body.start, body.end), true, faults);
  }
}
