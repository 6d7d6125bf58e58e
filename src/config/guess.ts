/** Whose configuration a text is: by the name of its file, by the key under which its servers stand, and by what the entries hold. */
import type { Client, ConfigFormat, ConfigPlace } from '../clients/client.js';
import { CLIENTS } from '../clients/index.js';
import unknown from '../clients/unknown.js';
import type { Node } from './config.js';
import { readText } from './read.js';
import { ADDRESS_KEYS, isRemark, looksLikeServers, memberOf, PROGRAM_KEYS } from './roots.js';
import { knownKeys } from './rule.js';

export interface Guess {
  client: Client;
  place: ConfigPlace;
}

/** The end of a place as a pattern: what stands before it on one machine or another is left open. */
function ending(path: string): RegExp {
  const tail = path.replace(/^(?:~|<project>|%\w+%)\/(?:Library\/Application Support\/|\.config\/)?/, '');
  const pattern = tail.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('/', '[\\\\/]'));
  return new RegExp(`(?:^|[\\\\/])${pattern.join('[^\\\\/]*')}$`, 'i');
}

/** How much a path says, whatever stands for its beginning. */
const lengthOf = (path: string): number => path.replace(/^(?:~|<project>|%\w+%)\//, '').length;

const lastOf = (path: string): string => path.split(/[\\/]/).at(-1)?.toLowerCase() ?? '';

/** A key as it is written, with whatever quotes, or the header of a table. A fragment of a file may begin with one. */
const KEY = String.raw`(?:mcp_?servers?|context_servers|servers|mcp)`;
const ROOTS: [RegExp, ConfigFormat][] = [
  [/^\s*\[\[?\s*"?mcp[_-]?servers?"?\s*[.\]]/im, 'toml'],
  [/^(?:extensions|mcpServers|mcp_servers)\s*:\s*(?:#.*)?$/m, 'yaml'],
  [
    new RegExp(
      String.raw`^[\s\uFEFF]*(?:\/\/[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(?:\{[\s\S]{0,200000}?["“']?${KEY}["”']?\s*:\s*[[{]|["“]${KEY}["”]\s*:\s*[[{])`,
      'i',
    ),
    'json',
  ],
];
const NAMED_SO = /\.(?:jsonc?|toml|ya?ml)$/i;

/** What stands at the end of the keys; `*` is any key. Several where there is a `*`. */
function at(root: Node | null, keys: readonly string[]): Node[] {
  let found = root ? [root] : [];
  for (const key of keys)
    found = found.flatMap((node) =>
      key === '*' ? (node.members ?? []).map((member) => member.node) : (memberOf(node, key)?.node ?? []),
    );
  return found;
}

interface Candidate extends Guess {
  /** What stands where this place looks. */
  nodes: Node[];
}

/** The servers of a candidate, when they look like servers. */
const filled = ({ nodes }: Candidate): boolean => nodes.some(looksLikeServers);

/** Of several places the one that the text is written for: with servers first; a key on the way to deeper servers is no place. */
function bestOf(candidates: Candidate[]): Candidate | undefined {
  const full = candidates.filter(filled);
  const isOnTheWay = ({ place }: Candidate): boolean =>
    full.some(
      ({ place: { root } }) =>
        root.length > place.root.length && place.root.every((key, i) => key === root[i] || root[i] === '*'),
    );
  return (
    full.find((one) => !isOnTheWay(one)) ??
    full[0] ??
    candidates.find(({ nodes, place }) => nodes.length > 0 && place.root.length > 0) ??
    candidates[0]
  );
}

/** The entries of servers: each an object, with a name or in a list. */
const entriesOf = ({ nodes }: Candidate): Node[] =>
  nodes
    .flatMap(({ members, items }) => [
      ...(members ?? []).filter(({ key }) => !isRemark(key)).map(({ node }) => node),
      ...(items ?? []),
    ])
    .filter(({ kind }) => kind === 'object');

/** How many things in the entries the client does not know, as far as its own list is known. */
function strangeTo({ entry: form, ...client }: Client, entries: Node[]): number {
  const known = knownKeys({ entry: form, ...client });
  let strange = 0;
  for (const node of entries) {
    // What is not on a list that nobody published is no more at home there than elsewhere.
    for (const { key } of node.members ?? []) if (!known.has(key) && !isRemark(key)) strange++;
    const command = [form.command.key, ...PROGRAM_KEYS].map((key) => memberOf(node, key)?.node.kind).find(Boolean);
    if (command && (command === 'list') !== (form.command.holds === 'list') && command !== 'object') strange++;
    const word = memberOf(node, form.type.key)?.node.value;
    if (typeof word === 'string' && form.type.words && !form.type.words.includes(word)) strange++;
    const address = ADDRESS_KEYS.find((key) => memberOf(node, key) !== undefined);
    if (address && !form.url.includes(address)) strange++;
  }
  return strange;
}

/** Keys that people write whatever the client is. */
const ANYBODYS = /^(?:transport|description|name|auth|oauth|tools|version|id)$/;

/** The one client that knows a key, or a word for the type, of these entries, among those that keep servers under the same key. */
function onlyOneThatKnows(candidates: Candidate[]): Candidate | undefined {
  const first = new Map(candidates.map((one) => [one.client.id, one] as const).reverse());
  const all = [...first.values()];
  const entries = candidates[0] ? entriesOf(candidates[0]) : [];
  const told = new Set<Candidate>();
  const note = (knows: (client: Client) => boolean): void => {
    const those = all.filter(({ client }) => knows(client));
    if (those.length === 1 && those[0]) told.add(those[0]);
  };
  for (const node of entries)
    for (const { key, node: value } of node.members ?? []) {
      if (ANYBODYS.test(key)) continue;
      note((client) => knownKeys(client).has(key));
      if (typeof value.value === 'string')
        note(({ entry: { type } }) => type.key === key && (type.words?.includes(value.value as string) ?? false));
    }
  // Two that tell of two clients tell nothing, and neither does one in whose client the rest is strange.
  const [one] = told;
  return told.size === 1 && one && strangeTo(one.client, entries) === 0 ? one : undefined;
}

/**
 * The client and the place of a configuration. `file` is its path or name as far as it is known, `id` the client when it is named.
 * Null when the text is no configuration of servers.
 */
export function guessConfig(text: string, file: string, id?: string): Guess | null {
  const format = ROOTS.find(([pattern]) => pattern.test(text))?.[1];
  const own = CLIENTS.filter((client) => id === undefined || client.id === id);
  const roots = new Map<ConfigFormat, Node | null>();
  const rootIn = (as: ConfigFormat): Node | null => {
    if (!roots.has(as)) roots.set(as, readText(text, as).root);
    return roots.get(as) ?? null;
  };
  const seen = (client: Client, place: ConfigPlace): Candidate => ({
    ...{ client, place },
    nodes: at(rootIn(place.format), place.root),
  });
  if (file !== '' && (format || NAMED_SO.test(file))) {
    const named = byName(own, file);
    const found = bestOf(named.map(({ client, place }) => seen(client, place)));
    if (found) return { client: found.client, place: found.place };
  }
  if (!format) return null;
  const fits = own
    .flatMap((client) => client.places.map((place) => ({ client, place })))
    .filter(({ place }) => place.format === format || (format === 'json' && place.format === 'jsonc'));
  const candidates = fits.map(({ client, place }) => seen(client, place));
  if (id !== undefined) {
    const place =
      bestOf(candidates) ?? own.flatMap((client) => client.places.map((one) => ({ client, place: one })))[0];
    return place ? { client: place.client, place: place.place } : null;
  }
  return byContent(format, candidates);
}

/** Places whose file has that name: at their own path; or, with a name that only one client gives a file, anywhere. */
function byName(clients: readonly Client[], file: string): Guess[] {
  const places = clients.flatMap((client) =>
    client.places.filter(({ shared }) => !shared).map((place) => ({ client, place })),
  );
  const exact = places.filter(({ place }) => ending(place.path).test(file));
  // One file is one client's, even where another one is called the same; the one whose path says more is meant.
  const most = Math.max(...exact.map(({ place }) => lengthOf(place.path)));
  const whose = exact.find(({ place }) => lengthOf(place.path) === most)?.client;
  if (whose) return exact.filter(({ client, place }) => client === whose && lengthOf(place.path) === most);
  const notRead = clients.flatMap((client) =>
    client.notRead
      .filter(({ path }) => ending(path).test(file))
      .map(
        ({ path, root, format }): Guess => ({
          client,
          place: { os: client.places[0]?.os ?? [], scope: 'legacy', path, root, format },
        }),
      ),
  );
  if (notRead[0]) return notRead.filter(({ client }) => client === notRead[0]?.client);
  const name = lastOf(file);
  const called = places.filter(({ place }) => !place.path.includes('*') && lastOf(place.path) === name);
  const generic = /^(?:mcp|settings|config|default|servers)\.\w+$/.test(name);
  // The two editions of an editor are one in this.
  return generic || new Set(called.map(({ client }) => client.id)).size !== 1 ? [] : called;
}

/** The client of a text alone. */
function byContent(format: ConfigFormat, candidates: Candidate[]): Guess | null {
  const there = candidates.filter(({ nodes, place }) => nodes.length > 0 && place.root.length > 0);
  const telling = there.filter(({ place }) => place.root[0] !== 'mcpServers');
  if (telling.length > 0) {
    const full = telling.filter(filled);
    // A key that many files have (extensions, servers) says nothing without servers in it.
    const known = full.length > 0 ? full : telling.filter(({ place }) => /mcp|context/.test(place.root.join('.')));
    const ranked = known
      .map((one, i) => ({ one, i, strange: strangeTo(one.client, entriesOf(one)) - one.place.root.length / 10 }))
      .sort((a, b) => a.strange - b.strange || a.i - b.i);
    const best = ranked[0]?.one;
    if (best) return { client: best.client, place: best.place };
  }
  const usual = there.filter(({ place }) => place.root.length === 1);
  const one = usual.length > 0 ? onlyOneThatKnows(usual) : undefined;
  if (one) return { client: one.client, place: one.place };
  if (format === 'json') return { client: unknown, place: unknown.places[0] as ConfigPlace };
  const first = there[0] ?? (format === 'toml' ? candidates[0] : undefined);
  return first ? { client: first.client, place: first.place } : null;
}
