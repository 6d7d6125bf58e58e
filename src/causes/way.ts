/** The way to a remote server, in the words of clients, bridges and of proxies in front of it. */
import type { Evidence } from '../case/evidence.js';
import { type Line, words } from './words.js';

type Way = Partial<Pick<Evidence, 'launch' | 'stderr' | 'stdout' | 'reported' | 'process' | 'handshake'>>;

const URL_WORD = /https?:\/\/[^\s'"]+/;

/** The URL of the server: as told, or as a bridge such as mcp-remote has it among its arguments. */
export const targetOf = ({ launch, reported }: Way): string | undefined =>
  reported?.url ?? URL_WORD.exec([launch?.command, ...(launch?.args ?? [])].join(' '))?.[0];

export const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined;

/** Package registries and the tools that fetch from them: what cannot be fetched from there is no MCP server. */
const REGISTRY =
  /\b(?:registry[\w-]*|index|mirror)\.[\w-]+\.|\bnpm (?:ERR!|error|warn)|\bpypi\b|pythonhosted|\bghcr\b|docker hub|error response from daemon|\bcrates\b|goproxy|proxy\.golang|\bgit clone\b|unable to access 'https|\bgithub\.com\/|\bjsr\.io|deno\.land|\brubygems|\bnuget\b|repo\d?\.maven|\/simple\/|native-tls\b|\b(?:pip|yarn|pnpm|conda) (?:install|add|error)/i;

/** A client that speaks of HTTP: what is pasted around such a line is its cause, not a server's log. */
const HTTP_CLIENT =
  /fetch failed|SSE error|POSTing to endpoint|Streamable HTTP|error sending request|ConnectError|HttpRequestException|\b(?:Post|Get) "https?:|for url '?https?:|\bcurl: \(\d/i;

/** Reverse proxies that sign their log: nginx, HAProxy, Envoy, Traefik, Caddy, Apache, cloudflared, and platforms. */
const GATEWAY =
  /while (?:connecting to|reading response header from|reading) upstream|no live upstreams|host not found in upstream|upstream prematurely closed|upstream connect error|no healthy upstream|has no server available|\bServer \S+\/\S+ is DOWN\b|unable to reach the origin service|502 Bad Gateway.*(?:caused by|dial tcp)|http\.(?:log\.error|handlers\.reverse_proxy)|\bAH0(?:0957|1114|1102|0898)\b|\bproxy_http:error|\bcode=H1[0-4]\b|instance refused connection|could(?: not|n't) find a good candidate|\bERR_NGROK_(?:3\d{3}|80\d\d)\b/i;

/** Any other program that passes requests on: Go's ReverseProxy, http-proxy, YARP, gateways of containers, port forwards. */
const FORWARDER =
  /\bproxy(?:ing)?(?: request)?(?: to \S+)? (?:error|failed)|\b(?:error|failed|failure|unable|could(?: not|n't)|cannot)\b.{0,40}\b(?:forward(?:ing)?|prox(?:y|ying|ied)|relay(?:ing)?)\b|\bforward(?:ing)?(?:er)? (?:error|failed)|\bbackend (?:mcp )?server\b.{0,40}\b(?:unreachable|unavailable|refused|failed)|\bupstream\b.{0,60}\b(?:error|failed|refused|unreachable|unavailable|timed? ?out)|\b(?:error|failed)\b.{0,40}\bupstream\b|\b502 bad gateway\b/i;

export const isGatewayLog = (text: string): boolean => GATEWAY.test(text);

/** Bridges: programs started over stdio whose only work is to pass messages on to a URL. */
const BRIDGE = /\bmcp[-_]?(?:remote|proxy|bridge|gateway|connect|client|http|stdio)|supergateway|\b(?:bridge|proxy)\b/i;

/** The report is about a bridge as the client of the server. */
const isBridge = ({ reported }: Way): boolean => BRIDGE_CLIENT.test(reported?.client ?? '');
const BRIDGE_CLIENT = /^(?:@[\w-]+\/)?(?:mcp-remote|mcp-proxy|supergateway|mcpo)\b/i;

const commandOf = ({ launch }: Way): string => [launch?.command, ...(launch?.args ?? [])].join(' ');

/** The server is reached over HTTP: as told, by its URL, or because a bridge stands between. */
export function isRemote(given: Way): boolean {
  const { transport, url } = given.reported ?? {};
  if (transport === 'streamable-http' || transport === 'sse' || url !== undefined || isBridge(given)) return true;
  return targetOf(given) !== undefined && (BRIDGE.test(commandOf(given)) || /\/(?:mcp|sse)\b/i.test(commandOf(given)));
}

/** What the server, or a proxy before it, wrote about the requests it got. Empty for a server over stdio. */
export const serverWords = (given: Way): Line[] =>
  given.reported?.transport === 'stdio' || given.launch || (given.process && !isRemote(given))
    ? []
    : words(given).filter(({ from, text }) => from !== 'client' && !REGISTRY.test(text));

/** What was typed and answered in a shell: of a server over HTTP, people paste curl and its output as stdout. */
export const transcript = (given: Way): Line[] =>
  given.reported && isRemote(given) ? words(given).filter(({ from }) => from === 'stdout') : [];

/** Lines that do not stand beside a tool that installs: those tools name the registry a few lines away from the reason. */
export function withoutInstallers(lines: Line[]): Line[] {
  const marks = lines.flatMap(({ text }, i) => (REGISTRY.test(text) ? [i] : []));
  return lines.filter((_, i) => !marks.some((mark) => Math.abs(mark - i) <= 5));
}

/** A program that is itself a client of MCP servers (a gateway, a chat application) says in its log that it cannot get at one. */
const CLIENT_FAILS =
  /\b(?:fail\w*|errors?|unable|could(?: not|n't)|cannot)\b.{0,40}\b(?:connect\w*|initiali[sz]\w*|reach\w*|list\w*|fetch\w*|register\w*|load\w*)\b.{0,60}\bMCP\b|\bMCP\b.{0,60}\b(?:connection|client|session)\b.{0,60}\b(?:fail\w*|errors?|closed|lost|timed out)|\bMcp(?:Client\w*|Connection|Transport)(?:Error|Exception)\b/i;

/** A server speaks: what fails for it is its own way to somewhere else. */
const SERVES =
  /\b(?:uvicorn|gunicorn|tomcat|kestrel)\b|\blistening (?:on|at)\b|\bserver (?:is )?(?:running|started|listening)\b|\bstarted server\b|\bstarting (?:the )?(?:mcp )?server\b|\bapplication startup\b|\b(?:redis|postgres\w*|mysql|maria|mongo\w*|sqlite|database|elastic\w*|qdrant|chroma|milvus|neo4j|kafka|rabbit\w*|ollama|openai|upstream api|backend)\b|\btools?\/call\b/i;
/**
 * What the clients of the SDKs say of a request that failed, whichever log holds it: servers call other services with the same libraries,
 * so a line that names a URL counts only when that is an MCP endpoint.
 */
const SDK_CLIENT =
  /^(?!.{0,400}https?:\/\/(?!\S{0,200}\/(?:mcp|sse|messages?)\b)).{0,400}(?:\bPOSTing to endpoint\b|\bSSE error: |\bStreamable ?HTTP (?:client )?error\b|\bfailed to (?:re)?connect(?: to (?:the )?(?:MCP )?server)?: |\b(?:sending|calling) \\?"(?:initialize|tools\/list|ping|notifications\/initialized)\\?": |\berror sending request for url\b|\bcurl: \(\d|\b(?:Client error|Server error|Redirect response) '\d{3} [^']{1,40}' for url\b|\bHttpRequestException: Response status code does not indicate success\b|\bunexpected content[- ]type\b|\bwhen send (?:initialize|initialized)\b|\b(?:Post|Get) "https?:\/\/\S{1,200}": )/i;

/** Lines of a log that speak as a client: the failure, and the few lines below it that give its reason. */
function asClient(lines: Line[]): Set<string> {
  const marks = lines.flatMap(({ text }, i) => (CLIENT_FAILS.test(text) || SDK_CLIENT.test(text) ? [i] : []));
  return new Set(lines.filter((_, i) => marks.some((mark) => i >= mark && i - mark <= 6)).map((line) => line.at));
}

/**
 * The words about the way to a remote MCP server: those of the client, those of a bridge, and those of a proxy. A
 * server's own log is left out unless it names the target, because it speaks of the server's databases and services.
 */
export function wayWords(given: Way): Line[] {
  const target = targetOf(given);
  const { transport } = given.reported ?? {};
  if (!target && !isBridge(given) && (transport === 'stdio' || (!transport && (given.launch || given.process))))
    return [];
  const bridge =
    (given.launch !== undefined || isBridge(given)) && transport !== 'streamable-http' && transport !== 'sse';
  const host = hostOf(target);
  const lines = words(given);
  const pasted = !transport && !given.launch && !given.process && lines.some(({ text }) => HTTP_CLIENT.test(text));
  const spoken = transport === 'streamable-http' || transport === 'sse' ? asClient(lines) : new Set<string>();
  const proxied = isRemote(given) || (!transport && !given.launch);
  // Of a server elsewhere nobody sees the output: where nothing else was told, it is what the client or curl printed.
  const shown =
    (transport === 'streamable-http' || transport === 'sse') &&
    !given.launch &&
    lines.every(({ from, text }) => from !== 'client' && !SERVES.test(text));
  return lines.filter(({ from, text, at }) => {
    if (REGISTRY.test(text)) return false;
    return (
      from === 'client' ||
      spoken.has(at) ||
      (shown && (from !== 'server-log' || HTTP_CLIENT.test(text))) ||
      (from === 'stderr' && (bridge || pasted)) ||
      (host !== undefined && text.includes(host)) ||
      (proxied && (GATEWAY.test(text) || FORWARDER.test(text)))
    );
  });
}
