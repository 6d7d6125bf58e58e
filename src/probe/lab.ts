/** Where experiments are made: requests to one endpoint, counted, noted, and ended when the server asks for a pause. */
import type { Exchange } from '../case/evidence.js';
import { isSecretParameter } from '../case/redact.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from '../wire/connections.js';
import { type ExchangeResult, type ExchangeSpec, exchange } from '../wire/http-exchange.js';
import { type ClientInfo, MODERN, modernMeta } from '../wire/revisions.js';
import { carriesCredentials, type HttpOptions } from '../wire/streamable-http.js';
import type { Experiment } from './experiments.js';

/** Requests that a series makes at most. */
export const MAX_REQUESTS = 60;

export interface LabOptions extends HttpOptions {
  clientInfo: ClientInfo;
  timeoutMs: number;
  connections: Connections;
  timeline: Timeline;
  exchanges: Exchange[];
  signal?: AbortSignal;
}

/** The conversation that is open while the experiments are made. */
export interface Live {
  era: 'initialize' | 'discover';
  /** The session id, when the server gave one. */
  session?: string;
  revision: string;
  /** A request that changes nothing and that this server answers. */
  harmless: string;
  /** `server/discover` is answered, too. */
  modern: boolean;
}

export interface Ask extends Partial<Pick<ExchangeSpec, 'body' | 'fresh' | 'listenMs' | 'timeoutMs' | 'onEvent'>> {
  method?: ExchangeSpec['method'];
  /** The message to post: its JSON-RPC method, and what belongs to its params. */
  rpc?: string;
  params?: Record<string, unknown>;
  /** Headers set on purpose; null leaves one out that would be sent. They are noted in the record. */
  set?: Record<string, string | null>;
  /** The session id to send; null sends none. Without it that of the open conversation is sent. */
  session?: string | null;
  /** The number of the session in the record. */
  sessionNumber?: number;
  /** Over HTTP/2, on a connection of its own. */
  http2?: boolean;
  /** Ask in the stateless era. */
  modern?: boolean;
  /** At another address: with what stands in its query, or without. */
  url?: string;
  /** Without any credentials: no header of the user, nor a key in the URL. */
  bare?: boolean;
}

/** A URL as somebody without the key would ask it. */
export function withoutSecrets(text: string, keys: readonly string[] = []): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  for (const name of [...url.searchParams.keys()])
    if (isSecretParameter(name) || keys.includes(name)) url.searchParams.delete(name);
  return url.href;
}

export class Lab {
  readonly options: LabOptions;
  readonly live: Live | undefined;
  readonly #runs = new Map<Experiment, number[]>();
  #id = 1_000;
  requests = 0;
  /** Set when the server asked for a pause, or we were told to stop: nothing more is sent. */
  stopped: string | undefined;

  constructor(options: LabOptions, live: Live | undefined) {
    this.options = options;
    this.live = live;
  }

  exchangesOf(experiment: Experiment): number[] {
    return this.#runs.get(experiment) ?? [];
  }

  /** Make one request and note it under its experiment. Null when no more may be sent. */
  async ask(experiment: Experiment, ask: Ask): Promise<ExchangeResult | null> {
    const { exchanges, headers, userAgent, url, keys, connections, timeline, signal } = this.options;
    if (signal?.aborted) this.stopped ??= 'it was interrupted';
    if (this.requests >= MAX_REQUESTS) this.stopped ??= `the limit of ${MAX_REQUESTS} requests is reached`;
    if (connections.givenUp) this.stopped ??= connections.givenUp;
    if (this.stopped) return null;
    this.requests++;
    const method = ask.method ?? 'POST';
    const spec: ExchangeSpec = {
      purpose: experiment,
      method,
      rpc: ask.rpc,
      url: ask.url ?? (ask.bare ? withoutSecrets(url, keys) : url),
      headers: this.#headers(method, ask, { 'user-agent': userAgent, ...(ask.bare ? {} : headers) }),
      body: ask.body ?? (ask.rpc === undefined ? undefined : this.#message(ask.rpc, ask)),
      timeoutMs: ask.timeoutMs ?? this.options.timeoutMs,
      listenMs: ask.listenMs,
      onEvent: ask.onEvent,
      onMessage: ({ type }) => type === 'response',
      credentials: !ask.bare && carriesCredentials(this.options),
      fresh: ask.fresh,
      note: Object.keys(ask.set ?? {}),
      session: ask.sessionNumber ?? (ask.session === null || this.live?.session === undefined ? undefined : 1),
      signal,
    };
    const result = ask.http2
      ? await (await import('../wire/http2-exchange.js')).http2Exchange(spec, connections, timeline)
      : await exchange(spec, connections, timeline);
    const index = exchanges.push(result.exchange) - 1;
    this.#runs.set(experiment, [...this.exchangesOf(experiment), index]);
    const wait = result.headers['retry-after'];
    if (wait !== undefined && [429, 503].includes(result.exchange.status ?? 0))
      this.stopped ??= `the server asks to wait (HTTP ${result.exchange.status}, Retry-After: ${wait.slice(0, 40)})`;
    return result;
  }

  #message(rpc: string, { params, modern }: Ask): string {
    const isNotification = rpc.startsWith('notifications/');
    const all = { ...(modern && modernMeta(this.options.clientInfo)), ...params };
    return JSON.stringify({
      jsonrpc: '2.0',
      ...(!isNotification && { id: this.#id++ }),
      method: rpc,
      ...(Object.keys(all).length > 0 && { params: all }),
    });
  }

  #headers(method: string, ask: Ask, own: Record<string, string>): Record<string, string> {
    const session = ask.session === undefined ? this.live?.session : ask.session;
    const inSession = ask.rpc !== 'initialize' && method !== 'OPTIONS' && !ask.modern;
    const all: Record<string, string | null> = {
      ...(method === 'POST' && { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
      ...(method === 'GET' && { accept: 'text/event-stream' }),
      ...(inSession && session != null && { 'mcp-session-id': session }),
      ...(inSession && this.live?.era === 'initialize' && { 'mcp-protocol-version': this.live.revision }),
      ...(ask.modern && { 'mcp-protocol-version': MODERN, 'mcp-method': ask.rpc ?? null }),
      // A browser sends no credentials with a preflight (Fetch, CORS-preflight fetch).
      ...(method === 'OPTIONS' ? { 'user-agent': own['user-agent'] ?? '' } : own),
      ...ask.set,
    };
    return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null));
  }
}
