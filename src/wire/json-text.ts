/** JSON from strangers: parsed only when what comes of it can be held and walked. */

/** Levels that our own code, and every client's, can walk. */
const MAX_DEPTH = 500;
/** Objects and lists in one message. A parser needs some hundred bytes for each. */
const MAX_VALUES = 500_000;
/** A shorter text can be neither deep nor many enough to matter. */
const HARMLESS = 400;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [BRACKET, BRACE, CLOSE_BRACKET, CLOSE_BRACE] = [0x5b, 0x7b, 0x5d, 0x7d];

/** Why a JSON text must not be parsed, or null: brackets and commas counted outside of strings, which costs its length once. */
export function unparsable(text: string): string | null {
  if (text.length < HARMLESS) return null;
  let [depth, values, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) quoted = !quoted;
    else if (quoted) {
      if (code === BACKSLASH) i++;
    } else if (code === BRACKET || code === BRACE) {
      values++;
      if (++depth > MAX_DEPTH) return `JSON nested deeper than ${MAX_DEPTH} levels`;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
    else if (code === COMMA) values++;
    if (values > MAX_VALUES) return `JSON of more than ${MAX_VALUES} values`;
  }
  return null;
}
