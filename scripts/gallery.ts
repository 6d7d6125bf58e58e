/**
 * `npm run gallery [words]`: every configuration file of the gallery, judged: what is to be found, what was found, and whether what is
 * offered as a cure is one. `npm run gallery -- codex toml`: the files whose line holds these words.
 */
import { compared, type GalleryFile, galleryFiles, judge } from '../test/support/gallery.js';
import { curedAll, cureOf } from '../test/support/gallery-cures.js';

const WIDTH = Math.min(120, Math.max(80, process.stdout.columns ?? 120));
const COLUMNS = { mark: 1, name: WIDTH >= 110 ? 46 : 36, format: 5, found: 5, fixed: 5 };
/** What is left of a line for the rules, behind the other columns and the gaps. */
const RULES = WIDTH - Object.values(COLUMNS).reduce((sum, width) => sum + width + 1, 0);

const cell = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

/** `syntax-comment x2, root-wrong-key`, and how many more there are where they do not fit. */
function rulesOf(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const rule = line.split(' ')[1] ?? '';
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  const rules = [...counts].map(([rule, count]) => (count > 1 ? `${rule} x${count}` : rule));
  for (let shown = rules.length; shown > 1; shown--) {
    const text = rules.slice(0, shown).join(', ') + (shown < rules.length ? ` +${rules.length - shown}` : '');
    if (text.length <= RULES) return text;
  }
  return rules.length > 1 ? `${rules[0]} +${rules.length - 1}` : (rules[0] ?? 'nothing');
}

interface Row {
  file: GalleryFile;
  expected: string[];
  /** Faults with a cure, and those of them whose cure is right. */
  curable: number;
  cured: number;
  wrong: string[];
}

function rowOf(file: GalleryFile): Row {
  const judged = judge(file);
  const { expected, found } = compared(file, judged.faults);
  const curable = judged.faults.filter(({ edits, recode }) => edits.length > 0 || recode);
  const cures = curable.map((fault) => cureOf(file, judged, fault).map((why) => `${fault.rule}: ${why}`));
  const missing = expected.filter((line) => !found.includes(line)).map((line) => `not found: ${line}`);
  const extra = found.filter((line) => !expected.includes(line)).map((line) => `found as well: ${line}`);
  const promised = file.expectation.findings.filter(({ rule, line, column, fix }) => {
    const fault = judged.faults.find((one) => one.rule === rule && one.line === line && one.column === column);
    return fault && fix !== undefined && curable.includes(fault) !== (fix === 'gone');
  });
  const other = promised.map(({ rule, line, fix }) => `${rule} in line ${line}: expected was: ${fix}`);
  return {
    ...{ file, expected, curable: curable.length, cured: cures.filter((why) => why.length === 0).length },
    wrong: [...missing, ...extra, ...other, ...cures.flat(), ...curedAll(file).wrong],
  };
}

const words = process.argv.slice(2);
const out = (line: string): void => void process.stdout.write(`${line.trimEnd()}\n`);
const print = (mark: string, name: string, format: string, rules: string, found: string, fixed: string): void =>
  out(
    [
      mark,
      cell(name, COLUMNS.name),
      cell(format, COLUMNS.format),
      cell(rules, RULES),
      cell(found, COLUMNS.found),
      fixed,
    ].join(' '),
  );

const chosen = galleryFiles().filter(({ name, expectation, places }) =>
  words.every((word) => `${name} ${places[0]?.format} ${JSON.stringify(expectation)}`.includes(word)),
);
print(' ', 'client/file', '', 'to be found', 'found', 'fixed');
let right = 0;
let curable = 0;
let cured = 0;
for (const file of chosen) {
  const row = rowOf(file);
  const same = row.wrong.length === 0;
  if (same) right++;
  curable += row.curable;
  cured += row.cured;
  print(
    same ? ' ' : '!',
    file.name,
    file.places[0]?.format ?? '',
    rulesOf(row.expected),
    same ? 'same' : 'other',
    row.curable === 0 ? '' : `${row.cured}/${row.curable}`,
  );
  for (const why of row.wrong) out(`    ${why}`);
}
const broken = chosen.filter(({ expectation }) => expectation.findings.length > 0).length;
out('');
out(`${chosen.length} files: in ${broken} something is to be found, in ${chosen.length - broken} nothing`);
out(`${right} as expected, ${chosen.length - right} not; ${cured} of ${curable} cures are right`);
process.exitCode = right === chosen.length ? 0 : 1;
