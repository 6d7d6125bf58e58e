/** Whose configuration a text is: told by the name of its file, by its keys, and by what the entries hold; or left open. */
import { describe, expect, it } from 'vitest';
import { guessConfig } from '../../src/config/guess.js';

const STDIO = '{ "a": { "command": "npx", "args": ["-y", "a-mcp"] } }';
const MCP_SERVERS = `{ "mcpServers": ${STDIO} }`;

const idOf = (text: string, file = '', id?: string): string | null => guessConfig(text, file, id)?.client.id ?? null;
const rootOf = (text: string, file = '', id?: string): string | undefined =>
  guessConfig(text, file, id)?.place.root.join('.');

describe('by the name of the file', () => {
  it.each([
    ['/home/ada/.cursor/mcp.json', 'cursor'],
    ['C:\\Users\\ada\\AppData\\Roaming\\Claude\\claude_desktop_config.json', 'claude-desktop'],
    // A name that one client alone gives a file is enough, in whatever folder.
    ['claude_desktop_config.json', 'claude-desktop'],
    ['/tmp/backup/cline_mcp_settings.json', 'cline'],
    ['mcp_settings.json', 'roo'],
    ['.mcp.json', 'claude-code'],
    ['/srv/app/.roo/mcp.json', 'roo'],
    ['/srv/app/.kiro/settings/mcp.json', 'kiro'],
    ['/srv/app/.junie/mcp/mcp.json', 'jetbrains-junie'],
    ['.amazonq/mcp.json', 'amazon-q'],
    ['/home/ada/.gemini/settings.json', 'gemini-cli'],
    ['/home/ada/.codeium/windsurf/mcp_config.json', 'windsurf'],
    ['/home/ada/.lmstudio/mcp.json', 'lm-studio'],
  ])('%s', (file, id) => {
    expect(idOf(MCP_SERVERS, file)).toBe(id);
  });

  it('a name that every client uses says nothing', () => {
    expect(idOf(MCP_SERVERS, 'mcp.json')).toBe('unknown');
    expect(idOf(MCP_SERVERS, '/tmp/settings.json')).toBe('unknown');
    expect(idOf(MCP_SERVERS, '/tmp/bad.json')).toBe('unknown');
  });

  it('of one path with several roots, the one that holds servers is meant', () => {
    expect(rootOf(MCP_SERVERS, '/home/ada/.claude.json')).toBe('mcpServers');
    const local = `{ "projects": { "/work": ${MCP_SERVERS} } }`;
    expect(rootOf(local, '/home/ada/.claude.json')).toBe('projects.*.mcpServers');
    const v1 = '{ "mcp": { "a": { "type": "local", "command": ["a"] } } }';
    const v2 = '{ "mcp": { "servers": { "a": { "type": "local", "command": ["a"] } } } }';
    expect(rootOf(v1, 'opencode.json')).toBe('mcp');
    expect(rootOf(v2, 'opencode.json')).toBe('mcp.servers');
  });

  it('the path that says more wins: a file in the home folder is no file of a project', () => {
    const text = '{ "mcp": { "a": { "type": "local", "command": ["a"] } } }';
    expect(guessConfig(text, '/home/ada/.config/opencode/opencode.json')?.place.scope).toBe('user');
    expect(guessConfig(text, '/srv/app/opencode.json')?.place.scope).toBe('project');
  });

  it('a file that the client does not read is told as such, when there are servers in it', () => {
    expect(guessConfig(MCP_SERVERS, '/home/ada/.claude/settings.json')).toMatchObject({
      client: { id: 'claude-code' },
      place: { path: '~/.claude/settings.json' },
    });
  });

  it("a file without servers is still its client's", () => {
    expect(idOf('model = "o3"\n', '/home/ada/.codex/config.toml')).toBe('codex');
    expect(idOf('{ "$schema": "https://opencode.ai/config.json" }', 'opencode.json')).toBe('opencode');
  });
});

