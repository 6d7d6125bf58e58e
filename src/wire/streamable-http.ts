/**
 * Streamable HTTP (2025-03-26 and later) as a channel: every message is a POST, the reply comes as JSON or as an event stream.
 * Sends what the specification demands of a client and nothing more.
 */
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Channel, Outcome, RequestOptions } from './channel.js';
import type { Connections } from './connections.js';
import { type ExchangeResult, exchange } from './http-exchange.js';
import { MODERN } from './revisions.js';

export interface HttpOptions {
  url: string;
  /** Headers of the user, for example Authorization. */
  headers: Record<string, string>;
  userAgent: string;
  /** The URL itself carries credentials (user info, or a key in the query). */
  urlHasCredentials: boolean;
  /** Ends everything that is under way. */
  signal?: AbortSignal;
}

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
    const result = await this.#post(method, { jsonrpc: '2.0', id, method, ...(params && { params }) }, options, id);
    if (method === 'initialize') this.#session = result.headers['mcp-session-id'] ?? this.#session;
    const outcome = outcomeOf(result, id);
    if (outcome.kind === 'network-error' && outcome.error.code !== 'UND_ERR_SOCKET') this.open = false;
    return outcome;
  }

  async notify(method: string, params: Record<string, unknown> | undefined, options: RequestOptions): Promise<void> {
    await this.#post(method, { jsonrpc: '2.0', method, ...(params && { params }) }, options);
  }

  /** End the session, when the server gave one. It may answer 405: it then ends sessions by itself. */
  async end(timeoutMs: number): Promise<void> {
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

  #post(method: string, message: object, { timeoutMs, era }: RequestOptions, id?: number): Promise<ExchangeResult> {
    return this.#do({
      purpose: method,
      rpc: method,
      method: 'POST',
      timeoutMs,
      body: JSON.stringify(message),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...this.#ofSession(era),
        ...(era === 'discover' && { 'mcp-method': method }),
      },
      // A legacy server opens its stream for any method: its first event says so, and no reply will ever come.
      onEvent: ({ event }) => event === 'endpoint',
      onMessage: (reading) =>
        reading.type === 'response' && (reading.message.id === id || reading.message.error !== undefined),
    });
  }

  async #do(
    spec: Pick<
      Parameters<typeof exchange>[0],
      'purpose' | 'rpc' | 'method' | 'timeoutMs' | 'body' | 'headers' | 'onMessage' | 'onEvent'
    >,
  ): Promise<ExchangeResult> {
    const { url, headers, userAgent, signal } = this.#options;
    const full = {
      ...spec,
      url,
      signal,
      headers: { 'user-agent': userAgent, ...spec.headers, ...headers },
      credentials: carriesCredentials(this.#options),
    };
    const result = await exchange(full, this.#connections, this.#timeline);
    this.#exchanges.push(result.exchange);
    return result;
  }
}
