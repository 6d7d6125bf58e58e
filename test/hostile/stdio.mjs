// Servers that mistreat stdio, one per name: node stdio.mjs <name>. Each is a sound server that does one thing wrong.
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , name = ''] = process.argv;
const raw = (bytes) => process.stdout.write(bytes);
const json = (message) => JSON.stringify({ jsonrpc: '2.0', ...message });
const line = (text) => raw(`${text}\n`);

const initialized = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'hostile', version: '1' },
};
const resultOf = (method) =>
  method === 'initialize' ? initialized : method === 'tools/list' ? { tools: [] } : /** ping */ {};

/** How a sound server answers. */
const sound = { reply: ({ id, method }) => line(json({ id, result: resultOf(method) })) };
/** A sound server whose answer to initialize is another one; `this` way, the rest of the conversation is beyond reproach. */
const first = (reply) => ({
  reply: (request) => (request.method === 'initialize' ? reply(request, resultOf('initialize')) : sound.reply(request)),
});

const SERVERS = {
  'exit-1': {
    start() {
      process.stderr.write('cannot open weather.db\n');
      process.exit(1);
    },
  },
  'exit-0': { start: () => process.exit(0) },
  sigsegv: { start: () => process.kill(process.pid, 'SIGSEGV') },
  banner: { ...sound, start: () => line('Weather server v1.2 ready') },
  'pollution-after-list': {
    reply(request) {
      sound.reply(request);
      if (request.method === 'tools/list') line('served 0 tools');
    },
  },
  glued: { ...sound, start: () => raw('Loading... ') },
  bom: first(({ id }, result) => line(`\uFEFF${json({ id, result })}`)),
  'utf-16': { reply: ({ id, method }) => raw(Buffer.from(`${json({ id, result: resultOf(method) })}\n`, 'utf16le')) },
  'json-log': { ...sound, start: () => line('{"level":30,"time":1700000000000,"pid":7,"msg":"ready"}') },
  'content-length': {
    reply({ id, method }) {
      const body = json({ id, result: resultOf(method) });
      raw(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
  },
  'pretty-printed': {
    reply: ({ id, method }) => line(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method) }, null, 2)),
  },
  'no-newline': { reply: ({ id, method }) => raw(json({ id, result: resultOf(method) })) },
  crlf: { reply: ({ id, method }) => raw(`${json({ id, result: resultOf(method) })}\r\n`) },
  'string-id': { reply: ({ id, method }) => line(json({ id: String(id), result: resultOf(method) })) },
  'jsonrpc-missing': first(({ id }, result) => line(JSON.stringify({ id, result }))),
  'unknown-key': first(({ id }, result) => line(json({ id, result, took: 3 }))),
  both: first(({ id }, result) => line(json({ id, result, error: { code: -1, message: 'none' } }))),
  'id-null': first(() => line(json({ id: null, error: { code: -32700, message: 'Parse error' } }))),
  batch: first(({ id }, result) => line(`[${json({ id, result })}]`)),
  'duplicate-reply': {
    reply(request) {
      sound.reply(request);
      if (request.method === 'initialize') sound.reply(request);
    },
  },
  'early-request': { ...sound, start: () => line(json({ id: 'r1', method: 'roots/list' })) },
  'stdout-closed': {
    start() {
      closeSync(1);
      setInterval(() => {}, 1_000);
    },
  },
  'over-long': first(() => raw(`${'x'.repeat(11 * 1024 * 1024)}`)),
  'remote-error': first(({ id }) => line(json({ id, error: { code: -32000, message: 'Connection closed' } }))),
  'version-2099': first(({ id }, result) => line(json({ id, result: { ...result, protocolVersion: '2099-01-01' } }))),
  'no-server-info': first(({ id }, { serverInfo: _, ...result }) => line(json({ id, result }))),
  'dies-after-initialize': {
    reply(request) {
      if (request.method !== 'initialize') return;
      sound.reply(request);
      setTimeout(() => process.exit(3), 50);
    },
  },
  'ignores-eof': { ...sound, start: () => setInterval(() => {}, 1_000) },
  'nul-bytes': { ...sound, start: () => raw('ready\0\0\n') },
  'invalid-utf8': first(({ id }, result) =>
    raw(
      Buffer.concat([
        Buffer.from(json({ id, result: { ...result, instructions: '@@' } }).replace('@@"}}', '')),
        Buffer.from([0xe9, 0x22, 0x7d, 0x7d, 0x0a]),
      ]),
    ),
  ),
};

const server = SERVERS[name];
if (!server) throw new Error(`no hostile server is called ${JSON.stringify(name)}`);
server.start?.();
createInterface({ input: process.stdin }).on('line', (text) => {
  const request = JSON.parse(text);
  if (request.id !== undefined && request.method) server.reply?.(request);
});
