/** The report for a person in a terminal: the cause first, the evidence quoted, the fix to paste, then how we know. */
import picocolors from 'picocolors';
import type { CaseFile } from '../case/case-file.js';
import { pointer } from '../case/pointer.js';
import type { Finding, Verdict } from '../verdict/verdict.js';

type FixStep = Finding['fix'][number];

import { authorizationBlock } from './authorization.js';
import { duration } from './duration.js';
import { escapeLine } from './escape.js';
import { describe, twoWorldsSentence } from './evidence.js';
import { pastRunBlock } from './past-run.js';
import { playedRows, playedTitle } from './played.js';

export interface TerminalOptions {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
}

type Paint = ReturnType<typeof picocolors.createColors>;

/** Words into lines of at most `width` characters; words longer than that stand alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return line ? [...lines, line] : lines;
}

const SIGN: Record<Verdict['status'], { sign: string; paint: 'green' | 'yellow' | 'red' | 'cyan' }> = {
  healthy: { sign: '✓', paint: 'green' },
  degraded: { sign: '!', paint: 'yellow' },
  broken: { sign: '✗', paint: 'red' },
  inconclusive: { sign: '?', paint: 'cyan' },
};

const CULPRIT: Record<Finding['culprit'], string> = {
  server: 'the server must be mended: its code, or how it is run',
  config: 'you must act: the entry in the client config',
  client: 'the client is at fault',
  runtime: 'you must act: the runtime on this machine',
  network: 'the network between you and the server',
  edge: 'the proxy or CDN in front of the server',
  platform: 'the platform that runs the server',
  auth: 'credentials: yours, or the authorization server',
};

const CLOSED: Record<Verdict['closedBy'], string> = {
  server: 'the server ended the connection',
  client: 'we ended the connection',
  edge: 'a proxy answered for the server',
  nobody: 'there never was a connection',
  unknown: '',
};

/** Why an experiment of the long series was not made. */
/** Checks of the way to a token: where the steps stand below, only what is wrong is told twice. */
const TOLD_BY_STEPS = /^AUT-(?:0[2-8]|1[0-8]|2[4-6]|30|33)$/;
const LONGER = ['--full', '--auth oauth'] as const;
const ONLY = LONGER.map((option) => `only with ${option}`);
const ONLY_WATCHED = 'only with --watch';

const MAX_LABEL = 34;

/** `label   text` rows; the text is wrapped under itself. Labels longer than the column stand on their own line. */
function rows(pairs: [string, string][], { width }: TerminalOptions, paint: Paint, indent = 4): string[] {
  // A label that is too long for the column stands on a line of its own, and widens it for nobody.
  const column = Math.max(0, ...pairs.map(([label]) => label.length).filter((length) => length <= MAX_LABEL));
  return pairs.flatMap(([label, text]) => {
    const room = Math.max(20, width - indent - column - 3);
    // What is quoted here is read, not pasted: a word without an end (JSON, a token) is broken.
    const lines = wrap(text.replace(new RegExp(`\\S{${room}}(?=\\S)`, 'g'), '$& '), room);
    const pad = ' '.repeat(indent);
    if (label.length > column)
      return [pad + paint.dim(label), ...lines.map((line) => pad + ' '.repeat(column + 3) + line)];
    return lines.map((line, i) => `${pad}${i === 0 ? paint.dim(label.padEnd(column)) : ' '.repeat(column)}   ${line}`);
  });
}

/** How its client calls a declared server. */
const declaredName = ({ evidence, target }: CaseFile): string | undefined =>
  target.declaredIn && evidence.config?.status === 'seen'
    ? `${evidence.config.value.client}:${evidence.config.value.server}`
    : undefined;

/** Status and target on one line; where that is too long, the transport stands below. */
function header(verdict: Verdict, file: CaseFile, { width }: TerminalOptions, paint: Paint): string[] {
  const { sign, paint: color } = SIGN[verdict.status];
  const where = file.target.declaredIn
    ? `, declared in ${escapeLine(file.target.declaredIn.file)}${file.target.declaredIn.line ? `:${file.target.declaredIn.line}` : ''}`
    : '';
  const transport =
    file.target.transport === 'unknown'
      ? file.target.declaredIn
        ? 'nothing to start'
        : 'pasted report'
      : `${file.target.transport}${file.origin === 'reported' ? ', as reported' : ''}`;
  const status = paint[color](`${sign} ${paint.bold(verdict.status)}`);
  const name = declaredName(file);
  const label = `${name && name !== file.target.label ? `${escapeLine(name, 80)}   ` : ''}${escapeLine(file.target.label, 200)}`;
  const start = verdict.status.length + 5;
  if (start + label.length + 3 + transport.length + where.length <= width)
    return [`${status}   ${label}   ${paint.dim(transport + where)}`];
  // A command line is never wrapped: it is there to be copied.
  return [
    `${status}   ${label}`,
    ...wrap(transport + where, width - start).map((line) => ' '.repeat(start) + paint.dim(line)),
  ];
}

