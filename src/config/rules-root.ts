/** The servers as a whole: the right file, the right key, the right form. */
import type { Client } from '../clients/client.js';
import type { Hit, RuleContext, TextEdit } from './config.js';
import { isRootWord, looksLikeEntry, memberOf, type Servers, serversIn } from './roots.js';
import { defineRule, hitIn, isJson, kindOf, type Rules, renameKey } from './rule.js';

const CONFIG = 'https://modelcontextprotocol.io/docs/develop/connect-local-servers';

/** The keys of the client as people write them. */
const dotted = (keys: readonly string[]): string => keys.map((key) => (key === '*' ? '<folder>' : key)).join('.');

const servers = ({ config, client, place }: RuleContext): Servers[] => serversIn(config, client, place);

/** What the client wants under its key. */
const form = (context: RuleContext): 'list' | 'object' => (context.place.list ? 'list' : 'object');

/** Put the inner value where the outer one is: nothing else stands in there. */
function lift(outer: { start: number; end: number }, inner: { start: number; end: number }): TextEdit[] {
  return [
    { range: { start: outer.start, end: inner.start }, text: '' },
    { range: { start: inner.end, end: outer.end }, text: '' },
  ].filter(({ range }) => range.end > range.start);
}

/** Edits that bring servers from under another key to where the client looks. */
function moved(context: RuleContext, found: Servers): TextEdit[] {
  const { config, place } = context;
  const { path, member } = found;
  const last = place.root.at(-1);
  if (!member || last === undefined || place.root.includes('*')) return [];
  // A list cannot stand where names are wanted, whatever its key.
  if (found.node.kind !== form(context)) return [];
  const { around } = found;
  if (around) {
    const entry = found.node.members?.length === 1 ? found.node.members[0]?.node : undefined;
    return entry && isJson(config) && around.members?.length === 1 ? lift(around.range, entry.range) : [];
  }
  // What stands there already, even empty, would be there twice.
  const top = memberOf(config.root ?? undefined, place.root[0] ?? '');
  if (path.length === place.root.length) {
    const parent = path.length === 2 ? memberOf(config.root ?? undefined, String(path[0]))?.node : config.root;
    return memberOf(parent ?? undefined, last) ? [] : renameKey(config, path, last);
  }
  if (!isJson(config)) return [];
  if (path.length === 1 && place.root.length === 2 && !top)
    return [
      { range: member.keyRange, text: JSON.stringify(place.root[0]) },
      { range: { start: member.node.range.start, end: member.node.range.start }, text: `{ ${JSON.stringify(last)}: ` },
      { range: { start: member.node.range.end, end: member.node.range.end }, text: ' }' },
    ];
  if (path.length === 2 && place.root.length === 1) {
    const outer = memberOf(config.root ?? undefined, String(path[0]));
    if (outer?.node.members?.length !== 1) return [];
    const same = outer.key === last;
    if (!same && top) return [];
    return [
      ...(same ? [] : [{ range: outer.keyRange, text: JSON.stringify(last) }]),
      ...lift(outer.node.range, member.node.range),
    ];
  }
  return [];
}

const reads = (client: Client, root: string): string => `${client.name} reads servers under "${root}"`;

function wrongPlace(context: RuleContext, how: Servers['how']): Hit[] {
  const { client, place } = context;
  // The same file may be read with a root that is deeper: the plain one tells.
  const plainer = client.places.some(
    ({ path, root }) =>
      path === place.path && root.length < place.root.length && root.every((key, i) => key === place.root[i]),
  );
  if (plainer) return [];
  return servers(context)
    .filter((found) => found.how === how && found.member !== undefined)
    .map((found) => ({
      range: found.member?.keyRange ?? found.node.range,
      facts: { found: found.path.join('.'), root: dotted(context.place.root) },
      edits: moved(context, found),
    }));
}

export const ROOT_RULES: Rules<
  'file-not-read' | 'root-not-object' | 'root-wrong-key' | 'root-nested' | 'root-bare-entry' | 'entry-not-object'
