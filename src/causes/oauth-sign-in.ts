/** What is wrong behind the registration: the authorization request, the sign-in, the token, its renewal. */
import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Facts } from './cause.js';
import { edgeOf } from './oauth-asked.js';
import { type Authorization, exchangeAt, type Fault, guesses, type Party, serverDocument } from './oauth-faults.js';

type Grant = Authorization['grants'][number];

const REDIRECT = /redirect[_ -]?ur[il]|callback ur[il]/i;
/** Words that speak of the client id, and not of a secret. */
const UNKNOWN =
  /\bclient(?:[_ -]?id)?\b.{0,40}\b(?:not (?:be )?(?:found|registered|known|recogni[sz]ed|exist)|unknown|unregistered|does(?: not|n't) exist|no longer)\b|\b(?:unknown|unrecogni[sz]ed|unregistered|no such) (?:oauth )?client|\bAADSTS700016\b/i;
/** The same, and a client id that is not valid; not the client of HTTP, which "has sent an invalid request". */
const CLIENT = new RegExp(
  String.raw`${UNKNOWN.source}|\bclient[_ -]?id\b.{0,40}\binvalid\b|\bclient is invalid\b|\binvalid (?:oauth )?client(?:[_ -]?id)?\b(?! (?:request|credentials|certificate|secret))`,
  'i',
);
/** The resource of RFC 8707; what an HTTP server does not find is "the requested resource", too. */
const TARGET =
  /\binvalid_target\b|\binvalid resource\b|\bresource (?:parameter|indicator|identifier|principal|ur[il]|["']?https?:\S+)\b.{0,60}\b(?:invalid|unknown|not (?:allowed|found|supported|registered|valid|known)|mismatch\w*|does(?: not|n't) match)\b|\bAADSTS(?:500011|9010010)\b/i;
/** What was asked for, repeated in an address: nobody says anything by it. */
const ECHO = /[?&;](?:amp;)?[a-z_]{2,40}=[^&\s"'<>]*/gi;
/** Errors that are about something else than the client, whatever stands beside them. */
const OF_ANOTHER_KIND = /^invalid_(?:scope|grant|target)$|^unsupported_/;

/** Whoever keeps the client id must act on it: the user who gave it, or the server that registered it. */
const keeper = (walk: Authorization): Party =>
  walk.registration?.how === 'given' || walk.registration?.how === 'stored' ? 'you' : 'authorization-server-owner';

/** Who must act on an error of OAuth that no cause of its own explains. */
function answerable(walk: Authorization, error: string | null, afterSignIn: boolean): Party {
  const { scopeFrom } = walk.request ?? {};
  if (error === 'invalid_scope' && walk.registration?.how === 'given') return 'you';
  if (error === 'invalid_scope' && (scopeFrom === 'challenge' || scopeFrom === 'resource-metadata'))
    return 'server-owner';
  if (error === 'invalid_scope' && scopeFrom === 'given') return 'you';
  if (afterSignIn && /^(?:access_denied|login_required|consent_required|interaction_required)$/.test(error ?? ''))
    return 'you';
  return error === 'unauthorized_client' ? keeper(walk) : 'authorization-server-owner';
}

interface Refusal {
  step: 'authorization' | 'sign-in' | 'token' | 'refresh';
  /** What it is called when the error has no cause of its own. */
  otherwise: Pick<Fault, 'id' | 'cause'>;
  error: string | null;
  description: string | null;
  cites: string[];
  particulars?: Facts;
  /** The answer, when it is one of HTTP alone: no code of OAuth stands in it. */
  plain?: { status: number | undefined; barred: boolean };
}

/** An error of a moment, a rate limit, a firewall: it says nothing of the request. */
const passes = ({ error, plain }: Refusal): boolean =>
  error === null && plain !== undefined && (plain.barred || plain.status === 429 || (plain.status ?? 0) >= 500);

/** Without a code of OAuth, and with another status than those of a refusal. */
const isUnclear = ({ error, plain, particulars }: Refusal): boolean =>
  error === null &&
  plain !== undefined &&
  // A page may be shown to programs alone.
  (particulars?.page === true || ![400, 401, 404, 405].includes(plain.status ?? 400));

/** The status of an exchange, and whether somebody before the authorization server gave it. */
const plainOf = (exchanges: Exchange[], of: { exchange?: number | undefined }): NonNullable<Refusal['plain']> => ({
  status: of.exchange === undefined ? undefined : exchanges[of.exchange]?.status,
  barred: edgeOf(exchanges, of) !== null,
});

/** An error of OAuth, by its code and by the words beside it. */
function refusal(walk: Authorization, refused: Refusal): Fault {
  const { step, otherwise, error, description, cites } = refused;
  const { registration, request } = walk;
  const reason = (description ?? '').replace(ECHO, ' ');
  const said = `${error ?? ''} ${reason}`;
  const fault = (id: Fault['id'], cause: Fault['cause'], party: Party, more: Facts = {}): Fault => ({
    step,
    id,
    cause,
    party,
    certainty: passes(refused) ? 'likely' : 'certain',
    severity: 'broken',
    cites,
    particulars: { error, description, ...refused.particulars, ...more },
  });
  if (passes(refused)) return fault(otherwise.id, otherwise.cause, 'authorization-server-owner', { passing: true });
  if (TARGET.test(said))
    return fault('target-refused', 'auth-resource-mismatch', 'authorization-server-owner', {
      wanted: request?.resource ?? walk.resource,
    });
  if (error === 'invalid_redirect_uri' || REDIRECT.test(reason))
    return {
      ...fault('redirect-uri-refused', 'auth-redirect-uri-mismatch', keeper(walk), {
        sent: request?.redirectUri ?? null,
        client: request?.clientId ?? null,
        how: registration?.how ?? null,
      }),
      // Of a code it is said in one breath with all else that may be wrong with it.
      ...(error === 'invalid_grant' && { certainty: 'likely' as const }),
    };
  // RFC 6749 section 4.1.2.1: an unauthorized_client is known, and not allowed this way to a token.
  const unknown = error === 'invalid_client' || (!OF_ANOTHER_KIND.test(error ?? '') && CLIENT.test(reason));
  if (unknown) {
    const particulars = {
      client: request?.clientId ?? registration?.clientId ?? null,
      how: registration?.how ?? null,
      method: registration?.tokenAuthMethod ?? null,
    };
    // A wrong secret has the same code. The client id was good enough for the sign-in, or there is a secret to be wrong.
    const passed = walk.response?.outcome === 'code' || (request === undefined && particulars.method !== 'none');
    if (step !== 'authorization' && step !== 'sign-in' && passed && !UNKNOWN.test(reason))
      return fault('client-authentication-refused', 'auth-token-request-refused', keeper(walk), particulars);
    return registration?.how === 'document'
      ? fault('registration-refused', 'auth-registration-unsupported', 'authorization-server-owner', particulars)
      : fault('client-unknown', 'auth-registration-stale', keeper(walk), particulars);
  }
  const other = fault(otherwise.id, otherwise.cause, answerable(walk, error, step === 'sign-in'));
  return isUnclear(refused) ? { ...other, certainty: 'likely' } : other;
}

function requestFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const { request } = walk;
  if (!request) return [];
  const cites = [...exchangeAt(request.exchange), at('authorization', 'request', 'endpoint')];
  const { answer, error = null, says = null, endpoint } = request;
  const how = walk.registration?.how ?? null;
  const particulars = { endpoint, scope: request.scope ?? null, scopeFrom: request.scopeFrom, how };
  if (answer === 'error' || answer === 'error-page')
    return [
      refusal(walk, {
        step: 'authorization',
        otherwise: { id: 'authorization-refused', cause: 'auth-sign-in-refused' },
        error,
        description: says,
        cites: [...(says === null ? [] : [at('authorization', 'request', 'says')]), ...cites],
        particulars: {
          ...particulars,
          page: answer === 'error-page',
          status: plainOf(exchanges, request).status ?? null,
        },
        ...(answer === 'error-page' && { plain: plainOf(exchanges, request) }),
      }),
    ].map((fault) => (guesses(walk) ? { ...fault, cause: null, severity: 'risky' as const } : fault));
  if (answer === 'no-answer')
    return [
      {
        step: 'authorization',
        id: 'authorization-unanswered',
        cause: 'auth-sign-in-refused',
        party: 'authorization-server-owner',
        // The browser of the user may get there by another way: a proxy, a VPN, a certificate of the company.
        certainty: 'likely',
        severity: 'broken',
        cites,
        particulars: { ...particulars, why: says },
      },
    ];
  return [];
}

function responseFaults(walk: Authorization): Fault[] {
  const { response, request } = walk;
  if (!response || response.outcome === 'code') return [];
  // What the authorization server refused before a browser was asked is told there.
  if (request?.answer === 'error' || request?.answer === 'error-page' || request?.answer === 'no-answer') return [];
  const { outcome, error = null, description = null, issuer = null, waitedS } = response;
  const cites = [at('authorization', 'response')];
  if (outcome === 'error')
    return [
      refusal(walk, {
        step: 'sign-in',
        otherwise: { id: 'response-error', cause: 'auth-sign-in-refused' },
        error,
        description,
        cites,
        particulars: { scope: request?.scope ?? null, scopeFrom: request?.scopeFrom ?? null },
      }),
    ];
  const ids = {
    'state-mismatch': 'response-state',
    'issuer-mismatch': 'response-issuer',
    'issuer-missing': 'response-issuer',
    invalid: 'response-invalid',
    none: 'response-none',
  } as const;
  return [
    {
      step: 'sign-in',
      id: ids[outcome],
      cause: ids[outcome] === 'response-issuer' ? 'auth-issuer-mismatch' : 'auth-sign-in-refused',
      party: outcome === 'none' ? 'you' : 'authorization-server-owner',
      // A page that nobody finished may have shown an error; another state may be that of an old tab.
      certainty:
        outcome === 'none' || (outcome === 'state-mismatch' && request?.shown !== 'direct') ? 'likely' : 'certain',
      severity: 'broken',
      cites,
      particulars: {
        got: issuer,
        wanted: serverDocument(walk)?.document.issuer ?? null,
        waitedS: Math.round(waitedS),
        shown: request?.shown ?? null,
        description,
      },
    },
  ];
}

const isSignIn = ({ grant }: Grant): boolean => grant === 'authorization_code' || grant === 'client_credentials';

function tokenFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const index = walk.grants.findLastIndex(isSignIn);
  const grant = walk.grants[index];
  if (!grant || grant.outcome === 'issued') return [];
  const { error = null, description = null, status = null, why = null, outcome } = grant;
  const cites = [...exchangeAt(grant.exchange), at('authorization', 'grants', index)];
  const particulars = { status, grant: grant.grant, endpoint: serverDocument(walk)?.document.tokenEndpoint ?? null };
  if (outcome === 'refused')
    return [
      refusal(walk, {
        step: 'token',
        otherwise: { id: 'token-refused', cause: 'auth-token-request-refused' },
        error,
        description,
        cites,
        particulars,
        plain: { ...plainOf(exchanges, grant), ...(status !== null && { status }) },
      }),
    ];
  return [
    {
      step: 'token',
      id: outcome === 'invalid' ? 'token-invalid' : 'token-unanswered',
      cause: 'auth-token-request-refused',
      party: 'authorization-server-owner',
      certainty: outcome === 'invalid' ? 'certain' : 'likely',
      severity: 'broken',
      cites,
      particulars: { ...particulars, why },
    },
  ];
}

function refreshFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const index = walk.grants.findLastIndex(({ grant }) => grant === 'refresh_token');
  const grant = walk.grants[index];
  if (!grant || grant.outcome === 'issued') return [];
  const { error = null, description = null, status = null, why = null } = grant;
  const later = walk.grants.slice(index).some((one) => isSignIn(one) && one.outcome === 'issued');
  const sooner = walk.grants.slice(0, index).some((one) => isSignIn(one) && one.outcome === 'issued');
  const fault = refusal(walk, {
    step: 'refresh',
    otherwise: { id: 'refresh-refused', cause: 'auth-token-expired' },
    error: grant.outcome === 'no-answer' ? 'no answer' : error,
    description: description ?? why,
    cites: [...exchangeAt(grant.exchange), at('authorization', 'grants', index)],
    particulars: { status, fresh: sooner },
    plain: { ...plainOf(exchanges, grant), ...(status !== null && { status }) },
  });
  if (grant.outcome === 'no-answer') fault.certainty = 'likely';
  if (fault.id !== 'refresh-refused' && fault.id !== 'client-unknown') fault.id = 'refresh-refused';
  return [{ ...fault, severity: sooner || later ? 'degraded' : 'broken' }];
}

/** Every fault behind the registration. */
export const signInFaults = (walk: Authorization, exchanges: Exchange[]): Fault[] => [
  ...requestFaults(walk, exchanges),
  ...responseFaults(walk),
  ...tokenFaults(walk, exchanges),
  ...refreshFaults(walk, exchanges),
];
