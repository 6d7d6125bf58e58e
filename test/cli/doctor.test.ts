/** `mcp-verdict doctor` as a user runs it: a home folder of real files, real servers, real questions. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bearersOf } from '../../src/probe/proc.js';
import type { DoctorReport } from '../../src/verdict/doctor.js';
import { BIN, cli } from '../support/cli.js';
import { brokenServer, layHome, PLACES, SOUND, sixClients } from '../support/doctor-home.js';
import { fileOf, type PlainEntry } from '../support/entry-forms.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const NODE = process.execPath;
const sound: PlainEntry = { command: NODE, args: [SOUND.plain] };
const home = () => join(folder.path, 'home');
const settings = () => join(folder.path, 'settings');

/** What a run of doctor gets: its own home, settings and working directory, and nothing of ours beside the PATH. */
const surroundings = (env: Record<string, string> = {}) => {
  const cwd = join(folder.path, 'work');
  mkdirSync(cwd, { recursive: true });
  mkdirSync(home(), { recursive: true });
  return {
    cwd,
    env: { HOME: home(), MCP_VERDICT_CONFIG_DIR: settings(), XDG_CONFIG_HOME: '', CODEX_HOME: '', ...env },
  };
};
const doctor = (args: string[] = [], env: Record<string, string> = {}) => cli(['doctor', ...args], surroundings(env));
const judged = async (args: string[] = [], env: Record<string, string> = {}) => {
  const result = await doctor(['--format', 'json', ...args], env);
  return { ...result, report: JSON.parse(result.stdout) as DoctorReport };
};
const status = ({ servers }: DoctorReport) =>
  Object.fromEntries(servers.map(({ client, server, status }) => [`${client}:${server}`, status]));
const cursor = (servers: Record<string, PlainEntry>) => layHome(home(), { cursor: fileOf('cursor', servers) });
const consentFile = () => join(settings(), 'consents.json');