describe('by the text alone', () => {
  it.each([
    ['zed', `{ "context_servers": ${STDIO} }`],
    ['vscode', `{ "servers": ${STDIO}, "inputs": [] }`],
    ['vscode', `// user\n{ "servers": { "a": { "type": "http", "url": "https://a.example/mcp" } } }`],
    ['vscode', `{ "mcp": { "inputs": [], "servers": { "a": { "type": "stdio", "command": "npx" } } } }`],
    ['opencode', '{ "mcp": { "a": { "type": "local", "command": ["npx", "a"], "enabled": true } } }'],
    ['opencode', '{ "mcp": { "servers": { "a": { "type": "local", "command": ["npx", "a"] } } } }'],
    ['codex', '[mcp_servers.a]\ncommand = "npx"\n'],
    ['codex', '[[mcp_servers]]\nname = "a"\n'],
    ['goose', 'extensions:\n  a:\n    type: stdio\n    cmd: npx\n'],
    ['continue', 'mcpServers:\n  - name: a\n    command: npx\n'],
    ['windsurf', '{ "mcpServers": { "a": { "serverUrl": "https://a.example/mcp" } } }'],
    ['gemini-cli', '{ "mcpServers": { "a": { "httpUrl": "https://a.example/mcp" } } }'],
    ['cline', '{ "mcpServers": { "a": { "type": "streamableHttp", "url": "https://a.example/mcp" } } }'],
    ['unknown', MCP_SERVERS],
    ['unknown', '{ "mcpServers": { "a": { "url": "https://mcp.a.example/mcp", "type": "http" } } }'],
  ])('%s: %s', (id, text) => {
    expect(idOf(text)).toBe(id);
  });

  it('"mcp" within another word, a name or an address is no key', () => {
    expect(idOf('{ "mcpServers": { "mcp": { "url": "https://mcp.a.example/mcp", "headers": {} } } }')).toBe('unknown');
    expect(idOf('{ "mcpServers": { "a": { "command": "npx", "args": ["a-mcp", "mcp:run"] } } }')).toBe('unknown');
  });

  it('keys that tell of two clients tell of none', () => {
    const text =
      '{ "mcpServers": { "a": { "serverUrl": "https://a.example" }, "b": { "httpUrl": "https://b.example" } } }';
    expect(idOf(text)).toBe('unknown');
    expect(idOf('{ "mcpServers": { "a": { "url": "https://a.example", "transport": "http" } } }')).toBe('unknown');
  });

  it('a fragment without its outer braces is one, too', () => {
    expect(idOf(`"mcpServers": ${STDIO}`)).toBe('unknown');
    expect(idOf(`"mcpServers": ${STDIO}`, '', 'cursor')).toBe('cursor');
  });

  it('a text with a syntax error is guessed by what can be read of it', () => {
    expect(idOf('{ "context_servers": { "a": { "command": "npx" "args": [] } }')).toBe('zed');
  });

  it('what holds no servers is no configuration', () => {
    for (const text of [
      '',
      'spawn npx ENOENT',
      '{ "jsonrpc": "2.0", "id": 1, "result": {} }',
      'services:\n  a:\n    image: b\n',
      '2026-01-01T00:00:00Z [info] reading "mcpServers": {} of the configuration',
    ])
      expect(idOf(text), text).toBeNull();
  });
});

it('a client that is named is taken, with the place that the text is written for', () => {
  expect(idOf(MCP_SERVERS, '', 'kiro')).toBe('kiro');
  expect(rootOf(`{ "mcp": { "servers": ${STDIO} } }`, '', 'vscode')).toBe('mcp.servers');
  expect(rootOf(`{ "servers": ${STDIO} }`, '', 'vscode')).toBe('servers');
  // Under a key that it does not read, the client is the same: a rule tells of the key.
  expect(idOf(MCP_SERVERS, '', 'opencode')).toBe('opencode');
});
