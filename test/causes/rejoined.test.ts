/** Messages as they come out of reports: wrapped, without their quotation marks, behind a wrapper's prefix. The reason stays the root. */
import { describe, expect, it } from 'vitest';
import type { Symptoms } from '../../src/case/symptoms.js';
import { joined, requoted } from '../../src/causes/rejoined.js';
import { judge } from '../support/corpus.js';

describe('wrapped lines', () => {
  const said = (...texts: string[]) => texts.map((text) => ({ text, from: 'stderr' }));
  const texts = (...lines: string[]) => joined(said(...lines)).map(({ text }) => text);

  it('are joined as a person and as a terminal broke them', () => {
    expect(texts('Error: Cannot find', "module '/srv/a.js'")).toEqual([
      "Error: Cannot find module '/srv/a.js'",
      "Error: Cannot findmodule '/srv/a.js'",
    ]);
  });

  it.each([
    ['a stack', 'Error: no', '    at Object.<anonymous> (/srv/a.js:1:1)'],
    ['two sentences', 'Starting the server.', 'now it listens'],
    ['a new error', 'reading the settings', 'TypeError: x is not a function'],
    ['a stamp', 'connecting to the store', '2026-01-02 03:04:05 ready'],
  ])('are told from %s', (_, first, second) => {
    expect(texts(first, second)).toEqual([]);
  });

  it('never reach from one source into another', () => {
    expect(
      joined([
        { text: 'Cannot find', from: 'stderr' },
        { text: 'module x', from: 'client' },
      ]),
    ).toEqual([]);
  });
});

describe('quotation marks', () => {
  it.each([
    ['Error: Cannot find module /srv/my server/a.js', "Error: Cannot find module '/srv/my server/a.js'"],
    ['Cannot find package zod imported from /srv/a.js', "Cannot find package 'zod' imported from /srv/a.js"],
    ['ModuleNotFoundError: No module named httpx', "ModuleNotFoundError: No module named 'httpx'"],
    ['ModuleNotFoundError: No module named ‘httpx’', "ModuleNotFoundError: No module named 'httpx'"],
    ['/usr/bin/python3: No module named notes_mcp', '/usr/bin/python3: No module named notes_mcp'],
    ['C:\\Program is not recognized as an internal', "'C:\\Program' is not recognized as an internal"],
    ['libc.so.6: version GLIBC_2.38 not found', "libc.so.6: version `GLIBC_2.38' not found"],
    ['serverNotescommand "npx" notfound', 'serverNotes command "npx" not found'],
    ["Error: Cannot find module '/srv/a.js'", "Error: Cannot find module '/srv/a.js'"],
    [
      'const err = new Error(`Cannot find module ${request}`);',
      'const err = new Error(`Cannot find module ${request}`);',
    ],
  ])('%s', (pasted, whole) => {
    expect(requoted(pasted)).toBe(whole);
  });

  it('stay as they are in every other sentence', () => {
    expect(requoted('it’s \\"fine\\"')).toBe('it’s \\"fine\\"');
  });
});

const PASTED: { name: string; root: string; symptoms: Symptoms }[] = [
  {
    name: 'a spawn broken behind its verb',
    root: 'config-path-missing',
    symptoms: { os: 'windows', clientError: 'MCP notes: spawn\nC:/Users/me/notes/.venv/bin/python ENOENT' },
  },
  {
    name: 'the sentence of a dialog without its blanks',
    root: 'launch-windows-shim',
    symptoms: { os: 'windows', clientError: 'Failed to connect to Mcp server Notescommand "npx" notfound.' },
  },
  {
    name: 'the words of the server behind those of Kiro',
    root: 'config-command-joined',
    symptoms: {
      serverLog:
        '2025-07-25 06:14:27.623 [warning] [notes] Log from MCP Server: bash: line 1: source /home/me/.nvm/nvm.sh && npx -y notes-mcp: No such file or directory',
    },
  },
  {
    name: 'a key line of npm alone',
    root: 'install-registry-unreachable',
    symptoms: { stderr: 'Unable to authenticate, your authentication token seems to be invalid.' },
  },
  {
    name: 'a key line of uv alone',
    root: 'install-registry-unreachable',
    symptoms: { stderr: 'error: Failed to fetch: `https://index.example/simple/notes-mcp/`' },
  },
  {
    name: 'annotations before Python 3',
    root: 'runtime-too-old',
    symptoms: {
      stderr:
        '  File "/srv/notes.py", line 26\n    def read(path: str) -> list:\n                 ^\nSyntaxError: invalid syntax',
    },
  },
  {
    name: 'a share path that JSON halved',
    root: 'launch-wsl-boundary',
    symptoms: {
      os: 'windows',
      client: 'claude-desktop',
      entry: { command: 'node', args: ['\\wsl.localhost\\Ubuntu\\home\\me\\index.js'] },
    },
  },
  {
    name: 'an option and its value in one argument',
    root: 'config-command-joined',
    symptoms: {
      entry: { command: '/opt/bin/notes-mcp', args: ['-c /home/me/notes.json'] },
      stderr: 'Error: No such file or directory (os error 2)',
    },
  },
  {
    name: 'a debug log of npm that was cut before its errors',
    root: 'install-registry-unreachable',
    symptoms: {
      serverLog:
        '1 verbose cli npx notes-mcp\n2 info using npm@3.10.10\n3 http request GET https://registry.example/notes-mcp\n4 info retry will retry, error on last attempt: Error: connect ETIMEDOUT 151.101.8.162:443',
    },
  },
];

describe('a report', () => {
  it.each(PASTED)('$name', ({ root, symptoms }) => {
    const { found } = judge({
      id: root,
      symptoms: { transport: 'stdio', ...symptoms },
      expected: { cause: root },
      scored: true,
    });
    expect(found[0]?.id).toBe(root);
  });
});
