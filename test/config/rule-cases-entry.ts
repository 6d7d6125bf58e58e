/** Servers as a whole, and the parts of an entry. */
import type { RuleId } from '../../src/config/config.js';
import type { RuleCases } from '../support/rule-cases.js';

const SERVER = '{ "a": { "command": "uvx", "args": ["a-mcp"] } }';

export const ENTRY_CASES: Partial<Record<RuleId, RuleCases>> = {
  'file-not-read': {
    has: [
      { scope: 'legacy', file: `{ «"mcpServers": ${SERVER} }`, after: 'none', level: 'fatal' },
      { scope: 'legacy', file: `{\n  "model": "opus",\n  «"mcpServers": ${SERVER}\n}`, after: 'none' },
      { scope: 'legacy', file: '{ "hooks": {}, «"mcpServers": {} }', after: 'none' },
    ],
    not: [
      { scope: 'legacy', file: '{ "model": "opus" }' },
      { scope: 'user', file: `{ "mcpServers": ${SERVER} }` },
      { scope: 'legacy', file: '{}' },
    ],
  },
  'root-not-object': {
    has: [
      { file: '{ "mcpServers": «[] }', after: 'none', level: 'fatal' },
      { client: 'cursor', file: '{ "mcpServers": «"npx" }', after: 'none' },
      { client: 'vscode', file: '«[1]', after: 'none' },
      { client: 'continue', format: 'yaml', file: 'mcpServers:\n  «a:\n    command: uvx\n', after: 'none' },
    ],
    not: [
      { file: '{ "mcpServers": {} }' },
      { file: '{}' },
      { client: 'goose', file: 'extensions:\n' },
      { client: 'continue', format: 'yaml', file: 'mcpServers:\n  - name: a\n    command: uvx\n' },
    ],
  },
  'root-wrong-key': {
    has: [
      { file: `{ «"servers": ${SERVER} }`, after: `{ "mcpServers": ${SERVER} }`, level: 'fatal' },
      {
        client: 'vscode',
        scope: 'project',
        root: ['servers'],
        file: `{ «"mcpServers": ${SERVER}, "inputs": [] }`,
        after: `{ "servers": ${SERVER}, "inputs": [] }`,
      },
      {
        client: 'zed',
        file: `{ "theme": "One", «"mcpServers": ${SERVER} }`,
        after: `{ "theme": "One", "context_servers": ${SERVER} }`,
      },
      { client: 'codex', file: '[«mcpServers.a]\ncommand = "uvx"\n', after: '[mcp_servers.a]\ncommand = "uvx"\n' },
      { client: 'goose', file: '«mcpServers:\n  a:\n    cmd: uvx\n', after: 'extensions:\n  a:\n    cmd: uvx\n' },
    ],
    not: [
      { file: `{ "mcpServers": ${SERVER}, "servers": ${SERVER} }` },
      { client: 'zed', file: '{ "servers": { "port": 1 } }' },
      { client: 'gemini-cli', file: '{ "mcp": { "allowed": ["a"] } }' },
      { client: 'opencode', file: '{ "mcp": { "a": { "type": "local", "command": ["uvx"] } } }' },
    ],
  },
  'root-nested': {
    has: [
      { file: `{ "mcpServers": { «"mcpServers": ${SERVER} } }`, after: `{ "mcpServers": ${SERVER} }`, level: 'fatal' },
      { client: 'cursor', file: `{ "mcp": { «"mcpServers": ${SERVER} } }`, after: `{ "mcpServers": ${SERVER} }` },
      {
        client: 'windsurf',
        file: `{ "mcpServers": { "b": { "command": "x" }, «"servers": ${SERVER} } }`,
        after: 'none',
      },
      {
        client: 'vscode',
        scope: 'project',
        root: ['servers'],
        file: `{ "servers": { "a": { «"mcpServers": ${SERVER} } } }`,
        after: '{ "servers": { "a": { "command": "uvx", "args": ["a-mcp"] } } }',
      },
    ],
    not: [
      { file: '{ "mcpServers": { "mcp": { "command": "uvx" } } }' },
      { client: 'cursor', file: '{ "mcpServers": { "a": { "command": "uvx", "servers": { "b": { "url": "x" } } } } }' },
      { file: '{ "mcpServers": { "servers": { "url": "https://a.example/mcp", "type": "http" } } }' },
      {
        client: 'opencode',
        file: '{ "mcp": { "servers": { "a": { "type": "local", "command": ["uvx"] } } } }',
        root: ['mcp'],
      },
    ],
  },
  'root-bare-entry': {
    has: [
      {
        file: '{ «"a": { "command": "uvx" } }',
        scope: 'user',
        after: '{ "mcpServers": { "a": { "command": "uvx" } } }',
        level: 'fatal',
      },
      { client: 'cursor', file: '{ «"command": "npx", "args": [] }', after: 'none' },
      { client: 'cursor', file: '{ "mcpServers": { «"command": "npx", "args": [] } }', after: 'none' },
    ],
    not: [
      { file: '{ "mcpServers": { "command": { "command": "uvx" } } }' },
      { client: 'zed', file: '{ "theme": "One", "terminal": { "command": "zsh" }, "tabs": {} }' },
      { client: 'cursor', file: '{ "mcpServers": {} }' },
    ],
  },
  'entry-not-object': {
    has: [
      { entry: '«"npx -y a-mcp"', after: 'none', level: 'broken' },
      { client: 'cursor', entry: '«["uvx"]', after: 'none' },
      { client: 'goose', file: 'extensions:\n  a: «true\n', after: 'none' },
    ],
    not: [
      { entry: '{ "command": "uvx" }' },
      { file: '{ "mcpServers": { "//": "a remark" } }' },
      { file: '{ "mcpServers": { "_comment": "a remark" } }' },
    ],
  },
  'entry-empty': {
    has: [
      { file: '{ "mcpServers": { «"a": {} } }', after: 'none', level: 'broken' },
      { file: '{ "mcpServers": { «"a": { "args": ["x"] } } }', after: 'none' },
      { client: 'cursor', entry: '{ "command": «"" }', after: 'none' },
      // A switch alone is not enough there: "invalid transport".
      { client: 'codex', file: '[mcp_servers.«codex_apps]\nstartup_timeout_sec = 60\n', after: 'none' },
      {
        client: 'codex',
        file: '[mcp_servers.«"node_repl.env"]\nNODE_REPL_NODE_PATH = "/usr/bin/node"\n',
        after: 'none',
      },
    ],
    not: [
      { client: 'opencode', root: ['mcp'], entry: '{ "enabled": false }' },
      {
        client: 'codex',
        scope: 'project',
        entry: 'enabled = false',
        namesake: { scope: 'user', file: '~/.codex/config.toml', line: 3 },
      },
      { client: 'cursor', entry: '{ "link": "https://a.example/mcp" }' },
      { client: 'zed', entry: '{ "source": "extension", "enabled": true, "settings": { "key": "x" } }' },
      { client: 'goose', entry: 'type: builtin\nname: developer\nenabled: true' },
      { client: 'cursor', entry: '{ "serverUrl": "https://a.example/mcp" }' },
    ],
  },
  'entry-url-and-command': {
    has: [
      { client: 'roo', entry: '{ "command": "uvx", «"url": "https://a.example/mcp" }', after: 'none', level: 'broken' },
      { client: 'windsurf', entry: '{ "command": "uvx", «"serverUrl": "https://a.example/mcp" }', level: 'risky' },
      { entry: '{ «"url": "https://a.example/mcp", "type": "http", "command": "uvx" }', level: 'risky', after: 'none' },
    ],
    not: [
      { client: 'kiro', entry: '{ "command": "uvx", "url": "" }' },
      { client: 'roo', entry: '{ "command": "uvx", "url": null }' },
      { client: 'roo', entry: '{ "type": "sse", "url": "https://a.example/sse" }' },
    ],
  },
  'url-not-taken': {
    has: [
      {
        client: 'claude-desktop',
        os: 'macos',
        entry: '{ «"url": "https://a.example/mcp" }',
        after: 'none',
        level: 'broken',
      },
      {
        client: 'claude-desktop',
        os: 'macos',
        entry: '{ "type": "http", «"url": "https://a.example/mcp" }',
        after: 'none',
      },
      { client: 'claude-desktop', os: 'windows', entry: '{ «"serverUrl": "https://a.example/mcp" }', after: 'none' },
    ],
    not: [
      {
        client: 'claude-desktop',
        os: 'macos',
        entry: '{ "command": "npx", "args": ["-y", "mcp-remote", "https://a.example/mcp"] }',
      },
      { client: 'cursor', entry: '{ "url": "https://a.example/mcp" }' },
      { client: 'claude-desktop', os: 'macos', entry: '{ "command": "uvx", "env": { "url": "https://a.example" } }' },
    ],
  },
  'url-key-wrong': {
    has: [
      {
        client: 'cursor',
        entry: '{ «"link": "https://a.example/mcp" }',
        after: '{ "url": "https://a.example/mcp" }',
      },
      {
        client: 'cursor',
        entry: '{ «"serverUrl": "https://a.example/mcp" }',
        after: '{ "url": "https://a.example/mcp" }',
        level: 'broken',
      },
      {
        client: 'goose',
        entry: 'type: streamable_http\n«url: https://a.example/mcp',
        after: 'type: streamable_http\nuri: https://a.example/mcp',
      },
      {
        client: 'vscode',
        root: ['servers'],
        entry: '{ "type": "http", «"endpoint": "https://a.example/mcp" }',
        after: '{ "type": "http", "url": "https://a.example/mcp" }',
      },
    ],
    not: [
      { client: 'gemini-cli', entry: '{ "httpUrl": "https://a.example/mcp" }' },
      { client: 'cursor', entry: '{ "url": "https://a.example/mcp", "serverUrl": "https://a.example/mcp" }' },
      { client: 'cursor', entry: '{ "command": "uvx", "baseUrl": "https://a.example/" }' },
    ],
  },
  'url-invalid': {
    has: [
      { client: 'cursor', entry: '{ "url": «"a.example.com/mcp" }', after: 'none', level: 'broken' },
      { client: 'cursor', entry: '{ "url": «"localhost:3000/mcp" }', after: '{ "url": "http://localhost:3000/mcp" }' },
      { client: 'cursor', entry: '{ "url": «" https://a.example/mcp" }', after: '{ "url": "https://a.example/mcp" }' },
      { client: 'cursor', entry: '{ "url": «"https:/a.example/mcp" }', after: '{ "url": "https://a.example/mcp" }' },
    ],
    not: [
      { client: 'cursor', entry: '{ "url": "${env:A_URL}/mcp" }' },
      { client: 'vscode', root: ['servers'], entry: '{ "type": "http", "url": "unix:///run/a.sock" }' },
      { client: 'cursor', entry: '{ "url": "http://[::1]:3000/mcp?x=1" }' },
      { client: 'cursor', entry: '{ "url": "https://<your-host>/mcp" }' },
    ],
  },
  'type-missing': {
    has: [
      {
        entry: '{ «"url": "https://a.example/mcp" }',
        after: '{ "url": "https://a.example/mcp", "type": "http" }',
        level: 'broken',
      },
      { entry: '{ «"url": "https://a.example/sse" }', after: '{ "url": "https://a.example/sse", "type": "sse" }' },
      {
        client: 'roo',
        entry: '{ «"url": "https://a.example/mcp" }',
        after: '{ "url": "https://a.example/mcp", "type": "streamable-http" }',
      },
    ],
    not: [
      { client: 'cursor', entry: '{ "url": "https://a.example/mcp" }' },
      { entry: '{ "command": "uvx" }' },
      { client: 'cline', entry: '{ "url": "https://a.example/sse" }' },
    ],
  },
  'type-misspelt': {
    has: [
      {
        entry: '{ "type": «"streamableHttp", "url": "https://a.example/mcp" }',
        after: '{ "type": "http", "url": "https://a.example/mcp" }',
        level: 'broken',
      },
      {
        client: 'roo',
        entry: '{ "type": «"http", "url": "https://a.example/mcp" }',
        after: '{ "type": "streamable-http", "url": "https://a.example/mcp" }',
      },
      {
        entry: '{ "type": «"stdio", "url": "https://a.example/mcp" }',
        after: '{ "type": "http", "url": "https://a.example/mcp" }',
      },
      { entry: '{ "type": «"http", "command": "uvx" }', after: '{ "type": "stdio", "command": "uvx" }' },
    ],
    not: [
      { entry: '{ "type": "http", "url": "https://a.example/mcp" }' },
      { entry: '{ "type": "sdk", "command": "x" }' },
      {
        entry: '{ "type": "quic", "url": "https://a.example/mcp" }',
        but: (client) => ({ ...client, entry: { ...client.entry, type: { ...client.entry.type, words: null } } }),
      },
    ],
  },
  'key-unknown': {
    has: [
      { entry: '{ «"commands": "uvx" }', after: '{ "command": "uvx" }', level: 'broken' },
      { entry: '{ "command": "uvx", «"arguments": ["a"] }', after: '{ "command": "uvx", "args": ["a"] }' },
      {
        entry: '{ "type": "http", "url": "https://a.example/mcp", «"headres": { "X": "y" } }',
        after: '{ "type": "http", "url": "https://a.example/mcp", "headers": { "X": "y" } }',
      },
      { client: 'codex', entry: 'command = "uvx"\n«autoApprove = ["x"]', after: 'none' },
      {
        client: 'codex',
        entry: 'url = "https://a.example/mcp"\n«env = { TOKEN = "x" }',
        after: 'none',
        level: 'broken',
      },
      {
        client: 'codex',
        entry: 'command = "uvx"\n«http_headers = { "X-Header" = "x" }',
        after: 'none',
        level: 'broken',
      },
    ],
    not: [
      { client: 'cursor', entry: '{ "command": "uvx", "$comment": "x", "//": "y" }' },
      {
        client: 'codex',
        entry: 'command = "uvx"\nstartup_timeout_ms = 20_000\ndefault_tools_approval_mode = "prompt"',
      },
      { client: 'claude-desktop', os: 'macos', entry: '{ "command": "uvx", "somethingNew": 1 }' },
      { client: 'cline', entry: '{ "command": "uvx", "description": "my server" }' },
    ],
  },
};
