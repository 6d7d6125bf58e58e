/** URLs asked in the part of a client: real servers that speak one transport, or refuse the stream in one way. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { writeCase } from '../../src/case/write.js';
import type { Client } from '../../src/clients/client.js';
import { investigate, type TargetSpec } from '../../src/probe/investigate.js';
import { partOf } from '../../src/probe/play.js';
import { testFolder } from '../support/folder.js';
import { sampleClient } from '../support/sample-client.js';

const folder = testFolder();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Heard {
  method: string;
  headers: IncomingMessage['headers'];
  rpc: { id?: number; method?: string; params?: Record<string, unknown> };
}

const answerTo = ({ id, method, params }: Heard['rpc']) => ({
  jsonrpc: '2.0',
  id,
  ...(method === 'initialize'
    ? {
        result: {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'x', version: '1' },
        },
      }
    : method === 'tools/list'
      ? { result: { tools: [] } }
      : method === 'ping'
        ? { result: {} }
        : { error: { code: -32601, message: 'Method not found' } }),
});

/** Serve until the test ends. `handle` gets what was asked; everything is remembered. */
async function serve(
  handle: (heard: Heard, response: ServerResponse) => void,
): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { method: request.method ?? '', headers: request.headers, rpc: body ? JSON.parse(body) : {} };
    heard.push(one);
    handle(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, heard };
}

const json = (response: ServerResponse, message: unknown) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(message));
};

/** Streamable HTTP, with this status for the GET. */
const streamable = (get: number, post = 200) =>
  serve(({ method, rpc }, response) => {
    if (method !== 'POST') response.writeHead(method === 'GET' ? get : 200).end();
    else if (post !== 200) response.writeHead(post).end('no');
    else if (rpc.id === undefined) response.writeHead(202).end();
    else json(response, answerTo(rpc));
  });

/** HTTP+SSE and nothing else: a POST to the stream's own address gets this status. */
const onlySse = (post: number) => {
  let stream: ServerResponse | undefined;
  return serve(({ method, rpc }, response) => {
    if (method === 'GET') {
      stream = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /messages\n\n');
      return;
    }
    if (!response.req.url?.startsWith('/messages')) {
      response.writeHead(post).end();
      return;
    }
    response.writeHead(202).end();
    if (rpc.id !== undefined) stream?.write(`event: message\ndata: ${JSON.stringify(answerTo(rpc))}\n\n`);
  });
};

type UrlSpec = Extract<TargetSpec, { kind: 'http' }>;

async function play(
  url: string,
  http: Partial<Client['http']>,
  more: Partial<UrlSpec> = {},
  otherwise: Parameters<typeof sampleClient>[0] = {},
) {
  const world = folder.world({ env: { KEY_OF_MINE: 'abcdef-123456' } });
  const part = await partOf(sampleClient({ ...otherwise, http }), world);
  return investigate({ kind: 'http', url, headers: {}, ...more }, { world, quick: true, timeoutMs: 1_500, as: part });
}

function of<K extends keyof Evidence>(file: Awaited<ReturnType<typeof play>>, kind: K): Evidence[K] {
  const attempt = file.evidence[kind];
  if (attempt?.status !== 'seen') throw new Error(`${kind} was not seen: ${JSON.stringify(attempt)}`);
  return attempt.value as Evidence[K];
}

const BOTH = ['streamable-http', 'sse'] as const;

