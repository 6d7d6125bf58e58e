import type { CaseFile } from './case-file.js';
import type { Evidence } from './evidence.js';

/** Values as a case file holds them: each seen, in no time. */
export const asSeen = (evidence: Partial<Evidence>): CaseFile['evidence'] =>
  Object.fromEntries(
    Object.entries(evidence).map(([kind, value]) => [kind, { status: 'seen', ms: 0, value }]),
  ) as CaseFile['evidence'];
