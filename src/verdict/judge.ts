/** From a case file to a verdict: pure, so that a case judged twice gives the same verdict. */
import type { Attempt, CaseFile } from '../case/case-file.js';
import type { Evidence, EvidenceKind } from '../case/evidence.js';
import { exitMeaning } from '../case/exit-status.js';
import { resolve } from '../case/pointer.js';
import { AREAS } from '../causes/areas.js';
import type { Cause, Certainty, Facts, Match } from '../causes/cause.js';
import { restsOnGuess } from '../causes/rests-on.js';
import type { Check } from '../checks/check.js';
import { closedBy } from './closed-by.js';
import { forReader } from './for-reader.js';
import { momentOfExit } from './moment.js';
import { nextSteps } from './next.js';
import { walk } from './path.js';
import {
  type AuthorizationStep,
  type Citation,
  type Finding,
  type Status,
  VERDICT_FORMAT,
  type Verdict,
} from './verdict.js';

const CERTAINTIES: Certainty[] = ['certain', 'likely', 'possible'];

/** For JSON.stringify: keys in one order, whatever the order in which they were written or read. */
const sortKeys = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** The text at a pointer, for the reader: at most 300 characters. */
export function cite(file: CaseFile, at: string): Citation {
  const value = resolve(file, at);
  const text = typeof value === 'string' ? value : JSON.stringify(value, sortKeys);
  return { at, quote: (text ?? '').slice(0, 300) };
}

/** The values that were seen. Attempts that failed or were skipped leave their kind out. */
export function seen(file: CaseFile): Partial<Evidence> {
  const entries = Object.entries(file.evidence).filter(([, attempt]) => attempt?.status === 'seen');
  return Object.fromEntries(entries.map(([kind, attempt]) => [kind, (attempt as { value: unknown }).value]));
}

interface Found {
  cause: Cause;
  match: Match<Facts>;
}

/**
 * Best first: findings that nothing else explains, then by certainty, then by area in life-cycle order, within one area by the order
 * that the evidence tells, then by id.
 * A finding is a consequence when another finding that is at least as sure names it in `explains`.
 */
export function rank(found: Found[]): { found: Found; consequence: boolean }[] {
  const sureness = (f: Found) => CERTAINTIES.indexOf(f.match.certainty);
  const explained = (f: Found) =>
    found.some((other) => other !== f && other.cause.explains.includes(f.cause.id) && sureness(other) <= sureness(f));
  const place = (f: Found) => AREAS.indexOf(f.cause.area);
  const order = (f: Found) => f.match.order ?? Number.MAX_SAFE_INTEGER;
  return found
    .map((f) => ({ found: f, consequence: explained(f) }))
    .sort(
      (a, b) =>
        Number(a.consequence) - Number(b.consequence) ||
        sureness(a.found) - sureness(b.found) ||
        place(a.found) - place(b.found) ||
        order(a.found) - order(b.found) ||
        a.found.cause.id.localeCompare(b.found.cause.id, 'en'),
    );
}

/** What may come of our own playing is not certain; what stands in the file is, whatever was played. */
const tempered = ({ id }: Cause, match: Match<Facts>, evidence: Partial<Evidence>): Match<Facts> =>
  match.certainty === 'certain' && match.facts.configRule === undefined && restsOnGuess(id, evidence)
    ? { ...match, certainty: 'likely' }
    : match;

function toFinding(file: CaseFile, { cause, match }: Found, role: Finding['role']): Finding {
  return {
    id: cause.id,
    role,
    certainty: match.certainty,
    severity: match.severity ?? cause.severity,
    culprit: match.culprit ?? cause.culprit,
    title: cause.title,
    says: cause.say(match.facts),
    cites: match.cites.map((at) => cite(file, at)),
    facts: match.facts,
    fix: cause.fix(match.facts).map((step) => forReader(step, file)),
    docs: `docs/causes/${cause.id}.md`,
  };
}

/** What must have been seen before a target may be called healthy, by transport. */
const ENOUGH: Record<CaseFile['target']['transport'], EvidenceKind[]> = {
  stdio: ['process', 'stdout', 'handshake', 'catalog'],
  http: ['http', 'handshake', 'catalog'],
  unknown: ['handshake', 'catalog'],
};

