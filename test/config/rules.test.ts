/** Every rule: what it finds, where it says it is, what its edits make of the file, and what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { causes } from '../../src/causes/index.js';
import { clientOf } from '../../src/clients/index.js';
import { RULE_IDS, type RuleId } from '../../src/config/config.js';
import { positionOf } from '../../src/config/position.js';
import { RULES } from '../../src/config/rules.js';
import { cured, judged, type RuleCase, type RuleCases } from '../support/rule-cases.js';
import { ENTRY_CASES } from './rule-cases-entry.js';
import { START_CASES } from './rule-cases-start.js';
import { VALUE_CASES } from './rule-cases-values.js';

const CASES: Partial<Record<RuleId, RuleCases>> = { ...ENTRY_CASES, ...START_CASES, ...VALUE_CASES };

/** What the readers find themselves has its files in syntax.test.ts. */
const JUDGED = RULE_IDS.filter((id) => RULES[id].find !== undefined);

const nameOf = (given: RuleCase): string => `${given.client ?? 'claude-code'}: ${given.entry ?? given.file}`;

/** Whether blanks stand inside of the braces of a new object is a matter of the writer. */
const spaced = (text: string): string => text.replace(/\{ /g, '{').replace(/ \}/g, '}');

it('every rule has three files that have it and three near misses', () => {
  expect(RULE_IDS.filter((id) => !JUDGED.includes(id) && !id.startsWith('syntax-'))).toEqual([]);
  const counted = JUDGED.filter((id) => (CASES[id]?.has.length ?? 0) >= 3 && (CASES[id]?.not.length ?? 0) >= 3);
  expect(counted).toEqual(JUDGED);
});

it('every rule names a root cause, says what is wrong in a sentence and has a page', () => {
  const known = new Set(causes.map(({ id }) => id as string));
  for (const id of RULE_IDS) {
    const rule = RULES[id];
    expect(rule.id).toBe(id);
    expect(known, id).toContain(rule.cause);
    expect(rule.title, id).toMatch(/^.*[^.]$/);
    expect(rule.refs.length, id).toBeGreaterThan(0);
    for (const ref of rule.refs) expect(ref).toMatch(/^https:\/\//);
  }
});

describe.each(JUDGED)('%s', (id) => {
  const { has = [], not = [] } = CASES[id] ?? {};

  it.each(has.map((given) => [nameOf(given), given] as const))('finds %s', (_, given) => {
    const { text, faults, marked, judge, whole } = judged(given);
    const found = faults.filter(({ rule }) => rule === id);
    const fault = found[0];
    if (!fault) throw new Error(`nothing of ${id}, but ${faults.map(({ rule }) => rule).join(', ')}`);
    expect(found).toHaveLength(1);
    if (marked) expect(positionOf(text, fault.range.start)).toEqual(marked);
    expect(fault.range.end).toBeGreaterThanOrEqual(fault.range.start);
    if (given.level) expect(fault.level).toBe(given.level);
    const client = clientOf(given.client ?? 'claude-code');
    if (!client) throw new Error('no client');
    const shown = given.but ? given.but(client) : client;
    expect(RULES[id].says(fault.facts, shown)).toMatch(/^[^\n]*[.!]$/);
    expect(RULES[id].says(fault.facts, shown)).not.toMatch(/undefined|\bnull\b(?!\))|NaN|""/);
    expect(RULES[id].fix(fault.facts, shown)).not.toMatch(/undefined|NaN/);
    if (given.after === 'none') {
      expect(fault.edits).toEqual([]);
      return;
    }
    if (given.after === undefined && fault.edits.length === 0) return;
    const after = cured(text, fault);
    if (given.after !== undefined) expect(spaced(after)).toBe(spaced(whole(given.after)));
    expect(judge(after).filter(({ rule }) => rule === id)).toEqual([]);
  });

  it.each(not.map((given) => [nameOf(given), given] as const))('leaves alone %s', (_, given) => {
    expect(judged(given).faults.filter(({ rule }) => rule === id)).toEqual([]);
  });
});

it('no fact and no text of a rule holds a secret', () => {
  const secret = 'q8w7e6r5t4z3u2i1';
  const entry = `{ "command": "docker", "args": ["run", "acme/a", "--token", "${secret}", "-y --password=${secret}"], "url": "https://ada:${secret}@a.example/?key=${secret}", "env": { "A_TOKEN": "${secret}", "X": "\${Y} ${secret}" }, "headers": { "Authorization": "Bearer ${secret}" } }`;
  for (const client of ['claude-code', 'cursor', 'claude-desktop', 'roo', 'windsurf']) {
    const { faults } = judged({ client, entry, os: 'macos' });
    expect(faults.length).toBeGreaterThan(3);
    const known = clientOf(client);
    if (!known) throw new Error(client);
    for (const { rule, facts } of faults)
      expect(JSON.stringify(facts) + RULES[rule].says(facts, known) + RULES[rule].fix(facts, known)).not.toContain(
        secret,
      );
  }
});
