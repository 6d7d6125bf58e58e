/**
 * One loop over test/worlds: machines that are not here (Windows, macOS), as real reports describe them. Only the machine is
 * faked, through World; where a server spoke, a real process speaks its words. Is that cause the root, and more than a possibility?
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { realWorld, type World } from '../src/probe/world.js';
import { diagnose } from '../src/verdict/diagnose.js';

const FOLDER = fileURLToPath(new URL('worlds', import.meta.url));

/** One file of test/worlds. */
interface WorldFile {
  /** The report it was built from. */
  source: string;
  platform: NodeJS.Platform;
  arch?: string;
  /** The environment of the user's shell. */
  env: Record<string, string>;
  /** What exists: the first bytes of a file (latin1), or a folder. */
  files: Record<string, { text?: string; mode?: string; folder?: true }>;
  entry: { command: string; args?: string[]; env?: Record<string, string>; cwd?: string };
  /** How the start ends: refused by the system, or with a process that says and does this. */
  spawn: {
    error?: { code: string; message?: string };
    stdout?: string;
    stderr?: string;
    exitCode?: number;
    signal?: NodeJS.Signals;
  };
}

/** Windows does not tell upper from lower case, nor / from \. */
const nameOn = (platform: NodeJS.Platform, path: string): string =>
  platform === 'win32' ? path.toLowerCase().replaceAll('/', '\\') : path;

function worldOf({ platform, arch, env, files, spawn: outcome }: WorldFile): World {
  const known = new Map(Object.entries(files).map(([path, file]) => [nameOn(platform, path), file]));
  const windows = platform === 'win32';
  return {
    ...realWorld(),
    platform,
    arch: arch ?? 'x64',
    env,
    cwd: windows ? 'C:\\Windows\\System32' : '/',
    home: windows ? 'C:\\Users\\me' : '/Users/me',
    node: { version: '22.14.0', path: windows ? 'C:\\client\\node.exe' : '/client/node' },
    stat(path) {
      const file = known.get(nameOn(platform, path));
      if (!file) return null;
      return { kind: file.folder ? 'directory' : 'file', mode: Number.parseInt(file.mode ?? '755', 8) };
    },
    head(path, bytes) {
      const file = known.get(nameOn(platform, path));
      return file && !file.folder ? Buffer.from(file.text ?? '', 'latin1').subarray(0, bytes) : null;
    },
    list: (path) =>
      [...known.keys()]
        .filter((name) => name.startsWith(nameOn(platform, path)))
        .map((name) => name.slice(path.length).split(/[\\/]/).find(Boolean) ?? ''),
    realpath: (path) => path,
    spawn(command, args) {
      const { error, stdout = '', stderr = '', exitCode = 0, signal } = outcome;
      // A question for a version goes unanswered.
      const asked = args.length === 1 && /^-{1,2}version$/.test(args[0] ?? '');
      if (error) {
        const message = error.message ?? `spawn ${command} ${error.code}`;
        throw Object.assign(new Error(message), { code: error.code, syscall: `spawn ${command}`, path: command });
      }
      const end = signal ? `process.kill(process.pid, '${signal}')` : `process.exit(${asked ? 1 : exitCode})`;
      const say = asked
        ? ''
        : `process.stdout.write(${JSON.stringify(stdout)}); process.stderr.write(${JSON.stringify(stderr)});`;
      return spawn(process.execPath, ['-e', `${say} setTimeout(() => ${end}, 20)`], {
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
    },
  };
}

const worlds = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((file) => ({ file, cause: file.split('.')[0] ?? '' }));

describe.concurrent.each(worlds)('$file', ({ file, cause }) => {
  it(`the root is ${cause}`, async () => {
    const told = JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as WorldFile;
    expect(told.source).toMatch(/^https:\/\//);
    const { command, args = [], env = {}, cwd } = told.entry;
    const seen = await investigate(
      { kind: 'stdio', command, args, env, ...(cwd !== undefined && { cwd }) },
      { timeoutMs: 1_500, quick: true, world: worldOf(told) },
    );
    const { root, findings } = diagnose(seen);
    const found = findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
    expect(root?.id, `${found}\n${JSON.stringify(seen.evidence, null, 1).slice(0, 4_000)}`).toBe(cause);
    expect(root?.certainty, found).not.toBe('possible');
    for (const step of root?.fix ?? []) expect(step.say).not.toBe('');
  }, 20_000);
});
