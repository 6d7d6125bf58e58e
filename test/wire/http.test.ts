import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/case/evidence.js';
import { Timeline } from '../../src/case/timeline.js';
import { lookAround } from '../../src/probe/endpoint.js';
import { Connections } from '../../src/wire/connections.js';
import { type ExchangeSpec, exchange } from '../../src/wire/http-exchange.js';
import { LegacySseChannel } from '../../src/wire/legacy-sse.js';
import { StreamableHttpChannel } from '../../src/wire/streamable-http.js';

const opened: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const portOf = (server: Server | TcpServer): number => (server.address() as AddressInfo).port;

/** A web server; the answer is called with the whole body. */
async function http(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  host = '127.0.0.1',
): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString('utf8')));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${host}:${portOf(server)}/mcp`;
}

/** Raw bytes: `talk` is called once the first bytes of the request are there. */
async function tcp(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => talk(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}/mcp`;
}

function connections(): Connections {
  const made = new Connections({ connectTimeoutMs: 2_000 });
  opened.push(() => made.close());
  return made;
}

const clock = (): Timeline => {
  const from = performance.now();
  return new Timeline(() => performance.now() - from);
};

const POST = {
  purpose: 'initialize',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  timeoutMs: 5_000,
  credentials: false,
} as const;

const ask = (url: string, more: Partial<ExchangeSpec> = {}) =>
  exchange({ ...POST, url, ...more }, connections(), clock());

function channel(url: string, headers: Record<string, string> = {}) {
  const exchanges: Exchange[] = [];
  const options = { url, headers, userAgent: 'mcp-verdict/0', urlHasCredentials: false };
  return { exchanges, options, channel: new StreamableHttpChannel(options, connections(), clock(), exchanges) };
}

const WAIT = { timeoutMs: 5_000, era: 'initialize' } as const;
const SHORT = { timeoutMs: 300, era: 'initialize' } as const;
const replyTo = (body: string, fields: object = { result: { ok: true } }): string =>
  JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, ...fields });

