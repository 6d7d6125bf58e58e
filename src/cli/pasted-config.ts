/** A client's configuration, pasted where an error was expected: judged by the rules of its client, touching nothing. */
import { basename } from 'node:path';
import type { Symptoms } from '../case/symptoms.js';
import type { Machine, RuleContext, ServerEntry } from '../config/config.js';
import { entriesIn } from '../config/entries.js';
import { configEvidence } from '../config/evidence.js';
import { faultsIn } from '../config/faults.js';
import { guessConfig } from '../config/guess.js';
import { mask } from '../config/mask.js';
import { readText } from '../config/read.js';
import { RULES } from '../config/rules.js';
import { UsageError } from './exit.js';

/** What is not to be touched is not known: no file is looked for, and every variable may be set. */
const machineFor = (text: string): Machine => ({
  os: /[A-Za-z]:(?:\\\\|\/)(?:Users|Program)|%APPDATA%|\.cmd"/i.test(text) ? 'windows' : 'linux',
  home: '/home/user',
  isSet: () => true,
  look: () => undefined,
});

const listed = (names: string[]): string =>
  names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');

/**
 * Symptoms of a pasted configuration; null when the text is none.
 * @throws UsageError when it holds several servers, none was named, and nothing is wrong with the file as a whole.
 */
export function configSymptoms(
  text: string,
  where: string,
  isFile: boolean,
  { server, client: id }: { server?: string; client?: string },
): Symptoms | null {
  const guess = guessConfig(text, isFile ? where : '', id);
  if (!guess) return null;
  const { client, place } = guess;
  const config = readText(text, place.format);
  const entries = entriesIn(config, client, place);
  const context: RuleContext = {
    ...{ client, place, config, entries, file: where, machine: machineFor(text) },
    namesakes: () => [],
    approved: () => null,
  };
  const faults = faultsIn(context);
  const names = [...new Set(entries.map(({ name }) => name))];
  const grave = faults.find(({ level, server }) => server === undefined && (level === 'fatal' || level === 'broken'));
  const chosen = server ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined && !names.includes(chosen) && !grave)
    throw new UsageError(`${where} has no server "${chosen}". It has: ${listed(names) || 'none'}.`);
  // One that is broken by itself, among others that are not, is the one in question.
  const broken = [...new Set(faults.flatMap((one) => (one.level === 'broken' && one.server ? [one.server] : [])))];
  const meant = chosen ?? (grave ? '' : broken.length === 1 ? broken[0] : undefined);
  if (meant === undefined && names.length === 0)
    throw new UsageError(
      `${where} holds no server, and nothing in it is wrong as far as ${client.name} reads it. For another client: --client <id>`,
    );
  if (meant === undefined)
    throw new UsageError(
      `${where} is a config with ${names.length} servers (${listed(names)}). Name the one in question: --server ${names[0] ?? '<name>'}`,
    );
  const entry: ServerEntry | undefined = entries.find(({ name }) => name === meant);
  const shown = isFile ? where : client.file;
  const evidence = configEvidence(
    { client, place, shown, config, masked: mask(text, config), causeOf: (rule) => RULES[rule].cause },
    meant || (isFile ? basename(where) : 'the text'),
    entry ?? null,
    faults,
  );
  const value = entry?.node.value;
  return {
    ...(client.id !== 'unknown' && { client: client.id }),
    ...(entry && { transport: entry.url ? undefined : 'stdio' }),
    ...(typeof value === 'object' && value !== null && { entry: value as Record<string, unknown> }),
    config: { ...evidence, given: isFile ? 'file' : 'text' },
  };
}
