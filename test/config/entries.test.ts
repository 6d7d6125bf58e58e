/** Which servers a file holds, whatever they are called. */
import { expect, it } from 'vitest';
import { clientOf } from '../../src/clients/index.js';
import { entriesIn } from '../../src/config/entries.js';
import { readText } from '../../src/config/read.js';

const namesIn = (text: string): string[] => {
  const client = clientOf('cursor');
  const [place] = client?.places ?? [];
  if (!client || !place) throw new Error('cursor is known, and has a file');
  return entriesIn(readText(text, 'json'), client, place).map(({ name }) => name);
};

it('a server is one by what it is, not by its name', () => {
  expect(
    namesIn(
      '{ "mcpServers": { "__proto__": { "command": "a" }, "_old": { "command": "b" }, "constructor": { "url": "c" } } }',
    ),
  ).toEqual(['__proto__', '_old', 'constructor']);
});

it('a remark among the servers is none', () => {
  expect(
    namesIn('{ "mcpServers": { "_comment": "mine", "//": "theirs", "$schema": "x", "a": { "command": "a" } } }'),
  ).toEqual(['a']);
});
