/** The command line judges a sound conversation without loading the causes: none of them may find itself in one. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
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
