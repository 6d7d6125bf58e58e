/** Ask a program one question: start it, read what it says, and end it and all it started within a limit of time. */
import type { ChildProcess } from 'node:child_process';
import { MARK, ProcessTree } from './process-tree.js';
import type { World } from './world.js';

const MAX_BYTES = 1_000_000;

export interface Answer {
  /** stdout, and behind it stderr, each as far as it came in time. */
  stdout: string;
  stderr: string;
  /** Null when it was ended by a signal, or by us. */
  code: number | null;
}

let asked = 0;

/** What a program says; null when it could not be started. Its stdin is at its end from the beginning. */
export async function ask(
  program: string,
  args: string[],
  options: { env: Record<string, string>; cwd?: string; limitMs: number },
  world: World,
): Promise<Answer | null> {
  const mark = `${process.pid}.${Date.parse(world.date())}.ask${++asked}`;
  let child: ChildProcess;
  try {
    child = world.spawn(program, args, { cwd: options.cwd, env: { ...options.env, [MARK]: mark } });
  } catch {
    return null;
  }
  const tree = new ProcessTree(child, mark, world.now);
  const collect = (stream: NodeJS.ReadableStream | null): (() => string) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream?.on('data', (chunk: Buffer) => {
      if (bytes < MAX_BYTES) chunks.push(chunk);
      bytes += chunk.length;
    });
    stream?.on('error', () => {});
    return () => Buffer.concat(chunks).toString('utf8');
  };
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin?.on('error', () => {});
  child.stdin?.end();
  const answer = await new Promise<Answer | null>((resolve) => {
    const done = (code: number | null) => resolve({ stdout: stdout(), stderr: stderr(), code });
    const timer = setTimeout(() => done(null), options.limitMs);
    child.once('error', () => {
      clearTimeout(timer);
      resolve(null);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      done(code);
    });
  });
  tree.killNow();
  tree.release();
  // Pipes that somebody else holds would keep us alive.
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
  return answer;
}
