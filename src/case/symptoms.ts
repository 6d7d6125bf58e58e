/**
 * What a person can tell about a failure (the symptoms JSON, or pasted text), turned into the same kinds of evidence that
 * a live probe fills. So one set of causes serves both. Nothing is invented: what was not told stays missing.
 */
import {
  CLIENT_WORDS,
  clientOf,
  commandIn,
  endedIn,
  markedStderr,
  splitLog,
  systemOf,
  unprefixed,
} from './client-log.js';
import { conversationIn } from './conversation.js';
import type { Evidence, Exchange, StrayKind } from './evidence.js';
import { lastRun } from './log-runs.js';
import { plain } from './plain.js';
import { isPlaceholder, redactArgs } from './redact.js';
import { TELLING } from './sift.js';
import { unwrapped } from './unwrap.js';

/** All keys optional. See CONTRACT in the README: this is what `explain` reads. */
export interface Symptoms {
  transport?: 'stdio' | 'streamable-http' | 'sse';
  client?: string;
  os?: 'windows' | 'macos' | 'linux';
  platform?: string;
  /** The server entry of the client's config, as it stands there. */
  entry?: Record<string, unknown>;
  url?: string;
  clientError?: string;
  stderr?: string;
  stdout?: string;
  exitCode?: number;
  signal?: string;
  http?: { method?: string; status?: number; headers?: Record<string, string>; body?: string };
  serverLog?: string;
  /** Which part of a longer log these symptoms were taken from; found by `symptomsOf`, never told. */
  log?: Evidence['reported']['log'];
}

const MAX_LINES = 2_000;
const MAX_LINE = 2_000;

const linesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(/\r\n|\n|\r/)
    .map((line) => plain(line).slice(0, MAX_LINE))
    .filter((line) => line.trim() !== '');

/** Of many lines the head, the tail, and what between them tells of a failure. */
function bounded(lines: string[]): { kept: string[]; omitted: number } {
  if (lines.length <= MAX_LINES) return { kept: lines, omitted: 0 };
  const third = Math.floor(MAX_LINES / 3);
  const telling = new RegExp(TELLING.source);
  const between = lines.slice(third, -third).filter((line) => telling.test(line));
  const middle = between.slice(-third);
  const tail = MAX_LINES - third - middle.length;
  const kept = [...lines.slice(0, third), ...middle, ...lines.slice(-tail)];
  return { kept, omitted: lines.length - kept.length };
}

/** Class of a line that stands on standard output, where only JSON-RPC messages may stand. */
function strayKindOf(line: string): StrayKind | null {
  if (line.startsWith('\uFEFF')) return 'bom';
  if (/^content-length:/i.test(line)) return 'content-length';
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'jsonrpc' in value ? null : 'json-not-rpc';
  } catch {
    return 'not-json';
  }
}

function stdoutOf(text: string): Evidence['stdout'] {
  let offset = 0;
  let messages = 0;
  const strays: Evidence['stdout']['strays'] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const kind = line.trim() === '' ? null : strayKindOf(line);
    if (kind) strays.push({ kind, line: index + 1, offset, atMs: 0, text: line.trimEnd().slice(0, MAX_LINE) });
    else if (line.trim() !== '') messages++;
    offset += line.length + 1;
  }
  return {
    bytes: text.length,
    messages,
    strays: strays.slice(0, 50),
    strayCount: strays.length,
    endedWhileAlive: false,
  };
}

/**
 * An error reply that a person broke over several lines for reading, as one line. A result stays as it is pasted: a server
 * that prints its messages over several lines is at fault for just that.
 */
function rejoined(text: string | undefined): string | undefined {
  const lines = text?.split('\n') ?? [];
  const first = lines.findIndex((line) => /^\s*\{/.test(line));
  if (first < 0 || lines.length - first > 60) return text;
  for (let end = lines.length; end > first + 1; end--) {
    if (!/\}\s*$/.test(lines[end - 1] ?? '')) continue;
    try {
      const value: unknown = JSON.parse(lines.slice(first, end).join('\n'));
      if (typeof value !== 'object' || value === null || !('jsonrpc' in value) || !('error' in value)) return text;
      return [...lines.slice(0, first), JSON.stringify(value), ...lines.slice(end)].join('\n');
    } catch {}
  }
  return text;
}

