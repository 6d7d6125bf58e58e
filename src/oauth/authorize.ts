/** The authorization request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707), and what comes back. */
import type * as oauth from 'oauth4webapi';
import type { Evidence } from '../case/evidence.js';
import { type Client, library } from './client.js';
import { type Answer, ask, type OAuthHttp, stopped } from './http.js';

type Walk = Evidence['authorization'];
type Request = NonNullable<Walk['request']>;

/** Where the answer comes back to. */
export interface Listener {
  redirectUri: string;
  /** What came to the redirect URI with the state of this sign-in; undefined when nobody signed in in time. */
  wait(): Promise<URLSearchParams | undefined>;
  /** Answers that were turned away, by the reason: among them those of another sign-in. */
  strays?(): { 'state-missing'?: number; 'state-wrong'?: number };
  close(): Promise<void>;
}

/** Whoever lets a user sign in. */
export interface SignInAgent {
  /** Begin to listen for the answer that carries this state. */
  listen(state: string): Promise<Listener>;
  /** Show the address to the user. */
  show(url: string): Promise<'browser' | 'printed' | 'nobody'>;
}

export interface AuthorizeOptions {
  http: OAuthHttp;
  server: oauth.AuthorizationServer;
  client: Client;
  /** The identifiers of the authorization server: that of its metadata, and the one they were asked for, where a slash differs. */
  issuers: readonly string[];
  state: string;
  scope?: string;
  scopeFrom: Request['scopeFrom'];
  resource?: string;
  offline: boolean;
  agent: SignInAgent;
  listener: Listener;
}

