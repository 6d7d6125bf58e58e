/**
 * Streamable HTTP (2025-03-26 and later) as a channel: every message is a POST, the reply comes as JSON or as an event stream.
 * Sends what the specification demands of a client and nothing more.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Answer, Channel, Outcome, RequestOptions } from './channel.js';
import type { Connections } from './connections.js';
import { type ExchangeResult, type ExchangeSpec, exchange } from './http-exchange.js';
import type { Request } from './json-rpc.js';
import { standardHeaders } from './mirrored-headers.js';
import { MODERN } from './revisions.js';

/** How often a stream that ends before its reply is taken up again, and how long is waited when the server names no time. */
const MAX_RESUMES = 10;
const RETRY_MS = 1_000;
/** How long the server may take to accept our answer to its question. */
const ANSWER_MS = 10_000;
/** How long the stream of the server's own accord is listened to at most. */
const LISTEN_MS = 600_000;
const POSTED = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export interface HttpOptions {
  url: string;
  /** Headers of the user, for example Authorization. */
  headers: Record<string, string>;
  userAgent: string;
  /** The URL itself carries credentials (user info, or a key in the query). */
  urlHasCredentials: boolean;
  /** Parameters of the query that hold a secret whatever their names say. */
  keys?: readonly string[];
  /** Ends everything that is under way. */
  signal?: AbortSignal;
  /** Answers what the server asks on the stream of a request (revisions before 2026-07-28). Without it nothing is answered. */
  answer?(request: Request): Promise<Answer>;
  /** Take up a stream again that ended before its reply, from the last event that came. Without it, an end is an end. */
  resume?: boolean;
}

/** How far the stream of a request came: where it can be taken up again. */
interface Place {
  lastId?: string;
  retryMs: number;
}

/** Whether a reply is still to come: the answer was a stream that ended early. */
const endedEarly = ({ exchange: { events }, readings }: ExchangeResult): boolean =>
  events !== undefined && !readings.some(({ type }) => type === 'response' || type === 'invalid');

/** Whether a request with these options carries credentials: any header of the user may be one. */
export const carriesCredentials = ({ headers, urlHasCredentials }: HttpOptions): boolean =>
  Object.keys(headers).length > 0 || urlHasCredentials;

/** What a reply amounts to. A status without a JSON-RPC reply stays a status: the caller decides what it means. */
export function outcomeOf({ exchange: { error, status = 0, ms }, readings }: ExchangeResult, id: number): Outcome {
  for (const reading of readings) {
    if (reading.type === 'invalid') return { kind: 'invalid', problems: reading.problems, ms };
    if (reading.type !== 'response') continue;
    const { id: answered, error: rpc, result } = reading.message;
    // An error may carry null (or a word of the server's own) when the server refused before it read the id.
    if (rpc) return { kind: 'rpc-error', error: rpc, ms };
    if (answered === id) return { kind: 'result', result: result ?? {}, ms };
    return {
      kind: 'invalid',
      problems: [`the reply carries the id ${JSON.stringify(answered)}; the request had ${id}`],
      ms,
    };
  }
  if (error) {
    if (error.code.endsWith('_TIMEOUT') && error.phase !== 'connect') return { kind: 'unanswered', ms };
    return { kind: 'network-error', error, ms };
  }
  if (status >= 200 && status < 300)
    return { kind: 'invalid', problems: [`HTTP ${status} without a JSON-RPC reply`], ms };
  return { kind: 'http-status', status, ms };
}

export class StreamableHttpChannel implements Channel {
  readonly #options: HttpOptions;
  readonly #connections: Connections;
  readonly #timeline: Timeline;
  readonly #exchanges: Exchange[];
  #nextId = 1;
  #session: string | undefined;
  #revision: string | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  open = true;

  /** Every exchange is appended to `exchanges`. */
  constructor(options: HttpOptions, connections: Connections, timeline: Timeline, exchanges: Exchange[]) {
    this.#options = options;
    this.#connections = connections;
    this.#timeline = timeline;
    this.#exchanges = exchanges;
  }

  /** The session id that the server gave, if it gave one, and the revision agreed. */
  get session(): string | undefined {
    return this.#session;
  }

  get revision(): string | undefined {
    return this.#revision;
  }

  agreed(revision: string): void {
    this.#revision = revision;
  }

  async request(
    method: string,
    params: Record<string, unknown> | undefined,
    options: RequestOptions,
  ): Promise<Outcome> {
    const id = this.#nextId++;
    const startedAt = this.#timeline.now();
    const place: Place = { retryMs: RETRY_MS };
    const first = await this.#post({ jsonrpc: '2.0', id, method, ...(params && { params }) }, options, place);
    if (method === 'initialize') this.#session = first.headers['mcp-session-id'] ?? this.#session;
    const resumable = this.#options.resume && options.era === 'initialize';
    const result = resumable ? await this.#resumed(first, id, place, startedAt + options.timeoutMs) : first;
    const outcome = outcomeOf(result, id);
    if (result !== first) outcome.ms = this.#timeline.now() - startedAt;
    if (outcome.kind === 'network-error' && outcome.error.code !== 'UND_ERR_SOCKET') this.open = false;
    return outcome;
  }

  async notify(method: string, params: Record<string, unknown> | undefined, options: RequestOptions): Promise<void> {
    await this.#post({ jsonrpc: '2.0', method, ...(params && { params }) }, options);
  }

