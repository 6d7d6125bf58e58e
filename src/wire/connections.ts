/** The TCP and TLS connections of one investigation: bounded in number, timed by phase, counted, and guarded. */
import { lookup as dnsLookup } from 'node:dns';
import { Agent, type AgentOptions, type RequestOptions } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Exchange } from '../case/evidence.js';
import { MAX_BODY } from './http-body.js';
import { AT_ONCE, Turns } from './turns.js';

/** Answers of one investigation that may run out of time or bounds. Behind them the server is asked no more. */
const PATIENCE = 5;
/** What is read of a body once one was without bounds. */
const WARY_BODY = 64 * 1024;

export interface ConnectionOptions {
  connectTimeoutMs: number;
  /** Called with every address before a byte goes there; a reason refuses it. */
  refuse?(address: string): string | null;
  /** Credentials belong to this origin, and go to no other: neither in a header nor in a URL. */
  home?: { origin: string; secrets: readonly string[] };
  /** Values that no name of a header may say back, where there is no `home` that holds them. */
  secrets?: readonly string[];
  /** Turns that several investigations share. Without it, an investigation has its own. */
  turns?: Turns;
}

/** Adds to each request what proves that its sender may use the credentials in it, and hears what the answers say of that. */
export interface Prover {
  headersFor(method: string, url: string, headers: Record<string, string>): Record<string, string>;
  hear(url: string, headers: Record<string, string>): void;
}

/** An address that must not be connected to, in the form of a system error. */
const refusal = (address: string, why: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${address} is not connected to: ${why}`), { code: 'ADDRESS_REFUSED' });

const decodeURIComponentOr = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Connections to the hosts of one investigation. Close it when done: a kept-alive socket would keep the process alive. */
export class Connections {
  readonly options: ConnectionOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #numbers = new WeakMap<Socket, number>();
  readonly #turns: Turns;
  readonly #onIdleBytes = new WeakMap<Socket, () => void>();
  /** Proves the use of credentials that are bound to a key. */
  prover: Prover | undefined;
  #count = 0;
  #lost = 0;
  #drowned = false;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.#turns = options.turns ?? new Turns();
  }

  /** Bytes of the next body that are worth reading. */
  get allowed(): number {
    return this.#drowned ? WARY_BODY : MAX_BODY;
  }

  /** Why nothing more is asked here, once too many answers ran out of time or bounds. */
  get givenUp(): string | undefined {
    return this.#lost < PATIENCE ? undefined : `${PATIENCE} answers ran out of time or bounds`;
  }

  /** An answer ran out of time or of bounds. */
  lost(stopped: Exchange['stopped']): void {
    this.#lost++;
    this.#drowned ||= stopped !== undefined && stopped !== 'endless';
  }

  /** Call `tell` when bytes come on a connection that nobody has asked anything. */
  watchIdle(socket: Socket, tell: () => void): void {
    this.#onIdleBytes.set(socket, tell);
  }

  /** Headers and URL of a request as they may go out: what is secret stays with the origin it was given for. */
  withhold(url: string, headers: Record<string, string>): { url: string; headers: Record<string, string> } {
    const { home } = this.options;
    if (!home || new URL(url).origin === home.origin) return { url, headers };
    const within = (text: string) => home.secrets.some((secret) => text.includes(secret));
    const foreign = new URL(url);
    foreign.username = '';
    foreign.password = '';
    for (const [name, value] of [...foreign.searchParams])
      if (within(value) || within(`${name}=${value}`)) foreign.searchParams.set(name, 'withheld');
    const { pathname } = foreign;
    if (within(decodeURIComponentOr(pathname))) foreign.pathname = '/withheld';
    return {
      url: foreign.href,
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => !within(value))),
    };
  }

  /** Headers and URL of a request as they go out: without secrets that belong elsewhere, with the proof that belongs to them. */
  outgoing({ method, url, headers }: { method: string; url: string; headers: Record<string, string> }): {
    url: string;
    headers: Record<string, string>;
  } {
    const own = this.withhold(url, headers);
    return { ...own, headers: { ...own.headers, ...this.prover?.headersFor(method, own.url, own.headers) } };
  }

  /** What `request` of node:http or node:https needs to use a kept connection, or one of its own. Throws when the address is refused. */
  async at(url: URL, fresh = false): Promise<RequestOptions> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const why = isIP(host) ? this.options.refuse?.(host) : null;
    if (why) throw refusal(host, why);
    return { agent: await this.#agent(url.protocol, fresh), lookup: this.#lookup };
  }

  /** The number of a connection, counted from 1 in the order of their first use. */
  numberOf(socket: Socket): number {
    const known = this.#numbers.get(socket);
    if (known !== undefined) return known;
    this.#numbers.set(socket, ++this.#count);
    return this.#count;
  }

  /** Response headers without those whose very name says back a secret: names are lower case, which no redaction expects. */
  tellable(headers: Record<string, string>): Record<string, string> {
    const secrets = (this.options.home?.secrets ?? this.options.secrets ?? []).map((secret) => secret.toLowerCase());
    const all = Object.entries(headers);
    return Object.fromEntries(all.filter(([name]) => !secrets.some((secret) => name.includes(secret))));
  }

  /** Wait until fewer than four exchanges with a host are under way. Call what it resolves to when the exchange is over. */
  turn(url: string, signal?: AbortSignal): Promise<() => void> {
    return this.#turns.next(new URL(url).hostname, signal);
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #agent(protocol: string, fresh: boolean): Promise<Agent> {
    const key = `${protocol}${fresh}`;
    const known = this.#agents.get(key);
    if (known) return known;
    // One more than may ask at a time: an open stream of events asks nothing.
    const options: AgentOptions = { keepAlive: !fresh, maxSockets: AT_ONCE + 1, maxFreeSockets: AT_ONCE };
    // TLS is loaded for those who use it.
    const made = protocol === 'https:' ? new (await import('node:https')).Agent(options) : new Agent(options);
    this.#guardIdle(made);
    // Another exchange may have been as fast.
    const first = this.#agents.get(key) ?? made;
    this.#agents.set(key, first);
    return first;
  }

  /** Bytes on an idle connection would be taken for the answer to the next request: such a connection is given up. */
  #guardIdle(agent: Agent): void {
    const guards = new WeakMap<Socket, () => void>();
    const { keepSocketAlive, reuseSocket } = agent as unknown as Record<
      'keepSocketAlive' | 'reuseSocket',
      (socket: Socket, request?: unknown) => boolean
    >;
    Object.assign(agent, {
      keepSocketAlive: (socket: Socket) => {
        const guard = () => {
          this.#onIdleBytes.get(socket)?.();
          socket.destroy();
        };
        guards.set(socket, guard);
        socket.once('data', guard);
        return keepSocketAlive.call(agent, socket);
      },
      reuseSocket: (socket: Socket, request: unknown) => {
        socket.removeListener('data', guards.get(socket) ?? (() => {}));
        return reuseSocket.call(agent, socket, request);
      },
    });
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    dnsLookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
      const refused = addresses.flatMap((one) => {
        const why = this.options.refuse?.(one);
        return why ? [refusal(one, why)] : [];
      })[0];
      if (error || refused) callback((error ?? refused) as NodeJS.ErrnoException, '', 0);
      else callback(null, address, family);
    });
  };
}
