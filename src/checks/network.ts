/** From where the server can be reached, and by which way. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCheck } from './check.js';

type Range = NonNullable<Evidence['network']['addresses'][number]['range']>;

/** Who cannot come, in words; public addresses have none. */
const ONLY: Partial<Record<Range, string>> = {
  loopback: 'loopback: clients on this machine only',
  private: "private network: no client that calls from a vendor's cloud (claude.ai and ChatGPT connectors)",
  'link-local': 'link-local: this network segment only',
  shared: "carrier-grade NAT or a VPN: no client that calls from a vendor's cloud",
};

const rangeOf = ({ addresses }: Evidence['network']): Range | undefined => addresses[0]?.range;

export default [
  defineCheck({
    id: 'NET-01',
    title: 'reach',
    level: 'advice',
    section: '',
    transport: 'http',
    needs: ['network'],
    test({ network }) {
      const range = rangeOf(network);
      if (range === undefined) return { outcome: 'not-verified', says: 'the host name does not resolve' };
      const cites = [at('network', 'addresses', 0)];
      if (range === 'unicast') return { outcome: 'pass', says: 'a public address', cites };
      return { outcome: 'not-applicable', says: ONLY[range] ?? `an address of the kind "${range}"`, cites };
    },
  }),
  defineCheck({
    id: 'NET-02',
    title: 'addresses',
    level: 'advice',
    section: '',
    transport: 'http',
    needs: ['network'],
    test({ network: { attempts } }) {
      const own = attempts.filter(({ beside }) => !beside);
      if (own.length < 2) return { outcome: 'not-applicable', says: 'applies to names with several addresses' };
      const dead = attempts.findIndex(({ error, beside }) => error !== undefined && !beside);
      if (dead < 0) return { outcome: 'pass', says: `all ${own.length} accept connections` };
      const { address, error } = attempts[dead] as (typeof attempts)[number];
      return {
        outcome: 'warn',
        says: `${address} does not (${error?.code}); a client that tries it first waits or fails`,
        cites: [at('network', 'attempts', dead)],
      };
    },
  }),
  defineCheck({
    id: 'NET-03',
    title: 'URL',
    level: 'advice',
    section: 'https://fetch.spec.whatwg.org/#dom-request',
    transport: 'http',
    needs: ['endpoint'],
    test({ endpoint }) {
      if (!/^https?:\/\/[^/?#]*@/.test(endpoint.asked.url))
        return { outcome: 'not-applicable', says: 'applies to URLs with credentials in them' };
      const says = 'it holds a user name or password: clients built on fetch refuse such a URL; use a header';
      return { outcome: 'warn', says, cites: [at('endpoint', 'asked', 'url')] };
    },
  }),
  defineCheck({
    id: 'STR-01',
    title: 'quiet stream',
    level: 'advice',
    section:
      'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server',
    transport: 'http',
    needs: ['stream'],
    test({ stream: { end, aliveMs, watchMs, comments, longestSilenceMs } }) {
      const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
      const signs = comments
        ? `, with a sign of life at least every ${seconds(longestSilenceMs)}`
        : ', without a sign of life';
      const cites = [at('stream')];
      if (end === 'by-us') return { outcome: 'pass', says: `still open after ${seconds(watchMs)}${signs}`, cites };
      const how = end === 'reset' ? 'reset' : 'ended';
      return { outcome: 'warn', says: `${how} after ${seconds(aliveMs)}${signs}; clients must open it again`, cites };
    },
  }),
  defineCheck({
    id: 'HTT-33',
    title: 'encryption',
    level: 'advice',
    section: 'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#communication-security',
    transport: 'http',
    needs: ['network'],
    test({ network }) {
      if (network.tls && network.tlsMs !== undefined && network.tlsError === undefined)
        return { outcome: 'pass', says: [network.tlsVersion, 'certificate trusted'].filter(Boolean).join(', ') };
      if (network.tls) return { outcome: 'not-verified', says: 'TLS was not agreed' };
      if (rangeOf(network) !== 'unicast') return { outcome: 'not-applicable', says: 'applies to public addresses' };
      return { outcome: 'warn', says: 'plain HTTP on a public address: tokens and data travel readable' };
    },
  }),
];
