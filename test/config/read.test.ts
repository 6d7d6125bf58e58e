/** Reading: exact places, faults at their places with cures that cure, and nothing that a file may hold makes it throw or hang. */
import fc from 'fast-check';
import { parse as parseTomlElsewhere } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { ConfigFormat } from '../../src/clients/client.js';
import type { ConfigText, Node, Range } from '../../src/config/config.js';
import { applyEdits, bytesOf } from '../../src/config/edit.js';
import { readConfig, readText } from '../../src/config/read.js';
import { files } from '../support/config-files.js';

const RUNS = Number(process.env.RUNS ?? 150);
const FORMATS = ['json', 'jsonc', 'toml', 'yaml'] as const;

/** What a piece of the text means on its own. */
function alone(raw: string, format: ConfigFormat): unknown {
  if (format === 'json' || format === 'jsonc') return JSON.parse(raw);
  if (format === 'toml') return (parseTomlElsewhere(`x = ${raw}`) as { x: unknown }).x;
  return parseYaml(raw);
}

const keyAlone = (raw: string, format: ConfigFormat): string | undefined =>
  format === 'toml' ? Object.keys(parseTomlElsewhere(`${raw} = 1`))[0] : String(alone(raw, format) ?? raw);

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const member of node.members ?? []) walk(member.node, visit);
  for (const item of node.items ?? []) walk(item, visit);
}

/** Every range lies in the text, and that of a value in that of its object, except where TOML and aliases say otherwise. */
function checkRanges(config: ConfigText): void {
  const inside = ({ start, end }: Range): void => {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(config.text.length);
  };
  if (config.root) {
    walk(config.root, (node) => {
      inside(node.range);
      for (const member of node.members ?? []) {
        inside(member.keyRange);
        inside(member.range);
      }
    });
  }
  for (const fault of config.faults) {
    inside(fault.range);
    // The edits of one fault go together.
    expect(() => applyEdits(config.text, fault.edits)).not.toThrow();
  }
}

