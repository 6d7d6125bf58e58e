import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { probesUnimplemented } from './played.js';
import { PLAYED } from './played-example.js';
import { wasTold } from './told.js';
import { find, type Line, WORDS, words } from './words.js';

const PROBED = String.raw`(?<method>(?:prompts|resources|completion|completions|logging|roots|sampling|elicitation)\/[\w/]+|ping|server\/discover|(?:resource ?templates|resources|prompts|completions?)\b)`;
const NOT_THERE = String.raw`(?:-32601|[Mm]ethod not found|METHOD_NOT_FOUND|[Uu]n(?:known|supported|implemented|recognized) (?:request )?method|[Mm]ethod .{0,40}(?:not (?:found|supported|implemented|available)|does not exist)|not? handler is available|[Nn]o handler)`;
/** A list that the server does not offer is asked for all the same. */
const PROBE = [
  new RegExp(`${PROBED}.{0,160}${NOT_THERE}`),
  new RegExp(`${NOT_THERE}.{0,160}?${PROBED}`),
  // The SDK's own words, before it asks at all.
  /\bServer does not support (?:\w+ )?(?:resources|prompts|logging|completions?|tasks)\b.{0,12}\(required for (?<method>[\w/]+)\)/i,
  /\bserver\b.{0,20}\b(?:does not|doesn't|must be configured with(?: the)?|has no|lacks(?: the)?) (?:support(?: for)? |implement |offer )?(?<method>resources|prompts|logging|completions?)\b/i,
  /^\W{0,4}(?:\w+: )?(?<method>resources|prompts|logging|completions?) (?:is |are )?not (?:supported|available|implemented)\W{0,4}$/i,
  /\bMethodNotFound\b.{0,40}\b(?<method>(?:prompts|resources|completion|logging)\/\w+)/,
  new RegExp(NOT_THERE),
];
const NAMED = new RegExp(PROBED);
/** Methods that every server must have. */
const NEEDED = /\b(?:initialize|tools\/(?:list|call))\b/;

/** The answers that were told, as lines of the client. */
const bodies = ({ http }: Partial<Evidence>): Line[] =>
  (http?.exchanges ?? []).flatMap((exchange, i): Line[] =>
    wasTold(exchange) && exchange.body
      ? [{ text: exchange.body, at: at('http', 'exchanges', i, 'body'), from: 'client' }]
      : [],
  );

export default defineCause({
  id: 'client-probes-unimplemented',
  title: 'The client asks for lists that the server does not offer; the answer "Method not found" is right',
  culprit: 'client',
  severity: 'degraded',
  seenAs: [
    'MCP error -32601: Method not found',
    '{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"Method not found"}}',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'client'],
  explains: ['catalog-list-fails'],

  live: probesUnimplemented,
  match(given) {
    const { handshake, process, reported } = given;
    if (handshake || process?.spawnError || (process?.exit && process.exit.code !== 0)) return null;
    const lines = [...bodies(given), ...words(given)].filter(
      ({ text }) =>
        // A refusal of the HTTP method carries the same code in some frameworks.
        !/\b405\b|method not allowed|Request method '/i.test(text) &&
        (!NEEDED.test(text) || /prompts\/|resources\//.test(text)) &&
        // Another code is another answer, and a notification has none.
        (/-32601\b/.test(text) || !/-32\d{3}\b/.test(text)) &&
        !/\bnotifications\/(?!.{0,200}(?:prompts|resources)\/)/.test(text),
    );
    const hit = find(lines, ...PROBE);
    if (
      !hit ||
      given.http?.exchanges.some(({ method, status }) => method !== 'POST' || [401, 403, 405].includes(status ?? 0))
    )
      return null;
    const method = hit.groups.method ?? null;
    // A method that is needed stands in another line of the report.
    const needed = find(words(given), NEEDED);
    if (!method && needed && needed.line.at !== hit.line.at) return null;
    // The first reply of all, with nothing said of what was asked, is the one to initialize.
    const first = /["']id["']\s?:\s?"?[01]\b/.test(hit.line.text) && !lines.some(({ text }) => NAMED.test(text));
    return {
      certainty: first ? 'possible' : 'likely',
      cites: [hit.line.at],
      facts: { method, client: reported?.client ?? null },
    };
  },
  say: ({ method, client }) =>
    `${client ?? 'The client'} asked for ${method ? `"${method}"` : 'a list'}, which this server does not offer, and the server rightly answered "Method not found" (-32601). By itself this is harmless; a few clients take it for a failure.`,
  fix: ({ method }) => [
    { say: 'If the tools of the server work, nothing has to be mended: these lines may be ignored.' },
    {
      say: `If the client refuses the server because of it, update the client, or let the server answer ${method ?? 'prompts/list and resources/list'} with an empty list and declare the capability.`,
    },
    { say: 'If something else fails, look there:', run: 'mcp-verdict verify -- <command>' },
  ],
  why: 'A server declares in its answer to initialize whether it has tools, resources and prompts. Some clients ask for all three whatever was declared. The error is the answer that JSON-RPC prescribes, and most clients go on.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#capability-negotiation',
    'https://github.com/anthropics/claude-code/issues/9012',
  ],
  examples: [
    ...PLAYED.probes,
    {
      name: 'the bare answer in the log of Claude Desktop',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError: '{"jsonrpc":"2.0","id":31,"error":{"code":-32601,"message":"Method not found"}}',
      },
    },
    {
      name: 'Codex asks for resources',
      finds: true,
      symptoms: { client: 'codex', clientError: 'resources/list failed: Mcp error: -32601: Method not found' },
    },
    {
      name: 'the log of a C# server',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          "warn: ModelContextProtocol.Server.McpServer[1]\n Server (Notes 1.0.0.0), Client (test 1.0) received request for method 'resources/list', but not handler is available.",
      },
    },
    {
      name: 'Continue',
      finds: true,
      symptoms: {
        client: 'continue',
        clientError: 'Error loading resource templates for MCP Server Notes: MCP error -32601: Method not found',
      },
    },
    {
      name: 'a remote server without prompts',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'opencode',
        clientError: 'failed to get prompts',
        http: { method: 'POST', body: '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"}}' },
      },
    },
    {
      name: 'the HTTP method, not the method of MCP',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error POSTing to endpoint (HTTP 405): {"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not allowed"},"id":null}',
      },
    },
    {
      name: 'tools/list is not there',
      finds: false,
      symptoms: { clientError: 'tools/list failed: MCP error -32601: Method not found' },
    },
    {
      name: 'initialize is not there',
      finds: false,
      symptoms: { clientError: 'initialize: MCP error -32601: Method not found' },
    },
    {
      name: 'the SDK before it asks',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'Error: Server does not support resources (required for resources/list)',
      },
    },
  ],
});
