/**
 * Words as a shell takes them. What is told to be pasted holds words of configurations and of servers: none of them may become a
 * command of its own there.
 */

/** Without a meaning of its own in any shell. `<...>` of our own are put in later. */
const PLAIN = /^[\p{L}\p{N}_@%+=:,./~-]+$/u;

/** One word for POSIX shells and PowerShell; on Windows for cmd as well, where nothing in it acts between double quotation marks. */
export function shellWord(word: string, windows = false): string {
  if (PLAIN.test(word) || (windows && /^[\w@+=:,./\\~-]+$/.test(word))) return word;
  return windows && !/["'$`%!^\r\n]/.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command and its arguments. */
export const shellLine = (words: readonly string[], windows = false): string =>
  words.map((word) => shellWord(word, windows)).join(' ');

/** Addresses in a line that stand there as they came, in quotation marks where a shell would read more than one word. */
export const quoteUrls = (line: string): string =>
  line.replace(/(?<=^|\s)https?:\/\/\S+/g, (url) =>
    PLAIN.test(url.replace(/<[\w -]+>/g, '').replace(/[[\]]/g, '')) ? url : shellWord(url),
  );
