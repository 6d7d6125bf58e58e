/** From faults to one new text: order, rounds, overlaps, encodings, and every byte outside of the edits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigFormat } from '../../src/clients/client.js';
import type { ConfigText, Fault, RuleId, TextEdit } from '../../src/config/config.js';
import { applyEdits, removeKey, setValue } from '../../src/config/edit.js';
import { Pieces } from '../../src/config/pieces.js';
import { type PlanOptions, planFix } from '../../src/config/plan.js';
import { readConfig, readText } from '../../src/config/read.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fault = (rule: RuleId, start: number, end: number, edits: TextEdit[], more: Partial<Fault> = {}): Fault => ({
  ...{ rule, level: 'broken', range: { start, end }, facts: {}, edits },
  ...more,
});
const edit = (start: number, end: number, text: string): TextEdit => ({ range: { start, end }, text });

/** The faults of the syntax alone. */
const ofSyntax = (config: ConfigText): Fault[] =>
  config.faults.map((one) => ({ level: 'fatal', ...one }) as Fault).sort((a, b) => a.range.start - b.range.start);
const all: Pick<PlanOptions, 'wants'> = { wants: () => true };
const planOf = (
  text: string,
  judge: PlanOptions['judge'],
  more: Partial<PlanOptions> = {},
  format: ConfigFormat = 'json',
) => planFix(readText(text, format), { judge, ...all, ...more });

describe('a text under edit', () => {
  const edits = fc.array(
    fc.record({ at: fc.nat({ max: 40 }), length: fc.nat({ max: 5 }), text: fc.string({ maxLength: 4 }) }),
    { maxLength: 6 },
  );
  /** Edits of a text of this length that do not touch. */
  const apart = (raw: { at: number; length: number; text: string }[], length: number): TextEdit[] => {
    let end = -1;
    return raw
      .map(({ at, length: long, text }) => edit(Math.min(at, length), Math.min(at + long, length), text))
      .sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)
      .filter(({ range }) => {
        if (range.start <= end) return false;
        end = range.end;
        return true;
      });
  };

  it('is the text of the edits one after the other, and its own edits make the same of the original', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.array(edits, { maxLength: 4 }), (original, rounds) => {
        let [text, pieces] = [original, new Pieces(original)];
        for (const raw of rounds) {
          const round = apart(raw, text.length);
          text = applyEdits(text, round);
          pieces = pieces.with(round);
        }
        expect(pieces.text).toBe(text);
        expect(applyEdits(original, pieces.edits)).toBe(text);
        for (const [i, { range }] of pieces.edits.entries())
          expect(range.start).toBeGreaterThan(pieces.edits[i - 1]?.range.end ?? -1);
      }),
    );
  });

  it('knows where each of its characters came from', () => {
    const pieces = new Pieces('abcdef').with([edit(1, 3, 'XY Z')]).with([edit(0, 0, '>')]);
    expect(pieces.text).toBe('>aXY Zdef');
    expect([...pieces.text].map((_, i) => pieces.origin(i))).toEqual([0, 0, 1, 1, 1, 1, 3, 4, 5]);
    expect(pieces.origin(9)).toBe(6);
  });

  it('refuses edits that overlap or lie outside', () => {
    expect(() => new Pieces('abc').with([edit(0, 2, ''), edit(1, 3, '')])).toThrow(RangeError);
    expect(() => new Pieces('abc').with([edit(2, 4, '')])).toThrow(RangeError);
  });
});

