/**
 * A process and everything it started: watched, and ended for certain. Three nets, one below the other: the process group
 * (POSIX) or taskkill /T (Windows); the family in /proc and a mark in the environment (Linux); and a watchdog that ends the
 * group when we ourselves are killed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { bearersOf, familyOf, listeningOf, nameOfProcess, type ProcessInfo, processInfo, stdinOf } from './proc.js';
import { Samples } from './samples.js';

/** Name of the environment variable that marks the processes of one run. */
export const MARK = 'MCP_VERDICT_RUN';

const running = new Set<ProcessTree>();

// The last net inside our own process: whatever way it ends, short of SIGKILL, nothing stays behind.
process.on('exit', () => {
  for (const tree of running) tree.killNow();
});

/** No `--` before the group: dash takes it for a process. Where there is no /proc, the loop finds nothing. */
const WATCH = `read -r word || {
  kill -KILL "-$1"
  [ -n "$3" ] && rm -rf "$3"
  for file in /proc/[0-9]*/environ; do
    pid=\${file#/proc/}
    grep -qs "$2" "$file" && kill -KILL "\${pid%/environ}"
  done
}`;

/**
 * A shell that waits for our death: its stdin is a pipe from us, and when that reaches its end without a word, we were
 * killed. POSIX only; on Windows a killed mcp-verdict leaves the server to its own end of stdin.
 */
function watchdog(group: number, mark: string, scratch: string): ChildProcess | null {
  if (process.platform === 'win32') return null;
  const dog = spawn('/bin/sh', ['-c', WATCH, 'mcp-verdict-watchdog', String(group), `${MARK}=${mark}`, scratch], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  dog.on('error', () => {});
  dog.stdin?.on('error', () => {});
  dog.unref();
  (dog.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return dog;
}

export class ProcessTree {
  readonly #child: ChildProcess;
  readonly #mark: string;
  readonly #watchdog: ChildProcess | null;
  /** Everything ever seen of the family, by pid. */
  readonly #known = new Map<number, ProcessInfo>();
  readonly #samples = new Samples();
  readonly #now: () => number;
  /** When the child was started, in ticks since boot; 0 where that cannot be told. */
  readonly #started: number;
  peakRssBytes = 0;
  stdin: ReturnType<typeof stdinOf> = null;

  /**
   * `mark` is the value of MCP_VERDICT_RUN in the child's environment, `now` the clock of the case. `scratch` is a folder
   * that must not outlive us.
   */
  constructor(child: ChildProcess, mark: string, now: () => number, scratch = '') {
    this.#child = child;
    this.#mark = mark;
    this.#now = now;
    this.#started = (child.pid !== undefined && processInfo(child.pid)?.started) || 0;
    this.#watchdog = child.pid === undefined ? null : watchdog(child.pid, mark, scratch);
    if (child.pid !== undefined) running.add(this);
  }

  /** Look at the family: CPU used so far and the number of live processes. Both 0 where that cannot be told. */
  sample(): { cpuMs: number; size: number } {
    const pid = this.#child.pid;
    if (pid === undefined) return { cpuMs: 0, size: 0 };
    const family = familyOf(pid);
    for (const info of family) this.#known.set(info.pid, info);
    const rss = family.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    this.peakRssBytes = Math.max(this.peakRssBytes, rss);
    // The youngest process is the server; those above it are launchers, which keep our pipe whatever they hand on.
    const youngest = family.filter(({ alive }) => alive).sort((a, b) => b.started - a.started || b.pid - a.pid)[0];
    if (youngest) this.stdin = stdinOf(youngest.pid) ?? this.stdin;
    // A process that has ended took its CPU time along: the sum over all ever seen never falls.
    const cpuMs = [...this.#known.values()].reduce((sum, info) => sum + info.cpuMs, 0);
    const size = family.filter(({ alive }) => alive).length;
    if (size > 0) this.#samples.add({ atMs: this.#now(), rssBytes: rss, cpuMs, processes: size });
    return { cpuMs, size };
  }

  /** Memory, CPU time and number of processes over time, as far as it was looked at. */
  samples(): ReturnType<Samples['list']> {
    return this.#samples.list();
  }

  listening(): { address: string; port: number }[] {
    return this.#child.pid === undefined ? [] : listeningOf(familyOf(this.#child.pid));
  }

  /** Send a signal to the whole group. On Windows every signal ends the tree. */
  signal(name: NodeJS.Signals): void {
    const pid = this.#child.pid;
    if (pid === undefined) return;
    if (process.platform === 'win32') {
      spawnSync('taskkill', ['/PID', String(pid), '/T', '/F'], { windowsHide: true });
      return;
    }
    try {
      process.kill(-pid, name);
    } catch {
      // ESRCH: the group is gone.
    }
  }

  /** Processes that outlived the main one. Zombies do not count: they only wait for init. */
  leftBehind(): ProcessInfo[] {
    const pid = this.#child.pid;
    const same = (info: ProcessInfo) => processInfo(info.pid)?.started === info.started && processInfo(info.pid)?.alive;
    const known = [...this.#known.values()].filter((info) => info.pid !== pid && same(info));
    const marked = bearersOf(MARK, this.#mark, this.#started).filter((info) => info.pid !== pid);
    return [...new Map([...known, ...marked].map((info) => [info.pid, info])).values()];
  }

  /** End all of it at once, without waiting. */
  killNow(left: ProcessInfo[] = this.leftBehind()): void {
    this.signal('SIGKILL');
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
  }

  /** The main process has ended and been judged: end what it left, and call the watchdog off. Returns the names of those. */
  release(): string[] {
    const left = this.leftBehind();
    const names = left.map(({ pid }) => nameOfProcess(pid) ?? 'unknown');
    this.killNow(left);
    // A word tells the watchdog that all is well. It must not be unread when we end, so its stdin is closed, too.
    this.#watchdog?.stdin?.end('done\n');
    running.delete(this);
    return names;
  }
}
