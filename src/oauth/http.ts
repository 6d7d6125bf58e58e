/**
 * Requests of OAuth as noted exchanges. They carry no credentials of the user, follow redirects only where that is safe, and are
 * bounded like everything that is read from a stranger.
 */
import type { Exchange } from '../case/evidence.js';
import { isKeptHeader } from '../case/redact-headers.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from '../wire/connections.js';
import { type ExchangeSpec, exchange } from '../wire/http-exchange.js';
import { unparsable } from '../wire/json-text.js';

/** Metadata is a few kilobytes; a document without bounds is a weapon. */
const MAX_DOCUMENT = 1024 * 1024;
/** All answers of a walk together take at most so many times as long as one may. A sound walk takes a second. */
const MAX_ANSWERS_MS = 6;

export interface OAuthHttp {
  connections: Connections;
  timeline: Timeline;
  exchanges: Exchange[];
  userAgent: string;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Told every value that must never appear anywhere, before it can. */
  learn(secret: string): void;
  /** Who asked for a pause (429 or 503 with Retry-After), and in which words. */
  pause?: { host: string; says: string };
  /** What the answers took together, milliseconds. */
  spentMs?: number;
}

/** Why nothing more is asked, or undefined. */
export const stopped = ({ signal, connections, pause, spentMs = 0, timeoutMs }: OAuthHttp): string | undefined =>
  (signal?.aborted ? 'it was interrupted' : undefined) ??
  pause?.says ??
  connections.givenUp ??
  (spentMs > MAX_ANSWERS_MS * timeoutMs
    ? `the answers took more than ${Math.round((MAX_ANSWERS_MS * timeoutMs) / 1_000)} s together`
    : undefined);

export interface Answer {
  /** Index among the exchanges. */
  index: number;
  exchange: Exchange;
  /** Every response header, also those that the case file does not keep. */
  headers: Record<string, string>;
  /** The whole body. Absent when it did not come to its end, or was too large. */
  text?: string;
}

export interface Question extends Pick<ExchangeSpec, 'method' | 'url'> {
  purpose: string;
  headers?: Record<string, string>;
  body?: string;
  /** The URL as it may be noted: without the query of an authorization request, which holds its state. */
  noted?: string;
}

/** Members of an answer that may be kept; every other one of a document with secrets in it is kept as its name alone. */
const KEPT = new Set(
  'token_type expires_in scope error error_description error_uri issued_token_type client_id redirect_uris token_endpoint_auth_method grant_types response_types client_name application_type client_id_issued_at client_secret_expires_at message errors detail status'.split(
    ' ',
  ),
);

/** Deeper than any answer of OAuth. */
const MAX_DEPTH = 5;

/** The value of a member that may be kept, without what stands under other names in it. */
function kept(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '<nested>';
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => kept(item, depth + 1));
  const safe = Object.entries(value).map(([name, member]) => [
    name,
    KEPT.has(name) ? kept(member, depth + 1) : '<set>',
  ]);
  return Object.fromEntries(safe);
}

/** What a token endpoint or a registration answered, as it may be kept. `succeeds`: there may be a secret in it that nobody knows yet. */
function withoutSecrets(text: string, succeeds: boolean): string {
  const value = jsonIn(text);
  // A text alone may be the token itself.
  if (value !== undefined) return typeof value === 'string' ? '"<set>"' : JSON.stringify(kept(value));
  // A form, as some providers answer; or a page, in which no name tells what is secret. An error repeats at most what is known.
  if (!/^[\w.-]+=[^&\s]*(?:&[\w.-]+=[^&\s]*)*$/.test(text.trim()))
    return succeeds && text !== '' ? `<${text.length} characters that are neither JSON nor a form>` : text;
  const pairs = [...new URLSearchParams(text.trim())];
  return pairs.map(([name, member]) => `${name}=${KEPT.has(name) ? member : '<set>'}`).join('&');
}

const HOLDS_SECRETS = /^auth-(?:registration|unregister|token|refresh|revoke)$/;

