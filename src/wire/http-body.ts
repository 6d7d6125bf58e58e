/** Reading a response body: decoded, bounded in size and time, and as an event stream where it is one. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createParser } from 'eventsource-parser';
import type { Exchange } from '../case/evidence.js';
import { type Reading, readMessage } from './json-rpc.js';
import { unparsable } from './json-text.js';

/** Bytes of a response that are read at most. A JSON-RPC reply larger than that reaches no SDK client either. */
export const MAX_BODY = 16 * 1024 * 1024;
const KEPT_BODY = 4_000;
const MAX_EVENTS = 20;
/** Messages of one stream that are kept; only the reply that is waited for still counts behind them. */
const MAX_READINGS = 1_000;
/** Lines of one event. */
const MAX_LINES = 300_000;
/** How long a stream may go on after the message that was waited for; then its connection is given up. */
const DRAIN_MS = 200;

export interface BodySpec {
  timeoutMs: number;
  /** Listen to an event stream for so long and no longer, milliseconds; that nothing came is then no error. */
  listenMs?: number;
  onMessage?(reading: Reading): boolean;
  onEvent?(event: { event?: string; data: string; id?: string }): boolean;
  onBytes?(): void;
  /** Called with the whole text of a body that came to its end and is no event stream. */
  onBody?(text: string): void;
  /** Bytes of this body that are read at most, when that is less than elsewhere. */
  maxBytes?: number;
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
  const coding = String(response.headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  if (coding === 'identity' || coding === '') return null;
  if (!/^(?:x-)?gzip$|^deflate$|^br$/.test(coding))
    throw coded('CONTENT_CODING_UNKNOWN', `the body is in the coding "${coding.slice(0, 60)}", which nobody asked for`);
  const { createGunzip, createInflate, createBrotliDecompress } = await import('node:zlib');
  if (coding === 'br') return createBrotliDecompress();
  return coding === 'deflate' ? createInflate() : createGunzip();
}

/** What a body amounts to while its bytes come in. */
class Content {
  readonly stream = { comments: 0, invalidLines: 0 } as NonNullable<Exchange['stream']>;
  readonly events: string[] = [];
  readonly #utf8 = new TextDecoder();
  readonly #parts: Buffer[] = [];
  readonly #spec: BodySpec;
  readonly #readings: Reading[];
  readonly #isStream: boolean;
  /** The beginning, for the record. */
  #head = '';
  #badText = false;
  #why: string | undefined;
  bytes = 0;
  /** Lines since the last event: each of an event's lines costs more memory than its bytes. */
  lines = 0;
  enough = false;

  constructor(isStream: boolean, spec: BodySpec, readings: Reading[]) {
    this.#isStream = isStream;
    this.#spec = spec;
    this.#readings = readings;
  }

  readonly #take = (reading: Reading): void => {
    const wanted = this.#spec.onMessage?.(reading) ?? false;
    if (wanted || this.#readings.length < MAX_READINGS) this.#readings.push(reading);
    this.enough ||= wanted;
  };

