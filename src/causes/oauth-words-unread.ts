/** The words for metadata that could not be read, which does not say that there are none. See oauth-words.ts. */
import type { Facts, FixStep } from './cause.js';
import type { FaultId } from './oauth-faults.js';
import { again, list, met, pasteable, text, wellKnown } from './oauth-tell.js';
import type { Words } from './oauth-words.js';

/** Another try first: what passes by itself needs no cure. */
const ask = (facts: Facts): FixStep => ({
  say: 'Ask for it again after a minute, and from another network as well: errors, rate limits and firewalls often concern one moment or one place:',
  run: `curl -i ${pasteable(text(facts, 'address'), '<address of the metadata>')}`,
});

/** Who can do what, by what was met. */
function cure(facts: Facts, owner: string): FixStep {
  switch (text(facts, 'outcome')) {
    case 'no-answer':
      return {
        say: `If it stays so, make the address reachable for clients (name, certificate, firewall), or name another one; behind a proxy of a company, let this machine use it (HTTPS_PROXY, NODE_EXTRA_CA_CERTS).`,
      };
    case 'redirect':
      return { say: `Serve the document at this very address, without a redirect: ${owner} does that.` };
    case 'server-error':
      return { say: `If it stays so, the log of ${owner} holds the error behind it.` };
    default:
      return {
        say: `If it stays so, let ${owner} and every firewall or CDN before it pass /.well-known/ on to programs, without a challenge for browsers.`,
      };
  }
}

const others = (facts: Facts): string => {
  const more = list(facts, 'asked').length - 1;
  if (more < 1) return '';
  return `, and ${more === 1 ? 'the other address' : `the ${more} other addresses`} asked gave none either`;
};
const edge = (facts: Facts): string =>
  text(facts, 'edge') ? ` (${text(facts, 'edge')} answered in place of the server)` : '';

export const UNREAD_WORDS = {
  'resource-metadata-unread': {
    short: (facts) => `could not be read: ${met(facts)}`,
    say: (facts) =>
      `${text(facts, 'url', 'The server')} demands a sign-in, and the metadata that says where could not be read: ${text(facts, 'address')} gives ${met(facts)}${others(facts)}${edge(facts)}. Whether it is there shows only when that is gone.`,
    fix: (facts) => [
      ask(facts),
      cure(facts, 'the MCP server'),
      {
        say: `The metadata belongs, readable without credentials, at ${wellKnown(facts)}; it must be what stands in resource_metadata of the 401.`,
      },
      again,
    ],
  },
  'server-metadata-stumbles': {
    short: (facts) => `HTTP ${text(facts, 'status')} at an address before it, where the SDKs stop`,
    say: (facts) =>
      `${text(facts, 'address')} answers ${text(facts, 'status')}. The metadata of the authorization server stand at ${text(facts, 'found')}, but clients ask in order, and those built on the SDKs take an error of the server (5xx) for the end.`,
    fix: (facts) => [
      ask(facts),
      {
        say: 'If it stays: let that address answer 404, upon which clients go on, or serve the same document there.',
      },
    ],
  },
  'server-metadata-unread': {
    short: (facts) => `could not be read: ${met(facts)}`,
    say: (facts) =>
      `${text(facts, 'url', 'The server')} names ${text(facts, 'issuer')} as its authorization server, whose metadata could not be read: ${text(facts, 'address')} gives ${met(facts)}${others(facts)}${edge(facts)}. Whether it is there shows only when that is gone.`,
    fix: (facts) => [ask(facts), cure(facts, 'the authorization server'), again],
  },
} satisfies Partial<Record<FaultId, Words>>;