describe('the transports', () => {
  it('come one after the other, in the order of the client', async () => {
    const file = await play((await onlySse(404)).url, { order: BOTH, fallsBack: true });
    expect(of(file, 'client').transports).toEqual([
      { transport: 'streamable-http', outcome: 'failed', why: 'HTTP 404' },
      { transport: 'sse', outcome: 'connected' },
    ]);
    expect(of(file, 'handshake').used).toBe('initialize');
    expect(of(file, 'catalog').lists[0]?.outcome).toBe('listed');
  });

  it('end with the first where the client goes no further', async () => {
    const { url } = await onlySse(405);
    const notOn = await play(url, { order: BOTH, fallsBack: true, notOn: [405] });
    expect(of(notOn, 'client').transports).toEqual([
      { transport: 'streamable-http', outcome: 'failed', why: 'HTTP 405' },
      { transport: 'sse', outcome: 'not-tried' },
    ]);
  });

  it('are all that can be written into the entry, where the client wants it named and nobody has', async () => {
    const file = await play((await onlySse(405)).url, { order: ['sse', 'streamable-http'], fallsBack: false });
    expect(of(file, 'client').transports).toEqual([
      { transport: 'streamable-http', outcome: 'failed', why: 'HTTP 405' },
      { transport: 'sse', outcome: 'connected' },
    ]);
  });

  it('tell the error of the first when all fail', async () => {
    const file = await play((await streamable(404, 400)).url, { order: BOTH, fallsBack: true });
    expect(of(file, 'client').transports).toEqual([
      { transport: 'streamable-http', outcome: 'failed', why: 'HTTP 400' },
      { transport: 'sse', outcome: 'failed', why: 'HTTP 404' },
    ]);
    expect(of(file, 'handshake').initialize).toMatchObject({ status: 'refused', why: 'HTTP 400' });
  });

  it('are not asked after a 401: the way to go on is a sign-in', async () => {
    const file = await play((await streamable(405, 401)).url, { order: BOTH, fallsBack: true });
    expect(of(file, 'client').transports?.map(({ outcome }) => outcome)).toEqual(['failed', 'not-tried']);
  });

  it('are that of the entry where it names one, and none where the client does not speak it', async () => {
    const { url } = await onlySse(404);
    const named = await play(url, { order: BOTH, fallsBack: false }, { transport: 'sse' });
    expect(of(named, 'client').transports).toEqual([{ transport: 'sse', outcome: 'connected' }]);
    const silent = await streamable(405);
    const foreign = await play(silent.url, { order: ['streamable-http'] }, { transport: 'sse' });
    expect(of(foreign, 'client').transports).toEqual([
      { transport: 'sse', outcome: 'not-tried', why: 'Sample does not speak HTTP+SSE' },
    ]);
    expect((await play(silent.url, { order: [] })).evidence.client).toMatchObject({ value: { transports: [] } });
    expect(silent.heard).toEqual([]);
  });

  it('are taken to be the usual ones where nobody knows, and that is said', async () => {
    const file = await play((await streamable(405)).url, {
      order: null,
      fallsBack: null,
      origin: null,
      getMustBe405: null,
    });
    expect(of(file, 'client').transports).toEqual([{ transport: 'streamable-http', outcome: 'connected' }]);
    expect(of(file, 'client').assumed).toEqual([
      'Which transports Sample tries is not known; Streamable HTTP was spoken.',
      'Whether Sample connects from this machine is not known; it was asked from here.',
      'What Sample makes of a 404 to the GET of the event stream is not known; it was taken to go on.',
    ]);
  });
});

describe('the conversation', () => {
  it("is the client's own: what it says of itself, the GET for the stream, and what it asks undeclared", async () => {
    const { url, heard } = await streamable(404);
    const handshake = { capabilities: { roots: {} }, probes: ['prompts/list'] };
    const file = await play(url, { getMustBe405: true, origin: 'local' }, {}, { handshake });
    expect(heard[0]?.rpc.params).toEqual({
      protocolVersion: '2025-06-18',
      capabilities: { roots: {} },
      clientInfo: { name: 'sample-client', version: '3.1.0' },
    });
    expect(heard.map(({ method, rpc }) => rpc.method ?? method)).toEqual([
      'initialize',
      'notifications/initialized',
      'GET',
      'tools/list',
      'ping',
      'prompts/list',
    ]);
    expect(of(file, 'client')).toMatchObject({
      getMustBe405: true,
      getStatus: 404,
      origin: 'local',
      probes: [{ method: 'prompts/list', outcome: 'error', code: -32601 }],
    });
    expect(of(file, 'client')).not.toHaveProperty('environment');
  });

  it('carries headers as the client fills them in, and the case does not hold them', async () => {
    const { url, heard } = await streamable(405);
    const headers = { authorization: 'Bearer ${env:KEY_OF_MINE}', 'x-left': '${KEY_OF_MINE}' };
    const variables = { forms: ['${env:NAME}'], fields: null, unset: null };
    const file = await play(url, {}, { headers }, { variables });
    expect(heard[0]?.headers.authorization).toBe('Bearer abcdef-123456');
    expect(heard[0]?.headers['x-left']).toBe('${KEY_OF_MINE}');
    expect(writeCase(file)).not.toContain('abcdef-123456');
  });
});
