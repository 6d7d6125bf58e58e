// Servers that mistreat HTTP, each on a port of its own: node http.mjs. Prints `{"<name>": <port>}` as one line; asked for
// anything on the port called `recorder`, that one answers with all the requests that it and its other name, `stranger`, have seen.
import { readFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { chunk, drip, forever, head, JSON_TYPE, message, pump, SSE_TYPE, serve, sound, whole } from './wire.mjs';

const MIB = 1024 * 1024;
const onlyInitialize = (hostile) => (socket, request) =>
  request.rpc?.method === 'initialize' ? hostile(socket, request) : sound(socket, request);

/** An event stream that carries these bytes and ends. */
const stream = (body, type = SSE_TYPE) => whole(body, type);
const sse = (body, type) => onlyInitialize((socket, { rpc }) => socket.write(stream(body(message(rpc)), type)));

const zeros = Buffer.alloc(64 * MIB, ' ');
const bomb = (pack, coding) => {
  const packed = pack(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"result":"'), zeros]));
  return (socket) => socket.write(whole(packed, JSON_TYPE, `content-encoding: ${coding}`));
};
const eventBomb = gzipSync(Buffer.from(': keep-alive\n\n'.repeat(3 * MIB)));
const nested = (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const redirect = (to) => (socket, request) =>
  socket.write(head('307 Temporary Redirect', `location: ${to(request)}`, 'content-length: 0'));
const body = (text, type = JSON_TYPE) => onlyInitialize((socket) => socket.write(whole(text, type)));
const raw = (text) => (socket, request) => socket.write(typeof text === 'function' ? text(request) : text, 'latin1');

const seen = [];
const record = (name) => (request) => seen.push({ name, ...request });

/** name: what it does with every request, `{ open }` with the connection alone. `from` is told where the recorders are. */
const SERVERS = {
  'endless-events': (socket) => {
    socket.write(head('200 OK', SSE_TYPE));
    pump(socket, 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n'.repeat(100));
  },
  'endless-comments': (socket) => {
    socket.write(head('200 OK', SSE_TYPE));
    drip(socket, forever(': tick\n\n'), 20);
  },
  'endless-silence': (socket) => socket.write(head('200 OK', SSE_TYPE)),
  'endless-json': (socket) => {
    socket.write(`${head('200 OK', JSON_TYPE)}{"jsonrpc":"2.0","id":1,"result":{"x":"`);
    pump(socket, 'x'.repeat(16_384));
  },
  'slow-body': (socket) => {
    socket.write(`${head('200 OK', JSON_TYPE, 'content-length: 100000')}{"jsonrpc":"2.0",`);
    drip(socket, forever(' '), 20);
  },
  'slow-headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    drip(socket, forever('x-a: b\r\n'), 20);
  },
  'slow-status': (socket) => drip(socket, 'HTTP/1.1 200 OK and so on and so forth, to the end of all days', 100),
  mute: () => {},
  '10-gb-length': (socket) => {
    socket.write(head('200 OK', JSON_TYPE, 'content-length: 10737418240'));
    pump(socket, Buffer.alloc(65_536, ' '));
  },
  '10-gb-chunked': (socket) => {
    socket.write(head('200 OK', JSON_TYPE, 'transfer-encoding: chunked'));
    pump(socket, chunk(' '.repeat(65_536)));
  },
  'gzip-bomb': bomb(gzipSync, 'gzip'),
  'deflate-bomb': bomb(deflateSync, 'deflate'),
  'brotli-bomb': bomb(brotliCompressSync, 'br'),
  'gzip-bomb-stream': (socket) => socket.write(whole(eventBomb, SSE_TYPE, 'content-encoding: gzip')),
  'gzip-not': onlyInitialize((socket, { rpc }) =>
    socket.write(whole(message(rpc), JSON_TYPE, 'content-encoding: gzip')),
  ),
  'gzip-cut': onlyInitialize((socket, { rpc }) => {
    const packed = gzipSync(message(rpc));
    socket.write(whole(packed.subarray(0, 30), JSON_TYPE, 'content-encoding: gzip'));
  }),
  'gzip-twice': onlyInitialize((socket, { rpc }) =>
    socket.write(whole(gzipSync(gzipSync(message(rpc))), JSON_TYPE, 'content-encoding: gzip, gzip')),
  ),
  'redirect-self': redirect(({ path }) => path),
  'redirect-pair': redirect(({ path }) => (path === '/mcp' ? '/mcp2' : '/mcp')),
  'redirect-endless': redirect(({ path }) => `/mcp${Number(path.slice(4) || 0) + 1}`),
  'redirect-chain': (socket, request) => {
    const at = Number(request.path.slice(4) || 0);
    return at < 6 ? redirect(() => `/mcp${at + 1}`)(socket, request) : sound(socket, request);
  },
  'redirect-file': redirect(() => 'file:///etc/passwd'),
  'redirect-script': redirect(() => 'javascript:alert(1)'),
  'redirect-nowhere': raw(head('302 Found', 'content-length: 0')),
  'redirect-no-url': redirect(() => 'http://[::1:99999/%%'),
  'redirect-escape': redirect(() => 'http://127.0.0.1:9/\x9b2J\xe2\x80\xae'),
  'redirect-long': redirect(() => `/mcp?${'x'.repeat(50_000)}`),
  'redirect-metadata': redirect(() => 'http://169.254.169.254/latest/meta-data/'),
  'header-flood': raw(head('200 OK', ...Array.from({ length: 5_000 }, (_, i) => `x-${i}: a`), 'content-length: 0')),
  'header-huge': raw(head('200 OK', `x-a: ${'x'.repeat(MIB)}`, 'content-length: 0')),
  'header-endless': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-a: ');
    pump(socket, 'x'.repeat(65_536));
  },
  'header-repeated': (socket, request) =>
    sound(
      socket,
      request,
      ...Array.from({ length: 1_900 }, () => 'set-cookie: a=b'),
      ...Array.from({ length: 80 }, () => 'constructor: x'),
    ),
  'interim-flood': (socket) => pump(socket, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)),
  'interim-slow': (socket) => drip(socket, forever(head('103 Early Hints', 'link: </a>')), 20),
  'interim-few': (socket, request) => {
    socket.write(head('103 Early Hints', 'link: </a>').repeat(3));
    sound(socket, request);
  },
  upgrade: raw(head('101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket')),
  'sse-no-blank-line': sse((text) => `event: message\ndata: ${text}\n`),
  'sse-unknown-fields': sse((text) => `message: ${text}\n\n`),
  'sse-extra-fields': sse((text) => `when: now\nretry: soon\nevent: message\ndata: ${text}\n\n`),
  'sse-cr': onlyInitialize((socket, { rpc }) => {
    socket.write(`${head('200 OK', SSE_TYPE)}event: message\rdata: ${message(rpc)}\r\r`);
  }),
  'sse-bom': sse((text) => `\uFEFFdata: ${text}\n\n`),
  'sse-charset': sse((text) => `data: ${text}\n\n`, `${SSE_TYPE}; charset=utf-16`),
  'sse-split': onlyInitialize((socket, { rpc }) => {
    const bytes = Buffer.from(`: größe 🌍\r\n\r\nid: 1\r\ndata: ${message(rpc)}\r\n\r\n`);
    socket.write(head('200 OK', SSE_TYPE, `content-length: ${bytes.length}`));
    drip(
      socket,
      [...bytes].map((byte) => Buffer.from([byte])),
      1,
    );
  }),
  'sse-endless-line': (socket) => {
    socket.write(`${head('200 OK', SSE_TYPE)}data: `);
    pump(socket, 'x'.repeat(16_384));
  },
  'sse-endless-event': (socket) => {
    socket.write(head('200 OK', SSE_TYPE));
    pump(socket, 'data: x\n'.repeat(1_000));
  },
  'sse-json': sse((text) => text),
  'sse-html': sse(() => '<!doctype html><title>Hello</title>\n'),
  'sse-data-html': sse(() => 'data: <html>\n\n'),
  'chunk-size-invalid': onlyInitialize(raw(`${head('200 OK', JSON_TYPE, 'transfer-encoding: chunked')}zz\r\n{}\r\n`)),
  'chunk-size-huge': onlyInitialize(
    raw(`${head('200 OK', JSON_TYPE, 'transfer-encoding: chunked')}fffffffffffffffffff\r\n{}\r\n`),
  ),
  'chunk-last-missing': onlyInitialize((socket) =>
    socket.end(`${head('200 OK', JSON_TYPE, 'transfer-encoding: chunked')}${chunk('{"jsonrpc":"2.0",')}`),
  ),
  'chunk-extension-endless': (socket) => {
    socket.write(`${head('200 OK', JSON_TYPE, 'transfer-encoding: chunked')}1;`);
    pump(socket, 'x'.repeat(16_384));
  },
  'trailer-endless': (socket, { rpc }) => {
    socket.write(`${head('200 OK', JSON_TYPE, 'transfer-encoding: chunked')}${rpc ? chunk(message(rpc)) : ''}0\r\n`);
    pump(socket, 'x-a: b\r\n'.repeat(1_000));
  },
  splitting: onlyInitialize((socket, { rpc }) => {
    const second = whole('{"jsonrpc":"2.0","id":2,"result":{"injected":true}}', JSON_TYPE);
    socket.write(Buffer.concat([whole(message(rpc), JSON_TYPE), second]));
  }),
  'splitting-later': onlyInitialize((socket, { rpc }) => {
    socket.write(whole(message(rpc), JSON_TYPE));
    setTimeout(() => socket.write(whole('{"jsonrpc":"2.0","id":2,"result":{"injected":true}}', JSON_TYPE)), 1);
  }),
  'junk-after': onlyInitialize((socket, { rpc }) =>
    socket.write(Buffer.concat([whole(message(rpc), JSON_TYPE), Buffer.from('\0\0junk\r\n\r\n')])),
  ),
  'utf8-invalid': onlyInitialize((socket, { rpc }) =>
    socket.write(whole(Buffer.from(message(rpc).replace('hostile', 'gr\xf6\xdfe'), 'latin1'), JSON_TYPE)),
  ),
  'utf16-body': onlyInitialize((socket, { rpc }) =>
    socket.write(whole(Buffer.from(message(rpc), 'utf16le'), JSON_TYPE)),
  ),
  'http-0.9': (socket) => socket.end('<html><title>Old</title>Hello</html>\n'),
  'ssh-banner': { open: (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n') },
  'binary-noise': raw(Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 167) % 256)).toString('latin1')),
  'length-too-long': onlyInitialize((socket, { rpc }) =>
    socket.end(`${head('200 OK', JSON_TYPE, 'content-length: 5000')}${message(rpc)}`),
  ),
  'length-too-long-open': onlyInitialize((socket, { rpc }) =>
    socket.write(`${head('200 OK', JSON_TYPE, 'content-length: 5000')}${message(rpc)}`),
  ),
  'length-too-short': onlyInitialize((socket, { rpc }) =>
    socket.write(`${head('200 OK', JSON_TYPE, 'content-length: 20')}${message(rpc)}`),
  ),
  'length-twice': raw(`${head('200 OK', JSON_TYPE, 'content-length: 2', 'content-length: 400')}{}`),
  'length-negative': raw(`${head('200 OK', JSON_TYPE, 'content-length: -1')}{}`),
  'length-and-chunked': raw(`${head('200 OK', JSON_TYPE, 'content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n`),
  'close-at-once': { open: (socket) => socket.end() },
  'close-after-request': (socket) => socket.end(),
  'reset-after-request': (socket) => socket.resetAndDestroy(),
  'close-in-headers': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  'close-in-body': (socket) => socket.end(`${head('200 OK', JSON_TYPE, 'content-length: 500')}{"jsonrpc":`),
  'reset-in-body': (socket) => {
    socket.write(`${head('200 OK', JSON_TYPE, 'content-length: 500')}{"jsonrpc":`);
    setTimeout(() => socket.resetAndDestroy(), 20);
  },
  'close-delimited': (socket, { method, rpc }) =>
    method === 'POST' && rpc?.id !== undefined
      ? socket.end(`${head('200 OK', JSON_TYPE)}${message(rpc)}`)
      : socket.end(head(rpc ? '202 Accepted' : '405 Method Not Allowed', 'content-length: 0')),
  'half-close': (socket) => socket.end(head('200 OK', JSON_TYPE, 'content-length: 500')),
  'keep-alive-trap': (socket, request) => {
    // The first request of a connection is answered, and no other.
    if (!socket.trapped) sound(socket, request);
    socket.trapped = true;
  },
  'keep-alive-closes': (socket, request) => {
    sound(socket, request, 'connection: keep-alive');
    setTimeout(() => socket.destroy(), 1);
  },
  'nested-json': body(nested(2 * MIB)),
  'nested-open': body('['.repeat(8 * MIB)),
  'nested-result': onlyInitialize((socket, { rpc }) =>
    socket.write(whole(message(rpc).replace('"tools":{}', `"tools":{},"x":${nested(100_000)}`), JSON_TYPE)),
  ),
  'nested-error': onlyInitialize((socket, { rpc }) =>
    socket.write(
      whole(
        `{"jsonrpc":"2.0","id":${rpc.id},"error":{"code":-32000,"message":"no","data":${nested(100_000)}}}`,
        JSON_TYPE,
      ),
    ),
  ),
  'many-values': body(`[${'[],'.repeat(4 * MIB)}[]]`),
  'long-names': (socket, request) =>
    request.rpc?.method === 'tools/list'
      ? socket.write(
          whole(
            JSON.stringify({
              jsonrpc: '2.0',
              id: request.rpc.id,
              result: {
                tools: [{ name: 'a\x1b[2J'.repeat(500_000), inputSchema: { type: 'object' } }],
              },
            }),
            JSON_TYPE,
          ),
        )
      : sound(socket, request),
  'cursor-endless': (socket, request) => {
    if (request.rpc?.method !== 'tools/list') return sound(socket, request);
    const cursor = `${Number(request.rpc.params?.cursor?.slice(0, 8) ?? 1) + 1}`.padStart(8, '0') + 'x'.repeat(MIB);
    return socket.write(
      whole(
        JSON.stringify({ jsonrpc: '2.0', id: request.rpc.id, result: { tools: [], nextCursor: cursor } }),
        JSON_TYPE,
      ),
    );
  },
  'session-escape': (socket, request) => sound(socket, request, 'mcp-session-id: a\x1b]0;x\x07b'),
  'session-latin': (socket, request) => sound(socket, request, 'mcp-session-id: a\x9b31mb\xe9'),
  'session-long': (socket, request) => sound(socket, request, `mcp-session-id: ${'s'.repeat(20_000)}`),
  'session-empty': (socket, request) => sound(socket, request, 'mcp-session-id: '),
  'challenge-escape': raw(
    head(
      '401 Unauthorized',
      'www-authenticate: Bearer realm="\x9b2J\xe2\x80\xaex", error="\x85<script>alert(1)</script>"',
      'content-length: 0',
    ),
  ),
  'reason-escape': raw('HTTP/1.1 500 \x1b[31mred\x9b2J\r\ncontent-length: 0\r\n\r\n'),
  'body-escape': raw(whole('\x1b[2J\x1b]8;;http://x\x07<html>\x9b', 'content-type: text/html').toString('latin1')),
  'status-999': raw(head('999 Request denied', 'content-length: 0')),
  'status-0': raw(head('000 Nothing', 'content-length: 0')),
  'type-escape': raw(whole('{}', 'content-type: application/json\x9b2J; \xff').toString('latin1')),
  'rpc-flood': (socket, { rpc }) => {
    socket.write(head('200 OK', SSE_TYPE));
    pump(socket, `data: {"jsonrpc":"2.0","id":"${rpc?.id}x","result":{}}\n\n`.repeat(100));
  },
  'proxy-drip': (socket) => drip(socket, forever('x'), 20),
  'proxy-slow-refusal': (socket) => {
    socket.write(head('407 Proxy Authentication Required', 'content-type: text/html'));
    drip(socket, forever('x'), 20);
  },
  'proxy-endless-refusal': (socket) => {
    socket.write(head('502 Bad Gateway', 'content-type: text/html'));
    pump(socket, 'x'.repeat(16_384));
  },
  'proxy-echo': (socket, request) =>
    socket.write(
      whole(JSON.stringify(request.headers), 'content-type: text/html').toString().replace('200 OK', '407 No'),
    ),
  // Everything it was sent comes back, in every place that is shown.
  echo: (socket, { method, path, headers, text }) => {
    const all = [headers.authorization, headers['x-api-key'], headers.cookie, path].join(' | ');
    const body = `<html><title>${all}</title>${text}${all}</html>`;
    socket.write(
      head(
        `500 ${all}`,
        'content-type: text/html',
        `location: /${all}`,
        `www-authenticate: Bearer error="${all.replaceAll('"', '')}"`,
        `server: ${all}`,
        `${(headers['x-api-key'] ?? 'x').toLowerCase()}: 1`,
        `retry-after: ${method === 'POST' ? all : 1}`,
        `content-length: ${Buffer.byteLength(body)}`,
      ),
    );
    socket.write(body);
  },
  'echo-rpc': (socket, { path, headers, rpc }) =>
    socket.write(
      whole(
        JSON.stringify({
          jsonrpc: '2.0',
          id: rpc?.id,
          error: { code: -32000, message: `no: ${headers.authorization} ${headers.cookie}`, data: { path, headers } },
        }),
        JSON_TYPE,
        `mcp-session-id: ${headers['x-api-key']}`,
      ),
    ),
  'tls-drip': { open: (socket) => drip(socket, forever(Buffer.from([0x16])), 20) },
  'redirect-stranger': redirect(({ path }) => `http://127.0.0.1:${ports.stranger}${path}`),
  'redirect-stranger-echo': (socket, request) =>
    redirect(
      () =>
        `http://127.0.0.1:${ports.stranger}/mcp?token=${encodeURIComponent(
          request.headers.authorization ?? '',
        )}&back=${encodeURIComponent(request.path)}`,
    )(socket, request),
  'redirect-https': redirect(({ path }) => `https://127.0.0.1:${ports['stranger-tls']}${path}`),
  'redirect-name': redirect(({ path }) => `http://localhost:${ports['redirect-name']}${path}2`),
  'sse-stranger': (socket, { method }) =>
    method === 'GET'
      ? socket.write(`${head('200 OK', SSE_TYPE)}event: endpoint\ndata: http://127.0.0.1:${ports.stranger}/post\n\n`)
      : socket.write(head('405 Method Not Allowed', 'content-length: 0')),
  stranger: (socket, request) => {
    record('stranger')(request);
    sound(socket, request);
  },
  recorder: (socket) => socket.write(whole(JSON.stringify(seen.splice(0)), JSON_TYPE)),
};