describe('a home folder with six clients and 14 servers', () => {
  it('is one table at 80 columns: cause and cure of each', async () => {
    layHome(home(), sixClients());
    const { stdout, stderr, code } = await doctor(['--yes']);
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(stdout).toContain('Claude Desktop · user · ~/.config/Claude/claude_desktop_config.json');
    expect(stdout).toMatch(/✓ memory +healthy +9 tools, \d+\.\d s/);
    expect(stdout).toMatch(/✗ weather +broken +The environment variable WEATHER_API_KEY is not set/);
    expect(stdout).toContain('"env": { "WEATHER_API_KEY": "<your value>" }');
    expect(stdout).toMatch(/✗ files +broken +The program and its arguments stand in one string/);
    expect(stdout).toContain('→ mcp-verdict fix cursor:files');
    expect(stdout).toMatch(/! tracker +degraded +The server wrote "Weather MCP server/);
    expect(stdout).toContain('14 servers of 6 clients: 6 healthy, 1 degraded, 7 broken.');
    expect(stderr).toMatch(/mcp-verdict: \d+\/\d+ claude-desktop:memory healthy\n/);
  });

  it('is judged without a start by --static, and nothing is asked for', async () => {
    layHome(home(), sixClients());
    const { report, code } = await judged(['--static']);
    expect(code).toBe(1);
    expect(report.readOnly).toBe(true);
    expect(report.servers.every(({ tried }) => !tried)).toBe(true);
    expect(status(report)).toMatchObject({
      'claude-desktop:memory': 'inconclusive',
      'claude-desktop:github': 'broken',
      'claude-code:notes': 'broken',
      'codex:calendar': 'inconclusive',
    });
    const files = report.servers.find(({ server }) => server === 'files');
    expect(files).toMatchObject({ file: '~/.cursor/mcp.json', line: 9, root: { id: 'config-command-joined' } });
    expect(files?.faults).toContainEqual(expect.objectContaining({ rule: 'command-joined', line: 10, fixable: true }));
    expect(existsSync(consentFile())).toBe(false);
  });

  it('in order gives 0 with --static', async () => {
    cursor({ fine: sound });
    expect((await doctor(['--static'])).code).toBe(0);
  });
});

it('twelve clients in their own forms: each server is started and healthy', async () => {
  const clients = Object.keys(PLACES) as (keyof typeof PLACES)[];
  layHome(home(), Object.fromEntries(clients.map((id) => [id, fileOf(id, { plain: sound })])));
  const { report, code } = await judged(['--yes']);
  expect(status(report)).toEqual(Object.fromEntries(clients.map((id) => [`${id}:plain`, 'healthy'])));
  expect(code).toBe(0);
  expect(report.summary).toMatchObject({ servers: 12, clients: 12, healthy: 12, unasked: 0 });
});

describe('one launch of several entries', () => {
  it('is started once, and judged for each', async () => {
    const counter = folder.put(
      'count.mjs',
      `import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(join(folder.path, 'starts'))}, 'x');
await import(${JSON.stringify(SOUND.plain)});`,
    );
    const entry = { command: NODE, args: [counter] };
    cursor({ one: entry, two: entry, other: { ...entry, env: { MODE: 'other' } } });
    const { report } = await judged(['--yes']);
    expect(readFileSync(join(folder.path, 'starts'), 'utf8')).toBe('xx');
    expect(report.servers.map(({ server, status, sameAs }) => [server, status, sameAs])).toEqual([
      ['one', 'healthy', undefined],
      ['two', 'healthy', 1],
      ['other', 'healthy', undefined],
    ]);
  });
});

describe('consent', () => {
  const starts = () =>
    existsSync(join(folder.path, 'starts')) ? readFileSync(join(folder.path, 'starts'), 'utf8') : '';
  const telling = (name: string, before = ''): PlainEntry => {
    const path = folder.put(
      `${name}.mjs`,
      `import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(join(folder.path, 'starts'))}, '${name} ');
await import(${JSON.stringify(SOUND.plain)});`,
    );
    return before ? { command: 'sh', args: ['-c', `${before} exec ${NODE} ${path}`] } : { command: NODE, args: [path] };
  };

  it('nothing new is started without a terminal, and the row says so', async () => {
    cursor({ fresh: telling('fresh') });
    const { report, code } = await judged();
    expect(starts()).toBe('');
    expect(code).toBe(3);
    expect(report.servers[0]).toMatchObject({
      status: 'inconclusive',
      cause: 'not started: needs consent',
      tried: false,
    });
    expect(report.summary.unasked).toBe(1);
  });

  it('--yes starts what is new, and never what deletes', async () => {
    const victim = folder.put('precious.txt', 'x');
    cursor({ fresh: telling('fresh'), cleaner: telling('cleaner', `rm -rf ${victim};`) });
    const { report, code } = await judged(['--yes']);
    expect(starts()).toBe('fresh ');
    expect(existsSync(victim)).toBe(true);
    expect(code).toBe(3);
    expect(report.servers.map(({ cause }) => cause)[1]).toBe('not started: dangerous, and needs a yes of its own');
    // A flag is no answer that is remembered.
    expect(existsSync(consentFile())).toBe(false);
  });

  /** In a terminal of its own, with these lines typed. */
  const inTerminal = (lines: string[], args: string[] = []) =>
    new Promise<string>((resolve) => {
      const { cwd, env } = surroundings();
      const words = [NODE, BIN, 'doctor', '--no-color', ...args].map((word) => `'${word}'`).join(' ');
      const child = spawn('script', ['-qefc', words, '/dev/null'], {
        cwd,
        env: { ...process.env, ...env, TERM: 'xterm' },
      });
      let said = '';
      let answered = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8');
        const questions = said.match(/\? {2}\[/g)?.length ?? 0;
        while (answered < questions && lines[answered] !== undefined) child.stdin.write(`${lines[answered++]}\n`);
      });
      child.on('close', () => resolve(said));
    });

  it('is asked for in a terminal: what runs and what is dangerous is said; "all" is no yes to what deletes', async () => {
    const victim = folder.put('precious.txt', 'x');
    cursor({ a: telling('a'), b: telling('b'), cleaner: telling('cleaner', `rm -rf ${victim};`), c: telling('c') });
    const said = await inTerminal(['all', 'y']);
    expect(said).toContain('4 servers have not been started by mcp-verdict before.');
    expect(said).toContain('cursor:cleaner  ~/.cursor/mcp.json:');
    expect(said).toContain('!! it deletes files (rm)');
    expect(said).toContain('Start it?  [yes in full / n / never]');
    expect(starts().trim().split(' ').sort()).toEqual(['a', 'b', 'c']);
    expect(existsSync(victim)).toBe(true);
    const kept = JSON.parse(readFileSync(consentFile(), 'utf8')) as { answers: Record<string, string> };
    expect(Object.values(kept.answers)).toEqual(['yes', 'yes', 'yes']);
    expect(statSync(consentFile()).mode & 0o777).toBe(0o600);
    expect(readdirSync(settings())).toEqual(['consents.json']);
    expect(readFileSync(consentFile(), 'utf8')).not.toMatch(/cleaner|mjs|cursor/);

    // What was answered is not asked again, also without a terminal.
    const { report } = await judged();
    expect(report.servers.map(({ tried }) => tried)).toEqual([true, true, false, true]);
  });

  it('of its own, in full, starts what deletes', async () => {
    const victim = folder.put('precious.txt', 'x');
    cursor({ cleaner: telling('cleaner', `rm -rf ${victim};`) });
    await inTerminal(['yes']);
    expect(existsSync(victim)).toBe(false);
    expect(starts()).toBe('cleaner ');
  });

  it('refused for ever holds against --yes, until --ask-again', async () => {
    cursor({ a: telling('a') });
    await inTerminal(['never']);
    expect((await judged(['--yes'])).report.servers[0]?.cause).toContain('you said never');
    expect(starts()).toBe('');
    await judged(['--yes', '--ask-again']);
    expect(starts()).toBe('a ');
  });

  it('counts for exactly that entry', async () => {
    cursor({ a: telling('a') });
    await inTerminal(['y']);
    cursor({ a: { ...telling('a'), env: { MODE: 'other' } } });
    expect((await judged()).report.servers[0]?.tried).toBe(false);
  });

  it('in a damaged file is none: what is wrong is said', async () => {
    cursor({ a: telling('a') });
    mkdirSync(settings(), { mode: 0o700 });
    folder.put('settings/consents.json', '{"format":"mcp-verdict.consents/1","answers":{"x":"yes"}}', 0o600);
    const { code, stderr } = await doctor();
    expect([code, starts()]).toEqual([2, '']);
    expect(stderr).toContain('is damaged, or written by another version');
  });
});

