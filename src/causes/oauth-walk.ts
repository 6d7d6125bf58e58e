/** How the causes of the area auth find themselves in a walk through OAuth. */
import type { Evidence } from '../case/evidence.js';
import type { Live } from './cause.js';
import { type CauseOfFault, CULPRIT_OF, type Fault, STEPS, type Step } from './oauth-faults.js';
import { faultsOf } from './oauth-steps.js';
import { TOPIC, topicFix, topicMatch, topicSays } from './oauth-topics.js';
import { fixOf, sayOf } from './oauth-words.js';

/** The steps that a walk looked at, whether or not it found fault with them. */
function lookedAt({ authorization: walk }: Partial<Evidence>): Set<Step> {
  if (!walk) return new Set();
  const steps: [Step, boolean][] = [
    ['resource-metadata', walk.resourceMetadata.length > 0],
    ['server-metadata', walk.serverMetadata.length > 0],
    ['registration', walk.registration !== undefined && walk.registration.outcome !== 'not-tried'],
    ['authorization', walk.request !== undefined && walk.request.answer !== 'not-asked'],
    ['sign-in', walk.response !== undefined],
    ['token', walk.grants.length > 0],
    ['access', walk.access.length > 0],
  ];
  return new Set(steps.flatMap(([step, looked]) => (looked ? [step] : [])));
}

/** The step at which each cause shows. */
const STEP_OF: Partial<Record<NonNullable<CauseOfFault>, Step>> = {
  'auth-metadata-missing': 'server-metadata',
  'auth-metadata-unsafe': 'server-metadata',
  'auth-resource-mismatch': 'resource-metadata',
  'auth-issuer-mismatch': 'server-metadata',
  'auth-pkce-unsupported': 'server-metadata',
  'auth-registration-unsupported': 'registration',
  'auth-redirect-uri-mismatch': 'authorization',
  'auth-sign-in-refused': 'sign-in',
  'auth-token-request-refused': 'token',
  'auth-audience-mismatch': 'access',
};

/** What stops every client stands before what stops some; then the earlier step. */
const orderOf = ({ severity, step }: Fault): number => (severity === 'broken' ? 0 : STEPS.length) + STEPS.indexOf(step);

/** A cause as the walk shows it. */
export function fromWalk(cause: NonNullable<CauseOfFault>): Live {
  return {
    match(given) {
      const fault = faultsOf(given)
        .filter((one) => one.cause === cause)
        .sort((a, b) => orderOf(a) - orderOf(b))[0];
      if (!fault) return null;
      const { step, party, severity } = fault;
      return {
        certainty: fault.certainty,
        severity,
        culprit: CULPRIT_OF[party],
        order: orderOf(fault),
        cites: fault.cites,
        facts: {
          ...fault.particulars,
          url: given.authorization?.resource ?? null,
          fault: fault.id,
          step,
          party,
          // Behind the registration every client is treated alike.
          stops: severity === 'broken' || STEPS.indexOf(step) >= STEPS.indexOf('authorization'),
        },
      };
    },
    excludes(given) {
      // What was pasted is no walk of ours, and may be half of one.
      if (!given.authorization || !isOurs(given)) return false;
      const step = STEP_OF[cause];
      if (step !== undefined && lookedAt(given).has(step)) return true;
      // Refused credentials: the walk knows why.
      return (
        cause === 'auth-credentials-rejected' &&
        faultsOf(given).some((fault) => fault.step === 'access' && fault.cause !== null)
      );
    },
    guess: (given) => topicMatch(given, cause),
    say: (facts) => (facts.fault === TOPIC ? topicSays(facts as { topic: string }) : sayOf(facts)),
    fix: (facts) => (facts.fault === TOPIC ? topicFix() : fixOf(facts)),
  };
}

/** The walk was made by us, not told by a person. */
export const isOurs = ({ authorization, http }: Partial<Evidence>): boolean =>
  authorization !== undefined &&
  (http?.exchanges ?? []).some(({ purpose }) => purpose !== 'reported' && purpose !== 'logged');
