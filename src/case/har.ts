/** A HAR file as evidence: its requests to an MCP server, and what failed, in order. Credentials and results are left out. */
import type { Exchange } from './evidence.js';
import { exchangeFrom, type Headers, isCredential, rpcOf, secretsOfCookies, secretsOfRequest } from './exchange.js';
import { HarEntries } from './har-entries.js';
import { browserFailure } from './net-errors.js';
import type { Symptoms } from './symptoms.js';

/** Of many exchanges the first and the last are kept. */
const FIRST = 25;
const LAST = 50;

type Kind = 'mcp' | 'sign-in' | 'preflight' | 'failed';

interface Kept {
  kind: Kind;
  exchange: Exchange;
}

/** The parts of an entry that are read, each of which may be missing or of another type. */
interface Entry {
  startedDateTime?: unknown;
  time?: unknown;
  serverIPAddress?: unknown;
  _resourceType?: unknown;
  request?: {
    method?: unknown;
    url?: unknown;
    httpVersion?: unknown;
    headers?: unknown;
    postData?: { text?: unknown };
  };
  response?: {
    status?: unknown;
    statusText?: unknown;
    headers?: unknown;
    content?: { text?: unknown; encoding?: unknown; size?: unknown };
    _error?: unknown;
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Pairs of name and value. A header that stands twice keeps both values, each on a line. */
function headersOf(pairs: unknown): Headers {
  const headers: Headers = {};
  if (!Array.isArray(pairs)) return headers;
  for (const pair of pairs.slice(0, 100) as unknown[]) {
    const { name, value } = (pair ?? {}) as { name?: unknown; value?: unknown };
    const key = text(name).toLowerCase();
    if (key === '' || key.startsWith(':')) continue;
    headers[key] = headers[key] === undefined ? text(value) : `${headers[key]}\n${text(value)}`;
  }
  return headers;
}

const SIGN_IN = /\/\.well-known\/(?:oauth|openid)|\/(?:oauth2?|register|token|authorize|introspect|revoke)(?:\/|$|\?)/i;
const ENDPOINT = /\/(?:mcp|sse|messages?)\/?$/i;
/** What a page loads besides, whose failure says nothing. */
const BESIDE = /^(?:image|font|stylesheet|script|media|manifest|texttrack|ping|websocket|other)$/i;
const FILE = /\.(?:png|jpe?g|gif|svg|ico|webp|css|m?js|map|woff2?|ttf|mp4)$/i;

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname : url.replace(/[?#].*$/, ''));
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : '');

/** Base64 of the part of a body that is kept. */
function decoded(base64: string): string {
  try {
    const letters = base64.slice(0, 16_000).replace(/[^A-Za-z0-9+/]/g, '');
    return atob(letters.slice(0, letters.length - (letters.length % 4)));
  } catch {
    return '';
  }
}

/** Tokens and secrets as sign-in servers name them, in JSON and in forms. */
const SECRET_VALUES =
  /"(?:access_token|refresh_token|id_token|client_secret|assertion|password|api_?key)"\s{0,3}:\s{0,3}"(?<json>[^"]{4,8000})"|(?:^|&)(?:access_token|refresh_token|id_token|client_secret|code_verifier|code|assertion|client_assertion|password)=(?<form>[^&\s"]{4,8000})/gi;

function valuesIn(body: string): string[] {
  return [...body.slice(0, 24_000).matchAll(SECRET_VALUES)].flatMap(({ groups }) => {
    const { json, form = '' } = groups ?? {};
    return json === undefined ? [form, ...new URLSearchParams(`v=${form}`).getAll('v')] : [json];
  });
}

export class HarReader {
  readonly #first: Kept[] = [];
  readonly #last: Kept[] = [];
  readonly #entries = new HarEntries((entry) => this.#take(entry as Entry | null));
  readonly #secrets = new Set<string>();
  #began: number | undefined;
  /** Requests of every kind. */
  requests = 0;

  push(piece: string): void {
    this.#entries.push(piece);
  }

  get unread(): number {
    return this.#entries.unread;
  }

  #secret(values: string[]): void {
    for (const value of values) if (value.length >= 4 && this.#secrets.size < 2_000) this.#secrets.add(value);
  }

