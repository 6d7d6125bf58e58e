import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import { CASE_FORMAT } from '../../src/case/format.js';
import { readCase, UnreadableError } from '../../src/case/read.js';
import { redactor } from '../../src/case/redact.js';
import { CaseDraft, writeCase } from '../../src/case/write.js';
import { causes } from '../../src/causes/index.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf, caseOfExample } from '../support/case.js';

const start = {
  origin: 'live',
  takenAt: '2026-01-01T00:00:00.000Z',
  tool: { name: 'mcp-verdict', version: '0.0.0' },
  host: { os: 'linux', arch: 'x64' },
  target: { transport: 'stdio', label: 'node x.js', command: 'node', args: ['x.js'] },
  redact: redactor(),
} as const;

function draft(now: () => number = () => 0): CaseDraft {
  return new CaseDraft({
    ...start,
    target: { ...start.target, args: [...start.target.args] },
    now,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  });
}

const complaint = (text: string): string => {
  try {
    readCase(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableError);
    return (error as Error).message;
  }
  throw new Error('it was read');
};

describe('written and read again', () => {
  const examples = causes.flatMap((cause) =>
    cause.examples.map((example) => [`${cause.id}: ${example.name}`, caseOfExample(example)] as const),
  );

  it('there are examples to do it with', () => {
    expect(examples.length).toBeGreaterThan(50);
  });

  it.each(examples)('%s: the same verdict', (_name, file) => {
    const again = readCase(writeCase(file));
    expect(diagnose(again)).toEqual(diagnose(file));
  });

  it('a sealed case is the same to the last key', () => {
    const d = draft();
    d.timeline.add('spawned', 'pid 1');
    d.seen('process', {
      pid: 1,
      lifetimeMs: 12.345,
      pending: ['initialize'],
      exit: { code: 1, signal: null, atMs: 12.3456, by: 'itself' },
    });
    d.seen('stderr', { bytes: 5, lines: [{ atMs: 1, text: 'Error: \u001b[31mboom\u0000 \u202e' }], omitted: 0 });
    d.failed('network', new Error('no'));
    d.skipped('catalog', 'the conversation was never opened');
    const file = d.seal();
    expect(readCase(writeCase(file))).toEqual(file);
    expect(file.evidence.process).toMatchObject({ value: { lifetimeMs: 12.3, exit: { atMs: 12.3 } } });
  });

  it('a case from pasted text, too', () => {
    const file = caseOfSymptoms(
      { stderr: 'Error: Missing API_KEY', exitCode: 1, entry: { command: 'node', args: ['x.js'] } },
      'MCP error -32000',
      '2026-01-01T00:00:00.000Z',
    );
    expect(readCase(writeCase(file))).toEqual(file);
    expect(diagnose(readCase(writeCase(file)))).toEqual(diagnose(file));
  });
});

describe('what is no case file is refused, with what to do', () => {
  const good = writeCase(caseOf({}));

  it.each([
    ['nothing', '', 'no JSON'],
    ['text', 'Error: boom', 'no JSON'],
    ['half a file', good.slice(0, good.length / 2), 'no JSON'],
    ['null', 'null', '--save-case'],
    ['a number', '5', '--save-case'],
    ['a list', '[]', '--save-case'],
    ['a foreign object', '{"format":"sarif"}', CASE_FORMAT],
    ['a config of a client', '{"mcpServers":{}}', '--save-case'],
    ['a verdict', JSON.stringify(diagnose(caseOf({}))), '--save-case'],
    ['a newer version', good.replace('case/1', 'case/2'), 'mcp-verdict.case/2'],
  ])('%s', (_name, text, says) => {
    expect(complaint(text)).toContain(says);
    expect(complaint(text).length).toBeLessThan(300);
  });

  it.each<[string, (file: CaseFile & Record<string, unknown>) => void, string]>([
    ['a missing key', (file) => Reflect.deleteProperty(file, 'timeline'), 'at timeline'],
    [
      'a wrong type deep inside',
      (file) =>
        Object.assign(file.evidence, {
          stderr: { status: 'seen', ms: 1, value: { bytes: 1, lines: [{ atMs: 'x', text: '' }], omitted: 0 } },
        }),
      'at evidence.stderr.value.lines.0.atMs',
    ],
    [
      'an unknown status',
      (file) => Object.assign(file.evidence, { process: { status: 'maybe' } }),
      'at evidence.process',
    ],
    [
      'a value that is missing',
      (file) => Object.assign(file.evidence, { process: { status: 'seen', ms: 1 } }),
      'at evidence.process.value',
    ],
  ])('damaged: %s', (_name, damage, where) => {
    const file = structuredClone(caseOf({})) as CaseFile & Record<string, unknown>;
    damage(file);
    expect(complaint(JSON.stringify(file))).toContain(where);
  });

  it('a long format of somebody else is not repeated whole', () => {
    expect(complaint(JSON.stringify({ format: `mcp-verdict.${'x'.repeat(10_000)}` })).length).toBeLessThan(300);
  });
});

