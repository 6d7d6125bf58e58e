/** The fixed series of experiments on one endpoint. Polite: never more than four requests at once, 60 in all, and Retry-After is obeyed. */
import type { Evidence } from '../case/evidence.js';
import { LAST, SERIES, type Setting } from './experiments.js';
import type { Lab } from './lab.js';

const LANES = 3;

/** Make the experiments and say what was made, and what was not and why. Never throws for what the server does. */
export async function runSeries(lab: Lab, setting: Setting, depth: 'default' | 'full'): Promise<Evidence['series']> {
  const { exchanges, timeline } = lab.options;
  const from = timeline.now();
  const skipped = new Map<string, string>();
  const wanted = SERIES.filter(({ experiment, always, unfit }) => {
    // What is refused is worth every question that may say why.
    const chosen = always || depth === 'full' || lab.live === undefined;
    const why = chosen ? unfit(lab, setting) : 'only with --full';
    if (why !== null) skipped.set(experiment, why);
    return why === null;
  });
  const last = wanted.filter(({ experiment }) => LAST.includes(experiment));
  const queue = wanted.filter((entry) => !last.includes(entry));
  const one = async ({ experiment, run }: (typeof SERIES)[number]) => {
    const said = await run(lab, experiment, setting);
    if (typeof said === 'string') skipped.set(experiment, said);
  };
  // What looks at an event of the stream comes after the stream.
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const entry of last) await one(entry);
  const initialized = exchanges.findIndex(({ purpose }) => purpose === 'notifications/initialized');
  return {
    runs: [
      ...(initialized >= 0 ? [{ experiment: 'initialized-notification' as const, exchanges: [initialized] }] : []),
      ...SERIES.map(({ experiment }) => {
        const made = lab.exchangesOf(experiment);
        const why = skipped.get(experiment) ?? (made.length === 0 ? lab.stopped : undefined);
        return { experiment, exchanges: made, ...(why !== undefined && { skipped: why }) };
      }),
    ],
    requests: lab.requests,
    ms: timeline.now() - from,
  };
}
