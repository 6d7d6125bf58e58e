/** Reading a response body: decoded, bounded in size and time, and as an event stream where it is one. */
import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createParser } from 'eventsource-parser';
import type { Exchange } from '../case/evidence.js';
import { type Reading, readMessage } from './json-rpc.js';

/** Bytes of a response that are read at most. A JSON-RPC reply larger than that reaches no SDK client either. */
const MAX_BODY = 16 * 1024 * 1024;
const KEPT_BODY = 4_000;
const MAX_EVENTS = 20;
/** How long a stream may go on after the message that was waited for; then its connection is given up. */
const DRAIN_MS = 200;

export interface BodySpec {
  timeoutMs: number;
  /** Listen to an event stream for so long and no longer, milliseconds; that nothing came is then no error. */
  listenMs?: number;
  onMessage?(reading: Reading): boolean;
  onEvent?(event: { event?: string; data: string }): boolean;
  onBytes?(): void;
}

/** An error that carries a code, as those of the system do. */
export const coded = (code: string, message: string): NodeJS.ErrnoException =>
  Object.assign(new Error(message), { code });

const messagesIn = (text: string): Reading[] => {
  try {
    const value: unknown = JSON.parse(text);
    return [readMessage(value)];
  } catch {
    return [];
  }
};

/** The bytes behind the content coding (RFC 9110 section 8.4). We ask for none, and some servers compress all the same. */
async function decoderOf(response: IncomingMessage): Promise<Transform | null> {
  const coding = String(response.headers['content-encoding'] ?? '')
    .trim()
    .toLowerCase();
  if (!/^(?:x-)?gzip$|^deflate$|^br$/.test(coding)) return null;
  const { createGunzip, createInflate, createBrotliDecompress, constants } = await import('node:zlib');
  if (coding === 'br') return createBrotliDecompress();
  // Z_SYNC_FLUSH gives what is there of a stream that goes on.
  return coding === 'deflate' ? createInflate() : createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
}

/**
 * Read a body into its record. Rejects with the error that ended it early. Resolves as soon as a callback says that it has
 * enough; what follows on the wire is read away, so that the connection can be used again.
 */
export async function readBody(
  response: IncomingMessage,
  spec: BodySpec,
  record: Exchange,
  readings: Reading[],
): Promise<void> {
  const isStream = /^text\/event-stream\b/i.test(record.contentType ?? '');
  const decoder = await decoderOf(response);
  const utf8 = new TextDecoder();
  const stream = { comments: 0, invalidLines: 0 } as NonNullable<Exchange['stream']>;
  const events: string[] = [];
  let text = '';
  let bytes = 0;
  let raw = 0;
  let enough = false;
  let heard = false;
  const take = (reading: Reading) => {
    readings.push(reading);
    enough ||= spec.onMessage?.(reading) ?? false;
  };
  const parser = createParser({
    onEvent({ event, data, id }) {
      if (events.length < MAX_EVENTS) events.push(event ?? 'message');
      if (id !== undefined) stream.lastId = id.slice(0, 200);
      enough ||= spec.onEvent?.({ event, data }) ?? false;
      if (event === undefined || event === 'message') messagesIn(data).forEach(take);
    },
    onComment: () => void stream.comments++,
    onRetry: (retry) => {
      stream.retryMs = retry;
    },
    onError({ type, line }) {
      if (type === 'max-buffer-size-exceeded') return;
      stream.firstInvalid ??= String(line ?? '').slice(0, 200);
      stream.invalidLines++;
    },
  });
  const feed = (chunk: Buffer) => {
    bytes += chunk.length;
    const part = utf8.decode(chunk, { stream: true });
    if (isStream) parser.feed(part);
    if (!isStream || text.length < KEPT_BODY) text += part;
    if (bytes > MAX_BODY) {
      record.stopped = raw < bytes / 20 ? 'inflates' : 'too-large';
      enough = true;
    }
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const limitMs = spec.listenMs ?? spec.timeoutMs;
      const source = decoder ?? response;
      const end = (error?: Error) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve();
      };
      const late = () => {
        if (spec.listenMs !== undefined && isStream) {
          heard = true;
          return end();
        }
        if (bytes > 0) record.stopped ??= 'endless';
        end(coded('UND_ERR_BODY_TIMEOUT', `the answer was not complete after ${spec.timeoutMs} ms`));
      };
      // One limit for the whole: a body that trickles for ever never pauses long enough for a limit on the pause.
      const timer = setTimeout(late, limitMs);
      response.on('data', (chunk: Buffer) => {
        raw += chunk.length;
        spec.onBytes?.();
        if (!decoder) consume(chunk);
      });
      decoder?.on('data', (chunk: Buffer) => consume(chunk));
      function consume(chunk: Buffer) {
        if (enough) return;
        feed(chunk);
        if (enough) end();
      }
      if (decoder) response.pipe(decoder);
      decoder?.on('error', () => end(coded('CONTENT_DECODING_FAILED', 'the body is not in the coding it names')));
      response.on('error', end);
      response.on('aborted', () => end(coded('UND_ERR_SOCKET', 'other side closed')));
      source.on('end', () => end());
    });
  } finally {
    finish(response, enough && !heard && record.stopped === undefined);
    record.body = text.slice(0, KEPT_BODY);
    record.bodyBytes = bytes;
    record.bodyCut = text.length > KEPT_BODY || bytes > MAX_BODY;
    if (isStream) Object.assign(record, { events, stream });
  }
  if (!isStream) messagesIn(text).forEach(take);
}

/** Let a stream come to its end, so that its connection can be used again; give it up when it goes on. */
function finish(response: IncomingMessage, wanted: boolean): void {
  if (response.complete && response.readableEnded) return;
  response.on('error', () => {});
  if (!wanted) return void response.destroy();
  const timer = setTimeout(() => response.destroy(), DRAIN_MS);
  timer.unref();
  response.once('close', () => clearTimeout(timer));
  response.resume();
}
