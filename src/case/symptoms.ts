/**
 * What a person can tell about a failure (the symptoms JSON, or pasted text), turned into the same kinds of evidence that
 * a live probe fills. So one set of causes serves both. Nothing is invented: what was not told stays missing.
 */
import { CLIENT_WORDS, commandIn, endedIn, markedStderr, splitLog, unprefixed } from './client-log.js';
import type { Evidence, Exchange, StrayKind } from './evidence.js';
import { plain } from './plain.js';
import { isPlaceholder, redactArgs } from './redact.js';

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
}

const MAX_LINES = 2_000;
const MAX_LINE = 2_000;

const linesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(/\r\n|\n|\r/)
    .map((line) => plain(line).slice(0, MAX_LINE))
    .filter((line) => line.trim() !== '');

/** Head and tail of many lines: the reason of a failure stands at the start or at the end, seldom between. */
function bounded(lines: string[]): { kept: string[]; omitted: number } {
  if (lines.length <= MAX_LINES) return { kept: lines, omitted: 0 };
  const half = MAX_LINES / 2;
  return { kept: [...lines.slice(0, half), ...lines.slice(-half)], omitted: lines.length - MAX_LINES };
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

/** Error replies on a pasted stdout: messages in order, and yet what the reader has to know. */
const errorReplies = (stdout: string | undefined): string[] =>
  linesOf(stdout).filter((line) => /^\s*\{.*"error"\s*:\s*\{/.test(line) && strayKindOf(line) === null);

/** Exit status and failure to spawn, as a client or a launcher words them. */
function processOf(symptoms: Symptoms): Evidence['process'] | undefined {
  const text = [symptoms.clientError, symptoms.stderr, symptoms.serverLog].filter(Boolean).join('\n');
  const spawn = /\bspawn (?<path>.+?) (?<code>E[A-Z0-9]{3,})\b|\bspawn (?<bare>E[A-Z0-9]{3,})\b/.exec(text)?.groups;
  const told = symptoms.exitCode === undefined && symptoms.signal === undefined ? endedIn(text) : undefined;
  const code = symptoms.exitCode ?? told?.code ?? undefined;
  const signal = symptoms.signal ?? told?.signal ?? undefined;
  if (!spawn && code === undefined && signal === undefined) return undefined;
  const errno = spawn?.code ?? spawn?.bare;
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

/** An entry with the values of its variables and headers left out. A placeholder is kept: it is a name, and a fault of its own. */
function withoutValues(entry: Record<string, unknown>): Record<string, unknown> {
  const named = (values: unknown) =>
    Object.fromEntries(
      Object.entries((values ?? {}) as Record<string, unknown>).map(([name, value]) => [
        name,
        isPlaceholder(String(value)) ? value : '<set>',
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

/** Each text where it belongs: a client's log holds the server's stderr, and a supervisor puts names in front of lines. */
function sorted(symptoms: Symptoms): Symptoms {
  const { client, stderr } = splitLog(unprefixed(linesOf(symptoms.clientError)));
  const own = symptoms.stderr?.split(/\r\n|\n|\r/) ?? [];
  const plain = unprefixed(own.filter((line) => line.trim() !== '')).map((line) => markedStderr(line) ?? line);
  const logs = [symptoms.clientError, symptoms.stderr, symptoms.serverLog].join('\n');
  const named = symptoms.url === undefined ? commandIn(logs) : undefined;
  return {
    ...symptoms,
    entry: symptoms.entry ?? (named && { command: named.command, args: redactArgs(named.args, (word) => word) }),
    clientError: client.join('\n'),
    stderr: symptoms.stderr === undefined && stderr.length === 0 ? undefined : [...plain, ...stderr].join('\n'),
    serverLog: unprefixed(linesOf(symptoms.serverLog)).join('\n'),
  };
}

/** The evidence that symptoms amount to. Kinds about which nothing was told are absent. */
export function evidenceOf(told: Symptoms): Partial<Evidence> {
  const symptoms = sorted(told);
  const stderr = bounded(linesOf(symptoms.stderr));
  const http = exchangeOf(symptoms);
  const knownKeys = new Set(['command', 'args', 'env', 'cwd']);
  const evidence: Partial<Evidence> = {
    launch: launchOf(symptoms.entry),
    process: processOf(symptoms),
    stderr:
      symptoms.stderr === undefined
        ? undefined
        : {
            bytes: (told.stderr ?? symptoms.stderr).length,
            lines: stderr.kept.map((text) => ({ atMs: 0, text })),
            omitted: stderr.omitted,
          },
    stdout: symptoms.stdout === undefined ? undefined : stdoutOf(symptoms.stdout),
    http: http ? { exchanges: [http], omitted: 0 } : undefined,
    reported: {
      transport: symptoms.transport,
      client: symptoms.client,
      os: symptoms.os,
      platform: symptoms.platform,
      url: symptoms.url ?? (typeof symptoms.entry?.url === 'string' ? symptoms.entry.url : undefined),
      clientError: bounded(linesOf(symptoms.clientError)).kept,
      serverLog: bounded([...linesOf(symptoms.serverLog), ...errorReplies(symptoms.stdout)]).kept,
      entry:
        symptoms.entry && Object.keys(symptoms.entry).some((key) => !knownKeys.has(key))
          ? JSON.stringify(withoutValues(symptoms.entry)).slice(0, 4_000)
          : undefined,
    },
  };
  return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined));
}

/** Sort pasted text into symptoms: the response of an HTTP transcript, the client's words, and the rest as stderr. */
export function symptomsOf(text: string): Symptoms {
  const client: string[] = [];
  const rest: string[] = [];
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const statusLine = /^(?:< ?)?HTTP\/[\d.]+ (\d{3})\b/.exec(line);
    const header = /^< ([\w-]+): (.*)$/.exec(line);
    if (statusLine) status = Number(statusLine[1]);
    else if (header?.[1]) headers[header[1]] = header[2] ?? '';
    else if (/^[>*] /.test(line)) continue;
    else (CLIENT_WORDS.test(line) && markedStderr(line) === undefined ? client : rest).push(line);
  }
  const body = rest.join('\n').trim();
  return {
    clientError: client.length ? client.join('\n') : undefined,
    // What follows the headers of a transcript is the body of the response.
    http: status === undefined ? undefined : { status, headers, body },
    stderr: status === undefined && body ? body : undefined,
  };
}
