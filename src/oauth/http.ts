/**
 * Requests of OAuth as noted exchanges. They carry no credentials of the user, follow redirects only where that is safe, and are
 * bounded like everything that is read from a stranger.
 */
import type { Exchange } from '../case/evidence.js';
import type { Timeline } from '../case/timeline.js';
import type { Connections } from '../wire/connections.js';
import { type ExchangeSpec, exchange } from '../wire/http-exchange.js';

/** Metadata is a few kilobytes; a document without bounds is a weapon. */
const MAX_DOCUMENT = 1024 * 1024;

export interface OAuthHttp {
  connections: Connections;
  timeline: Timeline;
  exchanges: Exchange[];
  userAgent: string;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Told every value that must never appear anywhere, before it can. */
  learn(secret: string): void;
}

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

/** What a token endpoint or a registration answered, as it may be kept. */
function withoutSecrets(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
    const safe = Object.entries(value).map(([name, member]) => [name, KEPT.has(name) ? member : '<set>']);
    return JSON.stringify(Object.fromEntries(safe));
  } catch {
    // A form, as some providers answer; or a page, in which no name tells what is secret.
    if (!/^[\w.-]+=[^&\s]*(?:&[\w.-]+=[^&\s]*)*$/.test(text.trim())) return text;
    const pairs = [...new URLSearchParams(text.trim())];
    return pairs.map(([name, member]) => `${name}=${KEPT.has(name) ? member : '<set>'}`).join('&');
  }
}

const HOLDS_SECRETS = /^auth-(?:registration|token|refresh)$/;

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
  if (noted !== undefined) record.url = noted;
  if (HOLDS_SECRETS.test(purpose) && record.body !== undefined)
    record.body = text === undefined ? '' : withoutSecrets(text).slice(0, 4_000);
  const index = exchanges.push(record) - 1;
  return { index, exchange: record, headers: result.headers, ...(text !== undefined && { text }) };
}

/** An answer as `fetch` would give it, for libraries. @throws TypeError when there was none, as fetch does. */
export function toResponse({ exchange: { status = 0, error }, headers, text }: Answer): Response {
  if (error || status < 200 || text === undefined) throw new TypeError(error?.message ?? 'the answer was not complete');
  const plain = Object.entries(headers).filter(([name]) => /^(?:content-type|www-authenticate|dpop-nonce)$/.test(name));
  return new Response([204, 205, 304].includes(status) ? null : text, { status, headers: plain });
}

/** A JSON object, or null for everything else. */
export function objectIn(text: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const MAX_TEXT = 500;

/** A member that is a text of bounded length. */
export const textOf = (document: Record<string, unknown>, name: string): string | undefined => {
  const value = document[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
};

/** A member that is a list of texts; undefined when it is missing or none. */
export function listOf(document: Record<string, unknown>, name: string): string[] | undefined {
  const value = document[name];
  if (!Array.isArray(value)) return undefined;
  return value
    .filter((item): item is string => typeof item === 'string')
    .map((item) => item.slice(0, MAX_TEXT))
    .slice(0, 50);
}
