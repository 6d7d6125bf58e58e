import { at } from '../case/pointer.js';
import { type Certainty, defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** Clients that connect from the servers of their vendor. */
const HOSTED =
  /^(?:claude[-.]?ai|claude[- ]?web|claude[- ]?mobile|anthropic[- ]api|chatgpt|openai(?:[- ](?:api|responses|agent[- ]builder|platform))?|copilot[- ]?studio|microsoft[- ]copilot|le[- ]?chat|mistral|perplexity|grok|gemini[- ]?(?:web|app|enterprise)|poe|zapier|make|n8n[- ]?cloud|cursor[- ]?(?:cloud|background)\S*|devin|manus|elevenlabs|vapi|notion|glean|dify[- ]?cloud|smithery|bolt|lovable|v0|replit)\b/i;
const PRIVATE =
  /^(?:https?|wss?):\/\/(?:localhost|127\.|0\.0\.0\.0|\[?::1\]?|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|host\.docker\.internal|[\w.-]+\.(?:local|lan|internal|home|corp|intranet|test|localhost|ts\.net|svc\.cluster\.local)\b)/i;
/** How the vendors word it. */
const SAID =
  /\bhttp is not allowed\b|\b(?:only|must (?:be|use)|requires?) (?:an? )?(?:public(?:ly)? )?(?:\w+ )?https\b|\b(?:private|local|loopback|internal) (?:network |ip )?(?:address(?:es)?|URLs?|hosts?|IPs?)\b.{0,60}\b(?:not (?:allowed|supported|permitted|reachable)|forbidden|blocked)|\bURL must (?:start with https|be public)|\bnot publicly (?:accessible|reachable)|\bCouldn.t reach the MCP server\b|\bunsafe URL\b|\bno inbound requests?\b|\brequest never (?:arrives|reaches)/i;

export default defineCause({
  id: 'client-hosted-unreachable',
  title: 'The client connects from the cloud of its vendor, which cannot reach this address',
  culprit: 'config',
  severity: 'broken',
  seenAs: ["Couldn't reach the MCP server", 'http is not allowed', 'There was an error connecting to the server'],
  needs: [],
  uses: [...WORDS, 'http', 'launch'],
  explains: ['network-refused', 'network-dns-failed', 'http-endpoint-wrong', 'handshake-unanswered'],

  match(given) {
    const { reported, handshake, launch, http } = given;
    if (handshake || launch) return null;
    const url = reported?.url;
    const inner = url !== undefined && PRIVATE.test(url);
    const plain = url !== undefined && /^http:/i.test(url);
    const hosted = HOSTED.test(reported?.client ?? '');
    const said = find(words(given), SAID);
    const answered = http?.exchanges.some(({ status }) => status !== undefined) ?? false;
    let certainty: Certainty;
    // An answer shows that the request arrived.
    if (answered) return null;
    if (hosted && inner) certainty = 'likely';
    else if (said && (hosted || inner || plain || /reach the MCP server|publicly/i.test(said.line.text)))
      certainty = 'likely';
    else if (said || (hosted && plain)) certainty = 'possible';
    else return null;
    return {
      certainty,
      cites: [
        ...(said ? [said.line.at] : []),
        ...(url !== undefined ? [at('reported', 'url')] : []),
        ...(hosted ? [at('reported', 'client')] : []),
      ],
      facts: {
        url: url ?? null,
        client: reported?.client ?? null,
        inner,
        port: /:(\d{2,5})(?:\/|$)/.exec(url ?? '')?.[1] ?? null,
      },
    };
  },
  say: ({ url, client, inner }) =>
    `${client ?? 'This client'} does not connect from this computer but from the servers of its vendor${url ? `, and from there ${url} ${inner ? 'is another machine or none at all' : 'cannot be reached'}` : ''}. The request never arrives.`,
  fix: ({ url, port }) => [
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
      name: 'a client on this computer',
      finds: false,
      symptoms: { client: 'cursor', url: 'http://localhost:3000/mcp', clientError: 'fetch failed' },
    },
    {
      name: 'a public address',
      finds: false,
      symptoms: { client: 'claude-ai', url: 'https://notes.example.com/mcp', clientError: 'HTTP 500' },
    },
  ],
});
