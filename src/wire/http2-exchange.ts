/** One exchange over HTTP/2 (RFC 9113), to compare with the same one over HTTP/1.1. */
import { connect as http2Connect } from 'node:http2';
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from './connections.js';
import { coded } from './http-body.js';
import { type ExchangeResult, type ExchangeSpec, errorOf } from './http-exchange.js';
import { readMessage } from './json-rpc.js';

const MAX_BODY = 1024 * 1024;
const KEPT_BODY = 4_000;

/** Send a request over a new HTTP/2 connection. Never throws: a failure stands in `exchange.error`. */
export async function http2Exchange(
  spec: ExchangeSpec,
  connections: Connections,
  timeline: Timeline,
): Promise<ExchangeResult> {
  const done = await connections.turn();
  const atMs = timeline.now();
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
    await converse(spec, await connections.at(new URL(url)), result, () => timeline.now() - atMs);
  } catch (error) {
    record.error = { ...errorOf(error), phase: record.status === undefined ? 'headers' : 'body' };
  }
  record.ms = timeline.now() - atMs;
  done();
  return result;
}

function converse(
  { url, method, headers, body, timeoutMs }: ExchangeSpec,
  { lookup }: Awaited<ReturnType<Connections['at']>>,
  { exchange: record, headers: into, readings }: ExchangeResult,
  since: () => number,
): Promise<void> {
  const { origin, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const session = http2Connect(origin, { lookup } as Parameters<typeof http2Connect>[1]);
    const timer = setTimeout(
      () => end(coded('UND_ERR_HEADERS_TIMEOUT', `no answer over HTTP/2 within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const end = (error?: Error) => {
      clearTimeout(timer);
      session.destroy();
      if (error) reject(error);
      else resolve();
    };
    session.on('error', end);
    // Headers of the connection have no place in HTTP/2 (RFC 9113 section 8.2.2).
    const stream = session.request({ ...headers, ':method': method, ':path': pathname + search });
    let text = '';
    stream.on('response', (answer) => {
      record.phases = { ...record.phases, headers: since() };
      record.httpVersion = '2.0';
      record.status = Number(answer[':status']);
      for (const [name, value] of Object.entries(answer))
        if (!name.startsWith(':') && value !== undefined) into[name] = String(value);
      record.headers = into;
      record.contentType = into['content-type'];
    });
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
      // A stream of events may stay open: the first event is enough.
      const wanted = /^text\/event-stream\b/i.test(record.contentType ?? '') ? /\n\r?\n/.test(text) : false;
      if (wanted || text.length > MAX_BODY) finish();
    });
    const finish = () => {
      record.body = text.slice(0, KEPT_BODY);
      record.bodyBytes = Buffer.byteLength(text);
      record.bodyCut = text.length > KEPT_BODY;
      const message = /^data: ?(?<json>\{.*\})\r?$/m.exec(text)?.groups?.json ?? text;
      try {
        readings.push(readMessage(JSON.parse(message)));
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
