import { RULE_IDS, type Rule } from './config.js';
export const SYNTAX_RULES = Object.fromEntries(RULE_IDS.filter((id) => id.startsWith('syntax-')).map((id) => [id, { id, level: 'fatal', cause: 'config-unparsable', title: id, says: () => id, fix: () => id, refs: [] }])) as unknown as Record<Extract<(typeof RULE_IDS)[number], `syntax-${string}`>, Rule>;
