/** A local server: started as an MCP client starts it, talked to over stdio, watched, and ended for certain. */
import type { ChildProcess } from 'node:child_process';
import type { Era, Evidence } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';
import type { ClientInfo } from '../wire/revisions.js';
import { StdioChannel } from '../wire/stdio.js';
import { readCatalog, type Talk } from './catalog.js';
import type { Entry } from './command.js';
import { ContainerRun } from './container.js';
import { type Opening, openDiscover, openInitialize } from './handshake.js';
import { launcherAlone, type Patience, patienceFor } from './patience.js';
import { MARK, ProcessTree } from './process-tree.js';
import { StdoutHolders } from './who-held.js';
import type { World } from './world.js';

const POLL_MS = 250;
/** CPU time within one poll that counts as work: a sleeping runtime wakes up now and then. */
const BUSY_MS = 20;
/** First looks at a young process: one that dies after 50 ms must have been looked at before. */
const EARLY_LOOKS_MS = [12, 40, 120];

export interface ProcessOptions {
  entry: Entry;
  /** The whole environment of the server. */
  env: Record<string, string>;
  clientInfo: ClientInfo;
  timeoutMs?: number;
  /** How long the server may take to end after the end of stdin before it is signalled, milliseconds. */
  graceMs: number;
  /** Open with `server/discover` instead of `initialize`. */
  modern?: boolean;
  /** The part of a client that is played. */
  opening?: Opening;
  /** A start that the user said to be slow is waited for so long in silence, milliseconds. */
  idleMs?: number;
  /** Called while the conversation is still open, when every list was read. */
  beforeEnd?(talk: Talk, opened: Era): Promise<void>;
  /** A folder that must not outlive this start, whatever becomes of us. */
  scratch?: string;
  signal?: AbortSignal;
  progress(text: string): void;
}

/** Give up on the channel when the server has been silent and idle for too long. Returns a function that ends the watch. */
function watchSilence(
  channel: StdioChannel,
  tree: ProcessTree,
  command: string,
  patience: Patience,
  world: World,
  timelineStart: number,
) {
  let lastCpu = 0;
  let busyAt = world.now() - timelineStart;
  const timer = setInterval(() => {
    const now = world.now() - timelineStart;
    const { cpuMs, size } = tree.sample();
    if (cpuMs - lastCpu >= BUSY_MS) busyAt = now;
    lastCpu = cpuMs;
    const since = Math.max(channel.lastSignAtMs, busyAt);
    const limit = launcherAlone(command, size) ? patience.launcherIdleMs : patience.idleMs;
    // The last look comes before the limit, not after it.
    if (now - since < limit - POLL_MS) return;
    channel.abandon();
  }, POLL_MS);
  const silenceNow = () => ({
    waitedMs: world.now() - timelineStart - channel.lastSignAtMs,
    busy: busyAt > channel.lastSignAtMs + 1_000,
  });
  return { silenceNow, stop: () => clearInterval(timer) };
}

let runs = 0;

/** Tells the processes of one run from all others on the machine: our pid, the time, and a count. */
const markOfRun = (world: World): string => `${process.pid}.${Date.parse(world.date())}.${++runs}`;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const exitTime = (channel: StdioChannel): number => channel.exit?.atMs ?? 0;

/** stdin EOF, then SIGTERM, then SIGKILL (specification, lifecycle: shutdown), each given `graceMs`. */
async function shutDown(
  channel: StdioChannel,
  tree: ProcessTree,
  graceMs: number,
  now: () => number,
): Promise<Evidence['process']['shutdown']> {
  if (channel.exit) return undefined;
  const from = now();
  const gone = async () => {
    await Promise.race([channel.ended, wait(graceMs)]);
    return channel.exit !== undefined;
  };
  const asked = () => channel.askedTooLate.length > 0 && { asked: [...channel.askedTooLate] };
  channel.closeStdin();
  // The last look at the family, while the server is busy ending.
  tree.sample();
  if (await gone()) return { eofToExitMs: exitTime(channel) - from, waitedMs: graceMs, needed: 'eof' };
  channel.noteSignal('SIGTERM');
  tree.signal('SIGTERM');
  if (await gone()) return { eofToExitMs: null, waitedMs: graceMs, needed: 'sigterm', ...asked() };
  channel.noteSignal('SIGKILL');
  tree.killNow();
  await gone();
  return { eofToExitMs: null, waitedMs: graceMs, needed: 'sigkill', ...asked() };
}

const notAsked = (why: string): Era => ({ status: 'not-asked', why });

/** The first messages. A process is asked in the second era only when that is how it was opened, or when it refused the first. */
async function openAs(
  channel: StdioChannel,
  { clientInfo, modern, opening }: ProcessOptions,
  timeoutMs: number,
): Promise<{ initialize: Era; discover: Era }> {
  const inOrder = () => openInitialize(channel, clientInfo, timeoutMs, opening?.revision, opening?.capabilities);
  const stateless = () => openDiscover(channel, clientInfo, timeoutMs, opening?.capabilities);
  if (modern)
    return { initialize: notAsked('this process was opened with server/discover'), discover: await stateless() };
  if (opening?.discovers) {
    const discover = await stateless();
    const why =
      discover.status === 'answered' ? 'the client keeps to server/discover' : 'server/discover was the end of it';
    return { initialize: discover.status === 'refused' && channel.open ? await inOrder() : notAsked(why), discover };
  }
  const initialize = await inOrder();
  // A server that refuses initialize may speak the stateless era only: the same process is asked, never a second one.
  if (initialize.status === 'refused' && channel.open) return { initialize, discover: await stateless() };
  const why =
    initialize.status === 'answered'
      ? 'a stdio server keeps to the era of the first message; --full starts it a second time and asks'
      : 'initialize got no answer';
  return { initialize, discover: notAsked(why) };
}

