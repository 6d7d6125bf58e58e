/**
 * The exchange of which an error line of a client tells: "Error POSTing to endpoint (HTTP 404): ...", "Client error '401 Unauthorized'
 * for url ...", "Error 405 status sending message to ...". Only lines that leave no doubt about what was asked and what came back.
 */
import type { Exchange } from './evidence.js';
import { exchangeFrom, type Told } from './exchange.js';

const MAX_LINES = 400;
const MAX_FOUND = 10;

const STATUS = String.raw`(?<status>[3-5]\d\d)`;
const URL_PART = String.raw`(?<url>https?:\/\/(?:[^\s'"\x60,)\]>:]|:(?!\s)){1,2000})`;
/** What separates a status from the body behind it. */
const BODY = String.raw`(?:\s{0,2}[:,-]\s{0,2}(?<body>\S.*))?`;

interface Form {
  pattern: RegExp;
  method?: string;
  /** The status, where the words stand for it. */
  status?: number;
  /** Only the SDKs of MCP and its clients write this: it is no answer to a request of another kind. */
  own?: true;
}

/** Lines that only a client of MCP writes, or that name the URL themselves. */
const FORMS: Form[] = [
  // TypeScript SDK: POST over either transport; the optional stream; the stream of HTTP+SSE; the end of a session.
  { pattern: new RegExp(String.raw`\bError POSTing to endpoint \(HTTP ${STATUS}\)${BODY}`), method: 'POST', own: true },
  // Claude Code: "Error POSTing to endpoint: {...} (code: 404, errno: none)"
  {
    pattern: new RegExp(String.raw`\bError POSTing to endpoint: (?<body>.{0,4000}?) ?\(code: ${STATUS}, errno\b`),
    method: 'POST',
    own: true,
  },
  // Express says the method and the path in the body of its 404, which alone the SDK passes on.
  {
    pattern: /\bError POSTing to endpoint: (?<body>.{0,400}?\bCannot POST \/.*)/,
    method: 'POST',
    status: 404,
    own: true,
  },
  { pattern: new RegExp(String.raw`\bSSE error: Non-200 status code \(${STATUS}\)`), method: 'GET', own: true },
  { pattern: /\bFailed to open SSE stream: (?<text>[A-Z][A-Za-z ]{2,40})/, method: 'GET', own: true },
  { pattern: /\bFailed to terminate session: (?<text>[A-Z][A-Za-z ]{2,40})/, method: 'DELETE', own: true },
  {
    pattern: /\bStreamable HTTP error: Unexpected content type: (?<type>[\w.+-]{1,40}\/[\w.+-]{1,40})/,
    method: 'POST',
    own: true,
  },
  // VS Code: "Error 404 status sending message to URL: body", "404 status connecting to URL as SSE: body"
  {
    pattern: new RegExp(String.raw`\b${STATUS} status sending message to ${URL_PART}?${BODY}`),
    method: 'POST',
    own: true,
  },
  {
    pattern: new RegExp(String.raw`\b${STATUS} status connecting to ${URL_PART}? as SSE${BODY}`),
    method: 'GET',
    own: true,
  },
  // httpx: Client error '404 Not Found' for url 'http://...'; Redirect response '307 Temporary Redirect' for url '...'
  {
    pattern: new RegExp(
      String.raw`\b(?:Client error|Server error|Redirect response) ['"\x60]?${STATUS} (?<text>[A-Za-z' -]{2,40}?)['"\x60]? for url ['"\x60]?${URL_PART}`,
    ),
  },
  // requests; aiohttp; reqwest; Go's mark3labs; Java
  {
    pattern: new RegExp(
      String.raw`\b${STATUS} (?:Client|Server) Error: (?<text>[A-Za-z' -]{2,40}?) for url: ${URL_PART}`,
    ),
  },
  {
    pattern: new RegExp(String.raw`\b${STATUS}, message=['"](?<text>[^'"]{0,60})['"], url=(?:URL\()?['"]?${URL_PART}`),
  },
  {
    pattern: new RegExp(
      String.raw`\bHTTP status (?:client|server) error \(${STATUS} (?<text>[A-Za-z' -]{2,40})\) for url \(${URL_PART}\)`,
    ),
  },
  { pattern: new RegExp(String.raw`\bServer returned HTTP response code: ${STATUS} for URL: ${URL_PART}`) },
  {
    pattern: new RegExp(
      String.raw`\b${STATUS}(?: (?<text>[A-Za-z' -]{2,40}))? from (?<method>POST|GET|DELETE) ${URL_PART}`,
    ),
  },
  {
    pattern: new RegExp(
      String.raw`\b${STATUS}(?: (?<text>[A-Za-z' -]{2,40}?))? on (?<method>POST|GET|DELETE) request for ['"]?${URL_PART}['"]?(?:: ?(?<body>\S.*))?`,
    ),
  },
  // httpx tells of every request it makes.
  {
    pattern: new RegExp(
      String.raw`\bHTTP Request: (?<method>POST|GET|DELETE) ${URL_PART} "HTTP/[\d.]+ (?<status>[1-5]\d\d)(?: (?<text>[A-Za-z' -]{2,40}))?"`,
    ),
  },
  // Go: notification failed with status 406: {...}; request failed with status 400: ...
  {
    pattern: new RegExp(
      String.raw`\b(?<rpc>initialize|tools/list|notification|request)\b.{0,40}? failed with status(?: code)?:? ${STATUS}${BODY}`,
      'i',
    ),
    method: 'POST',
  },
  { pattern: /\bsending "(?<rpc>[\w/]{1,60})": (?<text>[A-Z][A-Za-z ]{2,40})$/, method: 'POST' },
  // Java SDK: Invalid SSE response. Status code: 404 Line: body
  {
    pattern: new RegExp(String.raw`\bInvalid SSE response\. Status code: ${STATUS}(?: Line: (?<body>.*))?`),
    method: 'GET',
    own: true,
  },
  {
    pattern: new RegExp(String.raw`\bSending message failed with a non-OK HTTP code: ${STATUS}`),
    method: 'POST',
    own: true,
  },
  // rmcp: unexpected server response: HTTP 404 Not Found: body
  {
    pattern: new RegExp(
      String.raw`\b[Uu]nexpected server response: (?:HTTP )?${STATUS}(?: (?<text>[A-Z][A-Za-z ]{2,40}?))?${BODY}$`,
    ),
    method: 'POST',
  },
  // .NET and PowerShell: Response status code does not indicate success: 400 (Bad Request). Response body: {...}
  {
    pattern: new RegExp(
      String.raw`\bResponse status code does not indicate success: ${STATUS}(?: \((?<text>[^)]{1,60})\))?\.?(?: Response body: (?<body>.*))?`,
    ),
  },
  { pattern: new RegExp(String.raw`\bThe remote server returned an error: \(${STATUS}\) (?<text>[A-Za-z' -]{2,40})`) },
];

