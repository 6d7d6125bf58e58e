/** Values as TOML. */
import type { Value } from './edit.js';

export interface TomlStyle {
  /** Strings stand in single quotes where they can. */
  literal: boolean;
  newline: string;
}

/** How a file writes its strings. */
export function tomlStyle(text: string): TomlStyle {
  const count = (pattern: RegExp): number => text.slice(0, 100_000).match(pattern)?.length ?? 0;
  return { literal: count(/[=[,][ \t]*'/g) > count(/[=[,][ \t]*"/g), newline: /\r\n/.test(text) ? '\r\n' : '\n' };
}

export function writeTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : basic(key);
}

/** `indent`: that of the line of a list with lines of its own. */
export function writeTomlValue(value: Value, style: TomlStyle, indent: string | null): string {
  if (typeof value === 'string') return style.literal && isLiteral(value) ? `'${value}'` : basic(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return number(value);
  if (value === null) throw new RangeError('TOML has no null');
  if (Array.isArray(value)) {
    const items = value.map((item) => writeTomlValue(item, style, null));
    if (indent === null || items.length === 0) return `[${items.join(', ')}]`;
    return `[${items.map((item) => `${style.newline}${indent}  ${item},`).join('')}${style.newline}${indent}]`;
  }
  const members = Object.entries(value).map(
    ([key, inner]) => `${writeTomlKey(key)} = ${writeTomlValue(inner, style, null)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A table with its header, and below it the tables in it. */
export function writeTomlTable(
  path: string[],
  table: Record<string, Value>,
  style: TomlStyle,
  newline: string,
  item = false,
): string {
  const name = path.map(writeTomlKey).join('.');
  const lines = [item ? `[[${name}]]` : `[${name}]`];
  const below: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    if (isTable(value)) below.push(writeTomlTable([...path, key], value, style, newline));
    else lines.push(`${writeTomlKey(key)} = ${writeTomlValue(value, style, null)}`);
  }
  return [lines.join(newline), ...below].join(newline + newline);
}

/** A whole file. */
export function writeTomlFile(value: Value): string {
  if (!isTable(value)) throw new RangeError('a TOML file is a table');
  const style = { literal: false, newline: '\n' };
  const lines: string[] = [];
  const tables: string[] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (isTable(inner)) tables.push(writeTomlTable([key], inner, style, '\n'));
    else lines.push(`${writeTomlKey(key)} = ${writeTomlValue(inner, style, null)}`);
  }
  return `${[...(lines.length > 0 ? [lines.join('\n')] : []), ...tables].join('\n\n')}\n`;
}

const isTable = (value: Value): value is { [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isLiteral(text: string): boolean {
  for (const char of text) if (char === "'" || char === '\u007f' || (char < ' ' && char !== '\t')) return false;
  return text.isWellFormed();
}

function basic(text: string): string {
  if (!text.isWellFormed()) throw new RangeError('TOML has no half characters');
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = String(value);
  // Beyond what an integer of TOML may be, it is written as a float.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes('e') ? `${text}.0` : text;
}
