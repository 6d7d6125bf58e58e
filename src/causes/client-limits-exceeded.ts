import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { beyondOf, fitOf, type Misfit } from '../clients/fit.js';
import { clientOf } from '../clients/index.js';
import { type Culprit, defineCause, type Match, type Severity } from './cause.js';
import { played } from './played.js';
import { listing, manyTools, opened, part } from './played-example.js';
import { isObserved } from './told.js';
import { find, WORDS, words } from './words.js';

/** Of these nobody can say that they arrive. */
const LOST: Misfit['outcome'][] = ['error', 'left-out', 'unknown'];

/** Who can do something: how many servers are switched on is the user's choice, what a tool is called the server's. */
const culpritOf = ({ limit }: Misfit): Culprit => (limit === 'count' ? 'config' : 'server');
const severityOf = ({ outcome }: Misfit): Severity => (LOST.includes(outcome) ? 'degraded' : 'risky');

/** The first names of a list, as many as a sentence bears. */
const SHOWN = 5;
const MAX_NAME = 40;
const ROOM = 120;

function list(names: string[], all: number): string {
  const shown: string[] = [];
  for (const name of names.slice(0, SHOWN)) {
    const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
    if (shown.length > 0 && shown.join(', ').length + short.length > ROOM) break;
    shown.push(short);
  }
  return `${shown.join(', ')}${all > shown.length ? ` and ${all - shown.length} more` : ''}`;
}

const BECOMES: Record<string, string> = {
  error: 'the client then refuses all tools of the server',
  'left-out': 'the client leaves them out',
  renamed: 'the client gives them another name',
  cut: 'the client cuts them',
  unknown: 'what the client does with them is not published',
};

/** What is wrong with how many tools, by the limit. */
const BEYOND: Record<string, (many: string, bound: string) => string> = {
  count: (many, bound) => `takes ${bound} tools of all servers together, and this server alone has ${many} more`,
  name: (many, bound) => `takes tool names of the form ${bound}, which ${many} of this server do not have`,
  length: (many, bound) =>
    `takes tool names of up to ${bound} characters with the server's name in front, and ${many} of this server are longer`,
  'same-name': (many) => `cannot tell ${many} of this server apart: they end up with a name that another one has`,
  description: (many, bound) =>
    bound === '1'
      ? `wants a description for every tool, and ${many} of this server have none`
      : `takes descriptions of up to ${bound} bytes, and those of ${many} are longer`,
  schema: (many, bound) => `cannot take ${bound} in an input schema, which ${many} of this server use`,
};

type Found = {
  client: string;
  /** Null for a report. */
  id: string | null;
  limit: string;
  bound: string;
  outcome: string;
  /** The first tools beyond the limit, and how many there are. */
  tools: string[];
  beyond: number;
  listed: number;
  reach: number | null;
  documented: boolean;
  others: string[];
};

