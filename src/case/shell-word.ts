/**
 * Words of a command that a person is to paste: what stands in a configuration, a log or a name must reach the program as it is, and
 * mean nothing to the shell. On Windows that is PowerShell; where it can be, the word is right for cmd.exe as well.
 */

/** Characters that no shell of POSIX systems reads as more than themselves, wherever they stand in a word. */
const PLAIN_POSIX = /^[\p{L}\p{N}_@%+:,./-][\p{L}\p{N}_@%+=:,./~-]*$/u;
/** PowerShell makes a list of a comma, splits `-a.b` in two, and begins a variable of its own with @. */
const PLAIN_WINDOWS = /^(?!-[^\s]*[.:])(?!--$)[\p{L}\p{N}_+:./\\-][\p{L}\p{N}_+=:./\\@~-]*$/u;
/** PowerShell takes typographic quotation marks for plain ones. */
const SINGLE = /['\u2018\u2019\u201a\u201b]/g;
/** What means something between double quotation marks, to PowerShell or to cmd.exe. */
const ACTIVE = /["$`%!\r\n\u201c\u201d\u201e]/;

const posixWord = (word: string): string => (PLAIN_POSIX.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function windowsWord(word: string): string {
  if (PLAIN_WINDOWS.test(word)) return word;
  if (ACTIVE.test(word) || SINGLE.test(word)) return `'${word.replace(SINGLE, '$&$&')}'`;
  // A backslash in front of the closing mark would take its meaning away from it.
  return `"${word.replace(/\\+$/, '$&$&')}"`;
}

/** A word as the shell of that system takes it, to the letter. */
export const shellWord = (word: string, windows: boolean): string => (windows ? windowsWord(word) : posixWord(word));

/** A path that may begin with `~`: on POSIX systems that stays outside of the quotation marks, or the shell would not fill it in. */
export function shellPath(path: string, windows: boolean): string {
  if (!/^~[\\/]/.test(path)) return shellWord(path, windows);
  // mcp-verdict fills it in by itself; PowerShell does so from 7.5 on, and to the same folder.
  if (windows) return /^~[\\/]$/.test(path) ? path : PLAIN_WINDOWS.test(path.slice(1)) ? path : shellWord(path, true);
  return `~/${path.length > 2 ? posixWord(path.slice(2)) : ''}`;
}

/** The words of a command as one line. */
export const shellLine = (words: readonly string[], windows: boolean): string =>
  words.map((word) => shellWord(word, windows)).join(' ');

/** The same command for PowerShell, which takes a bare `--` away from scripts, and those of npm are such. */
export const forPowerShell = (run: string): string =>
  run.replace(/^((?:npx (?:-y )?)?(?:mcp-verdict|npm|npx)\b(?:[^'"]|"[^"]*"|'[^']*')*?) -- /, '$1 "--" ');
