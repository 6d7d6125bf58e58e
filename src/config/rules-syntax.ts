export const SYNTAX_RULES = {} as any;
