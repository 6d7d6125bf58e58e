/** What the MCP server says to the credentials: a fresh token, one that was kept, or those that the user gave. */
import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Facts } from './cause.js';
import { sawNone } from './lost-credentials.js';
import { edgeOf } from './oauth-asked.js';
import {
  type Authorization,
  bare,
  exchangeAt,
  type Fault,
  type Party,
  resourceDocument,
  sameOrigin,
  served,
  serverDocument,
} from './oauth-faults.js';

type Grant = Authorization['grants'][number];
type Access = Authorization['access'][number];
type TokenFacts = NonNullable<Grant['token']>;

/** What the server says of a token, in the challenge and in the body: some do not escape the quotes in a challenge, and half of it is lost. */
function saidOf(exchanges: Exchange[], { error, description = '', exchange }: Access) {
  const body = exchanges[exchange]?.body ?? '';
  const told = /"(?:error_description|message|detail)"\s*:\s*"(?<text>(?:[^"\\]|\\.){1,300})"/.exec(body)?.groups?.text;
  const texts = [description, told?.replaceAll('\\"', '"') ?? ''].sort((a, b) => b.length - a.length);
  return { reason: texts[0] || null, words: `${error ?? ''} ${texts.join(' ')} ${body.slice(0, 1_000)}` };
}

const SAYS_AUDIENCE = /\baud(?:ience)?s?\b|\bissued for (?:another|a different)\b/i;
const SAYS_ISSUER = /\biss(?:uer)?\b(?!ued)/i;
const SAYS_EXPIRED = /\bexpired\b|\b"?exp"? claim\b|\blifetime\b/i;
const SAYS_EARLY = /\bnot yet valid\b|\bnbf\b|\bissued in the future\b/i;
const SAYS_OTHER = /\bsignature\b|\bkid\b|\bjwks?\b|\balg(?:orithm)?\b|\brevoked\b/i;

/** "Invalid or expired token", "expired, revoked, malformed, or invalid for other reasons" (RFC 6750): that is said of every token. */
const ALTERNATIVES = /\bor\b|\b\w+\/(?:invalid|expired|revoked|malformed)\b/i;
/** Whether one clause of what was said fits, and does not list what else it may be. */
const says = (said: string, form: RegExp): boolean =>
  said.split(/[.;{}\n]+|"\s*[:,]\s*"?/).some((clause) => form.test(clause) && !ALTERNATIVES.test(clause));

/** By its own claims a token is old or early; a clock, also the one here, is wrong by minutes or by a time zone, and seldom by a day. */
const A_DAY_S = 86_400;

/** Whether an audience names the server: exactly, its host alone, or something else. */
function audienceOf(walk: Authorization, audience: string[] | undefined): 'same' | 'near' | 'other' | 'unknown' {
  if (!audience || audience.length === 0) return 'unknown';
  const own = [walk.resource, walk.request?.resource, resourceDocument(walk)?.document.resource].filter(
    (name): name is string => name !== undefined,
  );
  if (audience.some((name) => own.some((one) => bare(one) === bare(name)))) return 'same';
  return audience.some((name) => own.some((one) => sameOrigin(one, name))) ? 'near' : 'other';
}

