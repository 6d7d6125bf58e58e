/** What symptoms tell of HTTP and of the way to the server, in the form in which a live probe notes it. */
import { loggedIn } from './access-log.js';
import { consoleIn } from './browser-console.js';
import { clientExchanges } from './client-errors.js';
import type { Evidence, Exchange } from './evidence.js';
import { exchangeFrom, isCredential, lowerCased, secretsOfRequest, sides } from './exchange.js';
import { powerShellIn } from './powershell.js';
import { remoteLogOf } from './remote-log.js';
import { urlIn } from './reported-launch.js';
import type { Symptoms } from './symptoms.js';
import { type Transcript, transcriptIn } from './transcript.js';

const MAX_EXCHANGES = 150;

/** Addresses of health checks and of sign-in: what they answer is shown, and decides nothing about the endpoint. */
const ASIDE =
  /\/(?:health\w*|healthz|readyz?|livez?|status|ping|version|metrics)\/?(?:\?|$)|\/\.well-known\/|\/(?:register|token|authorize)(?:\?|$)/i;

/** The exchange that a report gives in so many words. */
export function exchangeOf({ http, url }: Symptoms): Exchange | undefined {
  // A POST is what every client sends; that the trouble was with a GET says something by itself.
  const isOdd = http?.method === 'GET';
  if (!http || (http.status === undefined && http.body === undefined && !http.headers && !isOdd)) return undefined;
  const { requestHeaders, headers } = sides(lowerCased(http.headers ?? {}));
  return exchangeFrom({
    method: http.method ?? 'POST',
    url,
    // A scheme with nothing behind it carries none.
    credentials: requestHeaders.authorization
      ? /^\s*(?:Bearer|Basic|Token)?\s*$/i.test(requestHeaders.authorization)
        ? 'none'
        : 'sent'
      : 'unknown',
    requestHeaders,
    status: http.status,
    headers,
    body: http.body,
  });
}

