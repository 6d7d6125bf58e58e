/**
 * One HTTP exchange on the raw wire: redirects off, every phase timed, everything bounded. What an HTTP client library
 * normally hides (the phase in which it failed, the headers of a refusal, the connection it used) is what we are here for.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { RequestOptions as HttpsRequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from './connections.js';
import { type BodySpec, coded, readBody } from './http-body.js';
import type { Reading } from './json-rpc.js';

const MAX_HEADER_BYTES = 64 * 1024;
const MAX_HEADER_VALUE = 8_000;

export interface ExchangeSpec extends BodySpec {
  purpose: string;
  method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS';
  /** The JSON-RPC method of the body. */
  rpc?: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Limit for the headers, and again for the whole body, milliseconds. */
  timeoutMs: number;
  /** Whether `headers` or the URL carry credentials of the user. */
  credentials: boolean;
  /** Called with every message of the body; true ends the reading. */
  onMessage?(reading: Reading): boolean;
  /** Called with every SSE event; true ends the reading. */
  onEvent?(event: { event?: string; data: string }): boolean;
  signal?: AbortSignal;
  /** On a connection of its own, which is closed afterwards. */
  fresh?: boolean;
  /** Names of the request headers to note in the record: those an experiment sets on purpose. */
  note?: string[];
  /** Number of the session, for the record. */
  session?: number;
}

export interface ExchangeResult {
  exchange: Exchange;
  /** Every response header, also those that the case file does not keep. */
  headers: Record<string, string>;
  /** Messages found in the body. */
  readings: Reading[];
}

type Phases = NonNullable<Exchange['phases']>;

/** The errno or wire code of an error, also behind an AggregateError (several addresses were tried). */
export function errorOf(error: unknown): { code: string; message: string } {
  const { code, message, errors, cause } = error as NodeJS.ErrnoException & {
    errors?: NodeJS.ErrnoException[];
    cause?: NodeJS.ErrnoException;
  };
  const first = errors?.[0] ?? (code === undefined ? cause : undefined);
  const text = errors?.length ? errors.map((e) => e.message).join('; ') : message;
  // Node.js gives a clean end before the answer the code of a reset; they are two different faults.
  const closed = code === 'ECONNRESET' && /socket hang up|aborted/.test(message ?? '');
  if (closed) return { code: 'UND_ERR_SOCKET', message: 'other side closed' };
  return {
    code: code ?? first?.code ?? 'UNKNOWN',
    message: (text || first?.message || String(error)).slice(0, 500),
  };
}

/** All headers, lower case, repeated ones joined (RFC 9110 section 5.2). */
function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const { rawHeaders } = response;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = (rawHeaders[i + 1] ?? '').slice(0, MAX_HEADER_VALUE);
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** Note when a connection came into being, from the moment the request was made. */
function timePhases(socket: Socket, phases: Phases, since: () => number): void {
  if (!socket.connecting) return;
  socket.once('lookup', () => {
    phases.dns = since();
  });
  socket.once('connect', () => {
    phases.connect = since();
  });
  socket.once('secureConnect', () => {
    phases.tls = since();
  });
}

