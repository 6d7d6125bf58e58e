/**
 * The walk through the authorization of a server, as far as pasted exchanges show it: a transcript of curl, a HAR file, the log of a
 * proxy. The same form in which a walk of our own is noted. Only whole documents count: what is missing in half of one was not seen.
 */
import { parseChallenges } from './challenges.js';
import type { Evidence, Exchange } from './evidence.js';

type Authorization = Evidence['authorization'];

type ResourceMetadata = Authorization['resourceMetadata'][number];
type ServerMetadata = Authorization['serverMetadata'][number];
type Outcome = ResourceMetadata['outcome'];

const MAX_ENTRIES = 20;
const MAX_TEXT = 500;

const RESOURCE = /\/\.well-known\/oauth-protected-resource(?<path>\/[^?#]*)?$/;
const SERVER =
  /^(?<before>\/.*)?\/\.well-known\/(?<name>oauth-authorization-server|openid-configuration)(?<path>\/[^?#]*)?$/;

const STEP = /\/(?:register|registration|token|authorize)\/?$/;

const urlOf = (text: string, base: string): URL | null => (URL.canParse(text, base) ? new URL(text, base) : null);

/** A body that is one whole JSON object. */
function objectIn({ body, bodyCut }: Exchange): Record<string, unknown> | null {
  if (bodyCut || body === undefined) return null;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const text = (document: Record<string, unknown>, name: string): string | undefined => {
  const value = document[name];
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : undefined;
};
const list = (document: Record<string, unknown>, name: string): string[] | undefined => {
  const value = document[name];
  return Array.isArray(value)
    ? value
        .filter((one): one is string => typeof one === 'string')
        .slice(0, 50)
        .map((one) => one.slice(0, MAX_TEXT))
    : undefined;
};
/** Without the members that are undefined. */
const known = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

/** How asking for a document ended; undefined where what was pasted does not tell. */
function outcomeOf(exchange: Exchange): Outcome | undefined {
  const { status, error, body = '' } = exchange;
  if (error) return 'no-answer';
  // A document that was printed alone.
  if (status === undefined) return objectIn(exchange) && !/"error"\s*:/.test(body) ? 'found' : undefined;
  if (status === 401 || status === 403) return 'refused';
  if (status >= 500 || status === 429) return 'server-error';
  if (status >= 300 && status < 400) return 'redirect';
  if (status >= 400) return 'not-found';
  if (objectIn(exchange)) return 'found';
  return /^\s*<(?:!doctype|html)/i.test(body) || /text\/html/.test(exchange.contentType ?? '') ? 'not-json' : undefined;
}

const readResource = (document: Record<string, unknown>): ResourceMetadata['document'] =>
  known({
    resource: text(document, 'resource'),
    authorizationServers: list(document, 'authorization_servers') ?? [],
    scopes: list(document, 'scopes_supported'),
    bearerMethods: list(document, 'bearer_methods_supported'),
  });

const readServer = (document: Record<string, unknown>): NonNullable<ServerMetadata['document']> =>
  known({
    issuer: text(document, 'issuer'),
    authorizationEndpoint: text(document, 'authorization_endpoint'),
    tokenEndpoint: text(document, 'token_endpoint'),
    registrationEndpoint: text(document, 'registration_endpoint'),
    revocationEndpoint: text(document, 'revocation_endpoint'),
    scopes: list(document, 'scopes_supported'),
    responseTypes: list(document, 'response_types_supported'),
    grantTypes: list(document, 'grant_types_supported'),
    pkceMethods: list(document, 'code_challenge_methods_supported'),
    tokenAuthMethods: list(document, 'token_endpoint_auth_methods_supported'),
    clientIdMetadataDocument: document.client_id_metadata_document_supported === true,
    issParameter: document.authorization_response_iss_parameter_supported === true,
  });

/** The issuer of whom a well-known address tells, and the rule by which it was made. */
function issuerOf(url: URL, home: URL): { issuer: string; via: ServerMetadata['via'] } | null {
  const { before = '', name, path = '' } = SERVER.exec(url.pathname)?.groups ?? {};
  if (name === undefined) return null;
  const oauth = name === 'oauth-authorization-server';
  const issuer = `${url.origin}${before || path}`;
  if (before) return { issuer, via: oauth ? 'oauth-appended' : 'openid-appended' };
  return { issuer, via: oauth ? (url.origin === home.origin ? 'origin' : 'oauth') : 'openid' };
}

const PRIVATE =
  /^(?:localhost|.*\.localhost|127\.\S*|10\.\S*|192\.168\.\S*|172\.(?:1[6-9]|2\d|3[01])\.\S*|169\.254\.\S*|0\.0\.0\.0|\[(?:::1|f[cd][\da-f]{2}:.*|fe80:.*)\])$/i;
const isPublic = ({ hostname }: URL): boolean => !PRIVATE.test(hostname) && hostname.includes('.');

/** Why a client must not use an address that a document names. */
function unsafe(value: string, home: URL): Authorization['unsafe'][number]['why'] | null {
  if (!URL.canParse(value)) return null;
  const url = new URL(value);
  if (!/^https?:$/.test(url.protocol)) return 'scheme';
  if (!isPublic(home)) return null;
  if (PRIVATE.test(url.hostname)) return 'private-address';
  return url.protocol === 'http:' ? 'plain-http' : null;
}

const ENDPOINTS = [
  ['authorization_endpoint', 'authorizationEndpoint'],
  ['token_endpoint', 'tokenEndpoint'],
  ['registration_endpoint', 'registrationEndpoint'],
] as const;

const errorIn = (exchange: Exchange): { error?: string; description?: string } => {
  const document = objectIn(exchange);
  return document ? known({ error: text(document, 'error'), description: text(document, 'error_description') }) : {};
};

/** Collects the steps in the order in which they were pasted. */
class Walk {
  readonly told: Authorization;
  readonly #home: URL;

  constructor(resource: string) {
    this.#home = new URL(resource);
    this.told = {
      resource,
      mode: 'look',
      given: [],
      resourceMetadata: [],
      serverMetadata: [],
      fallback: false,
      unsafe: [],
      grants: [],
      access: [],
    };
  }

  #resource(exchange: Exchange, index: number, url: URL): void {
    const outcome = outcomeOf(exchange);
    const path = RESOURCE.exec(url.pathname)?.groups?.path;
    if (!outcome || this.told.resourceMetadata.length >= MAX_ENTRIES) return;
    const pointer = this.told.challenge?.challenges.find(({ parameters }) => parameters.resource_metadata);
    const named = pointer?.parameters.resource_metadata === url.href;
    const document = objectIn(exchange);
    this.told.resourceMetadata.push({
      via: named ? 'challenge' : path ? 'path' : 'root',
      url: url.href,
      exchange: index,
      outcome,
      ...(outcome === 'found' && document && { document: readResource(document) }),
    });
  }

  #server(exchange: Exchange, index: number, url: URL): void {
    const outcome = outcomeOf(exchange);
    const asked = issuerOf(url, this.#home);
    if (!outcome || !asked || this.told.serverMetadata.length >= MAX_ENTRIES) return;
    // The slash at the end of an issuer is not in the address of its metadata.
    const servers = this.told.resourceMetadata.flatMap(({ document }) => document?.authorizationServers ?? []);
    const issuer = servers.find((one) => one.replace(/\/$/, '') === asked.issuer.replace(/\/$/, '')) ?? asked.issuer;
    const object = objectIn(exchange);
    const document = outcome === 'found' && object ? readServer(object) : undefined;
    const place =
      this.told.serverMetadata.push({
        issuer,
        // The rules of 2025-03-26 apply only where no metadata of the resource was found.
        via: asked.via === 'origin' && servers.length > 0 ? 'oauth' : asked.via,
        url: url.href,
        exchange: index,
        outcome,
        ...(document && { document }),
      }) - 1;
    if (!document) return;
    this.told.used ??= place;
    for (const [field, member] of ENDPOINTS) {
      const value = document[member];
      const why = value === undefined ? null : unsafe(value, this.#home);
      if (value !== undefined && why) this.told.unsafe.push({ field, url: value, why, document: place });
    }
  }

  #registration(exchange: Exchange, index: number): void {
    const { status = 0 } = exchange;
    const document = objectIn(exchange) ?? {};
    const ready = status >= 200 && status < 300;
    if (status === 0 || (ready && objectIn(exchange) === null)) return;
    this.told.registration = known({
      how: 'dynamic' as const,
      outcome: ready
        ? document.client_id === undefined
          ? ('invalid' as const)
          : ('ready' as const)
        : ('refused' as const),
      exchange: index,
      status,
      clientId: text(document, 'client_id'),
      redirectUris: list(document, 'redirect_uris'),
      tokenAuthMethod: text(document, 'token_endpoint_auth_method'),
      ...errorIn(exchange),
    });
  }

  #authorize(exchange: Exchange, index: number, url: URL): void {
    const { status = 0, headers = {}, body = '' } = exchange;
    const asked = (name: string) => url.searchParams.get(name)?.slice(0, MAX_TEXT) ?? undefined;
    const back = headers.location === undefined ? null : urlOf(headers.location, url.href);
    const error = back?.searchParams.get('error') ?? errorIn(exchange).error;
    const says = back?.searchParams.get('error_description') ?? errorIn(exchange).description;
    const redirectUri = asked('redirect_uri');
    const clientId = asked('client_id');
    if (status === 0 || redirectUri === undefined || clientId === undefined) return;
    const scope = asked('scope');
    const named = this.told.challenge?.challenges.some(({ parameters }) => parameters.scope === scope);
    const listed = this.told.resourceMetadata.some(({ document }) => document?.scopes?.join(' ') === scope);
    this.told.request = known({
      endpoint: `${url.origin}${url.pathname}`,
      redirectUri,
      clientId,
      scope,
      scopeFrom:
        scope && named ? ('challenge' as const) : scope && listed ? ('resource-metadata' as const) : ('none' as const),
      resource: asked('resource'),
      exchange: index,
      answer: back && error ? ('error' as const) : status >= 400 ? ('error-page' as const) : ('sign-in' as const),
      error: error?.slice(0, MAX_TEXT),
      says:
        (says ?? (status >= 400 && !/^\s*[<{]/.test(body) ? body.trim() : undefined))?.slice(0, MAX_TEXT) || undefined,
      shown: 'browser' as const,
    });
  }

  #token(exchange: Exchange, index: number): void {
    const { status = 0 } = exchange;
    const document = objectIn(exchange);
    if (status === 0 || this.told.grants.length >= MAX_ENTRIES) return;
    const issued = status >= 200 && status < 300;
    if (issued && document === null) return;
    const { error, description } = errorIn(exchange);
    const scope = document ? text(document, 'scope') : undefined;
    this.told.grants.push(
      known({
        grant: /\brefresh/i.test(description ?? '') ? ('refresh_token' as const) : ('authorization_code' as const),
        exchange: index,
        outcome: issued ? (document?.access_token ? ('issued' as const) : ('invalid' as const)) : ('refused' as const),
        status,
        error,
        description,
        tokenType: document ? text(document, 'token_type') : undefined,
        expiresInS: typeof document?.expires_in === 'number' ? document.expires_in : undefined,
        scope,
        refreshToken: document?.refresh_token !== undefined,
      }),
    );
  }

  #endpoint(exchange: Exchange, index: number): void {
    const { status = 0, headers = {}, credentials } = exchange;
    const challenges = parseChallenges(headers['www-authenticate'] ?? '');
    if (credentials === 'sent' && status > 0) {
      const parameters = challenges[0]?.parameters ?? {};
      this.told.access.push(
        known({
          with: this.told.grants.some(({ outcome }) => outcome === 'issued')
            ? ('signed-in' as const)
            : ('given' as const),
          exchange: index,
          status,
          error: parameters.error,
          description: parameters.error_description,
          scope: parameters.scope,
        }),
      );
    } else if (status === 401 || (status === 403 && challenges.length > 0))
      this.told.challenge ??= { exchange: index, status, challenges, credentials: 'none' };
  }

  /** Note one exchange. Whether it was a step of the sign-in. */
  note(exchange: Exchange, index: number): boolean {
    const url = exchange.url === '' ? null : urlOf(exchange.url, this.#home.href);
    if (!url) return false;
    const { pathname } = url;
    const endpoint = (member: 'authorizationEndpoint' | 'tokenEndpoint' | 'registrationEndpoint', guess: RegExp) =>
      this.told.serverMetadata.some(
        ({ document }) => document?.[member]?.split('?')[0] === `${url.origin}${pathname}`,
      ) || guess.test(pathname);
    if (RESOURCE.test(pathname)) this.#resource(exchange, index, url);
    else if (SERVER.test(pathname)) this.#server(exchange, index, url);
    else if (exchange.method === 'POST' && endpoint('registrationEndpoint', /\/(?:register|registration)\/?$/))
      this.#registration(exchange, index);
    else if (exchange.method === 'POST' && endpoint('tokenEndpoint', /\/token\/?$/)) this.#token(exchange, index);
    else if (exchange.method === 'GET' && endpoint('authorizationEndpoint', /\/authorize\/?$/))
      this.#authorize(exchange, index, url);
    else {
      if (`${url.origin}${pathname}` === `${this.#home.origin}${this.#home.pathname}` && exchange.method === 'POST')
        this.#endpoint(exchange, index);
      return false;
    }
    return true;
  }
}

/** The walk that the exchanges of a report show; nothing when none of them is a step of a sign-in, or the URL of the server is not known. */
export function toldAuthorization(exchanges: readonly Exchange[], url: string | undefined): Authorization | undefined {
  if (url === undefined || !URL.canParse(url) || !/^https?:/.test(url)) return undefined;
  // The address of a step is none of the MCP server.
  const { pathname } = new URL(url);
  if (RESOURCE.test(pathname) || SERVER.test(pathname) || STEP.test(pathname)) return undefined;
  const walk = new Walk(url);
  // A line that a client spoke, or an access log without bodies, tells less than it seems.
  const steps = exchanges.filter((exchange, i) => !exchange.spoken && walk.note(exchange, i));
  const { resourceMetadata, serverMetadata, registration, request, grants } = walk.told;
  const noted = resourceMetadata.length + serverMetadata.length + grants.length > 0 || registration || request;
  return steps.length > 0 && noted ? walk.told : undefined;
}
