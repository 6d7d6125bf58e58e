/** The data about clients: complete, well-formed, and no number in it that nobody read anywhere. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/clients/client.js';
import { CLIENTS } from '../../src/clients/index.js';

/** Files of src/clients that are no client. */
const SHARED = ['client', 'fit', 'index', 'nothing-known', 'sdk', 'unknown'];

it('every file is a client of that id, and every client has its file', () => {
  const files = readdirSync(new URL('../../src/clients', import.meta.url))
    .map((name) => name.replace(/\.ts$/, ''))
    .filter((name) => !SHARED.includes(name));
  expect(CLIENTS.map(({ id }) => id).sort()).toEqual(files.sort());
});

it('every client that people ask about is there', () => {
  expect(CLIENTS.map(({ id }) => id)).toEqual([
    'claude-desktop',
    'claude-code',
    'cursor',
    'cursor-cli',
    'windsurf',
    'vscode',
    'vscode-insiders',
    'zed',
    'cline',
    'roo',
    'codex',
    'gemini-cli',
    'jetbrains-ai-assistant',
    'jetbrains-junie',
    'jetbrains-copilot',
    'continue',
    'goose',
    'opencode',
    'lm-studio',
    'kiro',
    'amazon-q',
  ]);
});

// A limit is what a client is held to: [start, call] in milliseconds, each read somewhere, null where nobody says.
it('time limits are those that were read, and no others', () => {
  expect(Object.fromEntries(CLIENTS.map(({ id, launch }) => [id, [launch.startMs, launch.callMs]]))).toEqual({
    'claude-desktop': [null, 240_000],
    'claude-code': [30_000, 100_000_000],
    cursor: [null, null],
    'cursor-cli': [null, null],
    windsurf: [null, null],
    vscode: ['none', 'none'],
    'vscode-insiders': ['none', 'none'],
    zed: [60_000, 60_000],
    cline: [60_000, 60_000],
    roo: [60_000, 60_000],
    codex: [30_000, 300_000],
    'gemini-cli': [600_000, 600_000],
    'jetbrains-ai-assistant': [null, null],
    'jetbrains-junie': [null, null],
    'jetbrains-copilot': [null, null],
    continue: [20_000, null],
    goose: [300_000, 300_000],
    opencode: [30_000, null],
    'lm-studio': [60_000, 60_000],
    kiro: [null, null],
    'amazon-q': ['none', 120_000],
  });
});

it('limits on tools are those that were read, and no others', () => {
  const told = CLIENTS.map(({ id, limits: { tools, toolName, description } }) => [
    id,
    [tools?.max, toolName?.max, description?.maxBytes].map((number) => number ?? null),
  ]);
  expect(
    Object.fromEntries(told.filter(([, numbers]) => (numbers as (number | null)[]).some((n) => n !== null))),
  ).toEqual({
    'claude-code': [null, 128, 2048],
    cursor: [40, 60, null],
    windsurf: [100, null, null],
    vscode: [128, null, null],
    'vscode-insiders': [128, null, null],
    cline: [null, 64, null],
    roo: [null, 64, null],
    'gemini-cli': [null, 63, null],
    'amazon-q': [null, 64, 10_004],
  });
});

it('units of the time fields are those that were read', () => {
  const units = CLIENTS.map(({ id, entry }) => [id, entry.timeouts.map(({ key, unit }) => `${key} ${unit}`)] as const);
  expect(Object.fromEntries(units.filter(([, fields]) => fields.length > 0))).toEqual({
    'claude-code': ['timeout ms'],
    zed: ['timeout s'],
    cline: ['timeout s'],
    roo: ['timeout s'],
    codex: ['startup_timeout_sec s', 'startup_timeout_ms ms', 'tool_timeout_sec s'],
    'gemini-cli': ['timeout ms'],
    continue: ['connectionTimeout ms'],
    goose: ['timeout s'],
    opencode: ['timeout ms', 'timeout.startup ms', 'timeout.request ms'],
    'amazon-q': ['timeout ms'],
  });
});

/** Facts that are null, by the name under which their doubt stands. */
function unknownIn({ entry, handshake, http, launch, limits, precedence, variables, logs }: Client): string[] {
  const facts: Record<string, unknown> = {
    precedence,
    'entry.cwd': entry.cwd,
    'entry.urlWithoutType': entry.url.length ? entry.urlWithoutType : 'none',
    'entry.both': entry.both,
    'entry.off': entry.off,
    'entry.unknownKey': entry.unknownKey,
    'entry.name': entry.name,
    'entry.headers': entry.headers === undefined ? 'none' : entry.headers,
    variables,
    'launch.environment': launch.environment,
    'launch.shell': launch.shell,
    'launch.windows': launch.windows,
    'launch.cwd': launch.cwd,
    'launch.startMs': launch.startMs,
    'launch.callMs': launch.callMs,
    'handshake.name': handshake.name,
    'handshake.protocolVersion': handshake.protocolVersion,
    'handshake.capabilities': handshake.capabilities,
    'handshake.exactRevision': handshake.exactRevision,
    'http.order': http.order,
    'http.fallsBack': http.fallsBack,
    'http.origin': http.origin,
    'http.getMustBe405': http.getMustBe405,
    'http.oauth': http.oauth,
    'limits.tools': limits.tools,
    'limits.toolName': limits.toolName,
    'limits.description': limits.description,
    'limits.schema': limits.schema,
    logs: logs.length ? 'files' : null,
  };
  if (variables) facts['variables.unset'] = variables.unset;
  return Object.keys(facts).filter((fact) => facts[fact] === null);
}

