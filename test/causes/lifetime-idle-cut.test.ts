/** A stream that is left alone, over a real socket: cut by whoever tires of silence, or kept by comments. */
import { createServer, type ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
// @ts-expect-error The fault servers are plain JavaScript.
import { mcp } from '../servers/support/minimal-mcp.mjs';

const CUT_MS = 5_200;

/** Investigate a server whose GET is answered with an event stream that `tend` takes care of. */
async function watched(
  watchMs: number,
  tend: (stream: ServerResponse) => void,
  headers = { server: 'nginx' } as object,
) {
  const server = createServer((request, response) => {
    if (request.method !== 'GET') return mcp(request, response);
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    response.flushHeaders();
    tend(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    const file = await investigate({ kind: 'http', url: `http://127.0.0.1:${port}/mcp`, headers: {} }, { watchMs });
    return { verdict: diagnose(file), stream: file.evidence.stream };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

it.concurrent('a silent stream that somebody ends is a finding, with the time', async () => {
  const { verdict, stream } = await watched(CUT_MS + 3_000, (response) => {
    setTimeout(() => response.end(), CUT_MS);
  });
  expect(stream).toMatchObject({ status: 'seen', value: { end: 'end-of-stream', bytes: 0 } });
  expect(verdict.root).toMatchObject({ id: 'lifetime-idle-cut', certainty: 'certain' });
  expect(verdict.root?.facts.after).toMatch(/^5\.[1-9] s$/);
}, 30_000);

it.concurrent('where nothing shows in between, it may be the server itself: likely, and said so', async () => {
  const { verdict } = await watched(CUT_MS + 3_000, (response) => void setTimeout(() => response.end(), CUT_MS), {});
  expect(verdict.root).toMatchObject({ id: 'lifetime-idle-cut', certainty: 'likely' });
  expect(verdict.root?.says).toContain('limit of the server');
}, 30_000);

it.concurrent('a connection that is cut off without an end is one, too', async () => {
  const { verdict, stream } = await watched(CUT_MS + 3_000, (response) => {
    setTimeout(() => response.destroy(), CUT_MS);
  });
  expect(stream).toMatchObject({ status: 'seen', value: { end: 'reset' } });
  expect(verdict.root).toMatchObject({ id: 'lifetime-idle-cut', certainty: 'certain' });
}, 30_000);

it.concurrent('a stream that lives until we leave is healthy', async () => {
  const { verdict, stream } = await watched(CUT_MS, (response) => {
    const beat = setInterval(() => response.write(': keepalive\n\n'), 1_000);
    response.once('close', () => clearInterval(beat));
  });
  expect(stream).toMatchObject({ status: 'seen', value: { end: 'by-us' } });
  expect(verdict.findings).toEqual([]);
}, 30_000);
