/** What the rules find in a file. */
import { type Fault, type Hit, RULE_IDS, type RuleContext, type RuleId } from './config.js';
import { RULES } from './rules.js';

/** More faults of one rule in one file say nothing more. */
const MAX_OF_RULE = 200;

/** Where the client reads nothing, only these count. */
const OF_THE_FILE = /^(?:syntax-|file-)/;

/**
 * Every fault of a file, those of its syntax among them, in the order in which they stand in the text. Never throws, whatever the file
 * holds; of each rule the first 200.
 */
export function faultsIn(context: RuleContext): Fault[] {
  const { config } = context;
  const found = new Map<RuleId, Fault[]>();
  const add = (rule: RuleId, hits: Hit[]): void => {
    if (hits.length === 0) return;
    const { level } = RULES[rule];
    const own = found.get(rule) ?? [];
    found.set(rule, own);
    for (const hit of hits.slice(0, MAX_OF_RULE - own.length)) own.push({ ...hit, rule, level: hit.level ?? level });
  };
  for (const { rule, ...hit } of config.faults) {
    // A client that takes comments out before it reads takes none with #.
    if (rule === 'syntax-comment' && context.place.comments && hit.facts.char !== '#') continue;
    add(rule, [hit]);
  }
  for (const id of RULE_IDS) {
    if (found.has('file-not-read') && !OF_THE_FILE.test(id)) break;
    const { find } = RULES[id];
    if (find && config.root) add(id, find(context));
  }
  return [...found.values()]
    .flat()
    .sort((a, b) => a.range.start - b.range.start || RULE_IDS.indexOf(a.rule) - RULE_IDS.indexOf(b.rule));
}
