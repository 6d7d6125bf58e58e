/** A yes counts for one entry, and for no other that only looks like it. */
import { describe, expect, it } from 'vitest';
import { type Asked, entryHash } from '../../src/cli/consents.js';

const local: Asked = { kind: 'stdio', command: 'node', args: ['a.js', '-v'], env: { A: '1', B: '2' }, cwd: '/srv' };
const remote: Asked = { kind: 'http', url: 'https://x.example/mcp', headers: { a: '1', b: '2' } };

describe('the hash of an entry', () => {
  it.each<[string, Asked]>([
    ['another program', { ...local, command: 'deno' }],
    ['another argument', { ...local, args: ['b.js', '-v'] }],
    ['the same arguments in another order', { ...local, args: ['-v', 'a.js'] }],
    ['two arguments in one', { ...local, args: ['a.js -v'] }],
    ['an argument that moved into the program', { ...local, command: 'node a.js', args: ['-v'] }],
    ['another value of a variable', { ...local, env: { A: '1', B: '3' } }],
    ['a variable more', { ...local, env: { A: '1', B: '2', LD_PRELOAD: './x.so' } }],
    ['values that changed places', { ...local, env: { A: '2', B: '1' } }],
    ['another folder', { ...local, cwd: '/tmp' }],
    ['no folder', { kind: 'stdio', command: 'node', args: ['a.js', '-v'], env: { A: '1', B: '2' } }],
  ])('is another one for %s', (_, other) => {
    expect(entryHash(other)).not.toBe(entryHash(local));
  });

  it.each<[string, Asked]>([
    ['another address', { ...remote, url: 'https://y.example/mcp' }],
    ['another header', { ...remote, headers: { a: '1', b: '3' } }],
  ])('of an address is another one for %s', (_, other) => {
    expect(entryHash(other)).not.toBe(entryHash(remote));
  });

  it('is the same in whatever order variables and headers stand', () => {
    expect(entryHash({ ...local, env: { B: '2', A: '1' } })).toBe(entryHash(local));
    expect(entryHash({ ...remote, headers: { b: '2', a: '1' } })).toBe(entryHash(remote));
  });
});