/** Every address in the data: a page that can be opened. */
const ADDRESS = /^https:\/\/[\w.-]+\.[a-z]{2,}\/?\S*$/;
const LOW = ['medium', 'low'];

describe.each(CLIENTS.map((client) => [client.id, client] as const))('%s', (_, client) => {
  it('says of everything that is not known why', () => {
    expect(unknownIn(client).filter((fact) => !client.doubts[fact])).toEqual([]);
  });

  it('says its doubts as sentences', () => {
    for (const [fact, text] of Object.entries(client.doubts)) expect(text, fact).toMatch(/^\S.{8,}\.$/);
  });

  it('has a doubt where a fact is held with little confidence', () => {
    const { limits, logs, places } = client;
    if (places.some(({ confidence }) => confidence && LOW.includes(confidence)))
      expect(client.doubts.places ?? places.every((place) => !place.confidence || place.onlyIf)).toBeTruthy();
    if (limits.tools?.confidence) expect(client.doubts['limits.tools']).toBeDefined();
    if (limits.toolName?.confidence) expect(client.doubts['limits.toolName']).toBeDefined();
    if (logs.some(({ confidence }) => confidence)) expect(client.doubts.logs).toBeDefined();
  });

  it('has sources', () => {
    expect(client.sources.length).toBeGreaterThan(0);
    for (const url of client.sources) expect(url).toMatch(ADDRESS);
  });

  it('has defects with an address, an effect that ends without a stop, and versions in order', () => {
    for (const { url, effect, from, to, fixedIn } of client.defects) {
      expect(url).toMatch(ADDRESS);
      expect(effect).toMatch(/^[a-zA-Z0-9].{10,}[^.]$/);
      for (const version of [from, to, fixedIn]) if (version !== undefined) expect(version).toMatch(/^\d+(\.\d+)+$/);
      // A range is open on no side: what came later nobody has read.
      expect(from === undefined, url).toBe(to === undefined);
    }
  });

  it('has places with whole paths', () => {
    for (const { path, os, root } of [...client.places, ...client.notRead.map((one) => ({ ...one, os: ['any'] }))]) {
      expect(path).toMatch(/^(?:~|%[A-Z]+%|<project>|[A-Z]:)?\/\S.*[^/]$/);
      expect(path).not.toContain('\\');
      expect(os.length).toBeGreaterThan(0);
      expect(root.every((key) => key.length > 0)).toBe(true);
    }
    for (const { path, movedBy = [] } of client.places)
      for (const { variable, replaces } of movedBy) {
        expect(path.startsWith(replaces), `${variable}: ${replaces}`).toBe(true);
        expect(variable).toMatch(/^[A-Z][A-Z0-9_]+$/);
      }
    for (const { path } of client.logs) expect(path).toMatch(/^(?:~|%[A-Z]+%|\$[A-Z_]+)?\/\S.*[^/]$/);
  });

  it('names paths of Windows on Windows only', () => {
    for (const { path, os } of [...client.places, ...client.logs])
      if (/^(?:%|[A-Z]:)/.test(path)) expect(os, path).toEqual(['windows']);
  });

  it('has patterns that compile, and names that fit its own', () => {
    const { environment } = client.launch;
    const patterns = [
      client.entry.name?.pattern,
      client.limits.toolName?.pattern,
      client.limits.toolName?.own,
      environment?.policy === 'all-but' ? environment.names : undefined,
    ];
    for (const pattern of patterns) if (pattern) expect(() => new RegExp(pattern)).not.toThrow();
    if (client.entry.name) expect(new RegExp(client.entry.name.pattern).test('weather')).toBe(true);
    const { toolName } = client.limits;
    if (toolName?.pattern) {
      const whole = toolName.form.replace('<server>', 'weather').replace('<tool>', 'get_forecast');
      expect(new RegExp(toolName.pattern).test(whole)).toBe(true);
    }
    if (toolName?.own) expect(new RegExp(toolName.own).test('get_forecast')).toBe(true);
  });

  it('writes its type words with words that it takes', () => {
    const { words, stdio, http, sse } = client.entry.type;
    for (const word of [stdio, http, sse]) if (words && word !== null) expect(words).toContain(word);
  });

  it('says what its errors mean, and how it reads its configuration again', () => {
    for (const { text, means } of client.errors) expect(means, text).toMatch(/^\S.{8,}\.$/);
    expect(client.reload).toMatch(/^[A-Z].{8,}\.$/);
    for (const note of client.notes ?? []) expect(note).toMatch(/^\S.{8,}\.$/);
    for (const { instead } of client.notRead) expect(instead).toMatch(/^\S.{8,}\.$/);
  });

  it('has a file that is not among those it does not read', () => {
    const read = client.places.map(({ path, root }) => `${path} ${root.join('.')}`);
    for (const { path, root } of client.notRead) expect(read).not.toContain(`${path} ${root.join('.')}`);
  });
});
