import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { sessionTrouble } from './sessions.js';
import { isObserved, tells, told, wasTold } from './told.js';
import { WORDS } from './words.js';

/** The Python client says so to every 404, also to a wrong path; in the middle of a conversation it was the session. */
const PYTHON = /\bSession terminated\b/i;
const OPENING = /\binitialize\(\)|\bsession\.initialize\b|\bfail\w* to connect\b|\bwhile connecting\b/i;

/** Somebody tells that the session was ended, and what is sent with it gets 404. */
const ENDED =
  /\b(?:invalidat|terminat|expir|forg|drop|evict|los[et]|kill|clear|delet|remov|end)\w*\b.{0,30}\b(?:established |existing |old |current |mcp )?session\b|\bsession(?:[- ]id)?\b.{0,30}\b(?:is|was|gets?|has been|are|becomes?) (?:\w+ )?(?:invalid\w*|terminated|expired|forgotten|dropped|evicted|lost|gone|unknown|stale)\b/i;

function toldEnded(given: Partial<Evidence>): Match<{ client: string | null }> | null {
  const i = (given.http?.exchanges ?? []).findIndex(
    (one) => wasTold(one) && one.method === 'POST' && one.status === 404,
  );
  const said =
    i < 0
      ? null
      : tells(
          told(given).filter(({ from }) => from === 'client' || from === 'server'),
          ENDED,
        );
  return said
    ? {
        certainty: 'likely',
        cites: [said.told.at, at('http', 'exchanges', i)],
        facts: { client: given.reported?.client ?? null },
      }
    : null;
}

export default defineCause({
  id: 'client-ignores-session-404',
  title: 'The client keeps a session that the server no longer knows, although the answer 404 tells it to begin anew',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404): {"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
    'MCP error -32001: Session not found',
    'McpError: Session terminated',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch'],
  explains: ['http-endpoint-wrong', 'catalog-list-fails', 'handshake-refused'],

  match(given) {
    if (isObserved(given)) return null;
    const trouble = sessionTrouble(given);
    if (!trouble) return toldEnded(given);
    const { status, kind, copies, flaps, ended, cites, words, method } = trouble;
    // Another status, and an answer that misses the id, are the server's doing. In the SDKs "not found" goes with 404.
    if (status !== 404 && !(status === null && kind === 'unknown')) return null;
    const opening = PYTHON.test(words) && tells(told(given), OPENING) !== null;
    return {
      // Several copies of a server look the same: the session lives in another one.
      certainty:
        (copies && (copies.sure || !ended)) || flaps || opening || method === 'GET' || (kind === 'silent' && !ended)
          ? 'possible'
          : 'likely',
      cites,
      facts: { client: given.reported?.client ?? null },
    };
  },
  say: ({ client }) =>
    `The server answers 404 because it no longer knows the session, and ${client ?? 'the client'} goes on with the dead session id in place of a new initialize.`,
  fix: () => [
    {
      say: 'Reconnect the server in the client (switch it off and on, or restart the client or bridge) after each restart of the server.',
    },
    { say: 'Update the client: on 404 with a session id it has to drop the id and send initialize without one.' },
    { say: 'If the server is yours: keep sessions over a restart, or work without them (stateless).' },
  ],
  why: 'Sessions live in the memory of the server and end when it restarts. The specification asks the server for 404 and the client for a new initialize; clients that only repeat the request fail until somebody restarts them.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management',
    'https://github.com/cursor/cursor/issues/3640',
  ],
  examples: [
    {
      name: 'a session that ends when the token is renewed',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', status: 404 },
        clientError: 'The server invalidates the established session when the token is refreshed.',
      },
    },
    {
      name: 'wrapped by the terminal within a string',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        clientError:
          'Error POSTing to endpoint: {"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session\n     not found"}}',
      },
    },
    {
      name: 'a bridge after a restart of the server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'mcp-remote',
        http: {
          method: 'POST',
          status: 404,
          body: '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
        },
      },
    },
    {
      name: 'only the words of the client',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'Error POSTing to endpoint (HTTP 404): Session expired' },
    },
    {
      name: '-32001 of the server, not of the time',
      finds: true,
      symptoms: { transport: 'streamable-http', client: 'cursor', clientError: 'MCP error -32001: Session not found' },
    },
    {
      name: '-32001 of the time',
      finds: false,
      symptoms: { transport: 'streamable-http', client: 'cursor', clientError: 'MCP error -32001: Request timed out' },
    },
    {
      name: 'the server of SSE after a restart',
      finds: true,
      symptoms: {
        transport: 'sse',
        serverLog:
          'Could not find session for ID: 6b966bec-1e03-4785-9fa0-3aa5b69bf11f\n"POST /messages/?session_id=6b966bec HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'another status',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 400, body: 'Bad Request: No valid session ID provided' },
      },
    },
    {
      name: 'a wrong path',
      finds: false,
      symptoms: { transport: 'streamable-http', http: { status: 404, body: 'Not Found' } },
    },
    {
      name: 'a client in Java after a restart',
      finds: true,
      symptoms: {
        transport: 'sse',
        client: 'spring-ai',
        clientError: 'HttpClientSseClientTransport : Error sending message: 404',
        entry: { when: 'after a redeploy of the server' },
      },
    },
    {
      name: 'the same, and nothing was restarted',
      finds: false,
      symptoms: {
        transport: 'sse',
        client: 'spring-ai',
        clientError: 'HttpClientSseClientTransport : Error sending message: 404',
      },
    },
  ],
});