describe('a reply over Streamable HTTP', () => {
  it('as JSON', async () => {
    const url = await http((_q, response, body) =>
      response.setHeader('content-type', 'application/json').end(replyTo(body)),
    );
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', { a: 1 }, WAIT)).toMatchObject({ kind: 'result', result: { ok: true } });
    expect(exchanges).toMatchObject([
      { purpose: 'initialize', method: 'POST', status: 200, contentType: 'application/json', credentials: 'none' },
    ]);
    expect(exchanges[0]?.phases).toMatchObject({ connect: expect.any(Number), headers: expect.any(Number) });
  });

  it('as an event stream, behind comments and a notification; the stream may stay open', async () => {
    const url = await http((_q, response, body) => {
      response.setHeader('content-type', 'text/event-stream; charset=utf-8');
      response.write(': welcome\n\nid: 0\ndata:\n\n');
      response.write(
        `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n: still here\n\n`,
      );
      response.write(`event: message\nid: 1\ndata: ${replyTo(body)}\n\n`);
    });
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, WAIT)).toMatchObject({ kind: 'result', result: { ok: true } });
    expect(exchanges[0]?.events).toContain('message');
    expect(exchanges[0]?.body).toContain(': welcome');
    expect(exchanges[0]?.error).toBeUndefined();
  });

  it('an error of JSON-RPC under an error status is the error', async () => {
    const url = await http((_q, response, body) =>
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(replyTo(body, { error: { code: -32000, message: 'no session' } })),
    );
    expect(await channel(url).channel.request('tools/list', undefined, WAIT)).toMatchObject({
      kind: 'rpc-error',
      error: { message: 'no session' },
    });
  });

  it.each([
    [
      'the wrong id',
      (b: string) => JSON.stringify({ ...JSON.parse(replyTo(b)), id: 99 }),
      'the reply carries the id 99',
    ],
    [
      'the id as a string',
      (b: string) => JSON.stringify({ ...JSON.parse(replyTo(b)), id: '1' }),
      'the reply carries the id "1"',
    ],
    ['a result that is no object', (b: string) => replyTo(b, { result: 'ok' }), '"result" is no object'],
    ['nothing', () => '', 'HTTP 200 without a JSON-RPC reply'],
    ['JSON that is no message', () => '{"status":"ok"}', 'HTTP 200 without a JSON-RPC reply'],
  ])('with %s is invalid', async (_name, text, problem) => {
    const url = await http((_q, response, body) =>
      response.setHeader('content-type', 'application/json').end(text(body)),
    );
    const outcome = await channel(url).channel.request('initialize', undefined, WAIT);
    expect(outcome).toMatchObject({ kind: 'invalid', problems: [expect.stringContaining(problem)] });
  });

  it('202 carries no reply', async () => {
    const url = await http((_q, response) => response.writeHead(202).end());
    expect(await channel(url).channel.request('initialize', undefined, WAIT)).toMatchObject({
      kind: 'invalid',
      problems: ['HTTP 202 without a JSON-RPC reply'],
    });
    const { channel: c, exchanges } = channel(url);
    await c.notify('notifications/initialized', undefined, WAIT);
    expect(exchanges).toMatchObject([{ purpose: 'notifications/initialized', status: 202, bodyBytes: 0 }]);
  });

  it('as JSON that is called text/plain is read, and its type is noted', async () => {
    const url = await http((_q, response, body) => response.setHeader('content-type', 'text/plain').end(replyTo(body)));
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, WAIT)).toMatchObject({ kind: 'result' });
    expect(exchanges[0]?.contentType).toBe('text/plain');
  });

  it('a status without a message stays a status', async () => {
    const url = await http((_q, response) =>
      response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>down</h1>'),
    );
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, WAIT)).toMatchObject({ kind: 'http-status', status: 503 });
    expect(exchanges[0]?.body).toBe('<h1>down</h1>');
  });

  it('the session and the revision are sent along once they are agreed, and the session is ended', async () => {
    const seen: Record<string, unknown>[] = [];
    const url = await http(({ method, headers }, response, body) => {
      seen.push({
        method,
        session: headers['mcp-session-id'],
        revision: headers['mcp-protocol-version'],
        accept: headers.accept,
        encoding: headers['accept-encoding'],
      });
      if (method === 'DELETE') response.writeHead(204).end();
      else response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's1' }).end(replyTo(body));
    });
    const { channel: c } = channel(url);
    await c.request('initialize', undefined, WAIT);
    c.agreed('2025-06-18');
    await c.request('tools/list', undefined, WAIT);
    await c.end(5_000);
    await c.end(5_000);
    expect(seen).toEqual([
      {
        method: 'POST',
        session: undefined,
        revision: undefined,
        accept: 'application/json, text/event-stream',
        encoding: undefined,
      },
      {
        method: 'POST',
        session: 's1',
        revision: '2025-06-18',
        accept: 'application/json, text/event-stream',
        encoding: undefined,
      },
      { method: 'DELETE', session: 's1', revision: '2025-06-18', accept: undefined, encoding: undefined },
    ]);
  });

  it('no compression is asked for', async () => {
    let raw: string[] = [];
    const url = await http((request, response, body) => {
      raw = request.rawHeaders.map((name) => name.toLowerCase());
      response.end(replyTo(body));
    });
    await channel(url).channel.request('initialize', undefined, WAIT);
    expect(raw).toContain('content-type');
    expect(raw).not.toContain('accept-encoding');
  });
});

