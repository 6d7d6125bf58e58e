/** Start or ask what `doctor` found, so many at once, each launch once, and judge it for every entry it stands for. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { type InvestigateOptions, investigate, Turns } from '../probe/investigate.js';
import { LAUNCHERS, nameOf } from '../probe/patience.js';
import type { World } from '../probe/world.js';
import { diagnose } from '../verdict/diagnose.js';
import type { Verdict } from '../verdict/verdict.js';
import type { Candidate } from './doctor-entries.js';

/** What came of one entry. The case is for whoever renders it at once, and is not kept. */
export interface Outcome {
  verdict: Verdict;
  file: CaseFile;
}

export interface RunOptions {
  jobs: number;
  world: World;
  investigate: Pick<InvestigateOptions, 'timeoutMs' | 'quick'>;
  onStart(candidates: readonly Candidate[]): void;
  /** Called once for each entry. */
  onDone(candidate: Candidate, outcome: Outcome, sameAs: Candidate | undefined): void;
}

/** The entry of a file alone, nothing started. */
export async function judgeEntry({ declared }: Pick<Candidate, 'declared'>, world: World): Promise<Outcome> {
  const file = await investigate({ kind: 'entry' }, { declared, world });
  return { file, verdict: diagnose(file) };
}

/** A shared launch as the case of another entry: what was seen is the same, where it stands and what its client wants of it is not. */
function caseFor(file: CaseFile, { declared, part, entry }: Candidate): CaseFile {
  const { client } = file.evidence;
  const value: Evidence['client'] | undefined =
    client?.status === 'seen'
      ? {
          ...client.value,
          id: part.client.id,
          name: part.client.name,
          server: entry.name,
          assumed: part.assumed,
          startLimitMs: part.startMs,
          callLimitMs: part.callMs,
          exactRevision: part.client.handshake.exactRevision,
        }
      : undefined;
  return {
    ...file,
    target: { ...file.target, declaredIn: declared.in },
    evidence: {
      ...file.evidence,
      config: { status: 'seen', ms: 0, value: declared.config },
      ...(client?.status === 'seen' && value && { client: { ...client, value } }),
    },
  };
}

/** What takes long goes first: programs that fetch others, then what is waited for over the network. */
function order({ spec }: Candidate): number {
  if (spec.kind === 'stdio') return LAUNCHERS[nameOf(spec.command)] ? 0 : 2;
  return 1;
}

/** Try every candidate. Entries with one and the same launch are started once. */
export async function tryAll(candidates: readonly Candidate[], options: RunOptions): Promise<void> {
  const { world, jobs } = options;
  const byKey = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const key = candidate.launch?.key;
    if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), candidate]);
  }
  const launches = [...byKey.values()].sort(([a], [b]) => (a && b ? order(a) - order(b) : 0));
  const turns = new Turns();
  let next = 0;
  const job = async () => {
    for (let of = launches[next++]; of; of = launches[next++]) {
      const [first] = of;
      if (!first) continue;
      options.onStart(of);
      const { spec, part, declared } = first;
      const file = await investigate(spec, { ...options.investigate, world, turns, declared, as: part });
      for (const candidate of of) {
        const own = candidate === first ? file : caseFor(file, candidate);
        options.onDone(candidate, { file: own, verdict: diagnose(own) }, candidate === first ? undefined : first);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, launches.length) }, job));
}
