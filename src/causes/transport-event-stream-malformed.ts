import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { answers } from './answers.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isLocalReport, isObserved, tells, told, wasTold } from './told.js';
import { failed, WORDS } from './words.js';

/** What is wrong with an event stream that brought no reply. Null when it is in order, or was only silent. */
function faultOf({ body = '', events = [], stream, error, url }: Exchange): { what: string; field: string } | null {
  const text = body.replace(/^\uFEFF/, '').trimStart();
  if (/^<(?:!doctype|html)\b/i.test(text)) return null;
  if (events.length === 0) {
    if (/^[[{]/.test(text)) return { what: 'JSON without "data: " before it', field: 'body' };
    if (/\r(?!\n)/.test(body) && !body.includes('\n') && /^(?:data|event|id)\s*:/m.test(text))
      return {
        what: 'lines that end with a carriage return alone, which parsers hold back until more comes',
        field: 'body',
      };
    if (stream && stream.invalidLines > 0)
      return {
        what: `lines that are no field of an event ("${(stream.firstInvalid ?? '').slice(0, 60)}")`,
        field: 'stream',
      };
    if (/^data\s*:/m.test(text) && !error) return { what: 'an event that no blank line ends', field: 'body' };
    return null;
  }
  const endpoint = /^event: ?endpoint\r?\ndata: ?(?<to>\S+)/m.exec(text)?.groups?.to;
  if (endpoint !== undefined && URL.canParse(endpoint, url)) {
    const { origin } = new URL(endpoint, url);
    // SDK clients compare the origins (HTTP+SSE, 2024-11-05): a foreign one would get their credentials.
    if (origin === new URL(url).origin) return null;
    return { what: `an endpoint on another origin (${origin}), to which no client posts`, field: 'body' };
  }
  const messages = events.includes('message');
  const data = /^data: ?(?<data>.*)$/m.exec(text)?.groups?.data ?? '';
  if (messages && data !== '' && !/^\s*\{/.test(data))
    return { what: `an event whose data is no JSON ("${data.slice(0, 60)}")`, field: 'body' };
  if (!messages && /^data: ?\{"jsonrpc"/m.test(text))
    return {
      what: `the reply in an event called "${events[0] ?? ''}", where clients read "message" alone`,
      field: 'events',
    };
  return null;
}

type Found = { url: string; request: string; what: string };

/** Parsers of event streams, and parsers of JSON that were handed an event or a piece of one. */
const SAID: [RegExp, Certainty, string][] = [
  [
    /\b(?:fail\w*|errors?|unable|could not|cannot|can't|invalid|malformed|exception)\b.{0,24}\b(?:pars|decod|deserializ|unmarshal)\w* (?:the |an? |received |incoming )?(?:SSE|server[- ]?sent|event[- ]?stream)\b(?!.{0,200}(?:validation errors? for(?!.{0,200}json_invalid)|<!doctype|<html))/i,
    'likely',
    'an event that its parser cannot read',
  ],
  [
    /\b(?:SSE|server[- ]?sent[- ]?events?|event[- ]?stream)(?: (?:message|event|stream|data|line|frame|chunk|payload|response|body))? (?:pars\w+|decod\w+|framing|format) (?:error|fail\w*|exception|is (?:wrong|invalid))|\b(?:malformed|invalid|broken|unparse?able|corrupt\w*|truncated) (?:SSE|server[- ]sent|event[- ]stream) (?:event|message|frame|format|data|line|payload|chunk|framing|stream|response|body)s?\b(?! ?\.? ?Status code)/i,
    'likely',
    'something that is no event',
  ],
  [
    /\b(?:SSE|event[- ]stream|events?|stream|frames?)\b.{0,60}\b(?:without|missing|lacks?|no|not terminated by) (?:an? |the |its )?(?:trailing |final |terminating |closing |double )?(?:blank line|empty line|newline|line ?break|data: ?(?:prefix|field|line)|"?data:"?|\\n\\n)/i,
    'likely',
    'events that no blank line ends, or lines without "data: "',
  ],
  [
    /\bJSON\w{0,20}(?:Error|Exception)\b.{0,80}\b(?:SSE|event[- ]stream) (?:event|message|data|chunk|stream|line)\b|\bInvalid SSE\b(?! (?:response\b|status)).{0,40}\bdata\b|\b(?:SSE|event[- ]stream)\b.{0,60}\b(?:truncated|split across|line endings?)\b|\b(?:SSE|event) stream error: invalid utf-?8/i,
    'likely',
    'data that its parser cannot read',
  ],
  [
    /\b(?:unknown|unexpected|unsupported|unhandled|unrecogni[sz]ed|ignor(?:ed|ing)) (?:SSE |server-sent )?event(?: type| name)?\W{1,4}(?!endpoint\b|error\b|stream\b)[\w./-]{2,40}/i,
    'possible',
    'an event by a name that the client does not read',
  ],
  [
    /\binput_value=(?:'(?:ping|keep-?alive|\[DONE\]|heartbeat|connected|)'|"")|\b(?:data|event|message)\b.{0,20}\[DONE\]|\bdata: ?(?:undefined|null|\[object Object\])/i,
    'likely',
    'an event whose data is no message',
  ],
  [
    /\bUnexpected (?:token|identifier|character|end)\b.{0,24}["'`](?:data|event|id|retry): ?.{0,40}is not valid JSON|\bUnrecognized token '(?:event|data|retry)'|"(?:data|event): .{0,40}" is not valid JSON|\bUnexpected token '?[de]'?,? .{0,12}(?:data|event):|'[de]' is an invalid start of a value|invalid character '[de]' looking for beginning of value/i,
    'possible',
    'the text of an event where the client reads JSON',
  ],
];

/** What a person shows of the stream, or what the client says of it. */
function inReport(given: Partial<Evidence>): Match<Found> | null {
  for (const [index, exchange] of (given.http?.exchanges ?? []).entries()) {
    const { status = 200, body = '', headers, contentType, method, url } = exchange;
    if (!wasTold(exchange) || status !== 200 || method === 'GET') continue;
    if (!/^text\/event-stream\b/i.test(contentType ?? headers?.['content-type'] ?? '')) continue;
    const what = faultTold(body);
    if (what)
      return {
        certainty: 'likely',
        cites: [at('http', 'exchanges', index, 'body')],
        facts: { url: url || (given.reported?.url ?? 'the server'), request: 'the request', what },
      };
  }
  const texts = told(given).filter(({ from, text }) => from !== 'entry' && from !== 'platform' && !/<html/i.test(text));
  for (const [pattern, certainty, what] of SAID) {
    const hit = tells(texts, pattern);
    if (hit)
      return {
        certainty,
        cites: [hit.told.at],
        facts: { url: given.reported?.url ?? 'The server', request: 'the request', what },
      };
  }
  return null;
}

/** What is wrong with a stream as it was pasted: its end may be cut off, and blank lines may be lost. */
function faultTold(body: string): string | null {
  const text = body.replace(/^\uFEFF/, '').trim();
  if (/^[[{]/.test(text)) return 'JSON without "data: " before it';
  const lines = text.split(/\r?\n/);
  const odd = lines.find((line) => line !== '' && !/^(?:data|event|id|retry)\s*(?::|$)|^:|^\.{3}|^…/.test(line));
  if (odd !== undefined && /^(?:data|event)\s*:/m.test(text) && /^\s*["'{[\w]/.test(odd))
    return `lines that are no field of an event ("${odd.trim().slice(0, 60)}")`;
  const data = /^data: ?(?<data>.*)$/m.exec(text)?.groups?.data ?? '';
  const name = /^event: ?(?<name>\S+)/m.exec(text)?.groups?.name ?? 'message';
  if (name === 'endpoint') return null;
  if (data !== '' && !/^\s*[{[<.…]|^\[DONE/.test(data))
    return `an event whose data is no JSON ("${data.slice(0, 60)}")`;
  if (name !== 'message' && /^data: ?\{.{0,10}"jsonrpc"/m.test(text))
    return `the reply in an event called "${name}", where clients read "message" alone`;
  return null;
}

const example = (body: string, more: Partial<Exchange> = {}): Partial<Evidence> => ({
  http: {
    omitted: 0,
    exchanges: [
      {
        purpose: 'initialize',
        method: 'POST',
        url: 'https://acme.dev/mcp',
        atMs: 0,
        ms: 5,
        credentials: 'none',
        status: 200,
        contentType: 'text/event-stream',
        body,
        events: [],
        stream: { comments: 0, invalidLines: 0 },
        ...more,
      },
    ],
  },
});

export default defineCause({
  id: 'transport-event-stream-malformed',
  title: 'The event stream carries nothing that a client can use',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['MCP error -32001: Request timed out', 'SyntaxError: Unexpected token in JSON at position 0'],
  needs: [],
  uses: [...WORDS, 'http', 'launch'],
  explains: [...FAILED_START, 'handshake-nonconforming', 'http-not-mcp', 'http-endpoint-wrong'],

  match(given) {
    const reported = given.reported && !isObserved(given) && !isLocalReport(given) ? inReport(given) : null;
    if (reported) return reported;
    if (given.handshake && !failed(given)) return null;
    const first = answers(given).find(
      ({ exchange: { status, contentType, stopped }, live }) =>
        live &&
        status === 200 &&
        stopped !== 'too-large' &&
        stopped !== 'inflates' &&
        /^text\/event-stream\b/i.test(contentType ?? ''),
    );
    const fault = first ? faultOf(first.exchange) : null;
    if (!first || !fault) return null;
    return {
      certainty: 'certain',
      cites: [`${first.at}/${fault.field}`],
      facts: { url: first.exchange.url, request: first.exchange.purpose, what: fault.what },
    };
  },
  say: ({ url, request, what }) => `${url} answers ${request} with an event stream that carries ${what}.`,
  fix: ({ url, what }) => [
    ...(/^an endpoint/.test(what)
      ? [
          {
            say: 'On the server: name the endpoint as a path (event: endpoint, data: /messages?session_id=...), or build its address from X-Forwarded-Host and X-Forwarded-Proto behind a proxy.',
          },
        ]
      : []),
    {
      say: 'On the server: write each message as one event, on one line, with a blank line behind it, or leave it to the SDK:',
      edit: {
        file: 'the server',
        to: 'res.write(`event: message\\ndata: ${JSON.stringify(message)}\\n\\n`)',
      },
    },
    {
      say: 'See the stream as it comes:',
      run: `curl -sS -N --max-time 5 -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}' ${url} | cat -A | head -20`,
    },
  ],
  why: 'A parser of server-sent events skips what it does not know and waits for the blank line that ends an event. What is wrong in the stream is therefore silence for the client, and ends as a time-out.',
  refs: [
    'https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server',
  ],
  examples: [
    {
      name: 'a parser that says so',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Failed to parse SSE message: Unexpected end of JSON input',
      },
    },
    {
      name: 'bare JSON under the type of a stream, as curl shows it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: '{"jsonrpc":"2.0","id":1,"result":{}}',
        },
      },
    },
    {
      name: 'a sign of life that is read as a message',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "Invalid JSON: expected value at line 1 column 1 [type=json_invalid, input_value='ping', input_type=str]",
      },
    },
    {
      name: 'a sound event, as curl shows it',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}',
        },
      },
    },
    {
      name: 'a message of another form',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error parsing SSE message: 1 validation error for JSONRPCMessage\nid\n  Field required [type=missing]',
      },
    },
    { name: 'no blank line', finds: true, evidence: example('event: message\ndata: {"jsonrpc":"2.0"}\n') },
    {
      name: 'bare JSON',
      finds: true,
      evidence: example('{"jsonrpc":"2.0","id":1,"result":{}}', { stream: { comments: 0, invalidLines: 1 } }),
    },
    {
      name: 'a field of its own',
      finds: true,
      evidence: example('message: {}\n\n', {
        stream: { comments: 0, invalidLines: 1, firstInvalid: 'message: {}' },
      }),
    },
    { name: 'data that is no JSON', finds: true, evidence: example('data: [DONE]\n\n', { events: ['message'] }) },
    {
      name: 'only silence',
      finds: false,
      evidence: example(': keep-alive\n\n', { stream: { comments: 1, invalidLines: 0 } }),
    },
    {
      name: 'a sound event',
      finds: false,
      evidence: example('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n', { events: ['message'] }),
    },
  ],
});
