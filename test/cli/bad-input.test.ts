import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCase } from '../../src/case/write.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';
import { cli } from '../support/cli.js';

const SECRET = 'sk-proj-Ab12Cd34Ef56Gh78Ij90';

const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  mkdirSync(at('folder'));
  writeFileSync(at('foreign.json'), '{"mcpServers":{}}');
  writeFileSync(at('text.json'), 'Error: boom');
  writeFileSync(at('verdict.json'), JSON.stringify(diagnose(caseOf({}))));
  writeFileSync(at('newer.json'), writeCase(caseOf({})).replace('case/1', 'case/7'));
  writeFileSync(at('damaged.json'), writeCase(caseOf({})).replace('"timeline": []', '"timeline": 5'));
  writeFileSync(at('good.json'), writeCase(caseOf({})));
  writeFileSync(at('half.json'), '{"stderr": "boom", ');
  writeFileSync(at('wrong.json'), '{"stderr": 5}');
  writeFileSync(at('strange.json'), '{"foo": 1, "bar": 2}');
  writeFileSync(at('empty.log'), '  \n');
  writeFileSync(at('empty.har'), '{"log":{"version":"1.2","entries":[]}}');
  writeFileSync(
    at('cut.har'),
    `{"log":{"version":"1.2","entries":[{"request":{"url":"https://x.example/${'x'.repeat(500)}`,
  );
  writeFileSync(
    at('aside.har'),
    JSON.stringify({ log: { entries: [{ request: { url: 'https://x.example/a.png' } }] } }),
  );
  writeFileSync(at('locked.json'), '{}');
  chmodSync(at('locked.json'), 0o000);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Arguments, and what the one sentence must say: what is wrong and where, and what to write instead. */
