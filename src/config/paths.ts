/** Paths among the words of an entry: which words are paths, and where they lead. */

import { isJoined } from '../case/launchers.js';
import { launcherOf, programOf, TAKES_LINES } from './command.js';
import type { Machine, Range, ServerEntry } from './config.js';
import { engineOf } from './engine.js';
import { referencesIn } from './references.js';

export const isWindowsPath = (text: string): boolean => /^[A-Za-z]:[\\/]|^\\\\[^\\]/.test(text);
export const isAbsolute = (text: string): boolean => text.startsWith('/') || isWindowsPath(text);

/** Endings of files that a runtime is given. */
const SCRIPT = /\.(?:[cm]?[jt]sx?|py|pyz|sh|rb|php|jar|exe|dll|pl|lua|ps1|bat|cmd|csproj|fsx?|csx|wasm|ex|exs)$/i;
const DOTTED = /^\.{1,2}(?:[\\/]|$)/;

/** A path in an entry. */
export interface PathWord {
  at: 'command' | 'args' | 'cwd';
  /** Of an argument. */
  index: number;
  /** The path, without an option in front of it. */
  path: string;
  /** What stands in front of it in the same word: "--config=". */
  before: string;
  range: Range;
  /** The program itself, or the script that a runtime is given: without it nothing starts. */
  starts: boolean;
}

const RUNTIME =
  /^(?:node|bun|deno|tsx|ts-node|python[\d.]*|py|pypy[\d.]*|ruby|php|perl|java|dotnet|lua|uv|npx|poetry|pipenv|rye|hatch|go|cargo|pwsh|powershell|(?:ba|z|da|fi|k)?sh)$/;
/** Options whose value is a file or folder that must be there. */
const NEEDS =
  /^(?:--directory|--project|--prefix|--cwd|-C|--dir|--with-editable|--with-requirements|--env-file|-jar|-cp|--require|-r|--import|--loader|--manifest-path|--from)$/;

/** Words behind the image, or behind the host of ssh, are paths on another machine. */
function limitOf(entry: ServerEntry): number {
  const program = programOf(entry.command?.value ?? '');
  const engine = engineOf(entry);
  if (engine) return Math.max(0, engine.verbIndex);
  return /^(?:ssh|wsl|kubectl|docker|podman|osascript)$/.test(program) ? 0 : entry.args.length;
}

/** A piece of JSON text that is one word of it: the same text, without the quotes and what stands before it. */
function within(range: Range, before: number): Range {
  return before === 0
    ? range
    : { start: Math.min(range.start + 1 + before, range.end), end: Math.max(range.start + 1 + before, range.end - 1) };
}

/** Every word of an entry that is a path, whether it leads somewhere or not. */
export function pathsOf(entry: ServerEntry, exists: (path: string) => boolean): PathWord[] {
  const found: PathWord[] = [];
  const { command, args, cwd } = entry;
  if (cwd) found.push({ at: 'cwd', index: -1, path: cwd.value, before: '', range: cwd.range, starts: true });
  // A whole command line is another matter.
  if (
    command &&
    /[\\/~]/.test(command.value) &&
    !isJoined(command.value) &&
    !/^[a-z][a-z0-9+.-]+:\/\//i.test(command.value)
  )
    found.push({ at: 'command', index: -1, path: command.value, before: '', range: command.range, starts: true });
  const launcher = launcherOf(entry);
  const limit = limitOf(entry);
  const runtime = launcher !== undefined && RUNTIME.test(launcher.program);
  let script = false;
  for (const [index, { value, range }] of args.entries()) {
    if (index >= limit) break;
    if (launcher && launcher.from > index) continue;
    const before = /^--?[\w-]+=(?=\.{1,2}[\\/]|~|[\\/]|[A-Za-z]:[\\/])/.exec(value)?.[0] ?? '';
    const path = value.slice(before.length);
    const last = args[index - 1]?.value ?? '';
    if (
      /^(?:-m|-c|-e|--eval|-p|--print|--call)$/.test(last) ||
      (last === '-c' && TAKES_LINES.test(launcher?.program ?? ''))
    )
      continue;
    if (/\n|&&|\|\|/.test(path) || path.length > 1_000 || (path.startsWith('-') && before === '')) continue;
    const scheme = /^[a-z][a-z0-9+.-]+:(?![\\/](?![\\/]))/i.test(path) && !isWindowsPath(path);
    if (scheme || (/[*{}<>|]|@/.test(path.replace(/\$\{[^}]*\}/g, '')) && !DOTTED.test(path) && !isAbsolute(path)))
      continue;
    const ending = SCRIPT.test(path) && !/\s/.test(path);
    const first = runtime && !script && !value.startsWith('-');
    const named = DOTTED.test(path) || path === '~' || /^~[\\/]/.test(path) || isAbsolute(path);
    const slashed = /[\\/]/.test(path) && !path.startsWith('@');
    if (
      !named &&
      !(ending && (slashed || (first && !/^(?:npx|go)$/.test(launcher?.program ?? '')))) &&
      !(slashed && !/\s/.test(path) && exists(path))
    ) {
      // "uv run server.py", "deno run x.ts": the word in front is no script.
      continue;
    }
    // A path of a Windows switch: /c, /d.
    if (/^\/[a-zA-Z]$/.test(path)) continue;
    const starts = (ending && first) || (before === '' && NEEDS.test(last));
    if (ending && first) script = true;
    found.push({ at: 'args', index, path, before, range: within(range, before.length), starts });
  }
  return found.filter(({ path }) => path !== '');
}

/** A folder and a path in it, with `/`. */
export function joined(folder: string, path: string): string {
  const parts = folder.replaceAll('\\', '/').replace(/\/+$/, '').split('/');
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/') || '/';
}

/** A path that variables complete says nothing by itself. */
export const isOpen = (path: string): boolean => referencesIn(path).length > 0 || /^[$%{]/.test(path);

/** What stands at a path; on Windows a program is found without its ending. */
export function standsAt(
  machine: Machine,
  path: string,
  program: boolean,
): 'file' | 'directory' | 'other' | null | undefined {
  // Of another system nothing can be told, and there a backslash is a letter of a name.
  if (machine.os !== 'windows') return isWindowsPath(path) ? undefined : machine.look(path);
  const plain = path.replaceAll('\\', '/');
  const found = machine.look(plain);
  if (found !== null || !program || /\.\w{2,4}$/.test(plain)) return found;
  for (const ending of ['.exe', '.cmd', '.bat', '.com']) {
    const other = machine.look(plain + ending);
    if (other !== null) return other;
  }
  return null;
}
