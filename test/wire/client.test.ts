/** What a whole client does on the wire, over real sockets: answer the server, take up a stream again, mirror parameters, give input. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/case/evidence.js';
import { Timeline } from '../../src/case/timeline.js';
import type { Answer } from '../../src/wire/channel.js';
import { Client, type ClientOptions } from '../../src/wire/client.js';
import { Connections } from '../../src/wire/connections.js';
import type { Request } from '../../src/wire/json-rpc.js';
import { headerValue, parameterHeaders, standardHeaders, whyNotMirrored } from '../../src/wire/mirrored-headers.js';
import { supportedRevision } from '../../src/wire/revisions.js';
import { type HttpOptions, StreamableHttpChannel } from '../../src/wire/streamable-http.js';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

const clientInfo = { name: 'test', version: '1' };
const LEGACY = { timeoutMs: 5_000, era: 'initialize' } as const;

interface Got {
  method: string;
  headers: IncomingMessage['headers'];
  message: { id?: number; method?: string; params?: Record<string, unknown>; result?: unknown; error?: unknown };
}

/** A server and a channel to it. `answer` is called with each request; what came is kept. */
async function pair(answer: (got: Got, response: ServerResponse) => void, more: Partial<HttpOptions> = {}) {
  const came: Got[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      const got = { method: request.method ?? '', headers: request.headers, message: body ? JSON.parse(body) : {} };
      came.push(got);
      answer(got, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connections = new Connections({ connectTimeoutMs: 2_000 });
  opened.push(() => {
    connections.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const from = performance.now();
  const exchanges: Exchange[] = [];
  const options = { url, headers: {}, userAgent: 'test/1', urlHasCredentials: false, ...more };
  const timeline = new Timeline(() => performance.now() - from);
  return { came, exchanges, channel: new StreamableHttpChannel(options, connections, timeline, exchanges) };
}

const json = (response: ServerResponse, value: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', ...value }));
};
const stream = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });
const event = (value: object): string => `data: ${JSON.stringify({ jsonrpc: '2.0', ...value })}\n\n`;

describe('a request of the server', () => {
  /** A tool that asks before it answers, and gives back what it was told. */
  const asking = (response: ServerResponse, { message }: Got, waiting: { open?: ServerResponse; id?: number }) => {
    if (message.method === 'tools/call') {
      Object.assign(waiting, { open: response, id: message.id });
      stream(response).write(event({ id: 'q1', method: 'roots/list' }));
    } else {
      response.writeHead(202).end();
      waiting.open?.end(event({ id: waiting.id, result: { told: message.result ?? message.error } }));
    }
  };

  it.each<[string, (request: Request) => Promise<Answer>, unknown]>([
    ['is answered in a POST of its own', async () => ({ result: { roots: [] } }), { roots: [] }],
    [
      'is refused where the answer fails',
      async () => {
        throw new Error('no roots');
      },
      { code: -32603, message: 'no roots' },
    ],
  ])('%s, and the reply still comes on its stream', async (_, answer, told) => {
    const waiting = {};
    const { channel, came } = await pair((got, response) => asking(response, got, waiting), { answer });
    const outcome = await channel.request('tools/call', { name: 't' }, LEGACY);
    expect(outcome).toMatchObject({ kind: 'result', result: { told } });
    expect(came[1]?.message).toMatchObject({ jsonrpc: '2.0', id: 'q1' });
    expect(came[1]?.headers.accept).toBe('application/json, text/event-stream');
  });

  it('is left alone in the stateless era, which has none', async () => {
    const asked: string[] = [];
    const { channel } = await pair(
      ({ message }, response) => {
        stream(response).write(event({ id: 'q1', method: 'roots/list' }));
        response.end(event({ id: message.id, result: {} }));
      },
      {
        answer: async ({ method }) => {
          asked.push(method);
          return { result: {} };
        },
      },
    );
    const outcome = await channel.request('tools/call', {}, { timeoutMs: 5_000, era: 'discover' });
    expect(outcome).toMatchObject({ kind: 'result' });
    expect(asked).toEqual([]);
  });

  it('is answered on the stream of the server, which is closed at the end', async () => {
    let open: ServerResponse | undefined;
    const happened = new EventEmitter();
    const [told, closed] = [once(happened, 'told'), once(happened, 'closed')];
    const { channel } = await pair(
      ({ method, message }, response) => {
        if (method === 'GET') {
          open = stream(response);
          open.flushHeaders();
          response.once('close', () => happened.emit('closed'));
        } else if (message.method) json(response, { id: message.id, result: {} });
        else {
          response.writeHead(202).end();
          happened.emit('told', message);
        }
      },
      { answer: async ({ method }) => ({ result: { asked: method } }) },
    );
    expect(await channel.listen(5_000)).toBe(true);
    open?.write(event({ id: 7, method: 'ping' }));
    expect(await told).toEqual([{ jsonrpc: '2.0', id: 7, result: { asked: 'ping' } }]);
    await channel.end(5_000);
    await closed;
  });

  it('cannot come where the server has no stream of its own', async () => {
    const { channel } = await pair((_, response) => response.writeHead(405).end());
    expect(await channel.listen(5_000)).toBe(false);
    await channel.end(5_000);
  });
});

describe('a stream that ends before its reply', () => {
  const long = 'e'.repeat(300);
  /** Ends the stream of the POST, and each further one but the last. */
  const polling = (ends: number) => {
    let id: number | undefined;
    let resumed = 0;
    return ({ method, message }: Got, response: ServerResponse): void => {
      if (method === 'POST') {
        id = message.id;
        stream(response).end(`id: ${long}\nretry: 1\ndata: \n\n`);
      } else if (++resumed < ends) stream(response).end(`id: ${resumed}\ndata: \n\n`);
      else stream(response).end(event({ id, result: { resumed } }));
    };
  };

  it('is taken up again from its last event, as often as it ends', async () => {
    const { channel, came } = await pair(polling(3), { resume: true });
    expect(await channel.request('tools/call', {}, LEGACY)).toMatchObject({ kind: 'result', result: { resumed: 3 } });
    expect(came.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
    expect(came.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, long, '1', '2']);
  });

  it('is given up after a number of times', async () => {
    const { channel, came } = await pair(polling(1_000), { resume: true });
    expect(await channel.request('tools/call', {}, LEGACY)).toMatchObject({ kind: 'invalid' });
    expect(came).toHaveLength(11);
  });

  it('is not taken up later than the request may take', async () => {
    const { channel, came } = await pair((_, response) => stream(response).end('id: 1\nretry: 60000\ndata: \n\n'), {
      resume: true,
    });
    expect(await channel.request('tools/call', {}, LEGACY)).toMatchObject({ kind: 'invalid' });
    expect(came).toHaveLength(1);
  });

  it('is an end where no event has an id, where the server keeps none, and where nobody asked for more', async () => {
    const bare = await pair((_, response) => stream(response).end('retry: 1\ndata: \n\n'), { resume: true });
    expect(await bare.channel.request('tools/call', {}, LEGACY)).toMatchObject({ kind: 'invalid' });
    expect(bare.came).toHaveLength(1);
    const forgetful = await pair(
      ({ method }, response) =>
        method === 'GET' ? response.writeHead(405).end() : stream(response).end('id: 1\nretry: 1\ndata: \n\n'),
      { resume: true },
    );
    const ended = await forgetful.channel.request('tools/call', {}, LEGACY);
    expect(ended).toMatchObject({ kind: 'invalid', problems: ['HTTP 200 without a JSON-RPC reply'] });
    const plain = await pair(polling(1));
    expect(await plain.channel.request('tools/call', {}, LEGACY)).toMatchObject({ kind: 'invalid' });
    expect(plain.came).toHaveLength(1);
  });
});

describe('headers that mirror the body', () => {
  it.each([
    ['us-west1', 'us-west1'],
    ['', ''],
    ['a b', 'a b'],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['a\tb', '=?base64?YQli?='],
    ['line1\r\nX-Evil: 1', '=?base64?bGluZTENClgtRXZpbDogMQ==?='],
    ['Zürich', '=?base64?WsO8cmljaA==?='],
    ['=?base64?bGl0ZXJhbA==?=', '=?base64?PT9iYXNlNjQ/YkdsMFpYSmhiQT09Pz0=?='],
  ])('%j goes as %j', (text, header) => {
    expect(headerValue(text)).toBe(header);
  });

  it('name what is called, read or got', () => {
    expect(standardHeaders('tools/call', { name: 'größe' })).toEqual({
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?Z3LDtsOfZQ==?=',
    });
    expect(standardHeaders('resources/read', { uri: 'file:///a%20b', name: 'x' })['mcp-name']).toBe('file:///a%20b');
    expect(standardHeaders('tools/list', { name: 'x' })).toEqual({ 'mcp-method': 'tools/list' });
  });

  const schema = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      where: { type: 'object', properties: { zone: { type: 'integer', 'x-mcp-header': 'Zone' } } },
      // A parameter that bears the name of the annotation is none.
      'x-mcp-header': { type: 'string' },
      dry: { type: 'boolean', default: { 'x-mcp-header': 'Not-An-Annotation' }, 'x-mcp-header': 'Dry' },
    },
  };

  it('take each parameter where it stands, and none that was not given', () => {
    expect(whyNotMirrored(schema)).toBeUndefined();
    expect(parameterHeaders(schema, { region: 'eu', where: { zone: -3 }, dry: false, other: 'x' })).toEqual({
      'mcp-param-region': 'eu',
      'mcp-param-zone': '-3',
      'mcp-param-dry': 'false',
    });
    expect(parameterHeaders(schema, { region: null, where: 'nowhere', dry: 0.5 })).toEqual({});
    expect(parameterHeaders(schema, Object.create({ region: 'inherited' }))).toEqual({});
  });

  const one = (property: object) => ({ type: 'object', properties: { p: property } });
  it.each([
    ['an empty name', one({ type: 'string', 'x-mcp-header': '' }), 'p is "", which is no name'],
    ['a name with a colon', one({ type: 'string', 'x-mcp-header': 'A:B' }), '"A:B"'],
    ['a number', one({ type: 'number', 'x-mcp-header': 'N' }), 'whose type is "number"'],
    ['no type', one({ 'x-mcp-header': 'N' }), 'whose type is not given'],
    ['items', one({ type: 'array', items: { type: 'string', 'x-mcp-header': 'N' } }), 'where no single parameter'],
    ['a choice', one({ anyOf: [{ type: 'string', 'x-mcp-header': 'N' }] }), 'where no single parameter'],
    ['a definition', { type: 'object', $defs: { d: { type: 'string', 'x-mcp-header': 'N' } } }, 'no single parameter'],
    ['the whole', { type: 'object', 'x-mcp-header': 'All' }, 'at the whole input'],
    [
      'one name twice',
      {
        properties: {
          a: { type: 'string', 'x-mcp-header': 'Region' },
          b: { type: 'string', 'x-mcp-header': 'REGION' },
        },
      },
      '"region" is given to two parameters',
    ],
  ])('cannot be made of %s', (_, broken, why) => {
    expect(whyNotMirrored(broken)).toContain(why);
    expect(parameterHeaders(broken, { p: 'v', a: 'v', b: 'v' })).toEqual({});
  });
});