  readonly #parser = createParser({
    onEvent: ({ event, data, id }) => {
      this.lines = 0;
      if (this.events.length < MAX_EVENTS) this.events.push((event ?? 'message').slice(0, 100));
      if (id !== undefined) this.stream.lastId = id.slice(0, 200);
      this.enough ||= this.#spec.onEvent?.({ event, data, id }) ?? false;
      if (event === undefined || event === 'message') this.#read(data);
    },
    onComment: () => void this.stream.comments++,
    onRetry: (retry) => {
      this.stream.retryMs = retry;
    },
    onError: ({ type, line }) => {
      if (type === 'max-buffer-size-exceeded') return;
      this.stream.firstInvalid ??= String(line ?? '').slice(0, 200);
      this.stream.invalidLines++;
    },
  });

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (!this.#isStream) return void this.#parts.push(chunk);
    const part = this.#utf8.decode(chunk, { stream: true });
    // A replacement character that was not sent as such.
    this.#badText ||= part.includes('\uFFFD') && !chunk.includes('\uFFFD');
    if (this.#head.length < KEPT_BODY) this.#head += part.slice(0, KEPT_BODY);
    for (let at = part.indexOf('\n'); at !== -1; at = part.indexOf('\n', at + 1)) this.lines++;
    this.#parser.feed(part);
  }

  /** Read what is there. `whole`: the body came to its end, so that it can be a message. */
  end(whole: boolean, record: Exchange): void {
    if (!this.#isStream) {
      const all = Buffer.concat(this.#parts.splice(0));
      this.#head = new TextDecoder().decode(all.subarray(0, KEPT_BODY * 4));
      // Where the reading was cut, the last character may be cut as well.
      this.#badText = whole && (!isUtf8(all) || all.subarray(0, 64).includes(0));
      if (whole) {
        const text = new TextDecoder().decode(all);
        this.#spec.onBody?.(text);
        this.#read(text);
      }
    }
    if (this.#why) record.stopped ??= 'nested';
    if (this.#badText) record.invalidUtf8 = true;
    record.body = this.#head.slice(0, KEPT_BODY);
    record.bodyBytes = this.bytes;
    record.bodyCut = this.#head.length > KEPT_BODY || this.bytes > KEPT_BODY * 4;
    if (this.#isStream) Object.assign(record, { events: this.events, stream: this.stream });
  }

  #read(text: string): void {
    const why = unparsable(text);
    if (why) this.#why = why;
    else messagesIn(text).forEach(this.#take);
  }
}

/** The end of the bytes that a socket brought last: what stands behind a body must not be there. */
export type LastBytes = () => Buffer | undefined;

/**
 * Read a body into its record. Rejects with the error that ended it early. Resolves as soon as a callback says that it has
 * enough; what follows on the wire is read away, so that the connection can be used again. `allowed` bytes are read at most.
 */
export async function readBody(
  response: IncomingMessage,
  spec: BodySpec,
  record: Exchange,
  readings: Reading[],
  { allowed = MAX_BODY, lastBytes }: { allowed?: number; lastBytes?: LastBytes } = {},
): Promise<void> {
  const isStream = /^text\/event-stream\b/i.test(record.contentType ?? '');
  const content = new Content(isStream, spec, readings);
  const most = Math.min(allowed, spec.maxBytes ?? allowed);
  let decoder: Transform | null = null;
  let raw = 0;
  let tail: Buffer | undefined;
  let heard = false;
  let whole = false;
  try {
    decoder = await decoderOf(response);
    await new Promise<void>((resolve, reject) => {
      const limitMs = spec.listenMs ?? spec.timeoutMs;
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
        if (content.bytes > 0) record.stopped ??= 'endless';
        end(coded('UND_ERR_BODY_TIMEOUT', `the answer was not complete after ${spec.timeoutMs} ms`));
      };
      // One limit for the whole: a body that trickles for ever never pauses long enough for a limit on the pause.
      const timer = setTimeout(late, limitMs);
      const consume = (chunk: Buffer) => {
        if (content.enough) return;
        content.push(chunk);
        if (content.bytes > most || content.lines > MAX_LINES) {
          record.stopped = raw < content.bytes / 20 ? 'inflates' : 'too-large';
          content.enough = true;
        }
        if (content.enough) end();
      };
      response.on('data', (chunk: Buffer) => {
        raw += chunk.length;
        tail = chunk;
        spec.onBytes?.();
        if (!decoder) consume(chunk);
      });
      decoder?.on('data', consume);
      if (decoder) response.pipe(decoder);
      decoder?.on('error', () => end(coded('CONTENT_DECODING_FAILED', 'the body is not in the coding it names')));
      response.on('error', end);
      response.on('aborted', () => end(coded('UND_ERR_SOCKET', 'other side closed')));
      response.on('end', () => {
        if (record.headers?.['content-length'] !== undefined && isFollowed(tail, lastBytes?.()))
          record.extraBytes = true;
      });
      (decoder ?? response).on('end', () => {
        whole = true;
        end();
      });
    });
  } finally {
    finish(response, content.enough && !heard && record.stopped === undefined, decoder);
    content.end(whole, record);
  }
}

/** Whether the last bytes of the connection are others than the last of the body. */
function isFollowed(tail: Buffer | undefined, last: Buffer | undefined): boolean {
  if (!tail || !last) return false;
  const length = Math.min(tail.length, last.length, 64);
  return !last.subarray(last.length - length).equals(tail.subarray(tail.length - length));
}

/** Let a stream come to its end, so that its connection can be used again; give it up when it goes on. */
function finish(response: IncomingMessage, wanted: boolean, decoder: Transform | null): void {
  response.on('error', () => {});
  // What the decoder still holds would go on to unfold.
  if (decoder) response.unpipe(decoder);
  decoder?.destroy();
  if (response.complete && response.readableEnded) return;
  if (!wanted) return void response.destroy();
  const timer = setTimeout(() => response.destroy(), DRAIN_MS);
  timer.unref();
  response.once('close', () => clearTimeout(timer));
  response.resume();
}
