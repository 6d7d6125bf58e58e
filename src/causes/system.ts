/** On which system the server was started, and whether the report says more than that it failed. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Line, words } from './words.js';

type Seen = Partial<Evidence>;

/** Words that only one system has: paths with a drive, Windows' own messages, folders of macOS. */
const OF_WINDOWS =
  /(?:^|[\s'"(=])[A-Za-z]:\\{1,2}[\w. ()-]+|%PATH%|\bWinError\b|CreateProcess|\bWin32\b|\bcmd\.exe\b|is not recogni[sz]ed as|CommandNotFoundException|The system cannot find|\berrno:? -4\d{3}\b|npm (?:ERR!|error) errno -4\d{3}/;
const OF_MACOS = /\/Users\/(?!.*\bC:)|\/opt\/homebrew|\/Library\/|\bdyld\b|\bmach-o\b|\bDarwin\b/;

/** The system, as told, else as the paths that we looked at and the words show. Empty when nothing tells. */
export function systemOf(given: Seen): 'windows' | 'macos' | 'linux' | '' {
  const { launch, reported } = given;
  if (reported?.os) return reported.os;
  const looked = [...(launch?.lookup?.path ?? []), launch?.lookup?.found ?? '', launch?.file?.path ?? ''];
  if (looked.some((path) => /^[A-Za-z]:[\\/]/.test(path))) return 'windows';
  if (launch?.file?.kind === 'mach-o') return 'macos';
  // A client may add folders of macOS to the PATH of every system: a program of Linux that was found tells more.
  if (launch?.file?.binary?.os === 'linux' && /^\/(?:usr|bin|sbin|home|root)\//.test(launch.file.path)) return 'linux';
  if (looked.some((path) => /^\/(?:opt\/homebrew|Users|System\/Cryptexes)\//.test(path))) return 'macos';
  if (launch?.lookup?.path.some((path) => path.startsWith('/'))) return 'linux';
  const texts = [launch?.command ?? '', ...(launch?.args ?? []), ...words(given).map(({ text }) => text)];
  if (texts.some((text) => OF_WINDOWS.test(text))) return 'windows';
  return texts.some((text) => OF_MACOS.test(text)) ? 'macos' : '';
}

/** A word of the reason. Clients have many ways to say that a connection failed, and those without such a word say no more than that. */
const REASON =
  /\btime(?:d )?-?out|-3260\d|is not valid JSON|unexpected token|(?<![\d.:-])[45]\d\d\b(?![.:]?\d)|unauthori[sz]ed|forbidden|\b(?:ECONN|ENOT|ENOENT|EINVAL|EPIPE|EACCES|EPERM|EADDR|EISDIR|ETIMEDOUT|UNKNOWN)|fetch|https?:\/\/(?!modelcontextprotocol\.io)|schema|permission|not found|no such|cannot find|traceback|exception|invalid|required|missing|refused|denied|method|\bsse\b|oauth|parse|\bCPU\b|memory|leak|\bslow|\bhang|orphan|zombie|\bspin|\bloop|\bcall|duplicat/i;
/** A word of failing to connect. */
const FAILS =
  /fail|disconnect|clos|connect|error|exit|unable|could not|not (?:running|available)|offline|no tools|start/i;

/** The report names no reason: nothing on stderr or stdout, no exit code, and of the client only that it failed. */
export function saysNothing(given: Seen): boolean {
  const { process, http, stdout, handshake, launch } = given;
  if (process?.exit || process?.spawnError || http || handshake || stdout || launch?.lookup) return false;
  return words(given).every(
    ({ text, from, joined }) =>
      joined || (from === 'client' && text.length < 300 && FAILS.test(text) && !REASON.test(text)),
  );
}

/** A path of the other side of WSL: with a drive letter in Linux, or below a folder that only Linux has in Windows. */
export const isForeign = (path: string, system: string): boolean =>
  system === 'linux'
    ? /^["']?(?:\\\\\?\\)?[A-Za-z]:[\\/]/.test(path)
    : system === 'windows' && /^["']?\/(?:home|usr|mnt\/[a-z]|bin|opt|root)\//.test(path);

/** The name of the program, without folder and the extensions of Windows. */
export const programOf = (command: string | undefined): string =>
  (command?.trim().replace(/^"|"$/g, '').split(/[\\/]/).pop() ?? '').replace(/\.(?:exe|cmd|bat|ps1)$/i, '');

/** The words of an entry with their places: command, arguments, working directory. */
export const wordsOfEntry = ({ launch }: Seen): { text: string; at: string }[] =>
  launch
    ? [
        { text: launch.command, at: at('launch', 'command') },
        ...launch.args.map((text, i) => ({ text, at: at('launch', 'args', i) })),
        ...(launch.cwd === undefined ? [] : [{ text: launch.cwd, at: at('launch', 'cwd') }]),
      ]
    : [];

/** Where a finding that rests on the entry alone points: the client's words when there are any, and the entry. */
export const placesOf = (lines: Line[], entry: string): string[] => [...(lines[0] ? [lines[0].at] : []), entry];

/**
 * Variables that a session of the system sets, and those that a shell's profile adds for tools. A server that misses one has not
 * got what every terminal has; no server is configured through them. No name here is that of a credential.
 */
export const SESSION_VARIABLES = String.raw`APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|COMMONPROGRAMFILES|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|PATH|USERPROFILE|HOMEDRIVE|HOMEPATH|USERNAME|COMPUTERNAME|TEMP|TMP|TMPDIR|HOME|USER|LOGNAME|SHELL|LANG|LC_ALL|TERM|XDG_[A-Z]{3,20}(?:_[A-Z]{3,10})?|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|SSH_AUTH_SOCK|JAVA_HOME|JDK_HOME|GRADLE_HOME|MAVEN_HOME|M2_HOME|ANDROID_HOME|ANDROID_SDK_ROOT|GEM_HOME|GEM_PATH|BUNDLE_GEMFILE|RUBYLIB|RBENV_ROOT|NVM_DIR|NVM_HOME|VOLTA_HOME|PNPM_HOME|BUN_INSTALL|NODE_PATH|PYTHONPATH|PYTHONHOME|PYENV_ROOT|VIRTUAL_ENV|CONDA_PREFIX|(?:DY)?LD_(?:FALLBACK_)?LIBRARY_PATH|GOPATH|GOROOT|GOCACHE|GOMODCACHE|CARGO_HOME|RUSTUP_HOME|DOTNET_ROOT|HTTPS?_PROXY|ALL_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE`;
const SESSION_VARIABLE = new RegExp(`^(?:${SESSION_VARIABLES})$`, 'i');

export const isSessionVariable = (name: string): boolean => SESSION_VARIABLE.test(name);
