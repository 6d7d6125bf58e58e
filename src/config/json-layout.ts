/** How a JSON text is laid out, and small questions about its words. */
import type { Node } from './config.js';
import type { Token } from './json-scan.js';

const VALUES = new Set(['string', 'number', 'literal', '{', '[']);

export const isValue = (token: Token): boolean => VALUES.has(token.type);

export function kindOf(token: Token): Node['kind'] {
  if (token.type === 'number') return 'number';
  if (token.type === 'literal') return token.value === null ? 'null' : 'boolean';
  return 'text';
}

/** What a message may show of a token: never the text of a string, which may be a secret. */
export function shown(token: Token): string {
  if (token.type === 'string') return '"';
  return token.type === 'word' ? String.fromCodePoint(String(token.value).codePointAt(0) ?? 0) : token.type;
}

/** A key as messages show it. */
export function short(key: string): string {
  return key.length > 80 ? `${key.slice(0, 79)}…` : key;
}

/**
 * The white space at the beginning of the line of an offset: where it is, and its width (a tab counts as one). A line that begins more
 * than a thousand characters before has none, so that a file of one line is not read again for every bracket.
 */
export function indentation(text: string, offset: number): { start: number; end: number; width: number } {
  let start = offset;
  const least = Math.max(0, offset - 1000);
  while (start > least && !isBreak(text.charCodeAt(start - 1))) start--;
  if (start === least && least > 0) return { start: offset, end: offset, width: 0 };
  let end = start;
  while (end < offset && (text[end] === ' ' || text[end] === '\t')) end++;
  return { start, end, width: end - start };
}

const isBreak = (code: number): boolean => code === 10 || code === 13;

/** The line end of a text. */
export function newline(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}
