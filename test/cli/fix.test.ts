/** `mcp-verdict fix` as a person runs it: real files of real clients, real servers, shown, applied, taken back. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CliResult, cli } from '../support/cli.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const SECRET = 'wk-7f3a91c05be24d68';

/** A server that needs WEATHER_KEY, and leaves a mark whenever it is started. With OVERWRITE it writes over that file. */
const SERVER = `
import { appendFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
appendFileSync(new URL('started', import.meta.url), 'x');
if (process.env.OVERWRITE) writeFileSync(process.env.OVERWRITE, '{"mcpServers":{}}');
if (!process.env.WEATHER_KEY) {
  console.error('Error: WEATHER_KEY environment variable is required');
  process.exit(1);
}
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = {
    ping: {},
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'weather', version: '1' } },
    'tools/list': { tools: [{ name: 'forecast', description: 'The weather of tomorrow', inputSchema: { type: 'object' } }] },
  }[method];
  console.log(JSON.stringify(result ? { jsonrpc: '2.0', id, result } : { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }));
}
`;

const home = () => join(folder.path, 'home');
const text = (path: string) => readFileSync(join(folder.path, path), 'utf8');
const server = () => folder.put('server.mjs', SERVER, 0o644);
const starts = () => (existsSync(join(folder.path, 'started')) ? text('started').length : 0);

async function run(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  const result = await cli(['fix', ...args], {
    cwd: folder.path,
    env: {
      ...{ HOME: home(), MCP_VERDICT_CONFIG_DIR: join(folder.path, 'settings'), SHELL: '/bin/sh', XDG_CONFIG_HOME: '' },
      ...{ APPIMAGE: '', CODEX_HOME: '', CLAUDE_CONFIG_DIR: '' },
      ...env,
    },
  });
  for (const stream of [result.stdout, result.stderr]) {
    expect(stream).not.toContain(SECRET);
    expect(stream).not.toContain('    at ');
  }
  // Everything but what is to be pasted, and names of files.
  for (const line of result.stdout.split('\n'))
    if (!args.includes('json') && !/^ {4}(?:mcp-verdict|cp) |^ {2}~?\/|^\S/.test(line))
      expect(line.length, line).toBeLessThanOrEqual(80);
  return result;
}

/** Put a configuration into the home folder. */
const put = (path: string, content: string | Buffer, mode = 0o600) => folder.put(join('home', path), content, mode);

