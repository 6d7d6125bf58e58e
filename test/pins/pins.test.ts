/** What the outside relies on, as literals. A red pin asks: on purpose? Then change it here, too, and say so in the changelog. */
import { expect, it } from 'vitest';
import { evidenceSchemas } from '../../src/case/evidence.js';
import { CASE_FORMAT } from '../../src/case/format.js';
import { AREAS } from '../../src/causes/areas.js';
import { causes } from '../../src/causes/index.js';
import { EXIT } from '../../src/cli/exit.js';
import * as api from '../../src/index.js';
import { STORE_FORMAT } from '../../src/oauth/store.js';
import { BACKUP_FORMAT } from '../../src/probe/backups.js';
import { FIX_FORMAT } from '../../src/render/fix.js';
import { VERDICT_FORMAT } from '../../src/verdict/verdict.js';
import { CAUSE_IDS } from './cause-ids.js';

it('exit codes', () => {
  expect(EXIT).toEqual({ healthy: 0, wrong: 1, usage: 2, inconclusive: 3, defect: 70 });
});

it('formats', () => {
  expect([CASE_FORMAT, VERDICT_FORMAT]).toEqual(['mcp-verdict.case/1', 'mcp-verdict.verdict/1']);
});

it('what fix writes', () => {
  expect([FIX_FORMAT, BACKUP_FORMAT]).toEqual(['mcp-verdict.fix/1', 'mcp-verdict.backup/1']);
});

it('the file of remembered sign-ins', () => {
  expect(STORE_FORMAT).toBe('mcp-verdict.tokens/1');
});

it('kinds of evidence', () => {
  expect(Object.keys(evidenceSchemas)).toEqual([
    'launch',
    'process',
    'stderr',
    'stdout',
    'handshake',
    'catalog',
    'network',
    'http',
    'endpoint',
    'series',
    'stream',
    'authorization',
    'worlds',
    'reported',
    'complaint',
    'config',
    'client',
    'clientLog',
  ]);
});

it('areas, in life-cycle order', () => {
  expect(AREAS.join(' ')).toBe(
    'config launch install runtime container deploy process network edge http transport session auth stdio handshake catalog call lifetime client',
  );
});

it('ids of root causes are promised ones, and `explains` names no other', () => {
  const ids = causes.map(({ id }) => id as string);
  for (const id of ids) expect(CAUSE_IDS).toContain(id);
  for (const cause of causes)
    for (const id of cause.explains) expect(CAUSE_IDS, `${cause.id} explains ${id}`).toContain(id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(39);
});

it('exports of the library', () => {
  expect(Object.keys(api).sort()).toEqual([
    'UnreadableError',
    'caseOfSymptoms',
    'causes',
    'checks',
    'diagnose',
    'investigate',
    'readCase',
    'readSymptoms',
    'renderAgent',
    'renderJson',
    'renderTerminal',
    'symptomsOf',
    'writeCase',
  ]);
});
