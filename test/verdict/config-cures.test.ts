/** What of a verdict becomes a change of the entry, and what only the user can say. */
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../src/causes/cause.js';
import { clientOf } from '../../src/clients/index.js';
import { applyEdits } from '../../src/config/edit.js';
import { readText } from '../../src/config/read.js';
import { configCures, type EntryPlace, wishVariable } from '../../src/verdict/config-cures.js';
import type { Finding } from '../../src/verdict/verdict.js';

const finding = (id: string, facts: Facts): Finding => ({
  ...{ id, role: 'root', certainty: 'certain', severity: 'broken', culprit: 'config', title: '', says: '' },
  ...{ cites: [], facts, fix: [], docs: '' },
});
const place = (id: string, path: string[], more: Partial<EntryPlace> = {}, env: string[] = []): EntryPlace => {
  const form = clientOf(id)?.entry;
  if (!form) throw new Error(`no client ${id}`);
  const range = { start: 0, end: 0 };
  const named = env.map((name) => ({ name, nameRange: range, value: 'x', range }));
  return { entry: { name: path.at(-1) ?? '', path, env: named }, form, windows: false, ...more };
};
/** The text after the first change that a finding calls for. */
function changed(text: string, at: EntryPlace, found: Finding, format: 'json' | 'toml' | 'yaml' = 'json'): unknown {
  const [wish] = configCures(found, at).wishes;
  const edits = wish?.edits(readText(text, format));
  return edits ? applyEdits(text, edits) : edits;
}

const NOT_ON_PATH = 'launch-command-not-on-path';
const found = {
  command: 'uvx',
  places: ['/home/me/.local/bin/uvx'],
  path: ['/usr/bin', '/bin'],
  known: true,
  folder: '',
};

describe('a command that is not on the PATH', () => {
  const text = '{ "mcpServers": { "x": { "command": "uvx", "args": ["a"] } } }';
  const cursor = place('cursor', ['mcpServers', 'x']);

  it('gets its absolute path, wherever its client keeps it', () => {
    expect(changed(text, cursor, finding(NOT_ON_PATH, found))).toBe(text.replace('uvx', '/home/me/.local/bin/uvx'));
    const opencode = '{ "mcp": { "x": { "type": "local", "command": ["uvx", "a"] } } }';
    expect(changed(opencode, place('opencode', ['mcp', 'x']), finding(NOT_ON_PATH, found))).toBe(
      opencode.replace('uvx', '/home/me/.local/bin/uvx'),
    );
    const goose = 'extensions:\n  x:\n    cmd: uvx   # it\n';
    expect(changed(goose, place('goose', ['extensions', 'x']), finding(NOT_ON_PATH, found), 'yaml')).toBe(
      goose.replace('uvx', '/home/me/.local/bin/uvx'),
    );
  });

  it('of Windows as well', () => {
    const facts = { ...found, command: 'uvx', places: [], folder: 'C:\\Users\\me\\.local\\bin', windows: true };
    expect(changed(text, { ...cursor, windows: true }, finding(NOT_ON_PATH, facts))).toBe(
      text.replace('uvx', 'C:\\\\Users\\\\me\\\\.local\\\\bin\\\\uvx'),
    );
  });

  it('its interpreter, or a program that the server starts, comes by the PATH of the entry', () => {
    const facts = { ...found, command: 'node', places: ['/opt/node/bin/node'], interpreter: true };
    const after = changed(text, cursor, finding(NOT_ON_PATH, facts));
    expect(JSON.parse(String(after)).mcpServers.x.env).toEqual({ PATH: '/opt/node/bin:/usr/bin:/bin' });
    const child = {
      ...found,
      command: 'ffmpeg',
      places: [],
      folder: '/opt/bin',
      child: true,
      path: ['/opt/bin', '/bin'],
    };
    expect(changed(text, cursor, finding(NOT_ON_PATH, child))).toContain('"PATH": "/opt/bin:/bin"');
    // Windows knows one variable by any spelling of it.
    const own = place('cursor', ['mcpServers', 'x'], { windows: true }, ['Path']);
    const windows = { ...child, folder: 'C:\\x', path: ['C:\\Windows'], windows: true };
    expect(changed(text, own, finding(NOT_ON_PATH, windows))).toContain('"Path": "C:\\\\x;C:\\\\Windows"');
  });

  it.each([
    ['when it was only guessed', { ...found, known: false }],
    ['when nobody knows where it is', { ...found, places: [] }],
    ['by a place that is none', { ...found, places: ['uvx'] }],
  ])('is left alone %s', (_, facts) => {
    expect(configCures(finding(NOT_ON_PATH, facts), cursor)).toEqual({ wishes: [], needs: [] });
  });
});

it('a newer runtime of the shell comes first on the PATH', () => {
  const text = '[mcp_servers.x]\ncommand = "npx"\n';
  const facts = { runtime: 'Node.js', newer: '22.1.0', folder: '/opt/node22/bin', path: ['/usr/bin'], windows: false };
  const after = changed(text, place('codex', ['mcp_servers', 'x']), finding('runtime-too-old', facts), 'toml');
  expect(readText(String(after), 'toml').root?.value).toEqual({
    mcp_servers: { x: { command: 'npx', env: { PATH: '/opt/node22/bin:/usr/bin' } } },
  });
  expect(String(after).startsWith(text.trimEnd())).toBe(true);
  expect(configCures(finding('runtime-too-old', { ...facts, folder: '' }), place('codex', [])).wishes).toEqual([]);
});

it('variables that are missing are asked for by their names, and by nothing else', () => {
  const at = place('cursor', ['mcpServers', 'x']);
  expect(
    configCures(finding('process-env-missing', { variables: ['A_KEY', 'B', '$(rm)', 'A_KEY'], inShell: ['B'] }), at),
  ).toEqual({
    wishes: [],
    needs: [
      { name: 'A_KEY', inShell: false },
      { name: 'B', inShell: true },
    ],
  });
  expect(configCures(finding('launch-env-not-inherited', { names: ['HOME'] }), at).needs).toEqual([
    { name: 'HOME', inShell: true },
  ]);
  expect(configCures(finding('process-crashed', {}), at)).toEqual({ wishes: [], needs: [] });
  expect(configCures(null, at)).toEqual({ wishes: [], needs: [] });
});

it('a wish that is granted already changes nothing, and one that cannot be is told apart', () => {
  const wish = wishVariable(place('cursor', ['mcpServers', 'x']), 'set', 'KEY', 'v', 'KEY');
  expect(wish.edits(readText('{"mcpServers":{"x":{"env":{"KEY":"v"}}}}', 'json'))).toEqual([]);
  expect(wish.edits(readText('{"mcpServers":{"x":{"env":"none"}}}', 'json'))).toBeNull();
});
