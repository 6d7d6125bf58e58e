import { at } from '../case/pointer.js';
import { clientOf } from '../clients/index.js';
import { type Certainty, defineCause } from './cause.js';
import { hostedUnreachable } from './played.js';
import { PLAYED } from './played-example.js';
import { isObserved, tells, told, wasTold } from './told.js';
import { WORDS } from './words.js';

/** Clients that connect from the servers of their vendor. */
const HOSTED =
  /^(?:claude[-.]?ai|claude[- ]?(?:web|mobile|ios|android|cowork|connector)|anthropic[- ]api|chatgpt|openai(?:[- ](?:api|responses|agent[- ]?(?:builder|kit)|platform)\S*)?|copilot[- ]?studio|microsoft[- ](?:365[- ])?copilot|m365[- ]copilot|github[- ]copilot[- ](?:coding|agent)\S*|azure[- ]ai\S*|le[- ]?chat|mistral|perplexity|grok(?![- ](?:build|cli|code))|xai|gemini[- ]?(?:web|app|api|enterprise)|vertex\S*|bedrock\S*|agentcore\S*|poe|zapier|make|n8n[- ]?cloud|cursor[- ]?(?:cloud|background|web)\S*|codex[- ]?(?:cloud|web)|devin|jules|manus|elevenlabs|vapi|retell|notion|glean|linear|dify[- ]?cloud|smithery|bolt|lovable|v0|replit|base44)\b/i;
/** Those of them that nobody runs a server on. */
const IN_CLOUD = /^(?:claude[-.]?ai|chatgpt|copilot[- ]?studio|m365[- ]copilot|le[- ]?chat|perplexity)\b/i;
/** Addresses that only the own network knows. A placeholder may stand for the name. */
const PRIVATE =
  /^(?:https?|wss?):\/\/(?:localhost|127\.|0\.0\.0\.0|\[?::1\]?|10\.\d|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|host\.docker\.internal|[\w.-]+\.(?:local|lan|internal|home|corp|intranet|test|localhost|svc\.cluster\.local|home\.arpa)\b|(?!(?:host(?:name)?|domain|server|name|site|example|your\w*|my\w*)\b)[\w-]+(?::\d+)?(?:\/|$)|<?[\w-]*(?:internal|private|lan|local|intranet)[\w-]*>?(?::|\/|$))/i;
