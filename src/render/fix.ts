/** What `fix` would change, or changed: the diff, what each change cures, what stays and why, and the command that comes next. */
import picocolors from 'picocolors';
import type { Level } from '../config/config.js';
import type { Verdict } from '../verdict/verdict.js';
import { diffLines, type Hunk, unified } from './diff.js';
import { escapeJson, escapeLine } from './escape.js';
import { wrap } from './terminal.js';

export const FIX_FORMAT = 'mcp-verdict.fix/1';

/** Something that a change cures, or that stays. */
export interface Told {
  /** Id of the rule, of the root cause, or `set` for a value of the user. */
  id: string;
  /** Absent of what no rule found. */
  level?: Level;
  server?: string;
  /** In the file as it is now; from 1. */
  line: number;
  column: number;
  says: string;
}

/** What stays, and what a person can do. */
export interface Left extends Told {
  fix: string;
}

/** Of a verdict the part that counts here. */
export interface Outcome {
  status: Verdict['status'];
  /** Id of the root cause; absent when nothing is wrong. */
  cause?: string;
  says: string;
}

export interface FileFix {
  client: string;
  clientName: string;
  scope: string;
  /** With `~` for the home folder. */
  file: string;
  hunks: Hunk[];
  /** "UTF-16 LE", when the text is written in UTF-8 instead. */
  recodedFrom?: string;
  changes: Told[];
  left: Left[];
  /** Why nothing can be changed, a sentence. */
  refused?: string;
  /** Where the text before lies; present when it was written. */
  backup?: string;
}

export interface FixReport {
  /** `nothing`: there is nothing to change. `shown`: nothing was written. `undone`: the text before is back. */
  outcome: 'nothing' | 'shown' | 'applied' | 'undone' | 'refused';
  /** What was asked for: `cursor:weather`. */
  target: string;
  files: FileFix[];
  /** Variables that only the user has a value for. */
  needs: { name: string; inShell: boolean }[];
  before?: Outcome;
  /** With everything that would be written; present when nothing was. */
  expected?: Outcome;
  /** After it was written. */
  after?: Outcome;
  /** Why the server was not started. */
  notStarted?: string;
  /** How the client reads its configuration again. */
  reload?: string;
  /** What to run next, and why. */
  next: { says: string; run: string }[];
}

export interface FixOptions {
  color: boolean;
  width: number;
}

type Paint = ReturnType<typeof picocolors.createColors>;

const SIGN = { healthy: '✓', degraded: '!', broken: '✗', inconclusive: '?' } as const;
const COLOR = { healthy: 'green', degraded: 'yellow', broken: 'red', inconclusive: 'cyan' } as const;

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Paragraphs below a label, all in one column. */
function labelled(label: string, texts: [string, (line: string) => string][], width: number, column: number): string[] {
  const indent = 4 + column + 3;
  return texts
    .flatMap(([text, paint]) => wrap(text, width - indent).map(paint))
    .map((line, i) => `    ${(i === 0 ? label : '').padEnd(column)}   ${line}`);
}

const same = (line: string): string => line;

/** What is said in the same words of several places is said once. */
function together(told: readonly (Told & { fix?: string })[]): (Told & { fix?: string; also: number[] })[] {
  const groups = new Map<string, Told & { fix?: string; also: number[] }>();
  for (const one of told) {
    const key = JSON.stringify([one.id, one.level, one.says, one.fix]);
    const first = groups.get(key);
    if (!first) groups.set(key, { ...one, also: [] });
    else if (first.line !== one.line && !first.also.includes(one.line)) first.also.push(one.line);
  }
  return [...groups.values()];
}

/** Lines of a long list. */
const MAX_LINES = 8;

function linesOf(also: readonly number[]): string {
  if (also.length === 0) return '';
  const more = also.length > MAX_LINES ? ` and ${also.length - MAX_LINES} more` : '';
  const named = also.slice(0, MAX_LINES);
  const last = named.length > 1 && !more ? ` and ${named.pop()}` : '';
  return ` The same on line${also.length > 1 ? 's' : ''} ${named.join(', ')}${last}${more}.`;
}

function toldBlock(title: string, all: readonly (Told & { fix?: string })[], width: number, paint: Paint): string[] {
  const told = together(all);
  if (told.length === 0) return [];
  const labels = told.map(({ line }) => `line ${line}`);
  const column = Math.max(...labels.map((label) => label.length));
  return [
    '',
    `  ${paint.bold(title)}`,
    ...told.flatMap(({ says, fix, level, id, also }, i) => [
      ...labelled(
        labels[i] ?? '',
        [
          [escapeLine(says, 600) + linesOf(also), same],
          ...(fix ? ([[escapeLine(fix, 600), same]] as [string, typeof same][]) : []),
          [`${level ? `${level} · ` : ''}${id}`, paint.dim],
        ],
        width,
        column,
      ),
    ]),
  ];
}

