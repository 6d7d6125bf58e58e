/** Files of a client are replaced whole or not at all: links, rights, other writers, full disks, and a death in the middle of it. */
import { type SpawnOptions, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { beforeEach, describe, expect, it } from 'vitest';
import { allBackups, backupsOf } from '../../src/probe/backups.js';
import { ChangedMeanwhile, lastWriting, putBack, replaceFile } from '../../src/probe/config-file.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const support = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

const home = () => {
  const own = join(folder.path, 'settings');
  return { platform: process.platform, home: own, env: { MCP_VERDICT_CONFIG_DIR: own } };
};

const write = (path: string, after: string | Buffer, before: Uint8Array = readFileSync(path)) =>
  replaceFile({ path, before, after: Buffer.from(after as string), shown: path, target: 'cursor:x' }, home());

/** Everything in a folder that we would have to clean up. */
const leftIn = (path: string) => readdirSync(path).filter((name) => /mcp-verdict-|\.tmp$/.test(name));

const undo = async (path: string): Promise<void> => {
  const last = lastWriting(path, home());
  if (!last) throw new Error('nothing to undo');
  await putBack(last, home());
};

interface Run {
  at: number;
  name?: string;
  message?: string;
  text: string;
}

interface Ended {
  signal: NodeJS.Signals | null;
  result: { ok: boolean; name?: string; message?: string; runs?: Run[] } | null;
}

let program = '';
let failing = '';
/** The writer as one file that starts fast, and that any user may read. */
beforeEach(() => {
  chmodSync(dirname(folder.path), 0o755);
  program = join(dirname(folder.path), 'writer.mjs');
  failing = join(dirname(folder.path), 'fail-at.mjs');
  if (existsSync(program)) return;
  copyFileSync(support('fail-at.mjs'), failing);
  buildSync({
    ...{ entryPoints: [support('config-writer.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm' },
  });
});

function writer(args: string[], options: SpawnOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', failing, program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...options,
    });
    const out: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.once('error', reject);
    child.once('close', (_, signal) => {
      const text = Buffer.concat(out).toString('utf8');
      resolve({ signal, result: text ? JSON.parse(text) : null });
    });
  });
}

const settings = () => join(folder.path, 'settings');

/** A lock that a killed process left is taken for one after some seconds. Here they have passed. */
function letTimePass(): void {
  const long = new Date(Date.now() - 60_000);
  for (const name of readdirSync(settings(), { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('lock')) utimesSync(join(settings(), name), long, long);
}

describe('what stays as it was', () => {
  it.each([0o600, 0o644, 0o640, 0o664])('the mode %o', async (mode) => {
    const path = folder.put('mcp.json', 'old', mode);
    await write(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o7777).toBe(mode);
    await undo(path);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(statSync(path).mode & 0o7777).toBe(mode);
    expect(leftIn(folder.path)).toEqual([]);
  });

  it('a link, and a link to a link: the file at their end is replaced', async () => {
    const path = folder.put('dotfiles/mcp.json', 'old', 0o600);
    const links = [join(folder.path, 'one.json'), join(folder.path, 'two.json')] as const;
    symlinkSync('dotfiles/mcp.json', links[0]);
    symlinkSync(links[0], links[1]);
    await write(links[1], 'new');
    expect(lstatSync(links[1]).isSymbolicLink()).toBe(true);
    expect(readlinkSync(links[0])).toBe('dotfiles/mcp.json');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(folder.path, 'dotfiles'))).toEqual(['mcp.json']);
    // The backup belongs to the file, whatever leads to it.
    await undo(path);
    expect(readFileSync(links[1], 'utf8')).toBe('old');
  });

  it('owner and group, for one who may give them', async () => {
    const path = folder.put('mcp.json', 'old', 0o640);
    const [uid, gid] = process.geteuid?.() === 0 ? [65_534, 65_533] : [statSync(path).uid, statSync(path).gid];
    chownSync(path, uid, gid);
    await write(path, 'new');
    const { uid: newUid, gid: newGid, mode } = statSync(path);
    expect([newUid, newGid, mode & 0o7777]).toEqual([uid, gid, 0o640]);
  });

  it('every byte, whatever they are', async () => {
    const old = Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0, 0x0d, 0, 0x0a, 0]);
    const path = folder.put('mcp.json', old, 0o600);
    const big = Buffer.alloc(6_000_000, 'xyz\r\n');
    await write(path, big);
    expect(readFileSync(path).equals(big)).toBe(true);
    await undo(path);
    expect(readFileSync(path).equals(old)).toBe(true);
  });
});

