/** How a server was started or asked in the part of a client, in a few rows. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { clientOf } from '../clients/index.js';
import type { RuleId } from '../config/config.js';
import { RULES } from '../config/rules.js';
import { duration } from './duration.js';

type Client = Evidence['client'];
type Environment = NonNullable<Client['environment']>;

const POLICY: Record<Environment['policy'], string> = {
  sdk: "the short list of the SDK, and the entry's own",
  list: "the client's own list, and the entry's own",
  all: 'all that the client has itself',
  'all-but': 'all that the client has itself, but names of secrets',
};

const PATHS: Record<Environment['path'], string> = {
  desktop: 'of the desktop session',
  terminal: 'of this terminal',
  'login-shell': 'of a login shell',
  entry: 'of the entry',
};

const MAX_FOLDERS = 6;

function foldersOf({ folders, path }: Environment): string {
  const more = folders.length > MAX_FOLDERS ? ` and ${folders.length - MAX_FOLDERS} more` : '';
  return `${PATHS[path]}: ${folders.slice(0, MAX_FOLDERS).join(':') || 'empty'}${more}`;
}

const limit = (ms: number | null | undefined): string | undefined =>
  ms === undefined ? undefined : ms === null ? 'no limit' : `at most ${duration(ms)}`;

const TRANSPORTS = { 'streamable-http': 'Streamable HTTP', sse: 'HTTP+SSE' };

/** What stands in the file and is no fault, but explains what people see: an entry that is switched off, or waits for a yes. */
function notesOf({ config }: CaseFile['evidence']): string[] {
  if (config?.status !== 'seen') return [];
  const client = clientOf(config.value.client);
  return config.value.faults.flatMap(({ level, rule, facts }) =>
    level === 'info' && client && rule in RULES ? [RULES[rule as RuleId].says(facts, client)] : [],
  );
}

/** Label and text of each row; empty when no part was played. The first label names the client. */
export function playedRows({ evidence }: CaseFile): [string, string][] {
  if (evidence.client?.status !== 'seen') return [];
  const { environment, cwd, startLimitMs, startMs, revision, capabilities, transports, assumed, unset, onUnset } =
    evidence.client.value;
  const rows = notesOf(evidence).map((note): [string, string] => ['mind', note]);
  if (environment) {
    const { withheld } = environment;
    const kept = withheld.length
      ? `; ${withheld.length === 50 ? '50 or more' : withheld.length} of your shell's are not passed on`
      : '';
    rows.push(['variables', `${POLICY[environment.policy]}${kept}`], ['PATH', foldersOf(environment)]);
    if (cwd) rows.push(['folder', cwd]);
  }
  if (unset?.length)
    rows.push([
      'not set',
      `${unset.join(', ')}${onUnset === 'empty' ? ', filled in as nothing' : onUnset === 'fails' ? ': the entry is refused' : ''}`,
    ]);
  const told = limit(startLimitMs);
  if (told) rows.push(['start', `${told}${startMs === undefined ? '' : `; it took ${duration(startMs)}`}`]);
  rows.push(['asks for', `${revision}${capabilities.length ? `, with ${capabilities.join(', ')}` : ''}`]);
  for (const { transport, outcome, why } of transports ?? [])
    if (outcome !== 'not-tried') rows.push([TRANSPORTS[transport], `${outcome}${why ? `: ${why}` : ''}`]);
  assumed.forEach((sentence, i) => {
    rows.push([i === 0 ? 'not known' : '', sentence]);
  });
  return rows;
}

/** The heading over these rows. */
export const playedTitle = ({ evidence }: CaseFile): string =>
  evidence.client?.status === 'seen'
    ? `As ${evidence.client.value.name}${evidence.client.value.version ? ` ${evidence.client.value.version}` : ''} runs it`
    : '';
