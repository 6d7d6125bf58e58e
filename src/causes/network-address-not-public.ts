import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';

const RANGES: Record<string, string> = {
  loopback: 'this machine itself (loopback)',
  private: 'a private network',
  'link-local': 'the local link, where clouds keep their metadata service',
  shared: 'the inside of a provider (RFC 6598)',
  unspecified: 'no address at all (unspecified)',
  other: 'a range that is not public',
};

const network = (
  host: string,
  address: string,
  range: 'loopback' | 'link-local',
  refused = true,
): Evidence['network'] => ({
  host,
  port: 443,
  tls: true,
  addresses: [{ address, family: 4, range }],
  attempts: [{ address, ms: 0, ...(refused && { error: { code: 'ADDRESS_REFUSED', message: 'not connected to' } }) }],
});

type Found = { host: string; address: string; where: string; via: string | null; others: number };

export default defineCause({
  id: 'network-address-not-public',
  title: 'The URL leads to an address that is not public, and only public ones were allowed',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['ADDRESS_REFUSED'],
  needs: ['network'],
  uses: ['endpoint', 'http'],
  explains: [
    ...FAILED_START,
    'network-refused',
    'network-unreachable',
    'client-hosted-unreachable',
    'http-redirect-loses-request',
    'http-redirect-loop',
  ],

  match({ network: { host, addresses, attempts }, endpoint, http }): Match<Found> | null {
    const refused = attempts.findIndex(({ error }) => error?.code === 'ADDRESS_REFUSED');
    const { address } = attempts[refused] ?? {};
    if (address !== undefined) {
      const known = addresses.find((entry) => entry.address === address);
      const others = addresses.length - attempts.filter(({ error }) => error?.code === 'ADDRESS_REFUSED').length;
      return {
        certainty: 'certain',
        cites: [at('network', 'attempts', refused)],
        facts: { host, address, where: RANGES[known?.range ?? 'other'] ?? '', via: null, others },
      };
    }
    const hop = endpoint?.hops?.at(-1);
    if (endpoint?.hopsEnd !== 'not-public' || !hop) return null;
    const message = http?.exchanges.find(({ error }) => error?.code === 'ADDRESS_REFUSED')?.error?.message ?? '';
    const [, said = ''] = /^(\S+) is not connected to/.exec(message) ?? [];
    const range = /its range is ([\w-]+)/.exec(message)?.[1] ?? 'other';
    return {
      certainty: 'certain',
      cites: [at('endpoint', 'hops', (endpoint.hops?.length ?? 1) - 1)],
      facts: { host: new URL(hop.to).hostname, address: said, where: RANGES[range] ?? '', via: hop.from, others: 0 },
    };
  },
  say: ({ host, address, where, via, others }) =>
    `${via ? `${via} redirects to ${host}` : host}${address && address !== host ? `, which has the address ${address}` : ''}: that is ${where}.${others > 0 ? ` ${others === 1 ? 'Another address of the name is' : `${others} other addresses of the name are`} public; a client may get either.` : ''} Nothing was sent there.`,
  fix: ({ host, via }) => [
    {
      say: via
        ? 'On the server: take out the redirect, or let it name the public address of the server. Behind a proxy the application must build its URLs from X-Forwarded-Host.'
        : `Give the server a public name with public addresses alone, and write that into the client's entry in place of ${host}.`,
    },
    { say: 'To look at a server of your own network, leave out --public-only.' },
  ],
  why: 'A client that runs in the cloud of its vendor reaches public addresses only, and a service that asks URLs for strangers must ask no others: a name or a redirect that leads inside is how metadata services and internal machines are attacked.',
  refs: [
    'https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices',
  ],
  examples: [
    { name: 'a name for loopback', finds: true, evidence: { network: network('acme.dev', '127.0.0.1', 'loopback') } },
    {
      name: 'the metadata service',
      finds: true,
      evidence: { network: network('169.254.169.254', '169.254.169.254', 'link-local') },
    },
    {
      name: 'allowed to go anywhere',
      finds: false,
      evidence: { network: network('localhost', '127.0.0.1', 'loopback', false) },
    },
    {
      name: 'another error',
      finds: false,
      evidence: {
        network: {
          ...network('acme.dev', '127.0.0.1', 'loopback'),
          attempts: [{ address: '127.0.0.1', ms: 0, error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' } }],
        },
      },
    },
  ],
});
