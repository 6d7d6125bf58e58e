/** What the console of a browser says of a failed request: messages of Chrome, Firefox and Safari about CORS, statuses and the network. */
import type { Exchange } from './evidence.js';
import { exchangeFrom, type Headers } from './exchange.js';
import { browserFailure } from './net-errors.js';

const URL_PART = String.raw`(?<url>https?:\/\/[^\s'"’”)]{1,2000})`;
const QUOTES = String.raw`['"‘’“”]?`;

/** Access to fetch at U (after a redirect also: its first URL) from origin O has been blocked by CORS policy: REASON */
const CHROME_CORS = new RegExp(
  String.raw`\bAccess to (?:fetch|XMLHttpRequest|resource|internal resource) at ${QUOTES}${URL_PART}${QUOTES}(?: \(redirected from ${QUOTES}(?<from>[^'")]{1,2000})${QUOTES}\))? from origin ${QUOTES}(?<origin>[^'"’\s]{1,300})${QUOTES} has been blocked by CORS policy:? ?(?<reason>.{0,600})`,
);
/** Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at U. (Reason: R). Status code: 200. */
const FIREFOX_CORS = new RegExp(
  String.raw`\bCross-Origin Request Blocked: .{0,120}? at ${URL_PART}\.?\s+\(Reason: (?<reason>[^)]{1,300}\)?)\)?\.?(?: ?Status code: (?<status>\d{3}|\(null\)))?`,
);
/** Origin O is not allowed by Access-Control-Allow-Origin. Status code: 401; Fetch API cannot load U due to access control checks. */
const SAFARI_ORIGIN =
  /\bOrigin (?<origin>https?:\/\/\S{1,300}) is not allowed by Access-Control-Allow-Origin\.(?: Status code: (?<status>\d{3}))?/;
const SAFARI_LOAD = new RegExp(
  String.raw`\b(?:Fetch API|XMLHttpRequest) cannot load ${URL_PART} due to access control checks`,
);
const SAFARI_PREFLIGHT = /\bPreflight response is not successful\.? ?(?:Status code: (?<status>\d{3}))?/;
const SAFARI_HEADER = /\bRequest header field (?<name>[\w-]{1,60}) is not allowed by Access-Control-Allow-Headers\b/;
/** POST U 404 (Not Found); GET U net::ERR_CONNECTION_REFUSED; with the place of the script before or behind it. */
const CHROME_LOAD = new RegExp(
  String.raw`(?<![\w"])(?<method>GET|POST|PUT|DELETE|OPTIONS) ${URL_PART} (?:(?<status>[1-5]\d\d) \((?<text>[\w -]{0,60})\)|(?<error>net::ERR_[A-Z_\d]{3,60})(?: (?<status2>[1-5]\d\d)\b)?)`,
);
/** Failed to load resource: the server responded with a status of 404 (Not Found) / net::ERR_... */
const CHROME_RESOURCE =
  /(?:(?<url>[\w.:/-]{1,300}):\d{1,5}:?\s{1,8})?\bFailed to load resource: (?:the server responded with a status of (?<status>[1-5]\d\d)|(?<error>net::ERR_[A-Z_\d]{3,60}))/;

interface Said {
  method: string;
  url: string;
  origin?: string;
  reason?: string;
  status?: number;
  headers?: Headers;
  error?: Exchange['error'];
}

/** Of a blocked request only the preflight was sent when the message is about that one, or about what it must allow. */
const OF_PREFLIGHT = /preflight|Access-Control-Allow-(?:Headers|Methods)|Request header field|CORS preflight/i;

/** What the reason says of the headers of the answer. */
function headersOf(reason: string): Headers {
  const value =
    /'Access-Control-Allow-Origin' header (?:has a value|contains the invalid value|contains multiple values) '(?<value>[^']{0,300})'/.exec(
      reason,
    )?.groups?.value;
  if (value !== undefined) return { 'access-control-allow-origin': value };
  const other = /‘Access-Control-Allow-Origin’ does not match ‘(?<value>[^’]{0,300})’/.exec(reason)?.groups?.value;
  return other === undefined ? {} : { 'access-control-allow-origin': other };
}

