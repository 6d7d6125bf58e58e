/** An entry by its name: of several the one that its client would start here, with all that keeps it from being read. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredOf, entryNamed, NoSuchEntry, specOf } from '../../src/probe/declared.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const entry = (script: string) => ({ command: 'node', args: [script] });
const servers = (script: string) => ({ mcpServers: { x: entry(script) } });
const claude = (config: object | string) =>
  folder.put('home/.claude.json', typeof config === 'string' ? config : JSON.stringify(config));
const made = (name: string): string => {
  const path = join(folder.path, name);
  mkdirSync(path, { recursive: true });
  return path;
};
const argsOf = (project?: string) =>
  entryNamed('claude-code:x', folder.world(), project === undefined ? {} : { project }).entry?.args.map(
    ({ value }) => value,
  );

describe('of entries that one file holds for several folders', () => {
  it('that of the open folder counts, wherever it stands in the file', () => {
    const [one, other] = [made('one'), made('other')];
    claude({ projects: { [one]: servers('/one.js'), [other]: servers('/other.js') } });
    expect(argsOf(one)).toEqual(['/one.js']);
    expect(argsOf(other)).toEqual(['/other.js']);
  });

  it('that for all folders comes before that of another folder', () => {
    const other = made('other');
    claude({ projects: { [other]: servers('/other.js') }, ...servers('/all.js') });
    expect(argsOf(made('one'))).toEqual(['/all.js']);
    expect(argsOf(other)).toEqual(['/other.js']);
  });

  it('that of a folder which is gone is none, and it is said where it was', () => {
    claude({ projects: { '/gone/away': servers('/one.js') } });
    expect(() => argsOf()).toThrow(NoSuchEntry);
    expect(() => argsOf()).toThrow('Claude Code has "x" for /gone/away only, and there is no such folder.');
  });
});

it('a fault of the whole file keeps the entries of each of its places from being read', () => {
  claude('{ "mcpServers": { "x": { "command": "node" }, } }');
  const { found, entry: own, server } = entryNamed('claude-code:x', folder.world());
  expect(found.place.scope).toBe('user');
  const rules = declaredOf(found, server, own)?.config.faults.map(({ rule }) => rule);
  expect(rules).toEqual(['syntax-trailing-comma']);
});

it('a number and a switch among the variables reach the server as texts, and nothing else does', () => {
  folder.put(
    'home/.cursor/mcp.json',
    '{"mcpServers":{"x":{"command":"node","env":{"PORT":8080,"ON":true,"NO":null}}}}',
  );
  const { client, entry: own } = entryNamed('cursor:x', folder.world());
  expect(own && specOf(own, client)).toMatchObject({ env: { PORT: '8080', ON: 'true' } });
  expect(own && specOf(own, client)).not.toHaveProperty('env.NO');
});
