/** The diff of a fix: complete, in its width, and harmless for a terminal. */
import { createTwoFilesPatch, parsePatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, hunksOf, type Shown, unified } from '../../src/render/diff.js';

const plain = (text: string): Shown => ({ text, masked: text });
const lines = (before: Shown, after: Shown, width = 80, color = false): string[] =>
  diffLines(hunksOf(before, after), { file: '~/.cursor/mcp.json', color, width });

/** The lines that go and come, without their numbers. */
const changes = (shown: string[]): string[] =>
  shown.flatMap((line) => /^ *\d* ([-+] .*)$/.exec(line)?.[1] ?? /^ *\d* ([-+])$/.exec(line)?.[1] ?? []);

describe('a diff', () => {
  it('has three lines around a change, and one heading for each group', () => {
    const text = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`).join('\n');
    const after = text.replace('line 5\n', 'five\n').replace('line 8\n', '').replace('line 25', 'line 25\nand more');
    expect(lines(plain(text), plain(after))).toEqual([
      '  ~/.cursor/mcp.json:5',
      '   2   line 2',
      '   3   line 3',
      '   4   line 4',
      '   5 - line 5',
      '   5 + five',
      '   6   line 6',
      '   7   line 7',
      '   8 - line 8',
      '   9   line 9',
      '  10   line 10',
      '  11   line 11',
      '',
      '  ~/.cursor/mcp.json:26',
      '  23   line 23',
      '  24   line 24',
      '  25   line 25',
      '  25 + and more',
      '  26   line 26',
      '  27   line 27',
      '  28   line 28',
    ]);
  });

  it('says what the eye does not see', () => {
    expect(changes(lines(plain('a\r\nb'), plain('a\nb\n')))).toEqual([
      '- a  (CRLF)',
      '- b  (no line end)',
      '+ a  (LF)',
      '+ b  (LF)',
    ]);
    expect(changes(lines(plain('key:\n\tvalue: 1\n'), plain('key:\n  value: 1\n')))).toEqual([
      '- → value: 1',
      '+ ··value: 1',
    ]);
    const secret = (value: string): Shown => ({ text: `k: ${value}\n`, masked: 'k: ****\n' });
    expect(changes(lines(secret('abcd'), secret('efgh')))).toEqual([
      '- k: ****  (another value)',
      '+ k: ****  (another value)',
    ]);
  });

  it('never shows what is covered, also when a secret has several lines', () => {
    const text = 'a: 1\nkey: |\n  -----BEGIN\n  abc\nb: 2\n';
    const shown = { text, masked: text.replace('-----BEGIN\n  abc', '****************') };
    const after = { text: text.replace('b: 2', 'b: 3'), masked: shown.masked.replace('b: 2', 'b: 3') };
    const all = lines(shown, after).join('\n');
    expect(all).not.toMatch(/BEGIN|abc/);
    expect(changes(lines(shown, after))).toEqual(['- b: 2', '+ b: 3']);
  });

  it('shows what is hostile as what it is', () => {
    const evil = 'a\u001b[2J\u202Eb\u0007';
    for (const color of [true, false]) {
      const all = lines(plain(`x\n${evil}1\n`), plain(`x\n${evil}2\n`), 80, color).join('\n');
      for (const hidden of ['\u001b[2J', '\u202E', '\u0007']) expect(all).not.toContain(hidden);
      expect(all).toContain('\\x1b[2J\\u{202e}b\\x07');
    }
  });

  it('shows the whole of a change in a line of any length, and little of the rest', () => {
    const long = `{ "first": "${'x'.repeat(5_000)}", "second": "OLD", "third": "${'y'.repeat(5_000)}" }`;
    const shown = lines(plain(long), plain(long.replace('OLD', 'NEW'.repeat(60))));
    expect(shown.length).toBeLessThan(12);
    expect(changes(shown).join('').replaceAll('+ ', '')).toContain('NEW'.repeat(60));
    expect(changes(shown)[0]).toMatch(/^- \{ "first": "x+ … x+", "second": "$|OLD/);
  });

  it('marks in a pair of lines what changes', () => {
    const inverse = lines(plain('  "url": "http://a",\n'), plain('  "url": "https://a",\n'), 80, true).join('\n');
    expect(inverse).toContain('\u001b[7m');
    // Lines with nothing in common are not compared word by word.
    expect(lines(plain('abc def\n'), plain('12345\n'), 80, true).join('\n')).not.toContain('\u001b[7m');
  });
});

describe('any two texts', () => {
  const text = fc
    .array(fc.constantFrom('', 'a', 'b', '  "command": "node",', '\tx', 'long '.repeat(40), '\u{1F600}\u00e4'), {
      maxLength: 12,
    })
    .chain((all) => fc.constantFrom('\n', '\r\n').map((end) => all.join(end)));

  it('fit the terminal, and every line that differs is there', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 40, max: 100 }), (before, after, width) => {
        const hunks = hunksOf(plain(before), plain(after));
        expect(hunks.length === 0).toBe(before === after);
        for (const line of diffLines(hunks, { file: 'x', color: false, width }))
          expect(line.length).toBeLessThanOrEqual(width);
        // What goes and comes is what another diff of the same texts finds, in number.
        const rows = hunks.flatMap((hunk) => hunk.rows);
        const count = (sign: string) => rows.filter((row) => row.sign === sign).length;
        const [patch] = parsePatch(
          createTwoFilesPatch('a', 'b', before.replaceAll('\r\n', '\n'), after.replaceAll('\r\n', '\n')),
        );
        const other = (patch?.hunks ?? []).flatMap((hunk) => hunk.lines);
        const least = (sign: string) => other.filter((line) => line.startsWith(sign)).length;
        expect(count('-')).toBeGreaterThanOrEqual(least('-'));
        expect(count('+') - count('-')).toBe(least('+') - least('-'));
      }),
    );
  });

  it('as a patch carry one to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const old = before.split('\n');
        const fresh: string[] = [];
        let at = 0;
        for (const hunk of hunksOf(plain(before), plain(after)).flatMap(({ rows }) => rows)) {
          if (hunk.sign === '+') continue;
          // Every line that is named stands where it is said to stand.
          const line = (old[hunk.line - 1] ?? '').replace(/\r$/, '');
          expect(hunk.parts.map((part) => part.text).join('')).toBe(line);
          expect(hunk.line).toBeGreaterThan(at);
          at = hunk.line;
          fresh.push(line);
        }
        const text = unified(hunksOf(plain(before), plain(after)));
        for (const line of fresh) expect(text).toContain(line);
      }),
    );
  });
});