/** Documents and errors of OAuth, whole or in part: they stand at addresses of their own, not at the endpoint. */
const OAUTH_BODY =
  /["']?\b(?:authorization_servers?|(?:authorization|token|registration)_endpoint|bearer_methods_supported|(?:scopes|code_challenge_methods|grant_types)_supported)\b["']?\s?[:=]|["'`]?\b(?:issuer|resource|authorization_servers)["'`]?(?:\s?:|\s+is)\s?[["'`]{1,3}https?:|\b(?:iss|issuer)\s?[:=]\s?https?:/i;
const OAUTH_ADDRESS =
  /\.well-known\/(?:oauth|openid)|\/oauth\/callback|\bGET \S{0,200}\/(?:authorize|callback)\b|\bdoes(?: not|n't) (?:implement|support) OAuth\b|\bOAuth (?:metadata|discovery)\b|\bauthori[sz]ation[- ]server metadata\b/i;

/** A look at the documents of a sign-in, or a step of it in the browser: it is no request to the endpoint. */
const isOfSignIn = ({ method, body = '' }: Exchange, { clientError, serverLog, stderr, stdout }: Symptoms): boolean =>
  method === 'GET' &&
  (OAUTH_BODY.test(body) ||
    (!/jsonrpc|event:/.test(body) && OAUTH_ADDRESS.test([clientError, serverLog, stderr, stdout].join('\n'))));

/** What of a pasted text is HTTP: transcripts, the console of a browser, the log of a server. */
export interface Pasted {
  exchanges: Exchange[];
  network?: Evidence['network'];
  secrets: string[];
  /** The lines without those of transcripts. */
  rest: string[];
}

/** Read a pasted text, before anything is made of its lines. */
export function pastedHttp(lines: string[]): Pasted {
  const { exchanges = [], network, secrets = [], rest = lines }: Partial<Transcript> = transcriptIn(lines) ?? {};
  const told = exchanges.map((exchange) => (ASIDE.test(exchange.url) ? { ...exchange, purpose: 'logged' } : exchange));
  const seen = told.length > 0 ? told : [...powerShellIn(rest), ...consoleIn(lines)];
  return { exchanges: [...seen, ...loggedIn(rest)], network, secrets, rest };
}

const linesOf = (text: string | undefined): string[] => text?.split(/\r\n|\n|\r/) ?? [];

/** The texts of symptoms, each read by itself. */
const textsOf = ({ clientError, stderr, serverLog, stdout }: Symptoms): string[] =>
  [clientError, stderr, serverLog, stdout].filter(
    (text): text is string => !!text && /HTTP|curl|CORS|net::ERR|GET|POST|https?:|\* +Trying|Invoke-/.test(text),
  );

const isReported = ({ purpose }: Exchange): boolean => purpose === 'reported';

/**
 * What a sound server answers to a request that is none of MCP: somebody only looked whether it is there. Beside the words of a
 * client it decides nothing.
 */
function isLook({ method, status = 0, requestHeaders, spoken }: Exchange): boolean {
  if (spoken || requestHeaders === undefined) return false;
  const streams = /event-stream/.test(requestHeaders.accept ?? '');
  return !streams && (method === 'GET' || method === 'HEAD' ? [400, 405, 406].includes(status) : status === 406);
}

interface Remote {
  http?: Evidence['http'];
  network?: Evidence['network'];
  url?: string;
  transport?: Symptoms['transport'];
  client?: string;
}

/** A program that a client starts, and that only passes messages on. */
const BRIDGE = /\bmcp[-_]?(?:remote|proxy|bridge|gateway|connect|client|http|stdio)|supergateway|fastmcp/i;

/**
 * The evidence of a remote server in `given` as it was told. `client` and `stderr` are the lines that belong to each after the
 * texts were sorted. A server over stdio has none: the HTTP it speaks of is its own.
 */
export function remoteOf(given: Symptoms, client: string[], stderr: string[]): Remote {
  const { entry, transport } = given;
  const command = [entry?.command, entry?.args]
    .flat()
    .filter((word) => typeof word === 'string')
    .join(' ');
  const bridge =
    BRIDGE.test(command) ||
    /\bhttps?:\/\//.test(command) ||
    (transport === undefined && BRIDGE.test(client.slice(0, 50).join('\n')));
  const local = (transport === 'stdio' || (transport === undefined && command !== '')) && !bridge;
  const shown = exchangeOf(given);
  const aside = shown !== undefined && isOfSignIn(shown, given);
  const told = aside ? undefined : shown;
  const log = local ? {} : remoteLogOf([...client, ...stderr]);
  const url = given.url ?? urlIn(entry);
  const pasted = local || given.exchanges ? [] : textsOf(given).map((text) => pastedHttp(linesOf(text)));
  const found = given.exchanges ?? pasted.flatMap(({ exchanges }) => exchanges);
  const own = local ? [] : clientExchanges(client, (transport ?? log.transport) === 'sse' ? 'GET' : 'POST', true);
  const rest = bridge || (transport === undefined && !local) ? clientExchanges(stderr, 'POST', bridge) : [];
  const isDecisive = (exchange: Exchange) => isReported(exchange) && !(client.length > 0 && isLook(exchange));
  const seen = found.filter(isDecisive);
  const decisive = told ? [told] : seen.length > 0 ? seen : [...own, ...rest];
  const logged = found
    .filter((exchange) => !local && !(isReported(exchange) && (told || isDecisive(exchange))))
    .map((exchange) => ({ ...exchange, purpose: 'logged' }));
  const all = [...decisive, ...(shown && aside ? [{ ...shown, url: '', purpose: 'logged' }] : []), ...logged];
  const network = given.network ?? pasted.find((part) => part.network)?.network;
  const target = url ?? log.url ?? decisive.find((exchange) => /^https?:/.test(exchange.url))?.url;
  return {
    http: all.length
      ? { exchanges: all.slice(0, MAX_EXCHANGES), omitted: Math.max(0, all.length - MAX_EXCHANGES) }
      : undefined,
    // Somebody may have tried another host for comparison.
    network:
      network && (!target || hostOf(target) === undefined || hostOf(target) === network.host) ? network : undefined,
    url: local ? url : target,
    // What stands beside the client's lines counts as the client's as long as nothing is known of the transport.
    transport: transport ?? (local || stderr.length > 0 ? undefined : log.transport),
    client: given.client ?? log.client,
  };
}

const hostOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined;

/** Values in symptoms that must not appear anywhere: what requests carried, as transcripts and reports show it. */
export function requestSecrets(symptoms: Symptoms): string[] {
  const reported = Object.fromEntries(
    Object.entries(symptoms.http?.headers ?? {}).filter(([name]) => isCredential(name)),
  );
  return [
    ...(symptoms.secrets ?? []),
    ...secretsOfRequest(reported),
    ...(symptoms.exchanges ? [] : textsOf(symptoms).flatMap((text) => transcriptIn(linesOf(text))?.secrets ?? [])),
  ];
}
