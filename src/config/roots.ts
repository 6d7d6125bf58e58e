/** Where the servers stand in a file: under the key that the client reads, or where somebody put them in its place. */
import type { Client, ConfigPlace } from '../clients/client.js';
import type { ConfigText, Member, Node } from './config.js';

export type Path = (string | number)[];

export interface Servers {
  /** Keys from the top of the file. */
  path: Path;
  /** An object of entries by name, a list of entries, or anything else that stands there. */
  node: Node;
  /** The key that leads to it; absent when it is the whole file. */
  member?: Member;
  /**
   * `root`: where the client looks. `whole`: the file is nothing but servers, and may be. `wrong-key`: under another key. `nested`:
   * deeper than the client looks. `bare`: the file is nothing but servers, and must not be. `single`: one entry without a name.
   */
  how: 'root' | 'whole' | 'wrong-key' | 'nested' | 'bare' | 'single';
  /** The folder for which they count. */
  project?: string;
  /** The entry in which they stand, when somebody put a whole file into one. */
  around?: Node;
}

/** The member of an object; of several with one key the last, as parsers take it. */
export const memberOf = (node: Node | undefined, key: string): Member | undefined =>
  node?.members?.findLast((member) => member.key === key);

/** The member at the end of a way with dots (`requestOptions.headers`). */
export function memberAt(node: Node, dotted: string): Member | undefined {
  let member = memberOf(node, dotted);
  if (member) return member;
  let at: Node | undefined = node;
  for (const key of dotted.split('.')) {
    member = memberOf(at, key);
    at = member?.node;
  }
  return member;
}

/** Keys that hold a program or an address in one client or another. */
export const PROGRAM_KEYS = ['command', 'cmd'] as const;
export const ADDRESS_KEYS = ['url', 'serverUrl', 'httpUrl', 'uri', 'server_url', 'http_url', 'sseUrl'] as const;

const isText = (node: Node | undefined): boolean => node?.kind === 'text';

/** An entry of some client: it has a program or an address. */
export const looksLikeEntry = (node: Node): boolean =>
  node.kind === 'object' &&
  (PROGRAM_KEYS.some((key) => isText(memberOf(node, key)?.node) || memberOf(node, key)?.node.kind === 'list') ||
    ADDRESS_KEYS.some((key) => isText(memberOf(node, key)?.node)));

/** Entries by name, or a list of them. */
export const looksLikeServers = (node: Node): boolean =>
  (node.members ?? []).some((member) => looksLikeEntry(member.node)) ||
  (node.items ?? []).some((item) => looksLikeEntry(item));

/** Keys under which one client or another keeps servers, without case and signs. */
const ROOT_WORD =
  /^(?:mcpservers?|servers?|mcp|mcps|mcpserverslist|contextservers?|extensions|modelcontextprotocol(?:servers?)?|mcpconfig)$/;
export const isRootWord = (key: string): boolean => ROOT_WORD.test(key.toLowerCase().replace(/[^a-z]/g, ''));

