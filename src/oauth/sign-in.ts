/**
 * A sign-in as an MCP client makes it: find the authorization server, become its client, let somebody sign in, redeem the code. Every
 * step is noted; none throws for what servers do. Nothing is followed with credentials that metadata do not vouch for.
 */
import type * as oauth from 'oauth4webapi';
import { oauthChallenge, parseChallenges } from '../case/challenges.js';
import type { Evidence } from '../case/evidence.js';
import { authorize, type SignInAgent } from './authorize.js';
import { type Client, type KnownClient, library, register, serverOf } from './client.js';
import { discover } from './discovery.js';
import { Possession } from './dpop.js';
import { clientCredentials, type GrantContext, redeemCode, refresh, type Tokens } from './grants.js';
import { type OAuthHttp, stopped } from './http.js';
import { type Held, leave, type Registered } from './leave.js';

type Walk = Evidence['authorization'];

/** Sign-ins of one investigation: the first, and as many as a server may ask for by a wider scope or another authorization server. */
const MAX_SIGN_INS = 3;

export interface SignInOptions {
  http: OAuthHttp;
  /** The URL of the MCP server. */
  resource: string;
  homeIsPublic: boolean;
  thorough: boolean;
  /** `look`: read metadata alone. */
  mode: Walk['mode'];
  agent?: SignInAgent;
  /** A client that somebody registered. */
  known?: KnownClient;
  /** The address of a client ID metadata document (draft-ietf-oauth-client-id-metadata-document), used where the server takes one. */
  metadataDocument?: string;
  /** Scopes to ask for, in place of those the server names. */
  scope?: string;
  /** Ask for a refresh token, where the server says how (`offline_access`). */
  offline?: boolean;
  clientName: string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** A refusal of the MCP server. */
export interface Refusal {
  exchange: number;
  status: number;
  /** Its WWW-Authenticate header. */
  header?: string;
  credentials: 'none' | 'sent';
}

/** Tokens that an earlier sign-in left, with the client they belong to. */
export interface Kept {
  issuer: string;
  client: Client;
  tokens: Tokens;
}

/** What a sign-in brought. */
type Got = { client: Client; tokens: Tokens } | undefined;

const words = (scope: string | undefined): string[] => (scope ?? '').split(/\s+/).filter(Boolean);

/** A resource that covers the URL: the same origin, and a path above it (the rule of the SDKs; RFC 9728 section 3.3 asks for the same text). */
function covers(resource: string | undefined, url: string): boolean {
  if (resource === undefined || !URL.canParse(resource)) return false;
  const [a, b] = [new URL(resource), new URL(url)];
  const slashed = (path: string) => (path.endsWith('/') ? path : `${path}/`);
  return a.origin === b.origin && slashed(b.pathname).startsWith(slashed(a.pathname));
}

export class SignIn {
  readonly options: SignInOptions;
  readonly walk: Walk;
  /** Clients by issuer: credentials of one authorization server are never shown to another. */
  readonly #clients = new Map<string, Client>();
  readonly #registered: Registered[] = [];
  /** Everything that was issued to us; the last is in use. */
  readonly #held: Held[] = [];
  readonly #asked = new Set<string>();
  /** The issuer that the client of the user was shown to first: it is shown to no other. */
  #issuerOfKnown: string | undefined;
  #signIns = 0;
  #possession: Possession | undefined;
  #server: oauth.AuthorizationServer | undefined;

  constructor(options: SignInOptions) {
    this.options = options;
    this.walk = {
      ...{ resource: options.resource, mode: options.mode, given: [], fallback: false },
      ...{ resourceMetadata: [], serverMetadata: [], unsafe: [], grants: [], access: [] },
    };
  }

  /** The tokens in use, with the authorization server and the client that they belong to. */
  get held(): Held | undefined {
    return this.#held.at(-1);
  }

  /** The authorization server that the metadata name now. */
  get server(): oauth.AuthorizationServer | undefined {
    return this.#server;
  }

  /** The key of tokens that are bound to one, where the MCP server takes no others. */
  get possession(): Possession | undefined {
    return this.#possession;
  }

  /** The resource indicator: exactly as the metadata write it (RFC 8707 section 2). None by the rules of 2025-03-26. */
  get indicator(): string | undefined {
    return this.walk.resourceMetadata.find(({ document }) => document)?.document?.resource;
  }

  /** The header that shows the token. */
  get authorization(): string | undefined {
    return this.held && `${this.held.tokens.type} ${this.held.tokens.accessToken}`;
  }

