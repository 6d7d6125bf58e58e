/** Who is to blame when a server fails in some clients or in all of them, and what may not be said of a client that nobody knows. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import type { Facts } from '../../src/causes/cause.js';
import { matrixOf, type PlayedCase } from '../../src/verdict/matrix.js';
import type { Finding, Status, Verdict } from '../../src/verdict/verdict.js';
import { caseOf } from '../support/case.js';

const KNOWN = { environment: false, folder: false, transports: false };

interface Told {
  status: Status;
  root?: string;
  facts?: Facts;
  guessed?: Partial<PlayedCase['guessed']>;
  client?: Partial<Evidence['client']>;
}

const played = (id: string, { status, root, facts = {}, guessed, client }: Told): PlayedCase => ({
  file: caseOf({
    client: {
      ...{ id, name: id, assumed: [], revision: '2025-06-18', capabilities: [], probes: [] },
      ...client,
    } as Evidence['client'],
  }),
  verdict: {
    status,
    root: root
      ? ({
          ...{ id: root, role: 'root', certainty: 'certain', severity: 'broken', culprit: 'server', title: 'It fails' },
          ...{ says: `${root} is why.`, cites: [], facts, fix: [], docs: '' },
        } as Finding)
      : null,
  } as Verdict,
  guessed: { ...KNOWN, ...guessed },
  run: 1,
});
const works = played('works', { status: 'healthy' });
const outcomes = (cases: PlayedCase[]) => matrixOf(cases)?.rows.map(({ outcome }) => outcome);

describe('a client of which the launch is guessed', () => {
  const inUnknown = (root: string, guessed: Partial<PlayedCase['guessed']>, facts: Facts = {}) =>
    played('other', { status: 'broken', root, guessed, facts });

  it('is not said to fail where the server works elsewhere', () => {
    expect(outcomes([works, inUnknown('process-crashed', { environment: true })])).toEqual(['works', 'not-known']);
    expect(outcomes([works, inUnknown('process-crashed', { folder: true })])).toEqual(['works', 'not-known']);
    expect(matrixOf([works, inUnknown('process-crashed', { folder: true })])?.status).toBe('works');
  });

  it('fails like all others where the server works nowhere', () => {
    const all = [
      inUnknown('process-crashed', { environment: true }),
      played('known', { status: 'broken', root: 'process-crashed' }),
    ];
    expect(outcomes(all)).toEqual(['fails', 'fails']);
    expect(matrixOf(all)).toMatchObject({ status: 'server', says: expect.stringContaining('no client is to blame') });
  });

  it('fails by what no folder changes, and by a way of its own', () => {
    expect(outcomes([works, inUnknown('launch-command-not-on-path', { folder: true })])).toEqual(['works', 'fails']);
    expect(outcomes([works, inUnknown('process-env-missing', { folder: true })])).toEqual(['works', 'fails']);
    const own = inUnknown(
      'handshake-slow-start',
      { environment: true },
      { fault: 'start-limit', startMs: 9, limitMs: 5 },
    );
    expect(outcomes([works, own])).toEqual(['works', 'fails']);
    expect(outcomes([works, inUnknown('client-defect', { environment: true })])).toEqual(['works', 'fails']);
  });
});

describe('the whole', () => {
  const fails = (id: string, root: string, facts: Facts = {}) => played(id, { status: 'broken', root, facts });

  it('is no matter of one client when all fail for one reason that is no client’s', () => {
    expect(matrixOf([fails('a', 'process-crashed'), fails('b', 'process-crashed')])?.status).toBe('server');
    expect(matrixOf([fails('a', 'process-crashed'), fails('b', 'process-env-missing')])?.status).toBe('fails');
    // Each drops it for a limit of its own: the server alone is not to blame.
    const slow = { fault: 'start-limit', startMs: 9, limitMs: 5 };
    expect(matrixOf([fails('a', 'handshake-slow-start', slow), fails('b', 'handshake-slow-start', slow)])?.status).toBe(
      'fails',
    );
  });

  it('is a matter of clients when some fail, and limited when a part is lost', () => {
    expect(matrixOf([works, fails('a', 'process-crashed')])?.status).toBe('client-specific');
    const limited = played('a', { status: 'degraded', root: 'client-limits-exceeded' });
    expect(matrixOf([works, limited])?.status).toBe('limited');
    expect(matrixOf([works])?.status).toBe('works');
    expect(matrixOf([played('a', { status: 'inconclusive' })])?.status).toBe('not-known');
    expect(matrixOf([])).toBeNull();
  });

  it('counts an entry that its client refuses for a variable that is not set, and no other', () => {
    const unset = (onUnset: Evidence['client']['onUnset']) =>
      played('a', { status: 'healthy', client: { unset: ['KEY'], onUnset } });
    expect(matrixOf([works, unset('fails')])?.rows[1]).toMatchObject({
      outcome: 'fails',
      words: 'refuses the entry: KEY is not set',
    });
    expect(outcomes([works, unset('empty'), unset(undefined)])).toEqual(['works', 'works', 'works']);
  });
});
