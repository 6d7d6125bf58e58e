import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { causes } from '../../src/causes/index.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderJson } from '../../src/render/json.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import type { Verdict } from '../../src/verdict/verdict.js';
import { caseOf, caseOfExample } from '../support/case.js';

const EVIL =
  '\x1b]8;;https://evil.example\x07x\x1b[2J\x1b]52;c;QUJD\x07 \0\x9b31m \u202egnp.exe\u2066 a\u200bb\uFEFF \uD800 \u{E0041} <img src=x onerror=alert(1)> \r\n';
const NAMED = 'EVILNAME';

const ACTS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/u;

const handshake = (initialize: Partial<Evidence['handshake']['initialize']>): Evidence['handshake'] => ({
  initialize: { status: 'answered', ms: 5, requested: '2025-11-25', revision: '2025-11-25', ...initialize },
  discover: { status: 'not-asked', why: EVIL },
});

const PROCESS: Evidence['process'] = {
  pid: 7,
  lifetimeMs: 300,
  pending: ['initialize'],
  exit: { code: 1, signal: null, atMs: 310, by: 'itself' },
};
const STDOUT: Evidence['stdout'] = { bytes: 9, messages: 1, strays: [], strayCount: 0, endedWhileAlive: false };

/** Cases in which the target speaks from every place it can. */
const HOSTILE: [string, CaseFile][] = [
  [
    'stderr',
    caseOf({
      process: PROCESS,
      stderr: { bytes: 9, lines: [{ atMs: 300, text: `Error: Missing API_KEY ${NAMED}${EVIL}` }], omitted: 0 },
      stdout: STDOUT,
      handshake: handshake({ status: 'closed' }),
    }),
  ],
  [
    'stderr that names no cause',
    caseOf({
      process: PROCESS,
      stderr: { bytes: 9, lines: [{ atMs: 300, text: `TypeError: ${NAMED}${EVIL}` }], omitted: 0 },
      stdout: STDOUT,
      handshake: handshake({ status: 'closed' }),
    }),
  ],
  [
    'stdout',
    caseOf({
      process: { pid: 7, lifetimeMs: 300, pending: [] },
      stdout: {
        ...STDOUT,
        strays: [{ kind: 'not-json', line: 1, offset: 0, atMs: 3, text: NAMED + EVIL, why: EVIL }],
        strayCount: 1,
      },
      handshake: { ...handshake({}), used: 'initialize' },
      catalog: { lists: [] },
    }),
  ],
  [
    'error message',
    caseOf({
      process: { pid: 7, lifetimeMs: 300, pending: [] },
      stdout: STDOUT,
      handshake: handshake({ status: 'refused', error: { code: -32000, message: NAMED + EVIL, data: EVIL } }),
    }),
  ],
  [
    'problems',
    caseOf({
      process: { pid: 7, lifetimeMs: 300, pending: [] },
      stdout: STDOUT,
      handshake: handshake({ status: 'invalid', problems: [NAMED + EVIL], revision: EVIL }),
    }),
  ],
  [
    'serverInfo and names of tools',
    caseOf({
      process: { pid: 7, lifetimeMs: 300, pending: [], shutdown: { eofToExitMs: 3, waitedMs: 9, needed: 'eof' } },
      stdout: STDOUT,
      handshake: {
        ...handshake({ server: { name: NAMED + EVIL, version: EVIL }, capabilities: ['tools', EVIL] }),
        used: 'initialize',
      },
      catalog: {
        lists: [
          {
            method: 'tools/list',
            outcome: 'invalid',
            count: 1,
            pages: 1,
            names: [NAMED + EVIL],
            problems: [NAMED + EVIL],
            error: { code: 1, message: EVIL },
          },
        ],
      },
    }),
  ],
  [
    'healthy server with hostile names',
    caseOf({
      process: { pid: 7, lifetimeMs: 300, pending: [], shutdown: { eofToExitMs: 3, waitedMs: 9, needed: 'eof' } },
      stderr: { bytes: 0, lines: [{ atMs: 1, text: EVIL }], omitted: 0 },
      stdout: STDOUT,
      handshake: {
        ...handshake({ server: { name: NAMED + EVIL, version: EVIL }, capabilities: ['tools'] }),
        used: 'initialize',
      },
      catalog: { lists: [{ method: 'tools/list', outcome: 'listed', count: 1, pages: 1, names: [NAMED + EVIL] }] },
    }),
  ],
  [
    'HTTP',
    caseOf(
      {
        http: {
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: `https://x.example/${EVIL}`,
              atMs: 0,
              ms: 1,
              credentials: 'none',
              status: 401,
              statusText: EVIL,
              headers: { 'www-authenticate': `Bearer realm="${NAMED}${EVIL}"` },
              contentType: EVIL,
              body: EVIL,
            },
          ],
          omitted: 0,
        },
        handshake: handshake({ status: 'refused', why: EVIL }),
        endpoint: {
          asked: { url: `https://x.example/${EVIL}`, answer: 'needs-credentials' },
          others: [{ url: EVIL, answer: 'html' }],
        },
      },
      { label: `https://x.example/${NAMED}${EVIL}` },
    ),
  ],
  [
    'the target',
    caseOf(
      { process: PROCESS, stdout: STDOUT },
      { label: NAMED + EVIL, declaredIn: { client: EVIL, file: NAMED + EVIL, pointer: EVIL, line: 3 } },
    ),
  ],
  [
    'the launch',
    caseOf(
      {
        launch: {
          command: NAMED + EVIL,
          args: [EVIL],
          env: [],
          paths: [{ where: 'command', word: EVIL, resolved: EVIL, exists: false }],
          lookup: { found: null, problem: 'not-found', path: [EVIL], elsewhere: [{ path: NAMED + EVIL, via: EVIL }] },
        },
        process: {
          pid: null,
          lifetimeMs: 0,
          pending: [],
          spawnError: { code: 'ENOENT', message: `spawn ${EVIL} ENOENT`, path: EVIL },
        },
      },
      { command: NAMED + EVIL, label: NAMED + EVIL },
    ),
  ],
  [
    'a failed probe',
    {
      ...caseOf({ process: PROCESS, stdout: STDOUT }),
      evidence: {
        ...caseOf({ process: PROCESS }).evidence,
        catalog: { status: 'failed', ms: 1, error: EVIL },
        network: { status: 'skipped', why: EVIL },
      },
    },
  ],
];

