/** One HTTP exchange that a person or a program told of, in the form in which a live probe notes its own. */
import type { Exchange } from './evidence.js';
import { isPlaceholder, isSecretParameter, SECRET_NAME } from './redact.js';

/** Characters kept of a body, and headers kept of a message. */
export const MAX_BODY = 4_000;
const MAX_HEADERS = 60;
const MAX_HEADER = 2_000;

/** Names that only ever belong to a request: a report mixes both kinds of headers. */
const OF_REQUEST = new Set(['authorization', 'accept', 'host', 'origin', 'user-agent', 'cookie']);

/** Request headers whose values are never a secret. */
const PLAIN_REQUEST =
  /^(?:accept(?:-.*)?|access-control-request-.*|cache-control|(?:proxy-)?connection|content-(?:type|length|encoding)|host|origin|pragma|priority|sec-.*|te|transfer-encoding|upgrade.*|user-agent|mcp-protocol-version|mcp-method|mcp-name|last-event-id|expect|dnt|:.*)$/i;

/** A value that is no secret: a word, a number, next to nothing. */
const EVERYDAY = /^(?:\d{1,6}|[a-z]{1,12}|.{0,5})$/i;

export type Headers = Record<string, string>;

export const lowerCased = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers)
      .slice(0, MAX_HEADERS)
      .map(([name, value]) => [name.toLowerCase(), String(value).slice(0, MAX_HEADER)]),
  );

/** Headers of both kinds, as a report mixes them, taken apart. */
export function sides(headers: Headers): { requestHeaders: Headers; headers: Headers } {
  const pick = (ofRequest: boolean) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => OF_REQUEST.has(name) === ofRequest));
  return { requestHeaders: pick(true), headers: pick(false) };
}

/** Whether a header of that name carries credentials. */
export const isCredential = (name: string): boolean =>
  !/^mcp-session-id$/i.test(name) && (SECRET_NAME.test(name) || /^x-.*key$/i.test(name));

/** What a request carried that must not appear anywhere: the values of its headers, its cookies, and of secret parameters. */
export function secretsOfRequest(headers: Headers, url = ''): string[] {
  const values = Object.entries(headers).flatMap(([name, value]) => {
    // The name of a variable that nothing filled in is no secret, and may be the very fault.
    if (PLAIN_REQUEST.test(name) || EVERYDAY.test(value) || isPlaceholder(value)) return [];
    const bare = value.replace(/^(?:Bearer|Basic|Token|Digest|ApiKey)\s+/i, '');
    // Cookies, and the parameters of a scheme: sid=..., response="...".
    const parts = value
      .split(/[;,]\s*/)
      .map((part) => part.replace(/^[^=\s]*=/, '').replace(/^"|"$/g, ''))
      .filter((part) => !EVERYDAY.test(part));
    return [value, bare, ...(value.includes('=') ? parts : [])];
  });
  return [...values, ...secretParameters(url)].filter((value) => value.length >= 4);
}

/** The values of cookies that a response sets, without their attributes. */
export const secretsOfCookies = (lines: string[]): string[] =>
  lines
    .flatMap((line) => line.split('\n'))
    .flatMap((line) => /^[^=;]*=(?<value>[^;]{4,})/.exec(line)?.groups?.value ?? []);

/** The values of secret parameters in the query of a URL. */
function secretParameters(url: string): string[] {
  const query = url.slice(url.indexOf('?') + 1).replace(/#.*$/, '');
  if (!url.includes('?')) return [];
  return [...new URLSearchParams(query.slice(0, 8_000))].flatMap(([name, value]) =>
    isSecretParameter(name) ? [value] : [],
  );
}

/** The JSON-RPC method of a message, read in parts since logs cut it. */
export const rpcOf = (message: string): string | undefined =>
  /"jsonrpc"/.test(message) ? /"method"\s*:\s*"(?<method>[\w/$.-]{1,80})"/.exec(message)?.groups?.method : undefined;

/** Names of the server-sent events in a body, the first 20. */
export function eventsIn(body: string): string[] | undefined {
  const names = [...body.matchAll(/^(?:event: ?(?<name>[\w/.-]{1,60})|data:)/gm)].slice(0, 40);
  if (names.length === 0) return undefined;
  // Data without a name of its own is a `message` (WHATWG, server-sent events).
  const events: string[] = [];
  let named = false;
  for (const { groups } of names) {
    if (groups?.name) events.push(groups.name);
    else if (!named) events.push('message');
    named = groups?.name !== undefined;
  }
  return events.slice(0, 20);
}

/** What is told of an exchange; everything else keeps the value that says "not known". */
export interface Told {
  purpose?: 'reported' | 'logged';
  method: string;
  spoken?: true;
  url?: string;
  rpc?: string;
  ms?: number;
  credentials?: Exchange['credentials'];
  requestHeaders?: Headers;
  httpVersion?: string;
  status?: number;
  statusText?: string;
  headers?: Headers;
  body?: string;
  /** Size of the body where it is known better than from what was pasted. */
  bodyBytes?: number;
  error?: Exchange['error'];
  remoteAddress?: string;
}

/** An exchange that was told of. Header names become lower case, the body is cut. */
export function exchangeFrom({ purpose = 'reported', ...told }: Told): Exchange {
  const headers = told.headers && lowerCased(told.headers);
  const requestHeaders = told.requestHeaders && lowerCased(told.requestHeaders);
  const contentType = headers?.['content-type'];
  const body = told.body;
  const events =
    body !== undefined && /event-stream/.test(contentType ?? '') ? eventsIn(body.slice(0, MAX_BODY)) : undefined;
  const exchange: Exchange = {
    ...told,
    purpose,
    url: (told.url ?? '').slice(0, 2_000),
    atMs: 0,
    ms: told.ms ?? 0,
    credentials: told.credentials ?? 'unknown',
    requestHeaders,
    headers,
    contentType,
    body: body?.slice(0, MAX_BODY),
    bodyBytes: body === undefined ? undefined : (told.bodyBytes ?? body.length),
    bodyCut: body === undefined ? undefined : body.length > MAX_BODY,
    events,
  };
  return Object.fromEntries(Object.entries(exchange).filter(([, value]) => value !== undefined)) as Exchange;
}
