import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** Codes that a server sends. -32000 and -32001 are mostly the client's own words for a lost connection and a timeout. */
const REMOTE = String.raw`(?<code>-32(?:700|60[0-3]|00[2-9]|0[1-9]\d))\b\W{0,4}(?<message>.{0,200})`;
const INITIALIZE = new RegExp(String.raw`\binitiali[sz](?:e|ing|ation)\b.{0,120}?${REMOTE}`, 'i');
const CONNECT = new RegExp(
  String.raw`\b(?:(?:failed|unable|could not|error) (?:to )?connect\w*|server creation failed)\b.{0,120}?${REMOTE}`,
  'i',
);
/** Sessions and credentials are judged by their own causes. */
const ELSEWHERE = /already initialized|session|unauthori[sz]ed|forbidden|\btoken\b/i;

export default defineCause({
  id: 'handshake-refused',
  title: 'The server answers initialize with an error',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'MCP error -32603: Internal error',
    'MCP error -32601: Method not found',
    'Failed to initialize: RPC error -32603',
  ],
  needs: [],
  uses: [...WORDS, 'http'],
  explains: ['handshake-unanswered', 'catalog-list-fails'],

  match(given) {
    const { handshake, http } = given;
    if (handshake) {
      const { initialize, discover } = handshake;
      if (initialize.status !== 'refused' || !initialize.error || discover.status === 'answered') return null;
      // With a status such as 401, 404 or 502 the refusal is one of HTTP, whatever the body says.
      const status = http?.exchanges.find(({ purpose }) => purpose === 'initialize')?.status;
      if (status !== undefined && status !== 400 && (status < 200 || status > 299)) return null;
      const { code, message } = initialize.error;
      return {
        certainty: status === 400 ? 'likely' : 'certain',
        cites: [at('handshake', 'initialize', 'error')],
        facts: { code, message: message.slice(0, 200) },
      };
    }
    const said = words(given).filter(({ text }) => !ELSEWHERE.test(text));
    const hit = find(said, INITIALIZE, CONNECT);
    if (!hit) return null;
    const { code, message } = hit.groups;
    return {
      certainty: INITIALIZE.test(hit.line.text) ? 'likely' : 'possible',
      cites: [hit.line.at],
      facts: { code: Number(code), message: message?.trim().replace(/["'}\s]+$/, '') ?? '' },
    };
  },
  say: ({ code, message }) =>
    `The server answered initialize with the JSON-RPC error ${code}${message ? ` ("${message}")` : ''} instead of a result.`,
  fix: ({ code }) => [
    code === -32601
      ? {
          say: 'The server does not know the method initialize: register its handler (the SDKs do so when the server object is connected to the transport).',
        }
      : code === -32602
        ? {
            say: 'The server does not accept the parameters of initialize. Let it ignore fields and capabilities that it does not know, or update its SDK.',
          }
        : {
            say: 'The handler of initialize failed inside the server. Its stderr or log at that moment has the reason: mend what that line names.',
          },
    { say: 'Read the answer and the log together:', run: 'mcp-verdict verify --full -- <command>' },
  ],
  why: 'initialize is the first request of a connection. A server should answer it before it needs keys, databases or files, since an error object here ends the connection in every client, most often with no more than its code.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization',
    'https://www.jsonrpc.org/specification#error_object',
  ],
  examples: [
    {
      name: 'an internal error',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'refused', error: { code: -32603, message: 'workspace is locked' } },
          discover: { status: 'refused' },
        },
      },
    },
    {
      name: 'as a Go client says it',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'failed to initialize: RPC error -32603: workspace is locked' },
    },
    {
      name: 'a server that speaks only 2026-07-28',
      finds: false,
      evidence: {
        handshake: {
          initialize: { status: 'refused', error: { code: -32022, message: 'Unsupported protocol version' } },
          discover: { status: 'answered', revisions: ['2026-07-28'] },
          used: 'discover',
        },
      },
    },
    { name: 'an error of a tool', finds: false, symptoms: { clientError: 'MCP error -32602: Unknown tool: foo' } },
  ],
});
