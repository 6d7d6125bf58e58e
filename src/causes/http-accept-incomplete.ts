import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { httpWords, refused, statusIn, statusSaid } from './refusals.js';
import { isSseClient } from './sse.js';
import { targetOf } from './way.js';
import { failed, find } from './words.js';

/** The status alone, in a client's words or in an access log. */
const BARE =
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|SSE error|returned error|\berror|\bgot|\breceived|\breturns?|\banswer\w*)\W[^\d]{0,30}406\b|\b(?:POST|GET) \S+(?: HTTP\/[\d.]+)?"?[ :|-]{1,3}406\b|\|\s*406\s*\||\b(?:http-only|http-first|sse-only)\b[^\d]{0,20}406\b|^\W{0,3}406\b/i;
/** Whoever watches whether a server lives asks with a plain GET, which has to be refused. */
const PROBE =
  /health[- ]?check|kube-probe|ELB-HealthChecker|GoogleHC|readiness|liveness|RailwayHealth|Render\/|uptime|unhealthy/i;
/** What cures it tells what it is. */
const CURED =
  /\b(?:add(?:ing|ed)?|set(?:ting)?|send(?:ing)?|includ(?:e|ing)|pass(?:ing)?|with|missing|without|lacks?|omits?|no) (?:the |an |a |both )?(?:header )?["'`]?Accept(?: header|["'`]?:|s both|["'`]? (?:text|application)\/)|\baccept["']?\s?[:=] ?["']?(?:undefined|null|None|empty|missing|<none>)\b|\bAccept(?: header)? (?:pair|is missing|was missing|lacks|only|without|set to)\b|\bAccept: ?(?:\*\/\*|application\/json|text\/event-stream)(?!,)\W{0,3}.{0,20}\b(?:40[06]|fails?|refused|rejected|error)\b/i;
/** A person says that both were sent: something on the way took them off. */
const SENT_BOTH =
  /\b(?:although|even (?:though|when|if)|despite)\b.{0,80}\baccept\b|["']?accept["']?\s*(?::|=>|=)\s*["']?(?:application\/json\s*,\s*text\/event-stream|text\/event-stream\s*,\s*application\/json)/i;

/** SDK servers look for both names: a star, which by RFC 9110 stands for them, does not satisfy most. */
const JSON_TYPE = /application\/json/i;
const STREAM_TYPE = /text\/event-stream/i;

type Found = {
  url: string | null;
  client: string | null;
  what: string;
  sent: string | null;
  method: string;
  ours: boolean;
  says: string | null;
};

export default defineCause({
  id: 'http-accept-incomplete',
  title: 'The request does not accept both application/json and text/event-stream, so the server refuses it',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 406): {"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable: Client must accept both application/json and text/event-stream"},"id":null}',
    'SSE error: Non-200 status code (406)',
    '406 Not Acceptable',
    'Expecting value: line 1 column 1 (char 0)',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-not-mcp',
    'http-notification-not-202',
    'client-defect',
  ],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const lines = httpWords(given);
    const all = refused(given);
    const found =
      all.find(({ refusal }) => refusal.kind === 'accept') ??
      all.find(({ refusal }) => refusal.kind === 'content-type');
    const first = answers(given)[0]?.exchange;
    const sent = first?.requestHeaders?.accept ?? null;
    // A GET opens the stream and needs no more than that.
    const json = first?.method === 'GET' || JSON_TYPE.test(sent ?? '');
    const lacking = sent !== null && !(json && STREAM_TYPE.test(sent));
    const facts = {
      url: first?.url || given.endpoint?.asked.url || targetOf(given) || null,
      client: given.reported?.client ?? null,
      what: found?.refusal.kind === 'content-type' ? 'Content-Type' : 'Accept',
      sent,
      method: first?.method ?? (/\b(GET|POST)\b/.exec(found?.text ?? '')?.[1] || 'POST'),
      ours: found?.live ?? false,
      says: found?.by === 'words' ? gist(found.text) : null,
    };
    const health = lines.some(({ text }) => PROBE.test(text)) || PROBE.test(given.reported?.platform ?? '');
    if (found) {
      // A gateway that refuses the type of the body has other reasons as well; so has the page of a web server.
      const other =
        (found.refusal.kind === 'content-type' && !found.live) || (found.status !== null && found.status >= 500);
      // Later requests went through: this one was somebody's try in a browser, or a probe.
      const served = lines.some(({ text }) => /\bPOST \S+.{0,20}\b20[02]\b/.test(text));
      const aside =
        served &&
        lines.some(({ text }) => /\bGET \S+.{0,20}\b406\b/.test(text)) &&
        !lines.some(({ text }) => /\bPOST \S+.{0,20}\b406\b/.test(text));
      // A GET with which the older transport opens its stream, or Streamable HTTP its optional one, accepts what it should.
      const posted = (given.http?.exchanges ?? []).some(
        ({ method, status = 0 }) => method === 'POST' && status >= 200 && status < 300,
      );
      const stream =
        found.refusal.kind === 'accept' &&
        /standalone SSE|\b(?:GET|SSE) stream\b|\bSSE error\b/i.test(lines.map(({ text }) => text).join('\n'));
      const opens =
        (isSseClient(given) && !/\bPOST\b/.test(found.text) && first?.method !== 'POST') ||
        (posted &&
          answers(given).every(({ exchange }) => exchange.method !== 'POST' || (exchange.status ?? 0) < 300)) ||
        stream;
      return {
        certainty: other || aside || health || opens ? 'possible' : 'likely',
        cites: [found.at],
        facts: { ...facts, ours: facts.ours || lines.some(({ text }) => SENT_BOTH.test(text)) },
      };
    }
    if (first && lacking && (first.status === undefined || (first.status >= 400 && first.status !== 404))) {
      const refusal = first.status === 400 || first.status === undefined;
      const elsewhere =
        /session|unauthori[sz]ed|token/i.test(first.body ?? '') || [401, 403].includes(first.status ?? 0);
      if (!elsewhere) return { certainty: refusal ? 'likely' : 'possible', cites: [`${answers(given)[0]?.at}`], facts };
    }
    const bare = first ? null : find(lines, BARE);
    const number = first || bare ? null : statusSaid(lines, 406);
    const cured = first && (first.status ?? 400) < 400 ? null : find(lines, CURED);
    if (cured && ![401, 403, 404].includes(first?.status ?? 400))
      return { certainty: 'likely', cites: [cured.line.at], facts };
    if (number) return { certainty: 'possible', cites: [number.line.at], facts };
    if (!bare || (statusIn(bare.line.text) ?? 406) !== 406) return null;
    // The GET alone is refused: that is about the stream.
    const streams =
      /\bGET \S+/.test(bare.line.text) && lines.some(({ text }) => /\bPOST \S+.{0,20}\b20[02]\b/.test(text));
    return { certainty: health || streams ? 'possible' : 'likely', cites: [bare.line.at], facts };
  },
  say: ({ url, client, what, sent, method, ours, says }) => {
    const where = url ?? 'The server';
    const quoted = says ? `: "${says}"` : ' (406)';
    if (what === 'Content-Type' && ours)
      return `${where} says that the Content-Type of the request is none that it takes${says ? quoted : ' (415)'}, although application/json was sent: another application than an MCP server answers there, or something on the way changes the header.`;
    if (what === 'Content-Type')
      return `${where} refuses the request because its Content-Type is not application/json${says ? quoted : ' (415)'}.`;
    if (ours)
      return `${where} says that the request does not accept both application/json and text/event-stream${quoted}, although both were sent: something between the client and the server changes the Accept header, or the server cannot read it.`;
    const whose = client ?? 'the client';
    const lack =
      sent === null
        ? 'does not list both application/json and text/event-stream'
        : `says "${sent}" where both application/json and text/event-stream are due`;
    return `${where} refuses the ${method} of ${whose} because its Accept header ${lack}${quoted}. The server itself is there.`;
  },
  fix: ({ url, what, method, ours, client }) => {
    const target = url ?? 'http://127.0.0.1:3000/mcp';
    const check = {
      say: 'Check that the endpoint answers a complete request:',
      run: `mcp-verdict verify ${target}`,
    };
    if (what === 'Content-Type' && ours)
      return [
        {
          say: 'Make sure that this URL is the MCP endpoint: an API that takes forms or files alone answers 415 to JSON.',
        },
        {
          say: 'If it is: let the proxy or adapter before the server pass Content-Type on unchanged, and see in the log of the server what arrives. In Spring the handler must consume application/json, in ASP.NET it must not be bound to [Consumes] of another type.',
        },
        check,
      ];
    if (what === 'Content-Type')
      return [
        {
          say: 'Send the message as JSON: the header Content-Type: application/json belongs to every POST.',
          edit: { file: 'the client config', at: 'headers', to: '"headers": { "Content-Type": "application/json" }' },
        },
        check,
      ];
    if (ours)
      return [
        {
          say: 'Let the proxy or adapter before the server pass the Accept header on unchanged (nginx does so unless "proxy_set_header Accept" is there; in API gateways and serverless adapters list Accept among the forwarded headers).',
        },
        {
          say: 'See what arrives: log the header in the server, then ask it past the proxy:',
          run: `curl -i -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"ping"}' http://127.0.0.1:<port>/mcp`,
        },
      ];
    return [
      method === 'GET' && (client === null || /browser|curl/i.test(client))
        ? {
            say: 'Nothing is broken: a browser or a plain GET is no MCP client. Use the URL in an MCP client, or ask with both types by hand:',
            run: `curl -i -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}' ${target}`,
          }
        : {
            say: `Let the client send both types with every POST, notifications included. Where ${client ?? 'it'} allows headers in the entry, that cures it at once:`,
            edit: {
              file: 'the client config',
              at: 'headers',
              to: '"headers": { "Accept": "application/json, text/event-stream" }',
            },
          },
      {
        say: 'Choose the transport "streamable-http" in the client, where it also knows a plain "http" (which asks for JSON only) or "sse" (which asks for a stream only), and update it.',
      },
      {
        say: 'If the server is yours, it may be lenient: FastMCP answers clients that take JSON only with json_response=True.',
        edit: {
          file: 'the server',
          to: 'mcp.run(transport="http", json_response=True, stateless_http=True)',
        },
      },
      check,
    ];
  },
  why: 'Over Streamable HTTP the server chooses whether it answers in JSON or as an event stream, so the client must accept both with every POST, and the stream with GET. SDK servers refuse everything else with 406 before they read the message.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server',
    'https://github.com/f/mcptools/issues/69',
  ],
  examples: [
    {
      name: 'the TypeScript SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error POSTing to endpoint (HTTP 406): {"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable: Client must accept both application/json and text/event-stream"},"id":null}',
      },
    },
    {
      name: 'a notification of a client in Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:3000/mcp',
        clientError:
          'init error: failed to send initialized notification: notification failed with status 406: {"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Not Acceptable: Client must accept both application/json and text/event-stream"}}',
      },
    },
    {
      name: 'the Go SDK, which refuses with 400',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 400, body: "Accept must contain both 'application/json' and 'text/event-stream'" },
      },
    },
    {
      name: 'the Java SDK',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 400, body: '{"error":"text/event-stream required in Accept header"}' },
      },
    },
    {
      name: 'the address opened in a browser',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'browser',
        http: {
          method: 'GET',
          body: '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Not Acceptable: Client must accept text/event-stream"}}',
        },
      },
    },
    {
      name: 'a header that was told, with a bare 400',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        http: { method: 'POST', status: 400, headers: { accept: 'application/json' } },
      },
    },
    {
      name: 'an access log',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '10.0.0.9 - - [04/Mar/2026:10:00:00 +0000] "POST /mcp HTTP/1.1" 406 139 "-" "python-httpx/0.27"',
      },
    },
    {
      name: 'live, both types were sent and did not arrive',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 7,
              credentials: 'none',
              status: 406,
              contentType: 'application/json',
              body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable: Client must accept both application/json and text/event-stream"},"id":null}',
            },
          ],
        },
      },
    },
    {
      name: 'live, a server that rightly refuses an incomplete request of ours',
      finds: false,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'accept-json',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 7,
              credentials: 'none',
              status: 406,
              body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable"},"id":null}',
            },
          ],
        },
        series: { runs: [{ experiment: 'accept-json', exchanges: [0] }], requests: 1, ms: 7 },
      },
    },
    {
      name: 'a session is missing',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 400,
          body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Mcp-Session-Id header is required"}}',
        },
      },
    },
    {
      name: 'a port that is 4060',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'fetch failed to http://localhost:4060/mcp' },
    },
    {
      name: 'a stdio server whose API will not have the request',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'api.example.com: 406 Not Acceptable' },
    },
  ],
});

/** The message of a JSON body, or the line itself, short. */
function gist(text: string): string {
  const message = /\\?"message\\?"\s*:\s*\\?"([^"\\]{1,200})/.exec(text)?.[1];
  return (message ?? text.replace(/\s+/g, ' ').trim()).slice(0, 160);
}
