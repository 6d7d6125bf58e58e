/**
 * A client's log holds several servers and many starts of each, one through the other. The last run of the server in question
 * is what counts: what an earlier run said may have been mended since.
 */

/** How clients name the server a line is about. */
const NAMED = [
  // Claude Desktop: 2026-01-02T03:04:05.006Z [weather] [info] text, in older versions the other way round.
  /^\d{4}-\d\d-\d\dT[\d:.]+Z \[(?!(?:info|warn|error|debug)\])(?<name>[^\]]{1,80})\] \[(?:info|warn|error|debug)\]/,
  /^\d{4}-\d\d-\d\dT[\d:.]+Z \[(?:info|warn|error|debug)\] \[(?<name>[^\]]{1,80})\]/,
  // Cursor: 2026-01-02 03:04:05.006 [info] user-weather: text
  /^(?:\d{4}-\S+ \S+ )?\[(?:info|warn(?:ing)?|error|debug)\] (?:user|project|plugin|extension)-(?<name>[\w.@/ -]{1,80}?): /,
  // Claude Code: MCP server "weather": text, MCP server "weather" Server stderr: text
  /\bMCP server "(?<name>[^"]{1,80})"/,
  // Gemini CLI, Codex, LibreChat
  /\bMCP (?:server|client)(?: for)? ['`](?<name>[^'`]{1,80})['`]/i,
  /\b(?:connecting to|discovery for) (?:MCP )?server:? ['"`](?<name>[^'"`]{1,80})['"`]/i,
  /^\S{0,60} ?(?:\w{1,20}: )?\[MCP\]\[(?<name>[^\]]{1,80})\]/,
];

/** The line with which a client begins to start a server. */
const STARTS =
  /Initializing server\.\.\.|\bStarting server\b(?! (?:with|from)\b)|Handling CreateClient action|Creating Stdio transport|Starting connection (?:with timeout|attempt)|Starting new stdio process|New (?:STDIO|SSE) connection request|Connection state: Starting\b|\b0 verbose cli\b/;

/** A run that went wrong says so in one of these ways. */
const FAILS =
  /-3200[01]\b|[Ee]rror\b|ERROR|\bfailed|[Dd]isconnected|closed unexpectedly|[Tt]imed out|\bE[A-Z]{5,}\b|exited|not found|panic|[Tt]raceback|xception/;
const ANSWERED =
  /Message from server: .{0,40}"id":\s*["\d]+.{0,40}"result"|Successfully connected|Discovered \d+ tools/;

const nameIn = (line: string): string | undefined =>
  NAMED.map((form) => form.exec(line)?.groups?.name).find((name) => name !== undefined);

export interface LogRun {
  lines: string[];
  /** The server the lines are about, when the log names it. */
  server?: string;
  /** Every server the log names, in order of appearance. */
  servers: string[];
  /** Which run of how many, counted from 1; 0 of 0 when the log shows no start. */
  run: number;
  runs: number;
}

/** Lines with the server each belongs to: what carries no name belongs to the server named last. */
function owners(lines: string[]): { line: string; server: string | undefined }[] {
  let last: string | undefined;
  return lines.map((line) => {
    last = nameIn(line) ?? last;
    return { line, server: last };
  });
}

/** The server meant: as told, or the one that failed last, or the one named last. */
function meant(owned: { line: string; server: string | undefined }[], wanted: string | undefined): string | undefined {
  const names = owned.map(({ server }) => server);
  if (wanted !== undefined) return names.find((name) => name?.toLowerCase() === wanted.toLowerCase());
  const failed = owned.findLast(({ line, server }) => server !== undefined && FAILS.test(line));
  return failed?.server ?? names.findLast((name) => name !== undefined);
}

/**
 * Lines cut at each start. A client announces one start in several ways: only an announcement that repeats itself opens a new
 * run. What stands before the first start belongs to it: a client may report the config first.
 */
function runsOf(lines: string[]): string[][] {
  const runs: string[][] = [[]];
  const announced = new Set<string>();
  for (const line of lines) {
    const start = STARTS.exec(line)?.[0];
    if (start !== undefined && announced.has(start)) {
      runs.push([]);
      announced.clear();
    }
    if (start !== undefined) announced.add(start);
    runs.at(-1)?.push(line);
  }
  return runs;
}

/**
 * The last run of the server in question. A run that had only begun when the log ended tells nothing: then the one before it
 * counts. `wanted` is the server's name as the user gave it; a name that the log does not hold leaves all lines in place.
 */
export function lastRun(lines: string[], wanted?: string): LogRun {
  const owned = owners(lines);
  const servers = [...new Set(owned.flatMap(({ server }) => server ?? []))];
  const server = meant(owned, wanted);
  const own =
    servers.length > 1 && server !== undefined
      ? owned.filter((line) => line.server === server).map(({ line }) => line)
      : lines;
  if (!own.some((line) => STARTS.test(line))) return { lines: own, server, servers, run: 0, runs: 0 };
  const runs = runsOf(own);
  const tells = (run: string[]) => run.some((line) => FAILS.test(line) || ANSWERED.test(line));
  const index = runs.findLastIndex((run) => tells(run));
  // No run says how it went: then all of them together are what there is.
  if (index < 0) return { lines: own, server, servers, run: 1, runs: runs.length };
  return { lines: runs[index] ?? own, server, servers, run: index + 1, runs: runs.length };
}
