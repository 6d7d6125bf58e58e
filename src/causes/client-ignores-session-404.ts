import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

const GONE =
  /\bsession\b.{0,40}\b(?:not found|unknown|expired|invalid|terminated|does not exist|no longer|gone)|\b(?:unknown|expired|invalid|stale|no such) (?:mcp[- ])?session\b/i;
const STATUS = /\b(?:HTTP|status|code|error)\W{0,3}(?:code\W{0,3})?\(?404\b|\b404\b.{0,20}\bnot found\b|\(404\)/i;

export default defineCause({
  id: 'client-ignores-session-404',
  title: 'The client keeps a session that the server no longer knows, although the answer 404 tells it to begin anew',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404): {"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
  ],
  needs: [],
  uses: [...WORDS, 'http'],
  explains: ['http-endpoint-wrong'],

  match(given) {
    const { http, handshake, reported } = given;
    if (handshake) return null;
    const index = http?.exchanges.findIndex(({ status, body }) => status === 404 && GONE.test(body ?? '')) ?? -1;
    const lines = words(given);
    const said = find(
      lines.filter(({ text }) => GONE.test(text)),
      STATUS,
    );
    if (index < 0 && !said) return null;
    if (http?.exchanges.some(({ status }) => status !== undefined && status !== 404)) return null;
    // Several copies of a server look the same: the session lives in another one.
    const copies = /kubernetes|k8s|cloud-?run|lambda|vercel|ecs/i.test(reported?.platform ?? '');
    return {
      certainty: copies ? 'possible' : 'likely',
      cites: [...(index >= 0 ? [at('http', 'exchanges', index)] : []), ...(said ? [said.line.at] : [])],
      facts: { client: reported?.client ?? null },
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
  ],
});