describe.each(FORMATS)('%s', (format) => {
  it('gives every value and key the range of its own words', () => {
    fc.assert(
      fc.property(files(format), ({ text }) => {
        const config = readText(text, format);
        expect(config.faults.filter(({ rule, level }) => rule !== 'syntax-backslash' && level === undefined)).toEqual(
          [],
        );
        checkRanges(config);
        walk(config.root as Node, (node) => {
          for (const { key, keyRange } of node.members ?? [])
            expect(keyAlone(text.slice(keyRange.start, keyRange.end), format)).toBe(key);
          const raw = text.slice(node.range.start, node.range.end);
          // The lines of a block of YAML go on where it was indented; on its own it would be at the margin.
          if (node.kind === 'object' || node.kind === 'list' || raw.startsWith('|')) return;
          expect(alone(raw, format)).toEqual(node.value);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('reads any bytes, and what is left of a file that was broken', () => {
    const broken = fc.tuple(
      files(format),
      fc.array(
        fc.tuple(
          fc.nat(1e6),
          fc.nat(3),
          fc.constantFrom(
            '"',
            "'",
            '{',
            '}',
            '[',
            ']',
            ',',
            ':',
            '\\',
            '\n',
            '#',
            '//',
            '/*',
            '“',
            '\t',
            '&a',
            '*a',
            '<<',
            '=',
            '"""',
            '- ',
            '\u0000',
            '\ufeff',
            'x',
          ),
        ),
        { maxLength: 6 },
      ),
    );
    const texts = broken.map(([{ text }, changes]) =>
      changes.reduce((now, [at, gone, put]) => {
        const start = at % (now.length + 1);
        return now.slice(0, start) + put + now.slice(start + gone);
      }, text),
    );
    const cut = fc.tuple(files(format), fc.nat(1e6)).map(([{ text }, at]) => text.slice(0, at % (text.length + 1)));
    fc.assert(
      fc.property(fc.oneof(texts, cut), (text) => {
        const config = readText(text, format);
        checkRanges(config);
        // The cures of all faults of the text together cure it, where each of them has one.
        const serious = config.faults.filter((fault) => fault.rule !== 'syntax-duplicate-key');
        if (
          format === 'json' &&
          serious.length > 0 &&
          serious.length < 50 &&
          serious.every(({ edits }) => edits.length > 0)
        ) {
          const cured = applyEdits(
            text,
            serious.flatMap(({ edits }) => edits),
          );
          expect(() => JSON.parse(cured), cured).not.toThrow();
        }
      }),
      { numRuns: RUNS * 3 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.string({ unit: 'binary', maxLength: 60 }).map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          const config = readConfig(bytes, format);
          checkRanges(config);
          if (!config.encoding.lossy) expect([...bytesOf(config, config.text)]).toEqual([...bytes]);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

it.each([
  ['a backslash behind a line break in one string', '{"a":"x\n\\*y"}'],
  ['a broken escape with a tab in it', '{"a":"\\u006\tx"}'],
  ['a broken escape at the end of a line', '{"a":"\\u\nf\\q"}'],
  ['several lines with one backslash', '{"a":"x\ny\\z\n","b":1}'],
])('the cures of one string go together: %s', (_, text) => {
  const { faults } = readText(text, 'json');
  const cured = applyEdits(
    text,
    faults.flatMap(({ edits }) => edits),
  );
  expect(() => JSON.parse(cured), cured).not.toThrow();
});

it('offers no cure where a doubled backslash would leave a tab alone', () => {
  const { faults } = readText('{"a":"x\\\ty"}', 'json');
  expect(faults.map(({ rule, edits }) => [rule, edits.length])).toEqual([['syntax-backslash', 0]]);
});

it('finds a fault in a JSON text exactly where JSON.parse does', () => {
  const pieces = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b\\n"',
      '"\\q"',
      '1',
      '01',
      '-',
      '1e5',
      'true',
      'nul',
      ' ',
      '\n',
      '"',
      '\t',
      '// c\n',
      "'x'",
      'é',
      '\\u0041',
      '"\\u00e9"',
      '.5',
      '"\t"',
      '\u00a0',
    ),
    { maxLength: 9 },
  );
  const wrapped = pieces.map((parts) => parts.join(''));
  const valid = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(
      fc.oneof(
        wrapped,
        wrapped.map((text) => `{"k":${text}}`),
        wrapped.map((text) => `[${text}]`),
      ),
      (text) => {
        const found = readText(text, 'json').faults.filter(
          ({ rule, level }) => rule !== 'syntax-duplicate-key' && level === undefined,
        );
        expect(found.length === 0).toBe(valid(text));
      },
    ),
    { numRuns: RUNS * 20 },
  );
});

describe('encodings', () => {
  const bytes = (...list: number[]) => Uint8Array.from(list);
  it('takes a byte order mark away, and says so where it is a fault', () => {
    const file = bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d);
    const config = readConfig(file, 'json');
    expect(config.text).toBe('{}');
    expect(config.faults).toMatchObject([{ rule: 'syntax-bom', recode: { bom: false, charset: 'utf-8' } }]);
    expect([...bytesOf(config, config.text)]).toEqual([...file]);
    expect(readConfig(file, 'yaml').faults).toEqual([]);
  });
  it.each([
    ['utf-16le', [0xff, 0xfe, 0x7b, 0, 0x7d, 0]],
    ['utf-16be', [0xfe, 0xff, 0, 0x7b, 0, 0x7d]],
    ['utf-16le', [0x7b, 0, 0x7d, 0]],
  ] as const)('reads %s', (charset, list) => {
    const config = readConfig(bytes(...list), 'json');
    expect(config).toMatchObject({ text: '{}', encoding: { charset }, faults: [{ rule: 'syntax-encoding' }] });
    expect([...bytesOf(config, config.text)]).toEqual([...list]);
  });
  it('never writes a file back whose bytes it could not read', () => {
    const config = readConfig(bytes(0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d), 'json');
    expect(config.faults).toMatchObject([{ rule: 'syntax-encoding', range: { start: 2, end: 3 } }]);
    expect(() => bytesOf(config, config.text)).toThrow(RangeError);
  });
});

describe('files that are made to hurt', () => {
  it.each([
    ['json', '['.repeat(100_000)],
    ['json', '{"a":'.repeat(100_000)],
    ['json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['json', `${'{'.repeat(50_000)}${']'.repeat(50_000)}`],
    ['json', `"${'“",'.repeat(100_000)}`],
    ['json', '"a\n'.repeat(50_000)],
    ['json', `"${'\\"'.repeat(100_000)}`],
    ['jsonc', '/*'.repeat(100_000)],
    ['toml', `x = ${'['.repeat(100_000)}`],
    ['toml', `x = ${'{a='.repeat(50_000)}`],
    ['toml', `${'a.'.repeat(50_000)}b = 1`],
    ['toml', '"""'.repeat(30_000)],
    ['toml', 'x = “\n'.repeat(3000)],
    ['yaml', '['.repeat(50_000)],
    ['yaml', '- '.repeat(20_000)],
    ['yaml', '{a: '.repeat(20_000)],
    [
      'yaml',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghijk'.replace(/./g, (c) => `${c}: &${c} [${`*${String.fromCharCode(c.charCodeAt(0) - 1)},`.repeat(10)}]\n`)}`,
    ],
  ] as const)('%s %#', (format, text) => {
    const config = readText(text, format);
    expect(config.faults.length).toBeLessThanOrEqual(50);
    let count = 0;
    if (config.root) walk(config.root, () => count++);
    expect(count).toBeLessThan(200_000);
  });
});
