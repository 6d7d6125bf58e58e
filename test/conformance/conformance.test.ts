/** The table of docs/conformance.md is what the suite says today, scenario by scenario. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { page, type Row, runAll } from './suite.js';

const PAGE = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));

let rows: Row[] = [];
beforeAll(async () => {
  rows = await runAll();
}, 300_000);

it('every client scenario ends as docs/conformance.md says: npm run conformance', () => {
  const said = rows.map((row) => row.said).join('\n');
  expect(page(rows), said.slice(-20_000)).toBe(readFileSync(PAGE, 'utf8'));
});

it('the suite knows scenarios of every revision', () => {
  const revisions = new Set(rows.map(({ revision }) => revision));
  expect([...revisions]).toEqual(['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']);
  expect(rows.length).toBeGreaterThan(60);
});

it('what a revision requires of a client holds', () => {
  const broken = rows.filter(({ kind, verdict }) => kind === 'required' && verdict !== 'passed');
  expect(broken.map(({ name, revision, verdict }) => `${name} (${revision}): ${verdict}`)).toEqual([]);
});
