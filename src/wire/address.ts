/** Which addresses can be reached from elsewhere (IANA special-purpose address registries). */
import ipaddr from 'ipaddr.js';
import type { Evidence } from '../case/evidence.js';

export type AddressRange = NonNullable<Evidence['network']['addresses'][number]['range']>;

const RANGES: Record<string, AddressRange> = {
  unicast: 'unicast',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  linkLocal: 'link-local',
  carrierGradeNat: 'shared',
  unspecified: 'unspecified',
};

/** The host of a virtual machine in Azure, under a public address: what answers there is no public service. */
const AZURE_HOST = '168.63.129.16';

/** The kind of an IP address. IPv4 written as IPv6 (`::ffff:`) counts as what it is. */
export function rangeOf(address: string): AddressRange {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(bare) || bare === AZURE_HOST) return 'other';
  const parsed = ipaddr.process(bare);
  const range = RANGES[parsed.range()] ?? 'other';
  // Public IPv6 is 2000::/3 (RFC 4291 section 2.4); `::10.0.0.1`, the old way to write IPv4, is not.
  const outside = parsed.kind() === 'ipv6' && ((parsed.toByteArray()[0] ?? 0) & 0xe0) !== 0x20;
  return range === 'unicast' && outside ? 'other' : range;
}
