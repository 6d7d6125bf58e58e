/** The command of an entry that was not found: read by the causes that say why. */
import type { Evidence } from '../case/evidence.js';
import { LAUNCHER } from '../case/launchers.js';
import { at } from '../case/pointer.js';
import { clientOf } from '../clients/index.js';
import { runWords } from './installers.js';
import { systemOf } from './system.js';
import { failed, find, type Line, words } from './words.js';

/** The name of a program without a folder. */
const NAME = '[\\w.+@-]{1,60}';

/** cmd.exe. Through a wrong code page only the quoted name at the start of the line survives. */
export const IN_CMD = [
  new RegExp(
    `["'](?<name>${NAME})["']\\s?(?:is not recogni[sz]ed|n'est pas reconnu|no se reconoce|n.{1,4}o .{1,3} reconhecido|non .{1,3} riconosciuto|(?:wordt|is) niet herkend|ist (?:entweder falsch|kein interner)|nie jest rozpozn|iç ya da dı|känns inte igen|genkendes ikke|gjenkjennes ikke|ei ole sisä|kh.{1,8}ng đ|tidak dikenali|nu este recunoscut|nem felismer|není názvem|не является|не распознан|不是(?:内部|內部)|は、?内部コマンド|은\\(는\\))`,
    'i',
  ),
  new RegExp(
    `(?:^|\\bclosed:? |[\\]>] )\\s*["'](?<name>${NAME})["']\\s*(?:[^ -~\\s]|$)|(?:^|\\bclosed:? |[\\]>] )\\s*["'](?<mojibake>${NAME})["'] [^\\s]{0,12}[^ -~\\s]`,
  ),
  new RegExp(`(?:^|\\s)(?:\\S{1,12} )(?<name>${NAME}) není názvem`),
];