/** Error replies on a pasted stdout: messages in order, and yet what the reader has to know. */
const errorReplies = (stdout: string | undefined): string[] =>
  linesOf(stdout).filter((line) => /^\s*\{.*"error"\s*:\s*\{/.test(line) && strayKindOf(line) === null);

/** Exit status and failure to spawn, as a client or a launcher words them. */
function processOf(symptoms: Symptoms): Evidence['process'] | undefined {
  const text = [symptoms.clientError, symptoms.stderr, symptoms.serverLog].filter(Boolean).join('\n');
  const spawn =
    /\bspawn\s(?<path>[^\n]+?)\s(?<code>E[A-Z0-9]{3,}|enoent|eacces|einval)\b|\bspawn (?<bare>E[A-Z0-9]{3,})\b/.exec(
      text,
    )?.groups;
  const told = symptoms.exitCode === undefined && symptoms.signal === undefined ? endedIn(text) : undefined;
  const code = symptoms.exitCode ?? told?.code ?? undefined;
  const signal = symptoms.signal ?? told?.signal ?? undefined;
  if (!spawn && code === undefined && signal === undefined) return undefined;
  const errno = (spawn?.code ?? spawn?.bare)?.toUpperCase();
  return {
    pid: null,
    spawnError: errno
      ? { code: errno, message: `spawn ${spawn?.path ?? ''} ${errno}`.replace('  ', ' '), path: spawn?.path }
      : undefined,
    exit:
      errno || (code === undefined && signal === undefined)
        ? undefined
        : { code: signal ? null : (code ?? null), signal: signal ?? null, atMs: 0, by: 'itself' },
    lifetimeMs: 0,
    pending: [],
  };
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];

function launchOf(entry: Record<string, unknown> | undefined): Evidence['launch'] | undefined {
  // opencode writes command and arguments as one array.
  const words = Array.isArray(entry?.command) ? strings(entry.command) : null;
  const command = words ? words[0] : entry?.command;
  if (typeof command !== 'string') return undefined;
  const env = entry?.env ?? entry?.environment ?? {};
  return {
    command,
    args: words ? words.slice(1) : strings(entry?.args),
    cwd: typeof entry?.cwd === 'string' ? entry.cwd : undefined,
    env: Object.entries(env as Record<string, unknown>).map(([name, value]) => ({
      name,
      state: value === '' || value === null ? 'empty' : 'set',
    })),
    paths: [],
  };
}

function exchangeOf({ http, url }: Symptoms): Exchange | undefined {
  if (!http || (http.status === undefined && http.body === undefined && !http.headers)) return undefined;
  const headers = Object.fromEntries(
    Object.entries(http.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  // A report mixes request and response headers; these names only ever belong to a request.
  const ofRequest = ['authorization', 'accept', 'host', 'origin', 'user-agent', 'cookie'];
  const pick = (wanted: boolean) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => ofRequest.includes(name) === wanted));
  return {
    purpose: 'reported',
    method: http.method ?? 'POST',
    url: url ?? '',
    atMs: 0,
    ms: 0,
    credentials: headers.authorization ? 'sent' : 'unknown',
    requestHeaders: pick(true),
    status: http.status,
    headers: pick(false),
    contentType: headers['content-type'],
    body: http.body?.slice(0, 4_000),
    bodyBytes: http.body?.length,
    bodyCut: (http.body?.length ?? 0) > 4_000,
  };
}

/** A port or an address to listen on, which is no secret and may be the fault. */
const isListening = (name: string, value: string): boolean =>
  /(?:^|_)(?:PORT|HOST|HOSTNAME|BIND|LISTEN|ADDR(?:ESS)?)$/i.test(name) &&
  /^(?:\d{1,5}|localhost|(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|\[?::1?\]?)$/.test(value);

/**
 * An entry with the values of its variables and headers left out. A placeholder is kept: it is a name, and a fault of its own.
 * Compose files write variables as a list of `NAME=value`.
 */
function withoutValues(entry: Record<string, unknown>): Record<string, unknown> {
  const named = (values: unknown) =>
    Object.fromEntries(
      (Array.isArray(values)
        ? values.map((line) => String(line).split(/=(.*)/s).slice(0, 2) as [string, unknown])
        : Object.entries((values ?? {}) as Record<string, unknown>)
      ).map(([name, value]) => [
        name,
        isPlaceholder(String(value)) || isListening(name, String(value)) ? value : '<set>',
      ]),
    );
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      ['env', 'environment', 'envs', 'headers'].includes(key)
        ? named(value)
        : Array.isArray(value)
          ? redactArgs(value.map(String), (word) => word)
          : value,
    ]),
  );
}

