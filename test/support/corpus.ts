/** The corpus of real failure reports, judged as `explain` judges them, and counted. */
import { readFileSync } from 'node:fs';
import { readSymptoms } from '../../src/case/read.js';
import { AREAS } from '../../src/causes/areas.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';

export interface Report {
  id: string;
  /** What the reporter could paste: symptoms JSON. */
  symptoms: Record<string, unknown>;
  /** `cause` is what the thread confirmed; `accept` are causes that these symptoms do not tell from it. */
  expected: { cause: string; accept?: string[] };
  /** Whether the symptoms suffice for a careful reader. */
  scored: boolean;
}

export interface Judged {
  report: Report;
  /** Findings, best first, as "id certainty". */
  found: { id: string; certainty: string }[];
  top1: boolean;
  top3: boolean;
  wrongCertain: boolean;
}

const CORPUS = new URL('../corpus/cases.json', import.meta.url);

/** The reports of a file: `{ "cases": [...] }` or a bare array. */
export function reportsIn(path: string | URL = CORPUS): Report[] {
  const value = JSON.parse(readFileSync(path, 'utf8')) as { cases: Report[] } | Report[];
  return Array.isArray(value) ? value : value.cases;
}

/** One report through the whole of `explain`: symptoms, case file, verdict. */
export function judge(report: Report): Judged {
  const { symptoms } = readSymptoms(report.symptoms);
  const verdict = diagnose(caseOfSymptoms(symptoms, symptoms.clientError, '2026-01-01T00:00:00.000Z'));
  const right = new Set([report.expected.cause, ...(report.expected.accept ?? [])]);
  const found = verdict.findings.map(({ id, certainty }) => ({ id, certainty }));
  return {
    report,
    found,
    top1: found[0] !== undefined && right.has(found[0].id),
    top3: found.slice(0, 3).some(({ id }) => right.has(id)),
    wrongCertain: found[0]?.certainty === 'certain' && !right.has(found[0].id),
  };
}

export interface Row {
  name: string;
  cases: number;
  top1: number;
  top3: number;
  wrongCertain: number;
  /** Nothing was found at all. */
  missed: number;
}

const count = (name: string, judged: Judged[]): Row => ({
  name,
  cases: judged.length,
  top1: judged.filter(({ top1 }) => top1).length,
  top3: judged.filter(({ top3 }) => top3).length,
  wrongCertain: judged.filter(({ wrongCertain }) => wrongCertain).length,
  missed: judged.filter(({ found }) => found.length === 0).length,
});

/** Reports of a server that a client starts: those that say so, or say nothing of a URL. */
export const isLocal = ({ symptoms }: Report): boolean => symptoms.transport === 'stdio';

/** The counts by area, then of local and remote servers, then of everything. */
export function table(judged: Judged[]): Row[] {
  const areas = AREAS.map((area) =>
    count(
      area,
      judged.filter(({ report }) => report.expected.cause.startsWith(`${area}-`)),
    ),
  );
  return [
    ...areas.filter(({ cases }) => cases > 0),
    count(
      'local (stdio)',
      judged.filter(({ report }) => isLocal(report)),
    ),
    count(
      'remote',
      judged.filter(({ report }) => !isLocal(report)),
    ),
    count('all', judged),
  ];
}
