/**
 * From a refusal to the authorization server, in the order that clients follow: the metadata of the resource (RFC 9728), then those of
 * the authorization server (RFC 8414, OpenID Connect Discovery). Without any metadata of the resource the rules of 2025-03-26 apply.
 * What is found is noted as it was served; what it means is judged elsewhere.
 */
import type { Evidence } from '../case/evidence.js';
import { type Answer, ask, listOf, type OAuthHttp, objectIn, pauseOf, stopped, urlOf } from './http.js';
import { unsafeUrl } from './safe.js';

type Walk = Evidence['authorization'];
type ResourceMetadata = Walk['resourceMetadata'][number];
type ServerMetadata = Walk['serverMetadata'][number];
type ServerDocument = NonNullable<ServerMetadata['document']>;
type Outcome = ResourceMetadata['outcome'];
type Challenges = NonNullable<Walk['challenge']>['challenges'];

/** Authorization servers of one resource that are asked: clients take the first. */
const MAX_SERVERS = 3;
const MAX_REDIRECTS = 3;

export interface DiscoveryOptions {
  http: OAuthHttp;
  /** Whether the MCP server is on a public address. */
  homeIsPublic: boolean;
  /** Ask at every address, also behind the first that answers: only a look for its own sake does that. */
  thorough: boolean;
}

interface Fetched {
  outcome: Outcome;
  why?: string;
  answer?: Answer;
  document?: Record<string, unknown>;
}

/** How an answer counts, before its document is looked at. */
function outcomeOf({ exchange: { status = 0, error, stopped: without }, text }: Answer): Outcome | null {
  if (without === 'too-large' || without === 'inflates') return 'too-large';
  if (without === 'nested') return 'invalid';
  if (error || status === 0) return 'no-answer';
  if (status === 401 || status === 403) return 'refused';
  if (status >= 500 || status === 429) return 'server-error';
  if (status >= 300 && status < 400) return 'redirect';
  if (status !== 200) return 'not-found';
  return objectIn(text) ? null : 'not-json';
}

/** Fetch one document, and follow its redirects as far as that is safe. */
async function fetchDocument(url: string, purpose: string, options: DiscoveryOptions): Promise<Fetched> {
  const seen = new Set<string>();
  let at = url;
  for (;;) {
    seen.add(at);
    const answer = await ask(options.http, { purpose, method: 'GET', url: at });
    const outcome = outcomeOf(answer);
    if (outcome === null) {
      const moved = at === url ? undefined : `served at ${at}`;
      return { outcome: 'found', answer, document: objectIn(answer.text) ?? {}, ...(moved && { why: moved }) };
    }
    if (answer.exchange.error?.code === 'ADDRESS_REFUSED')
      return { outcome: 'unsafe', answer, why: answer.exchange.error.message };
    if (outcome === 'invalid') return { outcome, answer, why: 'its JSON is nested deeper than any metadata are' };
    // A pause, a name nobody knows, a certificate nobody trusts: what the system says is what must be mended.
    const says =
      pauseOf(answer) ?? (outcome === 'no-answer' ? answer.exchange.error?.message.slice(0, 200) : undefined);
    if (outcome !== 'redirect') return { outcome, answer, ...(says !== undefined && { why: says }) };
    if (stopped(options.http) !== undefined) return { outcome, answer };
    const { location } = answer.headers;
    if (location === undefined || !URL.canParse(location, at))
      return { outcome, answer, why: 'the redirect leads nowhere' };
    const next = new URL(location, at).href;
    const unsafe = unsafeUrl(next, options.homeIsPublic);
    if (unsafe)
      return { outcome, answer, why: `it redirects to ${next.slice(0, 300)}, which is not followed: ${unsafe}` };
    if (new URL(at).protocol === 'https:' && next.startsWith('http:'))
      return { outcome, answer, why: `it redirects from https to ${next.slice(0, 300)}` };
    if (seen.has(next)) return { outcome, answer, why: `its redirects go round in a circle (${next.slice(0, 300)})` };
    if (seen.size > MAX_REDIRECTS) return { outcome, answer, why: `more than ${MAX_REDIRECTS} redirects` };
    at = next;
  }
}

const noteOf = ({ outcome, why, answer }: Fetched) => ({
  outcome,
  ...(why !== undefined && { why }),
  ...(answer && { exchange: answer.index }),
  ...(answer?.headers['access-control-allow-origin'] !== undefined && {
    allowOrigin: answer.headers['access-control-allow-origin'].slice(0, 200),
  }),
});

