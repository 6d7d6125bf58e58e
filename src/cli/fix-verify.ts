/** Starts a server as its client would, before a fix is shown and after it was written, and reads its cures off the verdict. */
import type { ConfigText } from '../config/config.js';
import type { Plan, Wish } from '../config/plan.js';
import { RULES } from '../config/rules.js';
import { entryNamed, type Named, specOf } from '../probe/declared.js';
import { investigate } from '../probe/investigate.js';
import type { World } from '../probe/world.js';
import type { Outcome } from '../render/fix.js';
import { configCures, type Need } from '../verdict/config-cures.js';
import { diagnose } from '../verdict/diagnose.js';
import type { Verdict } from '../verdict/verdict.js';
import { lookedAt, reluctance } from './entry.js';
import { entryIn, type FixTarget } from './fix-target.js';
import type { Progress } from './progress.js';

/** What starting the server showed. */
export interface Seen {
  /** Absent when it was not started. */
  outcome?: Outcome;
  notStarted?: string;
  /** Values that only the user has. */
  needs: Need[];
  /** The entry could be changed once more. */
  again: boolean;
}

export interface Look {
  plan: Plan;
  /** What the server is like today, and with everything that the plan changes. */
  before?: Outcome;
  expected?: Outcome;
  needs: Need[];
  notStarted?: string;
  again: boolean;
}

interface LookOptions {
  project?: string;
  quiet?: boolean;
}

/** A cure may show the next one: `npx` is found, `node` is not. */
const MAX_STARTS = 4;

function outcomeOf(verdict: Verdict): Outcome {
  const { status, root, checks } = verdict;
  if (status === 'healthy') return { status, says: 'The server answers, and every list it declares could be read.' };
  if (root) return { status, cause: root.id, says: root.says };
  const failed = checks.find(({ outcome }) => outcome === 'fail');
  const says = failed
    ? `${failed.title}: ${failed.says}`
    : 'Not everything could be looked at. That is no proof of health.';
  return { status, says };
}

/** What the faults of the file alone make of the server; undefined when they do not stop it. */
function staticOutcome({ client }: FixTarget, { cured, left }: Plan): Outcome | undefined {
  const faults = [...cured.flatMap(({ rule }) => rule ?? []), ...left.map(({ rule }) => rule)];
  const worst = faults.find(({ level }) => level === 'fatal') ?? faults.find(({ level }) => level === 'broken');
  if (!worst) return undefined;
  const rule = RULES[worst.rule];
  return { status: 'broken', cause: rule.cause, says: rule.says(worst.facts, client) };
}

/** Start it, or ask its URL, as the client would; or why not. */
async function judged(
  named: Named,
  world: World,
  { project }: LookOptions,
  shown: Progress,
): Promise<Verdict | string> {
  const target = await lookedAt(named, world, project);
  const why = reluctance(target, world);
  if (why !== null) return why;
  return diagnose(await investigate(target.spec, { ...target.options, world, onProgress: shown.step }));
}

const cures = ({ client, entry, server }: Named, verdict: Verdict, world: World) =>
  configCures(verdict.root, {
    entry: { name: server, path: entry?.path ?? [], env: entry?.env ?? [] },
    form: client.entry,
    windows: world.platform === 'win32',
  });

/** What an entry would start, without its variables: those are what a cure gives it. */
function started({ entry, client }: Named): string {
  if (!entry) return '';
  const { kind, ...spec } = specOf(entry, client);
  return JSON.stringify({ kind, ...spec, env: undefined });
}

/**
 * Look at the server with everything that is to be changed in its entry, and find what else has to be. What the file does not start
 * today is not started before it was shown: a fix of the command waits for `--apply`.
 */
export async function lookInto(
  target: FixTarget,
  wishes: readonly Wish[],
  plan: (wishes: readonly Wish[]) => Plan,
  world: World,
  options: LookOptions,
  shown: Progress,
): Promise<Look> {
  const all = [...wishes];
  let made = plan(all);
  const namedIn = (config: ConfigText): Named | null => {
    const found = entryIn(target, config);
    return found && { client: target.client, server: target.server ?? '', ...found };
  };
  const today = namedIn(made.before);
  const first = namedIn(made.after);
  if (!first) return { plan: made, needs: [], again: false };
  if (!today || started(today) !== started(first)) {
    const notStarted = `Not started yet: the fix changes what ${target.client.name} starts. With --apply it is started once it is written.`;
    return { plan: made, before: staticOutcome(target, made), needs: [], again: false, notStarted };
  }
  let before = staticOutcome(target, made);
  // With values that were given it is no longer the server of today.
  if (!before && wishes.length > 0) {
    const verdict = await judged(today, world, options, shown);
    if (typeof verdict === 'string') return { plan: made, needs: [], again: false, notStarted: verdict };
    before = outcomeOf(verdict);
  }
  let expected: Outcome | undefined;
  let needs: Need[] = [];
  for (let starts = 0; starts < MAX_STARTS; starts++) {
    const named = namedIn(made.after);
    if (!named) break;
    const verdict = await judged(named, world, options, shown);
    if (typeof verdict === 'string') return { plan: made, before, needs, again: false, notStarted: verdict };
    expected = outcomeOf(verdict);
    before ??= expected;
    const found = cures(named, verdict, world);
    needs = found.needs;
    const more = found.wishes.filter(({ edits }) => (edits(made.after)?.length ?? 0) > 0);
    if (more.length === 0) break;
    all.push(...more);
    made = plan(all);
  }
  // Without a change there is nothing to expect.
  return { plan: made, before, ...(made.bytes && { expected }), needs, again: false };
}

/** Look at the entry as it stands in the file now. @throws NoSuchEntry when it is there no more. */
export async function verifyAgain(label: string, world: World, options: LookOptions, shown: Progress): Promise<Seen> {
  const named = entryNamed(label, world, { project: options.project });
  const verdict = await judged(named, world, options, shown);
  if (typeof verdict === 'string') return { notStarted: verdict, needs: [], again: false };
  const { needs, wishes } = cures(named, verdict, world);
  const config = named.found.config;
  const again =
    needs.length > 0 || (config !== undefined && wishes.some(({ edits }) => (edits(config)?.length ?? 0) > 0));
  return { outcome: outcomeOf(verdict), needs, again };
}
