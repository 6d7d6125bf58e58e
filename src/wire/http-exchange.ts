/**
 * One HTTP exchange on the raw wire: redirects off, every phase timed, everything bounded. What an HTTP client library
 * normally hides (the phase in which it failed, the headers of a refusal) is what we are here for.
 */
import type { connect as netConnect } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Agent, buildConnector, request } from 'undici';
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import { type Reading, readMessage } from './json-rpc.js';

/** Bytes of a response that are read at most. A JSON-RPC reply larger than that reaches no SDK client either. */
const MAX_BODY = 16 * 1024 * 1024;
const KEPT_BODY = 4_000;
const MAX_EVENTS = 20;
const MAX_HEADER_BYTES = 64 * 1024;

export interface ExchangeSpec {
  purpose: string;
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Limit for the headers, and again for every pause in the body, milliseconds. */
  timeoutMs: number;
  /** Whether `headers` or the URL carry credentials of the user. */
  credentials: boolean;
  /** Called with every message of the body; true ends the reading. */
  onMessage?(reading: Reading): boolean;
  /** Called with every SSE event; true ends the reading. */
  onEvent?(event: { event?: string; data: string }): boolean;
  signal?: AbortSignal;
}

export interface ExchangeResult {
  exchange: Exchange;
  /** Every response header, also those that the case file does not keep. */
  headers: Record<string, string>;
  /** Messages found in the body. */
  readings: Reading[];
}

type Phases = NonNullable<Exchange['phases']>;

/** The errno or undici code of an error, also behind an AggregateError (several addresses were tried). */
export function errorOf(error: unknown): { code: string; message: string } {
  const { name, code, message, errors, cause } = error as NodeJS.ErrnoException & {
    errors?: NodeJS.ErrnoException[];
    cause?: NodeJS.ErrnoException;
  };
  const first = errors?.[0] ?? (code === undefined ? cause : undefined);
  const text = errors?.length ? errors.map((e) => e.message).join('; ') : message;
  // undici gives no code to an answer that is no HTTP; this is the one of Node's own parser.
  const parser = name === 'HTTPParserError' ? 'HPE_INVALID_CONSTANT' : undefined;
  return {
    code: code ?? first?.code ?? parser ?? 'UNKNOWN',
    message: (text || first?.message || String(error)).slice(0, 500),
  };
}

/** Connections to the hosts of one investigation. Close it when done: a kept-alive socket would keep the process alive. */
export class Connections {
  readonly #phases: { value: Phases } = { value: {} };
  readonly agent: Agent;

  constructor(connectTimeoutMs: number) {
    // Both address families are tried next to each other, as clients do (RFC 8305).
    const connector = buildConnector({ timeout: connectTimeoutMs, autoSelectFamily: true } as Parameters<
      typeof buildConnector
    >[0]);
    this.agent = new Agent({
      connections: 4,
      pipelining: 1,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: (options, callback) => {
        const from = performance.now();
        const phases = this.#phases.value;
        connector(options, (error, socket) => {
          if (socket) phases[options.protocol === 'https:' ? 'tls' : 'connect'] = performance.now() - from;
          if (error) callback(error, null);
          else callback(null, socket as ReturnType<typeof netConnect>);
        });
      },
    });
  }

  /** Phases of connections opened from now on are written into this object. */
  timeInto(phases: Phases): void {
    this.#phases.value = phases;
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

const messagesIn = (text: string): Reading[] => {
  try {
    const value: unknown = JSON.parse(text);
    return [readMessage(value)];
  } catch {
    return [];
  }
};

/** Do one exchange. Never throws: a failure stands in `exchange.error` with its phase. */
export async function exchange(
  spec: ExchangeSpec,
  connections: Connections,
  timeline: Timeline,
): Promise<ExchangeResult> {
  const atMs = timeline.now();
  const phases: Phases = {};
  connections.timeInto(phases);
  const record: Exchange = {
    purpose: spec.purpose,
    method: spec.method,
    url: spec.url,
    atMs,
    ms: 0,
    credentials: spec.credentials ? 'sent' : 'none',
    phases,
  };
  const result: ExchangeResult = { exchange: record, headers: {}, readings: [] };
  timeline.add('request', `${spec.method} ${spec.purpose}`);
  let phase: 'connect' | 'headers' | 'body' = 'headers';
  try {
    const response = await request(spec.url, {
      method: spec.method,
      headers: spec.headers,
      body: spec.body,
      dispatcher: connections.agent,
      headersTimeout: spec.timeoutMs,
      bodyTimeout: spec.timeoutMs,
      signal: spec.signal,
    });
    phases.headers = timeline.now() - atMs;
    phase = 'body';
    result.headers = flat(response.headers);
    record.status = response.statusCode;
    record.headers = result.headers;
    record.contentType = result.headers['content-type'];
    timeline.add('response', `HTTP ${response.statusCode} ${record.contentType ?? ''}`.trim());
    await readBody(response.body, spec, result);
  } catch (error) {
    const { code, message } = errorOf(error);
    const connectFailed =
      phase === 'headers' &&
      phases.connect === undefined &&
      phases.tls === undefined &&
      /^(?:E|UND_ERR_CONNECT|CERT_|DEPTH_|SELF_|UNABLE_)/.test(code) &&
      code !== 'ECONNRESET' &&
      code !== 'EPIPE';
    record.error = { code, message, phase: connectFailed ? 'connect' : phase };
    timeline.add('note', `${spec.method} ${spec.purpose}: ${code}`);
  }
  record.ms = timeline.now() - atMs;
  return result;
}

async function readBody(
  body: Awaited<ReturnType<typeof request>>['body'],
  spec: ExchangeSpec,
  { exchange: record, readings }: ExchangeResult,
): Promise<void> {
  const isStream = /^text\/event-stream\b/i.test(record.contentType ?? '');
  const decoder = new TextDecoder();
  const deadline = performance.now() + spec.timeoutMs;
  let text = '';
  let bytes = 0;
  let enough = false;
  const take = (reading: Reading) => {
    readings.push(reading);
    enough ||= spec.onMessage?.(reading) ?? false;
  };
  const events: string[] = [];
  const parser = createParser({
    onEvent({ event, data }) {
      if (events.length < MAX_EVENTS) events.push(event ?? 'message');
      enough ||= spec.onEvent?.({ event, data }) ?? false;
      if (event === undefined || event === 'message') messagesIn(data).forEach(take);
    },
  });
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const part = decoder.decode(chunk, { stream: true });
      if (isStream) {
        parser.feed(part);
        if (text.length < KEPT_BODY) text += part;
      } else text += part;
      if (enough || bytes > MAX_BODY) break;
      // A stream that trickles for ever never pauses long enough for the body timeout.
      if (performance.now() > deadline)
        throw Object.assign(new Error(`the answer was not complete after ${spec.timeoutMs} ms`), {
          code: 'UND_ERR_BODY_TIMEOUT',
        });
    }
  } finally {
    body.destroy();
    record.body = text.slice(0, KEPT_BODY);
    record.bodyBytes = bytes;
    record.bodyCut = text.length > KEPT_BODY || bytes > MAX_BODY;
    if (isStream) record.events = events;
  }
  if (!isStream) messagesIn(text).forEach(take);
}
