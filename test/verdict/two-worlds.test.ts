import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { walk } from '../../src/verdict/path.js';
import { twoWorlds } from '../../src/verdict/two-worlds.js';

const launch: Evidence['launch'] = { command: 'acme', args: [], env: [{ name: 'MODE', state: 'set' }], paths: [] };
const ended = { outcome: 'ended', ms: 50, exitCode: 1 } as const;
const answered = { outcome: 'answered', ms: 50 } as const;
const says = (worlds: Omit<Evidence['worlds'], 'starts'>, more: Partial<Evidence> = {}) =>
  twoWorlds({ launch, worlds: { starts: 4, ...worlds }, ...more });

describe('"works in my terminal", in one sentence', () => {
  it.each<[string, NonNullable<Evidence['worlds']['deciding']>, string]>([
    [
      'a variable',
      { kind: 'variable', names: ['KEY'] },
      'the variable KEY makes the difference, which your shell sets and a client does not pass on.',
    ],
    [
      'a value of the entry',
      { kind: 'variable', names: ['MODE'] },
      'the variable MODE makes the difference: the entry gives MODE another value than your shell.',
    ],
    [
      'several',
      { kind: 'variables', names: ['A', 'B', 'C'] },
      'the variables A, B and C together make the difference, which your shell sets and a client does not pass on.',
    ],
    ['a folder', { kind: 'path-entry', names: ['/opt/x'] }, 'the PATH entry /opt/x makes the difference.'],
    [
      'a folder with a program',
      { kind: 'path-entry', names: ['/opt/x'], provides: 'uvx' },
      'the PATH entry /opt/x makes the difference, which provides uvx.',
    ],
  ])('%s', (_name, deciding, sentence) => {
    expect(says({ client: ended, shell: answered, deciding })).toMatchObject({
      works: true,
      sentence: `It starts in your own shell: ${sentence}`,
    });
  });

  it('what the client has instead', () => {
    const deciding = { kind: 'path-entry', names: ['/opt/x'], provides: 'node 22.1.0 (nvm)' } as const;
    const worlds = { client: ended, shell: answered, deciding: { ...deciding, names: [...deciding.names] }, starts: 3 };
    const runtime = { name: 'node', version: '18.1.0', path: '/usr/bin/node' };
    expect(twoWorlds({ worlds, launch: { ...launch, runtime } })?.sentence).toMatch(
      /provides node 22\.1\.0 \(nvm\); the client's PATH leads to node 18\.1\.0 \(\/usr\/bin\/node\)\.$/,
    );
    const lookup = { found: null, path: [], elsewhere: [] };
    expect(twoWorlds({ worlds, launch: { ...launch, lookup } })?.sentence).toMatch(
      /; the client's PATH has no acme\.$/,
    );
  });

  it('when it is not known what decides', () => {
    expect(says({ client: ended, shell: answered })?.sentence).toContain('4 starts did not tell which variable');
  });

  it('when there is no difference, or the other way round', () => {
    expect(says({ client: ended, shell: ended })).toEqual({
      works: false,
      answer: 'no: exit code 1 there as well',
      sentence: null,
    });
    expect(says({ client: { outcome: 'not-started', ms: 0 }, shell: ended })?.answer).toBe(
      'its command is found there, but no: exit code 1',
    );
    expect(says({ client: answered, shell: answered })?.sentence).toBeNull();
    expect(says({ client: answered, shell: { outcome: 'unanswered', ms: 9 } })?.sentence).toBe(
      "It answers in a client's environment, but not in that of your own shell: no answer.",
    );
    expect(twoWorlds({ launch })).toBeNull();
  });
});

it('the walk asks for it behind the first bad answer', () => {
  const process: Evidence['process'] = {
    pid: 1,
    exit: { code: 1, signal: null, atMs: 9, by: 'itself' },
    lifetimeMs: 9,
    pending: [],
  };
  const questions = walk({ launch, process, worlds: { client: ended, shell: ended, starts: 1 } });
  expect(questions.map(({ question, result }) => [question, result]).slice(-2)).toEqual([
    ['Did the process stay alive?', 'bad'],
    ['Does it start in your own shell?', 'bad'],
  ]);
});
