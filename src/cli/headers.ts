/** Headers as a person writes them, checked before they are sent. */

/** RFC 9110 section 5.6.2: a token. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be sent
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/** Name and value as they are sent, or what is wrong with them. The value is not repeated. */
export function headerOf(name: string, value: string): [string, string] | string {
  const clean = name.trim().toLowerCase();
  if (!NAME.test(clean)) return 'the name of a header has a character that HTTP does not allow';
  const text = value.trim();
  if (CONTROL.test(text)) return `the value of ${clean} has a line break or control character in it`;
  if (/[^\0-\xff]/.test(text)) return `the value of ${clean} has a character that HTTP does not allow`;
  return [clean, text];
}
