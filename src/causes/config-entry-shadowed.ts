import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** A client that saw the name twice. */
const TWICE =
  /\bserver ["'`]?(?<name>[\w.@/-]{1,80})["'`]? (?:is )?(?:defined|configured|declared|registered|exists) in (?:multiple|several|two|both) (?:scopes?|(?:config(?:uration)? )?files?)\b|\bconflicting scopes\b|\b(?:local|user|project|workspace|global) (?:scope|config(?:uration)?|settings|entry|server) (?:overrides?|shadows?|takes? precedence over|hides) (?:the )?(?:local|user|project|workspace|global)\b/i;

export default defineCause({
  id: 'config-entry-shadowed',
  title: 'Another entry of the same name counts more, so this one is not used',
  culprit: 'config',
  severity: 'degraded',
  seenAs: ['Conflicting scopes', 'The change to the entry has no effect'],
  needs: [],
  uses: [...WORDS],
  explains: [],

  match(given) {
    const hit = find(
      words(given).filter(({ from }) => from === 'client'),
      TWICE,
    );
    if (!hit) return null;
    return { certainty: 'likely', cites: [hit.line.at], facts: { name: hit.groups.name ?? '' } };
  },
  say: ({ name }) =>
    `${name ? `"${name}"` : 'The server'} stands in more than one place, and the client uses only one of the entries: what is changed in the other has no effect.`,
  fix: ({ name }) => [
    {
      say: 'See where it stands, and which entry counts:',
      run: `mcp-verdict doctor --static${name ? ` --server ${name}` : ''}`,
    },
    { say: 'Keep one of the entries, or give them different names. Then restart the client.' },
  ],
  why: 'Clients read servers of the user, of the project and of single folders, and a name that stands in several is taken from one of them. The entries are not laid over each other, so an address or a variable that was put right in the weaker one never reaches the server.',
  refs: ['https://code.claude.com/docs/en/mcp'],
  examples: [
    {
      name: 'a warning of the client',
      finds: true,
      symptoms: {
        client: 'claude-code',
        clientError: 'Server "github" is defined in multiple scopes with different endpoints (local, user)',
      },
    },
    {
      name: 'which scope counts',
      finds: true,
      symptoms: { client: 'cursor', clientError: 'The project configuration overrides the global one for "docs"' },
    },
    {
      name: 'a tool of two servers',
      finds: false,
      symptoms: { clientError: 'Tool "search" is defined in multiple servers, the first one is used' },
    },
    {
      name: 'scopes of a sign-in',
      finds: false,
      symptoms: { clientError: 'The token is registered in several scopes: read write' },
    },
  ],
});
