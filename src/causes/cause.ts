import type { CaseFile } from '../case/case-file.js';
import type { Evidence, EvidenceKind } from '../case/evidence.js';
import type { Symptoms } from '../case/symptoms.js';
import type { Area } from './areas.js';
import { ruleFix, ruleMatch, ruleSays, withMend, withRule } from './rule-findings.js';

/**
 * How sure a finding is. `certain`: the evidence leaves no other reading. `likely`: it fits and nothing speaks against
 * it, but another cause can leave the same traces. `possible`: worth a look.
 */
export type Certainty = 'certain' | 'likely' | 'possible';

/** Who has to act. */
export type Culprit = 'server' | 'config' | 'client' | 'runtime' | 'network' | 'edge' | 'platform' | 'auth';

/** `broken`: no client can work with it. `degraded`: some clients fail, or a part is lost. `risky`: works, by luck. */
export type Severity = 'broken' | 'degraded' | 'risky';

/** Particulars of a finding: plain JSON, shown by `--format json` and read by `say` and `fix`. */
export type Facts = Record<string, string | number | boolean | null | string[]>;

/** One step of a cure. `run` is a command to paste; `edit` is a change in a file or config entry. */
export interface FixStep {
  say: string;
  run?: string;
  /** The command on Windows (PowerShell), where `run` is one of POSIX systems. A verdict holds the one that fits, as `run`. */
  windows?: string;
  edit?: { file: string; at?: string; to: string };
}

export interface Match<F extends Facts> {
  certainty: Certainty;
  /** JSON pointers into the case file; each must resolve, and the text there is quoted to the reader. Best first. */
  cites: string[];
  facts: F;
  /** When this occurrence is milder or worse than the cause usually is. */
  severity?: Severity;
  /** Who has to act, when it is somebody else than usually. */
  culprit?: Culprit;
  /** Its place among equally sure findings of one area, where the evidence tells which failed first; the lowest stands first. */
  order?: number;
}

/** The evidence a cause may read: what it needs is always there, what it uses may be missing. */
export type Given<N extends EvidenceKind, U extends EvidenceKind> = { [K in N]: Evidence[K] } & {
  [K in U]?: Evidence[K];
};

/** A worked example: pasted symptoms or evidence, and whether the cause must recognise itself in it. */
export interface Example {
  name: string;
  finds: boolean;
  /** What a person could paste; read as `explain` reads it. */
  symptoms?: Symptoms;
  /** Values of evidence as a probe records them; laid over what the symptoms give. */
  evidence?: Partial<Evidence>;
  /** The target, where it matters. */
  target?: Partial<CaseFile['target']>;
}

/**
 * A second way to match, from what we saw ourselves step by step, with words of its own. It is asked before `match`; its facts say
 * so by `fault`.
 */
export interface Live {
  match(given: Partial<Evidence>): Match<Facts & { fault: string }> | null;
  /** Where to look when no cause found itself in a report: no more than a guess. */
  guess?(given: Partial<Evidence>): Match<Facts & { fault: string }> | null;
  /** What was seen leaves no room for what `match` reads between the lines: it is not asked. */
  excludes(given: Partial<Evidence>): boolean;
  say(facts: Facts): string;
  fix(facts: Facts): FixStep[];
}

interface CauseSpec<N extends EvidenceKind, U extends EvidenceKind, F extends Facts> {
  /** `<area>-<failing state>`, equal to the file name, permanent. */
  id: `${Area}-${string}`;
  /** The failing state as a plain sentence, without a full stop. */
  title: string;
  culprit: Culprit;
  severity: Severity;
  /** Messages of clients, verbatim, behind which this cause hides. They become docs/errors.md. */
  seenAs: string[];
  /** Kinds of evidence without which the cause cannot be judged. */
  needs: readonly N[];
  /** Kinds of evidence that are read when they are there. */
  uses: readonly U[];
  /** Ids of findings that are mere consequences of this one. */
  explains: readonly string[];
  live?: Live;
  match(given: Given<N, U>): Match<F> | null;
  /** One or two sentences with the particulars: what happened, in which component. */
  say(facts: F): string;
  /** What to do, in order; the first step is the one that cures. */
  fix(facts: F): FixStep[];
  /** Two or three sentences of background. */
  why: string;
  /** Addresses of the specification, vendor pages or reports that support it. */
  refs: string[];
  examples: [Example, Example, ...Example[]];
}

/** A root cause, with its types closed: `match` takes whatever evidence the case holds. */
export interface Cause extends Omit<CauseSpec<EvidenceKind, EvidenceKind, Facts>, 'match' | 'live'> {
  area: Area;
  match(given: Partial<Evidence>): Match<Facts> | null;
  /** Asked only where no cause matched: the best place to look. */
  guess?(given: Partial<Evidence>): Match<Facts> | null;
}

/**
 * Declare a root cause. `needs` and `uses` type what `match` may read; the facts that `match` returns type `say` and `fix`.
 */
export function defineCause<const N extends EvidenceKind, const U extends EvidenceKind, F extends Facts>(
  spec: CauseSpec<N, U, F>,
): Cause {
  const readable = new Set<EvidenceKind>([...spec.needs, ...spec.uses]);
  const { live, ...rest } = spec;
  return {
    ...(rest as unknown as Cause),
    area: spec.id.split('-')[0] as Area,
    say: (facts: Facts) =>
      facts.configRule !== undefined
        ? ruleSays(facts)
        : live && facts.fault !== undefined
          ? live.say(facts)
          : spec.say(facts as F),
    fix: (facts: Facts) =>
      facts.configRule !== undefined
        ? ruleFix(facts)
        : live && facts.fault !== undefined
          ? live.fix(facts)
          : withMend(spec.fix(facts as F), facts),
    ...(live?.guess && { guess: live.guess }),
    match(given) {
      // Every cause may stand in a configuration: it need not say so.
      return withRule(ownMatch(given), ruleMatch(spec.id, given));
    },
  };

  function ownMatch(given: Partial<Evidence>): Match<Facts> | null {
    if (spec.needs.some((kind) => given[kind] === undefined)) return null;
    // Only what was declared is handed over, so that the declaration cannot rot.
    const declared = Object.fromEntries(Object.entries(given).filter(([kind]) => readable.has(kind as EvidenceKind)));
    const seen = live?.match(declared);
    if (live?.excludes(declared)) return seen ?? null;
    // What was pasted of a walk may show less than what was said beside it.
    if (seen && seen.certainty !== 'possible') return seen;
    const told = spec.match(declared as Given<N, U>);
    return told && !(seen && told.certainty === 'possible') ? told : (seen ?? null);
  }
}
