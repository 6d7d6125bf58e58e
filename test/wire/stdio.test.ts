import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { Timeline } from '../../src/case/timeline.js';
import { StdioChannel } from '../../src/wire/stdio.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of children.splice(0)) {
    try {
      // The whole group: some of the servers here leave a grandchild behind on purpose.
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
});

interface Open {
  channel: StdioChannel;
  timeline: Timeline;
  child: ChildProcess;
}

function start(command: string, args: string[]): Open {
  const from = performance.now();
  const timeline = new Timeline(() => performance.now() - from);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  children.push(child);
  return { channel: new StdioChannel(child, timeline), timeline, child };
}

/** A server whose `on(message)` is called for every line of its stdin; `say` writes a line. */
const server = (body: string): Open =>
  start(process.execPath, [
    '-e',
    `const say = (m) => process.stdout.write((typeof m === 'string' ? m : JSON.stringify({ jsonrpc: '2.0', ...m })) + '\\n');
     let on = () => {};
     require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => on(JSON.parse(line)));
     ${body}`,
  ]);

const LONG = { timeoutMs: 10_000, era: 'initialize' } as const;
const SHORT = { timeoutMs: 150, era: 'initialize' } as const;

const texts = ({ timeline }: Open, what: string): (string | undefined)[] =>
  timeline.events().timeline.flatMap((event) => (event.what === what ? [event.text] : []));

describe('replies', () => {
  it('a result, an error, and ids that count up', async () => {
    const { channel } = server(
      `on = ({ id, method }) => method === 'a' ? say({ id, result: { got: id } }) : say({ id, error: { code: -32601, message: 'no ' + method } });`,
    );
    expect(await channel.request('a', undefined, LONG)).toMatchObject({ kind: 'result', result: { got: 1 } });
    expect(await channel.request('b', { x: 1 }, LONG)).toMatchObject({
      kind: 'rpc-error',
      error: { code: -32601, message: 'no b' },
    });
    expect(channel.stdout()).toMatchObject({ messages: 2, strayCount: 0, strays: [] });
  });

  it('a string id for a number id settles the request, and is a fault', async () => {
    const { channel } = server(`on = ({ id }) => say({ id: String(id), result: { ok: 1 } });`);
    expect(await channel.request('initialize', undefined, LONG)).toMatchObject({ kind: 'result', result: { ok: 1 } });
    expect(channel.stdout().strays).toMatchObject([
      { kind: 'rpc-invalid', line: 1, why: expect.stringContaining('string id "1"') },
    ]);
    expect(channel.stdout().messages).toBe(0);
  });

  it('a second reply to one request is a fault', async () => {
    const { channel } = server(
      `on = ({ id, method }) => { say({ id, result: { method } }); if (method === 'a') say({ id, result: { again: 1 } }); };`,
    );
    expect(await channel.request('a', undefined, LONG)).toMatchObject({ kind: 'result', result: { method: 'a' } });
    expect(await channel.request('b', undefined, LONG)).toMatchObject({ kind: 'result', result: { method: 'b' } });
    expect(channel.stdout().strays).toMatchObject([{ kind: 'rpc-invalid', line: 2, why: 'a second reply to id 1' }]);
    expect(channel.stdout()).toMatchObject({ messages: 2, strayCount: 1 });
  });

  it('a reply that nobody asked for is a fault, also with an id that no request can have', async () => {
    const { channel } = server(
      `on = ({ id }) => { say({ id: 99, result: {} }); say({ id: 'x', result: {} }); say({ id, result: {} }); };`,
    );
    await channel.request('a', undefined, LONG);
    expect(channel.stdout().strays.map(({ why }) => why)).toEqual([
      'a reply to id 99, which nobody asked',
      'a reply to id "x", which nobody asked',
    ]);
  });

  it('an error without an id is a fault', async () => {
    const { channel } = server(
      `on = ({ id }) => { say({ id: null, error: { code: -32700, message: 'Parse error' } }); say({ id, result: {} }); };`,
    );
    await channel.request('a', undefined, LONG);
    expect(channel.stdout().strays[0]?.why).toContain('without an id');
  });

  it('a reply that comes after we stopped waiting is late, not wrong', async () => {
    const { channel } = server(
      `let first; on = ({ id, method }) => { if (method === 'slow') first = id; else { say({ id: first, result: {} }); say({ id, result: {} }); } };`,
    );
    expect(await channel.request('slow', undefined, SHORT)).toMatchObject({ kind: 'unanswered' });
    expect(await channel.request('next', undefined, LONG)).toMatchObject({ kind: 'result' });
    expect(channel.stdout()).toMatchObject({ strayCount: 0, messages: 2 });
  });

  it('a reply that breaks the rules settles the request as invalid', async () => {
    const { channel } = server(`on = ({ id }) => say({ id, result: 'ok' });`);
    expect(await channel.request('a', undefined, LONG)).toMatchObject({
      kind: 'invalid',
      problems: ['"result" is no object'],
    });
    expect(channel.stdout().strays).toMatchObject([{ kind: 'rpc-invalid' }]);
  });

  it('requests that are abandoned are unanswered', async () => {
    const { channel } = server('');
    const waiting = channel.request('initialize', undefined, LONG);
    channel.abandon();
    expect(await waiting).toMatchObject({ kind: 'unanswered' });
  });
});