/** Why the last request with credentials was refused; nothing when it was served. */
export function accessFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const index = walk.access.length - 1;
  const last = walk.access[index];
  if (!last || served(last)) return storedFaults(walk);
  const issued = walk.grants.findLast(({ outcome, grant }) => outcome === 'issued' && grant !== 'other-resource');
  const own = last.with === 'given' || last.with === 'stored';
  const kept = walk.given.findIndex(({ how }) => (last.with === 'stored' ? how === 'stored' : how !== 'stored'));
  const token = own ? walk.given[kept]?.token : issued?.token;
  const cites = [...exchangeAt(last.exchange), at('authorization', 'access', index)];
  const { reason, words } = saidOf(exchanges, last);
  const worked = walk.access.slice(0, index).some((one) => one.with === 'signed-in' && served(one));
  const fault = (
    id: Fault['id'],
    cause: Fault['cause'],
    party: Party,
    particulars: Facts = {},
    more: Partial<Fault> = {},
  ): Fault => ({
    step: last.with === 'refreshed' && worked ? 'refresh' : 'access',
    id,
    cause,
    party,
    certainty: 'certain',
    severity: 'broken',
    cites,
    particulars: { status: last.status ?? null, reason, with: last.with, ...particulars },
    ...more,
  });
  if (last.error === 'insufficient_scope') return [scopeFault(walk, last, issued, fault)];
  const place = own ? at('authorization', 'given', kept) : undefined;
  if (last.with === 'given') {
    const odd = walk.given.findIndex(({ placeholder }) => placeholder !== undefined);
    if (odd >= 0)
      return [
        fault(
          'given-placeholder',
          'auth-placeholder-unexpanded',
          'you',
          { name: walk.given[odd]?.placeholder ?? null, header: walk.given[odd]?.name ?? null },
          { cites: [at('authorization', 'given', odd, 'placeholder'), ...cites] },
        ),
      ];
    const wrong = walk.given.findIndex((one) => one.odd !== undefined);
    if (wrong >= 0)
      return [
        fault(
          'given-odd',
          'auth-credentials-rejected',
          'you',
          { odd: walk.given[wrong]?.odd ?? null, header: walk.given[wrong]?.name ?? null },
          {
            cites: [...cites, at('authorization', 'given', wrong)],
            // A bare key, or one with a quote in it, is what some servers want: the key itself may be wrong.
            certainty: /^(?:empty|scheme-twice)$/.test(walk.given[wrong]?.odd ?? '') ? 'certain' : 'likely',
          },
        ),
      ];
  }
  // "Missing": what was sent did not arrive, or is looked for in another place. That is no word on its value.
  const answer = exchanges[last.exchange];
  if (own && answer && sawNone(answer)) return [];
  const shown = place === undefined ? cites : [place, ...cites];
  if (last.status === 403 && last.error === undefined) {
    const barred = edgeOf(exchanges, last) !== null;
    const silent = exchanges[last.exchange]?.headers?.['www-authenticate'] === undefined;
    // A firewall, a list of addresses, a check of Host or Origin: nothing says that it is about the credentials.
    if (barred || (own && silent))
      return [
        fault(
          'given-refused',
          null,
          own ? 'you' : 'server-owner',
          { silent: true },
          { cites: shown, severity: 'risky' },
        ),
      ];
  }
  return [tokenRefusal(walk, { token, own, reason, words, shown, status: last.status, fault })];
}

/** The sign-in that was kept had run out, and another one was needed: no renewal came with it. */
function storedFaults({ access, given, grants }: Authorization): Fault[] {
  const index = access.findIndex((one) => one.with === 'stored' && !served(one));
  const kept = access[index];
  if (!kept || grants.some(({ grant }) => grant === 'refresh_token')) return [];
  const token = given.find(({ how }) => how === 'stored')?.token;
  return [
    {
      step: 'refresh',
      id: 'stored-expired',
      cause: 'auth-token-expired',
      party: 'authorization-server-owner',
      certainty: 'certain',
      // Whoever can sign in again has lost little; an authorization server need not issue refresh tokens.
      severity: access.slice(index + 1).some(served) ? 'risky' : 'degraded',
      cites: [...exchangeAt(kept.exchange), at('authorization', 'access', index)],
      particulars: { status: kept.status ?? null, sinceS: Math.round(-(token?.expiresInS ?? 0)) },
    },
  ];
}

type MakeFault = (
  id: Fault['id'],
  cause: Fault['cause'],
  party: Party,
  particulars?: Facts,
  more?: Partial<Fault>,
) => Fault;

