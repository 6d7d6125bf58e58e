/**
 * The first judgement of a process compiles what judges, which takes longer than judging. A rehearsal on a sound case, done while
 * the server under test is still starting, takes that time off the way to the verdict. The causes are left out: see sound.ts.
 */
import { asSeen } from '../case/attempts.js';
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { CASE_FORMAT } from '../case/format.js';
import { checks } from '../checks/index.js';
import { judge } from './judge.js';

const evidence: Partial<Evidence> = {
  launch: { command: 'node', args: [], env: [], paths: [] },
  process: { pid: 1, exit: { code: 0, signal: null, atMs: 2, by: 'us' }, lifetimeMs: 1, pending: [] },
  stderr: { bytes: 0, lines: [], omitted: 0 },
  stdout: { bytes: 1, messages: 1, strays: [], strayCount: 0, endedWhileAlive: false },
  handshake: {
    initialize: { status: 'answered', ms: 1, revision: '2025-11-25', capabilities: [] },
    discover: { status: 'not-asked' },
    used: 'initialize',
  },
  catalog: { lists: [] },
};

const sound: CaseFile = {
  format: CASE_FORMAT,
  id: '',
  takenAt: '',
  tookMs: 0,
  origin: 'live',
  tool: { name: '', version: '' },
  host: { os: 'other', arch: '' },
  target: { transport: 'stdio', label: '' },
  evidence: asSeen(evidence),
  timeline: [],
  timelineOmitted: 0,
  redactions: [],
};

/** Judge the sound case once. Returns whether it was found healthy, as it must be. */
export const rehearse = (): boolean => judge(sound, [], checks).status === 'healthy';
