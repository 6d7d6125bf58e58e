/** Which addresses that strangers name in metadata may be used. */
import type { Evidence } from '../case/evidence.js';
import { rangeOf } from '../wire/address.js';

type Why = Evidence['authorization']['unsafe'][number]['why'];

const MAX_LENGTH = 2_000;

/** Where no authorization server is, and the metadata services of clouds are: not even a server of the same machine is followed there. */
const NEVER = /^(?:link-local|unspecified)$/;

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** An address that is an address: its range; a name that stands for this machine; or null for a name to be looked up. */
function rangeOfHost(hostname: string): ReturnType<typeof rangeOf> | null {
  const host = bare(hostname);
  if (/^(?:localhost|.*\.localhost)\.?$/i.test(host)) return 'loopback';
  return /^[\d.]+$|:/.test(host) ? rangeOf(host) : null;
}

export const isLoopbackHost = (hostname: string): boolean => rangeOfHost(hostname) === 'loopback';

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
  if (range !== null && NEVER.test(range)) return 'private-address';
  if (homeIsPublic && range !== null && range !== 'unicast') return 'private-address';
  const near = range !== null && range !== 'unicast';
  // OAuth 2.1 section 1.5: TLS everywhere but on loopback. Next to a server of one's own network it is one's own matter.
  if (protocol === 'http:' && !(near || !homeIsPublic)) return 'plain-http';
  return null;
}

/** For connections: an address of this machine or network, named by a public server. */
export const refusePrivate = (address: string): string | null => {
  const range = rangeOf(address);
  return range === 'unicast' ? null : `its range is ${range}, and metadata of a public server led there`;
};

/** For connections behind a server of one's own network. */
export const refuseAlways = (address: string): string | null => {
  const range = rangeOf(address);
  return NEVER.test(range) ? `its range is ${range}, where no authorization server is` : null;
};