/** `https://host/.well-known/<name><path>`, as RFC 8414 and RFC 9728 insert it. The query stays with the resource (RFC 9728 section 3.1). */
function inserted(name: string, of: URL, query = ''): string {
  const path = of.pathname === '/' ? '' : of.pathname.replace(/\/$/, '');
  return `${of.origin}/.well-known/${name}${path}${query}`;
}

function readResource(document: Record<string, unknown>): ResourceMetadata['document'] {
  return {
    resource: urlOf(document, 'resource'),
    authorizationServers: listOf(document, 'authorization_servers') ?? [],
    scopes: listOf(document, 'scopes_supported'),
    bearerMethods: listOf(document, 'bearer_methods_supported'),
  };
}

function readServer(document: Record<string, unknown>): ServerDocument {
  return {
    issuer: urlOf(document, 'issuer'),
    authorizationEndpoint: urlOf(document, 'authorization_endpoint'),
    tokenEndpoint: urlOf(document, 'token_endpoint'),
    registrationEndpoint: urlOf(document, 'registration_endpoint'),
    revocationEndpoint: urlOf(document, 'revocation_endpoint'),
    scopes: listOf(document, 'scopes_supported'),
    responseTypes: listOf(document, 'response_types_supported'),
    grantTypes: listOf(document, 'grant_types_supported'),
    pkceMethods: listOf(document, 'code_challenge_methods_supported'),
    tokenAuthMethods: listOf(document, 'token_endpoint_auth_methods_supported'),
    clientIdMetadataDocument: document.client_id_metadata_document_supported === true,
    issParameter: document.authorization_response_iss_parameter_supported === true,
  };
}

/** The metadata of the resource: at the address of the challenge, else at the well-known ones, in that order. */
async function findResource(walk: Walk, challenges: Challenges, options: DiscoveryOptions): Promise<void> {
  const resource = new URL(walk.resource);
  const pointer = challenges.map(({ parameters }) => parameters.resource_metadata).find(Boolean);
  const root = `${resource.origin}/.well-known/oauth-protected-resource`;
  const path = inserted('oauth-protected-resource', resource);
  const places: [ResourceMetadata['via'], string][] = [
    ...(pointer === undefined ? [] : [['challenge', pointer] as [ResourceMetadata['via'], string]]),
    ...(path === root ? [] : [['path', path] as [ResourceMetadata['via'], string]]),
    ['root', root],
  ];
  const asked = new Set<string>();
  for (const [via, url] of places) {
    // Only the pointer comes from a stranger. One that is no whole address breaks RFC 9728 section 5.1.
    const why = via === 'challenge' ? unsafeUrl(url, options.homeIsPublic) : null;
    if (why) {
      walk.unsafe.push({ field: 'resource_metadata', url: url.slice(0, 500), why });
      walk.resourceMetadata.push({ via, url: url.slice(0, 500), outcome: 'unsafe', why });
      continue;
    }
    if (asked.has(url)) continue;
    asked.add(url);
    const fetched = await fetchDocument(url, 'auth-resource-metadata', options);
    const document = fetched.document && readResource(fetched.document);
    const missing = document && (document.resource === undefined ? 'resource' : undefined);
    walk.resourceMetadata.push({
      ...{ via, url },
      ...noteOf(fetched),
      ...(document && { document }),
      ...(missing !== undefined && { outcome: 'invalid' as const, why: `it has no "${missing}"` }),
    });
    // The first that answers is the one; whether it stands elsewhere as well, for older clients, is a question of its own.
    if (!options.thorough && fetched.outcome === 'found') return;
    if (stopped(options.http) !== undefined) return;
  }
}

/** The addresses of an issuer's metadata, in the order of 2025-11-25 (authorization server metadata discovery). */
function placesOf(issuer: URL): [ServerMetadata['via'], string][] {
  const path = issuer.pathname.replace(/\/$/, '');
  return [
    ['oauth', inserted('oauth-authorization-server', issuer)],
    ['openid', inserted('openid-configuration', issuer)],
    ...(path === ''
      ? []
      : [
          ['openid-appended', `${issuer.origin}${path}/.well-known/openid-configuration`] as [
            ServerMetadata['via'],
            string,
          ],
        ]),
  ];
}

