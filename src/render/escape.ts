/**
 * What we observe is hostile. Text from servers, files and the network is shown, never obeyed: control characters, escape
 * sequences, bidirectional overrides and invisible characters appear as what they are.
 */

/**
 * C0 except tab and newline, DEL and C1; bidirectional controls; zero-width and invisible characters; the tag block; line and
 * paragraph separators; byte order mark; lone surrogates. Unicode Technical Report 36 describes how each has been abused.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/gu;

const visible = (char: string): string => {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
};

/** Text made harmless for a terminal. Newlines and tabs stay. */
export const escapeText = (text: string): string => text.replace(UNSAFE, visible);

/** The same for one line: newlines and tabs become visible, too, and the length is bounded. */
export function escapeLine(text: string, max = 300): string {
  const line = escapeText(text).replaceAll('\n', '\\n').replaceAll('\t', ' ');
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** JSON text in which every character that could act on a terminal stands as a \u escape. It stays the same JSON value. */
export const escapeJson = (json: string): string =>
  json.replace(UNSAFE, (char) => [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''));