/** The lines of a log that count: what was said, of the last run of one server. */
const told = (text: string | undefined): string[] => unprefixed(lastRun(unwrapped(linesOf(text))).lines);
/** A known key with a value of another kind than most clients take: it is kept as it stands, since that may be the fault. */
const isOdd = ({ command, args, env }: Record<string, unknown>): boolean =>
  (command !== undefined && typeof command !== 'string') ||
  (args !== undefined && !Array.isArray(args)) ||
  (env !== undefined && (typeof env !== 'object' || env === null || Array.isArray(env)));

/** What is only ever said on the client's side, whichever field it was pasted into. */
const SDK_WORDS =
  /^\W{0,3}(?:McpError: )?MCP error -3200[01]: (?:Request timed out|Connection closed)\W{0,3}$|\bMCP client for [`'"][^`'"]{1,80}[`'"] (?:timed out|failed to start)|\bstartup_timeout_sec\b|\bMCP server\b.{0,80}\btimed out after \d|^\W{0,3}Failed to parse JSONRPC message from server|\bInvalid result for (?:tools|resources|prompts)\/list\b/;

/** What only a client says, and no more than that it failed: some paste it as the server's words. */
const ONLY_CLIENT =
  /^\W{0,3}(?:error: |mcp error -32000: |local )?(?:failed to (?:re)?connect(?: to (?:the )?(?:mcp )?server)?|connection closed|(?:mcp )?server disconnected|mcp startup failed|could not (?:connect|load app settings)|there was an error reading or parsing claude_desktop_config.{0,200})\W{0,3}$/i;
/** What only a server says, on its own stderr, whichever field it was pasted into. */
const SERVER_WORDS =
  /^\W{0,4}INFO:?\s+(?:Uvicorn running|Started server process|Application startup|Waiting for application)|\bServer\.run\(\)|\brmcp::transport::io\b|\bserving error: |^\S{1,60}: uncaught: |\bCannot (?:drop|start) a runtime\b|Traceback \(most recent call last\): File (?!.{0,600}[\\/]mcp[\\/]client\b)/;

/** A text in which a client's log and the server's own words may stand side by side, taken apart. */
function apart(text: string | undefined, alone: 'client' | 'server'): { client: string[]; server: string[] } {
  const lines = told(text);
  if (alone === 'client' || clientOf(linesOf(text).slice(0, 200)) !== undefined) {
    const { client, stderr } = splitLog(lines);
    return {
      client: client.filter((line) => !SERVER_WORDS.test(line)),
      server: [...stderr, ...client.filter((line) => SERVER_WORDS.test(line))],
    };
  }
  const server = lines.map((line) => markedStderr(line) ?? line);
  if (server.every((line) => ONLY_CLIENT.test(line))) return { client: server, server: [] };
  return {
    client: server.filter((line) => SDK_WORDS.test(line)),
    server: server.filter((line) => !SDK_WORDS.test(line)),
  };
}

/** Each text where it belongs: a client's log holds the server's stderr, whichever field it was pasted into. */
function sorted(symptoms: Symptoms): Symptoms {
  const logs = [symptoms.clientError, symptoms.stderr, symptoms.serverLog].filter(Boolean).join('\n');
  const said = apart(symptoms.clientError, 'client');
  const own = apart(symptoms.stderr, 'server');
  const log = apart(symptoms.serverLog, 'server');
  // A log that is a client's is one more account of what the client and the server said.
  const isClients = log.client.length > 0;
  const stderr = [...own.server, ...said.server, ...(isClients ? log.server : [])];
  const named = symptoms.url === undefined ? commandIn(logs) : undefined;
  const path = JSON.stringify(symptoms.entry ?? {}).replaceAll('\\\\', '\\');
  return {
    ...symptoms,
    client: symptoms.client ?? clientOf(linesOf(logs).slice(0, 200)),
    os: symptoms.os ?? systemOf(`${logs.slice(0, 20_000)}\n${path}`),
    entry: symptoms.entry ?? (named && { command: named.command, args: redactArgs(named.args, (word) => word) }),
    clientError: [...said.client, ...own.client, ...log.client].join('\n'),
    stderr: symptoms.stderr === undefined && stderr.length === 0 ? undefined : stderr.join('\n'),
    serverLog: (isClients ? [] : log.server).join('\n'),
    stdout: rejoined(symptoms.stdout),
  };
}

/** What the log shows of the conversation, as a probe would have noted it. */
function handshakeOf({ clientError }: Symptoms): { handshake?: Evidence['handshake']; pending: string[] } {
  const lines = linesOf(clientError);
  const conversation = conversationIn(lines);
  const initialize = conversation?.initialize;
  if (!initialize) return { pending: conversation?.pending ?? [] };
  // When the time ran out first, the end of the connection was the client's doing.
  const closed =
    !conversation.timedOut.includes('initialize') &&
    lines.some((line) => /-32000\b|closed|disconnected|exited/i.test(line));
  return {
    pending: conversation.pending,
    handshake: {
      initialize: initialize.status === 'unanswered' && closed ? { ...initialize, status: 'closed' } : initialize,
      discover: { status: 'not-asked', why: 'the log shows initialize only' },
      used: initialize.status === 'answered' ? 'initialize' : undefined,
    },
  };
}

/** The evidence that symptoms amount to. Kinds about which nothing was told are absent. */
export function evidenceOf(given: Symptoms): Partial<Evidence> {
  const symptoms = sorted(given);
  const stderr = bounded(linesOf(symptoms.stderr));
  const http = exchangeOf(symptoms);
  const { handshake, pending } = handshakeOf({ clientError: symptoms.clientError });
  const process = processOf(symptoms);
  const knownKeys = new Set(['command', 'args', 'env', 'cwd']);
  const evidence: Partial<Evidence> = {
    launch: launchOf(symptoms.entry),
    process: process && { ...process, pending },
    stderr:
      symptoms.stderr === undefined
        ? undefined
        : {
            bytes: (given.stderr ?? symptoms.stderr).length,
            lines: stderr.kept.map((text) => ({ atMs: 0, text })),
            omitted: stderr.omitted,
          },
    stdout: symptoms.stdout === undefined ? undefined : stdoutOf(symptoms.stdout),
    handshake,
    http: http ? { exchanges: [http], omitted: 0 } : undefined,
    reported: {
      transport: symptoms.transport,
      client: symptoms.client,
      os: symptoms.os,
      platform: symptoms.platform,
      url: symptoms.url ?? (typeof symptoms.entry?.url === 'string' ? symptoms.entry.url : undefined),
      clientError: bounded(linesOf(symptoms.clientError)).kept,
      serverLog: bounded([...linesOf(symptoms.serverLog), ...errorReplies(symptoms.stdout)]).kept,
      // A variable whose value is still a placeholder shows only here: `launch` has no values.
      entry:
        symptoms.entry &&
        (symptoms.entry.command === undefined ||
          Object.keys(symptoms.entry).some((key) => !knownKeys.has(key)) ||
          isOdd(symptoms.entry) ||
          Object.values(symptoms.entry.env ?? {}).some((value) => isPlaceholder(String(value))))
          ? JSON.stringify(withoutValues(symptoms.entry)).slice(0, 4_000)
          : undefined,
      log: symptoms.log,
    },
  };
  return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined));
}

