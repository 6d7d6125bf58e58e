/** A part of a set-up: a real program in the foreground, with a folder of its own, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_MS = 20_000;
const TERM_MS = 1_500;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Part {
  /** Everything it has printed. */
  said(): string;
  alive(): boolean;
  stop(): Promise<void>;
}

/** A port that nobody listens on, of both families of loopback. */
export const freePort = (host = '127.0.0.1'): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const listens = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });

export const temporaryFolder = (what: string): string => mkdtempSync(join(tmpdir(), `mcp-verdict-${what}-`));
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

export interface PartOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** A port it opens, or what it prints, when it is ready. */
  ready: { host: string; port: number } | RegExp;
}

/** Start a program and wait until it serves. Fails with its own words. */
export async function startPart(command: string, args: string[], options: PartOptions): Promise<Part> {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  let text = '';
  let gone = false;
  const read = (chunk: Buffer) => {
    text += chunk.toString('utf8');
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.once('error', (error) => {
    text += error.message;
    gone = true;
  });
  child.once('exit', () => {
    gone = true;
  });
  const part: Part = {
    said: () => text,
    alive: () => !gone,
    async stop() {
      if (gone) return;
      child.kill('SIGTERM');
      for (let waited = 0; waited < TERM_MS && !gone; waited += 10) await wait(10);
      if (!gone) child.kill('SIGKILL');
    },
  };
  const { ready } = options;
  const serves = async () => (ready instanceof RegExp ? ready.test(text) : listens(ready.host, ready.port));
  const until = Date.now() + READY_MS;
  while (!(await serves())) {
    if (gone || Date.now() > until) {
      await part.stop();
      throw new Error(`${command} ${args.join(' ')} does not serve:\n${text}`);
    }
    await wait(20);
  }
  return part;
}

/** Parts that belong together: stopped in the reverse order of their start. */
export class Stage {
  private readonly parts: { stop(): Promise<void> }[] = [];

  async add<P extends { stop(): Promise<void> }>(starting: Promise<P>): Promise<P> {
    const part = await starting;
    this.parts.push(part);
    return part;
  }

  async stop(): Promise<void> {
    for (const part of this.parts.splice(0).reverse()) await part.stop();
  }
}
