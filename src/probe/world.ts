/**
 * The seam to the machine: everything a local probe touches goes through here. Tests pass a fake world for what Linux cannot
 * do (Windows, macOS); sockets and pipes are never faked.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { type FileRead, readBounded } from './read-file.js';
import { readTail, type Tail } from './read-tail.js';

export interface SpawnOptions {
  cwd?: string;
  env: Record<string, string>;
  /** Windows: leave it to the operating system to find the program; it finds no .cmd file. */
  bare?: boolean;
}

export interface World {
  platform: NodeJS.Platform;
  arch: string;
  /** The environment of the user's shell. */
  env: Record<string, string | undefined>;
  cwd: string;
  home: string;
  /** The Node.js that runs us. */
  node: { version: string; path: string };
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** ISO 8601, UTC. */
  date(): string;
  spawn(command: string, args: string[], options: SpawnOptions): ChildProcess;
  /** What stands at a path, links followed; null when nothing does. */
  stat(path: string): { kind: 'file' | 'directory' | 'other'; mode: number } | null;
  /** The first bytes of a file; null when it cannot be read. */
  head(path: string, bytes: number): Buffer | null;
  /** The whole of a file of at most `limit` bytes, or why it cannot be had. Anything but a file is never opened. */
  read(path: string, limit: number): FileRead;
  /** The end of a file, at most `limit` bytes; null when there is none that can be read. Anything but a file is never opened. */
  tail(path: string, limit: number): Tail | null;
  /** Names in a directory; empty when it cannot be read. */
  list(path: string): string[];
  realpath(path: string): string;
}

// Elsewhere cross-spawn is spawn itself, and loading it would only cost time.
const spawnProgram = process.platform === 'win32' ? (await import('cross-spawn')).default : spawn;

/** The machine we run on. */
export const realWorld = (): World => ({
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  node: { version: process.versions.node, path: process.execPath },
  // Not performance.now(), whose module would be loaded for this alone.
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + nanoseconds / 1_000_000;
  },
  date: () => new Date().toISOString(),
  // The spawn semantics of MCP clients: no shell; on Windows cross-spawn finds .cmd shims, as the SDK does.
  // Its own process group (POSIX), so that the whole tree can be signalled.
  spawn: (command, args, { cwd, env, bare }) =>
    (bare ? spawn : spawnProgram)(command, args, {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      shell: false,
      detached: process.platform !== 'win32',
    }),
  stat(path) {
    try {
      const found = statSync(path);
      return { kind: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other', mode: found.mode };
    } catch {
      return null;
    }
  },
  head(path, bytes) {
    let file: number | undefined;
    try {
      file = openSync(path, 'r');
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(file, buffer, 0, bytes, 0));
    } catch {
      return null;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  },
  read: readBounded,
  tail: readTail,
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  realpath(path) {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  },
});
