import { at } from '../case/pointer.js';
import { ANSWERS, answers, isRpc, isStreamGet } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { targetOf, transcript, wayWords } from './way.js';
import { failed, find } from './words.js';

/** JSON parsers that met the "<" of a page, and clients that name the content type. */
const SAID = [
  /(?:unexpected|expected|invalid|unsupported|wrong|unknown) ?(?:response )?content[- ]?type\W{0,4}(?:Some\()?\W{0,2}(?<type>text\/(?:html|plain)|application\/xhtml\+xml)/i,
  /\bmedia type returned: (?<type>text\/html)/i,
  // Spring: "for response type [...] and content type [text/html]"
  /content[- ]?type\W{1,4}(?<type>text\/html)/i,
  /content[- ]type.{0,80}\b(?:got|was|received|but) ['"]?(?<type>text\/(?:html|plain))/i,
  // V8, JavaScriptCore, Go, .NET, Jackson, in this order; then Ruby, pydantic.
  /(?:unexpected token|unrecognized token|invalid character|unexpected character)s?:? \(?['"`]?<|'<' is an invalid start of a value|unexpected (?:token|character):? at '<|unexpected character[^<]{0,40}value: <|input_value='<|\b(?:response|got|received|but)\b.{0,40}<(?:!doctype html|html\b)/i,
  /is not valid JSON.*<!doctype html|<!doctype html.*is not valid JSON/i,
  /\b(?:received|got|returned|response (?:is|was)) (?:an? )?HTML\b/i,
  // Kotlin; a person's words for a page in place of an answer.
  /\bbut had '<' instead|\b(?:returns?|returned|serves?|served|answers? with|answered with|responds? with|gets?|got|received|shows?|redirected to)\b.{0,40}\b(?:(?:login|log-in|sign-in|home|landing|start|index|welcome|error|default) page|HTML|web ?page|web (?:UI|app|interface)|single[- ]page app\w*|index\.html)\b/i,
];

/** Parsers that do not quote what they met: they count beside the mark of a page only. */
const NO_JSON =
  /Expecting value: line 1 column 1|expected value at line 1 column 1|Unexpected (?:end of|token|character)|is not valid JSON|BEGIN_OBJECT|JSON(?:Decode|Parse|Parser)?(?:Error|Exception)/i;
const PAGE = /text\/html|<!doctype html|<html\b/i;

/** A person's words for the start page of an application. */
const A_PAGE =
  /\b(?:SPA|single[- ]page|index\.html|(?:web|home|login|landing|start|welcome|error) ?page|web ?(?:UI|app|site)|front-?end|React app|HTML)\b/i;

/** JSON that was understood, and is no message of JSON-RPC: zod, pydantic, serde, Go. */
const NO_RPC =
  /"path":\s*\[\s*"jsonrpc"|\bJSONRPCMessage\b|\bjsonrpc\b.{0,60}(?:required|missing|invalid)|(?:missing|invalid|no|required)\b.{0,20}\bjsonrpc\b|untagged enum \w*JsonRpc|invalid message version tag|(?:not an?|invalid) (?:valid )?JSON-?RPC/i;

/** Parsers and clients that met something of another kind, and do not say what. */
const FOREIGN =
  /\bInvalid content type, expected "text\/event-stream"|\bExpecting value: line 1 column 1 \(char 0\)|\bexpected value at line 1 column 1\b|\bUnexpected token\b.{0,80}\bis not valid JSON\b|\bJSON-?RPC (?:response|message|envelope)\b.{0,20}\b(?:missing|expected|invalid)\b|\bInvalid JSON(?:-RPC)? response\b|\bEnd of input at line 1 column 1\b|\bresponse (?:body )?(?:is|was) not (?:valid )?JSON\b/i;

/** A sign-in server has JSON to parse too: that failure has causes of its own. */
const SIGN_IN =
  /initiali[sz]ed notification|notifications\/|oauth|metadata|registration|register|token endpoint|discover/i;

/** Pages with which an edge keeps robots out. */
const CHALLENGE = /just a moment|cf-chl|attention required|captcha|checking your browser|access denied/i;

type Found = { url: string | null; what: string; title: string | null; type: string; status: number | null };

export default defineCause({
  id: 'http-not-mcp',
  title: 'Another web application answers at the URL, not an MCP server',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Streamable HTTP error: Unexpected content type: text/html',
    "JSON Parse error: Unrecognized token '<'",
    'Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
    "Expected response header Content-Type to contain 'text/event-stream', got 'text/html'",
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming'],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const first = answers(given).find(({ exchange: { status = 0 } }) => status >= 200 && status < 300);
    if (first) {
      const { exchange, live } = first;
      const { body = '', status = 0, events = [] } = exchange;
      const type = exchange.contentType ?? exchange.headers?.['content-type'] ?? '';
      if (CHALLENGE.test(body) || isRpc(body) || events.length > 0) return null;
      const title = /<title[^>]*>([^<]{1,100})/i.exec(body)?.[1]?.trim() ?? null;
      const facts = { url, what: 'a web page', title, type, status };
      if (
        /html/i.test(type) ||
        /^\s*<(?:!doctype|html|head|title|body|div|script|meta|center|pre|h[1-6]|p)\b/i.test(body)
      )
        return {
          certainty: !live ? (isStreamGet(exchange, given) ? 'possible' : 'likely') : 'certain',
          cites: [first.at],
          facts,
        };
      // An MCP answer without its JSON-RPC envelope is a nonconforming server rather than another application.
      const almost = /"(?:protocolVersion|serverInfo|capabilities)"|text\/event-stream/.test(`${body} ${type}`);
      const unread = given.reported?.clientError.some((text) => NO_RPC.test(text)) ?? false;
      const other = /^\s*[{[]/.test(body) && !/"(?:issuer|resource|access_token|error)"/.test(body);
      if (!live && status === 200 && body && !/^\s*[{[]/.test(body) && A_PAGE.test(body))
        return { certainty: 'likely', cites: [`${first.at}/body`], facts };
      if (almost || status !== 200 || (!live && (!other || isStreamGet(exchange, given)))) return null;
      const what = /json/i.test(type)
        ? 'JSON of another kind'
        : body
          ? `text (${type || 'without a content type'})`
          : 'an empty answer';
      const said = { ...facts, what: live ? what : 'JSON of another kind' };
      return { certainty: live || unread ? 'likely' : 'possible', cites: [first.at], facts: said };
    }
    // Told without a status, or in a person's words.
    const told = answers(given).find(
      ({ exchange: { status, body = '' } }) =>
        status === undefined && !/^\s*[{[]/.test(body) && (PAGE.test(body) || A_PAGE.test(body)),
    );
    if (told)
      return {
        certainty: 'likely',
        cites: [`${told.at}/body`],
        facts: { url, what: 'a web page', title: null, type: 'text/html', status: null },
      };
    if (given.endpoint?.asked.answer === 'html')
      return {
        certainty: 'likely',
        cites: [at('endpoint', 'asked')],
        facts: { url, what: 'a web page', title: null, type: 'text/html', status: null },
      };
    const lines = [...wayWords(given), ...transcript(given)].filter(({ text }) => !SIGN_IN.test(text));
    const page = lines.some(({ text }) => PAGE.test(text));
    // A page where somebody asked by hand.
    const shown = transcript(given).some(({ text }) => /\b[345]\d\d\b/.test(text))
      ? null
      : find(
          transcript(given).filter(({ text }) => !SIGN_IN.test(text)),
          PAGE,
        );
    const sure = find(lines, ...SAID) ?? (page ? find(lines, NO_JSON) : null) ?? shown;
    // Something came that is no JSON, or no event stream: a page more often than not.
    const hit = sure ?? find(lines, FOREIGN);
    if (!hit || (given.http?.exchanges ?? []).some(({ status = 0 }) => status >= 300)) return null;
    return {
      certainty: sure ? 'likely' : 'possible',
      cites: [hit.line.at],
      facts: { url, what: 'a web page', title: null, type: hit.groups.type ?? 'text/html', status: null },
    };
  },
  say: ({ url, what, title }) =>
    `${url ?? 'The URL'} is answered with ${what}${title ? ` ("${title}")` : ''} where a JSON-RPC message was due: another application stands there, not an MCP server.`,
  fix: ({ url }) => {
    const local = url !== null && /\/\/(?:localhost|127\.|\[::1\])/.test(url);
    const port = url !== null && URL.canParse(url) ? new URL(url).port : '';
    return [
      {
        say: "Replace the URL in the client's entry by the MCP endpoint of the server, with its path:",
        edit: {
          file: 'the client config',
          at: 'url',
          to: `"url": "${url && URL.canParse(url) ? new URL(url).origin : 'https://<host>'}/<path>"`,
        },
      },
      ...(local
        ? [
            {
              say: 'See which program holds the port, then stop it or move the MCP server to a free one:',
              run: `lsof -nP -iTCP:${port || 80} -sTCP:LISTEN`,
              windows: `Get-NetTCPConnection -LocalPort ${port || 80} -State Listen | Select-Object OwningProcess`,
            },
          ]
        : []),
      {
        say: 'If the application is yours, mount the MCP route before the catch-all that serves the pages, and let the proxy pass the path on.',
      },
    ];
  },
  why: 'A single-page application answers every unknown path with its start page and status 200, so a wrong URL does not look wrong to the client: it only finds a "<" where JSON should begin. The same happens when another program has taken the port.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http'],
  examples: [
    {
      name: 'live, a page',
      finds: true,
      evidence: {
        endpoint: { asked: { url: 'http://127.0.0.1:3000/mcp', answer: 'html' }, others: [] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 3,
              credentials: 'none',
              status: 200,
              contentType: 'text/html; charset=utf-8',
              body: '<!DOCTYPE html><title>Grafana</title>',
            },
          ],
        },
      },
    },
    {
      name: 'live, the JSON of another service',
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
              ms: 3,
              credentials: 'none',
              status: 200,
              contentType: 'application/json',
              body: '{"status":"ok"}',
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
        clientError: 'Streamable HTTP error: Unexpected content type: text/html',
      },
    },
    {
      name: 'Bun',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "Failed to reconnect: JSON Parse error: Unrecognized token '<'",
      },
    },
    {
      name: 'the Python SSE client',
      finds: true,
      symptoms: {
        transport: 'sse',
        clientError: "Expected response header Content-Type to contain 'text/event-stream', got 'text/html'",
        http: { method: 'GET', status: 200, headers: { 'content-type': 'text/html' } },
      },
    },
    {
      name: 'Rust',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Transport error: unexpected content type: Some("text/html; charset=utf-8")',
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "com.fasterxml.jackson.core.JsonParseException: Unexpected character ('<' (code 60)): expected a valid value",
      },
    },
    {
      name: 'Python, which does not quote what it met',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\nresponse headers: content-type: text/html',
      },
    },
    {
      name: 'JSON that a client could not take for a message',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          '[{"code":"invalid_literal","path":["jsonrpc"],"message":"Invalid literal value, expected \\"2.0\\""}]',
        http: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"up","version":"3.1"}' },
      },
    },
    {
      name: 'HTML on the stdout of a stdio server',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'Unexpected token \'<\', "<html>" is not valid JSON' },
    },
    {
      name: 'the metadata of a sign-in server',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: "Invalid OAuth error response: SyntaxError: Unexpected token '<'",
      },
    },
  ],
});
