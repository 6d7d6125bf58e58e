/** Which addresses that strangers name in metadata may be used. */
import type { Evidence } from '../case/evidence.js';
import { rangeOf } from '../wire/address.js';

type Why = Evidence['authorization']['unsafe'][number]['why'];

const MAX_LENGTH = 2_000;

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** An address that is an address: its range; a name that stands for this machine; or null for a name to be looked up. */
function rangeOfHost(hostname: string): ReturnType<typeof rangeOf> | null {
  const host = bare(hostname);
  if (/^(?:localhost|.*\.localhost)\.?$/i.test(host)) return 'loopback';
  return /^[\d.]+$|:/.test(host) ? rangeOf(host) : null;
}

export const isLoopbackHost = (hostname: string): boolean => rangeOfHost(hostname) === 'loopback';

/** Ranges in which a developer's own authorization server may stand. Link-local holds the metadata service of clouds, the rest nobody. */
const NEAR = ['loopback', 'private', 'shared'];
/** Names of one's own network: a container, mDNS, and the domains that are set aside for it (RFC 6761, RFC 6762, RFC 8375). */
const NEAR_NAME = /^[^.]+$|\.(?:local|internal|localhost|test|lan|home|home\.arpa|docker)\.?$/i;

/**
 * Why an address is not used, or null. `homeIsPublic`: the MCP server itself is on a public address; behind one that is not, addresses
 * of the same network are what a developer means.
 */
export function unsafeUrl(text: string, homeIsPublic: boolean): Why | null {
  if (text.length > MAX_LENGTH || /[\0-\x20\x7f<>"`{}|\\^]/.test(text)) return 'characters';
  if (!URL.canParse(text)) return 'characters';
  const { protocol, username, password, hostname } = new URL(text);
  if (!/^https?:$/.test(protocol)) return 'scheme';
  if (username !== '' || password !== '') return 'credentials';
  // URLs allow more in a host than any name has: $(id), '.
  if (!/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(hostname)) return 'characters';
  const range = rangeOfHost(hostname);
  const near = range === null ? NEAR_NAME.test(hostname) : NEAR.includes(range);
  if (range !== null && range !== 'unicast' && (homeIsPublic || !near)) return 'private-address';
  // OAuth 2.1 section 1.5: TLS everywhere but on loopback. Inside one's own network it is one's own matter.
  if (protocol === 'http:' && !(near && (!homeIsPublic || range === 'loopback'))) return 'plain-http';
  return null;
}

/**
 * For connections: an address that no authorization server of this home can have. `homeRanges`: where the MCP server is itself; some
 * proxies of a desktop give every name an address of 198.18.0.0/15.
 */
export const refuseStrange =
  (homeIsPublic: boolean, homeRanges: readonly string[] = []) =>
  (address: string): string | null => {
    const range = rangeOf(address);
    const near = NEAR.includes(range) || (range === 'other' && homeRanges.includes(range));
    if (range === 'unicast' || (!homeIsPublic && near)) return null;
    return `its range is ${range}, and metadata of ${homeIsPublic ? 'a public server' : 'the server'} led there`;
  };
