/** The command line judges a sound conversation without loading the causes: none of them may find itself in one. */
import { describe, expect, it } from 'vitest';
import type { Evidence, Exchange } from '../../src/case/evidence.js';
import { evidenceOf } from '../../src/case/symptoms.js';
import { causes } from '../../src/causes/index.js';
import { seen } from '../../src/verdict/judge.js';
import { isSound } from '../../src/verdict/sound.js';
import { caseOf } from '../support/case.js';

const list = (method: 'tools/list' | 'prompts/list', outcome: 'listed' | 'not-declared') => ({
  method,
  outcome,
  count: outcome === 'listed' ? 2 : 0,
  pages: 1,
  names: [],
});
const sound: Partial<Evidence> = {
  launch: { command: 'node', args: ['server.js'], env: [], paths: [] },
  process: {
    pid: 7,
    exit: { code: 0, signal: null, atMs: 90, by: 'us' },
    lifetimeMs: 80,
    pending: [],
    leftBehind: 0,
    shutdown: { eofToExitMs: 10, waitedMs: 2_000, needed: 'eof' },
  },
  stderr: { bytes: 0, lines: [], omitted: 0 },
  stdout: { bytes: 300, messages: 3, strays: [], strayCount: 0, endedWhileAlive: false },
  handshake: {
    initialize: { status: 'answered', ms: 40, revision: '2025-11-25', capabilities: ['tools'] },
    discover: { status: 'not-asked' },
    used: 'initialize',
  },
  catalog: {
    lists: [list('tools/list', 'listed'), list('prompts/list', 'not-declared')],
    ping: { outcome: 'answered', ms: 1 },
  },
};

const found = (evidence: Partial<Evidence>): string[] => {
  const file = caseOf(evidence);
  expect(isSound(file)).toBe(true);
  return causes.filter((cause) => cause.match(seen(file)) !== null).map(({ id }) => id);
};

describe('whatever a sound server writes to stderr, and however it is started, no cause finds itself', () => {
  it.each(causes)('in the words of $id', ({ examples }) => {
    for (const { symptoms, evidence } of examples) {
      const told = { ...evidenceOf(symptoms ?? {}), ...evidence };
      const lines = [
        ...(told.stderr?.lines ?? []),
        ...[...(told.reported?.clientError ?? []), ...(told.reported?.serverLog ?? [])].map((text) => ({
          atMs: 1,
          text,
        })),
      ];
      const words = { bytes: 100, lines, omitted: 0 };
      expect(found({ ...sound, stderr: words, ...(told.launch && { launch: told.launch }) })).toEqual([]);
    }
  });
});

it.each<[string, Partial<Evidence>]>([
  ['a stray line', { stdout: { ...(sound.stdout as Evidence['stdout']), strayCount: 1 } }],
  [
    'an end of its own',
    { process: { ...(sound.process as Evidence['process']), exit: { code: 0, signal: null, atMs: 90, by: 'itself' } } },
  ],
  [
    'a signal that was needed',
    {
      process: {
        ...(sound.process as Evidence['process']),
        shutdown: { eofToExitMs: null, waitedMs: 2_000, needed: 'sigterm' },
      },
    },
  ],
  ['a process left behind', { process: { ...(sound.process as Evidence['process']), leftBehind: 1 } }],
  [
    'a late answer',
    { handshake: { ...(sound.handshake as Evidence['handshake']), initialize: { status: 'answered', ms: 9_000 } } },
  ],
  ['a list that failed', { catalog: { lists: [{ ...list('tools/list', 'listed'), outcome: 'error' }] } }],
  ['no list read', { catalog: undefined }],
])('not sound: %s', (_, part) => {
  const evidence = Object.fromEntries(Object.entries({ ...sound, ...part }).filter(([, value]) => value !== undefined));
  expect(isSound(caseOf(evidence))).toBe(false);
});

const base = { url: 'http://127.0.0.1:3000/mcp', atMs: 0, ms: 3, credentials: 'none' as const };
const answer = (purpose: string, more: Partial<Exchange> = {}): Exchange => ({
  ...base,
  purpose,
  method: 'POST',
  status: 200,
  contentType: 'text/event-stream',
  events: ['message'],
  ...more,
});

