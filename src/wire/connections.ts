/** The TCP and TLS connections of one investigation: bounded in number, timed by phase, counted, and guarded. */
import { lookup as dnsLookup } from 'node:dns';
import { Agent, type AgentOptions, type RequestOptions } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';

/** Never more than this many exchanges and connections at a time. */
const AT_ONCE = 4;

export interface ConnectionOptions {
  connectTimeoutMs: number;
  /** Called with every address before a byte goes there; a reason refuses it. */
  refuse?(address: string): string | null;
}

/** An address that must not be connected to, in the form of a system error. */
const refusal = (address: string, why: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${address} is not connected to: ${why}`), { code: 'ADDRESS_REFUSED' });

/** Connections to the hosts of one investigation. Close it when done: a kept-alive socket would keep the process alive. */
export class Connections {
  readonly options: ConnectionOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #numbers = new WeakMap<Socket, number>();
  readonly #waiting: (() => void)[] = [];
  #count = 0;
  #busy = 0;

  constructor(options: ConnectionOptions) {
    this.options = options;
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

  /** Wait until fewer than four exchanges are under way. Call what it resolves to when the exchange is over. */
  async turn(): Promise<() => void> {
    if (this.#busy >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy--;
    };
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #agent(protocol: string, fresh: boolean): Promise<Agent> {
    const key = `${protocol}${fresh}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const options: AgentOptions = { keepAlive: !fresh, maxSockets: AT_ONCE, maxFreeSockets: AT_ONCE };
    // TLS is loaded for those who use it.
    const made = protocol === 'https:' ? new (await import('node:https')).Agent(options) : new Agent(options);
    this.#agents.set(key, made);
    return made;
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
