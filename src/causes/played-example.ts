/** Evidence of servers that were started in the part of a client, for examples. */
import type { Evidence } from '../case/evidence.js';
import type { Example } from './cause.js';

type Played = Evidence['client'];
type Tools = NonNullable<Evidence['catalog']['lists'][number]['tools']>;

/** The part of a client: asked for 2025-06-18, on Linux, in the usual way. */
export const part = (id: string, over: Partial<Played> = {}): Played => ({
  id,
  name: id,
  os: 'linux',
  assumed: [],
  revision: '2025-06-18',
  capabilities: [],
  probes: [],
  ...over,
});

/** A conversation that was opened, with this answer to initialize. */
export const opened = (over: Partial<Evidence['handshake']['initialize']> = {}): Evidence['handshake'] => ({
  initialize: {
    status: 'answered',
    ms: 120,
    requested: '2025-06-18',
    revision: '2025-06-18',
    server: { name: 'notes', version: '1.0.0' },
    capabilities: ['tools'],
    ...over,
  },
  discover: { status: 'not-asked' },
  used: 'initialize',
});

/** These tools as they were listed. */
export const listing = (tools: (string | Partial<Tools[number]>)[]): Evidence['catalog'] => {
  const facts = tools.map((tool) => ({
    name: 'read_note',
    descriptionBytes: 40,
    keywords: ['properties', 'type'],
    ...(typeof tool === 'string' ? { name: tool } : tool),
  }));
  const names = facts.map(({ name }) => name);
  return { lists: [{ method: 'tools/list', outcome: 'listed', count: names.length, pages: 1, names, tools: facts }] };
};

/** So many tools with names of the same length. */
export const manyTools = (count: number, name = 'tool'): string[] =>
  Array.from({ length: count }, (_, i) => `${name}_${i + 1}`);

/** Exits of a process that ended by itself while a method was unanswered, with its life in milliseconds. */
const gone = (pending: string): Evidence['process'] => ({
  pid: 4711,
  exit: { code: 1, signal: null, atMs: 300, by: 'itself' },
  lifetimeMs: 300,
  pending: [pending],
});

const network = (address: string, range: 'loopback' | 'private' | 'unicast'): Evidence['network'] => ({
  host: 'notes.example.com',
  port: 443,
  tls: true,
  addresses: [{ address, family: 4, range }],
  attempts: [],
});

/** Examples for the causes of `played.ts`, by the id of the cause. */
export const PLAYED: Record<
  'slowStart' | 'probes' | 'version' | 'hosted' | 'getStream' | 'defect',
  [Example, Example, ...Example[]]
> = {
  slowStart: [
    {
      name: 'an answer after the limit that the entry gives',
      finds: true,
      evidence: {
        client: part('cline', { startMs: 2_100, startLimitMs: 1_000, limitInEntry: true }),
        handshake: opened({ ms: 2_100 }),
      },
    },
    {
      name: 'twelve seconds for a client that waits sixty',
      finds: false,
      evidence: { client: part('cline', { startMs: 12_000, startLimitMs: 60_000 }), handshake: opened({ ms: 12_000 }) },
    },
  ],
  probes: [
    {
      name: 'a server that ends when it is asked for its prompts',
      finds: true,
      evidence: {
        client: part('claude-desktop', { probes: [{ method: 'prompts/list', outcome: 'closed' }] }),
        handshake: opened(),
        process: gone('prompts/list'),
      },
    },
    {
      name: 'the right answer to the same question',
      finds: false,
      evidence: {
        client: part('claude-desktop', { probes: [{ method: 'prompts/list', outcome: 'error', code: -32601 }] }),
        handshake: opened(),
      },
    },
  ],
  version: [
    {
      name: 'a client that takes no other revision than its own',
      finds: true,
      evidence: { client: part('codex', { exactRevision: true }), handshake: opened({ revision: '2024-11-05' }) },
    },
    {
      name: 'an older revision, and nobody knows whether the client minds',
      finds: false,
      evidence: { client: part('cursor', { exactRevision: null }), handshake: opened({ revision: '2024-11-05' }) },
    },
    {
      name: 'a newer revision, and the client was asked for in the usual way because nobody knows its own',
      finds: false,
      evidence: { client: part('zed'), handshake: opened({ revision: '2025-11-25' }) },
    },
    {
      name: 'a revision that came after the newest of the client',
      finds: true,
      evidence: { client: part('goose', { revision: '2025-03-26' }), handshake: opened({ requested: '2025-03-26' }) },
    },
  ],
  hosted: [
    {
      name: 'a connector for an address of this machine',
      finds: true,
      evidence: {
        client: part('claude-desktop', { origin: 'vendor-cloud' }),
        network: network('127.0.0.1', 'loopback'),
      },
    },
    {
      name: 'a connector for a public address',
      finds: false,
      evidence: {
        client: part('claude-desktop', { origin: 'vendor-cloud' }),
        network: network('203.0.113.7', 'unicast'),
      },
    },
  ],
  getStream: [
    {
      name: '404 to the GET, and a client that minds',
      finds: true,
      evidence: { client: part('cursor', { getMustBe405: true, getStatus: 404 }), handshake: opened() },
    },
    {
      name: '404 to the GET, and a client that does not',
      finds: false,
      evidence: { client: part('cline', { getMustBe405: false, getStatus: 404 }), handshake: opened() },
    },
  ],
  defect: [
    {
      name: 'a sound server and Cursor 0.48.8',
      finds: true,
      evidence: { client: part('cursor', { version: '0.48.8' }), handshake: opened() },
    },
    {
      name: 'a sound server and a version of which nothing is known',
      finds: false,
      evidence: { client: part('cursor', { version: '99.0.0' }), handshake: opened() },
    },
  ],
};