/** A sound conversation with sessions and the default experiments, with these headers on every answer. */
function soundHttp(headers: Record<string, string> = {}, url = base.url): Partial<Evidence> {
  const rpc = { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'Method not found' } };
  const exchanges = [
    answer('initialize', { headers: { ...headers, 'mcp-session-id': '<set>' } }),
    answer('notifications/initialized', { status: 202, contentType: undefined, bodyBytes: 0 }),
    answer('server/discover', { status: 400, contentType: 'application/json', body: JSON.stringify(rpc) }),
    answer('tools/list'),
    answer('get-stream', { method: 'GET' }),
    answer('session-unknown', { status: 404, contentType: 'application/json' }),
    answer('second-client', { rpc: 'initialize' }),
    answer('second-client', { rpc: 'notifications/initialized', status: 202 }),
    answer('second-client', { rpc: 'tools/list' }),
    answer('fresh-connections', { rpc: 'tools/list' }),
    answer('preflight', { method: 'OPTIONS', status: 405, contentType: 'application/json' }),
    answer('session-ended', { method: 'DELETE' }),
    answer('session-ended', { status: 404, rpc: 'tools/list' }),
  ].map((exchange) => ({ ...exchange, url, headers: { ...headers, ...exchange.headers } }));
  const indices = (purpose: string) => exchanges.flatMap((e, i) => (e.purpose === purpose ? [i] : []));
  const names = [
    'get-stream',
    'session-unknown',
    'second-client',
    'fresh-connections',
    'preflight',
    'session-ended',
  ] as const;
  const host = new URL(url).hostname;
  return {
    handshake: {
      initialize: { status: 'answered', ms: 4, revision: '2025-11-25', capabilities: ['tools'] },
      discover: { status: 'refused', ms: 2, error: { code: -32601, message: 'Method not found' } },
      used: 'initialize',
    },
    catalog: sound.catalog as Evidence['catalog'],
    network: {
      host,
      port: 3000,
      tls: false,
      addresses: [{ address: '127.0.0.1', family: 4, range: 'loopback' }],
      attempts: [{ address: '127.0.0.1', ms: 1 }],
    },
    endpoint: { asked: { url, answer: 'streamable-http' }, others: [] },
    http: { exchanges, omitted: 0 },
    series: {
      runs: [
        { experiment: 'initialized-notification', exchanges: [1] },
        ...names.map((experiment) => ({ experiment, exchanges: indices(experiment) })),
        { experiment: 'accept-json', exchanges: [], skipped: 'only with --full' },
      ],
      requests: 10,
      ms: 40,
    },
  };
}

describe('whatever stands before a sound endpoint, no cause finds itself', () => {
  it.each(causes)('behind what $id knows', ({ examples }) => {
    for (const { symptoms, evidence } of examples) {
      const told = { ...evidenceOf(symptoms ?? {}), ...evidence };
      const seenThere = (told.http?.exchanges ?? []).flatMap(({ headers }) => (headers ? [headers] : []));
      for (const headers of [{}, ...seenThere]) {
        const kept = Object.entries(headers).filter(
          ([name]) =>
            !/^(?:access-control-|mcp-session-id$|content-|location$|retry-after$|www-authenticate$)/.test(name),
        );
        const url = told.reported?.url ?? '';
        const own = /^https?:/.test(url) && URL.canParse(url) ? url : base.url;
        expect(found(soundHttp(Object.fromEntries(kept), own))).toEqual([]);
      }
    }
  });
});

/** The sound evidence with the answers of one purpose changed. */
const but = (purpose: string, change: Partial<Exchange>): Partial<Evidence> => {
  const { http, ...rest } = soundHttp();
  const exchanges = (http?.exchanges ?? []).map((e) => (e.purpose === purpose ? { ...e, ...change } : e));
  return { ...rest, http: { exchanges, omitted: 0 } };
};

it.each<[string, Partial<Evidence>]>([
  ['a notification answered with 200', but('notifications/initialized', { status: 200 })],
  ['a list answered with 500', but('tools/list', { status: 500 })],
  ['a list answered late', but('tools/list', { ms: 6_000 })],
  ['a GET answered with JSON', but('get-stream', { contentType: 'application/json' })],
  ['a GET that never answers', but('get-stream', { status: undefined })],
  ['an unknown session served', but('session-unknown', { status: 200 })],
  ['an unknown session refused with 400', but('session-unknown', { status: 400 })],
  ['a second client refused', but('second-client', { status: 500 })],
  ['a session lost on a new connection', but('fresh-connections', { status: 404 })],
  ['half of CORS', but('preflight', { headers: { 'access-control-allow-origin': '*' } })],
  ['lines that are no event stream', but('tools/list', { stream: { comments: 0, invalidLines: 1 } })],
  ['an answer we stopped', but('tools/list', { stopped: 'inflates' })],
  [
    'one address that is dead',
    {
      ...soundHttp(),
      network: {
        ...(soundHttp().network as Evidence['network']),
        attempts: [
          { address: '::1', ms: 1, error: { code: 'ECONNREFUSED', message: '' } },
          { address: '127.0.0.1', ms: 1 },
        ],
      },
    },
  ],
  [
    'a proxy in the environment',
    {
      ...soundHttp(),
      network: {
        ...(soundHttp().network as Evidence['network']),
        proxy: { variables: ['HTTP_PROXY'], applies: 'HTTP_PROXY', exempt: false },
      },
    },
  ],
  [
    'an experiment of the long series',
    { ...soundHttp(), series: { requests: 1, ms: 1, runs: [{ experiment: 'host-foreign', exchanges: [3] }] } },
  ],
  [
    'a stream that was watched',
    {
      ...soundHttp(),
      stream: {
        via: 'get-stream',
        watchMs: 9,
        aliveMs: 9,
        bytes: 0,
        comments: 0,
        events: 0,
        longestSilenceMs: 9,
        end: 'by-us',
      },
    },
  ],
])('not sound over HTTP: %s', (_, evidence) => {
  expect(isSound(caseOf(evidence))).toBe(false);
});
