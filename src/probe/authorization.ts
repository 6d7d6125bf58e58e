/**
 * The authorization of a server, as far as somebody asked for it: read its metadata when it refuses us, sign in when the user wants that,
 * and hold the credentials for the conversation behind it.
 */
import { oauthChallenge, parseChallenges } from '../case/challenges.js';
import type { Evidence } from '../case/evidence.js';
import { decoded, isPlaceholder, isSecretParameter, redactor, SECRET_NAME } from '../case/redact.js';
import type { CaseDraft } from '../case/write.js';
import type { SignInAgent } from '../oauth/authorize.js';
import type { KnownClient } from '../oauth/client.js';
import { asksForNonce } from '../oauth/dpop.js';
import { refuseStrange } from '../oauth/safe.js';
import { type Kept, type Refusal, SignIn } from '../oauth/sign-in.js';
import { tokenFacts } from '../oauth/token-facts.js';
import { Connections } from '../wire/connections.js';
import type { Turns } from '../wire/turns.js';
import { type LabOptions, withoutSecrets } from './lab.js';

type Walk = Evidence['authorization'];
type Given = Walk['given'][number];
type With = Walk['access'][number]['with'];

/** How the user wants to be let in, beside headers of their own. */
export interface AuthOptions {
  mode: 'authorization-code' | 'client-credentials';
  agent?: SignInAgent;
  known?: KnownClient;
  /** The address of a client ID metadata document of the user's own. */
  metadataDocument?: string;
  scope?: string;
  /** What an earlier sign-in left. */
  kept?: Kept;
  /** Keep what this sign-in leaves. Without it nothing stays behind, here and at the authorization server. */
  remember?(kept: Kept & { resource: string; revocationEndpoint?: string }): void;
}

export interface GateOptions {
  lab: LabOptions;
  auth?: AuthOptions;
  /** The URL that is asked, and what the user sends along. */
  url: string;
  connectTimeoutMs: number;
  publicOnly?: boolean;
  thorough: boolean;
  clientName: string;
  /** Turns that several investigations share. */
  turns?: Turns;
  /** Values that must not appear anywhere; it grows with what `learn` is told. */
  secrets?: readonly string[];
  /** Told every secret as soon as there is one. */
  learn(secret: string): void;
  /** Milliseconds since 1970. */
  wallClock(): number;
}

/** A server that asks for another nonce each time will not be satisfied. */
const MAX_NONCES = 3;

/** A resource that nobody has (RFC 2606): a token for it is good for nothing here. */
const OTHER_RESOURCE = 'https://mcp-verdict.invalid/mcp';