/** A comment, or a key for the editor: no server. */
export const isRemark = (key: string): boolean => /^(?:[$_#]|\/\/)/.test(key);

function resolve(root: Node, keys: readonly string[]): Servers[] {
  let found: Servers[] = [{ path: [], node: root, how: 'root' }];
  for (const key of keys)
    found = found.flatMap(({ path, node, project }) => {
      const members =
        key === '*' ? (node.members ?? []) : [memberOf(node, key)].filter((member) => member !== undefined);
      return members.map(
        (member): Servers => ({
          path: [...path, member.key],
          node: member.node,
          member,
          how: 'root',
          ...((key === '*' ? member.key : project) !== undefined && { project: key === '*' ? member.key : project }),
        }),
      );
    });
  return found;
}

/** Roots that the client has in the same file besides this one. */
const otherRoots = (client: Client, place: ConfigPlace): (readonly string[])[] =>
  [...client.places, ...client.notRead]
    .filter((other) => other.path === place.path && other.root.join('\n') !== place.root.join('\n'))
    .map(({ root }) => root);

/** A key under the root that leads to another root of the same file. */
const leadsElsewhere = (client: Client, place: ConfigPlace, key: string): boolean =>
  otherRoots(client, place).some((root) => root.length > place.root.length && root[place.root.length] === key);

/**
 * Inside what should be entries stand the entries: {"mcpServers": {"mcpServers": {...}}}; or in an entry stands a whole file:
 * {"servers": {"weather": {"mcpServers": {...}}}}.
 */
function inside(servers: Servers, client: Client, place: ConfigPlace): Servers[] {
  const isNested = ({ key, node }: Member): boolean =>
    isRootWord(key) && !looksLikeEntry(node) && looksLikeServers(node) && !leadsElsewhere(client, place, key);
  return (servers.node.members ?? []).flatMap((member): Servers[] => {
    const path = [...servers.path, member.key];
    if (isNested(member)) return [{ path, node: member.node, member, how: 'nested' }];
    if (looksLikeEntry(member.node)) return [];
    return (member.node.members ?? []).filter(isNested).map((inner) => ({
      path: [...path, inner.key],
      node: inner.node,
      member: inner,
      how: 'nested',
      around: member.node,
    }));
  });
}

/** Files that hold nothing but servers: mcp.json, .mcp.json, mcp_config.json. */
const FOR_SERVERS = /mcp[\w-]*\.json$/i;

/** Servers that stand where the client does not look. */
function misplaced(root: Node, client: Client, place: ConfigPlace): Servers[] {
  const taken = otherRoots(client, place).map((other) => other[0]);
  const own = place.root.length === 1 ? undefined : place.root[0];
  const outer = (root.members ?? []).filter(({ key }) => !taken.includes(key));
  const here = outer.filter(({ key, node }) => isRootWord(key) && looksLikeServers(node) && !looksLikeEntry(node));
  if (here.length > 0)
    return here.map((member) => ({ path: [member.key], node: member.node, member, how: 'wrong-key' as const }));
  const deeper = outer.flatMap(({ key, node }) =>
    (node.members ?? [])
      .filter((member) => isRootWord(member.key) && looksLikeServers(member.node) && !looksLikeEntry(member.node))
      .map(
        (member): Servers => ({
          path: [key, member.key],
          node: member.node,
          member,
          how: key === own && place.root.length === 2 ? 'wrong-key' : 'nested',
        }),
      ),
  );
  if (deeper.length > 0 || !FOR_SERVERS.test(place.path)) return deeper;
  // In a file that is for servers alone, whatever looks like some is meant for some.
  return outer
    .filter(({ node }) => looksLikeServers(node) && !looksLikeEntry(node))
    .map((member) => ({ path: [member.key], node: member.node, member, how: 'wrong-key' as const }));
}

/** Every place in the file at which servers stand. */
export function serversIn(config: ConfigText, client: Client, place: ConfigPlace): Servers[] {
  const { root } = config;
  if (!root) return [];
  const found = resolve(root, place.root);
  const deeper = found.flatMap((servers) => inside(servers, client, place));
  const single = found.filter(({ node }) => looksLikeEntry(node)).map((one): Servers => ({ ...one, how: 'single' }));
  if (single.length > 0 && place.root.length > 0) return single;
  const filled = found.some(({ node }) => (node.members?.length ?? node.items?.length ?? 1) > 0);
  if (filled || place.root.includes('*')) return [...found, ...deeper];
  const other = misplaced(root, client, place);
  if (other.length > 0) return [...found, ...other];
  if (looksLikeEntry(root)) return [{ path: [], node: root, how: 'single' }];
  // Of a file of settings, one member may look like an entry by chance.
  const objects = (root.members ?? []).filter(({ node }) => node.kind === 'object');
  const only =
    root.kind === 'list'
      ? looksLikeServers(root)
      : objects.length > 0 && objects.every(({ node }) => looksLikeEntry(node));
  if (only) return [...found, { path: [], node: root, how: place.wholeFile ? 'whole' : 'bare' }];
  return found;
}
