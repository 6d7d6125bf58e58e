import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import {
  isPlaceholder,
  redactArgs,
  redactDeep,
  redactor,
  secretArgs,
  secretUrl,
  secretValues,
} from '../../src/case/redact.js';
import { redactHeaders, redactRequestHeaders } from '../../src/case/redact-headers.js';
import { CaseDraft } from '../../src/case/write.js';

const blind = redactor();

/** A sealed case whose every free text says the same. */
function caseSaying(text: string, secrets: string[] = [], args: string[] = []): string {
  const draft = new CaseDraft({
    origin: 'live',
    takenAt: '2026-01-01T00:00:00.000Z',
    tool: { name: 'mcp-verdict', version: '0' },
    host: { os: 'linux', arch: 'x64' },
    target: { transport: 'stdio', label: text, command: 'node', args, url: text },
    complaint: text,
    redact: redactor(secrets),
    now: () => 0,
    sha256: () => '0'.repeat(64),
  });
  const error = { code: 'X', message: text };
  draft.timeline.add('stderr', text);
  draft.timeline.add('stray', text);
  draft.seen('launch', {
    command: 'node',
    args,
    env: [],
    paths: [],
    lookup: { found: null, path: [text], elsewhere: [] },
  });
  draft.seen('process', { pid: 1, lifetimeMs: 1, pending: [], spawnError: error });
  draft.seen('stderr', {
    bytes: 1,
    lines: [
      { atMs: 0, text },
      { atMs: 1, text: `> ${text} <` },
    ],
    omitted: 0,
  });
  draft.seen('stdout', {
    bytes: 1,
    messages: 0,
    strays: [{ kind: 'not-json', line: 1, offset: 0, atMs: 0, text, why: text }],
    strayCount: 1,
    endedWhileAlive: false,
  });
  draft.seen('handshake', {
    initialize: {
      status: 'refused',
      server: { name: text, version: text },
      error: { code: 1, message: text, data: JSON.stringify({ text }) },
      problems: [text],
    },
    discover: { status: 'not-asked', why: text },
  });
  draft.seen('catalog', { lists: [{ method: 'tools/list', outcome: 'listed', count: 1, pages: 1, names: [text] }] });
  draft.seen('http', {
    exchanges: [
      {
        purpose: 'initialize',
        method: 'POST',
        url: text,
        atMs: 0,
        ms: 0,
        credentials: 'sent',
        headers: { location: text, 'www-authenticate': text, 'x-own': text },
        requestHeaders: { 'x-own': text },
        body: text,
      },
    ],
    omitted: 0,
  });
  draft.failed('network', new Error(text));
  return JSON.stringify(draft.seal());
}

describe('known secrets disappear in every form', () => {
  const secretText = fc
    .string({ minLength: 4, maxLength: 60 })
    .filter((text) => text.trim() === text && !/^[\w.:-]{0,7}$/.test(text));
  const forms: [string, (secret: string) => string][] = [
    ['as they are', (s) => s],
    ['in the middle of a line', (s) => `error: login with ${s} failed`],
    ['URL-encoded', (s) => `GET /x?q=${encodeURIComponent(s)} HTTP/1.1`],
    ['as a form field', (s) => new URLSearchParams({ q: s }).toString()],
    ['in JSON', (s) => JSON.stringify({ text: `a ${s} b` })],
    ['in JSON within JSON', (s) => JSON.stringify({ body: JSON.stringify({ s }) })],
  ];

  it.each(forms)('%s', (_name, form) => {
    fc.assert(
      fc.property(secretText, (secret) => {
        const clean = redactor([secret])(form(secret));
        expect(clean).toContain('<redacted');
        expect(clean.replaceAll(/<redacted \w+>/g, '')).not.toContain(secret);
        expect(clean).not.toContain(encodeURIComponent(secret));
      }),
    );
  });

  it('from every text of a case file', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9/+"\\é%& -]{10,40}$/).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(secret, (value) => {
        const file = caseSaying(`sent ${value} to ${encodeURIComponent(value)}`, [value]);
        expect(file).not.toContain(JSON.stringify(value).slice(1, -1));
        expect(file).not.toContain(encodeURIComponent(value));
      }),
      { numRuns: 60 },
    );
  });

  it('also when a text was cut in the middle of one', () => {
    const secret = 'Zq8-very-long-secret-value-0123456789';
    for (let cut = 6; cut < secret.length; cut++) {
      const text = `${'x'.repeat(60)} ${secret.slice(0, cut)}`;
      expect(redactor([secret])(text)).toBe(`${'x'.repeat(60)} <redacted value>`);
    }
  });

  it('a value of several lines, line by line', () => {
    const value = 'first-line-of-it\nsecond-line-of-it\r\nthird-line-of-it';
    const redact = redactor([value]);
    for (const line of value.split(/\r?\n/)) expect(redact(`> ${line}`)).toBe('> <redacted value>');
  });

  it('half a surrogate pair is no reason to fail', () => {
    expect(redactor(['abc\uD800def'])('x abc\uD800def y')).toBe('x <redacted value> y');
  });

  it('a short word is taken out as a word, not out of other words', () => {
    expect(redactor(['test'])('the latest test failed in /test/x')).toBe(
      'the latest <redacted value> failed in /<redacted value>/x',
    );
  });

  it('less than four characters tear nothing apart', () => {
    expect(redactor(['a', 'no', '123'])('a banana, no. 123')).toBe('a banana, no. 123');
  });
});

