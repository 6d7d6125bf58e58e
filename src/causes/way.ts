/** The way to a remote server, in the words of clients and bridges. */
import type { Evidence } from '../case/evidence.js';
import { type Line, words } from './words.js';

type Way = Partial<Pick<Evidence, 'launch' | 'stderr' | 'stdout' | 'reported' | 'process' | 'handshake'>>;

const URL_WORD = /https?:\/\/[^\s'"]+/;

/** The URL of the server: as told, or as a bridge such as mcp-remote has it among its arguments. */
export const targetOf = ({ launch, reported }: Way): string | undefined =>
  reported?.url ?? URL_WORD.exec([launch?.command, ...(launch?.args ?? [])].join(' '))?.[0];

export const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined;

/** Package registries: what cannot be fetched from there is no MCP server. */
const REGISTRY =
  /\b(?:registry|index|mirror)\.[\w-]+\.|\bnpm (?:ERR!|error)|\bpypi\b|pythonhosted|\bghcr\b|docker hub|\bcrates\b|goproxy|proxy\.golang/i;

/** A client that speaks of HTTP: what is pasted around such a line is its cause, not a server's log. */
const HTTP_CLIENT =
  /fetch failed|SSE error|POSTing to endpoint|Streamable HTTP|error sending request|ConnectError|HttpRequestException/i;

/**
 * The words about the way to a remote MCP server: those of the client, and those of a bridge. A server's own log is left
 * out unless it names the target, because it speaks of the server's databases and services.
 */
export function wayWords(given: Way): Line[] {
  const target = targetOf(given);
  const { transport } = given.reported ?? {};
  if (!target && (transport === 'stdio' || (!transport && (given.launch || given.process)))) return [];
  const bridge = given.launch !== undefined && transport !== 'streamable-http' && transport !== 'sse';
  const host = hostOf(target);
  const lines = words(given);
  const pasted = !transport && !given.launch && !given.process && lines.some(({ text }) => HTTP_CLIENT.test(text));
  return lines.filter(({ from, text }) => {
    if (REGISTRY.test(text)) return false;
    return (
      from === 'client' || (from === 'stderr' && (bridge || pasted)) || (host !== undefined && text.includes(host))
    );
  });
}
