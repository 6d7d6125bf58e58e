import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** Words of clients for a server of a project that waits for a yes. Calls of tools are approved, too, in other words. */
const PENDING =
  /⏸\s*Pending approval|\bMCP servers?\b.{0,80}\b(?:pending|awaiting|waiting for|needs?|requires?) (?:your |user )?approval\b|\bMCP server (?:was |is |has )?not (?:yet |been )?approved\b|\bserver ["'`]?[\w.@/-]{1,80}["'`]? (?:is )?(?:pending approval|has not been approved|is not (?:yet )?approved|awaits approval)\b|\bNew MCP servers? found in \.mcp\.json\b/i;

export default defineCause({
  id: 'config-approval-pending',
  title: 'The client waits for your approval before it starts a server of the project',
  culprit: 'config',
  severity: 'degraded',
  seenAs: ['⏸ Pending approval', 'MCP server not approved'],
  needs: [],
  uses: [...WORDS],
  explains: [],

  match(given) {
    const hit = find(
      words(given).filter(({ from }) => from === 'client'),
      PENDING,
    );
    return hit ? { certainty: 'likely', cites: [hit.line.at], facts: { client: given.reported?.client ?? '' } } : null;
  },
  say: () => 'The server comes with the project, and the client does not start it before you have allowed it.',
  fix: () => [
    {
      say: 'Allow it: open the client in the folder of the project and answer its question. In Claude Code, a "no" of earlier is taken back with:',
      run: 'claude mcp reset-project-choices',
    },
  ],
  why: 'An entry in a file of the project could start any program on the machine of whoever opens the folder. Clients therefore ask before the first start, and show a server without an answer beside those that failed.',
  refs: ['https://code.claude.com/docs/en/mcp', 'https://github.com/cursor/cursor/issues/2872'],
  examples: [
    {
      name: 'in the list of Claude Code',
      finds: true,
      symptoms: {
        client: 'claude-code',
        clientError: 'postgres: npx -y pg-mcp - ⏸ Pending approval (run `claude` to approve)',
      },
    },
    { name: 'in Cursor', finds: true, symptoms: { client: 'cursor', clientError: 'Error: MCP server not approved' } },
    {
      name: 'a tool call that is asked about',
      finds: false,
      symptoms: { clientError: 'Tool call needs approval: write_file' },
    },
    {
      name: 'an app that its maker has not approved',
      finds: false,
      symptoms: { clientError: 'OAuth error: the application has not been approved by the administrator' },
    },
  ],
});
