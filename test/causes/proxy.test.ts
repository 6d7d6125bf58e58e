/** The proxy of the environment, live: what it captures on this machine, and what only it leads to. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { prepare } from '../support/servers.js';

const open: Server[] = [];
const before = { ...process.env };
const VARIABLES = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
];

afterEach(() => {
  for (const name of VARIABLES) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  for (const server of open.splice(0)) server.close();
});

/** A proxy that answers every request for a URL with this status. */
async function proxy(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, { 'content-type': 'text/html' }).end(body));
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function environment(settings: Record<string, string>): void {
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, settings);
}

const healthy = { file: 'network-loopback-family-mismatch.http.mjs', cause: '', clientSees: '' };

it('a proxy that captures loopback is named, with the variable', async () => {
  environment({ HTTP_PROXY: await proxy(403, 'The requested URL could not be retrieved') });
  const { spec, stop } = await prepare(healthy);
  try {
    if (spec.kind !== 'http') throw new Error('the server has a URL');
    const file = await investigate({ ...spec, url: spec.url.replace('127.0.0.1', '[::1]') }, { timeoutMs: 2_500 });
    const { root } = diagnose(file);
    expect(root).toMatchObject({ id: 'network-proxy-env-mishandled', certainty: 'certain', severity: 'risky' });
    expect(root?.says).toContain('HTTP_PROXY');
  } finally {
    await stop();
  }
}, 30_000);

it('NO_PROXY exempts, and then there is nothing to tell', async () => {
  environment({ HTTP_PROXY: await proxy(403, ''), NO_PROXY: 'localhost,127.0.0.1,::1,[::1]' });
  const { spec, stop } = await prepare(healthy);
  try {
    if (spec.kind !== 'http') throw new Error('the server has a URL');
    const file = await investigate({ ...spec, url: spec.url.replace('127.0.0.1', '[::1]') }, { timeoutMs: 2_500 });
    expect(diagnose(file)).toMatchObject({ status: 'healthy', findings: [] });
  } finally {
    await stop();
  }
}, 30_000);

it('a name that only the proxy can look up: the client must read the variable', async () => {
  environment({ HTTP_PROXY: await proxy(200, 'ok') });
  const file = await investigate(
    { kind: 'http', url: 'http://mcp.nowhere.invalid/mcp', headers: {} },
    { timeoutMs: 2_500 },
  );
  const { findings } = diagnose(file);
  expect(findings[0]).toMatchObject({ id: 'network-proxy-env-mishandled', certainty: 'certain' });
  expect(findings.find(({ id }) => id === 'network-dns-failed')?.role).toBe('consequence');
}, 30_000);
