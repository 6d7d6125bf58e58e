/** Many URLs through `verify --targets` in this very process, and what that takes: memory, time, sockets, timers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { verifyTargets } from '../../src/cli/targets.js';
import { hostileServers } from './hostile-http.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

export interface TargetsSoak {
  seconds: number;
  code: number;
  statuses: Record<string, number>;
  roots: Record<string, number>;
  /** The most resident memory in each fifth of the run, megabytes. */
  rssMb: number[];
  /** Heap and external memory after a collection, behind a first short run and behind the whole, megabytes. */
  heapMb: [before: number, after: number];
  /** What keeps the event loop busy afterwards and did not before. */
  left: string[];
  /** Memory stays within bounds, and nothing is left. */
  clean: boolean;
}

/** Servers that are no target by themselves. */
const ASIDE = /^(?:proxy|tls|h2|stranger|recorder|echo)/;
const OPTIONS = {
  jobs: 8,
  headers: {},
  transport: 'streamable-http',
  failOn: 'degraded',
  quiet: true,
  investigate: { timeoutMs: 1_000 },
} as const;
/** Growth of the heap that is noise, and of the resident memory between the second fifth and the last. */
const MAX_HEAP_MB = 8;
const MAX_RSS_MB = 100;

const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10;

const used = (): number => {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return mb(heapUsed + external);
};

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

/** Kinds of what is open, each as often as it is. */
const open = (): string[] => process.getActiveResourcesInfo().sort();

function without(all: string[], known: string[]): string[] {
  const rest = [...known];
  return all.filter((kind) => {
    const i = rest.indexOf(kind);
    if (i >= 0) rest.splice(i, 1);
    return i < 0;
  });
}

export async function soakTargets(count: number, onDone: (done: number) => void = () => {}): Promise<TargetsSoak> {
  const servers = await hostileServers();
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-targets-'));
  const [list, output] = [join(folder, 'targets.txt'), join(folder, 'verdicts.jsonl')];
  const urls = servers.names.filter((name) => !ASIDE.test(name)).map((name) => servers.url(name));
  const rssMb: number[] = [];
  const fifth = Math.ceil(count / 5);
  const sampler = setInterval(() => {
    rssMb[rssMb.length - 1] = Math.max(rssMb.at(-1) ?? 0, mb(process.memoryUsage().rss));
  }, 20);
  try {
    // The first run loads what is loaded when it is needed.
    writeFileSync(list, urls.slice(0, 20).join('\n'));
    await verifyTargets(list, { ...OPTIONS, output });
    await settle();
    const before = used();
    const known = open();
    writeFileSync(list, Array.from({ length: count }, (_, i) => urls[i % urls.length]).join('\n'));
    const from = performance.now();
    rssMb.push(0);
    const code = await verifyTargets(list, {
      ...OPTIONS,
      output,
      onDone(done) {
        onDone(done);
        if (done % fifth === 0 && done < count) rssMb.push(0);
      },
    });
    const seconds = Math.round((performance.now() - from) / 100) / 10;
    await settle();
    const after = used();
    const left = without(open(), known);
    const statuses: Record<string, number> = {};
    const roots: Record<string, number> = {};
    for (const line of readFileSync(output, 'utf8').trimEnd().split('\n')) {
      const { status, root } = JSON.parse(line) as { status: string; root: { id: string } | null };
      statuses[status] = (statuses[status] ?? 0) + 1;
      roots[root?.id ?? 'none'] = (roots[root?.id ?? 'none'] ?? 0) + 1;
    }
    const growth = (rssMb.at(-1) ?? 0) - (rssMb[1] ?? 0);
    return {
      seconds,
      code,
      statuses,
      roots,
      rssMb,
      heapMb: [before, after],
      left,
      clean: left.length === 0 && after - before < MAX_HEAP_MB && growth < MAX_RSS_MB,
    };
  } finally {
    clearInterval(sampler);
    rmSync(folder, { recursive: true, force: true });
    await servers.stop();
  }
}
