/** The text of a file as it may be shown: secrets are stars, nothing moves, and what explains the entry stays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigFormat } from '../../src/clients/client.js';
import { mask } from '../../src/config/mask.js';
import { readText } from '../../src/config/read.js';

const SECRET = 'q8W7e6R5t4Z3u2I1o0';
const masked = (text: string, format: ConfigFormat = 'json'): string => mask(text, readText(text, format));

const HOLDS: [string, ConfigFormat][] = [
  [`{"mcpServers":{"a":{"command":"uvx","env":{"A_TOKEN":"${SECRET}"}}}}`, 'json'],
  [`{"mcpServers":{"a":{"command":"uvx","env":{"ANYTHING":"${SECRET}"}}}}`, 'json'],
  // A telling key outside of the variables, of which the lines alone tell nothing: the value stands on the next one.
  [`{"a":{"bearerToken":\n\n\n\n\n"${SECRET}"}}`, 'json'],
  // Options whose values stand too far away for a pattern, and one that only a pattern sees.
  [`{"mcpServers":{"a":{"args":["--api-key",${' '.repeat(60)}"${SECRET}"]}}}`, 'json'],
  [`{ "args": [ "--api-key", "${SECRET}" `.replace('{', '{{{'), 'json'],
  [`{{{ "url": "https://a.example/mcp?token=${SECRET}" `, 'json'],
  [
    `a:
  note: |
    -----BEGIN PRIVATE KEY-----
    ${SECRET}
    -----END PRIVATE KEY-----
`,
    'yaml',
  ],
  [`{"mcpServers":{"a":{"url":"https://a.example/mcp","headers":{"Authorization":"Bearer ${SECRET}"}}}}`, 'json'],
  [`{"mcpServers":{"a":{"url":"https://a.example/mcp?api_key=${SECRET}&x=1"}}}`, 'json'],
  [`{"mcpServers":{"a":{"url":"https://ada:${SECRET}@a.example/mcp"}}}`, 'json'],
  [`{"mcpServers":{"a":{"command":"uvx","args":["a","--api-key","${SECRET}"]}}}`, 'json'],
  [`{"mcpServers":{"a":{"command":"uvx","args":["a","--token=${SECRET}"]}}}`, 'json'],
  [`{"mcpServers":{"a":{"command":"docker","args":["run","-e","A_PIN=${SECRET}"]}}}`, 'json'],
  [
    `{"mcpServers":{"a":{"command":"npx","args":["mcp-remote","https://a.example","--header","X-Api-Key: ${SECRET}"]}}}`,
    'json',
  ],
  [`{"mcpServers":{"a":{"env":["A_PIN=${SECRET}"]}}}`, 'json'],
  [`{\n  // "API_KEY": "${SECRET}"\n  "mcpServers": {}\n}`, 'jsonc'],
  [`[mcp_servers.a]\nhttp_headers = { "X-Key" = "${SECRET}" }\n`, 'toml'],
  [`[mcp_servers.a.env]\nPIN = '${SECRET}'\n`, 'toml'],
  [`extensions:\n  a:\n    envs:\n      PIN: ${SECRET}\n`, 'yaml'],
  [`extensions:\n  a:\n    envs:\n      PIN: |\n        ${SECRET}\n        ${SECRET}\n`, 'yaml'],
  [`mcpServers:\n  - name: a\n    requestOptions:\n      headers:\n        X: "Bearer ${SECRET}"\n`, 'yaml'],
  // Nothing of these can be read as it was meant.
  [`{"mcpServers":{"a":{"env":{"API_KEY":"${SECRET}",,,`, 'json'],
  [`"API_KEY": "${SECRET}"`, 'json'],
  [`{ “mcpServers”: { “a”: { “env”: { “API_KEY”: “${SECRET}” } } } }`, 'json'],
  [`[mcp_servers.a.env\nAPI_KEY = "${SECRET}"\n`, 'toml'],
  [`a: [\n  API_TOKEN: ${SECRET}\n`, 'yaml'],
];

describe('what is a secret', () => {
  it.each(HOLDS)('is covered in %s', (text, format) => {
    const out = masked(text, format);
    expect(out).not.toContain(SECRET);
    expect(out).not.toContain(SECRET.slice(2, -2));
    expect(out).toContain('*');
    expect(out.length).toBe(text.length);
    expect(out.split('\n').map(({ length }) => length)).toEqual(text.split('\n').map(({ length }) => length));
  });
});

it('a number under a telling key is covered, and no other number', () => {
  expect(masked('{"a":{"apiKey":\n\n\n\n\n90182736455,"port":3000}}')).toBe(
    '{"a":{"apiKey":\n\n\n\n\n***********,"port":3000}}',
  );
});

describe('what is none', () => {
  it.each([
    ['{"mcpServers":{"a":{"command":"npx","args":["-y","@acme/server","--port","3000"],"cwd":"/srv/a"}}}', 'json'],
    ['{"mcpServers":{"a":{"env":{"API_KEY":"${env:API_KEY}","TOKEN":"<your-token>"}}}}', 'json'],
    ['{"mcpServers":{"a":{"url":"https://a.example/mcp","headers":{"Authorization":"Bearer ${TOKEN}"}}}}', 'json'],
    ['[mcp_servers.a]\ncommand = "uvx"\nenv_vars = ["A_TOKEN"]\n', 'toml'],
    ['extensions:\n  a:\n    cmd: uvx\n    timeout: 300\n', 'yaml'],
  ] as [string, ConfigFormat][])('stays in %s', (text, format) => {
    expect(masked(text, format)).toBe(text);
  });
});

const around = fc.string({ unit: fc.constantFrom('a', 'Z', '"', '\\', ' ', 'é', '{', '=', '7', ','), maxLength: 12 });

it('whatever stands around it, no value of a variable is shown, and nothing moves', () => {
  fc.assert(
    fc.property(
      around,
      around,
      fc.constantFrom<ConfigFormat>('json', 'jsonc', 'toml', 'yaml'),
      fc.nat(40),
      (before, behind, format, cut) => {
        const value = `${before}${SECRET}${behind}`;
        const json = JSON.stringify({ mcpServers: { a: { command: 'uvx', env: { A_TOKEN: value } } } }, null, 2);
        // A text that is cut off is none that could be read.
        const text = json.slice(0, json.length - cut);
        const out = masked(text, format);
        expect(out).not.toContain(SECRET);
        expect(out.length).toBe(text.length);
        expect(out.split('\n').map(({ length }) => length)).toEqual(text.split('\n').map(({ length }) => length));
      },
    ),
    { numRuns: 150 },
  );
});
