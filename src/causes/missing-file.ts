/** The path of an entry that leads nowhere: read by the causes that say why. */
import type { Evidence } from '../case/evidence.js';
import { isJoined } from '../case/launchers.js';
import { at } from '../case/pointer.js';
import { NAMELESS } from './missing-command.js';
import { isForeign, programOf, systemOf } from './system.js';
import { failed, find, findAll, mended, words } from './words.js';

/** What each runtime says when the file or folder it was started with is not there. */
const NOT_THERE = [
  // Node.js, Bun: a bare name, a relative path or an importing file means a dependency. `imported from <folder>/` is the entry again.
  /Cannot find module '(?<path>(?:(?:file:\/\/)?(?:[A-Za-z]:)?[\\/~]|(?:\.{3}|…|<[^'>]{1,40}>|\[[^'\]]{1,40}\]|\*{2,8}|[$%][\w{}%:]{1,40})[\\/])[^']*)'(?! imported from \S*\w)(?!\. Please verify)/,
  /error: (?:Module|Script) not found ["'](?<path>(?!@[\w.-]+\/[\w.-]+["'@])[^"']*[\\/][^"']*)["']/i,
  /can'?t open file ['"]?(?<path>.+?)['"]?: \[Errno 2\]/,
  /Unable to access jarfile (?<path>.+)/,
  /Could not open input file: (?<path>.+)/,
  /ruby: No such file or directory -- (?<path>.+?)(?: \(LoadError\)|$)/,
  /The application '(?<path>.+?)' does not exist|application to execute does not exist: '(?<dll>[^']+)|manifest path `(?<cargo>[^`]+)` does not exist|did not find executable at '(?<launcher>[^']+)|The provided file path does not exist: (?<file>\S+)|project exists in (?<project>.+?), or pass/,
  // uv, docker run -v and --env-file, node --env-file, PowerShell -File.
  /Failed to spawn: `(?<path>(?:[A-Za-z]:)?[^`\\/]*[\\/][^`]*)`|(?:[Dd]irectory|path) `(?<folder>[^`]+)` (?:does not exist|not found)/,
  /[Cc]ould(?:n't| not) find an? (?:package\.json|pyproject\.toml|composer\.json|Cargo\.toml)(?: file)? in ["'`]?(?<project>[^"'`]+?)["'`]?(?: or its parents| or any parent.*)?$|[Nn]o (?:package\.json|pyproject\.toml) .{0,60}was found in ["'`](?<project2>[^"'`]+)|could not find `Cargo\.toml` in `(?<project3>[^`]+)`|[Dd]irectory '(?<project4>[^']+)' does not contain a Gradle build|there is no POM in this directory \((?<project5>[^)]+)\)/,
  /[Ff]ailed to (?:query|inspect|canonicalize|read|open|stat|access)\b[^`'"]{0,60} [`'"](?<path>(?:[A-Za-z]:|[.~])?[\\/][^`'"]+)[`'"]$|Python interpreter not found at [`'"](?<python>[^`'"]+)|Broken (?:symlink|virtual environment)\b[^`'"]{0,20}[`'"](?<python2>[^`'"]+)|(?:application|script|entry ?point|executable|binary|program) ['"`]?(?<program>(?:[A-Za-z]:|[.~])?[\\/][^'"`]{1,200}?)['"`]? (?:does not exist|doesn't exist|could not be found|(?:was )?not found)/,
  /bind source path does not exist: (?<path>.+?)\.?$|\bopen (?<envFile>\S*\.env\S*): (?:no such file|The system cannot)|node: (?<nodeEnv>\S*\.env\S*): not found/,
  /The argument '(?<path>[^']+)' to the -File parameter does not exist/,
  // Working directory: the kernel, shells, VS Code, npm that finds no project there.
  /\b(?:chdir|stat) (?<go>\/[^\s:'"]+): no such file or directory|[Dd]irectory not found:? (?<notfound>[\\/][^\s'"]+)|[Cc]ould not find `?(?:pyproject\.toml|package\.json)`? in [`'"]?(?<project2>[\\/][^\s'"`]*)|cannot find main module, but found \S+ in (?<project3>\S+)/,
  /(?:chdir|uv_cwd)\b.*?(?:-> )?'(?<cwd>[^']+)'$|\bcd:(?:\d+:)? (?:no such file or directory: )?(?<cd>[^:]+?)(?:: No such file or directory|$)|can't cd to (?<dash>.+)|[Dd]irectory \(cwd\) ["'](?<vscode>.+?)["'] does not exist/,
  /(?:ENOENT|read package\.json).*\bopen ['"](?<path>[^'"]*[\\/]package\.json)['"]/,
  // Programs that start programs: Go, Java, .NET, Rust, Python; the launcher of a virtual environment without its Python.
  /(?:Cannot run program|start process|exec:|fork\/exec|posix_spawnp?:?|[Ff]ailed to (?:spawn|start|execute|run)\b[^"'`]*) ?["'`]?(?<program>(?:[A-Za-z]:|[.~])?[\\/][^"'`:]+)["'`]?.*(?:[Nn]o such file|cannot find|os error [23]\b|ENOENT|error=2\b)/,
  /No such file or directory: '(?<program>[^']*[\\/](?:bin|Scripts)[\\/][^']+)'|No Python at ['"]{1,2}(?<python>[^'"]+)/,
  // Shells given a path.
  /(?:sh|bash|zsh|dash|ksh|env): (?:line )?(?:\d+: )?(?:exec: |cannot open |can't open )?['"‘]?(?<path>(?:[A-Za-z]:)?[~.]?[\\/][^:'"’]*)['"’]?: (?:No such file|not found)/,
  /zsh:\d*:? ?no such file or directory: (?<path>.+)|^['"]?(?<win>(?:\.{1,2}|~|[A-Za-z]:)[\\/][^'"]*)['"] is not recogni[sz]ed/,
];

/** cmd.exe does not say which. */
const UNNAMED =
  /^\s*error: No such file or directory \(os error 2\)\s*$|^\s*(?:error: ?|Caused by: ?)?(?:The system cannot find the path specified|Das System kann den angegebenen Pfad nicht finden|Le chemin d.acc.s sp.cifi. est introuvable|El sistema no puede encontrar la ruta|Impossibile trovare il percorso|系统找不到指定的路径|指定されたパスが見つかりません|O sistema não pode encontrar o caminho|Системе не удается найти указанный путь|지정된 경로를 찾을 수 없습니다|系統找不到指定的路徑|Het systeem kan het opgegeven pad niet vinden|Nie można odnaleźć określonej ścieżki|Sistem belirtilen yolu bulamıyor)|^MSBUILD ?: error MSB1009/;

const NO_FILE =
  /\bno such (?:file|directory)|\bENOENT\b|cannot find the (?:path|file)|could not find (?:a part of the path|file)|NoSuchFile|FileNotFound|\bdoes(?: not|n't) exist\b|os error [23]\b|\bnot found\b/i;

/** The head of a trace of the loader of Node.js: every file that is not found is thrown there. */
const LOADER_HEAD = /\b(?:node:)?internal\/modules\/cjs\/loader(?:\.js)?:\d+/;

/** An app-made message counts only when the path in it stands in the entry. */
const OPENED =
  /(?:No such file or directory|ENOENT|os error [23]\b|cannot find the (?:path|file))(?:.*?['"`](?<path>[^'"`]+)['"`]|:? (?<bare>(?:[~.]|[A-Za-z]:)?[\\/][^'"`\s]+)$)/;

const pathIn = (text: string): string | undefined => {
  const groups = OPENED.exec(text)?.groups;
  return groups?.path ?? groups?.bare;
};

/** Where a build puts what is run. */
const BUILT =
  /(?:^|[\\/])(?:dist|build|out|lib|target|bin[\\/](?:debug|release)|\.build|compiled|publish)(?:-\w+)?[\\/]{1,2}(?:[^\\/]+[\\/]{1,2})*[^\\/]+$/i;

/** Folders in which a client happens to stand, never a project: a relative path was resolved against them. */
const NO_PROJECT =
  /^(?:[A-Za-z]:)?[\\/]?$|[\\/](?:system32|program files[^\\/]*|anthropicclaude[^\\/]*|app-[\d.]+|applications|programs|contents|resources|bin)[\\/]?$|^(?:[A-Za-z]:)?[\\/](?:Users|home)[\\/][^\\/]+[\\/]?$/i;

type Seen = Partial<Pick<Evidence, 'launch' | 'process' | 'stderr' | 'stdout' | 'handshake' | 'reported'>>;

export interface MissingFile {
  path: string;
  cites: string[];
  where: 'command' | 'arg' | 'cwd';
  /** Why no file can be there: the path was written in a form that nobody expands. */
  how: 'quotes' | 'tilde' | 'placeholder' | 'relative' | 'venv' | 'directory' | 'backslash' | 'absent';
  /** A file that a build makes. */
  built: boolean;
  /** We looked ourselves. */
  looked: boolean;
  /** Only the head of the trace is known: that something was not found, and not what. */
  cut?: boolean;
  /** Said by what was to run the file, not by a program about its data. */
  said: boolean;
}

/** A form of a path that no client expands: what is seen from the words of an entry alone. */
export function unexpanded(word: string): MissingFile['how'] | null {
  if (/^["“”'].*[\\/]/.test(word)) return 'quotes';
  if (/^~[\\/]/.test(word)) return 'tilde';
  if (SWALLOWED.test(word)) return 'backslash';
  return null;
}

/** The backslashes of a Windows path were read as escapes: of a control character, or of nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SWALLOWED = /[A-Za-z]:[^'"]*[\t\n\f\r\u0008]|(?:^|[\\/])[A-Za-z]:(?=[A-Za-z])[\w .-]{4,}/;

function howOf(path: string, args: readonly string[]): MissingFile['how'] {
  // Quotes may have been escaped by the runtime that printed the path.
  if (/["“”]|^'|\\?'$/.test(path)) return 'quotes';
  if (/(?:^|[\\/])~(?:[\\/]|$)/.test(path)) return 'tilde';
  if (SWALLOWED.test(path)) return 'backslash';
  if (
    /\$\{(?!APPDATA)\w|\$HOME\b|%(?!APPDATA)\w+%|<[\w -]+>|[\\/](?:absolute|path)[\\/]to[\\/]|your[-_]?(?:user)?name/i.test(
      path,
    )
  )
    return 'placeholder';
  const relative = args.find(
    (arg) =>
      /^[\w.][\w.-]*[\\/.]/.test(arg) &&
      !/^[A-Za-z]:/.test(arg) &&
      path.replaceAll('\\', '/').endsWith(arg.replaceAll('\\', '/').replace(/^\.\//, '')),
  );
  const base = relative
    ? path.slice(0, path.length - relative.replace(/^\.[\\/]/, '').length)
    : path.replace(/(?:(?:dist|build|out|src|lib)[\\/][^\\/]+|package\.json)$/, '');
  if (base !== path && NO_PROJECT.test(base)) return 'relative';
  if (/(?:^|[\\/])\.?v?env[\\/](?:bin|Scripts)[\\/]/i.test(path)) return 'venv';
  return 'absent';
}

/** The path of the entry that leads nowhere, from our own look at it, the failed spawn, or what the runtime said. */
export function missingFile(given: Seen): MissingFile | null {
  if (!failed(given)) return null;
  const { launch, process } = given;
  const lines = mended(words(given));
  const args = launch ? [launch.command, ...launch.args, ...(launch.cwd ? [launch.cwd] : [])] : [];
  const result = (path: string, where: MissingFile['where'], cites: string[], looked = false): MissingFile => {
    const how = howOf(path, args);
    return {
      path,
      where,
      cites,
      how,
      built: where !== 'cwd' && (how === 'absent' || (how === 'relative' && looked)) && BUILT.test(path),
      looked,
      said: true,
    };
  };
  const spawn = process?.spawnError;
  const looked = (launch?.paths ?? [])
    .map((word, i) => ({ ...word, at: at('launch', 'paths', i, 'word') }))
    // What is written for the other side of WSL is another fault: launch-wsl-boundary.
    .filter(({ exists, word }) => !exists && !isJoined(word) && !isForeign(word, systemOf(given)));
  const gone = looked.find(({ where }) => where !== 'arg');
  if (gone && (spawn?.code === 'ENOENT' || spawn?.code === 'ENOTDIR'))
    return result(gone.word, gone.where, [gone.at, at('process', 'spawnError', 'message')], true);
  if (launch?.lookup?.problem === 'is-directory')
    return {
      path: launch.command,
      where: 'command',
      cites: [at('launch', 'lookup', 'problem'), at('launch', 'command')],
      how: 'directory',
      built: false,
      looked: true,
      said: true,
    };

  const spawned = spawn?.path ?? (spawn ? launch?.command : undefined);
  const ours = (path: string) =>
    !isJoined(path) &&
    // The other side of WSL, a path cut at its first blank, and a package that lacks a file of its own, have causes of their own.
    !isForeign(path, systemOf(given)) &&
    !/^[A-Za-z]:\\\w+$/.test(path) &&
    !/[\\/](?:_npx|archive-v0)[\\/]|node_modules[\\/]\.bin|\\r$/.test(path);
  if (spawn?.code === 'ENOENT' && spawned && /[\\/]/.test(spawned) && ours(spawned) && !launch?.lookup?.found) {
    // No shell is ever missing: what is missing is the folder in which it was to start.
    if (/^\/bin\/(?:ba)?sh$|[\\/]cmd\.exe$/i.test(spawned))
      return result(launch?.cwd ?? 'the working directory', 'cwd', [at('process', 'spawnError', 'message')]);
    return result(spawned, 'command', [at('process', 'spawnError', 'message')]);
  }
  // What an installed package asks for inside another one is not the file of the entry: install-package-broken.
  const byPackage =
    /^(?:npx|pnpx|bunx)$/i.test(programOf(launch?.command)) ||
    lines.some(({ text }) => /^\s*- .*[\\/]node_modules[\\/]|imported from \S*\w/.test(text));
  for (const pattern of NOT_THERE)
    for (const { groups, line } of findAll(lines, pattern)) {
      const [kind, path] = Object.entries(groups).find(([, value]) => value) ?? [];
      const folder = /cwd|cd|dash|vscode|folder|project/.test(kind ?? '');
      if (
        !kind ||
        !path ||
        !(ours(path) || (folder && !isForeign(path, systemOf(given)))) ||
        (byPackage && /[\\/]node_modules[\\/]/.test(path))
      )
        continue;
      const word = looked.find((one) => path.endsWith(one.word.replace(/^\.[\\/]/, '')) || one.resolved === path);
      return result(
        path,
        folder ? 'cwd' : /program|python/.test(kind) ? 'command' : 'arg',
        [line.at, ...(word ? [word.at] : [])],
        word !== undefined,
      );
    }
  const opened = find(
    lines.filter(({ text }) => args.some((arg) => /[\\/]/.test(arg) && pathIn(text)?.includes(arg))),
    OPENED,
  );
  const raw =
    opened ??
    find(
      lines.filter(({ text }) => /^tilde|^quotes/.test(howOf(pathIn(text) ?? '', []))),
      OPENED,
    );
  const named = raw?.groups.path ?? raw?.groups.bare;
  if (raw && named && ours(named)) return { ...result(named, 'arg', [raw.line.at]), said: false, built: false };
  // The client says that there is no such file, without its name: it can only mean the command.
  const nameless = find(
    lines.filter(({ from }) => from === 'client'),
    NAMELESS,
  );
  if (nameless && launch && !launch.lookup && /[\\/]/.test(launch.command) && ours(launch.command))
    return result(launch.command, 'command', [nameless.line.at, at('launch', 'command')]);
  // The loader of Node.js throws in this place when it finds no file; what it throws was not copied.
  const head = find(lines, LOADER_HEAD);
  if (
    head &&
    lines.every(({ text }) => !/Error\b|Exception\b|Cannot find|not found/.test(text.replace(head.match[0], '')))
  ) {
    const script = args.slice(1).find((arg) => /\.[cm]?js$/.test(arg) && !arg.startsWith('-'));
    if (script && ours(script)) return { ...result(script, 'arg', [head.line.at]), cut: true };
  }
  const unnamed = find(lines, UNNAMED);
  // Whatever the words: a path of the entry, and that there is none.
  const own = lines.find(
    ({ text }) =>
      NO_FILE.test(text) &&
      !/https?:|\b404\b/.test(text) &&
      args.some(
        (arg) =>
          arg.length > 4 &&
          /^(?:[A-Za-z]:|[.~])?[\\/]/.test(arg) &&
          ours(arg) &&
          text.replaceAll('\\\\', '\\').includes(arg),
      ),
  );
  const word =
    own && args.find((arg) => arg.length > 4 && /[\\/]/.test(arg) && own.text.replaceAll('\\\\', '\\').includes(arg));
  if (own && word) return { ...result(word, word === launch?.cwd ? 'cwd' : 'arg', [own.at]), said: false };
  return (
    unnamed &&
    result(
      launch?.cwd ?? args.find((arg) => /[\\/]/.test(arg) && !/^@/.test(arg)) ?? 'named in the entry',
      launch?.cwd ? 'cwd' : 'arg',
      [unnamed.line.at],
    )
  );
}
