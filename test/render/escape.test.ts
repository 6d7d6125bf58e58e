import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeJson, escapeLine, escapeText } from '../../src/render/escape.js';

/** What must never reach a terminal raw, written apart from the pattern under test: by number. */
function acts(code: number): boolean {
  const within = (from: number, to: number) => code >= from && code <= to;
  if (code === 0x09 || code === 0x0a) return false;
  return (
    within(0x00, 0x1f) ||
    within(0x7f, 0x9f) ||
    within(0x200b, 0x200f) ||
    within(0x2028, 0x202e) ||
    within(0x2060, 0x206f) ||
    within(0xd800, 0xdfff) ||
    within(0xfe00, 0xfe0f) ||
    within(0xfff9, 0xfffb) ||
    within(0xe0000, 0xe0fff) ||
    [0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x180e, 0x3164, 0xfeff, 0xffa0].includes(code)
  );
}
const acting = (text: string): string[] => [...text].filter((char) => acts(char.codePointAt(0) ?? 0));

const HOSTILE: [string, string][] = [
  ['colours', '\x1b[31mred\x1b[0m'],
  ['clear the screen', '\x1b[2J\x1b[H'],
  ['a link (OSC 8)', '\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\'],
  ['the clipboard (OSC 52)', '\x1b]52;c;cm0gLXJmIC8=\x07'],
  ['the title', '\x1b]0;root@prod\x07'],
  ['C1 controls', '\x9b31mred\x9d0;title\x9c'],
  ['NUL', 'a\0b'],
  ['a carriage return that hides the line', 'Error: bad\rAll is well'],
  ['backspaces', 'rm -rf /\b\b\b\b\b\b\b\bls'],
  ['bidirectional overrides', 'user\u202egnp.exe\u202c \u2066x\u2069'],
  ['zero width', 'pay\u200bpal\u200d\u2060'],
  ['a byte order mark', '\uFEFFx'],
  ['invisible tags', 'x\u{E0041}\u{E0042}'],
  ['line separators', 'a\u2028b\u2029c'],
  ['variation selectors', 'a\uFE0Fb'],
  ['lone surrogates', 'a\uD800b\uDC00c'],
  ['Hangul fillers', 'a\u3164b\uFFA0'],
];

describe('text', () => {
  it.each(HOSTILE)('%s become visible', (_name, text) => {
    expect(acting(text).length).toBeGreaterThan(0);
    expect(acting(escapeText(text))).toEqual([]);
    expect(escapeText(text)).toContain('\\');
  });

  it('says what stood there', () => {
    expect(escapeText('\x1b[0m\0\x9b\u202e\u{E0041}\uD800')).toBe('\\x1b[0m\\x00\\x9b\\u{202e}\\u{e0041}\\u{d800}');
  });

  it('ordinary text in any language stays, and newlines and tabs', () => {
    for (const text of [
      'Grüße, 你好, مرحبا, שלום, हिन्दी, 한국어, ไทย',
      'a\tb\nc',
      '😀 👩🏽 ✓ → … é',
      '<b>&amp;</b> {"a":1} \\x1b',
      '',
    ])
      expect(escapeText(text)).toBe(text);
  });

  it('nothing that acts survives, whatever is given', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(0x10ffff), fc.nat(0xffff), fc.nat(0xff))), (codes) => {
        const text = codes.map((code) => String.fromCodePoint(code)).join('');
        expect(acting(escapeText(text))).toEqual([]);
        expect(escapeText(escapeText(text))).toBe(escapeText(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe('one line', () => {
  it('newlines and tabs do not break it', () => {
    expect(escapeLine('a\nb\tc\r\nd')).toBe('a\\nb c\\x0d\\nd');
  });

  it('its length is bounded, and the cut is shown', () => {
    expect(escapeLine('x'.repeat(1_000))).toBe(`${'x'.repeat(299)}…`);
    expect(escapeLine('x'.repeat(300))).toBe('x'.repeat(300));
    expect(escapeLine('\0'.repeat(1_000), 20)).toHaveLength(20);
  });

  it('a cut goes through no character', () => {
    for (let length = 1; length < 12; length++)
      expect(escapeLine('😀'.repeat(10), length)).not.toMatch(/\p{Surrogate}/u);
  });
});

describe('JSON', () => {
  it.each(HOSTILE)('%s stand as escapes, and the value stays the same', (_name, text) => {
    const json = escapeJson(JSON.stringify({ [text]: text }));
    expect(acting(json)).toEqual([]);
    expect(JSON.parse(json)).toEqual({ [text]: text });
  });

  it('any value stays itself, indented or not', () => {
    const any = fc.jsonValue({ stringUnit: 'binary' });
    fc.assert(
      fc.property(any, fc.constantFrom(undefined, 2), (value, indent) => {
        const json = escapeJson(JSON.stringify(value, null, indent));
        expect(acting(json)).toEqual([]);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });
});
