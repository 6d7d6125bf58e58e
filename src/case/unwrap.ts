/** Lines as whoever kept the log wrote them down, brought back to the line that was said: JSON around it, time stamps before it. */

import { pasted } from './pasted.js';

/** The keys under which loggers keep the text of a line: Claude Code's cache, docker's json-file, pino, bunyan, structlog. */
const TEXT_KEYS = ['log', 'error', 'debug', 'message', 'msg', 'event', 'text'] as const;
/** What marks an object as a line of a log rather than as the data of the server. */
const LOG_KEYS = ['timestamp', 'time', 'ts', 'sessionId', 'stream', 'level', '@timestamp'];

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** A JSON object that a logger wrote: it has a time or a level, and a text (Rust's tracing keeps it among the fields). */
export const isLogLine = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !('jsonrpc' in value) &&
  LOG_KEYS.some((key) => key in value) &&
  (TEXT_KEYS.some((key) => typeof (value as Record<string, unknown>)[key] === 'string') ||
    typeof record((value as Record<string, unknown>).fields).message === 'string');

/** Of a request that a server or a proxy logged as JSON (pino-http, Caddy, Traefik, zap): what its access log would say. */
function accessOf(value: Record<string, unknown>): string | null {
  const request = { ...value, ...record(value.req), ...record(value.request), ...record(value.httpRequest) };
  const first = (...keys: string[]) => keys.map((key) => request[key]).find((part) => typeof part === 'string');
  const method = first('method', 'requestMethod', 'RequestMethod', 'verb');
  const path = first('path', 'uri', 'url', 'requestUrl', 'RequestPath');
  const status = [
    record(value.res).statusCode,
    ...['status', 'status_code', 'statusCode', 'DownstreamStatus'].map((key) => request[key]),
  ].find((part) => typeof part === 'number');
  if (!/^[A-Z]{3,7}$/.test(String(method)) || typeof path !== 'string' || status === undefined) return null;
  const agent = first('ua', 'user_agent', 'userAgent');
  return `"${method} ${path.slice(0, 300)} HTTP/1.1" ${status}${agent === undefined ? '' : ` "-" "${String(agent).slice(0, 100)}"`}`;
}

/** The lines of a text that say something. */
const said = (text: string): string[] => text.split(/\r\n|\n|\r/).filter((part) => part.trim() !== '');

/** Escapes of a quoted text brought back. */
const unquoted = (text: string): string =>
  text.replace(/\\(["'\\nrt])/g, (_, c: string) => ({ n: '\n', r: '', t: '\t' })[c] ?? c);

/** Rust prints a structure with what the server said as one quoted text in it (Goose). */
const DEBUG = /(?<=\bstderr: |\bProcessError\(|\bStdioProcessError\()"(?<text>(?:[^"\\]|\\.){1,20000})"/;

function ofDebug(line: string): string[] {
  const quoted = line.length > 100_000 ? undefined : DEBUG.exec(line)?.groups?.text;
  if (quoted === undefined) return [line];
  return [line.replace(quoted, '...'), ...said(unquoted(quoted)).map((part) => `[stderr] ${part}`)];
}

function ofJson(line: string): string[] | null {
  if (!line.startsWith('{') || !line.trimEnd().endsWith('}') || line.length > 100_000) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isLogLine(value)) return null;
  const { message } = record(value.fields);
  if (typeof message === 'string')
    return said(`${String(value.level ?? 'INFO')} ${String(value.target ?? '')}: ${message}`).flatMap(ofDebug);
  const text = TEXT_KEYS.map((key) => value[key]).find((part) => typeof part === 'string');
  // "Tool call failed" beside the error: what was done, and how it went.
  const what = ['msg', 'message', 'event'].map((key) => value[key]).find((part) => typeof part === 'string');
  const access = accessOf(value);
  return [
    ...said(String(what === undefined || what === text ? text : `${what}: ${text}`)),
    ...(access === null ? [] : [access]),
  ];
}

/** A client in Go that passes on what the server said: `time=... level=INFO msg="mcp stderr" line="..."`. */
const LOGFMT = /^(?:time|ts|t|timestamp|level|lvl)=\S/;
const SAID = /\s(?:line|stderr|output)="(?<text>(?:[^"\\]|\\.)*)"/;
/** Later opencode: `timestamp=... level=WARN message="server unavailable" key=notes type=local status=failed error="..."`. */
const FIELD = /(?:^|\s)(?<key>[\w.]{1,40})=(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>\S*))/g;

