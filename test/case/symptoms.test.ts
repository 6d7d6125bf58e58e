import { describe, expect, it } from 'vitest';
import { readSymptoms, UnreadableError } from '../../src/case/read.js';
import { evidenceOf, type Symptoms, symptomsOf } from '../../src/case/symptoms.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';

const kinds = (symptoms: Symptoms): string[] => Object.keys(evidenceOf(symptoms)).filter((kind) => kind !== 'reported');

describe('each key of the symptoms fills its kind of evidence, and nothing else', () => {
  it('nothing told, nothing seen', () => {
    expect(evidenceOf({})).toEqual({ reported: { clientError: [], serverLog: [] } });
  });

  it('transport, client, os, platform, url', () => {
    const told = {
      transport: 'sse',
      client: 'Cursor 1.2',
      os: 'windows',
      platform: 'railway',
      url: 'https://x.example/sse',
    } as const;
    expect(evidenceOf(told)).toEqual({ reported: { ...told, clientError: [], serverLog: [] } });
  });

  it('clientError and serverLog, line by line without blank ones', () => {
    const { reported } = evidenceOf({
      clientError: 'MCP error -32000\r\n\nConnection closed\n',
      serverLog: 'a\rb\n  \n',
    });
    expect(reported?.clientError).toEqual(['MCP error -32000', 'Connection closed']);
    expect(reported?.serverLog).toEqual(['a', 'b']);
  });

  it('stderr', () => {
    expect(kinds({ stderr: 'boom\n' })).toEqual(['stderr']);
    expect(evidenceOf({ stderr: 'one\n\ntwo' }).stderr).toEqual({
      bytes: 8,
      lines: [
        { atMs: 0, text: 'one' },
        { atMs: 0, text: 'two' },
      ],
      omitted: 0,
    });
    expect(evidenceOf({ stderr: '' }).stderr).toEqual({ bytes: 0, lines: [], omitted: 0 });
  });

  it('stdout: every line has its class and place', () => {
    const stdout = [
      'Server ready',
      '{"jsonrpc":"2.0","id":1,"result":{}}',
      '',
      '{"level":30}',
      'Content-Length: 5',
      '\uFEFF{}',
    ].join('\n');
    expect(kinds({ stdout })).toEqual(['stdout']);
    const { messages, strayCount, strays, bytes } = evidenceOf({ stdout }).stdout ?? {};
    expect({ messages, strayCount, bytes }).toEqual({ messages: 1, strayCount: 4, bytes: stdout.length });
    expect(strays?.map(({ kind, line, offset }) => [kind, line, offset])).toEqual([
      ['not-json', 1, 0],
      ['json-not-rpc', 4, 51],
      ['content-length', 5, 64],
      ['bom', 6, 82],
    ]);
  });

  it('exitCode and signal', () => {
    expect(evidenceOf({ exitCode: 0 }).process?.exit).toEqual({ code: 0, signal: null, atMs: 0, by: 'itself' });
    expect(evidenceOf({ signal: 'SIGKILL' }).process?.exit).toEqual({
      code: null,
      signal: 'SIGKILL',
      atMs: 0,
      by: 'itself',
    });
  });

  it.each([
    ['process exited with code 3', 3, null],
    ['Server exited with status 127', 127, null],
    ['exit code: 137', 137, null],
    ['terminated by signal: SIGSEGV', null, 'SIGSEGV'],
    ['killed by SIGTERM', null, 'SIGTERM'],
  ])('an exit status in the words of a client: %s', (clientError, code, signal) => {
    expect(evidenceOf({ clientError }).process?.exit).toMatchObject({ code, signal });
  });

  it.each([
    ['Error: spawn npx ENOENT', 'npx', 'ENOENT'],
    ['spawn C:\\Program Files\\nodejs\\npx.cmd EINVAL', 'C:\\Program Files\\nodejs\\npx.cmd', 'EINVAL'],
    ['spawn EACCES', undefined, 'EACCES'],
  ])('a failure to start: %s', (clientError, path, code) => {
    expect(evidenceOf({ clientError }).process).toMatchObject({ pid: null, spawnError: { code, path } });
    expect(evidenceOf({ clientError }).process?.exit).toBeUndefined();
  });

  it('text without any status says nothing about the process', () => {
    expect(kinds({ clientError: 'MCP error -32000: Connection closed' })).toEqual([]);
  });

  it('entry: the command, names of variables, never their values', () => {
    const { launch, reported } = evidenceOf({
      entry: { command: 'npx', args: ['-y', 'x', 5], cwd: '/w', env: { A: 'v', B: '', C: null } },
    });
    expect(launch).toEqual({
      command: 'npx',
      args: ['-y', 'x'],
      cwd: '/w',
      env: [
        { name: 'A', state: 'set' },
        { name: 'B', state: 'empty' },
        { name: 'C', state: 'empty' },
      ],
      paths: [],
    });
    expect(reported?.entry).toBeUndefined();
  });

  it('entry: one array for command and arguments (opencode)', () => {
    expect(evidenceOf({ entry: { command: ['node', 'a.js'], environment: { T: 'v' } } }).launch).toMatchObject({
      command: 'node',
      args: ['a.js'],
      env: [{ name: 'T', state: 'set' }],
    });
  });

  it('entry: keys of its own are kept as text, with placeholders and without values', () => {
    const entry = {
      type: 'http',
      url: 'https://x.example/mcp',
      headers: { Authorization: 'Bearer ${TOKEN}', 'X-Api-Key': 'pa$$w%rd{1}' },
      args: ['--api-key', 'hunter22'],
      environment: { K: 'value-1' },
    };
    const { reported } = evidenceOf({ entry });
    expect(JSON.parse(reported?.entry ?? '')).toEqual({
      ...entry,
      headers: { Authorization: 'Bearer ${TOKEN}', 'X-Api-Key': '<set>' },
      args: ['--api-key', '<redacted value>'],
      environment: { K: '<set>' },
    });
    expect(reported?.url).toBe('https://x.example/mcp');
  });

  it('http: request and response headers apart, and whether credentials went along', () => {
    const http = {
      method: 'GET',
      status: 405,
      headers: { Authorization: 'Bearer x', 'Content-Type': 'text/html', Allow: 'POST' },
      body: 'no',
    };
    expect(kinds({ http, url: 'https://x.example/mcp' })).toEqual(['http']);
    expect(evidenceOf({ http, url: 'https://x.example/mcp' }).http?.exchanges).toEqual([
      {
        purpose: 'reported',
        method: 'GET',
        url: 'https://x.example/mcp',
        atMs: 0,
        ms: 0,
        credentials: 'sent',
        requestHeaders: { authorization: 'Bearer x' },
        status: 405,
        headers: { 'content-type': 'text/html', allow: 'POST' },
        contentType: 'text/html',
        body: 'no',
        bodyBytes: 2,
        bodyCut: false,
      },
    ]);
  });

  it('http without status, body and headers is nothing', () => {
    expect(kinds({ http: { method: 'POST' } })).toEqual([]);
    expect(evidenceOf({ http: { status: 502 } }).http?.exchanges[0]).toMatchObject({
      status: 502,
      method: 'POST',
      credentials: 'unknown',
      url: '',
    });
  });
});

