/** What Linux tells about processes in /proc. On other systems every function here finds nothing. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  ppid: number;
  /** Start time in clock ticks since boot: together with the pid it names one process for good. */
  started: number;
  /** User and system time used, milliseconds. */
  cpuMs: number;
  rssBytes: number;
  /** False for a zombie, which only waits to be collected by its parent. */
  alive: boolean;
}

/** sysconf(_SC_CLK_TCK) is 100 on every Linux that Node.js runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

const attempt = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    // The process ended in between, or belongs to somebody else.
    return null;
  }
};

const pids = (): number[] =>
  (attempt(() => readdirSync('/proc')) ?? []).filter((name) => /^\d+$/.test(name)).map(Number);

/** A line of /proc/<pid>/stat is shorter. Used again for each: every look reads hundreds of them. */
const LINE = Buffer.alloc(4_096);

function shortText(path: string): string | null {
  return attempt(() => {
    const file = openSync(path, 'r');
    try {
      return LINE.toString('latin1', 0, readSync(file, LINE, 0, LINE.length, 0));
    } finally {
      closeSync(file);
    }
  });
}

export function processInfo(pid: number): ProcessInfo | null {
  const stat = shortText(`/proc/${pid}/stat`);
  if (!stat) return null;
  // The second field is the name in parentheses and may hold anything; the rest is split behind its end. See proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (n: number) => Number(fields[n - 3]);
  return {
    pid,
    ppid: field(4),
    started: field(22),
    cpuMs: (field(14) + field(15)) * MS_PER_TICK,
    rssBytes: field(24) * PAGE_BYTES,
    alive: fields[0] !== 'Z' && fields[0] !== 'X',
  };
}

const everyProcess = (): ProcessInfo[] => pids().flatMap((pid) => processInfo(pid) ?? []);

/** So long a look at all processes serves for every family that is watched at the same time, milliseconds. */
const SHARED_MS = 20;
let shared = { at: Number.NEGATIVE_INFINITY, all: [] as ProcessInfo[] };

/** All processes, as they were a moment ago at most. Whoever looks again later than that looks for himself. */
function recentProcesses(): ProcessInfo[] {
  const [seconds, nanoseconds] = process.hrtime();
  const now = seconds * 1_000 + nanoseconds / 1_000_000;
  if (now - shared.at > SHARED_MS) shared = { at: now, all: everyProcess() };
  return shared.all;
}

/** A process and all that descend from it, as far as the chain of parents leads. */
export function familyOf(root: number): ProcessInfo[] {
  if (process.platform !== 'linux') return [];
  const all = recentProcesses();
  const family = new Set([root]);
  // Parents usually have lower pids than their children, but pids wrap: repeat until nothing is added.
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const { pid, ppid } of all) if (family.has(ppid)) family.add(pid);
  }
  return all.filter(({ pid }) => family.has(pid));
}

/**
 * Live processes whose environment holds `NAME=value`: finds those that left the family by a double fork. `since` is the start of the
 * first that could hold it (`ProcessInfo.started`); what is older is passed over.
 */
export function bearersOf(name: string, value: string, since = 0): ProcessInfo[] {
  if (process.platform !== 'linux') return [];
  const mark = `${name}=${value}`;
  return everyProcess().filter(({ pid, started, alive }) => {
    if (pid === process.pid || started < since || !alive) return false;
    const environment = attempt(() => readFileSync(`/proc/${pid}/environ`, 'latin1'));
    return environment?.split('\0').includes(mark) === true;
  });
}

const baseName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** Programs whose first argument is the program that counts. */
const INTERPRETER = /^(?:node|python[\d.]*|ruby|perl|php|bash|dash|sh|zsh)$/;

/**
 * How a process is called: its program, and for an interpreter the script it runs. Arguments are left out, they may hold
 * secrets. Null where that cannot be told.
 */
export function nameOfProcess(pid: number): string | null {
  const words = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.split('\0') ?? [];
  const [program = '', script = ''] = words;
  // A program that renamed itself (npm does) is one text; a kernel thread has none.
  if (program === '') return attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  const name = baseName(program.startsWith('/') ? program : (program.split(' ')[0] ?? program));
  return (INTERPRETER.test(name) && script && !script.startsWith('-') ? `${name} ${baseName(script)}` : name).slice(
    0,
    80,
  );
}

/** Where file descriptor 1 of a process leads: processes with the same text write to the same pipe. */
export const stdoutOf = (pid: number): string | null => attempt(() => readlinkSync(`/proc/${pid}/fd/1`));

/** How long ago a process was started, milliseconds. */
export function ageOf({ started }: ProcessInfo): number | null {
  const uptime = attempt(() => readFileSync('/proc/uptime', 'latin1'));
  return uptime === null ? null : Number.parseFloat(uptime) * 1_000 - started * MS_PER_TICK;
}

/** What file descriptor 0 of a process leads to. */
export function stdinOf(pid: number): 'pipe' | 'null' | 'file' | 'other' | null {
  const target = attempt(() => readlinkSync(`/proc/${pid}/fd/0`));
  if (target === null) return null;
  if (target.startsWith('pipe:') || target.startsWith('socket:')) return 'pipe';
  if (target === '/dev/null') return 'null';
  return target.startsWith('/dev/') ? 'other' : 'file';
}

/** IPv4 and IPv6 addresses in /proc/net/tcp are hexadecimal, each 32-bit word in host byte order. */
function addressOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)?.flatMap((word) => word.match(/../g)?.reverse() ?? []) ?? [];
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  return bytes.every((byte) => byte === '00') ? '::' : `[${bytes.join('')}]`.replace(/^\[0{30}01\]$/, '::1');
}

/** TCP ports on which any of the processes listens. */
export function listeningOf(processes: ProcessInfo[]): { address: string; port: number }[] {
  const inodes = new Set(
    processes.flatMap(({ pid }) =>
      (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd) => {
        const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
        return /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1] ?? [];
      }),
    ),
  );
  const LISTEN = '0A';
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    (attempt(() => readFileSync(table, 'latin1')) ?? '')
      .split('\n')
      .slice(1)
      .flatMap((row) => {
        const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
        const [hex = '', port = ''] = local.split(':');
        if (state !== LISTEN || !inodes.has(inode)) return [];
        return [{ address: addressOf(hex), port: Number.parseInt(port, 16) }];
      }),
  );
}
