/**
 * The words of a failed connection: what the server, its launcher and the client said, with the place of each line.
 * Causes that recognise a line read it here, so that a live stderr and a pasted log are the same to them.
 */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { joined, requoted } from './rejoined.js';

export interface Line {
  text: string;
  /** JSON pointer of the line in the case file. */
  at: string;
  from: 'stderr' | 'stdout' | 'client' | 'server-log';
  /** Made of this line and those behind it, which may be one message that whoever pasted it wrapped. */
  joined?: true;
  /** Noted in the entry: when it happens, how the server is made. Nobody complained in these words. */
  note?: true;
}

type Sources = Partial<Pick<Evidence, 'stderr' | 'stdout' | 'reported' | 'process' | 'handshake' | 'http'>>;

/** Kinds a cause lists in `uses` when it reads words. */
export const WORDS = ['stderr', 'stdout', 'reported', 'process', 'handshake'] as const;

/** The server took itself out of the conversation: it did not start, ended by itself, or gave no usable answer. */
export function failed({ process, handshake, reported }: Sources): boolean {
  // Nobody pastes the log of a server that works.
  if (reported) return true;
  if (process?.spawnError || process?.exit?.by === 'itself') return true;
  const opened = handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';
  if (opened) return false;
  return handshake !== undefined || process !== undefined;
}

/**
 * Every line that was said, the server's own stderr first. Empty when the connection did not fail: a healthy server may
 * mention any error in its log. What people pasted
 * may be wrapped: such lines follow once more, joined.
 */
export function words(given: Sources): Line[] {
  if (!failed(given)) return [];
  const lines = linesOf(given);
  if (!given.reported) return lines;
  const [noted, said] = [lines.filter(({ note }) => note), lines.filter(({ note }) => !note)];
  return [...lines, ...joined(said), ...joined(noted)].map((line) => ({ ...line, text: requoted(line.text) }));
}

function linesOf(given: Sources): Line[] {
  return [
    ...(given.stderr?.lines ?? []).map(
      ({ text }, i): Line => ({ text, at: at('stderr', 'lines', i, 'text'), from: 'stderr' }),
    ),
    ...(given.stdout?.strays ?? []).map(
      ({ text }, i): Line => ({ text, at: at('stdout', 'strays', i, 'text'), from: 'stdout' }),
    ),
    ...(given.reported?.serverLog ?? []).map(
      (text, i): Line => ({ text, at: at('reported', 'serverLog', i), from: 'server-log' }),
    ),
    ...(given.reported?.clientError ?? []).map(
      (text, i): Line => ({ text, at: at('reported', 'clientError', i), from: 'client' }),
    ),
    ...bodies(given),
    ...notes(given),
  ];
}

/** Where nothing else is told, a body without a status is a quotation like any other: mostly what a client shows of the answer. */
const bodies = ({ http, reported }: Sources): Line[] =>
  reported && reported.transport !== 'stdio' && reported.clientError.length + reported.serverLog.length === 0
    ? (http?.exchanges ?? []).flatMap(({ purpose, status, body = '' }, i): Line[] =>
        purpose === 'reported' && status === undefined
          ? body
              .split('\n')
              .filter((text) => text.trim() !== '')
              .map((text): Line => ({ text, at: at('http', 'exchanges', i, 'body'), from: 'client' }))
          : [],
      )
    : [];

/** Keys of an entry whose values are settings, not sentences. */
const SETTINGS =
  /^(?:command|args|env|environment|envs|headers|url|serverUrl|httpUrl|type|transport\w*|cwd|name|image|ports?|timeout|disabled|enabled|autoApprove|alwaysAllow|mcpServers|servers|command_windows)$/i;

/** What people note in the entry beside the settings: a sentence, a line of a log, a piece of code. */
function notes({ reported }: Sources): Line[] {
  if (!reported?.entry || reported.transport === undefined || reported.transport === 'stdio') return [];
  let entry: unknown;
  try {
    entry = JSON.parse(reported.entry);
  } catch {
    // It was cut.
    return [];
  }
  if (typeof entry !== 'object' || entry === null) return [];
  return Object.entries(entry)
    .filter(([key, value]) => typeof value === 'string' && !SETTINGS.test(key) && /\s/.test(value))
    .flatMap(([, value]) => String(value).split('\n'))
    .map((text) => ({ text, at: at('reported', 'entry'), from: 'server-log', note: true }));
}

