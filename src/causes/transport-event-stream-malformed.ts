import type { Evidence, Exchange } from '../case/evidence.js';
import { answers } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { failed } from './words.js';

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
  needs: ['http'],
  uses: ['handshake'],
  explains: [...FAILED_START, 'handshake-nonconforming', 'http-not-mcp', 'http-endpoint-wrong'],

  match(given) {
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
