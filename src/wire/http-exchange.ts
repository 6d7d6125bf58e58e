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
/** Header fields that are noted. */
const MAX_FIELDS = 200;
/** More than Python's http.client reads. */
const MANY_FIELDS = 100;
/** Interim answers (1xx) before an answer: a server needs one or two. */
const MAX_INTERIM = 100;
/** Characters that are kept of what came in place of HTTP. */
const KEPT_NOISE = 200;
/** A connection that drains is free again within this time. */
const QUEUE_MS = 500;

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
  onEvent?(event: { event?: string; data: string; id?: string }): boolean;
  /** Called once the headers of the answer are here. */
  onHeaders?(status: number): void;
  /** A stream that is only listened to: it asks nothing any more once its headers are here. */
  listens?: boolean;
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
  // The reason of an aborted signal is a DOMException, whose code is a number.
  if ((error as Error | undefined)?.name === 'AbortError') return { code: 'ABORT_ERR', message: 'it was interrupted' };
  return {
    code: String(code ?? first?.code ?? 'UNKNOWN'),
    message: (text || first?.message || String(error)).slice(0, 500),
  };
}

/** All headers, lower case, repeated ones joined (RFC 9110 section 5.2). */
function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const { rawHeaders } = response;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    // A server may call a header "constructor" or "__proto__".
    Object.defineProperty(headers, name, {
      value: Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value,
      ...{ enumerable: true, configurable: true, writable: true },
    });
  }
  return headers;
}

/** Note the headers as far as they can be kept, and what is odd about them. */
function noteHeaders(record: Exchange, headers: Record<string, string>, fields: number): void {
  record.headers = Object.fromEntries(Object.entries(headers).slice(0, MAX_FIELDS));
  if (fields > MANY_FIELDS) record.headerFields = fields;
  const odd = Object.entries(headers).filter(([name, value]) =>
    // A session id is visible ASCII (2025-03-26 on); elsewhere only what controls a terminal is odd.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    name === 'mcp-session-id' ? !/^[\x21-\x7e]+$/.test(value) : /[\0-\x08\x0a-\x1f\x7f-\x9f]/.test(value),
  );
  if (odd.length) record.oddHeaders = odd.map(([name]) => name.slice(0, 60)).slice(0, 10);
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

/** What the connection of an exchange knows beside the answer. */
interface Wire {
  response: IncomingMessage;
  /** The bytes that came last. */
  lastBytes(): Buffer | undefined;
  /** What broke the answer while its body was read; Node.js says only that it was aborted. */
  fault(): NodeJS.ErrnoException | undefined;
}

/** Send a request and wait for the headers of the answer. */
async function send(
  spec: ExchangeSpec,
  connections: Connections,
  record: Exchange,
  since: () => number,
): Promise<Wire> {
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
    let last: Buffer | undefined;
    let fault: NodeJS.ErrnoException | undefined;
    let interim = 0;
    const limit = (ms: number, code: string, what: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // Bytes, and no end of the headers.
        if (last || interim) record.stopped = 'endless';
        outgoing.destroy(coded(code, `${what} within ${Math.round(ms)} ms`));
      }, ms);
    };
    limit(connectTimeoutMs + QUEUE_MS, 'UND_ERR_CONNECT_TIMEOUT', 'no connection');
    outgoing.once('socket', (socket) => {
      timePhases(socket, record.phases as Phases, since);
      record.connection = connections.numberOf(socket);
      connections.watchIdle(socket, () => {
        record.extraBytes = true;
      });
      const keep = (chunk: Buffer) => {
        last = chunk;
      };
      // Before the parser, which may find these bytes to be no HTTP.
      socket.prependListener('data', keep);
      outgoing.once('close', () => socket.removeListener('data', keep));
      const ready = () => {
        record.remoteAddress = socket.remoteAddress;
        limit(spec.timeoutMs, 'UND_ERR_HEADERS_TIMEOUT', 'no response headers');
      };
      if (!socket.connecting) return ready();
      limit(connectTimeoutMs, 'UND_ERR_CONNECT_TIMEOUT', 'no connection');
      return void socket.once(secure ? 'secureConnect' : 'connect', ready);
    });
    outgoing.on('information', () => {
      record.interim = ++interim;
      if (interim === MAX_INTERIM)
        outgoing.destroy(coded('HTTP_INTERIM_FLOOD', `${MAX_INTERIM} interim answers (1xx), and no answer`));
    });
    outgoing.once('upgrade', (_response, socket) => {
      clearTimeout(timer);
      socket.destroy();
      reject(coded('HTTP_UPGRADED', 'HTTP 101: the server changed to another protocol, unasked'));
    });
    outgoing.once('response', (response) => {
      clearTimeout(timer);
      resolve({ response, lastBytes: () => last, fault: () => fault });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }) => {
      clearTimeout(timer);
      fault = error;
      // What came in place of HTTP says what speaks there.
      if (record.status === undefined && error.code?.startsWith('HPE_'))
        record.body = last?.toString('utf8', 0, KEPT_NOISE);
      reject(Object.assign(error, { reused: outgoing.reusedSocket }));
    });
    // Nothing may leave us waiting: whatever ended the request, it has an end.
    outgoing.once('close', () => {
      clearTimeout(timer);
      reject(coded('UND_ERR_SOCKET', 'other side closed'));
    });
    outgoing.end(body);
  });
}

