import type { Evidence, ListMethod } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCheck, type Judgement } from './check.js';

const SPEC = 'https://modelcontextprotocol.io/specification/2025-11-25/server';

function judge({ lists }: Evidence['catalog'], method: ListMethod, noun: string): Judgement {
  const index = lists.findIndex((list) => list.method === method);
  const list = lists[index];
  if (!list || list.outcome === 'not-asked') return { outcome: 'not-verified', says: 'the connection had ended' };
  if (list.outcome === 'not-declared') return { outcome: 'not-applicable', says: 'not declared' };
  const cites = [at('catalog', 'lists', index)];
  if (list.outcome === 'listed') {
    const pages = list.pages === 1 ? '' : ` on ${list.pages} pages`;
    return {
      outcome: 'pass',
      says: `${list.count} ${noun}${list.count === 1 ? '' : 's'}${pages}, ${Math.round(list.ms ?? 0)} ms${list.stopped ? ` (${list.stopped})` : ''}`,
      cites,
    };
  }
  return {
    outcome: 'fail',
    says: `${method}: ${list.error?.message ?? list.problems?.join('; ') ?? list.outcome}`,
    cites,
  };
}

const LISTS: { id: string; title: string; section: string; method: ListMethod; noun: string }[] = [
  { id: 'TOL-02', title: 'tools', section: `${SPEC}/tools#listing-tools`, method: 'tools/list', noun: 'tool' },
  {
    id: 'RES-02',
    title: 'resources',
    section: `${SPEC}/resources#listing-resources`,
    method: 'resources/list',
    noun: 'resource',
  },
  {
    id: 'RES-05',
    title: 'templates',
    section: `${SPEC}/resources#resource-templates`,
    method: 'resources/templates/list',
    noun: 'resource template',
  },
  {
    id: 'PRM-01',
    title: 'prompts',
    section: `${SPEC}/prompts#listing-prompts`,
    method: 'prompts/list',
    noun: 'prompt',
  },
];

export default [
  ...LISTS.map(({ method, noun, ...spec }) =>
    defineCheck({
      ...spec,
      level: 'MUST',
      transport: 'both',
      needs: ['catalog'],
      test: ({ catalog }) => judge(catalog, method, noun),
    }),
  ),
  defineCheck({
    id: 'LIF-13',
    title: 'ping',
    level: 'MUST',
    section: 'https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping',
    transport: 'both',
    needs: ['catalog'],
    test({ catalog: { ping } }) {
      if (!ping) return { outcome: 'not-applicable', says: 'the revision has no ping' };
      if (ping.outcome === 'not-asked') return { outcome: 'not-verified', says: 'the connection had ended' };
      if (ping.outcome === 'refused') return { outcome: 'not-verified', says: 'it wants a sign-in' };
      return {
        outcome: ping.outcome === 'answered' ? 'pass' : 'fail',
        says: ping.outcome === 'answered' ? `answered after ${Math.round(ping.ms ?? 0)} ms` : ping.outcome,
        cites: [at('catalog', 'ping')],
      };
    },
  }),
];
