/**
 * HTTP as tools print it: curl -v and -i (also several transfers, HTTP/2, redirects with -L), httpie, wget, PowerShell's RawContent.
 * Each request with its answer becomes an exchange, the narration in between the evidence of the way to the host.
 */
import { CLIENT_WORDS } from './client-log.js';
import { type Asked, commandAt, readCommand } from './command-line.js';
import { errnoOf, Way } from './curl-notes.js';
import type { Evidence, Exchange } from './evidence.js';
import { exchangeFrom, type Headers, isCredential, MAX_BODY, secretsOfCookies, secretsOfRequest } from './exchange.js';

export interface Transcript {
  exchanges: Exchange[];
  network?: Evidence['network'];
  /** The lines that are no part of it. */
  rest: string[];
  /** Values that must not appear anywhere. */
  secrets: string[];
}

const MAX_EXCHANGES = 50;
const MAX_BODY_LINES = 2_000;

const METHOD = String.raw`(?<method>GET|POST|PUT|DELETE|OPTIONS|HEAD|PATCH|CONNECT)`;
const REQUEST = new RegExp(String.raw`^> ${METHOD} (?<path>\S{1,4000}) HTTP/(?<version>[\d.]{1,3})\s*$`);
const BARE_REQUEST = new RegExp(
  String.raw`^${METHOD} (?<path>(?:/|https?:)\S{0,4000}) HTTP/(?<version>[\d.]{1,3})\s*$`,
);
const RESPONSE =
  /^(?:(?<mark><) |RawContent\s+: |\s{2})?HTTP\/(?<version>[\d.]{1,3}) (?<status>[1-5]\d\d)(?: (?<text>[\w '-]{1,60}))?\s*$/;
const HEADER = /^(?<name>[A-Za-z][\w-]{0,80}):(?: (?<value>.*))?$/;
/** curl's progress, the sizes of what it sent and read, and remarks that say nothing. */
const NOISE =
  /^[{}] \[\d+ bytes data\]|^\s+% Total\s|^\s+Dload\s|^\s*\d{1,3}\s+\d\S*\s+\d{1,3}\s+\d.*--:--:--|^Note: Unnecessary use of -X|^Warning: Binary output|^Length: |^Saving to: |^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ERROR \d{3}: /;
/** A line of the progress that was not ended before the narration went on. */
const GLUED = /^\s*\d{1,3}\s[\d.kMG\s:-]{20,120}(?=\* )/;
/** A body without a line end, and the narration behind it. */
const BEHIND =
  /\* (?:Connection #\d+ to host|Closing connection|Request completely sent|Excess found|shutting down connection|We are completely uploaded|TLSv1\.\d \().*$/;
const CURL_ERROR = /^curl: \((?<code>\d{1,3})\) (?<words>.*)$/;
const WGET_START = /^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--\s+(?<url>\S{1,4000})/;
const WGET_CONNECT =
  /^Connecting to (?<name>[^\s(]{1,253})(?: \([^)]{1,253}\))?(?:\|(?<address>[^|]{1,60})\|)?(?::(?<port>\d{1,5}))?\.\.\. (?<outcome>.*)$/;
const WGET_STATUS =
  /^HTTP request sent, awaiting response\.\.\. (?:(?<status>\d{3}) ?(?<text>[\w ]{0,60})|(?<words>.*))$/;
const WGET_TLS =
  /^ERROR: (?:The certificate of|cannot verify|no certificate subject|certificate common name)|^The certificate's owner|^The certificate has/;

/** What is begun and not ended. */
interface Open {
  method: string;
  url: string;
  rpc?: string;
  requestHeaders?: Headers;
  credentials: Exchange['credentials'];
  httpVersion?: string;
  status?: number;
  statusText?: string;
  headers: Headers;
  body: string[];
  size: number;
  error?: Exchange['error'];
}

/** A line that belongs to a body, whatever words stand in it. */
const BODY_LINE = /^\s*[[{<}\]"]|^(?:data|event|id|retry):|^:/;
const PROMPT =
  /^(?:[\w.-]{1,40}@[\w.-]{1,80}[:~][^$#\n]{0,120}|PS [A-Z]:[^>\n]{0,120}>|[A-Z]:\\[^>\n]{0,120}>)[$#]?\s*|^\$ /;

class Reader {
  readonly exchanges: Exchange[] = [];
  readonly rest: string[] = [];
  readonly secrets: string[] = [];
  readonly #ways: Way[] = [];
  #asked: Asked | undefined;
  #open: Open | undefined;
  #at: 'outside' | 'request' | 'response' | 'body' = 'outside';
  /** Lines of requests and answers have the marks of curl -v. */
  #marked = false;

  get #way(): Way {
    const last = this.#ways.at(-1);
    if (last && !last.over) return last;
    const way = new Way();
    if (this.#asked?.url) way.aim(this.#asked.url);
    this.#ways.push(way);
    return way;
  }

  #end(): void {
    const open = this.#open;
    this.#open = undefined;
    this.#at = 'outside';
    if (!open || (open.status === undefined && !open.error && open.body.length === 0)) return;
    const { body, size: _, ...told } = open;
    const text = body.join('\n').trim();
    if (open.method === 'CONNECT') {
      // The tunnel through a proxy is no exchange with the server.
      (this.#ways.at(-1) ?? this.#way).proxied(open.status, open.error, text);
      return;
    }
    if (this.exchanges.length >= MAX_EXCHANGES) this.exchanges.shift();
    this.exchanges.push(exchangeFrom({ ...told, body: open.status === undefined && open.error ? undefined : text }));
  }

  #begin(method: string, path: string, version: string | undefined): void {
    this.#end();
    this.#open = {
      method,
      url: path,
      rpc: method === 'POST' ? this.#asked?.rpc : undefined,
      credentials: 'none',
      httpVersion: version,
      requestHeaders: {},
      headers: {},
      body: [],
      size: 0,
    };
    this.#at = 'request';
  }

  #command(asked: Asked): void {
    this.#end();
    this.#asked = asked;
    this.secrets.push(...asked.secrets);
    const last = this.#ways.at(-1);
    if (last) last.over = true;
  }

  /** The answer begins: to the request that stands above it, or to one of which only the command is known. */
  #answer(status: number, text: string | undefined, version: string | undefined): void {
    const before = this.#open;
    if (!before || before.status !== undefined) {
      const location = before?.headers.location;
      this.#end();
      const asked = this.#asked;
      const from = before?.url || asked?.url || '';
      const followed = location !== undefined && URL.canParse(location, from || undefined);
      // curl repeats a POST as a GET after 301, 302 and 303 unless it was told otherwise.
      const turned = [301, 302, 303].includes(before?.status ?? 0);
      this.#open = {
        method: turned ? 'GET' : (before?.method ?? asked?.method ?? (asked ? 'GET' : 'POST')),
        url: followed ? new URL(location, from || undefined).href : from,
        rpc: turned ? undefined : asked?.rpc,
        credentials: asked ? (asked.credentials ? 'sent' : 'none') : 'unknown',
        // What curl and wget accept unless they are told otherwise.
        requestHeaders: asked && { accept: '*/*', ...asked.headers },
        headers: {},
        body: [],
        size: 0,
      };
    }
    const open = this.#open as Open;
    this.#name(open);
    open.status = status;
    open.statusText = text?.trim() || undefined;
    open.httpVersion = version;
    open.headers = {};
    open.body = [];
    this.#at = 'response';
  }

  /** The whole URL and the credentials of a request whose headers are known. */
  #name(open: Open): void {
    if (!open.requestHeaders) return;
    const host = Object.entries(open.requestHeaders).find(([name]) => /^host$/i.test(name))?.[1];
    const secure = this.#ways.at(-1)?.tls ?? /^https:/i.test(this.#asked?.url ?? '');
    if (open.url.startsWith('/') && host) open.url = `${secure ? 'https' : 'http'}://${host}${open.url}`;
    this.secrets.push(...secretsOfRequest(open.requestHeaders, open.url));
    if (Object.keys(open.requestHeaders).some(isCredential) || this.#asked?.credentials) open.credentials = 'sent';
  }

  #failed(code: number, words: string): void {
    // curl tells its error after it closed the connection.
    (this.#ways.at(-1) ?? this.#way).curl(code, words);
    const status = code === 22 ? /error: (?<status>\d{3})/.exec(words)?.groups?.status : undefined;
    if (status && this.#open?.status === undefined) {
      this.#answer(Number(status), undefined, undefined);
      this.#end();
      return;
    }
    const open = this.#open;
    if (!open) return;
    this.#name(open);
    // With an answer begun, the time that ran out is the one that the user gave.
    const answered = open.status !== undefined;
    const kinds: Partial<Record<number, string>> = {
      1: 'HPE_INVALID_CONSTANT',
      8: 'HPE_INVALID_CONSTANT',
      16: 'ERR_HTTP2_ERROR',
      18: 'UND_ERR_SOCKET',
      52: 'UND_ERR_SOCKET',
      55: errnoOf(words, 'EPIPE'),
      56: errnoOf(words, 'ECONNRESET'),
      92: 'ERR_HTTP2_STREAM_ERROR',
      ...(!answered && { 28: 'UND_ERR_HEADERS_TIMEOUT' }),
    };
    const kind = kinds[code];
    if (kind)
      open.error = {
        code: kind,
        message: `curl: (${code}) ${words}`.slice(0, 300),
        phase: answered ? 'body' : 'headers',
      };
    if (answered && open.body.length === 0) this.#at = 'body';
    else this.#end();
  }

  /** Whether the line was one of wget's. */
  #wget(line: string): boolean {
    const url = WGET_START.exec(line)?.groups?.url;
    if (url) {
      this.#begin(this.#asked?.method ?? 'GET', url, undefined);
      if (this.#open)
        this.#open = {
          ...this.#open,
          credentials: this.#asked ? (this.#asked.credentials ? 'sent' : 'none') : 'unknown',
          requestHeaders: { accept: '*/*', ...this.#asked?.headers },
        };
      const last = this.#ways.at(-1);
      if (last) last.over = true;
      const way = new Way();
      way.aim(url);
      this.#ways.push(way);
      return true;
    }
    const unknown = /^Resolving (?<name>[^\s(]{1,253}).{0,300}\.\.\. failed: (?<words>.*)$/.exec(line)?.groups;
    const to = WGET_CONNECT.exec(line)?.groups;
    const answer = WGET_STATUS.exec(line)?.groups;
    if (unknown?.name) this.#way.dns(unknown.name, line);
    else if (to) this.#way.wget(to.name ?? '', to.address, to.port, to.outcome ?? '');
    else if (answer?.status) this.#answer(Number(answer.status), answer.text, undefined);
    else if (answer?.words && this.#open)
      this.#open.error = {
        code: errnoOf(answer.words, 'UND_ERR_SOCKET'),
        message: answer.words.slice(0, 300),
        phase: 'headers',
      };
    else if (WGET_TLS.test(line)) this.#way.tlsFailed(line);
    else return answer !== undefined || /^(?:Resolving \S+ |Reusing existing connection to )/.test(line);
    return true;
  }

  #header(line: string): boolean {
    const text = this.#marked ? line.replace(/^[<>] ?/, '') : line.trimStart();
    const { name, value = '' } = HEADER.exec(text.trimEnd())?.groups ?? {};
    const open = this.#open;
    if (!name || !open) return false;
    const headers = this.#at === 'request' ? (open.requestHeaders ?? {}) : open.headers;
    if (/^set-cookie$/i.test(name)) this.secrets.push(...secretsOfCookies([value]));
    headers[this.#at === 'request' ? name : name.toLowerCase()] = value;
    return true;
  }

  /** Whether the body is complete: by its length, or because nothing can follow what stands there. */
  get #complete(): boolean {
    const open = this.#open;
    if (!open || open.body.length === 0) return false;
    const length = Number(open.headers['content-length'] ?? Number.NaN);
    const text = open.body.join('\n');
    if (length > 0) return text.length >= length;
    if (/event-stream/.test(open.headers['content-type'] ?? '')) return false;
    return /[}\]]\s*$|<\/html>\s*$/i.test(text.slice(-20)) || !/^\s*[{[<]/.test(text);
  }

  #line(line: string): void {
    const curl = CURL_ERROR.exec(line)?.groups;
    if (curl) {
      this.#failed(Number(curl.code), curl.words ?? '');
      this.rest.push(line);
      return;
    }
    const request = REQUEST.exec(line)?.groups ?? BARE_REQUEST.exec(line)?.groups;
    if (request?.method) {
      this.#marked = line.startsWith('>');
      this.#begin(request.method, request.path ?? '', request.version);
      return;
    }
    const answer = RESPONSE.exec(line)?.groups;
    if (answer) {
      this.#marked = answer.mark !== undefined;
      this.#answer(Number(answer.status), answer.text, answer.version);
      return;
    }
    if (/^\*(?: |$)/.test(line) && (this.#marked || this.#at === 'outside' || / /.test(line.slice(2)))) {
      const said = line.slice(2);
      if (/^\s*(?:Host \S+ was resolved|\s*Trying )/.test(said) && this.#open?.status !== undefined) this.#end();
      this.#way.note(` ${said}`.replace(/^ (?= )/, ''));
      return;
    }
    if (NOISE.test(line) || this.#wget(line)) return;
    this.#inside(line);
  }

  /** A document that curl printed without its headers. Of other answers the body alone says too little. */
  #document(line: string): void {
    const asked = this.#asked;
    if (!asked?.url || !/\/\.well-known\/(?:oauth|openid)/.test(asked.url) || !/^\s*\{/.test(line)) return;
    this.#begin(asked.method ?? 'GET', asked.url, undefined);
    this.#at = 'body';
    if (this.#open) this.#open.credentials = asked.credentials ? 'sent' : 'none';
  }

  /** A line of headers or of a body, or none of either. */
  #inside(line: string): void {
    if (this.#at === 'request') {
      if (this.#marked ? line.startsWith('>') : line.trim() !== '') {
        if (this.#header(line)) return;
        if (this.#marked) return;
      }
      // httpie prints the body of the request behind its headers.
      const open = this.#open as Open;
      open.rpc ??= /"method"\s*:\s*"(?<method>[\w/$.-]{1,80})"/.exec(line)?.groups?.method;
      return;
    }
    if (this.#at === 'response') {
      if (this.#marked ? line.startsWith('<') : line.trim() !== '') {
        if (this.#header(line)) return;
        if (this.#marked && /^<\s*$/.test(line)) {
          this.#at = 'body';
          return;
        }
      }
      this.#at = 'body';
      if (line.trim() === '') return;
    }
    if (this.#at === 'outside') this.#document(line);
    const open = this.#open;
    if (this.#at !== 'body' || !open) {
      this.rest.push(line);
      return;
    }
    const over =
      (line.trim() === '' && this.#complete) ||
      (!BODY_LINE.test(line) &&
        (PROMPT.test(line) || CLIENT_WORDS.test(line) || (this.#complete && line.trim() !== '')));
    if (over) {
      this.#end();
      this.rest.push(line);
      return;
    }
    if (open.size > MAX_BODY || open.body.length > MAX_BODY_LINES) return;
    open.size += line.length + 1;
    open.body.push(line);
  }

  read(lines: string[]): void {
    for (let i = 0; i < lines.length; i++) {
      const command = commandAt(lines, i);
      if (command) {
        this.#command(readCommand(command.command));
        i += command.lines - 1;
        continue;
      }
      const line = (lines[i] ?? '').trimEnd().replace(GLUED, '');
      const behind = /^[*<>]/.test(line) ? null : BEHIND.exec(line);
      if (behind && behind.index > 0) {
        this.#line(line.slice(0, behind.index));
        this.#line(behind[0]);
      } else this.#line(line);
    }
    this.#end();
  }

  get network(): Evidence['network'] | undefined {
    const way = this.#ways.findLast((one) => one.failed) ?? this.#ways.at(-1);
    return way?.evidence();
  }
}

/** Whether the lines hold HTTP as a tool prints it. */
const PRINTED =
  /^(?:< |RawContent\s+: |\s{2})?HTTP\/[\d.]{1,3} [1-5]\d\d(?: [\w '-]{1,60})?\s*$|^> (?:GET|POST|PUT|DELETE|OPTIONS|HEAD|CONNECT) \S+ HTTP\/|^(?:[\s\d.:kMG-]{0,120})\* {1,3}(?:Trying |Host \S+ was resolved|Could not resolve)|^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d-- {2}http|^curl: \(\d{1,3}\) |^\S{0,60} ?[$#>❯%] ?curl \S.{0,400}\/\.well-known\/(?:oauth|openid)/;

/** The exchanges in a text; undefined when it holds no transcript. */
export function transcriptIn(given: string[]): Transcript | undefined {
  const lines = given.map((line) => line.slice(0, 20_000));
  // Quoted in a mail: the marks of curl stand behind the mark of the quotation.
  const said = lines.filter((line) => line.trim() !== '');
  const inMail =
    said.length > 2 && said.every((line) => /^> ?/.test(line)) && said.some((line) => /^> [<>*] /.test(line));
  const bare = inMail ? lines.map((line) => line.replace(/^> ?/, '')) : lines;
  if (!bare.some((line) => PRINTED.test(line))) return undefined;
  const reader = new Reader();
  reader.read(bare);
  const { exchanges, network, rest, secrets } = reader;
  return { exchanges, network, rest, secrets: [...new Set(secrets)] };
}
