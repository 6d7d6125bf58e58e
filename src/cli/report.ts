/** From a case to the report on stdout (or in a file), and the exit code. */
import { writeFileSync } from 'node:fs';
import type { CaseFile } from '../case/case-file.js';
import { writeCase } from '../case/write.js';
import { checks } from '../checks/index.js';
import { renderAgent } from '../render/agent.js';
import { renderJson } from '../render/json.js';
import { renderTerminal } from '../render/terminal.js';
import { judge } from '../verdict/judge.js';
import { isSound } from '../verdict/sound.js';
import type { Verdict } from '../verdict/verdict.js';
import { exitCodeOf, UsageError } from './exit.js';
import type { ReportOptions } from './options.js';

/** Most of the program: loaded when something went wrong. */
export const loadCauses = async () => (await import('../causes/index.js')).causes;

/** The table of a sign-in: loaded where there was one. */
const loadSteps = async ({ evidence }: CaseFile) =>
  evidence.authorization?.status === 'seen'
    ? (await import('../verdict/authorization.js')).authorizationSteps
    : undefined;

export { rehearse } from '../verdict/rehearsal.js';

export const DEFAULT_WIDTH = 80;

/** Colours only for a terminal, and never against the user's word (https://no-color.org). */
export const colorful = ({ color, output }: Pick<ReportOptions, 'color' | 'output'>): boolean => {
  if (!color || process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR && process.env.FORCE_COLOR !== '0') return true;
  return output === undefined && process.stdout.isTTY === true && process.env.TERM !== 'dumb';
};

function render(verdict: Verdict, file: CaseFile, options: ReportOptions): string {
  if (options.format === 'json') return renderJson(verdict);
  if (options.format === 'agent') return renderAgent(verdict, file);
  return renderTerminal(verdict, file, { color: colorful(options), width: process.stdout.columns ?? DEFAULT_WIDTH });
}

/** @throws UsageError when the file cannot be written. */
export function save(path: string, text: string): void {
  try {
    // A case file is free of secrets, but it is still somebody's machine: for its owner alone.
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(
      `Cannot write ${path} (${(error as NodeJS.ErrnoException).code}). Give a path in a folder that exists and is yours.`,
    );
  }
}

/** Judge the case, write the report, and return the exit code. */
export async function report(file: CaseFile, options: ReportOptions): Promise<number> {
  const causes = isSound(file) ? [] : await loadCauses();
  const judged = judge(file, causes, checks, await loadSteps(file));
  // Of most targets there is no log of a client.
  const past =
    file.evidence.clientLog?.status === 'seen'
      ? (await import('../verdict/past-run.js')).pastRun(file, causes, judged.root)
      : undefined;
  const verdict = past ? { ...judged, pastRun: past } : judged;
  const text = render(verdict, file, options);
  // Files first: what cannot be written is a usage error, and stdout must not hold a report beside it.
  if (options.saveCase) save(options.saveCase, writeCase(file));
  if (options.output) save(options.output, text);
  else process.stdout.write(text);
  return exitCodeOf(verdict, options.failOn);
}
