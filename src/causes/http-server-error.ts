import { at } from '../case/pointer.js';
import { ANSWERS, answers, isStreamGet } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { edgeOf } from './edges.js';
import { targetOf, wayWords } from './way.js';
import { find } from './words.js';

/** Statuses that a server gives itself; those of a gateway count only when it was plainly the server that spoke. */
const OWN = (status: number): boolean => status >= 500 && status < 600;

const SAID = [
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|SSE error)\W[^\d]{0,30}(?<status>50[0156789]|511)\b/i,
  // SDK v1 leaves the status out and quotes the body.
  /\bPOSTing to endpoint\b.{0,200}?(?:\binternal server error\b|"code": ?-32603\b)/i,
  /\b(?<status>500)[ ,:]*(?:\(?internal server error|server error)/i,
];
const LOGGED = /\b(?:POST|GET) (?<path>\/\S*)(?: HTTP\/[\d.]+)?"? (?<status>500)\b/;

/** The sentence of a body that tells most: a JSON message, or the text without its tags. */
function gist(body: string | undefined): string | null {
  const message = /"(?:message|detail|error|error_description)"\s*:\s*"([^"]{1,200})"/.exec(body ?? '')?.[1];
  const text =
    message ??
    (body ?? '')
      .replace(/<(?:style|script)[^>]*>[^<]*<\/|<[^>]{0,500}>/gi, ' ')
      .replace(/\s+/g, ' ')
      .trim();
  return text ? text.slice(0, 200) : null;
}

export default defineCause({
  id: 'http-server-error',
  title: 'The MCP server fails while it answers (HTTP 5xx)',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 500)',
    'SSE error: Non-200 status code (500)',
    '500 Internal Server Error',
    'MCP error -32603: Internal error',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming'],

  match(given) {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const broken = answers(given).find(({ exchange }) => OWN(exchange.status ?? 0) && edgeOf(exchange) === null);
    if (broken) {
      const { exchange, live } = broken;
      const certainty = live ? 'certain' : isStreamGet(exchange, given) ? 'possible' : 'likely';
      return {
        certainty,
        cites: [broken.at],
        facts: {
          url: exchange.url || url,
          status: exchange.status ?? 500,
          body: gist(exchange.body),
          request: live ? exchange.purpose : null,
        },
      };
    }
    if (answers(given).length > 0) return null;
    const said = find(wayWords(given), ...SAID);
    const line = (given.reported?.serverLog ?? []).findIndex((text) => LOGGED.test(text));
    if (!said && line < 0) return null;
    const status = Number(said?.groups.status ?? 500);
    const body = said ? gist(/\{.*/.exec(said.line.text)?.[0]) : null;
    return {
      certainty: said ? 'likely' : 'possible',
      cites: [said ? said.line.at : at('reported', 'serverLog', line)],
      facts: { url, status, body, request: null },
    };
  },
  say: ({ url, status, body, request }) =>
    `${url ?? 'The server'} was reached and failed while it answered${request ? ` ${request}` : ''}: HTTP ${status}${body ? `, "${body.replace(/[.!?]$/, '')}"` : ' without a word of explanation'}.`,
  fix: ({ url }) => [
    {
      say: 'Read the error with its stack trace in the log of the server or of its platform (docker logs, kubectl logs, railway logs, wrangler tail, vercel logs) at the time of this request: the fault is in the code there, not in the client.',
    },
    { say: 'Provoke it again while you watch that log:', run: `mcp-verdict verify ${url ?? '<url>'}` },
  ],
  why: 'A status of 500 means that the program at the endpoint met an exception which it did not handle. The client sees the number only; the reason stands in the log of the server. Nothing in the client configuration can cure it.',
  refs: ['https://www.rfc-editor.org/rfc/rfc9110#section-15.6.1'],
  examples: [
    {
      name: 'live, a bare 500',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 500,
              contentType: 'text/plain',
              body: 'Internal Server Error',
            },
          ],
        },
      },
    },
    {
      name: 'live, a JSON-RPC internal error from the server itself with 503',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 503,
              contentType: 'application/json',
              body: '{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"Internal error"}}',
            },
          ],
        },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: Error POSTing to endpoint (HTTP 500): {"error":"Cannot read properties of null"}',
      },
    },
    { name: 'SSE', finds: true, symptoms: { transport: 'sse', clientError: 'SSE error: Non-200 status code (500)' } },
    {
      name: 'a gateway that waits for its origin',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 502,
          headers: { server: 'nginx/1.25.3' },
          body: '<html><head><title>502 Bad Gateway</title></head></html>',
        },
      },
    },
    {
      name: 'a port that is 5000',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:5000/mcp',
        clientError: 'fetch failed to http://localhost:5000/mcp',
      },
    },
  ],
});
