/**
 * The requests that servers, proxies and platforms wrote into their logs: nginx, Caddy, Traefik, Apache, HAProxy, uvicorn, gunicorn,
 * Express, IIS, load balancers, Cloudflare, Vercel, Railway, Heroku. Each becomes an exchange of purpose `logged`, in order.
 */
import { errnoOf } from './curl-notes.js';
import type { Exchange } from './evidence.js';
import { exchangeFrom, type Told } from './exchange.js';

/** The last ones are kept: how it ended matters. */
const MAX_LOGGED = 50;
const MAX_LINE = 8_000;

const METHOD = String.raw`(?<method>GET|POST|PUT|DELETE|OPTIONS|HEAD|PATCH)`;
const TARGET = String.raw`(?<url>(?:https?:\/\/[^\s"']{1,300})?\/[^\s"']{0,1000}|https?:\/\/[^\s"'/]{1,300})`;
const STATUS = String.raw`(?<status>[1-5]\d\d)\b`;

/** Forms of plain text, the telling ones first. */
const FORMS: RegExp[] = [
  // AWS load balancers: status of the balancer, status of the target or "-", ... "POST https://host:443/mcp HTTP/1.1"
  new RegExp(
    String.raw`^(?:https?|h2|grpcs?|wss?) \d{4}-\S{1,40} \S{1,200} \S{1,60} \S{1,60} \S{1,12} (?<seconds>-?[\d.]{1,12}) \S{1,12} (?<status>\d{3}) (?:\d{3}|-) \d+ \d+ "${METHOD} ${TARGET} HTTP/`,
  ),
  // HAProxy: http-in back/srv1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 "POST /mcp HTTP/1.1"
  new RegExp(
    String.raw`(?<!\S)[^\s/]{1,80}/[^\s/]{1,80} (?:[-\d]{1,9}/){4}\+?(?<ms>\d{1,9}) (?<status>[1-5]\d\d|-1) \+?\d+ .{0,300}?"${METHOD} ${TARGET}(?: HTTP/[\d.]+)?"`,
  ),
  // Common and combined log format, uvicorn, werkzeug, Django, Envoy, Traefik, aiohttp: "POST /mcp HTTP/1.1" 404
  new RegExp(String.raw`"${METHOD} ${TARGET}(?: HTTP/[\d.]+)?"(?: from \S+)?[ :,]*(?:-+>|=>|→|-)? ?${STATUS}`),
  // httpx, a client: HTTP Request: POST http://host/mcp "HTTP/1.1 404 Not Found"
  new RegExp(String.raw`\b${METHOD} ${TARGET} "HTTP/[\d.]+ ${STATUS}`),
  // ASP.NET: Request finished HTTP/1.1 POST http://localhost:5000/mcp application/json 154 - 404 0 - 1.2ms
  new RegExp(String.raw`\bRequest finished \S+ ${METHOD} ${TARGET} .{0,80}?- ${STATUS}(?:.{0,60}? (?<ms>[\d.]+)ms)?`),
  // Gin, Fiber, Echo: | 404 | 1.2ms | 127.0.0.1 | POST "/mcp"
  new RegExp(String.raw`\|\s*${STATUS}\s*\|.{0,80}\|\s*${METHOD}\s*\|?\s+"?${TARGET}`),
  // morgan, Hono, Next, wrangler, chi, Rails, hypercorn: POST /mcp 404 3 ms; POST /mcp - 404; --> POST /mcp 404
  new RegExp(
    String.raw`(?<![\w"])${METHOD} ${TARGET}(?: HTTP/[\d.]+)?"?(?:\s*(?:-+>|=>|→|:|-|status[=:]?|returned|responded(?: with)?|\|)\s*|\s+)\(?${STATUS}(?:.{0,30}?\b(?<ms>\d[\d.]{0,8}) ?ms\b)?`,
  ),
];

/** JSON and logfmt: each part by itself, under the names that Caddy, pino-http, Traefik, Railway, Google, Cloudflare, Vercel, Heroku and API gateways give it. */
const PARTS: [keyof Told | 'took' | 'seconds', RegExp][] = [
  [
    'method',
    /\b(?:request_?method|requestMethod|RequestMethod|ClientRequestMethod|httpMethod|http_method|verb|method)"?[=:]\s?"?(?<value>GET|POST|PUT|DELETE|OPTIONS|HEAD|PATCH)\b/,
  ],
  [
    'url',
    /\b(?:request_?uri|requestUrl|requestPath|RequestPath|ClientRequestURI|http_path|uri|path|url)"?[=:]\s?"?(?<value>(?:https?:\/\/[^\s"]{1,300})?\/[^\s",}]{0,1000})/,
  ],
  [
    'status',
    /\b(?:status_?[cC]ode|responseStatusCode|httpStatus|http_status|DownstreamStatus|EdgeResponseStatus|response_code|status|sc_status)"?[=:]\s?"?(?<value>[1-5]\d\d)\b/,
  ],
  [
    'took',
    /\b(?:responseTime|response_time_ms|totalDuration|duration_ms|elapsed_ms|took|service)"?[=:]\s?"?(?<value>\d[\d.]{0,12})(?:ms)?\b(?!s)/,
  ],
];