/** The pause that an answer asks for, in words. */
export function pauseOf({
  exchange: { status = 0 },
  headers,
}: Pick<Answer, 'exchange' | 'headers'>): string | undefined {
  const wait = headers['retry-after'];
  return wait !== undefined && [429, 503].includes(status)
    ? `it asks to wait (Retry-After: ${wait.slice(0, 40)})`
    : undefined;
}

/** Ask once. Never throws: a failure stands in the exchange. */
export async function ask(http: OAuthHttp, question: Question): Promise<Answer> {
  const { connections, timeline, exchanges, userAgent, timeoutMs, signal } = http;
  const { purpose, method, url, headers, body, noted } = question;
  let text: string | undefined;
  const result = await exchange(
    {
      ...{ purpose, method, url, body, timeoutMs, signal },
      headers: { accept: 'application/json', 'user-agent': userAgent, ...headers },
      credentials: headers?.authorization !== undefined,
      maxBytes: MAX_DOCUMENT,
      onBody(whole) {
        text = whole;
      },
    },
    connections,
    timeline,
  );
  const record = result.exchange;
  http.spentMs = (http.spentMs ?? 0) + record.ms;
  // What nobody can walk is no document.
  if (record.stopped === 'nested') text = undefined;
  if (noted !== undefined) record.url = noted;
  if (HOLDS_SECRETS.test(purpose)) {
    if (record.body !== undefined)
      record.body = text === undefined ? '' : withoutSecrets(text, (record.status ?? 0) < 300).slice(0, 4_000);
    // A secret that was issued in this moment is known to nobody yet, and a name is never redacted by its value.
    const known = Object.entries(record.headers ?? {}).filter(([name]) => isKeptHeader(name));
    if (record.headers) record.headers = Object.fromEntries(known);
    delete record.oddHeaders;
  }
  const index = exchanges.push(record) - 1;
  const answer = { index, exchange: record, headers: result.headers, ...(text !== undefined && { text }) };
  const wait = pauseOf(answer);
  const { host } = new URL(url);
  if (wait !== undefined) http.pause ??= { host, says: `${host} (HTTP ${record.status}): ${wait}` };
  return answer;
}

/** An answer as `fetch` would give it, for libraries. @throws TypeError when there was none, as fetch does. */
export function toResponse({ exchange: { status = 0, error }, headers, text }: Answer): Response {
  if (error || status < 200 || text === undefined) throw new TypeError(error?.message ?? 'the answer was not complete');
  // A challenge would be taken for the error; the body says which it is.
  const plain = Object.entries(headers).filter(([name]) => /^(?:content-type|dpop-nonce)$/.test(name));
  return new Response([204, 205, 304].includes(status) ? null : text, { status, headers: plain });
}

function jsonIn(text: string | undefined): unknown {
  if (text === undefined || unparsable(text) !== null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON object, or null for everything else. */
export function objectIn(text: string | undefined): Record<string, unknown> | null {
  const value = jsonIn(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

const MAX_TEXT = 500;
/** More than any address that is used: see `unsafeUrl`. */
const MAX_URL = 2_001;
const MAX_ITEMS = 50;
/** Characters of one list. */
const MAX_LIST = 8_000;

/** A member that is a text of bounded length. */
export const textOf = (document: Record<string, unknown>, name: string, max = MAX_TEXT): string | undefined => {
  const value = Object.hasOwn(document, name) ? document[name] : undefined;
  return typeof value === 'string' && value !== '' ? value.slice(0, max) : undefined;
};

/** A member that is an address. One that was cut would be another one: what is too long stays too long to be used. */
export const urlOf = (document: Record<string, unknown>, name: string): string | undefined =>
  textOf(document, name, MAX_URL);

/** A member that is a list of texts; undefined when it is missing or none. */
export function listOf(document: Record<string, unknown>, name: string): string[] | undefined {
  const value = Object.hasOwn(document, name) ? document[name] : undefined;
  if (!Array.isArray(value)) return undefined;
  let room = MAX_LIST;
  return value
    .slice(0, MAX_ITEMS)
    .filter((item): item is string => typeof item === 'string')
    .map((item) => item.slice(0, MAX_URL))
    .filter((item) => {
      room -= item.length;
      return room >= 0;
    });
}
