/**
 * The entries of a HAR file, one by one: https://w3c.github.io/web-performance/specs/HAR/Overview.html
 * Such a file is one JSON document of any size, since it holds every image of a page. It passes through in pieces, once: strings
 * that nobody reads are cut on the way, and no more than one entry is ever in memory.
 */

/** Longer strings are cut: bodies, data URLs. */
const MAX_STRING = 24_000;
/** An entry of more than that is left out, and counted. */
const MAX_ENTRY = 2_000_000;
const HEAD = /^\uFEFF?\s*\{\s*"log"\s*:\s*\{/;
const ENTRIES = /"entries"\s*:\s*\[/;

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

/** Whether a text begins as a HAR file does. */
export const isHar = (start: string): boolean => HEAD.test(start);

export class HarEntries {
  readonly #take: (entry: unknown) => void;
  /** What was read while the entries have not begun. */
  #before = '';
  #state: 'before' | 'inside' | 'behind' = 'before';
  #depth = 0;
  #inString = false;
  /** Characters of the string so far; whether the rest of it is being left out. */
  #length = 0;
  #cut = false;
  /** The next character stands behind a backslash. */
  #escaped = false;
  /** Characters that may still belong to an escape (the longest is \\uXXXX): nothing is cut among them. */
  #whole = 0;
  #entry = '';
  /** Entries that could not be read, or were too large. */
  unread = 0;

  constructor(take: (entry: unknown) => void) {
    this.#take = take;
  }

  push(text: string): void {
    if (this.#state === 'behind') return;
    if (this.#state === 'inside') {
      this.#scan(text, 0);
      return;
    }
    const all = this.#before + text;
    const match = ENTRIES.exec(all);
    if (!match) {
      this.#before = all.slice(-200);
      return;
    }
    this.#before = '';
    this.#state = 'inside';
    this.#scan(all, match.index + match[0].length);
  }

  #keep(text: string): void {
    if (this.#entry.length <= MAX_ENTRY) this.#entry += text;
  }

  #scan(text: string, start: number): void {
    // Where that begins which is to be kept; -1 when nothing is.
    let from = this.#depth > 0 && !this.#cut ? start : -1;
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.#inString) {
        this.#length++;
        this.#whole--;
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) {
          this.#escaped = true;
          this.#whole = 6;
        } else if (code === QUOTE) {
          this.#inString = false;
          if (this.#cut) from = i;
          this.#cut = false;
        } else if (!this.#cut && this.#length > MAX_STRING && this.#whole <= 0) {
          this.#keep(text.slice(from, i));
          this.#cut = true;
          from = -1;
        }
        continue;
      }
      if (code === QUOTE) {
        this.#inString = true;
        this.#length = 0;
        this.#whole = 0;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (this.#depth++ === 0) from = i;
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        if (this.#depth === 0) {
          this.#state = 'behind';
          return;
        }
        if (--this.#depth === 0) {
          this.#keep(text.slice(Math.max(from, 0), i + 1));
          this.#end();
          from = -1;
        }
      }
    }
    if (from >= 0 && this.#depth > 0) this.#keep(text.slice(from));
  }

  #end(): void {
    const entry = this.#entry;
    this.#entry = '';
    if (entry.length > MAX_ENTRY) {
      this.unread++;
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(entry);
    } catch {
      this.unread++;
      return;
    }
    this.#take(value);
  }
}
