/**
 * What is kept of a text that is too long to keep: the head, the tail, and from between them the lines that tell of a failure
 * or of a new run, with what follows them. A log of any size passes through in pieces, once.
 */

/** Words of failure in any language's own form, and the lines with which a client begins to start a server. */
export const TELLING =
  /[Ee]rror\b|ERROR|E[Rr][Rr]!|rror:|xception\b|raceback|\b[Ff]atal|FATAL|\bpanic|\b[Cc]annot |\bcould not |\b[Nn]ot found|\b[Ff]ailed|[Dd]enied|\bE[A-Z]{4,}\b|\b[Kk]illed|\bSIG[A-Z]{3,4}\b|\bexited\b|out of memory|[Dd]isconnected|closed unexpectedly|imed out|Initializing server|Starting server|Starting new stdio|Starting connection|CreateClient/g;

export interface Sizes {
  /** Characters kept of the start and of the end. */
  head: number;
  tail: number;
  /** Telling places kept from between: the first ones and the last ones. */
  first: number;
  last: number;
}

const SIZES: Sizes = { head: 256 * 1024, tail: 1024 * 1024, first: 200, last: 1_000 };
/** A telling line is kept with the lines behind it: a stack trace, the rest of a message. */
const LINES_BEHIND = 6;
const MAX_PLACE = 2_000;
/** Places looked at in one piece of the middle. Where every line tells, none does. */
const PLACES_IN_A_PIECE = 100;

export class Sifter {
  readonly #sizes: Sizes;
  #head = '';
  /** Whole lines, the latest last: as many pieces as make up the tail. */
  readonly #tail: string[] = [];
  #tailLength = 0;
  /** A line whose end has not come yet. */
  #open = '';
  /** Characters that left the tail for good. */
  #passed = 0;
  readonly #first: string[] = [];
  readonly #last: string[] = [];

  constructor(sizes: Sizes = SIZES) {
    this.#sizes = sizes;
  }

  push(text: string): void {
    const room = this.#sizes.head - this.#head.length;
    if (room > 0) this.#head += text.slice(0, room);
    const rest = room > 0 ? text.slice(room) : text;
    if (!rest) return;
    const all = this.#open + rest;
    // A line longer than the whole tail is cut where it stands.
    const cut = all.length > this.#sizes.tail ? all.length : all.lastIndexOf('\n') + 1;
    this.#open = all.slice(cut);
    if (cut === 0) return;
    const piece = all.slice(0, cut);
    this.#tail.push(piece);
    this.#tailLength += piece.length;
    // A piece is looked at when those behind it make up the tail by themselves: nothing is ever put together again.
    for (
      let oldest = this.#tail[0];
      oldest && this.#tailLength - oldest.length >= this.#sizes.tail;
      oldest = this.#tail[0]
    ) {
      this.#look(oldest);
      this.#passed += oldest.length;
      this.#tailLength -= oldest.length;
      this.#tail.shift();
    }
  }

  #look(piece: string): void {
    const pattern = new RegExp(TELLING.source, 'g');
    for (let n = 0; n < PLACES_IN_A_PIECE; n++) {
      const match = pattern.exec(piece);
      if (!match) return;
      const start = piece.lastIndexOf('\n', match.index) + 1;
      let end = start;
      for (let line = 0; line <= LINES_BEHIND && end >= 0 && end < piece.length; line++) {
        const next = piece.indexOf('\n', end);
        end = next < 0 ? piece.length : next + 1;
      }
      // A copy of its own: a slice would keep the whole piece in memory.
      const place = Array.from(piece.slice(start, Math.min(end, start + MAX_PLACE))).join('');
      if (this.#first.length < this.#sizes.first) this.#first.push(place);
      else {
        this.#last.push(place);
        if (this.#last.length > this.#sizes.last * 2) this.#last.splice(0, this.#sizes.last);
      }
      pattern.lastIndex = Math.max(end, match.index + 1);
    }
  }

  /** What was kept, in order. `omitted` counts the characters that were left out. */
  result(): { text: string; omitted: number } {
    const tail = this.#tail.join('') + this.#open;
    if (this.#passed === 0) return { text: this.#head + tail, omitted: 0 };
    const between = [...this.#first, ...this.#last.slice(-this.#sizes.last)];
    const kept = between.reduce((sum, { length }) => sum + length, 0);
    const whole = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);
    return {
      text: [this.#head, ...between].map(whole).join('') + tail,
      omitted: Math.max(0, this.#passed - kept),
    };
  }
}
