/** Servers as they are declared: an entry found by its name, as evidence, and as something to start or to ask. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { pointer } from '../case/pointer.js';
import type { Client } from '../clients/client.js';
import { CLIENTS } from '../clients/index.js';
import type { Fault, ServerEntry } from '../config/config.js';
import { configEvidence } from '../config/evidence.js';
import { mask } from '../config/mask.js';
import { RULES } from '../config/rules.js';
import { type FoundFile, findConfigs } from './configs.js';
import type { TargetSpec } from './investigate.js';
import { isSameFolder, osOf } from './places.js';
import type { World } from './world.js';

/** The evidence of an entry, and its place for the head of the case; `entry` is null when the file gives none of that name. */
export function declaredOf(
  { client, place, shown, config, faults, toldBefore = [] }: FoundFile,
  server: string,
  entry: ServerEntry | null,
): { in: NonNullable<CaseFile['target']['declaredIn']>; config: Evidence['config'] } | null {
  if (!config) return null;
  const causeOf = (rule: Fault['rule']) => RULES[rule].cause;
  const masked = mask(config.text, config);
  const evidence = configEvidence({ client, place, shown, config, masked, causeOf }, server, entry, [
    ...toldBefore,
    ...faults,
  ]);
  return {
    in: {
      client: client.id,
      file: shown,
      pointer: entry ? pointer(...entry.path) : '',
      ...(evidence.line !== undefined && { line: evidence.line }),
    },
    config: evidence,
  };
}

/** What an entry gives to start or to ask, word for word: a client fills values in when it starts it (`investigate`, `as`). */
export function specOf({ command, args, env, cwd, url, headers, type }: ServerEntry, client: Client): TargetSpec {
  const named = (values: ServerEntry['env']) =>
    Object.fromEntries(
      values.flatMap(({ name, value }): [string, string][] => (value === null ? [] : [[name, value]])),
    );
  if (url && !(command && client.entry.both === 'command')) {
    if (!/^https?:\/\//i.test(url.value) || !URL.canParse(url.value)) return { kind: 'entry' };
    const spoken =
      type === undefined ? client.entry.urlWithoutType : type.value === client.entry.type.sse ? 'sse' : 'http';
    // Where the entry leaves it open, the client tries its transports in turn.
    const transport = spoken === 'sse' ? 'sse' : spoken === 'http' ? 'streamable-http' : undefined;
    return { kind: 'http', url: url.value, headers: named(headers), ...(transport && { transport }) };
  }
  if (!command?.value) return { kind: 'entry' };
  return {
    kind: 'stdio',
    command: command.value,
    args: args.map(({ value }) => value),
    env: named(env),
    ...(cwd && { cwd: cwd.value }),
  };
}

/** There is no such entry: a sentence for the person who asked, saying what there is. */
export class NoSuchEntry extends Error {}

export interface Named {
  client: Client;
  found: FoundFile;
  /** Null when the file is in no state to find it. */
  entry: ServerEntry | null;
  server: string;
}

/** `<client>:<server>`, when the first part is a client or was plainly meant as one; null for anything else. */
export function nameParts(target: string): { client: string; server: string } | null {
  const parts = /^(?<client>[a-z][a-z0-9-]{1,40}):(?!\/\/|\\|\d+(?:\/|$))(?<server>[\s\S]+)$/.exec(target)?.groups;
  return parts?.client && parts.server ? { client: parts.client, server: parts.server } : null;
}

/** Few enough letters apart to be a slip. */
function near(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 2) return false;
  let row = [...Array(other.length + 1).keys()];
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return (row.at(-1) ?? 9) <= 2;
}

const listed = (words: string[], most = 12): string =>
  words.length > most ? `${words.slice(0, most).join(', ')} and ${words.length - most} more` : words.join(', ');

/** @throws NoSuchEntry when the word is no client. */
export function clientNamed(word: string): Client {
  const client = CLIENTS.find(({ id }) => id === word);
  if (client) return client;
  const meant = CLIENTS.filter(({ id }) => near(id, word) || id.startsWith(word)).map(({ id }) => id);
  throw new NoSuchEntry(
    `"${word}" is no client that mcp-verdict knows${meant.length ? `; did you mean ${meant.join(' or ')}?` : '.'} Known are: ${CLIENTS.map(({ id }) => id).join(', ')}.`,
  );
}

/**
 * The entry of that name in the configuration of a client: of several, the one that the client uses.
 * @throws NoSuchEntry with what there is instead.
 */
export function entryNamed(target: string, world: World, options: { project?: string } = {}): Named {
  const parts = nameParts(target);
  if (!parts) throw new NoSuchEntry(`"${target}" is no entry. Write <client>:<server>, for example cursor:weather.`);
  const client = clientNamed(parts.client);
  const files = findConfigs(world, { clients: [client], ...options });
  const all = files.flatMap((found) => found.entries.map((entry) => ({ client, found, entry, server: parts.server })));
  const strength = ({ found }: Named): number => {
    const place = client.precedence?.indexOf(found.place.scope) ?? -1;
    return place === -1 ? 99 : place;
  };
  // Of the entries that one file holds for several folders, that of the open one counts.
  const open = options.project ?? world.cwd;
  const elsewhere = ({ entry }: { entry: ServerEntry }): number =>
    Number(entry.project !== undefined && !isSameFolder(entry.project, open, osOf(world)));
  const own = all
    .filter(({ entry }) => entry.name === parts.server)
    .sort((a, b) => elsewhere(a) - elsewhere(b) || strength(a) - strength(b));
  const gone = ({ entry: { project } }: { entry: ServerEntry }): boolean =>
    project !== undefined && world.stat(project)?.kind !== 'directory';
  const first = own.find((one) => !gone(one));
  if (first) return first;
  if (own[0])
    throw new NoSuchEntry(
      `${client.name} has "${parts.server}" for ${own[0].entry.project} only, and there is no such folder.`,
    );
  // A file that cannot be read may hold it: that is the answer.
  const damaged = files.find(({ config, faults }) => config && faults.some(({ level }) => level === 'fatal'));
  if (damaged) return { client, found: damaged, entry: null, server: parts.server };
  const unread = files.filter(({ state }) => state !== 'absent' && state !== 'read');
  const names = [...new Set(all.map(({ entry }) => entry.name))];
  const instead = names.length
    ? ` It has: ${listed(names)}.`
    : unread.length
      ? ''
      : ` It has no servers; looked for: ${listed(
          files.map(({ shown }) => shown),
          6,
        )}.`;
  const why = unread.map(({ shown, why }) => ` ${shown} could not be read: ${why}.`).join('');
  throw new NoSuchEntry(`${client.name} has no server "${parts.server}".${instead}${why}`);
}
