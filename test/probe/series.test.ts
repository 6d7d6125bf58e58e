/** The series of experiments is polite and complete: counted at a real server. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EXPERIMENTS } from '../../src/case/remote.js';
import { investigate } from '../../src/probe/investigate.js';
import { reply } from '../servers/support/minimal-mcp.mjs';

let close = () => {};
afterEach(() => close());

interface Seen {
  url: string;
  requests: IncomingMessage[];
  /** Most requests that were under way at once. */
  atOnce: number;
  /** Session ids given and not ended. */
  open: Set<string>;
}

type Answer = (count: number, response: ServerResponse) => boolean;

/** A server with sessions. `before` may answer by itself, told how many requests came. Every answer takes 10 ms. */
async function counted(before: Answer = () => false): Promise<Seen> {
  const seen: Seen = { url: '', requests: [], atOnce: 0, open: new Set() };
  let busy = 0;
  const server = createServer((request, response) => {
    seen.requests.push(request);
    seen.atOnce = Math.max(seen.atOnce, ++busy);
    response.once('close', () => busy--);
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => setTimeout(() => answer(request, response, body), 10));
  });
  const answer = (request: IncomingMessage, response: ServerResponse, body: string) => {
    if (before(seen.requests.length, response)) return response;
    const id = String(request.headers['mcp-session-id'] ?? '');
    if (request.method === 'DELETE') return response.writeHead(seen.open.delete(id) ? 200 : 404).end();
    if (request.method !== 'POST') return response.writeHead(405).end();
    const message = body.startsWith('{') && body.endsWith('}') ? JSON.parse(body) : null;
    if (!message) return response.writeHead(400).end();
    if (message.method === 'initialize') {
      const session = `s${seen.requests.length}`;
      seen.open.add(session);
      response.setHeader('mcp-session-id', session);
    } else if (!seen.open.has(id)) return response.writeHead(id ? 404 : 400).end();
    const said = reply(message);
    if (!said) return response.writeHead(202).end();
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  seen.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return seen;
}

async function look(url: string, full: boolean) {
  const { series, handshake } = (await investigate({ kind: 'http', url, headers: {} }, { full })).evidence;
  return { series: series?.status === 'seen' ? series.value : undefined, attempt: series, handshake };
}

it.each([false, true])(
  'at most 40 requests, four at once, under our name, and no session is left (full: %s)',
  async (full) => {
    const seen = await counted();
    const { series } = await look(seen.url, full);
    expect(series?.requests).toBeGreaterThan(full ? 25 : 8);
    expect(series?.requests).toBeLessThanOrEqual(full ? 40 : 16);
    expect(seen.atOnce).toBeGreaterThan(1);
    expect(seen.atOnce).toBeLessThanOrEqual(4);
    for (const { headers } of seen.requests) expect(headers['user-agent']).toMatch(/^mcp-verdict\/\d/);
    expect([...seen.open]).toEqual([]);
  },
);

it('every experiment is made or says why not', async () => {
  const { series } = await look((await counted()).url, true);
  expect(series?.runs.map(({ experiment }) => experiment).sort()).toEqual([...EXPERIMENTS].sort());
  for (const { experiment, exchanges, skipped } of series?.runs ?? [])
    expect(exchanges.length > 0 || skipped, experiment).toBeTruthy();
});

const wait = (response: ServerResponse, status: number): true => {
  response.writeHead(status, { 'retry-after': '120' }).end();
  return true;
};

it('a server that asks to wait in the middle of the series is asked no more', async () => {
  const seen = await counted((count, response) => count > 10 && wait(response, 429));
  const { series } = await look(seen.url, true);
  expect(series?.runs.some(({ skipped }) => skipped?.includes('Retry-After: 120'))).toBe(true);
  // What was under way when it said so, and the end of our own session.
  expect(seen.requests.length).toBeLessThanOrEqual(10 + 4 + 1);
});

it.each([429, 503])('one that asks to wait at once (%s) is asked that one time', async (status) => {
  const seen = await counted((_, response) => wait(response, status));
  const { attempt } = await look(seen.url, true);
  expect(seen.requests).toHaveLength(1);
  expect(attempt).toMatchObject({ status: 'skipped', why: expect.stringContaining('Retry-After: 120') });
});