describe('a report of any size is bounded', () => {
  it('the head and the tail of 100,000 lines are kept', () => {
    const stderr = Array.from({ length: 100_000 }, (_, i) => `line ${i}`).join('\n');
    const { lines, omitted } = evidenceOf({ stderr }).stderr ?? { lines: [], omitted: 0 };
    expect(lines).toHaveLength(2_000);
    expect(omitted).toBe(98_000);
    expect([lines[0]?.text, lines.at(-1)?.text]).toEqual(['line 0', 'line 99999']);
  });

  it('long lines, many strays, long bodies', () => {
    const long = 'x'.repeat(1_000_000);
    const { stderr, stdout, http, reported } = evidenceOf({
      stderr: long,
      stdout: `${long}\n`.repeat(3) + 'y\n'.repeat(500),
      clientError: long,
      serverLog: long,
      http: { status: 500, body: long },
    });
    expect(stderr?.lines[0]?.text).toHaveLength(2_000);
    expect(stdout?.strays).toHaveLength(50);
    expect(stdout?.strayCount).toBe(503);
    expect(stdout?.strays[0]?.text).toHaveLength(2_000);
    expect(reported?.clientError[0]).toHaveLength(2_000);
    expect(reported?.serverLog[0]).toHaveLength(2_000);
    expect(http?.exchanges[0]).toMatchObject({ bodyBytes: 1_000_000, bodyCut: true });
    expect(http?.exchanges[0]?.body).toHaveLength(4_000);
  });
});