/** What clients, and the interfaces of models behind them, say of too many tools, and of names and schemas that do not fit. */
const SAID: [RegExp, Misfit['limit']][] = [
  [
    /\b(?:cannot|can't|must not) have more than (?<bound>\d{2,3}) tools\b|\bmay not respect more than (?<b>\d{2,3}) tools\b/i,
    'count',
  ],
  [/\btools'?\W{1,3}array too long\b.{0,60}\bmaximum length (?<bound>\d{2,3})\b/i, 'count'],
  [/\bexceed\w*\b.{0,30}\b(?:total|maximum|max) (?:number of )?tools?\b(?: limit)?/i, 'count'],
  [/\btools\.\d+\.(?:custom\.|function\.)?name\b.{0,40}\bshould match pattern\b/i, 'name'],
  [/\bInvalid 'tools\[\d+\]\.(?:function\.)?name'.{0,40}\b(?:pattern|does not match)/i, 'name'],
  [/\btools\.\d+\.(?:custom\.|function\.)?name\b.{0,40}\bat most (?<bound>\d{2,3}) characters\b/i, 'length'],
  [
    /\bInvalid 'tools\[\d+\]\.(?:function\.)?name': string too long\b.{0,60}\bmaximum length (?<bound>\d{2,3})\b/i,
    'length',
  ],
  [/\b(?:combined|full) (?:server and tool|tool) name length\b.{0,40}\bexceeds? (?<bound>\d{2,3})\b/i, 'length'],
];

function told(given: Partial<Evidence>): Match<Found> | null {
  if (given.handshake || isObserved(given)) return null;
  const lines = words(given).filter(({ from }) => from === 'client' || from === 'server-log');
  for (const [pattern, limit] of SAID) {
    const hit = find(lines, pattern);
    if (!hit) continue;
    const client = given.reported?.client ?? null;
    return {
      certainty: 'likely',
      culprit: limit === 'count' ? 'config' : 'server',
      cites: [hit.line.at],
      facts: {
        client: client ?? 'the client',
        id: null,
        limit,
        bound: hit.groups.bound ?? hit.groups.b ?? '',
        outcome: 'error',
        tools: [],
        beyond: 0,
        listed: 0,
        reach: null,
        documented: true,
        others: [],
      },
    };
  }
  return null;
}

const TOLD: Record<string, string> = {
  count: 'gets more tools from its servers than it can hand to the model',
  name: 'gets a tool whose name the model behind it does not take',
  length: 'gets a tool whose name is longer than the model behind it takes',
};

export default defineCause({
  id: 'client-limits-exceeded',
  title: 'The tools of the server are beyond what the client takes',
  culprit: 'server',
  severity: 'degraded',
  seenAs: [
    'You have 87 tools from enabled servers. Too many tools can degrade performance, and some models may not respect more than 40 tools.',
    'Cannot have more than 128 tools per request.',
    "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 162 instead.",
    "tools.13.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  needs: [],
  uses: [...WORDS, 'http', 'client', 'catalog'],
  explains: [],

  match(given): Match<Found> | null {
    const { client, catalog } = given;
    if (!client || !catalog) return told(given);
    const known = clientOf(client.id);
    const index = catalog.lists.findIndex(({ method }) => method === 'tools/list');
    const { tools, count } = catalog.lists[index] ?? {};
    if (!known || !tools) return null;
    const { misfits, reach, listed } = fitOf(known, client.server, tools, count);
    // A shorter description is no loss that anybody has to act on.
    const telling = misfits.filter(
      ({ outcome, limit }) => !(outcome === 'cut' && limit === 'description') || misfits.length === 1,
    );
    const [worst] = telling;
    if (!worst) return null;
    const first = tools.findIndex(({ name }) => name === worst.tools[0]);
    const beyond = beyondOf(worst, listed);
    return {
      certainty: worst.confidence === 'high' && worst.outcome !== 'unknown' ? 'certain' : 'likely',
      culprit: culpritOf(worst),
      severity: severityOf(worst),
      cites: [
        worst.limit === 'count'
          ? at('catalog', 'lists', index, 'count')
          : at('catalog', 'lists', index, 'tools', Math.max(first, 0)),
        at('client', 'id'),
      ],
      facts: {
        client: played(client),
        id: client.id,
        limit: worst.limit,
        bound: worst.bound,
        outcome: worst.outcome,
        tools: worst.tools.slice(0, SHOWN),
        beyond,
        listed,
        reach,
        documented: worst.confidence === 'high',
        others: telling.slice(1).map(({ limit }) => limit),
      },
    };
  },
  say: ({ id, client, limit, bound, outcome, tools, beyond, listed, documented }) => {
    if (id === null) {
      const most = bound === '' ? '' : `, which is ${bound}${limit === 'count' ? '' : ' characters'} at most`;
      return `${client[0]?.toUpperCase()}${client.slice(1)} ${TOLD[limit]}${most}.`;
    }
    const many = beyond === 1 ? '1 tool' : `${beyond} tools`;
    const what = BEYOND[limit]?.(limit === 'count' ? String(beyond) : many, bound) ?? '';
    const which = limit === 'count' ? `${listed} are listed` : list(tools, beyond);
    const source = documented ? '' : ' The limit is told by users and not by the vendor.';
    return `${client} ${what} (${which}); ${BECOMES[outcome]}.${source}`;
  },
  fix: ({ limit, bound, client }) => {
    const check = { say: 'See what is left in every client:', run: 'mcp-verdict verify --as all -- <command>' };
    switch (limit) {
      case 'count':
        return [
          {
            say: `Switch off tools or servers that you do not need in ${client}, until ${bound === '' ? 'few enough' : bound} are left.`,
          },
          { say: 'If the server is yours: offer the tools in groups that can be switched on by an option.' },
          check,
        ];
      case 'description':
        return [
          {
            say:
              bound === '1'
                ? 'In the server, give every tool a description.'
                : `In the server, keep descriptions below ${bound} bytes, and put the rest into a resource.`,
          },
          check,
        ];
      case 'schema':
        return [{ say: `In the server, write the input schemas without ${bound}.` }, check];
      case 'same-name':
        return [
          { say: 'In the server, give every tool a name of its own, also when only letters, digits and _ count.' },
          check,
        ];
      default:
        return [
          {
            say: 'In the server, shorten the names: letters, digits and _ only, at most about 40 characters, beginning with a letter.',
          },
          ...(limit === 'length'
            ? [
                {
                  say: `Or give the server a shorter name in the configuration of ${client}: it is a part of what is counted.`,
                },
              ]
            : []),
          check,
        ];
    }
  },
  why: 'A client hands the tools of all its servers to a model, whose interface has rules of its own: how many tools, how long a name may be and of which letters, which keywords a schema may use. What does not fit is left out or renamed without a word, so the server looks healthy and its tools are missing.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-names',
    'https://code.claude.com/docs/en/mcp',
  ],
  examples: [
    {
      name: 'a warning of Cursor',
      finds: true,
      symptoms: {
        client: 'cursor',
        clientError:
          'You have 87 tools from enabled servers. Too many tools can degrade performance, and some models may not respect more than 40 tools.',
      },
    },
    {
      name: 'the interface of a model refuses a name',
      finds: true,
      symptoms: {
        client: 'claude-code',
        clientError: "API Error: 400 tools.13.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
      },
    },
    {
      name: 'a server that is limited in what it is asked, not in its tools',
      finds: false,
      symptoms: { client: 'cursor', clientError: 'Too many requests: cannot have more than 10 calls per minute' },
    },
    {
      name: '120 tools for Cursor',
      finds: true,
      evidence: { client: part('cursor'), handshake: opened(), catalog: listing(manyTools(120)) },
    },
    {
      name: 'the same tools for Codex, of which no such limit is known',
      finds: false,
      evidence: { client: part('codex'), handshake: opened(), catalog: listing(manyTools(120)) },
    },
    {
      name: 'a hyphen for Amazon Q',
      finds: true,
      evidence: { client: part('amazon-q'), handshake: opened(), catalog: listing(['read-note', 'read_note']) },
    },
    {
      name: 'a tool without a description for Amazon Q',
      finds: true,
      evidence: { client: part('amazon-q'), handshake: opened(), catalog: listing([{ descriptionBytes: 0 }]) },
    },
    {
      name: 'names that fit only without the name of the server',
      finds: true,
      evidence: {
        client: part('cursor', { server: 'a-server-with-quite-a-long-name' }),
        handshake: opened(),
        catalog: listing(['list_everything_that_was_ever_written']),
      },
    },
    {
      name: 'the same tool, and nobody knows the name of the server',
      finds: false,
      evidence: {
        client: part('cursor'),
        handshake: opened(),
        catalog: listing(['list_everything_that_was_ever_written']),
      },
    },
    {
      name: 'exactly as many tools as Cursor takes',
      finds: false,
      evidence: { client: part('cursor'), handshake: opened(), catalog: listing(manyTools(40)) },
    },
    {
      name: 'many tools, and no client was played',
      finds: false,
      evidence: { handshake: opened(), catalog: listing(manyTools(120)) },
    },
  ],
});
