/** "Works in my terminal", in one sentence: what the start in the user's own environment showed. */
import type { Evidence } from '../case/evidence.js';
import { exitName } from '../case/exit-status.js';

type Seen = Partial<Pick<Evidence, 'launch' | 'worlds' | 'process' | 'handshake'>>;

const list = (words: string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** What the client's side of a deciding folder is: another version, or nothing at all. */
function insteadOf(provides: string | undefined, { launch }: Seen): string {
  const { lookup, runtime } = launch ?? {};
  if (lookup?.found === null) return `; the client's PATH has no ${launch?.command}`;
  const same = runtime && provides?.includes(`${runtime.name} `);
  return same
    ? `; the client's PATH leads to ${runtime.name} ${runtime.version}${runtime.path ? ` (${runtime.path})` : ''}`
    : '';
}

function decisive({ kind, names, provides }: NonNullable<Evidence['worlds']['deciding']>, seen: Seen): string {
  if (kind === 'path-entry')
    return `the PATH entry ${names[0]} makes the difference${provides ? `, which provides ${provides}` : ''}${insteadOf(provides, seen)}`;
  const ofEntry = names.filter((name) => seen.launch?.env.some((variable) => variable.name === name));
  const why = ofEntry.length
    ? `the entry gives ${list(ofEntry)} another value than your shell`
    : 'your shell sets and a client does not pass on';
  if (names.length === 1)
    return ofEntry.length
      ? `the variable ${names[0]} makes the difference: ${why}`
      : `the variable ${names[0]} makes the difference, which ${why}`;
  return ofEntry.length
    ? `the variables ${list(names)} together make the difference: ${why}`
    : `the variables ${list(names)} together make the difference, which ${why}`;
}

export interface TwoWorlds {
  /** Whether it started in the user's own environment. */
  works: boolean;
  /** The answer to "Does it start in your own shell?". */
  answer: string;
  /** The one sentence that a "works in my terminal" ends in; null when it works in neither, or in both. */
  sentence: string | null;
}

/** The start that the case is about failed. */
const failedFirst = ({ process, handshake }: Seen): boolean =>
  process !== undefined && (process.exit?.by === 'itself' || handshake?.used === undefined);

/** What the second world showed; null when the server was not started in one. */
export function twoWorlds(seen: Seen): TwoWorlds | null {
  const { worlds } = seen;
  if (!worlds) return null;
  const { client, shell, deciding, starts } = worlds;
  if (shell.outcome === 'answered') {
    if (client.outcome === 'answered')
      return {
        works: true,
        answer: "yes, as in a client's environment",
        sentence: failedFirst(seen)
          ? 'Started again in the same environment, it answered: it fails now and then, or only the first time.'
          : null,
      };
    const tried = starts === 1 ? 'one start' : `${starts} starts`;
    return {
      works: true,
      answer: deciding
        ? `yes: ${deciding.kind === 'path-entry' ? 'its PATH has' : 'it sets'} ${list(deciding.names)}`
        : 'yes',
      sentence: deciding
        ? `It starts in your own shell: ${decisive(deciding, seen)}.`
        : `It starts in your own shell, and not in the environment that a client gives it; ${tried} did not tell which variable makes the difference.`,
    };
  }
  const how =
    shell.outcome === 'ended'
      ? exitName(shell.exitCode ?? null, shell.signal ?? null)
      : shell.outcome === 'not-started'
        ? 'it could not be started'
        : 'no answer';
  const further = client.outcome === 'not-started' && shell.outcome !== 'not-started';
  return {
    works: false,
    answer:
      client.outcome === 'answered'
        ? `no: ${how}`
        : further
          ? `its command is found there, but no: ${how}`
          : `no: ${how} there as well`,
    sentence:
      client.outcome === 'answered'
        ? `It answers in a client's environment, but not in that of your own shell: ${how}.`
        : null,
  };
}
