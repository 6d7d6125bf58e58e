/** Rows of what a check says to which evidence, and the tests that they make. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/case/evidence.js';
import type { Check, CheckOutcome } from '../../../src/checks/check.js';
import { checks as all } from '../../../src/checks/index.js';
import { caseOf } from '../case.js';
import { type Told, walked } from './told.js';

export type Row = [id: string, outcome: CheckOutcome, says: RegExp, told?: Told];

export function judged(id: string, evidence: Partial<Evidence>) {
  const check = all.find((one) => one.id === id);
  const { outcome, says, cites } = check?.judge(evidence, caseOf(evidence)) ?? {};
  return { outcome, says, cites };
}

/** Each row holds, and each check can pass, and can do otherwise. */
export function holdTo(checks: readonly Check[], rows: Row[]): void {
  describe('evidence and what it means', () => {
    it.each(rows)('%s %s %s', (id, outcome, says, told) => {
      const found = judged(id, walked(told));
      expect(found).toMatchObject({ outcome, says: expect.stringMatching(says) });
      // Whatever is judged stands somewhere.
      if (['pass', 'fail', 'warn'].includes(outcome)) expect(found.cites).not.toEqual([]);
    });
  });

  it.each(checks)('$id passes, and does not always', ({ id }) => {
    const outcomes = rows.flatMap(([of, outcome]) => (of === id ? [outcome] : []));
    expect(outcomes).toContain('pass');
    expect(outcomes.some((outcome) => outcome === 'fail' || outcome === 'warn')).toBe(true);
  });

  it('each thing is said in one line of 80 columns, apart from addresses', () => {
    const long = rows.flatMap(([id, , , told]) => {
      const { says = '' } = judged(id, walked(told));
      return says.replace(/\S+:\S+/g, '').length > 58 ? [`${id}: ${says}`] : [];
    });
    expect(long).toEqual([]);
  });
}
