/** What a rule finds in the entry that somebody told along with a failure. Nothing is known of the machine or of the file around it. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Client } from '../clients/client.js';
import { clientOf } from '../clients/index.js';
import type { Machine, RuleId } from '../config/config.js';
import { entriesIn } from '../config/entries.js';
import { readText } from '../config/read.js';
import { RULES } from '../config/rules.js';

const NAME = 'server';

/** The client that was named; of one that was not, Claude Desktop, whose entries most others copy. */
const clientIn = ({ reported }: Partial<Evidence>): Client | undefined =>
  clientOf(reported?.client ?? '') ?? clientOf('claude-desktop');

/** An entry without anything strange in it is noted as what it starts alone. */
const entryOf = (launch: Evidence['launch'] | undefined): string | undefined =>
  launch &&
  JSON.stringify({
    command: launch.command,
    args: launch.args,
    env: Object.fromEntries(launch.env.map(({ name }) => [name, '<set>'])),
  });

/** Facts of the first hit, as plain texts, with the place of the entry in the case. */
export function toldFault(
  given: Partial<Evidence>,
  rule: RuleId,
): { facts: Record<string, string>; cites: string[] } | null {
  const client = clientIn(given);
  const place = client?.places.find(({ root, format, list }) => !root.includes('*') && format !== 'toml' && !list);
  const text = given.reported?.entry ?? entryOf(given.launch);
  if (!client || !place || !text) return null;
  const opened = place.root.map((key) => `{${JSON.stringify(key)}:`).join('');
  const config = readText(`${opened}{"${NAME}":${text}}${'}'.repeat(place.root.length)}`, 'json');
  const entries = entriesIn(config, client, place).filter(({ name }) => name === NAME);
  const machine: Machine = { os: given.reported?.os ?? 'linux', home: '/', isSet: () => true, look: () => undefined };
  const hits = RULES[rule].find?.({
    ...{ client, place, config, machine, entries, file: '/' },
    namesakes: () => [],
    approved: () => null,
  });
  const hit = hits?.[0];
  return hit
    ? {
        facts: { ...hit.facts, client: client.id },
        cites: [given.reported?.entry ? at('reported', 'entry') : at('launch', 'args')],
      }
    : null;
}

/** What a rule says of such facts, and what it tells to do. */
export function toldWords(rule: RuleId, facts: Record<string, string>): { says: string; fix: string } {
  const client = clientOf(facts.client ?? '');
  if (!client) return { says: `${RULES[rule].title}.`, fix: `${RULES[rule].title}.` };
  return { says: RULES[rule].says(facts, client), fix: RULES[rule].fix(facts, client) };
}

/** Evidence of a file with one fault, for examples. */
export const configExample = (
  fault: Pick<Evidence['config']['faults'][number], 'rule' | 'level' | 'cause' | 'facts'>,
  client: Pick<Evidence['config'], 'client' | 'clientName' | 'file'> = {
    client: 'claude-code',
    clientName: 'Claude Code',
    file: '~/.claude.json',
  },
): { config: Evidence['config'] } => ({
  config: {
    ...client,
    ...{ scope: 'user', format: 'json', server: 'notes' },
    faults: [
      { ...fault, line: 3, column: 5, length: 7, source: [{ line: 3, text: '    "notes": {' }], fixable: false },
    ],
  },
});
