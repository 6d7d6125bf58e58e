import { defineCause } from './cause.js';
import { configExample } from './told-entry.js';
import { find, WORDS, words } from './words.js';

/** Somebody found out that the client never opens the file. */
const NOT_READ =
  /\b(?:does(?: not|n't)|do(?: not|n't)|never|won't|no longer) (?:\w+ )?(?:read|load|use|look at|pick up)s? (?:\w+ ){0,4}[`'"]?(?<file>[~.\w/\\-]*(?:settings|mcp|mcp_config|config|cline_mcp_settings)\.(?:jsonc?|toml|ya?ml))\b|(?<!\b(?:in|from|of|by) [`'"]?[~.\w/\\-]{0,40})(?<file2>[~.\w/\\-]*(?:settings|mcp|mcp_config|config)\.(?:jsonc?|toml|ya?ml))[`'"]? (?:is|was|are|gets) (?:never|not|no longer|silently ignored|ignored)\b(?! valid| a valid| found| writable)/i;

export default defineCause({
  id: 'config-file-not-read',
  title: 'The servers stand in a file that the client does not read',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['No MCP servers configured', 'The server does not appear in the list'],
  needs: [],
  uses: [...WORDS],
  explains: [],

  match(given) {
    const hit = find(
      words(given).filter(({ from }) => from === 'client'),
      NOT_READ,
    );
    if (!hit) return null;
    return {
      certainty: 'likely',
      cites: [hit.line.at],
      facts: { file: hit.groups.file ?? hit.groups.file2 ?? 'the file' },
    };
  },
  say: ({ file }) => `The client does not read servers from ${file}, so it never saw the entry.`,
  fix: ({ file }) => [
    {
      say: `Move the entry from ${file} into the file of this client. This lists the files that each client reads, and what stands in them:`,
      run: 'mcp-verdict doctor --static',
    },
    { say: 'Restart the client.' },
  ],
  why: 'Every client has files of its own, and some have one with a name that looks like the right one: settings beside the list of servers, a folder of an older version, the file of another client. Nothing complains about servers in such a file.',
  refs: [
    'https://code.claude.com/docs/en/mcp',
    'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
  ],
  examples: [
    {
      name: 'the client says so',
      finds: true,
      symptoms: {
        client: 'claude-code',
        clientError: 'mcpServers defined there never load: Claude Code does not read ~/.claude/settings.json',
      },
    },
    {
      name: 'found in the file',
      finds: true,
      evidence: configExample(
        {
          rule: 'file-not-read',
          level: 'fatal',
          cause: 'config-file-not-read',
          facts: { instead: 'Claude Code reads no servers from its settings.', root: 'mcpServers' },
        },
        { client: 'claude-code', clientName: 'Claude Code', file: '~/.claude/settings.json' },
      ),
    },
    {
      name: 'a file that cannot be parsed was read',
      finds: false,
      symptoms: { client: 'cursor', clientError: 'mcp.json is not valid JSON: Unexpected token } at position 120' },
    },
    {
      name: 'a server that does not read its own settings',
      finds: false,
      symptoms: { stderr: 'warning: the tool never reads config.yaml in this mode' },
    },
    {
      name: 'a package whose config file is not found',
      finds: false,
      symptoms: { clientError: 'config.json is not found' },
    },
  ],
});
