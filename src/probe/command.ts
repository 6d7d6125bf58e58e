/** What a command would execute, and why: the PATH as the server gets it, the file found, its shebang, the paths in the entry. */
import type { Evidence } from '../case/evidence.js';
import { TELLING } from './environment.js';
import { EXECUTE_BITS, lookUp, pathFor, resolveCommand } from './lookup.js';
import type { World } from './world.js';

export interface Entry {
  command: string;
  args: string[];
  cwd?: string;
  /** Variables of the entry itself, with their values. */
  env: Record<string, string>;
  /** Windows: started as the operating system alone finds it, without looking for .cmd files. */
  bare?: true;
}

type Launch = Evidence['launch'];

const SCRIPT = /\.(?:[cm]?[jt]sx?|py|rb|php|sh|jar|dll|exe|phar)$/i;

/** What a file is, by its first bytes. */
function fileFacts(path: string, env: Record<string, string>, cwd: string, world: World): Launch['file'] {
  const head = world.head(path, 512);
  const found = world.stat(path);
  if (!head || !found) return undefined;
  const executable = world.platform === 'win32' || (found.mode & EXECUTE_BITS) !== 0;
  const magic = head.toString('latin1', 0, 4);
  if (magic === '\x7fELF') return { path, kind: 'elf', executable };
  if (magic.startsWith('MZ')) return { path, kind: 'pe', executable };
  if (/^(?:\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf])/.test(magic))
    return { path, kind: 'mach-o', executable };
  if (!magic.startsWith('#!')) return { path, kind: head.includes(0) ? 'unknown' : 'text', executable };
  const raw = head.toString('utf8').split('\n')[0] ?? '';
  const line = raw.replace(/\r$/, '');
  const words = line.slice(2).trim().split(/\s+/);
  // `#!/usr/bin/env -S node --flag`: the interpreter is the first word that is no option and no assignment.
  const viaEnv = /(?:^|\/)env$/.test(words[0] ?? '');
  const interpreter =
    (viaEnv ? words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) : words[0]) ?? '';
  return {
    path,
    kind: 'script',
    executable,
    shebang: {
      line: line.slice(0, 200),
      interpreter,
      interpreterFound: resolveCommand(interpreter, env, cwd, world) !== null,
      crlf: raw.endsWith('\r'),
    },
  };
}

/** The words of an entry that name a file or folder, and whether one is there. */
function pathsOf({ command, args, cwd: entryCwd }: Entry, cwd: string, world: World): Launch['paths'] {
  const paths = pathFor(world);
  const looksLikePath = (word: string) =>
    !/^[a-z][a-z0-9+.-]*:\/\//i.test(word) &&
    !word.startsWith('-') &&
    // An option of Windows programs: cmd /c.
    !(world.platform === 'win32' && /^\/[a-z]$/i.test(word)) &&
    (/^(?:\.{1,2}[/\\]|[/~]|["'][/~A-Z.]|[A-Za-z]:[/\\])/.test(word) || (SCRIPT.test(word) && !/\s/.test(word)));
  const look = (where: 'command' | 'arg' | 'cwd', word: string, base: string) => {
    const resolved = paths.resolve(base, word);
    return { where, word, resolved, exists: world.stat(resolved) !== null };
  };
  return [
    ...(entryCwd === undefined ? [] : [look('cwd', entryCwd, world.cwd)]),
    ...(/[/\\~]/.test(command) && looksLikePath(command) ? [look('command', command, cwd)] : []),
    ...args.filter(looksLikePath).map((word) => look('arg', word, cwd)),
  ];
}

/** The file that would be started if it had the execute bit. */
const blockedOf = (
  command: string,
  { problem, candidates }: NonNullable<Launch['lookup']>,
  cwd: string,
  world: World,
): string | undefined =>
  problem === 'not-executable'
    ? (candidates?.find((place) => place.problem === problem)?.path ?? pathFor(world).resolve(cwd, command))
    : undefined;

/** Everything about the command of an entry that can be known without starting it. `env` is the server's environment. */
export function lookAtCommand(entry: Entry, env: Record<string, string>, world: World): Launch {
  const cwd = pathFor(world).resolve(world.cwd, entry.cwd ?? '.');
  const lookup = lookUp(entry.command, env, cwd, world);
  const file = lookup.found ?? blockedOf(entry.command, lookup, cwd, world);
  return {
    command: entry.command,
    args: entry.args,
    cwd: entry.cwd,
    env: Object.entries(entry.env).map(([name, value]) => ({ name, state: value === '' ? 'empty' : 'set' })),
    shellOnlyEnv: Object.keys(world.env).filter((name) => TELLING.test(name) && !(name in env)),
    lookup,
    file: file ? fileFacts(file, env, cwd, world) : undefined,
    paths: pathsOf(entry, cwd, world),
  };
}
