/** The broken servers of test/servers: each file is one target, and its first line says what an SDK v1 client shows for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TargetSpec } from '../../src/probe/investigate.js';

export const FOLDER = fileURLToPath(new URL('../servers', import.meta.url));

export interface BrokenServer {
  file: string;
  /** The id in the file name: the cause that must be the root. */
  cause: string;
  clientSees: string;
}

interface EntryFile {
  clientSees: string;
  command?: string;
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
  url?: string;
  files?: Record<string, { text: string; mode?: string }>;
}

const RUNNERS: Record<string, string> = { mjs: process.execPath, py: 'python3', sh: 'sh' };

const sees = (file: string): string => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  if (file.endsWith('.json')) return (JSON.parse(text) as EntryFile).clientSees;
  return /client sees: (.+)/.exec(text.split('\n').slice(0, 3).join('\n'))?.[1]?.trim() ?? '';
};

/** Every broken server, by name. */
export const brokenServers = (): BrokenServer[] =>
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:mjs|py|sh|json)$/.test(entry.name))
    .map(({ name }) => ({ file: name, cause: name.split('.')[0] ?? '', clientSees: sees(name) }));

export interface Prepared {
  spec: Exclude<TargetSpec, { kind: 'entry' }>;
  stop(): Promise<void>;
}

/** Start what must be running, lay out what must lie there, and give the target that a user would have configured. */
export async function prepare({ file }: BrokenServer): Promise<Prepared> {
  if (file.endsWith('.http.mjs')) return startHttp(join(FOLDER, file));
  const extension = file.split('.').at(-1) ?? '';
  const runner = RUNNERS[extension];
  if (runner)
    return { spec: { kind: 'stdio', command: runner, args: [join(FOLDER, file)], env: {} }, stop: async () => {} };

  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
  const fill = (text: string) => text.replaceAll('${dir}', FOLDER).replaceAll('${tmp}', folder);
  const entry = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as EntryFile;
  for (const [name, { text, mode }] of Object.entries(entry.files ?? {})) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), fill(text), { mode: mode ? Number.parseInt(mode, 8) : 0o644 });
  }
  const stop = async () => rmSync(folder, { recursive: true, force: true });
  if (entry.url) return { spec: { kind: 'http', url: entry.url, headers: {} }, stop };
  return {
    spec: {
      kind: 'stdio',
      command: fill(entry.command ?? ''),
      args: (entry.args ?? []).map(fill),
      env: Object.fromEntries(Object.entries(entry.env ?? {}).map(([name, value]) => [name, fill(value)])),
      ...(entry.cwd && { cwd: fill(entry.cwd) }),
    },
    stop,
  };
}

async function startHttp(path: string): Promise<Prepared> {
  const child: ChildProcess = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  // A second word names the transport of the entry that points there.
  const [url, transport] = await new Promise<[string, 'sse' | undefined]>((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const found = /LISTENING (?<url>\S+)(?<sse> sse)?\n/.exec(said)?.groups;
      if (found?.url) resolve([found.url, found.sse ? 'sse' : undefined]);
    });
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code} before it listened`)));
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 1_000).unref();
    });
  return { spec: { kind: 'http', url, headers: {}, ...(transport && { transport }) }, stop };
}
