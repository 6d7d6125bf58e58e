import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTargets } from '../../src/cli/targets.js';
import { cli } from '../support/cli.js';
import { CA, type HostileServers, hostileServers } from '../support/hostile-http.js';

const BIN = fileURLToPath(new URL('../../bin/mcp-verdict.js', import.meta.url));

let folder: string;
let hostile: HostileServers;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
  hostile = await hostileServers();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await hostile.stop();
});

/** A list of targets in a file of its own. */
function list(...lines: string[]): string {
  const path = join(folder, `${lines.length}-${Math.abs(hash(lines.join()))}.txt`);
  writeFileSync(path, lines.join('\n'));
  return path;
}
const hash = (text: string): number => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7);

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { target: string; status: string; root: { id: string } | null; format: string });

const sound = () => hostile.url('interim-few');

describe('verify --targets', () => {
  it('writes one line of JSON for each, the slow one last, and ends with the worst exit code', async () => {
    const path = list(
      '# ours',
      sound(),
      '',
      `  ${hostile.url('mute')}  `,
      JSON.stringify({ url: hostile.url('sse-split') }),
    );
    const { code, stdout, stderr } = await cli(['verify', '--targets', path, '--timeout', '1']);
    const found = linesOf(stdout);
    expect(found.map(({ status }) => status).sort()).toEqual(['broken', 'healthy', 'healthy']);
    expect(found.at(-1)?.target).toBe(hostile.url('mute'));
    for (const { format } of found) expect(format).toBe('mcp-verdict.verdict/1');
    expect(stderr).toBe('mcp-verdict: 3 of 3 targets, 1 with a finding\n');
    expect(code).toBe(1);
  });

  it('reads standard input, and is quiet when asked', async () => {
    const { code, stdout, stderr } = await cli(['verify', '--targets', '-', '--quiet'], { input: `${sound()}\r\n` });
    expect(linesOf(stdout)).toMatchObject([{ target: sound(), status: 'healthy', root: null }]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('writes into a file with --output; --fail-on moves the line', async () => {
    const output = join(folder, 'out.jsonl');
    const args = ['verify', '--targets', list(hostile.url('splitting')), '--output', output];
    const strict = await cli(args);
    expect([strict.code, strict.stdout]).toEqual([1, '']);
    expect(linesOf(readFileSync(output, 'utf8'))).toMatchObject([{ status: 'degraded' }]);
    expect((await cli([...args, '--fail-on', 'broken'])).code).toBe(0);
  });

  it('sends the headers of the line and of the command line, and shows none of them', async () => {
    const secret = { url: `${hostile.url('stranger')}?api_key=Zq7LeakUrl`, headers: { 'X-Own': 'Zq7LeakOwn' } };
    await hostile.recorded();
    const args = ['verify', '--targets', '-', '--bearer-env', 'TOKEN_4711', '--header', 'X-All: Zq7LeakAll', '--quick'];
    const options = { input: JSON.stringify(secret), env: { TOKEN_4711: 'Zq7LeakBearer' } };
    const { stdout, stderr, code } = await cli(args, options);
    const told = await hostile.recorded();
    for (const value of ['Zq7LeakUrl', 'Zq7LeakOwn', 'Zq7LeakAll', 'Bearer Zq7LeakBearer'])
      expect(told).toContain(value);
    expect(stdout + stderr).not.toContain('Zq7Leak');
    expect(code).toBe(0);
  });

  it('speaks HTTP+SSE where a line says so, and obeys --public-only', async () => {
    const sse = JSON.stringify({ url: hostile.url('sse-stranger'), transport: 'sse' });
    const { stdout } = await cli(['verify', '--targets', '-'], { input: `${sse}\n` });
    expect(linesOf(stdout)[0]?.root?.id).toBe('transport-event-stream-malformed');
    const refused = await cli(['verify', '--targets', '-', '--public-only'], { input: sound() });
    expect(linesOf(refused.stdout)[0]?.root?.id).toBe('network-address-not-public');
  });

  it('asks one host no more than four things at once, however many lines name it', async () => {
    let [busy, most, total] = [0, 0, 0];
    const server: Server = createServer((request, response) => {
      busy++;
      total++;
      most = Math.max(most, busy);
      request.resume();
      setTimeout(() => {
        busy--;
        response.writeHead(404).end();
      }, 5);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const lines = Array.from({ length: 12 }, (_, i) => `${url}/mcp${i}`);
    const { stdout } = await cli(['verify', '--targets', '-', '--jobs', '12'], { input: lines.join('\n') });
    server.closeAllConnections();
    server.close();
    expect(linesOf(stdout)).toHaveLength(12);
    expect(total).toBeGreaterThan(48);
    expect(most).toBe(4);
  }, 30_000);

  it('a reader that goes away and Ctrl-C end it at once', async () => {
    const path = list(...Array.from({ length: 40 }, (_, i) => `${hostile.url('mute')}${i}`));
    const child: ChildProcess = spawn(process.execPath, [BIN, 'verify', '--targets', path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    child.kill('SIGINT');
    const from = performance.now();
    expect(await ended).toBe(130);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});

describe('HTTP/2, hostile behind a sound HTTP/1.1', () => {
  it('every way of it ends in a verdict', async () => {
    const names = hostile.names.filter((name) => name.startsWith('h2-'));
    const input = names.map((name) => hostile.url(name, 'https')).join('\n');
    const from = performance.now();
    const { stdout } = await cli(['verify', '--targets', '-', '--timeout', '1.5', '--full'], {
      input,
      env: { NODE_EXTRA_CA_CERTS: CA },
    });
    expect(performance.now() - from).toBeLessThan(30_000);
    const found = linesOf(stdout);
    expect(found).toHaveLength(names.length);
    // What works over HTTP/1.1 works: HTTP/2 is only compared with it.
    for (const { target, status } of found) expect(['healthy', 'degraded'], target).toContain(status);
  }, 60_000);
});

describe('a list with a mistake', () => {
  it.each([
    ['example.com/mcp', 'Line 2 of the list is no target: it is no URL'],
    ['ftp://example.com/mcp', 'Line 2 of the list is no target: the scheme is ftp'],
    ['{"url":', 'Line 2 of the list is no target: it begins like JSON, and cannot be parsed'],
    ['{"uri":"https://x.example/mcp"}', 'Line 2 of the list is no target: the key "uri" is unknown'],
    ['{"headers":{}}', 'Line 2 of the list is no target: "url" is missing'],
    ['{"url":"mailto:x"}', 'Line 2 of the list is no target: "url": the scheme is mailto'],
    ['{"url":"https://x.example/","headers":[]}', 'Line 2 of the list is no target: "headers" is no object'],
    ['{"url":"https://x.example/","headers":{"a":1}}', 'Line 2 of the list is no target: the header "a" is no text'],
    [
      '{"url":"https://x.example/","headers":{"a b":"1"}}',
      'Line 2 of the list is no target: "headers": the name of a header',
    ],
    [
      '{"url":"https://x.example/","headers":{"a":"1\\n2"}}',
      'Line 2 of the list is no target: "headers": the value of a has',
    ],
    ['{"url":"https://x.example/","transport":"ws"}', 'Line 2 of the list is no target: "transport" is none of http'],
  ])('%s', (line, says) => {
    expect(() => readTargets(`# list\n${line}\n`, 'the list')).toThrow(says);
  });

  it('is told before anything is asked, exit 2', async () => {
    await hostile.recorded();
    const input = `${hostile.url('stranger')}\nnonsense Zq7LeakLine\n`;
    const { code, stdout, stderr } = await cli(['verify', '--targets', '-'], { input });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^mcp-verdict: Line 2 of Standard input is no target: it is no URL\. Write one URL a line/);
    expect(stderr).not.toContain('Zq7Leak');
    expect(await hostile.recorded()).toBe('[]');
  });

  it.each([
    [['--targets', 'nowhere.txt'], 'Cannot read nowhere.txt (ENOENT)'],
    [['--targets', '-'], 'Standard input holds no target'],
    [['--targets', '-', 'https://x.example/mcp'], 'a target is given beside it'],
    [['--targets', '-', '--save-case', 'x.json'], '--save-case belongs to one target'],
    [['--targets', '-', '--format', 'agent'], '--format agent belongs to one target'],
    [['--targets', '-', '--jobs', '0'], '--jobs is "0"; write a whole number'],
    [['--jobs', '4', 'https://x.example/mcp'], '--jobs belongs to --targets'],
  ])('%j', async (args, says) => {
    const { code, stderr } = await cli(['verify', ...args]);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  it('an output that cannot be written is told before anything is asked', async () => {
    await hostile.recorded();
    const args = ['verify', '--targets', '-', '--output', join(folder, 'no/such/folder')];
    const { code, stderr } = await cli(args, { input: hostile.url('stranger') });
    expect(stderr).toContain('Cannot write');
    expect([code, await hostile.recorded()]).toEqual([2, '[]']);
  });
});
