/**
 * What we observe is hostile. Text from servers, files and the network is shown, never obeyed: control characters, escape
 * sequences, bidirectional overrides and invisible characters appear as what they are.
 */

/**
 * Control characters (C0, DEL, C1) except tab and newline; format characters such as bidirectional controls and tags; lone
 * surrogates; line and paragraph separators; and everything that Unicode says to draw as nothing. An emoji may keep the selector
 * that colours it. Unicode Technical Report 36 describes how each has been abused.
 */
const UNSAFE =
  /(?![\n\t]|(?<=\p{Extended_Pictographic})\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const visible = (char: string): string => {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
};

/** Text made harmless for a terminal. Newlines and tabs stay. */
export const escapeText = (text: string): string => text.replace(UNSAFE, visible);

/** The same for one line: newlines and tabs become visible, too, and the length is bounded. */
export function escapeLine(text: string, max = 300): string {
  const line = escapeText(text).replaceAll('\n', '\\n').replaceAll('\t', ' ');
  // A cut in the middle of a pair would leave half a character.
  return line.length > max ? `${line.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

/** JSON text in which every character that could act on a terminal stands as a \u escape. It stays the same JSON value. */
export const escapeJson = (json: string): string =>
  json.replace(UNSAFE, (char) =>
    [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
