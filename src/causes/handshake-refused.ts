import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { conversationOf } from './conversation.js';
import { refusalIn } from './refusals.js';
import { find, type Hit, type Line, WORDS, words } from './words.js';

/** Codes that a server sends. -32000 and -32001 are mostly the client's own words for a lost connection and a timeout. */
const REMOTE = String.raw`(?<code>-32(?:700|60[0-3]|0\d\d))\b(?!(?<=-3200[01])\W{0,4}(?:$|connection|request timed|timed? ?out|server disconnected|closed))\W{0,4}(?<message>.{0,200})`;
const INITIALIZE = new RegExp(String.raw`\b(?:initiali[sz](?:e|ing|ation)|handshak(?:e|ing))\b.{0,120}?${REMOTE}`, 'i');
/** The code first, then what it was about. */
const DURING =
  /(?<code>-32(?:700|60[0-3]))\b\W{0,4}(?<message>.{0,120}?)\b(?:during|in|for|to|on|from|at|of) (?:the )?(?:initiali[sz](?:e|ing|ation)|handshake)\b/i;
const CONNECT = new RegExp(
  String.raw`\b(?:(?:failed|unable|could not|error) (?:to )?connect\w*|server creation failed)\b.{0,120}?${REMOTE}`,
  'i',
);
/** What the client offers is what the server does not take. */
const OFFER = new RegExp(
  String.raw`\b(?:capabilit(?:y|ies)|clientInfo|initiali[sz]e)\b.{0,80}?\b(?:rejected|refused|denied|not accepted)\b.{0,60}?${REMOTE}`,
  'i',
);
const UNKNOWN =
  /\b(?:unknown|unsupported|unhandled|unrecogni[sz]ed) (?:method|request):? ["'`]?initialize\b(?<message>.{0,80})|\bmethod not found:? ["'`]?initialize\b|\bmethod ["'`]?initialize["'`]? (?:is |was )?not (?:found|supported|implemented|available)\b/i;
/** A client that repeats the error without its code. */
const BARE =
  /\b(?:failed to initiali[sz]e|initiali[sz]e(?: request)? failed|error (?:during|in|from) initiali[sz](?:e|ation))\b[^:]{0,60}: (?:RPC error:? |server error:? |[\w.]{0,60}(?:Error|Exception): )?(?<message>(?:internal (?:server )?error|method not found|invalid (?:params|request|argument)|parse error|unexpected error|server (?:is )?not ready)\b.{0,160})/i;
