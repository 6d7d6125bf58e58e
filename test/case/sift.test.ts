import { describe, expect, it } from 'vitest';
import { Sifter } from '../../src/case/sift.js';

const SIZES = { head: 1_000, tail: 1_000, first: 2, last: 3 };
const noise = (n: number) => Array.from({ length: n }, (_, i) => `tick ${i} of the clock\n`).join('');

const sift = (text: string, piece = 700, sizes = SIZES) => {
  const sifter = new Sifter(sizes);
  for (let at = 0; at < text.length; at += piece) sifter.push(text.slice(at, at + piece));
  return sifter.result();
};

describe('a text of any size passes through', () => {
  it('a short one unchanged, whatever the pieces', () => {
    for (const piece of [1, 7, 10_000])
      expect(sift('one\ntwo\nthree', piece)).toEqual({ text: 'one\ntwo\nthree', omitted: 0 });
  });

  it('the head, the tail, and what tells between them, with the lines behind it', () => {
    const text = `first line\n${noise(500)}Error: the vault is locked\n    at open (vault.js:1:1)\n${noise(500)}last line`;
    const { text: kept, omitted } = sift(text);
    expect(kept.startsWith('first line\n')).toBe(true);
    expect(kept.endsWith('last line')).toBe(true);
    expect(kept).toContain('Error: the vault is locked\n    at open (vault.js:1:1)\ntick 0 of the clock\n');
    expect(kept.length).toBeLessThan(4_500);
    expect(omitted).toBeGreaterThan(text.length - 4_500);
  });

  it('of many telling places the first and the last', () => {
    const text =
      noise(300) + Array.from({ length: 50 }, (_, i) => `Error: number ${i}.\n${noise(10)}`).join('') + noise(300);
    const numbers = [...sift(text).text.matchAll(/Error: number (\d+)/g)].map((match) => Number(match[1]));
    expect(numbers.slice(0, 2)).toEqual([0, 1]);
    expect(numbers.at(-1)).toBe(49);
    expect(numbers.length).toBeLessThanOrEqual(SIZES.first + SIZES.last);
  });

  it('one endless line', () => {
    const { text, omitted } = sift('x'.repeat(100_000));
    expect(text.length).toBeLessThan(5_000);
    expect(omitted).toBeGreaterThan(90_000);
  });

  it('a log in which every line tells keeps to its bounds', () => {
    const { text } = sift('Error: again\n'.repeat(20_000), 5_000);
    expect(text.length).toBeLessThan(4_000 + 2_000 * (SIZES.first + SIZES.last));
  });
});
