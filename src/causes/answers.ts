/** The HTTP answers that decide about a connection, live or reported. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { failed, WORDS } from './words.js';

/** Kinds a cause lists in `uses` when it reads answers. */
export const ANSWERS = ['http', ...WORDS] as const;

/**
 * The HTTP answers that decide: those that should have opened the conversation or, when it is open, read the lists.
 * Our own looking around and a browser's preflight are no part of it.
 */
export function answers({ http, handshake }: Partial<Evidence>): { exchange: Exchange; at: string; live: boolean }[] {
  const opened = handshake !== undefined && !failed({ handshake });
  const wanted = opened
    ? /^(?:tools|resources|prompts)\//
    : /^(?:initialize|server\/discover|open-sse-stream|reported)$/;
  return (http?.exchanges ?? [])
    .map((exchange, i) => ({ exchange, at: at('http', 'exchanges', i), live: exchange.purpose !== 'reported' }))
    .filter(({ exchange }) => wanted.test(exchange.purpose) && exchange.method !== 'OPTIONS');
}

export const isRpc = (body: string | undefined): boolean => /"jsonrpc"\s*:/.test(body ?? '');

/** A GET on a Streamable HTTP server opens its optional stream: what it answers says nothing about the endpoint. */
export const isStreamGet = ({ method }: Exchange, { reported }: Partial<Evidence>): boolean =>
  method === 'GET' && reported?.transport !== 'sse';
