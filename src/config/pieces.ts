/** A text under edit that remembers where each of its parts came from. */
import type { Range, TextEdit } from './config.js';

/** A part of the original, or a text that was put in. */
type Piece = Range | string;

const lengthOf = (piece: Piece): number => (typeof piece === 'string' ? piece.length : piece.end - piece.start);

/** The part of a piece between two offsets within it. */
const cut = (piece: Piece, from: number, to: number): Piece =>
  typeof piece === 'string' ? piece.slice(from, to) : { start: piece.start + from, end: piece.start + to };

/** Whether two edits can be made at once whatever their order: they do not even touch. */
export const areApart = (a: TextEdit, b: TextEdit): boolean =>
  a.range.end < b.range.start || b.range.end < a.range.start;

export class Pieces {
  readonly #original: string;
  readonly #pieces: readonly Piece[];

  constructor(original: string, pieces: readonly Piece[] = [{ start: 0, end: original.length }]) {
    this.#original = original;
    this.#pieces = pieces;
  }

  /** With edits made, whose offsets count in the present text. @throws RangeError when they overlap or lie outside. */
  with(edits: readonly TextEdit[]): Pieces {
    const sorted = [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
    const made: Piece[] = [];
    const rest = [...this.#pieces];
    let at = 0;
    /** Moves the parts up to an offset; the last of them is cut in two there. */
    const forward = (offset: number, keep: boolean): void => {
      if (offset < at) throw new RangeError('edits overlap');
      while (at < offset) {
        const piece = rest.shift();
        if (piece === undefined) throw new RangeError('an edit lies outside the text');
        const taken = Math.min(lengthOf(piece), offset - at);
        if (taken < lengthOf(piece)) rest.unshift(cut(piece, taken, lengthOf(piece)));
        if (keep) made.push(cut(piece, 0, taken));
        at += taken;
      }
    };
    for (const { range, text } of sorted) {
      forward(range.start, true);
      if (text) made.push(text);
      forward(range.end, false);
    }
    return new Pieces(this.#original, [...made, ...rest]);
  }

  get text(): string {
    return this.#pieces
      .map((piece) => (typeof piece === 'string' ? piece : this.#original.slice(piece.start, piece.end)))
      .join('');
  }

  /** Where a place of the present text is in the original: of what was put in, the place at which it was. */
  origin(offset: number): number {
    let at = 0;
    let before = 0;
    for (const piece of this.#pieces) {
      const length = lengthOf(piece);
      if (offset < at + length) return typeof piece === 'string' ? before : piece.start + (offset - at);
      if (typeof piece !== 'string') before = piece.end;
      at += length;
    }
    return before;
  }

  /** All that was done, as edits of the original, in their order and apart from each other. */
  get edits(): TextEdit[] {
    const edits: TextEdit[] = [];
    let end = 0;
    let text = '';
    const close = (start: number): void => {
      if (text !== '' || start > end) edits.push({ range: { start: end, end: start }, text });
      text = '';
    };
    for (const piece of this.#pieces)
      if (typeof piece === 'string') text += piece;
      else {
        close(piece.start);
        end = piece.end;
      }
    close(this.#original.length);
    return edits;
  }
}