/** Reachable through a tunnel of Tailscale only from the own net, unless a funnel is open. */
const TAILNET = /\.ts\.net\b/i;
/** Where such clients connect to: 443, and rarely anything else. */
const ODD_PORT = /^https?:\/\/[^/]+?:(?!443\b)(?<port>\d{2,5})(?:\/|$)/i;
/** How the vendors word it. */
const SAID = [
  /\bhttp is not allowed\b|\b(?:only|must (?:be|use)|requires?) (?:an? )?(?:public(?:ly)? )?(?:\w+ )?https\b|\bURL must (?:start with https|be public)|\bunsafe URL\b|\bnon-?https\b.{0,30}\bnot (?:allowed|supported)/i,
  /\b(?:private|local|loopback|internal|localhost) (?:network |ip )?(?:address(?:es)?|URLs?|hosts?|IPs?|servers?)\b.{0,60}\b(?:not (?:be used|allowed|supported|permitted|reachable|accessible)|cannot be (?:used|reached)|forbidden|blocked|rejected)|\b(?:our|the vendor'?s?|anthropic'?s?|openai'?s?) (?:servers?|cloud|infrastructure|backend)\b.{0,40}\b(?:cannot|can't|can not|could not|unable to|do(?:es)? not) (?:reach|access|connect)/i,
  /\bpublicly (?:accessible|reachable|available|routable)\b|\bnot (?:reachable|accessible) from (?:the )?(?:internet|outside|public)/i,
  /\b(?:no|zero|never (?:any|an?|sees?|gets?|receives?)|without any) (?:\w+ )?(?:inbound|incoming)\b|\brequests? never (?:arrives?|reach(?:es)?)\b|\bnothing (?:arrives|reaches|hits) (?:the|my|our) server\b|\bno requests? (?:ever |is |are )?(?:arrives?|reach(?:es)?|hits?|received|seen|logged|in the (?:access )?logs?)|\b(?:zero|no|not a single|not one|0) (?:hits?|requests?|packets?|entries|lines|connections?|traffic)\b.{0,40}\b(?:logs?|server|edge|origin|attempts?|tcpdump)\b|\blogs?\b.{0,12}\b(?:shows?|showed|have|has|contains?|stays?|remains?|is|are)\b.{0,8}\b(?:nothing|empty|silent|blank)\b|\bnothing\b.{0,30}\b(?:in|on) (?:the |my |our |its )?(?:\w+ ){0,2}(?:logs?|tcpdump|server side)\b|\b(?:never|not|n't) (?:even )?(?:hits?|reach(?:es)?|touch(?:es)?|contacts?|arrives? at|gets? to)\b.{0,12}\b(?:the |my |our )?(?:server|origin|endpoint|ngrok|tunnel|proxy|nginx)\b|\blogs?\b.{0,40}\b(?:zero|no|not a single|not one|0) (?:hits?|requests?|packets?|entries|lines|connections?|traffic)\b/i,
  /\bCouldn.t (?:reach|connect to) (?:the |your )?(?:MCP )?server\b|\bcheck (?:the|your) server URL\b|\bUnable to reach (?:the )?(?:MCP )?\S{1,60}\b|\bError creating connector\b|\bFailed to add connector\b|\bError retrieving tool list from MCP server\b(?!.{0,80}status code: (?!424)\d)|\bConnection error while communicating with (?:the )?MCP server\b|\bofid_\w+/i,
];
/** Of a hosted client these are enough: that it did not connect, and what keeps it away. */
const NOT_CONNECTED =
  /\b(?:error|problem|trouble|failed|unable|failure)\b.{0,12}\b(?:connect(?:ing|ion)?|reach(?:ing)?|access(?:ing)?)\b.{0,16}\bserver\b|\b(?:cannot|can't|could(?:n't| not)|unable to|does(?:n't| not)|failed to) (?:reach|connect|access|contact|see)\b/i;
const KEPT_AWAY =
  /\b(?:VPN|firewall|private (?:network|subnet|IP|address)|intranet|internal network|on-?prem\w*|home (?:lab|network|server)|local(?:host)? (?:server|machine|network)|behind (?:a |the |our )?NAT)\b|\b(?:allow|white)-?list\w*\b/i;
/** The client speaks of its own configuration file: that one runs here. */
const LOCAL_CLIENT =
  /^(?:claude-code|cursor|vscode|cline|roo|windsurf|codex|gemini-cli|zed|goose|inspector|mcp-remote|opencode)$/i;

export default defineCause({
  id: 'client-hosted-unreachable',
  title: 'The client connects from the cloud of its vendor, which cannot reach this address',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    "Couldn't reach the MCP server",
    'http is not allowed',
    'There was an error connecting to the server',
    'Localhost URLs cannot be used because our servers cannot reach your local machine.',
    "Error retrieving tool list from MCP server: 'notes'. Http status code: 424 (Failed Dependency)",
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'client', 'network'],
  explains: [
    'network-refused',
    'network-dns-failed',
    'http-endpoint-wrong',
    'handshake-unanswered',
    'catalog-list-fails',
    'client-defect',
    'network-unreachable',
    'network-loopback-family-mismatch',
    'container-port-mismatch',
    'container-loopback-bound',
  ],

  live: hostedUnreachable,
  match(given) {
    const { reported, launch, http } = given;
    if (isObserved(given) || launch) return null;
    // People name the service as the platform, too.
    const client = reported?.client ?? (IN_CLOUD.test(reported?.platform ?? '') ? (reported?.platform ?? '') : '');
    if (LOCAL_CLIENT.test(client)) return null;
    const url = reported?.url;
    const inner = url !== undefined && PRIVATE.test(url);
    const plain = url !== undefined && /^http:/i.test(url);
    const odd = url !== undefined ? ODD_PORT.exec(url)?.groups?.port : undefined;
    const hosted = HOSTED.test(client);
    const texts = told(given).filter(({ from }) => from !== 'platform');
    const said = tells(texts, ...SAID);
    const plainly = tells(texts, ...SAID.slice(0, 2));
    const away = hosted ? tells(texts, KEPT_AWAY) : null;
    const apart = hosted ? tells(texts, NOT_CONNECTED) : null;
    const silent = tells(texts, SAID[3] ?? /^(?!)/);
    // An answer shows that the request arrived. 424 is the vendor's own word for a server that it did not reach.
    const answered = http?.exchanges.some(
      (exchange) => wasTold(exchange) && ![undefined, 424].includes(exchange.status),
    );
    let certainty: Certainty;
    if (answered) {
      const through = http?.exchanges.some(
        (exchange) => wasTold(exchange) && (exchange.status ?? 0) < 300 && exchange.body,
      );
      if (through || (!(hosted && inner) && !plainly)) return null;
      certainty = 'possible';
    } else if (hosted && inner) certainty = 'likely';
    else if (plainly && (hosted || inner || plain || url === undefined)) certainty = 'likely';
    else if (silent && (hosted || odd !== undefined || said?.told !== silent.told)) certainty = 'likely';
    else if (said && (hosted || inner || plain || /reach the MCP server/i.test(said.told.text))) certainty = 'likely';
    else if (away) certainty = 'likely';
    else if (said || apart || (hosted && (plain || odd !== undefined || (url !== undefined && TAILNET.test(url)))))
      certainty = 'possible';
    // Where addresses are called from the cloud of the maker, only the configuration file is local.
    else if (clientOf(client)?.http.origin === 'vendor-cloud' && inner && reported?.transport !== 'stdio')
      certainty = 'likely';
    else return null;
    const mark = plainly ?? silent ?? said ?? away ?? apart;
    return {
      certainty,
      cites: [
        ...(mark ? [mark.told.at] : []),
        ...(url !== undefined ? [at('reported', 'url')] : []),
        ...(client !== '' ? [at('reported', reported?.client ? 'client' : 'platform')] : []),
      ],
      facts: {
        url: url ?? null,
        client: client || null,
        inner,
        port: /:(\d{2,5})(?:\/|$)/.exec(url ?? '')?.[1] ?? null,
        odd: !inner && odd !== undefined,
      },
    };
  },
  say: ({ url, client, inner, odd, port }) =>
    `${client ?? 'This client'} does not connect from this computer but from the servers of its vendor${url ? `, and from there ${url} ${inner ? 'is another machine or none at all' : odd ? `cannot be reached at port ${port}` : 'cannot be reached'}` : ''}. The request never arrives.`,
  fix: ({ url, port, odd }) => [
    ...(odd
      ? [{ say: 'Serve it at port 443, the one port that the clouds of the vendors are sure to connect to.' }]
      : []),
    {
      say: 'Use a client that runs on this computer (Claude Code, Cursor, VS Code, the config file of Claude Desktop) for a server that is only reachable here:',
      run: `claude mcp add --transport http notes ${url ?? 'http://localhost:<port>/mcp'}`,
    },
    {
      say: 'Or give the server a public HTTPS address with a valid certificate, protected by sign-in, for example through a tunnel:',
      run: `cloudflared tunnel --url http://localhost:${port ?? '<port>'}`,
    },
    { say: 'A firewall in front of it must let the address ranges of the vendor through.' },
  ],
  why: 'Connectors of claude.ai, ChatGPT and other hosted assistants are called by the vendor, not by the browser. "localhost" then means a machine of the vendor, private addresses lead nowhere, and plain HTTP is refused.',
  refs: [
    'https://support.claude.com/en/articles/11503834',
    'https://platform.openai.com/docs/guides/tools-connectors-mcp',
  ],
  examples: [
    ...PLAYED.hosted,
    {
      name: 'a connector that points at localhost',
      finds: true,
      symptoms: {
        client: 'claude-ai',
        transport: 'streamable-http',
        url: 'http://localhost:3000/mcp',
        clientError: 'http is not allowed',
      },
    },
    {
      name: 'ChatGPT and a private address',
      finds: true,
      symptoms: { client: 'chatgpt', url: 'https://192.168.1.20:8443/mcp', clientError: 'Error creating connector' },
    },
    {
      name: 'only the words of the connector',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        transport: 'streamable-http',
        clientError: "Couldn't reach the MCP server",
      },
    },
    {
      name: 'the words of the window for connectors',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        transport: 'streamable-http',
        clientError:
          'Error: url: Localhost URLs cannot be used because our servers cannot reach your local machine. Provide a publicly accessible MCP server URL.',
      },
    },
    {
      name: 'the API of OpenAI',
      finds: true,
      symptoms: {
        client: 'openai-responses-api',
        transport: 'streamable-http',
        url: 'https://localhost:7295/mcp',
        clientError: "Error retrieving tool list from MCP server: 'notes'. Http status code: 424 (Failed Dependency)",
      },
    },
    {
      name: 'an odd port, and not one packet',
      finds: true,
      symptoms: {
        client: 'claude-ai',
        transport: 'streamable-http',
        url: 'https://notes.example.com:8443/mcp',
        clientError: "Couldn't reach the MCP server",
        serverLog: '(tcpdump: zero inbound packets during the attempts)',
      },
    },
    {
      name: 'a client on this computer',
      finds: false,
      symptoms: { client: 'cursor', url: 'http://localhost:3000/mcp', clientError: 'fetch failed' },
    },
    {
      name: 'a public address',
      finds: false,
      symptoms: { client: 'claude-ai', url: 'https://notes.example.com/mcp', clientError: 'HTTP 500' },
    },
    {
      name: 'a firewall, and a hosted client',
      finds: true,
      symptoms: {
        client: 'claude-ai',
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError: 'The connector fails; our firewall has no allowlist for it',
      },
    },
    {
      name: 'a hosted client that was answered',
      finds: false,
      symptoms: {
        client: 'openai',
        transport: 'streamable-http',
        url: 'http://127.0.0.1:3001/sse',
        http: { method: 'POST', status: 200, body: 'event: endpoint' },
      },
    },
    {
      name: 'a program of the same maker that runs here',
      finds: false,
      symptoms: {
        client: 'grok-build',
        transport: 'streamable-http',
        url: 'http://homeassistant.local:8123/api/mcp',
        clientError: 'failed to lookup address information: Try again',
      },
    },
    {
      name: 'the service as the platform',
      finds: true,
      symptoms: { transport: 'streamable-http', platform: 'claude.ai', url: 'http://localhost:3000/mcp' },
    },
  ],
});
