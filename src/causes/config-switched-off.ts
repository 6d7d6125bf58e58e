import { defineCause } from './cause.js';
import { toldFault, toldWords } from './told-entry.js';
import { find, WORDS, words } from './words.js';

/** Words of clients for an entry that is switched off. */
const OFF =
  /\b(?:MCP )?[Ss]erver ["'`“](?<name>[^"'`”]{1,80})["'`”] is (?:currently )?(?:disabled|switched off|turned off|not enabled)\b|\bMCP server is (?:currently )?disabled\b|\bSkipp(?:ing|ed) disabled (?:MCP )?server\b/;

export default defineCause({
  id: 'config-switched-off',
  title: 'The entry of the server is switched off',
  culprit: 'config',
  severity: 'degraded',
  seenAs: ['Server "notes" is disabled', 'The server is listed, and none of its tools are there'],
  needs: [],
  uses: [...WORDS],
  explains: [],

  match(given) {
    const hit = find(
      words(given).filter(({ from }) => from === 'client'),
      OFF,
    );
    const told = toldFault(given, 'switched-off');
    // A server that was heard was started.
    const heard = words(given).some(({ from }) => from !== 'client');
    if (!hit && (!told || heard)) return null;
    return {
      certainty: hit ? 'likely' : 'possible',
      cites: [...(hit ? [hit.line.at] : []), ...(told?.cites ?? [])],
      facts: { name: hit?.groups.name ?? '', ...told?.facts },
    };
  },
  say: ({ name, ...facts }) =>
    'key' in facts
      ? toldWords('switched-off', facts as Record<string, string>).says
      : `${name ? `"${name}"` : 'The server'} is switched off in the client, so it is not started.`,
  fix: (facts) => [
    {
      say:
        'key' in facts
          ? toldWords('switched-off', facts as Record<string, string>).fix
          : 'Switch it on in the client, or in its entry.',
    },
  ],
  why: 'Clients keep an entry that is switched off, with a key in it or with a switch in their window. It stays in the list, which looks as if the server had failed.',
  refs: ['https://docs.cline.bot/mcp/configuring-mcp-servers'],
  examples: [
    {
      name: 'the client says so',
      finds: true,
      symptoms: { client: 'roo', clientError: 'MCP server "notes" is disabled' },
    },
    {
      name: 'seen in the entry',
      finds: true,
      symptoms: {
        client: 'cline',
        entry: { command: 'uvx', args: ['notes-mcp'], disabled: true },
        clientError: 'No tools available from this server',
      },
    },
    {
      name: 'a switch that says on',
      finds: false,
      symptoms: {
        client: 'cline',
        entry: { command: 'uvx', args: ['notes-mcp'], disabled: false },
        clientError: 'No tools available from this server',
      },
    },
    {
      name: 'a feature of the server',
      finds: false,
      symptoms: { clientError: 'Sampling on the server is disabled by policy', stderr: 'write mode is disabled' },
    },
  ],
});
