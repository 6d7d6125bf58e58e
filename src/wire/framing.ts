/**
 * stdout of a stdio server, byte-exact: split into lines, and every line classified. MCP messages are delimited by newlines
 * and must not contain embedded ones (specification, "Transports", section stdio); everything else on stdout is a fault.
 */
import type { StrayKind } from '../case/evidence.js';
import { type Reading, readMessage } from './json-rpc.js';
import { unparsable } from './json-text.js';

/** Longest line that is kept. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** SDK clients close the connection when a line grows beyond this: a longer one reaches nobody. */
export const CLIENT_LIMIT_BYTES = 10 * 1024 * 1024;
const PREFIX_BYTES = 4_096;
const NEWLINE = 0x0a;

export interface FramedLine {
  /** From 1. */
  line: number;
  /** Of the first byte in the stream, from 0. */
  offset: number;
  bytes: number;
  /** Null when the line is a proper message or empty. */
  stray: StrayKind | null;
  why?: string;
  /** The text, whole for a message, at most 4,096 bytes of it for anything else. */
  text: string;
  /** The line ended with CR LF. */
  crlf?: boolean;
  /** What a client would read from it. A stray line may still carry a readable message (invalid UTF-8 in a string). */
  reading?: Reading;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-16 as text. Zero bytes at even places mean big endian, or little endian behind a newline that was cut in two. */
function utf16Text(line: Buffer): string {
  const evenZeros = line.subarray(0, 64).filter((byte, i) => byte === 0 && i % 2 === 0).length;
  const oddZeros = line.subarray(0, 64).filter((byte, i) => byte === 0 && i % 2 === 1).length;
  const head = line.subarray(0, 2_002);
  const text = (evenZeros > oddZeros ? head.subarray(1) : head).toString('utf16le');
  return text.replace(/[\uFEFF\uFFFE\r\0]/g, '').slice(0, 1_000);
}

function looksUtf16(line: Buffer): boolean {
  if (line.length < 4) return false;
  if ((line[0] === 0xff && line[1] === 0xfe) || (line[0] === 0xfe && line[1] === 0xff)) return true;
  const sample = line.subarray(0, 64);
  const zeros = [...sample.keys()].filter((i) => sample[i] === 0);
  // Zeros at every other place belong to UTF-16; side by side they are only zeros.
  return zeros.length >= Math.floor(sample.length / 3) && new Set(zeros.map((i) => i % 2)).size === 1;
}

const decodes = (bytes: Buffer): boolean => {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** Where UTF-8 first goes wrong: the start of the first sequence that is none. */
function firstBadByte(line: Buffer): number {
  // The decoder puts one replacement character per fault, and what stands before the first of them is sound.
  const sound = Buffer.byteLength(line.toString('utf8').split('\uFFFD', 1)[0] ?? '');
  // A replacement character may have been sent as such.
  let place = sound;
  while (place < line.length && decodes(line.subarray(0, place + 3)) && line[place] === 0xef) {
    place += 3;
    place += Buffer.byteLength(line.subarray(place).toString('utf8').split('\uFFFD', 1)[0] ?? '');
  }
  return place;
}

const LOGGER_KEYS = new Set([
  ...['level', 'lvl', 'severity', 'msg', 'message', 'time', 'timestamp', 'ts', '@timestamp', 'logger', 'name', 'pid'],
  ...['hostname', 'caller', 'event'],
]);

/** What a line of foreign JSON is. */
function whyForeign(text: string): string {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value)) return 'JSON, but no JSON-RPC: a list';
  if (typeof value !== 'object' || value === null) return `JSON, but no JSON-RPC: a bare ${typeof value}`;
  const keys = Object.keys(value);
  const named = `${keys
    .slice(0, 5)
    .map((key) => key.slice(0, 40))
    .join(', ')}${keys.length > 5 ? ' ...' : ''}`;
  return keys.filter((key) => LOGGER_KEYS.has(key)).length >= 2
    ? `a JSON log line (${named}), no JSON-RPC`
    : `JSON, but no JSON-RPC: an object ${keys.length ? `with ${named}` : 'without keys'}`;
}

