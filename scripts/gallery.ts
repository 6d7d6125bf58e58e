/**
 * `npm run gallery [words]`: every configuration file of the gallery, judged: what is to be found, what was found, and whether what is
 * offered as a cure is one. `npm run gallery -- codex toml`: the files whose line holds these words.
 */
import { compared, type GalleryFile, galleryFiles, judge } from '../test/support/gallery.js';
import { curedAll, cureOf } from '../test/support/gallery-cures.js';

const WIDTH = Math.min(120, Math.max(80, process.stdout.columns ?? 120));
const COLUMNS = { client: WIDTH >= 104 ? 22 : 15, file: WIDTH >= 104 ? 33 : 24, format: 5, fixed: 6 };
/** What is left of a line for the rules, behind the marks and the gaps. */
const RULES = WIDTH - 2 - COLUMNS.client - COLUMNS.file - COLUMNS.format - COLUMNS.fixed - 4 - 8;

const cell = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

/** `syntax-comment x2, root-wrong-key` */
function rulesOf(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const rule = line.split(' ')[1] ?? '';
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return [...counts].map(([rule, count]) => (count > 1 ? `${rule} x${count}` : rule)).join(', ') || 'nothing';
}

interface Row {
  file: GalleryFile;
  expected: string[];
  found: string[];
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
  return {
    ...{ file, expected, found, curable: curable.length, cured: cures.filter((why) => why.length === 0).length },
    wrong: [...missing, ...extra, ...cures.flat(), ...curedAll(file).wrong],
  };
}

const words = process.argv.slice(2);
const out = (line: string): void => void process.stdout.write(`${line.trimEnd()}\n`);
const head = ['client', 'file', '', 'to be found', 'found', 'fixed'];
const print = (mark: string, [client, name, format, rules, found, fixed]: readonly string[]): void =>
  out(
    [
      mark,
      cell(client ?? '', COLUMNS.client),
      cell(name ?? '', COLUMNS.file),
      cell(format ?? '', COLUMNS.format),
      cell(rules ?? '', RULES),
      cell(found ?? '', 7),
      cell(fixed ?? '', COLUMNS.fixed),
    ].join(' '),
  );

const all = galleryFiles().filter(({ name, expectation, places }) =>
  words.every((word) => `${name} ${places[0]?.format} ${JSON.stringify(expectation)}`.includes(word)),
);
print(' ', head);
let right = 0;
let curable = 0;
let cured = 0;
for (const row of all.map(rowOf)) {
  const { file, expected, wrong } = row;
  if (wrong.length === 0) right++;
  curable += row.curable;
  cured += row.cured;
  print(wrong.length === 0 ? ' ' : '!', [
    file.client.id,
    file.file,
    file.places[0]?.format ?? '',
    rulesOf(expected),
    wrong.length === 0 ? 'the same' : 'other',
    row.curable === 0 ? '' : `${row.cured}/${row.curable}`,
  ]);
  for (const why of wrong) out(`    ${why}`);
}
const broken = all.filter(({ expectation }) => expectation.findings.length > 0).length;
out('');
out(
  `${all.length} files (${all.length - broken} with nothing to be found, ${broken} with something): ` +
    `${right} as expected, ${all.length - right} not; ${cured} of ${curable} cures are right`,
);
process.exitCode = right === all.length ? 0 : 1;
