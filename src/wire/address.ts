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

/** The kind of an IP address. IPv4 written as IPv6 (`::ffff:`) counts as what it is. */
export function rangeOf(address: string): AddressRange {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? (RANGES[ipaddr.process(bare).range()] ?? 'other') : 'other';
}