/** Reason phrases (RFC 9110), where a client leaves the number out. */
const REASONS: Record<string, number> = {
  'bad request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not found': 404,
  'method not allowed': 405,
  'not acceptable': 406,
  'request timeout': 408,
  conflict: 409,
  gone: 410,
  'payload too large': 413,
  'unsupported media type': 415,
  'misdirected request': 421,
  'too many requests': 429,
  'internal server error': 500,
  'not implemented': 501,
  'bad gateway': 502,
  'service unavailable': 503,
  'gateway timeout': 504,
};

/** Lines of other conversations: sign-in, registration, and what a tool or an API behind the server said. */
const ANOTHER =
  /oauth|\bregist(?:er|ration)\b|\bmetadata\b|well-known|\btoken endpoint\b|\bdiscover|dynamic client|\bAPI (?:error|call|request)\b|\bupstream\b|\bdownstream\b|\btools?\/call\b|\bcall(?:ing|ed)? (?:the )?tool\b|\btool (?:call|execution|error)\b|\bregistry\b/i;
/** Hosts of vendors' APIs: a server asks them, no client of MCP does. */
const API = /^https?:\/\/(?:api|registry|index|oauth2?|login|accounts|auth)\b(?![^/]*\/(?:\S*\/)?(?:mcp|sse)\b)/i;

