import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { toldFault, toldWords } from './told-entry.js';
import { find, WORDS, words } from './words.js';

/** A wait that no server could keep. */
const AT_ONCE = /\btimed out after (?<ms>[1-9]\d{0,2}) ?(?:ms|milliseconds)\b/i;

export default defineCause({
  id: 'config-timeout-unit',
  title: 'A time limit is written in the wrong unit, seconds for milliseconds or the other way round',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP server connection timed out after 30ms', 'MCP error -32001: Request timed out'],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...SILENCE, 'lifetime-timeout-before-answer', 'call-too-slow'],

  match(given) {
    const hit = find(
      words(given).filter(({ from }) => from === 'client'),
      AT_ONCE,
    );
    const told = toldFault(given, 'timeout-unit');
    const ms = Number(hit?.groups.ms ?? Number.POSITIVE_INFINITY);
    if (ms > 600 && !told) return null;
    return {
      certainty: ms <= 600 ? (told ? 'certain' : 'likely') : 'possible',
      cites: [...(hit && ms <= 600 ? [hit.line.at] : []), ...(told?.cites ?? [])],
      facts: { ms: ms <= 600 ? String(ms) : '', ...told?.facts },
    };
  },
  say: ({ ms, ...facts }) =>
    'key' in facts
      ? toldWords('timeout-unit', facts as Record<string, string>).says
      : `The client waited ${ms} ms, in which no server can start and answer: the limit was meant in seconds.`,
  fix: ({ ms, ...facts }) => [
    {
      say:
        'key' in facts
          ? toldWords('timeout-unit', facts as Record<string, string>).fix
          : `Write ${Number(ms) * 1000} in place of ${ms}, in the entry or in the variable that sets the limit (MCP_TIMEOUT).`,
    },
    { say: 'Restart the client.' },
  ],
  why: 'Some clients take time limits in milliseconds, others in seconds, under the same key. Thirty meant as seconds is over before a program has been loaded; thirty thousand meant as milliseconds keeps a dead server for hours.',
  refs: ['https://code.claude.com/docs/en/mcp', 'https://docs.cline.bot/mcp/configuring-mcp-servers'],
  examples: [
    {
      name: 'the client names the wait',
      finds: true,
      symptoms: { client: 'claude-code', clientError: 'MCP server "docs" connection timed out after 30ms' },
    },
    {
      name: 'seen in the entry as well',
      finds: true,
      symptoms: {
        client: 'gemini-cli',
        entry: { command: 'uvx', args: ['docs-mcp'], timeout: 60 },
        clientError: 'Connection timed out after 60ms',
      },
    },
    {
      name: 'a usual limit',
      finds: false,
      symptoms: { client: 'claude-code', clientError: 'MCP server "docs" connection timed out after 30000ms' },
    },
    {
      name: 'seconds for a client that takes seconds',
      finds: false,
      symptoms: {
        client: 'cline',
        entry: { command: 'uvx', args: ['docs-mcp'], timeout: 60 },
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'a lookup inside the server',
      finds: false,
      symptoms: { stderr: 'cache lookup timed out after 50ms, going on without' },
    },
  ],
});