/**
 * Sort pasted text into symptoms: the response of an HTTP transcript, the client's words, and the rest as stderr. Of a log that
 * holds several servers or several starts, the last run of one server is taken: the one named `server`, or the one that failed last.
 */
export function symptomsOf(text: string, server?: string): Symptoms {
  const said = unwrapped(text.split(/\r\n|\n|\r/).map(plain)).map((line) => line.slice(0, MAX_LINE));
  const { lines, ...log } = lastRun(said, server);
  const client: string[] = [];
  const rest: string[] = [];
  const headers: Record<string, string> = {};
  let status: number | undefined;
  const transcript = lines.some((line) => /^(?:< ?)?HTTP\/[\d.]+ \d{3}\b/.test(line));
  // A log of a client is kept whole: what belongs to the server is told by its place between the client's lines.
  const isLog = clientOf(lines.slice(0, 500)) !== undefined;
  for (const line of lines) {
    const statusLine = /^(?:< ?)?HTTP\/[\d.]+ (\d{3})\b/.exec(line);
    const header = /^< ([\w-]+): (.*)$/.exec(line);
    if (statusLine) status = Number(statusLine[1]);
    else if (header?.[1]) headers[header[1]] = header[2] ?? '';
    else if (transcript && /^[>*] /.test(line)) continue;
    else (isLog || (CLIENT_WORDS.test(line) && markedStderr(line) === undefined) ? client : rest).push(line);
  }
  const body = rest.join('\n').trim();
  return {
    clientError: client.length ? client.join('\n') : undefined,
    // What follows the headers of a transcript is the body of the response.
    http: status === undefined ? undefined : { status, headers, body },
    stderr: status === undefined && body ? body : undefined,
    ...(log.servers.length + log.runs > 1 && { log }),
  };
}
