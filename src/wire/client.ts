/**
 * A client behind an open conversation: lists in full, and requests as far as their final result. The probe reads lists for what is
 * wrong with them (probe/catalog.ts); this is for those who use what a server offers.
 */
import type { Answer, Channel, Outcome, RequestOptions } from './channel.js';
import { parameterHeaders, whyNotMirrored } from './mirrored-headers.js';
import { type ClientCapabilities, type ClientInfo, modernMeta } from './revisions.js';

const MAX_PAGES = 100;
/** How often a server may ask for more before it gives its result. */
const MAX_ROUNDS = 10;

export interface Tool {
  name: string;
  inputSchema?: unknown;
}

export interface ClientOptions {
  era: RequestOptions['era'];
  clientInfo: ClientInfo;
  timeoutMs: number;
  capabilities?: ClientCapabilities;
  /** Gives the input a server asks for; an error, when there is none. Without it, a result that asks for input is the last. */
  provide?(request: { method: string; params?: Record<string, unknown> }): Promise<Answer>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class Client {
  readonly #channel: Channel;
  readonly #options: ClientOptions;
  /** Tools that were left out of the last list, and why. */
  refused: { name: string; why: string }[] = [];

  constructor(channel: Channel, options: ClientOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  /** Send a request and give what is asked for until the final result is there. What is no result is left to the caller. */
  async request(method: string, params: Record<string, unknown> = {}, headers?: Record<string, string>) {
    let outcome = await this.#send(method, params, headers);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const more = outcome.kind === 'result' && (await this.#input(outcome.result));
      if (!more) break;
      outcome = await this.#send(method, { ...params, ...more }, headers);
    }
    return outcome;
  }

  /** Call a tool that `tools` listed. */
  call({ name, inputSchema }: Tool, args: Record<string, unknown> = {}): Promise<Outcome> {
    return this.request('tools/call', { name, arguments: args }, parameterHeaders(inputSchema, args));
  }

  /** The tools that may be used: in the stateless era a client leaves out those it could not call by the rules. */
  async tools(): Promise<Tool[]> {
    const named = (await this.list('tools/list', 'tools')).filter((tool): tool is { name: string } & typeof tool =>
      Boolean(tool.name && typeof tool.name === 'string'),
    );
    const judged = named.map((tool) => ({
      tool,
      why: this.#options.era === 'discover' ? whyNotMirrored(tool.inputSchema) : undefined,
    }));
    this.refused = judged.flatMap(({ tool, why }) => (why === undefined ? [] : [{ name: tool.name, why }]));
    return judged.flatMap(({ tool, why }) => (why === undefined ? [tool] : []));
  }

  /** All pages of a list, as far as they were given. */
  async list(method: string, key: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    const seen = new Set<unknown>();
    for (let cursor: unknown; seen.size < MAX_PAGES && !seen.has(cursor); ) {
      seen.add(cursor);
      const outcome = await this.request(method, cursor === undefined ? {} : { cursor });
      if (outcome.kind !== 'result') break;
      const { [key]: page, nextCursor } = outcome.result;
      if (Array.isArray(page)) items.push(...page.filter(isObject));
      // An empty cursor names a page in 2026-07-28 only (server/utilities/pagination).
      if (typeof nextCursor !== 'string' || (nextCursor === '' && this.#options.era === 'initialize')) break;
      cursor = nextCursor;
    }
    return items;
  }

  #send(method: string, params: Record<string, unknown>, headers?: Record<string, string>): Promise<Outcome> {
    const { era, clientInfo, timeoutMs, capabilities } = this.#options;
    const all = era === 'discover' ? { ...params, ...modernMeta(clientInfo, capabilities) } : params;
    const given = Object.keys(all).length > 0 ? all : undefined;
    return this.#channel.request(method, given, { timeoutMs, era, ...(era === 'discover' && headers && { headers }) });
  }

  /**
   * What goes into the next round, when the result asks for one (2026-07-28, basic/patterns/mrtr). The state is the server's own: it
   * goes back as it came, and only with the request it belongs to.
   */
  async #input(result: Record<string, unknown>): Promise<Record<string, unknown> | undefined> {
    const { provide, era } = this.#options;
    if (era !== 'discover' || result.resultType !== 'input_required' || !provide) return undefined;
    const { inputRequests, requestState } = result;
    const state = requestState !== undefined && { requestState };
    if (inputRequests === undefined) return state || undefined;
    if (!isObject(inputRequests)) return undefined;
    const responses: [string, unknown][] = [];
    for (const [key, request] of Object.entries(inputRequests)) {
      if (!isObject(request) || typeof request.method !== 'string') return undefined;
      const params = isObject(request.params) ? request.params : undefined;
      const given = await provide({ method: request.method, params });
      // There is no way to refuse a single input: without it, the request ends here.
      if ('error' in given) return undefined;
      responses.push([key, given.result]);
    }
    return { inputResponses: Object.fromEntries(responses), ...state };
  }
}
