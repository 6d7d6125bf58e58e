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

/** What passes by itself needs no cure. */
export const later: FixStep = {
  say: 'Try again after a minute, and from another network as well: errors, rate limits and firewalls often concern one moment or one place:',
  run: 'mcp-verdict verify --auth oauth <url>',
};
export const again: FixStep = { say: 'Check it again:', run: 'mcp-verdict verify <url>' };

/** What a request in vain met. */
const MET: Record<string, string> = {
  'not-found': 'not found',
  refused: 'refused, as if it needed credentials itself',
  'server-error': 'an error of the server',
  redirect: 'a redirect',
  'not-json': 'no JSON',
  invalid: 'a document that cannot be used',
  'too-large': 'a document without an end',
  'no-answer': 'no answer',
};
export const met = (facts: Facts): string => {
  const status = text(facts, 'status');
  const why = text(facts, 'why');
  const outcome = text(facts, 'outcome');
  const kind = status === '429' ? 'too many requests' : (MET[outcome] ?? outcome);
  return `${[status && `HTTP ${status}`, kind].filter(Boolean).join(', ')}${why ? ` (${why})` : ''}`;
};

/** The address by RFC 9728 section 3.1, for the URL of the server. */
export function wellKnown(facts: Facts): string {
  const url = text(facts, 'url');
  if (!URL.canParse(url)) return 'https://<host>/.well-known/oauth-protected-resource/mcp';
  const { origin, pathname } = new URL(url);
  return `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}`;
}
