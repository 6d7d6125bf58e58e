import { describe, expect, it } from 'vitest';
import { narrow } from '../../src/probe/narrow.js';

/** A search in which all of `needed` must be there, with at most `limit` tries. */
async function search(count: number, needed: number[], likely: number[] = [], limit = 100) {
  const all = Array.from({ length: count }, (_, i) => i);
  let tries = 0;
  const result = await narrow(all, likely, async (items) => {
    if (tries >= limit) return null;
    tries++;
    return needed.every((item) => items.includes(item));
  });
  return { ...result, tries };
}

describe('what makes the difference', () => {
  it('one of many, wherever it stands, in few tries', async () => {
    for (let i = 0; i < 40; i++) {
      const { items, tries } = await search(40, [i]);
      expect(items).toEqual([i]);
      expect(tries).toBeLessThanOrEqual(7);
    }
  });

  it('a good guess saves the search, a bad one costs one try', async () => {
    expect(await search(40, [17], [17])).toEqual({ items: [17], complete: true, tries: 1 });
    expect(await search(40, [17], [3])).toMatchObject({ items: [17], complete: true });
  });

  it('the only one there is needs no try', async () => {
    expect(await search(1, [0])).toEqual({ items: [0], complete: true, tries: 0 });
  });

  it('two that are needed together are never taken for one', async () => {
    for (const pair of [
      [0, 39],
      [1, 2],
      [20, 30],
    ]) {
      const { items } = await search(40, pair);
      expect(items.length).toBeGreaterThan(1);
      expect(items).toEqual(expect.arrayContaining(pair));
    }
  });

  it('ends when no more tries are allowed, with what was proved so far', async () => {
    const { items, complete, tries } = await search(40, [1], [], 2);
    expect({ complete, tries }).toEqual({ complete: false, tries: 2 });
    expect(items).toContain(1);
    expect(items.length).toBeLessThan(40);
    expect(await search(40, [1], [5], 0)).toMatchObject({ complete: false, items: { length: 40 } });
  });
});
