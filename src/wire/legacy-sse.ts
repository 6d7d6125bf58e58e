/**
 * HTTP+SSE (2024-11-05) as a channel: one GET stream carries everything the server says; its first event `endpoint` names the
 * address to which messages are posted.
 */
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Channel, Outcome, RequestOptions } from './channel.js';
import type { Connections } from './connections.js';
import { exchange } from './http-exchange.js';
import type { Reading, Request } from './json-rpc.js';
import { carriesCredentials, type HttpOptions } from './streamable-http.js';

/** How long the server may take to accept our answer to its question. */
const ANSWER_MS = 10_000;

export class LegacySseChannel implements Channel {
  readonly #options: HttpOptions;
  readonly #connections: Connections;
  readonly #timeline: Timeline;
  readonly #exchanges: Exchange[];
  readonly #stream = new AbortController();
  readonly #pending = new Map<number | string, (outcome: Outcome) => void>();
  #nextId = 1;
  #postTo: string | undefined;
  #ended: Promise<void> = Promise.resolve();
  open = false;

  constructor(options: HttpOptions, connections: Connections, timeline: Timeline, exchanges: Exchange[]) {
    this.#options = options;
    this.#connections = connections;
    this.#timeline = timeline;
    this.#exchanges = exchanges;
  }

  agreed(): void {}

  /** Open the stream. True when its first event named an endpoint on the same origin within the limit. */
  async connect(timeoutMs: number): Promise<boolean> {
    const { url, userAgent, headers } = this.#options;
    return new Promise<boolean>((resolve) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        resolve(false);
      }, timeoutMs);
      const whole = exchange(
        {
          purpose: 'open-sse-stream',
          method: 'GET',
          url,
          headers: { 'user-agent': userAgent, accept: 'text/event-stream', ...headers },
          timeoutMs: Math.max(timeoutMs, 60_000),
          credentials: carriesCredentials(this.#options),
          signal: AbortSignal.any([this.#stream.signal, ...(this.#options.signal ? [this.#options.signal] : [])]),
          listens: true,
          onMessage: (reading) => this.#onMessage(reading),
          onEvent: ({ event, data }) => {
            if (event !== 'endpoint') return false;
            const target = URL.canParse(data, url) ? new URL(data, url) : null;
            // SDK clients refuse another origin; following it would carry credentials to a stranger.
            this.open = target?.origin === new URL(url).origin;
            this.#postTo = this.open ? target?.href : undefined;
            clearTimeout(timer);
            resolve(this.open);
            return false;
          },
        },
        this.#connections,
        this.#timeline,
      );
      this.#ended = whole.then((result) => {
        const { error } = result.exchange;
        // We gave up because the stream said nothing: that it then ended by our hand is no news.
        if (late && error) {
          error.code = error.phase === 'body' ? 'UND_ERR_BODY_TIMEOUT' : 'UND_ERR_HEADERS_TIMEOUT';
          error.message = `no event that names an endpoint within ${timeoutMs} ms`;
        }
        this.#exchanges.push(result.exchange);
        this.open = false;
        clearTimeout(timer);
        for (const settle of this.#pending.values()) settle({ kind: 'closed', ms: 0 });
        resolve(false);
      });
    });
  }

  async request(
    method: string,
    params: Record<string, unknown> | undefined,
    { timeoutMs }: RequestOptions,
  ): Promise<Outcome> {
    const id = this.#nextId++;
    const from = this.#timeline.now();
    const ms = () => this.#timeline.now() - from;
    if (!this.open) return { kind: 'closed', ms: 0 };
    const reply = new Promise<Outcome>((resolve) => {
      const timer = setTimeout(() => resolve({ kind: 'unanswered', ms: ms() }), timeoutMs);
      this.#pending.set(id, (outcome) => {
        clearTimeout(timer);
        resolve({ ...outcome, ms: ms() });
      });
    });
    const posted = await this.#post(method, { jsonrpc: '2.0', id, method, ...(params && { params }) }, timeoutMs);
    const { error, status = 0 } = posted;
    // Nobody waits for a reply to what was refused, and no timer either.
    if (error) this.#pending.get(id)?.({ kind: 'network-error', error, ms: 0 });
    else if (status >= 400) this.#pending.get(id)?.({ kind: 'http-status', status, ms: 0 });
    const outcome = await reply;
    this.#pending.delete(id);
    return outcome;
  }

  async notify(
    method: string,
    params: Record<string, unknown> | undefined,
    { timeoutMs }: RequestOptions,
  ): Promise<void> {
    if (this.open) await this.#post(method, { jsonrpc: '2.0', method, ...(params && { params }) }, timeoutMs);
  }

  /** Give up the stream. Its exchange is noted when this resolves. */
  async close(): Promise<void> {
    this.#stream.abort();
    await this.#ended;
  }

  async #post(purpose: string, message: object, timeoutMs: number): Promise<Exchange> {
    const { userAgent, headers, signal } = this.#options;
    const { exchange: record } = await exchange(
      {
        purpose,
        method: 'POST',
        url: this.#postTo ?? this.#options.url,
        headers: { 'user-agent': userAgent, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(message),
        timeoutMs,
        signal,
        credentials: carriesCredentials(this.#options),
      },
      this.#connections,
      this.#timeline,
    );
    this.#exchanges.push(record);
    return record;
  }

  /** What the server asks is answered where we play a client that does; else nothing is. */
  async #answer(request: Request): Promise<void> {
    const { answer } = this.#options;
    if (!answer) return;
    const reply = await answer(request);
    await this.#post('answer', { jsonrpc: '2.0', id: request.id, ...reply }, ANSWER_MS);
  }

  #onMessage(reading: Reading): boolean {
    if (reading.type === 'request') void this.#answer(reading.message);
    const id = reading.type === 'response' ? reading.message.id : reading.type === 'invalid' ? reading.id : undefined;
    const settle = id === undefined || id === null ? undefined : this.#pending.get(id);
    if (!settle) return false;
    if (reading.type === 'invalid') settle({ kind: 'invalid', problems: reading.problems, ms: 0 });
    else if (reading.type === 'response') {
      const { error, result } = reading.message;
      settle(error ? { kind: 'rpc-error', error, ms: 0 } : { kind: 'result', result: result ?? {}, ms: 0 });
    }
    return false;
  }
}
