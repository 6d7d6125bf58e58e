/**
 * What a person can tell about a failure (the symptoms JSON, or pasted text), turned into the same kinds of evidence that
 * a live probe fills. So one set of causes serves both. Nothing is invented: what was not told stays missing.
 */
import { CLIENT_WORDS, clientOf, commandIn, markedStderr, splitLog, systemOf, unprefixed } from './client-log.js';
import { conversationIn } from './conversation.js';
import type { Evidence, Exchange } from './evidence.js';
import { bounded, linesOf, MAX_LINE } from './lines.js';
import { lastRun } from './log-runs.js';
import { plain } from './plain.js';
import { redactArgs } from './redact.js';
import { pastedHttp, remoteOf } from './reported-http.js';
import { entryText, launchOf, processOf, serverIn } from './reported-launch.js';
import { errorReplies, rejoined, stdoutOf } from './reported-stdout.js';
import { toldAuthorization } from './told-authorization.js';
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
  // What follows is found in a pasted text or a file, never told.
  /** Which part of a longer log these symptoms were taken from. */
  log?: Evidence['reported']['log'];
  /** Exchanges of a transcript, a HAR file or a log, and the way to the host as curl narrates it. */
  exchanges?: Exchange[];
  network?: Evidence['network'];
  /** Values that requests carried: they must not appear anywhere. */
  secrets?: string[];
  /** A configuration file that was given, as its rules see it. */
  config?: Evidence['config'];
}

/** The lines of a log that count: what was said, of the last run of one server. */
const told = (text: string | undefined): string[] => unprefixed(lastRun(unwrapped(linesOf(text))).lines);
/** What is only ever said on the client's side, whichever field it was pasted into. */
const SDK_WORDS =
  /^\W{0,3}(?:McpError: )?MCP error -3200[01]: (?:Request timed out|Connection closed)\W{0,3}$|\bMCP client for [`'"][^`'"]{1,80}[`'"] (?:timed out|failed to start)|\bstartup_timeout_sec\b|\bMCP server\b.{0,80}\btimed out after \d|^\W{0,3}Failed to parse JSONRPC message from server|\bInvalid result for (?:tools|resources|prompts)\/list\b|\b(?:SSE|Streamable ?HTTP) error: |\bSseError\b|\bStreamableHTTPError\b|\bPOSTing to endpoint\b|@modelcontextprotocol[\\/+]sdk\S{0,120}[\\/]client[\\/]/;

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
  const remote = remoteOf(
    { ...given, entry: serverIn(symptoms.entry), client: symptoms.client },
    linesOf(symptoms.clientError),
    linesOf(symptoms.stderr),
  );
  const { handshake, pending } = handshakeOf({ clientError: symptoms.clientError });
  const process = processOf(symptoms);
  // What a client passes on from stderr comes from a program that it started.
  const started = given.stderr === undefined && stderr.kept.length > 0 && remote.url === undefined && !remote.http;
  const evidence: Partial<Evidence> = {
    launch: launchOf(serverIn(symptoms.entry)),
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
    network: remote.network,
    http: remote.http,
    authorization: toldAuthorization(remote.http?.exchanges ?? [], remote.url),
    config: symptoms.config,
    reported: {
      transport: remote.transport ?? (started && symptoms.client !== undefined ? 'stdio' : undefined),
      client: remote.client,
      os: symptoms.os,
      platform: symptoms.platform,
      url: remote.url,
      clientError: bounded(linesOf(symptoms.clientError)).kept,
      serverLog: bounded([...linesOf(symptoms.serverLog), ...errorReplies(symptoms.stdout)]).kept,
      entry: entryText(symptoms.entry),
      log: symptoms.log,
    },
  };
  return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined));
}

/**
 * Sort pasted text into symptoms: the exchanges of HTTP transcripts and logs, the client's words, and the rest as stderr. Of a log
 * that holds several servers or several starts, the last run of one server is taken: the one named `server`, or the one that failed last.
 */
export function symptomsOf(text: string, server?: string): Symptoms {
  const { rest: pasted, exchanges, network, secrets } = pastedHttp(text.split(/\r\n|\n|\r/).map(plain));
  const said = unwrapped(pasted).map((line) => line.slice(0, MAX_LINE));
  const { lines, guessed: _, ...log } = lastRun(said, server);
  const client: string[] = [];
  const rest: string[] = [];
  // A log of a client is kept whole: what belongs to the server is told by its place between the client's lines.
  const isLog = clientOf(lines.slice(0, 500)) !== undefined;
  for (const line of lines)
    (isLog || (CLIENT_WORDS.test(line) && markedStderr(line) === undefined) ? client : rest).push(line);
  const stderr = rest.join('\n').trim();
  return {
    clientError: client.length ? client.join('\n') : undefined,
    stderr: stderr || undefined,
    ...(exchanges.length && { exchanges }),
    ...(network && { network }),
    ...(secrets.length && { secrets }),
    ...(log.servers.length + log.runs > 1 && { log }),
  };
}