/** SDKs count requests from 0, and the first one is initialize; others say which number it had. */
const ASKED =
  /\bmethod["']?\W{1,3}initialize\b.{0,1500}?["' ]id["']?[=:] ?"?(?<id>\d+)|["' ]id["']?[=:] ?"?(?<before>\d+)"?.{0,200}?\bmethod["']?\W{1,3}initialize\b/;
/** An error response on one line: as JSON in either order, as a log of fields, as Rust prints it. */
const RESPONSES = [
  /["']id["']: ?"?(?<id>\d+)\b.{0,60}?["']error["']: ?\{.{0,300}?["']code["']: ?(?<code>-?\d+)(?:.{0,20}?["']message["']: ?"(?<message>[^"]{0,200}))?/,
  /["']error["']: ?\{.{0,20}?["']code["']: ?(?<code>-?\d+)(?:, ?["']message["']: ?"(?<message>[^"]{0,200}))?.{0,600}?["']id["']: ?"?(?<id>\d+)\b/,
  /\bid[=:] ?(?<id>\d+)\b.{0,40}?\berror\b.{0,6}?\bcode[=:] ?(?<code>-?\d+)\W{0,3}(?<message>.{0,200})/,
  /\bid: (?:Number\()?(?<id>\d+)\b.{0,80}?ErrorCode\((?<code>-?\d+)\)(?:, message: "(?<message>[^"]{0,200}))?/,
];
/** The error that answers initialize, by the number of the request. */
function answered(lines: Line[]): Hit | null {
  const asked = find(lines, ASKED)?.groups;
  const id = asked?.id ?? asked?.before ?? '0';
  return find(
    lines.filter(({ text }) => RESPONSES.some((pattern) => pattern.exec(text)?.groups?.id === id)),
    ...RESPONSES,
  );
}
/** A status with which a server refuses the message itself, rather than the sender, the address or the way it came. */
const isOwn = (status: number | undefined): boolean =>
  status !== undefined &&
  status >= 400 &&
  status < 500 &&
  ![401, 403, 404, 405, 406, 407, 410, 421, 429].includes(status);
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
      // With a status such as 401, 404 or 502 the refusal is one of HTTP, whatever the body says; so is one that has a cause.
      const status = http?.exchanges.find(({ purpose }) => purpose === 'initialize')?.status;
      if (status !== undefined && !isOwn(status) && (status < 200 || status > 299)) return null;
      const { code, message } = initialize.error;
      return {
        certainty: isOwn(status) ? 'likely' : 'certain',
        cites: [at('handshake', 'initialize', 'error')],
        facts: { code, message: message.slice(0, 200) } as { code: number | null; message: string },
      };
    }
    const said = words(given).filter(({ text }) => !ELSEWHERE.test(text));
    // A response with the status 200 that holds an error, in a report that speaks of initialize or has the first number.
    const index = (http?.exchanges ?? []).findIndex(({ status = 200, body = '' }) => {
      const id =
        /"error"/.test(body) && !ELSEWHERE.test(body) ? /"id"\s*:\s*"?(?<id>\d+)/.exec(body)?.groups?.id : undefined;
      const asked = said.some(({ text }) => /\binitiali[sz]/i.test(text));
      return status >= 200 && status <= 299 && id !== undefined && (id === '0' || asked);
    });
    const body = http?.exchanges[index]?.body ?? '';
    const over = index < 0 ? null : /"code"\s*:\s*(?<code>-?\d+)/.exec(body);
    if (over?.groups)
      return {
        certainty: 'likely',
        cites: [at('http', 'exchanges', index, 'body')],
        facts: {
          code: Number(over.groups.code),
          message: /"message"\s*:\s*"(?<message>[^"]{0,200})/.exec(body)?.groups?.message ?? '',
        },
      };
    // Under a status of its own, and for a reason that no other cause knows.
    const refused = (http?.exchanges ?? []).findIndex(
      ({ purpose, method, status, body = '' }) =>
        purpose === 'reported' &&
        method === 'POST' &&
        isOwn(status) &&
        /"error"/.test(body) &&
        /"code"\s*:\s*-32\d{3}\b/.test(body) &&
        refusalIn(body) === null &&
        !ELSEWHERE.test(body),
    );
    const worded = http?.exchanges[refused]?.body;
    if (worded)
      return {
        certainty: 'possible',
        cites: [at('http', 'exchanges', refused, 'body')],
        facts: {
          code: Number(/"code"\s*:\s*(?<code>-?\d+)/.exec(worded)?.groups?.code),
          message: /"message"\s*:\s*"(?<message>[^"]{0,200})/.exec(worded)?.groups?.message ?? '',
        },
      };
    const numbered = answered(said);
    const hit =
      numbered ??
      find(said, INITIALIZE, DURING, OFFER, UNKNOWN, CONNECT) ??
      find(
        said.filter(({ from }) => from === 'client'),
        BARE,
      );
    // By hand one counts from 1: the first answer of all is the one to initialize.
    const first = hit ? undefined : conversationOf(said.filter(({ from }) => from === 'server-log'));
    const reply = first?.requests.size === 0 ? first.replies.get('1') : undefined;
    if (reply?.error) return { certainty: 'possible', cites: [reply.line.at], facts: { ...reply.error } };
    if (!hit) return null;
    const { code, message } = hit.groups;
    return {
      certainty:
        numbered || [INITIALIZE, DURING, OFFER, UNKNOWN].some((pattern) => pattern.test(hit.line.text))
          ? 'likely'
          : 'possible',
      cites: [hit.line.at],
      facts: { code: code ? Number(code) : null, message: message?.trim().replace(/["'})\]\s]+$/, '') ?? '' },
    };
  },
  say: ({ code, message }) => {
    const answer = `The server answered initialize with a JSON-RPC error${code === null ? '' : ` ${code}`}${message ? ` ("${message}")` : ''} instead of a result.`;
    // SDK clients use the same code and words for a connection that is gone.
    return code === -32000 || code === -32001
      ? `${answer} These are words of the server: the connection was open, although clients show the same code when it is lost.`
      : answer;
  },
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
      name: 'the first response in the log of a client',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          '2026-01-02T03:04:05.678Z [notes] [info] Message from client: {"method":"initialize","params":{"protocolVersion":"2025-11-25"},"jsonrpc":"2.0","id":0}\n2026-01-02T03:04:05.901Z [notes] [info] Message from server: {"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"vault is locked"}}',
      },
    },
    {
      name: 'a client in Rust',
      finds: true,
      symptoms: {
        clientError:
          'handshaking with MCP server failed: JsonRpcError { jsonrpc: JsonRpcVersion2_0, id: Number(0), error: ErrorData { code: ErrorCode(-32001), message: "licence has run out", data: None } }',
      },
    },
    {
      name: 'an error in a response with the status 200',
      finds: true,
      symptoms: {
        url: 'https://notes.example/mcp',
        clientError: 'initialize was rejected',
        http: { status: 200, body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no such tenant"}}' },
      },
    },
    {
      name: 'a refusal under a status of its own, for a reason of its own',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 422,
          body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"workspace quota is used up"},"id":null}',
        },
      },
    },
    {
      name: 'a refusal that another cause knows',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 400,
          body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Mcp-Session-Id header is required"},"id":null}',
        },
      },
    },
    {
      name: 'what the client offers is not taken',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'capabilities.experimental rejected with JSON-RPC -32603' },
    },
    {
      name: 'an answer on stdout',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stdout: '{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"no licence"}}',
      },
    },
    {
      name: 'a client in Python',
      finds: true,
      symptoms: { clientError: 'Failed to initialize MCP client: mcp.shared.exceptions.McpError: Internal error' },
    },
    {
      name: 'an error of a later request',
      finds: false,
      symptoms: {
        clientError: 'Message from server: {"jsonrpc":"2.0","id":3,"error":{"code":-32603,"message":"no such note"}}',
      },
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
    {
      name: 'an answer that was broken over several lines for reading',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stdout:
          '{"jsonrpc":"2.0","id":1,\n  "error":{"code":-32602,\n    "message":"invalid type: map, expected unit struct RootsCapabilities"}}',
      },
    },
    {
      name: 'the code before the request',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32602: no such workspace, in answer to initialize' },
    },
  ],
});