/** A message whose path was wrapped to the next line, in one. The place is that of its beginning. */
export const mended = (lines: Line[]): Line[] =>
  lines.map((line, i) => {
    const next = lines[i + 1];
    return next?.from === line.from && /(?:Cannot find (?:module|package)|imported from)\s*$/.test(line.text)
      ? { ...line, text: `${line.text.trimEnd()} ${next.text.trim()}` }
      : line;
  });

export interface Hit {
  line: Line;
  /** The match of the regular expression; named groups carry the particulars. */
  groups: Record<string, string>;
  match: RegExpExecArray;
}

/** The first line that one of the patterns matches; patterns are tried in order of trust, each over all lines. */
export function find(lines: Line[], ...patterns: RegExp[]): Hit | null {
  for (const pattern of patterns) {
    for (const line of lines) {
      const match = pattern.exec(line.text);
      if (match) return { line, match, groups: { ...match.groups } };
    }
  }
  return null;
}

/** Every line that a pattern matches. */
export const findAll = (lines: Line[], pattern: RegExp): Hit[] =>
  lines.flatMap((line) => {
    const match = pattern.exec(line.text);
    return match ? [{ line, match, groups: { ...match.groups } }] : [];
  });

/** The server says that it goes on, without what it misses. */
export const MILD =
  /\bwarn|\boptional\b|\bdisabled?\b|\bdefault(?:ing|s)? to\b|\busing (?:an? |the )?(?:default|in-memory|local|built-?in|anonymous|fallback)|\binstead\b|\bfall(?:ing)? ?back\b|\brate.?limit|\blimited\b|\bskip(?:ped|ping)\b|\bignor(?:ed|ing)\b|\bnot required\b|\bcontinu(?:e|ing)\b|\bunauthenticated\b|\bsome (?:features|tools|functions)\b|\bwithout (?:it|them|auth\w*|credentials|a (?:key|token))\b/i;