/** Over TLS, with the certificate of the test servers: name -> what it does once HTTP/2 was agreed. Over HTTP/1.1 it is sound. */
const FRAME = (length, type, flags, id) =>
  Buffer.from([length >> 16, (length >> 8) & 255, length & 255, type, flags, 0, 0, 0, id]);
const SETTINGS = FRAME(0, 4, 0, 0);
const TLS_SERVERS = {
  'stranger-tls': () => {},
  'h2-mute': () => {},
  'h2-junk': (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'h2-ping-flood': (socket) =>
    pump(socket, Buffer.concat([SETTINGS, ...Array(200).fill(Buffer.concat([FRAME(8, 6, 0, 0), Buffer.alloc(8)]))])),
  'h2-settings-flood': (socket) => pump(socket, Buffer.concat(Array(500).fill(SETTINGS))),
  'h2-continuation-flood': (socket) => {
    const part = Buffer.concat([FRAME(8_192, 9, 0, 1), Buffer.alloc(8_192, 0x82)]);
    socket.write(Buffer.concat([SETTINGS, FRAME(1, 1, 0, 1), Buffer.from([0x88])]));
    setTimeout(() => pump(socket, part), 20);
  },
  'h2-data-endless': (socket) => {
    const headers = Buffer.concat([FRAME(1, 1, 4, 1), Buffer.from([0x88])]);
    socket.write(SETTINGS);
    setTimeout(() => socket.write(headers), 20);
    setTimeout(() => drip(socket, forever(Buffer.concat([FRAME(4, 0, 0, 1), Buffer.from('data')])), 1), 30);
  },
  'h2-goaway': (socket) => socket.write(Buffer.concat([SETTINGS, FRAME(8, 7, 0, 0), Buffer.alloc(8)])),
  'h2-close': (socket) => socket.destroy(),
};

const ports = {};
const listen = (name, server) =>
  new Promise((resolve) => {
    server.on('error', () => {});
    server.listen(0, '127.0.0.1', () => {
      ports[name] = server.address().port;
      resolve();
    });
  });

await Promise.all(
  Object.entries(SERVERS).map(([name, behave]) =>
    listen(
      name,
      createTcpServer((socket) => serve(behave, socket)),
    ),
  ),
);
const pem = (file) => readFileSync(new URL(`../servers/tls/${file}`, import.meta.url));
await Promise.all(
  Object.entries(TLS_SERVERS).map(([name, overHttp2]) => {
    const server = createTlsServer(
      { key: pem('key.pem'), cert: pem('cert.pem'), ALPNProtocols: ['h2', 'http/1.1'] },
      (socket) => {
        socket.on('error', () => {});
        if (name === 'stranger-tls') socket.on('data', (bytes) => seen.push({ name, text: bytes.toString('latin1') }));
        if (socket.alpnProtocol === 'h2') return overHttp2(socket);
        return serve(sound, socket);
      },
    );
    server.on('tlsClientError', () => {});
    return listen(name, server);
  }),
);
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.on('disconnect', () => process.exit(0));
