/** Checks and causes read the same walk, each by rules of its own: where they must come to the same. */
import type { CaseFile } from '../../../src/case/case-file.js';
import type { FaultId } from '../../../src/causes/oauth-faults.js';
import { faultsOf } from '../../../src/causes/oauth-steps.js';
import type { CheckOutcome } from '../../../src/checks/check.js';
import { checks } from '../../../src/checks/index.js';
import { seen } from '../../../src/verdict/judge.js';

/** The checks that a fault shows in: one of them must come out like that. */
const SHOWS: Partial<Record<FaultId, [string[], CheckOutcome[]]>> = {
  'challenge-absent': [['AUT-02'], ['warn']],
  'challenge-not-401': [['AUT-01'], ['fail']],
  'resource-metadata-missing': [['AUT-03', 'AUT-04'], ['fail']],
  'resource-metadata-pointer-dead': [['AUT-03'], ['fail']],
  'resource-metadata-invalid': [['AUT-03', 'AUT-04'], ['fail']],
  'resource-metadata-unread': [
    ['AUT-03', 'AUT-04'],
    ['fail', 'not-verified'],
  ],
  'resource-absent': [['AUT-06'], ['fail']],
  'resource-mismatch': [['AUT-06'], ['fail']],
  'resource-prefix': [['AUT-06'], ['warn']],
  'authorization-servers-absent': [['AUT-05'], ['fail']],
  'fallback-only': [['AUT-03'], ['warn']],
  'server-metadata-missing': [['AUT-10'], ['fail', 'warn']],
  'server-metadata-misplaced': [['AUT-10', 'AUT-12'], ['fail']],
  'server-metadata-invalid': [['AUT-10'], ['fail']],
  'server-metadata-unread': [['AUT-10'], ['fail', 'warn', 'not-verified']],
  'issuer-mismatch': [['AUT-11'], ['fail']],
  'issuer-template': [['AUT-11'], ['fail']],
  'issuer-slash': [['AUT-11'], ['warn']],
  'pkce-absent': [['AUT-13'], ['warn']],
  'pkce-without-s256': [['AUT-13'], ['fail']],
  'address-unsafe': [['AUT-14', 'AUT-33', 'AUT-03'], ['fail']],
  'registration-none': [['AUT-18'], ['warn']],
  'response-issuer': [['AUT-24'], ['fail']],
};

/** What stops no client, so that no cause tells it: who is let in. */
const OWN = ['AUT-01', 'AUT-19', 'AUT-21', 'AUT-22', 'AUT-23', 'AUT-31', 'AUT-32'];

/** Faults without their check, and failed checks without their fault. */
export function disagreements(file: CaseFile): string[] {
  const evidence = seen(file);
  const outcomes = new Map(checks.map((check) => [check.id, check.judge(evidence, file).outcome]));
  const faults = faultsOf(evidence).flatMap(({ id, certainty }) => {
    const shows = SHOWS[id];
    // What may be no fault at all is none for a check.
    return shows && certainty !== 'possible' ? [{ id, ids: shows[0], wanted: shows[1] }] : [];
  });
  const silent = faults.filter(({ ids, wanted }) => !ids.some((id) => wanted.includes(outcomes.get(id) ?? 'pass')));
  const failed = [...outcomes].filter(
    ([id, outcome]) =>
      id.startsWith('AUT-') && outcome === 'fail' && !OWN.includes(id) && !faults.some(({ ids }) => ids.includes(id)),
  );
  return [
    ...silent.map(({ id, ids }) => `${id} does not show in ${ids.join(', ')}`),
    ...failed.map(([id]) => `${id} fails without a fault`),
  ];
}