/** The request, repeated in an address on the page: nobody says anything by it. */
const ECHO = /[?&;](?:amp;)?[a-z_]{2,40}=[^&\s"'<>]*/gi;
/** Words with which authorization servers refuse a request before anybody signs in. */
const REFUSES =
  /\b(?:redirect[_ -]?ur[il]|callback[_ ]url|invalid[_ ](?:client|redirect|request|scope|resource|target)|unknown[_ ]client|client(?:[_ ]id)?\b.{0,40}\b(?:not (?:found|known|registered|exist\w*)|unknown|invalid|does not exist|disabled)|unauthorized_client|unsupported_response_type|code_challenge|AADSTS\d+|we are sorry)\b/i;

/** The same, said outright: a page of consent may well name the redirect URI, and the client, that it asks about. */
const OUTRIGHT = new RegExp(
  String.raw`\b(?:not|invalid|unknown|mismatch\w*|missing|required|wrong|unregistered|error|failed|does(?:n't| not))\b.{0,80}${REFUSES.source}|${REFUSES.source}.{0,80}\b(?:not|invalid|unknown|mismatch\w*|missing|required|wrong|unregistered|error|failed|does(?:n't| not))\b`,
  'i',
);

/** Elements whose content nobody reads. */
const UNREAD = new Set(['script', 'style', 'head', 'template', 'svg']);
const MAX_PAGE = 100_000;

/** The words of a page without its markup. Read once from front to back: what a stranger nests or leaves open costs no more. */
function wordsOf(html: string): string {
  const page = html.slice(0, MAX_PAGE);
  const lower = page.toLowerCase();
  const title = /^[^<]{1,200}/.exec(page.slice(endOfTag(lower, lower.indexOf('<title'))))?.[0].trim() ?? '';
  const parts: string[] = [];
  const endless = new Set<string>();
  let length = 0;
  for (let at = 0; at < page.length && length < 2_000; ) {
    const open = page.indexOf('<', at);
    const part = page.slice(at, open < 0 ? undefined : open);
    if (part.trim() !== '') length += parts.push(part) && part.length;
    if (open < 0) break;
    const name = /^[a-z]+/.exec(lower.slice(open + 1, open + 12))?.[0] ?? '';
    const close = UNREAD.has(name) && !endless.has(name) ? lower.indexOf(`</${name}`, open) : open;
    // The end of <head> may be left out; whatever else is left open, its text is read as well.
    if (close < 0) endless.add(name);
    at = endOfTag(lower, Math.max(open, close));
  }
  const text = parts
    .join(' ')
    .slice(0, 4_000)
    .replace(/&(?:nbsp|#160);/g, ' ')
    .replace(/&(?:quot|#34);/g, '"')
    .replace(/&(?:#39|#x27|apos);/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
  return (title && !text.startsWith(title) ? `${title}: ${text}` : text).slice(0, 300);
}

/** Behind the tag that begins at `from`; the end of the page when it never ends, or does not begin. */
function endOfTag(page: string, from: number): number {
  const end = from < 0 ? -1 : page.indexOf('>', from);
  return end < 0 ? page.length : end + 1;
}

const isRedirect = ({ exchange: { status = 0 } }: Answer): boolean => status >= 300 && status < 400;

/** Where an answer redirects to. */
const targetOf = ({ headers: { location }, exchange: { url } }: Answer): URL | undefined =>
  location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined;

const isOurs = (target: URL, redirectUri: string): boolean => {
  const ours = new URL(redirectUri);
  return target.origin === ours.origin && target.pathname === ours.pathname;
};

/** Ask the authorization endpoint before a browser does: it refuses what it would refuse there, and says why. */
async function lookAt(
  url: URL,
  { http, listener: { redirectUri } }: AuthorizeOptions,
): Promise<Pick<Request, 'exchange' | 'answer' | 'error' | 'says'> & { parameters?: URLSearchParams }> {
  const answer = await ask(http, {
    purpose: 'auth-authorize',
    method: 'GET',
    url: url.href,
    noted: `${url.origin}${url.pathname}`,
    headers: { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' },
  });
  const { index: exchange, text = '' } = answer;
  const { status = 0, error } = answer.exchange;
  if (error && status === 0) return { exchange, answer: 'no-answer', says: error.message };
  if (isRedirect(answer)) {
    const target = targetOf(answer);
    if (!target) return { exchange, answer: 'elsewhere', says: 'it redirects nowhere' };
    if (!isOurs(target, redirectUri)) return { exchange, answer: 'sign-in' };
    const parameters = new URLSearchParams(target.search || target.hash.slice(1));
    for (const name of ['code', 'access_token', 'id_token'])
      for (const value of parameters.getAll(name)) http.learn(value);
    const refused = parameters.get('error');
    const says = parameters.get('error_description');
    if (refused === null) return { exchange, answer: 'code', parameters };
    return {
      ...{ exchange, answer: 'error', error: refused.slice(0, 100), parameters },
      ...(says !== null && { says: says.slice(0, 300) }),
    };
  }
  const says = wordsOf(text);
  const named = /"error"\s*:\s*"([\w.-]{1,100})"/.exec(text)?.[1];
  const words = says.replace(ECHO, ' ');
  const refuses = REFUSES.test(words) || named !== undefined;
  // A page with status 200 is the sign-in itself, unless it says outright what it refuses and offers no way on.
  const outright = OUTRIGHT.test(words) || named !== undefined;
  if (status < 300 && !(outright && !/<(?:form|script|button|input)\b|http-equiv=["']?refresh/i.test(text)))
    return { exchange, answer: 'sign-in' };
  // Whoever turns every program away may still let a browser in: one with a Kerberos ticket, too.
  if (!refuses && [401, 403, 405, 406, 429, 503].includes(status)) return { exchange, answer: 'elsewhere', says };
  return { exchange, answer: 'error-page', says, ...(named !== undefined && { error: named }) };
}

/** The authorization request as a URL, with its state and PKCE. */
async function requestUrl({ server, client, state, scope, resource, offline, listener }: AuthorizeOptions) {
  const lib = await library();
  const verifier = lib.generateRandomCodeVerifier();
  const url = new URL(server.authorization_endpoint as string);
  // RFC 6749 section 3.1 forbids a fragment there, and allows a query: what stands in it yields to what is ours.
  url.hash = '';
  const parameters: Record<string, string> = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: listener.redirectUri,
    state,
    code_challenge: await lib.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(scope !== undefined && { scope }),
    ...(resource !== undefined && { resource }),
    // OpenID Connect Core section 11: without consent no refresh token is issued for offline_access.
    ...(offline && / ?offline_access\b/.test(scope ?? '') && { prompt: 'consent' }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url, verifier };
}

/** Check what came back (RFC 9207: the issuer, RFC 6749 section 10.12: the state), and note it. */
async function check(
  walk: Walk,
  parameters: URLSearchParams,
  { server, client, issuers, http, state }: AuthorizeOptions,
  waitedS: number,
): Promise<URLSearchParams | undefined> {
  const lib = await library();
  const issuer = parameters.get('iss') ?? undefined;
  const common = { waitedS, ...(issuer !== undefined && { issuer: issuer.slice(0, 300) }) };
  const code = parameters.get('code');
  if (code) http.learn(code);
  // RFC 6749 section 3.1: which of two would be meant is a matter of taste, and of attack.
  if (new Set(parameters.keys()).size !== [...parameters.keys()].length) {
    walk.response = { outcome: 'invalid', description: 'a parameter stands in it more than once', ...common };
    return undefined;
  }
  const error = parameters.get('error');
  if (parameters.get('state') !== state) {
    walk.response = { outcome: 'state-mismatch', ...common };
    return undefined;
  }
  if (error !== null) {
    const description = parameters.get('error_description')?.slice(0, 500);
    walk.response = { outcome: 'error', error: error.slice(0, 100), ...(description && { description }), ...common };
    return undefined;
  }
  if (issuer === undefined && server.authorization_response_iss_parameter_supported) {
    walk.response = { outcome: 'issuer-missing', ...common };
    return undefined;
  }
  if (issuer !== undefined && !issuers.includes(issuer)) {
    walk.response = { outcome: 'issuer-mismatch', ...common };
    return undefined;
  }
  try {
    const own = issuer === undefined ? server : { ...server, issuer };
    const valid = lib.validateAuthResponse(own, { client_id: client.id }, parameters, state);
    walk.response = code ? { outcome: 'code', ...common } : { outcome: 'invalid', ...common };
    return code ? valid : undefined;
  } catch (fault) {
    walk.response = { outcome: 'invalid', description: (fault as Error).message.slice(0, 300), ...common };
    return undefined;
  }
}

/** Let somebody sign in. The parameters of the response and the PKCE verifier, or undefined with the reason in the walk. */
export async function authorize(
  walk: Walk,
  options: AuthorizeOptions,
): Promise<{ parameters: URLSearchParams; verifier: string } | undefined> {
  const { http, server, client, state, scope, scopeFrom, resource, agent, listener } = options;
  delete walk.response;
  if (server.authorization_endpoint === undefined) {
    walk.ended = 'the authorization server names no authorization endpoint';
    return undefined;
  }
  const { url, verifier } = await requestUrl(options);
  http.learn(state);
  http.learn(verifier);
  const request: Request = {
    endpoint: server.authorization_endpoint.slice(0, 500),
    redirectUri: listener.redirectUri,
    clientId: client.id.slice(0, 300),
    ...(scope !== undefined && { scope: scope.slice(0, 1_000) }),
    scopeFrom,
    ...(resource !== undefined && { resource }),
    answer: 'not-asked',
    shown: 'nobody',
  };
  walk.request = request;
  const { parameters: direct, ...looked } = await lookAt(url, options);
  Object.assign(request, looked);
  if (direct) {
    request.shown = 'direct';
    const valid = await check(walk, direct, options, 0);
    return valid && { parameters: valid, verifier };
  }
  if (request.answer === 'error-page' || request.answer === 'no-answer' || stopped(http)) return undefined;
  const from = Date.now();
  request.shown = await agent.show(url.href);
  const parameters = await listener.wait();
  const waitedS = Math.round((Date.now() - from) / 1_000);
  if (!parameters) {
    const strays = listener.strays?.() ?? {};
    const others = (strays['state-missing'] ?? 0) + (strays['state-wrong'] ?? 0);
    walk.response = { outcome: others > 0 ? 'state-mismatch' : 'none', waitedS };
    return undefined;
  }
  const valid = await check(walk, parameters, options, waitedS);
  return valid && { parameters: valid, verifier };
}
