/** What a fault of a file means beside what was seen of the server: how sure it is, how grave, and what is told to be done. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import type { Match } from '../../src/causes/cause.js';
import { ruleFix, ruleMatch, ruleSays, withMend, withRule } from '../../src/causes/rule-findings.js';
import type { RuleId } from '../../src/config/config.js';
import { RULES } from '../../src/config/rules.js';

type Fault = Evidence['config']['faults'][number];

const fault = (rule: RuleId, more: Partial<Fault> = {}): Fault => ({
  ...{ rule, level: RULES[rule].level, cause: RULES[rule].cause, facts: {} },
  ...{ line: 3, column: 5, length: 2, source: [], fixable: true, ...more },
});
const config = (faults: Fault[], more: Partial<Evidence['config']> = {}): Partial<Evidence> => ({
  config: {
    ...{ client: 'cursor', clientName: 'Cursor', scope: 'user', file: '~/.cursor/mcp.json' },
    ...{ format: 'json', server: 'notes', faults, ...more },
  },
});
const DIED = { process: { pid: 1 }, handshake: undefined } as unknown as Partial<Evidence>;
const ANSWERED = { process: { pid: 1 }, handshake: { used: 'initialize' } } as unknown as Partial<Evidence>;

const weight = (one: Fault, seen: Partial<Evidence> = {}) => {
  const { certainty, severity } = ruleMatch(one.cause, { ...config([one]), ...seen }) ?? {};
  return `${certainty} ${severity}`;
};

describe('a fault', () => {
  it('of what the client reads is certain, whatever was started from it', () => {
    const one = fault('url-key-wrong');
    expect([weight(one), weight(one, DIED), weight(one, ANSWERED)]).toEqual(Array(3).fill('certain broken'));
  });

  it('of what is started is no more than likely, and no trouble where the server answers', () => {
    const one = fault('command-joined');
    expect([weight(one), weight(one, DIED), weight(one, ANSWERED)]).toEqual([
      'likely broken',
      'likely broken',
      'likely risky',
    ]);
  });

  it('that is only risky, or an advice, is no reason for the failure of today', () => {
    for (const one of [fault('timeout-unit'), fault('secret-in-plain-text')])
      expect([weight(one), weight(one, DIED), weight(one, ANSWERED)]).toEqual([
        'certain risky',
        'possible risky',
        'certain risky',
      ]);
  });

  it('that only explains what is seen is no finding', () => {
    const one = fault('switched-off');
    expect(ruleMatch(one.cause, config([one]))).toBeNull();
  });

  it('of another root cause is not that one', () => {
    expect(ruleMatch('config-unparsable', config([fault('url-key-wrong')]))).toBeNull();
    expect(ruleMatch('config-unparsable', {})).toBeNull();
  });

  it('is told by the gravest of its kind, and three of them are quoted', () => {
    const many = [
      fault('key-unknown'),
      fault('url-key-wrong'),
      fault('key-unknown'),
      fault('root-wrong-key'),
      fault('type-missing'),
    ];
    const match = ruleMatch('config-shape-wrong', config(many));
    expect(match?.facts.configRule).toBe('root-wrong-key');
    expect(match?.cites).toEqual([3, 1, 4].map((i) => `/evidence/config/value/faults/${i}`));
  });

  it('of the whole file takes every server of it away', () => {
    const facts = ruleMatch('config-shape-wrong', config([fault('root-wrong-key', { facts: { found: 'a' } })]))?.facts;
    expect(facts && ruleSays(facts)).toMatch(/Until that is mended, Cursor reads no server from this file\.$/);
    const one = ruleMatch('config-shape-wrong', config([fault('url-key-wrong')]))?.facts;
    expect(one && ruleSays(one)).not.toContain('Until that');
  });
});

describe('what is to be done', () => {
  const runs = (more: Partial<Evidence['config']>, one = fault('url-key-wrong')) =>
    ruleFix(ruleMatch(one.cause, config([one], more))?.facts ?? {}).flatMap(({ run }) => run ?? []);

  it('of an entry on this machine', () => {
    expect(runs({})).toEqual(['mcp-verdict fix cursor:notes', 'mcp-verdict verify cursor:notes']);
    expect(runs({ server: "it's mine" })[0]).toBe("mcp-verdict fix 'cursor:it'\\''s mine'");
    expect(runs({}, fault('url-key-wrong', { fixable: false }))).toEqual(['mcp-verdict verify cursor:notes']);
  });

  it('of a file in which no entry can be told apart', () => {
    expect(runs({ server: '' })).toEqual(['mcp-verdict fix cursor', 'mcp-verdict doctor --client cursor']);
  });

  it('of a file that was given, and of a text, which there is no command for', () => {
    expect(runs({ given: 'file', file: '/tmp/my mcp.json' })).toEqual([
      "mcp-verdict fix '/tmp/my mcp.json'",
      "mcp-verdict explain '/tmp/my mcp.json'",
    ]);
    expect(runs({ given: 'text' })).toEqual([]);
  });
});

describe('what was seen and what stands in the file', () => {
  const own = (certainty: 'certain' | 'likely'): Match<Record<string, never>> => ({
    certainty,
    cites: ['/own'],
    facts: {},
  });
  const stands = ruleMatch('config-command-joined', config([fault('command-joined')]));

  it('are one finding: the surer of the two speaks, and both are cited', () => {
    const seen = withRule(own('certain'), stands);
    expect(seen).toMatchObject({ certainty: 'certain', cites: ['/own', '/evidence/config/value/faults/0'] });
    expect(seen?.facts.configRule).toBeUndefined();
    // The edit of the file cures what was seen.
    expect(withMend([{ say: 'Split it.' }, { say: 'Restart.' }], seen?.facts ?? {})).toEqual([
      { say: 'Split it.', run: 'mcp-verdict fix cursor:notes' },
      { say: 'Restart.' },
    ]);
    const sure = ruleMatch('config-shape-wrong', config([fault('url-key-wrong')]));
    expect(withRule(own('likely'), sure)).toMatchObject({
      certainty: 'certain',
      facts: { configRule: 'url-key-wrong' },
    });
  });

  it('are what there is of them, where there is only one', () => {
    expect(withRule(null, stands)).toBe(stands);
    expect(withRule(own('likely'), null)).toEqual(own('likely'));
  });
});