describe('what the server asks of us', () => {
  it('ping is answered, everything else is refused, notifications are left alone', async () => {
    const { channel } = server(
      `let asker; const got = [];
       on = (m) => {
         if (m.method === 'go') { asker = m.id; say({ id: 'p', method: 'ping' }); say({ id: 7, method: 'roots/list' }); say({ method: 'notifications/message', params: {} }); }
         else { got.push(m); if (got.length === 2) say({ id: asker, result: { got } }); }
       };`,
    );
    expect(await channel.request('go', undefined, LONG)).toMatchObject({
      kind: 'result',
      result: {
        got: [
          { jsonrpc: '2.0', id: 'p', result: {} },
          { jsonrpc: '2.0', id: 7, error: { code: -32601 } },
        ],
      },
    });
    expect(channel.stdout()).toMatchObject({ messages: 4, strayCount: 0 });
  });

  it('a request after our own end of stdin does not look like a broken pipe', async () => {
    const { channel } = server(
      `process.stdin.on('end', () => { say({ id: 1, method: 'ping' }); setTimeout(() => process.exit(0), 50); });`,
    );
    channel.closeStdin();
    await channel.ended;
    expect(channel.stdout().messages).toBe(1);
    expect(channel.epipeAtMs).toBeUndefined();
    expect(channel.exit).toMatchObject({ code: 0, by: 'us' });
  });
});

describe('the end', () => {
  it('an exit code, and what was unanswered', async () => {
    const open = server(`on = () => { console.error('no luck'); process.exit(7); };`);
    const { channel } = open;
    expect(await channel.request('initialize', undefined, LONG)).toMatchObject({ kind: 'closed' });
    await channel.ended;
    expect(channel.exit).toMatchObject({ code: 7, signal: null, by: 'itself' });
    expect(channel.pendingAtExit).toEqual(['initialize']);
    expect(channel.stderr()).toMatchObject({ bytes: 8, lines: [{ text: 'no luck' }], omitted: 0 });
    expect(channel.open).toBe(false);
    expect(await channel.request('ping', undefined, LONG)).toEqual({ kind: 'closed', ms: 0 });
    expect(texts(open, 'exit')).toEqual(['code 7']);
  });

  it('a signal', async () => {
    const { channel } = server(`on = () => process.kill(process.pid, 'SIGKILL');`);
    await channel.request('initialize', undefined, LONG);
    await channel.ended;
    expect(channel.exit).toMatchObject({ code: null, signal: 'SIGKILL', by: 'itself' });
  });

  it('a reply just before the exit counts: nothing was pending', async () => {
    const { channel } = server(`on = ({ id }) => { say({ id, result: {} }); process.exit(0); };`);
    expect(await channel.request('initialize', undefined, LONG)).toMatchObject({ kind: 'result' });
    await channel.ended;
    expect(channel.pendingAtExit).toEqual([]);
  });

  it('after our end of stdin the exit is ours', async () => {
    const { channel } = server('');
    channel.closeStdin();
    await channel.ended;
    expect(channel.exit).toMatchObject({ code: 0, by: 'us' });
    expect(channel.stdout().endedWhileAlive).toBe(false);
  });

  it('stdout closed while the process lives on', async () => {
    const { channel, timeline } = server(
      `on = () => { require('node:fs').closeSync(1); setInterval(() => {}, 1000); };`,
    );
    expect(await channel.request('initialize', undefined, LONG)).toMatchObject({ kind: 'closed' });
    expect(channel.exit).toBeUndefined();
    expect(channel.open).toBe(false);
    const { endAtMs = 0 } = channel.stdout();
    while (timeline.now() < endAtMs + 80) await new Promise((resolve) => setTimeout(resolve, 10));
    // Our own end comes later and changes nothing about it.
    channel.closeStdin();
    expect(channel.stdout()).toMatchObject({ endedWhileAlive: true });
  });

  it('an exit closes stdout, too: that is no end while alive', async () => {
    const { channel } = server(`on = () => process.exit(0);`);
    await channel.request('initialize', undefined, LONG);
    await channel.ended;
    expect(channel.stdout()).toMatchObject({ endedWhileAlive: false, endAtMs: expect.any(Number) });
  });

  it('a grandchild that keeps the pipes open does not keep us waiting', async () => {
    const { channel } = start('sh', ['-c', 'sleep 60 & echo started; exit 3']);
    const request = channel.request('initialize', undefined, { ...LONG, timeoutMs: 50_000 });
    await channel.ended;
    expect(await request).toMatchObject({ kind: 'closed' });
    expect(channel.exit).toMatchObject({ code: 3, by: 'itself' });
    expect(channel.stdout().strays).toMatchObject([{ text: 'started' }]);
    expect(channel.stdout().endAtMs).toBeUndefined();
  });

  it('a program that is not there', async () => {
    const { channel } = start('/nowhere/at-all', []);
    await channel.ended;
    expect(channel.spawnError).toMatchObject({ code: 'ENOENT', path: '/nowhere/at-all' });
    expect(channel.exit).toBeUndefined();
    expect(channel.pendingAtExit).toEqual([]);
  });
});