const WRONG: [string, string[], (RegExp | string)[]][] = [
  ['no command', [], ['No command given', 'mcp-verdict verify -- <command>']],
  ['an unknown command', ['verifi', 'x'], ["'verifi'", 'verify']],
  ['an unknown option', ['verify', '--tiemout', '5', 'x'], ["'--tiemout'", '--timeout']],
  ['an option without its value', ['verify', '--env'], ['--env', 'argument missing']],
  ['an unknown format', ['verify', '--format', 'xml', 'x'], ['--format', "'xml'", 'terminal']],
  ['an unknown level', ['verify', '--fail-on', 'never', 'x'], ['--fail-on', 'broken']],
  ['no target', ['verify'], ['No target', 'mcp-verdict verify -- node server.js']],
  ['nothing behind --', ['verify', '--'], ['Nothing stands behind --', 'node server.js']],
  ['a target and a command', ['verify', 'https://x.example/mcp', '--', 'node', 'x.js'], ['Both', 'behind --']],
  ['two targets', ['verify', 'a', 'b'], ['Too many arguments']],
  [
    'neither URL nor file',
    ['verify', at('nowhere.json')],
    ['nowhere.json', 'neither a URL nor a file', 'https://host/mcp'],
  ],
  ['a host without its scheme', ['verify', 'example.com/mcp'], ['"example.com/mcp"', 'https://host/mcp']],
  ['a folder', ['verify', at('folder')], ['Cannot read', 'EISDIR', 'case file']],
  ['a foreign file', ['verify', at('foreign.json')], ['foreign.json', 'no case file', '--save-case']],
  ['a file that is no JSON', ['verify', at('text.json')], ['text.json', 'no JSON']],
  ['a verdict', ['verify', at('verdict.json')], ['verdict.json', 'it is a verdict', '--save-case']],
  [
    'a case of a newer version',
    ['verify', at('newer.json')],
    ['newer.json', 'mcp-verdict.case/7', 'mcp-verdict.case/1'],
  ],
  ['a damaged case', ['verify', at('damaged.json')], ['damaged.json', 'damaged', 'timeline']],
  ['a URL that is none', ['verify', 'https://'], ['"https://"', 'no URL', 'https://example.com/mcp']],
  ['a URL with an impossible port', ['verify', 'http://localhost:99999/mcp'], ['no URL']],
  ['another scheme', ['verify', 'ftp://x.example/mcp'], ['ftp', 'https://']],
  [
    'a header without a colon',
    ['verify', '--header', 'X-Api-Key', 'https://x.example/mcp'],
    ['--header', 'colon', "'X-Api-Key: abc'"],
  ],
  [
    'a header with a space in its name',
    ['verify', '--header', 'X Api Key: v', 'https://x.example/mcp'],
    ['--header', 'Name: value'],
  ],
  [
    'a header with a line break',
    ['verify', '--header', 'X-A: a\nX-B: b', 'https://x.example/mcp'],
    ['x-a', 'line break'],
  ],
  ['--env without =', ['verify', '--env', 'API_KEY', '--', 'node', 'x.js'], ['--env', 'NAME=value']],
  ['--env without a name', ['verify', '--env', '=abc', '--', 'node', 'x.js'], ['--env', 'NAME=value']],
  ['--env with a space in its name', ['verify', '--env', 'API KEY=abc', '--', 'node', 'x.js'], ['--env', 'space']],
  [
    'a timeout that is no number',
    ['verify', '--timeout', 'abc', '--', 'node', 'x.js'],
    ['--timeout', '"abc"', '--timeout 20'],
  ],
  ['a timeout of nothing', ['verify', '--timeout', '0', '--', 'node', 'x.js'], ['--timeout', 'between 0 and']],
  ['a timeout without end', ['verify', '--timeout', 'Infinity', '--', 'node', 'x.js'], ['--timeout', '3600']],
  [
    'a bearer variable that is not set',
    ['verify', '--bearer-env', 'NOT_SET_4711', 'https://x.example/mcp'],
    ['--bearer-env', 'NOT_SET_4711', 'not set', 'export'],
  ],
  [
    'a bearer variable that is empty',
    ['verify', '--bearer-env', 'EMPTY_4711', 'https://x.example/mcp'],
    ['EMPTY_4711', 'is empty'],
  ],
  [
    'a working directory that is not there',
    ['verify', '--cwd', at('gone'), '--', 'node', 'x.js'],
    ['--cwd', 'gone', 'no folder'],
  ],
  [
    'a working directory that is a file',
    ['verify', '--cwd', at('good.json'), '--', 'node', 'x.js'],
    ['--cwd', 'no folder'],
  ],
  ['a header for a command', ['verify', '--header', 'A: b', '--', 'node', 'x.js'], ['--header', '--env NAME=value']],
  [
    'an unknown transport',
    ['verify', '--transport', 'websocket', 'https://x.example/mcp'],
    ['--transport', 'http, sse'],
  ],
  [
    'an output that cannot be written',
    ['verify', '--output', at('no/such/folder.txt'), at('good.json')],
    ['Cannot write', 'ENOENT', 'folder'],
  ],
  ['a case that cannot be saved', ['verify', '--save-case', at('folder'), at('good.json')], ['Cannot write', 'EISDIR']],
  ['nothing to explain', ['explain'], ['what', 'Missing']],
  ['an empty log', ['explain', at('empty.log')], ['empty.log is empty', 'Paste']],
  [
    'a HAR file without requests',
    ['explain', at('empty.har')],
    ['empty.har is a HAR file without any request', 'network panel'],
  ],
  ['a HAR file that was cut off', ['explain', at('cut.har')], ['cut.har', 'HAR', 'network panel']],
  ['a HAR file of something else', ['explain', at('aside.har')], ['aside.har is a HAR file of 1 requests', 'MCP']],
  ['a mistyped HAR file', ['explain', at('gone.har')], ['There is no file', 'gone.har']],
  ['a mistyped log', ['explain', at('gone.log')], ['There is no file', 'gone.log']],
  ['a folder to explain', ['explain', at('folder')], ['is a folder', 'log file']],
  ['half a symptoms JSON', ['explain', at('half.json')], ['half.json', 'cannot be parsed', 'commas']],
  ['symptoms of the wrong type', ['explain', at('wrong.json')], ['wrong.json', 'at stderr', 'expected string']],
  ['symptoms without any known key', ['explain', at('strange.json')], ['strange.json', 'foo', 'clientError']],
  ['an unknown cause', ['causes', 'nothing-like-this'], ['no cause "nothing-like-this"', 'mcp-verdict causes']],
];

