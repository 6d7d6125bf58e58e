/**
 * The redirect URI of a program on a person's own machine (RFC 8252 section 7.3): a listener on loopback that takes one answer of an
 * authorization server and is gone. Every page in every browser and every program of the machine can reach it meanwhile, so what does
 * not belong to this sign-in neither ends the wait nor learns anything.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { htmlOf, PAGE_HEADERS, PAGES, type Page, pageFor } from './callback-page.js';
import { WrongUse } from './wrong-use.js';

/** Authorization servers put signed documents into codes: kilobytes, not more. */
const MAX_HEADER_BYTES = 32 * 1024;
/** For one connection, from its first byte to its last. A browser on the same machine needs milliseconds. */
const CONNECTION_MS = 5_000;
/** The oldest connection makes room for the newest: whoever opens many and says nothing keeps nobody out. */
const MAX_CONNECTIONS = 64;
/** Answers of another sign-in that are put up with. */
const MAX_STRAYS = 100;
/** For the page to reach the browser, before everything is closed. */
const FLUSH_MS = 1_000;
const FREE_PORT_TRIES = 10;

/** A request that is not the answer. `empty`: it holds neither a code nor an error, so it is nobody's answer. */
export type Stray = 'state-missing' | 'state-wrong' | 'empty' | 'repeated' | 'host' | 'method' | 'path' | 'malformed';

export interface CallbackOptions {
  /** As it is registered. Without a port any free one is taken, which RFC 8252 lets every authorization server accept. */
  redirectUri?: string;
  /** The `state` of the authorization request. */
  expectedState: string;
  waitMs: number;
  signal?: AbortSignal;
  maxStrays?: number;
  /** Told of each request that is not the answer, without anything of its content. */
  onStray?(stray: Stray): void;
}

export interface Callback {
  /** For the authorization request: the given one to the letter, or the one that was made. */
  redirectUri: string;
  /** The parameters of the answer, with `state` checked. Undefined when none came: see `ended`. */
  wait(): Promise<URLSearchParams | undefined>;
  ended(): 'answered' | 'timeout' | 'aborted' | 'closed' | 'too-many-strays' | undefined;
  strays(): Partial<Record<Stray, number>>;
  /** Stop listening and drop every connection. */
  close(): Promise<void>;
}

interface Place {
  /** As browsers write it into the Host header, without port. */
  host: string;
  addresses: string[];
  /** 0: any free one. */
  port: number;
  path: string;
  uri(port: number): string;
}

const ADDRESSES: Record<string, string[]> = {
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
  // Which family a browser tries first is its own matter; another program must not answer on the other one.
  localhost: ['127.0.0.1', '::1'],
};