describe('a client', () => {
  const of = async (
    reply: (message: Got['message']) => object,
    options: Partial<ClientOptions> = {},
  ): Promise<{ client: Client; came: Got[] }> => {
    const { channel, came } = await pair(({ message }, response) =>
      json(response, { id: message.id, ...reply(message) }),
    );
    return { client: new Client(channel, { era: 'discover', clientInfo, timeoutMs: 5_000, ...options }), came };
  };
  const TOOLS = [
    {
      name: 'good',
      inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
    },
    { name: 'bad', inputSchema: { type: 'object', properties: { n: { type: 'number', 'x-mcp-header': 'N' } } } },
    { description: 'nameless' },
    'no object',
  ];

  it('leaves out tools it could not call by the rules, and calls the others with their headers', async () => {
    const { client, came } = await of(({ method }) => ({ result: method === 'tools/list' ? { tools: TOOLS } : {} }));
    const tools = await client.tools();
    expect(tools.map(({ name }) => name)).toEqual(['good']);
    expect(client.refused).toEqual([{ name: 'bad', why: expect.stringContaining('whose type is "number"') }]);
    expect(await client.call(tools[0] as (typeof tools)[0], { region: 'Zürich' })).toMatchObject({ kind: 'result' });
    expect(came[1]?.headers).toMatchObject({
      'mcp-method': 'tools/call',
      'mcp-name': 'good',
      'mcp-param-region': '=?base64?WsO8cmljaA==?=',
    });
  });

  it('takes every tool, and sends no such header, in the revisions before', async () => {
    const { client, came } = await of(({ method }) => ({ result: method === 'tools/list' ? { tools: TOOLS } : {} }), {
      era: 'initialize',
    });
    const tools = await client.tools();
    expect(tools.map(({ name }) => name)).toEqual(['good', 'bad']);
    await client.call(tools[0] as (typeof tools)[0], { region: 'eu' });
    expect(Object.keys(came[1]?.headers ?? {}).filter((name) => /^mcp-(?:param|name|method)/.test(name))).toEqual([]);
    expect(came[1]?.message.params).toEqual({ name: 'good', arguments: { region: 'eu' } });
  });

  it('reads all pages, and stops where they go round', async () => {
    const pages: Record<string, object> = {
      undefined: { tools: [{ name: 'a' }], nextCursor: '2' },
      2: { tools: [{ name: 'b' }], nextCursor: '3' },
      3: { tools: [{ name: 'c' }], nextCursor: '2' },
    };
    const { client, came } = await of(({ params }) => ({ result: pages[String(params?.cursor)] ?? {} }));
    expect((await client.list('tools/list', 'tools')).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(came).toHaveLength(3);
  });

  const needs = { resultType: 'input_required', inputRequests: { who: { method: 'elicitation/create', params: {} } } };
  const provide = async (): Promise<Answer> => ({ result: { action: 'accept' } });

  it('gives input and the state as it came, with the same request and a new id', async () => {
    const state = '{"opaque": 1}';
    const { client, came } = await of(
      ({ params }) => ({ result: params?.inputResponses ? { done: true } : { ...needs, requestState: state } }),
      { provide, capabilities: { elicitation: {} } },
    );
    expect(await client.request('tools/call', { name: 't' })).toMatchObject({ result: { done: true } });
    const [first, second] = came.map(({ message }) => message);
    expect(second?.params).toMatchObject({
      name: 't',
      inputResponses: { who: { action: 'accept' } },
      requestState: state,
    });
    expect(second?.params?._meta).toMatchObject({ 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } });
    expect(second?.id).not.toBe(first?.id);
    expect(first?.params).not.toHaveProperty('requestState');
  });

  it('sends no state where none was given, and none of an earlier round', async () => {
    let round = 0;
    const { client, came } = await of(
      () => {
        round++;
        if (round === 1) return { result: { resultType: 'input_required', requestState: 's1' } };
        return { result: round === 2 ? needs : { done: true } };
      },
      { provide },
    );
    expect(await client.request('tools/call', { name: 't' })).toMatchObject({ result: { done: true } });
    expect(came.map(({ message }) => message.params?.requestState)).toEqual([undefined, 's1', undefined]);
  });

  it('ends where it has no input to give, and where the questions do not', async () => {
    const shy = await of(() => ({ result: needs }), { provide: async () => ({ error: { code: -1, message: 'no' } }) });
    expect(await shy.client.request('tools/call', {})).toMatchObject({ result: { resultType: 'input_required' } });
    expect(shy.came).toHaveLength(1);
    const endless = await of(() => ({ result: needs }), { provide });
    expect(await endless.client.request('tools/call', {})).toMatchObject({ result: { resultType: 'input_required' } });
    expect(endless.came).toHaveLength(11);
  });
});

it('a revision that both know is the newest that the server names', () => {
  expect(supportedRevision(['2025-06-18', '2026-07-28', '2027-01-01'])).toBe('2026-07-28');
  expect(supportedRevision(['2025-11-25', '2025-03-26'])).toBe('2025-11-25');
  expect(supportedRevision(['2027-01-01'])).toBeUndefined();
  expect(supportedRevision(undefined)).toBeUndefined();
});