describe.concurrent.each(WRONG)('%s', (_name, args, says) => {
  it('is told in one sentence on stderr, exit 2', async () => {
    const { code, stdout, stderr } = await cli(args, { env: { EMPTY_4711: '' }, cwd: folder });
    for (const part of says) expect(stderr).toMatch(part);
    expect(stderr).toMatch(/^mcp-verdict: \S.+\n$/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(/\bat .+:\d+:\d+|\bundefined\b|\[object/);
    expect(stderr.length).toBeLessThan(620);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe.concurrent.each(WRONG.filter(([, args]) => args.length > 0))('with --format json: %s', (_name, args) => {
  it('stdout is exactly one JSON document', async () => {
    const [command = '', ...rest] = args;
    const asked = args.includes('--format') ? ['--format=json', ...rest] : ['--format', 'json', ...rest];
    const { code, stdout, stderr } = await cli([command, ...asked], { env: { EMPTY_4711: '' }, cwd: folder });
    const { format, error } = JSON.parse(stdout);
    expect(format).toBe('mcp-verdict.error/1');
    expect(error.kind).toBe('usage');
    expect(stderr).toBe(`mcp-verdict: ${error.says}\n`);
    expect(code).toBe(2);
  });
});

describe.concurrent.each([
  ['a header without its colon', ['verify', '--header', `AuthorizationBearer ${SECRET}`, 'https://x.example/mcp']],
  [
    'a header with the secret in its name',
    ['verify', '--header', `Authorization ${SECRET}: x`, 'https://x.example/mcp'],
  ],
  ['a value without a name', ['verify', '--env', SECRET, '--', 'node', 'x.js']],
  ['a value with a space in front of its =', ['verify', '--env', `API_KEY ${SECRET}=`, '--', 'node', 'x.js']],
  [
    'the token instead of its variable',
    ['verify', '--bearer-env', 'Xy12-plain-token-of-no-known-shape', 'https://x.example/mcp'],
  ],
  ['the token instead of its variable, of a known shape', ['verify', '--bearer-env', SECRET, 'https://x.example/mcp']],
  ['the token as the target', ['verify', SECRET]],
  ['the token as a command', [SECRET]],
  ['an option of another program', ['verify', `--api-key=${SECRET}`, 'x']],
  ['an option of another program with a plain value', ['verify', '--token=Xy12-plain-token-of-no-known-shape', 'x']],
  ['a URL that is none', ['verify', `https://me:${SECRET}@host:99999/mcp`]],
  ['a URL that is none, with a key', ['verify', 'https://host:99999/mcp?api_key=Xy12-plain-token-of-no-known-shape']],
  ['a timeout', ['verify', '--timeout', SECRET, '--', 'node', 'x.js']],
  ['a working directory', ['verify', '--cwd', SECRET, '--', 'node', 'x.js']],
  ['an unknown cause', ['causes', SECRET]],
])('a secret in the wrong place is not repeated: %s', (_name, args) => {
  it('neither on stderr nor in the JSON', async () => {
    for (const format of [[], ['--format', 'json']]) {
      const { code, stdout, stderr } = await cli([...args.slice(0, 1), ...format, ...args.slice(1)]);
      expect(stdout + stderr).not.toMatch(/Ab12Cd34|Xy12-plain/);
      expect(stderr).toMatch(/^mcp-verdict: .+\n$/);
      expect(code).toBe(2);
    }
  });
});

it('an unreadable file is told as such', async () => {
  // Root reads everything: then the file counts as what it holds.
  const { code, stderr } = await cli(['verify', at('locked.json')]);
  expect(stderr).toMatch(process.getuid?.() === 0 ? 'no case file' : 'EACCES');
  expect(code).toBe(2);
});

// Linux alone lets a folder be deleted below a running process.
it.runIf(process.platform === 'linux')('a working directory that is gone is said in one sentence', () => {
  const bin = fileURLToPath(new URL('../../bin/mcp-verdict.js', import.meta.url));
  const gone = mkdtempSync(join(tmpdir(), 'mcp-verdict-gone-'));
  const { stdout, stderr, status } = spawnSync(
    'sh',
    ['-c', `cd "${gone}" && rmdir "${gone}" && exec "${process.execPath}" "${bin}" doctor --static`],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe(
    'mcp-verdict: The working directory no longer exists. Change to one that does, for example: cd ~\n',
  );
  expect(stdout).toBe('');
  expect(status).toBe(2);
});
