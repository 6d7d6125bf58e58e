/** A file is replaced on Windows, where that fails as long as anybody has it open. The disk is real, the refusal of the system is made up. */
import { readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type Disk, replaceFile } from '../../src/probe/config-file.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const home = () => ({
  platform: 'win32' as const,
  env: { MCP_VERDICT_CONFIG_DIR: join(folder.path, 'own') },
  home: '',
});

/** Handles of this process that lead to the file. */
const handlesOf = (path: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

/** Refuses so many times, as the system does while the file is open; always when we have it open ourselves. */
function disk(refusals: number, code: string): Disk & { tries: number } {
  const made = {
    windows: true,
    tries: 0,
    rename(from: string, to: string) {
      made.tries++;
      if (made.tries <= refusals || handlesOf(to) > 0)
        throw Object.assign(new Error(`${code}: rename`), { code, syscall: 'rename', path: from, dest: to });
      renameSync(from, to);
    },
  };
  return made;
}

const write = (path: string, on: Disk) =>
  replaceFile(
    { path, before: Buffer.from('{"a":1}\r\n'), after: Buffer.from('{"a":2}\r\n'), shown: 'x', target: 'x' },
    home(),
    on,
  );
const left = (path: string) => readdirSync(dirname(path)).filter((name) => name.endsWith('.tmp'));

it('which is not so by ourselves, and a moment later not by others', async () => {
  const path = folder.put('client/mcp.json', '{"a":1}\r\n', 0o644);
  const busy = disk(3, 'EPERM');
  const backup = await write(path, busy);
  expect(readFileSync(path, 'utf8')).toBe('{"a":2}\r\n');
  expect(readFileSync(backup.before, 'utf8')).toBe('{"a":1}\r\n');
  expect([busy.tries, left(path)]).toEqual([4, []]);
});

it.each(['EBUSY', 'EACCES', 'EPERM'])(
  'and stays as it was when they hold it for good (%s), with the reason',
  async (code) => {
    const path = folder.put('client/mcp.json', '{"a":1}\r\n', 0o644);
    await expect(write(path, disk(Number.POSITIVE_INFINITY, code))).rejects.toThrow(
      `${path} could not be replaced (${code}): another program holds it open, or the folder may not be written by you. Close the client whose file it is, and run it again. ${path} is as it was.`,
    );
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\r\n');
    expect(left(path)).toEqual([]);
    expect(
      readdirSync(join(folder.path, 'own/backups')).flatMap((name) =>
        readdirSync(join(folder.path, 'own/backups', name)),
      ),
    ).toEqual([]);
  },
);

it('and is left alone when it is read-only, with the command of that system', async () => {
  const path = folder.put('client/mcp.json', '{"a":1}\r\n', 0o444);
  await expect(write(path, disk(0, ''))).rejects.toThrow('If that is not meant: attrib -r');
});