/** Send a request and wait for the headers of the answer. */
async function send(
  spec: ExchangeSpec,
  connections: Connections,
  record: Exchange,
  since: () => number,
): Promise<IncomingMessage> {
  const url = new URL(spec.url);
  const secure = url.protocol === 'https:';
  const request = secure ? (await import('node:https')).request : httpRequest;
  const options = await connections.at(url, spec.fresh);
  // What must be known before the socket is ours: an address that may not be connected to, or our own end.
  spec.signal?.throwIfAborted();
  const body = spec.body === undefined ? undefined : Buffer.from(spec.body);
  const length: Record<string, string> =
    body === undefined
      ? spec.method === 'POST'
        ? { 'content-length': '0' }
        : {}
      : { 'content-length': String(body.length) };
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = request({
      ...options,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || undefined,
      path: `${url.pathname}${url.search}`,
      method: spec.method,
      headers: { ...spec.headers, ...length },
      signal: spec.signal,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Both address families are tried next to each other, as clients do (RFC 8305).
      autoSelectFamily: true,
    } as HttpsRequestOptions);
    const { connectTimeoutMs } = connections.options;
    let timer: NodeJS.Timeout | undefined;
    const limit = (ms: number, code: string, what: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => outgoing.destroy(coded(code, `${what} within ${ms} ms`)), ms);
    };
    outgoing.once('socket', (socket) => {
      timePhases(socket, record.phases as Phases, since);
      record.connection = connections.numberOf(socket);
      const ready = () => {
        record.remoteAddress = socket.remoteAddress;
        limit(spec.timeoutMs, 'UND_ERR_HEADERS_TIMEOUT', 'no response headers');
      };
      if (!socket.connecting) return ready();
      limit(connectTimeoutMs, 'UND_ERR_CONNECT_TIMEOUT', 'no connection');
      return void socket.once(secure ? 'secureConnect' : 'connect', ready);
    });
    outgoing.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(Object.assign(error, { reused: outgoing.reusedSocket }));
    });
    outgoing.end(body);
  });
}

/** Do one exchange. Never throws: a failure stands in `exchange.error` with its phase. */
export async function exchange(
  spec: ExchangeSpec,
  connections: Connections,
  timeline: Timeline,
): Promise<ExchangeResult> {
  const done = await connections.turn();
  const atMs = timeline.now();
  const since = () => timeline.now() - atMs;
  const noted = (spec.note ?? []).flatMap((name) =>
    spec.headers[name] === undefined ? [] : [[name, spec.headers[name]] as const],
  );
  const record: Exchange = {
    purpose: spec.purpose,
    method: spec.method,
    ...(spec.rpc !== undefined && { rpc: spec.rpc }),
    url: spec.url,
    atMs,
    ms: 0,
    credentials: spec.credentials ? 'sent' : 'none',
    ...(noted.length > 0 && { requestHeaders: Object.fromEntries(noted) }),
    ...(spec.session !== undefined && { session: spec.session }),
    phases: {},
  };
  const phases = record.phases as Phases;
  const result: ExchangeResult = { exchange: record, headers: {}, readings: [] };
  timeline.add('request', `${spec.method} ${spec.purpose}`);
  let phase: 'headers' | 'body' = 'headers';
  try {
    const response = await sendOnce(spec, connections, record, since);
    phases.headers = since();
    phase = 'body';
    result.headers = headersOf(response);
    record.status = response.statusCode;
    if (response.statusMessage) record.statusText = response.statusMessage.slice(0, 200);
    record.httpVersion = response.httpVersion;
    record.headers = result.headers;
    record.contentType = result.headers['content-type'];
    timeline.add('response', `HTTP ${response.statusCode} ${record.contentType ?? ''}`.trim());
    const onBytes = () => {
      phases.body ??= since();
      spec.onBytes?.();
    };
    await readBody(response, { ...spec, onBytes }, record, result.readings);
  } catch (error) {
    const { code, message } = errorOf(error);
    const connected = phases[spec.url.startsWith('https:') ? 'tls' : 'connect'] !== undefined || record.remoteAddress;
    record.error = { code, message, phase: phase === 'headers' && !connected ? 'connect' : phase };
    timeline.add('note', `${spec.method} ${spec.purpose}: ${code}`);
  }
  record.ms = since();
  done();
  return result;
}

/** A kept connection that the server closes in the very moment of its use says nothing about the server: the request is sent again. */
async function sendOnce(...args: Parameters<typeof send>): Promise<IncomingMessage> {
  try {
    return await send(...args);
  } catch (error) {
    const { code, reused } = error as { code?: string; reused?: boolean };
    if (!reused || (code !== 'ECONNRESET' && code !== 'EPIPE') || args[0].signal?.aborted) throw error;
    return send(...args);
  }
}
