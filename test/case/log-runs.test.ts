import { describe, expect, it } from 'vitest';
import { lastRun } from '../../src/case/log-runs.js';
import { evidenceOf, symptomsOf } from '../../src/case/symptoms.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';

const rootOf = (log: string, server?: string) => {
  const verdict = diagnose(caseOfSymptoms(symptomsOf(log, server), log, '2026-01-01T00:00:00.000Z'));
  return {
    root: verdict.root?.id,
    part: verdict.path.find(({ question }) => question.startsWith('Which part'))?.answer,
  };
};

/** Two servers and three starts, as Claude Desktop's mcp.log has them: one through the other. */
const DESKTOP = [
  '2026-01-02T03:00:00.000Z [weather] [info] Initializing server...',
  "Error: Cannot find module '/srv/weather/dist/index.js'",
  '2026-01-02T03:00:01.000Z [weather] [error] Server disconnected.',
  '2026-01-02T03:00:02.000Z [notes] [info] Initializing server...',
  '2026-01-02T03:00:02.200Z [notes] [info] Message from client: {"method":"initialize","params":{"protocolVersion":"2025-06-18"},"jsonrpc":"2.0","id":0}',
  '2026-01-02T03:00:02.300Z [notes] [info] Message from server: {"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"notes-mcp","version":"1.2.0"}}}',
  '2026-01-02T03:10:00.000Z [weather] [info] Initializing server...',
  '2026-01-02T03:10:00.100Z [weather] [info] Server started and connected successfully',
  '2026-01-02T03:10:00.200Z [weather] [info] Message from client: {"method":"initialize","params":{"protocolVersion":"2025-06-18"},"jsonrpc":"2.0","id":0}',
  'Error: Missing WEATHER_KEY environment variable',
  '    at file:///srv/weather/dist/index.js:3:9',
  '2026-01-02T03:10:01.000Z [weather] [info] Server transport closed unexpectedly, this is likely due to the process exiting early.',
  '2026-01-02T03:10:02.200Z [notes] [info] Message from client: {"method":"tools/list","params":{},"jsonrpc":"2.0","id":1}',
].join('\n');

describe('Claude Desktop: several servers, several runs', () => {
  it('the last run of the server that failed', () => {
    expect(rootOf(DESKTOP)).toEqual({ root: 'process-env-missing', part: 'run 2 of 2 of weather; left out: notes' });
  });

  it('an earlier run does not count, although its error is plain', () => {
    expect(evidenceOf(symptomsOf(DESKTOP)).stderr?.lines.map(({ text }) => text)).toEqual([
      'Error: Missing WEATHER_KEY environment variable',
      '    at file:///srv/weather/dist/index.js:3:9',
    ]);
  });

  it('the server that the user names', () => {
    expect(rootOf(DESKTOP, 'notes')).toEqual({ root: undefined, part: 'the only run of notes; left out: weather' });
    expect(evidenceOf(symptomsOf(DESKTOP, 'notes')).handshake?.initialize).toMatchObject({
      status: 'answered',
      revision: '2025-06-18',
      server: { name: 'notes-mcp', version: '1.2.0' },
    });
  });

  it('the older order of level and name', () => {
    const older = DESKTOP.replace(/\[(weather|notes)\] \[(\w+)\]/g, '[$2] [$1]');
    expect(rootOf(older).root).toBe('process-env-missing');
  });

  it('a run that has only begun tells nothing: the one before it counts', () => {
    const begun = `${DESKTOP}\n2026-01-02T03:20:00.000Z [weather] [info] Initializing server...`;
    expect(rootOf(begun)).toEqual({ root: 'process-env-missing', part: 'run 2 of 3 of weather; left out: notes' });
  });

  it('initialize was sent and never answered, then the transport closed', () => {
    const { handshake } = evidenceOf(symptomsOf(DESKTOP));
    expect(handshake?.initialize).toEqual({ status: 'closed', requested: '2025-06-18' });
  });
});

it('an initialize that the client gave up on was not closed by the server', () => {
  const log = [
    '2026-01-02T03:00:00.000Z [notes] [info] Initializing server...',
    '2026-01-02T03:00:00.100Z [notes] [info] Message from client: {"method":"initialize","params":{"protocolVersion":"2025-06-18"},"jsonrpc":"2.0","id":0}',
    '2026-01-02T03:01:00.100Z [notes] [info] Message from client: {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":0,"reason":"McpError: MCP error -32001: Request timed out"}}',
    '2026-01-02T03:01:00.200Z [notes] [info] Server transport closed',
  ].join('\n');
  expect(evidenceOf(symptomsOf(log)).handshake?.initialize.status).toBe('unanswered');
  expect(rootOf(log).root).toBe('handshake-unanswered');
});