describe('backups', () => {
  it('are for their owner alone, and not beside the file', async () => {
    const path = folder.put('client/mcp.json', 'old', 0o644);
    const { before, after, note } = await write(path, 'new');
    expect(readdirSync(dirname(path))).toEqual(['mcp.json']);
    expect(readFileSync(before, 'utf8')).toBe('old');
    expect(readFileSync(after, 'utf8')).toBe('new');
    for (const one of [before, after, note]) expect(statSync(one).mode & 0o777).toBe(0o600);
    for (let at = dirname(before); at.startsWith(settings()); at = dirname(at))
      expect(statSync(at).mode & 0o777, at).toBe(0o700);
  });

  it('the last ten of a file are kept, and taken back one after the other', async () => {
    const path = folder.put('mcp.json', '0', 0o600);
    const other = folder.put('other.json', 'a', 0o600);
    await write(other, 'b');
    for (let i = 1; i <= 13; i++) await write(path, String(i));
    expect(backupsOf(path, home()).map(({ before }) => readFileSync(before, 'utf8'))).toEqual([
      '12',
      '11',
      '10',
      '9',
      '8',
      '7',
      '6',
      '5',
      '4',
      '3',
    ]);
    expect(allBackups(home())).toHaveLength(11);
    expect(readdirSync(dirname(backupsOf(path, home())[0]?.note ?? ''))).toHaveLength(30);
    for (let i = 12; i >= 3; i--) {
      await undo(path);
      expect(readFileSync(path, 'utf8')).toBe(String(i));
    }
    expect(lastWriting(path, home())).toBeNull();
    expect(lastWriting(other, home())?.backup.target).toBe('cursor:x');
  });

  it('are not put over what somebody wrote since', async () => {
    const path = folder.put('mcp.json', 'old', 0o600);
    await write(path, 'new');
    writeFileSync(path, 'theirs');
    const last = lastWriting(path, home());
    expect([last?.before, last?.after, last?.now].map(String)).toEqual(['old', 'new', 'theirs']);
    await expect(undo(path)).rejects.toThrow(/changed by somebody else meanwhile/);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(backupsOf(path, home())).toHaveLength(1);
  });

  it('a damaged note, and a copy without one, are none', async () => {
    const path = folder.put('mcp.json', 'old', 0o600);
    const first = await write(path, 'new');
    const second = await write(path, 'newer');
    writeFileSync(second.note, '{"format":');
    expect(lastWriting(path, home())?.backup.note).toBe(first.note);
    rmSync(first.before);
    expect(lastWriting(path, home())).toBeNull();
  });

  it('lie in no folder that others can write', async () => {
    const path = folder.put('mcp.json', 'old', 0o600);
    mkdirSync(settings());
    chmodSync(settings(), 0o777);
    await expect(write(path, 'new')).rejects.toThrow(
      /can be changed by other users of this machine .* no backup is kept/,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});

describe('what is refused', () => {
  const refused = async (path: string, why: RegExp, before?: Uint8Array) => {
    const error = await write(path, 'new', before).catch((caught: Error) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'UsageError', message: expect.stringMatching(why) });
    expect(leftIn(folder.path)).toEqual([]);
    expect(backupsOf(path, home())).toEqual([]);
    return error;
  };

  it('a file that changed, also when it is as long as before', async () => {
    const path = folder.put('mcp.json', 'abc', 0o600);
    expect(await refused(path, /changed by somebody else meanwhile.*Run it again/, Buffer.from('abd'))).toBeInstanceOf(
      ChangedMeanwhile,
    );
    expect(readFileSync(path, 'utf8')).toBe('abc');
  });

  it('one that is gone, or leads nowhere', async () => {
    const path = join(folder.path, 'mcp.json');
    await expect(write(path, 'new', Buffer.from(''))).rejects.toThrow(/is not there, or is a link to nothing/);
    symlinkSync('mcp.json', path);
    await expect(write(path, 'new', Buffer.from(''))).rejects.toThrow(/leads back to itself/);
  });

  it('a folder in its place', async () => {
    const path = join(folder.path, 'mcp.json');
    mkdirSync(path);
    await refused(path, /is a folder/, Buffer.from('old'));
    expect(readdirSync(path)).toEqual([]);
  });

  it('a read-only one', async () => {
    const path = folder.put('mcp.json', 'old', 0o444);
    await refused(path, /is read-only.*chmod u\+w/);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('one with several names', async () => {
    const path = folder.put('mcp.json', 'old', 0o600);
    linkSync(path, join(folder.path, 'second.json'));
    await refused(path, /has 2 names \(hard links\)/);
    expect(readFileSync(join(folder.path, 'second.json'), 'utf8')).toBe('old');
  });

  /** Root may do everything: somebody who may not. */
  const nobody = process.geteuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const own = (path: string): void => {
    if (nobody.uid !== undefined) chownSync(path, nobody.uid, nobody.gid);
  };
  const asNobody = (path: string) => {
    mkdirSync(settings(), { mode: 0o700 });
    own(settings());
    return writer(['swap', path, settings(), 'new'], nobody);
  };

  it('one in a folder that may not be written', async () => {
    const path = folder.put('client/mcp.json', 'old', 0o600);
    own(path);
    own(dirname(path));
    chmodSync(dirname(path), 0o555);
    const { result } = await asNobody(path);
    chmodSync(dirname(path), 0o755);
    expect(result).toMatchObject({ ok: false, name: 'UsageError' });
    expect(result?.message).toMatch(/client may not be written by you \(EACCES\).*mcp\.json is as it was/);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dirname(path))).toEqual(['mcp.json']);
  });

  it.runIf(nobody.uid !== undefined)('one of another user', async () => {
    const path = folder.put('mcp.json', 'old', 0o666);
    const { result } = await asNobody(path);
    expect(result?.message).toMatch(/belongs to another user \(id 0, and mcp-verdict runs as 65534\)/);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('a text for which the disk has no room', async () => {
    const path = folder.put('mcp.json', 'old', 0o600);
    // No file may be longer than 8 blocks.
    const line = `trap '' XFSZ; ulimit -f 8; exec "$0" "$@"`;
    const result = await new Promise<string>((resolve) => {
      const args = ['-c', line, process.execPath, program, 'swap', path, settings(), 'x'.repeat(60_000)];
      const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.once('close', () => resolve(out));
    });
    expect(JSON.parse(result).message).toMatch(/There is no room for the new text on the disk \(EFBIG\).*is as it was/);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(backupsOf(path, home())).toEqual([]);
  });
});

describe('others who write at the same time', () => {
  it('six of ours lose nothing', async () => {
    const path = folder.put('mcp.json', '{}\n', 0o600);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ended = await Promise.all(names.map((name) => writer(['add', path, settings(), name, '5'])));
    expect(ended.map(({ result }) => result)).toEqual(names.map(() => ({ ok: true })));
    const keys = Object.keys(JSON.parse(readFileSync(path, 'utf8'))).sort();
    expect(keys).toEqual(names.flatMap((name) => [0, 1, 2, 3, 4].map((i) => `${name}${i}`)));
    expect(leftIn(folder.path)).toEqual([]);
  });

  it('what one writes into the file at any moment of it is there in the end', async () => {
    const { result } = await writer(['sweep', join(folder.path, 'mcp.json'), settings(), 'write']);
    const runs = result?.runs ?? [];
    expect(runs.length).toBeGreaterThan(30);
    // Before our last look it is refused, after it theirs comes back; later they write into what we wrote.
    for (const { at, text } of runs) expect(text, `call ${at}`).toBe('theirs');
    const refusals = runs.filter(({ message }) => message?.includes('was changed by somebody else meanwhile'));
    expect(refusals.length).toBeGreaterThan(20);
    expect(refusals.length).toBeLessThan(runs.length);
  });
});

describe('a death at any moment', () => {
  it('leaves the old text or the new one, and nothing in the way of the next', async () => {
    const path = join(folder.path, 'mcp.json');
    const [old, fresh] = ['old '.repeat(2_000), 'new '.repeat(3_000)];
    const seen = new Set<string>();
    for (let at = 1; at < 200; at++) {
      writeFileSync(path, old);
      chmodSync(path, 0o640);
      rmSync(settings(), { recursive: true, force: true });
      const { signal } = await writer(['swap', path, settings(), fresh, String(at)]);
      const text = readFileSync(path, 'utf8');
      expect([old, fresh], `killed at call ${at}`).toContain(text);
      expect(statSync(path).mode & 0o7777).toBe(0o640);
      if (signal === null) break;
      seen.add(text);
      if (existsSync(settings())) letTimePass();
      // What is there can be undone or written, as if nothing had happened.
      if (text === old) {
        expect(lastWriting(path, home()), `killed at call ${at}`).toBeNull();
        await write(path, fresh);
      }
      await undo(path);
      expect(readFileSync(path, 'utf8')).toBe(old);
      expect(leftIn(folder.path)).toEqual([]);
      await write(path, 'other');
      // No copy without its note outlives the next writing.
      const kept = readdirSync(dirname(backupsOf(path, home())[0]?.note ?? '')).filter((name) => /^\d/.test(name));
      const notes = kept.filter((name) => name.endsWith('.json'));
      expect(kept.sort()).toEqual(
        notes.flatMap((name) => ['after', 'before', 'json'].map((end) => name.replace(/json$/, end))).sort(),
      );
    }
    expect([...seen].sort()).toEqual([fresh, old]);
  });

  it.each(['ENOSPC', 'EIO'])(
    'an error of the system (%s) at any moment is told, and the file is whole',
    async (code) => {
      const { result } = await writer(['sweep', join(folder.path, 'mcp.json'), settings(), code]);
      const runs = result?.runs ?? [];
      const failures = runs.filter(({ name }) => name !== undefined);
      expect(failures.length).toBeGreaterThan(20);
      for (const { at, name, message, text } of runs) {
        // Who says that it failed has changed nothing, who says that it worked has.
        expect(text, `call ${at}: ${message}`).toBe(name ? 'old' : 'new');
        if (name) expect(name, message).toBe('UsageError');
      }
      expect(leftIn(folder.path)).toEqual([]);
    },
  );
});