describe('what a hostile or broken server does is bounded', () => {
  it('an event stream without the reply ends at the timeout', async () => {
    const url = await http((_q, response) => {
      response.setHeader('content-type', 'text/event-stream');
      const timer = setInterval(
        () => response.write(': tick\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n'),
        20,
      );
      response.on('close', () => clearInterval(timer));
    });
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
    expect(exchanges[0]).toMatchObject({ status: 200, error: { phase: 'body', code: 'UND_ERR_BODY_TIMEOUT' } });
    expect(exchanges[0]?.events?.length).toBeLessThanOrEqual(20);
  });

  it('a silent event stream, too', async () => {
    const url = await http(
      (_q, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    );
    expect(await channel(url).channel.request('initialize', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
  });

  it('a body that trickles', async () => {
    const url = await http((_q, response) => {
      response.setHeader('content-type', 'application/json');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
    expect(exchanges[0]?.error).toMatchObject({ phase: 'body' });
  });

  it('headers that trickle', async () => {
    const url = await tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x-a: b\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
    expect(exchanges[0]).toMatchObject({ error: { phase: 'headers' } });
    expect(exchanges[0]?.status).toBeUndefined();
  });

  it('a server that takes the request and never answers', async () => {
    const url = await http(() => {});
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
    expect(exchanges[0]?.error).toMatchObject({ phase: 'headers', code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it.each(['application/json', 'text/event-stream'])('40 MB of %s are not read to the end', async (type) => {
    const url = await http((_q, response) => {
      response.setHeader('content-type', type);
      const chunk = Buffer.alloc(1 << 20, 0x61);
      let left = 40;
      const more = () => {
        while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', more);
        response.end();
      };
      more();
    });
    const { exchange: record, readings } = await ask(url, { timeoutMs: 20_000 });
    expect(record.bodyBytes).toBeLessThan(18 << 20);
    expect(record.body).toHaveLength(4_000);
    expect(record.bodyCut).toBe(true);
    expect(readings).toEqual([]);
  });

  it('a flood of headers', async () => {
    const url = await tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      socket.write(`x-flood: ${'a'.repeat(1_000)}\r\n`.repeat(200));
      socket.end('content-length: 2\r\n\r\n{}');
    });
    const { exchange: record } = await ask(url);
    expect(record.error).toMatchObject({
      phase: 'headers',
      code: expect.stringMatching(/HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW/),
    });
    expect(record.headers).toBeUndefined();
  });
});

describe('how a connection fails', () => {
  it('nobody listens: the connect phase', async () => {
    const url = await http(() => {});
    for (const close of opened.splice(0)) await close();
    const { channel: c, exchanges } = channel(url);
    expect(await c.request('initialize', undefined, WAIT)).toMatchObject({
      kind: 'network-error',
      error: { code: 'ECONNREFUSED' },
    });
    expect(exchanges[0]).toMatchObject({ error: { phase: 'connect', code: 'ECONNREFUSED' } });
    expect(c.open).toBe(false);
  });

  it('closed before the headers', async () => {
    const { exchange: record } = await ask(await tcp((socket) => socket.destroy()));
    expect(record.error).toMatchObject({ phase: 'headers' });
    expect(record.status).toBeUndefined();
  });

  it('reset before the headers', async () => {
    const { exchange: record } = await ask(await tcp((socket) => socket.resetAndDestroy()));
    expect(record.error).toMatchObject({ phase: 'headers', code: 'ECONNRESET' });
  });

  it('closed in the middle of the body: what came is kept', async () => {
    const url = await tcp((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"jsonrpc"'),
    );
    const { exchange: record } = await ask(url);
    expect(record).toMatchObject({ status: 200, body: '{"jsonrpc"', bodyBytes: 10, error: { phase: 'body' } });
  });

  it('something that is no HTTP', async () => {
    const { exchange: record } = await ask(await tcp((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    expect(record.error).toMatchObject({ phase: 'headers', code: expect.stringMatching(/^HPE_/) });
  });

  it('our own end', async () => {
    const url = await http(() => {});
    const abort = new AbortController();
    const asked = ask(url, { signal: abort.signal });
    abort.abort();
    expect((await asked).exchange.error).toBeDefined();
  });
});

describe('redirects and credentials', () => {
  it('a redirect is shown, not followed', async () => {
    let asked = 0;
    const url = await http((_q, response) => {
      asked++;
      response.writeHead(308, { location: '/elsewhere' }).end();
    });
    const { exchange: record } = await ask(url);
    expect(record).toMatchObject({ status: 308, headers: { location: '/elsewhere' } });
    expect(asked).toBe(1);
  });

  it('the search for the endpoint takes credentials to the same origin alone', async () => {
    const atStranger: IncomingMessage['headers'][] = [];
    const stranger = await http(({ headers }, response, body) => {
      atStranger.push(headers);
      if (body === '') response.writeHead(405).end();
      else
        response
          .setHeader('content-type', 'application/json')
          .end(replyTo(body, { result: { protocolVersion: '2025-06-18' } }));
    }, '127.0.0.2');
    const atHome: IncomingMessage['headers'][] = [];
    const home = await http(({ headers }, response) => {
      atHome.push(headers);
      response.writeHead(404).end();
    });
    const { options, exchanges } = channel(home, { authorization: 'Bearer abcdef123456', 'x-api-key': 'zyx987' });
    const others = await lookAround(new URL(home), stranger, {
      options,
      connections: connections(),
      timeline: clock(),
      exchanges,
    });
    expect(others.find(({ url }) => url === stranger)).toMatchObject({ answer: 'streamable-http', status: 200 });
    expect(atStranger.length).toBeGreaterThan(0);
    for (const headers of atStranger) {
      expect(headers.authorization).toBeUndefined();
      expect(headers['x-api-key']).toBeUndefined();
      expect(JSON.stringify(headers)).not.toMatch(/abcdef123456|zyx987/);
    }
    expect(atHome.length).toBeGreaterThan(0);
    for (const headers of atHome) expect(headers.authorization).toBe('Bearer abcdef123456');
    const toStranger = exchanges.filter(({ url }) => url === stranger);
    expect(toStranger.map(({ credentials }) => credentials)).not.toContain('sent');
  });

  it('another port of the same host is another origin', async () => {
    const seen: (string | undefined)[] = [];
    const stranger = await http(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(404).end();
    });
    const home = await http((_q, response) => response.writeHead(404).end());
    const { options, exchanges } = channel(home, { authorization: 'Bearer abcdef123456' });
    await lookAround(new URL(home), stranger, { options, connections: connections(), timeline: clock(), exchanges });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((value) => value === undefined)).toBe(true);
  });

  it('a redirect to a place that is no web address is not asked', async () => {
    const home = await http((_q, response) => response.writeHead(404).end());
    const { options, exchanges } = channel(home);
    const others = await lookAround(new URL(home), 'file:///etc/passwd', {
      options,
      connections: connections(),
      timeline: clock(),
      exchanges,
    });
    expect(others.map(({ url }) => url).filter((url) => !url.startsWith('http://127.0.0.1:'))).toEqual([]);
  });
});

describe('HTTP+SSE (2024-11-05)', () => {
  /** A whole small server: GET /sse opens the stream, POST /messages is answered on it. */
  async function legacy(
    endpoint: (origin: string) => string,
    answer: (message: { id?: number; method: string }) => object | null,
  ) {
    let stream: ServerResponse | undefined;
    const posts: string[] = [];
    const url = await http(({ method, url: path, headers }, response, body) => {
      if (method === 'GET' && path === '/mcp') {
        stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
        stream.write(`event: endpoint\ndata: ${endpoint(`http://${headers.host}`)}\n\n`);
        return;
      }
      if (!path?.startsWith('/messages')) return void response.writeHead(404).end();
      posts.push(path);
      const message = JSON.parse(body);
      response.writeHead(202).end('Accepted');
      const reply = answer(message);
      if (reply)
        stream?.write(
          `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...(message.id && { id: message.id }), ...reply })}\n\n`,
        );
      if (message.method === 'bye') stream?.end();
    });
    return { url, posts };
  }

  function sse(url: string) {
    const exchanges: Exchange[] = [];
    const made = new LegacySseChannel(
      { url, headers: {}, userAgent: 'mcp-verdict/0', urlHasCredentials: false },
      connections(),
      clock(),
      exchanges,
    );
    opened.push(() => made.close());
    return { channel: made, exchanges };
  }

  it('a whole conversation', async () => {
    const { url, posts } = await legacy(
      () => '/messages?session=1',
      ({ id, method }) => {
        if (id === undefined || method === 'bye' || method === 'silent') return null;
        return method === 'bad'
          ? { error: { code: -32601, message: 'unknown' } }
          : method === 'odd'
            ? { result: 'x' }
            : { result: { method } };
      },
    );
    const { channel: c, exchanges } = sse(url);
    expect(await c.connect(5_000)).toBe(true);
    expect(await c.request('initialize', {}, WAIT)).toMatchObject({ kind: 'result', result: { method: 'initialize' } });
    await c.notify('notifications/initialized', undefined, WAIT);
    expect(await c.request('bad', undefined, WAIT)).toMatchObject({ kind: 'rpc-error', error: { code: -32601 } });
    expect(await c.request('odd', undefined, WAIT)).toMatchObject({ kind: 'invalid' });
    expect(await c.request('silent', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
    expect(await c.request('bye', undefined, WAIT)).toMatchObject({ kind: 'closed' });
    expect(c.open).toBe(false);
    expect(await c.request('late', undefined, WAIT)).toEqual({ kind: 'closed', ms: 0 });
    expect(posts).toHaveLength(6);
    expect(new Set(posts)).toEqual(new Set(['/messages?session=1']));
    expect(exchanges.at(-1)).toMatchObject({ purpose: 'open-sse-stream', method: 'GET', status: 200 });
    expect(exchanges.at(-1)?.events?.slice(0, 2)).toEqual(['endpoint', 'message']);
  });

  it('an endpoint on another origin is refused, and nothing is posted to it', async () => {
    let strangerAsked = 0;
    const stranger = await http((_q, response) => {
      strangerAsked++;
      response.end();
    }, '127.0.0.2');
    const { url } = await legacy(
      () => stranger,
      () => null,
    );
    const { channel: c } = sse(url);
    expect(await c.connect(5_000)).toBe(false);
    expect(c.open).toBe(false);
    await c.notify('notifications/initialized', undefined, WAIT);
    expect(await c.request('initialize', {}, WAIT)).toMatchObject({ kind: 'closed' });
    expect(strangerAsked).toBe(0);
  });

  it('a second endpoint event on another origin does not move the conversation', async () => {
    let strangerAsked = 0;
    const stranger = await http((_q, response) => {
      strangerAsked++;
      response.writeHead(202).end();
    }, '127.0.0.2');
    const { url } = await legacy(
      (origin) => `${origin}/messages\n\nevent: endpoint\ndata: ${stranger}`,
      () => ({ result: {} }),
    );
    const { channel: c } = sse(url);
    await c.connect(5_000);
    await c.request('initialize', {}, SHORT);
    expect(strangerAsked).toBe(0);
  });

  it('no event stream: not connected', async () => {
    const url = await http((_q, response) => response.writeHead(404).end('nothing here'));
    const { channel: c, exchanges } = sse(url);
    expect(await c.connect(5_000)).toBe(false);
    expect(exchanges).toMatchObject([{ purpose: 'open-sse-stream', status: 404 }]);
  });

  it('a stream that names no endpoint is given up', async () => {
    const url = await http(
      (_q, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n'),
    );
    const { channel: c } = sse(url);
    expect(await c.connect(200)).toBe(false);
  });
});
