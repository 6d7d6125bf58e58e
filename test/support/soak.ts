/** Many runs of verify over the broken stdio servers, and what they leave behind: processes, files, handles, memory. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { investigate } from '../../src/probe/investigate.js';
import { bearersOf } from '../../src/probe/proc.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { cli } from './cli.js';
import { type BrokenServer, brokenServers, prepare } from './servers.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** A variable that clients pass on to servers: with a value of our own it marks everything that descends from a run. */
export const SIGN = 'LOGNAME';

export interface Soak {
  runs: number;
  throughCli: number;
  /** Ids of the roots that were found, with how often. */
  roots: Record<string, number>;
  /** Processes that descend from a run and are still there. */
  processes: number[];
  /** What lies in the temp folder. */
  files: string[];
  /** Open file descriptors, and what keeps the event loop busy, after the first fifth and at the end. */
  descriptors: [before: number, after: number];
  resources: [before: string[], after: string[]];
  /** Heap and external memory in use after a collection, megabytes: after the first fifth, then after each further one. */
  memoryMb: number[];
  seconds: number;
}

const used = (): number => {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1e5) / 10;
};

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

/** Those that start without a registry and without a network. */
const localOnes = (): BrokenServer[] =>
  brokenServers().filter(({ file }) => !/\.http\.|^(?:install|network|http|auth|edge)-/.test(file));

/** Run verify `runs` times, every fifth time through the real command line. */
export async function soak(runs: number, onRun: (done: number, server: string) => void = () => {}): Promise<Soak> {
  const from = performance.now();
  const temp = mkdtempSync(join(tmpdir(), 'mcp-verdict-soak-'));
  const realTemp = process.env.TMPDIR;
  process.env.TMPDIR = temp;
  const sign = `soak-${process.pid}-${Date.now()}`;
  const realName = process.env[SIGN];
  process.env[SIGN] = sign;
  const servers = localOnes();
  const roots: Record<string, number> = {};
  const memoryMb: number[] = [];
  let descriptors = 0;
  let resources: string[] = [];
  let throughCli = 0;
  const measure = async () => {
    await settle();
    memoryMb.push(used());
  };
  try {
    // The runtime compiles every pattern twice: for texts of one byte a character, and again for the first text with another
    // character. That is paid once, and is no growth.
    const wide = servers.find(({ file }) => file.includes('utf-16'));
    if (wide) {
      const { spec, stop } = await prepare(wide);
      if (spec.kind === 'stdio') diagnose(await investigate(spec, { timeoutMs: 1_000, quick: true }));
      await stop();
    }
    for (let run = 0; run < runs; run++) {
      const server = servers[run % servers.length] as BrokenServer;
      const { spec, stop } = await prepare(server);
      try {
        if (spec.kind !== 'stdio') continue;
        // Pollution asks for a second start, which leaves the most to clean up.
        const quick = !server.file.startsWith('stdio-polluted');
        let root: string | undefined;
        if (run % 5 === 4) {
          throughCli++;
          const { command, args, env, cwd } = spec;
          const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
          const flags = ['--format', 'json', '--timeout', '1', ...(quick ? ['--quick'] : [])];
          const where = cwd ? ['--cwd', cwd] : [];
          const { stdout } = await cli(['verify', ...flags, ...variables, ...where, '--', command, ...args]);
          root = (JSON.parse(stdout) as { verdict?: { root?: { id: string } }; root?: { id: string } }).root?.id;
        } else root = diagnose(await investigate(spec, { timeoutMs: 1_000, quick })).root?.id;
        roots[root ?? 'none'] = (roots[root ?? 'none'] ?? 0) + 1;
      } finally {
        await stop();
      }
      onRun(run + 1, server.file);
      if ((run + 1) % Math.ceil(runs / 5) === 0 || run + 1 === runs) {
        await measure();
        if (memoryMb.length === 1) {
          descriptors = readdirSync('/proc/self/fd').length;
          resources = process.getActiveResourcesInfo().sort();
        }
      }
    }
    return {
      runs,
      throughCli,
      roots,
      processes: bearersOf(SIGN, sign).map(({ pid }) => pid),
      files: readdirSync(temp),
      descriptors: [descriptors, readdirSync('/proc/self/fd').length],
      resources: [resources, process.getActiveResourcesInfo().sort()],
      memoryMb,
      seconds: Math.round((performance.now() - from) / 1_000),
    };
  } finally {
    restore('TMPDIR', realTemp);
    restore(SIGN, realName);
    rmSync(temp, { recursive: true, force: true });
  }
}
