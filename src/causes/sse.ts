/** The older transport HTTP+SSE in reports: which side speaks it, and the two addresses it uses. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Told, tells, told } from './told.js';

/** An entry or a command line that asks for SSE. */
const ASKS =
  /"(?:type|\w*transport\w*|mode|protocol\w*)"\s*:\s*"(?:http\+)?sse(?:-only)?"|\btransport\w*\s*[=:]\s*\\?["'](?:http\+)?sse(?:-only)?\b|\b(?:Http)?TransportMode\.Sse\b|--(?:transport|client|type)[ =]?"?,?"?sse(?:-only)?\b|(?:^|[\s"])--sse\b|\bsse[-_]?(?:url|endpoint)["']?\s*(?:[=:(])|\bclient\.sse\.connections\b|\bsse:\s*(?:\\n|\s)*connections:/i;
/** The words of SSE clients: TypeScript, Python, Java, Go, C#. */
const SPEAKS =
  /\bSSE error\b|\bSseError\b|\bSSEClientTransport\b|\bmcp\.client\.sse\b|\bsse_client\b|\bsse_reader\b|\bpost_writer\b|\bStarting SSE client\b|\bConnecting to SSE endpoint\b|\bHttpClientSseClientTransport\b|\bWebFluxSseClientTransport\b|\bSseClientSessionTransport\b|\bNewSSEMCPClient\b|\bendpoint event\b|\bSseServerParams\b|\bMCPServer(?:Sse|SSE|HTTP)\b|\bSSETransport\b|\bSSE channel\b|\bSse transport error\b|\bstart SSE (?:transport|stream|client)\b|\bsse(?:Url|_url|Endpoint|_endpoint)\b|\bendpoint not received\b|\bas SSE\b(?! transport fall)|\btransport strategy: sse-only\b/i;

export const isSseAsked = (given: Partial<Evidence>): boolean =>
  ASKS.test(given.reported?.entry ?? '') || ASKS.test([given.launch?.command, ...(given.launch?.args ?? [])].join(' '));

/** The client speaks HTTP+SSE, as the entry, the report or its own words say. */
export const isSseClient = (given: Partial<Evidence>): boolean =>
  isSseAsked(given) ||
  (given.reported?.transport === 'sse' && !/"type"\s*:\s*"(?:streamable-?)?http"/i.test(given.reported.entry ?? '')) ||
  (given.reported?.transport !== 'streamable-http' && tells(told(given), SPEAKS) !== null);

/** The client tried Streamable HTTP first: what SSE said then is the second failure, not the first. */
export const FELL_BACK =
  /fall(?:ing|s)?[ -]?(?:ing )?back|fallback transport|fell back|falling-back|retry(?:ing)? with sse|as SSE\b|transport strategy: http-first|回退|降级/i;

/** A server that says that it serves Streamable HTTP. */
export const SERVES_STREAMABLE =
  /\bstreamable[- _]?http\b|\bStreamableHTTP\w*|\bprotocol["']?\s*[=:]\s*["']?(?:STREAMABLE|STATELESS)\b|\bstreamable (?:server|endpoint|transport)\b|\btransport\b["']?(?: type| mode)?\s*(?:is|set to|[=:]|->)?\s*["']?(?:streamable-)?http["']|\bHTTP Stream\b/i;
export const SERVES_SSE =
  /\btransport\b["']?(?: type| mode)?\s*(?:is|set to|[=:]|->)?\s*["']?sse\b|\bSSE (?:server|mode|endpoint|app)\b|\bSSEServerTransport\b|\bsse_app\b/i;

export interface SsePaths {
  /** Path of the event stream, and what stands before its last part. */
  stream: { path: string; at: string; prefix: string };
  /** Paths to which messages are to be posted, as the server announced them or the client asked for them. */
  messages: { path: string; at: string }[];
}

const SEGMENT = String.raw`\/[\w.~%{}<>$:-]{1,80}`;
const START = String.raw`(?:https?:\/\/[^\s\/"'<>]{1,200}|(?<![\w.\/-])[\w.-]{1,80}:\d{2,5}|(?<![\w.\/-]))`;
/** A path whose last part is called message or messages; not a file of source code. */
const MESSAGE = new RegExp(
  String.raw`${START}(?<path>(?:${SEGMENT}){0,5}\/[\w.~-]{0,60}?messages?)(?![\w.-]*\.\w)(?=[\/?\s"'{*,)\]\\]|$)`,
  'gi',
);
const STREAM = new RegExp(String.raw`${START}(?<path>(?:${SEGMENT}){0,5}?\/sse)(?![\w-]|\.\w)`, 'i');

/** The path of a URL as it was written: a report may hold <host> or {id} in place of a name. */
const pathOf = (url: string): string => /^https?:\/\/[^/?#]+(?<path>[^?#]*)/i.exec(url)?.groups?.path ?? '';

/** The two addresses of an SSE server, as far as a report names them. */
export function ssePaths(given: Partial<Evidence>): SsePaths | null {
  const texts = told(given).filter(({ from }) => from !== 'platform');
  const url = pathOf(given.reported?.url ?? '');
  const said = tells(texts, STREAM);
  const stream = /\/sse\b/i.test(url)
    ? { path: url, at: at('reported', 'url') }
    : said && { path: said.match.groups?.path ?? '', at: said.told.at };
  if (!stream) return null;
  return { stream: { ...stream, prefix: prefixOf(stream.path) }, messages: messagesIn(texts) };
}

/** The paths of the addresses for messages that texts name. */
export const messagesIn = (texts: Told[]): SsePaths['messages'] =>
  texts.flatMap(({ text, at: place }) =>
    [...text.slice(0, 4_000).matchAll(MESSAGE)].map(({ groups }) => ({ path: groups?.path ?? '', at: place })),
  );

/** What stands before the part of a path that names the stream. */
export const prefixOf = (path: string): string => path.slice(0, Math.max(0, path.search(/\/sse\b/i)));

/** The same part of a path twice in a row: a prefix that was added by two hands. */
export const doubled = (path: string): string | null =>
  /^(?<part>\/[\w.-]{1,60}(?:\/[\w.-]{1,60})?)\k<part>\//.exec(path)?.groups?.part ?? null;