describe('pasted text is sorted', () => {
  it('the words of a client, and the rest as stderr', () => {
    expect(
      symptomsOf(
        "MCP error -32000: Connection closed\nError: Cannot find module 'zod'\n    at node:internal/x\nServer disconnected",
      ),
    ).toEqual({
      clientError: 'MCP error -32000: Connection closed\nServer disconnected',
      http: undefined,
      stderr: "Error: Cannot find module 'zod'\n    at node:internal/x",
    });
  });

  it.each([
    'spawn npx ENOENT',
    'MCP error -32001: Request timed out',
    'SyntaxError: Unexpected token \'H\', "Hello" is not valid JSON',
    'TypeError: fetch failed',
    'SSE error: Non-200 status code (401)',
    'Streamable HTTP error: Error POSTing to endpoint: Not Found',
    'Failed to reconnect to weather',
  ])('a client says: %s', (line) => {
    expect(symptomsOf(line)).toEqual({ clientError: line, http: undefined, stderr: undefined });
  });

  it('a traceback alone is stderr', () => {
    expect(symptomsOf('Traceback (most recent call last):\r\nKeyError: 1')).toMatchObject({
      clientError: undefined,
      stderr: 'Traceback (most recent call last):\nKeyError: 1',
    });
  });

  it('a transcript of curl is an HTTP exchange', () => {
    const text = [
      '> POST /mcp HTTP/1.1',
      '> Authorization: Bearer abc',
      '* Connected',
      '< HTTP/2 401 ',
      '< content-type: application/json',
      '< www-authenticate: Bearer realm="x"',
      '',
      '{"error":"invalid_token"}',
    ].join('\n');
    expect(symptomsOf(text)).toMatchObject({
      clientError: undefined,
      stderr: undefined,
      secrets: ['Bearer abc'],
      exchanges: [
        {
          purpose: 'reported',
          method: 'POST',
          url: '/mcp',
          credentials: 'sent',
          status: 401,
          headers: { 'content-type': 'application/json', 'www-authenticate': 'Bearer realm="x"' },
          body: '{"error":"invalid_token"}',
        },
      ],
    });
  });

  it('a bare status line, as curl -i prints it', () => {
    expect(symptomsOf('HTTP/1.1 502 Bad Gateway\n<html>').exchanges).toMatchObject([{ status: 502, body: '<html>' }]);
  });

  it('nothing but blanks is nothing', () => {
    expect(symptomsOf('  \n ')).toEqual({ clientError: undefined, stderr: undefined });
  });
});

describe('symptoms JSON', () => {
  it('unknown keys are named', () => {
    expect(readSymptoms({ stderr: 'x', stdErr: 'y', foo: 1 })).toEqual({
      symptoms: { stderr: 'x' },
      unknown: ['stdErr', 'foo'],
    });
  });

  it.each<[unknown, string]>([
    [{ stderr: 5 }, 'stderr'],
    [{ exitCode: '1' }, 'exitCode'],
    [{ exitCode: 1.5 }, 'exitCode'],
    [{ transport: 'websocket' }, 'transport'],
    [{ http: { status: '500' } }, 'http.status'],
    [{ http: { headers: { a: 1 } } }, 'http.headers.a'],
    [{ entry: 'node x' }, 'entry'],
    [[], 'do not fit'],
    [null, 'do not fit'],
  ])('%j is refused, and the place is named', (value, where) => {
    expect(() => readSymptoms(value)).toThrow(UnreadableError);
    expect(() => readSymptoms(value)).toThrow(where);
  });
});

