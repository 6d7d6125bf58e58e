import { describe, expect, it } from 'vitest';
import { type Sample, Samples } from '../../src/probe/samples.js';

const sample = (atMs: number): Sample => ({ atMs, rssBytes: atMs * 1_000, cpuMs: atMs, processes: 1 });

describe('samples of a process tree', () => {
  it('none, one and a few are kept as they are', () => {
    const samples = new Samples();
    expect(samples.list()).toBeUndefined();
    for (const at of [1, 2, 3]) samples.add(sample(at));
    expect(samples.list()?.map(({ atMs }) => atMs)).toEqual([1, 2, 3]);
  });

  it.each([59, 60, 61, 100, 1_000, 50_000])('%i are thinned to 60 at most, spread over the whole time', (count) => {
    const samples = new Samples();
    for (let at = 1; at <= count; at++) samples.add(sample(at));
    const times = samples.list()?.map(({ atMs }) => atMs) ?? [];
    expect(times.length).toBeLessThanOrEqual(60);
    expect(times.length).toBeGreaterThanOrEqual(29);
    expect(times[0]).toBe(1);
    expect(times.at(-1)).toBe(count);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(count / 29));
  });
});
