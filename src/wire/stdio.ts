/**
 * The stdio transport on the raw wire. Keeps apart what an SDK client throws together as "Connection closed": exit status,
 * end of stdout, a broken stdin, stray bytes, and their order in time.
 */
import type { ChildProcess } from 'node:child_process';
import type { Evidence, SystemError } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Answer, Channel, Outcome, RequestOptions } from './channel.js';
import { type FramedLine, LineFramer, markPrettyPrinted } from './framing.js';
import { HeadAndTail } from './head-and-tail.js';
import type { Request, RequestId, Response } from './json-rpc.js';

const STRAYS_KEPT = 50;
const STRAY_TEXT = 500;
/** The default limit of line readers in Python's asyncio and Go's bufio.Scanner. */
const SHORT_LIMIT_BYTES = 64 * 1024;
/** After the exit of the process, output that grandchildren keep open is waited for this long. */
const DRAIN_MS = 100;

interface Pending {
  method: string;
  since: number;
  settle(outcome: Outcome): void;
}

type Stray = Evidence['stdout']['strays'][number];
type Remark = NonNullable<Evidence['stdout']['remarks']>[number];

export class StdioChannel implements Channel {
  readonly #child: ChildProcess;
  readonly #timeline: Timeline;
  readonly #framer = new LineFramer();
  readonly #errors = new HeadAndTail();
  readonly #pending = new Map<RequestId, Pending>();
  readonly #answered = new Set<RequestId>();
  /** Requests we stopped waiting for: a reply that still comes is late, not wrong. */
  readonly #expired = new Set<RequestId>();
  #strays: Stray[] = [];
  readonly #remarks = new Map<Remark['kind'], Remark>();
  #longestBytes = 0;
  /** Method of the request that was answered last. */
  #lastAnswered: string | undefined;
  #initialized = false;
  #strayCount = 0;
  #messages = 0;
  #nextId = 1;
  #firstByteAtMs: number | undefined;
  #stdoutEndAtMs: number | undefined;
  #stderrEnded = false;
  #settled: () => void = () => {};
  /** When we asked the server to end. */
  #askedAtMs: number | undefined;
  /** Time of the last byte on any stream: silence is counted from here. */
  lastSignAtMs: number;
  spawnError: SystemError | undefined;
  epipeAtMs: number | undefined;
  exit: Evidence['process']['exit'];
  /** Called at once for every stray line that is kept: who has stdout open can be seen at this moment only. */
  onStray: (stray: Stray) => void = () => {};
  /** Methods that were waiting for an answer when the process ended. */
  pendingAtExit: string[] = [];
  /** Resolves when nothing more can come: the process is gone and its output is drained, or it never started. */
  readonly ended: Promise<void>;
  /** Answers what the server asks. We declare no capability unless we play a client that does, so only ping is due. */
  /** Methods of requests that came when stdin was closed already: nobody can answer them any more. The first five. */
  readonly askedTooLate: string[] = [];
  #stdinClosed = false;
  answer: (request: Request) => Promise<Answer> = async ({ method }) =>
    method === 'ping' ? { result: {} } : { error: { code: -32601, message: 'Method not found' } };