describe('streams', () => {
  it('EPIPE is noted when nobody reads our end any more', async () => {
    const open = server(
      `process.stdin.destroy(); require('node:fs').closeSync(0); say('closed'); setInterval(() => {}, 1000);`,
    );
    const { channel } = open;
    while (channel.stdout().strayCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await channel.request('initialize', undefined, SHORT);
    expect(channel.epipeAtMs).toEqual(expect.any(Number));
    expect(texts(open, 'stdin-broken')).toEqual(['EPIPE']);
    expect(channel.exit).toBeUndefined();
  });

  it('the last line without its newline', async () => {
    const { channel } = server(
      `on = ({ id }) => { process.stdout.write('Starting\\n' + JSON.stringify({ jsonrpc: '2.0', id, result: {} })); };`,
    );
    expect(await channel.request('initialize', undefined, { ...LONG, timeoutMs: 1_500 })).toMatchObject({
      kind: 'unanswered',
    });
    const { strays, strayCount, messages } = channel.stdout();
    expect(strays.map(({ kind, line }) => [kind, line])).toEqual([
      ['not-json', 1],
      ['unterminated', 2],
    ]);
    expect({ strayCount, messages }).toEqual({ strayCount: 2, messages: 0 });
  });

  it('a prompt on stderr without a newline, and a character split between two writes', async () => {
    const { channel } = server(
      `const bytes = Buffer.from('Schlüssel: '); process.stderr.write(bytes.subarray(0, 5));
       setTimeout(() => { process.stderr.write(bytes.subarray(5)); setTimeout(() => say('x'), 50); }, 50);`,
    );
    while (channel.stdout().strayCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(channel.stderr().lines).toMatchObject([{ text: 'Schlüssel: ' }]);
    expect(channel.stderr().lines[0]?.atMs).toBeGreaterThan(0);
  });

  it('of a flood of stray lines and of stderr a bounded part is kept, and the rest counted', async () => {
    const { channel } = server(
      `for (let i = 0; i < 500; i++) say('line ' + i + 'x'.repeat(2000));
       for (let i = 0; i < 5000; i++) console.error('log ' + i);
       process.stdin.destroy();`,
    );
    await channel.ended;
    const { strays, strayCount } = channel.stdout();
    expect(strays).toHaveLength(50);
    expect(strayCount).toBe(500);
    expect(Math.max(...strays.map(({ text }) => text.length))).toBe(500);
    const { lines, omitted } = channel.stderr();
    expect(lines[0]?.text).toBe('log 0');
    expect(lines.at(-1)?.text).toBe('log 4999');
    expect(lines).toHaveLength(300);
    expect(omitted).toBe(4_700);
  });

  it('one message over several lines is told as such', async () => {
    const { channel } = server(
      `on = ({ id }) => { say(JSON.stringify({ jsonrpc: '2.0', id, result: {} }, null, 2)); process.exit(0); };`,
    );
    await channel.request('initialize', undefined, LONG);
    await channel.ended;
    expect(new Set(channel.stdout().strays.map(({ kind }) => kind))).toEqual(new Set(['pretty-printed']));
  });
});

it('stderr stands without its colours, and with every other control sequence', async () => {
  const { channel } = start(process.execPath, [
    '-e',
    'process.stderr.write("\\u001b[1;31mError:\\u001b[0m no \\u001b]0;title\\u0007key\\n")',
  ]);
  await channel.ended;
  expect(channel.stderr().lines.map(({ text }) => text)).toEqual(['Error: no \u001b]0;title\u0007key']);
});
