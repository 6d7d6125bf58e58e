/** The client's own log, found on disk in the place where the client keeps it: real files in a home folder of their own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientLog } from '../../src/case/client-evidence.js';
import type { Evidence } from '../../src/case/evidence.js';
import type { Client, Os } from '../../src/clients/client.js';
import { CLIENTS } from '../../src/clients/index.js';
import { readClientLog } from '../../src/probe/client-log.js';
import type { World } from '../../src/probe/world.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';
import { bytesOf, LOGGED } from '../support/client-logs.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();

const client = (id: string): Client => {
  const found = CLIENTS.find((one) => one.id === id);
  if (!found) throw new Error(`no client ${id}`);
  return found;
};

const PLATFORM: Record<Os, NodeJS.Platform> = { linux: 'linux', macos: 'darwin', windows: 'win32' };

/** A machine of that system whose folders all lie in the folder of the test. */
const machine = (os: Os): World => {
  const home = join(folder.path, 'home');
  return folder.world({
    platform: PLATFORM[os],
    home,
    env: {
      TMPDIR: join(home, 'tmp'),
      XDG_RUNTIME_DIR: join(home, 'run'),
      TEMP: join(home, 'temp'),
      APPDATA: join(home, 'AppData/Roaming'),
      LOCALAPPDATA: join(home, 'AppData/Local'),
    },
  });
};

/** Put a log where the pattern says, with that time of its last change. */
function put(world: World, pattern: string, server: string, bytes: Buffer | string, at?: string, star = '1'): string {
  const path = pattern
    .replace(/^~/, world.home)
    .replace(/[$%](\w+)%?(?=\/)/, (_, name: string) => world.env[name] ?? '')
    .replaceAll('<name>', server)
    .replaceAll('*', star);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  if (at) utimesSync(path, new Date(at), new Date(at));
  return path;
}

async function read(id: string, server: string, world: World, options = {}): Promise<Evidence['clientLog']> {
  const log = await readClientLog(client(id), server, world, options);
  if ('why' in log) throw new Error(log.why);
  return log;
}

const why = async (id: string, server: string, world: World): Promise<string> => {
  const log = await readClientLog(client(id), server, world);
  return 'why' in log ? log.why : `read ${log.file}`;
};

const desktop = (server: string, text: string, time = '2026-03-02T08:11:01.402'): string =>
  [
    `${time}Z [${server}] [info] Initializing server...`,
    text,
    `${time}Z [${server}] [error] Server disconnected. For troubleshooting guidance, please visit our debugging documentation`,
  ].join('\n');

const MAC = '~/Library/Logs/Claude/mcp-server-<name>.log';

const kept = LOGGED.filter(({ client: id }) => client(id).logs.length > 0);

it('of one client alone no file is known', () => {
  expect(new Set(LOGGED.filter((row) => !kept.includes(row)).map((row) => row.client))).toEqual(
    new Set(['gemini-cli']),
  );
});

describe.each(kept)('$client, $file', ({ client: id, of, name, causes, log: expected, ...row }) => {
  it('is found in its place, and leads to the same cause as when it is pasted', async () => {
    const bytes = bytesOf({ client: id, of, name, causes, log: expected, ...row });
    const logs = client(id).logs.filter((log) => log.of === of);
    // The one that Windows wrote.
    const systems: Os[] = bytes[0] === 0xff ? ['windows'] : ['macos', 'linux'];
    const [os, place] =
      systems.flatMap((one) => logs.filter((log) => log.os.includes(one)).map((log) => [one, log] as const))[0] ?? [];
    if (!os || !place) throw new Error(`${id} has no log of ${of}`);
    const world = machine(os);
    put(world, place.path, name, bytes);
    const log = await read(id, name, world);
    expect(clientLog.parse(log)).toEqual(JSON.parse(JSON.stringify(log)));
    expect(log).toMatchObject({ client: id, server: name, omitted: 0, ...(expected.run && { run: expected.run }) });
    const remote = causes.some((cause) => /^(?:auth|http|network)-/.test(cause));
    const file = caseOf({ clientLog: log }, { transport: remote ? 'http' : 'stdio' });
    const { pastRun } = diagnose({ ...file, host: { ...file.host, os } });
    if (causes.length === 0) expect(pastRun).toMatchObject({ finding: null, outcome: 'answered' });
    else expect(causes).toContain(pastRun?.finding?.id);
  });
});