/** What the parser found wrong; what followed from our own end of the connection says nothing. */
const broken = (fault: NodeJS.ErrnoException | undefined) => (fault?.code?.startsWith('HPE_') ? fault : undefined);

/** Shorter values stand in every answer by accident. */
const SHORTEST_ECHO = 12;

/** Where the answer holds the credentials that were sent, in any header but the one that names them back on purpose. */
function noteEchoes(record: Exchange, sent: string | undefined, headers: Record<string, string>): void {
  const value = sent?.replace(/^\S+\s+/, '') ?? '';
  if (value.length < SHORTEST_ECHO) return;
  const where = Object.entries(headers).flatMap(([name, text]) => (text.includes(value) ? [name.slice(0, 60)] : []));
  if (record.body?.includes(value)) where.push('body');
  if (where.length) record.echoes = where.slice(0, 10);
}

/** Do one exchange. Never throws: a failure stands in `exchange.error` with its phase. */
export async function exchange(
  asked: ExchangeSpec,
  connections: Connections,
  timeline: Timeline,
): Promise<ExchangeResult> {
  const spec = { ...asked, ...connections.outgoing(asked) };
  let done = () => {};
  let atMs = timeline.now();
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
  let phase: 'headers' | 'body' = 'headers';
  let wire: Wire | undefined;
  try {
    if (connections.givenUp) throw coded('GIVEN_UP', `not asked any more: ${connections.givenUp}`);
    done = await connections.turn(spec.url, spec.signal);
    atMs = timeline.now();
    record.atMs = atMs;
    timeline.add('request', `${spec.method} ${spec.purpose}`);
    wire = await sendOnce(spec, connections, record, since);
    const { response, lastBytes } = wire;
    phases.headers = since();
    phase = 'body';
    if (spec.listens) done();
    result.headers = headersOf(response);
    connections.prover?.hear(spec.url, result.headers);
    record.status = response.statusCode;
    if (response.statusMessage) record.statusText = response.statusMessage.slice(0, 200);
    record.httpVersion = response.httpVersion;
    noteHeaders(record, connections.tellable(result.headers), response.rawHeaders.length / 2);
    record.contentType = result.headers['content-type'];
    spec.onHeaders?.(response.statusCode ?? 0);
    timeline.add('response', `HTTP ${response.statusCode} ${(record.contentType ?? '').slice(0, 200)}`.trim());
    const onBytes = () => {
      phases.body ??= since();
      spec.onBytes?.();
    };
    await readBody(response, { ...spec, onBytes }, record, result.readings, {
      allowed: connections.allowed,
      lastBytes,
    });
    noteEchoes(record, spec.headers.authorization, result.headers);
  } catch (error) {
    // A body in broken chunks ends as if it had been aborted; the parser says why a moment later.
    if (wire) await new Promise((resolve) => setImmediate(resolve));
    const { code, message } = errorOf(broken(wire?.fault()) ?? error);
    const connected = phases[spec.url.startsWith('https:') ? 'tls' : 'connect'] !== undefined || record.remoteAddress;
    record.error = { code, message, phase: phase === 'headers' && !connected ? 'connect' : phase };
    timeline.add('note', `${spec.method} ${spec.purpose}: ${code}`);
  } finally {
    done();
  }
  if (record.stopped || record.error?.code.endsWith('_TIMEOUT')) connections.lost(record.stopped);
  record.ms = since();
  return result;
}

/** A kept connection that the server closes in the very moment of its use says nothing about the server: the request is sent again. */
async function sendOnce(...args: Parameters<typeof send>): Promise<Wire> {
  try {
    return await send(...args);
  } catch (error) {
    const { code, reused } = error as { code?: string; reused?: boolean };
    if (!reused || (code !== 'ECONNRESET' && code !== 'EPIPE') || args[0].signal?.aborted) throw error;
    return send(...args);
  }
}
