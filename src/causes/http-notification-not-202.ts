import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { ANSWERS, answers, isRpc } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { entryLine, httpWords, refusalIn, statusIn } from './refusals.js';
import { targetOf } from './way.js';
import { find } from './words.js';

const NOTE = String.raw`(?:notifications?\/initiali[sz]ed|initiali[sz]ed[- ]notification|notifications?(?: POST| requests?| messages?)?)`;
/** The notification and what came of it, in one line, either way round. */
const TOLD = [
  // Rust: "Unexpected content type: None, when send initialized notification"
  /\bwhen send(?:ing)? (?:the )?initiali[sz]ed notification\b/i,
  /\b(?:failed|unable|error|cannot|could not)\b.{0,30}\b(?:send\w*|post\w*|deliver\w*)\b.{0,20}\b(?:the )?(?:["'`]?notifications\/initiali[sz]ed|initiali[sz]ed["'`]? notification)/i,
  /\bnotifications? failed with status (?<status>\d{3})\b/i,
  new RegExp(
    String.raw`\b${NOTE}.{0,80}?(?:\b(?:answer\w*|return\w*|respon\w*|repl\w*|got|received|gives?|status|HTTP|with|is|was)\b|->|=>|→|[:=] ?(?=\d)).{0,40}?\b(?<status>20[0134]|4\d\d|5\d\d)\b`,
    'i',
  ),
  new RegExp(
    String.raw`\b(?:HTTP |status(?: code)? )?(?<status>20[0134])\b.{0,40}\b(?:for|to|on|of|after) (?:the |a |an )?["'\x60]?${NOTE}`,
    'i',
  ),
  new RegExp(String.raw`\b(?<status>20[014])\b\W{1,4}${NOTE}|\b${NOTE}\W{1,6}(?<after>20[014])\b`, 'i'),
  /\b(?:error|fail\w*|invalid\w*|reject\w*|hang\w*|stuck|stops?|dies|disconnect\w*|closed)\b.{0,80}\b(?:on|to|for|of|at|after|with|handling|sending|processing) (?:the )?["'`]?(?:notifications\/initiali[sz]ed|initiali[sz]ed["'`]? notification)|\b(?:notifications\/initiali[sz]ed|initiali[sz]ed["'`]? notification)\b.{0,60}\b(?:fail\w*|error\w*|reject\w*|hang\w*|is refused|crash\w*|abort\w*)\b|\bnotification (?:response|answer|reply)s?\b.{0,40}\b(?:body|must|should|not|invalid|unexpected|empty)\b/i,
  /\b(?:expect\w*|must|should|requires?|instead of|rather than|not) (?:\w+ ){0,4}202\b/i,
  /\b(?:method not found|-32601|-32600|unknown method|invalid request|unsupported method|no handler)\b.{0,80}\bnotifications\/initiali[sz]ed\b|\bnotifications\/initiali[sz]ed\b.{0,80}\b(?:method not found|-32601|-32600|not found|unknown method|invalid request|not supported|unsupported)\b/i,
];
/** A client that cannot build its answer from 204: WHATWG Response, in Chromium's and in undici's words. */
const NULL_BODY =
  /\bResponse with null body status cannot have body\b|\bInvalid response status code 204\b|\bnull body status\b/i;
/** A client that finds no content type, or one of plain text, where nothing at all was due. */
const NO_TYPE =
  /\b(?:unexpected|unsup\w*|unknown|invalid|missing) ?(?:response )?(?:content[- ]?type|media type)(?: returned)?\W{0,4}(?:None|null|undefined|empty|missing|""|'')?\W{0,3}$|\bUnexpectedContentType\(None\)|\bcontent type: (?:None|Some\("missing)|\bcontent[- ]type (?:is |was )?(?:missing|None|null|empty)\b/i;
const PLAIN =
  /\b(?:unexpected|unsup\w*|unknown|invalid) ?(?:response )?(?:content[- ]?type|media type)(?: returned)?\W{0,4}(?:Some\()?\W{0,2}text\/plain/i;
/** The Java SDK so words an answer to a message that needs none; the others ask for a type after requests only. */
const JAVA = /\bUnknown media type returned\b/i;
/** An answer with a result and without an id is the answer to something that wanted none: as it stands, or as a validator has it. */
const IDLESS =
  /"jsonrpc"[^{}]{0,40}"id"\s*:\s*null[^{}]{0,20}"result"|"result"\s*:\s*(?:\{\}|null)[^{}]{0,40}"id"\s*:\s*null|\bJSONRPC(?:Response|Message)\.id\b.{0,80}\b(?:None|null)\b|\bJSONRPC(?:Response|Message)\b.{0,200}\bid\b.{0,60}input_value=None/i;
/** No answer to anything: nothing, or one word of acknowledgement. */
const ACKNOWLEDGED =
  /^\s*(?:null|\{\}|\[\]|""|"?ok"?|"?accepted"?|true|\{\s*"?(?:ok|success|status|accepted|received|acknowledged|result|message)"?\s*:\s*(?:true|null|\{\}|"?(?:ok|accepted|success|received)"?)\s*\})?\s*$/i;
/** The status that only something without an answer gets; not of a preflight or of an ended session. */
const NO_CONTENT =
  /(?:\bHTTP|\bstatus(?: code)?|\bcode)\W{1,4}(?:code\W{1,3})?204\b|\b204 No Content\b|\bPOST \S+.{0,20}\b204\b/i;
const ASIDE = /\bOPTIONS\b|\bDELETE\b|preflight/i;
/** Parsers of JSON-RPC that met an empty or foreign body. */
const UNREAD =
  /untagged enum \w*JsonRpc|\bJSONRPCMessage\b|\bEOF while parsing\b|Unexpected end of JSON|Expecting value|data did not match any variant/i;

const NO_ENVELOPE = /\bJSON-?RPC\b/i;

type Found = { url: string | null; status: number | null; body: string | null; refused: boolean; mute: boolean };

const isNote = ({ purpose, rpc }: Exchange): boolean =>
  purpose === 'notifications/initialized' ||
  rpc === 'notifications/initialized' ||
  purpose === 'initialized-notification';

export default defineCause({
  id: 'http-notification-not-202',
  title: 'The server answers a notification with something other than 202 and no body',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Unexpected content type: None, when send initialized notification',
    "Failed to construct 'Response': Response with null body status cannot have body",
    'TypeError: Response constructor: Invalid response status code 204',
    'Unknown media type returned: text/plain; charset=utf-8',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'series'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-not-mcp'],

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const none = { url, status: null, body: null, refused: false, mute: false };
    const index = (given.http?.exchanges ?? []).findIndex(isNote);
    const note = given.http?.exchanges[index];
    if (note) {
      const { status, body = '', error } = note;
      const place = at('http', 'exchanges', index);
      if (status === undefined)
        return error && error.phase !== 'connect'
          ? { certainty: 'likely', cites: [place], facts: { ...none, mute: true } }
          : null;
      // Whoever is asked for credentials or a session has not been heard yet, and a gateway is not the server.
      if (status === 202 || [401, 403, 404, 406, 429, 502, 503, 504].includes(status) || refusalIn(body)) return null;
      const refused = status >= 300;
      return {
        certainty: refused ? 'likely' : 'certain',
        cites: [place],
        // Most clients take an empty 200 or 204 for an acknowledgement; strict ones end the connection.
        severity: refused ? 'broken' : 'degraded',
        facts: { url, status, body: body.trim() === '' ? null : body.slice(0, 120), refused, mute: false },
      };
    }
    const lines = httpWords(given);
    const first = answers(given).find(({ exchange }) => exchange.method === 'POST');
    const { status, body } = first?.exchange ?? {};
    // Another refusal is named in so many words: the notification is only the request that met it.
    const other = [...lines.map(({ text }) => text), body].find((text) => refusalIn(text ?? '') !== null);
    const told = find([...lines, ...entryLine(given)], NULL_BODY, ...TOLD);
    const facts = {
      ...none,
      status: Number(told?.groups.status ?? status ?? (NULL_BODY.test(told?.line.text ?? '') ? 204 : 0)) || null,
      body: body?.trim() ? body.slice(0, 120) : null,
    };
    facts.refused = (facts.status ?? 0) >= 300;
    // Told to be 202: then it is the body that should not be there.
    if (facts.status === 202 && facts.body === null) return null;
    if (told && !other) {
      // Credentials and sessions are asked for with every message: the notification is only the first to miss them.
      const unknown = /-32601\b/.test(`${told.line.text} ${body}`);
      const elsewhere = !unknown && [401, 403, 404].includes(facts.status ?? statusIn(told.line.text) ?? 0);
      return { certainty: elsewhere ? 'possible' : 'likely', cites: [told.line.at], facts };
    }
    if (first && !first.live && !other) {
      // A request must not be answered so, and nothing but a notification needs no answer.
      const nothing = status === 204 || (status === 200 && body !== undefined && ACKNOWLEDGED.test(body));
      // An answer without an id is the answer to what had none.
      const invalid =
        status === 200 && ((isRpc(body) && !/"id"\s*:\s*(?:"|\d)/.test(body ?? '')) || /-32600\b/.test(body ?? ''));
      if (nothing || invalid) {
        const sure = status === 204 || body === 'null' || find(lines, NO_TYPE, UNREAD, NO_ENVELOPE) !== null;
        return {
          certainty: sure ? 'likely' : 'possible',
          cites: [first.at],
          facts: { ...facts, status: status ?? null },
        };
      }
    }
    if (other || (status !== undefined && status >= 300)) return null;
    const content = find(
      lines.filter(({ text }) => !ASIDE.test(text)),
      NO_CONTENT,
    );
    if (content) return { certainty: 'likely', cites: [content.line.at], facts: { ...facts, status: 204 } };
    const idless = find(lines, IDLESS);
    if (idless) return { certainty: 'likely', cites: [idless.line.at], facts: { ...facts, status: 200 } };
    // An answer to initialize without a type is no answer to a notification: mostly a 404 or 405 of which the client does not tell.
    const opening = lines.some(({ text }) => /\bwhen send initialize request\b/i.test(text));
    const empty = opening ? null : find(lines, JAVA, NO_TYPE);
    const html = lines.some(({ text }) => /text\/html|<html|<!doctype/i.test(text));
    if (empty && !html) {
      const noted = lines.some(({ text }) => new RegExp(NOTE, 'i').test(text) || /\b204\b/.test(text));
      const sure = noted || JAVA.test(empty.line.text) || /none|null|missing/i.test(empty.line.text);
      return { certainty: sure ? 'likely' : 'possible', cites: [empty.line.at], facts };
    }
    const plain = find(lines, PLAIN);
    return plain ? { certainty: 'possible', cites: [plain.line.at], facts } : null;
  },
  say: ({ url, status, body, refused, mute }) => {
    const where = url ?? 'The server';
    if (mute)
      return `${where} does not answer the notification notifications/initialized at all: the client waits for a 202 that never comes.`;
    if (refused)
      return `${where} refuses the notification notifications/initialized${status ? ` with ${status}` : ''}${body ? ` ("${body.replace(/\s+/g, ' ')}")` : ''}: it has no id and wants no answer, only 202.`;
    return `${where} answers a notification${status ? ` with ${status}` : ''}${body ? ` and the body ${body.replace(/\s+/g, ' ')}` : ''} where 202 without a body is due. Strict clients (Codex and others in Rust, Java, Dify, bridges) take that for a broken answer and end the connection right after initialize.`;
  },
  fix: ({ url }) => [
    {
      say: 'Answer every message without an id with 202 and no body, before any routing by method. In Express:',
      edit: {
        file: 'the route of the MCP endpoint',
        to: 'if (req.body.id === undefined) return res.status(202).end();',
      },
    },
    {
      say: 'The same elsewhere: FastAPI `return Response(status_code=202)`; Laravel `return response()->noContent(202)`; ASP.NET `return Results.StatusCode(202)`; Go `w.WriteHeader(http.StatusAccepted)`; a function on Lambda `return {"statusCode": 202, "body": ""}`.',
    },
    {
      say: 'Until the server is mended, update the client: newer releases of the SDKs take an empty 200 or 204 as well.',
    },
    { say: 'Check it:', run: `mcp-verdict verify ${url ?? '<url>'}` },
  ],
  why: 'The client confirms the handshake with a notification, which by JSON-RPC has no answer. Over HTTP something has to come back all the same, and the specification fixes it: 202 Accepted without a body. Frameworks send 200 or 204 by themselves when a handler returns nothing, or null as JSON.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/1303',
    'https://github.com/modelcontextprotocol/rust-sdk/pull/849',
  ],
  examples: [
    {
      name: 'live, 200 and null',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'notifications/initialized',
              rpc: 'notifications/initialized',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 9,
              ms: 7,
              credentials: 'none',
              status: 200,
              contentType: 'application/json',
              body: 'null',
            },
          ],
        },
      },
    },
    {
      name: 'Codex',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'codex',
        clientError:
          'handshaking with MCP server failed: Send message error Transport [rmcp::transport::worker::WorkerTransport<...>] error: Client error: Unexpected content type: None, when send initialized notification',
      },
    },
    {
      name: 'a client in Chromium',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "Error: Failed to construct 'Response': Response with null body status cannot have body",
        http: { method: 'POST', status: 204, body: '' },
      },
    },
    {
      name: 'the proxy of the Inspector',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error from MCP server: TypeError: Response constructor: Invalid response status code 204',
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'java.lang.RuntimeException: Unknown media type returned: text/plain; charset=utf-8',
      },
    },
    {
      name: 'Python, beside the exchange',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'dify',
        clientError: 'ValueError: Unexpected content type:',
        serverLog: '{"method": "notifications/initialized", "jsonrpc": "2.0"}\nHTTP/1.1 204 No Content',
      },
    },
    {
      name: 'the answer alone',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { method: 'POST', status: 200, headers: { 'content-type': 'application/json' }, body: 'null' },
      },
    },
    {
      name: 'a server that does not know the notification',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 200,
          body: '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found: notifications/initialized"},"id":null}',
        },
        clientError: 'server returned -32601 Method not found: notifications/initialized',
      },
    },
    {
      name: 'live, as it should be',
      finds: false,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'notifications/initialized',
              rpc: 'notifications/initialized',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 9,
              ms: 7,
              credentials: 'none',
              status: 202,
              body: '',
            },
          ],
        },
      },
    },
    {
      name: 'the notification met a server that wants both types accepted',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'failed to send initialized notification: notification failed with status 406: Not Acceptable: Client must accept both application/json and text/event-stream',
      },
    },
    {
      name: 'a page',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Streamable HTTP error: Unexpected content type: text/html',
      },
    },
    {
      name: 'a log of a healthy handshake',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'POST /mcp notifications/initialized 202\nPOST /mcp tools/list 200',
      },
    },
  ],
});
