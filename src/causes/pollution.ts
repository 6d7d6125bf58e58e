/**
 * Text on stdout, where only JSON-RPC messages may stand: what was seen of it, and who wrote it. Three causes share this:
 * the server itself, a library in it, or the launcher in front of it.
 */

import type { Evidence } from '../case/evidence.js';
import { plain } from '../case/plain.js';
import { at } from '../case/pointer.js';
import { shellLine } from '../case/shell-word.js';
import type { Certainty } from './cause.js';
import {
  type Author,
  knownAuthor,
  noisyLauncher,
  soundsLikeInstaller,
  soundsLikeLibrary,
  throughScript,
} from './stdout-texts.js';
import { find, type Hit, type Line, unquoted, WORDS, words } from './words.js';

/** Kinds that these causes list in `uses`. */
export const POLLUTION = [...WORDS, 'launch', 'http'] as const;

/** How JSON parsers word "this line is no JSON". `<` is left out: that is a web page, which no stdio server sends. */
const PARSERS = [
  // V8. A dangling `}` or `,` is a broken config file, not a log line; PHP marks its notices up.
  /Unexpected token(?! '[<}\],:]'| "[<}\],:]"| [<}\],:]).{0,300}? is not valid JSON|Unexpected token '<', "<(?:br|b>).{0,40} is not valid JSON/,
  /Unexpected token (?!['"]?[<}\],:])\S{1,4} in JSON at position [0-3]\b|(?:Unexpected (?:non-whitespace character|number|string)|No number after minus sign|after array element|after property (?:name|value)|Exponent part is missing a number|Unterminated fractional number) (?:after|in) JSON at position \d{1,2}\b|after array element in JSON at position \d|No number after minus sign in JSON/,
  /Unexpected token ['"]?[A-Za-z0-9\u0080-\uFFFF]['"]?(?:\.{3}|,? ["'\u201c]|$)/,
  // An object that was printed as JavaScript: a lone brace (position 1) is a message in several lines.
  /Expected property name or '\}' in JSON at position [2-9]\b|Bad control character in string literal in JSON at position \d{1,3}\b/,
  // JavaScriptCore, Firefox.
  /JSON Parse error: (?:Unexpected identifier|Unexpected token|Unrecognized token|Unterminated|Invalid)(?! '<')(?: "(?<text>[^"]{1,80})")?/,
  /JSON\.parse: (?:unexpected (?:character|non-whitespace)|bad |expected )/,
  // Clients that quote the line: VS Code, Claude Desktop, the SDKs of Java and .NET, Zed. `{` would be a message in the wrong form.
  /Failed to (?:parse|deserialize|decode) message: ["'](?!\s*\{\s*["'\\]|Content-Length)(?<text>.{1,400})/i,
  /Invalid JSON-?RPC (?:message|line|response|data)\b[^:]{0,20}: ?["'`]?(?!\s*[{"'`]|\[(?:\{|\])|null\b|undefined\b)(?<text>\S.{0,400})/i,
  /\bUnhandled JSON from context_server: ?(?!\s*[{[])(?<text>\S.{0,400})/,
  /processing inbound message for line: ?(?!\s*[{[])(?<text>\S.{0,400})/,
  /\b(?:non-?JSON(?:-RPC)?|invalid JSON(?:-RPC)?|malformed JSON|not JSON|unparse?able|non-protocol) (?:line|message|output|data|text|content)s?\b[^:]{0,60}: ?["'`]?(?!\s*[{"'`[])(?<text>\S.{0,400})/i,
  /\b(?:non-?JSON(?:-RPC)?|(?:invalid|malformed) JSON|not (?:valid )?JSON(?:-RPC)?)\b.{0,60}\b(?:stdout|stdio|standard output|from (?:the )?(?:MCP )?server|(?:stdio |MCP )?server(?:'s)? (?:output|sent|line))\b/i,
  /\b(?:server|stdout|process) (?:output|line|wrote|sent|returned|printed)\b.{0,40}\b(?:not (?:valid )?JSON|non-?JSON|invalid JSON)/i,
  /\b(?:stdout|standard output)\b.{0,60}\b(?:pollut\w+|contaminat\w+|corrupt\w*|non-?JSON|not (?:valid )?JSON|mixed with)/i,
  /\b(?:pollut\w+|contaminat\w+|corrupt\w*)\b.{0,60}\b(?:stdout|stdio (?:stream|transport|channel)|JSON-?RPC (?:stream|channel|protocol))/i,
  /invalid character '(?![<}\],:])[^']{1,8}' (?:looking for beginning of (?:value|object key)|after (?:top-level value|array element)|in (?:literal|numeric))/,
  /Unrecognized token '(?<text>[^'<]{1,80})': was expecting/,
  // Jackson reads the start of a date as a number and stumbles over what follows.
  /Unexpected character \('(?![<}\],:])[^']{1,4}' \(code \d+\b.{0,20}\)\)?|Expected space separating root-level values|Leading zeroes not allowed/,
  /'(?![<}\],:]).{1,8}' is an invalid (?:start of a value|end of a number|JSON literal)/,
  /Unexpected character encountered while parsing (?:value|number): (?![<}\]])\S{1,2}\. Path '', line [01]/,
  /Invalid JSON: (?:expected|trailing|invalid|key must).{0,80}input_value=(?<text>'[^'<]{1,80})|(?:pars|decod|deserializ|unmarshal)\w* (?:a |the )?(?:incoming )?(?:JSON-?RPC )?(?:message|line|response|output)s? (?:received )?from (?:the )?(?:MCP )?(?:server|stdout|stdio|child|process)|cannot parse incoming message: expected/i,
  // A JSON log line: well-formed, yet its keys are those of a logger.
  /Unrecognized key.{0,40}['"](?:level|msg|message|time|timestamp|pid|logger|severity|hostname)['"]/,
  /validation errors? for JSONRPC\w*\b.{0,600}(?:input_value=\{|received )['"](?:level|msg|time|ts|timestamp|pid|logger|severity)['"]/,
];

/** Parsers that a server may use for its own data just as well: believed only when the client says so. */
const SHORT =
  /Expecting value: line 1 column [12] \(char [01]\)|Extra data: line 1 column \d|expected (?:value|ident|`,` or `\]`) at line 1 column \d\b|(?:invalid number|trailing characters|control character).{0,60}at line 1 column \d|unexpected token at ['"](?!<)|unexpected character: ['"](?!<)|MalformedJsonException|Expected BEGIN_OBJECT but was STRING at line 1|JsonReader\.set(?:Lenient|Strictness)|Unexpected JSON token at offset 0|unexpected byte at position 0|Invalid JSON: (?:expected|trailing|EOF)|\bJSON ?(?:decode|parse|parsing|syntax) ?(?:error|exception)\b|Error parsing JSON|Unexpected end of JSON input|Unterminated string in JSON|given data was not valid JSON|not in the correct format|dataCorrupted/i;

const ABOUT_A_FILE = /\b[Cc]onfig|[Ss]ettings|\.jsonc?\b(?!\.)/;

/** Words of the server's code at the place where it writes: somebody found the reason already. */
const ON_PURPOSE =
  /\b(?:console\.(?:log|info|debug)|print\(|println!?|System\.out\.print\w*|Console\.Write(?:Line)?|fmt\.Print\w*|process\.stdout\.write|sys\.stdout|StreamHandler\(sys\.stdout)(?!\w).{0,80}(?:stdout|JSON-?RPC|stdio)/i;
const ERROR_TEXT =
  /\b(?:\w*error|\w*exception|traceback|panic(?:ked)?|fatal|not found|no such file|cannot|failed)\b|^\s+at /i;
/** The reply that a banner without a newline swallowed. */
const GLUED = /\{\s*"(?:jsonrpc|result|id)"\s*:.*"(?:result|error)"\s*:/;
const QUOTED =
  /[,:] ?["'\u201c]?(?:\.{3})?["'\u201c](?<text>[^\n]{1,200}?)["'\u201d]?(?:\.{3}["'\u201d]?)? is not valid JSON/;
const INPUT = /\binput_value=['"](?<text>[^\n]{1,200})/;
const V8_CHARACTER = /Unexpected token '?(?<text>[^\s']{1,2})'?(?: in JSON at position (?<at>[0-3]))?/;

const OF_SIGN_IN = /\bOAuth (?:error|token|metadata|client)\b|\bauthori[sz]ation server\b/i;

/** Where text was seen: on stdout itself, in the client's complaint, or in a terminal where both streams run together. */
type Seen = 'stdout' | 'quote' | 'terminal';

/** A piece of text that stood on stdout. */
interface Piece {
  text: string;
  at: string;
  from: Seen;
  who: Author | null;
  name: string | null;
  /** The library or program that the words themselves gave away. */
  words: string | null;
  /** How it is known who wrote it: by looking, by the text. */
  known: 'looked' | 'text' | 'no';
  index?: number;
}

type Given = Partial<Evidence>;

/** Colours, also as VS Code escapes them, say nothing. */
const bare = (text: string): string =>
  plain(text)
    .replace(/\\u001b\[[\d;]{0,20}m/gi, '')
    .trimEnd();

/** What V8 quotes may hold a newline; the rest of the quotation then stands on the next line. */
const joined = (lines: Line[]): Line[] =>
  lines.map((line, i) => {
    const next = lines[i + 1];
    // A window that wraps its text breaks the complaint itself.
    if (/\b(?:Unexpected|token|character|at position)$/.test(line.text.trimEnd()))
      return {
        ...line,
        text: lines
          .slice(i, i + 3)
          .filter(({ from }) => from === line.from)
          .map(({ text }) => text.trim())
          .join(' '),
      };
    return /Unexpected token .{1,6}, "[^"]{0,12}$/.test(line.text) &&
      next?.from === line.from &&
      / is not valid JSON/.test(next.text)
      ? { ...line, text: `${line.text}${next.text}` }
      : line;
  });

/** PHP words its notices as other programs word theirs: the entry tells. */
const PHP_NOTICE = /^\W{0,4}(?:Warning|Notice|Deprecated|Fatal er|Parse err)/;

function piece(text: string, place: string, from: Seen): Piece {
  const known = knownAuthor(bare(text));
  return {
    text: bare(text).trim(),
    at: place,
    from,
    who: known?.who ?? null,
    name: known?.name ?? null,
    words: known?.name ?? null,
    known: known ? 'text' : 'no',
  };
}

/** What the parser's complaint quotes. The older V8 names one character only. */
function quoteOf({ line, groups }: Hit): string {
  const told = groups.text ?? (QUOTED.exec(line.text) ?? INPUT.exec(line.text))?.groups?.text;
  if (told) return told.replace(/(?:\\[rn]){1,4}["']?\s*$/, '').replace(/^['"]/, '');
  const { text, at: position } = V8_CHARACTER.exec(line.text)?.groups ?? {};
  if (text === 'd' && position === '1') return '[dotenv@';
  return text === '>' && position === '0' ? '> ...' : '';
}

export interface Pollution {
  certainty: Certainty;
  cites: string[];
  facts: {
    text: string;
    line: number | null;
    offset: number | null;
    count: number | null;
    glued: boolean;
    opened: boolean;
    /** The program or library that printed it. */
    name: string | null;
    /** How we know: `looked` at the process that wrote it, the `text`, the `entry`, or not. */
    known: string;
    /** The name under which a cure is known. */
    cure: string | null;
    quiet: string | null;
    language: string;
    windows: boolean;
    command: string;
  };
  severity: 'degraded' | 'broken';
}

const LANGUAGES: [string, RegExp][] = [
  ['php', /\bphp\b|\.phar\b|\bartisan\b|^wp\b/],
  ['java', /\bjava\b|\.jar\b|\bjbang\b|Spring Boot/],
  ['dotnet', /\bdotnet\b|\bdnx\b|\.dll\b|\.csproj\b/],
  ['python', /\bpython[\d.]*\b|\bpy\b|\buvx?\b|\bpipx\b|\bpoetry\b|\bfastmcp\b/],
  ['node', /\bnode\b|\bnpx\b|\bnpm\b|\btsx\b|\bbunx?\b|\bdeno\b|\bpnpm\b|\byarn\b|\.[cm]?[jt]s\b/],
];

/** Text on stdout that `who` wrote, or may have written; null when there is none or somebody else did for sure. */
export function pollution(given: Given, who: Author): Pollution | null {
  const { reported, stdout, process, handshake, launch } = given;
  const transport = reported?.transport ?? (given.http || reported?.url ? 'http' : 'stdio');
  if (transport !== 'stdio') return null;
  const opened = handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';
  const strays = stdout?.strays ?? [];
  // A server that works and logs its replies to stdout glues nothing.
  const frame = opened ? -1 : strays.findIndex(({ kind, text }) => kind === 'not-json' && GLUED.test(text));
  const noisy = launch ? noisyLauncher(launch.command, launch.args) : null;
  const inFront = launch !== undefined && throughScript(launch.command, launch.args);
  const wrote = strays.flatMap((stray, index): Piece[] => {
    if (stray.kind !== 'not-json' && stray.kind !== 'json-not-rpc') return [];
    const text = index === frame ? (stray.text.split(GLUED)[0] ?? '') : stray.text;
    const seen = { ...piece(text, at('stdout', 'strays', index, 'text'), 'stdout'), index };
    const { by } = stray;
    // A library that was bundled into the server writes from the server's own file, and so does a launcher in its language.
    if (!by || (by.who === 'server' && seen.who !== null)) return [seen];
    // Words alone prove nothing when no launcher stands in the command.
    const looked = !/\bwords of\b/.test(by.how) || noisy !== null || inFront;
    return [{ ...seen, who: by.who, name: by.name ?? seen.name, known: looked ? 'looked' : 'text' }];
  });

  // Documents and errors of a sign-in are fetched over HTTP, and parsed by the same libraries.
  const said = words(given);
  const all = said.filter((_, i) => said.slice(Math.max(0, i - 2), i + 1).every(({ text }) => !OF_SIGN_IN.test(text)));
  const lines = joined(all.filter(({ text, from }) => from !== 'stdout' && !ABOUT_A_FILE.test(unquoted(text))));
  const complaints = lines.flatMap((line) => {
    const hit = find([line], ...PARSERS);
    return hit ? [hit] : [];
  });
  const short = complaints.length ? null : (find(lines, SHORT) ?? find(lines, ON_PURPOSE));
  const quoted = complaints.map((hit) => piece(quoteOf(hit), hit.line.at, 'quote'));
  // A complaint that quotes nothing says less than the one beside it that does.
  const quotes = quoted.some(({ text }) => text) ? quoted.filter(({ text }) => text) : quoted;

  const died = process?.spawnError !== undefined || process?.exit?.by === 'itself';
  // A program that dies and words its error on stdout died of that error, not of the words.
  if (
    wrote.length &&
    frame < 0 &&
    died &&
    process?.exit?.code !== 0 &&
    strays.some(({ text }) => ERROR_TEXT.test(text))
  )
    return null;
  if (!wrote.length && process?.spawnError) return null;

  // In a terminal both streams run together: what is known to go to stdout counts there as well, for less.
  const terminal =
    wrote.length || quotes.length || handshake
      ? []
      : all
          .filter(({ from }) => from !== 'stdout')
          .map(({ text, at: place }) => piece(text, place, 'terminal'))
          // A prompt of a shell or a quotation mark stands before many lines that are pasted.
          .filter(({ text }) => !/^[$>] (?!\S+@\d\S* \S+$)/.test(text))
          .filter(({ who: author, name }) => author !== null && !(name !== null && OFTEN_ON_STDERR.test(name)));
  const runsPhp = /(?:^|[\\/])php[\d.]*(?:\.exe)?$/.test(launch?.command ?? '');
  const pieces = [...wrote, ...quotes, ...terminal].map(
    (p): Piece =>
      p.who === null && runsPhp && PHP_NOTICE.test(p.text)
        ? { ...p, who: 'dependency', name: 'PHP', words: 'PHP', known: 'text' }
        : p,
  );
  if (!pieces.length && !short) return entryAlone(given, who, noisy);

  const script = launch === undefined || inFront;
  // A launcher that prints stands first on stdout: when no more than a character of the line is known, it is the launcher's.
  const authors = pieces.map(
    (p): Author =>
      p.who ??
      ((script && soundsLikeInstaller(p.text)) || (noisy && p.from === 'quote' && p.text.length < 2)
        ? 'launcher'
        : 'server'),
  );
  const first = authors[0] ?? 'server';
  const mine = pieces.findIndex((_, i) => authors[i] === who);
  const shown = pieces[mine] ?? pieces[0];
  const live = handshake !== undefined;
  const spoke = opened || frame >= 0 || (stdout?.messages ?? 0) > 0;

  let certainty: Certainty;
  if (mine >= 0 && shown) {
    // Without any frame beside the line, a server that waits for something else looks the same.
    if (shown.known === 'looked') certainty = live && spoke && !died ? 'certain' : 'likely';
    // A server that parses a file of its own says the same, and may end over it.
    else if (
      shown.from === 'quote' &&
      died &&
      process?.exit?.code !== 0 &&
      complaints.every(({ line }) => line.from === 'stderr')
    )
      certainty = 'possible';
    else certainty = who === first && shown.from !== 'terminal' ? 'likely' : 'possible';
    // Nobody else but a server glues its own reply.
    if (frame >= 0 && who === 'server' && live && shown.index === frame && shown.known === 'no') certainty = 'certain';
  } else if (short && who === 'server') {
    certainty = complaints.length || short.line.from === 'client' ? 'likely' : 'possible';
  } else if (wavers(pieces, authors, who, noisy !== null, script, !died)) certainty = 'possible';
  else return null;

  const stray = shown?.index === undefined ? undefined : strays[shown.index];
  const command = launch ? shellLine([launch.command, ...launch.args]) : '';
  const complaint: Line | undefined = complaints[0]?.line ?? short?.line;
  const context = `${launch?.runtime?.name ?? ''} ${command} ${shown?.text ?? ''} ${shown?.name ?? ''}`;
  return {
    certainty,
    severity: opened ? 'degraded' : 'broken',
    cites: [...new Set([...(shown ? [shown.at] : []), ...(complaint ? [complaint.at] : [])])],
    facts: {
      text: (shown?.text ?? '').slice(0, 80),
      line: stray?.line ?? null,
      offset: stray?.offset ?? null,
      count: stray ? (stdout?.strayCount ?? 1) : null,
      glued: frame >= 0 && stray === strays[frame],
      opened,
      name:
        mine >= 0
          ? (shown?.name ?? (who === 'launcher' ? (noisy?.name ?? null) : null))
          : who === 'launcher'
            ? (noisy?.name ?? null)
            : null,
      known: mine >= 0 ? (shown?.known ?? 'no') : 'no',
      cure: (mine >= 0 ? (shown?.words ?? shown?.name) : null) ?? (who === 'launcher' ? (noisy?.name ?? null) : null),
      quiet: who === 'launcher' ? (noisy?.quiet ?? null) : null,
      language: LANGUAGES.find(([, pattern]) => pattern.test(context))?.[0] ?? 'other',
      windows: reported?.os === 'windows',
      command,
    },
  };
}

/** Programs whose known lines stand on stderr as a rule: in a terminal they say nothing of stdout. */
const OFTEN_ON_STDERR =
  /^(?:uv|Cargo|go|Deno|bun|git|SLF4J|Node\.js|Python warnings|a progress bar|Hugging Face|TensorFlow|llama\.cpp|NLTK|the container engine|the Java virtual machine|JLine|ssh|FastMCP|Ruby|a bridge|pip|browser-use|tsc|a version manager|ONNX Runtime|PHP|Logback or Log4j|HikariCP|AWS SDK|Browserslist|Winston|cmd\.exe|PowerShell|wsl\.exe|poetry or conda|Bundler|mix)$/;

/** Whether a careful reader would also think of `who`, although the words speak for another. */
function wavers(
  pieces: Piece[],
  authors: Author[],
  who: Author,
  noisy: boolean,
  script: boolean,
  alive: boolean,
): boolean {
  if (pieces.some(({ known }) => known === 'looked')) return false;
  // A line with a known author could have been printed by the server in the same words.
  if (who === 'server') return true;
  if (who === 'launcher') return noisy || (script && pieces.some(({ text }) => soundsLikeInstaller(text)));
  // A client quotes a line, and nobody knows it: a library of the server may have printed it as well.
  return pieces.some(
    ({ text, from }, i) =>
      authors[i] === 'server' &&
      (soundsLikeLibrary(text) || (from === 'quote' && alive && !/\bMC|serv|start|runn|listen|tool/i.test(text))),
  );
}

/** Nothing of the text was told, yet the command is one that prints. */
function entryAlone(given: Given, who: Author, noisy: ReturnType<typeof noisyLauncher>): Pollution | null {
  const { launch, reported, process, handshake, stderr } = given;
  if (who !== 'launcher' || !noisy || !launch || handshake || process?.spawnError) return null;
  const told = [...(reported?.serverLog ?? []), ...(stderr?.lines ?? []).map(({ text }) => text)];
  if (told.some((text) => ERROR_TEXT.test(text)) || (process?.exit && process.exit.code !== 0)) return null;
  return {
    certainty: 'possible',
    severity: 'broken',
    cites: [launch.args.length ? at('launch', 'args') : at('launch', 'command')],
    facts: {
      text: '',
      line: null,
      offset: null,
      count: null,
      glued: false,
      opened: false,
      name: noisy.name,
      known: 'entry',
      cure: noisy.name,
      quiet: noisy.quiet,
      language: 'other',
      windows: reported?.os === 'windows',
      command: shellLine([launch.command, ...launch.args]),
    },
  };
}

/** The words of `say` about where the text stood. */
export function whereOf({ text, line, offset, count }: Pollution['facts']): { what: string; where: string } {
  const more = Number(count) > 1 ? `, one of ${count} such lines` : '';
  return {
    what: text ? `"${text}"` : 'a line that is no JSON-RPC message',
    where: offset === null ? 'to stdout' : `to stdout (line ${line}, byte offset ${offset})${more}`,
  };
}

/** What it does to the connection. */
export const effectOf = ({ opened }: Pollution['facts']): string =>
  opened
    ? 'The connection was opened nevertheless: some clients skip such a line, others end the connection.'
    : 'A client that parses it as a message fails.';

/** A filter for the time until the source is mended: it lets only messages through. */
export const filterStep = ({ command, windows, glued }: Pollution['facts']) =>
  command && !windows && !glued
    ? [
        {
          say: 'Until the server is mended, let only messages through:',
          edit: {
            file: 'the client config',
            at: 'command, args',
            to: `"command": "sh", "args": ["-c", ${JSON.stringify(`${command} | grep --line-buffered '"jsonrpc"'`)}]`,
          },
        },
      ]
    : [];

/** Look again. */
export const checkStep = ({ command }: Pollution['facts']) => ({
  say: 'Check that stdout is clean:',
  run: `mcp-verdict verify -- ${command || '<command>'}`,
});