describe('secrets', () => {
  const MARKER = 'Zq7Leak';

  it('are in no output of any format, and not in what is remembered', async () => {
    const asked: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers);
      response.writeHead(401, {
        'www-authenticate': `Bearer error_description="${request.headers.authorization} ${request.url}"`,
      });
      response.end(`${request.url} ${JSON.stringify(request.headers)}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const loud = folder.put('loud.mjs', `console.error(JSON.stringify([process.argv, process.env])); process.exit(1);`);
    const entries = {
      env: {
        command: NODE,
        args: [loud],
        env: { API_KEY: `${MARKER}-in-env-1`, DATABASE_URL: `postgres://app:${MARKER}-in-url-2@db/x` },
      },
      args: { command: NODE, args: [loud, '--api-key', `${MARKER}-in-args-3`, `--token=${MARKER}-in-args-4`] },
      joined: { command: `${NODE} ${loud} --token ${MARKER}-joined-5`, args: [] },
    };
    const url = {
      url: `http://user:${MARKER}-in-user-6@127.0.0.1:${port}/mcp?api_key=${MARKER}-in-query-7`,
      headers: { Authorization: `Bearer ${MARKER}-in-header-8`, 'X-Own': '${env:OWN_TOKEN}' },
    };
    layHome(home(), {
      cursor: JSON.stringify({ mcpServers: { ...entries, url } }, null, 2),
      codex: fileOf('codex', entries),
      goose: fileOf('goose', entries),
      'claude-desktop': `{ "mcpServers": { "cut": { "command": "x", "env": { "API_KEY": "${MARKER}-cut-9" },, } } }`,
    });
    try {
      for (const format of ['terminal', 'json', 'markdown', 'html']) {
        const result = await doctor(['--yes', '--format', format, '--details'], { OWN_TOKEN: `${MARKER}-own-10` });
        for (const text of [result.stdout, result.stderr]) expect(text, format).not.toContain(MARKER);
        expect(result.code).toBe(1);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
    // They were sent where they belong.
    expect(asked.map(({ authorization }) => authorization)).toContain(`Bearer ${MARKER}-in-header-8`);
  });
});

describe('files that cannot be used', () => {
  it('are rows of their own', async () => {
    layHome(home(), {
      kiro: Buffer.from('\0\0\0binary'),
      cursor: '{ "mcpServers": { "a": ',
      codex: '[mcp_servers.fine]\ncommand = "node"\n',
    });
    mkdirSync(join(home(), PLACES['gemini-cli']), { recursive: true });
    const { stdout, code } = await doctor(['--static']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\(the file\) +broken +it holds binary data, no text/);
    expect(stdout).toMatch(/\(the file\) +broken +it is no file but a folder/);
    expect(stdout).toMatch(/Cursor · user · ~\/\.cursor\/mcp\.json\n.*✗ (?:a|\(the file\)) +broken/);
    expect(stdout).toContain('2 files that cannot be used');
  });

  it('none at all: where servers were looked for is said', async () => {
    const { stdout, code } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toContain('No MCP server is configured for any client that mcp-verdict knows.');
    expect(stdout).toContain('~/.cursor/mcp.json');
    const { report } = await judged(['--client', 'cursor']);
    expect(report.lookedFor.map(({ client }) => client)).toContain('cursor');
  });
});

