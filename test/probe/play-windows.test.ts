/** What a client makes of an entry on Windows. The machine is made up; what is handed to the operating system is looked at. */
import { describe, expect, it } from 'vitest';
import { registryPath, shownEnvironment } from '../../src/probe/desktop-environment.js';
import { launchIn } from '../../src/probe/part-launch.js';
import { partOf } from '../../src/probe/play.js';
import type { World } from '../../src/probe/world.js';
import { windowsWorld } from '../support/folder.js';
import { sampleClient } from '../support/sample-client.js';

const machine = (more: Partial<World> = {}): World =>
  windowsWorld(
    {},
    {
      env: {
        Path: 'C:\\term;C:\\Windows',
        SystemRoot: 'C:\\Windows',
        SystemDrive: 'C:',
        MY_KEY: 'x',
        PATHEXT: '.EXE;.CMD',
      },
      spawn: () => {
        throw new Error('nothing starts here');
      },
      ...more,
    },
  );
const entry = { command: 'npx', args: ['-y', 'notes'], env: { path: 'C:\\mine' } };

describe('the launch', () => {
  it('wraps what the client wraps, and nothing else', async () => {
    const wraps = (programs: string[]) =>
      partOf(sampleClient({ launch: { windows: { how: 'wraps', programs } } }), machine());
    expect(launchIn(await wraps(['npx', 'uvx']), entry, machine()).entry).toMatchObject({
      command: 'cmd.exe',
      args: ['/c', 'npx', '-y', 'notes'],
    });
    expect(launchIn(await wraps(['npx']), { ...entry, command: 'C:\\bin\\npx.cmd' }, machine()).entry.command).toBe(
      'cmd.exe',
    );
    expect(launchIn(await wraps(['npx']), { ...entry, command: 'node' }, machine()).entry.command).toBe('node');
    expect(launchIn(await wraps(['*']), { ...entry, command: 'node' }, machine()).entry.args).toEqual([
      '/c',
      'node',
      '-y',
      'notes',
    ]);
  });

  it('leaves the search to the operating system where the client does', async () => {
    const bare = await partOf(sampleClient({ launch: { windows: { how: 'none' } } }), machine());
    expect(launchIn(bare, entry, machine()).entry).toMatchObject({ command: 'npx', bare: true });
    const finds = await partOf(sampleClient(), machine());
    expect(launchIn(finds, entry, machine()).entry).not.toHaveProperty('bare');
  });

  it('starts in the root of the drive where the client starts in the root', async () => {
    expect((await partOf(sampleClient({ launch: { cwd: 'root' } }), machine())).cwd).toBe('C:\\');
  });
});

describe('the environment', () => {
  it('replaces a name in other letters', async () => {
    const part = await partOf(sampleClient({ launch: { environment: { policy: 'all' } } }), machine());
    const { env, path } = launchIn(part, entry, machine());
    expect(env).toMatchObject({ path: 'C:\\mine', MY_KEY: 'x' });
    expect(env).not.toHaveProperty('Path');
    expect(path).toBe('entry');
  });

  it('takes the names of a list in any letters', async () => {
    const client = sampleClient({
      launch: { environment: { policy: 'list', posix: [], windows: ['PATH', 'SYSTEMROOT'] } },
    });
    expect((await partOf(client, machine())).env).toEqual({ Path: 'C:\\term;C:\\Windows', SystemRoot: 'C:\\Windows' });
  });

  it('of the desktop is that of the terminal where the registry cannot be read, and that is said', async () => {
    const part = await partOf(sampleClient({ launch: { kind: 'gui' } }), machine());
    expect(part.env.Path).toBe('C:\\term;C:\\Windows');
    expect(part.assumedOfLaunch).toEqual([
      'The PATH of the desktop is taken to be that of this terminal: the registry could not be read.',
    ]);
  });
});

describe('what the system says of its environment', () => {
  it('the PATH of the registry, with the variables in it', () => {
    const text =
      '\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\Environment\r\n    Path    REG_EXPAND_SZ    %SYSTEMROOT%\\system32;C:\\Program Files\\nodejs\\;%NOBODY%\\x\r\n\r\n';
    expect(registryPath(text, { SystemRoot: 'C:\\Windows' })).toBe(
      'C:\\Windows\\system32;C:\\Program Files\\nodejs\\;%NOBODY%\\x',
    );
    expect(registryPath('ERROR: The system was unable to find the specified registry key or value.', {})).toBeNull();
  });

  it('the variables of a session manager', () => {
    expect(
      shownEnvironment("HOME=/home/me\nPATH=/usr/bin:/bin\nA=$'two\\nlines \\x41 \\'q\\''\nEQ=a=b\nnonsense\n"),
    ).toEqual({
      HOME: '/home/me',
      PATH: '/usr/bin:/bin',
      A: "two\nlines A 'q'",
      EQ: 'a=b',
    });
  });
});
