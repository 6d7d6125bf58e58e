/** Command, arguments, variables as they are written, and how the program is started. */
import type { Client } from '../../src/clients/client.js';
import type { RuleId } from '../../src/config/config.js';
import type { RuleCase, RuleCases } from '../support/rule-cases.js';

const windows =
  (how: Client['launch']['windows']) =>
  (client: Client): Client => ({
    ...client,
    launch: { ...client.launch, shell: false, windows: how },
  });
const onWindows = (entry: string, how: Client['launch']['windows'], more: Partial<RuleCase> = {}): RuleCase => ({
  client: 'cursor',
  os: 'windows',
  entry,
  but: windows(how),
  ...more,
});

export const START_CASES: Partial<Record<RuleId, RuleCases>> = {
  'command-stored-by-add': {
    has: [
      {
        scope: 'user',
        entry: '{ "type": "stdio", "command": «"https://a.example/mcp", "args": [], "env": {} }',
        level: 'broken',
      },
      { entry: '{ "command": «"--transport", "args": ["http", "https://a.example/mcp"] }', level: 'broken' },
      {
        entry: '{ "command": "npx", "args": ["-y", "a-mcp", «"-e", "A_KEY=b"] }',
        after: '{ "command": "npx", "args": ["-y", "a-mcp"], "env": { "A_KEY": "b" } }',
        level: 'risky',
      },
      {
        entry: '{ "command": "npx", "args": [«"--", "-y", "a-mcp"] }',
        after: '{ "command": "npx", "args": ["-y", "a-mcp"] }',
      },
    ],
    not: [
      { entry: '{ "command": "uvx", "args": ["a-mcp", "--transport", "stdio"] }' },
      { entry: '{ "command": "docker", "args": ["run", "-i", "-e", "A_KEY=b", "acme/a"] }' },
      { entry: '{ "command": "npx", "args": ["-y", "supergateway", "--", "uvx", "a"] }' },
      { entry: '{ "command": "node", "args": ["-e", "A=1"] }' },
    ],
  },
  'command-joined': {
    has: [
      {
        entry: '{ "command": «"npx -y a-mcp" }',
        after: '{ "command": "npx", "args": ["-y", "a-mcp"] }',
        level: 'broken',
      },
      {
        entry: '{ "command": «"uvx a-mcp", "args": ["--x"] }',
        after: '{ "command": "uvx", "args": ["a-mcp", "--x"] }',
      },
      { entry: '{ "command": "npx", "args": [«"-y a-mcp"] }', after: '{ "command": "npx", "args": ["-y", "a-mcp"] }' },
      { client: 'cursor', entry: '{ "command": «"cd /srv && node x.js" }', after: 'none', level: 'risky' },
    ],
    not: [
      { entry: '{ "command": "/opt/My Tools/server", "args": [] }' },
      {
        entry: '{ "command": "C:\\\\Program Files\\\\nodejs\\\\node.exe", "args": ["x.js"] }',
        os: 'windows',
        there: ['C:/Program Files/nodejs/node.exe'],
      },
      { entry: '{ "command": "sh", "args": ["-c", "npx -y a-mcp"] }' },
      { entry: '{ "command": "npx", "args": ["-y", "mcp-remote", "https://a.example/mcp", "--header", "X: a b"] }' },
      { client: 'opencode', root: ['mcp'], entry: '{ "type": "local", "command": ["npx", "-y", "a-mcp"] }' },
    ],
  },
  'command-is-list': {
    has: [
      { entry: '{ "command": «["uvx", "a-mcp"] }', after: '{ "command": "uvx", "args": ["a-mcp"] }', level: 'broken' },
      {
        entry: '{ "command": «["uvx", "a-mcp"], "args": ["--x"] }',
        after: '{ "command": "uvx", "args": ["a-mcp", "--x"] }',
      },
      { client: 'codex', entry: 'command = «["uvx", "a-mcp"]', after: 'command = "uvx"\nargs = ["a-mcp"]' },
    ],
    not: [
      { entry: '{ "command": "uvx", "args": ["a-mcp"] }' },
      { client: 'opencode', root: ['mcp'], entry: '{ "type": "local", "command": ["uvx"] }' },
      { entry: '{ "command": [] }' },
    ],
  },
  'command-is-text': {
    has: [
      {
        client: 'opencode',
        root: ['mcp'],
        entry: '{ "type": "local", "command": «"uvx" }',
        after: '{ "type": "local", "command": ["uvx"] }',
        level: 'broken',
      },
      {
        client: 'opencode',
        root: ['mcp'],
        entry: '{ "type": "local", "command": «"npx -y a" }',
        after: '{ "type": "local", "command": ["npx", "-y", "a"] }',
      },
      {
        client: 'opencode',
        root: ['mcp'],
        entry: '{ "type": "local", "command": «"uvx", "args": ["a"] }',
        after: '{ "type": "local", "command": ["uvx", "a"] }',
      },
    ],
    not: [
      { client: 'opencode', root: ['mcp'], entry: '{ "type": "local", "command": ["uvx", "a"] }' },
      { entry: '{ "command": "uvx" }' },
      { client: 'opencode', root: ['mcp'], entry: '{ "type": "remote", "url": "https://a.example/mcp" }' },
    ],
  },
  'args-not-list': {
    has: [
      {
        entry: '{ "command": "npx", "args": «"-y a-mcp" }',
        after: '{ "command": "npx", "args": ["-y", "a-mcp"] }',
        level: 'broken',
      },
      { client: 'goose', entry: 'cmd: uvx\nargs: «a-mcp', after: 'cmd: uvx\nargs:\n  - a-mcp' },
      { entry: '{ "command": "npx", "args": «{ "0": "-y" } }', after: 'none' },
    ],
    not: [
      { entry: '{ "command": "npx", "args": ["-y", "a-mcp"] }' },
      { entry: '{ "command": "npx", "args": null }' },
      { entry: '{ "command": "npx" }' },
    ],
  },
  'args-not-text': {
    has: [
      {
        entry: '{ "command": "uvx", "args": ["a", "--port", «3000] }',
        after: '{ "command": "uvx", "args": ["a", "--port", "3000"] }',
        level: 'broken',
      },
      { entry: '{ "command": "uvx", "args": [«true] }', after: '{ "command": "uvx", "args": ["true"] }' },
      { entry: '{ "command": "uvx", "args": ["a", «null] }', after: 'none' },
    ],
    not: [
      { entry: '{ "command": "uvx", "args": ["3000"] }' },
      { entry: '{ "command": "uvx", "args": [] }' },
      { client: 'goose', entry: 'cmd: uvx\nargs:\n  - "3000"' },
    ],
  },
  'env-key-wrong': {
    has: [
      {
        entry: '{ "command": "uvx", «"environment": { "A": "b" } }',
        after: '{ "command": "uvx", "env": { "A": "b" } }',
        level: 'broken',
      },
      { client: 'goose', entry: 'cmd: uvx\n«env:\n  A: b', after: 'cmd: uvx\nenvs:\n  A: b' },
      {
        client: 'opencode',
        root: ['mcp'],
        entry: '{ "type": "local", "command": ["uvx"], «"env": { "A": "b" } }',
        after: '{ "type": "local", "command": ["uvx"], "environment": { "A": "b" } }',
      },
      { entry: '{ "command": "uvx", «"evn": { "A": "b" }, "env": {} }', after: 'none' },
    ],
    not: [
      { entry: '{ "command": "uvx", "env": { "A": "b" } }' },
      { client: 'codex', entry: 'command = "uvx"\nenv_vars = ["A"]' },
      { client: 'vscode', root: ['servers'], entry: '{ "command": "uvx", "envFile": "${workspaceFolder}/.env" }' },
    ],
  },
  'env-not-object': {
    has: [
      {
        entry: '{ "command": "uvx", «"env": ["A=b", "C=d"] }',
        after: '{ "command": "uvx", "env": { "A": "b", "C": "d" } }',
        level: 'broken',
      },
      { entry: '{ "command": "uvx", "env": «"A=b" }', after: 'none' },
      { client: 'codex', entry: 'command = "uvx"\n«env = ["A=b"]', after: 'command = "uvx"\nenv = { A = "b" }' },
    ],
    not: [
      { entry: '{ "command": "uvx", "env": {} }' },
      { entry: '{ "command": "uvx", "env": null }' },
      { entry: '{ "command": "uvx" }' },
    ],
  },
  'env-value-not-text': {
    has: [
      {
        entry: '{ "command": "uvx", "env": { "PORT": «3000 } }',
        after: '{ "command": "uvx", "env": { "PORT": "3000" } }',
        level: 'broken',
      },
      {
        entry: '{ "command": "uvx", "env": { "DEBUG": «true } }',
        after: '{ "command": "uvx", "env": { "DEBUG": "true" } }',
      },
      { entry: '{ "command": "uvx", "env": { "LIST": «["a"] } }', after: 'none' },
    ],
    not: [
      { entry: '{ "command": "uvx", "env": { "PORT": "3000" } }' },
      { client: 'vscode', root: ['servers'], entry: '{ "command": "uvx", "env": { "PORT": 3000, "X": null } }' },
      { client: 'goose', entry: 'cmd: uvx\nenvs:\n  PORT: "3000"' },
    ],
  },
  'windows-script-bare': {
    has: [
      onWindows(
        '{ "command": «"npx", "args": ["-y", "a"] }',
        { how: 'none' },
        { after: '{ "command": "cmd", "args": ["/c", "npx", "-y", "a"] }', level: 'broken' },
      ),
      onWindows(
        '{ "command": «"pnpm", "args": ["dlx", "a"] }',
        { how: 'wraps', programs: ['npx'] },
        { after: '{ "command": "cmd", "args": ["/c", "pnpm", "dlx", "a"] }' },
      ),
      onWindows('{ "command": «"npx", "args": ["-y", "a"] }', null, { level: 'advice' }),
    ],
    not: [
      onWindows('{ "command": "npx", "args": ["-y", "a"] }', { how: 'finds' }),
      onWindows('{ "command": "cmd", "args": ["/c", "npx", "-y", "a"] }', { how: 'none' }),
      onWindows('{ "command": "npx", "args": ["-y", "a"] }', { how: 'wraps', programs: ['*'] }),
      onWindows('{ "command": "npx", "args": ["-y", "a"] }', { how: 'none' }, { os: 'macos' }),
      onWindows('{ "command": "uvx", "args": ["a"] }', { how: 'none' }),
    ],
  },
  'npx-yes-missing': {
    has: [
      {
        entry: '{ "command": «"npx", "args": ["a-mcp"] }',
        after: '{ "command": "npx", "args": ["-y", "a-mcp"] }',
        level: 'advice',
      },
      {
        entry: '{ "command": "cmd", "args": ["/c", «"npx", "a-mcp"] }',
        after: '{ "command": "cmd", "args": ["/c", "npx", "-y", "a-mcp"] }',
      },
      {
        entry: '{ "command": «"npm", "args": ["exec", "a-mcp"] }',
        after: '{ "command": "npm", "args": ["exec", "--yes", "a-mcp"] }',
      },
      {
        entry: '{ "command": «"npx", "args": ["a-mcp", "-y"] }',
        after: '{ "command": "npx", "args": ["-y", "a-mcp", "-y"] }',
      },
    ],
    not: [
      { entry: '{ "command": "npx", "args": ["-y", "a-mcp"] }' },
      { entry: '{ "command": "npx", "args": ["--package", "a", "--yes", "a-mcp"] }' },
      { entry: '{ "command": "bunx", "args": ["a-mcp"] }' },
      { entry: '{ "command": "npx", "args": ["./a-mcp"] }' },
      { entry: '{ "command": "npx", "args": ["a-mcp"], "env": { "NPM_CONFIG_YES": "true" } }' },
    ],
  },
  'docker-detached': {
    has: [
      {
        entry: '{ "command": "docker", "args": ["run", «"-d", "acme/a"] }',
        after: '{ "command": "docker", "args": ["run", "acme/a"] }',
        level: 'broken',
      },
      {
        entry: '{ "command": "docker", "args": ["run", «"-di", "acme/a"] }',
        after: '{ "command": "docker", "args": ["run", "-i", "acme/a"] }',
      },
      { entry: '{ "command": "docker", "args": ["compose", «"up", "a"] }', after: 'none' },
    ],
    not: [
      { entry: '{ "command": "docker", "args": ["run", "-i", "acme/a", "-d"] }' },
      { entry: '{ "command": "docker", "args": ["mcp", "gateway", "run"] }' },
      { entry: '{ "command": "uvx", "args": ["a", "-d"] }' },
    ],
  },
  'docker-interactive-missing': {
    has: [
      {
        entry: '{ "command": "docker", "args": [«"run", "--rm", "acme/a"] }',
        after: '{ "command": "docker", "args": ["run", "-i", "--rm", "acme/a"] }',
        level: 'broken',
      },
      {
        entry: '{ "command": "docker", "args": ["run", "--rm", "acme/a", «"-i"] }',
        after: '{ "command": "docker", "args": ["run", "-i", "--rm", "acme/a"] }',
      },
      {
        entry: '{ "command": "podman", "args": [«"exec", "a", "node", "x.js"] }',
        after: '{ "command": "podman", "args": ["exec", "-i", "a", "node", "x.js"] }',
      },
    ],
    not: [
      { entry: '{ "command": "docker", "args": ["run", "--rm", "-i", "acme/a"] }' },
      { entry: '{ "command": "docker", "args": ["run", "--interactive", "acme/a"] }' },
      { entry: '{ "command": "docker", "args": ["run", "-ie", "A=b", "acme/a"] }' },
      { entry: '{ "command": "docker", "args": ["compose", "run", "--rm", "a"] }' },
      { entry: '{ "command": "docker", "args": ["mcp", "gateway", "run"] }' },
    ],
  },
  'docker-tty': {
    has: [
      {
        entry: '{ "command": "docker", "args": ["run", «"-it", "acme/a"] }',
        after: '{ "command": "docker", "args": ["run", "-i", "acme/a"] }',
        level: 'broken',
      },
      {
        entry: '{ "command": "docker", "args": ["run", "-i", «"--tty", "acme/a"] }',
        after: '{ "command": "docker", "args": ["run", "-i", "acme/a"] }',
      },
      {
        entry: '{ "command": "nerdctl", "args": ["run", «"-ti", "acme/a"] }',
        after: '{ "command": "nerdctl", "args": ["run", "-i", "acme/a"] }',
      },
    ],
    not: [
      { entry: '{ "command": "docker", "args": ["run", "-i", "acme/a", "-t"] }' },
      { entry: '{ "command": "docker", "args": ["run", "-i", "-v", "-t:/x", "acme/a"] }' },
      { entry: '{ "command": "docker", "args": ["run", "-i", "--tty=false", "acme/a"] }' },
    ],
  },
  'docker-env-not-passed': {
    has: [
      {
        entry: '{ "command": "docker", "args": ["run", "-i", "acme/a"], "env": { «"A_URL": "b" } }',
        after: '{ "command": "docker", "args": ["run", "-e", "A_URL", "-i", "acme/a"], "env": { "A_URL": "b" } }',
        level: 'risky',
      },
      {
        entry:
          '{ "command": "docker", "args": ["run", "-i", "-e", "B", "acme/a"], "env": { "B": "x", «"A_URL": "b" } }',
      },
      { entry: '{ "command": "podman", "args": ["run", "-i", "acme/a", "-e", "A_URL"], "env": { «"A_URL": "b" } }' },
    ],
    not: [
      { entry: '{ "command": "docker", "args": ["run", "-i", "-e", "A_URL", "acme/a"], "env": { "A_URL": "b" } }' },
      { entry: '{ "command": "docker", "args": ["run", "-i", "--env=A_URL", "acme/a"], "env": { "A_URL": "b" } }' },
      { entry: '{ "command": "docker", "args": ["run", "-ieA_URL", "acme/a"], "env": { "A_URL": "b" } }' },
      {
        entry:
          '{ "command": "docker", "args": ["run", "-i", "--env-file", "/x/.env", "acme/a"], "env": { "A_URL": "b" } }',
      },
      { entry: '{ "command": "docker", "args": ["run", "-i", "acme/a"], "env": { "DOCKER_HOST": "tcp://x:1" } }' },
      { entry: '{ "command": "uvx", "args": ["a"], "env": { "A_URL": "b" } }' },
    ],
  },
};