function findingBlock(
  finding: Finding,
  verdict: Verdict,
  file: CaseFile,
  options: TerminalOptions,
  paint: Paint,
): string[] {
  const says = wrap(escapeLine(finding.says, 1_000), options.width - 2).map((line) => `  ${paint.bold(line)}`);
  const described = finding.cites.slice(0, 5).map((cite) => describe(file, cite));
  const blocks = described.flatMap(({ label, block }) =>
    block
      ? [
          `    ${paint.dim(escapeLine(label, 200))}`,
          ...block(options.width - 6).map((line) => `      ${/^ *│ *\^+$/.test(line) ? paint.red(line) : line}`),
          '',
        ]
      : [],
  );
  const evidence = described
    .filter(({ block }) => !block)
    .map(({ label, text }): [string, string] => [escapeLine(label, 60), escapeLine(text, 240)]);
  const exitCited = finding.cites.some(({ at }) => at.startsWith(pointer('evidence', 'process', 'value', 'exit')));
  if (
    verdict.process &&
    !exitCited &&
    file.evidence.process?.status === 'seen' &&
    file.evidence.process.value.exit?.by === 'itself'
  ) {
    const { exitCode, signal, lifetimeMs, meaning, moment } = verdict.process;
    const after = moment ? `, ${moment}` : lifetimeMs > 0 ? `, ${duration(lifetimeMs)} after the start` : '';
    evidence.push([signal ? `signal ${signal}` : `exit code ${exitCode}`, `${meaning}${after}`]);
  }
  // Over HTTP every exchange ends by itself: that we asked no more says nothing.
  const told = file.target.transport === 'http' && verdict.closedBy === 'client' ? '' : CLOSED[verdict.closedBy];
  // The table of the steps names the party more closely.
  const acts = verdict.authorization.find(({ step }) => step === finding.facts.step)?.acts ?? CULPRIT[finding.culprit];
  evidence.push([told || 'who acts', acts]);
  return [
    ...says,
    `  ${paint.dim(`${finding.certainty} · ${finding.id}`)}`,
    '',
    ...worldsBlock(file, options),
    ...blocks,
    ...rows(evidence, options, paint),
  ];
}

/** "Works in my terminal", answered. */
function worldsBlock(file: CaseFile, { width }: TerminalOptions): string[] {
  const sentence = twoWorldsSentence(file);
  return sentence ? [...wrap(escapeLine(sentence, 1_000), width - 2).map((line) => `  ${line}`), ''] : [];
}

function stepsBlock(title: string, fix: FixStep[], options: TerminalOptions, paint: Paint): string[] {
  if (!fix.length) return [];
  const steps = fix.flatMap((step, i) => {
    const say = wrap(escapeLine(step.say, 600), options.width - 8).map(
      (line, n) => `    ${n === 0 ? `${i + 1}  ` : '   '}${line}`,
    );
    // What is to be pasted is never wrapped: a line break in it would be pasted along.
    const run = step.run ? [`         ${paint.green(escapeLine(step.run, 2_000))}`] : [];
    const edit = step.edit
      ? step.edit.to.split('\n').map((line) => `         ${paint.green(escapeLine(line, 2_000))}`)
      : [];
    return [...say, ...run, ...edit];
  });
  return ['', `  ${paint.bold(title)}`, ...steps];
}

function pathBlock(verdict: Verdict, options: TerminalOptions, paint: Paint): string[] {
  if (!verdict.path.length) return [];
  const steps = verdict.path.map(({ question, answer }): [string, string] => [question, escapeLine(answer, 240)]);
  const { root } = verdict;
  // Below the answers.
  const indent = Math.min(Math.max(...steps.map(([question]) => question.length)), 34) + 7;
  const end = root
    ? wrap(`→ ${root.id.split('-')[0]} → ${root.id}`, options.width - indent).map((line) => ' '.repeat(indent) + line)
    : [];
  return ['', `  ${paint.bold('How we know')}`, ...rows(steps, options, paint), ...end];
}

function othersBlock(title: string, findings: Finding[], { width }: TerminalOptions, paint: Paint): string[] {
  if (!findings.length) return [];
  const says = findings
    .slice(0, 5)
    .flatMap((f) =>
      wrap(`${escapeLine(f.says, 400)} (${f.certainty})`, width - 6).map(
        (line, i) => `    ${i === 0 ? '·' : ' '} ${line}`,
      ),
    );
  return ['', `  ${paint.bold(title)}`, ...says];
}