const alnum = (min: number, max = min + 20) => fc.stringMatching(new RegExp(`^[A-Za-z0-9]{${min},${max}}$`));
const key = alnum(12, 40).map((text) => `${text}7Kq`);

describe('unknown secrets are told by their shape', () => {
  const shapes: [string, fc.Arbitrary<string>][] = [
    ['JSON web token', fc.tuple(alnum(10), alnum(20), alnum(20)).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`)],
    ['OpenAI key', alnum(20).map((t) => `sk-${t}9Z`)],
    ['OpenAI project key', alnum(20).map((t) => `sk-proj-${t}_9Z`)],
    ['Anthropic key', alnum(20).map((t) => `sk-ant-api03-${t}-9Z`)],
    ['Stripe key', alnum(20).map((t) => `sk_live_${t}9Z`)],
    [
      'GitHub token',
      fc.tuple(fc.constantFrom('ghp', 'gho', 'ghs', 'ghu', 'ghr'), alnum(36)).map(([p, t]) => `${p}_${t}`),
    ],
    ['fine-grained GitHub token', alnum(30).map((t) => `github_pat_${t}`)],
    ['AWS key', fc.stringMatching(/^(AKIA|ASIA)[A-Z0-9]{16}$/)],
    ['Slack token', alnum(20).map((t) => `xoxb-123456-${t}`)],
    ['Google key', alnum(35).map((t) => `AIza${t}`)],
    ['npm token', alnum(36).map((t) => `npm_${t}`)],
    ['Hugging Face token', alnum(30).map((t) => `hf_${t}`)],
  ];
  const around = fc.constantFrom('', '"', "'", '(', ' ', 'key ', 'url=');

  it.each(shapes)('%s', (_name, shape) => {
    fc.assert(
      fc.property(shape, around, (secret, before) => {
        expect(blind(`${before}${secret}${before.length > 1 ? '' : before}`)).not.toContain(secret);
        expect(caseSaying(`failed with ${secret}.`)).not.toContain(secret);
      }),
      { numRuns: 25 },
    );
  });

  const places: [string, (secret: string) => string][] = [
    ['bearer token', (s) => `Authorization: Bearer ${s}`],
    ['bearer token in prose', (s) => `rejected Bearer ${s}`],
    ['basic credentials', (s) => `authorization: Basic ${s}==`],
    ['header as JSON', (s) => JSON.stringify({ Authorization: `Bearer ${s}`, 'x-api-key': s })],
    ['variable', (s) => `API_KEY=${s}`],
    ['variable with a prefix', (s) => `MY_APP_OPENAI_API_KEY=${s} node x`],
    ['export', (s) => `export GITHUB_TOKEN="${s}"`],
    ['docker option', (s) => `docker run -e DB_PASSWORD=${s} image`],
    ['YAML', (s) => `  password: ${s}`],
    ['JSON', (s) => `{"client_secret":"${s}","x":1}`],
    ['JSON within JSON', (s) => JSON.stringify({ body: JSON.stringify({ access_token: s }) })],
    ['inspected object', (s) => `{ accessToken: '${s}', n: 1 }`],
    ['camel case', (s) => `config.apiKey = "${s}"`],
    ['query', (s) => `https://example.com/mcp?api_key=${s}&x=1`],
    ['query, key', (s) => `GET /mcp?key=${s}`],
    ['query within a query', (s) => `/login?next=${encodeURIComponent(`/mcp?token=${s}&a=b`)}`],
    ['user info', (s) => `postgres://admin:${s}@db.example.com:5432/x`],
    ['user info with an at sign', (s) => `postgres://admin:p@${s}@db.example.com:5432/x`],
    ['user info without a password', (s) => `https://${s}x@example.com/repo.git`],
    ['option', (s) => `server --api-key ${s} --verbose`],
    ['option with =', (s) => `server --token=${s}`],
    ['cookie', (s) => `Cookie: theme=dark; sid=${s}`],
    ['set-cookie', (s) => `set-cookie: sid=${s}; Path=/; HttpOnly`],
    ['quoted with a comma', (s) => `password: "ab,${s} ;${s}"`],
  ];
  it.each(places)('%s', (_name, place) => {
    fc.assert(
      fc.property(key, (secret) => {
        expect(blind(place(secret))).not.toContain(secret);
      }),
      { numRuns: 60 },
    );
  });

  const pem = [
    '-----BEGIN RSA PRIVATE KEY-----',
    'MIIEowIBAAKCAQEAx7Jz1Lq',
    'c2hvcnQ=',
    '-----END RSA PRIVATE KEY-----',
  ];

  it('a private key in one text', () => {
    expect(blind(`key: ${pem.join('\n')} end`)).toBe('key: <redacted private key> end');
    expect(blind(`key: ${pem.slice(0, 2).join('\n')}`)).toBe('key: <redacted private key>');
  });

  it('a private key that stands line by line', () => {
    const lines = ['before', ...pem, 'after'];
    expect(redactDeep(lines, blind, () => {})).toEqual(
      ['before', ...Array(4).fill('<redacted private key>'), 'after'].map((text, i) =>
        i === 4 ? expect.not.stringContaining('MII') : text,
      ),
    );
    const stderr = redactDeep(
      lines.map((text) => ({ atMs: 1, text })),
      blind,
      () => {},
    );
    expect(JSON.stringify(stderr)).not.toMatch(/MIIE|c2hvcnQ/);
    expect(stderr[0]).toEqual({ atMs: 1, text: 'before' });
    expect(stderr.at(-1)).toEqual({ atMs: 1, text: 'after' });
  });
});

describe('harmless texts stay as they are', () => {
  it.each([
    'API_KEY is required',
    'Error: API_KEY environment variable is required',
    'token: undefined',
    'token: undefined,',
    '{ token: undefined, apiKey: null }',
    '{"token":null,"password":false}',
    'Missing API_KEY environment variable',
    'Missing required environment variable: API_KEY',
    'password must be set',
    'password: must be at least 8 characters',
    'API_KEY: Field required',
    'API_KEY: Required',
    'api_key: Invalid input: expected string, received undefined',
    'GITHUB_TOKEN: environment variable not set',
    'Authorization header missing',
    'Authorization: Bearer <your token>',
    'Authorization: Bearer ${API_KEY}',
    '"Authorization": "Bearer ${API_KEY}"',
    'Set the API_KEY variable: export API_KEY=your_api_key',
    'export API_KEY=<your key>',
    'Usage: server --token <token> --api-key <key>',
    'error: option --token requires a value',
    'the --api-key option is required.',
    'Token verification failed',
    'Bearer authentication required',
    'Basic configuration loaded from disk',
    'SyntaxError: Unexpected token \'H\', "Hello" is not valid JSON',
    'SyntaxError: Unexpected token < in JSON at position 0',
    'SyntaxError: Unexpected token: punc (})',
    'TokenError: Something went wrong',
    'InvalidTokenError: Signature has expired',
    'CredentialsProviderError: Could not load credentials from any providers',
    'jwt expired',
    'max_tokens: 4096',
    'completion_tokens=12345',
    'tokenizer: loaded 32000 entries',
    'WWW-Authenticate: Bearer error="invalid_token", error_description="The access token expired"',
    'Bearer resource_metadata="https://example.com/.well-known/oauth-protected-resource"',
    '{"token_endpoint":"https://auth.example.com/token","authorization_endpoint":"https://auth.example.com/authorize"}',
    '{"error":"invalid_token"}',
    'const apiKey = process.env.API_KEY;',
    'api_key = os.environ["API_KEY"]',
    "KeyError: 'API_KEY'",
    'const token = await getToken();',
    'PWD=/home/me/project',
    'pk_users_email_address_index',
    'npm_config_registry_something_long',
    'npm ERR! code E404',
    'https://npm.registry.example/@scope%2fpackage - Not found',
    'http://localhost:3000/mcp',
    'http://[::1]:8080/sse',
    'git@github.com:owner/repo.git',
    'ssh://git@github.com/owner/repo.git',
    '    at Object.<anonymous> (/home/me/app/src/auth/token.js:12:15)',
    '    at Module._compile (node:internal/modules/cjs/loader:1554:14)',
    'Traceback (most recent call last):',
    '  File "/srv/app/secrets.py", line 3, in <module>',
    '[2026-01-01T12:00:00.000Z] INFO server listening on http://127.0.0.1:8000',
    '2026-01-01 12:00:00,123 - mcp.server - INFO - Processing request of type ListToolsRequest',
    "Error: Cannot find module 'zod'",
    'Error [ERR_MODULE_NOT_FOUND]: Cannot find package "express"',
    'commit 3f786850e387550fdab836ed7e6dc881de23001b',
    'session 550e8400-e29b-41d4-a716-446655440000 opened',
    'needsNode: maybe',
    'MCP error -32000: Connection closed',
    '?codec=h264&page=2',
  ])('%s', (text) => {
    expect(blind(text)).toBe(text);
  });

  it('what was redacted once is not redacted again', () => {
    for (const text of [
      'API_KEY=abcdefgh',
      'Authorization: Bearer abcdefgh1',
      'https://u:pw12@h/x?token=abcdef',
      'Cookie: a=b; c=d',
      'x="sk-abc12345678901234567"',
    ]) {
      const once = blind(text);
      expect(once).not.toBe(text);
      expect(blind(once)).toBe(once);
    }
  });
});

it('a placeholder is told from a value', () => {
  for (const text of [
    '${TOKEN}',
    '${input:api-key}',
    'Bearer ${env:API_KEY}',
    '$API_KEY',
    '{{token}}',
    '%TOKEN%',
    '<your key>',
    'YOUR_API_KEY',
    'Bearer your-token',
  ])
    expect(isPlaceholder(text), text).toBe(true);
  for (const text of ['${TOKEN:-Zx81default}', '$ecret', 'a%b%c', 'pa{ss}', 'Bearer abc', '<b>x', 'yourself1', ''])
    expect(isPlaceholder(text), text).toBe(false);
});

describe('which values of an entry are secret', () => {
  it('those of secret names, and those that look like nothing ordinary', () => {
    const env = {
      API_KEY: 'simple',
      OTHER: 'Xk29-aaQ',
      DB_URL: 'postgres://me:p%40ss1@host/db',
      MODE: 'production',
      DEBUG: 'true',
      PORT: '8080',
      ROOT: '/srv/data',
      BASE: 'http://localhost:3000',
      PATH: '/usr/bin:/bin',
      SECRET: 'abc',
      PLACE_TOKEN: '${input:token}',
      DOLLAR_TOKEN: '$ecret-Value',
    };
    expect(secretValues(env)).toEqual([
      'simple',
      'Xk29-aaQ',
      'postgres://me:p%40ss1@host/db',
      'p%40ss1',
      'p@ss1',
      '$ecret-Value',
    ]);
  });

  it('values that are no text count for nothing', () => {
    expect(secretValues({ A_TOKEN: 5, B_TOKEN: null, C_TOKEN: { d: 'e' } })).toEqual([]);
  });

  it('the words behind secret options', () => {
    expect(
      secretArgs([
        'server.js',
        '--api-key',
        'k-123',
        '--token=t-456',
        '--token',
        '--verbose',
        '-e',
        'DB_PASSWORD=p-789',
        '--port',
        '8080',
        'a=b',
      ]),
    ).toEqual(['k-123', 't-456', 'p-789']);
  });

  it('what a URL carries, also when it is badly encoded', () => {
    expect(secretUrl('https://me:p%40ss@h/mcp?api_key=abc%2Fd&x=1&key=k')).toEqual([
      'p%40ss',
      'p@ss',
      'abc/d',
      'abc/d',
      'k',
      'k',
    ]);
    expect(secretUrl('https://me:%zz@h/')).toEqual(['%zz', '%zz']);
    expect(secretUrl('no url')).toEqual([]);
  });
});

describe('arguments', () => {
  it('values of secret options are taken out, everything else is left', () => {
    const args = [
      'server.js',
      '--api-key',
      'abc',
      '--token=xyz123',
      '--port',
      '8080',
      '-H',
      'Authorization: Bearer abcdefg',
      '--password',
      '--secret',
      '${SECRET}',
      '--token-file',
      '/run/x',
    ];
    expect(redactArgs(args, blind)).toEqual([
      'server.js',
      '--api-key',
      '<redacted value>',
      '--token=<redacted value>',
      '--port',
      '8080',
      '-H',
      'Authorization: Bearer <redacted value>',
      '--password',
      '--secret',
      '${SECRET}',
      '--token-file',
      '/run/x',
    ]);
  });

  it('also in the case file', () => {
    const file = caseSaying('x', [], ['--api-key', 'Ab1!', '--token=Zz99x']);
    expect(file).not.toMatch(/Ab1!|Zz99x/);
    expect(file).toContain('--api-key');
  });
});

describe('headers', () => {
  it('of a response: values by allow-list', () => {
    expect(
      redactHeaders(
        {
          'Content-Type': 'text/html',
          'Set-Cookie': 'sid=1',
          'mcp-session-id': 'abc',
          'X-Own': 'v',
          Location: 'https://u:pw@h/',
        },
        blind,
      ),
    ).toEqual({
      'content-type': 'text/html',
      'set-cookie': '<set>',
      'mcp-session-id': '<set>',
      'x-own': '<set>',
      location: 'https://<redacted credentials>@h/',
    });
  });

  it('of a request: the scheme, and a placeholder that was never filled in', () => {
    expect(
      redactRequestHeaders(
        { authorization: 'Bearer ab', 'x-api-key': 'k', accept: 'text/html', 'x-token': '${TOKEN}', cookie: 'a=b' },
        blind,
      ),
    ).toEqual({
      authorization: 'Bearer <set>',
      'x-api-key': '<set>',
      accept: 'text/html',
      'x-token': '${TOKEN}',
      cookie: '<set>',
    });
  });

  it('that a server sends reach no case file', () => {
    const draft = new CaseDraft({
      origin: 'live',
      takenAt: '',
      tool: { name: '', version: '' },
      host: { os: 'linux', arch: '' },
      target: { transport: 'http', label: '' },
      redact: blind,
      now: () => 0,
      sha256: () => '',
    });
    const exchange: Evidence['http']['exchanges'][number] = {
      purpose: 'x',
      method: 'POST',
      url: '',
      atMs: 0,
      ms: 0,
      credentials: 'none',
      headers: { 'set-cookie': 'sid=Qq12', 'x-session': 'Ww34', server: 'nginx' },
    };
    draft.seen('http', { exchanges: [exchange], omitted: 0 });
    const file = draft.seal();
    expect(JSON.stringify(file)).not.toMatch(/Qq12|Ww34/);
    expect(file.evidence.http).toMatchObject({
      value: { exchanges: [{ headers: { server: 'nginx', 'set-cookie': '<set>' } }] },
    });
  });
});

it('says where something was taken out, by JSON pointer', () => {
  const places: string[] = [];
  redactDeep({ 'a/b': [{ 'c~d': 'API_KEY=abcdef' }], e: 'fine' }, blind, (at) => places.push(at));
  expect(places).toEqual(['/a~1b/0/c~0d']);
});

it('hostile text costs no more than its length', () => {
  // Every one of these took minutes with a quadratic or cubic pattern; the limit of the test is the assertion.
  for (const piece of [
    'token-',
    'a-',
    'a.',
    'token ',
    'token: ',
    '"token":"',
    "password='",
    'sk-',
    'eyJaaaaaaaa.',
    'Bearer ',
    'a://',
    'a:b@',
    '?key=',
    '--token ',
    '\\"',
    'cookie: a=',
    '%3Ftoken%3D',
    '-----BEGIN PRIVATE KEY-----',
  ]) {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    expect(redactor(['abcdefgh', 'tokentoken', 'token-token-token-x'])(text).length).toBeGreaterThan(0);
  }
}, 10_000);