/** Why a token is refused: by its own times first, which leave no doubt; then by the words of the server; then by its names. */
function tokenRefusal(
  walk: Authorization,
  {
    token = { format: 'opaque' },
    own,
    words,
    shown,
    status,
    fault,
  }: {
    token: TokenFacts | undefined;
    own: boolean;
    reason: string | null;
    words: string;
    shown: string[];
    status: number | undefined;
    fault: MakeFault;
  },
): Fault {
  const cites = { cites: shown };
  const issuer = serverDocument(walk)?.document.issuer ?? null;
  const wanted = resourceDocument(walk)?.document.resource ?? walk.request?.resource ?? walk.resource;
  const expired = token.expiresInS !== undefined && token.expiresInS <= 0;
  const owner = own ? 'you' : 'authorization-server-owner';
  const toldExpired = says(words, SAYS_EXPIRED);
  const sinceS = Math.round(-(token.expiresInS ?? 0));
  if (expired || toldExpired)
    return fault(
      own ? 'given-expired' : 'token-expired-on-arrival',
      'auth-token-expired',
      own ? 'you' : expired ? 'authorization-server-owner' : 'server-owner',
      { sinceS, expired },
      { ...cites, certainty: toldExpired || (own && sinceS >= A_DAY_S) ? 'certain' : 'likely' },
    );
  const toldEarly = says(words, SAYS_EARLY);
  if ((token.notBeforeS ?? 0) > 0 || toldEarly)
    return fault(
      'token-not-yet-valid',
      'auth-token-expired',
      owner,
      { inS: Math.round(token.notBeforeS ?? 0) },
      { ...cites, certainty: toldEarly ? 'certain' : 'likely' },
    );
  const fits = audienceOf(walk, token.audience);
  const names = { got: token.audience ?? [], wanted, fits, opaque: token.format === 'opaque' };
  const aboutAudience = says(words, SAYS_AUDIENCE);
  const aboutIssuer = !aboutAudience && says(words, SAYS_ISSUER);
  const foreign = token.issuer !== undefined && issuer !== null && token.issuer !== issuer;
  if (aboutIssuer || (foreign && !aboutAudience && !own))
    return fault(
      'token-issuer',
      'auth-issuer-mismatch',
      'server-owner',
      { got: token.issuer ?? null, wanted: issuer },
      {
        ...cites,
        certainty: aboutIssuer ? 'certain' : 'likely',
      },
    );
  const party = fits === 'same' ? 'server-owner' : owner;
  const toldOther = says(words, SAYS_OTHER);
  const other = toldOther || status === 403;
  if (aboutAudience || (fits === 'other' && !other)) {
    // Servers accept names of their own choice (an API, a client): only they know that it is this one which they do not.
    const sure = aboutAudience;
    const id = own ? 'given-audience' : fits === 'other' ? 'audience-other' : 'audience-unclear';
    return fault(
      id,
      'auth-audience-mismatch',
      own && fits !== 'same' ? 'you' : party,
      { ...names, told: aboutAudience },
      {
        ...cites,
        certainty: sure ? 'certain' : 'likely',
      },
    );
  }
  if (own) return fault('given-refused', 'auth-credentials-rejected', 'you', {}, cites);
  if (other)
    return fault(
      'token-rejected',
      'auth-credentials-rejected',
      'server-owner',
      {},
      { ...cites, certainty: toldOther ? 'certain' : 'likely' },
    );
  return fault(
    'audience-unclear',
    'auth-audience-mismatch',
    party,
    { ...names, told: false },
    { ...cites, certainty: 'likely' },
  );
}

/** Which scope is missing, and who left it out. */
function scopeFault(walk: Authorization, last: Access, issued: Grant | undefined, fault: MakeFault): Fault {
  const demanded = last.scope ?? '';
  const asked = walk.request?.scope ?? '';
  const got = issued?.scope ?? issued?.token?.scopes?.join(' ') ?? null;
  const each = demanded.split(' ').filter(Boolean);
  const within = (list: string) => each.length > 0 && each.every((scope) => list.split(' ').includes(scope));
  // Asked for and not given is the authorization server's doing; never named in time is that of the MCP server.
  const party: Party =
    last.with === 'given' || last.with === 'stored' || walk.request?.scopeFrom === 'given'
      ? 'you'
      : within(asked)
        ? 'authorization-server-owner'
        : 'server-owner';
  return fault('scope-insufficient', 'auth-insufficient-scope', party, { scope: demanded || null, asked, got });
}
