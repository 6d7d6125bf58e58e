/** What rests on a guess of how a client starts a server is not certain, whatever was seen. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { restsOnGuess } from '../../src/causes/rests-on.js';

type Guessed = NonNullable<Evidence['client']['guessed']>;
const given = (guessed: Guessed | undefined, words: string[] = []): Partial<Evidence> =>
  ({
    ...(guessed && { client: { guessed } }),
    launch: { paths: words.map((word) => ({ where: 'arg', word, resolved: word, exists: false })) },
  }) as unknown as Partial<Evidence>;

describe('a failure rests on a guess', () => {
  it.each<[string, Guessed]>([
    ['process-env-missing', ['environment']],
    ['launch-env-not-inherited', ['environment']],
    ['launch-command-not-on-path', ['path']],
    ['launch-command-not-installed', ['path']],
    ['runtime-too-old', ['path']],
    ['config-command-joined', ['shell']],
    ['process-config-rejected', ['folder']],
  ])('%s on %j', (cause, guessed) => {
    expect(restsOnGuess(cause, given(guessed))).toBe(true);
    expect(restsOnGuess(cause, given([]))).toBe(false);
    expect(restsOnGuess(cause, given(undefined))).toBe(false);
  });

  it('only on what has to do with it', () => {
    expect(restsOnGuess('process-env-missing', given(['folder', 'shell', 'path']))).toBe(false);
    expect(restsOnGuess('launch-command-not-on-path', given(['folder', 'environment']))).toBe(false);
    expect(restsOnGuess('process-crashed', given(['folder', 'environment', 'path', 'shell']))).toBe(false);
  });

  it('of a folder where a path is not whole', () => {
    expect(restsOnGuess('config-path-missing', given(['folder'], ['./server.js']))).toBe(true);
    expect(restsOnGuess('config-path-missing', given(['shell'], ['~/server.js']))).toBe(true);
    expect(restsOnGuess('config-path-missing', given(['folder'], ['/opt/server.js']))).toBe(false);
    expect(restsOnGuess('config-path-missing', given(['folder'], ['C:\\server.js']))).toBe(false);
  });

  it('where an entry has a command and an address, and nobody knows which counts', () => {
    const both = (uses: string): Partial<Evidence> =>
      ({ config: { faults: [{ rule: 'entry-url-and-command', facts: { uses } }] } }) as unknown as Partial<Evidence>;
    expect(restsOnGuess('network-refused', both('unknown'))).toBe(true);
    expect(restsOnGuess('network-refused', both('url'))).toBe(false);
  });
});
