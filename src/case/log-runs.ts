/**
 * A client's log holds several servers and many starts of each, one through the other. The last run of the server in question
 * is what counts: what an earlier run said may have been mended since.
 */
import { markedStderr } from './client-log.js';
import { aboutMcp, ENDS, formOf, type LogForm, nameIn, STAMPED, STARTS } from './log-forms.js';

/** A run that went wrong says so in one of these ways. */
const FAILS =
  /-3200[01]\b|[Ee]rror\b|ERROR|\bfailed|[Dd]isconnected|closed unexpectedly|[Tt]imed out|\bE[A-Z]{5,}\b|exited|not found|panic|[Tt]raceback|xception|\bunavailable\b/;
/** A client says that there is no connection: more than a line of the server's that looks like an error. */
const LOST =
  /-3200[01]\b|\b[Ff]ailed to (?:start|connect|load|initialize|reload)|\b(?:startup|connection) failed\b|[Dd]isconnected|closed unexpectedly|[Tt]imed out|\bserver unavailable\b|\bexited (?:with|before)|Connection state: Error|\bspawn .{0,200}\bE[A-Z]{4,}|Client (?:closed|error)\b|\bCould not start\b/;
const ANSWERED =
  /Message from server: .{0,40}"id":\s*["\d]+.{0,40}"result"|Message from server: id=\d+ result=|Successfully connected|Discovered \d+ tools|\b[Ff]ound \d+ tools\b|\bConnected to MCP server\b|✓ \S+ loaded in |\bcreate\(\) successfully\b|\bLoaded extension\b|connected: true\b/;
/** A client that says so waits for an answer, and may wait for ever. */
const WAITS = /\bWaiting for server to respond\b/;
/** What stands between two announcements of one start, and is one more of them. */
const ALSO_STARTS = /\bStarting server from\b|getOrCreateClient for stdio|Server started and connected/;

export interface LogRun {
  lines: string[];
  /** The server the lines are about, when the log names it. */
  server?: string;
  /** Every server the log names, in order of appearance. */
  servers: string[];
  /** Which run of how many, counted from 1; 0 of 0 when the log shows no start. */
  run: number;
  runs: number;
  /** Lines without a name are among them, of a log of several servers: they may be another's. */
  guessed: boolean;
}

interface Owned {
  line: string;
  server: string | undefined;
  /** By the order of the lines alone. */
  guessed: boolean;
}

/** Lines before a name may be a server's whose name comes first with its failure: so far is looked ahead. */
const MAX_AHEAD = 2_000;

/**
 * Lines with the server each belongs to: what carries no name belongs to the server named last, or, in the logs of some clients, to
 * the one whose failure is told next.
 */
function owners(lines: string[], form: LogForm | undefined): Owned[] {
  const own = lines.map(nameIn);
  const names = own.map((name, i) => (form?.before?.test(lines[i] ?? '') ? (name ?? own[i + 1]) : name));
  const known = new Set(names);
  // Cursor of 2025 names a server in every line, and only some of them tell a name from a word.
  if (form?.client === 'cursor')
    for (const [i, line] of lines.entries()) {
      const word = /^\d{4}-\S+ \S+ \[\w+\] {1,2}(?<name>[\w.@/-]{1,80}): /.exec(line)?.groups?.name;
      if (word !== undefined && known.has(word)) names[i] ??= word;
    }
  const failing = lines.map((line, i) => (names[i] !== undefined && LOST.test(line) ? names[i] : undefined));
  const next: (string | undefined)[] = [];
  for (let i = lines.length - 1, name: string | undefined, at = 0; i >= 0; i--) {
    if (failing[i] !== undefined) [name, at] = [failing[i], i];
    next[i] = at - i <= MAX_AHEAD ? name : undefined;
  }
  let last: string | undefined;
  let ahead = false;
  return lines.map((line, i) => {
    // The rest of a text of several lines goes with its first.
    const begins = STAMPED.test(line) || names[i] !== undefined;
    if (begins) ahead = form?.ahead === 'all' || (form?.ahead === 'stderr' && markedStderr(line) !== undefined);
    if (names[i] !== undefined) {
      last = names[i];
      ahead = false;
    }
    return { line, server: ahead ? (next[i] ?? last) : last, guessed: ahead };
  });
}

const lower = (text: string): string => text.toLowerCase();

/** Whether a log means this server by that name: some write only the end of it, or replace what a file name cannot hold. */
export function isNamed(inLog: string, wanted: string): boolean {
  const plain = (text: string) => lower(text).replace(/[^a-z0-9]+/g, '_');
  return (
    lower(inLog) === lower(wanted) ||
    plain(inLog) === plain(wanted) ||
    // Cursor of 2025.
    (inLog.length === 4 && wanted.length > 4 && wanted.endsWith(inLog))
  );
}

/** The server meant: as told, or the one that failed last, or the one named last. */
function meant(owned: Owned[], wanted: string | undefined): string | undefined {
  const names = owned.map(({ server }) => server);
  if (wanted !== undefined) {
    const known = [...new Set(names)].filter((name) => name !== undefined);
    return known.find((name) => lower(name) === lower(wanted)) ?? known.find((name) => isNamed(name, wanted));
  }
  // The mark of stderr is no failure: some clients log all of it as errors.
  const failed = (pattern: RegExp) =>
    owned.findLast(({ line, server }) => server !== undefined && pattern.test(markedStderr(line) ?? line));
  return (failed(LOST) ?? failed(FAILS))?.server ?? names.findLast((name) => name !== undefined);
}

/**
 * Lines cut at each start. A client announces one start in several ways: only an announcement that repeats itself opens a new
 * run, and only after something was said in between. What stands before the first start belongs to it: a client may report the
 * config first.
 */
function runsOf(lines: string[]): string[][] {
  const runs: string[][] = [[]];
  const announced = new Set<string>();
  let said = false;
  for (const line of lines) {
    const start = STARTS.exec(line)?.[0];
    if (start !== undefined && announced.has(start) && said) {
      runs.push([]);
      announced.clear();
      said = false;
    }
    if (start !== undefined) announced.add(start);
    else said ||= announced.size > 0 && !ALSO_STARTS.test(line);
    runs.at(-1)?.push(line);
  }
  return runs;
}

/** Of a log that shows no starts: lines cut where something new is said after a failure. */
function untilEach(lines: string[]): string[][] {
  const runs: string[][] = [[]];
  let over = false;
  for (const line of lines) {
    const ends = ENDS.test(line);
    if (over && STAMPED.test(line) && (ends || markedStderr(line) !== undefined)) {
      runs.push([]);
      over = false;
    }
    over ||= ends;
    runs.at(-1)?.push(line);
  }
  return runs;
}

/** Whether a line says that the connection was lost, or looks like an error of the server's. */
export const isFailure = (line: string): boolean => LOST.test(line) || FAILS.test(markedStderr(line) ?? line);
/** Whether lines show that the client got its answer, and lost nothing after it. */
export const isAnswered = (lines: string[]): boolean =>
  lines.findLastIndex((line) => ANSWERED.test(line)) > lines.findLastIndex((line) => LOST.test(line));

/** Whether lines say how a run went. */
export const tells = (lines: string[]): boolean =>
  lines.some((line) => FAILS.test(line) || ANSWERED.test(line) || WAITS.test(line));

/**
 * The last run of the server in question. A run that had only begun when the log ended tells nothing: then the one before it
 * counts. `wanted` is the server's name as the user gave it; a name that the log does not hold leaves all lines in place.
 */
export function lastRun(given: string[], wanted?: string): LogRun {
  const form = formOf(given);
  const owned = owners(aboutMcp(given, form), form);
  const servers = [...new Set(owned.flatMap(({ server }) => server ?? []))];
  const server = meant(owned, wanted);
  const own = servers.length > 1 && server !== undefined ? owned.filter((line) => line.server === server) : owned;
  const lines = own.map(({ line }) => line);
  const chosen = (run: string[], place: Pick<LogRun, 'run' | 'runs'>): LogRun => {
    const guessed = servers.length > 1 && own.some((one) => one.guessed && run.includes(one.line));
    return { lines: run, server, servers, ...place, guessed };
  };
  const starts = lines.some((line) => STARTS.test(line));
  if (!starts && !lines.some((line) => ENDS.test(line))) return chosen(lines, { run: 0, runs: 0 });
  const runs = starts ? runsOf(lines) : untilEach(lines);
  // Where failures alone are told, one of them is no run of which there is a number.
  if (!starts && runs.length === 1) return chosen(lines, { run: 0, runs: 0 });
  const index = runs.findLastIndex(tells);
  // No run says how it went: then all of them together are what there is.
  if (index < 0) return chosen(lines, { run: 1, runs: runs.length });
  return chosen(runs[index] ?? lines, { run: index + 1, runs: runs.length });
}