  #take(entry: Entry | null): void {
    const { request, response } = entry ?? {};
    const url = text(request?.url);
    if (!entry || !request || !/^https?:/i.test(url)) return;
    this.requests++;
    const requestHeaders = headersOf(request.headers);
    const headers = headersOf(response?.headers);
    const message = text(request.postData?.text).slice(0, 24_000);
    const rpc = rpcOf(message);
    const method = text(request.method).toUpperCase() || 'GET';
    const status = number(response?.status) ?? 0;
    const failure = status > 0 ? undefined : browserFailure(text(response?._error) || 'net::ERR_FAILED');
    const kind = this.#kindOf({
      entry,
      url,
      method,
      rpc,
      requestHeaders,
      headers,
      failed: status >= 400 || failure !== undefined,
    });
    const times = Date.parse(text(entry.startedDateTime));
    if (Number.isFinite(times)) this.#began ??= times;
    if (!kind) return;
    const { content } = response ?? {};
    const raw = text(content?.encoding) === 'base64' ? decoded(text(content?.text)) : text(content?.text);
    this.#secret([
      ...secretsOfRequest(requestHeaders, url),
      ...secretsOfCookies([headers['set-cookie'] ?? '']),
      ...valuesIn(message),
      ...(kind === 'sign-in' ? valuesIn(raw) : []),
    ]);
    const exchange = exchangeFrom({
      method,
      url,
      rpc,
      ms: Math.max(0, number(entry.time) ?? 0),
      // Browsers leave credentials out of the file when it is exported.
      credentials: Object.keys(requestHeaders).some(isCredential) ? 'sent' : 'unknown',
      requestHeaders,
      httpVersion: /(?<version>[\d.]+)$/.exec(text(request.httpVersion))?.groups?.version,
      ...(status > 0 && { status, statusText: text(response?.statusText).slice(0, 60) || undefined }),
      headers: status > 0 ? headers : undefined,
      ...(status > 0 && keepsBody(kind, status, rpc, url, raw) && { body: raw, bodyBytes: number(content?.size) }),
      error: failure,
      remoteAddress: text(entry.serverIPAddress) || undefined,
    });
    if (Number.isFinite(times) && this.#began !== undefined) exchange.atMs = Math.max(0, times - this.#began);
    const kept = { kind, exchange };
    if (this.#first.length < FIRST) this.#first.push(kept);
    else {
      this.#last.push(kept);
      if (this.#last.length > LAST * 2) this.#last.splice(0, LAST);
    }
  }

  #kindOf(of: {
    entry: Entry;
    url: string;
    method: string;
    rpc: string | undefined;
    requestHeaders: Headers;
    headers: Headers;
    failed: boolean;
  }): Kind | undefined {
    const path = pathOf(of.url);
    if (SIGN_IN.test(path)) return 'sign-in';
    const asks = of.requestHeaders['access-control-request-headers'] ?? '';
    if (of.method === 'OPTIONS') return /mcp-/i.test(asks) || ENDPOINT.test(path) ? 'preflight' : undefined;
    const marked = [...Object.keys(of.requestHeaders), ...Object.keys(of.headers)].some((name) =>
      name.startsWith('mcp-'),
    );
    if (of.rpc !== undefined || marked || ENDPOINT.test(path)) return 'mcp';
    const beside = BESIDE.test(text(of.entry._resourceType)) || FILE.test(path);
    return of.failed && !beside ? 'failed' : undefined;
  }

  /** What the file tells. Without any request to an MCP server, the failed ones are it. */
  result(): Symptoms & { exchanges: Exchange[] } {
    const all = [...this.#first, ...this.#last.slice(-LAST)];
    const mcp = all.filter(({ kind }) => kind === 'mcp');
    const origins = new Set(mcp.map(({ exchange }) => originOf(exchange.url)));
    const exchanges = all.flatMap(({ kind, exchange }): Exchange[] => {
      if (kind === 'mcp' || (kind === 'preflight' && (origins.size === 0 || origins.has(originOf(exchange.url)))))
        return [exchange];
      if (mcp.length === 0 && kind === 'failed') return [exchange];
      // What failed beside: a sign-in, a health check. It is shown, and decides nothing by itself.
      if (kind === 'sign-in' || origins.has(originOf(exchange.url))) return [{ ...exchange, purpose: 'logged' }];
      return [];
    });
    const asked = mcp.find(({ exchange }) => exchange.rpc === 'initialize') ?? mcp[0];
    const sse = mcp.some(({ exchange }) => exchange.method === 'GET' && exchange.events?.includes('endpoint'));
    const posts = mcp.some(({ exchange }) => exchange.rpc !== undefined && !/messages?\/?$/.test(pathOf(exchange.url)));
    return {
      url: asked?.exchange.url,
      transport: sse ? 'sse' : posts ? 'streamable-http' : undefined,
      exchanges,
      secrets: [...this.#secrets],
    };
  }
}

/** What a tool returned, and the tokens that a sign-in server issued, are nobody's business. */
function keepsBody(kind: Kind, status: number, rpc: string | undefined, url: string, body: string): boolean {
  if (status >= 400) return true;
  if (kind === 'sign-in') return /\.well-known/.test(url);
  return (
    !/^(?:tools\/call|resources\/read|prompts\/get|completion\/complete)$/.test(rpc ?? '') || /"error"\s*:/.test(body)
  );
}
