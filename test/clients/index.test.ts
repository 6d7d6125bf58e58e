/** What can be asked of the data about clients. */
import { expect, it } from 'vitest';
import type { Defect } from '../../src/clients/client.js';
import { affects, CLIENTS, clientBy, clientOf, compareVersions, formsIn } from '../../src/clients/index.js';

it('knows a client by id, by name and by what people call it', () => {
  for (const { id, name } of CLIENTS) {
    expect(clientOf(id)?.id).toBe(id);
    expect(clientOf(name.toUpperCase())?.id).toBe(id);
  }
  const called: Record<string, string> = {
    'claude code v2.1.220': 'claude-code',
    Claude_Desktop: 'claude-desktop',
    'Cursor 2.1': 'cursor',
    'cursor-agent': 'cursor-cli',
    'VSCode (Copilot)': 'vscode',
    'code-insiders': 'vscode-insiders',
    'GitHub Copilot': 'vscode',
    'JetBrains Copilot': 'jetbrains-copilot',
    'Copilot for IntelliJ': 'jetbrains-copilot',
    'LM-Studio': 'lm-studio',
    'Kilo Code': 'roo',
    OpenCode: 'opencode',
    'Codex CLI': 'codex',
  };
  for (const [said, id] of Object.entries(called)) expect(clientOf(said)?.id, said).toBe(id);
});

it('knows none where none is named', () => {
  for (const said of ['', '  ', 'inspector', 'my own agent', 'copilot-cli', 'please continue'])
    expect(clientOf(said), said).toBeUndefined();
});

it('takes no name of one client for another', () => {
  for (const client of CLIENTS)
    for (const other of CLIENTS)
      if (other !== client) expect(client.is.test(other.name), `${client.id}: ${other.name}`).toBe(false);
});

it('knows a client by a file or words that only it has', () => {
  expect(clientBy('could not read claude_desktop_config.json')?.id).toBe('claude-desktop');
  expect(clientBy('[mcp_servers.notes] in config.toml: mcp_servers.notes')?.id).toBe('codex');
  expect(clientBy('~/.codeium/windsurf/mcp_config.json')?.id).toBe('windsurf');
  expect(clientBy('Error: connection closed')).toBeUndefined();
});

it('compares versions as numbers', () => {
  expect(compareVersions('2.1.9', '2.1.10')).toBeLessThan(0);
  expect(compareVersions('v2.2', '2.1.10')).toBeGreaterThan(0);
  expect(compareVersions('2.1.0', '2.1')).toBe(0);
  expect(compareVersions('2.1', '2.1.0')).toBe(0);
  expect(compareVersions('2.1', '2.1.1')).toBeLessThan(0);
  expect(compareVersions('1.0.242-beta.3', '1.0.242')).toBe(0);
  expect(compareVersions('nightly', '1.0')).toBeNull();
});

it('tells whether a version has a defect, and when that cannot be told', () => {
  const defect: Defect = {
    from: '2.1.105',
    to: '2.1.109',
    fixedIn: '2.1.110',
    effect: 'e',
    phase: 'start',
    url: 'https://issues.example/1',
  };
  expect(['2.1.104', '2.1.105', '2.1.109', '2.1.110', '3.0'].map((version) => affects(defect, version))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
  expect(affects(defect, 'latest')).toBeNull();
  expect(affects({ ...defect, os: ['windows'] }, '2.1.105', 'linux')).toBe(false);
  expect(affects({ ...defect, os: ['windows'] }, '2.1.105', 'windows')).toBe(true);
  expect(affects({ ...defect, os: ['windows'] }, '2.1.105')).toBe(true);
  const { from: _from, to: _to, fixedIn: _fixedIn, ...reported } = defect;
  expect(affects(reported, '2.1.105')).toBeNull();
  expect(affects({ ...reported, fixedIn: '2.0' }, '1.9')).toBe(true);
});

it('knows which forms of variables hold in a key', () => {
  const forms = (id: string, key: string) => {
    const client = clientOf(id);
    return client && formsIn(client, key);
  };
  expect(forms('amazon-q', 'command')).toContain('~');
  expect(forms('amazon-q', 'args')).toEqual(['${env:NAME}']);
  expect(forms('goose', 'envs')).toEqual([]);
  expect(forms('goose', 'headers')).toEqual(['$NAME', '${NAME}']);
  expect(forms('claude-desktop', 'args')).toEqual([]);
  expect(forms('lm-studio', 'args')).toBeNull();
});