describe('which file', () => {
  it.each<[string, Os, string, string]>([
    [
      'Claude Desktop',
      'windows',
      '%APPDATA%/Claude/logs/mcp-server-<name>.log',
      '%LOCALAPPDATA%/Claude/Logs/mcp-server-<name>.log',
    ],
    ['rotated files', 'macos', '~/Library/Logs/Claude/mcp-server-<name>1.log', MAC],
    ['a file that was renamed', 'macos', '~/Library/Logs/Claude/mcp-server-<name>.log.old', MAC],
  ])('%s: the newest', async (_, os, older, newer) => {
    for (const [first, second] of [
      [older, newer],
      [newer, older],
    ] as const) {
      const world = machine(os);
      put(world, first, 'notes', desktop('notes', 'Error: the first'), '2026-03-01T00:00:00Z');
      put(world, second, 'notes', desktop('notes', 'Error: the second'), '2026-03-02T00:00:00Z');
      const { lines, changedAt } = await read('claude-desktop', 'notes', world);
      expect(lines).toContain('Error: the second');
      expect(changedAt).toBe('2026-03-02T00:00:00.000Z');
    }
  });

  it('a server whose name ends in a digit is no rotated log of another', async () => {
    const world = machine('macos');
    put(world, MAC, 'notes1', desktop('notes1', 'Error: of notes1'));
    expect(await why('claude-desktop', 'notes', world)).toContain('tells nothing of a run of notes');
    expect((await read('claude-desktop', 'notes1', world)).lines).toContain('Error: of notes1');
  });

  it('a name that no file can hold is found by what stands for it', async () => {
    const world = machine('macos');
    const [place] = client('claude-code').logs.filter(({ os }) => os.includes('macos'));
    const line = JSON.stringify({
      error: 'Server stderr: Error: boom',
      timestamp: '2026-01-02T03:04:05Z',
      sessionId: 's',
    });
    put(world, place?.path ?? '', 'plugin-docs-docs', line);
    expect((await read('claude-code', 'plugin:docs:docs', world)).lines).toContain('Server stderr: Error: boom');
  });

  it("of the logs of several projects this one's, though another is newer", async () => {
    const world = machine('linux');
    const [place] = client('claude-code').logs.filter(({ os }) => os.includes('linux'));
    const log = (text: string) =>
      JSON.stringify({ error: `Server stderr: Error: ${text}`, timestamp: '2026-01-02T03:04:05Z', sessionId: 's' });
    put(world, place?.path ?? '', 'notes', log('here'), '2026-03-01T00:00:00Z', '-home-dana-shop');
    put(world, place?.path ?? '', 'notes', log('elsewhere'), '2026-03-02T00:00:00Z', '-home-dana-other');
    const { lines } = await read('claude-code', 'notes', world, { project: '/home/dana/shop' });
    expect(lines).toEqual(['Server stderr: Error: here']);
    expect((await read('claude-code', 'notes', world, { project: '/home/dana/third' })).lines).toEqual([
      'Server stderr: Error: elsewhere',
    ]);
  });

  it('a log of all servers that does not name this one says nothing', async () => {
    const world = machine('macos');
    put(world, '~/Library/Logs/Claude/mcp.log', '', desktop('weather', 'Error: of the weather'));
    expect(await why('claude-desktop', 'notes', world)).toContain('tells nothing of a run of notes');
    expect((await read('claude-desktop', 'weather', world)).file).toBe('~/Library/Logs/Claude/mcp.log');
  });

  it('a folder that a variable moves', async () => {
    const moves = client('codex').places.flatMap(({ movedBy }) => movedBy ?? []);
    expect(moves).toContainEqual(expect.objectContaining({ variable: 'CODEX_HOME' }));
    const world = machine('linux');
    world.env.CODEX_HOME = join(folder.path, 'moved');
    put(
      world,
      `${folder.path}/moved/log/codex-tui.log`,
      '',
      'MCP client for `notes` failed to start: request timed out',
    );
    expect((await read('codex', 'notes', world)).file).toContain('moved');
  });

  it('when the run was, and when the configuration was written', async () => {
    const world = machine('macos');
    put(world, MAC, 'notes', desktop('notes', 'Error: boom', '2026-03-02T08:11:01.402'), '2026-03-05T00:00:00Z');
    expect(await read('claude-desktop', 'notes', world, { configChangedMs: Date.UTC(2026, 2, 3) })).toMatchObject({
      changedAt: '2026-03-05T00:00:00.000Z',
      ranAt: '2026-03-02T08:11:01.000Z',
      configChangedAt: '2026-03-03T00:00:00.000Z',
      run: 1,
      runs: 1,
    });
  });
});