/** A value that follows its scheme, and what is odd about the whole. */
function oddOf(value: string): Given['odd'] {
  if (value.trim() === '' || /^(?:Bearer|Basic|Token)$/i.test(value.trim())) return 'empty';
  if (/^(?:Bearer|Basic|Token)\s+(?:Bearer|Basic|Token)\s+\S/i.test(value)) return 'scheme-twice';
  const [, token = value] = /^(?:Bearer|Basic|Token)\s+(.*)$/i.exec(value) ?? [];
  // Around the whole, or one left over; quotes within belong to schemes with parameters (Digest, Token token="...").
  if (/^["'“”‘’`]|^[^"'“”‘’`]*["'“”‘’`]$/.test(token)) return 'quoted';
  return /^(?:Bearer|Basic)\s+\S+\s/i.test(value) ? 'spaces' : undefined;
}

/** What the user sends in the way of credentials: never a value, but a placeholder that nobody filled in. */
export function givenCredentials(
  headers: Record<string, string>,
  url: string,
  now: number,
  keys: readonly string[] = [],
): Given[] {
  const ofHeaders = Object.entries(headers).flatMap(([name, value]): Given[] => {
    if (name !== 'authorization' && !SECRET_NAME.test(name) && !isPlaceholder(value)) return [];
    const [, scheme, rest] = /^(Bearer|Basic|Token|ApiKey|Digest|DPoP)(?:\s+(.*))?$/i.exec(value) ?? [];
    const how = name !== 'authorization' ? 'header' : scheme?.toLowerCase() === 'basic' ? 'basic' : 'bearer';
    const token = rest ?? (scheme === undefined ? value : '');
    const odd =
      oddOf(value) ?? (name === 'authorization' && scheme === undefined ? ('scheme-missing' as const) : undefined);
    return [
      {
        ...{ how, name },
        ...(scheme !== undefined && { scheme }),
        ...(isPlaceholder(token) && token !== '' ? { placeholder: token.slice(0, 100) } : {}),
        ...(odd && !isPlaceholder(token) && { odd }),
        ...(how === 'bearer' && !isPlaceholder(token) && { token: tokenFacts(token, now) }),
      },
    ];
  });
  const ofQuery = [...new URL(url).searchParams].flatMap(([name, value]): Given[] =>
    isSecretParameter(name) || keys.includes(name)
      ? [
          {
            how: 'query',
            name: name.slice(0, 60),
            ...(isPlaceholder(decoded(value)) && { placeholder: decoded(value).slice(0, 100) }),
          },
        ]
      : [],
  );
  return [...ofHeaders, ...ofQuery];
}

/** What the user gave for a sign-in, and what an earlier one left: any of it may come back from a server. */
function secretsIn(auth: AuthOptions | undefined): string[] {
  const { known, kept } = auth ?? {};
  return [known?.secret, kept?.client.secret, kept?.tokens.accessToken, kept?.tokens.refreshToken].filter(
    (secret) => secret !== undefined,
  );
}

export class Gate {
  readonly #draft: CaseDraft;
  readonly #options: GateOptions;
  readonly #connections: Connections;
  readonly #signIn: SignIn;
  #looked = false;
  #nonces = 0;

  constructor(draft: CaseDraft, options: GateOptions) {
    const { lab, auth, url, connectTimeoutMs, publicOnly, thorough, clientName, learn, wallClock } = options;
    const { turns, secrets } = options;
    this.#draft = draft;
    this.#options = options;
    // One public address is enough: whoever answers behind it must not send us to our own network.
    const ranges = (draft.get('network')?.addresses ?? []).flatMap(({ range }) => range ?? []);
    const homeIsPublic = publicOnly === true || ranges.includes('unicast');
    // Connections of their own: whatever they ask, no header of the user goes along.
    this.#connections = new Connections({
      ...{ connectTimeoutMs, turns, secrets },
      refuse: refuseStrange(homeIsPublic, ranges),
    });
    for (const secret of secretsIn(auth)) learn(secret);
    const { timeline, exchanges, userAgent, timeoutMs, signal } = lab;
    this.#signIn = new SignIn({
      http: { connections: this.#connections, timeline, exchanges, userAgent, timeoutMs, signal, learn },
      resource: resourceOf(url, lab.keys),
      ...{ homeIsPublic, thorough, clientName, now: wallClock },
      mode: auth?.mode ?? 'look',
      agent: auth?.agent,
      known: auth?.known,
      metadataDocument: auth?.metadataDocument,
      scope: auth?.scope,
      offline: auth?.remember !== undefined || thorough,
    });
    this.#signIn.walk.given = givenCredentials(lab.headers, url, wallClock(), lab.keys);
  }

  /** Whether the metadata of the server were read. */
  get looked(): boolean {
    return this.#looked;
  }

  /** Whether the user sends credentials of their own. */
  get wasGiven(): boolean {
    return this.#signIn.walk.given.length > 0;
  }

  /** Seconds that the token in use lives, from the moment it was issued. */
  get lifetimeS(): number | undefined {
    return this.#signIn.walk.grants.findLast(({ outcome }) => outcome === 'issued')?.expiresInS;
  }

  /** A token of the same authorization server that was issued for somebody else. Asking may cost the refresh token: not one that is kept. */
  async otherAudience(): Promise<string | undefined> {
    const { auth } = this.#options;
    return auth?.remember || auth?.kept ? undefined : this.#signIn.otherAudience(OTHER_RESOURCE);
  }

  /** Note how the MCP server answered a request with credentials. */
  noteAccess(how: With, from: number): void {
    const { exchanges } = this.#options.lab;
    const index = exchanges.findIndex(
      ({ purpose }, i) => i >= from && /^(?:initialize|open-sse-stream|auth-access)$/.test(purpose),
    );
    const record = exchanges[index];
    if (!record || record.status === undefined) return;
    const parameters = oauthChallenge(parseChallenges(record.headers?.['www-authenticate'] ?? ''))?.parameters ?? {};
    this.#signIn.walk.access.push({
      with: how,
      exchange: index,
      status: record.status,
      ...(parameters.error !== undefined && { error: parameters.error.slice(0, 100) }),
      ...(parameters.error_description !== undefined && { description: parameters.error_description.slice(0, 300) }),
      ...(parameters.scope !== undefined && { scope: parameters.scope.slice(0, 300) }),
    });
  }

  /** Read the metadata behind a refusal; with `tentative` keep them only when there are any. */
  async look(index: number, tentative = false): Promise<void> {
    const refusal = this.#refusalAt(index);
    if (refusal) await this.#signIn.look(refusal);
    this.#looked ||= !tentative || this.#signIn.walk.resourceMetadata.some(({ document }) => document !== undefined);
  }

  /**
   * Read the metadata behind a refusal, sign in when that is wanted, and put the token where the conversation takes it from. Whether there
   * is a token to try.
   */
  async open(index: number): Promise<boolean> {
    const { auth, lab } = this.#options;
    const refusal = this.#refusalAt(index);
    // The token was not refused: it only wants a proof with the nonce that came along (RFC 9449 section 9).
    if (this.#signIn.held && asksForNonce(refusal?.header) && this.#nonces++ < MAX_NONCES) return this.#carry(this.how);
    await this.look(index);
    if (!auth || !refusal || lab.signal?.aborted) return false;
    const { held, server } = this.#signIn;
    if (held === undefined) {
      if (auth.kept && this.#signIn.resume(auth.kept)) return this.#carry('stored');
      return (await this.#signIn.signIn()) && this.#carry('signed-in');
    }
    if (refusal.status === 403) return (await this.#signIn.stepUp(refusal)) && this.#carry('stepped-up');
    const moved = server !== undefined && server.issuer !== held.server.issuer;
    if (this.how === 'stored' && !moved && (await this.#signIn.refresh())) return this.#carry('refreshed');
    // A token that was just issued and is refused will not get better by another sign-in at the same place.
    return (moved || this.how === 'stored') && (await this.#signIn.signIn()) && this.#carry('signed-in');
  }

  /** What the token in use came from. */
  how: With = 'given';

  #carry(how: With): boolean {
    const { authorization } = this.#signIn;
    if (authorization === undefined) return false;
    this.how = how;
    this.#options.learn(authorization.replace(/^\S+\s+/, ''));
    this.#options.lab.headers.authorization = authorization;
    this.#options.lab.connections.prover = this.#signIn.possession;
    return true;
  }

  #refusalAt(index: number): Refusal | undefined {
    const record = this.#options.lab.exchanges[index];
    if (record?.status === undefined) return undefined;
    const header = record.headers?.['www-authenticate'];
    return {
      exchange: index,
      status: record.status,
      ...(header !== undefined && { header }),
      credentials: record.credentials === 'sent' ? 'sent' : 'none',
    };
  }

  /** Whether the refresh token gives another token, and whether the server takes that. */
  async tryRefresh(): Promise<boolean> {
    const { held } = this.#signIn;
    if (held?.tokens.refreshToken === undefined || this.how === 'refreshed' || this.#options.lab.signal?.aborted)
      return false;
    return (await this.#signIn.refresh()) && this.#carry('refreshed');
  }

  /** Whether the host of the MCP server asked to wait, while it was asked for its metadata. */
  get pause(): string | undefined {
    const { pause } = this.#signIn.options.http;
    return pause?.host === new URL(this.#options.url).host ? pause.says : undefined;
  }

  /** Note what was seen, keep what is to be kept, and take back the rest. Never throws. */
  async close(): Promise<void> {
    const { auth, url } = this.#options;
    const { walk, held } = this.#signIn;
    // A bound token is worth nothing without its key, which is not kept.
    const remember = held?.tokens.type === 'DPoP' ? undefined : auth?.remember;
    if (held && remember) {
      const { server, client } = held;
      const { scope, ...rest } = held.tokens;
      // It is shown by `auth list`, which knows none of the secrets of this run: one that says them back is no scope.
      const isSafe = scope !== undefined && redactor(this.#options.secrets)(scope) === scope;
      const tokens = { ...rest, ...(isSafe && { scope }) };
      const revocationEndpoint = server.revocation_endpoint;
      remember({ resource: url, issuer: server.issuer, client, tokens, revocationEndpoint });
    }
    await this.#signIn.leave(remember ? held : undefined);
    if (this.#looked || walk.access.length > 0 || walk.given.length > 0) this.#draft.seen('authorization', walk);
    else this.#draft.skipped('authorization', 'the server asked for no credentials');
    this.#connections.close();
  }
}

/** The resource a client names: the URL without fragment and without what is a secret in its query. */
function resourceOf(url: string, keys?: readonly string[]): string {
  const resource = new URL(withoutSecrets(url, keys));
  resource.hash = '';
  return resource.href;
}
