/** A conversation with a server, whatever carries it. The handshake and the catalog are read through this. */
import type { SystemError } from '../case/evidence.js';
import type { ErrorObject } from './json-rpc.js';

/** What became of a request. */
export type Outcome =
  | { kind: 'result'; result: Record<string, unknown>; ms: number }
  | { kind: 'rpc-error'; error: ErrorObject; ms: number }
  /** A reply came, and it breaks JSON-RPC or is no MCP reply at all. */
  | { kind: 'invalid'; problems: string[]; ms: number }
  | { kind: 'unanswered'; ms: number }
  /** The transport ended before the reply. */
  | { kind: 'closed'; ms: number }
  /** HTTP only: a status that carries no JSON-RPC reply. */
  | { kind: 'http-status'; status: number; ms: number }
  | { kind: 'network-error'; error: SystemError; ms: number };

export interface RequestOptions {
  timeoutMs: number;
  /** Headers of the stateless era and of sessions are set by the channel from this. */
  era: 'initialize' | 'discover';
  /** Headers that belong to this request alone: parameters of a call that are mirrored. HTTP only. */
  headers?: Record<string, string>;
}

/** What a client answers when the server asks something. */
export type Answer = { result: Record<string, unknown> } | { error: ErrorObject };

export interface Channel {
  request(method: string, params: Record<string, unknown> | undefined, options: RequestOptions): Promise<Outcome>;
  notify(method: string, params: Record<string, unknown> | undefined, options: RequestOptions): Promise<void>;
  /** False once the transport has ended: nothing more can be asked. */
  readonly open: boolean;
  /** Tell the channel what the handshake agreed, for headers. */
  agreed(revision: string): void;
}
