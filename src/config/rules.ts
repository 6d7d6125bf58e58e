/** Every rule, by id. */
import type { Rule, RuleId } from './config.js';
import { CLIENT_RULES } from './rules-client.js';
import { CONTAINER_RULES } from './rules-container.js';
import { ENTRY_RULES } from './rules-entry.js';
import { ENV_RULES } from './rules-env.js';
import { LAUNCH_RULES } from './rules-launch.js';
import { PATH_RULES } from './rules-path.js';
import { ROOT_RULES } from './rules-root.js';
import { SHAPE_RULES } from './rules-shape.js';
import { SYNTAX_RULES } from './rules-syntax.js';
import { VALUE_RULES } from './rules-values.js';

/** A client without a name is "the client", also where a sentence begins with it. */
const begun = (text: string): string => text.replace(/(^|[.:] )the client\b/g, '$1The client');

const RAW: Readonly<Record<RuleId, Rule>> = {
  ...SYNTAX_RULES,
  ...ROOT_RULES,
  ...ENTRY_RULES,
  ...SHAPE_RULES,
  ...ENV_RULES,
  ...LAUNCH_RULES,
  ...CONTAINER_RULES,
  ...PATH_RULES,
  ...VALUE_RULES,
  ...CLIENT_RULES,
};

export const RULES = Object.fromEntries(
  Object.entries(RAW).map(([id, rule]) => [
    id,
    {
      ...rule,
      says: (facts, client) => begun(rule.says(facts, client)),
      fix: (facts, client) => begun(rule.fix(facts, client)),
    } satisfies Rule,
  ]),
) as Readonly<Record<RuleId, Rule>>;
