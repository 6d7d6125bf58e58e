/** The command line of an entry: its program, what a launcher is asked to start, and the words of a joined line. */
import { wordsOf } from '../case/command-line.js';
import type { ServerEntry, Spoken } from './config.js';

/** The name of a program without its folder and ending, in lower case. */
export const programOf = (command: string): string =>
  (command.split(/[\\/]/).pop() ?? '').replace(/\.(?:exe|cmd|bat|ps1)$/i, '').toLowerCase();

/** Programs for which one argument may be a whole command line. */
export const TAKES_LINES =
  /^(?:(?:ba|z|da|fi|k)?sh|cmd|powershell|pwsh|ssh|wsl|env|su|sudo|osascript|nix-shell|nix|watchexec|script)$/;

/** Signs by which only a shell goes on. */
const SHELL_SIGN = /&&|\|\||[|;<>`]|\$\(|^\w+=\S* /;

/** The words of a command line in one text; null when only a shell can run it. */
export function splitWords(text: string): string[] | null {
  if (SHELL_SIGN.test(text)) return null;
  // A backslash is a separator on Windows, not an escape.
  if (text.includes('\\')) {
    const words = text.trim().match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
    return words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return wordsOf(text.trim());
}

/** A launcher with its arguments; what stands in front of it is a shell's (`cmd /c`, `env`). */
export interface Launcher {
  program: string;
  word: Spoken<string>;
  args: Spoken<string>[];
  /** Index of the first of `args` among the arguments of the entry. */
  from: number;
}

const WRAPPERS = /^(?:cmd|env|sudo|wsl|nice|time|dotenv|winpty)$/;

/** The program that an entry really starts: behind `cmd /c`, `env NAME=x` and the like. */
export function launcherOf({ command, args }: Pick<ServerEntry, 'command' | 'args'>): Launcher | undefined {
  if (!command) return undefined;
  const all = [command, ...args];
  let at = 0;
  for (let steps = 0; steps < 3 && WRAPPERS.test(programOf(all[at]?.value ?? '')); steps++) {
    let next = at + 1;
    while (next < all.length && /^(?:\/[a-z]|-{1,2}\w*|\w+=.*)$/i.test(all[next]?.value ?? '')) next++;
    if (next >= all.length) break;
    at = next;
  }
  const word = all[at];
  return word && { program: programOf(word.value), word, args: all.slice(at + 1), from: at };
}
