/** Facts of a fault as words, and what the words for faults have in common. */
import type { Facts, FixStep } from './cause.js';

export const text = (facts: Facts, name: string, otherwise = ''): string => {
  const value = facts[name];
  return value === null || value === undefined || value === '' ? otherwise : String(value);
};
export const list = (facts: Facts, name: string): string[] => {
  const value = facts[name];
  return Array.isArray(value) ? value : [];
};

/** `: text`, or nothing. */
export const told = (value: string): string => (value === '' ? '' : `: "${value.replace(/[.!?]+$/, '')}"`);

/** An address in a command to paste: one that could mean something to a shell is not written there. */
export const pasteable = (url: string, otherwise: string): string =>
  /^https?:\/\/[\w.:[\]/%~+=-]+$/.test(url) ? url : otherwise;

export const again: FixStep = { say: 'Check it again:', run: 'mcp-verdict verify <url>' };
