import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { SILENCE } from './consequences.js';
import { FORMS, formOf } from './message-forms.js';
import { brokenReply } from './replies.js';
import { find, type Line, WORDS, words } from './words.js';

const FIELD = String.raw`serverInfo|clientInfo|protocolVersion|capabilities|jsonrpc`;
/** A deserialiser that stumbles over a type or a field of the handshake. */
const SCHEMA = [
  /Unrecognized field "(?<field>\w+)" \(class [\w.$]*(?:mcp|modelcontextprotocol)[\w.$]*\)/i,
  /Cannot (?:deserialize|construct).{0,80}(?:InitializeRe|Capabilities|Implementation|JSONRPC)/i,
  /(?:unknown|missing|duplicate) field `(?<field>protocol_?version|client_?info|server_?info|capabilities|elicitation|sampling|roots|jsonrpc)`/i,
  /unknown key '(?<field>\w+)'.{0,60}(?:serverInfo|clientInfo|capabilities)/i,
  /\b(?:invalid|missing)\b.{0,20}\b(?<field>version|name)\b.{0,6} in Implementation\b/i,
  /\b(?:lack(?:s|ed|ing)?|missing|without|omits?|has no)\b.{0,30}\b(?<field>protocolVersion|serverInfo)\b/i,
  /validation errors? for (?:InitializeRe\w+|ServerCapabilities|ClientCapabilities)/i,
  /(?:could not be converted to|cannot unmarshal .{0,40}into).{0,60}(?:Initialize|Capabilities|Implementation|JsonRpc)/i,
  // Kotlin, C#, Go, Rust, Python.
  /Field '(?<field>\w+)' is required for type with serial name 'io\.modelcontextprotocol|subclass '[^']{0,60}' is not found in the polymorphic scope of 'JSONRPC/i,
  /(?:ModelContextProtocol\.[\w.]*(?:JsonRpc\w*|InitializeResult|Implementation)\b.{0,80}missing required propert|missing required propert.{0,60}['"](?<field>protocolVersion|serverInfo|capabilities|jsonrpc)['"])|(?:invalid|missing|unsupported|wrong)(?: or missing)? (?:"jsonrpc"|jsonrpc|JSON-RPC) version|invalid message version tag/i,
  /\b(?:JSON-?RPC|MCP|response|message)\b.{0,40}\bbatch\w*\b.{0,60}\b(?:not (?:be )?supported|unsupported|invalid|not allowed|rejected)|\bid (?:does not|doesn't) match\b|\b(?:response|reply)\b.{0,20}\bunexpected id\b|\bunexpected (?:response|reply) id\b/i,
  /expect initiali[sz]e(?:d)? (?:response|result|request|notification),? but received|\borphan(?:ed)? (?:response|reply)\b|\brepl(?:y|ies) to (?:the )?notifications?\b|\bReceived request before initiali[sz]ation\b|conflict initialize response id|untagged enum JsonRpc\w*|\b(?:response|message|request) id mismatch\b|mismatched (?:response |request )?id\b|\bInvalid JSON-?RPC (?:message|response)\b(?!: ?["'`]?(?:[^\s{["'`]|\[\w))|unknown JSON-?RPC message/i,
  /validation errors? for JSONRPC\w*\b.{0,600}(?:input_value|received).{0,20}['"](?:jsonrpc|id|result)['"]/i,
  /\bunrecogni[sz]ed[ _]key\w*.{0,80}\b(?<field>serverInfo|clientInfo|capabilities)\b|\bCannot deserialize\b.{0,200}\b(?<what>clientInfo|serverInfo|protocolVersion|capabilities)\b|\b(?:Invalid input|expected \w+)\b.{0,60}\b(?:result\.)(?<where>capabilities|serverInfo|protocolVersion)\b|\b(?:response|reply)\b.{0,20}\bid (?:is |of )?null\b|\bInitializeResult\b.{0,20}\bmissing\b|\bexpected (?:initiali[sz]e )?(?:response|reply) id\b/i,
  new RegExp(String.raw`unknown message ID\b.{0,200}"(?<field>${FIELD})"`, 'i'),
];
const FRAMING: [keyof typeof FORMS & string, RegExp][] = [
  [
    'content-length',
    /["']Content-Le(?:n|ngth)?\b|\bContent-Length\b.{0,40}\b(?:headers?|fram\w+|prefix)\b|\bLSP[- ]style (?:framing|headers?)|Failed to parse message: "Content-Length|invalid header field|missing Content-Length/i,
  ],
  ['bom', /Unexpected UTF-8 BOM|Unexpected token '?\uFEFF|invalid character 'ï' looking/i],
  // V8 over a line that holds nothing but an opening brace.
  [
    'pretty-printed',
    /Failed to parse message: ["']\s*\{\s*(?:\\[rn])*["']?\s*$|Failed to parse message: ["']\s+\\?"jsonrpc\\?"|Expected property name or '\}' in JSON at position 1\b|Expecting property name enclosed in double quotes: line 1 column 2\b|EOF while parsing an object at line 1 column 1\b/,
  ],
];

/** zod prints one problem over several lines: the kind on one, the field on another. */
function zodProblem(lines: Line[]): { line: Line; field: string } | null {
  const kind = find(lines, /\b(?:invalid_type|invalid_union|ZodError|invalid_literal|invalid_value)\b/);
  const field = kind && find(lines, new RegExp(String.raw`["'](?<field>${FIELD})["']`));
  return field ? { line: field.line, field: field.groups.field ?? '' } : null;
}

/** Keys of a logger belong to a log line, which stands on stdout by mistake. */
const LOGGER = /["'](?:level|msg|timestamp|pid|hostname|logger)["']/;
const FRAMES = /deserializeMessage|JSONRPCMessageSchema|ReadBuffer\.readMessage|processReadBuffer|from MCP server/;
/** A message of JSON-RPC whose id, result or error has the wrong form. */
const ENVELOPE = /["']received["']: ?["']null["'].{0,40}["']path["']: ?\[ ?["'](?:id|jsonrpc|result|error)["'] ?\]/;

/** A schema library takes a line apart that is JSON, but no message: its own frames, or the values it shows, tell so. */
function unlike(lines: Line[]): Line | null {
  if (lines.some(({ text }) => LOGGER.test(text))) return null;
  const head = find(lines, /validation errors? for JSONRPC\w*/)?.line;
  if (head && find(lines, /input_value=.{0,80}["'](?:jsonrpc|id|result|error|method)["']/)) return head;
  // Printed over several lines, the parts of one issue are read as one.
  const issue = find(lines, /\bZodError\b|["']code["']: ?["']invalid_/)?.line;
  const shown =
    find(lines, ENVELOPE)?.line ??
    (issue &&
    ENVELOPE.test(
      lines
        .map(({ text }) => text.trim())
        .join(' ')
        .slice(0, 20_000),
    )
      ? issue
      : undefined);
  if (shown || !lines.some(({ text }) => FRAMES.test(text))) return shown ?? null;
  return find(lines, /\bZodError\b|invalid_union|unrecognized_keys/)?.line ?? null;
}

/** The server cannot read what the client sends, in its own words. */
const UNREADABLE =
  /\b(?:fail\w*|unable|could not|cannot|error) (?:to )?(?:pars|decod|deserializ|unmarshal)\w* (?:the |an? )?(?:incoming |client |received |MCP |JSON-?RPC )*(?:message|request|packet|frame)s?\b(?!.{0,6}from server)(?<detail>.{0,160})/i;

/** Nothing is known of the place on stdout. */
type Found = { form: string; detail: string; opened: boolean; line: number | null; offset: number | null };
const UNPLACED: { opened: boolean; line: number | null; offset: number | null } = {
  opened: false,
  line: null,
  offset: null,
};

export default defineCause({
  id: 'handshake-nonconforming',
  title: 'The messages of the handshake break the protocol',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'MCP error -32001: Request timed out',
    'Unrecognized field "elicitation" (class io.modelcontextprotocol.spec.McpSchema$ClientCapabilities), not marked as ignorable',
    'ZodError: invalid_type ... "path": ["serverInfo"]',
  ],
  needs: [],
  uses: [...WORDS, 'http'],
  explains: ['stdio-polluted-by-server', 'handshake-refused', 'process-crashed', ...SILENCE],

  match(given): Match<Found> | null {
    const { handshake, stdout, http, process, reported } = given;
    const opened = handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';
    const { error, status, problems } = handshake?.initialize ?? {};
    const gone = process?.exit?.by === 'itself';
    // What a shell shows of an answer over HTTP is framed by HTTP, not by the server.
    const transcript =
      reported !== undefined &&
      reported.transport !== 'stdio' &&
      stdout?.strays.some(({ text }) => /^\W{0,3}HTTP\/[\d.]+ \d{3}\b/.test(text));
    const malformed = (transcript ? [] : (stdout?.strays ?? [])).findIndex(
      ({ kind, text }) => kind in FORMS && (kind !== 'unterminated' || /^\s*[[{].*"jsonrpc"/.test(text)),
    );
    const stray = stdout?.strays[malformed];
    if (opened) {
      // What died has a reason of its own, and text between the messages is worse than their form.
      if (!stray || gone) return null;
      const polluted = stdout?.strays.some(({ kind }) => kind === 'not-json' || kind === 'json-not-rpc');
      return {
        certainty: polluted ? 'likely' : 'certain',
        severity: 'degraded',
        cites: [at('stdout', 'strays', malformed, 'text')],
        facts: { form: formOf(stray), detail: stray.why ?? '', opened: true, line: stray.line, offset: stray.offset },
      };
    }
    if (status === 'refused' && error && SCHEMA.some((pattern) => pattern.test(error.message)))
      return {
        certainty: 'certain',
        cites: [at('handshake', 'initialize', 'error')],
        facts: { form: 'schema', detail: error.message.slice(0, 200), ...UNPLACED },
      };
    if (stray && status !== 'refused')
      return {
        certainty: handshake && !gone ? 'certain' : 'likely',
        cites: [
          at('stdout', 'strays', malformed, 'text'),
          ...(problems?.length ? [at('handshake', 'initialize', 'problems', 0)] : []),
        ],
        facts: {
          form: formOf(stray),
          detail: stray.why ?? problems?.[0] ?? '',
          opened: false,
          line: stray.line,
          offset: handshake ? stray.offset : null,
        },
      };
    if (status === 'invalid' && problems?.length) {
      const answer = http?.exchanges.find(({ purpose }) => purpose === 'initialize');
      // A web page or a JSON error of something else is no MCP server that errs.
      if (http && !answer?.body?.includes('"jsonrpc"')) return null;
      return {
        certainty: http && problems[0]?.includes('without a JSON-RPC reply') ? 'likely' : 'certain',
        cites: [at('handshake', 'initialize', 'problems', 0)],
        facts: { form: 'schema', detail: problems.slice(0, 3).join('; ').slice(0, 200), ...UNPLACED },
      };
    }
    // Pasted output: the lines of an indented message stand there one by one.
    const brace = stdout?.strays.findIndex(({ text }) => text.trim() === '{') ?? -1;
    if (!handshake && brace >= 0 && stdout?.strays.some(({ text }) => /^\s*"(?:jsonrpc|result)"\s*:/.test(text)))
      return {
        certainty: 'likely',
        cites: [at('stdout', 'strays', brace, 'text')],
        facts: { form: 'pretty-printed', detail: '', ...UNPLACED },
      };

    const broken = handshake || process ? null : brokenReply(http);
    if (broken)
      return { certainty: 'likely', cites: [broken.at], facts: { form: 'schema', detail: broken.fault, ...UNPLACED } };
    const said = words(given).filter(({ from }) => from !== 'stdout');
    for (const [form, pattern] of FRAMING) {
      const hit = find(said, pattern);
      if (hit)
        return {
          certainty: 'likely',
          cites: [hit.line.at],
          facts: { form, detail: hit.line.text.trim().slice(0, 200), ...UNPLACED },
        };
    }
    const schema = find(said, ...SCHEMA);
    const zod = schema ? null : zodProblem(said);
    const odd = stdout?.strayCount ? null : unlike(said);
    const line = schema?.line ?? zod?.line ?? odd;
    if (!line) {
      const unread = find(
        said.filter(({ from }) => from !== 'client'),
        UNREADABLE,
      );
      return unread
        ? {
            certainty: 'possible',
            cites: [unread.line.at],
            facts: { form: 'unread', detail: unread.line.text.trim().slice(0, 160), ...UNPLACED },
          }
        : null;
    }
    if (!schema && !zod)
      return { certainty: 'likely', cites: [line.at], facts: { form: 'rpc-invalid', detail: 'ZodError', ...UNPLACED } };
    return {
      certainty: 'likely',
      cites: [line.at],
      facts: { form: 'schema', detail: zod ? `the field ${zod.field}` : line.text.trim().slice(0, 200), ...UNPLACED },
    };
  },
  say: ({ form, detail, opened, line, offset }) => {
    const what = detail ? ` (${detail.replace(/[.\s]+$/, '')})` : '';
    if (form === 'schema')
      return `A message of initialize breaks the schema of the protocol${what}, so the handshake ends there.`;
    const { is, clients } = FORMS[form] ?? {};
    const where = offset === null ? '' : `, on stdout in line ${line} at byte offset ${offset}`;
    return opened
      ? `The server ${is}${where}${what}. ${clients}.`
      : `The server ${is}${where}, so initialize comes to no usable answer${what}. ${clients}.`;
  },
  fix: ({ form }) => [
    {
      say: `In the server, ${FORMS[form]?.fix}. The official SDKs do all of this: use one for the transport, or update it.`,
    },
    { say: 'Check every message against the specification:', run: 'mcp-verdict verify --full -- <command>' },
  ],
  why: 'On stdio a message is one line of UTF-8 JSON that ends with a newline. Clients look for that form only: a reply in another one is dropped, and the client reports a timeout although the answer was there. Fields that a side does not know have to be ignored.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio',
    'https://modelcontextprotocol.io/specification/2025-11-25/schema#initializeresult',
  ],
  examples: [
    {
      name: 'a result without its envelope',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 200,
          body: '{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{"name":"x","version":"1"}}',
        },
      },
    },
    {
      name: 'a sound reply, as curl shows it',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 200,
          body: '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{"name":"x","version":"1"}}}',
        },
      },
    },
    {
      name: 'a request before the handshake was over',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'WARNING:root:Failed to validate request: Received request before initialization was complete',
      },
    },
    {
      name: 'an old Java SDK meets a new capability',
      finds: true,
      symptoms: {
        clientError:
          'MCP error -32603: Unrecognized field "elicitation" (class io.modelcontextprotocol.spec.McpSchema$ClientCapabilities), not marked as ignorable (3 known properties: "roots")',
      },
    },
    {
      name: 'headers of a language server',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stdout: 'Content-Length: 152\r\n\r\n',
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'zod over several lines',
      finds: true,
      symptoms: {
        clientError:
          'Connection failed: [\n {\n "expected": "string",\n "code": "invalid_type",\n "path": [\n "serverInfo",\n "version"\n ],\n "message": "Required"\n }\n]',
      },
    },
    {
      name: 'a line of JSON that is no message, in the frames of the SDK',
      finds: true,
      symptoms: {
        clientError:
          'ZodError: [\n  {\n    "code": "invalid_union",\n    "unionErrors": []\n  }\n]\n    at deserializeMessage (file:///app/node_modules/@modelcontextprotocol/sdk/dist/esm/shared/stdio.js:26:34)',
      },
    },
    {
      name: 'a server in Rust',
      finds: true,
      symptoms: {
        stderr: 'Error: expect initialized notification, but received: Some(Request(JsonRpcRequest { id: Number(1) }))',
        exitCode: 1,
      },
    },
    {
      name: 'a client in C#',
      finds: true,
      symptoms: {
        clientError:
          "System.Text.Json.JsonException: JSON deserialization for type 'ModelContextProtocol.Protocol.InitializeResult' was missing required properties including: 'serverInfo'.",
      },
    },
    {
      name: 'a result without serverInfo, live',
      finds: true,
      evidence: {
        handshake: {
          initialize: {
            status: 'invalid',
            revision: '2025-11-25',
            requested: '2025-11-25',
            problems: ['result.serverInfo is missing'],
          },
          discover: { status: 'refused' },
        },
      },
    },
    {
      name: 'a server that cannot read an optional field',
      finds: true,
      symptoms: { stderr: '[DEBUG] reading from stdio\n[ERROR] Failed to parse message: Request.Tools.List.params' },
    },
    {
      name: 'a client in Python takes an id of null apart',
      finds: true,
      symptoms: {
        clientError:
          "pydantic_core._pydantic_core.ValidationError: 5 validation errors for JSONRPCMessage\nJSONRPCRequest.method\n  Field required [type=missing, input_value={'jsonrpc': '2.0', 'id': None}, input_type=dict]",
      },
    },
    {
      name: 'a number comes back as a string',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'answered', revision: '2025-11-25' },
          discover: { status: 'not-asked' },
          used: 'initialize',
        },
        stdout: {
          bytes: 200,
          messages: 0,
          strays: [
            {
              kind: 'rpc-invalid',
              line: 1,
              offset: 0,
              atMs: 40,
              text: '{"jsonrpc":"2.0","id":"1","result":{}}',
              why: 'the reply carries the string id "1"; the request had the number 1',
            },
          ],
          strayCount: 1,
          endedWhileAlive: false,
        },
      },
    },
    {
      name: 'a broken tool schema is no matter of the handshake',
      finds: false,
      symptoms: {
        clientError: '[{"code":"invalid_type","path":["tools",0,"inputSchema","type"],"message":"Required"}]',
      },
    },
    {
      name: 'a field of the server itself',
      finds: false,
      symptoms: {
        stderr: 'Unrecognized field "port" (class com.acme.AppConfig), not marked as ignorable',
        exitCode: 1,
      },
    },
    {
      name: 'VS Code over a message in several lines',
      finds: true,
      symptoms: { transport: 'stdio', clientError: '[warning] Failed to parse message: "{\\n"' },
    },
    {
      name: 'an id that is null, over several lines',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          'ZodError: [\n  {\n    "code": "invalid_type",\n    "expected": "string",\n    "received": "null",\n    "path": [\n      "id"\n    ]\n  }\n]',
      },
    },
  ],
});