describe('the plan', () => {
  it('mends the syntax first, and what shows only then after it', () => {
    const text = '{ "a": 1, "old": 2, }\n';
    const plan = planOf(text, (config) => {
      const syntax = ofSyntax(config);
      if (syntax.length) return syntax;
      const at = config.text.indexOf('"old"');
      return at === -1 ? [] : [fault('url-key-wrong', at, at + 5, [edit(at, at + 5, '"new"')])];
    });
    expect(plan.after.text).toBe('{ "a": 1, "new": 2 }\n');
    expect(plan.cured.map(({ rule, at }) => [rule?.rule, at])).toEqual([
      ['url-key-wrong', 10],
      ['syntax-trailing-comma', 18],
    ]);
    expect(applyEdits(text, plan.edits)).toBe(plan.after.text);
    expect(plan.bytes).toEqual(bytes(plan.after.text));
    expect(plan.left).toEqual([]);
  });

  it('does not touch what a parser only guessed, until the text can be read', () => {
    const text = '{ "a": 1, }';
    let guesses = 0;
    const judge = (config: ConfigText): Fault[] => {
      const syntax = ofSyntax(config);
      // A fault that is seen in the damaged text alone.
      if (syntax.length > 0) guesses++;
      return syntax.length > 0 ? [...syntax, fault('key-unknown', 2, 5, [edit(2, 5, '"b"')])] : [];
    };
    expect(planOf(text, judge).after.text).toBe('{ "a": 1 }');
    expect(guesses).toBe(1);
  });

  it('makes edits that touch one after the other', () => {
    const remove = (config: ConfigText, key: string): Fault[] => {
      const member = config.root?.members?.find((one) => one.key === key);
      return member
        ? [fault('key-unknown', member.keyRange.start, member.range.end, removeKey(config, [key]), { server: key })]
        : [];
    };
    const plan = planOf('{"a":1,"b":2,"c":3}', (config) => [
      ...remove(config, 'a'),
      ...remove(config, 'b'),
      ...remove(config, 'c'),
    ]);
    expect(plan.after.text).toBe('{}');
    expect(plan.cured).toHaveLength(3);
  });

  it('does not make an edit that does not cure', () => {
    const plan = planOf('{"a":1}', () => [fault('key-unknown', 1, 4, [edit(1, 4, '"b"')])]);
    expect([plan.bytes, plan.edits, plan.cured]).toEqual([null, [], []]);
    expect(plan.left.map(({ rule, at }) => [rule.rule, at])).toEqual([['key-unknown', 1]]);
  });

  it('does not make an edit that breaks the text', () => {
    const plan = planOf('{"a":1}', (config) => [
      ...ofSyntax(config),
      ...(config.text.includes('1') ? [fault('key-unknown', 5, 6, [edit(5, 6, '')])] : []),
    ]);
    expect(plan.bytes).toBeNull();
  });

  it('makes the good one of two when the other does not cure', () => {
    const plan = planOf('{"a":1,"b":2}', ({ text }) =>
      [
        fault('key-unknown', 1, 4, [edit(1, 4, '"x"')]),
        ...(text.includes('2')
          ? [fault('env-value-not-text', 11, 12, [edit(text.indexOf('2'), text.indexOf('2') + 1, '"2"')])]
          : []),
      ].slice(0, text.includes('"2"') ? 1 : 2),
    );
    expect(plan.after.text).toBe('{"a":1,"b":"2"}');
    expect(plan.left.map(({ rule }) => rule.rule)).toEqual(['key-unknown']);
  });

  it('ends when two cures call for each other', () => {
    const plan = planOf('{"a":1}', ({ text }) =>
      text.includes('"a"')
        ? [fault('key-unknown', 1, 4, [edit(1, 4, '"b"')])]
        : [fault('url-key-wrong', 1, 4, [edit(1, 4, '"a"')])],
    );
    expect(plan.cured.length).toBeLessThanOrEqual(2);
  });

  it('leaves what is not wanted', () => {
    const judge = ({ text }: ConfigText) => {
      const at = text.indexOf('1');
      return at === -1 ? [] : [fault('key-unknown', at, at + 1, [edit(at, at + 1, '2')], { server: 'x' })];
    };
    expect(planOf('{"a":1}', judge, { wants: ({ server }) => server !== 'x' }).bytes).toBeNull();
    expect(planOf('{"a":1}', judge).after.text).toBe('{"a":2}');
  });

  it('grants wishes last, and says which it cannot', () => {
    const wish = (id: string, edits: (config: ConfigText) => TextEdit[] | null) => ({
      id,
      says: id,
      server: 's',
      edits,
    });
    const plan = planOf('{"a":1,}', ofSyntax, {
      wishes: [
        wish('one', (config) => setValue(config, ['env', 'KEY'], 'v')),
        wish('had', () => []),
        wish('none', () => null),
      ],
    });
    expect(plan.after.root?.value).toEqual({ a: 1, env: { KEY: 'v' } });
    expect(plan.cured.map(({ wish: made }) => made?.id)).toContain('one');
    expect(plan.unmet.map(({ id }) => id)).toEqual(['none']);
  });
});

describe('bytes', () => {
  const utf16 = (text: string, little: boolean): Uint8Array => {
    const buffer = Buffer.from(`\uFEFF${text}`, 'utf16le');
    return new Uint8Array(little ? buffer : buffer.swap16());
  };

  it.each([true, false])('UTF-16 becomes UTF-8 (little endian: %s)', (little) => {
    const config = readConfig(utf16('{ "ä": 1 }\r\n', little), 'json');
    const plan = planFix(config, { judge: ofSyntax, ...all });
    expect(plan).toMatchObject({ recoded: true, edits: [] });
    expect(plan.bytes).toEqual(bytes('{ "ä": 1 }\r\n'));
  });

  it('a byte order mark goes, and a comma with it', () => {
    const plan = planFix(readConfig(bytes('\uFEFF{"a":1,}'), 'json'), { judge: ofSyntax, ...all });
    expect(plan.bytes).toEqual(bytes('{"a":1}'));
  });

  it('what is no text is not written again', () => {
    const config = readConfig(new Uint8Array([...bytes('{"a":"'), 0xe4, ...bytes('",}')]), 'json');
    const wish = { id: 'set', says: 'x', server: 's', edits: () => [edit(0, 0, ' ')] };
    const plan = planFix(config, { judge: ofSyntax, ...all, wishes: [wish] });
    expect([plan.bytes, plan.cured, plan.unmet]).toEqual([null, [], [wish]]);
    expect(plan.left.length).toBeGreaterThan(0);
  });
});