  /** Note a refusal and its challenges, and walk to the authorization server. */
  async look({ exchange, status, header = '', credentials }: Refusal): Promise<void> {
    const { http, homeIsPublic, thorough } = this.options;
    const challenges = parseChallenges(header).map(bounded);
    // The first refusal is the one that opens the walk; later ones are told where the token was refused.
    this.walk.challenge ??= { exchange, status, challenges, credentials };
    if (/^dpop$/i.test(oauthChallenge(challenges)?.scheme ?? '')) this.#possession ??= new Possession(this.options.now);
    await discover(this.walk, challenges, { http, homeIsPublic, thorough });
    const why = stopped(http);
    if (why !== undefined) this.#end(why);
    const { used } = this.walk;
    const document = used === undefined ? undefined : this.walk.serverMetadata[used]?.document;
    if (document) this.#server = serverOf(document, (field) => this.#isUnsafe(field));
    else if (this.walk.fallback && this.options.mode !== 'look') {
      // 2025-03-26, fallbacks for servers without metadata discovery.
      const { origin } = new URL(this.options.resource);
      const at = (path: string) => `${origin}/${path}`;
      this.#server = {
        issuer: origin,
        authorization_endpoint: at('authorize'),
        token_endpoint: at('token'),
        registration_endpoint: at('register'),
      };
    } else this.#server = undefined;
  }

  /** Take up what an earlier sign-in left, when it belongs to the authorization server that the metadata name now. */
  resume({ issuer, client, tokens }: Kept): boolean {
    const server = this.#server;
    // A bound token is worth nothing without its key, which nobody keeps.
    if (server?.issuer !== issuer || tokens.type === 'DPoP') return false;
    this.#clients.set(issuer, client);
    this.#held.push({ server, client, tokens, others: [], stored: true });
    this.walk.registration = { how: 'stored', outcome: 'ready', clientId: client.id };
    return true;
  }

