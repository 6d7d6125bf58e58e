/** Case files made by hand, for tests of everything that thinks. */
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { CASE_FORMAT } from '../../src/case/format.js';
import { evidenceOf, symptomsOf } from '../../src/case/symptoms.js';
import type { Example } from '../../src/causes/cause.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import type { Verdict } from '../../src/verdict/verdict.js';

/** A live-looking case that holds just this evidence, all of it seen. */
export function caseOf(evidence: Partial<Evidence>, target: Partial<CaseFile['target']> = {}): CaseFile {
  return {
    format: CASE_FORMAT,
    id: '0000000000000000',
    takenAt: '2026-01-01T00:00:00.000Z',
    tookMs: 0,
    origin: 'live',
    tool: { name: 'mcp-verdict', version: '0.0.0' },
    host: { os: 'linux', arch: 'x64' },
    target: { transport: evidence.http ? 'http' : 'stdio', label: 'example', ...target },
    evidence: Object.fromEntries(
      Object.entries(evidence).map(([kind, value]) => [kind, { status: 'seen', ms: 1, value }]),
    ) as CaseFile['evidence'],
    timeline: [],
    timelineOmitted: 0,
    redactions: [],
  };
}

/** The case of a cause's worked example. */
export const caseOfExample = (example: Example): CaseFile =>
  caseOf({ ...evidenceOf(example.symptoms ?? {}), ...example.evidence }, example.target);

/** What `explain` says of a pasted text. */
export const explained = (text: string): Verdict =>
  diagnose(caseOfSymptoms(symptomsOf(text), text, '2026-01-01T00:00:00.000Z'));