describe('an entry that its client leaves alone', () => {
  it('is not started, and no fault', async () => {
    layHome(home(), {
      'claude-code': JSON.stringify({ projects: { '/gone': { mcpServers: { old: sound } } } }),
      kiro: JSON.stringify({ mcpServers: { off: { ...sound, disabled: true } } }),
    });
    const { report, code } = await judged(['--yes']);
    expect(code).toBe(0);
    expect(report.servers.map(({ server, status, cause }) => [server, status, cause])).toEqual([
      ['old', 'off', 'for a folder that is gone: /gone'],
      ['off', 'off', 'switched off in the file'],
    ]);
  });
});

describe('hostile names', () => {
  const NAME = '\u001b[2J<script>alert(1)</script>|`x` [a](javascript:b) \u202egnp.exe';
  it.each(['terminal', 'json', 'markdown', 'html'])('do nothing in %s', async (format) => {
    cursor({
      [NAME]: { command: '/no/such\u001b]0;title\u0007', args: ['<img src=x onerror=alert(1)>'] },
      [`long${'x'.repeat(5_000)}`]: sound,
    });
    const { stdout } = await doctor(['--static', '--format', format]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(stdout).not.toMatch(/[\0-\x09\x0b-\x1f\x7f\u202a-\u202e]/);
    if (format === 'html') expect(stdout).not.toMatch(/<script|<img/);
    if (format === 'html') expect(stdout).toContain('&lt;script&gt;');
    // What stands between as many backticks as no text within has is text.
    const spoken = stdout.replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
    if (format === 'markdown') expect(spoken).not.toMatch(/<script|<img|[^\\]\]\(javascript/);
    if (format === 'markdown') expect(spoken).toContain('&#60;script&#62;');
    if (format === 'terminal')
      expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80);
  });
});

describe('wrong use', () => {
  it.each([
    [['--client', 'curser'], '"curser" is no client that mcp-verdict knows; did you mean cursor?'],
    [['--server', 'none'], 'No server is called "none". There are: fine.'],
    [['--jobs', '0'], '--jobs is "0"; write a whole number from 1 to 64'],
    [['--timeout', 'x'], '--timeout is "x"; write seconds'],
    [['--project', '/no/such/folder'], '--project is "/no/such/folder", which is no folder.'],
    [['--format', 'yaml'], 'Allowed choices are terminal, json, markdown, html'],
  ])('%j', async (args, sentence) => {
    cursor({ fine: sound });
    const { code, stderr, stdout } = await doctor(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });
});

it('takes only the servers that were named', async () => {
  layHome(home(), { cursor: fileOf('cursor', { a: sound, b: sound }), kiro: fileOf('kiro', { a: sound }) });
  const names = async (args: string[]) => Object.keys(status((await judged(['--static', ...args])).report));
  expect(await names(['--client', 'cursor'])).toEqual(['cursor:a', 'cursor:b']);
  expect(await names(['--server', 'a'])).toEqual(['cursor:a', 'kiro:a']);
  expect(await names(['--client', 'kiro', '--client', 'cursor', '--server', 'b'])).toEqual(['cursor:b']);
});

it('--output writes the report to a file, and nothing to stdout', async () => {
  cursor({ fine: sound });
  const path = join(folder.path, 'report.html');
  const { stdout, code } = await doctor(['--static', '--format', 'html', '--output', path]);
  expect([stdout, code]).toEqual(['', 0]);
  const page = readFileSync(path, 'utf8');
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/<script|https?:\/\/(?!127)[^"\s]+\.(?:js|css)/);
});

it('interrupted, leaves no server behind', async () => {
  const mute = { command: NODE, args: [brokenServer('handshake-unanswered.mjs')] };
  cursor({
    a: { ...mute, env: { N: '1' } },
    b: { ...mute, env: { N: '2' } },
    c: { ...mute, env: { N: 'mark-of-this-test' } },
  });
  const { cwd, env } = surroundings();
  const child = spawn(NODE, [BIN, 'doctor', '--yes', '--quiet'], { cwd, env: { ...process.env, ...env } });
  const alive = () => bearersOf('N', 'mark-of-this-test').length;
  const until = async (done: () => boolean) => {
    for (let i = 0; i < 400 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await until(() => alive() > 0);
  expect(alive()).toBeGreaterThan(0);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  await until(() => alive() === 0);
  expect(alive()).toBe(0);
});
