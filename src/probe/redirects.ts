/** Redirects, hop by hop: where each leads, and what a client would lose by following it. Credentials never leave the origin. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { askAt, type Search } from './endpoint.js';

const MAX_HOPS = 8;
/** No server and no client goes beyond (RFC 9110 section 4.1 asks for 8,000). */
const MAX_LOCATION = 8_000;

type Hop = NonNullable<Evidence['endpoint']['hops']>[number];

/** Where a redirect leads, made absolute; undefined when it is none or leads nowhere. */
export function targetOf({ status = 0, headers, url }: Exchange): string | undefined {
  const location = headers?.location;
  if (status < 300 || status >= 400 || status === 304 || location === undefined) return undefined;
  if (location.length > MAX_LOCATION) return undefined;
  return URL.canParse(location, url) ? new URL(location, url).href : undefined;
}

function hopOf(from: string, to: string, status: number): Hop {
  const [a, b] = [new URL(from), new URL(to)];
  const loses: Hop['loses'] = [];
  // RFC 9110 section 15.4: 307 and 308 keep the method, the others are followed with GET.
  if (status !== 307 && status !== 308) loses.push('method');
  // Fetch, HTTP-redirect fetch: Authorization is dropped when the origin changes; that includes scheme and port.
  if (a.origin !== b.origin) loses.push('credentials');
  if (a.protocol === 'https:' && b.protocol === 'http:') loses.push('encryption');
  return { from, to, status, loses };
}

/** Follow the redirect of `first` with the same request until something else answers. */
export async function followRedirects(
  first: Exchange,
  search: Search,
): Promise<Pick<Evidence['endpoint'], 'hops' | 'hopsEnd'>> {
  const hops: Hop[] = [];
  const home = new URL(first.url).origin;
  const seen = new Set([first.url]);
  let here = first;
  for (;;) {
    const to = targetOf(here);
    if (to === undefined) return { hops, hopsEnd: here.status === undefined ? 'no-answer' : 'answer' };
    hops.push(hopOf(here.url, to, here.status ?? 0));
    if (seen.has(to)) return { hops, hopsEnd: 'loop' };
    if (hops.length >= MAX_HOPS) return { hops, hopsEnd: 'too-many' };
    if (!/^https?:/.test(to)) return { hops, hopsEnd: 'no-answer' };
    seen.add(to);
    const { exchange } = await askAt(to, new URL(to).origin === home, search);
    if (exchange.error?.code === 'ADDRESS_REFUSED') return { hops, hopsEnd: 'not-public' };
    here = exchange;
  }
}
