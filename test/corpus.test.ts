/** The corpus of real reports: the counts reached so far may only rise, and no certain verdict may be wrong. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { causes } from '../src/causes/index.js';
import { CAUSE_IDS } from './pins/cause-ids.js';
import { judge, type Row, reportsIn, table } from './support/corpus.js';

const scores = JSON.parse(readFileSync(new URL('./corpus/scores.json', import.meta.url), 'utf8')) as Record<
  string,
  Omit<Row, 'name'>
>;
const reports = reportsIn();
const judged = reports.filter(({ scored }) => scored).map(judge);

it('expects only causes that are promised', () => {
  const promised = new Set<string>([...CAUSE_IDS, ...causes.map(({ id }) => id)]);
  for (const { expected } of reports)
    for (const id of [expected.cause, ...(expected.accept ?? [])]) expect(promised).toContain(id);
});

it.each(table(judged))('$name: no worse than before', ({ name, ...now }) => {
  const before = scores[name];
  expect(before, `run npm run corpus -- --update`).toBeDefined();
  expect(now.cases).toBe(before?.cases);
  expect(now.top1).toBeGreaterThanOrEqual(before?.top1 ?? 0);
  expect(now.top3).toBeGreaterThanOrEqual(before?.top3 ?? 0);
  expect(now.wrongCertain).toBeLessThanOrEqual(before?.wrongCertain ?? 0);
});

it('reads every report, also those that do not suffice, and is never certain of the wrong cause', () => {
  const wrong = reports.map(judge).filter(({ wrongCertain }) => wrongCertain);
  expect(wrong.map(({ report, found }) => `${report.id} ${report.expected.cause}: ${found[0]?.id}`)).toEqual([]);
});
