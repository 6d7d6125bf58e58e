/**
 * A server in a container: the engine starts it, so it is no child of ours, and it lives on when the engine's command is killed.
 * The run is marked with a label, which the server inside cannot see, so that exactly its container is found and removed.
 */
import type { ChildProcess } from 'node:child_process';
import { containerLine } from '../case/container-line.js';
import type { Entry } from './command.js';
import { MARK } from './process-tree.js';
import type { World } from './world.js';

const PATIENCE_MS = 10_000;
const MAX_BYTES = 20_000;
/** Engines whose `run` takes a label that their `ps` filters by. */
const KNOWN = /^(?:docker|podman|nerdctl|finch)$/;
const LABEL = MARK.toLowerCase().replaceAll('_', '-');

/** The engine's answer, or null when it did not answer well and in time. */
function ask(world: World, command: string, args: string[], env: Record<string, string>): Promise<string | null> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = world.spawn(command, args, { env });
    } catch {
      resolve(null);
      return;
    }
    let said = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const end = (answer: string | null) => {
      clearTimeout(timer);
      resolve(answer);
    };
    child.stdin?.on('error', () => {});
    child.stdin?.end();
    child.stderr?.resume();
    child.stdout?.on('data', (chunk: Buffer) => {
      if (said.length < MAX_BYTES) said += chunk.toString('utf8');
    });
    child.once('error', () => end(null));
    child.once('close', (code) => end(code === 0 ? said.trim() : null));
  });
}

export interface ContainerEnd {
  /** The engine says that the kernel ended it for want of memory. */
  oomKilled: boolean;
  /** Containers that still ran although the engine's command had ended. */
  leftRunning: string[];
}

/** One start of an entry that runs a container. */
export class ContainerRun {
  readonly args: string[];
  readonly #command: string;
  /** Options of the engine in front of the verb: a context, a host. */
  readonly #before: string[];
  readonly #filter: string;

  private constructor(entry: Entry, verbAt: number, run: string) {
    this.#command = entry.command;
    this.#before = entry.args.slice(0, verbAt);
    this.#filter = `label=${LABEL}=${run}`;
    this.args = [...entry.args.slice(0, verbAt + 1), '--label', `${LABEL}=${run}`, ...entry.args.slice(verbAt + 1)];
  }

  /** Null when the entry runs no container, or hides the engine behind a shell or compose: then nothing is added. */
  static of(entry: Entry, run: string): ContainerRun | null {
    const line = containerLine(entry);
    if (line?.verb !== 'run' || line.compose || line.verbAt === null || !KNOWN.test(line.engine)) return null;
    return new ContainerRun(entry, line.verbAt, run);
  }

  /** The engine's command has ended: see how the container ended, and remove what is left of it. */
  async end(env: Record<string, string>, world: World): Promise<ContainerEnd> {
    const engine = (...args: string[]) => ask(world, this.#command, [...this.#before, ...args], env);
    // `docker container run` has `container` in front; its `ps` and `rm` are the same words.
    const ids = (await engine('ps', '-aq', '--no-trunc', '--filter', this.#filter))?.split(/\s+/).filter(Boolean) ?? [];
    const end: ContainerEnd = { oomKilled: false, leftRunning: [] };
    for (const id of ids) {
      const state = await engine('inspect', '--format', '{{.State.OOMKilled}} {{.State.Running}}', id);
      const [oomKilled, running] = state?.split(' ') ?? [];
      end.oomKilled ||= oomKilled === 'true';
      if (running === 'true') end.leftRunning.push(id.slice(0, 12));
      await engine('rm', '-f', id);
    }
    return end;
  }
}