> = {
  'file-not-read': defineRule({
    id: 'file-not-read',
    level: 'fatal',
    cause: 'config-file-not-read',
    title: 'The client reads no servers from this file',
    find(context) {
      const { client, place, config } = context;
      const here = client.notRead.find(
        ({ path, root }) => path === place.path && root.join('\n') === place.root.join('\n'),
      );
      if (!here) return [];
      const found = servers(context).find(({ how, node }) => how === 'root' && node.kind !== 'null');
      if (!found || !config.root) return [];
      const range = found.member?.keyRange ?? { start: config.root.range.start, end: config.root.range.start + 1 };
      return [{ range, facts: { instead: here.instead, root: dotted(here.root) }, edits: [] }];
    },
    says: ({ instead = '' }) => instead,
    fix: (_, client) => `Move the servers into a file that ${client.name} reads: ${client.file}.`,
    refs: [CONFIG],
  }),

  'root-not-object': defineRule({
    id: 'root-not-object',
    level: 'fatal',
    cause: 'config-shape-wrong',
    title: 'The servers have another form than the client reads',
    find(context) {
      const { config, place } = context;
      const wanted = form(context);
      const top = config.root;
      if (!top) return [];
      if (top.kind !== 'object' && !(top.kind === 'list' && place.root.length === 0 && wanted === 'list'))
        // A file of comments alone is an empty one.
        return top.kind === 'null'
          ? []
          : [
              {
                range: top.range,
                facts: { at: 'the whole file', found: kindOf(top.kind), wanted: 'object' },
                edits: [],
              },
            ];
      return servers(context)
        .filter(({ how, node }) => how === 'root' && node.kind !== wanted)
        .filter(({ node }) => !(node.kind === 'null' && config.format === 'yaml'))
        .map(({ node, path }) => ({
          range:
            node.kind === 'object' || node.kind === 'list'
              ? { start: node.range.start, end: node.range.start + 1 }
              : node.range,
          facts: { at: `"${path.join('.')}"`, found: kindOf(node.kind), wanted },
          edits: [],
        }));
    },
    says: ({ at = '', found = '', wanted = '' }, client) =>
      wanted === 'list'
        ? `${client.name} wants a list of servers, each with a "name", in ${at}, and there is ${found}.`
        : `${client.name} wants an object in ${at}, and there is ${found}.`,
    fix: ({ wanted }) =>
      wanted === 'list'
        ? 'Write the servers as a list, each with its own "name".'
        : 'Write an object with the name of each server as its key: { "name": { "command": "..." } }.',
    refs: [CONFIG],
  }),

  'root-wrong-key': defineRule({
    id: 'root-wrong-key',
    level: 'fatal',
    cause: 'config-shape-wrong',
    title: 'The servers stand under a key that the client does not read',
    find: (context) => wrongPlace(context, 'wrong-key'),
    says: ({ found = '', root = '' }, client) =>
      `${reads(client, root)}. Here they stand under "${found}", so it sees none of them.`,
    fix: ({ found = '', root = '' }) => `Write "${root}" in place of "${found}".`,
    refs: [CONFIG],
  }),

  'root-nested': defineRule({
    id: 'root-nested',
    level: 'fatal',
    cause: 'config-shape-wrong',
    title: 'The servers stand deeper in the file than the client looks',
    find: (context) => wrongPlace(context, 'nested'),
    says: ({ found = '', root = '' }, client) => `${reads(client, root)}. Here they stand deeper, under "${found}".`,
    fix: ({ root = '' }) => `Move them up, so that they stand right under "${root}".`,
    refs: [CONFIG],
  }),

  'root-bare-entry': defineRule({
    id: 'root-bare-entry',
    level: 'fatal',
    cause: 'config-shape-wrong',
    title: 'A server stands in the file without the key around it, or without a name',
    find(context) {
      const { config, place } = context;
      return servers(context).flatMap(({ how, node, path, member }): Hit[] => {
        if (how === 'single') {
          const first = (node.members ?? []).find(({ key }) => /^(?:command|cmd|url|uri|serverUrl|httpUrl)$/.test(key));
          const range = first?.keyRange ?? member?.keyRange ?? node.range;
          return [{ range, facts: { lacks: 'name', root: dotted(place.root), at: path.join('.') }, edits: [] }];
        }
        if (how !== 'bare') return [];
        const first = (node.members ?? []).find((inner) => looksLikeEntry(inner.node));
        const open = place.root.map((key) => `{ ${JSON.stringify(key)}: `).join('');
        const { start, end } = node.range;
        const sure =
          isJson(config) &&
          node.kind === 'object' &&
          !place.list &&
          !(node.members ?? []).some(({ key }) => isRootWord(key));
        return [
          {
            range: first?.keyRange ?? { start, end: start + 1 },
            facts: { lacks: 'root', root: dotted(place.root), at: first?.key ?? '' },
            edits: sure
              ? [
                  { range: { start, end: start }, text: open },
                  { range: { start: end, end }, text: ' }'.repeat(place.root.length) },
                ]
              : [],
          },
        ];
      });
    },
    says: ({ lacks, root = '', at = '' }, client) =>
      lacks === 'name'
        ? `The entry of a server stands ${at ? `right under "${at}"` : 'at the top of the file'}, without the name of the server around it, so ${client.name} takes each of its keys for a server.`
        : `${reads(client, root)}. Here "${at}" stands at the top of the file, without that key around it.`,
    fix: ({ lacks, root = '' }) =>
      lacks === 'name'
        ? `Put a name around it: "${root}": { "my-server": { ... } }.`
        : `Put "${root}" around the servers.`,
    refs: [CONFIG],
  }),

  'entry-not-object': defineRule({
    id: 'entry-not-object',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The entry of a server is no object',
    find: ({ entries }) =>
      entries
        .filter(({ node }) => node.kind !== 'object' && node.kind !== 'other')
        .map((entry) => hitIn(entry, entry.node.range, { found: kindOf(entry.node.kind) })),
    says: ({ server = '', found = '' }, client) =>
      `What stands under "${server}" is ${found}, where ${client.name} wants an object with a command or an address.`,
    fix: () => 'Write an object: { "command": "...", "args": ["..."] }.',
    refs: [CONFIG],
  }),
};
