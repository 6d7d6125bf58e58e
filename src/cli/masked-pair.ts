/** Two texts of one file as they may be shown: what is secret in one of them is covered in both. */
import type { ConfigText } from '../config/config.js';
import { mask } from '../config/mask.js';
import type { Shown } from '../render/diff.js';

/** Shorter pieces would be found in everything. */
const MIN_PIECE = 4;

/** What is covered of a text: the pieces behind its stars. */
function covered({ text, masked }: Shown): string[] {
  const pieces: string[] = [];
  for (const { 0: stars, index } of masked.matchAll(/\*+/g)) {
    const piece = text.slice(index, index + stars.length);
    if (piece !== stars && piece.trim().length >= MIN_PIECE) pieces.push(piece);
  }
  return pieces;
}

function put({ text, masked }: Shown, values: Iterable<string>, write: (piece: string) => string): Shown {
  let shown = masked;
  // As it stands in the file, where quotes and backslashes are escaped.
  for (const value of new Set(values))
    for (const form of value === '' ? [] : new Set([value, JSON.stringify(value).slice(1, -1)]))
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length))
        shown = shown.slice(0, at) + write(form) + shown.slice(at + form.length);
  return { text, masked: shown };
}

const star = (piece: string): string => piece.replace(/[^\r\n]/g, '*');

/**
 * A text that cannot be read hides less of its secrets than one that can, so each learns from the other. `secrets` are covered
 * whatever they look like, `plain` are values of ours that are none and are shown.
 */
export function maskedPair(
  before: ConfigText,
  after: ConfigText,
  secrets: readonly string[] = [],
  plain: readonly string[] = [],
): [Shown, Shown] {
  const pair = [before, after].map((config) => ({ text: config.text, masked: mask(config.text, config) }));
  const ours = plain.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  const known = new Set([
    ...pair.flatMap(covered).filter((piece) => !ours.some((one) => one.includes(piece))),
    ...secrets,
  ]);
  const [one, other] = pair.map((shown) =>
    put(
      put(shown, plain, (piece) => piece),
      known,
      star,
    ),
  );
  return [one as Shown, other as Shown];
}