describe('sizes are bounded', () => {
  it('of 100,000 events the first 200 and the last 100 are kept, and the rest is counted', () => {
    let now = 0;
    const d = draft(() => now++);
    for (let i = 0; i < 100_000; i++) d.timeline.add('stderr', `${i} ${'x'.repeat(5_000)}`);
    const { timeline, timelineOmitted } = d.seal();
    expect(timeline).toHaveLength(300);
    expect(timelineOmitted).toBe(99_700);
    expect(timeline[0]?.text?.startsWith('0 ')).toBe(true);
    expect(timeline.at(-1)?.text?.startsWith('99999 ')).toBe(true);
    expect(Math.max(...timeline.map(({ text }) => text?.length ?? 0))).toBe(200);
    expect(timeline.every(({ at }, i) => i === 0 || at >= (timeline[i - 1]?.at ?? 0))).toBe(true);
  });

  it('the complaint and the list of redactions', () => {
    const d = new CaseDraft({ ...draft().start, complaint: 'x'.repeat(1_000_000) });
    d.seen('stderr', {
      bytes: 1,
      lines: Array.from({ length: 2_000 }, () => ({ atMs: 0, text: 'API_KEY=abcdefgh' })),
      omitted: 0,
    });
    const file = d.seal();
    expect(file.complaint).toHaveLength(20_000);
    expect(file.redactions).toHaveLength(500);
    expect(file.redactions[0]).toEqual({ at: '/evidence/stderr/value/lines/0/text', why: expect.any(String) });
  });

  it('a report of 100,000 lines of log and 100,000 strays makes a case file below 1.5 MB', () => {
    const many = 'some line of a log that says nothing\n'.repeat(100_000);
    const text = writeCase(
      caseOfSymptoms(
        { stderr: many, stdout: many, serverLog: many, clientError: many },
        many,
        '2026-01-01T00:00:00.000Z',
      ),
    );
    expect(text.length).toBeLessThan(1_500_000);
    expect(readCase(text).evidence.stdout).toMatchObject({ value: { strayCount: 100_000 } });
  });
});

describe('attempts', () => {
  it('what was seen is not overwritten by a skip, and gives its value back', () => {
    const d = draft();
    d.seen('stdout', { bytes: 0, messages: 0, strays: [], strayCount: 0, endedWhileAlive: false });
    d.skipped('stdout', 'never mind');
    expect(d.get('stdout')?.bytes).toBe(0);
    expect(d.get('stderr')).toBeUndefined();
    expect(d.seal().evidence.stdout?.status).toBe('seen');
  });

  it('a failure keeps its words, whatever was thrown', () => {
    const d = draft();
    d.failed('network', new Error('no route'));
    d.failed('http', 'a text');
    expect(d.seal().evidence).toMatchObject({
      network: { status: 'failed', error: 'no route' },
      http: { status: 'failed', error: 'a text' },
    });
  });

  it('the id names the content', () => {
    expect(draft().seal().id).toBe(draft().seal().id);
    const other = draft();
    other.skipped('http', 'because');
    expect(other.seal().id).not.toBe(draft().seal().id);
  });
});
