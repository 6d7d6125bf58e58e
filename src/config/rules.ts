/** Every rule, by id. */
import type { Rule, RuleId } from './config.js';
import { CLIENT_RULES } from './rules-client.js';
import { CONTAINER_RULES } from './rules-container.js';
import { ENTRY_RULES } from './rules-entry.js';
import { LAUNCH_RULES } from './rules-launch.js';
import { PATH_RULES } from './rules-path.js';
import { ROOT_RULES } from './rules-root.js';
import { SHAPE_RULES } from './rules-shape.js';
import { SYNTAX_RULES } from './rules-syntax.js';
import { VALUE_RULES } from './rules-values.js';

export const RULES: Readonly<Record<RuleId, Rule>> = {
  ...SYNTAX_RULES,
  ...ROOT_RULES,
  ...ENTRY_RULES,
  ...SHAPE_RULES,
  ...LAUNCH_RULES,
  ...CONTAINER_RULES,
  ...PATH_RULES,
  ...VALUE_RULES,
  ...CLIENT_RULES,
};
