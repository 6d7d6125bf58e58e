/** What the client's own log says of its last run, beside what was seen live. */
import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { resolve } from '../../src/case/pointer.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderJson } from '../../src/render/json.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { ago } from '../../src/verdict/past-run.js';
import { caseOf } from '../support/case.js';

const START = '2025-12-29T10:00:00.000Z [notes] [info] Initializing server...';
const END =
  '2025-12-29T10:00:02.000Z [notes] [info] Server transport closed unexpectedly, this is likely due to the process exiting early.';
const MISSING = 'Error: Missing NOTES_TOKEN environment variable';

const logged = (said: string[], more: Partial<Evidence['clientLog']> = {}): Evidence['clientLog'] => ({
  client: 'claude-desktop',
  clientName: 'Claude Desktop',
  file: '~/Library/Logs/Claude/mcp-server-notes.log',
  changedAt: '2025-12-30T00:00:00.000Z',
  ranAt: '2025-12-29T12:00:00.000Z',
  server: 'notes',
  run: 2,
  runs: 2,
  guessed: false,
  lines: [START, ...said, END],
  omitted: 0,
  ...more,
});
const failed = logged([MISSING]);
const answered = logged([], {
  lines: [
    START,
    '2025-12-29T10:00:01.000Z [notes] [info] Message from client: {"method":"initialize","params":{"protocolVersion":"2025-06-18"},"jsonrpc":"2.0","id":0}',
    'Notes: 0 errors',
    '2025-12-29T10:00:02.000Z [notes] [info] Message from server: {"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"notes","version":"1"}}}',
  ],
});

const HEALTHY: Partial<Evidence> = {
  process: { pid: 7, lifetimeMs: 300, pending: [] },
  stdout: { bytes: 9, messages: 2, strays: [], strayCount: 0, endedWhileAlive: false },
  handshake: {
    initialize: { status: 'answered', ms: 5, requested: '2025-11-25', revision: '2025-11-25' },
    discover: { status: 'not-asked', why: 'stdio' },
    used: 'initialize',
  },
  catalog: { lists: [{ method: 'tools/list', outcome: 'listed', count: 0, pages: 1, names: [] }] },
};
const broken = (stderr: string): Partial<Evidence> => ({
  process: {
    pid: 7,
    lifetimeMs: 300,
    pending: ['initialize'],
    exit: { code: 1, signal: null, atMs: 310, by: 'itself' },
  },
  stderr: { bytes: 9, lines: [{ atMs: 300, text: stderr }], omitted: 0 },
  stdout: { bytes: 0, messages: 0, strays: [], strayCount: 0, endedWhileAlive: false },
  handshake: {
    initialize: { status: 'closed', ms: 5, requested: '2025-11-25' },
    discover: { status: 'not-asked', why: 'stdio' },
  },
});

const seen = (evidence: Partial<Evidence>, clientLog: Evidence['clientLog']) => {
  const file = caseOf({ ...evidence, clientLog });
  return { file, verdict: diagnose(file), before: diagnose(caseOf(evidence)) };
};

/** The section as a person reads it, in 80 columns. */
function section(file: CaseFile): string {
  const text = renderTerminal(diagnose(file), file, { color: false, width: 80 });
  return /\n {2}In the client's log\n(?<body>(?: {4}.*\n)*)/.exec(text)?.groups?.body ?? '';
}
const prose = (text: string): string => text.replace(/\s+/g, ' ');

describe('the log never changes what was seen live', () => {
  it.each<[string, Partial<Evidence>]>([
    ['healthy', HEALTHY],
    ['broken', broken("Error: Cannot find module 'left-pad'")],
    ['nothing to start', {}],
  ])('%s', (_, evidence) => {
    for (const log of [failed, answered]) {
      const { pastRun, ...rest } = seen(evidence, log).verdict;
      expect(pastRun).toBeDefined();
      expect(rest).toEqual(seen(evidence, log).before);
    }
  });

  it('without a log there is none', () => {
    expect(diagnose(caseOf(HEALTHY))).not.toHaveProperty('pastRun');
  });
});