  /** Sign in. Whether a token came of it; the reason otherwise stands in the walk. */
  async signIn(): Promise<boolean> {
    const { options } = this;
    const { http } = options;
    const before = stopped(http);
    if (before !== undefined) return this.#end(before);
    if (this.#signIns >= MAX_SIGN_INS) return this.#end(`${MAX_SIGN_INS} sign-ins did not open the server`);
    const server = this.#server;
    if (!server) return this.#end('no metadata of an authorization server could be used');
    const indicator = this.indicator;
    if (indicator !== undefined && !covers(indicator, options.resource))
      return this.#end(`the metadata are those of ${indicator.slice(0, 200)}, not of this server`);
    this.#signIns++;
    const got = await (options.mode === 'client-credentials' ? this.#asItself(server) : this.#byUser(server));
    if (got) this.#held.push({ server, others: [], stored: false, ...got });
    const after = stopped(http);
    if (!got && after !== undefined) this.#end(after);
    return got !== undefined;
  }

  /** After a 403 that asks for more: sign in again with the wider scope. False when it asks for nothing new. */
  async stepUp(refusal: Refusal): Promise<boolean> {
    const scope = oauthChallenge(parseChallenges(refusal.header ?? ''))?.parameters.scope;
    const missing = words(scope).filter((word) => !this.#asked.has(word));
    if (missing.length === 0) return this.#end('the scope it asks for was granted already');
    for (const word of missing) this.#asked.add(word);
    return this.signIn();
  }

  /** A new token for the old one. */
  async refresh(): Promise<boolean> {
    const { held } = this;
    const fresh = held && !stopped(this.options.http) && (await refresh(this.#at(held), held.tokens, this.indicator));
    if (held && fresh) held.tokens = fresh;
    return Boolean(fresh);
  }

  /** A token of the same authorization server for somebody else, to see whether the MCP server takes it. Undefined: none is to be had. */
  async otherAudience(resource: string): Promise<string | undefined> {
    const { held } = this;
    if (!held || stopped(this.options.http)) return undefined;
    const { tokens } = held;
    const other =
      this.options.mode === 'client-credentials'
        ? await clientCredentials(this.#at(held), { resource, scope: tokens.scope }, 'other-resource')
        : await refresh(this.#at(held), tokens, resource, 'other-resource');
    if (!other) return undefined;
    held.others.push(other.accessToken);
    // A refresh token that was rotated is the one to go on with.
    if (other.refreshToken !== undefined) held.tokens = { ...tokens, refreshToken: other.refreshToken };
    return other.accessToken;
  }

  /** Leave nothing behind but what is to be `kept`. */
  async leave(kept?: Held): Promise<void> {
    const { http, homeIsPublic } = this.options;
    await leave(http, homeIsPublic, {
      held: this.#held.filter((one) => one !== kept),
      registered: this.#registered.filter(({ client }) => client !== kept?.client),
    });
  }

  #at({ server, client }: Registered): GrantContext {
    const { http, now } = this.options;
    return { http, walk: this.walk, server, client, possession: this.#possession, now };
  }

  /** Whether the document in use names an address under that name which must not be used. */
  #isUnsafe(field: string): boolean {
    const { unsafe, used } = this.walk;
    return unsafe.some((entry) => entry.field === field && entry.document === used);
  }

  #issuersOf({ issuer }: oauth.AuthorizationServer): string[] {
    const { used, serverMetadata } = this.walk;
    const asked = used === undefined ? undefined : serverMetadata[used]?.issuer;
    return asked === undefined ? [issuer] : [issuer, asked];
  }

  /** The client of the user, for the one authorization server that it is for. */
  #knownFor({ issuer }: oauth.AuthorizationServer): KnownClient | undefined {
    const { known } = this.options;
    if (!known) return undefined;
    this.#issuerOfKnown ??= known.issuer ?? issuer;
    return this.#issuerOfKnown === issuer ? known : undefined;
  }

  #end(why: string): false {
    this.walk.ended = why;
    return false;
  }

  /** The scopes to ask for, and where they come from (2025-11-25, scope selection strategy). */
  #scope(): { scope?: string; from: NonNullable<Walk['request']>['scopeFrom'] } {
    const { options, walk } = this;
    const challenged = oauthChallenge(walk.challenge?.challenges ?? [])?.parameters.scope;
    const listed = walk.resourceMetadata.find(({ document }) => document)?.document?.scopes;
    const [base, from] =
      options.scope !== undefined
        ? [options.scope, 'given' as const]
        : challenged !== undefined
          ? [challenged, 'challenge' as const]
          : listed?.length
            ? [listed.join(' '), 'resource-metadata' as const]
            : ['', 'none' as const];
    for (const word of words(base)) this.#asked.add(word);
    const offered = walk.used === undefined ? undefined : walk.serverMetadata[walk.used]?.document?.scopes;
    if (options.offline && offered?.includes('offline_access')) this.#asked.add('offline_access');
    const scope = [...this.#asked].join(' ');
    return { ...(scope !== '' && { scope }), from };
  }

  async #asItself(server: oauth.AuthorizationServer): Promise<Got> {
    const known = this.#knownFor(server);
    if (!known) {
      this.#end(
        this.options.known
          ? `the client that was given is one of ${this.#issuerOfKnown?.slice(0, 200)}, and is shown to no other authorization server`
          : 'client credentials need a client id',
      );
      return undefined;
    }
    const client: Client = { ...known, how: 'given' };
    this.walk.registration = { how: 'given', outcome: 'ready', clientId: known.id };
    const { scope } = this.#scope();
    const tokens = await clientCredentials(this.#at({ server, client }), { scope, resource: this.indicator });
    return tokens && { client, tokens };
  }

  async #byUser(server: oauth.AuthorizationServer): Promise<Got> {
    const { agent, http } = this.options;
    if (!agent) {
      this.#end('nobody is there to sign in');
      return undefined;
    }
    const state = (await library()).generateRandomState();
    const listener = await agent.listen(state);
    try {
      const { scope, from } = this.#scope();
      const client = await this.#becomeClient(server, listener.redirectUri, scope);
      if (!client || stopped(http)) return undefined;
      const got = await authorize(this.walk, {
        ...{ http, server, client, issuers: this.#issuersOf(server), state, scope, scopeFrom: from, agent, listener },
        ...{ resource: this.indicator, offline: this.options.offline ?? false },
      });
      if (!got) return undefined;
      const { redirectUri } = listener;
      const asked = { ...got, redirectUri, resource: this.indicator };
      const tokens = await redeemCode(this.#at({ server, client }), asked);
      return tokens && { client, tokens };
    } finally {
      await listener.close();
    }
  }

  /** A client id, by the first way that is open: one that was given, a metadata document, dynamic registration. */
  async #becomeClient(
    server: oauth.AuthorizationServer,
    redirectUri: string,
    scope: string | undefined,
  ): Promise<Client | undefined> {
    const { walk, options } = this;
    const { metadataDocument } = options;
    const known = this.#knownFor(server);
    const ready = (client: Client) => {
      walk.registration = { how: client.how, outcome: 'ready', clientId: client.id };
      this.#clients.set(server.issuer, client);
      return client;
    };
    if (known) return ready({ ...known, how: 'given', redirectUri });
    if (options.known) {
      const why = `the client that was given is one of ${this.#issuerOfKnown?.slice(0, 200)}, and is shown to no other authorization server`;
      walk.registration = { how: 'given', outcome: 'impossible', why, clientId: options.known.id };
      this.#end(why);
      return undefined;
    }
    const before = this.#clients.get(server.issuer);
    if (before && (before.redirectUri === undefined || before.redirectUri === redirectUri)) return before;
    const document = walk.used === undefined ? undefined : walk.serverMetadata[walk.used]?.document;
    if (metadataDocument !== undefined && document?.clientIdMetadataDocument)
      return ready({ id: metadataDocument, how: 'document', redirectUri });
    if (server.registration_endpoint === undefined) {
      const why = this.#isUnsafe('registration_endpoint')
        ? 'its registration endpoint cannot be used'
        : 'the authorization server offers no registration, and no client id was given';
      walk.registration = { how: 'none', outcome: 'impossible', why };
      return undefined;
    }
    const client = await register(walk, server, {
      http: options.http,
      redirectUri,
      clientName: options.clientName,
      scope,
      grantTypes: ['authorization_code', 'refresh_token'],
    });
    if (client) {
      this.#clients.set(server.issuer, client);
      this.#registered.push({ server, client });
    }
    return client;
  }
}

/** More than any address that is used: one that was cut would be another. */
const MAX_PARAMETER = 2_001;

/** Bounded, for the record. */
const bounded = ({ scheme, parameters }: ReturnType<typeof parseChallenges>[number]) => ({
  scheme: scheme.slice(0, 60),
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name.slice(0, 60), value.slice(0, MAX_PARAMETER)]),
  ),
});