/** Members of the metadata that name an address which a client uses. */
const ENDPOINTS = [
  ['authorization_endpoint', 'authorizationEndpoint'],
  ['token_endpoint', 'tokenEndpoint'],
  ['registration_endpoint', 'registrationEndpoint'],
  ['revocation_endpoint', 'revocationEndpoint'],
] as const;

/** Ask at one address, note it, and say whether a document with the endpoints stands there. */
async function askServer(
  walk: Walk,
  issuer: string,
  [via, url]: [ServerMetadata['via'], string],
  options: DiscoveryOptions,
): Promise<boolean> {
  const fetched = await fetchDocument(url, 'auth-server-metadata', options);
  const document = fetched.document && readServer(fetched.document);
  const missing = document && (document.issuer === undefined ? 'issuer' : undefined);
  const index = walk.serverMetadata.push({
    ...{ issuer, via, url },
    ...noteOf(fetched),
    ...(document && { document }),
    ...(missing !== undefined && { outcome: 'invalid' as const, why: `it has no "${missing}"` }),
  });
  for (const [field, member] of ENDPOINTS) {
    const value = document?.[member];
    const why = value === undefined ? null : unsafeUrl(value, options.homeIsPublic);
    if (why) walk.unsafe.push({ field, url: (value ?? '').slice(0, 500), why, document: index - 1 });
  }
  return document !== undefined && missing === undefined;
}

/**
 * The identifier that was asked for. RFC 8414 section 3.3 wants the same text, and that it is not is told; but a slash at the end names
 * nobody else, and many clients go on: so do we, to see whether the rest works.
 */
const isSame = (issuer: string | undefined, wanted: string): boolean =>
  issuer?.replace(/\/$/, '') === wanted.replace(/\/$/, '');

/** The index of a document that a client can go on with. */
function usable(walk: Walk): number | undefined {
  const index = walk.serverMetadata.findIndex(
    ({ outcome, document, issuer, via }, i) =>
      outcome === 'found' &&
      via !== 'oauth-appended' &&
      document?.tokenEndpoint !== undefined &&
      isSame(document.issuer, issuer) &&
      !walk.unsafe.some((entry) => entry.document === i && /^(?:authorization|token)_endpoint$/.test(entry.field)),
  );
  return index < 0 ? undefined : index;
}

/** The metadata of the authorization servers that the resource names. */
async function findServers(walk: Walk, issuers: string[], options: DiscoveryOptions): Promise<void> {
  for (const issuer of issuers.slice(0, MAX_SERVERS)) {
    const why = unsafeUrl(issuer, options.homeIsPublic);
    if (why) {
      walk.unsafe.push({ field: 'authorization_servers', url: issuer.slice(0, 500), why });
      continue;
    }
    const url = new URL(issuer);
    let found = false;
    for (const place of placesOf(url)) {
      found = (await askServer(walk, issuer, place, options)) || found;
      if (stopped(options.http) !== undefined) return;
      if (found && !options.thorough) break;
    }
    const path = url.pathname.replace(/\/$/, '');
    // Some servers have it only where old clients looked: worth knowing, and of no use to others.
    if (!found && path !== '')
      await askServer(
        walk,
        issuer,
        ['oauth-appended', `${url.origin}${path}/.well-known/oauth-authorization-server`],
        options,
      );
    if (usable(walk) !== undefined) return;
  }
}

/** Walk from the challenge to the authorization server, and note every step in `walk`. Never throws for what servers do. */
export async function discover(walk: Walk, challenges: Challenges, options: DiscoveryOptions): Promise<void> {
  const resource = new URL(walk.resource);
  walk.resourceMetadata = [];
  walk.serverMetadata = [];
  walk.unsafe = [];
  walk.fallback = false;
  await findResource(walk, challenges, options);
  if (stopped(options.http) !== undefined) {
    delete walk.used;
    return;
  }
  const found = walk.resourceMetadata.find(({ document }) => document !== undefined);
  if (found) await findServers(walk, found.document?.authorizationServers ?? [], options);
  else if (!walk.resourceMetadata.some(({ outcome }) => outcome === 'unsafe' || outcome === 'no-answer')) {
    walk.fallback = true;
    // 2025-03-26, authorization base URL: the path of the MCP server is left out.
    await askServer(
      walk,
      resource.origin,
      ['origin', `${resource.origin}/.well-known/oauth-authorization-server`],
      options,
    );
  }
  const used = usable(walk);
  if (used === undefined) delete walk.used;
  else walk.used = used;
}
