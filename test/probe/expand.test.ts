import { describe, expect, it } from 'vitest';
import { expand, type Fillings } from '../../src/probe/expand.js';

const VARIABLES: Record<string, string> = { KEY: 'k1', OTHER: '${env:KEY}', EMPTY: '' };
const fillings: Fillings = {
  variable: (name) => VARIABLES[name],
  home: '/home/me',
  project: '/srv/notes',
  separator: '/',
  file: (path) => (path === '~/token' ? 'from the file' : undefined),
};
const filled = (text: string, forms: string[], unset: 'fails' | 'empty' | 'left' | null = null) =>
  expand(text, forms, unset, fillings);

describe('the forms of the clients', () => {
  it.each([
    ['${env:NAME}', 'a ${env:KEY} b', 'a k1 b'],
    ['${NAME}', '${KEY}', 'k1'],
    ['${NAME:-default}', '${KEY:-x} ${NONE:-x} ${NONE:-}', 'k1 x '],
    ['$NAME', '$KEY-$KEY.x $(KEY) 5$', 'k1-k1.x $(KEY) 5$'],
    ['%NAME%', '%KEY%\\x 50% of 30%', 'k1\\x 50% of 30%'],
    ['{env:NAME}', '{env:KEY}', 'k1'],
    ['${workspaceFolder}', '${workspaceFolder}/x', '/srv/notes/x'],
    ['${workspaceFolderBasename}', '${workspaceFolderBasename}', 'notes'],
    ['${userHome}', '${userHome}${/}x', '/home/me${/}x'],
    ['${/}', 'a${/}b', 'a/b'],
    ['~', '~/x ~', '/home/me/x ~'],
    ['{file:path}', 'Bearer {file:~/token}', 'Bearer from the file'],
    ['${file:PATH}', '${file:~/token}', 'from the file'],
  ])('%s', (form, text, expected) => {
    expect(filled(text, [form])).toMatchObject({ text: expected, unset: [] });
  });

  it('leaves every other form as it was written', () => {
    const text = '${env:KEY} $KEY %KEY% {env:KEY} ${input:key} ~';
    expect(filled(text, ['${KEY_OF_NOBODY}']).text).toBe(text);
    expect(filled(text, ['${NAME}']).text).toBe(text);
    expect(filled('$KEY', []).text).toBe('$KEY');
  });

  it('tells the one with a default from the one without', () => {
    expect(filled('${KEY:-x} ${KEY} ${NONE:-y}', ['${NAME}', '${NAME:-default}']).text).toBe('k1 k1 y');
  });

  it('asks nobody for an input', () => {
    expect(filled('${input:api-key}', ['${input:id}'])).toEqual({
      text: '${input:api-key}',
      unset: ['api-key'],
      values: [],
    });
    expect(filled('${{ secrets.MY_KEY }}', ['${{ secrets.NAME }}'])).toMatchObject({ unset: ['MY_KEY'] });
  });
});

describe('a name without a value', () => {
  it.each([
    ['left', 'x${NONE}y'],
    [null, 'x${NONE}y'],
    ['fails', 'x${NONE}y'],
    ['empty', 'xy'],
  ] as const)('%s', (unset, text) => {
    expect(filled('x${NONE}y', ['${NAME}'], unset)).toMatchObject({ text, unset: ['NONE'] });
  });

  it('is no variable that is set and empty', () => {
    expect(filled('x${EMPTY}y', ['${NAME}'])).toMatchObject({ text: 'xy', unset: [] });
  });
});

it('does not read again what was filled in', () => {
  expect(filled('${OTHER} ${env:KEY}', ['${NAME}', '${env:NAME}'])).toEqual({
    text: '${env:KEY} k1',
    unset: [],
    values: [
      { name: 'KEY', value: 'k1' },
      { name: 'OTHER', value: '${env:KEY}' },
    ],
  });
});