const FIVE: {
  target: string;
  path: string;
  content: (server: string) => string | Buffer;
  rules: string[];
  diff: RegExp[];
}[] = [
  {
    target: 'cursor:weather',
    path: '.cursor/mcp.json',
    content: (path) =>
      `{\r\n  // mine\r\n  "mcpServers": {\r\n    "weather": {\r\n      "command": "node",\r\n      "args": ["${path}"],\r\n      "env": { "WEATHER_KEY": "${SECRET}", },\r\n    },\r\n  },\r\n}\r\n`,
    rules: ['syntax-comment', 'syntax-trailing-comma'],
    diff: [/^ {3}2 - {3}\/\/ mine$/m, /^ {3}7 \+ .*"WEATHER_KEY": "\*+" },$|^ {3}6 \+ .*"WEATHER_KEY": "\*+" }$/m],
  },
  {
    target: 'windsurf:weather',
    path: '.codeium/windsurf/mcp_config.json',
    content: (path) =>
      `{\n\t"servers": {\n\t\t"weather": { "command": "node", "args": ["${path}"], "env": { "WEATHER_KEY": "${SECRET}" } }\n\t}\n}\n`,
    rules: ['root-wrong-key'],
    diff: [/2 - .*"servers": \{$/m, /2 \+ .*"mcpServers": \{$/m],
  },
  {
    target: 'codex:weather',
    path: '.codex/config.toml',
    content: (path) =>
      `model = "x" # mine\n\n[mcp_servers.weather]\ncommand = "node ${path}"\n\n[mcp_servers.weather.env]\nWEATHER_KEY = "${SECRET}"\n`,
    rules: ['command-joined'],
    diff: [/4 - command = "node .*"$/m, /4 \+ command = "node"$/m, /5 \+ args = \[/m],
  },
  {
    target: 'goose:weather',
    path: '.config/goose/config.yaml',
    content: (path) =>
      `GOOSE_MODEL: x\nextensions:\n  weather:   # mine\n    type: stdio\n    name: weather\n    enabled: true\n    cmd: node ${path}\n    envs:\n      WEATHER_KEY: ${SECRET}\n`,
    rules: ['command-joined'],
    diff: [/7 - {5}cmd: node /m, /7 \+ {5}cmd: node$/m],
  },
  {
    target: 'claude-code:weather',
    path: '.claude.json',
    content: (path) =>
      Buffer.from(
        `\uFEFF{"projects":{},"mcpServers":{"weather":{"command":"node","args":["${path}"],"env":{"WEATHER_KEY":"${SECRET}"}}}}`,
        'utf16le',
      ),
    rules: ['syntax-encoding'],
    diff: [/The whole file is written in UTF-8 in place of UTF-16 LE\./],
  },
];

describe('five files', () => {
  it.each(FIVE)('$target: shown, applied, taken back', async ({ target, path, content, rules, diff }) => {
    const before = Buffer.from(content(server()));
    const file = put(path, before, 0o640);
    const shown = await run([target]);
    expect(shown.code, shown.stdout + shown.stderr).toBe(1);
    for (const rule of rules) expect(shown.stdout).toContain(rule);
    for (const line of diff) expect(shown.stdout).toMatch(line);
    expect(shown.stdout).toContain(`mcp-verdict fix ${target} --apply`);
    expect(readFileSync(file).equals(before)).toBe(true);

    const applied = await run([target, '--apply']);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(applied.stdout).toMatch(/^✓ \d fix(?:es)? applied/);
    expect(applied.stdout).toMatch(/after +✓ healthy/);
    for (const line of diff) expect(applied.stdout).toMatch(line);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect((await run([target])).stdout).toMatch(/^✓ nothing to fix/);

    const undone = await run(['--undo', target]);
    expect(undone.code, undone.stdout + undone.stderr).toBe(0);
    expect(undone.stdout).toMatch(/^✓ put back/);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });
});

describe('what the server says', () => {
  const keyless = (path: string) => `{ "mcpServers": { "weather": { "command": "node", "args": ["${path}"] } } }\n`;

  it('a value that is missing is asked for, and never guessed', async () => {
    const file = put('.cursor/mcp.json', keyless(server()));
    const { code, stdout } = await run(['cursor:weather'], { WEATHER_KEY: '' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^! a value is missing/);
    expect(stdout).toContain('process-env-missing');
    expect(stdout).toMatch(/mcp-verdict fix cursor:weather --set WEATHER_KEY/);
    expect(readFileSync(file, 'utf8')).toBe(keyless(join(folder.path, 'server.mjs')));
    const set = await run(['cursor:weather', '--set', 'WEATHER_KEY', '--apply'], { WEATHER_KEY: SECRET });
    expect(set.code, set.stdout + set.stderr).toBe(0);
    expect(set.stdout).toMatch(/before +✗ broken[\s\S]*after +✓ healthy/);
    expect(JSON.parse(readFileSync(file, 'utf8')).mcpServers.weather.env).toEqual({ WEATHER_KEY: SECRET });
  });

  it('a command off the PATH gets its absolute path, and what it needs the PATH', async () => {
    server();
    folder.put('opt/run-weather', `#!/usr/bin/env weather-node\nimport('${join(folder.path, 'server.mjs')}');\n`);
    symlinkSync(process.execPath, join(folder.path, 'opt/weather-node'));
    put('.profile', `PATH=${join(folder.path, 'opt')}:$PATH\n`);
    const config = `[mcp_servers.weather]\ncommand = "run-weather"\nenv = { WEATHER_KEY = "${SECRET}" }\n`;
    put('.codex/config.toml', config);
    const shown = await run(['codex:weather']);
    expect(shown.stdout).toMatch(/before +✗ broken[\s\S]*launch-command-not-on-path[\s\S]*fixed +✓ healthy/);
    expect(shown.stdout.replace(/\s+\+ /g, '')).toContain(`command = "${join(folder.path, 'opt/run-weather')}"`);
    expect(text('home/.codex/config.toml')).toBe(config);
    const applied = await run(['codex:weather', '--apply']);
    expect(applied.code, applied.stdout).toBe(0);
    expect(text('home/.codex/config.toml')).toMatch(new RegExp(`PATH = "${join(folder.path, 'opt')}:`));
  });

  it('one that does harm is not started, though it was named', async () => {
    const victim = folder.put('precious', 'x', 0o644);
    put('.cursor/mcp.json', JSON.stringify({ mcpServers: { clean: { command: 'rm', args: ['-f', victim] } } }));
    const { stdout } = await run(['cursor:clean', '--set', 'MODE=x1y2z3', '--apply']);
    expect(stdout).toMatch(/Not started: it deletes/);
    expect(existsSync(victim)).toBe(true);
  });

  it('what the file does not start today is not started before it was shown', async () => {
    put('.cursor/mcp.json', `{ "mcpServers": { "weather": { "command": "node ${server()}" } } }\n`);
    const { code, stdout } = await run(['cursor:weather']);
    expect([code, starts()]).toEqual([1, 0]);
    expect(stdout).toMatch(/Not started yet: the fix changes what Cursor starts/);
    put('.cursor/mcp.json', keyless(join(folder.path, 'server.mjs')));
    expect((await run(['cursor:weather', '--static'])).code).toBe(0);
    expect(starts()).toBe(0);
    await run(['cursor:weather']);
    expect(starts()).toBeGreaterThan(0);
  });
});

describe('what is refused, and loses nothing', () => {
  const broken = () => `{ "mcpServers": { "weather": { "command": "node", "args": ["${server()}"], } } }\n`;

  it('a file that changes between the reading and the writing', async () => {
    const path = join(home(), '.cursor/mcp.json');
    const env = { WEATHER_KEY: SECRET, OVERWRITE: path };
    put(
      '.cursor/mcp.json',
      JSON.stringify({
        mcpServers: {
          weather: { command: 'node', args: [server()], env },
          other: { serverUrl: 'https://a.example/mcp' },
        },
      }),
    );
    const { code, stdout, stderr } = await run(['cursor:weather', '--set', 'MODE=x1y2z3', '--apply']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/mcp\.json was changed by somebody else meanwhile, so nothing was written/);
    expect(readFileSync(path, 'utf8')).toBe('{"mcpServers":{}}');
  });

  it('an undo over what somebody wrote since, with what would be lost', async () => {
    const file = put('.cursor/mcp.json', broken());
    expect((await run(['cursor:weather', '--static', '--apply'])).code).toBe(0);
    const theirs = readFileSync(file, 'utf8').replace(
      '{ "mcp',
      `{ "mine": { "env": { "MY_TOKEN": "${SECRET}" } },\n  "mcp`,
    );
    put('.cursor/mcp.json', theirs);
    const { code, stdout } = await run(['--undo']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ not put back/);
    expect(stdout).toMatch(/- \{ "mine": .*"MY_TOKEN": "\*+"/);
    expect(readFileSync(file, 'utf8')).toBe(theirs);
    const copy = /^ {4}cp (\S+) (\S+)$/m.exec(stdout);
    expect(readFileSync(copy?.[1] ?? '', 'utf8')).toBe(broken());
    expect(copy?.[2]).toBe(file);
  });

  it('a read-only file, and one whose bytes are no text', async () => {
    const file = put('.cursor/mcp.json', broken(), 0o400);
    const readOnly = await run([file, '--apply']);
    expect([readOnly.code, readFileSync(file, 'utf8')]).toEqual([2, broken()]);
    expect(readOnly.stderr).toMatch(/is read-only, so it is left as it is/);
    const latin = Buffer.from('{ "mcpServers": { "w\u00e4": { "command": "node", } } }', 'latin1');
    const other = put('.codeium/windsurf/mcp_config.json', latin);
    const refused = await run([other, '--apply']);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/Some bytes of the file are no text in UTF-8/);
    expect(readFileSync(other).equals(latin)).toBe(true);
  });

  it.each([
    [['nope:weather'], /"nope" is no client/],
    [['cursor:nope'], /has no server "nope"/],
    [[], /Nothing to fix is named\. Write what is to be fixed/],
    [['no-such-file.json'], /is neither a client nor a file/],
    [['cursor:weather', '--set', SECRET], /A --set has no name of a variable/],
    [['cursor:weather', '--set', 'abc123secret'], /A variable that --set names is not set in your shell/],
    [['cursor:weather', '--set', `a b=${SECRET}`], /A --set has no name of a variable/],
    [['cursor:weather', '--only', 'nonsense'], /--only is "nonsense", which is no rule/],
    [['cursor', '--all'], /--all is for every client/],
    [['cursor', '--set', 'A=b'], /--set belongs to one server/],
    [['--undo'], /has written no configuration/],
  ])('%j', async (args, why) => {
    const config = `{ "mcpServers": { "weather": { "serverUrl": "https://a.example/mcp" } } }`;
    put('.cursor/mcp.json', config);
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(why);
    expect(text('home/.cursor/mcp.json')).toBe(config);
  });
});

describe('which files', () => {
  it('a link stays a link, and a client by its name is all of its files', async () => {
    const dotfile = folder.put(
      'dotfiles/cursor.json',
      '{ "mcpServers": { "a": { "serverUrl": "https://a.example/mcp" } } }',
      0o644,
    );
    mkdirSync(join(home(), '.cursor'), { recursive: true });
    symlinkSync(dotfile, join(home(), '.cursor/mcp.json'));
    folder.put('.cursor/mcp.json', '{ "mcpServers": { "b": { "serverUrl": "https://b.example/mcp" } } }', 0o644);
    const { code, stdout } = await run(['cursor', '--apply']);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^✓ 2 fixes applied/);
    expect(lstatSync(join(home(), '.cursor/mcp.json')).isSymbolicLink()).toBe(true);
    expect(text('dotfiles/cursor.json')).toBe('{ "mcpServers": { "a": { "url": "https://a.example/mcp" } } }');
    expect(text('.cursor/mcp.json')).toContain('"url": "https://b.example/mcp"');
    expect(readdirSync(join(folder.path, 'dotfiles'))).toEqual(['cursor.json']);
    const list = await run(['--list']);
    expect(list.stdout.match(/UTC/g)).toHaveLength(2);
    expect((await run(['--undo', 'cursor'])).code).toBe(0);
    expect((await run(['--undo', 'cursor'])).code).toBe(0);
    expect(text('dotfiles/cursor.json')).toContain('serverUrl');
    expect(text('.cursor/mcp.json')).toContain('serverUrl');
  });

  it('of several files, one that cannot be written does not hide the others', async () => {
    const config = '{ "mcpServers": { "a": { "serverUrl": "https://a.example/mcp" } } }';
    put('.cursor/mcp.json', config, 0o400);
    folder.put('.cursor/mcp.json', config, 0o644);
    const { code, stdout } = await run(['cursor', '--apply']);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^✓ 1 fix applied[\s\S]*is read-only/)]);
    expect(text('home/.cursor/mcp.json')).toBe(config);
    expect(text('.cursor/mcp.json')).toContain('"url"');
  });

  it('the file of a project elsewhere, and one that no client reads', async () => {
    const file = folder.put('work/app/.cursor/mcp.json', '{ "mcpServers": { "b": { "command": "node", }, } }', 0o644);
    const { code, stdout } = await run([file, '--static', '--apply']);
    expect(code, stdout).toBe(0);
    expect(text('work/app/.cursor/mcp.json')).toBe('{ "mcpServers": { "b": { "command": "node" } } }');
    const other = folder.put('work/notes.txt', 'x', 0o644);
    expect((await run([other])).stderr).toMatch(/is no file from which a client that mcp-verdict knows reads/);
  });

  it('a copy of a file that lies where no client reads it', async () => {
    const file = folder.put(
      'copy/claude_desktop_config.json',
      '{ "mcpServers": { "b": { "command": "node", }, } }',
      0o644,
    );
    const shown = await run([file]);
    expect([shown.code, shown.stdout]).toEqual([1, expect.stringContaining('syntax-trailing-comma')]);
    expect((await run([file, '--apply'])).code).toBe(0);
    expect(text('copy/claude_desktop_config.json')).toBe('{ "mcpServers": { "b": { "command": "node" } } }');
    expect((await run(['--undo', file])).code).toBe(0);
    expect(text('copy/claude_desktop_config.json')).toContain(', }, }');
    const other = folder.put('copy/mcp.json', '{ "mcpServers": { "b": { "command": "node", }, } }', 0o644);
    expect((await run([other])).stderr).toMatch(/may be meant for .*Cursor.*Say for which: --client/);
    expect((await run([other, '--client', 'cursor'])).stdout).toContain('--client cursor --apply');
  });

  it('only one rule, when that is asked for', async () => {
    const file = put(
      '.cursor/mcp.json',
      '{ "mcpServers": { "b": { "serverUrl": "https://b.example/mcp" }, "c": { "command": "npx", "args": ["x-server"] } } }',
    );
    const { code } = await run([file, '--only', 'npx-yes-missing', '--apply']);
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(
      '{ "mcpServers": { "b": { "serverUrl": "https://b.example/mcp" }, "c": { "command": "npx", "args": ["-y", "x-server"] } } }',
    );
  });
});

it('as JSON, with everything hostile as what it is', async () => {
  put(
    '.cursor/mcp.json',
    `{ "mcpServers": { "a\\u001b[2J\u202Eb": { "serverUrl": "https://a.example/mcp", "headers": { "X-Key": "${SECRET}" } } } }`,
  );
  const { code, stdout } = await run(['cursor', '--format', 'json']);
  expect(code).toBe(1);
  for (const hidden of ['\u001b', '\u202E']) expect(stdout).not.toContain(hidden);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    ...{ format: 'mcp-verdict.fix/1', outcome: 'shown', target: 'cursor', needs: [] },
    next: [{ run: 'mcp-verdict fix cursor --apply' }],
    files: [{ client: 'cursor', scope: 'user', file: '~/.cursor/mcp.json', left: [] }],
  });
  expect(report.files[0].changes).toMatchObject([{ id: 'url-key-wrong', level: 'broken', line: 1 }]);
  expect(report.files[0].diff).toMatch(/^@@ -1,1 \+1,1 @@\n-.*serverUrl.*\n\+.*"url"/);
  expect((await run(['cursor'])).stdout).not.toMatch(/\u202E/);
});