describe('bad input', () => {
  it('UTF-16 in both orders, with a mark and without', async () => {
    const text = desktop('notes', 'Error: Missing NOTES_TOKEN');
    const little = Buffer.from(text, 'utf16le');
    const marked = Buffer.from(`\uFEFF${text}`, 'utf16le');
    for (const bytes of [little, marked, Buffer.from(little).swap16(), Buffer.from(marked).swap16()]) {
      const world = machine('macos');
      put(world, MAC, 'notes', bytes);
      expect((await read('claude-desktop', 'notes', world)).lines).toContain('Error: Missing NOTES_TOKEN');
    }
  });

  it('what is no text is no log', async () => {
    const world = machine('macos');
    put(world, MAC, 'notes', Buffer.alloc(50_000, '\0\u0001Error: boom\0\0'));
    expect(await why('claude-desktop', 'notes', world)).toContain('tells nothing of a run of notes');
  });

  it('an empty file, a folder and a pipe do not stop the search', async () => {
    const world = machine('macos');
    const logs = join(world.home, 'Library/Logs/Claude');
    put(world, MAC, 'notes', '');
    mkdirSync(join(logs, 'mcp-server-notes1.log'));
    execFileSync('mkfifo', [join(logs, 'mcp-server-notes2.log')]);
    put(
      world,
      '~/Library/Logs/Claude/mcp-server-<name>3.log',
      'notes',
      desktop('notes', 'Error: boom'),
      '2026-01-01T00:00:00Z',
    );
    expect((await read('claude-desktop', 'notes', world)).file).toBe('~/Library/Logs/Claude/mcp-server-notes3.log');
  });

  it('of a file of 3 GB the end', async () => {
    const world = machine('macos');
    const path = put(world, MAC, 'notes', '');
    truncateSync(path, 3 * 1024 ** 3);
    writeFileSync(path, `\n${'x'.repeat(3 * 1024 * 1024)}\n${desktop('notes', 'Error: at the end')}\n`, { flag: 'a' });
    expect((await read('claude-desktop', 'notes', world)).lines).toContain('Error: at the end');
  });

  it('a run of very many lines is bounded, and says how many were left out', async () => {
    const world = machine('macos');
    const noise = Array.from({ length: 5_000 }, (_, i) => `line ${i} ${'y'.repeat(2_000)}`).join('\n');
    put(world, MAC, 'notes', desktop('notes', `${noise}\nError: boom`));
    const { lines, omitted } = await read('claude-desktop', 'notes', world);
    expect(lines).toContain('Error: boom');
    expect(lines.length).toBeLessThanOrEqual(300);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(600);
    expect(omitted).toBeGreaterThan(400);
  });

  it('secrets among the arguments and in the text are not kept', async () => {
    const world = machine('macos');
    const token = 'Zq7LeakZq7LeakZq7Leak';
    const log = desktop(
      'notes',
      `2026-03-02T08:11:01.420Z [notes] [info] Using MCP server command: npx with args and path: {\n  metadata: {\n    args: [ '-y', 'notes-mcp', '--api-key', '${token}' ],\n  }\n}\nError: the key ${token} is not valid\nAuthorization: Bearer ${token}2`,
    );
    put(world, MAC, 'notes', log);
    const read_ = await read('claude-desktop', 'notes', world);
    expect(read_.lines.join('\n')).toContain('is not valid');
    expect(JSON.stringify(read_)).not.toContain(token);
  });

  it('a name that would be a pattern or a path is a name', async () => {
    const world = machine('macos');
    put(world, MAC, 'notes', desktop('notes', 'Error: boom'));
    for (const name of ['.*', '../Claude/mcp-server-notes', '*', 'no[tes', '<name>', 'n'.repeat(5_000)])
      expect(await why('claude-desktop', name, world)).not.toContain('read ');
  });
});

describe('where there is nothing', () => {
  it('no file is known: said as such, never taken for no failure', async () => {
    const none = CLIENTS.find(({ logs, logPanel }) => logs.length === 0 && logPanel);
    if (!none) throw new Error('every client has a log file');
    expect(await why(none.id, 'notes', machine('linux'))).toBe(
      `no log file of ${none.name} is known on this system. It shows its log in ${none.logPanel}.`,
    );
  });

  it('the places that were looked in are told', async () => {
    expect(await why('claude-desktop', 'notes', machine('macos'))).toBe(
      'Claude Desktop has left no log of notes (~/Library/Logs/Claude/mcp-server-notes.log, ~/Library/Logs/Claude/mcp.log).',
    );
  });
});