const cors = (reason: string): Exchange['error'] => ({
  code: 'ERR_CORS',
  message: reason.trim().slice(0, 300) || 'blocked by CORS policy',
  phase: 'headers',
});

function saidIn(line: string): Said | null {
  const chrome = CHROME_CORS.exec(line)?.groups;
  const firefox = chrome ? undefined : FIREFOX_CORS.exec(line)?.groups;
  const blocked = chrome ?? firefox;
  if (blocked?.url) {
    const reason = blocked.reason ?? '';
    const status = Number(blocked.status);
    return {
      method: OF_PREFLIGHT.test(reason) ? 'OPTIONS' : 'POST',
      url: blocked.url.replace(/\.$/, ''),
      origin: chrome?.origin,
      status: status >= 100 ? status : undefined,
      headers: headersOf(reason),
      // Firefox: "CORS request did not succeed" means that nothing came back at all.
      error: /did not succeed/.test(reason) ? undefined : cors(reason),
    };
  }
  const load = CHROME_LOAD.exec(line)?.groups;
  if (load?.url && load.method) {
    const status = Number(load.status ?? load.status2);
    return {
      method: load.method,
      url: load.url,
      status: status >= 100 ? status : undefined,
      error: load.error && !/ERR_FAILED/.test(load.error) ? browserFailure(load.error) : undefined,
    };
  }
  return null;
}

/** Chrome says of a resource only what became of it, and in the margin where it is from. */
function ofResource(line: string): Said[] {
  const { url = '', status, error } = CHROME_RESOURCE.exec(line)?.groups ?? {};
  if (!status && (!error || /ERR_FAILED/.test(error))) return [];
  const whole = /^https?:/.test(url) ? url : /^[\w.-]+(?::\d+)?\/\w/.test(url) ? `http://${url}` : '';
  return [
    {
      method: 'POST',
      url: whole,
      status: Number(status) || undefined,
      error: error ? browserFailure(error) : undefined,
    },
  ];
}

/** Safari needs several lines for what the others say in one. */
function ofSafari(lines: string[]): Said[] {
  const first = (pattern: RegExp) => lines.map((line) => pattern.exec(line)?.groups).find(Boolean);
  const url = first(SAFARI_LOAD)?.url;
  const refused = first(SAFARI_ORIGIN);
  const preflight = first(SAFARI_PREFLIGHT);
  const header = first(SAFARI_HEADER);
  if (!refused && !(url && (preflight || header))) return [];
  const reason = [...lines].find(
    (line) => SAFARI_ORIGIN.test(line) || SAFARI_PREFLIGHT.test(line) || SAFARI_HEADER.test(line),
  );
  return [
    {
      method: preflight || header ? 'OPTIONS' : 'POST',
      url: url ?? '',
      origin: refused?.origin,
      status: Number(refused?.status ?? preflight?.status) || undefined,
      error: cors(reason ?? ''),
    },
  ];
}

/** The requests of which the console of a browser tells, in order. */
export function consoleIn(lines: string[]): Exchange[] {
  const told = lines.filter((line) =>
    /CORS|Cross-Origin|net::ERR_|access control checks|Failed to load resource|Access-Control-Allow|Preflight response|\b[1-5]\d\d \(/.test(
      line,
    ),
  );
  const said = told.flatMap((line) => saidIn(line) ?? []);
  const ofOthers = [...ofSafari(told), ...told.flatMap(ofResource)];
  const all = said.length > 0 ? said : ofOthers;
  const seen = new Set<string>();
  const exchanges = all.flatMap(({ method, url, origin, status, headers, error }): Exchange[] => {
    const key = `${method} ${url} ${status} ${error?.message}`;
    if (seen.has(key) || (status === undefined && !error)) return [];
    seen.add(key);
    return [
      exchangeFrom({
        spoken: true,
        method,
        url,
        status,
        headers: status === undefined && !Object.keys(headers ?? {}).length ? undefined : headers,
        requestHeaders: origin === undefined ? undefined : { origin },
        error,
      }),
    ];
  });
  return exchanges.slice(0, 20);
}