describe('the case of a report', () => {
  const at = '2026-01-01T00:00:00.000Z';

  it('is marked as reported, and the same for the same words', () => {
    const one = caseOfSymptoms({ stderr: 'boom' }, 'boom', at);
    expect(one).toMatchObject({
      origin: 'reported',
      target: { transport: 'unknown', label: 'the pasted report' },
      host: { os: 'other' },
      complaint: 'boom',
    });
    expect(caseOfSymptoms({ stderr: 'boom' }, 'boom', at)).toEqual(one);
  });

  it('values of the entry are taken out wherever they come back', () => {
    const secrets = { env: 'Envv-4711', header: 'Head-4712', arg: 'Argg-4713', url: 'Urll-4714', sent: 'Sent-4715' };
    const file = caseOfSymptoms(
      {
        entry: {
          command: 'node',
          args: ['--token', secrets.arg],
          env: { X: secrets.env },
          headers: { 'X-Own': secrets.header },
        },
        url: `https://x.example/mcp?api_key=${secrets.url}`,
        stderr: Object.values(secrets).join(' and '),
        clientError: Object.values(secrets).join(' or '),
        http: {
          status: 401,
          headers: { authorization: `Bearer ${secrets.sent}`, 'x-odd': 'Oddd-4716' },
          body: secrets.sent,
        },
      },
      `it says ${Object.values(secrets).join(', ')}`,
      at,
    );
    expect(JSON.stringify(file)).not.toMatch(/-471\d/);
    expect(file.redactions.length).toBeGreaterThan(5);
  });

  it.each<[string, Record<string, unknown>]>([
    ['env that is a text', { command: 'node', env: 'A=1' }],
    ['env that is a list', { command: 'node', env: ['A=1'] }],
    ['half a surrogate pair', { command: 'node', env: { API_KEY: 'abcdef\uD800' } }],
    ['a command that is a number', { command: 5, args: 'x' }],
    ['nothing', {}],
  ])('an odd entry is no reason to fail: %s', (_name, entry) => {
    expect(caseOfSymptoms({ entry }, undefined, at).format).toBe('mcp-verdict.case/1');
  });
});

describe('text that lost its line ends on the way', () => {
  it("a client's log is cut where its logger began a line", () => {
    const { reported, stderr } = evidenceOf({
      serverLog:
        '2026-01-02T03:04:05.006Z [notes] [info] Initializing server... 2026-01-02T03:04:05.106Z [notes] [info] Server transport closed',
    });
    expect(reported?.clientError).toEqual([
      '2026-01-02T03:04:05.006Z [notes] [info] Initializing server...',
      '2026-01-02T03:04:05.106Z [notes] [info] Server transport closed',
    ]);
    expect(stderr?.lines ?? []).toEqual([]);
  });

  it('a trace is cut at the error and at its frames', () => {
    const { stderr } = evidenceOf({
      stderr:
        "node:events:502 throw er; // Unhandled 'error' event Error: listen EADDRINUSE: address already in use 127.0.0.1:3519 at Server.listen (node:net:1908:16) at main (/srv/notes/index.js:4:9)",
    });
    expect(stderr?.lines.map(({ text }) => text)).toEqual([
      "node:events:502 throw er; // Unhandled 'error' event",
      'Error: listen EADDRINUSE: address already in use 127.0.0.1:3519',
      '    at Server.listen (node:net:1908:16)',
      '    at main (/srv/notes/index.js:4:9)',
    ]);
  });

  it('one long sentence stays one line', () => {
    const text = `${'a word '.repeat(40)}Error: and at last (it says) a reason`;
    expect(evidenceOf({ stderr: text }).stderr?.lines).toHaveLength(1);
  });

  it('an error reply that was broken up for reading is one message, a result is not', () => {
    const error = '{"jsonrpc":"2.0","id":0,\n "error":{"code":-32603,\n "message":"boom"}}';
    expect(evidenceOf({ stdout: error }).stdout).toMatchObject({ messages: 1, strayCount: 0 });
    const result = '{\n "jsonrpc":"2.0",\n "id":0,\n "result":{}\n}';
    expect(evidenceOf({ stdout: result }).stdout?.strayCount).toBeGreaterThan(1);
  });
});
