/**
 * Which failures may come of nothing but how we played the client: of an environment, a PATH, a folder or a shell that nobody has
 * published. What rests on a guess is at best likely.
 */
import type { Evidence } from '../case/evidence.js';

type Guess = NonNullable<Evidence['client']['guessed']>[number];

const PATHS: readonly Guess[] = ['path'];
const VARIABLES: readonly Guess[] = ['environment'];
const FILES: readonly Guess[] = ['folder', 'shell'];

const RESTS_ON: Readonly<Record<string, readonly Guess[]>> = {
  'config-command-joined': ['shell'],
  'config-path-missing': FILES,
  'launch-command-not-installed': PATHS,
  'launch-command-not-on-path': PATHS,
  'launch-entry-point-missing': FILES,
  'launch-env-not-inherited': VARIABLES,
  'process-config-rejected': ['folder', 'environment'],
  'process-env-missing': VARIABLES,
  'runtime-not-built': ['folder'],
  'runtime-too-old': PATHS,
};

const isWhole = (word: string): boolean => /^(?:[\\/]|[A-Za-z]:[\\/])/.test(word);

/** A path from the root of the disk leads to the same place in every folder, and no shell changes it. */
function pathDepends({ launch }: Partial<Evidence>): boolean {
  const gone = (launch?.paths ?? []).filter(({ exists }) => !exists);
  return gone.length === 0 || gone.some(({ word }) => !isWhole(word));
}

/** Whether a finding of this root cause rests on something that is not known of the client that was played. */
export function restsOnGuess(cause: string, given: Partial<Evidence>): boolean {
  // Which of the two the client takes decides everything that was seen.
  if (given.config?.faults.some(({ rule, facts }) => rule === 'entry-url-and-command' && facts.uses === 'unknown'))
    return true;
  const guessed = given.client?.guessed ?? [];
  const needs = RESTS_ON[cause] ?? [];
  if (!needs.some((need) => guessed.includes(need))) return false;
  return needs !== FILES || pathDepends(given);
}
