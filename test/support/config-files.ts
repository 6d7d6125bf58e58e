/** Configuration files as people and programs write them: any values, in any layout, for the tests of properties. */
import fc from 'fast-check';
import type { ConfigFormat } from '../../src/clients/client.js';

export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

export interface Written {
  format: ConfigFormat;
  text: string;
  value: { [key: string]: Plain };
}

const ODD = [
  '',
  ' ',
  'a b',
  'a.b',
  '@scope/x',
  '"',
  "it's",
  '#x',
  '//',
  'ключ',
  '日本',
  '🙂',
  '__proto__',
  'constructor',
  'no',
  '1',
  '-',
  'a:b',
  'a: b',
  '\u2028',
  'ab,[c]{d}',
  'null',
  '~',
];
const keys = fc.oneof(fc.stringMatching(/^[a-z][a-zA-Z_-]{0,6}$/), fc.constantFrom(...ODD));
const strings = fc.oneof(
  fc.constantFrom(
    'npx',
    '-y',
    '@a/b',
    'C:\\Users\\me',
    'https://x.example/mcp?a=1#f',
    '${env:TOKEN}',
    'true',
    '12',
    '0x1F',
    '1e3',
    ' lead',
    'trail ',
    'two\nlines',
    'tab\there',
    "it's",
    'say "hi"',
    '',
    'a # b',
    'k: v',
    '- x',
    '日本語 🙂',
    '\u0001\u007f\u0085\u2028',
    'null',
    '2024-01-01',
    '*x',
    '&x',
    '<<',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const scalars = fc.oneof(
  strings,
  fc.integer({ min: -1e6, max: 1e6 }),
  fc.boolean(),
  fc.constantFrom(0.5, -2.25, 1e21, 1e-7),
);

export const { node: anyValue } = fc.letrec<{ node: Plain; object: { [key: string]: Plain }; list: Plain[] }>(
  (tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 4, arbitrary: scalars },
      { weight: 2, arbitrary: tie('object') },
      { weight: 2, arbitrary: tie('list') },
    ),
    object: fc.dictionary(keys, tie('node'), { maxKeys: 4, noNullPrototype: true }),
    list: fc.array(tie('node'), { maxLength: 4 }),
  }),
);
export const anyObject = fc.dictionary(keys, anyValue, { maxKeys: 4, noNullPrototype: true });
export const anyKey = keys;

