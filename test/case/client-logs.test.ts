/** Logs of ten clients, each in its own form: the right cause, of the right run, of the right server. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lastRun } from '../../src/case/log-runs.js';
import { plain } from '../../src/case/plain.js';
import { symptomsOf } from '../../src/case/symptoms.js';
import { unwrapped } from '../../src/case/unwrap.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { cli } from '../support/cli.js';
import { bytesOf, LOGGED, type LoggedRun } from '../support/client-logs.js';

const textOf = (row: LoggedRun): string => {
  const bytes = bytesOf(row);
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
};

const known = new Map<string, ReturnType<typeof explain>>();
const explained = (row: LoggedRun) => {
  const before = known.get(row.file) ?? explain(row);
  known.set(row.file, before);
  return before;
};

const explain = (row: LoggedRun) => {
  const text = textOf(row);
  const file = caseOfSymptoms(symptomsOf(text, row.asked), text.slice(0, 4_000), '2026-11-26T00:00:00.000Z');
  return { file, verdict: diagnose(file) };
};

it('every log of the folder is expected to say something', () => {
  const folder = fileURLToPath(new URL('./logs', import.meta.url));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'expected.json')
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1).replaceAll('\\', '/'));
  expect(LOGGED.map(({ file }) => file).sort()).toEqual(files.sort());
  expect(new Set(LOGGED.map(({ client }) => client)).size).toBeGreaterThanOrEqual(11);
});

describe.each(LOGGED)('$file', (row) => {
  it('leads to its cause', () => {
    const { root } = explained(row).verdict;
    if (row.causes.length === 0) expect(root).toBeNull();
    else expect(row.causes).toContain(root?.id);
  });

  it('is known as the log of its client', () => {
    const { reported } = explained(row).file.evidence;
    expect(reported?.status === 'seen' && reported.value.client).toBe(row.client);
  });

  it('is cut to the last run of the server', () => {
    const lines = unwrapped(textOf(row).split(/\r?\n/).map(plain));
    expect(lastRun(lines, row.asked)).toMatchObject(row.log);
  });

  it('says what the server said without the names and stamps of the client', () => {
    const { stderr } = explained(row).file.evidence;
    const said = stderr?.status === 'seen' ? stderr.value.lines.map(({ text }) => text) : [];
    expect(
      said.filter((text) => /server stderr|\[Plugin\(|service=mcp|^\d{4}-\d\d-\d\dT\S+Z? +[A-Z]{4,5}\b/.test(text)),
    ).toEqual([]);
  });
});

it('a log that holds more than MCP is cut to what is about MCP', () => {
  const log = [
    '2026-01-04T16:15:04+03:00 INFO  [context_server] starting context server notes',
    "2026-01-04T16:15:05+03:00 ERROR [lsp] Error: Cannot find module '/opt/lsp/index.js'",
    '    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)',
    '2026-01-04T16:15:06+03:00 WARN  [context_server::client] context server stderr: Error: Missing NOTES_TOKEN environment variable',
    '2026-01-04T16:16:04+03:00 ERROR [project::context_server_store] notes context server failed to start: Context server request timeout',
  ];
  const { lines } = lastRun(log);
  expect(lines).toEqual([log[0], log[3], log[4]]);
});

it('whose the lines are is said to be guessed only where several servers share unnamed lines', () => {
  const guessed = LOGGED.filter((row) => lastRun(unwrapped(textOf(row).split(/\r?\n/).map(plain)), row.asked).guessed);
  expect(guessed.map(({ file }) => file).sort()).toEqual(['codex/codex-tui-two.log', 'zed/Zed-two.log']);
});

it('the command line reads such a file as it lies', async () => {
  const file = fileURLToPath(new URL('./logs/claude-desktop/mcp-server-utf16.log', import.meta.url));
  const { code, stdout } = await cli(['explain', file, '--format', 'json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).root.id).toBe('process-env-missing');
});
