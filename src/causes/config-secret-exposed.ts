import { defineCause } from './cause.js';
import { configExample } from './told-entry.js';
import { find, WORDS, words } from './words.js';

/** A scanner of repositories that found the file. */
const SCANNED =
  /\b(?:push protection|secret scanning|gitleaks|trufflehog|(?:leaked|exposed|hardcoded|committed) (?:secret|credential|token|API key))\b.{0,240}(?<file>\.?mcp\.json|mcp_config\.json|claude_desktop_config\.json|cline_mcp_settings\.json|opencode\.jsonc?)\b|(?<file2>\.?mcp\.json|mcp_config\.json|claude_desktop_config\.json|opencode\.jsonc?)\b.{0,120}\b(?:contains?|holds?|exposes?|leaks?|committed)\b.{0,40}\b(?:secret|credential|token|API key)s?\b/i;

export default defineCause({
  id: 'config-secret-exposed',
  title: 'A secret stands in the configuration in plain text',
  culprit: 'config',
  severity: 'risky',
  seenAs: ['GH013: Push cannot contain secrets'],
  needs: [],
  uses: [...WORDS],
  explains: [],

  match(given) {
    const hit = find(words(given), SCANNED);
    if (!hit) return null;
    return { certainty: 'likely', cites: [hit.line.at], facts: { file: hit.groups.file ?? hit.groups.file2 ?? '' } };
  },
  say: ({ file }) => `${file} holds a secret in plain text, and whoever gets the file gets the secret.`,
  fix: ({ file }) => [
    { say: 'Make the secret worthless where it was issued: it was copied with every copy of the file.' },
    {
      say: `Take the value out of ${file} and name a variable of the environment in its place, in the form that the client fills in. This says which form that is:`,
      run: 'mcp-verdict doctor --static',
    },
  ],
  why: 'Files of a project are shared with it, and files of the user end up in backups and synchronised folders. Most clients can take a value from the environment, or ask for it once and keep it safe.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices'],
  examples: [
    {
      name: 'the push is refused',
      finds: true,
      symptoms: { clientError: 'remote: GITHUB PUSH PROTECTION: push protection found a GitHub token in .mcp.json:7' },
    },
    {
      name: 'found in the file',
      finds: true,
      evidence: configExample({
        rule: 'secret-in-plain-text',
        level: 'advice',
        cause: 'config-secret-exposed',
        facts: { server: 'notes', name: 'NOTES_TOKEN', scope: 'user' },
      }),
    },
    {
      name: 'a token that is refused',
      finds: false,
      symptoms: { clientError: '401 Unauthorized: the token in mcp.json has expired' },
    },
    {
      name: 'a scanner as a server',
      finds: false,
      symptoms: { stderr: 'gitleaks MCP server: secret scanning is ready' },
    },
  ],
});