/**
 * Start the server, hold a whole conversation, end it, and note `process`, `stderr`, `stdout`, `handshake` and `catalog`.
 * Never throws for what the server does.
 */
export async function observeProcess(draft: CaseDraft, options: ProcessOptions, world: World): Promise<void> {
  const { entry, clientInfo, progress } = options;
  const startedAt = draft.now();
  const run = markOfRun(world);
  const container = ContainerRun.of(entry, run);
  let child: ChildProcess;
  try {
    child = world.spawn(entry.command, container?.args ?? entry.args, {
      cwd: entry.cwd,
      env: { ...options.env, [MARK]: run },
      ...(entry.bare && { bare: true }),
    });
  } catch (error) {
    // Some refusals come at once: EINVAL for a .cmd without a shell on Windows, E2BIG, a NUL byte in an argument.
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    const spawnError = { code: code ?? 'UNKNOWN', message, syscall, path: entry.command };
    draft.timeline.add('spawn-failed', message);
    draft.seen('process', { pid: null, spawnError, lifetimeMs: 0, pending: [] });
    for (const kind of ['stderr', 'stdout', 'handshake', 'catalog'] as const)
      draft.skipped(kind, 'the server could not be started');
    return;
  }
  const tree = new ProcessTree(child, run, () => draft.now(), options.scratch);
  const channel = new StdioChannel(child, draft.timeline);
  const holders = child.pid === undefined ? undefined : new StdoutHolders(child.pid);
  channel.onStray = (stray) => holders?.look(stray);
  const { opening } = options;
  if (opening) channel.answer = opening.answer;
  const patience = patienceFor(entry.command, options.timeoutMs);
  if (options.timeoutMs === undefined) patience.idleMs = Math.max(patience.idleMs, options.idleMs ?? 0);
  const watch = watchSilence(channel, tree, entry.command, patience, world, world.now() - draft.now());
  const looks = EARLY_LOOKS_MS.map((ms) => setTimeout(() => tree.sample(), ms));
  const onAbort = () => tree.killNow();
  options.signal?.addEventListener('abort', onAbort);
  const timeoutMs = patience.limitMs;
  try {
    progress(`started ${entry.command}, waiting for its first answer`);
    const { initialize, discover } = await openAs(channel, options, timeoutMs);
    const used =
      initialize.status === 'answered' ? 'initialize' : discover.status === 'answered' ? 'discover' : undefined;
    draft.seen('handshake', { initialize, discover, used }, draft.now() - startedAt);
    if (used) {
      progress('reading its tools, resources and prompts');
      const opened = used === 'initialize' ? initialize : discover;
      const from = draft.now();
      const talk: Talk = { channel, era: used, clientInfo, timeoutMs, capabilities: opening?.capabilities };
      draft.seen('catalog', await readCatalog(talk, opened), draft.now() - from);
      await options.beforeEnd?.(talk, opened);
    } else draft.skipped('catalog', 'the conversation was never opened');
    // A server may close its stdout and live on: its end is not waited for without a limit.
    if (!channel.open) await Promise.race([channel.ended, wait(options.graceMs)]);
  } finally {
    watch.stop();
    looks.forEach(clearTimeout);
    const mute = !channel.exit && !channel.spawnError && draft.get('handshake')?.used === undefined;
    const listening = mute ? tree.listening() : undefined;
    const silence = mute ? watch.silenceNow() : undefined;
    holders?.settle();
    const endOfTalk = draft.now();
    const shutdown = channel.spawnError ? undefined : await shutDown(channel, tree, options.graceMs, () => draft.now());
    options.signal?.removeEventListener('abort', onAbort);
    const leftBehind = tree.release();
    const contained = channel.spawnError ? undefined : await container?.end(options.env, world);
    const left = [...leftBehind, ...(contained?.leftRunning ?? [])];
    const process: Evidence['process'] = {
      pid: child.pid ?? null,
      spawnError: channel.spawnError,
      exit: channel.exit,
      lifetimeMs: channel.spawnError ? 0 : (channel.exit?.by === 'itself' ? channel.exit.atMs : endOfTalk) - startedAt,
      pending: channel.pendingAtExit,
      stdinIs: tree.stdin ?? undefined,
      epipeAtMs: channel.epipeAtMs,
      peakRssBytes: tree.peakRssBytes || undefined,
      listening,
      shutdown,
      leftBehind: left.length,
      leftBehindNames: left.length ? left.slice(0, 10) : undefined,
      samples: tree.samples(),
      oomKilled: contained?.oomKilled || undefined,
      silence,
    };
    draft.seen('process', process, draft.now() - startedAt);
    draft.seen('stderr', channel.stderr());
    draft.seen('stdout', channel.stdout());
    // Pipes that a surviving grandchild holds would keep us alive.
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  }
}