it('Cursor: each start is announced in several ways, and is one', () => {
  const start = (time: string) => [
    `2026-01-02 ${time}.000 [info] user-notes: Handling CreateClient action`,
    `2026-01-02 ${time}.001 [info] user-notes: Creating Stdio transport`,
    `2026-01-02 ${time}.002 [info] user-notes: Starting new stdio process with command: npx -y notes-mcp`,
  ];
  const log = [
    ...start('03:04:05'),
    '2026-01-02 03:04:06.000 [error] user-notes: Error: Missing NOTES_TOKEN environment variable',
    '2026-01-02 03:04:06.001 [info] user-notes: Client closed for command',
    ...start('03:05:05'),
    '2026-01-02 03:05:06.000 [error] user-notes: Client error for command spawn npx ENOENT',
  ];
  expect(lastRun(log)).toMatchObject({ server: 'notes', run: 2, runs: 2 });
  expect(rootOf(log.join('\n')).root).toMatch(/^launch-command-not/);
});

it('VS Code: one channel, many starts', () => {
  const log = [
    '2026-01-02 03:04:05.006 [info] Starting server notes',
    '2026-01-02 03:04:05.007 [info] Connection state: Starting',
    '2026-01-02 03:04:05.100 [warning] [server stderr] Error: Missing NOTES_TOKEN environment variable',
    '2026-01-02 03:04:05.200 [info] Connection state: Error Process exited with code 1',
    '2026-01-02 03:14:05.006 [info] Starting server notes',
    '2026-01-02 03:14:05.007 [info] Connection state: Starting',
    "2026-01-02 03:14:05.100 [warning] [server stderr] Error: Cannot find module 'left-pad'",
    '2026-01-02 03:14:05.200 [info] Connection state: Error Process exited with code 1',
  ].join('\n');
  expect(rootOf(log)).toMatchObject({ root: 'runtime-dependency-missing', part: 'run 2 of 2' });
});

it('Claude Code --debug: the server stands in every line', () => {
  const log = [
    '[DEBUG] MCP server "other": Starting connection with timeout of 30000ms',
    '[DEBUG] MCP server "notes": Starting connection with timeout of 30000ms',
    '[ERROR] MCP server "notes" Server stderr: Traceback (most recent call last):',
    '[ERROR] MCP server "notes" Server stderr: ModuleNotFoundError: No module named \'notes_core\'',
    '[DEBUG] MCP server "notes": Connection failed after 211ms: MCP error -32000: Connection closed',
    '[DEBUG] MCP server "other": Successfully connected to stdio server in 402ms',
  ].join('\n');
  expect(rootOf(log)).toEqual({ root: 'runtime-dependency-missing', part: 'the only run of notes; left out: other' });
});

it("Claude Code's cache: one JSON object a line", () => {
  const line = (object: object) => JSON.stringify({ ...object, timestamp: '2026-01-02T03:04:05.006Z', sessionId: 's' });
  const log = [
    line({ debug: 'Starting connection with timeout of 30000ms' }),
    line({ error: 'Server stderr: Error: Missing NOTES_TOKEN environment variable\n    at start (index.js:1:1)' }),
    line({ error: 'Connection failed after 87ms: MCP error -32000: Connection closed' }),
  ].join('\n');
  expect(rootOf(log).root).toBe('process-env-missing');
});

it.each([
  ['docker logs -t', (text: string) => `2026-01-02T03:04:05.123456789Z ${text}`],
  ['Kubernetes', (text: string) => `2026-01-02T03:04:05.123456789Z stderr F ${text}`],
  [
    "docker's json-file",
    (text: string) => JSON.stringify({ log: `${text}\n`, stream: 'stderr', time: '2026-01-02T03:04:05Z' }),
  ],
])('%s', (_, form) => {
  const lines = ['Traceback (most recent call last):', "KeyError: 'NOTES_TOKEN'"];
  expect(evidenceOf(symptomsOf(lines.map(form).join('\n'))).stderr?.lines.map(({ text }) => text)).toEqual(lines);
});

it("npm's debug log: the errors, without the noise", () => {
  const log = [
    '0 verbose cli /usr/bin/node /usr/bin/npm',
    '1 info using npm@10.8.2',
    '2 silly config load:file:/usr/lib/node_modules/npm/npmrc',
    '3 verbose title npm exec notes-mcp',
    '30 http fetch GET 404 https://npm.registry.example/notes-mcp 211ms (cache skip)',
    '31 verbose stack HttpErrorGeneral: 404 Not Found - GET https://npm.registry.example/notes-mcp - Not found',
    '40 error code E404',
    '41 error 404 Not Found - GET https://npm.registry.example/notes-mcp - Not found',
    "42 error 404  'notes-mcp@*' is not in this registry.",
  ].join('\n');
  expect(rootOf(log).root).toBe('install-package-not-found');
});

it('lines that npm run prints are kept, those of a curl transcript are not', () => {
  expect(symptomsOf('> notes@1.0.0 start\n> node server.js').stderr).toBe('> notes@1.0.0 start\n> node server.js');
  expect(symptomsOf('> POST /mcp HTTP/1.1\n< HTTP/1.1 404 Not Found').stderr).toBeUndefined();
});
