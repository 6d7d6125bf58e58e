/** What the rules find in a file. */
import { type Fault, type Hit, RULE_IDS, type RuleContext, type RuleId } from './config.js';
import { RULES } from './rules.js';

/** More faults of one rule in one file say nothing more. */
const MAX_OF_RULE = 200;

/** Of a text with these faults parts may be missing in the tree. */
const TORN =
  /^syntax-(?:encoding|smart-quotes|unquoted-key|single-quotes|missing-comma|unclosed|extra-text|tab|other)$/;
/** Rules that find that something is not there. */
const OF_ABSENCE =
  /^(?:root-not-object|root-bare-entry|entry-|type-missing|key-unknown|npx-|docker-interactive|docker-env|args-not|env-not)/;

/** Where the client reads nothing, only these count. */
const OF_THE_FILE = /^(?:syntax-|file-)/;

/**
 * Every fault of a file, those of its syntax among them, in the order in which they stand in the text. Never throws, whatever the file
 * holds; of each rule the first 200.
 */
export function faultsIn(context: RuleContext): Fault[] {
  const { config, place } = context;
  const found = new Map<RuleId, Fault[]>();
  const add = (rule: RuleId, hits: Hit[]): void => {
    if (hits.length === 0) return;
    const { level } = RULES[rule];
    const own = found.get(rule) ?? [];
    found.set(rule, own);
    for (const hit of hits.slice(0, MAX_OF_RULE - own.length)) own.push({ ...hit, rule, level: hit.level ?? level });
  };
  // This client takes comments out before it reads the file.
  for (const { rule, ...hit } of config.faults) if (rule !== 'syntax-comment' || !place.comments) add(rule, [hit]);
  const torn = config.faults.some(({ rule }) => TORN.test(rule));
  for (const id of RULE_IDS) {
    if (found.has('file-not-read') && !OF_THE_FILE.test(id)) break;
    const { find } = RULES[id];
    if (!find || !config.root || (torn && OF_ABSENCE.test(id))) continue;
    add(id, find(context));
  }
  return [...found.values()]
    .flat()
    .sort((a, b) => a.range.start - b.range.start || RULE_IDS.indexOf(a.rule) - RULE_IDS.indexOf(b.rule));
}