function placeOf(redirectUri: string | undefined): Place {
  if (redirectUri === undefined) {
    const uri = (port: number) => `http://127.0.0.1:${port}/callback`;
    return { host: '127.0.0.1', addresses: ['127.0.0.1'], port: 0, path: '/callback', uri };
  }
  const wrong = (why: string) =>
    new WrongUse(`The redirect URI ${why}. Give one on this machine, for example http://127.0.0.1:8123/callback.`);
  if (/[^\x21-\x7e]/.test(redirectUri) || !URL.canParse(redirectUri)) throw wrong('is no URL');
  const url = new URL(redirectUri);
  if (url.protocol !== 'http:') throw wrong(`begins with ${url.protocol}, and only http: can be listened on here`);
  if (url.username !== '' || url.password !== '') throw wrong('holds a user name or a password');
  // RFC 6749 section 3.1.2. A query of its own is allowed there, and no client of MCP has one.
  if (redirectUri.includes('#')) throw wrong('has a fragment (#), which OAuth forbids');
  if (url.search !== '') throw wrong('has a query (?), which could not be told from the answer');
  const addresses = ADDRESSES[url.hostname];
  if (!addresses) throw wrong(`leads to ${url.hostname}, which is not this machine`);
  const withPort = /^[^/]*\/\/[^/]*:(\d+)(?:\/|$)/.exec(redirectUri);
  const uri = (port: number) => {
    if (withPort) return redirectUri;
    const made = new URL(redirectUri);
    made.port = String(port);
    return made.href;
  };
  return { host: url.hostname, addresses, port: withPort ? Number(withPort[1]) : 0, path: url.pathname, uri };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** The machine has no such address: IPv6 is switched off. */
const NO_SUCH_ADDRESS = /^(?:EADDRNOTAVAIL|EAFNOSUPPORT)$/;

/** Listen on every address at the same port. */
async function openAt({ addresses, port }: Place, make: () => Server): Promise<{ servers: Server[]; port: number }> {
  for (let tries = 1; ; tries++) {
    const servers: Server[] = [];
    let taken = port;
    let at = '';
    try {
      for (const address of addresses) {
        const server = make();
        at = address;
        try {
          await listen(server, address, taken);
        } catch (error) {
          if (servers.length && NO_SUCH_ADDRESS.test(codeOf(error))) continue;
          throw error;
        }
        servers.push(server);
        taken = (server.address() as AddressInfo).port;
      }
      return { servers, port: taken };
    } catch (error) {
      for (const server of servers) server.close();
      const code = codeOf(error);
      if (code === 'EADDRINUSE' && port === 0 && tries < FREE_PORT_TRIES) continue;
      const where = `${at.includes(':') ? `[${at}]` : at}:${taken}`;
      if (code === 'EADDRINUSE')
        throw new WrongUse(
          `The redirect URI needs ${where}, where another program listens already. End that program, or give a redirect URI with another port that is registered, too.`,
        );
      if (code === 'EACCES')
        throw new WrongUse(
          `The redirect URI needs ${where}, where only an administrator may listen. Give a redirect URI with a port above 1023.`,
        );
      throw new WrongUse(`Nothing can listen at ${where} for the answer to the sign-in (${code || 'unknown error'}).`);
    }
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The status, the page, and what is counted; `answer` when it is the one waited for. */
interface Reply {
  status: number;
  page: Page;
  stray?: Stray;
  answer?: URLSearchParams;
}

function judge(request: IncomingMessage, { host, path }: Place, port: number, expected: Buffer): Reply {
  const own = [`${host}:${port}`, ...(port === 80 ? [host] : [])];
  // A page of elsewhere whose name was turned to 127.0.0.1 asks under that name.
  if (!own.includes(request.headers.host?.toLowerCase() ?? ''))
    return { status: 403, page: PAGES.otherHost, stray: 'host' };
  const [asked = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  if (asked !== path) return { status: 404, page: PAGES.otherPath, stray: 'path' };
  if (request.method !== 'GET') return { status: 405, page: PAGES.otherMethod, stray: 'method' };
  const answer = new URLSearchParams(query);
  const states = answer.getAll('state');
  const empty = !answer.has('code') && !answer.has('error');
  const stray = empty ? 'empty' : states.length === 0 ? 'state-missing' : 'state-wrong';
  if (states.length === 0) return { status: 400, page: PAGES.otherState, stray };
  // RFC 6749 section 3.1: which of two would be meant is a matter of taste, and of attack.
  if (new Set(answer.keys()).size !== [...answer.keys()].length)
    return { status: 400, page: PAGES.repeated, stray: 'repeated' };
  if (!timingSafeEqual(digest(states[0] ?? ''), expected)) return { status: 400, page: PAGES.otherState, stray };
  return { status: answer.has('error') || !answer.get('code') ? 400 : 200, page: pageFor(answer), answer };
}

const MALFORMED: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Start to listen. @throws WrongUse when the redirect URI is none for this machine, or its port is taken. */
export async function listenForCallback(options: CallbackOptions): Promise<Callback> {
  const { expectedState, waitMs, signal, maxStrays = MAX_STRAYS, onStray } = options;
  if (expectedState === '') throw new RangeError('a sign-in without state cannot be told from any other');
  const place = placeOf(options.redirectUri);
  const expected = digest(expectedState);
  const sockets = new Set<Socket>();
  const counted: Partial<Record<Stray, number>> = {};
  let ended: ReturnType<Callback['ended']>;
  let settle: (answer: URLSearchParams | undefined) => void = () => {};
  const result = new Promise<URLSearchParams | undefined>((resolve) => {
    settle = resolve;
  });

  const note = (stray: Stray): void => {
    counted[stray] = (counted[stray] ?? 0) + 1;
    onStray?.(stray);
  };
  const guard = (socket: Socket): void => {
    const [oldest] = sockets;
    if (sockets.size >= MAX_CONNECTIONS) oldest?.destroy();
    sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), CONNECTION_MS);
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      sockets.delete(socket);
    });
  };
  /** Known once every address is listened on; who is faster than that is turned away. */
  let port: number | undefined;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    if (ended || port === undefined) {
      socket.destroy();
      return;
    }
    const { status, page, stray, answer } = judge(request, place, port, expected);
    if (stray) note(stray);
    response.writeHead(status, { ...PAGE_HEADERS, ...(status === 405 && { allow: 'GET' }) });
    const { 'state-missing': missing = 0, 'state-wrong': wrong = 0, empty = 0, repeated = 0 } = counted;
    const flushed = new Promise((done) => socket.once('close', done));
    // Before the page ends: a connection whose answer is finished counts as idle, and closing the server would drop it.
    if (answer) finish('answered', answer, flushed);
    else if (missing + wrong + empty + repeated >= maxStrays) finish('too-many-strays', undefined, flushed);
    response.end(htmlOf(page));
  };
  const make = (): Server => {
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: CONNECTION_MS }, handle);
    server.on('connection', guard);
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // What still arrives of it is an error once more, and is left to the time of the connection: the answer is under way.
      if (!socket.writable) return;
      note('malformed');
      const status = MALFORMED[error.code ?? ''] ?? '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    });
    return server;
  };

  if (signal?.aborted) ended = 'aborted';
  const opened = ended ? { servers: [], port: place.port } : await openAt(place, make);
  const { servers } = opened;
  port = opened.port;
  let closing: Promise<void> | undefined;
  /** No new connection from now on; those that are open end with the page, or after a moment. */
  const shut = (flushed: Promise<unknown>): Promise<void> => {
    closing ??= (async () => {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, FLUSH_MS);
      });
      await Promise.race([flushed, late]);
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    })();
    return closing;
  };
  const abort = (): void => finish('aborted', undefined);
  const timer = setTimeout(() => finish('timeout', undefined), waitMs);
  function finish(
    why: NonNullable<typeof ended>,
    answer: URLSearchParams | undefined,
    flushed: Promise<unknown> = Promise.resolve(),
  ): void {
    if (ended) return;
    ended = why;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    void shut(flushed).then(() => settle(answer));
  }
  signal?.addEventListener('abort', abort, { once: true });
  if (ended || signal?.aborted) {
    clearTimeout(timer);
    ended = 'aborted';
    await shut(Promise.resolve());
    settle(undefined);
  }
  return {
    redirectUri: place.uri(opened.port),
    wait: () => result,
    ended: () => ended,
    strays: () => ({ ...counted }),
    async close() {
      finish('closed', undefined);
      await shut(Promise.resolve());
    },
  };
}