function ofLogfmt(line: string): string[] | null {
  if (line.length > 100_000 || !LOGFMT.test(line)) return null;
  const text = SAID.exec(line)?.groups?.text;
  if (text !== undefined) return said(unquoted(text));
  const fields = new Map(
    [...line.matchAll(FIELD)].map(({ groups }) => [groups?.key, groups?.bare ?? unquoted(groups?.quoted ?? '')]),
  );
  const [key, message] = [fields.get('key') ?? fields.get('clientName'), fields.get('message')];
  if (key === undefined || message === undefined) return null;
  // As it wrote the same before, so that they are read alike.
  const stamp = fields.get('timestamp');
  const head = `${fields.get('level') ?? 'INFO'} ${stamp ? `${stamp} ` : ''}service=mcp key=${key}`;
  const stderr = /^mcp stderr: (?<text>.*)$/s.exec(message)?.groups?.text;
  if (stderr !== undefined) return said(stderr).map((part) => `${head} mcp stderr: ${part}`);
  const type = fields.get('type');
  const error = fields.get('error');
  return said(`${head}${type ? ` type=${type}` : ''} ${message}${error ? `: ${error}` : ''}`);
}

/** docker logs -t and Kubernetes: nanoseconds, and for the latter the stream and whether the line is whole. */
const NANOSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}(?:Z|[+-]\d\d:\d\d) (?:std(?:out|err) [FP] )?/;
/** npm's debug log: the number of the line and its level. Its errors are the ones npm prints, and the rest is noise. */
const NPM = /^\d+ (?<level>silly|verbose|info|http|timing|notice|warn|error)\b ?(?<text>.*)$/;

/** The lines of npm's debug log that say something: errors as npm prints them, the stack, the command. */
function ofNpm(line: string): string[] | null {
  const { level, text = '' } = NPM.exec(line)?.groups ?? {};
  if (!level) return null;
  if (level === 'error') return [`npm error ${text}`];
  // Of a log that was cut before its errors, the attempts that failed tell the reason.
  return level === 'warn' ||
    /^(?:stack|cli|argv|cwd|node|npm) |\bError: |\battempt \S+ failed|\bfetch \S+ \S+ (?:40[1347]|5\d\d)\b/.test(text)
    ? [`npm ${level} ${text}`]
    : [];
}

/** True when these are the lines of npm's debug log. */
const isNpmDebug = (lines: string[]): boolean =>
  lines.slice(0, 50).filter((line) => NPM.test(line)).length > Math.min(lines.length, 50) / 2 &&
  lines.slice(0, 50).some((line) => /^\d+ (?:verbose|silly|info) /.test(line));

/** Where a client's logger began a new line, in a text that lost its line ends on the way. */
const NEXT_STAMP = /(?<=\S) {1,4}(?=\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d{3}Z? \[)/;
/** The frames of a trace, and the name of the error above them, in such a text. */
const NEXT_FRAME =
  /(?<=\S) {1,8}(?=at (?:async )?(?:new )?[\w.<>$[\] ]{1,60} \((?:node:|file:|\/|[A-Za-z]:\\)|node:[\w/]{1,40}:\d{1,5} |(?:[A-Z]\w{0,30})?Error(?: \[\w{1,40}\])?: |File "[^"]{1,200}", line \d|Traceback \(most recent call last\)|npm (?:error|ERR!) )/;
const FRAMES =
  / at (?:async )?(?:new )?[\w.<>$[\] ]{1,60} \([^)]{1,200}:\d+:\d+\).{0,200} at |\bFile "[^"]{1,200}", line \d.{0,300}\bFile "|\bnode:[\w/]{1,40}:\d{1,5} {1,8}throw er;|\bnpm (?:error|ERR!) .{0,200}\bnpm (?:error|ERR!) /;

/** Frames are told by their indentation. */
const indented = (line: string): string => (/^(?:at |File ")/.test(line) ? `    ${line}` : line);

/** A line that holds many, as text that was pasted into a field of one line does. */
const onSeveral = (line: string): string[] => {
  const parts = line.length > 80 ? line.split(NEXT_STAMP) : [line];
  return parts.flatMap((part) =>
    part.length > 150 && FRAMES.test(part) ? part.split(NEXT_FRAME).map(indented) : [part],
  );
};

/** A stamp on a line of its own, with the text below it, indented (LM Studio). */
const STAMP_ALONE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\[[A-Z]{4,5}\]\s*$/;

const withStamps = (lines: string[]): string[] =>
  lines.flatMap((line, i) => {
    if (STAMP_ALONE.test(line) && /^ \S/.test(lines[i + 1] ?? '')) return [];
    const above = lines[i - 1];
    return above !== undefined && STAMP_ALONE.test(above) && /^ \S/.test(line) ? [above.trimEnd() + line] : [line];
  });

/** The lines that were said. A wrapped text of several lines becomes several. */
export function unwrapped(given: string[]): string[] {
  const lines = pasted(withStamps(given));
  const npm = isNpmDebug(lines);
  return lines.flatMap((line) => {
    const plain = line.replace(NANOSECONDS, '');
    return ofJson(plain) ?? ofLogfmt(plain) ?? (npm ? ofNpm(plain) : null) ?? onSeveral(plain);
  });
}
