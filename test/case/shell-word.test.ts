/** Words to paste reach a program as they are. Of POSIX systems a real shell is asked; for PowerShell its rules are written down. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forPowerShell, shellLine, shellPath, shellWord } from '../../src/case/shell-word.js';

const ECHO = `${process.execPath} -e 'process.stdout.write(JSON.stringify(process.argv.slice(1)))' -- `;
const asked = (line: string, shell = '/bin/sh', env: Record<string, string> = {}): string[] =>
  JSON.parse(execFileSync(shell, ['-c', ECHO + line], { encoding: 'utf8', env: { ...process.env, ...env } }));

const ODD = [
  ...[
    '',
    ' ',
    "it's",
    '"',
    '$HOME',
    '$(touch /tmp/x)',
    '`id`',
    'a;b',
    'a&b',
    'a|b',
    '>x',
    '*',
    '?',
    '~',
    '~/x',
    '#x',
    '!x',
  ],
  ...[
    '{a,b}',
    'a\\b',
    'C:\\Program Files\\x',
    '-y',
    '--a=b',
    '@scope/x',
    '%APPDATA%',
    '=x',
    'two\nlines',
    'ключ',
    '\u2019',
  ],
];

describe('a shell of POSIX systems', () => {
  it('takes every one of them to the letter', () => {
    for (const shell of ['/bin/sh', '/bin/bash']) expect(asked(shellLine(ODD, false), shell)).toEqual(ODD);
  });

  it('and any other', () => {
    const words = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(words, (list) => {
        expect(asked(shellLine(list, false))).toEqual(list);
      }),
      { numRuns: 40 },
    );
  });

  it('fills in the home folder of a path, and nothing else', () => {
    const path = "~/Library/Application Support/Claude's/$x.json";
    expect(asked(shellPath(path, false), '/bin/sh', { HOME: '/Users/ann' })).toEqual([`/Users/ann${path.slice(1)}`]);
    expect(shellPath('~/.cursor/mcp.json', false)).toBe('~/.cursor/mcp.json');
  });
});

describe('PowerShell', () => {
  it.each([
    ['cursor:weather', 'cursor:weather'],
    ['C:\\Users\\ann\\mcp.json', 'C:\\Users\\ann\\mcp.json'],
    ['C:\\Program Files\\x', '"C:\\Program Files\\x"'],
    ['C:\\Program Files\\', '"C:\\Program Files\\\\"'],
    ['a,b', '"a,b"'],
    ['@scope/x', '"@scope/x"'],
    ['-a.b', '"-a.b"'],
    ['a;b', '"a;b"'],
    ['(x)', '"(x)"'],
    ['', '""'],
    // Between double quotation marks these would mean something.
    ['$env:TOKEN', "'$env:TOKEN'"],
    ['a`b', "'a`b'"],
    ['%APPDATA%', "'%APPDATA%'"],
    ['say "hi"', `'say "hi"'`],
    // Quotation marks of typography are quotation marks to it.
    ["it's $x", "'it''s $x'"],
    ['\u2019; calc', "'\u2019\u2019; calc'"],
    ['\u201d; calc', "'\u201d; calc'"],
  ])('%s', (word, expected) => expect(shellWord(word, true)).toBe(expected));

  it('is not left a bare --, which it keeps for itself', () => {
    expect(forPowerShell('mcp-verdict verify --env "A=$env:A" -- npx -y x -- y')).toBe(
      'mcp-verdict verify --env "A=$env:A" "--" npx -y x -- y',
    );
    expect(forPowerShell('mcp-verdict fix "x -- y"')).toBe('mcp-verdict fix "x -- y"');
    expect(forPowerShell('node x.js -- y')).toBe('node x.js -- y');
  });

  it('is given a path of the home folder by its short name', () => {
    expect(shellPath('~\\.cursor\\mcp.json', true)).toBe('~\\.cursor\\mcp.json');
  });
});