/** Zero bytes in a line: how many, and where the first stands. Null when there are none. */
function zerosIn(text: string): string | null {
  const first = text.indexOf('\0');
  if (first < 0) return null;
  const count = text.split('\0').length - 1;
  return `${count === 1 ? 'a NUL byte' : `${count} NUL bytes`} in the line, ${count === 1 ? '' : 'the first '}at byte ${Buffer.byteLength(text.slice(0, first))}`;
}

function parse(text: string): Reading | null {
  // Most of what is no JSON shows it by its first character; a failed parse costs a hundred times more.
  if (!/^\s*(?:["[{\d-]|true|false|null)/.test(text) || unparsable(text)) return null;
  try {
    return readMessage(JSON.parse(text));
  } catch {
    return null;
  }
}

type Class = Pick<FramedLine, 'stray' | 'why' | 'reading' | 'text'>;

/** Class of one complete line, without its newline. */
export function classify(bytes: Buffer): Class {
  const line = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  if (line.length === 0) return { stray: null, text: '' };
  if (looksUtf16(line)) {
    return { stray: 'utf-16', text: utf16Text(line), why: 'the bytes are UTF-16; MCP messages are UTF-8' };
  }
  if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) {
    const behind = line.subarray(3).toString('utf8');
    const why =
      parse(behind)?.type === 'response'
        ? 'a valid reply stands behind the byte order mark'
        : 'a byte order mark (EF BB BF) stands before the text';
    return { stray: 'bom', text: behind.slice(0, PREFIX_BYTES), why };
  }
  let text: string;
  let broken = false;
  try {
    text = strict.decode(line);
  } catch {
    text = line.toString('utf8');
    broken = true;
  }
  const short = text.slice(0, PREFIX_BYTES);
  // A lone zero byte is the second half of a UTF-16 newline.
  if (text.trim() === '' || text === '\0') return { stray: null, text: '' };
  const reading = parse(text);
  if (broken) {
    const place = firstBadByte(line);
    const byte = line[place]?.toString(16).padStart(2, '0');
    const why = `byte ${place} of the line (0x${byte}) is no UTF-8${reading ? '' : ', and the line is no JSON'}`;
    return { stray: 'invalid-utf8', text: short, why, reading: reading ?? undefined };
  }
  if (!reading) {
    const zeros = zerosIn(text);
    const behind = zeros ? parse(text.replaceAll('\0', '')) : null;
    if (zeros && behind && behind.type !== 'foreign')
      return { stray: 'rpc-invalid', text: short, why: `${zeros}; without them it would be a message` };
    if (zeros) return { stray: 'not-json', text: short, why: zeros };
    if (/^content-length:\s*\d+/i.test(text))
      return { stray: 'content-length', text: short, why: 'Content-Length headers frame messages in LSP, not in MCP' };
    const beyond = unparsable(text);
    if (beyond) return { stray: 'not-json', text: short, why: beyond };
    const glued = text.indexOf('{"jsonrpc"', 1);
    const tail = glued > 0 ? parse(text.slice(glued)) : null;
    const why =
      tail && tail.type !== 'foreign'
        ? `a message starts at byte ${glued} of the line: text without a newline was printed before it`
        : /^\s*(?:\{\s*"|\[\s*[[{"\d])/.test(text)
          ? 'it begins like JSON, and it is none'
          : 'plain text, no JSON';
    return { stray: 'not-json', text: short, why };
  }
  if (reading.type === 'foreign') return { stray: 'json-not-rpc', text: short, why: whyForeign(text) };
  if (reading.type === 'invalid')
    return { stray: 'rpc-invalid', text: short, why: reading.problems.join('; '), reading };
  return { stray: null, text, reading };
}

/** Splits a stream of bytes into classified lines. Holds at most MAX_LINE_BYTES. */
export class LineFramer {
  #parts: Buffer[] = [];
  #held = 0;
  #lineBytes = 0;
  #lineStart = 0;
  #line = 1;
  /** Bytes seen in all. */
  total = 0;

  push(chunk: Buffer): FramedLine[] {
    const lines: FramedLine[] = [];
    let from = 0;
    for (let cut = chunk.indexOf(NEWLINE); cut !== -1; cut = chunk.indexOf(NEWLINE, from)) {
      this.#hold(chunk.subarray(from, cut));
      lines.push(this.#finish(1));
      from = cut + 1;
    }
    this.#hold(chunk.subarray(from));
    this.total += chunk.length;
    return lines;
  }

  /** What stands after the last newline; null when nothing does. The line stays open. */
  rest(): FramedLine | null {
    if (this.#lineBytes === 0) return null;
    const bytes = Buffer.concat(this.#parts);
    const complete = classify(bytes);
    const place = { line: this.#line, offset: this.#lineStart, bytes: this.#lineBytes };
    if (this.#lineBytes > CLIENT_LIMIT_BYTES) return { ...place, ...this.#overLong(bytes) };
    // Text that is wrong anyway keeps its own class; only what would have been fine is blamed on the missing newline.
    if (complete.stray) return { ...place, ...complete };
    // Blanks without a newline, or the second byte of a UTF-16 newline: nothing was said.
    if (complete.text === '') return null;
    return {
      ...place,
      stray: 'unterminated',
      text: complete.text.slice(0, PREFIX_BYTES),
      why: 'the last line is a whole message, but no newline ends it',
    };
  }

  #hold(part: Buffer): void {
    this.#lineBytes += part.length;
    const room = MAX_LINE_BYTES - this.#held;
    if (part.length === 0 || room <= 0) return;
    // A copy, so that a small rest does not keep a large chunk alive.
    const kept = Buffer.from(part.subarray(0, room));
    this.#parts.push(kept);
    this.#held += kept.length;
    if (this.#lineBytes > MAX_LINE_BYTES) {
      this.#parts = [Buffer.concat(this.#parts).subarray(0, PREFIX_BYTES)].map((b) => Buffer.from(b));
    }
  }

  #overLong(bytes: Buffer): Class {
    // A line that was held whole may still be read: the conversation goes on where other clients have ended it.
    const whole = bytes.length === this.#lineBytes ? classify(bytes) : undefined;
    return {
      stray: 'over-long',
      text: bytes.subarray(0, PREFIX_BYTES).toString('utf8'),
      why: `the line has ${this.#lineBytes} bytes; SDK clients close the connection at 10 MiB`,
      reading: whole?.stray === null ? whole.reading : undefined,
    };
  }

  #finish(newlineBytes: number): FramedLine {
    const bytes = Buffer.concat(this.#parts);
    const framed: FramedLine = {
      line: this.#line,
      offset: this.#lineStart,
      bytes: this.#lineBytes,
      ...(this.#lineBytes > CLIENT_LIMIT_BYTES ? this.#overLong(bytes) : classify(bytes)),
      ...(bytes.length > 1 && bytes.at(-1) === 0x0d && bytes.at(-2) !== 0 && { crlf: true }),
    };
    this.#lineStart += this.#lineBytes + newlineBytes;
    this.#line++;
    this.#parts = [];
    this.#held = 0;
    this.#lineBytes = 0;
    return framed;
  }
}

/** Neighbouring lines that together are one message: JSON printed with indentation. Marks them as such. */
export function markPrettyPrinted<S extends { kind: StrayKind; text: string; why?: string }>(strays: S[]): S[] {
  const marked = strays.map((stray) => ({ ...stray }));
  for (let start = 0; start < marked.length; start++) {
    if (marked[start]?.text.trim() !== '{') continue;
    let joined = '';
    for (let end = start; end < Math.min(marked.length, start + 200); end++) {
      joined += `${marked[end]?.text}\n`;
      const reading = parse(joined);
      if (!reading) continue;
      if (reading.type !== 'foreign') {
        for (const stray of marked.slice(start, end + 1)) {
          stray.kind = 'pretty-printed';
          stray.why = 'one message is spread over several lines';
        }
      }
      start = end;
      break;
    }
  }
  return marked;
}
