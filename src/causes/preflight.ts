/** What the answer to a preflight allows a page, and what it keeps from it. */
import type { Exchange } from '../case/evidence.js';

export const NEEDED = ['content-type', 'mcp-protocol-version', 'mcp-session-id'];

export const header = (exchange: Exchange | undefined, name: string): string | undefined => exchange?.headers?.[name];
const listOf = (value: string | undefined): string[] => (value ?? '').split(',').map((one) => one.trim().toLowerCase());
export const isOk = ({ status = 0 }: Exchange): boolean => status >= 200 && status < 300;

/** What a browser misses in the answer to its preflight, of the headers that the request will carry. */
export function preflightGaps(preflight: Exchange, wanted: string[]): string[] {
  const { status } = preflight;
  if (status !== undefined && !isOk(preflight)) return [`OPTIONS is answered ${status}`];
  const origin = header(preflight, 'access-control-allow-origin');
  if (origin === undefined) return ['the answer to OPTIONS has no Access-Control-Allow-Origin'];
  // A server and its proxy both add it: browsers take one value.
  if (origin.includes(',')) return [`Access-Control-Allow-Origin stands there twice (${origin})`];
  const allowed = listOf(header(preflight, 'access-control-allow-headers'));
  // The star stands for every header but Authorization.
  const missing = wanted.filter(
    (name) => !allowed.includes(name) && !(allowed.includes('*') && name !== 'authorization'),
  );
  return missing.length ? [`Access-Control-Allow-Headers lacks ${missing.join(', ')}`] : [];
}

export const exposes = (exchange: Exchange): boolean =>
  /\*|mcp-session-id/i.test(header(exchange, 'access-control-expose-headers') ?? '');

/** A reported exchange: a preflight, or an answer with CORS headers that keep the session to themselves. */
export function reportedGaps(exchange: Exchange): { gaps: string[]; sure: boolean } | null {
  const allowed = header(exchange, 'access-control-allow-headers');
  if (exchange.method === 'OPTIONS') {
    if (exchange.status !== undefined && !isOk(exchange))
      return { gaps: [`OPTIONS is answered ${exchange.status}`], sure: true };
    const missing = NEEDED.filter((name) => !listOf(allowed).some((one) => one === name || one === '*'));
    return {
      gaps:
        allowed !== undefined && missing.length
          ? [`Access-Control-Allow-Headers lacks ${missing.join(', ')}`]
          : ['the preflight (OPTIONS) does not pass'],
      sure: allowed === undefined || missing.length > 0,
    };
  }
  if (header(exchange, 'access-control-allow-origin') === undefined) return null;
  const hidden = header(exchange, 'mcp-session-id') !== undefined && !exposes(exchange);
  if (hidden) return { gaps: ['Access-Control-Expose-Headers lacks mcp-session-id'], sure: true };
  const missing = NEEDED.filter((name) => !listOf(allowed).some((one) => one === name || one === '*'));
  return allowed !== undefined && missing.length
    ? { gaps: [`Access-Control-Allow-Headers lacks ${missing.join(', ')}`], sure: false }
    : null;
}