/** Files, icons and checks that every page and platform asks for. */
const BESIDE = /\.(?:png|jpe?g|gif|svg|ico|css|m?js|map|woff2?|txt|xml|php|env)(?:[?"]|$)/i;

/** nginx, when its upstream failed: what went wrong, and the request in question. */
const NGINX =
  /\[(?:error|crit|alert|warn)\] \d+#\d+: (?:\*\d+ )?(?<words>.{3,400}?), client: [^,]{1,60},.{0,300}?request: "(?<method>[A-Z]{3,7}) (?<url>\S{1,1000}) HTTP\/[\d.]+"(?:, upstream: "(?<upstream>[^"]{1,400})")?(?:, host: "(?<host>[^"]{1,300})")?/;

function ofNginx(line: string): Told | null {
  const { words, method, url, upstream, host } = NGINX.exec(line)?.groups ?? {};
  if (!words || !method || !url) return null;
  const phase = /while connecting to upstream|host not found|no live upstreams/.test(words)
    ? 'connect'
    : /while reading upstream|sending to client/.test(words)
      ? 'body'
      : 'headers';
  const late =
    phase === 'connect'
      ? 'UND_ERR_CONNECT_TIMEOUT'
      : phase === 'body'
        ? 'UND_ERR_BODY_TIMEOUT'
        : 'UND_ERR_HEADERS_TIMEOUT';
  const code = /timed out/.test(words)
    ? late
    : /host not found/.test(words)
      ? 'ENOTFOUND'
      : errnoOf(words, 'UND_ERR_SOCKET');
  return {
    method,
    url: host ? `http://${host}${url}` : url,
    error: { code, message: `${words}${upstream ? ` (${upstream})` : ''}`.slice(0, 300), phase },
  };
}

/** IIS and other W3C extended logs: the fields of a line are named above it. */
class W3c {
  #fields: string[] = [];

  /** Whether the line names the fields. */
  names(line: string): boolean {
    const fields = /^#Fields: (?<fields>.{1,2000})$/.exec(line)?.groups?.fields;
    if (fields) this.#fields = fields.trim().split(/\s+/);
    return fields !== undefined;
  }

  read(line: string): Told | null {
    if (this.#fields.length === 0 || line.startsWith('#')) return null;
    const values = line.split(' ', 60);
    const value = (name: string) => {
      const found = values[this.#fields.indexOf(name)];
      return found === '-' ? undefined : found;
    };
    const [method, stem, status] = [value('cs-method'), value('cs-uri-stem'), Number(value('sc-status'))];
    if (!method || !stem?.startsWith('/') || !(status >= 100 && status < 600)) return null;
    const query = value('cs-uri-query');
    return { method, url: query ? `${stem}?${query}` : stem, status, ms: Number(value('time-taken')) || undefined };
  }
}

function ofText(line: string): Told | null {
  for (const form of FORMS) {
    const { method, url, status, ms, seconds } = form.exec(line)?.groups ?? {};
    if (!method || !url || !status) continue;
    const took = ms !== undefined ? Number(ms) : Number(seconds) * 1_000;
    return { method, url, status: Number(status) > 0 ? Number(status) : undefined, ms: took > 0 ? took : undefined };
  }
  return null;
}

function ofParts(line: string): Told | null {
  if (!/[=:]/.test(line)) return null;
  const parts: Partial<Record<string, string>> = {};
  for (const [name, pattern] of PARTS) {
    const value = pattern.exec(line)?.groups?.value;
    if (value !== undefined) parts[name] = value;
  }
  if (!parts.method || !parts.url || !parts.status) return null;
  const host = /\b(?:host|RequestHost|ClientRequestHost)"?[=:]\s?"?(?<host>[\w.:-]{1,253})/.exec(line)?.groups?.host;
  return {
    method: parts.method,
    url: parts.url.startsWith('/') && host ? `http://${host}${parts.url}` : parts.url,
    status: Number(parts.status),
    ms: Number(parts.took) || undefined,
  };
}

/** A client of HTTP tells of its own requests: those to an MCP server count, not what a server asks elsewhere. */
const ASKED = /\bHTTP Request: [A-Z]{3,7} (?!\S{1,400}\/(?:mcp|sse|messages?)\b)/;

/** A word that only stands in lines of requests: most lines have none, and cost nothing. */
const MAY_BE = /GET|POST|PUT|DELETE|OPTIONS|HEAD|PATCH/;

/** The requests of a log, the last 50. */
export function loggedIn(lines: string[]): Exchange[] {
  const found: Exchange[] = [];
  const w3c = new W3c();
  for (const whole of lines) {
    if (w3c.names(whole) || !MAY_BE.test(whole) || ASKED.test(whole)) continue;
    const line = whole.slice(0, MAX_LINE);
    const told = ofNginx(line) ?? w3c.read(line) ?? ofText(line) ?? ofParts(line);
    if (!told || BESIDE.test(told.url ?? '')) continue;
    found.push(exchangeFrom({ ...told, purpose: 'logged' }));
    if (found.length > MAX_LOGGED * 2) found.splice(0, MAX_LOGGED);
  }
  return found.slice(-MAX_LOGGED);
}