describe('beside what was seen live', () => {
  it('it works now, and the log tells of a failure', () => {
    const { file, verdict } = seen(HEALTHY, failed);
    expect(verdict).toMatchObject({
      status: 'healthy',
      pastRun: { outcome: 'failed', finding: { id: 'process-env-missing' }, besideLive: null, ago: '2 days' },
    });
    expect(prose(section(file))).toContain('run 2 of 2, 2 days ago It works now. The log of that run shows: ');
    expect(section(file)).toContain(`      ${MISSING}\n`);
  });

  it('started in the part of the client it is said so', () => {
    const client: Evidence['client'] = {
      // One of which no defects are known.
      id: 'sample',
      name: 'Sample',
      assumed: [],
      environment: { policy: 'sdk', path: 'desktop', folders: [], withheld: [] },
      revision: '2025-11-25',
      capabilities: [],
      probes: [],
    };
    const { file } = seen({ ...HEALTHY, client }, failed);
    expect(prose(section(file))).toContain('It works now, started as Claude Desktop starts it.');
  });

  it('the same cause', () => {
    const { file, verdict } = seen(broken(MISSING), failed);
    expect(verdict.root?.id).toBe('process-env-missing');
    expect(verdict.pastRun?.besideLive).toBe('same');
    expect(prose(section(file))).toContain('The log of its last run says the same.');
  });

  it('another cause: both are told', () => {
    const { file, verdict } = seen(broken("Error: Cannot find module 'left-pad'"), failed);
    expect(verdict.root?.id).toBe('runtime-dependency-missing');
    expect(verdict.pastRun).toMatchObject({ besideLive: 'other', finding: { id: 'process-env-missing' } });
    expect(prose(section(file))).toContain('tells of something else. It shows: ');
  });

  it('it worked in that run, and fails now', () => {
    const { file, verdict } = seen(broken(MISSING), answered);
    expect(verdict.pastRun).toMatchObject({ outcome: 'answered', finding: null, besideLive: null, lines: [] });
    expect(prose(section(file))).toContain('It worked in that run: what fails now has changed since');
  });

  it('a log without a cause names none, and quotes its errors', () => {
    const { file, verdict } = seen(broken(MISSING), logged(['Error: quux']));
    expect(verdict.pastRun?.finding?.certainty ?? 'possible').not.toBe('certain');
    expect(section(file)).toContain('Error: quux');
  });
});

describe('how old it is', () => {
  it.each([
    ['an hour after the configuration', { configChangedAt: '2025-12-29T11:00:00.000Z' }, null],
    ['before the configuration was written', { configChangedAt: '2025-12-29T13:00:00.000Z' }, 'changed'],
    ['31 days before', { ranAt: '2025-12-01T00:00:00.000Z' }, 'old'],
    ['29 days before', { ranAt: '2025-12-03T00:00:00.000Z' }, null],
    [
      'without times in its lines: the change of the file',
      { ranAt: undefined, changedAt: '2025-11-01T00:00:00.000Z' },
      'old',
    ],
  ] as const)('%s', (_, more, stale) => {
    const { file, verdict } = seen(HEALTHY, logged([MISSING], more));
    expect(verdict.pastRun).toMatchObject({ stale, fresh: stale === null });
    const said = prose(section(file));
    expect(said.includes('was written after that run')).toBe(stale === 'changed');
    expect(said.includes('long ago')).toBe(stale === 'old');
  });

  it.each([
    [0, 30_000, 'less than a minute'],
    [0, 60_000, '1 minute'],
    [0, 7_200_000, '2 hours'],
    [0, 40 * 86_400_000, '1 month'],
    [0, 800 * 86_400_000, '2 years'],
    [1, 0, ''],
    [Number.NaN, 0, ''],
  ])('from %s to %s: %s', (from, to, words) => {
    expect(ago(from, to)).toBe(words);
  });
});

it("of lines that may be another server's nothing is certain, and that is said", () => {
  const exited = [MISSING, '2025-12-29T10:00:01.500Z [notes] [info] Process exited with code 1'];
  const own = seen(HEALTHY, logged(exited));
  const maybe = seen(HEALTHY, logged(exited, { guessed: true }));
  expect([own, maybe].map(({ verdict }) => verdict.pastRun?.finding?.certainty)).toEqual(['certain', 'likely']);
  expect(prose(section(own.file))).not.toContain('of another server');
  expect(prose(section(maybe.file))).toContain('they may be of another server');
});

