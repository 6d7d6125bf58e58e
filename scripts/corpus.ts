/**
 * `npm run corpus`: how well pasted reports are judged. Options: `--misses` lists what was not put first, `--update` writes
 * test/corpus/scores.json, `--file <path>` judges other reports in the same form, `--only <text>` those whose id or cause holds the text.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Judged, judge, reportsIn, table } from '../test/support/corpus.js';

const { values } = parseArgs({
  options: {
    misses: { type: 'boolean' },
    update: { type: 'boolean' },
    all: { type: 'boolean' },
    file: { type: 'string' },
    only: { type: 'string' },
  },
});

const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${Math.round((100 * part) / whole)} %`);

function missLine({ report, found }: Judged): string {
  const said = found.slice(0, 3).map(({ id, certainty }) => `${id} (${certainty})`);
  return `${report.id}  ${report.expected.cause}\n      found: ${said.join(', ') || 'nothing'}\n      ${JSON.stringify(report.symptoms).slice(0, 600)}`;
}

const judged = reportsIn(values.file)
  .filter(({ scored }) => scored || values.all)
  .filter(({ id, expected }) => !values.only || id.includes(values.only) || expected.cause.includes(values.only))
  .map(judge);
const rows = table(judged);

process.stdout.write('area            cases  top-1        top-3        wrong certain  nothing found\n');
for (const { name, cases, top1, top3, wrongCertain, missed } of rows) {
  const cells = [
    name.padEnd(14),
    String(cases).padStart(6),
    `${String(top1).padStart(4)} ${percent(top1, cases).padEnd(6)}`,
    `${String(top3).padStart(4)} ${percent(top3, cases).padEnd(6)}`,
    String(wrongCertain).padStart(8).padEnd(13),
    String(missed).padStart(8),
  ];
  process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
}
if (values.misses) {
  const misses = judged.filter(({ top1, wrongCertain }) => !top1 || wrongCertain);
  process.stdout.write(`\n${misses.map(missLine).join('\n')}\n`);
}
if (values.update) {
  const scores = Object.fromEntries(rows.map(({ name, ...counts }) => [name, counts]));
  writeFileSync(new URL('../test/corpus/scores.json', import.meta.url), `${JSON.stringify(scores, null, 2)}\n`);
}