/** Choices of the one who writes: the same numbers give the same file. */
export class Whim {
  #at = 0;
  #comments = 0;
  constructor(readonly numbers: readonly number[]) {}
  pick<T>(...options: T[]): T {
    const number = this.numbers[this.#at++ % this.numbers.length] ?? 0;
    return options[(number + this.#at) % options.length] as T;
  }
  /** The text of a comment, each one another. */
  comment(): string {
    return `c${this.#comments++}, "it's": {[ é`;
  }
}

export const whims = fc.array(fc.nat(997), { minLength: 23, maxLength: 61 });

const bom = fc.boolean();
export const files = (format: ConfigFormat): fc.Arbitrary<Written & { bom: boolean }> =>
  fc
    .tuple(anyObject, whims, bom)
    .map(([value, numbers, mark]) => ({ format, text: WRITERS[format](value, new Whim(numbers)), value, bom: mark }));

const WRITERS: Record<ConfigFormat, (value: { [key: string]: Plain }, whim: Whim) => string> = {
  json: (value, whim) => writeJson(value, whim, false),
  jsonc: (value, whim) => writeJson(value, whim, true),
  toml: writeToml,
  yaml: writeYaml,
};

function writeJson(root: Plain, whim: Whim, comments: boolean): string {
  const end = whim.pick('\n', '\r\n');
  const unit = whim.pick('  ', '\t', '    ');
  const minified = whim.pick(false, false, true);
  const gap = (indent: string): string => {
    if (minified) return '';
    const space = whim.pick('', '', ' ', end + indent, end + indent, `${end}${end}${indent}`);
    if (!comments) return space;
    const comment = whim.pick(0, 0, 0, 1, 2, 3);
    if (comment === 1) return `${space}/* ${whim.comment()} */`;
    if (comment === 2) return `${space}// ${whim.comment()}${end}${indent}`;
    return comment === 3 ? ` // ${whim.comment()}${end}${indent}` : space;
  };
  const write = (value: Plain, indent: string): string => {
    if (typeof value === 'string') return whim.pick(0, 0, 1) ? escaped(value) : JSON.stringify(value);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const deeper = indent + unit;
    const list = Array.isArray(value);
    const parts = list
      ? value.map((item) => write(item, deeper))
      : Object.entries(value).map(
          ([key, inner]) => `${JSON.stringify(key)}${gap(deeper)}:${gap(deeper)}${write(inner, deeper)}`,
        );
    const lines = whim.pick(true, true, false) && !minified;
    const body = parts
      .map((part, i) => {
        const comma = i < parts.length - 1 || (comments && whim.pick(false, true)) ? ',' : '';
        return (
          (lines ? end + deeper : gap(deeper)) +
          part +
          (whim.pick(0, 0, 1) ? gap(deeper) : '') +
          comma +
          (comments && lines ? tail(deeper) : '')
        );
      })
      .join('');
    const close = lines ? end + indent : gap(indent);
    return `${list ? '[' : '{'}${body}${close}${list ? ']' : '}'}`;
  };
  const tail = (indent: string): string =>
    whim.pick('', '', '', ` // ${whim.comment()}${end}${indent}`, ` /* ${whim.comment()} */`);
  return `${gap('')}${write(root, '')}${gap('')}${whim.pick('', end)}`;
}

const escaped = (text: string): string =>
  `"${[...text].map((char) => (char.length === 1 ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char)).join('')}"`;

// ---- TOML

function tomlString(text: string, whim: Whim): string {
  const printable =
    [...text].every((char) => char === '\t' || (char >= ' ' && char !== "'" && char !== '\u007f')) &&
    text.isWellFormed();
  if (printable && whim.pick(true, false)) return `'${text}'`;
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

function tomlKey(key: string, whim: Whim): string {
  return /^[A-Za-z0-9_-]+$/.test(key) && whim.pick(1, 1, 1, 0) ? key : tomlString(key, whim);
}

function writeToml(root: { [key: string]: Plain }, whim: Whim): string {
  const end = whim.pick('\n', '\r\n');
  const lines: string[] = [];
  const comment = (): string => whim.pick('', '', ` # ${whim.comment()}`);
  const between = (): void => {
    for (let i = whim.pick(0, 0, 1, 2); i > 0; i--)
      lines.push(whim.pick('', `# ${whim.comment()}`, `  # ${whim.comment()}`));
  };
  const inline = (value: Plain): string => {
    if (typeof value === 'string') return tomlString(value, whim);
    if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) > 1e20 ? '1e21' : String(value);
    if (Array.isArray(value)) {
      const items = value.map(inline);
      if (whim.pick(true, false))
        return `[${items.join(whim.pick(',', ', '))}${items.length > 0 ? whim.pick('', ',', ' ') : ''}]`;
      const open = whim.pick(end, ` # ${whim.comment()}${end}`);
      return `[${open}${items.map((item, i) => `  ${item}${i < items.length - 1 || whim.pick(true, false) ? ',' : ''}${comment()}${end}`).join('')}]`;
    }
    if (typeof value === 'object' && value !== null) {
      const parts = Object.entries(value).map(
        ([key, inner]) => `${tomlKey(key, whim)}${whim.pick('=', ' = ')}${inline(inner)}`,
      );
      return parts.length > 0 ? `{ ${parts.join(', ')} }` : whim.pick('{}', '{ }');
    }
    return String(value);
  };
  const isTable = (value: Plain): value is { [key: string]: Plain } =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const table = (value: { [key: string]: Plain }, path: string[]): void => {
    const below: [string, Plain][] = [];
    for (const [key, inner] of Object.entries(value)) {
      between();
      const tables = Array.isArray(inner) && inner.length > 0 && inner.every(isTable);
      if ((isTable(inner) || tables) && whim.pick(true, true, false)) below.push([key, inner]);
      else if (isTable(inner) && Object.keys(inner).length > 0 && whim.pick(true, false)) {
        for (const [second, deep] of Object.entries(inner))
          lines.push(`${tomlKey(key, whim)}.${tomlKey(second, whim)} = ${inline(deep)}${comment()}`);
      } else lines.push(`${whim.pick('', '  ')}${tomlKey(key, whim)} = ${inline(inner)}${comment()}`);
    }
    for (const [key, inner] of below) {
      const way = [...path, tomlKey(key, whim)];
      for (const one of Array.isArray(inner) ? inner : [inner]) {
        between();
        // A table that only holds other tables needs no header.
        const silent =
          isTable(inner) &&
          Object.keys(inner).length > 0 &&
          Object.values(inner).every((deep) => isTable(deep)) &&
          whim.pick(true, false);
        if (silent)
          for (const [second, deep] of Object.entries(inner))
            header(deep as { [key: string]: Plain }, [...way, tomlKey(second, whim)], false);
        else header(one as { [key: string]: Plain }, way, Array.isArray(inner));
      }
    }
  };
  const header = (value: { [key: string]: Plain }, way: string[], item: boolean): void => {
    lines.push(`${item ? '[[' : '['}${way.join('.')}${item ? ']]' : ']'}${comment()}`);
    table(value, way);
  };
  table(root, []);
  between();
  return lines.join(end) + (lines.length > 0 ? whim.pick('', end) : '');
}

// ---- YAML

function yamlScalar(value: Plain, whim: Whim): string {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) > 1e20 ? '1e+21' : String(value);
  if (typeof value !== 'string') return String(value);
  const plain =
    /^[A-Za-z_/.][\w./@+-]*(?: [\w./@+-]+)*$/.test(value) &&
    !/^(?:true|false|null|\.{1,3}|no|yes|on|off)$/i.test(value);
  const choice = whim.pick(0, 1, 2);
  if (plain && choice === 0) return value;
  if (choice === 1 && /^[\x20-\x7e\u00a1-\ud7ff\ue000-\ufefe]*$/.test(value) && !/[\u2028\u2029]/.test(value))
    return `'${value.replaceAll("'", "''")}'`;
  return JSON.stringify(value).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function writeYaml(root: { [key: string]: Plain }, whim: Whim): string {
  const end = whim.pick('\n', '\r\n');
  const unit = whim.pick(2, 4, 3);
  const listUnit = whim.pick(0, unit);
  const lines: string[] = [];
  const between = (): void => {
    for (let i = whim.pick(0, 0, 0, 1, 2); i > 0; i--)
      lines.push(whim.pick('', `# ${whim.comment()}`, ` # ${whim.comment()}`));
  };
  const tail = (): string => whim.pick('', '', '', ` # ${whim.comment()}`);
  const inline = (value: Plain): string => {
    if (Array.isArray(value)) return `[${value.map(inline).join(whim.pick(', ', ','))}]`;
    if (typeof value !== 'object' || value === null) return yamlScalar(value, whim);
    const parts = Object.entries(value).map(([key, inner]) => `${yamlScalar(key, whim)}: ${inline(inner)}`);
    return whim.pick(`{${parts.join(', ')}}`, `{ ${parts.join(', ')} }`);
  };
  const empty = (value: Plain): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const isFlow = (value: Plain): boolean =>
    typeof value !== 'object' || value === null || empty(value) || whim.pick(true, false, false);
  /** Lines of a collection; `first`: what stands before it on its first line. */
  const block = (value: Plain, indent: number, first: string): void => {
    let lead = first;
    const pad = ' '.repeat(indent);
    const put = (text: string): void => {
      lines.push(lead === '' ? pad + text : lead + text);
      lead = '';
    };
    const entries: [string, Plain][] = Array.isArray(value)
      ? value.map((item) => ['- ', item])
      : Object.entries(value as object).map(([key, inner]) => [`${yamlScalar(key, whim)}:`, inner]);
    for (const [head, inner] of entries) {
      if (lead === '') between();
      const text =
        typeof inner === 'string' && /^[A-Za-z][\w ]*(?:\n[\w][\w ]*)*$/.test(inner) && whim.pick(true, false)
          ? inner
          : undefined;
      if (text !== undefined && (text.includes('\n') || whim.pick(true, false))) {
        put(`${head.trimEnd()} |-`);
        for (const line of text.split('\n')) lines.push(`${' '.repeat(indent + 2)}${line}`);
      } else if (isFlow(inner)) put(`${head.trimEnd()} ${inline(inner)}${tail()}`);
      else if (Array.isArray(value)) {
        const start = lead === '' ? pad : lead;
        lead = '';
        block(inner, indent + 2, `${start}- `);
      } else {
        put(head + tail());
        block(inner, indent + (Array.isArray(inner) ? listUnit : unit), '');
      }
    }
  };
  between();
  if (Object.keys(root).length === 0) lines.push(whim.pick('{}', '{ }'));
  else block(root, 0, '');
  between();
  return lines.join(end) + whim.pick('', end, end);
}
