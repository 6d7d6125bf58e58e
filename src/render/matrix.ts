/** The compatibility matrix for people and programs. Everything that came from the target is escaped here. */
import picocolors from 'picocolors';
import type { Matrix, MatrixGroup, MatrixOutcome, MatrixRow, MatrixStatus } from '../verdict/matrix.js';
import { cells, column, lines } from './cells.js';
import { escapeJson, escapeLine } from './escape.js';

export interface MatrixOptions {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
}

type Paint = ReturnType<typeof picocolors.createColors>;
type Color = 'green' | 'yellow' | 'red' | 'cyan';

const SIGN: Record<MatrixOutcome, { sign: string; word: string; paint: Color }> = {
  works: { sign: '✓', word: 'works', paint: 'green' },
  limited: { sign: '!', word: 'limited', paint: 'yellow' },
  fails: { sign: '✗', word: 'fails', paint: 'red' },
  'not-known': { sign: '?', word: 'not known', paint: 'cyan' },
};

const HEAD: Record<MatrixStatus, { sign: string; word: string; paint: Color }> = {
  works: { sign: '✓', word: 'works everywhere', paint: 'green' },
  limited: { sign: '!', word: 'limited in some clients', paint: 'yellow' },
  'client-specific': { sign: '!', word: 'fails in some clients', paint: 'yellow' },
  server: { sign: '✗', word: 'the server is at fault', paint: 'red' },
  fails: { sign: '✗', word: 'fails in every client', paint: 'red' },
  'not-known': { sign: '?', word: 'not known', paint: 'cyan' },
};

const RESULT = 9;
const MAX_WORDS = 3;
const MAX_STEPS = 3;

const nameOf = ({ name, version }: MatrixRow): string =>
  escapeLine(version === undefined ? name : `${name} ${version}`, 60);

function table({ rows }: Matrix, width: number, paint: Paint): string[] {
  const names = Math.min(28, Math.max(6, ...rows.map((row) => cells(nameOf(row)))));
  const room = Math.max(20, width - names - RESULT - 8);
  const head = `    ${column('Client', names)}  ${column('Result', RESULT)}  Why`;
  return [
    paint.dim(head),
    ...rows.flatMap((row) => {
      const { sign, word, paint: color } = SIGN[row.outcome];
      const [first = '', ...more] = lines(escapeLine(row.words, 300), room, MAX_WORDS);
      const known = row.guessed ? '~' : ' ';
      return [
        `  ${paint[color](sign)} ${column(nameOf(row), names)}${paint.dim(known)} ${paint[color](column(word, RESULT))}  ${first}`,
        ...more.map((line) => `${' '.repeat(names + RESULT + 8)}${line}`),
      ];
    }),
  ];
}

const names = (clients: string[]): string => clients.map((name) => escapeLine(name, 60)).join(', ');

const wrapped = (text: string, width: number, indent: string, first = indent): string[] =>
  lines(text, width - cells(indent)).map((line, i) => `${i === 0 ? first : indent}${line}`);

function groupBlock(group: MatrixGroup, width: number, paint: Paint): string[] {
  const { sign, paint: color } = SIGN[group.outcome];
  const steps = group.fix.slice(0, MAX_STEPS).flatMap((step, i) => [
    ...wrapped(escapeLine(step.say, 400), width, '       ', `    ${i + 1}  `),
    // What is to be pasted is never wrapped.
    ...[step.run, step.edit?.to].flatMap((text) =>
      text ? text.split('\n').map((line) => `         ${paint.green(escapeLine(line, 2_000))}`) : [],
    ),
  ]);
  return [
    '',
    ...wrapped(names(group.clients), width, '    ', `  ${paint[color](sign)} `).map((line) => paint.bold(line)),
    ...wrapped(escapeLine(group.says, 600), width, '    '),
    ...group.differences.flatMap(({ says }) => wrapped(escapeLine(says, 400), width, '    ')),
    `    ${paint.dim(`${group.certainty} · ${group.cause}`)}`,
    ...steps,
  ];
}

/** What the mark behind a name means. */
function guessedBlock({ rows, target }: Matrix, width: number, paint: Paint): string[] {
  const guessed = rows.filter((row) => row.guessed).length;
  if (guessed === 0) return [];
  const what =
    target.transport === 'http'
      ? 'which transports are tried'
      : 'which variables are handed on, or in which folder a server is started';
  const text = `~ Of ${guessed === 1 ? '1 client' : `${guessed} clients`} it is not known ${what}; it was played as the SDK does it. Client by client: --format json.`;
  return ['', ...wrapped(text, width, '    ', '  ').map((line) => paint.dim(line))];
}

/** For a person in a terminal. Every line ends with a newline. */
export function renderMatrix(matrix: Matrix, { color, width: asked }: MatrixOptions): string {
  const paint = picocolors.createColors(color);
  const width = Math.max(60, Math.min(asked, 110));
  const { sign, word, paint: hue } = HEAD[matrix.status];
  const { rows, launches, groups, target } = matrix;
  const number = rows.length === 1 ? '1 client' : `${rows.length} clients`;
  const made = `${number}, ${launches === 1 ? '1 launch' : `${launches} launches`}`;
  const told = [
    `${paint[hue](`${sign} ${paint.bold(word)}`)}   ${paint.dim(made)}`,
    `  ${escapeLine(target.label, 200)}`,
    '',
    ...wrapped(escapeLine(matrix.says, 800), width, '  '),
    '',
    ...table(matrix, width, paint),
    ...groups.filter(({ outcome }) => outcome !== 'not-known').flatMap((group) => groupBlock(group, width, paint)),
    ...guessedBlock(matrix, width, paint),
  ];
  return `${told.join('\n')}\n`;
}

/** One JSON document. */
export const renderMatrixJson = (matrix: Matrix): string => `${escapeJson(JSON.stringify(matrix, null, 2))}\n`;

/** Text in a cell of a table of Markdown, or in a paragraph: nothing in it is markup. */
const plain = (text: string, max = 300): string =>
  escapeLine(text, max).replace(/[\\`*_{}[\]<>()#+|~&!-]/g, (char) => `&#${char.codePointAt(0)};`);

/** A code span: the fence is longer than any run of backticks in it. */
function code(text: string): string {
  const line = escapeLine(text, 2_000);
  const fence = '`'.repeat(Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  return `${fence} ${line} ${fence}`;
}

/** For an issue or a page. */
export function renderMatrixMarkdown(matrix: Matrix): string {
  const rows = matrix.rows.map(
    (row) =>
      `| ${plain(nameOf(row))} | ${SIGN[row.outcome].sign} ${SIGN[row.outcome].word} | ${plain(row.words)} | ${row.cause ?? ''} |`,
  );
  const groups = matrix.groups
    .filter(({ outcome }) => outcome !== 'not-known')
    .flatMap((group) => [
      '',
      `### ${plain(group.clients.join(', '))}`,
      '',
      [group.says, ...group.differences.map(({ says }) => says)].map((text) => plain(text, 600)).join(' '),
      '',
      ...group.fix
        .slice(0, MAX_STEPS)
        .map((step, i) => `${i + 1}. ${plain(step.say, 400)}${step.run ? ` ${code(step.run)}` : ''}`),
    ]);
  const text = [
    `## ${HEAD[matrix.status].sign} ${HEAD[matrix.status].word[0]?.toUpperCase()}${HEAD[matrix.status].word.slice(1)}`,
    '',
    code(matrix.target.label),
    '',
    plain(matrix.says, 800),
    '',
    '| Client | Result | Why | Cause |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...groups,
  ];
  return `${text.join('\n')}\n`;
}
