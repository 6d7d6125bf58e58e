import type { Evidence } from '../case/evidence.js';
import { plain } from '../case/plain.js';

const STDERR_LINE = 2_000;
const STDERR_HEAD = 100;
const STDERR_TAIL = 200;

/** Keeps the first and the last lines of a text stream, each bounded. */
export class HeadAndTail {
  /** Characters may be split between two chunks. */
  readonly #decoder = new TextDecoder();
  #open = '';
  #openAtMs = 0;
  #head: { atMs: number; text: string }[] = [];
  #tail: { atMs: number; text: string }[] = [];
  #count = 0;
  bytes = 0;

  push(chunk: Buffer, atMs: number, onLine: (text: string) => void): void {
    this.bytes += chunk.length;
    // A flood is sampled: the middle of a chunk that alone is more than would be kept is not worth decoding.
    const text =
      chunk.length > 1 << 18
        ? `${chunk.toString('utf8', 0, 1 << 16)}\n${chunk.toString('utf8', chunk.length - (1 << 16))}`
        : this.#decoder.decode(chunk, { stream: true });
    const lines = (this.#open + text).split('\n');
    this.#open = (lines.pop() ?? '').slice(0, STDERR_LINE);
    this.#openAtMs = atMs;
    for (const line of lines) this.#keep(line, atMs, onLine);
  }

  #keep(line: string, atMs: number, onLine: (text: string) => void): void {
    const text = plain(line).trimEnd().slice(0, STDERR_LINE);
    if (text === '') return;
    this.#count++;
    if (this.#head.length < STDERR_HEAD) {
      this.#head.push({ atMs, text });
      onLine(text);
    } else {
      this.#tail.push({ atMs, text });
      if (this.#tail.length > STDERR_TAIL * 2) this.#tail.splice(0, STDERR_TAIL);
    }
  }

  end(atMs: number, onLine: (text: string) => void): void {
    this.#keep(this.#open, atMs, onLine);
    this.#open = '';
  }

  evidence(): Evidence['stderr'] {
    const tail = this.#tail.slice(-STDERR_TAIL);
    const open = this.#open.trim() === '' ? [] : [{ atMs: this.#openAtMs, text: this.#open }];
    return {
      bytes: this.bytes,
      lines: [...this.#head, ...tail, ...open],
      omitted: this.#count - this.#head.length - tail.length,
    };
  }
}