const outputs = (file: CaseFile): [string, string][] => {
  const verdict = diagnose(file);
  return [
    ['terminal', renderTerminal(verdict, file, { color: false, width: 80 })],
    ['narrow terminal', renderTerminal(verdict, file, { color: false, width: 20 })],
    ['agent', renderAgent(verdict, file)],
    ['json', renderJson(verdict)],
  ];
};

describe.each(HOSTILE)('hostile text in %s', (_name, file) => {
  it.each(outputs(file))('reaches the %s output as what it is, never raw', (_format, text) => {
    expect(ACTS.exec(text)?.[0].codePointAt(0)?.toString(16)).toBeUndefined();
  });

  it('leaves the JSON the same value', () => {
    const verdict = diagnose(file);
    expect(JSON.parse(renderJson(verdict))).toEqual(JSON.parse(JSON.stringify(verdict)));
  });

  it('makes no lines of its own', () => {
    const verdict = diagnose(file);
    for (const line of renderTerminal(verdict, file, { color: false, width: 80 }).split('\n'))
      expect(line).not.toMatch(/^(?:gnp|exe|<img)/);
    for (const line of renderAgent(verdict, file).trimEnd().split('\n'))
      expect(line).toMatch(/^(?:\w[\w -]*(?: \([^)]*\))?: | {2}(?:run|edit))/);
  });
});

it('the hostile text is really shown somewhere, so that the tests above see it', () => {
  const shown = HOSTILE.filter(([, file]) => outputs(file).some(([, text]) => text.includes(NAMED)));
  expect(shown.length).toBeGreaterThanOrEqual(8);
});

it('with colours the only escape sequences are our own', () => {
  for (const [, file] of HOSTILE) {
    const text = renderTerminal(diagnose(file), file, { color: true, width: 80 });
    expect(text).toContain('\x1b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences are what is looked for
    expect(ACTS.test(text.replaceAll(/\x1b\[\d+m/g, ''))).toBe(false);
  }
});

/** Columns of a line; our own texts and the examples hold nothing wider than one. */
const columns = (line: string): number => [...line].length;

const EXAMPLES = causes.flatMap((cause) =>
  cause.examples
    .filter(({ finds }) => finds)
    .map((example) => [`${cause.id}: ${example.name}`, caseOfExample(example)] as const),
);

/** Lines to paste: the commands and edits of the fix and of the next steps. They are never wrapped. */
const toPaste = ({ findings, next }: Verdict): string[] =>
  [...findings.flatMap(({ fix }) => fix), ...next].flatMap(({ run, edit }) => [
    run ?? '',
    ...(edit?.to.split('\n') ?? []),
  ]);

describe.each(EXAMPLES)('%s', (_name, file) => {
  const verdict = diagnose(file);

  it('fits into 80 columns, except for lines to paste and single long words', () => {
    const paste = toPaste(verdict).map((line) => line.trim());
    const lines = renderTerminal(verdict, file, { color: false, width: 80 }).split('\n');
    expect(lines[0]).toMatch(/^[✓!✗?] /);
    for (const line of lines) {
      if (columns(line) <= 80) continue;
      const word = line.trim().split(/ {2,}/).at(-1) ?? '';
      const copied = paste.includes(line.trim()) || word === file.target.label;
      expect(copied || !word.includes(' '), `${columns(line)} columns: ${line}`).toBe(true);
    }
  });

  it('lines to paste are whole', () => {
    const shown = renderTerminal(verdict, file, { color: false, width: 80 })
      .split('\n')
      .map((line) => line.trim());
    for (const { run } of verdict.root?.fix ?? [])
      if (run) expect(shown).toContain(run.replaceAll('\n', '\\n').replaceAll('\t', ' ').trim());
  });

  it('says the cause before the evidence, and the evidence before the fix', () => {
    const text = renderTerminal(verdict, file, { color: false, width: 200 });
    const { root } = verdict;
    if (!root) throw new Error('no root');
    const places = [text.indexOf(root.says.slice(0, 20)), text.indexOf(root.id), text.indexOf('  Fix')];
    expect(places.every((place) => place >= 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });
});