function head({ outcome, target, files, needs, before }: FixReport, paint: Paint): string {
  const changes = files.reduce((sum, file) => sum + file.changes.length, 0);
  const left = files.reduce((sum, file) => sum + file.left.length, 0);
  const words = {
    nothing: needs.length
      ? paint.yellow(`! ${paint.bold('a value is missing')}`)
      : left || (before && before.status !== 'healthy')
        ? paint.yellow(`! ${paint.bold('nothing to change')}`)
        : paint.green(`✓ ${paint.bold('nothing to fix')}`),
    shown: paint.yellow(`! ${paint.bold(`${count(changes, 'fix', 'fixes')} to apply`)}`),
    applied: paint.green(`✓ ${paint.bold(`${count(changes, 'fix', 'fixes')} applied`)}`),
    undone: paint.green(`✓ ${paint.bold('put back')}`),
    refused: paint.red(`✗ ${paint.bold('not put back')}`),
  }[outcome];
  return `${words}   ${escapeLine(target, 200)}`;
}

function fileBlock(file: FileFix, outcome: FixReport['outcome'], options: FixOptions, paint: Paint): string[] {
  const { hunks, recodedFrom, changes, left, refused } = file;
  const whose = [file.clientName, file.scope].filter(Boolean).join(', ');
  const where = `  ${paint.dim(`${whose}: ${escapeLine(file.file, 200)}`)}`;
  const title = { nothing: '', shown: 'What it cures', applied: 'What it cured', undone: '', refused: '' }[outcome];
  return [
    ...(hunks.length ? ['', ...diffLines(hunks, { file: file.file, note: whose, ...options })] : ['', where]),
    ...(recodedFrom ? ['', `  The whole file is written in UTF-8 in place of ${recodedFrom}.`] : []),
    ...toldBlock(title, changes, options.width, paint),
    ...toldBlock('What stays', left, options.width, paint),
    ...(refused ? ['', ...wrap(escapeLine(refused, 600), options.width - 2).map((line) => `  ${line}`)] : []),
  ];
}

function outcomeBlock(
  { before, expected, after, notStarted }: FixReport,
  { width }: FixOptions,
  paint: Paint,
): string[] {
  const row = (label: string, { status, says, cause }: Outcome): string[] => {
    const lead = `    ${label.padEnd(8)} ${SIGN[status]} ${status.padEnd(12)} `;
    const lines = wrap(escapeLine(says, 400), width - lead.length);
    const colored = `    ${label.padEnd(8)} ${paint[COLOR[status]](`${SIGN[status]} ${paint.bold(status)}`)}${' '.repeat(13 - status.length)}`;
    return [
      ...lines.map((line, i) => (i === 0 ? colored : ' '.repeat(lead.length)) + line),
      ...(cause ? [' '.repeat(lead.length) + paint.dim(cause)] : []),
    ];
  };
  const later = after ?? expected;
  const rows = [
    ...(before ? row(later ? 'before' : 'now', before) : []),
    ...(later ? row(after ? (before ? 'after' : 'now') : 'fixed', later) : []),
  ];
  const said = notStarted ? wrap(escapeLine(notStarted, 400), width - 4).map((line) => `    ${paint.dim(line)}`) : [];
  if (rows.length + said.length === 0) return [];
  return ['', `  ${paint.bold('The server')}`, ...rows, ...(rows.length && said.length ? [''] : []), ...said];
}

/** The whole report. Every line ends with a newline; nothing from a file reaches the terminal unescaped. */
export function renderFix(report: FixReport, { color, width: columns }: FixOptions): string {
  const paint = picocolors.createColors(color);
  const width = Math.max(40, Math.min(columns, 110));
  const { files, needs, outcome, reload, next } = report;
  const column = Math.max(0, ...needs.map(({ name }) => name.length));
  const lines = [
    head(report, paint),
    ...files.flatMap((file) => fileBlock(file, outcome, { color, width }, paint)),
    ...outcomeBlock(report, { color, width }, paint),
    ...(reload && outcome === 'applied'
      ? ['', ...wrap(escapeLine(reload, 400), width - 2).map((line) => `  ${line}`)]
      : []),
    ...(needs.length ? ['', `  ${paint.bold('Only you have the value')}`] : []),
    ...needs.flatMap(({ name, inShell }) => {
      const how = inShell
        ? `--set ${name} takes the value that your shell has`
        : `--set ${name}=<value>, or --set ${name} when your shell has it (then it is in no history)`;
      return labelled(name, [[how, same]], width, column);
    }),
    ...next.flatMap(({ says, run }) => [
      '',
      ...wrap(escapeLine(says, 400), width - 2).map((line) => `  ${line}`),
      // What is to be pasted is never wrapped.
      `    ${paint.green(escapeLine(run, 2_000))}`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as one JSON document. */
export function renderFixJson(report: FixReport, tool: { name: string; version: string }): string {
  const { files, ...rest } = report;
  const document = {
    format: FIX_FORMAT,
    tool,
    ...rest,
    files: files.map(({ hunks, ...file }) => ({ ...file, diff: unified(hunks) })),
  };
  return `${escapeJson(JSON.stringify(document, null, 2))}\n`;
}
