/**
 * More than a hundred ways to mistreat HTTP, each by a real server, investigated as users do it: every one is named, within
 * seconds and without taking memory, and nothing is left open behind it.
 */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Exchange } from '../../src/case/evidence.js';
import { exitCodeOf } from '../../src/cli/exit.js';
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { realWorld } from '../../src/probe/world.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderJson } from '../../src/render/json.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { type HostileServers, hostileServers } from '../support/hostile-http.js';

const TIMEOUT_MS = 1_000;
/** Eight times the limit of one answer, on a machine that is busy. */
const MAX_MS = 8_000;
const MAX_GROWTH = 100e6;
const MAX_CASE = 300_000;

let servers: HostileServers;
beforeAll(async () => {
  servers = await hostileServers();
});
afterAll(() => servers.stop());

const open = (): number => process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|TLS|HTTP)/.test(kind)).length;

/** Investigate, and see to it that time, memory and sockets are bounded. */
async function look(url: string, options: InvestigateOptions & { headers?: Record<string, string> } = {}) {
  const { headers = {}, ...rest } = options;
  const socketsBefore = open();
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const from = performance.now();
  const file = await investigate({ kind: 'http', url, headers }, { timeoutMs: TIMEOUT_MS, ...rest });
  const ms = performance.now() - from;
  clearInterval(timer);
  expect(ms).toBeLessThan(MAX_MS);
  expect(peak - before, 'growth of the resident memory').toBeLessThan(MAX_GROWTH);
  expect(JSON.stringify(file).length, 'size of the case file').toBeLessThan(MAX_CASE);
  for (let i = 0; i < 50 && open() > socketsBefore; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(open(), 'sockets left').toBeLessThanOrEqual(socketsBefore);
  const verdict = diagnose(file);
  return { file, verdict };
}

const exchangesOf = (file: CaseFile): Exchange[] => {
  const { http } = file.evidence;
  if (http?.status !== 'seen') throw new Error('no exchange was seen');
  return http.value.exchanges;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;

/** Root and status; what the root says. */
type Expected = [root: string | RegExp | null, status: string, says?: RegExp];

const UNBOUNDED = (says: RegExp): Expected => ['http-answer-unbounded', 'broken', says];
const MALFORMED = (says: RegExp): Expected => ['http-answer-malformed', 'broken', says];
/** The conversation opens all the same. */
const ODD = (says: RegExp): Expected => ['http-answer-malformed', 'degraded', says];
const CUT = (says: RegExp): Expected => ['http-answer-cut', 'broken', says];
const CIRCLE = (says: RegExp): Expected => ['http-redirect-loop', 'broken', says];
const STREAM = (says: RegExp): Expected => ['transport-event-stream-malformed', 'broken', says];
const LOST = (status: string, says?: RegExp): Expected => ['http-redirect-loses-request', status, says];
const SOUND: Expected = [null, 'healthy'];
const SILENT: Expected = ['handshake-unanswered', 'broken'];

const TABLE: Record<string, Expected> = {
  'endless-events': UNBOUNDED(/an event stream that brought \d+ MB in [\d.]+ s, and not the reply/),
  'endless-comments': SILENT,
  'endless-silence': SILENT,
  'endless-json': UNBOUNDED(/a body that was not at its end after 17 MB/),
  'slow-body': UNBOUNDED(/came in [\d.]+ s, where Content-Length announces 100 KB/),
  'slow-headers': UNBOUNDED(/headers that had begun and were not at their end after [\d.]+ s/),
  'slow-status': UNBOUNDED(/headers that had begun/),
  mute: SILENT,
  '10-gb-length': UNBOUNDED(/not at its end after 17 MB \(Content-Length: 10737418240\)/),
  '10-gb-chunked': UNBOUNDED(/not at its end after 17 MB/),
  'gzip-bomb': UNBOUNDED(/a compressed body \(gzip\) that unpacked to 17 MB/),
  'deflate-bomb': UNBOUNDED(/a compressed body \(deflate\)/),
  'brotli-bomb': UNBOUNDED(/a compressed body \(br\)/),
  'gzip-bomb-stream': UNBOUNDED(/a compressed body \(gzip\)/),
  'gzip-not': MALFORMED(/not in the coding its Content-Encoding names/),
  'gzip-cut': MALFORMED(/not in the coding its Content-Encoding names/),
  'gzip-twice': MALFORMED(/a coding that was not asked for/),
  'redirect-self': CIRCLE(/in a circle: .*\/mcp to .*\/mcp/),
  'redirect-pair': CIRCLE(/\/mcp to .*\/mcp2 to .*\/mcp\./),
  'redirect-endless': CIRCLE(/on and on: after 8 redirects/),
  'redirect-chain': ['http-endpoint-wrong', 'broken', /redirect|mcp/],
  'redirect-file': LOST('broken', /file:\/\/\/etc\/passwd/),
  'redirect-script': LOST('broken', /javascript:alert/),
  'redirect-nowhere': LOST('broken'),
  'redirect-no-url': LOST('degraded'),
  'redirect-escape': LOST('broken'),
  'redirect-long': LOST('degraded'),
  'header-flood': MALFORMED(/\d{4} header fields/),
  'header-huge': MALFORMED(/headers of more than 64 KB/),
  'header-endless': MALFORMED(/headers of more than 64 KB/),
  'header-repeated': ODD(/\d{4} header fields/),
  'interim-flood': MALFORMED(/a hundred interim answers/),
  'interim-slow': UNBOUNDED(/\d+ interim answers \(1xx\) in [\d.]+ s, and no answer/),
  'interim-few': SOUND,
  upgrade: MALFORMED(/a change to another protocol \(101\)/),
  'sse-no-blank-line': STREAM(/an event that no blank line ends/),
  'sse-unknown-fields': STREAM(/lines that are no field of an event \("message: /),
  'sse-extra-fields': SOUND,
  'sse-cr': STREAM(/a carriage return alone/),
  'sse-bom': SOUND,
  'sse-charset': SOUND,
  'sse-split': SOUND,
  'sse-endless-line': UNBOUNDED(/an event stream that brought 17 MB/),
  'sse-endless-event': UNBOUNDED(/an event stream that brought/),
  'sse-json': STREAM(/JSON without "data: "/),
  'sse-html': ['http-not-mcp', 'broken'],
  'sse-data-html': STREAM(/whose data is no JSON \("<html>"\)/),
  'chunk-size-invalid': MALFORMED(/chunks whose sizes cannot be read/),
  'chunk-size-huge': MALFORMED(/chunks whose sizes cannot be read/),
  'chunk-last-missing': CUT(/closes it after 17 bytes of the answer/),
  'chunk-extension-endless': MALFORMED(/chunks/),
  'trailer-endless': MALFORMED(/headers of more than 64 KB/),
  splitting: ODD(/others follow behind its end/),
  // An answer that nobody asked for makes every later one that of the request before: whatever is named, it is not healthy.
  'splitting-later': [/./, 'broken|degraded'],
  'junk-after': ODD(/others follow behind its end/),
  'utf8-invalid': ODD(/no UTF-8/),
  'utf16-body': MALFORMED(/no UTF-8/),
  'http-0.9': MALFORMED(/no HTTP at all: it begins with "<html><title>Old/),
  'ssh-banner': MALFORMED(/no HTTP at all: it begins with "SSH-2.0-OpenSSH_9.6"/),
  'binary-noise': MALFORMED(/no HTTP at all/),
  'length-too-long': CUT(/closes it after \d+ bytes of the answer \(Content-Length: 5000\)/),
  'length-too-long-open': UNBOUNDED(/where Content-Length announces 5000 bytes/),
  'length-too-short': MALFORMED(/others follow behind its end/),
  'length-twice': MALFORMED(/Content-Length/),
  'length-negative': MALFORMED(/Content-Length/),
  'length-and-chunked': MALFORMED(/a Content-Length beside chunks/),
  'close-at-once': CUT(/closes it before it answers initialize/),
  'close-after-request': CUT(/closes it before it answers initialize/),
  'reset-after-request': CUT(/resets it before it answers initialize/),
  'close-in-headers': CUT(/closes it before it answers initialize/),
  'close-in-body': CUT(/closes it after 11 bytes of the answer \(Content-Length: 500\)/),
  'reset-in-body': CUT(/after 11 bytes of the answer/),
  'close-delimited': SOUND,
  'half-close': CUT(/after 0 bytes of the answer/),
  'keep-alive-trap': [/^(?:catalog-list-fails|http-notification-not-202)$/, 'broken'],
  'keep-alive-closes': SOUND,
  'nested-json': UNBOUNDED(/nested deeper/),
  'nested-open': UNBOUNDED(/nested deeper/),
  'nested-result': UNBOUNDED(/nested deeper/),
  'nested-error': UNBOUNDED(/nested deeper/),
  'many-values': UNBOUNDED(/more values/),
  'long-names': SOUND,
  'cursor-endless': ['catalog-list-fails', 'broken'],
  'session-escape': MALFORMED(/a header with control characters/),
  'session-latin': ODD(/mcp-session-id that a session id must not have/),
  'session-long': SOUND,
  'session-empty': ODD(/mcp-session-id/),
  'challenge-escape': ['auth-credentials-missing', 'broken'],
  'reason-escape': ['http-server-error', 'broken'],
  'body-escape': ['http-not-mcp', 'broken'],
  'status-999': MALFORMED(/the status 999/),
  'status-0': MALFORMED(/the status 0/),
  'type-escape': ['http-answer-malformed', 'broken', /content-type that control a terminal/],
  'rpc-flood': UNBOUNDED(/an event stream that brought/),
};

describe.each(Object.entries(TABLE))('%s', (name, [root, status, says]) => {
  it(`${root ?? 'no cause'}, ${status}`, async () => {
    const { file, verdict } = await look(servers.url(name));
    const found = verdict.findings.map(({ id, certainty }) => `${id} ${certainty}`).join(', ');
    if (root instanceof RegExp) expect(verdict.root?.id, found).toMatch(root);
    else expect(verdict.root?.id ?? null, found).toBe(root);
    expect(status.split('|'), found).toContain(verdict.status);
    if (says) expect(verdict.root?.says).toMatch(says);
    expect(exitCodeOf(verdict, 'degraded')).toBe(status === 'healthy' ? 0 : 1);
    // Nothing that a server says reaches a terminal as a command to it.
    for (const text of [
      renderTerminal(verdict, file, { color: false, width: 80 }),
      renderAgent(verdict, file),
      renderJson(verdict),
    ])
      expect(text).not.toMatch(CONTROLS);
  }, 20_000);
});

it('every hostile server has its line in the table, or its own test', () => {
  const others = /^(?:proxy|tls|h2|stranger|redirect-(?:stranger|https|name|metadata)|sse-stranger|recorder|echo)/;
  expect(servers.names.filter((name) => !others.test(name)).sort()).toEqual(Object.keys(TABLE).sort());
});

describe('a host that starves us', () => {
  it('is asked no more after a few answers that ran out of time, also in the whole series', async () => {
    const { file } = await look(servers.url('keep-alive-trap'), { full: true, timeoutMs: 500 });
    const late = exchangesOf(file).filter(({ error }) => error?.code.endsWith('_TIMEOUT'));
    expect(late.length).toBeGreaterThanOrEqual(5);
    expect(late.length).toBeLessThanOrEqual(8);
    const { series } = file.evidence;
    const whys = series?.status === 'seen' ? series.value.runs.map(({ skipped }) => skipped) : [];
    expect(whys).toContain('5 answers ran out of time or bounds');
  }, 20_000);

  it('lets go at once when the investigation is interrupted', async () => {
    for (const name of ['mute', 'endless-silence', 'slow-body']) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 200);
      const from = performance.now();
      const { verdict } = await look(servers.url(name), { timeoutMs: 30_000, signal: abort.signal });
      expect(performance.now() - from, name).toBeLessThan(3_000);
      expect(verdict.status, name).not.toBe('healthy');
    }
  }, 20_000);
});

it('a process that investigated hostile servers ends by itself', async () => {
  const names = [
    'endless-json',
    'gzip-bomb-stream',
    'keep-alive-closes',
    'close-in-body',
    'endless-silence',
    'upgrade',
  ];
  const library = new URL('../../dist/index.js', import.meta.url).href;
  const script = `
    import { investigate } from ${JSON.stringify(library)};
    await Promise.all(${JSON.stringify(names.map((name) => servers.url(name)))}.flatMap((url) =>
      ['streamable-http', 'sse'].map((transport) =>
        investigate({ kind: 'http', url, headers: {}, transport }, { timeoutMs: 500 }),
      ),
    ));
    process.stdout.write(String(performance.now()));
    process.on('exit', () => process.stdout.write(' ' + performance.now()));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  const [done = 0, gone = 0] = said.split(' ').map(Number);
  expect(gone - done).toBeLessThan(500);
}, 30_000);

describe('a hostile proxy in HTTP_PROXY', () => {
  const through = async (name: string, user = '') => {
    const proxy = servers.origin(name).replace('//', `//${user}`);
    const world = { ...realWorld(), env: { HTTP_PROXY: proxy, http_proxy: proxy } };
    const { file } = await look(servers.url('interim-few'), { world });
    const { network } = file.evidence;
    return { text: JSON.stringify(file), proxy: network?.status === 'seen' ? network.value.proxy : undefined };
  };

  it.each([
    ['mute', { error: { code: 'ETIMEDOUT' } }],
    ['proxy-drip', { error: { code: 'HPE_INVALID_CONSTANT' } }],
    ['slow-headers', { error: { code: 'ETIMEDOUT' } }],
    ['header-endless', { error: { code: 'HPE_HEADER_OVERFLOW' } }],
    ['interim-flood', { error: { code: 'HTTP_INTERIM_FLOOD' } }],
    ['proxy-slow-refusal', { status: 407, body: expect.stringMatching(/^x+$/) }],
    ['proxy-endless-refusal', { status: 502, body: 'x'.repeat(500) }],
    ['close-at-once', { error: { code: 'UND_ERR_SOCKET' } }],
    ['10-gb-length', { status: 200 }],
    ['redirect-self', { status: 307 }],
  ])(
    '%s',
    async (name, seen) => {
      expect((await through(name)).proxy).toMatchObject({ applies: 'http_proxy', through: seen });
    },
    20_000,
  );

  it('that says back its own password: it stays out of the case', async () => {
    const { text, proxy } = await through('proxy-echo', 'user:Zq7LeakPassword@');
    expect(proxy?.through?.status).toBe(407);
    expect(text).not.toContain('Zq7Leak');
    expect(text).not.toContain(Buffer.from('user:Zq7LeakPassword').toString('base64'));
  });
});