/** The path of an MCP endpoint, as most servers name it. */
const MCP_URL = /^https?:\/\/[^\s?#]{1,300}\/(?:mcp|sse|messages?)\b/i;

/** The rest of a body that goes on over several lines. */
function bodyAt(lines: string[], index: number, first: string): string {
  if (!/^[{[]/.test(first) || /[}\]]\W{0,3}$/.test(first)) return first;
  let body = first;
  for (const line of lines.slice(index + 1, index + 30)) {
    body += `\n${line}`;
    if (/^\s*[}\]]+\W{0,3}$/.test(line)) return body;
  }
  return first;
}

function toldIn(lines: string[], index: number, trusted: boolean): Told | null {
  const line = lines[index] ?? '';
  for (const { pattern, method, own, status: meant } of FORMS) {
    const groups = pattern.exec(line)?.groups;
    if (!groups || (!trusted && !own && !MCP_URL.test(groups.url ?? ''))) continue;
    if (ANOTHER.test(groups.body === undefined ? line : line.slice(0, line.length - groups.body.length))) return null;
    if (groups.url !== undefined && API.test(groups.url)) return null;
    const status = groups.status ? Number(groups.status) : (meant ?? REASONS[(groups.text ?? '').trim().toLowerCase()]);
    if (status === undefined && groups.type === undefined) return null;
    const body = groups.body === undefined ? undefined : bodyAt(lines, index, groups.body.trim());
    const rpc = groups.rpc && /^(?:initialize|\w+\/)/.test(groups.rpc) ? groups.rpc : undefined;
    return {
      method: groups.method ?? method ?? '',
      url: groups.url?.replace(/[.;:]$/, ''),
      rpc,
      status,
      statusText: groups.text?.trim() || undefined,
      headers: groups.type === undefined ? undefined : { 'content-type': groups.type },
      body,
    };
  }
  return null;
}

/** How clients say that they try the other transport. */
const FALLS_BACK = /\bfall(?:ing|s)?[- ]?back\b|\bas SSE\b|\bsse-only\b/i;

/** A Location that a client names beside its redirect. */
const LOCATION = /\b(?:Redirect location|location):? ['"]?(?<to>https?:\/\/[^\s'"]{1,2000})/i;

/**
 * The exchanges that the lines of a client tell of, in order, each once. `assumed` is the method of a request whose line does not
 * name one: POST for Streamable HTTP, GET for the stream of HTTP+SSE. Lines that are not `trusted` to be a client's may be a server's, which
 * asks APIs of its own.
 */
export function clientExchanges(lines: string[], assumed: 'POST' | 'GET', trusted: boolean): Exchange[] {
  const found = new Map<string, Exchange>();
  for (let i = 0; i < Math.min(lines.length, MAX_LINES) && found.size < MAX_FOUND; i++) {
    const told = toldIn(lines, i, trusted);
    if (!told) continue;
    const { status = 0, method, url, body, statusText } = told;
    const key = `${method} ${status} ${url ?? ''} ${(body ?? '').slice(0, 200)}`;
    if (found.has(key)) continue;
    const near = `${lines[i]}\n${lines[i + 1] ?? ''}`;
    const to = status >= 300 && status < 400 ? LOCATION.exec(near)?.groups?.to : undefined;
    const headers = to === undefined ? told.headers : { ...told.headers, location: to };
    const asked = method === '' ? (/\/messages?\b/.test(url ?? '') ? 'POST' : assumed) : method;
    found.set(
      key,
      exchangeFrom({ ...told, spoken: true, method: asked, statusText: statusText?.slice(0, 60), headers }),
    );
  }
  const all = [...found.values()];
  // A client that was refused and fell back to the older transport is refused again: that says nothing more.
  const refused = all.some(({ method, status = 0 }) => method === 'POST' && status >= 400 && status < 500);
  const again = ({ method, status }: Exchange) => method === 'GET' && (status === 404 || status === 405);
  return refused && lines.some((line) => FALLS_BACK.test(line)) ? all.filter((one) => !again(one)) : all;
}
