/** The status of a verdict and its ranking: what may be called healthy, and what only follows from something else. */
import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';

/** A small server in full health; tests take parts of it away. */
const sound: Partial<Evidence> = {
  process: { pid: 1, exit: { code: 0, signal: null, atMs: 60, by: 'us' }, lifetimeMs: 50, pending: [], leftBehind: 0 },
  stderr: { bytes: 0, lines: [], omitted: 0 },
  stdout: { bytes: 400, messages: 2, strays: [], strayCount: 0, endedWhileAlive: false },
  handshake: {
    initialize: {
      status: 'answered',
      ms: 20,
      requested: '2025-11-25',
      revision: '2025-11-25',
      capabilities: ['tools'],
    },
    discover: { status: 'not-asked', why: 'one start' },
    used: 'initialize',
  },
  catalog: {
    lists: [{ method: 'tools/list', outcome: 'listed', count: 1, pages: 1, ms: 2, names: ['echo'] }],
    ping: { outcome: 'answered', ms: 1 },
  },
};

const without = (kind: keyof Evidence): Partial<Evidence> => ({ ...sound, [kind]: undefined });
const judge = (evidence: Partial<Evidence>) =>
  diagnose(caseOf(Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined))));

describe('status', () => {
  it('healthy when everything was seen and is sound', () => {
    expect(judge(sound)).toMatchObject({ status: 'healthy', root: null, findings: [] });
  });

  it.each(['process', 'stdout', 'handshake', 'catalog'] as const)('never healthy when nobody looked at %s', (kind) => {
    expect(judge(without(kind)).status).toBe('inconclusive');
  });

  it('never healthy when a declared list was not read', () => {
    const lists: Evidence['catalog']['lists'] = [
      { method: 'tools/list', outcome: 'not-asked', count: 0, pages: 0, names: [] },
    ];
    expect(judge({ ...sound, catalog: { lists } }).status).toBe('inconclusive');
  });

  it('a mere possibility is inconclusive, with the place to look next', () => {
    const { status, root } = judge({
      reported: { clientError: ['MCP error -32001: Request timed out'], serverLog: [] },
    });
    expect(root?.certainty).toBe('possible');
    expect(status).toBe('inconclusive');
  });

  it('degraded when a MUST fails that no cause explains', () => {
    const { status, checks } = judge({
      ...sound,
      catalog: { ...sound.catalog, lists: [], ping: { outcome: 'error' } },
    });
    expect(checks.find(({ id }) => id === 'LIF-13')?.outcome).toBe('fail');
    expect(status).toBe('degraded');
  });
});

it('a check without evidence is not verified, with the reason, and never passed', () => {
  const file: CaseFile = caseOf({ process: sound.process });
  file.evidence.catalog = { status: 'skipped', why: 'the conversation was never opened' };
  const tools = diagnose(file).checks.find(({ id }) => id === 'TOL-02');
  expect(tools).toMatchObject({ outcome: 'not-verified' });
  expect(tools?.says).toContain('the conversation was never opened');
});

it('the root explains the rest: a crash in tools/list leaves its list as a consequence', () => {
  const { root, findings } = judge({
    ...sound,
    process: {
      pid: 1,
      exit: { code: 1, signal: null, atMs: 60, by: 'itself' },
      lifetimeMs: 50,
      pending: ['tools/list'],
    },
    stderr: {
      bytes: 60,
      lines: [
        { atMs: 59, text: 'TypeError: x is not a function' },
        { atMs: 59, text: '    at f (file:///s.js:1:1)' },
      ],
      omitted: 0,
    },
    catalog: { lists: [{ method: 'tools/list', outcome: 'closed', count: 0, pages: 0, names: [] }] },
  });
  expect(root?.id).toBe('process-crashed');
  expect(findings.find(({ id }) => id === 'catalog-list-fails')?.role).toBe('consequence');
  expect(root?.cites.every(({ quote }) => quote !== '')).toBe(true);
});

describe('a step to paste fits its reader', () => {
  const runOf = (os: 'windows' | 'linux') => {
    const symptoms = {
      transport: 'stdio' as const,
      os,
      entry: { command: 'npx', args: ['-y', 'notes-mcp', '--dir', 'My Notes'] },
      stderr: 'Error: Missing NOTES_TOKEN environment variable',
      exitCode: 1,
    };
    const { root } = diagnose(caseOfSymptoms(symptoms, undefined, '2026-01-01T00:00:00.000Z'));
    expect(root?.fix.every((step) => !('windows' in step))).toBe(true);
    return root?.fix.find(({ run }) => run)?.run;
  };

  it('the shell of its system, and the entry that was told', () => {
    expect(runOf('linux')).toBe(
      'mcp-verdict verify --env NOTES_TOKEN="$NOTES_TOKEN" -- npx -y notes-mcp --dir \'My Notes\'',
    );
    // PowerShell takes a bare -- away from the scripts of npm.
    expect(runOf('windows')).toBe(
      'mcp-verdict verify --env "NOTES_TOKEN=$env:NOTES_TOKEN" "--" npx -y notes-mcp --dir "My Notes"',
    );
  });
});