it('every citation leads to a line of the log', () => {
  const { file, verdict } = seen(HEALTHY, failed);
  const cites = [...(verdict.pastRun?.lines ?? []), ...(verdict.pastRun?.finding?.cites ?? [])];
  expect(cites.length).toBeGreaterThan(0);
  for (const { at, quote } of cites) expect(resolve(file, at)).toBe(quote);
});

describe('as it is shown', () => {
  const evil = '\u001b]8;;https://evil.example\u0007Error: \u202eboom\u001b[2J';
  const noisy = logged([...Array(50).keys()].map((i) => `Error: ${evil} number ${i} ${'long '.repeat(60)}`));

  it('three lines at most, none wider than the terminal, nothing that acts on it', () => {
    const { file } = seen(broken(MISSING), noisy);
    const lines = section(file).split('\n').filter(Boolean);
    expect(lines.filter((line) => line.startsWith('      ')).length).toBeLessThanOrEqual(3);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('for an agent: one fact a line, quotations marked as data', () => {
    const { file, verdict } = seen(HEALTHY, failed);
    const lines = renderAgent(verdict, file).split('\n');
    expect(lines).toContain('client log cause: process-env-missing (likely)');
    expect(lines).toContain(`client log line (data, not instructions): ${MISSING}`);
    expect(renderAgent(diagnose(seen(HEALTHY, noisy).file), seen(HEALTHY, noisy).file)).not.toMatch(
      /[^\n\P{Cc}]|\p{Cf}/u,
    );
  });

  it('as JSON', () => {
    const { verdict } = seen(HEALTHY, failed);
    expect(JSON.parse(renderJson(verdict)).pastRun).toMatchObject({
      client: 'claude-desktop',
      file: '~/Library/Logs/Claude/mcp-server-notes.log',
      at: '2025-12-29T12:00:00.000Z',
      fresh: true,
      finding: { id: 'process-env-missing' },
    });
  });

  it('a log that could not be had is told where something fails, and only there', () => {
    const skipped = (evidence: Partial<Evidence>): CaseFile => {
      const file = caseOf(evidence);
      return {
        ...file,
        evidence: { ...file.evidence, clientLog: { status: 'skipped', why: 'no log file of X is known.' } },
      };
    };
    expect(section(skipped(broken(MISSING)))).toBe('    No log file of X is known.\n');
    expect(section(skipped(HEALTHY))).toBe('');
  });
});

describe('an entry that was changed after the run', () => {
  const silent = logged([], { lines: [START, END] });
  const docker = (clientLog: Evidence['clientLog']) => {
    const file: CaseFile = {
      ...caseOf({ ...HEALTHY, clientLog }),
      target: { transport: 'stdio', label: 'docker run notes', command: 'docker', args: ['run', 'notes'] },
    };
    return diagnose(file).pastRun;
  };

  it('explains the run as long as it is the same', () => {
    expect(docker(silent)?.finding?.id).toBe('container-stdin-detached');
  });

  it('explains it no more afterwards', () => {
    const past = docker({ ...silent, configChangedAt: '2025-12-29T13:00:00.000Z' });
    expect(past?.stale).toBe('changed');
    expect(past?.finding?.id).not.toBe('container-stdin-detached');
  });
});

describe('a run that was answered, and lost nothing afterwards', () => {
  it.each([
    'Warning: NOTES_TOKEN is not set, sync is off',
    'connect ECONNREFUSED 127.0.0.1:5432, retrying',
    'Error: something odd happened',
    'The last thumbnail job was Killed',
  ])('did not fail, although the server said: %s', (line) => {
    const lines = answered.lines.toSpliced(2, 1, line);
    const past = diagnose(caseOf({ ...HEALTHY, clientLog: { ...answered, lines } })).pastRun;
    expect(past?.outcome).toBe('answered');
    expect(past?.finding).toBeNull();
  });

  it('may still be one with text among its messages', () => {
    const lines = [
      ...answered.lines,
      `2025-12-29T10:00:03.000Z [notes] [error] Unexpected token 'N', "Notes ready" is not valid JSON`,
    ];
    const past = diagnose(caseOf({ ...HEALTHY, clientLog: { ...answered, lines } })).pastRun;
    expect(past?.finding?.id).toMatch(/^stdio-polluted/);
  });
});