/**
 * Healthy only when the conversation was opened and every declared list was read. Nothing found while evidence was
 * missing is inconclusive: never count as passed what was not looked at.
 */
function statusOf(file: CaseFile, evidence: Partial<Evidence>, findings: Finding[], mustFails: boolean): Status {
  const root = findings[0];
  if (root) {
    // A mere possibility names no cause: it says where to look next.
    if (root.certainty === 'possible') return 'inconclusive';
    const sure = findings.filter((f) => f.certainty !== 'possible');
    if (sure.some(({ severity }) => severity === 'broken')) return 'broken';
    // What only makes trouble some day does not take the health of a server that was seen to work.
    if (sure.some(({ severity }) => severity === 'degraded')) return 'degraded';
  }
  if (ENOUGH[file.target.transport].some((kind) => evidence[kind] === undefined)) return 'inconclusive';
  const { handshake, catalog } = evidence;
  const opened = handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';
  const read = catalog?.lists.every(({ outcome }) => outcome === 'listed' || outcome === 'not-declared');
  if (!opened || !read) return 'inconclusive';
  return mustFails ? 'degraded' : 'healthy';
}

function unansweredOf(file: CaseFile, causes: readonly Cause[]): Verdict['unanswered'] {
  const reason = (attempt: Attempt<unknown> | undefined): string => {
    if (attempt?.status === 'failed') return attempt.error;
    if (attempt?.status === 'skipped') return attempt.why;
    return '';
  };
  return causes.flatMap((cause) => {
    const missing = cause.needs.filter((kind) => file.evidence[kind]?.status !== 'seen');
    // A kind that was never tried does not belong to this target (an HTTP cause of a stdio server).
    const because = missing.map((kind) => reason(file.evidence[kind] as Attempt<unknown> | undefined)).find(Boolean);
    return because ? [{ cause: cause.id, missing: [...missing], because }] : [];
  });
}

type Step = Omit<AuthorizationStep, 'cites'> & { cites: string[] };

/** Judge a case by these causes and checks. `steps` puts the authorization of a server into a table; it is asked where there was one. */
export function judge(
  file: CaseFile,
  causes: readonly Cause[],
  checks: readonly Check[],
  steps: (evidence: Partial<Evidence>) => Step[] = () => [],
): Verdict {
  const evidence = seen(file);
  const matches = (ask: 'match' | 'guess') =>
    causes.flatMap((cause) => {
      const match = cause[ask]?.(evidence);
      return match ? [{ cause, match: tempered(cause, match, evidence) }] : [];
    });
  const sure = matches('match');
  // Silence helps nobody: what a report is about is at least a place to look.
  const found = sure.length > 0 ? sure : matches('guess');
  const ranked = rank(found);
  const findings = ranked.map(({ found: f, consequence }, index) =>
    toFinding(file, f, consequence ? 'consequence' : index === 0 ? 'root' : 'contributing'),
  );
  const checked = checks.map((check) => {
    const { cites, ...result } = check.judge(evidence, file);
    return { ...result, cites: cites.map((at) => cite(file, at)) };
  });
  const status = statusOf(
    file,
    evidence,
    findings,
    checked.some((c) => c.outcome === 'fail' && c.level === 'MUST'),
  );
  const { exit } = evidence.process ?? {};
  const authorization = steps(evidence);
  return {
    format: VERDICT_FORMAT,
    tool: file.tool,
    case: file.id,
    status,
    root: findings[0] ?? null,
    findings,
    path: walk(evidence, authorization).map((step) => ({ ...step, cites: step.cites.map((at) => cite(file, at)) })),
    authorization: authorization.map((step) => ({
      ...step,
      cites: step.cites.map((at) => cite(file, at)),
    })),
    closedBy: closedBy(evidence),
    process: exit
      ? {
          exitCode: exit.code,
          signal: exit.signal,
          lifetimeMs: evidence.process?.lifetimeMs ?? 0,
          meaning: exitMeaning(exit.code, exit.signal),
          moment: momentOfExit(file),
          stderrTail: (evidence.stderr?.lines ?? []).slice(-10).map(({ text }) => text),
        }
      : null,
    unanswered: unansweredOf(file, causes),
    next: status === 'inconclusive' ? nextSteps(file, evidence) : [],
    checks: checked,
    grades: {},
  };
}
