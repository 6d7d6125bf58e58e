/** What the log of a client or of a bridge tells of a remote server: its URL, the transport in use, and who wrote the log. */
import type { Symptoms } from './symptoms.js';

export interface RemoteLog {
  url?: string;
  transport?: Symptoms['transport'];
  client?: string;
}

const URL_PART = String.raw`(?<url>https?:\/\/[^\s'",)\]}<>]{1,2000})`;

/** Lines in which a program names the server that it connects to. */
const NAMES: RegExp[] = [
  // mcp-remote: "[123] Connecting to remote server: https://host/sse"; its debug log names it "Server URL"
  new RegExp(String.raw`\bConnecting to remote server: ${URL_PART}`),
  new RegExp(String.raw`\b(?:serverUrl|Server URL)["']?: ?["']?${URL_PART}`),
  // Claude Code: "Initializing HTTP transport to https://...", "HTTP transport options: {"url":"https://..."", "SSE transport ..."
  new RegExp(
    String.raw`\b(?:Initializing|Creating|Testing) (?:HTTP|SSE|streamable-?http|basic HTTP connectivity)\b.{0,40}? (?:to|for) ${URL_PART}`,
    'i',
  ),
  new RegExp(String.raw`\b(?:HTTP|SSE) transport (?:options|config\w*): ?\{.{0,200}?"url": ?"${URL_PART}`),
  // Claude Code: HTTP Connection error: {"url":"http://...","error":"..."}
  new RegExp(String.raw`\b(?:HTTP|SSE) Connection (?:error|failed)\b.{0,60}?\{"url": ?"${URL_PART}`),
  // Inspector: Query parameters: {"url":"https://localhost:3000/sse","transportType":"sse"}; SSE transport: url=https://..., headers=
  new RegExp(String.raw`\bQuery parameters: ?\{.{0,300}?"?url"?: ?['"]${URL_PART}`),
  new RegExp(String.raw`\b(?:SSE|StreamableHttp|streamable-http) transport: url=${URL_PART}`, 'i'),
  // VS Code: "Error sending message to https://host/mcp: TypeError: fetch failed", "404 status sending message to https://..."
  new RegExp(String.raw`\b(?:Error|status) sending message to ${URL_PART}`),
  new RegExp(String.raw`\bstatus connecting to ${URL_PART} as SSE`),
  // Go: Post "https://host/mcp": dial tcp ...; undici and node-fetch: request to https://host/sse failed
  new RegExp(String.raw`\bPost "${URL_PART}": `),
  new RegExp(String.raw`\brequest to ${URL_PART} failed, reason: `),
  // reqwest: error sending request for url (https://host/mcp)
  new RegExp(String.raw`\berror sending request for url \(${URL_PART}\)`),
];

/** Lines that tell which transport the client began with. The error of a stream comes from the client of HTTP+SSE alone. */
const TRANSPORTS: [RegExp, Symptoms['transport']][] = [
  [
    /"transportType": ?"streamable-http"|\bstreamable-?http\b|\bInitializing HTTP transport\b|\bhttp-(?:first|only)\b/i,
    'streamable-http',
  ],
  [
    /"transportType": ?"sse"|\bNew SSE connection request|\bSSE transport initialized|\bInitializing SSE transport\b|\bsse-(?:first|only)\b|\bSSE error: Non-200 status code\b/i,
    'sse',
  ],
];

const CLIENTS: [RegExp, string][] = [
  [
    /^\[\d{2,7}\] (?:Using automatically selected callback port|Connecting to remote server|Using (?:existing|transport)|Discovering|Recursively reconnecting|Received error|Connected to remote server)|\bProxy established successfully between local STDIO|\bmcp-remote\b.{0,40}\bversion\b/,
    'mcp-remote',
  ],
  [/\bMCP Inspector\b|\bQuery parameters: ?\{.{0,300}"transportType"|⚙️ Proxy server listening/, 'inspector'],
];

/** A URL without what follows it in a sentence. */
const trimmed = (url: string): string => url.replace(/[.,:;]+$/, '');

/** Read the log. Registries and sign-in servers are no MCP servers. */
export function remoteLogOf(lines: string[]): RemoteLog {
  const some = lines.slice(0, 2_000);
  const first = <T>(pairs: [RegExp, T][]): T | undefined =>
    pairs.find(([form]) => some.some((line) => form.test(line)))?.[1];
  let url: string | undefined;
  for (const line of some) {
    if (!line.includes('http') || /oauth|\.well-known|registry|metadata/i.test(line)) continue;
    url = NAMES.map((form) => form.exec(line)?.groups?.url).find((found) => found !== undefined);
    if (url) break;
  }
  const [transport] = TRANSPORTS.flatMap(([form, name]) => {
    const index = some.findIndex((line) => form.test(line));
    return index < 0 ? [] : [{ index, name }];
  }).sort((one, other) => one.index - other.index);
  return { url: url && trimmed(url), transport: transport?.name, client: first(CLIENTS) };
}
