import type { CaseFile } from '../case/case-file.js';
import type { Evidence, EvidenceKind } from '../case/evidence.js';

/** Force of a requirement: the words of RFC 2119 where the specification uses them, `advice` where it is ours. */
export type CheckLevel = 'MUST' | 'SHOULD' | 'MAY' | 'advice';

/** `warn`: a SHOULD or an advice is not met. `not-verified`: it applies but was not looked at. Neither of the last two is a pass. */
export type CheckOutcome = 'pass' | 'fail' | 'warn' | 'not-applicable' | 'not-verified';

export interface Judgement {
  outcome: CheckOutcome;
  /** One sentence with the particulars. */
  says: string;
  /** JSON pointers into the case file. */
  cites?: string[];
}

interface CheckSpec<N extends EvidenceKind, U extends EvidenceKind = never> {
  /** Id in the catalogue, for example LIF-01. Permanent. */
  id: string;
  title: string;
  level: CheckLevel;
  /** Address of the section that demands it, or empty for advice. */
  section: string;
  transport: 'stdio' | 'http' | 'both';
  /** Evidence without which the check is `not-verified`. */
  needs: readonly N[];
  /** Evidence that is read as well, where there is any. */
  uses?: readonly U[];
  test(given: { [K in N]: Evidence[K] } & { [K in U]?: Evidence[K] }): Judgement;
}

export interface Check extends Omit<CheckSpec<EvidenceKind>, 'test'> {
  judge(
    evidence: Partial<Evidence>,
    file: CaseFile,
  ): {
    id: string;
    title: string;
    level: CheckLevel;
    section: string;
    outcome: CheckOutcome;
    says: string;
    cites: string[];
  };
}

/** Declare a check. When evidence is missing the outcome is `not-verified` with the reason, never a pass. */
export function defineCheck<const N extends EvidenceKind, const U extends EvidenceKind = never>(
  spec: CheckSpec<N, U>,
): Check {
  const { id, title, level, section } = spec;
  return {
    ...(spec as unknown as Check),
    judge(evidence, file) {
      const result = (outcome: CheckOutcome, says: string, cites: string[] = []) => ({
        id,
        title,
        level,
        section,
        outcome,
        says,
        cites,
      });
      if (spec.transport !== 'both' && file.target.transport !== spec.transport)
        return result('not-applicable', `applies to ${spec.transport} only`);
      const missing = spec.needs.find((kind) => evidence[kind] === undefined);
      if (missing) {
        const attempt = file.evidence[missing];
        const why =
          attempt?.status === 'failed' ? attempt.error : attempt?.status === 'skipped' ? attempt.why : 'nobody looked';
        return result('not-verified', `no evidence about ${missing}: ${why}`);
      }
      const judged = spec.test(evidence as { [K in N]: Evidence[K] } & { [K in U]?: Evidence[K] });
      return result(judged.outcome, judged.says, judged.cites);
    },
  };
}
