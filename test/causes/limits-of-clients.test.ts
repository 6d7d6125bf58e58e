/** How long a client waits, how it is made to wait longer, and how it wants an entry written: all from its data. */
import { expect, it } from 'vitest';
import { formOf, shapeOf } from '../../src/causes/entry-form.js';
import { isFixed, raiseOf, waitOf } from '../../src/causes/limits-of-clients.js';
import { CLIENTS } from '../../src/clients/index.js';

it('knows how long a client waits, and says nothing where nobody knows', () => {
  expect(waitOf('claude-code', 'start')).toBe(30);
  expect(waitOf('claude-desktop', 'call')).toBe(240);
  expect(waitOf('claude-desktop', 'start')).toBeNull();
  expect(waitOf('vscode', 'start')).toBeNull();
  expect(waitOf(null, 'start')).toBeNull();
});

it('raises a limit in the unit of the client, by a variable or in its file', () => {
  expect(raiseOf('claude-code', 'start', 120, false)?.run).toBe('MCP_TIMEOUT=120000 claude');
  expect(raiseOf('claude-code', 'call', 600, true)?.run).toBe('setx MCP_TOOL_TIMEOUT 600000');
  expect(raiseOf('codex', 'call', 600, false)?.edit).toEqual({
    file: '~/.codex/config.toml',
    at: '[mcp_servers.<name>]',
    to: 'tool_timeout_sec = 600',
  });
  expect(raiseOf('cline', 'start', 120, false)?.edit?.to).toBe('"timeout": 120');
  expect(raiseOf('continue', 'start', 120, false)?.edit?.to).toBe('connectionTimeout: 120000');
  expect(raiseOf('opencode', 'call', 600, false)?.edit?.to).toBe('"timeout": 600000');
});

it('never proposes less than the client waits already', () => {
  expect(raiseOf('gemini-cli', 'start', 120, false)?.edit?.to).toBe('"timeout": 1200000');
  expect(raiseOf('goose', 'start', 120, false)?.edit?.to).toBe('timeout: 600');
});

it('proposes nothing where there is no setting, and tells that from one that is not known', () => {
  expect(raiseOf('claude-desktop', 'call', 600, false)).toBeNull();
  expect(isFixed('claude-desktop', 'call')).toBe(true);
  expect(raiseOf('cursor', 'call', 600, false)).toBeNull();
  expect(isFixed('cursor', 'call')).toBe(false);
  // Not known, so it is not called fixed.
  expect(isFixed('lm-studio', 'call')).toBe(false);
});

it('writes an entry as each client reads it', () => {
  const form = (id: string, entry: Record<string, unknown>) => formOf(shapeOf(id, ''), entry);
  const local = { command: 'npx', args: ['-y', 'notes'] };
  const remote = { url: 'https://notes.example/mcp' };
  expect(form('codex', local)).toBe(
    '[mcp_servers.<name>]\ncommand = "npx"\nargs = ["-y", "notes"]\n\n[mcp_servers.<name>.env]\nNAME = "value"',
  );
  expect(form('goose', remote)).toBe(
    'extensions:\n  <name>:\n    type: streamable_http\n    uri: https://notes.example/mcp\n    enabled: true',
  );
  expect(form('continue', remote)).toBe(
    'mcpServers:\n  - name: <name>\n    type: streamable-http\n    url: https://notes.example/mcp',
  );
  expect(JSON.parse(form('opencode', local))).toEqual({
    mcp: { '<name>': { type: 'local', command: ['npx', '-y', 'notes'], environment: { NAME: 'value' } } },
  });
  expect(JSON.parse(form('windsurf', remote))).toEqual({
    mcpServers: { '<name>': { serverUrl: 'https://notes.example/mcp' } },
  });
  expect(JSON.parse(form('claude-desktop', remote))).toEqual({
    mcpServers: { '<name>': { command: 'npx', args: ['-y', 'mcp-remote', 'https://notes.example/mcp'] } },
  });
});

it('writes JSON that parses for every client whose file is JSON', () => {
  for (const { id } of CLIENTS) {
    const shape = shapeOf(id, '');
    if (shape?.format !== 'json') continue;
    for (const entry of [{ command: 'node', args: ['a "b"'] }, { url: 'https://a.example' }, {}])
      expect(() => JSON.parse(formOf(shape, entry)), id).not.toThrow();
  }
});
