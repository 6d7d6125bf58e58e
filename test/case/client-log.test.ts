import { describe, expect, it } from 'vitest';
import { evidenceOf, symptomsOf } from '../../src/case/symptoms.js';

const said = (clientError: string) => {
  const { stderr, reported } = evidenceOf({ clientError });
  return { stderr: stderr?.lines.map(({ text }) => text), client: reported?.clientError };
};

describe("a client's log holds the server's stderr", () => {
  it('VS Code, with the rest of a text of several lines', () => {
    const log = [
      '2026-01-02 03:04:05.006 [info] Connection state: Running',
      '2026-01-02 03:04:05.100 [warning] [server stderr] Traceback (most recent call last):',
      '  File "/srv/notes.py", line 3, in <module>',
      "KeyError: 'NOTES_TOKEN'",
      '2026-01-02 03:04:05.200 [info] Connection state: Error Process exited with code 1',
    ].join('\n');
    const stderr = [
      'Traceback (most recent call last):',
      '  File "/srv/notes.py", line 3, in <module>',
      "KeyError: 'NOTES_TOKEN'",
    ];
    expect(said(log).stderr).toEqual(stderr);
    expect(said(log).client).toHaveLength(2);
    // Pasted as one text it comes to the same.
    expect(evidenceOf(symptomsOf(log)).stderr?.lines.map(({ text }) => text)).toEqual(stderr);
    expect(evidenceOf({ clientError: log }).process?.exit).toMatchObject({ code: 1 });
  });

  it.each([
    ['MCP server "notes" Server stderr: boom', 'boom'],
    ['2026-01-02 03:04:05.006 [error] user-notes: boom', 'boom'],
    ['[notes] [stderr] boom', 'boom'],
  ])('%s', (line, text) => {
    expect(said(line)).toEqual({ stderr: [text], client: [] });
  });

  it("Cursor's own errors have the same form", () => {
    const line = '2026-01-02 03:04:05.006 [error] user-notes: Client error for command spawn npx ENOENT';
    expect(said(line)).toEqual({ stderr: undefined, client: [line] });
  });

  it('Claude Desktop: stderr as it came, and the command', () => {
    const log = [
      '2026-01-02T03:04:05.006Z [notes] [info] Using MCP server command: npx with args and path: {',
      '  metadata: {',
      '    args: [',
      "      '-y',",
      "      'notes-mcp'",
      '    ]',
      '  }',
      '}',
      'Error: the vault is locked',
      '2026-01-02T03:04:06.006Z [notes] [info] Server transport closed',
    ].join('\n');
    expect(said(log).stderr).toEqual(['Error: the vault is locked']);
    expect(evidenceOf({ clientError: log }).launch).toMatchObject({ command: 'npx', args: ['-y', 'notes-mcp'] });
    expect(evidenceOf({ clientError: log, entry: { command: 'node' } }).launch?.command).toBe('node');
  });

  it('a container without its arguments is no entry', () => {
    expect(
      evidenceOf({ clientError: 'Using MCP server command: docker with args and path: {' }).launch,
    ).toBeUndefined();
  });

  it('a value behind an option is taken out of the command', () => {
    const log = 'Starting new stdio process with command: npx notes-mcp --token abcdef123456';
    expect(JSON.stringify(evidenceOf({ clientError: log }).launch)).not.toContain('abcdef');
  });
});

it.each([
  ['notes-1  | boom', 'boom'],
  ['0|notes    | boom', 'boom'],
  ['Jan 02 03:04:05 host notes[123]: boom', 'boom'],
  ['12 | const a = 1', '12 | const a = 1'],
])('names that a supervisor puts in front: %s', (line, text) => {
  expect(evidenceOf({ serverLog: line }).reported?.serverLog).toEqual([text]);
});

describe('only what is said of an ended process is an exit', () => {
  it.each([
    ['exited with code 3', 3, null],
    ['exit status 1', 1, null],
    ['Process exited with code 9', 9, null],
    ['exit code: 137', 137, null],
    ['notes exited (143)', 143, null],
    ['exited: notes (exit status 1; not expected)', 1, null],
    ['exited with code -1073741515', 3221225781, null],
    ['exit status: 0xc0000135', 3221225781, null],
    ['closed (code=1, signal=null)', 1, null],
    ['closed (code=null, signal=SIGKILL)', null, 'SIGKILL'],
    ['notes (terminated by SIGKILL; not expected)', null, 'SIGKILL'],
    ['killed by signal 9', null, 'SIGKILL'],
    ['Process died with code -9, exit code -9', null, 'SIGKILL'],
    ['Main process exited, code=dumped, status=11/SEGV', null, 'SIGSEGV'],
    ['npm error code 7', 7, null],
  ])('%s', (clientError, code, signal) => {
    expect(evidenceOf({ clientError }).process?.exit).toMatchObject({ code, signal });
  });

  it.each([
    '[signal SIGSEGV: segmentation violation code=0x1 addr=0x0]',
    'WebSocket closed with code 1006',
    'SSE error: Non-200 status code (401)',
    'received SIGTERM, shutting down',
    'npm error code E404',
  ])('%s is none', (clientError) => {
    expect(evidenceOf({ clientError }).process).toBeUndefined();
  });
});
