/** Paths, variables, secrets, and what the client makes of a sound entry. */
import type { Client } from '../../src/clients/client.js';
import type { RuleId } from '../../src/config/config.js';
import type { RuleCases } from '../support/rule-cases.js';

const cwd =
  (folder: Client['launch']['cwd']) =>
  (client: Client): Client => ({ ...client, launch: { ...client.launch, cwd: folder } });
const TOKEN = `ghp_${'A1b2C3d4E5'.repeat(4)}`;

export const VALUE_CASES: Partial<Record<RuleId, RuleCases>> = {
  'path-relative': {
    has: [
      {
        client: 'cursor',
        scope: 'user',
        but: cwd('home'),
        entry: '{ "command": "node", "args": [«"./server.js"] }',
        level: 'broken',
      },
      {
        client: 'cursor',
        scope: 'user',
        but: cwd(null),
        entry: '{ "command": "python", "args": [«"server.py"] }',
        level: 'advice',
      },
      { client: 'cursor', scope: 'user', but: cwd('own'), entry: '{ "command": «"../bin/server" }', level: 'risky' },
      {
        client: 'cursor',
        scope: 'project',
        but: cwd(null),
        project: '/home/ada/code',
        there: ['/home/ada/code/dist/x.js'],
        entry: '{ "command": "node", "args": [«"dist/x.js"] }',
        after: '{ "command": "node", "args": ["${workspaceFolder}/dist/x.js"] }',
      },
    ],
    not: [
      {
        client: 'cursor',
        entry: '{ "command": "npx", "args": ["-y", "@acme/server", "acme/other"] }',
        but: cwd('root'),
      },
      { client: 'cursor', entry: '{ "command": "node", "args": ["${workspaceFolder}/x.js"] }', but: cwd('root') },
      {
        client: 'cursor',
        entry: '{ "command": "docker", "args": ["run", "-i", "acme/a", "./x.js"] }',
        but: cwd('root'),
      },
      {
        client: 'cursor',
        entry: '{ "command": "uv", "args": ["--directory", "/srv/x", "run", "server.py"] }',
        but: cwd('root'),
      },
      {
        scope: 'project',
        project: '/home/ada/code',
        there: ['/home/ada/code/x.js'],
        entry: '{ "command": "node", "args": ["./x.js"] }',
      },
    ],
  },
  'path-tilde': {
    has: [
      { entry: '{ "command": «"~/bin/a" }', scope: 'user', after: '{ "command": "/home/ada/bin/a" }', level: 'broken' },
      {
        entry: '{ "command": "npx", "args": ["-y", "a", «"~/notes"] }',
        scope: 'user',
        after: '{ "command": "npx", "args": ["-y", "a", "/home/ada/notes"] }',
        level: 'risky',
      },
      {
        client: 'cursor',
        entry: '{ "command": "uvx", "args": [«"--db=~/x.db"] }'.replace('«"--db=', '"--db=«'),
        after: '{ "command": "uvx", "args": ["--db=${userHome}/x.db"] }',
      },
      { entry: '{ "command": "uvx", "env": { "KUBECONFIG": «"~/.kube/config" } }', scope: 'user', level: 'advice' },
    ],
    not: [
      { client: 'amazon-q', entry: '{ "command": "~/bin/a" }' },
      { entry: '{ "command": "sh", "args": ["-c", "~/bin/a"] }' },
      { entry: '{ "command": "uvx", "args": ["a~b", "x/~y"] }' },
    ],
  },
  'path-missing': {
    has: [
      { entry: '{ "command": «"/opt/x/bin/a" }', there: [], after: 'none', level: 'broken' },
      { entry: '{ "command": "node", "args": [«"/srv/x/index.js"] }', there: ['/srv/x/'], after: 'none' },
      {
        entry: '{ "command": "node", "args": [«"\\"C:/x y/a.js\\""] }',
        os: 'windows',
        there: ['C:/x y/a.js'],
        after: '{ "command": "node", "args": ["C:/x y/a.js"] }',
      },
    ],
    not: [
      { entry: '{ "command": "/opt/x/bin/a" }', there: ['/opt/x/bin/a'] },
      { entry: '{ "command": "/opt/x/bin/a" }' },
      { entry: '{ "command": "C:\\\\x\\\\a" }', os: 'windows', there: ['C:/x/a.cmd'] },
      { entry: '{ "command": "npx", "args": ["-y", "a", "/data/out"] }', there: [] },
    ],
  },
  'variable-form-wrong': {
    has: [
      {
        client: 'cursor',
        entry: '{ "url": "https://a.example/mcp", "headers": { "Authorization": «"Bearer ${A_TOKEN}" } }',
        after: '{ "url": "https://a.example/mcp", "headers": { "Authorization": "Bearer ${env:A_TOKEN}" } }',
        level: 'broken',
      },
      {
        entry: '{ "command": "uvx", "env": { "A": «"${env:A_TOKEN}" } }',
        after: '{ "command": "uvx", "env": { "A": "${A_TOKEN}" } }',
      },
      {
        client: 'opencode',
        root: ['mcp'],
        entry: '{ "type": "local", "command": ["uvx"], "environment": { "A": «"$A_TOKEN" } }',
        after: '{ "type": "local", "command": ["uvx"], "environment": { "A": "{env:A_TOKEN}" } }',
      },
    ],
    not: [
      {
        client: 'cursor',
        entry: '{ "command": "uvx", "env": { "A": "${env:A_TOKEN}", "P": "pa$sw0rd$X" } }',
        set: ['A_TOKEN'],
      },
      { entry: '{ "command": "uvx", "env": { "A": "${A_TOKEN:-x}" } }' },
      { client: 'cursor', entry: '{ "command": "sh", "args": ["-c", "echo ${A_TOKEN}"] }' },
      {
        client: 'cursor',
        entry:
          '{ "command": "npx", "args": ["-y", "mcp-remote", "https://a.example", "--header", "X:${A_TOKEN}"], "env": { "A_TOKEN": "x" } }',
      },
    ],
  },
  'variable-not-expanded': {
    has: [
      {
        client: 'claude-desktop',
        os: 'macos',
        entry: '{ "command": "uvx", "env": { "A": «"${A_TOKEN}" } }',
        after: 'none',
        level: 'broken',
      },
      {
        client: 'claude-desktop',
        os: 'macos',
        entry: '{ "command": «"${HOME}/bin/a" }',
        after: '{ "command": "/Users/ada/bin/a" }',
      },
      { client: 'codex', entry: 'command = "uvx"\nenv = { A = «"$A_TOKEN" }', after: 'none' },
    ],
    not: [
      { client: 'claude-desktop', os: 'macos', entry: '{ "command": "uvx", "env": { "A": "cost $5 ${x y}" } }' },
      {
        client: 'lm-studio',
        entry: '{ "command": "uvx", "env": { "A": "${A_TOKEN}" } }',
        but: (client) => ({ ...client, variables: null }),
      },
      { client: 'claude-desktop', os: 'macos', entry: '{ "command": "uvx", "env": { "PASSWORD": "pa${ss}word" } }' },
    ],
  },
  'variable-unset': {
    has: [
      {
        client: 'cursor',
        entry: '{ "command": "uvx", "env": { "A": «"${env:A_TOKEN}" } }',
        after: 'none',
        level: 'risky',
      },
      {
        client: 'continue',
        format: 'yaml',
        entry: 'command: uvx\nenv:\n  A: "x"\n  B: «"${A_TOKEN}"',
        but: (client) => ({ ...client, variables: { forms: ['${NAME}'], fields: null, unset: 'fails' } }),
        level: 'broken',
      },
      { client: 'codex', entry: 'command = "uvx"\nenv_vars = [«"A_TOKEN"]', after: 'none' },
      {
        client: 'vscode',
        root: ['servers'],
        file: '{ "servers": { "a": { "command": "uvx", "env": { "A": «"${input:pat}" } } }, "inputs": [{ "id": "token" }] }',
        after: 'none',
        level: 'broken',
      },
    ],
    not: [
      { client: 'cursor', entry: '{ "command": "uvx", "env": { "A": "${env:A_TOKEN}" } }', set: ['A_TOKEN'] },
      { entry: '{ "command": "uvx", "env": { "A": "${A_TOKEN:-none}" } }' },
      { entry: '{ "command": "uvx", "args": ["${CLAUDE_PROJECT_DIR}/x"] }' },
      {
        client: 'vscode',
        root: ['servers'],
        file: '{ "servers": { "a": { "command": "uvx", "env": { "A": "${input:token}" } } }, "inputs": [{ "id": "token" }] }',
      },
      {
        client: 'vscode',
        scope: 'legacy',
        root: ['mcp', 'servers'],
        file: '{ "mcp": { "inputs": [{ "id": "t" }], "servers": { "a": { "command": "uvx", "args": ["${input:t}"] } } } }',
      },
    ],
  },
  'placeholder-left': {
    has: [
      { entry: '{ "command": "uvx", "env": { "API_KEY": «"<your-api-key>" } }', after: 'none', level: 'risky' },
      { entry: '{ "command": "uvx", "env": { "API_KEY": «"YOUR_API_KEY" } }', after: 'none' },
      { entry: '{ "type": "http", "url": "https://a.example/mcp", "headers": { "Authorization": «"Bearer sk-..." } }' },
      { entry: '{ "command": "node", "args": [«"/path/to/server/index.js"] }', level: 'broken' },
      { client: 'continue', format: 'yaml', entry: 'command: uvx\nenv:\n  A_URL: «"{{A_URL}}"' },
      { entry: '{ "command": "uvx", "args": [«"http://your-internal-host:5000/"] }' },
      { entry: '{ "command": "node", "args": [«"<REPO>/dist/index.js"] }' },
      { entry: '{ "command": "uvx", "env": { "A_KEY": «"nvapi-…" } }' },
      {
        client: 'jetbrains-copilot',
        entry:
          '{ "url": "https://a.example/mcp", "requestInit": { "headers": { "Authorization": «"Bearer YOUR_PAT" } } }',
      },
    ],
    not: [
      { entry: '{ "command": "uvx", "env": { "API_KEY": "${API_KEY}" } }', set: ['API_KEY'] },
      { client: 'continue', format: 'yaml', entry: 'command: uvx\nenv:\n  A_KEY: "${{ secrets.A_KEY }}"' },
      { entry: '{ "command": "uvx", "args": ["-m", "my_mcp_server", "xxxx"] }' },
      { entry: '{ "command": "node", "args": ["/path/to/x.js"] }', there: ['/path/to/x.js'] },
      { entry: '{ "command": "uvx", "env": { "MODE": "replace" } }' },
    ],
  },
  'secret-in-plain-text': {
    has: [
      { entry: `{ "command": "uvx", "env": { "GITHUB_TOKEN": «"${TOKEN}" } }`, after: 'none', level: 'advice' },
      { entry: '{ "type": "http", "url": "https://a.example/mcp", "headers": { "X-Api-Key": «"q8w7e6r5t4z3" } }' },
      { entry: '{ "command": "uvx", "args": ["a", "--api-key", «"q8w7e6r5t4z3"] }' },
      { entry: '{ "command": "uvx", "env": { "DATABASE": «"postgres://ada:Zq8w7e6r5@db.example/x" } }' },
    ],
    not: [
      { entry: '{ "command": "uvx", "env": { "GITHUB_TOKEN": "${GITHUB_TOKEN}" } }', set: ['GITHUB_TOKEN'] },
      { entry: '{ "command": "uvx", "env": { "GITHUB_TOKEN": "your-token-here" } }' },
      { entry: '{ "command": "uvx", "env": { "TOKEN_FILE": "/run/secrets/token1234", "MAX_TOKENS": "40960000" } }' },
      { entry: '{ "command": "uvx", "env": { "API_KEY_NAME": "primary-key-2" } }' },
    ],
  },
  'timeout-unit': {
    has: [
      {
        client: 'gemini-cli',
        entry: '{ "command": "uvx", "timeout": «30 }',
        after: '{ "command": "uvx", "timeout": 30000 }',
        level: 'risky',
      },
      {
        client: 'cline',
        entry: '{ "command": "uvx", "timeout": «60000 }',
        after: '{ "command": "uvx", "timeout": 60 }',
      },
      {
        client: 'codex',
        entry: 'command = "uvx"\nstartup_timeout_sec = «30000',
        after: 'command = "uvx"\nstartup_timeout_sec = 30',
      },
    ],
    not: [
      { client: 'gemini-cli', entry: '{ "command": "uvx", "timeout": 30000 }' },
      { client: 'cline', entry: '{ "command": "uvx", "timeout": 3600 }' },
      { client: 'goose', entry: 'cmd: uvx\ntimeout: 300' },
      { client: 'gemini-cli', entry: '{ "command": "uvx", "timeout": 0 }' },
    ],
  },
  'name-invalid': {
    has: [
      {
        client: 'codex',
        file: '[mcp_servers.«"my server"]\ncommand = "uvx"\n',
        after: '[mcp_servers.my-server]\ncommand = "uvx"\n',
        level: 'risky',
      },
      {
        client: 'gemini-cli',
        file: '{ "mcpServers": { «"my_server": { "command": "uvx" } } }',
        after: '{ "mcpServers": { "my-server": { "command": "uvx" } } }',
      },
      { file: '{ "mcpServers": { «"workspace": { "command": "uvx" } } }', after: 'none' },
    ],
    not: [
      { client: 'codex', file: '[mcp_servers.my-server]\ncommand = "uvx"\n' },
      {
        client: 'cursor',
        file: '{ "mcpServers": { "my server": { "command": "uvx" } } }',
        but: (client) => ({ ...client, entry: { ...client.entry, name: null } }),
      },
      { file: '{ "mcpServers": { "work space": { "command": "uvx" } } }' },
    ],
  },
  shadowed: {
    has: [
      {
        scope: 'user',
        file: '{ "mcpServers": { «"a": { "command": "uvx" } } }',
        namesake: { scope: 'project', file: '.mcp.json', line: 3 },
        after: 'none',
        level: 'info',
      },
      {
        scope: 'project',
        file: '{ "mcpServers": { «"a": { "command": "uvx" } } }',
        namesake: { scope: 'local', file: '~/.claude.json', line: 9 },
      },
      {
        scope: 'user',
        file: '{ "mcpServers": { «"a": { "command": "uvx" } } }',
        namesake: { scope: 'project', file: '.mcp.json', line: 3 },
        but: (client) => ({ ...client, precedence: null }),
      },
    ],
    not: [
      { scope: 'project', entry: '{ "command": "uvx" }', namesake: { scope: 'user', file: '~/.claude.json', line: 3 } },
      { scope: 'user', entry: '{ "command": "uvx" }' },
      {
        scope: 'user',
        project: '/home/ada/code',
        entry: '{ "command": "uvx" }',
        namesake: { scope: 'local', file: '~/.claude.json', line: 3, project: '/home/ada/other' },
      },
    ],
  },
  'approval-pending': {
    has: [
      {
        scope: 'project',
        file: '{ "mcpServers": { «"a": { "command": "uvx" } } }',
        approved: false,
        after: 'none',
        level: 'info',
      },
      {
        scope: 'project',
        file: '{ "mcpServers": { «"b": { "type": "http", "url": "https://a.example/mcp" } } }',
        approved: false,
      },
      { client: 'cursor', scope: 'project', file: '{ "mcpServers": { «"a": { "command": "uvx" } } }', approved: false },
    ],
    not: [
      { scope: 'project', entry: '{ "command": "uvx" }', approved: true },
      { scope: 'project', entry: '{ "command": "uvx" }' },
      { scope: 'project', file: '{ "mcpServers": {} }', approved: false },
    ],
  },
  'switched-off': {
    has: [
      { client: 'cline', entry: '{ "command": "uvx", "disabled": «true }', after: 'none', level: 'info' },
      {
        client: 'opencode',
        root: ['mcp'],
        entry: '{ "type": "local", "command": ["uvx"], "enabled": «false }',
        after: 'none',
      },
      { client: 'codex', entry: 'command = "uvx"\nenabled = «false', after: 'none' },
    ],
    not: [
      { client: 'cline', entry: '{ "command": "uvx", "disabled": false }' },
      { client: 'codex', entry: 'command = "uvx"\nenabled = true' },
      { client: 'claude-desktop', os: 'macos', entry: '{ "command": "uvx", "disabled": true }' },
    ],
  },
};