/** Wordings of "there is no such command". Each names it; the order is from the plainest to the vaguest. */
const NOT_FOUND = [
  // bash, zsh, dash, busybox, fish, nushell, also out of a script: "run.sh: line 3: uvx: command not found".
  new RegExp(
    `(?:^|[\\s:])(?<name>${NAME}): (?:command not found(?!: ?[\\w@])|(?:Kommando|Befehl) nicht gefunden|commande (?:introuvable|inconnue)|orden no encontrada|no se encontró|comando n.{1,6} (?:encontrado|trovato)|未找到命令|命令未找到|コマンドが見つかりません|команд[ау] не (?:найдена|знайдено)|명령|opdracht niet gevonden|nie znaleziono polecenia|komut bulunamad|kommandot finns inte|komentoa ei löydy|kommando ikke fundet|příkaz nenalezen|không tìm thấy lệnh|perintah tidak ditemukan)`,
    'i',
  ),
  new RegExp(`\\b(?:da|a)?sh: (?:\\d+: )?(?:exec: )?(?<name>${NAME}): not found`),
  new RegExp(`: (?:line )?\\d+: (?:exec: )?(?<name>${NAME}): not found`),
  new RegExp(`(?:^|\\bexec: |\\bsudo: )(?:line \\d+: )?(?<name>${NAME}): (?:command )?not found\\W*$`),
  new RegExp(`\\b(?:command not found|unknown command)[: ]+["'\`]?(?<name>${NAME})(?!["'\`]? [\\w-])`, 'i'),
  ...IN_CMD,
  // PowerShell repeats the name behind the colon, and keeps the word "cmdlet" in most languages.
  new RegExp(
    `["'“„«‘]\\s?(?<name>${NAME})\\s?["'”»’].{0,80}(?:\\b[Cc]mdlet|applet de commande|командлет|コマンドレット)`,
  ),
  new RegExp(`^(?<name>${NAME}) ?: .{0,40}["'“„«‘]\\s?\\k<name>\\s?["'”»’](?! (?:is|has|was)\\b)`),
  new RegExp(`ObjectNotFound: \\((?<name>${NAME}):String\\)`),
  // Go and container engines, Bun, Java, .NET, Python, Ruby, Deno, Rust.
  new RegExp(
    `[Ee]xec(?:utable)?(?: file)?(?: not found in [$%]PATH%?)?: "(?<name>${NAME})"(?:$|\\s|: executable file not found)`,
  ),
  new RegExp(`Cannot run program "(?<name>${NAME})".*(?:error=2|No such file)`),
  new RegExp(`trying to start process '(?<name>${NAME})'.*(?:No such file|cannot find)`),
  new RegExp(`No such file or directory(?: \\(os error 2\\))?(?:: ['"]?| - )(?<name>${NAME})['"]?$`),
  // systemd, supervisord, and programs that start another one.
  new RegExp(`(?:EXEC spawning|[Ff]ailed to locate executable|couldn't exec) (?<name>${NAME}): `),
  new RegExp(
    `\\b(?:xargs|make(?:\\[\\d+\\])?|setsid|nice|watch|parallel|execvp): (?<name>${NAME}): (?:No such file|not found)`,
  ),
  /^(?<name>Python)\b.{0,80}\bMicrosoft Store\b/,
  new RegExp(
    `(?:spawn|start|launch|execute|run)(?:ing)?(?: \\w+){0,2}:? ["'\`‘](?<name>${NAME})["'\`’]:? .*(?:No such file|program not found|entity not found|ENOENT)`,
    'i',
  ),
  new RegExp(
    `(?:^|[\\s:])["'\`]?(?<name>${NAME})["'\`]?: (?:executable file not found|program not found|cannot find the file)`,
  ),
  new RegExp(
    `(?:spawn|start|launch|execute|run)\\b.{0,40}\\b(?:path|command|program|cmd)[=:] ?["'\`]?(?<name>${NAME})["'\`,)].*(?:No such file|not found|ENOENT)`,
    'i',
  ),
  // Wrappers written in Node.js, whose child is the real server.
  new RegExp(`\\bspawn(?:Sync)? (?<name>${NAME}) ENOENT\\b`),
  new RegExp(`\\bposix_spawnp?:? ['"](?<name>${NAME})['"]|which: no (?<which>${NAME}) in \\(`),
  // Clients and wrapper scripts in their own words.
  new RegExp(
    `\\b(?:command|executable|program) ["'\`](?<name>${NAME})["'\`].{0,60}\\b(?:not found|not installed|does(?: not|n't) exist|could not be found)`,
    'i',
  ),
  new RegExp(
    `(?:^|[\\s'"\`])(?<name>${NAME})['"\`]? (?:(?:is |was )?not installed|(?:was |could )?not (?:be )?found (?:in|on) (?:your |the |system )?[$%]?PATH)`,
    'i',
  ),
  new RegExp(
    `\\b(?:can(?:no|')t|could(?: not|n't)|unable to|failed to) (?:find|locate|resolve|detect)(?: the| an?)?(?: (?:command|executable|program|binary)(?: file)?:?)? ["'\`]?(?<name>${NAME}?)["'\`]?(?=\\.?$|[,:;!(]|\\. | (?:executable|command|binary|program|in|on|at|-|–)(?:\\b|\\s))`,
    'i',
  ),
  // "npx not found" alone is clear; of "node not found" a graph may speak, unless it goes on to say what to install.
  new RegExp(
    `(?:^|[\\s'"\`])(?<name>${NAME}?)['"\`]? (?:(?:command|executable|binary) )?(?:was |could )?not (?:be )?found\\b.{0,60}\\b(?:install|ensure|make sure|PATH\\b)`,
    'i',
  ),
  /(?:^|[\s'"`])(?<name>(?:npx|npm|pnpm|uvx?|bunx?|pipx|docker|podman|deno|dotnet)(?:\.exe|\.cmd)?)['"`]? (?:(?:command|executable|binary) )?(?:was |could )?not (?:be )?found(?:[.!]|$)/i,
  new RegExp(
    `(?:^|[\\s'"\`])(?<name>${NAME})['"\`]? (?:is )?required(?: but|,)(?: (?:it|was|it's))?(?: is)? not (?:installed|found)`,
    'i',
  ),
];

/** uv names the program, and says on the next line that there is none. */
const FAILED_TO_SPAWN = new RegExp(`Failed to spawn:? ["'\`](?<name>${NAME})["'\`]`);

/** `env` was asked for an interpreter by the first line of a script. In every language the name stands after "env:". */
const INTERPRETER =
  /\benv: ["'‘’«`]?(?<name>[\w.+-]+)["'‘’»`]?: (?:No such file|Datei oder|Aucun fichier|No existe|No hay|File o dir|Arquivo ou|没有那个|そのような|Нет такого)/;

/** A version manager's shim runs, but no version is chosen outside the shell: mise, asdf, pyenv, Volta, nodenv. */
const UNSET =
  /No version is set for (?:shim|command):? (?<name>[\w.-]+)|No preset version installed for command (?<asdf>[\w.-]+)|pyenv: (?<pyenv>[\w.-]+): command not found|The [`'](?<env>[\w.-]+)' command exists in these|Volta error: (?<volta>\w+) is not available/i;

/** The command itself is not there, and the client does not repeat its name. */
export const NAMELESS =
  /(?:start|spawn|launch|connect|command|process|failed to load after).*(?:No such file or directory \(os error 2\)|\[Errno 2\] No such file or directory$|program not found)|^(?:No such file or directory \(os error 2\)|\[Errno 2\] No such file or directory|error=2, No such file or directory)$|\binitiali[sz]e\b.{0,80}: error=2\b|^(?:error: |\W*Caused by:? ?)?program not found|\[WinError 2\]|CreateProcess error=2\b|\b(?:spawn|launch|start|execut|creat)\w*(?: the)?(?: MCP)?(?: server)?(?: child)? (?:process|command|server|transport|executable)\b.{0,80}(?:No such file or directory|cannot find the file|entity not found|executable (?:file )?not found|command not found|ENOENT)(?! ?:? ?['"`/])/i;

type Seen = Partial<Pick<Evidence, 'launch' | 'process' | 'stderr' | 'stdout' | 'handshake' | 'reported'>>;

export interface MissingCommand {
  name: string;
  cites: string[];
  /** `lookup`: we searched the PATH ourselves. `exit`: only the exit code says so. */
  by: 'lookup' | 'spawn' | 'interpreter' | 'shim' | 'words' | 'exit';
  /** It exists somewhere the server's PATH does not lead to: known from the search, else judged from the surroundings. */
  elsewhere: boolean;
  /** A container or a platform starts the server: there is no shell that knows more. */
  hosted: boolean;
  places: string[];
  os: string;
}

const nameIn = (match: RegExpExecArray | null): string => Object.values(match?.groups ?? {}).find(Boolean) ?? '';

const bare = (command: string | undefined): command is string => !!command && !/[\s\\/:]/.test(command);

function located(
  { launch, process, ...given }: Seen,
  lines: Line[],
): Pick<MissingCommand, 'name' | 'cites' | 'by'> | null {
  const command = bare(launch?.command) ? launch.command : undefined;
  if (
    launch?.lookup &&
    launch.lookup.found === null &&
    launch.lookup.problem !== 'not-executable' &&
    launch.lookup.problem !== 'is-directory'
  )
    return command
      ? {
          name: command,
          cites: [at('launch', 'lookup'), ...(process?.spawnError ? [at('process', 'spawnError', 'message')] : [])],
          by: 'lookup',
        }
      : null;
  const { shebang } = launch?.file ?? {};
  const asked = shebang?.interpreter.split(/[\\/]/).pop() ?? '';
  if (
    shebang &&
    !shebang.interpreterFound &&
    !shebang.crlf &&
    (bare(shebang.interpreter) || /\benv\b/.test(shebang.line))
  )
    return { name: asked, cites: [at('launch', 'file', 'shebang', 'line')], by: 'interpreter' };
  const env = find(lines, INTERPRETER);
  if (env) return { name: env.groups.name ?? '', cites: [env.line.at], by: 'interpreter' };
  // A live spawn that failed although the command was found: the working directory or the interpreter is missing.
  const spawned =
    process?.spawnError?.code === 'ENOENT' && !launch?.lookup ? (process.spawnError.path ?? command) : undefined;
  // What a package runner could not start is the package's own command: launch-entry-point-missing.
  const below =
    spawned !== undefined && /^(?:np|pnp|bun)x$/i.test(command ?? '') && spawned !== command && !LAUNCHER.test(spawned);
  if (below) return null;
  if (bare(spawned)) return { name: spawned, cites: [at('process', 'spawnError', 'message')], by: 'spawn' };
  // Another name that is not found belongs to the server (a script of a package): launch-entry-point-missing.
  const ours = (name: string) =>
    LAUNCHER.test(name) ||
    name === command ||
    // Behind a shell the first word is the command; what a runner below it looked for is its own.
    (/^(?:cmd|sh|bash|zsh|wsl)/i.test(command ?? '') && runWords(launch)[0] === name);
  for (const pattern of NOT_FOUND) {
    const hit = find(
      lines.filter(({ text }) => ours(nameIn(pattern.exec(text)))),
      pattern,
    );
    if (hit) return { name: nameIn(hit.match), cites: [hit.line.at], by: 'words' };
  }
  const spawning = find(
    lines.filter(({ text }) => ours(nameIn(FAILED_TO_SPAWN.exec(text)))),
    FAILED_TO_SPAWN,
  );
  if (spawning && lines.some(({ text }) => /No such file|not found|os error 2\b|cannot find/i.test(text)))
    return { name: nameIn(spawning.match), cites: [spawning.line.at], by: 'words' };
  const others = spawning === null && find(lines, FAILED_TO_SPAWN) !== null;
  const shim = find(lines, UNSET);
  if (shim) return { name: nameIn(shim.match) || (command ?? 'node'), cites: [shim.line.at], by: 'shim' };
  // Without an entry only the client can mean the command: a server may fail to start a program of its own.
  const nameless =
    !launch?.lookup &&
    !others &&
    (command || !launch) &&
    find(command ? lines : lines.filter((l) => l.from === 'client'), NAMELESS);
  if (nameless) return { name: command ?? '', cites: [nameless.line.at], by: 'words' };
  const code = process?.exit?.code;
  const silent = lines.every(({ from }) => from === 'client') && !launch?.lookup && given.handshake === undefined;
  return command && silent && (code === 127 || code === 9009)
    ? { name: command, cites: [at('process', 'exit')], by: 'exit' }
    : null;
}

/** A client that the window system starts, so that no profile of a shell was read. */
export function isGraphical(client: string | undefined): boolean {
  if (client === undefined) return false;
  const known = clientOf(client);
  return known ? known.launch.kind === 'gui' : !/inspector|\bcli\b|\bsdk\b|mcp-remote/i.test(client);
}

/** The command of the entry, or the interpreter behind it, that was not found. */
export function missingCommand(given: Seen): MissingCommand | null {
  if (!failed(given)) return null;
  // Structured logs escape the quotation marks of what they hold.
  const lines = words(given).map((line) => ({ ...line, text: line.text.replaceAll('\\"', '"') }));
  const missing = located(given, lines);
  // Programs that only Windows has are not missing anywhere else: launch-wsl-boundary.
  if (!missing || (/^(?:cmd|powershell)(?:\.exe)?$/i.test(missing.name) && systemOf(given) === 'linux')) return null;
  const { launch, reported } = given;
  const found = launch?.lookup?.elsewhere ?? [];
  const hosted =
    reported?.platform !== undefined ||
    lines.some(({ text }) => /OCI runtime|container process|docker: Error/i.test(text));
  const managed = lines.some(({ text }) =>
    /\.nvm\b|\.volta\b|fnm_multishells|\.asdf\b|\bmise\b|pyenv|\.local\/bin|\.cargo\/bin|\.bun\/bin|homebrew/i.test(
      text,
    ),
  );
  const graphical = isGraphical(reported?.client);
  const elsewhere =
    missing.by === 'lookup'
      ? found.length > 0
      : !hosted &&
        reported?.os !== 'windows' &&
        (missing.by === 'interpreter' || missing.by === 'shim' || managed || reported?.os === 'macos' || graphical);
  return {
    ...missing,
    name: missing.name.replace(/^node\.?js$/i, 'node'),
    elsewhere,
    hosted,
    places: found.map(({ path }) => path),
    os: reported?.os ?? '',
  };
}