  constructor(child: ChildProcess, timeline: Timeline) {
    this.#child = child;
    this.#timeline = timeline;
    this.lastSignAtMs = timeline.now();
    this.ended = new Promise((resolve) => {
      this.#settled = resolve;
    });
    // A child with a pid runs already; the event of that name comes when the loop has time for it.
    if (child.pid !== undefined) timeline.add('spawned', `pid ${child.pid}`);
    child.once('error', (error: NodeJS.ErrnoException) => this.#onSpawnError(error));
    child.once('exit', (code, signal) => this.#onExit(code, signal));
    child.stdout?.on('data', (chunk: Buffer) => this.#onStdout(chunk));
    child.stdout?.once('end', () => this.#onStdoutEnd());
    child.stdout?.on('error', () => {});
    child.stderr?.on('data', (chunk: Buffer) => {
      this.lastSignAtMs = timeline.now();
      this.#errors.push(chunk, this.lastSignAtMs, (text) => timeline.add('stderr', text));
    });
    child.stderr?.once('end', () => {
      this.#errors.end(timeline.now(), (text) => timeline.add('stderr', text));
      this.#stderrEnded = true;
      this.#maybeSettled();
    });
    child.stderr?.on('error', () => {});
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      if (this.epipeAtMs !== undefined) return;
      this.epipeAtMs = timeline.now();
      timeline.add('stdin-broken', error.code ?? error.message);
    });
  }

  get open(): boolean {
    return !this.exit && !this.spawnError && this.#stdoutEndAtMs === undefined;
  }

  get bytesOnStdout(): number {
    return this.#framer.total;
  }

  agreed(): void {}

  request(
    method: string,
    params: Record<string, unknown> | undefined,
    { timeoutMs }: RequestOptions,
  ): Promise<Outcome> {
    const id = this.#nextId++;
    const since = this.#timeline.now();
    const ms = () => this.#timeline.now() - since;
    if (!this.open) return Promise.resolve({ kind: 'closed', ms: 0 });
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ kind: 'unanswered', ms: ms() }), timeoutMs);
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        if (outcome.kind === 'unanswered') this.#expired.add(id);
        resolve(outcome);
      };
      this.#pending.set(id, { method, since, settle });
      this.#write({ jsonrpc: '2.0', id, method, ...(params && { params }) });
      this.#timeline.add('sent', `${method} (id ${id})`);
    });
  }

  async notify(method: string, params: Record<string, unknown> | undefined): Promise<void> {
    if (!this.open) return;
    this.#write({ jsonrpc: '2.0', method, ...(params && { params }) });
    this.#timeline.add('sent', method);
    if (method === 'notifications/initialized') this.#initialized = true;
  }

  /** Give up on every pending request: nobody waits any more. */
  abandon(): void {
    for (const { since, settle } of [...this.#pending.values()])
      settle({ kind: 'unanswered', ms: this.#timeline.now() - since });
  }

  /** Close stdin: the polite request to end. Whatever ends from now on, ends because of us. */
  closeStdin(): void {
    if (!this.exit) this.#askedAtMs ??= this.#timeline.now();
    this.#stdinClosed = true;
    this.#timeline.add('stdin-closed', 'by mcp-verdict');
    this.#child.stdin?.end();
  }

  /** A signal was sent: an exit that follows is ours. */
  noteSignal(signal: string): void {
    if (!this.exit) this.#askedAtMs ??= this.#timeline.now();
    this.#timeline.add('signal-sent', signal);
  }

  stderr(): Evidence['stderr'] {
    return this.#errors.evidence();
  }

  stdout(): Evidence['stdout'] {
    const rest = this.#framer.rest();
    const strays = [...this.#strays];
    if (rest?.stray && strays.length < STRAYS_KEPT) strays.push(this.#strayOf(rest));
    const { exit } = this;
    // A server that we asked to end closes its stdout because of us.
    const aliveUntil = Math.min(exit?.atMs ?? this.#timeline.now(), this.#askedAtMs ?? Number.POSITIVE_INFINITY);
    return {
      bytes: this.#framer.total,
      messages: this.#messages,
      firstByteAtMs: this.#firstByteAtMs,
      strays: markPrettyPrinted(strays),
      strayCount: this.#strayCount + (rest?.stray ? 1 : 0),
      remarks: this.#remarks.size ? [...this.#remarks.values()] : undefined,
      longestBytes: this.#longestBytes || undefined,
      endAtMs: this.#stdoutEndAtMs,
      endedWhileAlive: this.#stdoutEndAtMs !== undefined && aliveUntil - this.#stdoutEndAtMs > 50,
    };
  }

  #write(message: object): void {
    // After our own end of stdin a write would fail, and look as if the server had broken the pipe.
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #onSpawnError(error: NodeJS.ErrnoException): void {
    // After a successful spawn the event reports a failed kill: no news for the case.
    if (this.#child.pid !== undefined) return;
    this.spawnError = {
      code: error.code ?? 'UNKNOWN',
      message: error.message,
      syscall: error.syscall,
      path: error.path,
    };
    this.#timeline.add('spawn-failed', error.message);
    this.#closeAll();
    this.#settled();
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const atMs = this.#timeline.now();
    this.exit = { code, signal, atMs, by: this.#askedAtMs === undefined ? 'itself' : 'us' };
    this.#timeline.add('exit', signal ? `signal ${signal}` : `code ${code}`);
    this.#maybeSettled();
    // After a busy stretch the timer comes before the pipes: one more round of the loop reads what lies in them.
    setTimeout(() => {
      setImmediate(() => {
        this.#closeAll();
        this.#settled();
      });
    }, DRAIN_MS).unref();
  }

  #maybeSettled(): void {
    if (!this.exit || this.#stdoutEndAtMs === undefined || !this.#stderrEnded) return;
    this.#closeAll();
    this.#settled();
  }

  #closeAll(): void {
    for (const { method, since, settle } of [...this.#pending.values()]) {
      // Noted here and not at the exit: a reply may still be on its way through the pipe.
      if (!this.spawnError) this.pendingAtExit.push(method);
      settle({ kind: 'closed', ms: this.#timeline.now() - since });
    }
  }

  #onStdoutEnd(): void {
    this.#stdoutEndAtMs = this.#timeline.now();
    this.#timeline.add('stdout-end');
    this.#maybeSettled();
    // stdout alone has ended: no reply can come any more, though the process may live on.
    setTimeout(() => setImmediate(() => this.#closeAll()), DRAIN_MS).unref();
  }

  #onStdout(chunk: Buffer): void {
    this.lastSignAtMs = this.#timeline.now();
    this.#firstByteAtMs ??= this.lastSignAtMs;
    for (const line of this.#framer.push(chunk)) this.#onLine(line);
  }

  #strayOf({ stray, line, offset, text, why }: FramedLine): Stray {
    // What stands between messages is named with its place in the conversation.
    const foreign = (stray === 'not-json' && !why?.startsWith('a message starts')) || stray === 'json-not-rpc';
    const when = this.#lastAnswered ? `after the reply to ${this.#lastAnswered}` : 'before the first reply';
    return {
      kind: stray ?? 'not-json',
      line,
      offset,
      atMs: this.#timeline.now(),
      text: text.slice(0, STRAY_TEXT),
      why: foreign && why ? `${why}, written ${when}` : why,
    };
  }

  #addStray(line: FramedLine): void {
    this.#strayCount++;
    this.#timeline.add('stray', line.text.slice(0, 200));
    if (this.#strays.length >= STRAYS_KEPT) return;
    const stray = this.#strayOf(line);
    this.#strays.push(stray);
    this.onStray(stray);
  }

  #remark(kind: Remark['kind'], { line, offset, text }: FramedLine, why: string): void {
    const known = this.#remarks.get(kind);
    if (known) known.count++;
    else this.#remarks.set(kind, { kind, line, offset, text: text.slice(0, 200), why, count: 1 });
  }

  /** A line that is a message: what is allowed about it, and yet worth a word. */
  #onMessage(line: FramedLine): void {
    this.#messages++;
    this.#longestBytes = Math.max(this.#longestBytes, line.bytes);
    if (line.crlf) this.#remark('crlf', line, 'the line ends with CR LF; clients accept it');
    if (line.bytes > SHORT_LIMIT_BYTES)
      this.#remark(
        'long-line',
        line,
        `the message has ${line.bytes} bytes; readers that stop at 64 KiB (asyncio in Python, bufio.Scanner in Go) cannot take it`,
      );
  }

  #onLine(line: FramedLine): void {
    const { reading } = line;
    if (line.stray) this.#addStray(line);
    else if (line.text !== '') this.#onMessage(line);
    if (!reading) return;
    if (reading.type === 'invalid' && reading.id !== undefined) {
      const pending = this.#pending.get(reading.id);
      pending?.settle({ kind: 'invalid', problems: reading.problems, ms: this.#timeline.now() - pending.since });
      return;
    }
    if (reading.type === 'request') {
      const { method, id } = reading.message;
      this.#timeline.add('received', `${method} (request)`);
      if (method !== 'ping' && !this.#initialized)
        this.#remark('early-request', line, `the request ${method.slice(0, 60)} came before notifications/initialized`);
      if (this.#stdinClosed) {
        if (this.askedTooLate.length < 5) this.askedTooLate.push(method.slice(0, 60));
        return;
      }
      // Silence would make a polite server wait.
      void this.answer(reading.message).then((reply) => this.#write({ jsonrpc: '2.0', id, ...reply }));
      return;
    }
    if (reading.type === 'notification') this.#timeline.add('received', reading.message.method);
    if (reading.type === 'response') this.#onResponse(line, reading.message);
  }

  #onResponse(line: FramedLine, message: Response): void {
    const { id } = message;
    this.#timeline.add('received', `reply to id ${JSON.stringify(id)}`);
    const pending = id === null ? undefined : this.#pending.get(id);
    if (pending && id !== null) {
      this.#settleReply(pending, id, message);
      return;
    }
    if (id !== null && this.#expired.has(id)) return;
    // SDK clients compare Number(id), so they take "1" for 1; the specification wants the same value and type.
    const number = typeof id === 'string' ? Number(id) : Number.NaN;
    const meant = this.#pending.get(number);
    // The line itself was in order, so it was counted.
    if (!line.stray) this.#messages--;
    this.#addStray({ ...line, stray: 'rpc-invalid', why: this.#whyUnexpected(message, meant ? number : null) });
    if (meant) this.#settleReply(meant, number, message);
  }

  #settleReply({ method, since, settle }: Pending, id: RequestId, { error, result }: Response): void {
    const ms = this.#timeline.now() - since;
    this.#answered.add(id);
    this.#lastAnswered = method;
    settle(error ? { kind: 'rpc-error', error, ms } : { kind: 'result', result: result ?? {}, ms });
  }

  /** Why a reply fits no pending request. `meant` is the number a string id spells, when that is pending. */
  #whyUnexpected({ id, error }: Response, meant: number | null): string {
    if (id === null)
      return `an error without an id: the server could not read a request (${error?.code}: ${error?.message.slice(0, 80)})`;
    if (meant !== null)
      return `the reply carries the string id ${JSON.stringify(id)}; the request had the number ${meant}`;
    if (this.#answered.has(id)) return `a second reply to id ${JSON.stringify(id)}`;
    return `a reply to id ${JSON.stringify(id)}, which nobody asked`;
  }
}
