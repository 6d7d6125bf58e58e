/** From a file that was read, with what the rules found in it, to evidence. */

import type { Evidence } from '../case/evidence.js';
import { isSecretName } from '../case/redact.js';
import type { Client, ConfigPlace } from '../clients/client.js';
import type { ConfigText, Fault, RuleId, ServerEntry } from './config.js';
import { positionOf } from './position.js';

type Config = Evidence['config'];

/** Characters of one line that are kept: a whole configuration may stand on one. */
const MAX_LINE = 160;
const MAX_FAULTS = 30;
const MAX_ENTRY = 4_000;

export interface Declared {
  client: Client;
  place: ConfigPlace;
  /** With `~` for the home folder. */
  shown: string;
  config: ConfigText;
  /** The text with its secrets as stars of the same length. */
  masked: string;
  /** Root cause of each rule. */
  causeOf(rule: RuleId): string;
}

/** A line with a column of it in sight. */
function around(text: string, line: number, column: number): Config['faults'][number]['source'][number] {
  if (text.length <= MAX_LINE) return { line, text };
  const from = Math.max(0, Math.min(column - 1 - MAX_LINE / 2, text.length - MAX_LINE));
  return { line, text: text.slice(from, from + MAX_LINE), ...(from > 0 && { from: from + 1 }) };
}

function faultOf({ config, masked, causeOf }: Declared, lines: string[], fault: Fault): Config['faults'][number] {
  const { rule, level, range, facts, edits } = fault;
  const { line, column } = positionOf(config.text, range.start);
  const piece = masked.slice(range.start, range.end).split(/\r\n|\n|\r/)[0] ?? '';
  const shown = [line - 1, line, line + 1].filter((n) => n >= 1 && n <= lines.length);
  return {
    ...{ rule, level, line, column, facts },
    cause: causeOf(rule),
    length: Math.max(1, Math.min(piece.length, MAX_LINE)),
    source: shown.map((n) => around(lines[n - 1] ?? '', n, n === line ? column : 1)),
    fixable: edits.length > 0,
  };
}

/** An entry without the values of its variables and headers; addresses and arguments are redacted when the case is sealed. */
function entryText({ node, env, headers }: ServerEntry): string | undefined {
  const values = new Set([...env, ...headers].flatMap(({ value }) => (value ? [value] : [])));
  const text = JSON.stringify(node.value, (key, value: unknown) => {
    // A list where a text belongs is no variable of the entry, and hides as much.
    if (typeof value === 'object' && value !== null && isSecretName(key)) return '<set>';
    return typeof value === 'string' && values.has(value) && !/\$\{|\{env:/.test(value) ? '<set>' : value;
  });
  return text?.slice(0, MAX_ENTRY);
}

/**
 * The evidence `config` of one server: what stands in the file, and the faults of the file and of this entry. `entry` is null when the
 * file is in no state to find one.
 */
export function configEvidence(
  declared: Declared,
  server: string,
  entry: ServerEntry | null,
  faults: readonly Fault[],
): Config {
  const { client, place, shown, config, masked } = declared;
  const own = faults.filter((fault) => fault.server === undefined || fault.server === server);
  // A file may hold thousands of entries that are in order.
  const lines = own.length > 0 ? masked.split(/\r\n|\n|\r/) : [];
  return {
    client: client.id,
    clientName: client.name,
    scope: place.scope,
    file: shown,
    format: config.format,
    server,
    ...(entry && positionOf(config.text, entry.nameRange.start)),
    ...(entry && { entry: entryText(entry) }),
    faults: own.slice(0, MAX_FAULTS).map((fault) => faultOf(declared, lines, fault)),
  };
}
