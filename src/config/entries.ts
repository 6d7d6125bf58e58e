/** The servers of a file, each as its client would read it. What is wrong with an entry does not keep the rest of it from being read. */
import type { Client, ConfigPlace, EntryForm } from '../clients/client.js';
import type { ConfigText, NamedValue, Node, Range, ServerEntry, Spoken } from './config.js';
import { ADDRESS_KEYS, isRemark, memberAt, memberOf, PROGRAM_KEYS, type Servers, serversIn } from './roots.js';

const spoken = (node: Node | undefined): Spoken<string> | undefined =>
  node?.kind === 'text' ? { value: node.value as string, range: node.range } : undefined;

/** Texts of a list. A number or a switch is what it would be on a command line; the rest is left out. */
const texts = (items: Node[] | undefined): Spoken<string>[] =>
  (items ?? []).flatMap(({ kind, value, range }) =>
    kind === 'text' || kind === 'number' || kind === 'boolean' ? [{ value: String(value), range }] : [],
  );

const namedValues = (node: Node | undefined): NamedValue[] =>
  (node?.members ?? []).map(({ key, keyRange, node: inner }) => ({
    name: key,
    nameRange: keyRange,
    // A number or a switch is what it would be in a shell: where the client refuses it, a rule says so.
    value: /^(?:text|number|boolean)$/.test(inner.kind) ? String(inner.value) : null,
    range: inner.range,
  }));

/** The program and its arguments, whether they stand in one list or apart. */
function commandOf(node: Node, form: EntryForm): Pick<ServerEntry, 'command' | 'args'> {
  const key = [form.command.key, ...PROGRAM_KEYS].find((name) => {
    const kind = memberOf(node, name)?.node.kind;
    return kind === 'text' || kind === 'list' || (kind === 'object' && form.commandObject);
  });
  const command = key === undefined ? undefined : memberOf(node, key)?.node;
  const apart = memberOf(node, form.args ?? 'args')?.node;
  if (command?.kind === 'object')
    return named(spoken(memberOf(command, 'path')?.node), texts(memberOf(command, 'args')?.node.items));
  const list = command?.kind === 'list' ? texts(command.items) : undefined;
  return named(list ? list[0] : spoken(command), [...(list?.slice(1) ?? []), ...texts(apart?.items)]);
}

const named = (command: Spoken<string> | undefined, args: Spoken<string>[]): Pick<ServerEntry, 'command' | 'args'> => ({
  ...(command && command.value !== '' && { command }),
  args,
});

/** The address: of the key that the client reads, or else of one that another client reads. */
function urlOf(node: Node, form: EntryForm): Spoken<string> | undefined {
  for (const key of [...form.url, ...ADDRESS_KEYS]) {
    const url = spoken(memberOf(node, key)?.node);
    // Editors write an empty address beside a command.
    if (url && url.value !== '') return url;
  }
  return undefined;
}

const timeoutsOf = (node: Node, form: EntryForm): ServerEntry['timeouts'] =>
  form.timeouts.flatMap(({ key, unit, limits }) => {
    const found = memberAt(node, key)?.node;
    if (found?.kind !== 'number') return [];
    return [{ key, ms: (found.value as number) * (unit === 's' ? 1000 : 1), limits, range: found.range }];
  });

const HEADER_KEYS = ['headers', 'requestInit.headers', 'requestOptions.headers', 'http_headers'] as const;

interface Place {
  name: string;
  path: (string | number)[];
  nameRange: Range;
  range: Range;
  project?: string;
}

function entryOf(node: Node, at: Place, form: EntryForm): ServerEntry {
  const cwd = form.cwd === null ? undefined : spoken(memberOf(node, form.cwd)?.node);
  const url = urlOf(node, form);
  const type = spoken(memberOf(node, form.type.key)?.node);
  const object = memberOf(node, form.command.key)?.node;
  const env = memberOf(node, form.env)?.node ?? (form.commandObject ? memberOf(object, 'env')?.node : undefined);
  // Where it is not known which key is read, any that people write counts.
  const headerKeys = form.headers === null ? HEADER_KEYS : form.headers === undefined ? [] : [form.headers];
  const headers = headerKeys.map((key) => memberAt(node, key)?.node).find((found) => found !== undefined);
  return {
    ...at,
    node,
    ...commandOf(node, form),
    env: namedValues(env),
    ...(cwd && { cwd }),
    ...(url && { url }),
    headers: namedValues(headers),
    ...(type && { type }),
    timeouts: timeoutsOf(node, form),
    enabled: !(form.off ?? []).some(({ key, when }) => memberAt(node, key)?.node.value === when),
  };
}

/** The entries of one place in the file. */
function entriesOf(servers: Servers, form: EntryForm): ServerEntry[] {
  const { path, node, member, how, project } = servers;
  const of = project === undefined ? {} : { project };
  if (how === 'single') {
    const range = member?.range ?? node.range;
    const nameRange = member?.keyRange ?? {
      start: node.range.start,
      end: Math.min(node.range.start + 1, node.range.end),
    };
    return [entryOf(node, { name: '(no name)', path, nameRange, range, ...of }, form)];
  }
  if (node.items)
    return node.items.map((item, i) => {
      const name = memberOf(item, 'name')?.node;
      const known = name?.kind === 'text' && name.value !== '';
      const nameRange = known
        ? name.range
        : { start: item.range.start, end: Math.min(item.range.start + 1, item.range.end) };
      return entryOf(
        item,
        { name: known ? (name.value as string) : `#${i + 1}`, path: [...path, i], nameRange, range: item.range, ...of },
        form,
      );
    });
  return (
    (node.members ?? [])
      // An object is a server, whatever it is called: clients look at no name.
      .filter(({ key, node: inner }) => !isRemark(key) || inner.kind === 'object')
      .map(({ key, keyRange, range, node: inner }) =>
        entryOf(inner, { name: key, path: [...path, key], nameRange: keyRange, range, ...of }, form),
      )
  );
}

/**
 * The entries of a file, in the order in which they stand there. Those that stand where the client does not look are among them: a
 * rule says so. An entry that is no object comes with nothing but its name.
 */
export function entriesIn(config: ConfigText, client: Client, place: ConfigPlace): ServerEntry[] {
  const all = serversIn(config, client, place);
  // What leads to servers one step deeper is no server itself.
  const onTheWay = new Set(all.flatMap(({ node, around }) => (around ? [node, around] : [node])));
  const other = [...client.places, ...client.notRead]
    .filter(({ path, root }) => path === place.path && root.length > place.root.length)
    .map(({ root }) => root[place.root.length]);
  return all
    .flatMap((servers) => entriesOf(servers, client.entry))
    .filter(({ node }) => !onTheWay.has(node))
    .filter(
      ({ path, command, url }) =>
        command || url || path.length !== place.root.length + 1 || !other.includes(String(path.at(-1))),
    );
}
