/** --public-only and credentials: what may be asked, and what may be told to whom. Names are resolved by a resolver of ours. */
import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import { type InvestigateOptions, investigate, type TargetSpec } from '../../src/probe/investigate.js';
import { realWorld } from '../../src/probe/world.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderJson } from '../../src/render/json.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { rangeOf } from '../../src/wire/address.js';
import { type HostileServers, hostileServers } from '../support/hostile-http.js';

let servers: HostileServers;
const NAMES: Record<string, string[]> = {
  'inside.test': ['10.0.0.7'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  // Only the name of the first URL counts as public: what happens behind it is what is tested.
  'public.test': ['127.0.0.1'],
};
const real = { lookup: dns.lookup, promises: dnsPromises.lookup };
const entries = (name: string) => NAMES[name]?.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

beforeAll(async () => {
  servers = await hostileServers();
  const lookup = (name: string, options: dns.LookupOptions, callback: (...args: unknown[]) => void) => {
    const found = entries(name);
    if (!found) return real.lookup(name, options, callback as never);
    return options.all ? callback(null, found) : callback(null, found[0]?.address, found[0]?.family);
  };
  Object.assign(dns, { lookup });
  Object.assign(dnsPromises, {
    lookup: async (name: string, options: dns.LookupAllOptions) => entries(name) ?? real.promises(name, options),
  });
  syncBuiltinESMExports();
});
afterAll(async () => {
  Object.assign(dns, { lookup: real.lookup });
  Object.assign(dnsPromises, { lookup: real.promises });
  syncBuiltinESMExports();
  await servers.stop();
});

const look = async (
  spec: Partial<Extract<TargetSpec, { kind: 'http' }>> & { url: string },
  options: InvestigateOptions = {},
) => {
  const file = await investigate({ kind: 'http', headers: {}, ...spec }, { timeoutMs: 1_000, ...options });
  return { file, verdict: diagnose(file) };
};

const requests = (file: CaseFile): number =>
  file.evidence.http?.status === 'seen'
    ? file.evidence.http.value.exchanges.filter(({ status }) => status !== undefined).length
    : 0;

describe('--public-only', () => {
  const portOf = () => new URL(servers.url('stranger')).port;
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback in hexadecimal', '0x7f000001'],
    ['loopback as one number', '2130706433'],
    ['loopback in octal', '0177.0.0.1'],
    ['loopback in short', '127.1'],
    ['loopback of IPv6', '[::1]'],
    ['IPv4 mapped into IPv6', '[::ffff:127.0.0.1]'],
    ['IPv4 in the old form of IPv6', '[::127.0.0.1]'],
    ['NAT64', '[64:ff9b::7f00:1]'],
    ['no address', '0.0.0.0'],
    ['a name of loopback', 'localhost'],
    ['the metadata service of clouds', '169.254.169.254'],
    ['the same by IPv6', '[fd00:ec2::254]'],
    ['the host of Azure', '168.63.129.16'],
    ['a private network', '192.168.0.1'],
    ['a provider', '100.64.0.1'],
    ['a name for a private network', 'inside.test'],
    ['a name with a public and a private address', 'mixed.test'],
    ['a name for a mapped address', 'mapped.test'],
    ['a name for NAT64', 'nat64.test'],
  ])('refuses %s (%s) without a byte', async (_name, host) => {
    const from = performance.now();
    const { file, verdict } = await look({ url: `http://${host}:${portOf()}/mcp` }, { publicOnly: true, full: true });
    expect(performance.now() - from).toBeLessThan(4_000);
    expect(verdict.root?.id, JSON.stringify(file.evidence.network)).toBe('network-address-not-public');
    expect(verdict.root?.certainty).toBe('certain');
    expect(verdict.status).toBe('broken');
    expect(requests(file)).toBe(0);
    expect(await servers.recorded()).toBe('[]');
  });

  it('asks no proxy either, which would resolve the name by itself', async () => {
    const proxy = servers.origin('stranger');
    const world = { ...realWorld(), env: { http_proxy: proxy } };
    const { file } = await look({ url: 'http://10.0.0.7/mcp' }, { publicOnly: true, world });
    expect(file.evidence.network).toMatchObject({ value: { proxy: { applies: 'http_proxy' } } });
    expect(await servers.recorded()).toBe('[]');
  });

  it('without it, the same address is asked', async () => {
    const { verdict } = await look({ url: servers.url('stranger') });
    expect(verdict.status).toBe('healthy');
    expect(await servers.recorded()).toContain('"method":"POST"');
  });

  it.each(['unicast', 'other'] as const)('knows public IPv6 (%s)', (range) => {
    const addresses = {
      unicast: ['2606:4700::1111', '2a00:1450::1', '8.8.8.8'],
      other: ['4000::1', '::2', '64:ff9b:1::1'],
    };
    for (const address of addresses[range]) expect(rangeOf(address), address).toBe(range);
  });
});

/** Every planted secret holds it. */
const MARKER = 'Zq7Leak';
const SECRETS = {
  authorization: `Bearer ${MARKER}-bearer-token`,
  'x-api-key': `${MARKER}-api-key`,
  cookie: `session=${MARKER}-cookie`,
};
const QUERY = `?api_key=${MARKER}-in-url&region=eu`;

describe('credentials', () => {
  beforeEach(() => servers.recorded());

  it.each([
    ['redirect-stranger', 'another port'],
    ['redirect-stranger-echo', 'another port, with the credentials in the address it redirects to'],
    ['redirect-https', 'another scheme'],
    ['redirect-name', 'another name of the same machine'],
    ['sse-stranger', 'the endpoint of an event stream on another origin'],
  ])(
    '%s: never reach %s',
    async (name) => {
      for (const transport of ['streamable-http', 'sse'] as const) {
        const spec = { url: `${servers.url(name)}${QUERY}`, headers: SECRETS, transport };
        const { file, verdict } = await look(spec, { full: true });
        const told = await servers.recorded();
        expect(told).not.toContain(MARKER);
        if (name.startsWith('redirect-stranger') && transport === 'streamable-http')
          expect(told).toContain('"path":"/mcp');
        for (const text of [JSON.stringify(file), renderJson(verdict), renderAgent(verdict, file)])
          expect(text).not.toContain(MARKER);
      }
    },
    20_000,
  );

  it.each(['echo', 'echo-rpc'])(
    'that come back in every place (%s) are in no output',
    async (name) => {
      for (const transport of ['streamable-http', 'sse'] as const) {
        const spec = { url: `${servers.url(name)}${QUERY}`, headers: SECRETS, transport };
        const { file, verdict } = await look(spec, { full: true });
        for (const text of [
          JSON.stringify(file),
          renderJson(verdict),
          renderAgent(verdict, file),
          renderTerminal(verdict, file, { color: true, width: 100 }),
        ]) {
          expect(text).not.toContain(MARKER);
          expect(text.toLowerCase()).not.toContain(MARKER.toLowerCase());
        }
      }
    },
    20_000,
  );

  it('do reach the origin they were given for', async () => {
    await look({ url: `${servers.url('stranger')}${QUERY}`, headers: SECRETS }, { quick: true });
    const told = await servers.recorded();
    for (const value of Object.values(SECRETS)) expect(told).toContain(value);
    expect(told).toContain(`${MARKER}-in-url`);
  });
});
