/** One loop over every cause: its examples hold, its citations resolve, it is pure, its metadata is sane. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SHARED_CAUSE_FILES } from '../scripts/generate.js';
import { resolve } from '../src/case/pointer.js';
import { AREAS } from '../src/causes/areas.js';
import { causes } from '../src/causes/index.js';
import { rank, seen } from '../src/verdict/diagnose.js';
import { caseOfExample } from './support/case.js';

const SHARED = new Set(SHARED_CAUSE_FILES);
const ids = causes.map(({ id }) => id);

const freeze = (value: unknown): void => {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
};

it('every file in src/causes is a cause or a named shared part', () => {
  const files = readdirSync(new URL('../src/causes', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));
  expect(files.filter((name) => !SHARED.has(name)).sort()).toEqual([...ids].sort());
});

it('the explains edges form no circle', () => {
  const edges = new Map(causes.map((cause) => [cause.id as string, cause.explains]));
  // Each cause once: the ways through the edges are too many to walk them all.
  const free = new Set<string>();
  const visit = (id: string, trail: string[]): void => {
    if (free.has(id)) return;
    expect(trail, `circle of explains: ${[...trail, id].join(' -> ')}`).not.toContain(id);
    for (const next of edges.get(id) ?? []) visit(next, [...trail, id]);
    free.add(id);
  };
  for (const id of edges.keys()) visit(id, []);
});

describe.each(causes)('$id', (cause) => {
  it('has an area, a title without a full stop, and background', () => {
    expect(AREAS).toContain(cause.area);
    expect(cause.title).toMatch(/^[A-Z`].*[^.]$/s);
    expect(cause.why.length).toBeGreaterThan(60);
    for (const ref of cause.refs) expect(ref).toMatch(/^https:\/\//);
    expect(cause.seenAs.length).toBeGreaterThan(0);
  });

  it('has an example that finds and one that must not', () => {
    expect(cause.examples.some(({ finds }) => finds)).toBe(true);
    expect(cause.examples.some(({ finds }) => !finds)).toBe(true);
  });

  it.each(cause.examples)('example: $name', (example) => {
    const file = caseOfExample(example);
    freeze(file);
    const match = cause.match(seen(file));
    expect(match !== null).toBe(example.finds);
    expect(cause.match(seen(file))).toEqual(match);
    if (!match) return;
    expect(match.cites.length).toBeGreaterThan(0);
    for (const place of match.cites) expect(resolve(file, place), `${place} does not resolve`).toBeDefined();
    expect(cause.say(match.facts)).toMatch(/[.!?]$/);
    const steps = cause.fix(match.facts);
    expect(steps.length).toBeGreaterThan(0);
    for (const text of [cause.say(match.facts), ...steps.map(({ say }) => say)]) {
      expect(text).not.toMatch(/\bNaN\b|\[object |[Cc]heck your configuration/);
    }
  });
});

/** Every cause over every other cause's examples: what belongs to one must not be taken over by another. */
describe.each(causes)('examples of $id', (cause) => {
  it.each(cause.examples.filter(({ finds }) => finds))('$name: it is the root', (example) => {
    const evidence = seen(caseOfExample(example));
    const found = causes.flatMap((c) => {
      const match = c.match(evidence);
      return match ? [{ cause: c, match }] : [];
    });
    const [first] = rank(found);
    const others = rank(found).map(
      ({ found: f, consequence }) => `${f.cause.id} ${f.match.certainty}${consequence ? ' (consequence)' : ''}`,
    );
    expect(first?.found.cause.id, others.join(', ')).toBe(cause.id);
  });
});
