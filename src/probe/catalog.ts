/** The lists of a server, all pages, read with every bound that a hostile server makes necessary. */
import type { Era, Evidence, ListMethod } from '../case/evidence.js';
import type { Channel } from '../wire/channel.js';
import { type ClientCapabilities, type ClientInfo, hasPing, modernMeta } from '../wire/revisions.js';
import { rpcErrorOf } from './handshake.js';
import { toolFacts } from './tool-facts.js';

type List = Evidence['catalog']['lists'][number];

const MAX_PAGES = 100;
const MAX_NAMES = 500;
const MAX_ITEMS = 20_000;
const MAX_CURSOR = 64 * 1024;
/** How many times the limit of one answer all pages of a list may take. */
const MAX_WAITS = 4;

/** Every list method: the capability that announces it, the key of its result, and what names an item. */
const LISTS: { method: ListMethod; capability: string; key: string; name: string }[] = [
  { method: 'tools/list', capability: 'tools', key: 'tools', name: 'name' },
  { method: 'resources/list', capability: 'resources', key: 'resources', name: 'uri' },
  { method: 'resources/templates/list', capability: 'resources', key: 'resourceTemplates', name: 'uriTemplate' },
  { method: 'prompts/list', capability: 'prompts', key: 'prompts', name: 'name' },
];

export interface Talk {
  channel: Channel;
  era: 'initialize' | 'discover';
  clientInfo: ClientInfo;
  timeoutMs: number;
  /** Declared in every request of the stateless era. */
  capabilities?: ClientCapabilities;
}

async function readList(
  { channel, era, clientInfo, timeoutMs, capabilities }: Talk,
  { method, key, name }: (typeof LISTS)[number],
): Promise<List> {
  const list: List = { method, outcome: 'listed', count: 0, pages: 0, ms: 0, names: [] };
  const cursors = new Set<string>();
  const problems = new Set<string>();
  const tools: NonNullable<List['tools']> = [];
  if (method === 'tools/list') list.tools = tools;
  let cursor: string | undefined;
  for (;;) {
    const params = {
      ...(era === 'discover' && modernMeta(clientInfo, capabilities)),
      ...(cursor !== undefined && { cursor }),
    };
    const outcome = await channel.request(method, Object.keys(params).length ? params : undefined, { timeoutMs, era });
    list.ms = (list.ms ?? 0) + outcome.ms;
    if (outcome.kind !== 'result') {
      if (outcome.kind === 'rpc-error') return { ...list, outcome: 'error', error: rpcErrorOf(outcome.error) };
      if (outcome.kind === 'invalid') return { ...list, outcome: 'invalid', problems: outcome.problems };
      if (outcome.kind === 'unanswered') return { ...list, outcome: 'unanswered' };
      if (outcome.kind === 'closed') return { ...list, outcome: 'closed' };
      const message = outcome.kind === 'http-status' ? `HTTP ${outcome.status}` : outcome.error.message;
      return {
        ...list,
        outcome: 'error',
        error: { code: outcome.kind === 'http-status' ? outcome.status : 0, message },
      };
    }
    list.pages++;
    const items = outcome.result[key];
    if (!Array.isArray(items))
      return { ...list, outcome: 'invalid', problems: [`the result of ${method} has no list "${key}"`] };
    for (const item of items as Record<string, unknown>[]) {
      const label = item?.[name];
      if (typeof label !== 'string' || label === '') problems.add(`an item of "${key}" has no "${name}"`);
      else if (list.names.length < MAX_NAMES) list.names.push(label.slice(0, 200));
      const facts = method === 'tools/list' && toolFacts(item);
      if (facts && tools.length < MAX_NAMES) tools.push(facts);
      // Tool.inputSchema is required, with root type "object" (schema, all revisions).
      if (method === 'tools/list' && (item?.inputSchema as { type?: unknown } | undefined)?.type !== 'object')
        problems.add(`tool ${JSON.stringify(String(label).slice(0, 60))} has no inputSchema of type "object"`);
    }
    list.count += items.length;
    const next = outcome.result.nextCursor;
    if (next === undefined || next === null || typeof next !== 'string') break;
    // In the legacy era an empty cursor means the end in practice; only 2026-07-28 says otherwise (server/utilities/pagination).
    if (next === '' && era === 'initialize') break;
    if (next.length > MAX_CURSOR)
      return { ...list, outcome: 'invalid', problems: [...problems, `a cursor of ${next.length} characters`] };
    if (cursors.has(next))
      return {
        ...list,
        outcome: 'invalid',
        problems: [...problems, 'the same cursor came twice: the pages go round in a circle'],
      };
    if (list.pages >= MAX_PAGES || list.count >= MAX_ITEMS || (list.ms ?? 0) > timeoutMs * MAX_WAITS) {
      list.stopped = `stopped after ${list.pages} pages and ${list.count} items`;
      break;
    }
    cursors.add(next);
    cursor = next;
  }
  return problems.size ? { ...list, outcome: 'invalid', problems: [...problems].slice(0, 20) } : list;
}

/** Read every declared list, then ping. Lists that are not declared are not asked for. Stops asking once the channel has ended. */
export async function readCatalog(talk: Talk, opened: Era): Promise<Evidence['catalog']> {
  const lists: List[] = [];
  for (const spec of LISTS) {
    const empty = { method: spec.method, count: 0, pages: 0, names: [] };
    if (!opened.capabilities?.includes(spec.capability)) lists.push({ ...empty, outcome: 'not-declared' });
    else if (!talk.channel.open) lists.push({ ...empty, outcome: 'not-asked' });
    else lists.push(await readList(talk, spec));
  }
  // Servers that declare resources without templates answer -32601; that is their right (the capability has no sub-flag).
  const settled = lists.map(
    (list): List =>
      list.method === 'resources/templates/list' && list.error?.code === -32601
        ? { ...list, outcome: 'not-declared', error: undefined }
        : list,
  );
  if (!hasPing(opened.revision ?? '')) return { lists: settled };
  if (!talk.channel.open) return { lists: settled, ping: { outcome: 'not-asked' } };
  const ping = await talk.channel.request('ping', undefined, { timeoutMs: talk.timeoutMs, era: talk.era });
  const outcome =
    ping.kind === 'result'
      ? 'answered'
      : ping.kind === 'unanswered'
        ? 'unanswered'
        : ping.kind === 'closed'
          ? 'closed'
          : ping.kind === 'http-status' && (ping.status === 401 || ping.status === 403)
            ? 'refused'
            : 'error';
  return { lists: settled, ping: { outcome, ms: ping.ms } };
}
