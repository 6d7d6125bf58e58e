/** One exchange over HTTP/2 (RFC 9113), to compare with the same one over HTTP/1.1. */
import { connect as http2Connect } from 'node:http2';
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from './connections.js';
import { coded } from './http-body.js';
import { type ExchangeResult, type ExchangeSpec, errorOf } from './http-exchange.js';
import { readMessage } from './json-rpc.js';
import { unparsable } from './json-text.js';

const MAX_BODY = 1024 * 1024;
const KEPT_BODY = 4_000;
const MAX_FIELDS = 200;

/** Send a request over a new HTTP/2 connection. Never throws: a failure stands in `exchange.error`. */
export async function http2Exchange(
  asked: ExchangeSpec,
  connections: Connections,
  timeline: Timeline,
): Promise<ExchangeResult> {
  const spec = { ...asked, ...connections.outgoing(asked) };
  let done = () => {};
  let atMs = timeline.now();
  const { purpose, method, rpc, url, credentials } = spec;
  const record: Exchange = {
    purpose,
    method,
    rpc,
    url,
    atMs,
    ms: 0,
    credentials: credentials ? 'sent' : 'none',
    phases: {},
  };
  const result: ExchangeResult = { exchange: record, headers: {}, readings: [] };
  try {
    if (connections.givenUp) throw coded('GIVEN_UP', `not asked any more: ${connections.givenUp}`);
    done = await connections.turn(url, spec.signal);
    atMs = timeline.now();
    record.atMs = atMs;
    await converse(spec, await connections.at(new URL(url)), result, () => timeline.now() - atMs);
  } catch (error) {
    record.error = { ...errorOf(error), phase: record.status === undefined ? 'headers' : 'body' };
  } finally {
    done();
  }
  if (record.stopped || record.error?.code.endsWith('_TIMEOUT')) connections.lost(record.stopped);
  record.ms = timeline.now() - atMs;
  return result;
}

function converse(
  { url, method, headers, body, timeoutMs, signal }: ExchangeSpec,
  { lookup }: Awaited<ReturnType<Connections['at']>>,
  { exchange: record, headers: into, readings }: ExchangeResult,
  since: () => number,
): Promise<void> {
  const { origin, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const session = http2Connect(origin, { lookup, settings: { enablePush: false } } as Parameters<
      typeof http2Connect
    >[1]);
    const timer = setTimeout(() => {
      if (text !== '') record.stopped = 'endless';
      end(coded('UND_ERR_HEADERS_TIMEOUT', `no complete answer over HTTP/2 within ${timeoutMs} ms`));
    }, timeoutMs);
    const interrupted = () => end(coded('ABORT_ERR', 'it was interrupted'));
    const end = (error?: Error) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupted);
      // What the ending itself brings up is of no interest.
      session.on('error', () => {});
      session.destroy();
      if (error) reject(error);
      else resolve();
    };
    signal?.addEventListener('abort', interrupted, { once: true });
    session.on('error', end);
    session.on('goaway', () => end(coded('HTTP2_GOAWAY', 'the server ended the HTTP/2 connection (GOAWAY)')));
    session.on('close', () => end(coded('UND_ERR_SOCKET', 'other side closed')));
    // Headers of the connection have no place in HTTP/2 (RFC 9113 section 8.2.2).
    const stream = session.request({ ...headers, ':method': method, ':path': pathname + search });
    let text = '';
    stream.on('response', (answer) => {
      record.phases = { ...record.phases, headers: since() };
      record.httpVersion = '2.0';
      record.status = Number(answer[':status']);
      for (const [name, value] of Object.entries(answer).slice(0, MAX_FIELDS))
        if (!name.startsWith(':') && value !== undefined) into[name] = String(value);
      record.headers = into;
      record.contentType = into['content-type'];
    });
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      const behind = Math.max(0, text.length - 2);
      text += part;
      // A stream of events may stay open: the first event is enough.
      const isStream = /^text\/event-stream\b/i.test(record.contentType ?? '');
      if (text.length > MAX_BODY) record.stopped = 'too-large';
      if (record.stopped || (isStream && /\n\r?\n/.test(text.slice(behind)))) finish();
    });
    const finish = () => {
      record.body = text.slice(0, KEPT_BODY);
      record.bodyBytes = Buffer.byteLength(text);
      record.bodyCut = text.length > KEPT_BODY;
      const message = /^data: ?(?<json>\{.*\})\r?$/m.exec(text)?.groups?.json ?? text;
      if (unparsable(message)) record.stopped ??= 'nested';
      try {
        if (!record.stopped) readings.push(readMessage(JSON.parse(message)));
      } catch {
        // No message: the status and the body say what it was.
      }
      end();
    };
    stream.on('end', () =>
      record.status === undefined ? end(coded('UND_ERR_SOCKET', 'the stream ended without an answer')) : finish(),
    );
    stream.on('error', end);
    stream.end(body);
  });
}