/** An error of another kind, in the languages' own form. */
const ANOTHER =
  /^\W{0,4}(?:\S+ )?(?:[\w.]*[A-Za-z](?:Error|Exception)\b(?! \[ERR_INVALID_ARG)|panic\b|thread '|Segmentation fault|FATAL ERROR)|\bEADDRINUSE\b|\bECONNREFUSED\b|\bEACCES\b|\bENOENT\b|\berror: (?:unrecogni[sz]ed|unknown|unexpected|invalid) |Cannot find (?:module|package)|No module named|heap out of memory/;

/**
 * Whether the server, after this line, spoke of an error of another kind. What it says last of its end is the reason; a complaint
 * before that was only a remark. `same` tells which errors belong to the complaint.
 */
export const outdone = (lines: Line[], line: Line, same: (text: string) => boolean): boolean =>
  lines
    .slice(lines.findIndex(({ at }) => at === line.at) + 1)
    .some((next) => !next.joined && next.from === line.from && ANOTHER.test(next.text) && !same(next.text));

/** It worked in the end. */
const RECOVERED =
  /(?<!not |n't |never |be )\b(?:re-?)?connected\b(?!.{0,20}\bclient)|\bconnection (?:was |is |has been )?(?:re-?)?(?:established|restored|successful)|\bsucceeded\b|\bsuccessful(?:ly)? (?:re-?)?connect|\block (?:was )?(?:acquired|obtained)\b|\bacquired (?:the )?lock\b|\b(?:back|now) (?:online|available)\b/i;

/** Index of the last line in which the server, not a client, says that what had failed works after all; -1 when none does. */
export const lastRecovery = (lines: Line[]): number =>
  lines.findLastIndex(({ text, from, joined }) => !joined && from !== 'client' && RECOVERED.test(text));

/** Words that a parser quotes of a line which is no JSON: a server may have written about its settings or its tools. */
const QUOTATION =
  /\bmessage: ?["'](?!\s*\{).*$|, "[^"{[\s.\uFEFF][^"]{0,200}"(?:\.{3})? is not valid JSON|\binput_value=['"](?![\s{]).*$/;
/** A line without the words of somebody else that it quotes. */
export const unquoted = (text: string): string => text.replace(QUOTATION, '');

/** A reply of the conversation: an error in it is an answer, and whoever answers has not ended. */
export const REPLY = /^\s*\{.{0,200}["']jsonrpc["']|^\s*\{.{0,60}["'](?:error|result)["']\s*:\s*\{/;

/** The time, name and level that a logger puts in front of each line. */
const LOGGER =
  /^(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?\]?\s{0,3}(?:[-|] )?)?(?:[\w.-]{1,60} [-|] )?(?:\[[\w.:-]{1,40}\]\s?){0,3}(?:(?:INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL|DEBUG)\b\s?(?:[-|:]\s?)?)?/;

/** A line without what its logger put in front; indentation of the text stays. */
export const unlogged = (text: string): string => text.replace(LOGGER, '');

/**
 * Whether a client repeats what the server said. Over stdio it has nothing else to say of addresses, options or databases;
 * its own words (its config file, its limits, its protocol) are none of the server's.
 */
export const repeatsServer = ({ text, from }: Line): boolean =>
  from === 'client' &&
  !/-32\d{3}\b|fetch failed|\bconnection timeout (?:triggered|after)\b|^\W*connection (?:timed out|timeout|failed|error)\W*$|\bSSE\b|\bspawn\b|timed out (?:after|waiting)|request timed out|protocol version|is not valid JSON|JSON-?RPC|mcp\.json|mcp_?config|mcpServers|config(?:uration)? file|settings\.json|\bMCP (?:servers?|clients?) (?:config|settings)|failed to (?:re)?connect to (?:the )?(?:MCP|server)|connection to (?:the )?(?:MCP )?server/i.test(
    text,
  );

/** A line of the server that names an error, or the exit code of one: process-crashed is likely then. */
const ENDS_IN_ERROR = /^[\s|+│-]{0,8}(?:[\w$]+[.:]{1,2}){0,8}[A-Z]?[\w$]{0,60}(?:Error|Exception)\b(?: \[\w+\])?: \S/;

/**
 * A complaint that only hints at its reason, of a server that crashed: the second thing to look at, never the first.
 * `hint` tells what the cause would look for.
 */
export function hinted(given: Sources & Partial<Pick<Evidence, 'http'>>, hint: RegExp): Line | null {
  const { process, handshake, reported } = given;
  if (reported?.transport !== 'stdio' || given.http || reported.url || handshake || (process && process.pid !== null))
    return null;
  if (process?.spawnError || process?.exit?.signal) return null;
  const own = words(given).filter(({ from, text }) => (from === 'stderr' || from === 'server-log') && !MILD.test(text));
  const crashed = own.find(({ text }) => ENDS_IN_ERROR.test(text) && hint.test(text));
  return (
    crashed ??
    ((process?.exit?.code ?? 0) > 0 && (process?.exit?.code ?? 0) < 125
      ? (own.find(({ text }) => hint.test(text)) ?? null)
      : null)
  );
}

/** Addresses, request lines and status lines, as any log has them: nobody says anything by them. */
const WIRE =
  /https?:\/\/\S{1,400}|\b(?:POST|GET|PUT|OPTIONS|HEAD|DELETE|PATCH) \S{1,400} "?HTTP\/[\d.]+"?|"?HTTP\/[\d.]+"? ?(?:->|-|:)? ?\d{3}\b(?: [A-Z][\w-]{1,20}){0,4}"?/g;
/** What a person says in a line: that something "works on localhost with 200" must not be read out of a transcript. */
export const spoken = <L extends { text: string }>(lines: L[]): L[] =>
  lines.map((line) => ({ ...line, text: line.text.replace(WIRE, ' ') }));
