/** A fault in a file, as a person sees it: the carets stand under what is wrong, whatever stands before it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { sourceLines } from '../../src/render/source.js';

type Fault = Evidence['config']['faults'][number];

const fault = (part: Partial<Fault>): Fault => ({
  rule: 'url-key-wrong',
  level: 'broken',
  cause: 'config-shape-wrong',
  line: 1,
  column: 1,
  length: 1,
  facts: {},
  source: [],
  fixable: false,
  ...part,
});

describe('the lines around a fault', () => {
  it('are numbered, and the carets stand under the fault alone', () => {
    const source = [
      { line: 9, text: '    "weather": {' },
      { line: 10, text: '      "serverUrl": "https://weather.example/mcp"' },
      { line: 11, text: '    }' },
    ];
    expect(sourceLines(fault({ line: 10, column: 7, length: 11, source }), 80)).toEqual([
      ' 9 │     "weather": {',
      '10 │       "serverUrl": "https://weather.example/mcp"',
      '   │       ^^^^^^^^^^^',
      '11 │     }',
    ]);
  });

  it('a tab is one character, for the text and for the carets', () => {
    const lines = sourceLines(fault({ column: 3, length: 2, source: [{ line: 1, text: '\t\tab' }] }), 80);
    expect(lines).toEqual(['1 │   ab', '  │   ^^']);
  });

  it('a fault far to the right is in sight, with the beginning left out', () => {
    const text = `{${'x'.repeat(150)}FAULT}`;
    const lines = sourceLines(fault({ column: 152, length: 5, source: [{ line: 1, text }] }), 60);
    const at = (lines[0] ?? '').indexOf('FAULT');
    expect(at).toBeGreaterThan(0);
    expect(lines[1]).toBe(`${'  │'.padEnd(at)}^^^^^`);
    expect(lines[0]?.length).toBeLessThanOrEqual(60);
  });

  it('a line that was cut when it was read counts from where it was cut', () => {
    const lines = sourceLines(
      fault({ column: 1_010, length: 3, source: [{ line: 1, text: '0123456789bad', from: 1_000 }] }),
      80,
    );
    const at = (lines[0] ?? '').indexOf('bad');
    expect(lines[1]).toBe(`${'  │'.padEnd(at)}^^^`);
  });

  it('what could act on a terminal is shown as what it is, and the carets still stand under the fault', () => {
    const lines = sourceLines(fault({ column: 2, length: 3, source: [{ line: 1, text: '\u001bbad\u202e' }] }), 80);
    expect(lines[0]).toBe('1 │ \\x1bbad\\u{202e}');
    expect(lines[1]).toBe('  │     ^^^');
  });

  it('whatever the text, every line keeps to the width but for what is escaped, and the carets lie within it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 160 }),
        fc.nat(159),
        fc.integer({ min: 1, max: 160 }),
        (text, offset, length) => {
          const column = Math.min(offset, text.length - 1) + 1;
          const lines = sourceLines(fault({ column, length, source: [{ line: 1, text }] }), 80);
          expect(lines[1]).toMatch(/^ +│ +\^+$/);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(81);
        },
      ),
    );
  });
});