  /**
   * Open the stream on which the server sends of its own accord (GET; revisions before 2026-07-28), so that what it asks there is
   * answered. It lasts until `end`. Says whether the server has one.
   */
  listen(timeoutMs: number): Promise<boolean> {
    const stop = new AbortController();
    const { signal } = this.#options;
    return new Promise((resolve) => {
      const ended = this.#do({
        purpose: 'listen',
        method: 'GET',
        timeoutMs,
        listenMs: LISTEN_MS,
        listens: true,
        signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
        headers: { accept: 'text/event-stream', ...this.#ofSession('initialize') },
        onHeaders: (status) => resolve(status === 200),
        onMessage: (reading) => {
          if (reading.type === 'request') void this.#answer(reading.message);
          return false;
        },
      });
      // Without an answer there are no headers, either.
      void ended.then(() => resolve(false));
      this.#unlisten = async () => {
        stop.abort();
        await ended;
      };
    });
  }

  /** Give up the stream of the server's own accord. */
  async unlisten(): Promise<void> {
    await this.#unlisten?.();
    this.#unlisten = undefined;
  }

  /** End the session, when the server gave one. It may answer 405: it then ends sessions by itself. */
  async end(timeoutMs: number): Promise<void> {
    await this.unlisten();
    if (!this.#session) return;
    await this.#do({ purpose: 'end-session', method: 'DELETE', timeoutMs, headers: this.#ofSession('initialize') });
    this.#session = undefined;
  }

  #ofSession(era: RequestOptions['era']): Record<string, string> {
    if (era === 'discover') return { 'mcp-protocol-version': MODERN };
    return {
      ...(this.#session !== undefined && { 'mcp-session-id': this.#session }),
      ...(this.#revision !== undefined && { 'mcp-protocol-version': this.#revision }),
    };
  }

  #post(
    message: { method: string; id?: number; params?: Record<string, unknown>; jsonrpc: '2.0' },
    { timeoutMs, era, headers }: RequestOptions,
    place?: Place,
  ): Promise<ExchangeResult> {
    const { method, id, params } = message;
    return this.#do({
      purpose: method,
      rpc: method,
      method: 'POST',
      timeoutMs,
      body: JSON.stringify(message),
      headers: {
        ...POSTED,
        ...this.#ofSession(era),
        ...(era === 'discover' && standardHeaders(method, params)),
        ...headers,
      },
      ...this.#reading(era, id, place),
    });
  }

  /** What is done with the events and messages of an answer, and when it has brought what was asked for. */
  #reading(era: RequestOptions['era'], id?: number, place?: Place): Pick<ExchangeSpec, 'onEvent' | 'onMessage'> {
    return {
      onEvent: ({ event, id: eventId }) => {
        if (place && eventId !== undefined) place.lastId = eventId;
        // A legacy server opens its stream for any method: its first event says so, and no reply will ever come.
        return event === 'endpoint';
      },
      onMessage: (reading) => {
        if (reading.type === 'request' && era === 'initialize') void this.#answer(reading.message);
        return reading.type === 'response' && (reading.message.id === id || reading.message.error !== undefined);
      },
    };
  }

  /** Answer a request of the server: in a POST of its own, while the stream that brought it stays open. */
  async #answer(request: Request): Promise<void> {
    const { answer } = this.#options;
    if (!answer) return;
    const reply = await answer(request).catch(
      (error): Answer => ({ error: { code: -32603, message: (error as Error).message } }),
    );
    await this.#do({
      purpose: 'answer',
      method: 'POST',
      timeoutMs: ANSWER_MS,
      body: JSON.stringify({ jsonrpc: '2.0', id: request.id, ...reply }),
      headers: { ...POSTED, ...this.#ofSession('initialize') },
    });
  }

  /** The rest of a stream that ended before its reply (2025-11-25, basic/transports#resumability-and-redelivery). */
  async #resumed(first: ExchangeResult, id: number, place: Place, until: number): Promise<ExchangeResult> {
    let result = first;
    for (let i = 0; i < MAX_RESUMES && endedEarly(result) && place.lastId !== undefined; i++) {
      place.retryMs = result.exchange.stream?.retryMs ?? place.retryMs;
      const leftMs = until - this.#timeline.now() - place.retryMs;
      if (leftMs <= 0) break;
      try {
        await wait(place.retryMs, undefined, { signal: this.#options.signal });
      } catch {
        break;
      }
      const more = await this.#do({
        purpose: 'resume-stream',
        method: 'GET',
        timeoutMs: leftMs,
        headers: { accept: 'text/event-stream', 'last-event-id': place.lastId, ...this.#ofSession('initialize') },
        ...this.#reading('initialize', id, place),
      });
      // A server that keeps no events refuses: what the request itself brought is all there is.
      if (more.exchange.events === undefined) break;
      result = more;
    }
    return result;
  }

  async #do(spec: Omit<ExchangeSpec, 'url' | 'credentials'>): Promise<ExchangeResult> {
    const { url, headers, userAgent, signal } = this.#options;
    const full = {
      signal,
      ...spec,
      url,
      headers: { 'user-agent': userAgent, ...spec.headers, ...headers },
      credentials: carriesCredentials(this.#options),
    };
    const result = await exchange(full, this.#connections, this.#timeline);
    this.#exchanges.push(result.exchange);
    return result;
  }
}