function checkBlock(verdict: Verdict, options: TerminalOptions, paint: Paint): string[] {
  const shown = verdict.checks.filter(
    ({ outcome, says }) => outcome !== 'not-applicable' || !says.startsWith('applies to'),
  );
  if (!shown.length) return [];
  const sign = {
    pass: paint.green('✓'),
    fail: paint.red('✗'),
    warn: paint.yellow('!'),
    'not-applicable': paint.dim('-'),
    'not-verified': paint.dim('?'),
  };
  const isTold = ({ id, outcome }: (typeof shown)[number]): boolean =>
    verdict.authorization.length > 0 && TOLD_BY_STEPS.test(id) && outcome !== 'fail' && outcome !== 'warn';
  const told = shown.filter((check) => isTold(check) && check.outcome === 'pass').length;
  // What only a longer run looks at is one line, not one for each.
  const listed = shown.filter(
    (check) => !ONLY.includes(check.says) && !check.says.endsWith(ONLY_WATCHED) && !isTold(check),
  );
  const column = Math.max(...listed.map(({ title }) => title.length));
  const more = LONGER.flatMap((option, i) => {
    const later = shown.filter(({ says }) => says === ONLY[i]).length;
    return later
      ? [
          `  ${paint.dim(`${sign['not-verified']} ${later} more ${later === 1 ? 'is' : 'are'} looked at with ${option}`)}`,
        ]
      : [];
  });
  const lines = listed.flatMap(({ title, outcome, says }) =>
    wrap(escapeLine(says, 300), options.width - column - 8).map((line, i) => {
      const text = outcome === 'not-applicable' || outcome === 'not-verified' ? paint.dim(line) : line;
      return i === 0 ? `  ${sign[outcome]} ${title.padEnd(column)}   ${text}` : `    ${' '.repeat(column)}   ${text}`;
    }),
  );
  const below = told > 0 ? [`  ${sign.pass} ${told} more of the way to a token, which stands below`] : [];
  return [...lines, ...below, ...more];
}

/** The whole report. Every line ends with a newline; nothing from the case reaches the terminal unescaped. */
export function renderTerminal(verdict: Verdict, file: CaseFile, options: TerminalOptions): string {
  const paint = picocolors.createColors(options.color);
  const width = { ...options, width: Math.max(40, Math.min(options.width, 110)) };
  const { root } = verdict;
  const lines = [...header(verdict, file, width, paint), ''];
  if (root && verdict.status === 'healthy')
    lines.push(
      ...checkBlock(verdict, width, paint),
      ...authorizationBlock(verdict, width.width, paint),
      ...othersBlock('Worth mending', verdict.findings, width, paint),
    );
  else if (root) {
    lines.push(
      ...findingBlock(root, verdict, file, width, paint),
      ...stepsBlock('Fix', root.fix, width, paint),
      ...authorizationBlock(verdict, width.width, paint),
      ...pathBlock(verdict, width, paint),
    );
    const others = verdict.findings.slice(1).filter(({ role }) => role === 'contributing');
    lines.push(...othersBlock('Also seen', others, width, paint));
    const works = file.evidence.handshake?.status === 'seen' && file.evidence.handshake.value.used !== undefined;
    if (works) lines.push('', `  ${paint.bold('What was verified')}`, ...checkBlock(verdict, width, paint));
  } else if (file.origin === 'reported') {
    lines.push(...wrap('Nothing in the text names a cause.', width.width - 2).map((l) => `  ${l}`));
    lines.push(...pathBlock(verdict, width, paint));
  } else {
    lines.push(
      ...worldsBlock(file, width),
      ...checkBlock(verdict, width, paint),
      ...authorizationBlock(verdict, width.width, paint),
    );
    if (verdict.status === 'inconclusive') {
      const [missing] = verdict.unanswered;
      lines.push(
        '',
        ...wrap(
          `Not everything could be looked at${missing ? `: ${missing.missing.join(', ')}, ${missing.because}` : ''}. That is no proof of health.`,
          width.width - 2,
        ).map((l) => `  ${l}`),
      );
    }
  }
  const played = playedRows(file).map(([label, text]): [string, string] => [label, escapeLine(text, 400)]);
  if (played.length)
    lines.push('', `  ${paint.bold(escapeLine(playedTitle(file), 80))}`, ...rows(played, width, paint));
  lines.push(...pastRunBlock(verdict, file, width.width, wrap, paint));
  lines.push(...stepsBlock('Look next', verdict.next, width, paint));
  if (file.origin === 'live') lines.push('', `  ${paint.dim(`${duration(file.tookMs)} in all`)}`);
  return `${lines.join('\n')}\n`;
}
