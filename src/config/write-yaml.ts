/** Values as YAML. */
import { parse } from 'yaml';
import type { Value } from './edit.js';

/** How strings are written where nothing else is known: `plain` quotes only what needs it. */
export type Quotes = 'plain' | 'single' | 'double';

export interface YamlStyle {
  quotes: Quotes;
  newline: string;
  /** Spaces of one level. */
  unit: number;
  /** Spaces before the dashes of a list below a key. */
  listIndent: number;
  /** Lists are written in brackets. */
  flowLists: boolean;
}

/** A value on one line. `flow`: it stands between brackets. */
export function writeYamlInline(value: Value, style: YamlStyle, flow: boolean): string {
  if (typeof value === 'string') return scalar(value, style.quotes, flow);
  if (Array.isArray(value)) return `[${value.map((item) => writeYamlInline(item, style, true)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, inner]) => `${writeYamlKey(key, true)}: ${writeYamlInline(inner, style, true)}`,
    );
    return `{${members.join(', ')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
  return String(value);
}

/** `key: value`, with the lines below it; the first line has no indentation, the others have that of `column` and more. */
export function writeYamlMember(key: string, value: Value, style: YamlStyle, column: number): string {
  const name = writeYamlKey(key, false);
  if (!isBlock(value, style)) return `${name}: ${writeYamlInline(value, style, false)}`;
  const below = Array.isArray(value) ? column + style.listIndent : column + style.unit;
  return `${name}:${style.newline}${' '.repeat(below)}${writeYamlBlock(value, style, below)}`;
}

/** A value in block style; the first line has no indentation. */
export function writeYamlBlock(value: Value, style: YamlStyle, column: number): string {
  if (!isBlock(value, style)) return writeYamlInline(value, style, false);
  const between = style.newline + ' '.repeat(column);
  if (Array.isArray(value)) return value.map((item) => `- ${writeYamlBlock(item, style, column + 2)}`).join(between);
  return Object.entries(value as Record<string, Value>)
    .map(([key, inner]) => writeYamlMember(key, inner, style, column))
    .join(between);
}

export function isBlock(value: Value, style: YamlStyle): boolean {
  if (Array.isArray(value)) return value.length > 0 && !style.flowLists;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

export function writeYamlKey(key: string, flow: boolean): string {
  return scalar(key, 'plain', flow);
}

export function writeYamlFile(value: Value): string {
  return `${writeYamlBlock(value, { quotes: 'plain', newline: '\n', unit: 2, listIndent: 2, flowLists: false }, 0)}\n`;
}

function scalar(text: string, quotes: Quotes, flow: boolean): string {
  if (!text.isWellFormed()) throw new RangeError('YAML has no half characters');
  if (quotes === 'plain' && isPlain(text, flow)) return text;
  if (quotes === 'single' && /^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  // What JSON escapes, YAML knows; the rest of the characters that break lines, or that it does not print, is added.
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Whether a text may stand without quotes: for any reader, also one of YAML 1.1, for which `no` is false and `12:30` a number. */
function isPlain(text: string, flow: boolean): boolean {
  if (!/^[A-Za-z_/.][\w ./@+~:=-]*$/.test(text) || /^\s|\s$|:(?:\s|$)|^\.{1,3}$|^---/.test(text)) return false;
  if (/^(?:y|n|yes|no|on|off|true|false|null|nan|[-+.\d].*)$/i.test(text) && !/^\.{0,2}\//.test(text)) return false;
  return (!flow || !/[,[\]{}]/.test(text)) && parse(text) === text;
}
