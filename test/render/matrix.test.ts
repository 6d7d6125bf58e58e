import { describe, expect, it } from 'vitest';
import { cells } from '../../src/render/cells.js';
import { renderMatrix, renderMatrixJson, renderMatrixMarkdown } from '../../src/render/matrix.js';
import { MATRIX_FORMAT, type Matrix, type MatrixRow } from '../../src/verdict/matrix.js';

const row = (over: Partial<MatrixRow>): MatrixRow => ({
  client: 'cursor',
  name: 'Cursor',
  outcome: 'works',
  cause: null,
  certainty: null,
  words: '3 tools, answered in 40 ms',
  tools: 3,
  startMs: 40,
  assumed: [],
  guessed: false,
  run: 1,
  ...over,
});

const matrix = (over: Partial<Matrix> = {}): Matrix => ({
  format: MATRIX_FORMAT,
  tool: { name: 'mcp-verdict', version: '1.0.0' },
  target: { transport: 'stdio', label: 'node server.js' },
  status: 'client-specific',
  says: 'The server works, and not in every client: it fails in Zed.',
  rows: [
    row({}),
    row({
      client: 'zed',
      name: 'Zed',
      outcome: 'fails',
      cause: 'launch-command-not-on-path',
      certainty: 'certain',
      words: 'node is not on its PATH',
      guessed: true,
      run: 2,
    }),
  ],
  groups: [
    {
      cause: 'launch-command-not-on-path',
      certainty: 'certain',
      culprit: 'config',
      outcome: 'fails',
      clients: ['Zed'],
      says: 'The command node is in no folder of the PATH.',
      differences: [
        {
          fact: 'path',
          names: ['/x'],
          says: 'Where it fails the server gets the PATH of the desktop session, which lacks /x.',
        },
      ],
      fix: [{ say: 'Write the whole path:', run: '/x/node server.js' }],
    },
  ],
  launches: 2,
  ...over,
});

/** What a terminal would obey: escape sequences, and text from right to left. */
const acts = (text: string): boolean => text.includes('\u001b') || text.includes('\u202e');

/** Names and words of a server that wants to be more than text. */
const HOSTILE = 'a|b\u001b[2J`x`<script>\n# c](http://evil.example) \u202e';

describe('in a terminal', () => {
  const plain = { color: false, width: 80 };

  it('says what it means, row by row, and why', () => {
    expect(renderMatrix(matrix(), plain)).toBe(`! fails in some clients   2 clients, 2 launches
  node server.js

  The server works, and not in every client: it fails in Zed.

    Client  Result     Why
  ✓ Cursor  works      3 tools, answered in 40 ms
  ✗ Zed   ~ fails      node is not on its PATH

  ✗ Zed
    The command node is in no folder of the PATH.
    Where it fails the server gets the PATH of the desktop session, which lacks
    /x.
    certain · launch-command-not-on-path
    1  Write the whole path:
         /x/node server.js

  ~ Of 1 client it is not known which variables are handed on, or in which
    folder a server is started; it was played as the SDK does it. Client by
    client: --format json.
`);
  });

  it('stays within 80 columns, but for what is to be pasted', () => {
    const long = 'word '.repeat(60).trim();
    const wide = matrix({
      says: long,
      rows: [row({ name: 'GitHub Copilot for JetBrains and more', version: '1.2.3', words: long })],
    });
    for (const line of renderMatrix(wide, plain).split('\n')) expect(cells(line)).toBeLessThanOrEqual(80);
  });

  it('lets nothing act on the terminal', () => {
    const [group] = matrix().groups;
    if (!group) throw new Error('no group');
    const hostile = matrix({
      target: { transport: 'stdio', label: HOSTILE },
      says: HOSTILE,
      rows: [row({ name: HOSTILE, words: HOSTILE })],
      groups: [
        {
          ...group,
          clients: [HOSTILE],
          says: HOSTILE,
          differences: [{ fact: 'path', names: [], says: HOSTILE }],
          fix: [{ say: HOSTILE, run: HOSTILE }],
        },
      ],
    });
    const text = renderMatrix(hostile, plain);
    expect(acts(text)).toBe(false);
    expect(text).toContain('\\x1b[2J');
  });

  it('is coloured where that is wanted', () => {
    expect(renderMatrix(matrix(), { ...plain, color: true })).toContain('\u001b[31m✗');
  });
});

it('as JSON is the matrix itself, with nothing that acts', () => {
  const text = renderMatrixJson(matrix({ says: HOSTILE }));
  expect(acts(text)).toBe(false);
  expect(JSON.parse(text)).toEqual(matrix({ says: HOSTILE }));
});

describe('as Markdown', () => {
  it('is a table, and a part for each reason', () => {
    const text = renderMatrixMarkdown(matrix());
    expect(text).toContain('| Client | Result | Why | Cause |');
    expect(text).toContain('| Zed | ✗ fails | node is not on its PATH | launch-command-not-on-path |');
    expect(text).toContain('### Zed');
    expect(text).toContain('1. Write the whole path: ` /x/node server.js `');
  });

  it('takes no markup from the target', () => {
    const text = renderMatrixMarkdown(
      matrix({ target: { transport: 'stdio', label: HOSTILE }, says: HOSTILE, rows: [row({ words: HOSTILE })] }),
    );
    const table = text.split('\n').find((line) => line.startsWith('| Cursor'));
    expect(table?.match(/\|/g)).toHaveLength(5);
    expect(text.split('\n').filter((line) => line.startsWith('#')).length).toBe(2);
    expect(text.replace(/``.*``/g, '')).not.toMatch(/<script>|\]\(http/);
  });
});
